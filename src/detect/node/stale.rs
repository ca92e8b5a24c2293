//! Whether a lockfile is in step with package.json: names first, then ranges, as far as the text of
//! the lockfile tells without the manager.
//!
//! What each manager stops at: npm where a locked version does not satisfy the range, pnpm and bun
//! where the range is not the one that was locked, yarn where no entry is for name and range.

use std::collections::BTreeSet;

use nodejs_semver::Version;

use super::lockfile;
use super::manifest::Manifest;
use super::range::Range;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::{self, Json, Member};
use crate::project::{Project, Source};

/// The first dependency that the lockfile is out of step with.
pub struct Stale {
    /// Behind the lockfile's name: "lacks `ms` of package.json".
    pub why: String,
    /// Where package.json wants it.
    pub evidence: Evidence,
}

/// A dependency, of those that `is_wanted` in it, that the lockfile does not name.
pub fn missing(
    project: &Project,
    manifest: &Manifest,
    file: &RelPath,
    is_wanted: impl Fn(&Member) -> bool,
) -> Option<Stale> {
    let name = lockfile::missing(project, manifest, file, is_wanted)?;
    let evidence = manifest.any_dependency(&name).or_else(|| manifest.dependency(&name));
    let evidence = evidence.map_or_else(|| Evidence::file(&manifest.file, "dependency"), |it| manifest.evidence(it));
    Some(Stale { why: format!("lacks `{name}` of package.json"), evidence })
}

/// What of package.json a lockfile does not have; `None` where it is in step, or nobody can tell.
pub fn stale(project: &Project, manifest: &Manifest, file: &RelPath) -> Option<Stale> {
    if let Some(missing) = missing(project, manifest, file, |_| true) {
        return Some(missing);
    }
    // what replaces versions replaces ranges too
    if ["overrides", "resolutions", "pnpm"].iter().any(|key| manifest.line(key).is_some()) {
        return None;
    }
    let source = project.read(file)?;
    let folder = file.parent().unwrap_or_else(RelPath::root);
    let workspace = folder.join("pnpm-workspace.yaml").ok().and_then(|file| project.read(&file));
    if workspace.is_some_and(|source| source.text().contains("overrides:")) {
        return None;
    }
    let lock = Lock::read(&source)?;
    let wanted = manifest.dependencies().filter(|member| member.value.text().is_some_and(is_range));
    let mut found = wanted.filter_map(|member| Some((lock.differs(member)?, member)));
    found.next().map(|(why, member)| Stale { why, evidence: manifest.evidence(member) })
}

/// What a lockfile notes of the packages that the project asks for itself.
enum Lock {
    Npm(Json),
    /// Names with the ranges that were locked.
    Ranges(Vec<(String, String)>),
    /// `name@range`
    Yarn(BTreeSet<String>),
}

impl Lock {
    fn read(source: &Source) -> Option<Self> {
        Some(match source.path().file_name() {
            "package-lock.json" | "npm-shrinkwrap.json" => Lock::Npm(json::parse(source).ok()?),
            "pnpm-lock.yaml" => Lock::Ranges(of_pnpm(source)),
            "bun.lock" => Lock::Ranges(of_bun(&json::parse_with_comments(source).ok()?)),
            "yarn.lock" => Lock::Yarn(of_yarn(source)),
            _ => return None,
        })
    }

    fn differs(&self, member: &Member) -> Option<String> {
        match self {
            Lock::Npm(lock) => of_npm(lock, member),
            Lock::Ranges(locked) => other_range(locked, member),
            Lock::Yarn(entries) => {
                let (name, range) = (&member.name, member.value.text()?);
                let known = [format!("{name}@{range}"), format!("{name}@npm:{range}")];
                let has = known.iter().any(|entry| entries.contains(entry));
                (!has).then(|| format!("has no `{name}` for {range} of package.json"))
            }
        }
    }
}

/// A range of versions of the registry: no address, path, alias or tag.
fn is_range(text: &str) -> bool {
    !text.contains([':', '/']) && Range::parse(text).is_some()
}

/// npm reads the version that is locked at the top.
fn of_npm(lock: &Json, member: &Member) -> Option<String> {
    let path = format!("node_modules/{}", member.name);
    let entry = lock.at(&["packages", &path]).or_else(|| lock.at(&["dependencies", &member.name]))?;
    let (version, range) = (entry.get("version")?.text()?, member.value.text()?);
    let satisfied = Range::parse(range)?.satisfies(&Version::parse(version).ok()?);
    (!satisfied).then(|| format!("has `{}` {version}, and package.json wants {range}", member.name))
}

/// The range that a lockfile was made for, where it notes it.
fn other_range(locked: &[(String, String)], member: &Member) -> Option<String> {
    let range = member.value.text()?;
    let mut known = locked.iter().filter(|(name, _)| *name == member.name).map(|(_, range)| range.as_str()).peekable();
    let first = *known.peek()?;
    let same = known.any(|known| known == range);
    (!same).then(|| format!("was made for `{}` {first}, and package.json wants {range}", member.name))
}

/// The lists of the root: bun notes its package.json as it was.
fn of_bun(lock: &Json) -> Vec<(String, String)> {
    let own = lock.at(&["workspaces", ""]).map(Json::members).unwrap_or_default();
    let listed = own.iter().flat_map(|list| list.value.members());
    listed.filter_map(|entry| Some((entry.name.clone(), entry.value.text()?.to_owned()))).collect()
}

/// Names and ranges of the root importer: `specifier:` below each name, or all below `specifiers:`.
fn of_pnpm(lock: &Source) -> Vec<(String, String)> {
    let base = if lock.text().contains("\nimporters:") { 4 } else { 0 };
    let plain = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    let (mut found, mut inside, mut list, mut name) = (Vec::new(), base == 0, String::new(), String::new());
    for (_, line) in lock.lines().filter(|(_, line)| !line.trim().is_empty()) {
        let (indent, text) = (line.len() - line.trim_start().len(), line.trim());
        if indent == 0 && ["packages:", "snapshots:"].contains(&text) {
            break;
        }
        if base > 0 && indent <= 2 {
            inside = indent == 2 && text == ".:";
        } else if inside && indent == base {
            list = plain(text.trim_end_matches(':'));
        } else if inside && indent == base + 2 {
            name = plain(text.trim_end_matches(':'));
            let pair = text.split_once(": ").filter(|_| list == "specifiers");
            found.extend(pair.map(|(name, range)| (plain(name), plain(range))));
        } else if inside && indent == base + 4 {
            found.extend(text.strip_prefix("specifier: ").map(|range| (name.clone(), plain(range))));
        }
    }
    found
}

/// The keys of entries: `name@range, name@other:` at the beginning of a line.
fn of_yarn(lock: &Source) -> BTreeSet<String> {
    let keys = lock.lines().filter(|(_, line)| line.ends_with(':') && !line.starts_with([' ', '#']));
    let keys = keys.flat_map(|(_, line)| line.trim_end_matches(':').split(", "));
    keys.map(|key| key.trim_matches('"').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    /// What is said of a lockfile beside a package.json that wants `ms` in this range.
    fn found(range: &str, lock: &str, text: &str) -> Option<String> {
        let manifest =
            format!("{{\"scripts\": {{\"start\": \"node server.js\"}},\n\"dependencies\": {{\n\"ms\": \"{range}\"}}}}");
        let files = [("package.json", manifest.as_str()), (lock, text), ("server.js", "")];
        let (place, message, _) = named(&project(&files), "stale-lockfile")?;
        assert!(place.starts_with("package.json:3 "), "{place}");
        Some(message)
    }

    #[test]
    fn npm_wants_a_locked_version_that_satisfies_the_range() {
        let lock = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"ms\": \"^2.1.0\"}},\n\"node_modules/ms\": {\"version\": \"2.1.3\"}}}";
        let old = "{\"lockfileVersion\": 1, \"dependencies\": {\"ms\": {\"version\": \"2.1.3\"}}}";
        for lock in [lock, old] {
            assert_eq!(
                found("^3.0.0", "package-lock.json", lock).unwrap(),
                "package-lock.json has `ms` 2.1.3, and package.json wants ^3.0.0, so that its install fails"
            );
            for range in ["^2.1.0", "~2.1", "2.x", "*", "latest", "npm:other@3"] {
                assert_eq!(found(range, "package-lock.json", lock), None, "{range}");
            }
        }
    }

    #[test]
    fn pnpm_and_bun_want_the_range_that_was_locked() {
        let new = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      ms:\n        specifier: ^2.1.0\n        version: 2.1.3\n\n  packages/a:\n    dependencies:\n      ms:\n        specifier: ^1.0.0\n\npackages:\n\n  ms@2.1.3: {}\n";
        let flat = "lockfileVersion: '6.0'\n\ndependencies:\n  ms:\n    specifier: ^2.1.0\n    version: 2.1.3\n\npackages:\n\n  /ms@2.1.3: {}\n";
        let old = "lockfileVersion: 5.4\n\nspecifiers:\n  ms: ^2.1.0\n\ndependencies:\n  ms: 2.1.3\n\npackages:\n\n  /ms/2.1.3: {}\n";
        let bun = "{\n  \"workspaces\": {\n    \"\": {\n      \"dependencies\": {\n        \"ms\": \"^2.1.0\",\n      },\n    },\n  },\n}\n";
        for (name, lock) in
            [("pnpm-lock.yaml", new), ("pnpm-lock.yaml", flat), ("pnpm-lock.yaml", old), ("bun.lock", bun)]
        {
            let message = found("^2.1.3", name, lock).unwrap();
            assert!(
                message.starts_with(&format!("{name} was made for `ms` ^2.1.0, and package.json wants ^2.1.3")),
                "{message}"
            );
            assert_eq!(found("^2.1.0", name, lock), None, "{lock}");
        }
    }

    #[test]
    fn yarn_wants_an_entry_for_name_and_range() {
        let one = "# yarn lockfile v1\n\n\nms@2.1.2, ms@^2.1.0:\n  version \"2.1.3\"\n";
        let four = "__metadata:\n  version: 8\n\n\"ms@npm:2.1.2, ms@npm:^2.1.0\":\n  version: 2.1.3\n";
        for lock in [one, four] {
            assert!(found("^2.1.3", "yarn.lock", lock).unwrap().starts_with("yarn.lock has no `ms` for ^2.1.3"));
            assert_eq!(found("^2.1.0", "yarn.lock", lock), None, "{lock}");
        }
    }
}
