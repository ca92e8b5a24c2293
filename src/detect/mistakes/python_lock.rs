//! A Python lockfile that is out of step with its manifest: the install stops, or installs less.

use std::str::FromStr;

use pep440_rs::VersionSpecifiers;

use super::super::python::manifest::{Dependency, Manifest};
use super::super::python::requirement::normalized;
use super::{Asked, packages};
use crate::facts::{Evidence, Found};
use crate::paths::RelPath;
use crate::project::Source;

/// A requirement of the manifest that the lockfile does not have; of `uv.lock` its range too.
pub fn stale(asked: &Asked<'_>) {
    for component in asked.components {
        let Some(Found::Known { value, .. }) = packages(component) else { continue };
        let Some(preset) =
            asked.context.presets.python.get(&value.id).filter(|preset| preset.lockfile.contains(".lock"))
        else {
            continue;
        };
        let lock = asked.file(&component.path, &preset.lockfile).and_then(|file| asked.context.project.read(&file));
        let manifest = Manifest::read(asked.context, &component.path).ok().flatten();
        let (Some(lock), Some(manifest)) = (lock, manifest) else { continue };
        let own = manifest.text("name").map(|(name, _)| normalized(name));
        let Some((found, why)) = first_difference(&manifest, &preset.reads, &lock, own.as_deref()) else { continue };
        asked.context.warn(
            "stale-lockfile",
            format!("{} {why}, so that its install fails", lock.path()),
            vec![found.evidence.clone(), Evidence::at(lock.path(), 1, "", "lockfile")],
            format!("`{}` brings it up to date", preset.lock),
        );
    }
}

fn first_difference<'m>(
    manifest: &'m Manifest,
    reads: &[String],
    lock: &Source,
    own: Option<&str>,
) -> Option<(&'m Dependency, String)> {
    let names = locked(lock);
    let required = own.map(|own| required(lock, own)).unwrap_or_default();
    let is_read = |file: &RelPath| reads.iter().any(|name| name == file.file_name());
    let listed = manifest.dependencies().filter(|found| found.evidence.file.as_ref().is_some_and(is_read));
    listed.filter(|found| Some(found.requirement.name.as_str()) != own).find_map(|found| {
        let name = &found.requirement.name;
        if !names.contains(name) {
            return Some((found, format!("lacks `{name}`")));
        }
        // groups are listed elsewhere, and what a marker splits has several lines
        let (true, Ok(wanted)) = (!found.development, specifiers(&found.evidence.text)) else { return None };
        let ranges: Vec<&str> =
            required.iter().filter(|(known, _)| known == name).map(|(_, range)| range.as_str()).collect();
        let [range] = ranges.as_slice() else { return None };
        let same = specifiers(&format!("{name}{range}")).is_ok_and(|locked| locked == wanted);
        (!same).then(|| (found, format!("was made for `{name}{range}`")))
    })
}

/// The names of all locked packages: `name = "x"` of the TOML ones, keys of Pipfile.lock.
fn locked(lock: &Source) -> Vec<String> {
    let mut names: Vec<String> = lock
        .lines()
        .filter_map(|(_, line)| {
            let line = line.trim();
            let name = match line.strip_prefix("name = ") {
                Some(name) => name,
                None => line.strip_suffix(": {")?,
            };
            Some(normalized(name.trim_matches('"')))
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What uv noted that the project itself requires: name and range.
fn required(lock: &Source, own: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut is_own, mut inside) = (false, false);
    for (_, line) in lock.lines() {
        let line = line.trim();
        if line == "[[package]]" {
            is_own = false;
        } else if let Some(name) = line.strip_prefix("name = ") {
            is_own = normalized(name.trim_matches('"')) == own;
        } else if is_own && line.starts_with("requires-dist = [") {
            inside = !line.ends_with(']');
        } else if line == "]" {
            inside = false;
        } else if inside && !line.contains("extra ==") {
            let value = |key: &str| line.split(&format!("{key} = \"")).nth(1)?.split('"').next();
            let range = value("specifier").unwrap_or_default();
            // from elsewhere than an index, so that it has no range
            let elsewhere = ["git = ", "url = ", "directory = ", "editable = ", "virtual = ", "path = "];
            let elsewhere = elsewhere.iter().any(|key| line.contains(key));
            found.extend(value("name").filter(|_| !elsewhere).map(|name| (name.to_owned(), range.to_owned())));
        }
    }
    found
}

/// The range of a requirement, its parts in one order.
fn specifiers(requirement: &str) -> Result<Vec<String>, ()> {
    let text = requirement.split(';').next().unwrap_or_default();
    if text.contains('@') {
        return Err(());
    }
    let start = text.find(['=', '<', '>', '~', '!']).unwrap_or(text.len());
    let range = text[start..].trim().trim_end_matches(')');
    let mut parts: Vec<String> =
        VersionSpecifiers::from_str(range).map_err(|_| ())?.iter().map(ToString::to_string).collect();
    parts.sort();
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    const MAIN: (&str, &str) = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");

    fn found(dependencies: &str, lock: &str, text: &str) -> Option<(String, String, String)> {
        let manifest = format!("[project]\nname = \"My_Shop\"\nversion = \"1\"\ndependencies = [\n{dependencies}\n]\n");
        named(&project(&[("pyproject.toml", &manifest), (lock, text), MAIN]), "stale-lockfile")
    }

    const UV: &str = "version = 1\n[[package]]\nname = \"fastapi\"\nversion = \"0.139.0\"\n[[package]]\nname = \"uvicorn\"\n\
                      [[package]]\nname = \"my-shop\"\nsource = { virtual = \".\" }\n[package.metadata]\nrequires-dist = [\n    \
                      { name = \"fastapi\", extras = [\"standard\"], specifier = \">=0.115,<1\" },\n    { name = \"uvicorn\" },\n    \
                      { name = \"pytest\", marker = \"extra == 'dev'\" },\n]\n";

    #[test]
    fn a_requirement_that_is_not_locked_is_named() {
        let (place, message, hint) = found("\"fastapi[standard]>=0.115,<1\",\n\"Redis\"", "uv.lock", UV).unwrap();
        assert_eq!(place, "pyproject.toml:6 uv.lock:1");
        assert_eq!(message, "uv.lock lacks `redis`, so that its install fails");
        assert_eq!(hint, "`uv lock` brings it up to date");
        let poetry = "[[package]]\nname = \"fastapi\"\n[[package]]\nname = \"uvicorn\"\n";
        assert!(found("\"fastapi\", \"uvicorn\", \"sqlalchemy\"", "poetry.lock", poetry).is_some());
        assert_eq!(found("\"fastapi\", \"uvicorn\"", "poetry.lock", poetry), None);
    }

    #[test]
    fn another_range_than_the_one_that_uv_locked_is_named() {
        let message = found("\"fastapi[standard]>=0.139\"", "uv.lock", UV).unwrap().1;
        assert_eq!(message, "uv.lock was made for `fastapi>=0.115,<1`, so that its install fails");
        for same in ["fastapi[standard]>=0.115,<1", "FastAPI[standard] <1, >= 0.115 ; python_version > '3.9'"] {
            assert_eq!(found(&format!("\"{same}\", \"uvicorn\""), "uv.lock", UV), None, "{same}");
        }
        assert!(found("\"fastapi>=0.115,<1\", \"uvicorn>=0.30\"", "uv.lock", UV).is_some());
        assert_eq!(found("\"fastapi @ git+https://host.example/x\", \"uvicorn\"", "uv.lock", UV), None);
    }

    #[test]
    fn a_pipfile_is_held_to_its_lockfile() {
        let files = |packages: &str| {
            let pipfile = format!("[packages]\nfastapi = \"*\"\nuvicorn = \"*\"\n{packages}");
            let lock = "{\n    \"default\": {\n        \"fastapi\": {\n        },\n        \"uvicorn\": {\n        }\n    }\n}\n";
            named(&project(&[("Pipfile", &pipfile), ("Pipfile.lock", lock), MAIN]), "stale-lockfile")
        };
        assert_eq!(files(""), None);
        assert_eq!(files("redis = \"*\"\n").unwrap().0, "Pipfile:4 Pipfile.lock:1");
    }
}
