//! What a person, a flag or a file settled: only that, never what follows from it.
//!
//! A decision is evidence of the highest rank. Where several settle the same key, the order is:
//! person (the review screen), flag (`--set`, `--with`, `--template`, `--preset`), answers file,
//! environment (`DOCKWRIGHT_SET_*`), `dockwright.toml`, the person's configuration. Facts and
//! defaults come after all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::EnvName;
use crate::paths::{PathError, RelPath};

/// The keys that can be settled, in the order of the review screen; `settings.NAME` besides.
/// `components` and `preset` are the project's, all others a component's.
pub const KEYS: &[&str] = &[
    "components",
    "template",
    "preset",
    "name",
    "runtime",
    "packages",
    "main",
    "output",
    "build",
    "start",
    "develop",
    "port",
    "health",
    "migrate",
    "services",
];

/// What can be settled: a key, of one component in a monorepo. Written `port`, `apps/web:port`,
/// `settings.STRIPE_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `.` where the project is one component.
    pub component: RelPath,
    pub name: KeyName,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyName {
    /// One of [`KEYS`].
    Fact(&'static str),
    Setting(EnvName),
}

/// A text that is no key, with the nearest that is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown key `{typed}`")]
pub struct UnknownKey {
    pub typed: String,
    pub nearest: Option<&'static str>,
}

impl Key {
    /// The key of the root component. Panics if `name` is not in [`KEYS`]: a typo in this program.
    pub fn root(name: &str) -> Self {
        Key::of(&RelPath::root(), name)
    }

    /// As [`Key::root`], of any component.
    pub fn of(component: &RelPath, name: &str) -> Self {
        let name = KEYS.iter().find(|key| **key == name).expect("a key from KEYS");
        Key { component: component.clone(), name: KeyName::Fact(name) }
    }

    /// Whether it is settled for the project and not for a component of it.
    pub fn is_of_project(&self) -> bool {
        ["components", "preset"].iter().any(|name| self.name == KeyName::Fact(name))
    }

    /// What stands between the parts of a list that is written as one text.
    pub fn between(&self) -> &'static str {
        // paths may hold blanks
        if self.name == KeyName::Fact("components") { ", " } else { " " }
    }

    pub fn setting(component: &RelPath, name: &EnvName) -> Self {
        Key { component: component.clone(), name: KeyName::Setting(name.clone()) }
    }
}

impl FromStr for Key {
    type Err = UnknownKey;
    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey {
            typed: text.to_owned(),
            nearest: nearest(text.rsplit(':').next().unwrap_or(text), KEYS.iter().copied()),
        };
        let (component, name) = match text.rsplit_once(':') {
            Some((component, name)) => (RelPath::new(component).map_err(|_| unknown())?, name),
            None => (RelPath::root(), text),
        };
        let name = match name.strip_prefix("settings.") {
            Some(setting) => KeyName::Setting(EnvName::new(setting).map_err(|_| unknown())?),
            None => KeyName::Fact(KEYS.iter().find(|key| **key == name).ok_or_else(unknown)?),
        };
        Ok(Key { component, name })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.component.is_root() {
            write!(f, "{}:", self.component)?;
        }
        match &self.name {
            KeyName::Fact(name) => f.write_str(name),
            KeyName::Setting(name) => write!(f, "settings.{name}"),
        }
    }
}

/// Who settled it, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SettledBy {
    /// `config.toml` in the person's configuration folder.
    Configuration,
    /// `dockwright.toml` in the project.
    Project,
    /// `DOCKWRIGHT_SET_*`
    Environment,
    /// `--answers FILE`
    Answers,
    /// `--set`, `--with`, `--template`, `--preset`
    Flag,
    /// The review screen.
    Person,
}

impl fmt::Display for SettledBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SettledBy::Configuration => "your configuration",
            SettledBy::Project => "dockwright.toml",
            SettledBy::Environment => "environment",
            SettledBy::Answers => "answers file",
            SettledBy::Flag => "flag",
            SettledBy::Person => "you",
        })
    }
}

/// One settled value, as it was typed. `components` is `all`, or paths with commas between.
/// `services` is a list in one text: `postgres redis=elsewhere`
/// replaces what is found, `none` says there are none, `+redis=elsewhere` adds to what is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub value: String,
    pub by: SettledBy,
}

/// Which of a project's components get their container files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    All,
    Some(Vec<RelPath>),
}

impl Chosen {
    /// Reads `all`, or paths with commas between; `./all` is a folder of that name.
    ///
    /// # Errors
    /// A path that leaves the project.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.trim() == "all" {
            return Ok(Chosen::All);
        }
        let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty());
        paths.map(RelPath::new).collect::<Result<_, _>>().map(Chosen::Some)
    }

    /// The only one, if it is named.
    pub fn only(&self) -> Option<&RelPath> {
        match self {
            Chosen::Some(paths) if paths.len() == 1 => paths.first(),
            Chosen::All | Chosen::Some(_) => None,
        }
    }

    pub fn has(&self, path: &RelPath) -> bool {
        match self {
            Chosen::All => true,
            Chosen::Some(paths) => paths.contains(path),
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &RelPath| if path.as_str() == "all" { "./all".to_owned() } else { path.to_string() };
        match self {
            Chosen::All => f.write_str("all"),
            Chosen::Some(paths) => f.write_str(&paths.iter().map(shown).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// All that was settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions(BTreeMap<Key, Decision>);

impl Decisions {
    /// Settles a key, unless somebody stronger did.
    pub fn settle(&mut self, key: Key, value: impl Into<String>, by: SettledBy) {
        let stronger = self.0.get(&key).is_some_and(|present| present.by > by);
        if !stronger {
            self.0.insert(key, Decision { value: value.into(), by });
        }
    }

    /// Adds one backing service, with its place or without, to what is found or settled already:
    /// `--with redis=elsewhere`.
    pub fn add_service(&mut self, component: &RelPath, entry: &str, by: SettledBy) {
        let key = Key::of(component, "services");
        let entry = entry.trim_start_matches('+');
        let id = |word: &str| word.trim_start_matches('+').split('=').next().unwrap_or_default().to_owned();
        let before = self.0.get(&key).map(|present| present.value.clone()).unwrap_or_default();
        let mut words: Vec<&str> = before.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let added = format!("+{entry}");
        // in the place of what was said of it before, so that the same said again changes nothing
        match words.iter().position(|word| id(word) == id(entry)) {
            Some(at) => words[at] = if words[at].starts_with('+') { &added } else { entry },
            None => words.push(&added),
        }
        let all = words.join(" ");
        self.settle(key, all, by);
    }

    /// The components that somebody chose.
    ///
    /// # Errors
    /// A path that leaves the project.
    pub fn chosen(&self) -> Result<Option<Chosen>, PathError> {
        self.of(&RelPath::root(), "components").map(|decision| Chosen::parse(&decision.value)).transpose()
    }

    /// Takes a decision back: the fact counts again.
    pub fn unsettle(&mut self, key: &Key) {
        self.0.remove(key);
    }

    pub fn get(&self, key: &Key) -> Option<&Decision> {
        self.0.get(key)
    }

    /// What was settled for a component's fact.
    pub fn of(&self, component: &RelPath, name: &str) -> Option<&Decision> {
        self.0.get(&Key::of(component, name))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Decision)> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The candidate that differs least from what was typed, if it is near enough to be meant.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be changed, added or dropped.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        for text in ["port", "apps/web:port", "settings.STRIPE_KEY", "apps/web:settings.A_B"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert_eq!("prot".parse::<Key>().unwrap_err().nearest, Some("port"));
        assert_eq!("../x:port".parse::<Key>().unwrap_err().typed, "../x:port");
    }

    #[test]
    fn services_add_up() {
        let mut decisions = Decisions::default();
        let root = RelPath::root();
        decisions.settle(Key::root("services"), "postgres", SettledBy::Project);
        decisions.add_service(&root, "redis=elsewhere", SettledBy::Flag);
        assert_eq!(decisions.of(&root, "services").unwrap().value, "postgres +redis=elsewhere");
        decisions.add_service(&root, "+redis", SettledBy::Flag);
        decisions.add_service(&root, "postgres", SettledBy::Flag);
        assert_eq!(decisions.of(&root, "services").unwrap().value, "postgres +redis");
    }

    #[test]
    fn the_stronger_decision_stays() {
        let mut decisions = Decisions::default();
        decisions.settle(Key::root("port"), "1", SettledBy::Flag);
        decisions.settle(Key::root("port"), "2", SettledBy::Project);
        assert_eq!(decisions.get(&Key::root("port")).unwrap().value, "1");
        decisions.settle(Key::root("port"), "3", SettledBy::Person);
        assert_eq!(decisions.get(&Key::root("port")).unwrap().value, "3");
    }
}
