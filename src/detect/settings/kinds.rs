//! What a name holds: a secret, a plain value, a part of a backing service's address.

use super::super::examples::{Declared, has_password, is_credential, is_placeholder};
use super::super::written::in_data;
use super::{Holds, Seen};
use crate::facts::{BackingService, EnvName, Evidence, Fill, Line, Part, Place, Reads, Setting, SettingKind};
use crate::presets::{Presets, SettingsPreset};

/// Tells by a name what it holds.
pub struct Kinds<'a> {
    pub presets: &'a Presets,
    pub services: &'a [BackingService],
}

impl Kinds<'_> {
    /// The setting as the project alone has it.
    pub fn setting(&self, name: &EnvName, seen: &Seen) -> Setting {
        let (value_name, reads) = match self.secret_of_file(name.as_str()) {
            Some(secret) => (secret, Reads::File),
            None => (name.as_str(), Reads::Environment),
        };
        if let Some(setting) = self.file_of_database(name, seen) {
            return setting;
        }
        let part = self.meant(value_name, seen).map(|(service, part)| self.shaped(service, part, seen));
        let by_type = || match &seen.holds {
            Some(Holds::Address(_)) => true,
            Some(Holds::Part { part, .. }) => part.is_secret() || self.is_secret(value_name),
            holds => {
                let has_password = || seen.defaults.iter().any(|text| has_password(text));
                *holds == Some(Holds::Secret) || self.is_secret(value_name) || has_password()
            }
        };
        let is_secret = reads == Reads::File || part.as_ref().map_or_else(by_type, |(_, part, _)| part.is_secret());
        let fill = match part {
            Some((service, part, dialect)) if service.place != Place::Elsewhere => {
                Fill::Service { service: service.id.clone(), part, dialect }
            }
            _ if is_secret => self.secret_fill(value_name),
            _ => match self.plain_fill(name, seen.declared.as_ref()) {
                Fill::Passed => self.usual_fill(name, seen).unwrap_or(Fill::Passed),
                fill => fill,
            },
        };
        let kind = if is_secret { SettingKind::Secret } else { SettingKind::Plain };
        let is_local = |text: &&str| is_local(text) && !has_password(text);
        let local = seen.examples().find(is_local).filter(|_| !is_secret).map(Line::from_text);
        Setting {
            name: name.clone(),
            kind,
            reads,
            fill,
            evidence: evidence(name, kind, seen),
            required: seen.required.is_some(),
            at_build: None,
            mounted: None,
            local,
            note: None,
        }
    }

    /// A database in a file has no password, and lies where a volume is.
    fn file_of_database(&self, name: &EnvName, seen: &Seen) -> Option<Setting> {
        let example = seen.examples().find(|text| !text.is_empty())?;
        let value = in_data(example).filter(|_| self.meant(name.as_str(), seen).is_none())?;
        let kind = SettingKind::Plain;
        let evidence = evidence(name, kind, seen);
        let fill = Fill::Value(value);
        Some(Setting {
            name: name.clone(),
            kind,
            reads: Reads::Environment,
            fill,
            evidence,
            required: false,
            at_build: None,
            mounted: None,
            local: None,
            note: None,
        })
    }

    /// `DB_PASSWORD` of `DB_PASSWORD_FILE`; `None` of `LOG_FILE`.
    pub fn secret_of_file<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_suffix("_FILE").filter(|name| !name.is_empty() && self.is_secret(name))
    }

    /// The service that the name means: by its type in the code, else by itself; of several the one
    /// that its examples are addresses of. Last a name that says nothing, by its examples.
    pub fn meant(&self, name: &str, seen: &Seen) -> Option<(&BackingService, Part)> {
        match &seen.holds {
            Some(Holds::Address(kind)) => {
                let is_meant = |one: &&BackingService| {
                    self.presets.services.get(&one.id).is_some_and(|preset| is_listed(&preset.types, kind))
                };
                self.services.iter().find(is_meant).map(|service| (service, Part::Url))
            }
            Some(Holds::Part { scheme, part }) => {
                let address = format!("{scheme}://");
                let is_meant = |one: &&BackingService| {
                    self.presets.services.get(&one.id).is_some_and(|preset| preset.written(&address).is_some())
                };
                let by_place = self.services.iter().find(is_meant).map(|service| (service, *part));
                by_place.or_else(|| self.part(name))
            }
            _ => {
                let is_written = |(service, _): &(&BackingService, Part)| {
                    let preset = self.presets.services.get(&service.id);
                    preset.is_some_and(|preset| seen.examples().any(|text| preset.written(text).is_some()))
                };
                // `WRITER_DB_URL` of `mysql+aiomysql://...`
                let is_address = |service: &&BackingService| {
                    let preset = self.presets.services.get(&service.id);
                    let is_whole = |text: &&str| text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty());
                    let mut examples = seen.examples().filter(is_whole);
                    preset.is_some_and(|preset| examples.any(|text| preset.written(text).is_some()))
                };
                let by_name = self.parts(name).find(is_written).or_else(|| self.part(name));
                by_name.or_else(|| self.services.iter().find(is_address).map(|service| (service, Part::Url)))
            }
        }
    }

    /// The service that the name means, and what of it.
    fn part(&self, name: &str) -> Option<(&BackingService, Part)> {
        self.parts(name).next()
    }

    /// The services that the name may mean, and what of each.
    fn parts(&self, name: &str) -> impl Iterator<Item = (&BackingService, Part)> {
        self.services.iter().filter_map(move |service| {
            let names = &self.presets.services.get(&service.id)?.names;
            let (part, _) = names.iter().find(|(_, names)| is_listed(names, name))?;
            Some((service, *part))
        })
    }

    /// What the examples of a setting say of its form: which dialect, or that a name of something
    /// else holds a whole address after all. Without one the client libraries decide.
    fn shaped<'s>(
        &self,
        service: &'s BackingService,
        part: Part,
        seen: &Seen,
    ) -> (&'s BackingService, Part, Option<String>) {
        let preset = self.presets.services.get(&service.id);
        let written = preset.and_then(|preset| seen.examples().find_map(|text| preset.written(text)));
        match (part, written) {
            (Part::Url | Part::Host | Part::Address, Some(dialect)) => {
                (service, Part::Url, dialect.map(|dialect| dialect.id.clone()))
            }
            (Part::Url, None) => (service, part, service.dialect.clone()),
            _ => (service, part, None),
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        if let Some((_, part)) = self.part(name) {
            return part.is_secret();
        }
        let SettingsPreset { secret_words, plain_words, secret_names, .. } = &self.presets.settings;
        if is_listed(secret_names, name) || self.is_own(name) {
            return true;
        }
        let has = |words: &[String]| name.split('_').any(|word| is_listed(words, &word.to_ascii_lowercase()));
        has(secret_words) && !has(plain_words)
    }

    pub fn secret_fill(&self, name: &str) -> Fill {
        if self.is_own(name) { Fill::Generated } else { Fill::Empty }
    }

    fn is_own(&self, name: &str) -> bool {
        let SettingsPreset { own_names, own_prefixes, .. } = &self.presets.settings;
        let bare = own_prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()));
        is_listed(own_names, name) || bare.is_some_and(|bare| is_listed(own_names, bare))
    }

    pub fn plain_fill(&self, name: &EnvName, declared: Option<&Declared>) -> Fill {
        if is_listed(&self.presets.settings.host_names, name.as_str()) {
            return Fill::Image;
        }
        match declared {
            Some(declared) if self.is_usable(&declared.value) => Fill::Value(declared.value.clone()),
            _ => Fill::Passed,
        }
    }

    /// A value that suits every app in production, of a name that must have one.
    fn usual_fill(&self, name: &EnvName, seen: &Seen) -> Option<Fill> {
        seen.required.as_ref().filter(|_| seen.defaults.is_empty())?;
        let usual = self.presets.settings.usual.iter().find(|usual| is_listed(&usual.names, name.as_str()))?;
        Some(Fill::Value(usual.value.clone()))
    }

    /// Whether an example's value can stand in a compose file and mean the same there.
    fn is_usable(&self, value: &str) -> bool {
        let local = is_local(value);
        let bare = matches!(value, "localhost" | "127.0.0.1" | "::1");
        let ports = || self.presets.services.values().map(|service| format!(":{}", service.port));
        let is_line = value.chars().count() <= 200 && !value.chars().any(char::is_control);
        let to_service = local && ports().any(|port| value.contains(&port));
        !value.is_empty() && is_line && !bare && !to_service && !is_placeholder(value) && !is_credential(value)
    }
}

/// Whether a text is an address on the developer's own machine.
fn is_local(text: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| text.contains(host))
}

pub fn is_listed(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

/// Where a name was seen; of a secret nothing but its name is shown, for a fallback in the code
/// may be the real value.
pub fn evidence(name: &EnvName, kind: SettingKind, seen: &Seen) -> Vec<Evidence> {
    let is_secret = kind == SettingKind::Secret;
    let shown = |read: &Evidence| Evidence {
        text: if is_secret { name.to_string() } else { read.text.clone() },
        ..read.clone()
    };
    let declared = seen.declared.as_ref().map(|line| match is_secret || is_credential(&line.value) {
        true => line.evidence_of_secret(),
        false => line.evidence(),
    });
    seen.reads.iter().map(shown).chain(declared).collect()
}
