//! What dockwright says of the cases that other tools' own code has answered: `cases.py` makes them.
//!
//! Run by name, by `tests/oracles/versions`: `DOCKWRIGHT_CASES=FILE cargo test --test oracles`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dockwright::decisions::Decisions;
use dockwright::detect::detect;
use dockwright::paths::RelPath;
use dockwright::presets::Presets;
use dockwright::project::Project;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Case {
    /// `engines.node`, by npm's semver.
    Node { text: String, expected: String },
    /// `requires-python`, by packaging.
    Python { text: String, expected: String },
    /// `tool.poetry.dependencies.python`, by poetry-core.
    Poetry { text: String, expected: String },
    /// .gitignore files; paths with the line that ignores each, by `git check-ignore`.
    Ignored { files: BTreeMap<String, String>, paths: Vec<(String, Option<String>)> },
    /// A git index as hex, and `git ls-files`.
    Index { index: String, files: Vec<String> },
}

/// So many of a kind are shown.
const SHOWN: usize = 30;

fn write(folder: &Path, name: &str, text: &[u8]) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// The version of the runtime; `error` where it stops, `malformed` where it says that it cannot read it.
fn runtime(folder: &Path) -> String {
    let project = Project::open(folder).unwrap();
    let Ok(detection) = detect(&project, &Decisions::default(), Presets::built_in()) else { return "error".to_owned() };
    if detection.warnings.iter().any(|warning| warning.id == "malformed-range") {
        return "malformed".to_owned();
    }
    let component = detection.components.first();
    component.and_then(|component| component.runtime.value()).map_or("none".to_owned(), |found| found.version.clone())
}

fn said(case: &Case) -> (String, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let main = b"from fastapi import FastAPI\napp = FastAPI()\n";
    match case {
        Case::Node { text, expected } => {
            let manifest =
                format!("{{\"scripts\":{{\"start\":\"node a.js\"}},\"engines\":{{\"node\":{}}}}}", quoted(text));
            write(path, "package.json", manifest.as_bytes());
            write(path, "a.js", b"");
            (format!("engines {text:?}"), runtime(path), expected.clone())
        }
        Case::Python { text, expected } => {
            let manifest = format!(
                "[project]\nname = \"x\"\nrequires-python = {}\ndependencies = [\"fastapi[standard]\"]\n",
                quoted(text)
            );
            write(path, "pyproject.toml", manifest.as_bytes());
            write(path, "main.py", main);
            (format!("requires-python {text:?}"), runtime(path), expected.clone())
        }
        Case::Poetry { text, expected } => {
            let manifest = format!(
                "[tool.poetry.dependencies]\npython = {}\nfastapi = {{version = \"*\", extras = [\"standard\"]}}\n",
                quoted(text)
            );
            write(path, "pyproject.toml", manifest.as_bytes());
            write(path, "main.py", main);
            (format!("poetry {text:?}"), runtime(path), expected.clone())
        }
        Case::Ignored { files, paths } => {
            files.iter().for_each(|(name, text)| write(path, name, text.as_bytes()));
            let project = Project::open(path).unwrap();
            let ours = paths.iter().map(|(path, _)| {
                let found = project.ignored(&RelPath::new(path).unwrap());
                (path, found.map(|found| format!("{}:{}", found.file, found.line)))
            });
            let ours: Vec<_> = ours.collect();
            let theirs: Vec<_> = paths.iter().map(|(path, line)| (path, line.clone())).collect();
            (format!("{files:?}"), format!("{ours:?}"), format!("{theirs:?}"))
        }
        Case::Index { index, files } => {
            files.iter().for_each(|name| write(path, name, b""));
            let bytes: Vec<u8> =
                (0..index.len()).step_by(2).map(|at| u8::from_str_radix(&index[at..at + 2], 16).unwrap()).collect();
            write(path, ".git/index", &bytes);
            let found = Project::open(path).unwrap().in_git(|_| true);
            let found: Vec<String> = found.iter().map(RelPath::to_string).collect();
            ("index".to_owned(), format!("{found:?}"), format!("{files:?}"))
        }
    }
}

#[test]
fn dockwright_says_what_the_ecosystems_own_code_says() {
    let file = std::env::var("DOCKWRIGHT_CASES").expect("DOCKWRIGHT_CASES names the cases: see tests/oracles/versions");
    let text = fs::read_to_string(file).unwrap();
    let (mut counts, mut wrong, mut shown) = (BTreeMap::new(), 0, Vec::new());
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let (what, ours, theirs) = said(&case);
        let (count, differing): &mut (usize, usize) =
            counts.entry(line.split('"').nth(3).unwrap_or_default().to_owned()).or_default();
        *count += 1;
        if ours != theirs {
            *differing += 1;
            wrong += 1;
            if *differing <= SHOWN {
                shown.push(format!("{what}\n  dockwright: {ours}\n  theirs:     {theirs}"));
            }
        }
    }
    println!("cases of each kind, and those that differ: {counts:?}");
    assert!(counts.len() == 5 && counts.values().all(|(count, _)| *count > 5), "hardly a case: {counts:?}");
    assert_eq!(wrong, 0, "{}", shown.join("\n"));
}
