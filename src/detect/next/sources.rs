//! Which folders and files of an app are its sources: all that a person edits.

use std::collections::BTreeSet;

use super::super::Context;
use crate::paths::RelPath;

/// Top-level folders that `next dev` does not read, or that must not be laid over the image's.
const OTHERS: &[&str] = &[
    "__tests__",
    "build",
    "coverage",
    "cypress",
    "dist",
    "docker",
    "docs",
    "e2e",
    "node_modules",
    "out",
    "playwright",
    "secrets",
    "test",
    "tests",
];
const EXTENSIONS: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "json", "css", "mdx", "md"];
/// Files directly in the folder that are an app's own; settings of tools are read at the start.
const FILES: &[&str] = &["middleware", "proxy", "instrumentation", "instrumentation-client", "mdx-components"];

/// Folders to mount and files to copy in development, relative to the component.
pub fn sources(context: &Context<'_>, path: &RelPath, output: &RelPath) -> (Vec<RelPath>, Vec<RelPath>) {
    let (mut folders, mut files) = (BTreeSet::new(), BTreeSet::new());
    for file in context.project.files_below(path).filter_map(|file| file.strip(path)) {
        let Some(top) = file.parts().next().and_then(|top| RelPath::new(top).ok()) else { continue };
        if top == file {
            let stem = file.file_name().split('.').next().unwrap_or("");
            if FILES.contains(&stem) {
                files.insert(top);
            }
            continue;
        }
        let name = top.as_str();
        let is_source = file.extension().is_some_and(|ending| EXTENSIONS.contains(&ending)) || name == "public";
        if is_source && !name.starts_with('.') && !OTHERS.contains(&name) && !output.is_below(&top) && top != *output {
            folders.insert(top);
        }
    }
    (folders.into_iter().collect(), files.into_iter().collect())
}
