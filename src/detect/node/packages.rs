//! Which package manager installs it, in which version, and what its install reads.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::lockfile;
use super::manifest::Manifest;
use crate::facts::{Confidence, Evidence, Found, Packages};
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::Mistake;

/// Lockfiles of managers without a preset.
const OTHERS: &[(&str, &str)] = &[("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun")];
/// Scripts of a project that its own install runs; they need its sources, or tools of development.
const LIFECYCLE: &[&str] =
    &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"];
/// What npm takes where the project names none.
const USUAL: &str = "npm";

struct Asked<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    manifest: &'a Manifest,
}

/// A lockfile with the id of its manager; the path is relative to the component.
type Lock<'a> = (&'a str, RelPath);

/// Decided, `packageManager`, or the only lockfile.
///
/// # Errors
/// A manager without a preset, a lockfile of an unknown version.
pub fn packages(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Found<Packages>, Mistake> {
    let asked = Asked { context, path, manifest };
    let locks = asked.locks();
    let known = || context.presets.packages.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ");
    let settled = decided(context, path, "packages", |text| {
        let (id, version) = text.split_once(['@', ' ']).unwrap_or((text, ""));
        let version = (!version.is_empty()).then_some(version);
        if version.is_some_and(|version| !is_version(version)) {
            return Err("expected a version as in `pnpm@10.1.0`".to_owned());
        }
        let preset = context.presets.packages.get(id).ok_or_else(|| format!("expected {}", known()))?;
        asked.filled(id, preset, version, lock_of(&locks, id)).map_err(|mistake| mistake.to_string())
    })?;
    let found = match asked.found(&locks) {
        Err(_) if settled.is_some() => Found::Absent,
        other => other?,
    };
    let found = or_found(settled, found);
    asked.warn(&found);
    Ok(found)
}

fn lock_of<'l>(locks: &'l [Lock<'_>], id: &str) -> Option<&'l RelPath> {
    locks.iter().find(|(other, _)| *other == id).map(|(_, path)| path)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

impl Asked<'_> {
    fn file(&self, name: &str) -> Option<RelPath> {
        self.path.join(name).ok().filter(|file| self.context.project.has_file(file))
    }

    /// One lockfile per manager that has one.
    fn locks(&self) -> Vec<Lock<'_>> {
        let first = |preset: &PackagesPreset| preset.lockfiles.iter().find(|name| self.file(name).is_some()).cloned();
        let presets = self.context.presets.packages.iter();
        presets.filter_map(|(id, preset)| Some((id.as_str(), RelPath::new(&first(preset)?).ok()?))).collect()
    }

    fn found(&self, locks: &[Lock<'_>]) -> Result<Found<Packages>, Mistake> {
        if let Some(found) = self.declared(locks)? {
            return Ok(found);
        }
        let other = OTHERS.iter().find_map(|(name, id)| Some((self.file(name)?, *id)));
        match (locks, other) {
            ([], Some((file, id))) => Err(unknown(id).at(file, None)),
            ([], None) => {
                let Some(preset) = self.context.presets.packages.get(USUAL) else { return Ok(Found::Absent) };
                Ok(Found::default(self.filled(USUAL, preset, None, None)?, "comes with Node; there is no lockfile"))
            }
            ([(id, lock)], other) => {
                let (value, evidence, complete) = self.candidate(id, lock)?;
                let Some((file, _)) = other else { return Ok(Found::inferred(value, evidence)) };
                if !complete {
                    return Ok(Found::Unclear { candidates: vec![(value, evidence)] });
                }
                self.context.warn(
                    "two-lockfiles",
                    format!("{lock} and {} are both there; taken is {lock}", file.file_name()),
                    vec![evidence.clone(), Evidence::file(&file, "another lockfile")],
                    "remove the one that is not kept up to date",
                );
                Ok(Found::inferred(value, evidence))
            }
            (locks, _) => {
                let mut candidates = Vec::new();
                for (id, lock) in locks {
                    let (value, evidence, _) = self.candidate(id, lock)?;
                    candidates.push((value, evidence));
                }
                Ok(Found::Unclear { candidates })
            }
        }
    }

    /// What `packageManager` says.
    fn declared(&self, locks: &[Lock<'_>]) -> Result<Option<Found<Packages>>, Mistake> {
        let (Some(text), Some(line)) = (self.manifest.text("packageManager"), self.manifest.line("packageManager"))
        else {
            return Ok(None);
        };
        let (id, version) = text.split_once('@').unwrap_or((text, ""));
        let version = version.split('+').next().filter(|version| is_version(version));
        let Some(preset) = self.context.presets.packages.get(id) else {
            return Err(unknown(id).at(self.manifest.file.clone(), Some(line)));
        };
        let shown = text.split('+').next().unwrap_or(text);
        let evidence = Evidence::at(&self.manifest.file, line, shown, "packageManager");
        let value = self.filled(id, preset, version, lock_of(locks, id))?;
        if lock_of(locks, id).is_none() && !locks.is_empty() {
            let mut candidates = vec![(
                value,
                Evidence { because: format!("packageManager, but no {}", preset.lockfiles[0]), ..evidence },
            )];
            for (id, lock) in locks {
                let (value, evidence, _) = self.candidate(id, lock)?;
                candidates.push((value, evidence));
            }
            return Ok(Some(Found::Unclear { candidates }));
        }
        let mut rejected = Vec::new();
        for (other, lock) in locks.iter().filter(|(other, _)| *other != id) {
            let (value, mut evidence, _) = self.candidate(other, lock)?;
            "packageManager says otherwise".clone_into(&mut evidence.because);
            rejected.push((value, evidence));
        }
        Ok(Some(Found::Known { value, confidence: Confidence::Declared, evidence: vec![evidence], rejected }))
    }

    /// What a lockfile means, and whether it has all dependencies.
    fn candidate(&self, id: &str, lock: &RelPath) -> Result<(Packages, Evidence, bool), Mistake> {
        let value = self.filled(id, &self.context.presets.packages[id], None, Some(lock))?;
        let file = self.path.join(lock.as_str()).map_err(|error| Mistake::new(error.to_string()))?;
        let missing = lockfile::missing(self.context.project, self.manifest, &file);
        let because = missing.as_ref().map_or("lockfile".to_owned(), |name| format!("lacks `{name}` of package.json"));
        Ok((value, Evidence::file(&file, because), missing.is_none()))
    }

    /// A preset with everything of this project filled in.
    fn filled(
        &self,
        id: &str,
        preset: &PackagesPreset,
        version: Option<&str>,
        lock: Option<&RelPath>,
    ) -> Result<Packages, Mistake> {
        let project = self.context.project;
        let version = match (&preset.setup, version) {
            (None, _) => None,
            (Some(_), Some(version)) => Some(version.to_owned()),
            (Some(_), None) => {
                lockfile::version(project, preset, lock.and_then(|lock| self.path.join(lock.as_str()).ok()))?
            }
        };
        let mut setup = preset.setup.clone();
        if let (Some(setup), Some(version)) = (&mut setup, &version) {
            *setup = setup.replace("{version}", version);
        }
        let mut manifests: Vec<RelPath> = vec![];
        let also = preset.also_reads.iter().map(String::as_str).filter(|name| self.file(name).is_some());
        let names = std::iter::once("package.json").chain(lock.map(RelPath::as_str)).chain(also);
        manifests.extend(names.filter_map(|name| RelPath::new(name).ok()));
        manifests.extend(RelPath::new(".npmrc").ok().filter(|_| {
            self.file(".npmrc")
                .and_then(|file| project.read(&file))
                .is_some_and(|source| lockfile::is_plain_npmrc(&source))
        }));
        manifests.extend(lockfile::patches(project, self.path));
        let (production, all) = match lock {
            Some(_) => (&preset.install_production, &preset.install),
            None => (&preset.install_unlocked_production, &preset.install_unlocked),
        };
        let command = |install: &str| {
            if LIFECYCLE.iter().any(|name| self.manifest.script(name).is_some()) {
                format!("{install} {} && {}", preset.without_scripts, preset.rebuild)
            } else {
                install.to_owned()
            }
        };
        Ok(Packages {
            id: id.to_owned(),
            version,
            lockfile: lock.cloned(),
            setup,
            manifests,
            cache: preset.cache.clone(),
            install_production: command(production),
            install: command(all),
        })
    }

    /// What a person should know of the choice.
    fn warn(&self, found: &Found<Packages>) {
        let Some(packages) = found.value() else { return };
        if packages.lockfile.is_none() {
            let lockfile = self
                .context
                .presets
                .packages
                .get(&packages.id)
                .map_or("", |preset| preset.lockfiles.last().map_or("", String::as_str));
            self.context.warn(
                "no-lockfile",
                format!("there is no {lockfile}: two builds can install different packages"),
                vec![Evidence::file(&self.manifest.file, "no lockfile beside it")],
                format!("`{} install` writes one; commit it", packages.id),
            );
        }
        let file = packages.lockfile.as_ref().and_then(|lock| self.path.join(lock.as_str()).ok());
        if let Some(file) = file
            && let Some(missing) = lockfile::missing(self.context.project, self.manifest, &file)
        {
            self.context.warn(
                "stale-lockfile",
                format!("{} lacks `{missing}` of package.json, so that its install fails", file.file_name()),
                vec![Evidence::file(&file, "lockfile")],
                format!("`{} install` brings it up to date", packages.id),
            );
        }
        for name in ["preinstall", "install", "postinstall"] {
            let Some(script) = self.manifest.script(name) else { continue };
            if ["husky", "only-allow", "lefthook", "simple-git-hooks"].iter().any(|tool| script.text.contains(tool)) {
                continue;
            }
            self.context.warn(
                "script-not-run",
                format!("`scripts.{name}` is not run in the image: the sources are not there yet"),
                vec![self.manifest.script_evidence(script)],
                "what the app needs of it belongs into `scripts.build`",
            );
        }
    }
}

fn unknown(id: &str) -> Mistake {
    Mistake::new(format!("{} is not known yet", if id.is_empty() { "an unnamed package manager" } else { id }))
        .detail("known are npm and pnpm")
        .hint("`--set packages=npm` installs with npm instead")
}

#[cfg(test)]
mod tests {
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
    fn yarn_and_bun_are_mistakes_with_a_way_out() {
        for (more, files) in [
            ("", vec![("yarn.lock", "")]),
            ("", vec![("bun.lockb", "")]),
            ("\"packageManager\": \"yarn@4.1.0\",", vec![("package-lock.json", "{}")]),
        ] {
            let mistake = packages(more, &files).unwrap_err();
            assert!(mistake.what.ends_with("is not known yet") && mistake.hint.is_some(), "{mistake}");
            settled(more, &files, Some("npm")).unwrap();
        }
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
            ("//npm.example.com/:_authToken=${T}\n", false),
            ("registry=https://u:p@npm.example.com/\n", false),
            ("_auth = abc\n", false),
        ] {
            let (found, _) = packages("", &[("package-lock.json", "{}"), (".npmrc", text)]).unwrap();
            let has = found.value().unwrap().manifests.iter().any(|path| path.as_str() == ".npmrc");
            assert_eq!(has, copied, "{text}");
        }
    }
}
