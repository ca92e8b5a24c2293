//! What runs in production: the start script down to one command without a package manager.

use super::super::decided::{decided, or_found};
use super::bun;
use super::command::{self, Parsed, without_finder};
use super::entry::{Entry, Folder};
use super::manifest::Script;
use super::node_call;
use super::usable::{No, Usable, usable};
use crate::facts::{Argv, Confidence, EnvName, Evidence, Found, Line};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Scripts that mean production where `start` is for development.
const INSTEAD: &[&str] = &["start:prod", "start:production", "production", "prod", "serve", "start:server", "server"];
/// Where a server usually is, if nothing says so.
const USUAL: &[&str] =
    &["server.js", "index.js", "app.js", "main.js", "src/server.js", "src/index.js", "src/app.js", "src/main.js"];
const USUAL_OF_BUN: &[&str] = &["server.ts", "index.ts", "src/server.ts", "src/index.ts", "src/main.ts", "src/app.ts"];

/// The start with what follows from it.
pub struct Start {
    pub command: Found<Argv>,
    /// Variables that the script sets.
    pub environment: Vec<(EnvName, Line)>,
    /// The file that it runs.
    pub entry: Option<Entry>,
    /// Steps before it that change the database.
    pub migrates: Vec<(String, Evidence)>,
}

/// # Errors
/// What was settled is no command.
pub fn start(folder: &Folder<'_>) -> Result<Start, Mistake> {
    let settled = decided(folder.context, folder.path, "start", Argv::parse)?;
    let found = found(folder, settled.is_some());
    let Some((argv, by)) = settled else { return Ok(found) };
    let entry = match node_call::read(argv.words()) {
        Some(call) => call.entry.map(|entry| folder.entry(&entry)),
        None => None,
    };
    let entry = entry.or(if found.command.value() == Some(&argv) { found.entry.clone() } else { None });
    Ok(Start { command: or_found(Some((argv, by)), found.command), entry, ..found })
}

/// Whether something says what to start, or a file looks like it.
pub fn has_any(folder: &Folder<'_>) -> bool {
    is_told(folder) || folder.framework.is_some() || entries(folder).next().is_some()
}

/// Whether a script says so and names a file that is the folder's own.
pub fn runs_own_file(folder: &Folder<'_>, is_own: impl Fn(&RelPath) -> bool) -> bool {
    let scripts = std::iter::once(&"start").chain(INSTEAD).filter_map(|name| folder.manifest.script(name));
    let parsed = scripts.map(|script| command::parse_script(folder.manifest, script.name, script.text));
    let mut entries = parsed.filter_map(|parsed| usable(folder, parsed).ok()?.entry);
    entries.any(|entry| matches!(&entry, Entry::Source(file) | Entry::Built(file, _) if is_own(&folder.whole(file))))
}

/// Whether a script or a Procfile says what to start.
pub fn is_told(folder: &Folder<'_>) -> bool {
    let scripts = std::iter::once(&"start").chain(INSTEAD).any(|name| folder.manifest.script(name).is_some());
    scripts || procfile(folder).is_some()
}

fn found(folder: &Folder<'_>, quiet: bool) -> Start {
    let manifest = folder.manifest;
    let mut why = None;
    for name in std::iter::once(&"start").chain(INSTEAD) {
        let Some(script) = manifest.script(name) else { continue };
        let parsed = command::parse_script(manifest, script.name, script.text);
        if let Some(start) = by_framework(folder, script, &parsed) {
            return start;
        }
        match usable(folder, parsed) {
            Ok(usable) => {
                warn_before(folder, script, &usable.simple.before, quiet);
                return known(usable, manifest.script_evidence(script));
            }
            Err(no) => why = why.or(Some((script, no))),
        }
    }
    if let Some((text, line, file)) = procfile(folder)
        && let Ok(usable) = usable(folder, command::parse(manifest, &text))
    {
        return known(usable, Evidence::at(&file, line, text, "Procfile"));
    }
    if let Some(framework) = folder.framework
        && let Some((argv, entry)) = framework.start()
    {
        let evidence =
            Evidence { because: format!("{}'s own server", framework.preset.name), ..framework.evidence.clone() };
        let command = Found::inferred(argv, evidence);
        return Start { command, environment: Vec::new(), entry: Some(entry), migrates: Vec::new() };
    }
    let mut candidates = Vec::new();
    for (entry, evidence) in entries(folder) {
        let (Entry::Source(file) | Entry::Built(file, _)) = &entry else { continue };
        let Ok(argv) = Argv::new([bun::runner(folder, file.as_str()), file.as_str()]) else { continue };
        if why.is_none() {
            let command = Found::inferred(argv, evidence);
            return Start { command, environment: Vec::new(), entry: Some(entry), migrates: Vec::new() };
        }
        candidates.push((argv, evidence));
    }
    if let Some((script, no)) = why.filter(|_| !quiet) {
        let (No::Develop(reason) | No::Other(reason)) = no;
        folder.context.warn(
            "start-unusable",
            format!("`scripts.{}` cannot be what production runs: {reason}", script.name),
            vec![manifest.script_evidence(script)],
            "`--set start='node dist/index.js'` says what to run",
        );
    }
    let command = if candidates.is_empty() { Found::Absent } else { Found::Unclear { candidates } };
    Start { command, environment: Vec::new(), entry: None, migrates: Vec::new() }
}

/// A command of the framework, whether it serves, previews or develops: production runs the server
/// that the build leaves.
fn by_framework(folder: &Folder<'_>, script: Script<'_>, parsed: &Parsed) -> Option<Start> {
    let framework = folder.framework?;
    let Parsed::Simple(simple) = parsed else { return None };
    if !framework.is_tool(&without_finder(&simple.words)) {
        return None;
    }
    let (argv, entry) = framework.start()?;
    let mut simple = simple.clone();
    simple.environment.retain(|(name, _)| name.as_str() != "NODE_ENV");
    let usable = Usable { argv, simple, entry: Some(entry), confidence: Confidence::Declared };
    Some(known(usable, folder.manifest.script_evidence(script)))
}

fn known(usable: Usable, mut evidence: Evidence) -> Start {
    let steps = usable.simple.before.iter().filter(|step| is_migration(step));
    let migrates = steps.map(|step| (step.clone(), evidence.clone())).collect();
    if !usable.simple.dropped.is_empty() {
        evidence.because =
            format!("{}; settings come from outside, not from {}", evidence.because, usable.simple.dropped.join(", "));
    }
    Start {
        command: Found::known(usable.argv, usable.confidence, evidence),
        environment: usable.simple.environment,
        entry: usable.entry,
        migrates,
    }
}

/// Whether a step changes the database, which [`super::migrate`] looks after.
pub fn is_migration(step: &str) -> bool {
    step.contains("migrat") || step.contains("db push")
}

/// Names what the script does before it starts and the image does not.
pub fn warn_before(folder: &Folder<'_>, script: Script<'_>, before: &[String], quiet: bool) {
    let builds = [
        "build", "tsc", "compile", "clean", "rimraf", "rm ", "lint", "generate", "npm ci", "install", "mkdir", "copy",
        "cp ",
    ];
    for step in before.iter().filter(|_| !quiet) {
        let step = step.as_str();
        if is_migration(step) || builds.iter().any(|word| step.contains(word)) {
            continue;
        }
        folder.context.warn(
            "start-does-more",
            format!("`scripts.{}` runs `{step}` before the app; the image's start does not", script.name),
            vec![folder.manifest.script_evidence(script)],
            "",
        );
    }
}

/// The `web` line of a Procfile.
fn procfile(folder: &Folder<'_>) -> Option<(String, u32, RelPath)> {
    let file = folder.path.join("Procfile").ok()?;
    let source = folder.context.project.read(&file)?;
    let mut lines = source.lines();
    let (line, text) = lines.find_map(|(line, text)| Some((line, text.strip_prefix("web:")?.trim())))?;
    Some((text.to_owned(), line, file))
}

/// Files that look like a server's: `main`, then the usual names.
fn entries<'a>(folder: &'a Folder<'_>) -> impl Iterator<Item = (Entry, Evidence)> + 'a {
    let manifest = folder.manifest;
    let by_bun = bun::is_installer(folder);
    let main = ["main", "module"].into_iter().filter(move |key| *key == "main" || by_bun).find_map(|key| {
        let (main, line) = (manifest.text(key)?, manifest.line(key)?);
        let entry = folder.entry(main);
        (entry != Entry::Missing).then(|| (entry, Evidence::at(&manifest.file, line, main, key)))
    });
    let usual = USUAL.iter().chain(USUAL_OF_BUN.iter().filter(move |_| by_bun)).filter_map(|name| {
        let file = RelPath::new(name).ok().filter(|file| folder.has(file))?;
        let evidence = Evidence::file(&folder.whole(&file), "where a server usually is");
        Some((Entry::Source(file), evidence))
    });
    let mut seen = Vec::new();
    main.into_iter().chain(usual).filter(move |(entry, _)| {
        let new = !seen.contains(entry);
        seen.push(entry.clone());
        new
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::{Found, Warning};

    const MAIN: &[(&str, &str)] = &[("src/index.ts", ""), ("server.js", ""), ("tsconfig.json", OUT)];
    const OUT: &str = "{\"compilerOptions\": {\"outDir\": \"dist\"}}";

    /// The start of a package with these scripts: the command, `?` and the candidates, or `-`.
    fn shown(scripts: &[(&str, &str)], more: &str, files: &[(&str, &str)]) -> (String, Vec<Warning>) {
        let scripts: Vec<String> = scripts.iter().map(|(name, text)| format!("{name:?}: {text:?}")).collect();
        let manifest = format!("{{\"scripts\": {{{}}}{more}}}", scripts.join(", "));
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}")];
        all.extend(files);
        let detection = project(&all).detect().unwrap();
        let component = &detection.components[0];
        let set: String = component.environment.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let start = match &component.start {
            Found::Known { value, .. } => value.to_string(),
            Found::Unclear { candidates } => {
                format!("? {}", candidates.iter().map(|(value, _)| value.to_string()).collect::<Vec<_>>().join(", "))
            }
            Found::Absent => "-".to_owned(),
        };
        (format!("{set}{start}"), detection.warnings)
    }

    fn start(text: &str) -> String {
        let more = ", \"dependencies\": {\"express\": \"5\", \"tsx\": \"4\", \"fastify-cli\": \"7\", \"dotenv\": \"16\"}, \"devDependencies\": {\"ts-node\": \"10\", \"tsconfig-paths\": \"4\"}";
        shown(&[("start", text)], more, MAIN).0
    }

    #[test]
    fn a_start_script_becomes_one_command() {
        for (text, expected) in [
            ("node server.js", "node server.js"),
            ("NODE_ENV=production TZ=UTC node server", "TZ=UTC node server"),
            ("node --env-file=.env dist/index.js", "node dist/index.js"),
            ("node -r dotenv/config ./dist/index.js", "node -r dotenv/config ./dist/index.js"),
            ("tsx src/index.ts", "node_modules/.bin/tsx src/index.ts"),
            (
                "fastify start -l info server.js",
                "FASTIFY_ADDRESS=0.0.0.0 node_modules/.bin/fastify start -l info server.js",
            ),
            ("npm run build && node dist/index.js", "node dist/index.js"),
            ("nest start", "? node server.js"),
            ("node server.js --port $PORT", "sh -c 'node server.js --port $PORT'"),
        ] {
            assert_eq!(start(text), expected, "{text}");
        }
    }

    #[test]
    fn what_production_cannot_run_is_a_question() {
        for text in [
            "nodemon server.js",
            "tsx watch src/index.ts",
            "node --watch server.js",
            "ts-node src/index.ts",
            "node -r tsconfig-paths/register dist/index.js",
            "pm2 start server.js",
            "node missing.js",
            "npm run gone",
            "npm run a | tee log",
            "./start.sh",
        ] {
            assert_eq!(start(text), "? node server.js", "{text}");
        }
        let (found, warnings) = shown(&[("start", "node other.js")], "", &[]);
        assert_eq!((found.as_str(), warnings[0].id.as_str()), ("-", "start-unusable"));
    }

    #[test]
    fn a_file_that_builds_and_starts_is_no_server() {
        let files = [("run.js", ""), ("server.js", "")];
        let scripts = [("build", "node run.js build"), ("start", "npm run build && node run.js start")];
        let (found, warnings) = shown(&scripts, "", &files);
        assert_eq!((found.as_str(), warnings[0].id.as_str()), ("? node server.js", "start-unusable"));
        assert_eq!(shown(&[("start", "node run.js start")], "", &files).0, "node run.js start");
    }

    #[test]
    fn a_start_for_development_gives_way_to_another_script() {
        for name in ["start:prod", "prod", "serve"] {
            let scripts = [("build", "tsc"), ("start", "nodemon src/index.ts"), (name, "node dist/index.js")];
            let (found, warnings) = shown(&scripts, "", MAIN);
            assert_eq!((found.as_str(), warnings.len()), ("node dist/index.js", 0), "{name}");
        }
        let files = [("Procfile", "release: x\nweb: node server.js\n"), ("server.js", "")];
        assert_eq!(shown(&[("start", "nodemon x")], "", &files).0, "node server.js");
    }

    #[test]
    fn nest_starts_what_it_builds() {
        let files = [("src/main.ts", ""), ("tsconfig.json", OUT), ("nest-cli.json", "{}")];
        let scripts = [("start", "nest start"), ("build", "nest build")];
        assert_eq!(shown(&scripts, "", &files).0, "node dist/main.js");
    }

    #[test]
    fn without_a_script_main_and_the_usual_files_are_tried() {
        assert_eq!(shown(&[], ", \"main\": \"app.js\"", &[("app.js", ""), ("server.js", "")]).0, "node app.js");
        assert_eq!(shown(&[], ", \"main\": \"dist/app.js\"", &[("src/app.ts", "")]).0, "node dist/app.js");
        assert_eq!(shown(&[], ", \"main\": \"gone.js\"", &[("src/app.js", ""), ("index.js", "")]).0, "node index.js");
        assert_eq!(shown(&[], "", &[("src/server.js", "")]).0, "node src/server.js");
    }

    #[test]
    fn migrations_before_the_start_are_named() {
        let (found, warnings) = shown(&[("start", "./migrate.sh && node server.js")], "", MAIN);
        assert_eq!((found.as_str(), warnings[0].id.as_str()), ("node server.js", "start-does-more"));
        let (found, warnings) = shown(&[("start", "prisma migrate deploy && node server.js")], "", MAIN);
        assert_eq!((found.as_str(), warnings.len()), ("node server.js", 0));
        let (_, warnings) = shown(&[("start", "node server.js"), ("prestart", "npm run build")], "", MAIN);
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}
