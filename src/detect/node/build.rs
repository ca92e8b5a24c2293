//! How it is built: its build script, else the compiler where the start needs it.

use super::super::decided::{command_or_none, decided, or_found};
use super::command::{self, Parsed};
use super::entry::{Entry, Folder};
use super::manifest::Script;
use super::start::is_migration;
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
        if let Some((argv, steps)) = without_migrations(folder, script) {
            let mut evidence = manifest.script_evidence(script);
            evidence.because =
                format!("{} without `{}`, which needs the database", evidence.because, steps.join("`, `"));
            return Found::declared(Some(argv), evidence);
        }
        if let Some(argv) = run(folder, packages, script.name) {
            return Found::declared(Some(argv), manifest.script_evidence(script));
        }
    }
    if let Some(framework) = folder.framework.filter(|_| built)
        && let Some(argv) = framework.build()
    {
        let because = format!("how {} builds", framework.preset.name);
        return Found::inferred(Some(argv), Evidence { because, ..framework.evidence.clone() });
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

/// A build script that also changes the database, without the steps that do: no image's build
/// reaches one.
pub fn without_migrations(folder: &Folder<'_>, script: Script<'_>) -> Option<(Argv, Vec<String>)> {
    let Parsed::Simple(mut simple) = command::parse_script(folder.manifest, script.name, script.text) else {
        return None;
    };
    // `run-s db:migrate build:next` of npm-run-all: one script after the other
    if let Some((_, names)) = simple.words.split_first().filter(|(tool, _)| *tool == "run-s") {
        let texts: Option<Vec<String>> =
            names.iter().map(|name| folder.manifest.script(name).map(|script| script.text.to_owned())).collect();
        let mut texts = texts?;
        simple.words = Argv::parse(&texts.pop()?).ok()?.words().to_vec();
        simple.before.extend(texts);
    }
    let (mut steps, mut rest): (Vec<String>, Vec<String>) =
        simple.before.iter().cloned().partition(|step| is_migration(step));
    let last = Argv::new(simple.words.clone()).ok()?.to_string();
    let set: String = simple.environment.iter().map(|(name, value)| format!("{name}='{value}' ")).collect();
    if set.matches('\'').count() != 2 * simple.environment.len() {
        return None;
    }
    match is_migration(&last) {
        true => steps.push(last),
        false => rest.push(format!("{set}{last}")),
    }
    if steps.is_empty() || rest.is_empty() {
        return None;
    }
    let text = format!("PATH=node_modules/.bin:$PATH; {}", rest.join(" && "));
    Some((Argv::new(["sh", "-c", &text]).ok()?, steps))
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

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    /// The build command and the output folder.
    fn shown(scripts: &str, files: &[(&str, &str)]) -> (String, String) {
        let manifest = format!("{{\"scripts\": {{{scripts}}}, \"devDependencies\": {{\"typescript\": \"5\"}}}}");
        let mut all = vec![("package.json", manifest.as_str()), ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")];
        all.extend(files);
        let component = project(&all).detect().unwrap().components.remove(0);
        let Stack::Node(node) = &component.stack else { panic!() };
        let build = component.build.value().unwrap().as_ref().map_or("none".to_owned(), ToString::to_string);
        (build, node.output.as_ref().map_or("none".to_owned(), ToString::to_string))
    }

    #[test]
    fn the_build_script_is_run_by_the_manager() {
        let found = shown("\"build\": \"tsc\", \"start\": \"node build/index.js\"", &[("src/index.ts", "")]);
        assert_eq!(found, ("pnpm run build".to_owned(), "build".to_owned()));
    }

    #[test]
    fn typescript_is_compiled_where_the_start_needs_it() {
        let config = ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"./dist\"}}");
        let found = shown("\"start\": \"node dist/index.js\"", &[("src/index.ts", ""), config]);
        assert_eq!(found, ("node_modules/.bin/tsc".to_owned(), "dist".to_owned()));
        let found = shown("\"compile\": \"tsc\", \"start\": \"node dist/index.js\"", &[("src/index.ts", ""), config]);
        assert_eq!(found.0, "pnpm run compile");
    }

    #[test]
    fn steps_that_need_the_database_are_no_part_of_the_build() {
        let scripts = "\"build\": \"tsc && prisma migrate deploy\", \"start\": \"node dist/index.js\"";
        let found = shown(scripts, &[("src/index.ts", "")]);
        assert_eq!(found.0, "sh -c 'PATH=node_modules/.bin:$PATH; tsc'");
    }

    #[test]
    fn sources_that_run_as_they_are_need_no_build() {
        for scripts in ["\"start\": \"node server.js\"", "\"start\": \"node server.js\", \"build\": \"docker build .\""]
        {
            assert_eq!(shown(scripts, &[("server.js", "")]), ("none".to_owned(), "none".to_owned()));
        }
    }
}
