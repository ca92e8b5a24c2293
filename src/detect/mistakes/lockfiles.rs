//! Lockfiles that contradict each other, and those that belong to nothing.

use super::{Asked, packages};
use crate::facts::{Component, Evidence, Found, Stack};
use crate::paths::RelPath;

/// Of one that has but one manager.
const OF_GO: (&str, &str) = ("go.sum", "go.mod");
/// A workspace's root needs no manifest of its own.
const WORKSPACES: &[&str] = &["pnpm-workspace.yaml", "go.work"];

impl Asked<'_> {
    /// The lockfiles of all package managers, each with the manager's name and what it locks.
    fn known(&self) -> Vec<(&str, &str, &str)> {
        let presets = self.context.presets;
        let node = presets.packages.values().filter(|preset| preset.stack == "node");
        let node = node.flat_map(|preset| {
            preset.lockfiles.iter().map(|lock| (lock.as_str(), preset.name.as_str(), "package.json"))
        });
        let python = presets.python.values().filter_map(|preset| {
            let manifest = preset.reads.first()?;
            Some((preset.lockfile.as_str(), preset.name.as_str(), manifest.as_str()))
        });
        let mut known: Vec<_> = node.chain(python).chain([(OF_GO.0, "Go", OF_GO.1)]).collect();
        known.sort_unstable();
        known.dedup();
        known
    }
}

/// A lockfile without what it locks: an install finds nothing to do, or fails.
pub fn without_manifest(asked: &Asked<'_>) {
    for folder in asked.folders() {
        if WORKSPACES.iter().any(|name| asked.file(&folder, name).is_some()) {
            continue;
        }
        for (lock, _, manifest) in asked.known() {
            let Some(file) = asked.file(&folder, lock).filter(|_| asked.file(&folder, manifest).is_none()) else {
                continue;
            };
            asked.context.warn(
                "lockfile-without-manifest",
                format!("{file} has no {manifest} beside it, so that nothing uses it"),
                vec![Evidence::at(&file, 1, "", "lockfile")],
                format!("put {manifest} beside it, or `git rm {file}`"),
            );
        }
    }
}

/// Several managers' lockfiles beside each other: all but one grow stale.
pub fn more_than_one(asked: &Asked<'_>) {
    for component in asked.components {
        let Some(used) = packages(component) else { continue };
        let manifest = if matches!(component.stack, Stack::FastApi(..)) { "pyproject.toml" } else { "package.json" };
        let mut locks: Vec<(&str, RelPath)> = Vec::new();
        for (lock, name, locked) in asked.known() {
            let file = asked.file(&component.path, lock).filter(|_| locked == manifest);
            let new = file.filter(|_| locks.iter().all(|(known, _)| *known != name));
            locks.extend(new.map(|file| (name, file)));
        }
        if locks.len() > 1 {
            name_them(asked, component, used, &locks);
        }
    }
}

fn name_them(
    asked: &Asked<'_>,
    component: &Component,
    used: &Found<crate::facts::Packages>,
    locks: &[(&str, RelPath)],
) {
    let names: Vec<String> = locks.iter().map(|(_, file)| file.to_string()).collect();
    let names = names.join(" and ");
    let (message, hint) = match used {
        Found::Known { value, evidence, .. } => {
            let others = locks.iter().filter(|(name, _)| *name != value.name);
            let others: Vec<String> = others.map(|(_, file)| file.to_string()).collect();
            let place = evidence.first().map(Evidence::place).unwrap_or_default();
            (format!("{names}: {} is used ({place})", value.name), format!("`git rm {}`", others.join(" ")))
        }
        _ if matches!(component.stack, Stack::FastApi(..)) => {
            (format!("{names}: nothing says which is used"), "delete all but one".to_owned())
        }
        _ => (
            format!("{names}: nothing says which is used"),
            "delete all but one, or set `packageManager` in package.json".to_owned(),
        ),
    };
    let evidence = locks.iter().map(|(name, file)| Evidence::at(file, 1, "", format!("lockfile of {name}")));
    asked.context.warn("two-lockfiles", message, evidence.collect(), hint);
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    const NODE: (&str, &str) = ("package.json", "{\"scripts\": {\"start\": \"node server.js\"}}");
    const PNPM: (&str, &str) = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");

    #[test]
    fn a_lockfile_without_its_manifest_is_named() {
        for (lock, manifest) in [
            ("package-lock.json", "package.json"),
            ("web/yarn.lock", "package.json"),
            ("poetry.lock", "pyproject.toml"),
            ("Pipfile.lock", "Pipfile"),
            ("api/go.sum", "go.mod"),
        ] {
            let (place, message, hint) = named(&project(&[(lock, "")]), "lockfile-without-manifest").unwrap();
            assert_eq!(place, format!("{lock}:1"));
            assert!(message.contains(manifest) && hint.ends_with(&format!("`git rm {lock}`")), "{message} {hint}");
        }
        for files in [
            vec![("package-lock.json", "{}"), NODE, ("server.js", "")],
            vec![PNPM, ("pnpm-workspace.yaml", "packages: [a]\n")],
            vec![("testdata/package-lock.json", "{}")],
        ] {
            assert_eq!(named(&project(&files), "lockfile-without-manifest"), None, "{files:?}");
        }
    }

    #[test]
    fn two_lockfiles_are_named_with_the_one_to_delete() {
        let files = [NODE, PNPM, ("package-lock.json", "{}"), ("server.js", "")];
        let (place, _, hint) = named(&project(&files), "two-lockfiles").unwrap();
        assert_eq!(place, "package-lock.json:1 pnpm-lock.yaml:1");
        assert_eq!(hint, "delete all but one, or set `packageManager` in package.json");
        let settled = project(&files).set("packages", "pnpm");
        assert_eq!(named(&settled, "two-lockfiles").unwrap().2, "`git rm package-lock.json`");
        let one = [NODE, ("npm-shrinkwrap.json", "{}"), ("package-lock.json", "{}"), ("server.js", "")];
        assert_eq!(named(&project(&one), "two-lockfiles"), None, "both are npm's");
    }
}
