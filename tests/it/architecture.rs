//! The shape of the code: who may import whom, who may print, and what every file begins with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dockwright::presets::Presets;

/// Library modules from the bottom up; a module imports only those before it. `lib.rs` tells the
/// same in prose.
const LAYERS: &[&str] = &[
    "paths",
    "child",
    "project",
    "facts",
    "presets",
    "decisions",
    "detect",
    "catalog",
    "setup",
    "render",
    "audit",
    "apply",
    "draft",
    "verify",
];

/// What belongs to `cli/` alone.
const ONLY_IN_CLI: &[&str] =
    &["clap::", "dialoguer::", "console::", "crate::cli", "println!(", "eprintln!(", "print!("];

#[test]
fn library_modules_import_downwards_only() {
    for file in rust_files("src") {
        let Some(module) = library_module(&file) else { continue };
        let own = rank(&module).unwrap_or_else(|| panic!("`{module}` is not in LAYERS"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            let other = rank(&import).unwrap_or_else(|| panic!("{}: `{import}` is not in LAYERS", file.display()));
            assert!(other <= own, "{} imports `{import}`, which is above `{module}`", file.display());
        }
    }
}

#[test]
fn the_library_neither_parses_arguments_nor_asks_nor_prints() {
    for file in rust_files("src").iter().filter(|file| library_module(file).is_some()) {
        let text = fs::read_to_string(file).unwrap();
        for name in ONLY_IN_CLI {
            assert!(!text.contains(name), "{} mentions `{name}`", file.display());
        }
    }
}

#[test]
fn the_map_in_lib_rs_lists_the_layers_in_their_order() {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let listed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next()).collect();
    assert_eq!(listed, LAYERS);
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in rust_files("src").iter().chain(&rust_files("tests")) {
        assert!(fs::read_to_string(file).unwrap().starts_with("//!"), "{}", file.display());
    }
}

#[test]
fn no_rust_of_the_library_knows_a_backing_service_by_name() {
    let is_other = |file: &&PathBuf| file.starts_with("src/audit") || file.ends_with("tests.rs");
    for file in rust_files("src").iter().filter(|file| !is_other(file)) {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let named = Presets::built_in().services.keys().find(|id| line.contains(&format!("\"{id}\"")));
            assert_eq!(named, None, "{}: {line}", file.display());
        }
    }
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

/// The top-level modules named by `crate::x` and `crate::{x::.., y::..}`, code only.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$')) {
            let rest = &line[at + "crate::".len()..];
            let names = match rest.strip_prefix('{') {
                Some(group) => group.split(',').collect(),
                None => vec![rest],
            };
            found.extend(names.into_iter().map(first_word).filter(|word| !word.is_empty()));
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// `src/audit/rules/root_user.rs` gives `audit`; the binary, its build script and `lib.rs` none.
fn library_module(file: &Path) -> Option<String> {
    let first = file.strip_prefix("src").ok()?.components().next()?;
    let name = Path::new(first.as_os_str()).file_stem()?.to_str()?.to_owned();
    (!["lib", "main", "cli", "build"].contains(&name.as_str())).then_some(name)
}

fn rust_files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
