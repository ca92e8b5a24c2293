//! Which template fits a component, with the reasons for and against each.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Template, conditions};
use crate::facts::Component;

/// The outcome for one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The id of the template that is used; none where none fits, or where several do equally.
    pub template: Option<String>,
    /// One per template of the catalog.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    pub id: String,
    pub fits: bool,
    pub because: String,
}

impl Pick {
    /// Those that fit; more than one: a question.
    pub fn fitting(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.fits)
    }
}

/// Picks the template whose `when` holds for what was detected.
pub fn pick(templates: &[&Template], component: &Component) -> Pick {
    let reasons: Vec<Reason> = templates
        .iter()
        .map(|template| {
            let manifest = &template.manifest;
            let (fits, because) = match conditions::holds(&manifest.when, component) {
                Ok(true) => (true, format!("{} ({})", component.evidence.because, component.evidence.place())),
                Ok(false) if conditions::STACKS.contains(&manifest.when.as_str()) => {
                    (false, format!("needs a {} project", manifest.when))
                }
                Ok(false) => (false, format!("needs a project where `{}` holds", manifest.when)),
                Err(wrong) => (false, format!("its `when` cannot be read: {wrong}")),
            };
            Reason { id: manifest.id.clone(), fits, because }
        })
        .collect();
    let mut fitting = reasons.iter().filter(|reason| reason.fits);
    let template = match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    };
    Pick { template, reasons }
}
