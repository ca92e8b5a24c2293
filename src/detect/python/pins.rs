//! Where a project names one version of Python: version files, tool managers, a Pipfile, the image
//! of its Dockerfile.

use super::super::Context;
use super::super::images::images;
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::toml;

/// Files with a version of their own: name, what a line begins with, what for people.
const FILES: &[(&str, &str, &str)] = &[
    (".python-version", "", "Python version file"),
    ("runtime.txt", "python-", "runtime.txt"),
    (".tool-versions", "python ", "tool version file"),
];
/// Files of mise, with a table `[tools]`.
const MISE: &[&str] = &["mise.toml", ".mise.toml", ".config/mise.toml"];

/// The versions that a folder's files name, the most telling first: the text and its place.
pub fn pins(context: &Context<'_>, folder: &RelPath) -> Vec<(String, Evidence)> {
    let lines = FILES.iter().filter_map(|(name, prefix, because)| {
        let source = context.project.read(&folder.join(name).ok()?)?;
        source.lines().find_map(|(number, line)| {
            let line = line.trim();
            let text = line.strip_prefix(prefix)?.split_whitespace().next()?;
            let text = text.trim_start_matches("cpython-").trim_start_matches("python");
            let evidence = Evidence::at(source.path(), number, text, *because);
            (!line.starts_with('#')).then(|| (text.to_owned(), evidence))
        })
    });
    let mut found: Vec<(String, Evidence)> = lines.collect();
    found.extend(MISE.iter().filter_map(|name| {
        let source = context.project.read(&folder.join(name).ok()?)?;
        let json = toml::parse(&source).ok()?;
        let python = json.at(&["tools", "python"])?;
        let first = python.items().first().unwrap_or(python);
        let text = first.text().or_else(|| first.get("version")?.text())?.to_owned();
        Some((text.clone(), Evidence::at(source.path(), python.line, text, "tools of mise")))
    }));
    found
}

/// What the Pipfile requires.
pub fn of_pipfile(manifest: &Manifest) -> Option<(String, Evidence)> {
    let (file, json) = manifest.pipfile.as_ref()?;
    let names = ["python_full_version", "python_version"];
    let found = names.iter().find_map(|name| json.at(&["requires", name]))?;
    let text = found.text()?.to_owned();
    Some((text.clone(), Evidence::at(file, found.line, text, "requires of the Pipfile")))
}

/// What the Dockerfile that is there runs it on. One that dockwright wrote counts too, or the second
/// `init` would decide otherwise than the first.
pub fn of_image(context: &Context<'_>, folder: &RelPath) -> Option<(String, Evidence)> {
    let source = context.project.read(&folder.join("Dockerfile").ok()?)?;
    images(&source).into_iter().find_map(|image| {
        let last = image.full.rsplit('/').next().unwrap_or(&image.full);
        // `python:3.13-slim`, `uv:python3.13-bookworm-slim`
        let tag = last.strip_prefix("python:").or_else(|| last.split_once(":python").map(|(_, tag)| tag))?;
        let version = tag.split('-').next().unwrap_or(tag).to_owned();
        Some((version, Evidence::at(source.path(), image.line, image.written, "the image of its Dockerfile")))
    })
}
