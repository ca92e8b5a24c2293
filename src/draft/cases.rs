//! Tests of a template's author: each case is a small project, what was decided for it, and what
//! the template is expected to write.

use std::collections::BTreeMap;
use std::path::Path;

use super::draft;
use crate::apply;
use crate::audit::{Finding, Severity};
use crate::catalog::{Template, compose_templates};
use crate::decisions::{Decisions, Key, SettledBy};
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project, Source};
use crate::setup::Setup;

/// The folder of a case's project.
pub const PROJECT: &str = "project";
/// What was decided, as in `dockwright.toml`; may be missing.
pub const ANSWERS: &str = "answers.toml";
/// What the template writes, by path.
pub const EXPECTED: &str = "expected";

/// What became of one case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the template writes now.
    pub written: BTreeMap<String, String>,
    /// Everything that was rendered, for a run on an engine.
    pub setup: Setup,
    pub differences: Vec<Difference>,
    /// Findings that would stop a run.
    pub errors: Vec<Finding>,
}

/// One file that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    /// None: it is not expected.
    pub expected: Option<String>,
    /// None: it is not written.
    pub written: Option<String>,
}

impl Case {
    pub fn passes(&self) -> bool {
        self.differences.is_empty() && self.errors.is_empty()
    }
}

/// Renders a case's project with a template and holds the result against what is expected.
///
/// # Errors
/// A folder that cannot be read, a mistake in the project, a question that nobody answered.
pub fn run_case(folder: &Path, template: &Template, presets: &Presets) -> Result<Case, Mistake> {
    let project = Project::open(&folder.join(PROJECT))?;
    let mut decisions = Decisions::default();
    if let Ok(text) = std::fs::read_to_string(folder.join(ANSWERS)) {
        let path = RelPath::new(ANSWERS).map_err(|error| Mistake::new(error.to_string()))?;
        apply::read_settled(&Source::new(path, text), SettledBy::Answers, &mut decisions)?;
    }
    let mut template = template.clone();
    template.asked.clone_from(&template.named);
    decisions.settle(Key::root("template"), template.named.clone(), SettledBy::Flag);
    let own_compose = template.compose != compose_templates();
    let drafted = draft(&project, std::slice::from_ref(&template), presets, &decisions);
    let drafted = drafted.map_err(|reason| Mistake::new(reason.to_string()))?;
    if let Some(question) = drafted.open.first() {
        let mistake = Mistake::new(format!("{}?", question.ask)).detail(format!("expected {}", question.expected));
        return Err(mistake.hint(format!("answer it in {ANSWERS}, as in `{} = …`", question.key)));
    }
    let of_project = |path: &RelPath| {
        let name = path.as_str();
        name.starts_with("compose.") || name.starts_with("secrets/") || name == "docker-bake.hcl"
    };
    let written: BTreeMap<String, String> = drafted
        .setup
        .files
        .iter()
        .filter(|(path, _)| {
            own_compose || !of_project(path) || template.manifest.file.iter().any(|file| file.to == path.as_str())
        })
        .map(|(path, file)| (path.to_string(), file.text.clone()))
        .collect();
    let expected = read_tree(&folder.join(EXPECTED))?;
    let paths: std::collections::BTreeSet<&String> = written.keys().chain(expected.keys()).collect();
    let differences = paths.into_iter().filter(|path| written.get(*path) != expected.get(*path)).map(|path| {
        Difference { path: path.clone(), expected: expected.get(path).cloned(), written: written.get(path).cloned() }
    });
    let differences = differences.collect();
    let errors = drafted.findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    Ok(Case { written, setup: drafted.setup, differences, errors })
}

/// The files below a folder; none where it is missing.
fn read_tree(folder: &Path) -> Result<BTreeMap<String, String>, Mistake> {
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    let project = Project::open(folder)?;
    for path in project.files() {
        if let Some(source) = project.require(path)? {
            files.insert(path.to_string(), source.text().replace("\r\n", "\n"));
        }
    }
    Ok(files)
}
