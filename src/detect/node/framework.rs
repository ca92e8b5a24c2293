//! The framework that builds a server of its own: what its preset says, filled in for one project.

use super::super::Context;
use super::entry::{Entry, Folder};
use super::manifest::Manifest;
use super::script::{self, Said, Script};
use super::sources::Sources;
use crate::decisions::Key;
use crate::facts::{Argv, EnvName, Evidence, Fill, Found, Line, Port, Reads, Setting, SettingKind};
use crate::paths::RelPath;
use crate::presets::{FrameworkPreset, OptionPreset};

/// Endings of files of settings.
const ENDINGS: &[&str] = &["ts", "js", "mjs", "cjs", "mts", "cts"];
/// Where commands of packages lie.
const BIN: &str = "node_modules/.bin/";

/// A framework of one project.
#[derive(Debug, Clone)]
pub struct Framework<'a> {
    pub preset: &'a FrameworkPreset,
    /// The folder that its build writes, relative to the component.
    pub output: RelPath,
    /// The dependency that shows it.
    pub evidence: Evidence,
    /// Why there is no server for Node: what it is instead, and where that stands.
    pub lacks: Option<(String, Evidence)>,
}

/// The framework of a project, if it has one.
pub fn framework<'a>(context: &Context<'a>, path: &RelPath, manifest: &Manifest) -> Option<Framework<'a>> {
    let presets = context.presets.frameworks.values();
    let shows = |preset: &'a FrameworkPreset| {
        Some((preset, preset.packages.iter().find_map(|package| manifest.any_dependency(package))?))
    };
    let (preset, member) = presets.into_iter().find_map(shows)?;
    let evidence = manifest.evidence(member);
    let settings = Settings { context, path };
    let output = preset.output_by.as_ref().and_then(|option| settings.value(option));
    let output = output.and_then(|(value, _)| RelPath::new(value.trim_start_matches("./")).ok());
    let output = output.filter(|output| !output.is_root()).or_else(|| RelPath::new(&preset.output).ok())?;
    let has_needed = preset.needs.is_empty() || preset.needs.iter().any(|name| manifest.any_dependency(name).is_some());
    let pages = preset.pages_by.as_ref().and_then(|option| settings.value(option));
    let lacks = match (pages, has_needed) {
        (Some((_, evidence)), _) => Some(("static pages without a server".to_owned(), evidence)),
        (None, false) => Some((preset.without.clone().unwrap_or_default(), evidence.clone())),
        (None, true) => None,
    };
    Some(Framework { preset, output, evidence, lacks })
}

/// Files of settings of a project.
struct Settings<'a, 'p> {
    context: &'a Context<'p>,
    path: &'a RelPath,
}

impl Settings<'_, '_> {
    /// What the project says under a key, if it is a value that counts.
    fn value(&self, option: &OptionPreset) -> Option<(String, Evidence)> {
        let names = option.files.iter().flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}.{ending}")));
        let sources = names.filter_map(|name| self.context.project.read(&self.path.join(&name).ok()?));
        let said = sources.into_iter().find_map(|source| {
            let (value, line) = match &option.package {
                None => match script::exported(&source, &[&option.key], &[])?.said.remove(&option.key)? {
                    Said::Is(value, line) => (value, line),
                    Said::NotSet | Said::Unclear(_) => return None,
                },
                Some(package) => given(&Script::parse(&source)?, package, &option.key)?,
            };
            Some((value, script::evidence(&source, line, option.key.clone())))
        });
        said.filter(|(value, _)| option.value.as_ref().is_none_or(|wanted| wanted == value))
    }
}

/// What a function of a package is given under a key.
fn given(script: &Script, package: &str, key: &str) -> Option<(String, u32)> {
    script.calls.iter().find_map(|call| {
        let (specifier, _) = script.imported(&call.callee)?;
        let value = call.arguments.first()?.get(key).filter(|_| specifier == package)?;
        Some((value.literal()?, call.line))
    })
}

impl Framework<'_> {
    /// Whether a command is the framework's own.
    pub fn is_tool(&self, words: &[String]) -> bool {
        let first = match words {
            [node, ace, ..] if node == "node" => ace.trim_start_matches("./").trim_end_matches(".js"),
            [first, ..] => first.as_str(),
            [] => return false,
        };
        self.preset.tools.iter().any(|tool| tool == first)
    }

    /// What starts the server that it builds.
    pub fn start(&self) -> Option<(Argv, Entry)> {
        let words = self.preset.start.iter().map(|word| word.replace("{output}", self.output.as_str()));
        let argv = self.command(&words.collect::<Vec<_>>(), None)?;
        let file = argv.words().iter().rev().filter_map(|word| RelPath::new(word).ok());
        let file = file.into_iter().find(|file| file.is_below(&self.output))?;
        Some((argv, Entry::Built(file, None)))
    }

    /// Builds it where no script does.
    pub fn build(&self) -> Option<Argv> {
        let (first, rest) = self.preset.build.split_first()?;
        Argv::new(std::iter::once(found(first)).chain(rest.iter().cloned())).ok()
    }

    /// Its server of development; `{port}` is still in it. `inspect` is node's option for a debugger.
    pub fn develop(&self, inspect: &str) -> Option<Argv> {
        self.command(&self.preset.develop, Some(inspect))
    }

    /// A command of a package, by its file where that is known: the link in `.bin` is a shell script
    /// with some managers, and takes no option of node's.
    fn command(&self, words: &[String], option: Option<&str>) -> Option<Argv> {
        let (first, rest) = words.split_first()?;
        let file = self.preset.files.get(first);
        let head = match file {
            Some(file) => ["node"].into_iter().chain(option).map(str::to_owned).chain([file.clone()]).collect(),
            None => vec![found(first)],
        };
        Argv::new(head.into_iter().chain(rest.iter().cloned())).ok()
    }

    /// A file that a script names as it lies for the image: `bin/server.js` is `build/bin/server.js`
    /// where the script is written for the output.
    pub fn moved(&self, file: &str) -> Option<String> {
        let path = RelPath::new(file).ok().filter(|path| !path.is_below(&self.output))?;
        self.preset.starts_in_output.then(|| format!("{}/{path}", self.output))
    }

    /// The port, where nothing of the project says one.
    pub fn port(&self) -> Found<Option<Port>> {
        Found::default(Port::new(self.preset.port).ok(), format!("{}'s default", self.preset.name))
    }

    /// Variables that the image sets.
    pub fn environment(&self) -> impl Iterator<Item = (EnvName, Line)> + '_ {
        let pairs = self.preset.environment.iter();
        pairs.filter_map(|(name, value)| Some((EnvName::new(name).ok()?, Line::from_text(value))))
    }

    /// Adds the settings that its server reads, where the project does not say them itself.
    pub fn add_settings(&self, context: &Context<'_>, path: &RelPath, port: u16, settings: &mut Vec<Setting>) {
        for preset in &self.preset.setting {
            let Ok(name) = EnvName::new(&preset.name) else { continue };
            let is_decided = context.decisions.get(&Key::setting(path, &name)).is_some();
            if is_decided || settings.iter().any(|setting| setting.name == name) {
                continue;
            }
            let at = settings.partition_point(|setting| setting.name < name);
            settings.insert(
                at,
                Setting {
                    name,
                    kind: SettingKind::Plain,
                    reads: Reads::Environment,
                    fill: Fill::Value(preset.value.replace("{port}", &port.to_string())),
                    evidence: vec![Evidence::none(preset.because.clone())],
                    required: false,
                    mounted: None,
                    at_build: None,
                    local: None,
                    note: Some(Line::from_text(&preset.because)),
                },
            );
        }
    }

    /// Whether its build and its server of development do what a lifecycle script does.
    pub fn does(&self, hook: &str) -> bool {
        let steps = hook.split("&&").map(|step| step.split("||").next().unwrap_or(step).trim());
        let steps: Vec<&str> = steps.map(|step| step.strip_prefix("npx ").unwrap_or(step)).collect();
        steps.iter().all(|step| self.preset.hooks.iter().any(|known| step == known))
    }

    /// Folders of the project that its server of development writes.
    pub fn writes(&self) -> Vec<RelPath> {
        self.preset.writes.iter().filter_map(|path| RelPath::new(path).ok()).collect()
    }

    /// Whether the build takes a folder into the output.
    pub fn takes(&self, path: &RelPath) -> bool {
        let mut folders = self.preset.takes.iter().filter_map(|folder| RelPath::new(folder).ok());
        folders.any(|folder| path.is_below(&folder))
    }

    /// Paths that the project's code gives to the framework's router, without groups that may put
    /// something before them.
    pub fn routed(&self, code: &Sources) -> Vec<(String, Evidence)> {
        let mut found = Vec::new();
        for (file, script) in &code.scripts {
            if script.calls.iter().any(|call| call.name() == "prefix") {
                continue;
            }
            let gets = script.calls.iter().filter(|call| call.name() == "get" && call.arguments.len() > 1);
            for call in gets {
                let router = script.imported(call.object()).filter(|(_, name)| *name == "default");
                let is_router = router.is_some_and(|(from, _)| self.preset.routers.iter().any(|router| router == from));
                if let Some(path) = call.arguments[0].text().filter(|_| is_router) {
                    let path = format!("/{}", path.trim_start_matches('/'));
                    found.push((path, code.evidence(file, call.line, "health route")));
                }
            }
        }
        found
    }

    /// Paths that files of the project answer to `GET`.
    pub fn routes(&self, context: &Context<'_>, path: &RelPath) -> Vec<(String, Evidence)> {
        let mut found = Vec::new();
        for routes in &self.preset.routes {
            let Ok(folder) = path.join(&routes.folder) else { continue };
            for file in context.project.files_below(&folder) {
                let Some(inner) = file.strip(&folder) else { continue };
                let text = format!("/{inner}");
                let Some(stem) = routes.ends.iter().find_map(|end| text.strip_suffix(end.as_str())) else { continue };
                let answers = routes.text.as_ref().is_none_or(|needed| {
                    context.project.read(file).is_some_and(|source| source.text().contains(needed.as_str()))
                });
                if let Some(route) = route(stem, routes.dots).filter(|_| answers) {
                    found.push((format!("{}{route}", routes.prefix), Evidence::file(file, "health route")));
                }
            }
        }
        found
    }
}

/// The path of a file below the routes' folder; `None` with parameters. Groups in brackets and
/// layouts without a path are no part of it.
fn route(stem: &str, dots: bool) -> Option<String> {
    let mut path = String::new();
    let parts = stem.split('/').flat_map(|part| if dots { part.split('.').collect() } else { vec![part] });
    for part in parts.filter(|part| !part.is_empty()) {
        match part.chars().next()? {
            '[' | '$' => return None,
            '(' | '_' => {}
            _ if part == "index" || part == "route" => {}
            _ => {
                path.push('/');
                path.push_str(part.trim_end_matches('_'));
            }
        }
    }
    Some(if path.is_empty() { "/".to_owned() } else { path })
}

/// A command with the port in it.
pub fn at_port(argv: Argv, port: Port) -> Argv {
    let words = argv.words().iter().map(|word| word.replace("{port}", &port.to_string()));
    Argv::new(words).unwrap_or(argv)
}

/// Where a command lies: of a package, or node itself.
fn found(command: &str) -> String {
    if command == "node" { command.to_owned() } else { format!("{BIN}{command}") }
}

/// A server of the project's own that runs what the framework builds: its output is read while it
/// runs.
pub fn output_of_own_server(folder: &Folder<'_>, entry: Option<&Entry>) -> Option<(RelPath, Evidence)> {
    let framework = folder.framework.filter(|_| matches!(entry, Some(Entry::Source(_))))?;
    Some((framework.output.clone(), Evidence::none(format!("{} builds it", framework.preset.name))))
}

#[cfg(test)]
mod tests;
