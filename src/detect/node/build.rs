//! How it is built: its build script, else the compiler where the start needs it.

use super::super::decided::{command_or_none, decided, or_found};
use super::entry::{Entry, Folder};
use crate::facts::{Argv, Evidence, Found, Packages};
use crate::project::Mistake;

/// Scripts that build where `build` is missing and the start needs a build.
const INSTEAD: &[&str] = &[
    "compile",
    "build:prod",
    "build:production",
    "build:server",
    "build:ts",
    "transpile",
    "tsc",
    "heroku-postbuild",
    "gcp-build",
];

/// The command that builds it; known to be none where the sources run as they are.
///
/// # Errors
/// What was settled is no command.
pub fn build(
    folder: &Folder<'_>,
    packages: &Found<Packages>,
    entry: Option<&Entry>,
) -> Result<Found<Option<Argv>>, Mistake> {
    let settled = decided(folder.context, folder.path, "build", command_or_none)?;
    Ok(or_found(settled, found(folder, packages, entry)))
}

fn found(folder: &Folder<'_>, packages: &Found<Packages>, entry: Option<&Entry>) -> Found<Option<Argv>> {
    let manifest = folder.manifest;
    let built = matches!(entry, Some(Entry::Built(..)));
    let names = std::iter::once(&"build").chain(INSTEAD.iter().filter(|_| built));
    for script in names.filter_map(|name| manifest.script(name)) {
        let first = script.text.split_whitespace().next().unwrap_or("");
        // an image of its own, a message, a check without output
        if ["docker", "docker-compose", "podman", "echo", "exit"].contains(&first)
            || script.text.contains("docker build")
        {
            continue;
        }
        if let Some(argv) = run(folder, packages, script.name) {
            return Found::declared(Some(argv), manifest.script_evidence(script));
        }
    }
    let config = folder.path.join("tsconfig.json").ok().filter(|file| folder.context.project.has_file(file));
    if let (true, Some(config)) = (built, config)
        && manifest.any_dependency("typescript").is_some()
        && let Ok(argv) = Argv::new(["node_modules/.bin/tsc"])
    {
        return Found::inferred(Some(argv), Evidence::file(&config, "the start needs what TypeScript writes"));
    }
    Found::default(None, "no build script")
}

/// The manager's command that runs a script. While the manager is open any will do for now.
pub fn run(folder: &Folder<'_>, packages: &Found<Packages>, script: &str) -> Option<Argv> {
    let id = match packages {
        Found::Known { value, .. } => value.id.as_str(),
        Found::Unclear { candidates } => candidates.first().map_or("npm", |(value, _)| value.id.as_str()),
        Found::Absent => "npm",
    };
    let preset = folder.context.presets.packages.get(id)?;
    Argv::new(preset.run.split(' ').map(|word| word.replace("{script}", script))).ok()
}

/// Whether its sources are TypeScript.
pub fn is_typescript(folder: &Folder<'_>) -> bool {
    folder.path.join("tsconfig.json").is_ok_and(|file| folder.context.project.has_file(&file))
        || folder.manifest.any_dependency("typescript").is_some()
}
