//! The truth table: small projects, each with what `detect` has to say of it and where the row comes
//! from. What is expected was told by an oracle, a real project or a specification, never by us.
//!
//! A row is a `[[row]]` of a file below tests/truth/; `precedence.toml` there says what wins over
//! what, each line with the row that shows it. The README's tables are made of it:
//! `DOCKWRIGHT_BLESS=1 cargo test --test it readme`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use dockwright::decisions::{Decisions, SettledBy};
use dockwright::detect::{Detection, detect};
use dockwright::facts::{Component, Evidence, FactView};
use dockwright::presets::Presets;
use dockwright::project::{Mistake, Project};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Files that every row has unless it says otherwise.
    #[serde(default)]
    base: BTreeMap<String, String>,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// A sentence, once in all tables.
    name: String,
    /// Who says so: a tool with its version, a project with its commit, a specification.
    from: String,
    /// Path and text; `-` takes away one of the base.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// A fact's key, `template`, `services` or `setting NAME`; the value with its place in brackets.
    #[serde(default)]
    say: BTreeMap<String, String>,
    /// Values of facts that are shown as lost: `key: value (place)`.
    #[serde(default)]
    lost: Vec<String>,
    /// Ids of warnings with their places; `!id` is not said.
    #[serde(default)]
    warn: Vec<String>,
    /// What no template fits, as it begins.
    unfit: Option<String>,
    /// The mistake that stops it, with its place.
    error: Option<String>,
}

/// `tests/truth/precedence.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precedence {
    pub fact: Vec<Order>,
}

/// What a fact is taken from, the strongest first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub title: String,
    /// Behind the table.
    pub note: Option<String>,
    pub order: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub says: String,
    pub because: String,
    /// The name of the row that shows it.
    row: String,
}

pub fn precedence() -> Precedence {
    toml::from_str(&fs::read_to_string("tests/truth/precedence.toml").unwrap()).unwrap()
}

fn tables() -> Vec<(String, Table)> {
    let mut tables = Vec::new();
    for entry in fs::read_dir("tests/truth").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name != "precedence.toml" {
            let table = toml::from_str(&fs::read_to_string(&path).unwrap());
            tables.push((name, table.unwrap_or_else(|error| panic!("{}: {error}", path.display()))));
        }
    }
    tables.sort_by(|a, b| a.0.cmp(&b.0));
    tables
}

fn found(base: &BTreeMap<String, String>, row: &Row) -> Result<Detection, Mistake> {
    let folder = tempfile::tempdir().unwrap();
    let files = base.iter().filter(|(path, _)| !row.files.contains_key(*path)).chain(&row.files);
    for (path, text) in files.filter(|(_, text)| *text != "-") {
        let path = folder.path().join("shop").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let project = Project::open(&folder.path().join("shop"))?;
    let mut decisions = Decisions::default();
    for (key, value) in &row.set {
        decisions.settle(key.parse().unwrap(), value, SettledBy::Flag);
    }
    detect(&project, &decisions, Presets::built_in())
}

fn placed(value: &str, evidence: Option<&Evidence>) -> String {
    let place = evidence.map_or("nowhere".to_owned(), Evidence::place);
    format!("{value} ({place})")
}

fn shown(fact: &FactView) -> String {
    match &fact.value {
        Some(value) => placed(value, fact.evidence.first()),
        None if fact.candidates.is_empty() => "-".to_owned(),
        None => {
            let list = fact.candidates.iter().map(|(value, evidence)| placed(value, Some(evidence)));
            format!("? {}", list.collect::<Vec<_>>().join(" | "))
        }
    }
}

fn said(component: &Component, key: &str) -> String {
    if let Some(name) = key.strip_prefix("setting ") {
        let setting = component.settings.iter().find(|setting| setting.name.as_str() == name);
        return setting.map_or("none".to_owned(), |setting| {
            placed(&format!("{:?}", setting.kind).to_lowercase(), setting.evidence.first())
        });
    }
    match key {
        "template" => component.stack.id().to_owned(),
        "path" => component.path.to_string(),
        "services" => {
            let list = component.services.iter().map(|service| placed(&service.id, service.evidence.first()));
            list.collect::<Vec<_>>().join(", ")
        }
        "environment" => {
            let list = component.environment.iter().map(|(name, value)| format!("{name}={value}"));
            list.collect::<Vec<_>>().join(" ")
        }
        key => component.facts().iter().find(|fact| fact.key == key).map_or("no such fact".to_owned(), shown),
    }
}

/// What is wrong with a row, a line each.
fn differences(base: &BTreeMap<String, String>, row: &Row) -> Vec<String> {
    let detection = match (found(base, row), &row.error) {
        (Err(mistake), Some(expected)) if mistake.to_string() == *expected => return Vec::new(),
        (Err(mistake), expected) => return vec![format!("stops with `{mistake}`, expected {expected:?}")],
        (Ok(_), Some(expected)) => return vec![format!("does not stop with `{expected}`")],
        (Ok(detection), None) => detection,
    };
    let mut wrong = Vec::new();
    if let Some(expected) = &row.unfit {
        let saw: Vec<&str> = detection.unfit.iter().map(|unfit| unfit.saw.as_str()).collect();
        if !saw.iter().any(|saw| saw.starts_with(expected.as_str())) || !detection.components.is_empty() {
            wrong.push(format!("is not refused with `{expected}`: {saw:?}"));
        }
    }
    match (detection.components.first(), row.say.is_empty()) {
        (Some(component), _) => {
            for (key, expected) in &row.say {
                let said = said(component, key);
                if said != *expected {
                    wrong.push(format!("{key} is `{said}`, expected `{expected}`"));
                }
            }
            let facts = component.facts();
            let rejected = facts.iter().flat_map(|fact| {
                fact.rejected.iter().map(|(value, why)| format!("{}: {}", fact.key, placed(value, Some(why))))
            });
            let rejected: Vec<String> = rejected.collect();
            let lacking = row.lost.iter().filter(|expected| !rejected.contains(expected));
            wrong.extend(lacking.map(|expected| format!("does not show `{expected}` as lost: {rejected:?}")));
        }
        (None, false) => wrong.push(format!("no component: {:?}", detection.unfit)),
        (None, true) => {}
    }
    let warnings: Vec<String> = detection
        .warnings
        .iter()
        .map(|warning| {
            let places: Vec<String> = warning.evidence.iter().map(Evidence::place).collect();
            format!("{} {}", warning.id, places.join(" ")).trim_end().to_owned()
        })
        .collect();
    for expected in &row.warn {
        let is_said = |id: &str| warnings.iter().any(|said| said == id || said.split(' ').next() == Some(id));
        match expected.strip_prefix('!') {
            Some(id) if is_said(id) => wrong.push(format!("says `{id}`: {warnings:?}")),
            None if !is_said(expected) => wrong.push(format!("does not say `{expected}`: {warnings:?}")),
            _ => {}
        }
    }
    wrong
}

#[test]
fn what_is_detected_is_the_truth() {
    let (mut wrong, mut rows) = (Vec::new(), 0);
    let wanted = std::env::var("ROW").unwrap_or_default();
    for (file, table) in &tables() {
        for row in table.row.iter().filter(|row| row.name.contains(&wanted)) {
            rows += 1;
            wrong.extend(differences(&table.base, row).iter().map(|what| format!("{file}: {}: {what}", row.name)));
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 0, "no row has `{wanted}` in its name");
}

#[test]
fn every_row_has_a_name_of_its_own_and_says_where_it_comes_from_and_what_is_expected() {
    let mut names = BTreeSet::new();
    for (file, table) in &tables() {
        for row in &table.row {
            assert!(names.insert(row.name.clone()), "{file}: twice: {}", row.name);
            assert!(!row.from.trim().is_empty(), "{file}: {} comes from nowhere", row.name);
            let expects = !row.say.is_empty() || !row.warn.is_empty() || row.unfit.is_some() || row.error.is_some();
            assert!(expects, "{file}: {} expects nothing", row.name);
        }
    }
    for step in precedence().fact.iter().flat_map(|fact| &fact.order) {
        assert!(names.contains(&step.row), "no row shows `{}`: {}", step.says, step.row);
    }
}
