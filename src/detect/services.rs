//! Which backing services a component talks to: its client libraries say so.
//!
//! The key `services` is a list in one text. `postgres redis=elsewhere` replaces what was found,
//! `none` says that there are none, and where every entry begins with `+` they add to what was
//! found or change its place: `+redis=elsewhere` is what `--with redis=elsewhere` writes.

use super::Context;
use crate::decisions::nearest;
use crate::facts::{BackingService, Confidence, Evidence, Place};
use crate::paths::RelPath;
use crate::presets::{Presets, ServiceDetect};
use crate::project::Mistake;

/// The services whose client libraries are among the dependencies, and those that were settled
/// (`--with redis=elsewhere`, key `services`, which replaces the list).
///
/// `libraries` picks the stack's list of a preset, `find` says where a library is required.
///
/// # Errors
/// A decision that names a service without a preset, or an unknown place.
pub fn services(
    context: &Context<'_>,
    path: &RelPath,
    libraries: impl Fn(&ServiceDetect) -> &[String],
    find: impl Fn(&str) -> Option<Evidence>,
) -> Result<Vec<BackingService>, Mistake> {
    let presets = context.presets;
    let mut services: Vec<BackingService> = presets
        .services
        .iter()
        .filter_map(|(id, preset)| {
            let evidence: Vec<Evidence> =
                libraries(&preset.detect).iter().filter_map(|library| find(library)).collect();
            (!evidence.is_empty()).then(|| service(presets, id, evidence))
        })
        .collect();
    let dialect = |id: &str| {
        let spoken = presets.services[id].spoken(&libraries, |library| find(library).is_some());
        spoken.map(|dialect| dialect.id.clone())
    };
    for service in &mut services {
        service.dialect = dialect(&service.id);
    }
    let Some(decision) = context.decisions.of(path, "services") else { return Ok(services) };
    let entries = read(presets, &decision.value).map_err(|mistake| {
        let settled = format!("`services` is `{}`, settled by {}", decision.value, decision.by);
        let detail = mistake.detail.as_ref().map_or(settled.clone(), |detail| format!("{detail}; {settled}"));
        mistake.detail(detail)
    })?;
    if !entries.iter().all(|entry| entry.adds) || entries.is_empty() {
        services.retain(|service| entries.iter().any(|entry| entry.id == service.id));
    }
    for entry in entries {
        let present = services.iter().position(|service| service.id == entry.id);
        let at = present.unwrap_or_else(|| {
            services.push(BackingService { dialect: dialect(&entry.id), ..service(presets, &entry.id, vec![]) });
            services.len() - 1
        });
        let service = &mut services[at];
        service.confidence = Confidence::Decided;
        service.evidence.insert(0, Evidence::none(decision.by.to_string()));
        if let Some(place) = entry.place {
            service.place = place;
        }
    }
    services.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(services)
}

fn service(presets: &Presets, id: &str, evidence: Vec<Evidence>) -> BackingService {
    let preset = &presets.services[id];
    BackingService {
        id: id.to_owned(),
        name: preset.name.clone(),
        version: preset.version.first().map(|version| version.version.clone()).unwrap_or_default(),
        place: presets.default_place(),
        dialect: None,
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
        let mut case = project(&[]);
        if let Some(settled) = settled {
            case = case.set("services", settled);
        }
        let found = case.ask(|context| {
            let find = |library: &str| (library == "pg").then(|| Evidence::none("a test"));
            services(context, &RelPath::root(), |detect| &detect.node, find)
        })?;
        Ok(found.iter().map(|service| format!("{}={}", service.id, service.place)).collect())
    }

    #[test]
    fn a_client_library_shows_its_service() {
        assert_eq!(found(None).unwrap(), ["postgres=compose"]);
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
