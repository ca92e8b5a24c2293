//! A package manager's preset with everything of one project filled in: what its install reads and
//! is told.

use super::lockfile;
use super::manifest::Manifest;
use super::registry;
use crate::facts::Packages;
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::{Mistake, Project};

/// Scripts of a project that its own install runs; they need its sources, or tools of development.
const LIFECYCLE: &[&str] =
    &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"];

/// The project that is installed.
pub struct Install<'a> {
    pub project: &'a Project,
    pub path: &'a RelPath,
    pub manifest: &'a Manifest,
}

impl Install<'_> {
    fn file(&self, name: &str) -> Option<RelPath> {
        self.path.join(name).ok().filter(|file| self.project.has_file(file))
    }

    fn has(&self, name: &str) -> bool {
        self.file(name).is_some() || self.path.join(name).is_ok_and(|folder| self.project.has_folder(&folder))
    }

    /// # Errors
    /// The lockfile is of an unknown version.
    pub fn filled(
        &self,
        id: &str,
        preset: &PackagesPreset,
        version: Option<&str>,
        lock: Option<&RelPath>,
    ) -> Result<Packages, Mistake> {
        let version = match (&preset.setup, version) {
            (None, _) => None,
            (Some(_), Some(version)) => Some(version.to_owned()),
            (Some(_), None) => {
                let file = lock.and_then(|lock| self.path.join(lock.as_str()).ok());
                lockfile::version(self.project, preset, file)?
            }
        };
        let mut setup = preset.setup.clone();
        if let (Some(setup), Some(version)) = (&mut setup, &version) {
            *setup = setup.replace("{version}", version);
        }
        let (production, all) = match lock {
            Some(_) => (&preset.install_production, &preset.install),
            None => (&preset.install_unlocked_production, &preset.install_unlocked),
        };
        let runs = |name: &&str| match &preset.without_hooks {
            Some(first) => first.split(' ').any(|word| word.strip_prefix("scripts.") == Some(*name)),
            None => true,
        };
        let has_hooks = LIFECYCLE.iter().filter(|name| runs(name)).any(|name| self.manifest.script(name).is_some());
        let command = |install: &str| match &preset.without_hooks {
            Some(first) if has_hooks => format!("{first} && {install}"),
            None if has_hooks => format!("{install} {} && {}", preset.without_scripts, preset.rebuild),
            _ => install.to_owned(),
        };
        Ok(Packages {
            id: id.to_owned(),
            name: preset.name.clone(),
            version,
            lockfile: lock.cloned(),
            setup,
            manifests: self.manifests(preset, lock),
            cache: preset.cache.clone(),
            install_production: command(production),
            install: command(all),
        })
    }

    fn manifests(&self, preset: &PackagesPreset, lock: Option<&RelPath>) -> Vec<RelPath> {
        let also = preset.also_reads.iter().map(String::as_str).filter(|name| self.has(name));
        let names = std::iter::once("package.json").chain(lock.map(RelPath::as_str)).chain(also);
        let mut manifests: Vec<RelPath> = names.filter_map(|name| RelPath::new(name).ok()).collect();
        manifests.extend(RelPath::new(".npmrc").ok().filter(|_| {
            self.file(".npmrc")
                .and_then(|file| self.project.read(&file))
                .is_some_and(|source| registry::is_plain(&source))
        }));
        manifests.extend(lockfile::patches(self.project, self.path));
        manifests
    }
}
