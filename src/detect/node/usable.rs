//! Whether production can run what a script says, and as which command.

use super::bun::{self, BUN};
use super::command::{self, Parsed, Simple, without_finder};
use super::entry::{Entry, Folder};
use super::nest;
use super::node_call::{self, NodeCall};
use crate::facts::{Argv, Confidence};
use crate::paths::RelPath;

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

/// Why a script is not what production runs.
pub enum No {
    Develop(String),
    Other(String),
}

/// What production runs.
pub struct Usable {
    pub argv: Argv,
    /// What came before it.
    pub simple: Simple,
    /// The file that it runs.
    pub entry: Option<Entry>,
    pub confidence: Confidence,
}

/// What a parsed script runs.
///
/// # Errors
/// Why production cannot run it.
pub fn usable(folder: &Folder<'_>, parsed: Parsed) -> Result<Usable, No> {
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
        [BUN, ..] if bun::call(&words).is_some() => {
            let (words, at) = bun::call(&words).unwrap_or_default();
            let entry = words.get(at).map(|file| folder.entry(file));
            (words, entry)
        }
        ["nest", "start", ..] => {
            let file = nest::program(folder);
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
            // `fastify start -l info dist/app.js`
            let mut entries = rest.iter().filter(|word| !word.starts_with('-')).map(|word| folder.entry(word));
            let entry = entries.find(|entry| matches!(entry, Entry::Source(_) | Entry::Built(..)));
            let words =
                std::iter::once(format!("node_modules/.bin/{tool}")).chain(rest.iter().map(|word| (*word).to_owned()));
            (words.collect(), entry)
        }
        [] => return Err(No::Other("it runs nothing".to_owned())),
    };
    if entry == Some(Entry::Missing) {
        return Err(No::Other(format!("`{text}` names a file that is not there and that no build is known to write")));
    }
    if let Some(Entry::Source(file)) = entry.as_ref().filter(|entry| is_launcher(folder, entry)) {
        return Err(No::Other(format!("`{file}` also builds: which program it starts is not known")));
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
    let Some(moved) = folder.framework.and_then(|framework| framework.moved(&file)) else {
        return Ok((call.words, Some(folder.entry(&file))));
    };
    let words = call.words.into_iter().map(|word| if word == file { moved.clone() } else { word });
    Ok((words.collect(), Some(folder.entry(&moved))))
}

/// Whether `scripts.build` runs the same file: it is a helper of the scripts, and no server.
fn is_launcher(folder: &Folder<'_>, entry: &Entry) -> bool {
    let Some(build) = folder.manifest.script("build") else { return false };
    let Parsed::Simple(simple) = command::parse(folder.manifest, build.text) else { return false };
    let file = node_call::read(&simple.words).and_then(|call| call.entry);
    file.is_some_and(|file| *entry == folder.entry(&file))
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
