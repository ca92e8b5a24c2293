//! (project, catalog, decisions) to a [`Draft`]: everything a run would do. Made again after
//! every decision; pure but for bounded reads, and takes milliseconds.
//!
//! Detect the components, pick a template for each, render the setup, audit it. What stays open
//! is a question; comparing with the disk and writing is [`crate::apply`]'s.

use crate::audit::{Finding, Tree, audit};
use crate::catalog::{self, Pick, Template};
use crate::decisions::{Decisions, Key, nearest};
use crate::detect::{Unfit, detect};
use crate::facts::{Component, Confidence, Evidence, FactView, Found, Name, SettingKind, Stack, Warning};
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

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDraft {
    #[error("{0}")]
    Mistake(#[from] Mistake),
    /// Several components, and nobody chose: their paths.
    #[error("`{project}` has several components")]
    Choose { project: String, components: Vec<RelPath> },
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
) -> Result<Draft, NoDraft> {
    let detection = detect(project, decisions, presets)?;
    let (policy_id, policy) = policy(presets, decisions)?;
    let asked = decisions.of(&RelPath::root(), "template").map(|decision| decision.value.as_str());
    if let (Some(id), true) = (asked, detection.components.is_empty() && detection.unfit.is_empty()) {
        let mistake = Mistake::new(format!("template `{id}` does not fit `{}`", project.folder_name()));
        return Err(mistake.hint("leave `--template` out, or see `dockwright detect`").into());
    }
    let component = choose(detection.components, &detection.unfit, component, project)?;
    let mut pick = catalog::pick(templates, &component);
    if let Some(id) = asked {
        pick.template = Some(wanted_template(id, &pick, &component)?);
    }
    let template = templates
        .iter()
        .find(|template| pick.template.as_ref() == Some(&template.manifest.id))
        .ok_or_else(|| Mistake::new(format!("no template fits `{}`", component.name)))?;
    let mut draft = Draft {
        name: Name::from_text(&project.folder_name(), component.name.as_str()),
        picks: vec![pick],
        policy: policy_id,
        unfit: detection.unfit,
        open: questions(&component),
        setup: Setup::default(),
        findings: Vec::new(),
        warnings: detection.warnings,
        decisions: decisions.clone(),
        notes: notes(&component),
        components: vec![component],
    };
    if component_root(&draft).is_root() {
        // one component: the project is it
        draft.name = draft.components[0].name.clone();
    }
    if draft.open.is_empty() {
        draft.notes.extend(draft.components.iter().filter_map(secrets_of_build));
        draft.setup = render(&draft, template, policy, presets, project)?;
        draft.findings = audit(&draft.setup, &Tree::new(project, presets));
    }
    Ok(draft)
}

/// How a build without compose is given the secrets that it reads.
fn secrets_of_build(component: &Component) -> Option<String> {
    let settings = component.settings.iter().filter(|setting| setting.kind == SettingKind::SecretAtBuild);
    let flags: Vec<String> =
        settings.map(|setting| format!("--secret id={0},src=secrets/{0}", setting.secret_file())).collect();
    let name = &component.name;
    (!flags.is_empty()).then(|| format!("docker build {} -t {name} .   the build reads secrets", flags.join(" ")))
}

/// The id of a template that somebody asked for.
fn wanted_template(id: &str, pick: &Pick, component: &Component) -> Result<String, Mistake> {
    let known = || pick.reasons.iter().map(|reason| reason.id.as_str());
    match pick.reasons.iter().find(|reason| reason.id == id) {
        Some(reason) if reason.fits => Ok(id.to_owned()),
        Some(reason) => {
            let fitting = pick.template.as_ref().map(|fits| format!("`--template {fits}` fits")).unwrap_or_default();
            Err(Mistake::new(format!("template `{id}` does not fit `{}`: it {}", component.name, reason.because))
                .hint(fitting))
        }
        None => {
            let all = known().collect::<Vec<_>>().join(", ");
            let near = nearest(id, known()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            Err(Mistake::new(format!("there is no template `{id}`")).hint(format!("{near}there are {all}")))
        }
    }
}

/// What nobody asked for and is worth knowing.
fn notes(component: &Component) -> Vec<String> {
    let Stack::Next(_, next) = &component.stack else { return Vec::new() };
    let decided = matches!(next.standalone, Found::Known { confidence: Confidence::Decided, .. });
    let edit = next.edit.iter().filter(|edit| !edit.wanted && !decided);
    edit.map(|edit| format!("`--set output=standalone` adds one line to {}, for a much smaller image", edit.file))
        .collect()
}

fn component_root(draft: &Draft) -> &RelPath {
    &draft.components[0].path
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

/// The one component that is rendered.
fn choose(
    mut components: Vec<Component>,
    unfit: &[Unfit],
    wanted: Option<&RelPath>,
    project: &Project,
) -> Result<Component, NoDraft> {
    if let Some(path) = wanted {
        let known: Vec<String> = components.iter().map(|component| component.path.to_string()).collect();
        return components.into_iter().find(|component| component.path == *path).ok_or_else(|| {
            Mistake::new(format!("there is no component in `{path}`"))
                .hint(format!("found: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }))
                .into()
        });
    }
    match components.len() {
        1 => Ok(components.remove(0)),
        0 => Err(no_template(unfit, project).into()),
        _ => Err(NoDraft::Choose {
            project: project.folder_name(),
            components: components.into_iter().map(|component| component.path).collect(),
        }),
    }
}

fn no_template(unfit: &[Unfit], project: &Project) -> Mistake {
    let mistake = Mistake::new(format!("no template fits `{}`", project.folder_name()));
    let saw = if unfit.is_empty() {
        "found no package.json, pyproject.toml, requirements.txt or go.mod".to_owned()
    } else {
        unfit.iter().take(3).map(|unfit| unfit.saw.as_str()).collect::<Vec<_>>().join("; ")
    };
    mistake
        .detail(format!("{saw}; templates here are node, next, fastapi and go"))
        .hint("name the folder that holds the app: `dockwright init PATH`")
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
    template: &Template,
    policy: &Policy,
    presets: &Presets,
    project: &Project,
) -> Result<Setup, Mistake> {
    let mut setup = Setup::default();
    let mut rendered = Vec::new();
    for component in &draft.components {
        setup.files.extend(render::component(template, component, policy, presets, project)?);
        rendered.push(Rendered { component, template });
    }
    if policy.compose {
        setup.secrets = render::secrets(&draft.components, presets);
        setup.files.extend(render::compose(&draft.name, &rendered, &setup.secrets, policy, presets, project)?);
    }
    Ok(setup)
}
