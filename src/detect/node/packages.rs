//! Which package manager installs it, in which version, and what its install reads.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::framework::framework;
use super::install::Install;
use super::lockfile;
use super::manifest::Manifest;
use super::stale::{Stale, missing, stale};
use super::workspace::{self, Workspace};
use super::yarnrc::Yarnrc;
use crate::facts::{Confidence, Evidence, Found, Packages};
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::Mistake;
use crate::project::json::Member as Dependency;

/// Whose presets are for Node.
const STACK: &str = "node";
/// What npm takes where the project names none.
const USUAL: &str = "npm";

struct Asked<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    /// Where lockfile and settings lie: the component's folder, or its workspace's root.
    root: &'a RelPath,
    /// The one beside them.
    manifest: &'a Manifest,
    workspace: Option<&'a Workspace>,
    yarnrc: Yarnrc,
}

/// A preset with its id.
type Preset<'a> = (&'a str, &'a PackagesPreset);
/// A lockfile with the preset that it is for; the path is relative to the component.
type Lock<'a> = (Preset<'a>, RelPath);

/// Decided, `packageManager`, `devEngines.packageManager`, the only lockfile, or `engines`.
///
/// # Errors
/// A manager without a preset, a lockfile of an unknown version.
pub fn packages(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Found<Packages>, Mistake> {
    let workspace = workspace::of(context, path);
    let workspace = workspace.as_deref();
    let (root, manifest) = workspace.map_or((path, manifest), |found| (&found.root, found.manifest()));
    let asked = Asked { context, path, root, manifest, workspace, yarnrc: Yarnrc::read(context.project, root) };
    let locks = asked.locks();
    let settled = decided(context, path, "packages", |text| {
        let (name, version) = text.split_once(['@', ' ']).unwrap_or((text, ""));
        let version = (!version.is_empty()).then_some(version);
        if version.is_some_and(|version| !is_version(version)) {
            return Err("expected a version as in `pnpm@10.1.0`".to_owned());
        }
        let preset = asked.preset(name, version).ok_or_else(|| format!("expected {}", asked.known(" or ")))?;
        asked.filled(preset, version, lock_of(&locks, preset)).map_err(|mistake| mistake.to_string())
    })?;
    let found = match asked.found(&locks) {
        Err(_) if settled.is_some() => Found::Absent,
        other => other?,
    };
    let found = or_found(settled, found);
    asked.warn(&found);
    Ok(found)
}

fn lock_of<'l>(locks: &'l [Lock<'_>], preset: Preset<'_>) -> Option<&'l RelPath> {
    locks.iter().find(|((id, _), _)| *id == preset.0).map(|(_, path)| path)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

/// A version of a manager that a range allows: itself, or its major version. A range without a
/// major version of its own says none: the lockfile then does.
fn within(range: &str) -> Option<String> {
    if is_version(range) && range.split('.').count() == 3 && !range.contains(['x', '*']) {
        return Some(range.to_owned());
    }
    let major = range.trim_start_matches(['^', '~', 'v']).split('.').next()?;
    let is_major = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    is_major.then(|| major.to_owned())
}

/// A manager that package.json names.
struct Named {
    key: &'static str,
    name: String,
    version: Option<String>,
    shown: String,
    line: u32,
}

impl<'a> Asked<'a> {
    fn file(&self, name: &str) -> Option<RelPath> {
        self.root.join(name).ok().filter(|file| self.context.project.has_file(file))
    }

    /// Those for Node and for how this project links its packages.
    fn presets(&self) -> impl Iterator<Item = Preset<'a>> {
        let linker = self.yarnrc.linker.clone();
        let presets = self.context.presets.packages.iter().map(|(id, preset)| (id.as_str(), preset));
        presets.filter(move |(_, preset)| {
            preset.stack == STACK && (preset.linkers.is_empty() || preset.linkers.contains(&linker))
        })
    }

    /// The preset of a manager: by its version, else by its lockfile, else the one for the oldest.
    fn preset(&self, name: &str, version: Option<&str>) -> Option<Preset<'a>> {
        let mut named = self.presets().filter(|(_, preset)| preset.name == name);
        let version = version.or(self.yarnrc.version.as_deref().filter(|_| name == "yarn"));
        let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if let Some(major) = major {
            let last = |preset: &PackagesPreset| preset.last_major.unwrap_or(u32::MAX);
            return named.find(|(_, preset)| (preset.first_major..=last(preset)).contains(&major));
        }
        let named: Vec<Preset<'a>> = named.collect();
        let locked = named.iter().find(|(_, preset)| self.lock(preset).is_some());
        locked.or(named.iter().min_by_key(|(_, preset)| preset.first_major)).copied()
    }

    /// The names of all managers.
    fn known(&self, and: &str) -> String {
        let mut names: Vec<&str> = self.presets().map(|(_, preset)| preset.name.as_str()).collect();
        names.dedup();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(and)
    }

    /// The lockfile that is there for a preset.
    fn lock(&self, preset: &PackagesPreset) -> Option<RelPath> {
        let marked = |file: &RelPath| match &preset.lockfile_marker {
            Some(marker) => self.context.project.read(file).is_some_and(|source| {
                let is_its_version = preset.lockfile_versions.is_empty()
                    || lockfile::number(preset, &source).is_none_or(|(_, number)| {
                        preset.lockfile_versions.contains_key(number) || !self.is_known(preset, number)
                    });
                source.text().contains(marker.as_str()) && is_its_version
            }),
            None => true,
        };
        let name = preset.lockfiles.iter().find(|name| self.file(name).is_some_and(|file| marked(&file)))?;
        RelPath::new(name).ok()
    }

    /// Whether another preset of the manager reads lockfiles of that version.
    fn is_known(&self, preset: &PackagesPreset, number: &str) -> bool {
        self.presets().any(|(_, other)| other.name == preset.name && other.lockfile_versions.contains_key(number))
    }

    /// One lockfile per preset that has one.
    fn locks(&self) -> Vec<Lock<'a>> {
        self.presets().filter_map(|preset| Some((preset, self.lock(preset.1)?))).collect()
    }

    fn found(&self, locks: &[Lock<'a>]) -> Result<Found<Packages>, Mistake> {
        if let Some(found) = self.declared(locks)? {
            return Ok(found);
        }
        match locks {
            [] => {
                if let Some(found) = self.by_engines()? {
                    return Ok(found);
                }
                let Some(preset) = self.preset(USUAL, None) else { return Ok(Found::Absent) };
                Ok(Found::default(self.filled(preset, None, None)?, "comes with Node; there is no lockfile"))
            }
            [(preset, lock)] => {
                let (value, evidence) = self.candidate(*preset, lock)?;
                Ok(Found::inferred(value, evidence))
            }
            locks => Ok(Found::Unclear { candidates: self.candidates(locks)? }),
        }
    }

    /// What `packageManager` says, else `devEngines`.
    fn declared(&self, locks: &[Lock<'a>]) -> Result<Option<Found<Packages>>, Mistake> {
        let Some(Named { key, name, version, shown, line }) = self.named() else { return Ok(None) };
        let version = version.as_deref();
        let Some(preset) = self.preset(&name, version) else {
            return Err(self.unknown(&name).at(self.manifest.file.clone(), Some(line)));
        };
        let evidence = Evidence::at(&self.manifest.file, line, shown, key);
        let value = self.filled(preset, version, lock_of(locks, preset))?;
        let lock = lock_of(locks, preset);
        if lock.is_none() && !locks.is_empty() {
            let because = format!("{key}, but no {} of it", preset.1.lockfiles[0]);
            let mut candidates = vec![(value, Evidence { because, ..evidence })];
            candidates.extend(self.candidates(locks)?);
            return Ok(Some(Found::Unclear { candidates }));
        }
        let others = locks.iter().filter(|(other, _)| other.0 != preset.0).cloned().collect::<Vec<_>>();
        let mut rejected = self.candidates(&others)?;
        for (_, evidence) in &mut rejected {
            evidence.because = format!("{key} says otherwise");
        }
        Ok(Some(Found::Known { value, confidence: Confidence::Declared, evidence: vec![evidence], rejected }))
    }

    /// The manager that package.json names.
    fn named(&self) -> Option<Named> {
        let key = "packageManager";
        if let (Some(text), Some(line)) = (self.manifest.text(key), self.manifest.line(key)) {
            let (name, version) = text.split_once('@').unwrap_or((text, ""));
            let version = version.split('+').next().filter(|version| is_version(version)).map(str::to_owned);
            let shown = text.split('+').next().unwrap_or(text).to_owned();
            return Some(Named { key, name: name.to_owned(), version, shown, line });
        }
        let key = "devEngines.packageManager";
        let (name, member) = self.manifest.development_engine("packageManager")?;
        let range = member.and_then(|member| member.value.text()).unwrap_or_default();
        let line = member.map(|member| member.line).or_else(|| self.manifest.line("devEngines"))?;
        let shown = format!("{name} {range}").trim_end().to_owned();
        Some(Named { key, name: name.to_owned(), version: within(range), shown, line })
    }

    /// What `engines` names where nothing else does.
    fn by_engines(&self) -> Result<Option<Found<Packages>>, Mistake> {
        let names: Vec<&str> = self.presets().map(|(_, preset)| preset.name.as_str()).collect();
        // npm comes with Node, so that a word about it chooses nothing
        let names: Vec<&str> = names.into_iter().filter(|name| *name != USUAL).collect();
        let Some(member) = self.manifest.engine_of(&names) else { return Ok(None) };
        let range = member.value.text().unwrap_or_default();
        let version = within(range);
        let Some(preset) = self.preset(&member.name, version.as_deref()) else { return Ok(None) };
        let key = format!("engines.{}", member.name);
        let evidence = Evidence::at(&self.manifest.file, member.line, range, key);
        Ok(Some(Found::declared(self.filled(preset, version.as_deref(), None)?, evidence)))
    }

    fn candidates(&self, locks: &[Lock<'a>]) -> Result<Vec<(Packages, Evidence)>, Mistake> {
        locks.iter().map(|(preset, lock)| self.candidate(*preset, lock)).collect()
    }

    /// What a lockfile means, and whether it has all dependencies.
    fn candidate(&self, preset: Preset<'_>, lock: &RelPath) -> Result<(Packages, Evidence), Mistake> {
        let value = self.filled(preset, None, Some(lock))?;
        let file = self.root.join(lock.as_str()).map_err(|error| Mistake::new(error.to_string()))?;
        let because = self.stale(&file).map_or("lockfile".to_owned(), |stale| stale.why);
        Ok((value, Evidence::file(&file, because)))
    }

    /// A preset with everything of this project filled in.
    fn filled(
        &self,
        (id, preset): Preset<'_>,
        version: Option<&str>,
        lock: Option<&RelPath>,
    ) -> Result<Packages, Mistake> {
        let version = version.or(self.yarnrc.version.as_deref().filter(|_| preset.name == "yarn"));
        let member = self.workspace.and_then(|workspace| Some((workspace, workspace.member(self.path)?)));
        let install = Install { project: self.context.project, path: self.root, manifest: self.manifest, member };
        install.filled(id, preset, version, lock)
    }

    /// What a lockfile lacks of the root or of the member.
    fn stale(&self, file: &RelPath) -> Option<Stale> {
        let Some(workspace) = self.workspace else {
            return stale(self.context.project, self.manifest, file);
        };
        // ranges of other members stand in the lockfile too
        let own = workspace.member(self.path).map(|member| &member.manifest);
        let mut manifests = own.into_iter().chain([self.manifest]);
        manifests.find_map(|manifest| {
            let is_fetched = |dependency: &Dependency| workspace.target(manifest, dependency).is_none();
            missing(self.context.project, manifest, file, is_fetched)
        })
    }

    fn unknown(&self, name: &str) -> Mistake {
        let what = if name.is_empty() { "an unnamed package manager" } else { name };
        Mistake::new(format!("{what} is not known yet"))
            .detail(format!("known are {}", self.known(", ")))
            .hint("`--set packages=npm` installs with npm instead")
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
                format!("`{} install` writes one; commit it", packages.name),
            );
        }
        let file = packages.lockfile.as_ref().and_then(|lock| self.root.join(lock.as_str()).ok());
        if let Some(file) = file
            && let Some(stale) = self.stale(&file)
        {
            self.context.warn(
                "stale-lockfile",
                format!("{} {}, so that its install fails", file.file_name(), stale.why),
                vec![stale.evidence, Evidence::at(&file, 1, "", "lockfile")],
                format!("`{} install` brings it up to date", packages.name),
            );
        }
        let framework = framework(self.context, self.path, self.manifest);
        for name in ["preinstall", "install", "postinstall"] {
            let Some(script) = self.manifest.script(name) else { continue };
            // the build does these itself
            let is_done = framework.as_ref().is_some_and(|framework| framework.does(script.text))
                || script.text.trim_start_matches("npx ").trim() == "prisma generate";
            if is_done {
                continue;
            }
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

#[cfg(test)]
mod tests;
