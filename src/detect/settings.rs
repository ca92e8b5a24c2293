//! Which names a component reads from its environment, of which kind each is and what fills it.

use std::collections::BTreeMap;

use super::Context;
use super::examples::{Declared, declared, is_credential, is_placeholder};
use crate::decisions::{Key, KeyName};
use crate::facts::{BackingService, EnvName, Evidence, Fill, Part, Place, Reads, Setting, SettingKind};
use crate::paths::RelPath;
use crate::presets::{Presets, SettingsPreset};
use crate::project::Mistake;

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
}

/// All that says something of one name.
#[derive(Default)]
struct Seen {
    reads: Vec<Evidence>,
    /// Values that the code falls back to: shapes to learn from, never shown.
    defaults: Vec<String>,
    declared: Option<Declared>,
    holds: Option<Holds>,
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
            known.reads.push(Evidence { text, ..read.evidence });
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
    let mut found = Vec::new();
    for (name, seen) in seen {
        let setting = kinds.setting(&name, &seen);
        found.extend(settled(context, path, setting, &seen)?);
    }
    Ok(found)
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
        if preset.usual.is_empty() || seen.iter().any(means) {
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

/// Of `NAME` and `NAME_FILE` one is enough: the file, if the code reads it.
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
}

/// Tells by a name what it holds.
struct Kinds<'a> {
    presets: &'a Presets,
    services: &'a [BackingService],
}

impl Kinds<'_> {
    /// The setting as the project alone has it.
    fn setting(&self, name: &EnvName, seen: &Seen) -> Setting {
        let (value_name, reads) = match self.secret_of_file(name.as_str()) {
            Some(secret) => (secret, Reads::File),
            None => (name.as_str(), Reads::Environment),
        };
        let part = self.meant(value_name, seen).map(|(service, part)| self.shaped(service, part, seen));
        let by_type = || match &seen.holds {
            Some(Holds::Address(_)) => true,
            holds => *holds == Some(Holds::Secret) || self.is_secret(value_name),
        };
        let is_secret = reads == Reads::File || part.as_ref().map_or_else(by_type, |(_, part, _)| part.is_secret());
        let fill = match part {
            Some((service, part, dialect)) if service.place != Place::Elsewhere => {
                Fill::Service { service: service.id.clone(), part, dialect }
            }
            _ if is_secret => self.secret_fill(value_name),
            _ => self.plain_fill(name, seen.declared.as_ref()),
        };
        let kind = if is_secret { SettingKind::Secret } else { SettingKind::Plain };
        Setting { name: name.clone(), kind, reads, fill, evidence: evidence(name, kind, seen), at_build: None }
    }

    /// `DB_PASSWORD` of `DB_PASSWORD_FILE`; `None` of `LOG_FILE`.
    fn secret_of_file<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_suffix("_FILE").filter(|name| !name.is_empty() && self.is_secret(name))
    }

    /// The service that the name means: by its type in the code, else by itself; of several the one
    /// that its examples are addresses of.
    fn meant(&self, name: &str, seen: &Seen) -> Option<(&BackingService, Part)> {
        match &seen.holds {
            Some(Holds::Address(kind)) => {
                let is_meant = |one: &&BackingService| {
                    self.presets.services.get(&one.id).is_some_and(|preset| is_listed(&preset.types, kind))
                };
                self.services.iter().find(is_meant).map(|service| (service, Part::Url))
            }
            _ => {
                let is_written = |(service, _): &(&BackingService, Part)| {
                    let preset = self.presets.services.get(&service.id);
                    preset.is_some_and(|preset| seen.examples().any(|text| preset.written(text).is_some()))
                };
                self.parts(name).find(is_written).or_else(|| self.part(name))
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
        let SettingsPreset { secret_words, plain_words, secret_names, own_names, .. } = &self.presets.settings;
        if is_listed(secret_names, name) || is_listed(own_names, name) {
            return true;
        }
        let has = |words: &[String]| name.split('_').any(|word| is_listed(words, &word.to_ascii_lowercase()));
        has(secret_words) && !has(plain_words)
    }

    fn secret_fill(&self, name: &str) -> Fill {
        if is_listed(&self.presets.settings.own_names, name) { Fill::Generated } else { Fill::Empty }
    }

    fn plain_fill(&self, name: &EnvName, declared: Option<&Declared>) -> Fill {
        if is_listed(&self.presets.settings.host_names, name.as_str()) {
            return Fill::Image;
        }
        match declared {
            Some(declared) if self.is_usable(&declared.value) => Fill::Value(declared.value.clone()),
            _ => Fill::Passed,
        }
    }

    /// Whether an example's value can stand in a compose file and mean the same there.
    fn is_usable(&self, value: &str) -> bool {
        let local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| value.contains(host));
        let bare = matches!(value, "localhost" | "127.0.0.1" | "::1");
        let ports = || self.presets.services.values().map(|service| format!(":{}", service.port));
        let is_line = value.chars().count() <= 200 && !value.chars().any(char::is_control);
        let to_service = local && ports().any(|port| value.contains(&port));
        !value.is_empty() && is_line && !bare && !to_service && !is_placeholder(value) && !is_credential(value)
    }
}

fn is_listed(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

/// Where a name was seen; of a secret nothing but its name is shown, for a fallback in the code
/// may be the real value.
fn evidence(name: &EnvName, kind: SettingKind, seen: &Seen) -> Vec<Evidence> {
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
        ("secret-at-build", None) => {
            setting.fill = Fill::Empty;
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
                .detail(format!("expected `secret`, `plain`, `plain=VALUE`, `secret-at-build`, `public-at-build`, `public-at-build=VALUE` or `off` (settled by {})", decision.by))
                .hint("the value of a secret goes into its file below secrets/"));
        }
    };
    setting.kind = kind;
    setting.evidence = evidence(&setting.name, kind, seen);
    setting.evidence.insert(0, Evidence::none(decision.by.to_string()));
    Ok(Some(setting))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, project};
    use super::*;
    use crate::facts::Confidence;

    fn service(id: &str, place: Place) -> BackingService {
        BackingService {
            id: id.to_owned(),
            name: id.to_owned(),
            version: "1".to_owned(),
            place,
            dialect: None,
            open: false,
            confidence: Confidence::Inferred,
            evidence: Vec::new(),
        }
    }

    fn all(case: &Case, reads: &[&str], services: &[BackingService]) -> Result<Vec<Setting>, Mistake> {
        let file = RelPath::new("app.js").unwrap();
        let read = |name: &&str| Read {
            name: EnvName::new(name).unwrap(),
            evidence: Evidence::at(&file, 1, format!("{name} || 'hunter2'"), "read in the code"),
            default: None,
            required: false,
            holds: None,
        };
        let reads = reads.iter().map(read).collect();
        case.ask(|context| settings(context, &RelPath::root(), reads, services))
    }

    /// Each setting as `NAME kind fill`.
    fn shown(case: &Case, reads: &[&str], services: &[BackingService]) -> Vec<String> {
        let show = |setting: Setting| {
            let fill = match setting.fill {
                Fill::Service { service, part, dialect } => {
                    format!("{service} {part:?}{}", dialect.map(|id| format!(" {id}")).unwrap_or_default())
                }
                Fill::Value(value) => format!("={value}"),
                other => format!("{other:?}"),
            };
            let file = if setting.reads == Reads::File { " file" } else { "" };
            format!("{} {:?}{file} {fill}", setting.name, setting.kind)
        };
        all(case, reads, services).unwrap().into_iter().map(show).collect()
    }

    fn of_example(text: &str) -> Vec<String> {
        shown(&project(&[(".env.example", text)]), &[], &[])
    }

    #[test]
    fn names_say_whether_they_are_secret() {
        let reads =
            ["STRIPE_KEY", "KEYBOARD", "TOKEN_DURATION", "TOKEN_EXPIRY", "JWT_SECRET", "DATABASE_URL", "LOG_LEVEL"];
        let expected = [
            "DATABASE_URL Secret Empty",
            "JWT_SECRET Secret Generated",
            "KEYBOARD Plain Passed",
            "LOG_LEVEL Plain Passed",
            "STRIPE_KEY Secret Empty",
            "TOKEN_DURATION Plain Passed",
            "TOKEN_EXPIRY Plain Passed",
        ];
        assert_eq!(shown(&project(&[]), &reads, &[]), expected);
    }

    #[test]
    fn what_the_image_sets_is_no_setting_and_a_host_is_its_own() {
        assert_eq!(shown(&project(&[]), &["NODE_ENV", "PORT", "HOST"], &[]), ["HOST Plain Image"]);
    }

    #[test]
    fn a_service_fills_the_names_that_mean_it() {
        let case = project(&[(".env.example", "PGUSER=me\n")]);
        let reads = ["DATABASE_URL", "PGHOST", "DB_PASS", "REDIS_URL"];
        let expected = [
            "DATABASE_URL Secret postgres Url",
            "DB_PASS Secret postgres Password",
            "PGHOST Plain postgres Host",
            "PGUSER Plain postgres User",
            "REDIS_URL Secret Empty",
        ];
        assert_eq!(shown(&case, &reads, &[service("postgres", Place::Compose)]), expected);
        assert_eq!(shown(&case, &reads, &[service("postgres", Place::Development)]), expected);
        let elsewhere = shown(&case, &["DATABASE_URL", "PGHOST"], &[service("postgres", Place::Elsewhere)]);
        assert_eq!(elsewhere, ["DATABASE_URL Secret Empty", "PGHOST Plain Passed", "PGUSER Plain =me"]);
    }

    #[test]
    fn an_example_says_in_which_form_an_address_is_wanted() {
        let postgres = BackingService { dialect: Some("libpq".to_owned()), ..service("postgres", Place::Compose) };
        for (example, expected) in [
            ("DATABASE_URL=postgresql+asyncpg://me:x@localhost/x", "DATABASE_URL Secret postgres Url asyncpg"),
            ("DATABASE_URL=postgres://me:x@localhost/x", "DATABASE_URL Secret postgres Url"),
            ("DATABASE_URL=", "DATABASE_URL Secret postgres Url libpq"),
            ("DB_DSN='host=localhost user=me dbname=x'", "DB_DSN Secret postgres Url keywords"),
            ("DB_HOST=postgres://me:x@localhost/x", "DB_HOST Secret postgres Url"),
            ("DB_HOST=localhost", "DB_HOST Plain postgres Host"),
            ("DB_ADDR=localhost:5432", "DB_ADDR Plain postgres Address"),
        ] {
            let case = project(&[(".env.example", example)]);
            assert_eq!(shown(&case, &[], std::slice::from_ref(&postgres)), [expected], "{example}");
        }
    }

    #[test]
    fn a_name_that_holds_a_path_is_a_mounted_file_and_its_twin_is_dropped() {
        let case = project(&[(".env.example", "STRIPE_KEY_FILE=/x\n")]);
        assert_eq!(
            shown(&case, &["JWT_SECRET", "JWT_SECRET_FILE", "LOG_FILE", "STRIPE_KEY"], &[]),
            ["JWT_SECRET_FILE Secret file Generated", "LOG_FILE Plain Passed", "STRIPE_KEY Secret Empty"]
        );
    }

    #[test]
    fn values_of_an_example_are_kept_where_they_mean_something() {
        let kept = of_example("A=info\nB=http://localhost:3000\nC=a b # d\n");
        assert_eq!(kept, ["A Plain =info", "B Plain =http://localhost:3000", "C Plain =a b"]);
        for value in [
            "",
            "postgres://localhost:5432/x",
            "127.0.0.1:6379",
            "https://me:secret@example.com",
            "sk_live_123",
            "<your name>",
            "0123456789abcdef01234567",
            "https://$\u{7b}HOST}",
            "localhost",
        ] {
            assert_eq!(of_example(&format!("A={value}")), ["A Plain Passed"], "{value}");
            let shown = project(&[(".env.example", &format!("A={value}"))]);
            let shown = format!("{:?}", all(&shown, &[], &[]).unwrap());
            assert!(!shown.contains("sk_live") && !shown.contains("me:secret"), "{shown}");
        }
    }

    #[test]
    fn the_value_of_a_secret_is_never_shown() {
        let case = project(&[(".env.example", "STRIPE_KEY=hunter2\nA_TOKEN=hunter2\n")]);
        let shown = format!("{:?}", all(&case, &["STRIPE_KEY"], &[]).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains(".env.example"), "{shown}");
        let hidden = case.set("settings.LEVEL", "secret");
        let shown = format!("{:?}", all(&hidden, &["LEVEL"], &[]).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_service_that_no_name_means_is_given_the_usual_names_and_a_warning_says_so() {
        let case = project(&[]);
        let given = shown(&case, &["LOG_LEVEL"], &[service("redis", Place::Compose)]);
        assert!(given.iter().any(|line| line.starts_with("REDIS_URL")), "{given:?}");
        let named = shown(&case, &["KV_URL"], &[service("redis", Place::Compose)]);
        assert!(!named.iter().any(|line| line.starts_with("REDIS_URL")), "{named:?}");
    }

    #[test]
    fn decisions_win() {
        let postgres = [service("postgres", Place::Compose)];
        for (decision, expected) in [
            ("secret", vec!["LEVEL Secret Empty"]),
            ("plain", vec!["LEVEL Plain Passed"]),
            ("plain=a=b", vec!["LEVEL Plain =a=b"]),
            ("off", vec![]),
        ] {
            let case = project(&[]).set("settings.LEVEL", decision);
            assert_eq!(shown(&case, &["LEVEL"], &[]), expected);
            assert_eq!(shown(&case, &[], &[]), expected, "nobody reads it");
        }
        let case = project(&[]).set("settings.DATABASE_URL", "plain").set("settings.DB_HOST", "secret");
        let expected = ["DATABASE_URL Plain Passed", "DB_HOST Secret postgres Host"];
        assert_eq!(shown(&case, &["DATABASE_URL", "DB_HOST"], &postgres), expected);
    }

    #[test]
    fn a_decision_that_is_no_kind_says_what_was_expected_and_not_what_stands_there() {
        let case = project(&[]).set("settings.LEVEL", "hunter2");
        let mistake = all(&case, &[], &[]).unwrap_err();
        assert_eq!(mistake.what, "`settings.LEVEL` is no kind of setting");
        assert!(mistake.detail.as_ref().unwrap().contains("`plain=VALUE`"));
        assert!(!format!("{mistake:?}").contains("hunter2"));
    }
}
