//! (project, catalog, decisions) to a [`Draft`]: everything a run would do. Made again after
//! every decision; pure but for bounded reads, and takes milliseconds.
//!
//! Detect the components, pick a template for each, render the setup, audit it. What stays open
//! is a question; comparing with the disk and writing is [`crate::apply`]'s.

use crate::audit::Finding;
use crate::catalog::{Pick, Template};
use crate::decisions::{Decisions, Key};
use crate::detect::Unfit;
use crate::facts::{Component, Evidence, Name, Warning};
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project};
use crate::setup::Setup;

/// Everything a run would do.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The compose project's name.
    pub name: Name,
    /// The component that is rendered; the others are in `others`.
    pub components: Vec<Component>,
    /// Per component, in the same order: the template, and the reasons for and against each.
    pub picks: Vec<Pick>,
    /// The policy's id: `standard`.
    pub policy: String,
    /// Parts of the project that no template fits.
    pub unfit: Vec<Unfit>,
    /// What somebody has to decide before anything can be written. Empty: the setup is whole.
    pub open: Vec<Question>,
    /// Empty while a question is open.
    pub setup: Setup,
    pub findings: Vec<Finding>,
    pub warnings: Vec<Warning>,
    /// What was settled, for `dockwright.toml` and the JSON.
    pub decisions: Decisions,
    /// What a person should know after writing, from the template and the policy.
    pub notes: Vec<String>,
}

/// What cannot be known: a fact's key with what could be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub key: Key,
    /// Without `?`, lowercase: "which package manager does `shop` use".
    pub ask: String,
    /// What an answer looks like: "`npm` or `pnpm`".
    pub expected: String,
    /// Found values to choose from, each with its evidence; empty where only a person knows.
    pub choices: Vec<(String, Evidence)>,
}

impl Question {
    /// What to type in a script: `--set packages=npm`.
    pub fn flag(&self) -> String {
        let value = self.choices.first().map_or("VALUE", |(value, _)| value.as_str());
        let quote = if value.contains(' ') { "'" } else { "" };
        format!("--set {quote}{}={value}{quote}", self.key)
    }
}

/// Makes the draft. `component` chooses one of several components.
///
/// # Errors
/// A mistake in the project or in what was settled: a malformed manifest, no template that fits,
/// an unknown policy, several components and none chosen.
pub fn draft(
    project: &Project,
    templates: &[Template],
    presets: &Presets,
    decisions: &Decisions,
    component: Option<&RelPath>,
) -> Result<Draft, Mistake> {
    let _ = (project, templates, presets, decisions, component);
    Err(Mistake::new("drafts are not made yet"))
}
