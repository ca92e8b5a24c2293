//! What a project requires for development only, by its lockfile: names that must not be in the
//! image that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::node_packages;

/// Packages that only development needs, as they lie in the image.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Development {
    /// Folders of `node_modules`.
    pub node: BTreeSet<String>,
    /// Distributions of Python, normalized: `pytest-asyncio`.
    pub python: BTreeSet<String>,
}

/// Reads the manifests and lockfiles in a folder. What cannot be read says nothing.
pub fn development(folder: &Path) -> Development {
    Development { node: node_packages::only(folder), python: of_python(folder) }
}

impl Development {
    /// The package that a path of the image belongs to, if it is one for development.
    pub fn of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (folder, name) = path.rsplit_once('/')?;
        if folder.ends_with("/site-packages") {
            let name = name.strip_suffix(".dist-info")?.rsplit_once('-')?.0;
            return self.python.contains(&normalized(name)).then_some(name);
        }
        None
    }
}

fn of_python(folder: &Path) -> BTreeSet<String> {
    let toml = |name: &str| -> Option<toml::Table> { std::fs::read_to_string(folder.join(name)).ok()?.parse().ok() };
    if let Some(lock) = toml("uv.lock") {
        return of_uv(&lock);
    }
    // Poetry 2 and PDM say of each package which groups want it
    if let Some(lock) = toml("poetry.lock").or_else(|| toml("pdm.lock")) {
        let packages = lock.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let only = |package: &toml::Value| {
            let groups: Vec<&str> = package.get("groups")?.as_array()?.iter().filter_map(toml::Value::as_str).collect();
            let runs = groups.iter().any(|group| ["main", "default"].contains(group));
            let name = package.get("name")?.as_str()?;
            (!groups.is_empty() && !runs).then(|| normalized(name))
        };
        return packages.iter().filter_map(only).collect();
    }
    let text = std::fs::read_to_string(folder.join("Pipfile.lock")).unwrap_or_default();
    if let Ok(lock) = serde_json::from_str::<Value>(&text) {
        let names = |group: &str| -> BTreeSet<String> {
            lock[group].as_object().into_iter().flatten().map(|(name, _)| normalized(name)).collect()
        };
        return &names("develop") - &names("default");
    }
    let names = |name: &str| -> Option<BTreeSet<String>> {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        let lines =
            text.lines().filter_map(|line| Some(normalized(line.split("==").next()?.split('[').next()?.trim())));
        let is_name = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        Some(lines.filter(is_name).collect())
    };
    // only a list that names everything can tell what production does without
    let complete = std::fs::read_to_string(folder.join("requirements.txt")).is_ok_and(|text| text.contains("# via"));
    match (names("requirements.txt").filter(|_| complete), names("requirements-dev.txt")) {
        (Some(runs), Some(all)) => &all - &runs,
        _ => BTreeSet::new(),
    }
}

/// Everything in uv.lock that the project's own dependencies do not lead to.
fn of_uv(lock: &toml::Table) -> BTreeSet<String> {
    let packages = lock.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let text = |value: &toml::Value, key: &str| value.get(key).and_then(toml::Value::as_str).map(normalized);
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut reached: Vec<String> = Vec::new();
    for package in &packages {
        let Some(name) = text(package, "name") else { continue };
        let source = package.get("source");
        if source.is_some_and(|source| ["virtual", "editable"].iter().any(|kind| source.get(kind).is_some())) {
            reached.push(name.clone());
        }
        let extras = package.get("optional-dependencies").and_then(toml::Value::as_table);
        let lists = package.get("dependencies").into_iter().chain(extras.into_iter().flat_map(|table| table.values()));
        let wanted = lists.filter_map(toml::Value::as_array).flatten().filter_map(|one| text(one, "name"));
        needs.entry(name).or_default().extend(wanted);
    }
    let mut runs: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = reached.pop() {
        if runs.insert(name.clone()) {
            reached.extend(needs.get(&name).into_iter().flatten().cloned());
        }
    }
    needs.into_keys().filter(|name| !runs.contains(name)).collect()
}

/// As the index compares names: lowercase, `-` for runs of `-_.`.
fn normalized(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let found = development(folder.path());
        found.node.into_iter().chain(found.python).collect()
    }

    #[test]
    fn lockfiles_tell_what_only_development_needs() {
        let manifest = r#"{"devDependencies": {"a": "1", "b": "1"}}"#;
        let lock = r#"{"packages": {"node_modules/a": {"dev": true}, "node_modules/b": {}}}"#;
        assert_eq!(of(&[("package.json", manifest), ("package-lock.json", lock)]), ["a"]);
        let uv = "[[package]]\nname = \"shop\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"Fast_API\" }]\n\
            [package.dev-dependencies]\ndev = [{ name = \"pytest\" }]\n[[package]]\nname = \"fast-api\"\n\
            dependencies = [{ name = \"click\" }]\n[[package]]\nname = \"click\"\n[[package]]\nname = \"pytest\"\n";
        assert_eq!(of(&[("uv.lock", uv)]), ["pytest"]);
        let poetry = "[[package]]\nname = \"a\"\ngroups = [\"main\", \"dev\"]\n[[package]]\nname = \"b.c\"\ngroups = [\"dev\"]\n";
        assert_eq!(of(&[("poetry.lock", poetry)]), ["b-c"]);
        assert_eq!(of(&[("Pipfile.lock", r#"{"default": {"a": {}}, "develop": {"a": {}, "b": {}}}"#)]), ["b"]);
        let compiled = "a==1 \\\n    --hash=sha256:0\n    # via b\n";
        assert_eq!(of(&[("requirements.txt", compiled), ("requirements-dev.txt", "a==1\nc[x]==1\n")]), ["c"]);
        assert_eq!(of(&[("requirements.txt", "a\n"), ("requirements-dev.txt", "c\n")]), [""; 0]);
    }

    #[test]
    fn a_distribution_is_known_by_its_folder() {
        let known = Development { python: BTreeSet::from(["pytest-asyncio".to_owned()]), ..Development::default() };
        assert_eq!(
            known.of("/opt/venv/lib/python3.14/site-packages/pytest_asyncio-1.0.dist-info"),
            Some("pytest_asyncio")
        );
        assert_eq!(known.of("/opt/venv/lib/python3.14/site-packages/asyncpg-0.31.dist-info"), None);
    }
}
