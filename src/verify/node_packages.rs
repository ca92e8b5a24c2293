//! Packages that only development needs, by package.json and the lockfile beside it: none of them
//! belongs into an image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

/// What each package needs, by name alone: versions do not matter for whether it is there.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// Direct dev dependencies that nothing in production needs. Empty where there is no lockfile that
/// says what packages need: nothing is known then.
pub fn only(context: &Path) -> BTreeSet<String> {
    let read = |name: &str| std::fs::read_to_string(context.join(name)).ok();
    let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let manifest: Value = read("package.json").map_or(Value::Null, |text| json(&text));
    let names = |list: &str| -> BTreeSet<String> {
        manifest[list].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let mut development = names("devDependencies");
    if let Some(text) = read("npm-shrinkwrap.json").or_else(|| read("package-lock.json")) {
        let lock: Value = json(&text);
        let is_dev = |name: &String| lock["packages"][format!("node_modules/{name}")]["dev"] == true;
        return development.into_iter().filter(is_dev).collect();
    }
    let needs = if read("pnpm-lock.yaml").is_some() {
        // only what package.json names lies at the top of its node_modules
        Needs::new()
    } else if let Some(text) = read("yarn.lock") {
        if text.contains("# yarn lockfile v1") {
            // yarn 1 also installs what a package of production names as a peer, which its lockfile
            // does not say; types are harmless
            development.retain(|name| !name.starts_with("@types/"));
        }
        needs_of_yarn(&text)
    } else if let Some(text) = read("bun.lock") {
        needs_of_bun(&text)
    } else {
        return BTreeSet::new();
    };
    let mut production: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = names("dependencies").into_iter().chain(names("optionalDependencies")).collect();
    while let Some(name) = open.pop() {
        if production.insert(name.clone()) {
            open.extend(needs.get(&name).into_iter().flatten().cloned());
        }
    }
    development.difference(&production).cloned().collect()
}

/// The name of `@scope/name@npm:^1` or `name@^1`.
fn name_of(specifier: &str) -> Option<&str> {
    let at = specifier.get(1..)?.find('@')? + 1;
    Some(&specifier[..at])
}

/// yarn.lock of any version: a header, then lines of two and of four blanks.
fn needs_of_yarn(text: &str) -> Needs {
    let (mut needs, mut names, mut inside) = (Needs::new(), Vec::<String>::new(), false);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        match depth {
            0 => {
                let specifiers = line.trim_end_matches(':').split(',').map(|word| word.trim().trim_matches('"'));
                names = specifiers.filter_map(name_of).map(str::to_owned).collect();
                inside = false;
            }
            2 => inside = matches!(line.trim(), "dependencies:" | "optionalDependencies:"),
            _ if inside => {
                let line = line.trim_start();
                let name = match line.strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next(),
                    None => line.split([' ', ':']).next(),
                };
                for package in &names {
                    needs.entry(package.clone()).or_default().extend(name.map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    needs
}

/// bun.lock: JSON but for commas at the end of lists.
fn needs_of_bun(text: &str) -> Needs {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '}' | ']') {
            let end = plain.trim_end().len();
            if plain[..end].ends_with(',') {
                plain.truncate(end - 1);
            }
        }
        plain.push(c);
    }
    let lock: Value = serde_json::from_str(&plain).unwrap_or(Value::Null);
    let mut needs = Needs::new();
    for entry in lock["packages"].as_object().into_iter().flat_map(|packages| packages.values()) {
        let Some(name) = entry[0].as_str().and_then(name_of) else { continue };
        let details = entry.as_array().into_iter().flatten().find(|part| part.is_object());
        for list in ["dependencies", "optionalDependencies", "peerDependencies"] {
            let names = details.and_then(|details| details[list].as_object()).into_iter().flatten();
            needs.entry(name.to_owned()).or_default().extend(names.map(|(name, _)| name.clone()));
        }
    }
    needs
}

/// Where a package lies in an app's folder if it is installed, by the paths of an image.
pub fn place<'p>(name: &str, workdir: &str, mut paths: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let module = format!("{workdir}/node_modules/{name}");
    // zipped or unpacked by yarn: `@scope-name-npm-1.0.0-hash`
    let [zipped, unplugged] =
        ["cache", "unplugged"].map(|folder| format!("{workdir}/.yarn/{folder}/{}-npm-", name.replace('/', "-")));
    paths.find(|path| *path == module || path.starts_with(&zipped) || path.starts_with(&unplugged))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        r#"{"dependencies": {"a": "1"}, "devDependencies": {"tool": "1", "@types/x": "1", "ms": "2"}}"#;

    fn only_of(name: &str, lock: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("package.json"), MANIFEST).unwrap();
        std::fs::write(folder.path().join(name), lock).unwrap();
        only(folder.path()).into_iter().collect()
    }

    #[test]
    fn what_production_needs_too_is_no_dev_dependency() {
        for (name, lock) in [
            (
                "package-lock.json",
                r#"{"packages": {"node_modules/ms": {}, "node_modules/tool": {"dev": true}, "node_modules/@types/x": {"dev": true}}}"#,
            ),
            (
                "yarn.lock",
                "# yarn lockfile v1\n\na@1:\n  version \"1\"\n  dependencies:\n    \"@s/b\" \"^1\"\n\n\"@s/b@^1\", \"@s/b@1\":\n  dependencies:\n    ms \"2\"\n\ntool@1:\n  dependencies:\n    ms \"1\"\n",
            ),
            (
                "yarn.lock",
                "__metadata:\n  version: 8\n\n\"a@npm:1\":\n  version: 1\n  dependencies:\n    ms: \"npm:2\"\n  peerDependencies:\n    tool: 1\n",
            ),
            (
                "bun.lock",
                "{\n  \"packages\": {\n    \"a\": [\"a@1\", \"\", { \"dependencies\": { \"ms\": \"2\" }, }, \"x\"],\n  },\n}\n",
            ),
        ] {
            let types = if lock.contains("lockfile v1") { None } else { Some("@types/x") };
            assert_eq!(only_of(name, lock), types.into_iter().chain(["tool"]).collect::<Vec<_>>(), "{lock}");
        }
        assert_eq!(only_of("pnpm-lock.yaml", ""), ["@types/x", "ms", "tool"]);
        assert_eq!(only_of("other.lock", ""), [""; 0]);
    }

    #[test]
    fn packages_lie_in_node_modules_or_zipped() {
        let paths = ["/app/.yarn/cache/@types-x-npm-1-0.zip", "/app/node_modules/tool", "/app/node_modules/tool/a.js"];
        let find = |name: &str| place(name, "/app", paths.into_iter());
        assert_eq!(find("@types/x"), Some(paths[0]));
        assert_eq!(find("tool"), Some(paths[1]));
        assert_eq!(find("too"), None);
    }
}
