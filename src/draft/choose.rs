//! Which components a draft is of, and what was settled for which.

use super::NoDraft;
use crate::decisions::{Chosen, Decisions, Key};
use crate::detect::{Detection, detect};
use crate::facts::Component;
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project};

/// What was found, the chosen components alone, and the decisions with the components they are of.
pub(super) struct Choice {
    /// Its components are the chosen ones.
    pub detection: Detection,
    pub others: Vec<RelPath>,
    pub decisions: Decisions,
}

/// Finds the project's components and keeps those that somebody chose.
///
/// # Errors
/// No component, several and none chosen, a mistake in the project or in what was settled.
pub(super) fn choose(project: &Project, presets: &Presets, decisions: &Decisions) -> Result<Choice, NoDraft> {
    let mut detection = detect(project, decisions, presets)?;
    let chosen = decisions.chosen().map_err(|error| Mistake::new(error.to_string()))?;
    let mut paths = chosen_paths(&detection, chosen.as_ref(), decisions, project)?;
    let mut decisions = decisions.clone();
    if let [path] = paths.as_slice()
        && settle_for(path, &mut decisions)
    {
        detection = detect(project, &decisions, presets)?;
        paths = chosen_paths(&detection, chosen.as_ref(), &decisions, project)?;
    }
    all_known(&decisions, &detection.components)?;
    let (kept, others): (Vec<_>, Vec<_>) =
        detection.components.into_iter().partition(|component| paths.contains(&component.path));
    detection.components = kept;
    Ok(Choice { detection, others: others.into_iter().map(|component| component.path).collect(), decisions })
}

fn chosen_paths(
    detection: &Detection,
    chosen: Option<&Chosen>,
    decisions: &Decisions,
    project: &Project,
) -> Result<Vec<RelPath>, NoDraft> {
    let found: Vec<RelPath> = detection.components.iter().map(|component| component.path.clone()).collect();
    let template = |path: &RelPath| decisions.of(path, "template").map(|decision| decision.value.as_str());
    let misfit = |id: &str, of: &str| {
        let mistake = Mistake::new(format!("template `{id}` does not fit `{of}`"));
        NoDraft::from(mistake.hint("leave `--template` out, or see `dockwright detect`"))
    };
    if let Some(Chosen::Some(wanted)) = chosen {
        return match wanted.iter().find(|path| !found.contains(path)) {
            None if wanted.is_empty() => Err(Mistake::new("`components` names none").into()),
            None => Ok(wanted.clone()),
            Some(path) => match template(path) {
                Some(id) => Err(misfit(id, path.as_str())),
                None => {
                    let known = if found.is_empty() { "none".to_owned() } else { listed(&found) };
                    let mistake = Mistake::new(format!("there is no component in `{path}`"));
                    Err(mistake.hint(format!("found: {known}")).into())
                }
            },
        };
    }
    match (found.len(), chosen) {
        (0, _) => match template(&RelPath::root()).filter(|_| detection.unfit.is_empty()) {
            Some(id) => Err(misfit(id, &project.folder_name())),
            None => Err(no_template(detection, project).into()),
        },
        (1, _) | (_, Some(_)) => Ok(found),
        _ => Err(NoDraft::Choose { project: project.folder_name(), components: found }),
    }
}

/// What was settled without naming a component is of the only one; whether there was any such.
fn settle_for(path: &RelPath, decisions: &mut Decisions) -> bool {
    let unplaced = |key: &Key| key.component.is_root() && !key.is_of_project();
    let moved: Vec<_> = decisions
        .iter()
        .filter(|(key, _)| !path.is_root() && unplaced(key))
        .map(|(key, decision)| (key.clone(), decision.clone()))
        .collect();
    for (key, decision) in &moved {
        decisions.unsettle(key);
        let key = Key { component: path.clone(), name: key.name.clone() };
        decisions.settle(key, decision.value.as_str(), decision.by);
    }
    !moved.is_empty()
}

/// A decision that no component hears would be a silent one.
fn all_known(decisions: &Decisions, components: &[Component]) -> Result<(), Mistake> {
    if let Some((key, _)) = decisions.iter().find(|(key, _)| key.is_of_project() && !key.component.is_root()) {
        let name = Key { component: RelPath::root(), name: key.name.clone() };
        return Err(Mistake::new(format!("`{key}` is settled, and `{name}` is the project's"))
            .hint(format!("leave `{}:` out", key.component)));
    }
    let is_known = |key: &Key| {
        let paths: Vec<&RelPath> = components.iter().map(|component| &component.path).collect();
        key.is_of_project() || paths.contains(&&key.component)
    };
    let Some((key, decision)) = decisions.iter().find(|(key, _)| !is_known(key)) else { return Ok(()) };
    let paths: Vec<RelPath> = components.iter().map(|component| component.path.clone()).collect();
    let example = Key { component: paths.first().cloned().unwrap_or_else(RelPath::root), name: key.name.clone() };
    let what = match key.component.is_root() {
        true => format!("which component is `{key}={}` of?", decision.value),
        false => format!("`{key}` is settled, and there is no component in `{}`", key.component),
    };
    let mistake = Mistake::new(what).detail(format!("settled by {}; components are {}", decision.by, listed(&paths)));
    Err(mistake.hint(format!("name it, as in `{example}={}`", decision.value)))
}

fn listed(paths: &[RelPath]) -> String {
    paths.iter().map(RelPath::as_str).collect::<Vec<_>>().join(", ")
}

fn no_template(detection: &Detection, project: &Project) -> Mistake {
    let mistake = Mistake::new(format!("no template fits `{}`", project.folder_name()));
    // what is wrong in the project may be why nothing fits
    let named = detection.warnings.iter().map(|warning| {
        let place = warning.evidence.first().map(|evidence| format!(" ({})", evidence.place())).unwrap_or_default();
        format!("{}{place}", warning.message)
    });
    let unfit = detection.unfit.iter().take(3).map(|unfit| unfit.saw.clone());
    let saw: Vec<String> = unfit.chain(named.take(2)).collect();
    let saw = match saw.is_empty() {
        true => "found no package.json, pyproject.toml, requirements.txt or go.mod".to_owned(),
        false => saw.join("; "),
    };
    let hint = detection.warnings.iter().map(|warning| warning.hint.as_str()).find(|hint| !hint.is_empty());
    mistake
        .detail(format!("{saw}; templates here are node, next, fastapi and go"))
        .hint(hint.unwrap_or("name the folder that holds the app: `dockwright init PATH`"))
}
