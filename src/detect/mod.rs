//! Answers questions about a project: a file per question, static reading only.

mod around;
mod build_secrets;
mod builds;
mod components;
mod decided;
mod examples;
mod go;
mod health;
mod images;
mod migrations;
mod mistakes;
mod next;
mod node;
mod placeholders;
mod python;
mod rivals;
mod services;
mod settings;
#[cfg(test)]
mod testing;
mod written;

pub use around::workspace_around;

use std::cell::RefCell;
use std::rc::Rc;

use crate::decisions::Decisions;
use crate::facts::{Component, Evidence, Warning};
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{MAX_FILES, Mistake, Project};

const SOURCE_FOLDERS: &[&str] = &["app", "code", "source", "src"];
/// Folders whose manifests are about something else than a component.
const ASIDE: &[&str] = &[
    "docs",
    "doc",
    "website",
    "examples",
    "example",
    "test",
    "tests",
    "e2e",
    "testdata",
    "fixtures",
    "scripts",
    "tools",
    "tool",
    "hack",
    "vendor",
    "third_party",
    "bench",
    "benchmarks",
    "deploy",
    "charts",
    "build",
    "dist",
    "docker",
    "templates",
    "presets",
    "snapshots",
];

/// What a detector sees: the project, what was settled, the presets; and where warnings go.
pub struct Context<'a> {
    pub project: &'a Project,
    pub decisions: &'a Decisions,
    pub presets: &'a Presets,
    warnings: RefCell<Vec<Warning>>,
    /// Filled before components are looked for.
    workspaces: RefCell<Vec<Rc<node::workspace::Workspace>>>,
}

impl<'a> Context<'a> {
    pub fn new(project: &'a Project, decisions: &'a Decisions, presets: &'a Presets) -> Self {
        Context { project, decisions, presets, warnings: RefCell::default(), workspaces: RefCell::default() }
    }

    /// The name of a component's folder, for one whose manifest has none. A folder that only says
    /// that sources lie in it (`src`) gives way to the one around it: images and volumes of two
    /// projects must not share a name.
    pub fn folder_name(&self, path: &RelPath) -> String {
        match path.parent() {
            Some(around) if SOURCE_FOLDERS.contains(&path.file_name()) => self.folder_name(&around),
            Some(_) => path.file_name().to_owned(),
            None => self.project.folder_name(),
        }
    }

    /// Notes something that a person should know.
    pub fn warn(&self, id: &str, message: impl Into<String>, evidence: Vec<Evidence>, hint: impl Into<String>) {
        let warning = Warning { id: id.to_owned(), message: message.into(), evidence, hint: hint.into() };
        self.warnings.borrow_mut().push(warning);
    }
}

/// What was found in a project.
#[derive(Debug, Clone, Default)]
pub struct Detection {
    pub components: Vec<Component>,
    /// Manifests of stacks that no template fits: what was seen, for the error.
    pub unfit: Vec<Unfit>,
    pub warnings: Vec<Warning>,
}

/// A part of the project that no template fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub path: RelPath,
    /// `found Gemfile: a Ruby project`
    pub saw: String,
    pub evidence: Evidence,
}

/// What a stack's detector makes of a folder with its manifest.
pub enum Fit {
    Component(Box<Component>),
    /// A manifest, but nothing that a template could run.
    Unfit(Unfit),
}

/// Finds the project's components with their facts.
///
/// # Errors
/// A manifest that cannot be read: malformed is never taken for empty.
pub fn detect(project: &Project, decisions: &Decisions, presets: &Presets) -> Result<Detection, Mistake> {
    let context = Context::new(project, decisions, presets);
    let (components, unfit) = components::components(&context)?;
    mistakes::name(&context, &components);
    if project.is_truncated() {
        context.warn(
            "many-files",
            format!("more than {MAX_FILES} files: those farthest from `{}` were not looked at", project.folder_name()),
            Vec::new(),
            "name the folder that holds the app: `dockwright init PATH`",
        );
    }
    Ok(Detection { components, unfit, warnings: context.warnings.into_inner() })
}
