//! Rules over a setup, and what they find.

mod images;
mod input;
mod installs;
pub mod rules;
mod secrets;
mod shell;
mod weaker;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

pub use input::Input;
pub use weaker::{Weaker, weaker};

use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::Project;
use crate::setup::Setup;

/// How bad it is. An error stops a write; a warning does under a policy that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule's id: `root-user`.
    pub rule: String,
    pub severity: Severity,
    pub file: RelPath,
    /// From 1; `None` where the file itself is the place, or it is missing.
    pub line: Option<u32>,
    /// What is wrong there, lowercase, without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// What an audit looks for, and where people read more.
pub struct Rule {
    /// `root-user`: names it in findings, and its file in `rules/`.
    pub id: &'static str,
    /// Of a finding, unless the rule says otherwise there.
    pub severity: Severity,
    /// The lines of `NEVER` and of the review checklist that it holds, word for word.
    pub checklist: &'static [&'static str],
    /// A page about it.
    pub docs: &'static str,
    /// Whether it holds for files of development too, such as `compose.override.yaml`.
    pub development: bool,
    pub check: fn(&Input) -> Vec<Finding>,
}

impl Rule {
    fn at(&self, file: &RelPath, line: impl Into<Option<u32>>, message: impl Into<String>, hint: &str) -> Finding {
        Finding {
            rule: self.id.to_owned(),
            severity: self.severity,
            file: file.clone(),
            line: line.into(),
            message: message.into(),
            hint: hint.to_owned(),
        }
    }
}

impl Finding {
    fn graded(self, severity: Severity) -> Self {
        Finding { severity, ..self }
    }
}

/// What rules know besides the setup: the project's files, and how long images are supported.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub files: BTreeSet<RelPath>,
    /// The day the table of `supported` was made, `YYYY-MM-DD`; an audit never asks the clock.
    pub as_of: String,
    pub supported: Vec<Supported>,
}

/// A version of an image with its last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supported {
    /// For people: `Node`.
    pub name: String,
    /// The last part of the image's name: `node`.
    pub image: String,
    pub version: String,
    /// `YYYY-MM-DD`.
    pub end_of_life: String,
    /// The table lists all supported versions, so an older one is not.
    pub complete: bool,
}

impl Tree {
    pub fn new(project: &Project, presets: &Presets) -> Self {
        Tree { files: project.files().cloned().collect(), ..Tree::without_files(presets) }
    }

    /// For setups that lie nowhere.
    pub fn without_files(presets: &Presets) -> Self {
        let short = |image: &str| images::ImageName::parse(image).map(|image| image.short().to_owned());
        let mut supported = Vec::new();
        for runtime in presets.runtimes.values() {
            for version in &runtime.version {
                supported.push(Supported {
                    name: runtime.name.clone(),
                    image: short(&version.image).unwrap_or_default(),
                    version: version.version.clone(),
                    end_of_life: version.end_of_life.clone(),
                    complete: true,
                });
            }
        }
        for service in presets.services.values() {
            for version in &service.version {
                let Some(end_of_life) = version.end_of_life.clone() else { continue };
                supported.push(Supported {
                    name: service.name.clone(),
                    image: short(&version.image).unwrap_or_default(),
                    version: version.version.clone(),
                    end_of_life,
                    complete: false,
                });
            }
        }
        let as_of = presets.runtimes.values().map(|runtime| runtime.as_of.clone()).max().unwrap_or_default();
        Tree { files: BTreeSet::new(), as_of, supported }
    }

    /// Whether a file or a folder is there.
    fn has(&self, path: &RelPath) -> bool {
        path.is_root() || self.files.iter().any(|file| file.is_below(path))
    }
}

/// Asks all rules; the findings come sorted by file and line.
pub fn audit(setup: &Setup, tree: &Tree) -> Vec<Finding> {
    let input = Input::new(setup, tree);
    let mut findings: Vec<Finding> = Vec::new();
    for rule in rules::RULES {
        let found = (rule.check)(&input).into_iter();
        findings.extend(found.filter(|finding| rule.development || !input::is_development(&finding.file)));
    }
    findings.sort_by(|a, b| (&a.file, a.line, &a.rule, &a.message).cmp(&(&b.file, b.line, &b.rule, &b.message)));
    findings.dedup();
    findings
}
