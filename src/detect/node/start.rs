//! What runs in production: the start script down to one command without a package manager.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::command::{self, Parsed, Simple, without_finder};
use super::entry::{Entry, Folder};
use super::manifest::Script;
use super::node_call::{self, NodeCall};
use crate::facts::{Argv, Confidence, EnvName, Evidence, Found, Line};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Scripts that mean production where `start` is for development.
const INSTEAD: &[&str] = &["start:prod", "start:production", "production", "prod", "serve", "start:server", "server"];
/// Where a server usually is, if nothing says so.
const USUAL: &[&str] =
    &["server.js", "index.js", "app.js", "main.js", "src/server.js", "src/index.js", "src/app.js", "src/main.js"];
/// Commands that start again when a file changes.
const RELOADERS: &[&str] =
    &["nodemon", "ts-node-dev", "tsnd", "node-dev", "tsc-watch", "wrangler", "vite-node", "supervisor", "concurrently"];
/// Commands that keep processes alive, which a container does itself.
const KEEPERS: &[&str] = &["pm2", "pm2-runtime", "pm2-docker", "forever", "naught", "strong-pm"];
/// Commands whose package has another name.
const PACKAGES: &[(&str, &str)] = &[
    ("babel-node", "@babel/node"),
    ("directus", "directus"),
    ("fastify", "fastify-cli"),
    ("functions-framework", "@google-cloud/functions-framework"),
    ("keystone", "@keystone-6/core"),
    ("medusa", "@medusajs/medusa"),
    ("moleculer-runner", "moleculer"),
    ("nest", "@nestjs/cli"),
    ("react-router-serve", "@react-router/serve"),
    ("remix-serve", "@remix-run/serve"),
    ("strapi", "@strapi/strapi"),
    ("ts-node-esm", "ts-node"),
    ("ts-node-script", "ts-node"),
];

/// The start with what follows from it.
pub struct Start {
    pub command: Found<Argv>,
    /// Variables that the script sets.
    pub environment: Vec<(EnvName, Line)>,
    /// The file that it runs.
    pub entry: Option<Entry>,
}

/// Why a script is not what production runs.
enum No {
    Develop(String),
    Other(String),
}

struct Usable {
    argv: Argv,
    simple: Simple,
    entry: Option<Entry>,
    confidence: Confidence,
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
    let entry = entry.or(if found.command.value() == Some(&argv) { found.entry } else { None });
    Ok(Start { command: or_found(Some((argv, by)), found.command), environment: found.environment, entry })
}

/// Whether anything says what could be started.
pub fn has_any(folder: &Folder<'_>) -> bool {
    let manifest = folder.manifest;
    let decided = folder.context.decisions.of(folder.path, "start").is_some();
    let scripts = std::iter::once(&"start").chain(INSTEAD).any(|name| manifest.script(name).is_some());
    decided || scripts || procfile(folder).is_some() || entries(folder).next().is_some()
}

fn found(folder: &Folder<'_>, quiet: bool) -> Start {
    let manifest = folder.manifest;
    let mut why = None;
    for name in std::iter::once(&"start").chain(INSTEAD) {
        let Some(script) = manifest.script(name) else { continue };
        let parsed = command::parse_script(manifest, script.name, script.text);
        match usable(folder, parsed) {
            Ok(usable) => {
                warn_before(folder.context, &usable, folder, script, quiet);
                return known(usable, manifest.script_evidence(script));
            }
            Err(no) => why = why.or(Some((script, no))),
        }
        if *name == "start" && matches!(why, Some((_, No::Other(_)))) && entries(folder).next().is_none() {
            // another script may still say it
            continue;
        }
    }
    if let Some((text, line, file)) = procfile(folder)
        && let Ok(usable) = usable(folder, command::parse(manifest, &text))
    {
        return known(usable, Evidence::at(&file, line, text, "Procfile"));
    }
    let mut candidates = Vec::new();
    for (entry, evidence) in entries(folder) {
        let (Entry::Source(file) | Entry::Built(file, _)) = &entry else { continue };
        let Ok(argv) = Argv::new(["node", file.as_str()]) else { continue };
        if why.is_none() {
            return Start { command: Found::inferred(argv, evidence), environment: Vec::new(), entry: Some(entry) };
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
    Start { command, environment: Vec::new(), entry: None }
}

fn known(usable: Usable, mut evidence: Evidence) -> Start {
    if !usable.simple.dropped.is_empty() {
        evidence.because =
            format!("{}; settings come from outside, not from {}", evidence.because, usable.simple.dropped.join(", "));
    }
    Start {
        command: Found::known(usable.argv, usable.confidence, evidence),
        environment: usable.simple.environment,
        entry: usable.entry,
    }
}

/// What a parsed script runs, if production can.
fn usable(folder: &Folder<'_>, parsed: Parsed) -> Result<Usable, No> {
    let mut simple = match parsed {
        Parsed::No(why) => return Err(No::Other(why)),
        Parsed::Shell(text) => return shell(&text),
        Parsed::Simple(simple) => simple,
    };
    simple.words = without_finder(&simple.words);
    let words: Vec<&str> = simple.words.iter().map(String::as_str).collect();
    let text = words.join(" ");
    let tool = words.first().copied().unwrap_or_default().to_owned();
    if RELOADERS.contains(&tool.as_str())
        || words.get(1).is_some_and(|word| ["dev", "develop", "watch"].contains(word))
        || words.iter().any(|word| ["--watch", "-w", "--hot"].contains(word) || word.starts_with("--watch-path"))
            && tool != "node"
        || matches!(words.as_slice(), ["vite"] | ["react-scripts", "start", ..])
    {
        return Err(No::Develop(format!("`{text}` is for development")));
    }
    if KEEPERS.contains(&tool.as_str()) {
        return Err(No::Other(format!("`{tool}` keeps processes alive; in a container the engine does")));
    }
    let (words, entry) = match words.as_slice() {
        ["node" | "nodejs", ..] => {
            let Some(call) = node_call::read(&simple.words) else {
                return Err(No::Other(format!("`{text}` names no file")));
            };
            node(folder, &mut simple, call)?
        }
        ["nest", "start", ..] => {
            let out = folder.out_dir().unwrap_or_else(|| RelPath::new("dist").unwrap_or_else(|_| RelPath::root()));
            let file = format!("{out}/main.js");
            let entry = folder.entry(&file);
            (vec!["node".to_owned(), file], Some(entry))
        }
        [file, rest @ ..] if file.contains('/') => {
            let entry = folder.entry(file);
            let is_node = matches!(&entry, Entry::Source(found) if is_node_script(folder, found));
            if !is_node {
                return Err(No::Other(format!("`{file}` is no Node program")));
            }
            let words = ["node", file.trim_start_matches("./")].into_iter().chain(rest.iter().copied());
            (words.map(str::to_owned).collect(), Some(entry))
        }
        [tool, rest @ ..] => {
            let package = PACKAGES.iter().find(|(command, _)| command == tool).map_or(*tool, |(_, package)| package);
            if folder.manifest.dependency(package).is_none() {
                return Err(No::Other(match folder.manifest.any_dependency(package) {
                    Some(_) => format!("`{package}` is a development dependency, which production lacks"),
                    None => format!("`{tool}` is no dependency"),
                }));
            }
            let entry = rest.iter().find(|word| !word.starts_with('-')).map(|word| folder.entry(word));
            let entry = entry.filter(|entry| matches!(entry, Entry::Source(_) | Entry::Built(..)));
            let words =
                std::iter::once(format!("node_modules/.bin/{tool}")).chain(rest.iter().map(|word| (*word).to_owned()));
            (words.collect(), entry)
        }
        [] => return Err(No::Other("it runs nothing".to_owned())),
    };
    if entry == Some(Entry::Missing) {
        return Err(No::Other(format!("`{text}` names a file that is not there and that no build is known to write")));
    }
    simple.environment.retain(|(name, _)| name.as_str() != "NODE_ENV");
    let argv = Argv::new(words).map_err(|error| No::Other(error.to_string()))?;
    Ok(Usable { argv, simple, entry, confidence: Confidence::Declared })
}

fn node(folder: &Folder<'_>, simple: &mut Simple, call: NodeCall) -> Result<(Vec<String>, Option<Entry>), No> {
    if call.watches {
        return Err(No::Develop(format!("`{}` is for development", simple.words.join(" "))));
    }
    if call.tests {
        return Err(No::Other("it runs tests".to_owned()));
    }
    for module in &call.modules {
        let package = package_of(module);
        if folder.manifest.dependency(package).is_none() && folder.manifest.any_dependency(package).is_some() {
            return Err(No::Other(format!("`{package}` is a development dependency, which production lacks")));
        }
    }
    simple.dropped.extend(call.dropped);
    let Some(file) = call.entry else { return Ok((call.words, None)) };
    if let Some(tool) = file.trim_start_matches("./").strip_prefix("node_modules/") {
        let package = package_of(tool);
        if RELOADERS.contains(&package) || KEEPERS.contains(&package) {
            return Err(No::Develop(format!("`{package}` is for development")));
        }
        return Ok((call.words, None));
    }
    let entry = folder.entry(&file);
    Ok((call.words, Some(entry)))
}

/// `@a/b` of `@a/b/c`, `a` of `a/b`.
fn package_of(module: &str) -> &str {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    module.match_indices('/').nth(parts - 1).map_or(module, |(at, _)| &module[..at])
}

/// A script that only a shell can run stays one, if all it calls is Node.
fn shell(text: &str) -> Result<Usable, No> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || ";&|()".contains(c)).collect();
    let managers = ["npm", "npx", "pnpm", "yarn", "bun", "bunx", "pm2", "forever", "nodemon"];
    let background = text.replace("&&", "").contains('&');
    if !words.contains(&"node") || words.iter().any(|word| managers.contains(word)) || background {
        return Err(No::Other(format!("`{text}` needs a shell and more than Node")));
    }
    let argv = Argv::new(["sh", "-c", text]).map_err(|error| No::Other(error.to_string()))?;
    Ok(Usable { argv, simple: Simple::default(), entry: None, confidence: Confidence::Inferred })
}

fn is_node_script(folder: &Folder<'_>, file: &RelPath) -> bool {
    let source = folder.context.project.read(&folder.whole(file));
    source.is_some_and(|source| {
        let first = source.line(1);
        matches!(file.extension(), Some("js" | "mjs" | "cjs")) || (first.starts_with("#!") && first.contains("node"))
    })
}

/// Names what the script does before it starts and the image does not.
fn warn_before(context: &Context<'_>, usable: &Usable, folder: &Folder<'_>, script: Script<'_>, quiet: bool) {
    let builds = [
        "build", "tsc", "compile", "clean", "rimraf", "rm ", "lint", "generate", "npm ci", "install", "mkdir", "copy",
        "cp ",
    ];
    for step in usable.simple.before.iter().filter(|_| !quiet) {
        let step = step.as_str();
        let harmless = builds.iter().any(|word| step.contains(word)) && !step.contains("migrat");
        if harmless {
            continue;
        }
        let hint = if step.contains("migrat") { "run it as a step of its own before the app is updated" } else { "" };
        context.warn(
            "start-does-more",
            format!("`scripts.{}` runs `{step}` before the app; the image's start does not", script.name),
            vec![folder.manifest.script_evidence(script)],
            hint,
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
    let main = manifest.text("main").and_then(|main| {
        let line = manifest.line("main")?;
        let entry = folder.entry(main);
        (entry != Entry::Missing).then(|| (entry, Evidence::at(&manifest.file, line, main, "main")))
    });
    let usual = USUAL.iter().filter_map(|name| {
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
