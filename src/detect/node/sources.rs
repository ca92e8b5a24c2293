//! The files of a component that run in production, and where they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::Context;
use super::script::{self, Script};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Source;

const EXTENSIONS: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx"];
/// Folders whose files do not run in production, or run in browsers.
const OTHER_FOLDERS: &[&str] = &[
    "__fixtures__",
    "__mocks__",
    "__tests__",
    "bench",
    "benchmark",
    "benchmarks",
    "build",
    "ci",
    "coverage",
    "cypress",
    "dist",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "extra",
    "fixtures",
    "mocks",
    "node_modules",
    "out",
    "playwright",
    "public",
    "script",
    "scripts",
    "spec",
    "stories",
    "test",
    "tests",
    "tool",
    "tooling",
    "tools",
    "types",
    "vendor",
];
/// Words before the extension: `x.test.ts`, `jest.config.js`.
const OTHER_WORDS: &[&str] = &["bench", "d", "e2e", "min", "mock", "spec", "stories", "test"];
/// Words of settings of tools, which lie directly in the component: `src/app.config.ts` is a source.
const TOOL_WORDS: &[&str] = &["config", "conf", "setup", "workspace"];
const OTHER_NAMES: &[&str] = &["gruntfile.js", "gulpfile.js", "gulpfile.ts", "jakefile.js", "karma.conf.js"];
/// Files of settings for tools, never read by the app.
const TOOL_FILES: &[&str] = &[
    "api-extractor.json",
    "app.json",
    "biome.json",
    "cspell.json",
    "deno.json",
    "jsconfig.json",
    "lerna.json",
    "nest-cli.json",
    "nodemon.json",
    "npm-shrinkwrap.json",
    "nx.json",
    "package-lock.json",
    "package.json",
    "project.json",
    "renovate.json",
    "tslint.json",
    "turbo.json",
    "typedoc.json",
    "vercel.json",
];
const MAX_BYTES: usize = 300_000;
const MAX_FILES: usize = 400;
/// A longer line was written by a tool.
const MAX_LINE: usize = 5_000;

/// The production sources of one component, parsed.
#[derive(Default)]
pub struct Sources {
    /// Paths as in the project; those nearest to the component's folder first.
    pub scripts: Vec<(RelPath, Script)>,
    texts: BTreeMap<RelPath, Rc<Source>>,
    /// Lines that give a secret its value: never shown.
    hidden: BTreeSet<(RelPath, u32)>,
    /// Words of names of another party's: `DB_PORT`.
    pub other_words: Vec<String>,
}

impl Sources {
    /// Reads the sources of a component; warns once of those that do not parse.
    pub fn read(context: &Context<'_>, path: &RelPath) -> Self {
        let preset = &context.presets.settings;
        let mut sources = Sources { other_words: preset.other_words.clone(), ..Sources::default() };
        let is_secret =
            |name: &str| name.split('_').any(|word| preset.secret_words.contains(&word.to_ascii_lowercase()));
        let mut unread = Vec::new();
        for file in files(context, path) {
            if sources.scripts.len() >= MAX_FILES {
                break;
            }
            let Some(source) = context.project.read(&file).filter(|source| is_written_by_hand(source)) else {
                continue;
            };
            match Script::parse(&source) {
                Some(script) => {
                    let secrets = script.reads.iter().filter(|read| read.default.is_some() && is_secret(&read.name));
                    sources.hidden.extend(secrets.map(|read| (file.clone(), read.line)));
                    sources.texts.insert(file.clone(), source);
                    sources.scripts.push((file, script));
                }
                None => unread.push(file),
            }
        }
        if let Some(first) = unread.first() {
            let others = if unread.len() > 1 { format!(" and {} more", unread.len() - 1) } else { String::new() };
            context.warn(
                "unreadable-source",
                format!("{first}{others} cannot be read as JavaScript or TypeScript"),
                unread.iter().map(|file| Evidence::file(file, "does not parse")).collect(),
                "what it says of port, health and settings is not known: settle it, or mend the file",
            );
        }
        sources
    }

    /// The text of a source.
    pub fn source(&self, file: &RelPath) -> Option<&Source> {
        self.texts.get(file).map(|source| &**source)
    }

    /// A line of a source as evidence.
    pub fn evidence(&self, file: &RelPath, line: u32, because: impl Into<String>) -> Evidence {
        match self.texts.get(file) {
            Some(source) if !self.hidden.contains(&(file.clone(), line)) => script::evidence(source, line, because),
            _ => Evidence::at(file, line, "", because),
        }
    }
}

/// Folders and files with sources, relative to the component: top-level folders, and files
/// directly in it. `output` is what the build writes.
pub fn folders(context: &Context<'_>, path: &RelPath, output: Option<&RelPath>) -> (Vec<RelPath>, Vec<RelPath>) {
    let files = files(context, path);
    let (mut folders, mut roots) = (BTreeSet::new(), BTreeSet::new());
    for file in files.iter().filter_map(|file| file.strip(path)) {
        let is_output = output.is_some_and(|output| file.is_below(output));
        let Some(top) = file.parts().next().and_then(|top| RelPath::new(top).ok()).filter(|_| !is_output) else {
            continue;
        };
        if top == file {
            roots.insert(top)
        } else {
            folders.insert(top)
        };
    }
    let directly = context.project.files_below(path).filter(|file| file.parent().as_ref() == Some(path));
    let data = directly.filter(|file| file.extension() == Some("json") && !is_tool_file(file.file_name()));
    for file in data {
        let name = file.file_name();
        let named = |source: &RelPath| {
            context.project.read(source).is_some_and(|source| {
                source.text().len() <= MAX_BYTES
                    && source.text().match_indices(name).any(|(at, _)| source.text()[..at].ends_with(['/', '\'', '"']))
            })
        };
        if files.iter().take(MAX_FILES).any(named) {
            roots.extend(file.strip(path));
        }
    }
    (folders.into_iter().collect(), roots.into_iter().collect())
}

/// The production sources below a component's folder, the nearest first.
fn files(context: &Context<'_>, path: &RelPath) -> Vec<RelPath> {
    let is_package = |folder: &RelPath| {
        folder != path && folder.join("package.json").is_ok_and(|manifest| context.project.has_file(&manifest))
    };
    let packages: BTreeSet<RelPath> = context
        .project
        .files_below(path)
        .filter(|file| file.file_name() == "package.json")
        .filter_map(RelPath::parent)
        .filter(is_package)
        .collect();
    let mut files: Vec<RelPath> = context
        .project
        .files_below(path)
        .filter(|file| is_source(context, path, file))
        .filter(|file| !packages.iter().any(|package| file.is_below(package)))
        .cloned()
        .collect();
    files.sort_by_key(|file| (file.parts().count(), file.clone()));
    files
}

fn is_source(context: &Context<'_>, path: &RelPath, file: &RelPath) -> bool {
    let Some(inner) = file.strip(path) else { return false };
    let name = inner.file_name().to_ascii_lowercase();
    let folders = inner.parent().unwrap_or_else(RelPath::root);
    let is_other = folders.parts().any(|part| part.starts_with('.') || OTHER_FOLDERS.contains(&part));
    if is_other || name.starts_with('.') || OTHER_NAMES.contains(&name.as_str()) {
        return false;
    }
    match inner.extension() {
        Some(extension) => {
            let stem = &name[..name.len() - extension.len() - 1];
            EXTENSIONS.contains(&extension)
                && !stem.rsplit_once('.').is_some_and(|(_, word)| {
                    OTHER_WORDS.contains(&word) || (folders.is_root() && TOOL_WORDS.contains(&word))
                })
        }
        // `bin/www` of many Express apps
        None => {
            folders.file_name() == "bin"
                && context.project.read(file).is_some_and(|source| {
                    let first = source.line(1);
                    first.starts_with("#!") && first.contains("node")
                })
        }
    }
}

fn is_tool_file(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("tsconfig") || name.contains(".config.") || TOOL_FILES.contains(&name)
}

fn is_written_by_hand(source: &Source) -> bool {
    source.text().len() <= MAX_BYTES && source.lines().all(|(_, line)| line.len() <= MAX_LINE)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    fn paths(list: &[RelPath]) -> Vec<&str> {
        list.iter().map(RelPath::as_str).collect()
    }

    #[test]
    fn only_what_runs_in_production_is_read() {
        let long = format!("x = '{}'", "y".repeat(6_000));
        let case = project(&[
            ("package.json", "{}"),
            ("app.js", "x"),
            ("bin/www", "#!/usr/bin/env node\nx"),
            ("bin/tool", "#!/bin/sh\nx"),
            ("src/a.ts", "x"),
            ("src/a.test.ts", "x"),
            ("src/a.d.ts", "x"),
            ("src/a.config.ts", "x"),
            ("src/__tests__/b.ts", "x"),
            ("jest.config.js", "x"),
            (".eslintrc.js", "x"),
            ("dist/a.js", "x"),
            ("public/client.js", "x"),
            ("client/package.json", "{}"),
            ("client/src/main.ts", "x"),
            ("src/bundle.js", &long),
        ]);
        case.ask(|context| {
            let sources = Sources::read(context, &RelPath::root());
            let read: Vec<&str> = sources.scripts.iter().map(|(path, _)| path.as_str()).collect();
            assert_eq!(read, ["app.js", "bin/www", "src/a.config.ts", "src/a.ts"]);
            assert!(context.warnings.borrow().is_empty());
        });
    }

    #[test]
    fn files_that_do_not_parse_give_one_warning() {
        project(&[("a.js", "function ("), ("b.js", "function ("), ("c.js", "x")]).ask(|context| {
            assert_eq!(Sources::read(context, &RelPath::root()).scripts.len(), 1);
            let warnings = context.warnings.borrow();
            assert_eq!(warnings.len(), 1);
            assert!(warnings[0].message.starts_with("a.js and 1 more"), "{}", warnings[0].message);
        });
    }

    #[test]
    fn folders_and_files_with_sources_are_known() {
        let case = project(&[
            ("api/package.json", "{}"),
            ("api/index.js", "require('./data.json')"),
            ("api/data.json", "{}"),
            ("api/other.json", "{}"),
            ("api/tsconfig.json", "{}"),
            ("api/src/deep/a.ts", "x"),
            ("api/lib/a.js", "x"),
            ("api/views/a.ejs", "x"),
            ("api/test/a.js", "x"),
            ("api/vite.config.ts", "x"),
        ]);
        let output = RelPath::new("lib").unwrap();
        case.ask(|context| {
            let (folders, roots) = folders(context, &RelPath::new("api").unwrap(), Some(&output));
            assert_eq!(paths(&folders), ["src"]);
            assert_eq!(paths(&roots), ["data.json", "index.js"]);
        });
    }
}
