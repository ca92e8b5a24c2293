//! Which package manager installs it, in which version, and what its install reads.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::manifest::{By, Group, Manifest};
use super::origins;
use super::workspace::Workspace;
use crate::facts::{Confidence, Evidence, Found, Packages};
use crate::paths::RelPath;
use crate::presets::PythonPackagesPreset;
use crate::project::Mistake;

/// The list of requirements without the project itself.
const WITHOUT_ITSELF: &str = "/tmp/requirements.txt";

struct Asked<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    manifest: &'a Manifest,
    workspace: Option<&'a Workspace>,
    groups: &'a [(Group, Evidence)],
}

/// Decided, or the only lockfile, or what the manifests are written for.
///
/// # Errors
/// What was settled is no manager with a preset.
pub fn packages(
    context: &Context<'_>,
    path: &RelPath,
    manifest: &Manifest,
    workspace: Option<&Workspace>,
    groups: &[(Group, Evidence)],
) -> Result<Found<Packages>, Mistake> {
    let asked = Asked { context, path, manifest, workspace, groups };
    let presets = &context.presets.python;
    let settled = decided(context, path, "packages", |text| {
        let (id, version) = text.split_once(['@', ' ']).unwrap_or((text, ""));
        let is_version = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        if !is_version(version) {
            return Err("expected a version as in `uv@0.13.9`".to_owned());
        }
        let known = || presets.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let preset = presets.get(id).ok_or_else(|| format!("expected one of {}", known()))?;
        Ok(asked.filled(id, preset, Some(version).filter(|version| !version.is_empty())))
    })?;
    let mut found = or_found(settled, asked.found());
    if let Found::Known { value, evidence, .. } = &mut found
        && By::of(&value.id) == By::Project
    {
        evidence.extend(workspace.iter().map(|workspace| workspace.evidence.clone()));
        evidence.extend(groups.iter().map(|(_, evidence)| evidence.clone()));
    }
    asked.warn(&found);
    Ok(found)
}

impl Asked<'_> {
    /// The folder that the install begins in: the lockfile's.
    fn root(&self) -> &RelPath {
        self.workspace.map_or(self.path, |workspace| &workspace.root)
    }

    fn file(&self, name: &str) -> Option<RelPath> {
        self.root().join(name).ok().filter(|file| self.context.project.has_file(file))
    }

    fn lockfile(&self, id: &str, preset: &PythonPackagesPreset) -> Option<RelPath> {
        if id == "pip" {
            return self.manifest.production.as_ref().and_then(|files| files.paths.first().cloned());
        }
        self.file(&preset.lockfile).and_then(|_| RelPath::new(&preset.lockfile).ok())
    }

    fn found(&self) -> Found<Packages> {
        let presets = &self.context.presets.python;
        let locked: Vec<_> = presets
            .iter()
            .filter(|(id, preset)| *id != "pip" && self.file(&preset.lockfile).is_some())
            // a lockfile of something else than the app
            .filter(|(id, _)| self.manifest.installs_fastapi(By::of(id)))
            .map(|(id, preset)| {
                let file = self.root().join(&preset.lockfile).unwrap_or_else(|_| RelPath::root());
                (self.filled(id, preset, None), Evidence::file(&file, "lockfile"))
            })
            .collect();
        match locked.len() {
            0 => self.unlocked(),
            1 => locked.into_iter().next().map_or(Found::Absent, |(value, evidence)| Found::inferred(value, evidence)),
            _ => Found::Unclear { candidates: locked },
        }
    }

    /// By the manifests alone.
    fn unlocked(&self) -> Found<Packages> {
        let manifest = self.manifest;
        // settings of a tool alone are no project
        let has = |tool: &str| {
            manifest.is_project() && manifest.installs_fastapi(By::Project) && manifest.at(&["tool", tool]).is_some()
        };
        let (id, because) = if has("poetry") {
            ("poetry", "tool.poetry")
        } else if has("pdm") {
            ("pdm", "tool.pdm")
        } else if has("uv") {
            ("uv", "tool.uv")
        } else if manifest.installs_fastapi(By::Pip) {
            ("pip", "requirements")
        } else if manifest.installs_fastapi(By::Pipenv) {
            ("pipenv", "Pipfile")
        } else {
            ("uv", "installs what pyproject.toml requires; there is no lockfile")
        };
        let Some(preset) = self.context.presets.python.get(id) else { return Found::Absent };
        let value = self.filled(id, preset, None);
        let file = match (&value.lockfile, id) {
            (Some(lock), _) => self.root().join(lock.as_str()).unwrap_or_else(|_| RelPath::root()),
            (None, _) => self.manifest.file(self.path),
        };
        Found::known(value, Confidence::Inferred, Evidence::file(&file, because))
    }

    /// A preset with everything of this project filled in.
    fn filled(&self, id: &str, preset: &PythonPackagesPreset, version: Option<&str>) -> Packages {
        let lock = self.lockfile(id, preset);
        let version = version.map(str::to_owned).or_else(|| self.version(preset, lock.as_ref()));
        let setup = preset.setup.as_ref().map(|line| line.replace("{version}", version.as_deref().unwrap_or_default()));
        let mut manifests: Vec<RelPath> = preset
            .reads
            .iter()
            .filter(|name| self.file(name).is_some())
            .filter_map(|name| RelPath::new(name).ok())
            .collect();
        let listed = self.manifest.production.iter().filter(|_| id == "pip").flat_map(|files| &files.paths);
        manifests.extend(listed.cloned());
        manifests.extend(self.workspace.iter().flat_map(|workspace| workspace.manifests.iter().cloned()));
        manifests.extend(lock.iter().filter(|_| id != "pip").cloned());
        let chosen: Vec<Group> = self.groups.iter().map(|(group, _)| group.clone()).collect();
        let own = self.manifest.clone().installed(By::of(id), &chosen);
        manifests.extend(origins::folders(self.path, self.root(), &own));
        if self.workspace.is_some() {
            manifests.sort();
            manifests.dedup();
        }
        let (production, all) = match lock {
            Some(_) => (&preset.install_production, &preset.install),
            None => (&preset.install_unlocked_production, &preset.install_unlocked),
        };
        Packages {
            edited: Vec::new(),
            prepare: None,
            id: id.to_owned(),
            name: preset.name.clone(),
            version: preset.setup.as_ref().and(version),
            setup,
            manifests,
            cache: preset.cache.clone(),
            install_production: self.command(preset, production, false),
            install: self.command(preset, all, true),
            lockfile: lock,
        }
    }

    /// A command of the preset for this project.
    fn command(&self, preset: &PythonPackagesPreset, command: &str, development: bool) -> String {
        let mut command = command.replace("{files}", &self.listed(development));
        let files = if development { &self.manifest.development } else { &self.manifest.production };
        if let Some(first) =
            files.as_ref().filter(|files| files.installs_itself.is_some()).and_then(|f| f.paths.first())
            && command.contains(WITHOUT_ITSELF)
        {
            // what installs the project itself comes once its sources are there
            command = format!("grep -vE '^(-e|--editable)? *\\.(\\[.*)?$' {first} > {WITHOUT_ITSELF} && {command}");
        }
        if let Some(workspace) = preset.workspace.as_ref().filter(|_| self.workspace.is_some()) {
            // no member is installed: their sources come later
            command = command.replace(&workspace.instead_of, &workspace.flag);
        }
        for (group, _) in self.groups {
            let (insert, name) = match group {
                Group::Extra(name) => (&preset.extra, name),
                Group::Group(name) => (&preset.group, name),
            };
            if let Some(insert) = insert {
                let words = format!("{}{}", insert.after, insert.flag.replace("{name}", name));
                command = command.replacen(&insert.after, &words, 1);
            }
        }
        command
    }

    /// `-r requirements.txt`; hashes are asked for where every line has them.
    fn listed(&self, development: bool) -> String {
        let files = if development { &self.manifest.development } else { &self.manifest.production };
        let Some(files) = files else { return String::new() };
        let hashes = if files.hashed { "--require-hashes " } else { "" };
        let first = files.paths.first().map(RelPath::as_str);
        let first = if files.installs_itself.is_some() { first.and(Some(WITHOUT_ITSELF)) } else { first };
        first.map_or(String::new(), |path| format!("{hashes}-r {path}"))
    }

    /// What the lockfile was written by, as far as it matters, or the preset's.
    fn version(&self, preset: &PythonPackagesPreset, lock: Option<&RelPath>) -> Option<String> {
        let file = lock.and_then(|lock| self.root().join(lock.as_str()).ok());
        let first = file.filter(|_| !preset.lockfile_versions.is_empty()).and_then(|file| {
            let source = self.context.project.read(&file)?;
            let line = source.line(1);
            // `# This file is automatically @generated by Poetry 1.8.3 and should not be changed by hand.`
            let written = line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
            written.split('.').next().map(str::to_owned)
        });
        first.and_then(|first| preset.lockfile_versions.get(&first).cloned()).or_else(|| preset.version.clone())
    }

    fn warn(&self, found: &Found<Packages>) {
        let Some(packages) = found.value() else { return };
        let Some(preset) = self.context.presets.python.get(&packages.id) else { return };
        if packages.lockfile.is_none() {
            self.context.warn(
                "no-lockfile",
                format!("there is no {}: two builds can install different packages", preset.lockfile),
                vec![Evidence::file(&self.manifest.file(self.path), "no lockfile beside it")],
                format!("`{}` writes one; commit it", preset.lock),
            );
        }
        let loose =
            self.manifest.production.as_ref().filter(|_| packages.id == "pip").and_then(|files| files.loose.clone());
        if let Some(loose) = loose {
            self.context.warn(
                "no-lockfile",
                "not every requirement names one version: two builds can install different packages",
                vec![loose],
                "`pip freeze` or `uv pip compile` writes exact versions",
            );
        }
    }
}
