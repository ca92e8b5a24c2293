//! The Python files of a component that run in production, and where they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::Context;
use super::hints::{Command, commands};
use super::models::ModelField;
use super::reads::Helper;
use super::script::{self, Script};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Source;

/// Folders whose files do not run in production.
const OTHER_FOLDERS: &[&str] = &[
    "__tests__",
    "bench",
    "benchmark",
    "benchmarks",
    "build",
    "ci",
    "dist",
    "doc",
    "docs",
    "e2e",
    "env",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "notebooks",
    "samples",
    "script",
    "scripts",
    "site-packages",
    "test",
    "testing",
    "tests",
    "tools",
    "tutorial",
    "tutorials",
    "typings",
    // of alembic: one file per change of the database
    "versions",
];
const OTHER_NAMES: &[&str] = &["conftest.py", "fabfile.py", "noxfile.py", "setup.py", "test.py", "tests.py"];
const MAX_BYTES: usize = 300_000;
const MAX_FILES: usize = 600;
/// A longer line was written by a tool.
const MAX_LINE: usize = 20_000;

/// The production sources of one component, parsed.
pub struct Sources {
    /// Paths as in the project; those nearest to the component's folder first.
    pub scripts: Vec<(RelPath, Script)>,
    /// The component's folder.
    pub folder: RelPath,
    places: BTreeMap<RelPath, usize>,
    /// Folders with an `__init__.py`.
    packages: BTreeSet<RelPath>,
    texts: BTreeMap<RelPath, Rc<Source>>,
    /// Lines that give a secret its value: never shown.
    hidden: BTreeSet<(RelPath, u32)>,
    /// Commands that start a server, those of production first.
    pub commands: Vec<Command>,
    /// Functions that read a name they are given.
    pub helpers: Vec<Helper>,
    /// The fields of classes of settings.
    pub model_fields: Vec<ModelField>,
    /// Where apps are made that are mounted on others: place and line.
    pub mounted: Vec<(usize, u32)>,
}

impl Sources {
    /// Reads the sources of a component; warns of each that does not parse, with the place.
    pub fn read(context: &Context<'_>, path: &RelPath) -> Self {
        let mut sources = Sources {
            scripts: Vec::new(),
            folder: path.clone(),
            places: BTreeMap::new(),
            packages: BTreeSet::new(),
            texts: BTreeMap::new(),
            hidden: BTreeSet::new(),
            commands: commands(context, path),
            helpers: Vec::new(),
            model_fields: Vec::new(),
            mounted: Vec::new(),
        };
        let inits = context.project.files_below(path).filter(|file| file.file_name() == "__init__.py");
        sources.packages = inits.filter_map(RelPath::parent).collect();
        let mut unread = Vec::new();
        for file in files(context, path) {
            if sources.scripts.len() >= MAX_FILES {
                break;
            }
            let source = match context.project.require(&file) {
                Ok(Some(source)) if is_written_by_hand(&source) => source,
                Ok(_) => continue,
                Err(mistake) => {
                    unread.push(Evidence { line: mistake.line, ..Evidence::file(&file, mistake.what) });
                    continue;
                }
            };
            match Script::parse(&source) {
                Ok(script) => {
                    sources.hide(context, &file, &script);
                    sources.places.insert(file.clone(), sources.scripts.len());
                    sources.texts.insert(file.clone(), source);
                    sources.scripts.push((file, script));
                }
                Err(wrong) => {
                    let because = format!("column {}: {}", wrong.column, wrong.message);
                    unread.push(Evidence { because, ..Evidence::at(&file, wrong.line, "", "") });
                }
            }
        }
        if let Some(first) = unread.first() {
            let others = if unread.len() > 1 { format!(" and {} more", unread.len() - 1) } else { String::new() };
            context.warn(
                "unreadable-source",
                format!("{}{others} cannot be read as Python: {}", first.place(), first.because),
                unread,
                "what it says of app, health and settings is not known: settle it, or mend the file",
            );
        }
        sources.helpers = sources.find_helpers();
        sources.model_fields = sources.find_model_fields();
        sources.mounted = sources.find_mounted();
        sources
    }

    /// Remembers the lines on which a secret's name is read with a fallback.
    fn hide(&mut self, context: &Context<'_>, file: &RelPath, script: &Script) {
        let words = &context.presets.settings.secret_words;
        let is_secret = |name: &str| name.split('_').any(|word| words.contains(&word.to_ascii_lowercase()));
        let calls = script.calls.iter().filter(|call| {
            let name = call.arguments.first().and_then(|value| value.text());
            let has_more = call.arguments.len() + call.keywords.len() > 1 || call.fallback.is_some();
            has_more && name.is_some_and(is_secret)
        });
        let lookups = script
            .lookups
            .iter()
            .filter(|lookup| lookup.fallback.is_some() && lookup.key.text().is_some_and(is_secret));
        let fields = script.classes.iter().flat_map(|class| &class.fields);
        let fields = fields.filter(|field| field.value.is_some() && is_secret(&field.name));
        let lines = calls.map(|call| call.line).chain(lookups.map(|one| one.line)).chain(fields.map(|one| one.line));
        self.hidden.extend(lines.map(|line| (file.clone(), line)));
    }

    /// The place of a file in [`Sources::scripts`].
    pub fn place(&self, file: &RelPath) -> Option<usize> {
        self.places.get(file).copied()
    }

    /// Whether a folder has an `__init__.py`.
    pub fn is_package(&self, folder: &RelPath) -> bool {
        self.packages.contains(folder)
    }

    /// A line of a source as evidence.
    pub fn evidence(&self, at: usize, line: u32, because: impl Into<String>) -> Evidence {
        let (file, _) = &self.scripts[at];
        match self.texts.get(file) {
            Some(source) if !self.hidden.contains(&(file.clone(), line)) => script::evidence(source, line, because),
            _ => Evidence::at(file, line, "", because),
        }
    }
}

/// Folders with sources directly in the component, and files with sources directly in it.
pub fn folders(context: &Context<'_>, path: &RelPath) -> (Vec<RelPath>, Vec<RelPath>) {
    let (mut folders, mut roots) = (BTreeSet::new(), BTreeSet::new());
    for file in files(context, path).iter().filter_map(|file| file.strip(path)) {
        let Some(top) = file.parts().next().and_then(|top| RelPath::new(top).ok()) else { continue };
        if top == file {
            roots.insert(top)
        } else {
            folders.insert(top)
        };
    }
    (folders.into_iter().collect(), roots.into_iter().collect())
}

/// The production sources below a component's folder, the nearest first.
fn files(context: &Context<'_>, path: &RelPath) -> Vec<RelPath> {
    let manifests = context.project.files_below(path).filter(|file| file.file_name() == "pyproject.toml");
    let others: BTreeSet<RelPath> = manifests.filter_map(RelPath::parent).filter(|folder| folder != path).collect();
    let mut files: Vec<RelPath> = context
        .project
        .files_below(path)
        .filter(|file| is_source(path, file) && !others.iter().any(|other| file.is_below(other)))
        .cloned()
        .collect();
    files.sort_by_key(|file| (file.parts().count(), file.clone()));
    files
}

fn is_source(path: &RelPath, file: &RelPath) -> bool {
    let Some(inner) = file.strip(path).filter(|inner| inner.extension() == Some("py")) else { return false };
    let name = inner.file_name();
    let folders = inner.parent().unwrap_or_else(RelPath::root);
    let is_other = folders.parts().any(|part| part.starts_with('.') || OTHER_FOLDERS.contains(&part));
    !is_other
        && !name.starts_with('.')
        && !OTHER_NAMES.contains(&name)
        && !name.starts_with("test_")
        && !name.ends_with("_test.py")
}

fn is_written_by_hand(source: &Source) -> bool {
    source.text().len() <= MAX_BYTES && source.lines().all(|(_, line)| line.len() <= MAX_LINE)
}
