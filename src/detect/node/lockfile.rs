//! What lockfiles say: which version reads them, what they lack.

use super::manifest::Manifest;
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::json::Member as Dependency;
use crate::project::{Mistake, Project, Source};

/// More dependencies than these are not looked up.
const MAX_CHECKED: usize = 300;

/// The first dependency that a lockfile does not name, of those that `is_wanted` there.
pub fn missing(
    project: &Project,
    manifest: &Manifest,
    file: &RelPath,
    is_wanted: impl Fn(&Dependency) -> bool,
) -> Option<String> {
    let source = project.read(file)?;
    let text = source.text();
    let named = |name: &str| {
        let parts = ["\"{}\"", "node_modules/{}\"", "'{}'", " {}:", "\n{}@", "\"{}@", " {}@"];
        parts.iter().any(|part| text.contains(&part.replace("{}", name)))
    };
    let mut wanted = manifest.dependencies().filter(|member| is_wanted(member)).take(MAX_CHECKED);
    wanted.find(|member| !named(&member.name)).map(|member| member.name.clone())
}

/// The first number of the lockfile's own version, with its line.
pub fn number<'s>(preset: &PackagesPreset, source: &'s Source) -> Option<(u32, &'s str)> {
    let key = preset.lockfile_version.as_deref()?;
    let mut lines = source.lines();
    let (line, text) = lines.find_map(|(line, text)| Some((line, text.trim().strip_prefix(key)?.trim())))?;
    Some((line, text.trim_matches(['\'', '"']).split('.').next().unwrap_or("")))
}

/// The version of its manager that reads the lockfile; without one the newest.
///
/// # Errors
/// A lockfile of an unknown version.
pub fn version(project: &Project, preset: &PackagesPreset, file: Option<RelPath>) -> Result<Option<String>, Mistake> {
    let by_number = |(from, _): &(&String, &String)| from.parse::<u32>().unwrap_or(0);
    let newest = preset.lockfile_versions.iter().max_by_key(by_number).map(|(_, to)| to.clone());
    let newest = preset.usual_version.clone().or(newest);
    let (Some(file), Some(key)) = (file, &preset.lockfile_version) else { return Ok(newest) };
    let Some(source) = project.require(&file)? else { return Ok(newest) };
    let Some((line, text)) = number(preset, &source) else {
        let key = key.trim_end_matches(':');
        return Err(Mistake::new(format!("`{file}` has no {key}")).at(file, Some(1)).hint("install anew"));
    };
    match preset.lockfile_versions.get(text) {
        Some(version) => Ok(Some(version.clone())),
        None => {
            let known: Vec<&str> = preset.lockfile_versions.keys().map(String::as_str).collect();
            let key = key.trim_end_matches(':');
            let mut mistake = Mistake::new(format!("unknown {key} {text}")).at(file.clone(), Some(line));
            mistake.excerpt = vec![(line, source.line(line).chars().take(120).collect())];
            Err(mistake
                .detail(format!("known are {}", known.join(", ")))
                .hint(format!("name the version in package.json: `\"packageManager\": \"{}@..\"`", preset.name)))
        }
    }
}

/// Patches that the install applies: the files in `patches/`, if something names them.
pub fn patches(project: &Project, path: &RelPath) -> Vec<RelPath> {
    let named = ["package.json", "pnpm-workspace.yaml"].iter().any(|name| {
        let source = path.join(name).ok().and_then(|file| project.read(&file));
        source.is_some_and(|source| source.text().contains("patchedDependencies"))
    });
    let Some(folder) = path.join("patches").ok().filter(|_| named) else { return Vec::new() };
    let files = project.files_below(&folder).filter(|file| file.extension() == Some("patch"));
    files.filter_map(|file| file.strip(path)).collect()
}
