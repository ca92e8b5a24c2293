//! Templates: a folder of data each, from wherever it came. Built-in, folder and git origins all
//! end in [`Template::from_files`]; nothing downstream can tell them apart.

mod begin;
mod builtin;
mod check;
pub mod conditions;
mod configuration;
mod folder;
mod git;
mod manifest;
mod objects;
mod origin;
mod outputs;
mod pick;
mod places;
mod pull;
mod reference;
mod texts;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

pub use begin::begin;
pub use builtin::{built_in, compose_templates};
pub use check::syntax;
pub use configuration::{CONFIGURATION, Configuration};
pub use git::{INTERRUPTED, LIMIT};
pub use manifest::{Development, FileEntry, Manifest, Service};
pub use origin::{GitOrigin, Origin, OriginFlags, is_id};
pub use pick::{Pick, Reason, pick};
pub use pull::{NoPull, Pull, Pulled, Pulling, pull};
pub use reference::{Means, Reference};
pub use texts::plain;
pub use tree::Files;

use crate::project::Mistake;

/// A template, checked: its manifest and the texts of its files.
#[derive(Debug, Clone)]
pub struct Template {
    pub manifest: Manifest,
    /// By name, as `from` in the manifest has it; fragments that others include besides.
    pub files: BTreeMap<String, String>,
    /// Templates of compose.yaml and what else belongs to the whole project, by file name.
    pub compose: BTreeMap<String, String>,
    /// What `--template` takes for it: `go`, `gh:acme/containers//go@v3`.
    pub named: String,
    /// The text that led to its origin, as it was settled; empty: built in.
    pub asked: String,
    /// Its folder in the origin, with a `/` at its end; empty: the top.
    pub folder: String,
    /// None: built in.
    pub pull: Option<Pull>,
}

/// Why a template cannot be used: where, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    pub template: String,
    pub file: String,
    /// From 1.
    pub line: Option<u32>,
    /// From 1, in characters.
    pub column: Option<u32>,
    pub what: String,
    pub hint: Option<String>,
}

impl std::error::Error for TemplateError {}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template `{}`: {}: ", self.template, self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.what)
    }
}

impl From<TemplateError> for Mistake {
    fn from(error: TemplateError) -> Self {
        let mistake = Mistake::new(error.to_string());
        match error.hint {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        }
    }
}

impl Template {
    /// Makes a template of a map from relative path to bytes: `template.toml`, `README.md`, flat
    /// `files/*`, and for its author `tests/`.
    ///
    /// # Errors
    /// A manifest that is not valid, a file that is missing, not text or not used, an output
    /// outside what a template may write, or two files with one name.
    pub fn from_files(name: &str, files: &Files) -> Result<Self, TemplateError> {
        match check::check(name, files) {
            (Some(template), errors) if errors.is_empty() => Ok(template),
            (_, mut errors) if !errors.is_empty() => Err(errors.remove(0)),
            _ => Err(check::missing(name)),
        }
    }

    /// Everything that is wrong with a template, for its author.
    pub fn errors(name: &str, files: &Files) -> Vec<TemplateError> {
        check::check(name, files).1
    }
}

/// All templates of an origin: of the top folder, or of each folder that has a `template.toml`.
///
/// # Errors
/// There is none, one does not pass the check, or two have one id.
pub fn templates_of(pulled: &Pulled, origin: &Origin) -> Result<Vec<Template>, Mistake> {
    let folders = tree::template_folders(pulled.files.keys().map(String::as_str));
    let mut templates: Vec<Template> = Vec::new();
    for folder in &folders {
        let files = files_of(&pulled.files, folder);
        let name = folder.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty());
        let mut template = Template::from_files(name.unwrap_or(&pulled.pull.origin), &files)?;
        template.compose = compose_of(&pulled.files)?;
        template.named = origin.below(folder.trim_end_matches('/')).to_string();
        template.folder.clone_from(folder);
        template.pull = Some(pulled.pull.clone());
        if let Some(other) = templates.iter().find(|other| other.manifest.id == template.manifest.id) {
            return Err(Mistake::new(format!("two templates of `{origin}` have the id `{}`", template.manifest.id))
                .detail(format!("{}\n{}", other.named, template.named))
                .hint("give one of them another id"));
        }
        templates.push(template);
    }
    if templates.is_empty() {
        return Err(Mistake::new(format!("there is no template in `{origin}`"))
            .detail("no folder has a template.toml")
            .hint("`dockwright template new NAME` begins one"));
    }
    Ok(templates)
}

/// The files of the template in a folder.
fn files_of(files: &Files, folder: &str) -> Files {
    let below = files.iter().filter_map(|(path, bytes)| {
        let inner = path.strip_prefix(folder)?;
        (!tree::is_aside(inner)).then(|| (inner.to_owned(), bytes.clone()))
    });
    below.filter(|(inner, _)| !(folder.is_empty() && is_shared(inner))).collect()
}

/// Everything that is wrong with the templates of an origin, for their author: files are named
/// from its top.
pub fn errors_of(files: &Files) -> Vec<TemplateError> {
    let folders = tree::template_folders(files.keys().map(String::as_str));
    let of = |folder: &String| {
        let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let errors = Template::errors(&name, &files_of(files, folder));
        errors
            .into_iter()
            .map(|error| TemplateError { file: format!("{folder}{}", error.file), ..error })
            .collect::<Vec<_>>()
    };
    let mut errors: Vec<TemplateError> = folders.iter().flat_map(of).collect();
    if folders.is_empty() {
        errors.push(check::missing("template"));
    }
    errors
}

fn is_shared(path: &str) -> bool {
    path.starts_with("compose/") || path.starts_with("services/")
}

/// The origin's own `compose/` over the built-in one.
fn compose_of(files: &Files) -> Result<BTreeMap<String, String>, Mistake> {
    let mut compose = compose_templates();
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix("compose/") else { continue };
        let text = check::text_of(path, bytes).map_err(|what| tree::refused(path, &what))?;
        compose.insert(name.to_owned(), text.to_owned());
    }
    Ok(compose)
}
