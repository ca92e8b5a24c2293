//! Names that the build itself reads: it is given placeholders, or it would not pass.

use std::collections::BTreeMap;

use super::super::placeholders::placeholder;
use super::entry::Folder;
use super::prisma;
use super::reads::checked;
use super::sources::Sources;
use crate::facts::{Argv, BackingService, EnvName, Fill, Part, Setting, SettingKind};

/// Builders that load the app's own modules, and so whatever checks the environment in them.
const LOADERS: &[&str] = &["next", "nuxt", "nuxi", "astro", "svelte-kit", "vite", "remix", "react-router", "vinxi"];
/// Scripts that call scripts.
const DEPTH: usize = 4;

/// Gives the names that the build reads a placeholder each; `generates`: before it, Prisma's client
/// is written.
pub fn at_build(
    folder: &Folder<'_>,
    sources: &Sources,
    build: Option<&Argv>,
    services: &[BackingService],
    generates: bool,
    settings: &mut [Setting],
) {
    let text = build.map_or(String::new(), |build| whole_text(folder, &build.to_string(), DEPTH));
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "&;|/".contains(c)).collect();
    let mut names: BTreeMap<EnvName, Option<String>> = BTreeMap::new();
    if generates || text.contains("prisma generate") {
        let read = prisma::reads(folder.context, folder.path).into_iter();
        names.extend(read.map(|read| (read.name, None)));
    }
    let loads = words.iter().any(|word| LOADERS.contains(word));
    if loads {
        names.extend(checked(sources));
    }
    let presets = folder.context.presets;
    for setting in settings.iter_mut() {
        if !matches!(setting.kind, SettingKind::Secret | SettingKind::Plain) || setting.fill == Fill::Image {
            continue;
        }
        let is_address = matches!(setting.fill, Fill::Service { part: Part::Url, .. });
        let asserts = |text: &str| {
            [format!("env.{}!", setting.name), format!("!process.env.{}", setting.name)]
                .iter()
                .any(|a| text.contains(a))
        };
        let asserted = setting.evidence.iter().any(|evidence| {
            let line = evidence.file.as_ref().zip(evidence.line);
            let source = line.and_then(|(file, line)| Some((folder.context.project.read(file)?, line)));
            source.is_some_and(|(source, line)| asserts(source.line(line)))
        });
        let shape = names.get(&setting.name);
        if shape.is_some() || (loads && (is_address || asserted)) {
            setting.at_build = placeholder(presets, services, setting, shape.and_then(Option::as_deref));
        }
    }
}

/// The text of the build's script with those of the scripts that it calls.
fn whole_text(folder: &Folder<'_>, command: &str, depth: usize) -> String {
    let mut text = command.to_owned();
    let mut words = command.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let called = match word {
            "run" | "run-script" | "--run" => words.peek().copied(),
            "yarn" | "pnpm" | "bun" => words.peek().copied(),
            _ => None,
        };
        let Some(script) = called.and_then(|name| folder.manifest.script(name)) else { continue };
        if depth == 0 || script.text == command {
            continue;
        }
        for hook in ["pre", "post"] {
            if let Some(hook) = folder.manifest.script(&format!("{hook}{}", script.name)) {
                text = format!("{text} && {}", whole_text(folder, hook.text, depth - 1));
            }
        }
        text = format!("{text} && {}", whole_text(folder, script.text, depth - 1));
    }
    text
}
