//! Which folders and files of a component are edited: mounted or synced in development.

use super::super::Context;
use super::sources;
use crate::paths::RelPath;

/// Folders that no server reads.
const ASIDE: &[&str] = &[
    "bench",
    "benchmarks",
    "build",
    "ci",
    "deploy",
    "dist",
    "doc",
    "docs",
    "e2e",
    "env",
    "examples",
    "frontend",
    "hooks",
    "htmlcov",
    "infra",
    "node_modules",
    "notebooks",
    "test",
    "tests",
];
/// What is edited besides Python.
const KINDS: &[&str] = &["html", "jinja", "jinja2", "j2", "css", "js", "mako", "sql", "graphql", "ini"];

/// Folders with sources, templates or pages, and Python files directly in the component, both
/// relative to it.
pub fn folders(context: &Context<'_>, path: &RelPath) -> (Vec<RelPath>, Vec<RelPath>) {
    let (mut folders, files) = sources::folders(context, path);
    for file in context.project.files_below(path) {
        let Some(file) = file.strip(path) else { continue };
        let Some(first) = file.parts().next().filter(|first| *first != file.as_str()) else { continue };
        let is_edited = file.extension().is_some_and(|kind| KINDS.contains(&kind));
        if is_edited
            && !first.starts_with('.')
            && !ASIDE.contains(&first)
            && let Ok(folder) = RelPath::new(first)
            && !folders.contains(&folder)
        {
            folders.push(folder);
        }
    }
    folders.sort();
    (folders, files)
}
