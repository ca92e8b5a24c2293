//! A package manager's preset with everything of one project filled in: what its install reads and
//! is told.

use super::lockfile;
use super::manifest::Manifest;
use super::registry;
use super::workspace::{self, Member, Workspace};
use crate::facts::Packages;
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::{Mistake, Project};

/// Scripts of a project that its own install runs; they need its sources, or tools of development.
const LIFECYCLE: &[&str] =
    &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"];

/// What brings them out of package.json for as long as the install runs.
const WITHOUT_HOOKS: &str = "npm pkg delete scripts.preinstall scripts.install scripts.postinstall scripts.prepare";

/// The project that is installed.
pub struct Install<'a> {
    pub project: &'a Project,
    /// Where the lockfile lies.
    pub path: &'a RelPath,
    /// The one beside it.
    pub manifest: &'a Manifest,
    /// The member that is installed, where it is a workspace.
    pub member: Option<(&'a Workspace, &'a Member)>,
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
        let (production, all) = self.commands(preset, lock.is_some())?;
        let is_run = |name: &str| match &preset.without_hooks {
            Some(first) => first.split(' ').any(|word| word.strip_prefix("scripts.") == Some(name)),
            None => true,
        };
        let has_hooks =
            self.member.is_none() && LIFECYCLE.iter().any(|name| is_run(name) && self.manifest.script(name).is_some());
        let command = |install: String| match &preset.without_hooks {
            None if has_hooks => format!("{install} {} && {}", preset.without_scripts, preset.rebuild),
            _ => install,
        };
        let (edited, prepare) = match &preset.without_hooks {
            Some(first) if has_hooks => (RelPath::new("package.json").into_iter().collect(), Some(first.clone())),
            _ => (self.hooked(), prepare(&self.hooked())),
        };
        Ok(Packages {
            id: id.to_owned(),
            name: preset.name.clone(),
            version,
            lockfile: lock.cloned(),
            setup,
            manifests: self.manifests(preset, lock),
            prepare,
            edited,
            cache: preset.cache.clone(),
            install_production: command(production),
            install: command(all),
        })
    }

    /// The installs of production and of everything.
    fn commands(&self, preset: &PackagesPreset, locked: bool) -> Result<(String, String), Mistake> {
        let (mut production, mut all) = match locked {
            true => (&preset.install_production, &preset.install),
            false => (&preset.install_unlocked_production, &preset.install_unlocked),
        };
        let Some((workspace, member)) = self.member else { return Ok((production.clone(), all.clone())) };
        if member.path == workspace.root {
            return Ok((production.clone(), all.clone()));
        }
        let own = workspace::preset(preset, workspace)?;
        let (own_production, own_all) = match locked {
            true => (&own.install_production, &own.install),
            false => (&own.install_unlocked_production, &own.install_unlocked),
        };
        production = own_production;
        all = own_all.as_ref().unwrap_or(all);
        let filled = |text: &str| workspace::filled(text, workspace, member);
        Ok((filled(production)?, filled(all)?))
    }

    /// The packages of a workspace that an install reads: the root, the member, what it needs.
    fn packages(&self, preset: Option<&PackagesPreset>) -> Vec<(RelPath, &Manifest)> {
        let Some((workspace, member)) = self.member else { return Vec::new() };
        let reads_all = preset.and_then(|preset| preset.workspace.as_ref()).is_some_and(|preset| preset.reads_all);
        let needs = workspace.needs(member);
        let is_read = |other: &&Member| {
            reads_all || other.path == member.path || needs.iter().any(|need| need.member.path == other.path)
        };
        let members = workspace.members.iter().filter(is_read);
        let members = members.map(|member| (workspace.inner(&member.path), &member.manifest));
        std::iter::once((RelPath::root(), workspace.manifest())).chain(members).collect()
    }

    /// The manifests of a workspace with scripts that its install would run.
    fn hooked(&self) -> Vec<RelPath> {
        let packages = self.packages(None).into_iter();
        let hooked = packages.filter(|(_, manifest)| LIFECYCLE.iter().any(|name| manifest.script(name).is_some()));
        hooked.filter_map(|(path, _)| path.join("package.json").ok()).collect()
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
        let members = self.packages(Some(preset)).into_iter().skip(1);
        manifests.extend(members.filter_map(|(path, _)| path.join("package.json").ok()));
        manifests
    }
}

/// Takes scripts that need the sources out of manifests.
fn prepare(edited: &[RelPath]) -> Option<String> {
    let folders: Vec<String> = edited.iter().filter_map(RelPath::parent).map(|folder| folder.to_string()).collect();
    match folders.as_slice() {
        [] => None,
        [only] if only == "." => Some(WITHOUT_HOOKS.to_owned()),
        _ => Some(format!("for p in {}; do (cd $p && {WITHOUT_HOOKS}); done", folders.join(" "))),
    }
}
