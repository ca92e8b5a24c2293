//! Which template each component is made with, and what one from outside allows more than ours.

use super::{Draft, Question, render};
use crate::audit::{Tree, Weaker, weaker};
use crate::catalog::{self, Pick, Template};
use crate::decisions::{Decisions, Key, nearest};
use crate::facts::{Component, Evidence};
use crate::presets::{Policy, Presets};
use crate::project::{Mistake, Project};

/// The template of a component: the one that somebody asked for, else the one that fits; none
/// where several do equally.
pub(super) fn pick<'a>(
    templates: &'a [Template],
    component: &Component,
    decisions: &Decisions,
) -> Result<(Pick, Option<&'a Template>), Mistake> {
    let asked = decisions.of(&component.path, "template").map_or("", |decision| decision.value.as_str());
    // an origin leaves the choice to what was detected, unless its text names one template
    let from_origin = templates.iter().any(|template| !template.asked.is_empty() && template.asked == asked);
    let asked_as = if from_origin { asked } else { "" };
    let templates: Vec<&Template> = templates.iter().filter(|template| template.asked == asked_as).collect();
    let mut pick = catalog::pick(&templates, component);
    let named = templates.iter().find(|template| template.named == asked).map(|template| template.manifest.id.as_str());
    if let Some(id) = named.or((!from_origin && !asked.is_empty()).then_some(asked)) {
        pick.template = Some(wanted(id, &pick, component)?);
    }
    if pick.fitting().next().is_none() {
        let reasons: Vec<String> =
            pick.reasons.iter().map(|reason| format!("{:<10} {}", reason.id, reason.because)).collect();
        let origin = if from_origin { format!(" of `{asked}`") } else { String::new() };
        return Err(Mistake::new(format!("no template{origin} fits `{}`", component.name)).detail(reasons.join("\n")));
    }
    let template = templates.into_iter().find(|template| pick.template.as_ref() == Some(&template.manifest.id));
    Ok((pick, template))
}

/// Several templates fit equally: a person says which.
pub(super) fn which_template(component: &Component, pick: &Pick, templates: &[Template]) -> Question {
    let choices = pick.fitting().filter_map(|reason| {
        let template = templates.iter().find(|one| one.manifest.id == reason.id && !one.asked.is_empty())?;
        Some((template.named.clone(), Evidence::none(&template.manifest.summary)))
    });
    let choices: Vec<(String, Evidence)> = choices.collect();
    let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
    Question {
        key: Key::of(&component.path, "template"),
        ask: format!("which template is `{}` made with", component.name),
        expected: names.join(" or "),
        choices,
    }
}

/// What templates from outside allow beyond the built-in ones that fit the same components.
pub(super) fn weaker_than_built_in(
    draft: &Draft,
    chosen: &[&Template],
    policy: &Policy,
    presets: &Presets,
    project: &Project,
    tree: &Tree,
) -> Result<Vec<Weaker>, Mistake> {
    if draft.pulls.is_empty() {
        return Ok(Vec::new());
    }
    let built_in = catalog::built_in()?;
    let all: Vec<&Template> = built_in.iter().collect();
    let known = draft.components.iter().zip(chosen).map(|(component, template)| {
        let fitting = catalog::pick(&all, component).template;
        all.iter().find(|known| fitting.as_ref() == Some(&known.manifest.id)).unwrap_or(template)
    });
    let known: Vec<&Template> = known.copied().collect();
    let theirs = render(draft, &known, policy, presets, project)?;
    Ok(weaker(&draft.setup, &theirs, tree))
}

/// The id of a template that somebody asked for.
fn wanted(id: &str, pick: &Pick, component: &Component) -> Result<String, Mistake> {
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
