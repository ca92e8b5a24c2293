//! The gallery: what dockwright writes for real projects, as snapshots that are read.
//!
//! A case is a TOML file below tests/cases/: the project, what is settled, and for all but a few
//! the case it is `like`; then its snapshot is the difference to that one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dockwright::catalog;
use dockwright::decisions::{Decisions, SettledBy};
use dockwright::draft::{Draft, draft};
use dockwright::presets::Presets;
use dockwright::project::Project;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A folder, relative to the repository.
    project: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    like: Option<String>,
}

fn cases() -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir("tests/cases").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            let case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.insert(path.file_stem().unwrap().to_string_lossy().into_owned(), case);
        }
    }
    cases
}

fn draft_of(case: &Case, project: &Path) -> Draft {
    let project = Project::open(project).unwrap();
    let mut decisions = Decisions::default();
    for (key, value) in &case.set {
        decisions.settle(key.parse().unwrap(), value, SettledBy::Flag);
    }
    draft(&project, &catalog::built_in().unwrap(), Presets::built_in(), &decisions).unwrap()
}

/// Every generated file by its path.
fn tree(draft: &Draft) -> BTreeMap<String, String> {
    assert_eq!(draft.open, []);
    draft.setup.files.iter().map(|(path, file)| (path.to_string(), file.text.clone())).collect()
}

/// The file at the top that one of a member of a workspace stands for.
fn at_the_top(path: &str) -> String {
    match path.rsplit('/').next() {
        Some("Dockerfile") => "Dockerfile".to_owned(),
        Some("Dockerfile.dockerignore") => ".dockerignore".to_owned(),
        _ => path.to_owned(),
    }
}

fn difference(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let elsewhere: BTreeMap<String, &String> = new.keys().map(|path| (at_the_top(path), path)).collect();
    let paths: std::collections::BTreeSet<_> =
        old.keys().chain(new.keys().filter(|path| !old.contains_key(&at_the_top(path)))).collect();
    for path in paths {
        let other = elsewhere.get(path).filter(|_| !new.contains_key(path)).map_or(path, |other| *other);
        let (before, after) = (old.get(path).map_or("", String::as_str), new.get(other).map_or("", String::as_str));
        if before != after {
            let diff = similar::TextDiff::from_lines(before, after);
            let diff = diff.unified_diff().context_radius(1).header(path, other).to_string();
            // an empty line that both have is shown as one blank
            text.extend(diff.lines().map(|line| format!("{}\n", line.trim_end())));
        }
    }
    text
}

fn snapshots(case: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(case));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn the_gallery_is_as_it_was_reviewed() {
    let cases = cases();
    for (name, case) in &cases {
        let files = tree(&draft_of(case, Path::new(&case.project)));
        snapshots(name).bind(|| match &case.like {
            Some(like) => {
                let other = &cases[like];
                let before = tree(&draft_of(other, Path::new(&other.project)));
                insta::assert_snapshot!(format!("like-{like}"), difference(&before, &files));
            }
            None => {
                for (path, text) in &files {
                    insta::assert_snapshot!(path.replace('/', "__"), text);
                }
            }
        });
    }
}

#[test]
fn what_dockwright_writes_passes_its_own_audit() {
    for (name, case) in &cases() {
        let draft = draft_of(case, Path::new(&case.project));
        assert_eq!(draft.findings, [], "{name}");
    }
}

#[test]
fn the_same_project_elsewhere_gives_the_same_bytes() {
    for (name, case) in &cases() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("deep/er").join(Path::new(&case.project).file_name().unwrap());
        copy_folder(Path::new(&case.project), &copy);
        assert_eq!(tree(&draft_of(case, Path::new(&case.project))), tree(&draft_of(case, &copy)), "{name}");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "node_modules" {
                copy_folder(&entry.path(), &target);
            }
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
