//! A package manager in a version that does not read the lockfile beside it.

use super::super::node::lockfile;
use super::{Asked, packages};
use crate::facts::{Component, Confidence, Evidence, Found, Packages};

/// `packageManager` (or a decision) says one version, the lockfile is another's.
pub fn unread(asked: &Asked<'_>) {
    for component in asked.components {
        match packages(component) {
            Some(Found::Known { value, confidence, evidence, .. }) if *confidence <= Confidence::Declared => {
                other_major(asked, component, value, evidence);
            }
            Some(Found::Unclear { candidates }) => other_kind(asked, candidates),
            _ => {}
        }
    }
}

/// A lockfile of a version that the manager's major version cannot install from.
fn other_major(asked: &Asked<'_>, component: &Component, used: &Packages, declared: &[Evidence]) {
    let preset = asked.context.presets.packages.get(&used.id);
    let major = used.version.as_ref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let file = used.lockfile.as_ref().and_then(|lock| component.path.join(lock.as_str()).ok());
    let (Some(preset), Some(major), Some(file)) = (preset, major, file) else { return };
    let Some(source) = asked.context.project.read(&file) else { return };
    let Some((line, number)) = lockfile::number(preset, &source) else { return };
    let Some([first, last]) = preset.lockfile_readers.get(number) else { return };
    if (*first..=*last).contains(&major) {
        return;
    }
    let right = preset.lockfile_versions.get(number).map_or("another version", String::as_str);
    let mut evidence = declared.to_vec();
    evidence.push(Evidence::at(&file, line, source.line(line).trim(), "the lockfile's own version"));
    asked.context.warn(
        "lockfile-not-read",
        format!("{} {major} does not install from {file}, which {} {right} wrote", used.name, used.name),
        evidence,
        format!(
            "set `\"packageManager\": \"{}@{right}\"`, or `{} install` with {major} writes it anew",
            used.name, used.name
        ),
    );
}

/// `packageManager` names one manager, and the lockfile is one of its namesake's: yarn 1 and 4.
fn other_kind(asked: &Asked<'_>, candidates: &[(Packages, Evidence)]) {
    let [(declared, why), rest @ ..] = candidates else { return };
    let is_lock = |evidence: &Evidence| {
        evidence.file.as_ref().is_some_and(|file| declared.lockfile.is_none() && file.file_name() != "package.json")
    };
    let Some((locked, lock)) = rest.iter().find(|(other, evidence)| other.name == declared.name && is_lock(evidence))
    else {
        return;
    };
    let version = |packages: &Packages| packages.version.clone().unwrap_or_default();
    let (right, file) = (version(locked), lock.place());
    asked.context.warn(
        "lockfile-not-read",
        format!("{declared} does not read {file}, which {} {right} reads", declared.name),
        vec![why.clone(), lock.clone()],
        format!(
            "set `\"packageManager\": \"{}@{right}\"`, or `{} install` writes it anew",
            declared.name, declared.name
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    fn found(manager: &str, lock: &str, text: &str) -> Option<(String, String, String)> {
        let manifest =
            format!("{{\n\"packageManager\": \"{manager}\",\n\"scripts\": {{\"start\": \"node server.js\"}}}}");
        named(&project(&[("package.json", &manifest), (lock, text), ("server.js", "")]), "lockfile-not-read")
    }

    #[test]
    fn a_version_that_cannot_read_the_lockfile_is_named() {
        let (place, message, hint) = found("pnpm@8.15.9", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n").unwrap();
        assert_eq!(place, "package.json:2 pnpm-lock.yaml:1");
        assert_eq!(message, "pnpm 8 does not install from pnpm-lock.yaml, which pnpm 10 wrote");
        assert!(hint.starts_with("set `\"packageManager\": \"pnpm@10\"`"), "{hint}");
        assert!(found("pnpm@10.1.0", "pnpm-lock.yaml", "lockfileVersion: '6.0'\n").is_some());
        for (manager, number) in [("pnpm@9.15.0", "'9.0'"), ("pnpm@12.0.1", "'9.0'"), ("pnpm@8.1.0", "'6.0'")] {
            assert_eq!(found(manager, "pnpm-lock.yaml", &format!("lockfileVersion: {number}\n")), None, "{manager}");
        }
    }

    #[test]
    fn yarn_1_and_the_lockfile_of_yarn_4_are_named() {
        let (place, message, _) = found("yarn@1.22.22", "yarn.lock", "__metadata:\n  version: 8\n").unwrap();
        assert_eq!(place, "package.json:2 yarn.lock");
        assert!(message.starts_with("yarn 1.22.22 does not read yarn.lock"), "{message}");
    }
}
