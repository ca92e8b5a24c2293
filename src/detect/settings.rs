//! Which names a component reads from its environment, of which kind each is and what fills it.

mod kinds;

use std::collections::BTreeMap;

use super::Context;
use super::examples::{Declared, declared, is_credential};
use crate::decisions::{Key, KeyName};
use crate::facts::{BackingService, BuildStep, EnvName, Evidence, Fill, Part, Reads, Setting, SettingKind};
use crate::paths::RelPath;
use crate::project::Mistake;
use kinds::{Kinds, evidence, is_listed};

/// A name that the code reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub name: EnvName,
    pub evidence: Evidence,
    /// The value the code falls back to, if it is a literal.
    pub default: Option<String>,
    /// The program does not start without it.
    pub required: bool,
    /// What the code itself says of its value.
    pub holds: Option<Holds>,
}

/// What a name's type in the code says of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    Secret,
    /// The address of a backing service, by the name of its type: `PostgresDsn`.
    Address(String),
    /// A part of an address that the code puts together: its scheme, as in `postgresql+asyncpg`.
    Part {
        scheme: String,
        part: Part,
    },
}

/// All that says something of one name.
#[derive(Default)]
struct Seen {
    reads: Vec<Evidence>,
    /// Values that the code falls back to: shapes to learn from, never shown.
    defaults: Vec<String>,
    declared: Option<Declared>,
    holds: Option<Holds>,
    /// Where the code says that it does not start without it.
    required: Option<Evidence>,
}

impl Seen {
    /// Values that show what the name holds. May be secrets: never shown.
    fn examples(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.iter().map(|declared| declared.value.as_str());
        declared.chain(self.defaults.iter().map(String::as_str))
    }
}

/// Joins what the code reads with `.env.example` and its like, tells secrets from plain values,
/// lets backing services fill the names that mean them, and applies what was settled.
///
/// # Errors
/// A decision that is no kind of setting.
pub fn settings(
    context: &Context<'_>,
    path: &RelPath,
    reads: Vec<Read>,
    services: &[BackingService],
) -> Result<Vec<Setting>, Mistake> {
    let kinds = Kinds { presets: context.presets, services };
    let mut seen: BTreeMap<EnvName, Seen> = BTreeMap::new();
    for read in reads {
        let known = seen.entry(read.name).or_default();
        known.defaults.extend(read.default.clone());
        known.holds = known.holds.take().or(read.holds);
        if !known.reads.contains(&read.evidence) {
            let hides = read.default.as_deref().is_some_and(is_credential);
            let text = if hides { String::new() } else { read.evidence.text.clone() };
            known.reads.push(Evidence { text, ..read.evidence.clone() });
        }
        if read.required {
            known.required.get_or_insert(read.evidence);
        }
    }
    for declared in declared(context, path) {
        let name = declared.name.clone();
        seen.entry(name).or_default().declared = Some(declared);
    }
    seen.retain(|name, _| !is_listed(&context.presets.settings.not_settings, name.as_str()));
    drop_twins(&kinds, &mut seen);
    for (key, _) in context.decisions.iter().filter(|(key, _)| key.component == *path) {
        if let KeyName::Setting(name) = &key.name {
            seen.entry(name.clone()).or_default();
        }
    }
    assume_usual(context, path, &kinds, &mut seen);
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, seen) in seen {
        let setting = settled(context, path, kinds.setting(&name, &seen), &seen)?;
        let is_open = setting.as_ref().is_some_and(|setting| setting.fill == Fill::Passed) && seen.defaults.is_empty();
        missing.extend(seen.required.filter(|_| is_open).map(|evidence| (name, evidence)));
        found.extend(setting);
    }
    warn_of_missing(context, path, missing);
    Ok(found)
}

/// Plain names that must have a value, and nothing here says which.
fn warn_of_missing(context: &Context<'_>, path: &RelPath, missing: Vec<(EnvName, Evidence)>) {
    let Some((first, _)) = missing.first() else { return };
    let key = Key::setting(path, first);
    let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
    let (have, value) = if names.len() == 1 { ("has", "") } else { ("have", "s") };
    context.warn(
        "no-value",
        format!("the app does not start without `{}`, which {have} no value{value} here", names.join("`, `")),
        missing.iter().map(|(_, evidence)| evidence.clone()).collect(),
        format!("put it into `.env.example`, or `--set {key}=plain=VALUE`"),
    );
}

/// A backing service that no name means gets the usual ones: client libraries read some of them by
/// themselves, and a reader of the environment may hide the others.
fn assume_usual(context: &Context<'_>, path: &RelPath, kinds: &Kinds<'_>, seen: &mut BTreeMap<EnvName, Seen>) {
    for service in kinds.services {
        let Some(preset) = context.presets.services.get(&service.id) else { continue };
        let means = |(name, seen): (&EnvName, &Seen)| {
            let name = kinds.secret_of_file(name.as_str()).unwrap_or(name.as_str());
            kinds.meant(name, seen).is_some_and(|(other, part)| other.id == service.id && part != Part::Tls)
        };
        // while it is a question, so are its names
        if service.open || preset.usual.is_empty() || seen.iter().any(means) {
            continue;
        }
        let names: Vec<EnvName> = preset.usual.iter().filter_map(|name| EnvName::new(name).ok()).collect();
        let key = names.first().map(|name| Key::setting(path, name).to_string()).unwrap_or_default();
        let list = preset.usual.join("`, `");
        let are = if names.len() == 1 { "is" } else { "are" };
        context.warn(
            "address-assumed",
            format!("no name for the address of {} was found in the code; given {are} `{list}`", service.name),
            service.evidence.clone(),
            format!(
                "another name: `--set {}=secret`; these away: `--set {key}=off`",
                key.replace(&preset.usual[0], "NAME")
            ),
        );
        for name in names {
            seen.entry(name).or_default();
        }
    }
}

/// Of `NAME` and `NAME_FILE` one is enough: of a secret the file, if the code reads it; of what is
/// plain the name itself, if a backing service fills it.
fn drop_twins(kinds: &Kinds<'_>, seen: &mut BTreeMap<EnvName, Seen>) {
    let files: Vec<(EnvName, bool)> = seen
        .iter()
        .filter(|(name, _)| kinds.secret_of_file(name.as_str()).is_some())
        .map(|(name, seen)| (name.clone(), !seen.reads.is_empty()))
        .collect();
    for (file, is_read) in files {
        let Some(plain) = file.as_str().strip_suffix("_FILE").and_then(|plain| EnvName::new(plain).ok()) else {
            continue;
        };
        if is_read {
            seen.remove(&plain);
        } else if seen.contains_key(&plain) {
            seen.remove(&file);
        }
    }
    let filled: Vec<EnvName> = seen
        .iter()
        .filter(|(name, known)| kinds.meant(name.as_str(), known).is_some_and(|(_, part)| !part.is_secret()))
        .filter_map(|(name, _)| EnvName::new(&format!("{name}_FILE")).ok())
        .collect();
    seen.retain(|name, _| !filled.contains(name));
}

/// Applies the decision on a setting, if there is one: `None` where it is `off`.
fn settled(
    context: &Context<'_>,
    path: &RelPath,
    mut setting: Setting,
    seen: &Seen,
) -> Result<Option<Setting>, Mistake> {
    let key = Key::setting(path, &setting.name);
    let Some(decision) = context.decisions.get(&key) else { return Ok(Some(setting)) };
    let kinds = Kinds { presets: context.presets, services: &[] };
    let (word, value) = match decision.value.split_once('=') {
        Some((word, value)) => (word, Some(value)),
        None => (decision.value.as_str(), None),
    };
    let kind = match (word, value) {
        ("off", None) => return Ok(None),
        ("secret", None) => {
            if setting.kind != SettingKind::Secret && !matches!(setting.fill, Fill::Service { .. }) {
                setting.fill = kinds.secret_fill(setting.name.as_str());
            }
            SettingKind::Secret
        }
        ("plain", None) => {
            let is_open = matches!(setting.fill, Fill::Service { part, .. } if !part.is_secret());
            if setting.kind != SettingKind::Plain && !is_open {
                setting.fill = kinds.plain_fill(&setting.name, seen.declared.as_ref());
            }
            setting.reads = Reads::Environment;
            SettingKind::Plain
        }
        ("secret-at-build" | "secret-at-install", None) => {
            setting.fill = Fill::Empty;
            setting.mounted = Some(if word == "secret-at-build" { BuildStep::Build } else { BuildStep::Install });
            setting.reads = Reads::Environment;
            SettingKind::SecretAtBuild
        }
        ("public-at-build", value) if value.is_none_or(|value| !value.chars().any(char::is_control)) => {
            setting.fill = value.map_or(Fill::Passed, |value| Fill::Value(value.to_owned()));
            setting.reads = Reads::Environment;
            SettingKind::PublicAtBuild
        }
        ("plain", Some(value)) if !value.chars().any(char::is_control) => {
            setting.fill = Fill::Value(value.to_owned());
            setting.reads = Reads::Environment;
            SettingKind::Plain
        }
        _ => {
            // a mistyped decision may hold a secret
            return Err(Mistake::new(format!("`{key}` is no kind of setting"))
                .detail(format!("expected `secret`, `plain`, `plain=VALUE`, `secret-at-build`, `secret-at-install`, `public-at-build`, `public-at-build=VALUE` or `off` (settled by {})", decision.by))
                .hint("the value of a secret goes into its file below secrets/"));
        }
    };
    setting.kind = kind;
    setting.evidence = evidence(&setting.name, kind, seen);
    setting.evidence.insert(0, Evidence::none(decision.by.to_string()));
    Ok(Some(setting))
}

#[cfg(test)]
mod tests;
