//! Which template fits a component, with the reasons for and against each.

use schemars::JsonSchema;
use serde::Serialize;

use super::Template;
use crate::facts::Component;

/// The outcome for one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The id of the template that is used.
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

/// Picks the template whose `when` holds for the component's stack.
pub fn pick(templates: &[Template], component: &Component) -> Pick {
    let reasons: Vec<Reason> = templates
        .iter()
        .map(|template| {
            let manifest = &template.manifest;
            let fits = manifest.when == component.stack.id();
            let because = if fits {
                format!("{} ({})", component.evidence.because, component.evidence.place())
            } else {
                format!("needs a {} project", manifest.when)
            };
            Reason { id: manifest.id.clone(), fits, because }
        })
        .collect();
    Pick { template: reasons.iter().find(|reason| reason.fits).map(|reason| reason.id.clone()), reasons }
}
