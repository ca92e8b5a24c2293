//! Tests of the choice of the package manager.

use super::super::super::testing::project;
use crate::facts::{Confidence, Found, Packages, Stack, Warning};
use crate::project::Mistake;

const PNPM: &str = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      ms:\n";

fn packages(more: &str, files: &[(&str, &str)]) -> Result<(Found<Packages>, Vec<Warning>), Mistake> {
    settled(more, files, None)
}

fn settled(
    more: &str,
    files: &[(&str, &str)],
    value: Option<&str>,
) -> Result<(Found<Packages>, Vec<Warning>), Mistake> {
    let manifest = format!("{{{more}\n\"dependencies\": {{\"ms\": \"8\"}}}}");
    let mut all = vec![("package.json", manifest.as_str()), ("server.js", "")];
    all.extend(files);
    let mut case = project(&all);
    if let Some(value) = value {
        case = case.set("packages", value);
    }
    let detection = case.detect()?;
    match &detection.components[0].stack {
        Stack::Node(node) => Ok((node.packages.clone(), detection.warnings)),
        _ => unreachable!(),
    }
}

fn shown(found: &Found<Packages>) -> String {
    let value = found.value().unwrap();
    format!("{value} {}", found.evidence().unwrap().place())
}

#[test]
fn the_only_lockfile_says_which_manager_and_version() {
    let (found, warnings) = packages("", &[("package-lock.json", "{\"ms\": 1}")]).unwrap();
    assert_eq!(shown(&found), "npm package-lock.json");
    assert!(warnings.is_empty(), "{warnings:?}");
    let value = found.value().unwrap();
    assert_eq!(value.install_production, "npm ci --omit=dev --no-audit --no-fund");
    assert_eq!(
        value.manifests.iter().map(|path| path.as_str()).collect::<Vec<_>>(),
        ["package.json", "package-lock.json"]
    );
    for (lock, version) in [(PNPM, "10"), ("lockfileVersion: 5.4\n", "7"), ("lockfileVersion: '6.0'\n", "8")] {
        let (found, _) = packages("", &[("pnpm-lock.yaml", lock), ("pnpm-workspace.yaml", "")]).unwrap();
        assert_eq!(shown(&found), format!("pnpm {version} pnpm-lock.yaml"));
        assert!(found.value().unwrap().setup.as_ref().unwrap().ends_with(&format!("pnpm@{version}")));
        assert_eq!(found.value().unwrap().manifests.len(), 3);
    }
    assert!(packages("", &[("pnpm-lock.yaml", "lockfileVersion: '99.0'\n")]).is_err());
}

#[test]
fn the_package_manager_field_wins_without_its_hash() {
    let field = "\"packageManager\": \"pnpm@10.34.8+sha512.abc\",";
    let (found, _) = packages(field, &[("pnpm-lock.yaml", PNPM), ("package-lock.json", "{}")]).unwrap();
    assert_eq!(shown(&found), "pnpm 10.34.8 package.json:1");
    assert!(matches!(found, Found::Known { rejected, .. } if rejected.len() == 1));
    let (found, _) = packages(field, &[("package-lock.json", "{}")]).unwrap();
    assert!(matches!(found, Found::Unclear { candidates } if candidates.len() == 2));
}

#[test]
fn two_lockfiles_are_a_question_that_says_which_is_stale() {
    let (found, _) = packages("", &[("pnpm-lock.yaml", PNPM), ("package-lock.json", "{}")]).unwrap();
    let Found::Unclear { candidates } = found else { panic!("{found:?}") };
    let because: Vec<&str> = candidates.iter().map(|(_, why)| why.because.as_str()).collect();
    assert_eq!(because, ["lacks `ms` of package.json", "lockfile"]);
    let answered = settled("", &[("pnpm-lock.yaml", PNPM), ("package-lock.json", "{}")], Some("pnpm")).unwrap().0;
    assert!(matches!(answered, Found::Known { confidence: Confidence::Decided, .. }));
}

#[test]
fn a_manager_without_a_preset_is_a_mistake_with_a_way_out() {
    let more = "\"packageManager\": \"vlt@1.0.0\",";
    let files = [("package-lock.json", "{}")];
    let mistake = packages(more, &files).unwrap_err();
    assert!(mistake.what.ends_with("is not known yet") && mistake.hint.is_some(), "{mistake}");
    settled(more, &files, Some("npm")).unwrap();
}

#[test]
fn yarn_1_and_bun_are_told_by_their_lockfiles() {
    for (name, lock, expected) in [
        ("yarn.lock", "# yarn lockfile v1\n\nms@8:\n  version \"8.0.0\"\n", "yarn 1.22.22 yarn.lock"),
        ("bun.lock", "{\"workspaces\": {\"\": {\"dependencies\": {\"ms\": \"8\"}}}}", "bun 1 bun.lock"),
        ("bun.lockb", "#!/usr/bin/env bun\nms", "bun 1 bun.lockb"),
    ] {
        let (found, warnings) = packages("", &[(name, lock)]).unwrap();
        assert_eq!(shown(&found), expected);
        assert!(name == "bun.lockb" || warnings.is_empty(), "{warnings:?}");
        assert!(found.value().unwrap().install.ends_with("install --frozen-lockfile") || name == "yarn.lock");
    }
    let files = [("yarn.lock", "# yarn lockfile v1\n"), ("bun.lock", "{}")];
    assert!(matches!(packages("", &files).unwrap().0, Found::Unclear { .. }));
}

#[test]
fn without_a_lockfile_npm_installs_with_a_warning() {
    let (found, warnings) = packages("", &[]).unwrap();
    assert!(found.value().unwrap().install.contains("--no-package-lock"));
    assert_eq!(warnings[0].id, "no-lockfile");
}

#[test]
fn scripts_of_the_projects_own_install_are_left_out() {
    let more = "\"scripts\": {\"prepare\": \"husky\"},";
    let (found, warnings) = packages(more, &[("package-lock.json", "{\"ms\": 1}")]).unwrap();
    let install = &found.value().unwrap().install_production;
    assert!(install.ends_with(" --ignore-scripts && npm rebuild"), "{install}");
    assert!(warnings.is_empty());
    // pnpm's rebuild would run them: theodorusclarence/ts-nextjs-tailwind-starter, `husky install` with pnpm 8
    let found = packages(more, &[("pnpm-lock.yaml", PNPM)]).unwrap().0;
    let pnpm = found.value().unwrap();
    assert!(pnpm.prepare.as_ref().unwrap().ends_with(" scripts.prepare"), "{pnpm:?}");
    assert_eq!((pnpm.edited[0].as_str(), pnpm.install.contains("rebuild")), ("package.json", false));
    let more = "\"scripts\": {\"postinstall\": \"patch-package\"},";
    assert_eq!(packages(more, &[("package-lock.json", "{\"ms\": 1}")]).unwrap().1[0].id, "script-not-run");
}

#[test]
fn a_lockfile_that_lacks_a_dependency_is_named() {
    let (_, warnings) = packages("", &[("package-lock.json", "{}")]).unwrap();
    assert_eq!(warnings[0].id, "stale-lockfile");
}

#[test]
fn patches_are_there_for_the_install() {
    let more = "\"pnpm\": {\"patchedDependencies\": {\"ms\": \"patches/pg.patch\"}},";
    let (found, _) = packages(more, &[("pnpm-lock.yaml", PNPM), ("patches/pg.patch", "")]).unwrap();
    assert_eq!(found.value().unwrap().manifests[2].as_str(), "patches/pg.patch");
}

#[test]
fn only_an_npmrc_without_credentials_is_copied() {
    for (text, copied) in [
        ("engine-strict=true\n", true),
        ("@a:registry=https://npm.example.com/\n", true),
        ("# the token is CI's\n//npm.example.com/:_authToken=${T}\n", true),
        ("registry=https://${U}:${P}@npm.example.com/\n", true),
        ("//npm.example.com/:_authToken=npm_x${T}\n", false),
        ("registry=https://u:p@npm.example.com/\n", false),
        ("_auth = abc\n", false),
    ] {
        let (found, _) = packages("", &[("package-lock.json", "{}"), (".npmrc", text)]).unwrap();
        let has = found.value().unwrap().manifests.iter().any(|path| path.as_str() == ".npmrc");
        assert_eq!(has, copied, "{text}");
    }
}
