//! Which backing services a component talks to: its client libraries say so, and where several do
//! the same work, what the project calls it.
//!
//! The key `services` is a list in one text. `postgres redis=elsewhere` replaces what was found,
//! `none` says that there are none, and where every entry begins with `+` they add to what was
//! found or change its place: `+redis=elsewhere` is what `--with redis=elsewhere` writes.

use super::{Context, rivals};
use crate::decisions::nearest;
use crate::facts::{BackingService, Confidence, Evidence, Place};
use crate::paths::RelPath;
use crate::presets::{Presets, ServiceDetect, ServicePreset};
use crate::project::Mistake;

/// The services whose client libraries are among the dependencies, and those that were settled
/// (`--with redis=elsewhere`, key `services`, which replaces the list).
///
/// `libraries` picks the stack's list of a preset, `find` says where a library is required.
///
/// # Errors
/// A decision that names a service without a preset, or an unknown place; two services that cannot
/// run side by side.
pub fn services(
    context: &Context<'_>,
    path: &RelPath,
    libraries: impl Fn(&ServiceDetect) -> &[String],
    find: impl Fn(&str) -> Option<Evidence>,
) -> Result<Vec<BackingService>, Mistake> {
    let presets = context.presets;
    let make = |id: &str, evidence: Vec<Evidence>| {
        let spoken = presets.services[id].spoken(&libraries, |library| find(library).is_some());
        BackingService { dialect: spoken.map(|dialect| dialect.id.clone()), ..service(presets, id, evidence) }
    };
    let mut services: Vec<BackingService> = Vec::new();
    for (id, preset) in &presets.services {
        let evidence: Vec<Evidence> = libraries(&preset.detect).iter().filter_map(|library| find(library)).collect();
        if !evidence.is_empty() {
            services.push(make(id, evidence));
            continue;
        }
        let hosted: Vec<Evidence> = preset.detect.hosted.iter().filter_map(|library| find(library)).collect();
        if !hosted.is_empty() {
            services.push(BackingService { place: Place::Elsewhere, ..make(id, hosted) });
        }
    }
    if services.iter().all(|service| presets.services[&service.id].kind.is_none())
        && let Some((id, evidence)) = rivals::of_schema(context, path)
    {
        services.push(make(&id, vec![evidence]));
    }
    rivals::settle(context, path, &mut services, make);
    if let Some(decision) = context.decisions.of(path, "services") {
        let entries = read(presets, &decision.value).map_err(|mistake| {
            let settled = format!("`services` is `{}`, settled by {}", decision.value, decision.by);
            let detail = mistake.detail.as_ref().map_or(settled.clone(), |detail| format!("{detail}; {settled}"));
            mistake.detail(detail)
        })?;
        decide(presets, &mut services, &entries, &decision.by.to_string(), make);
    }
    services.sort_by(|a, b| a.id.cmp(&b.id));
    one_of_a_name(presets, &services)?;
    Ok(services)
}

/// Applies the entries of a decision to what was found.
fn decide(
    presets: &Presets,
    services: &mut Vec<BackingService>,
    entries: &[Entry],
    by: &str,
    make: impl Fn(&str, Vec<Evidence>) -> BackingService,
) {
    let asked = |id: &str| entries.iter().any(|entry| entry.id == id);
    if !entries.iter().all(|entry| entry.adds) || entries.is_empty() {
        services.retain(|service| asked(&service.id));
    }
    for entry in entries {
        let preset = &presets.services[&entry.id];
        let stands_for = |a: &ServicePreset, b: &str| a.stands_for.as_deref() == Some(b);
        let replaces = |other: &BackingService| {
            let theirs = &presets.services[&other.id];
            let same_work = preset.kind.is_some() && theirs.kind == preset.kind && !asked(&other.id);
            same_work && (other.open || stands_for(preset, &other.id) || stands_for(theirs, &entry.id))
        };
        let mut evidence = vec![Evidence::none(by)];
        for service in services.iter().filter(|service| service.id == entry.id || replaces(service)) {
            let reaches = service.id == entry.id || stands_for(preset, &service.id);
            evidence.extend(service.evidence.iter().filter(|_| reaches).cloned());
        }
        services.retain(|service| service.id != entry.id && !replaces(service));
        let mut service = make(&entry.id, evidence);
        service.confidence = Confidence::Decided;
        if let Some(place) = entry.place {
            service.place = place;
        }
        services.push(service);
    }
}

/// Two services with one name cannot both run here; while they are open they are a question.
fn one_of_a_name(presets: &Presets, services: &[BackingService]) -> Result<(), Mistake> {
    let here: Vec<&BackingService> =
        services.iter().filter(|service| service.place != Place::Elsewhere && !service.open).collect();
    for (at, service) in here.iter().enumerate() {
        let name = &presets.services[&service.id].service;
        if let Some(other) = here[..at].iter().find(|other| presets.services[&other.id].service == *name) {
            let both = format!("{} and {} would both be the service `{name}`", other.name, service.name);
            return Err(Mistake::new(both).hint(format!(
                "take one, `--set services={}`, or let one run elsewhere, `--with {}=elsewhere`",
                service.id, other.id
            )));
        }
    }
    Ok(())
}

fn service(presets: &Presets, id: &str, evidence: Vec<Evidence>) -> BackingService {
    let preset = &presets.services[id];
    BackingService {
        id: id.to_owned(),
        name: preset.name.clone(),
        version: preset.version.first().map(|version| version.version.clone()).unwrap_or_default(),
        place: presets.default_place(),
        dialect: None,
        open: false,
        confidence: Confidence::Inferred,
        evidence,
    }
}

struct Entry {
    id: String,
    adds: bool,
    place: Option<Place>,
}

/// Reads the list; of two entries for one service the last counts.
fn read(presets: &Presets, text: &str) -> Result<Vec<Entry>, Mistake> {
    let mut entries: Vec<Entry> = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (adds, rest) = word.strip_prefix('+').map_or((false, word), |rest| (true, rest));
        let (id, place) = rest.split_once('=').map_or((rest, None), |(id, place)| (id, Some(place)));
        if rest == "none" && !adds {
            entries.clear();
            continue;
        }
        if !presets.services.contains_key(id) {
            let known: Vec<&str> = presets.services.keys().map(String::as_str).collect();
            let mistake = Mistake::new(format!("unknown backing service `{id}`"))
                .detail(format!("known are {}, or `none`", quoted(&known)));
            let alias = presets.services.iter().find(|(_, preset)| preset.name.eq_ignore_ascii_case(id));
            let meant = alias.map(|(id, _)| id.as_str()).or_else(|| nearest(id, known));
            return Err(match meant {
                Some(meant) => mistake.hint(format!("did you mean `{meant}`?")),
                None => mistake,
            });
        }
        let place = place.map(str::parse).transpose().map_err(|error| {
            Mistake::new(format!("`{word}` is no place for a backing service"))
                .detail(format!("{error}"))
                .hint(format!("as in `{id}=elsewhere`"))
        })?;
        entries.retain(|entry| entry.id != id);
        entries.push(Entry { id: id.to_owned(), adds, place });
    }
    Ok(entries)
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;
    use super::*;

    /// What is found with `pg` among the dependencies and this text settled, as `id=place`.
    fn found(settled: Option<&str>) -> Result<Vec<String>, Mistake> {
        found_with(&["pg"], settled)
    }

    fn found_with(libraries: &[&str], settled: Option<&str>) -> Result<Vec<String>, Mistake> {
        let mut case = project(&[]);
        if let Some(settled) = settled {
            case = case.set("services", settled);
        }
        let found = case.ask(|context| {
            let find = |library: &str| libraries.contains(&library).then(|| Evidence::none("a test"));
            services(context, &RelPath::root(), |detect| &detect.node, find)
        })?;
        Ok(found.iter().map(|service| format!("{}={}", service.id, service.place)).collect())
    }

    #[test]
    fn a_client_library_shows_its_service() {
        assert_eq!(found(None).unwrap(), ["postgres=compose"]);
    }

    #[test]
    fn a_client_of_a_providers_http_means_a_service_elsewhere() {
        assert_eq!(found_with(&["@neondatabase/serverless"], None).unwrap(), ["postgres=elsewhere"]);
        assert_eq!(found_with(&["@neondatabase/serverless", "pg"], None).unwrap(), ["postgres=compose"]);
        assert_eq!(found_with(&["@upstash/redis"], None).unwrap(), ["redis=elsewhere"]);
    }

    #[test]
    fn a_list_replaces_what_was_found() {
        assert_eq!(found(Some("redis=elsewhere")).unwrap(), ["redis=elsewhere"]);
        assert_eq!(found(Some("redis, postgres=development")).unwrap(), ["postgres=development", "redis=compose"]);
        assert_eq!(found(Some("none")).unwrap(), [""; 0]);
        assert_eq!(found(Some("redis +postgres")).unwrap(), ["postgres=compose", "redis=compose"]);
    }

    #[test]
    fn entries_with_a_plus_add_to_what_was_found() {
        assert_eq!(found(Some("+redis=elsewhere")).unwrap(), ["postgres=compose", "redis=elsewhere"]);
        assert_eq!(found(Some("+postgres=development")).unwrap(), ["postgres=development"]);
        assert_eq!(found(Some("+redis +redis=elsewhere")).unwrap(), ["postgres=compose", "redis=elsewhere"]);
    }

    #[test]
    fn an_unknown_service_or_place_names_those_known() {
        let mistake = found(Some("+postgre")).unwrap_err();
        assert_eq!(mistake.hint.unwrap(), "did you mean `postgres`?");
        assert_eq!(found(Some("PostgreSQL")).unwrap_err().hint.unwrap(), "did you mean `postgres`?");
        let mistake = found(Some("redis=cloud")).unwrap_err();
        assert!(mistake.detail.unwrap().contains("`elsewhere`"));
    }
}
