//! (project, catalog, decisions) to a [`Draft`]: everything a run would do. Made again after
//! every decision; pure but for bounded reads, and takes milliseconds.
//!
//! Detect the components, give several their place beside each other, pick a template for each,
//! render the setup, audit it. What stays open
//! is a question; comparing with the disk and writing is [`crate::apply`]'s.

mod addresses;
pub mod cases;
mod choose;
mod pick;
mod together;

use std::collections::BTreeMap;

use choose::{Choice, choose};
use pick::{pick, weaker_than_built_in, which_template};
use together::together;

use crate::audit::{Finding, Tree, Weaker, audit};
use crate::catalog::{Pick, Pull, Template};
use crate::decisions::{Decisions, Key, nearest};
use crate::detect::Unfit;
use crate::facts::{Component, Confidence, Evidence, FactView, Found, Name, Stack, Warning};
use crate::paths::RelPath;
use crate::presets::{Policy, Presets};
use crate::project::{Mistake, Project};
use crate::render::{self, Rendered};
use crate::setup::Setup;

/// Everything a run would do.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The compose project's name.
    pub name: Name,
    /// The components that are rendered.
    pub components: Vec<Component>,
    /// The project's other components, which nobody chose.
    pub others: Vec<RelPath>,
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
    /// What a template from outside allows that the built-in one for the same stack does not.
    pub weaker: Vec<Weaker>,
    /// Where templates came from, exactly, by the path of their component; none: built in.
    pub pulls: BTreeMap<String, Pull>,
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

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDraft {
    #[error("{0}")]
    Mistake(#[from] Mistake),
    /// Several components, and nobody chose: their paths.
    #[error("`{project}` has several components")]
    Choose { project: String, components: Vec<RelPath> },
}

/// Makes the draft.
///
/// # Errors
/// A mistake in the project or in what was settled: a malformed manifest, no template that fits,
/// an unknown policy, several components and none chosen.
pub fn draft(
    project: &Project,
    templates: &[Template],
    presets: &Presets,
    decisions: &Decisions,
) -> Result<Draft, NoDraft> {
    let Choice { mut detection, others, decisions } = choose(project, presets, decisions)?;
    let (policy_id, policy) = policy(presets, &decisions)?;
    let mut components = std::mem::take(&mut detection.components);
    let mut warnings = detection.warnings;
    warnings.extend(together(&mut components, &decisions, presets, project)?);
    let (mut picks, mut chosen, mut open, mut pulls) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
    for component in &components {
        let (pick, template) = pick(templates, component, &decisions)?;
        open.extend(questions(component));
        open.extend(template.is_none().then(|| which_template(component, &pick, templates)));
        let pull = template.and_then(|template| template.pull.clone());
        pulls.extend(pull.map(|pull| (component.path.to_string(), pull)));
        chosen.extend(template);
        picks.push(pick);
    }
    let mut draft = Draft {
        name: name(&components, project),
        picks,
        policy: policy_id,
        others,
        unfit: detection.unfit,
        open,
        setup: Setup::default(),
        findings: Vec::new(),
        weaker: Vec::new(),
        pulls,
        warnings,
        decisions,
        notes: components.iter().flat_map(notes).collect(),
        components,
    };
    if draft.open.is_empty() {
        draft.notes.extend(draft.components.iter().filter_map(secrets_of_build));
        draft.setup = render(&draft, &chosen, policy, presets, project)?;
        let tree = Tree::new(project, presets);
        draft.findings = audit(&draft.setup, &tree);
        draft.weaker = weaker_than_built_in(&draft, &chosen, policy, presets, project, &tree)?;
    }
    Ok(draft)
}

/// The compose project is named after the folder, or after the component that the folder is.
fn name(components: &[Component], project: &Project) -> Name {
    match components {
        [component] if component.path.is_root() => component.name.clone(),
        _ => {
            let fallback = components.first().map_or("app", |component| component.name.as_str());
            Name::from_text(&project.folder_name(), fallback)
        }
    }
}

/// How a build without compose is given the secrets that it reads.
fn secrets_of_build(component: &Component) -> Option<String> {
    let settings = component.settings.iter().filter(|setting| setting.mounted.is_some());
    let flags: Vec<String> =
        settings.map(|setting| format!("--secret id={0},src=secrets/{0}", component.secret_file(setting))).collect();
    let (name, path) = (&component.name, &component.path);
    let from = match component.context == *path {
        true => path.to_string(),
        false => format!("-f {path}/Dockerfile {}", component.context),
    };
    (!flags.is_empty()).then(|| format!("docker build {} -t {name} {from}   the build reads secrets", flags.join(" ")))
}

/// What nobody asked for and is worth knowing.
fn notes(component: &Component) -> Vec<String> {
    let mut notes = Vec::new();
    if let Stack::Next(_, next) = &component.stack {
        let decided = matches!(next.standalone, Found::Known { confidence: Confidence::Decided, .. });
        let key = Key::of(&component.path, "output");
        let edit = next.edit.iter().filter(|edit| !edit.wanted && !decided);
        notes.extend(
            edit.map(|edit| {
                format!("`--set {key}=standalone` adds one line to {}, for a much smaller image", edit.file)
            }),
        );
    }
    let host_port = component.among.as_ref().and_then(|among| among.host_port);
    if let (Some(host), Some(port)) =
        (host_port.filter(|host| Some(*host) != component.listens_on()), component.listens_on())
    {
        let service = component.service_name();
        notes.push(format!("{service} is on port {host} of this machine, for another service has {port}"));
    }
    notes
}

fn policy<'a>(presets: &'a Presets, decisions: &Decisions) -> Result<(String, &'a Policy), Mistake> {
    let id = decisions.of(&RelPath::root(), "preset").map_or("standard", |decision| decision.value.as_str());
    let policy = presets.policies.get(id).ok_or_else(|| {
        let known: Vec<&str> = presets.policies.keys().map(String::as_str).collect();
        let mistake = Mistake::new(format!("there is no preset `{id}`"));
        match nearest(id, known.iter().copied()) {
            Some(near) => mistake.hint(format!("did you mean `{near}`? there are {}", known.join(", "))),
            None => mistake.hint(format!("there are {}", known.join(", "))),
        }
    })?;
    Ok((id.to_owned(), policy))
}

/// An open fact is a question with the fact's key.
fn questions(component: &Component) -> Vec<Question> {
    let open = component.facts().into_iter().filter(FactView::is_open);
    open.map(|fact| Question {
        key: Key::of(&component.path, fact.key),
        ask: fact.ask,
        expected: fact.expected.to_owned(),
        choices: fact.candidates,
    })
    .collect()
}

fn render(
    draft: &Draft,
    templates: &[&Template],
    policy: &Policy,
    presets: &Presets,
    project: &Project,
) -> Result<Setup, Mistake> {
    let mut setup = Setup::default();
    let mut rendered = Vec::new();
    for (component, template) in draft.components.iter().zip(templates) {
        setup.files.extend(render::component(template, component, policy, presets, project)?);
        rendered.push(Rendered { component, template });
    }
    if policy.compose {
        setup.secrets = render::secrets(&draft.components, presets);
        setup.files.extend(render::compose(&draft.name, &rendered, &setup.secrets, policy, presets, project)?);
    }
    Ok(setup)
}
