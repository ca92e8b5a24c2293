//! What was settled wins over what was found, and what was found stays to be seen.

use std::fmt::Display;
use std::str::FromStr;

use super::Context;
use crate::decisions::Key;
use crate::facts::{Argv, Confidence, Evidence, Found, ValueError};
use crate::paths::RelPath;
use crate::project::Mistake;

/// The settled value of a key, read by `read`, with who settled it as evidence.
///
/// # Errors
/// The text is no such value: says what was expected.
pub fn decided<T, E: Display>(
    context: &Context<'_>,
    component: &RelPath,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<(T, Evidence)>, Mistake> {
    let Some(decision) = context.decisions.of(component, key) else { return Ok(None) };
    match read(&decision.value) {
        Ok(value) => Ok(Some((value, Evidence::none(decision.by.to_string())))),
        Err(error) => Err(Mistake::new(format!("`{}` cannot be `{}`", Key::of(component, key), decision.value))
            .detail(format!("{error} (settled by {})", decision.by))),
    }
}

/// The settled value, if there is one, else what was found. Facts that say otherwise become
/// rejected.
pub fn or_found<T: PartialEq>(decided: Option<(T, Evidence)>, found: Found<T>) -> Found<T> {
    let Some((value, by)) = decided else { return found };
    let rejected = match found {
        Found::Known { value: other, evidence, mut rejected, .. } => {
            rejected.extend(evidence.into_iter().next().map(|evidence| (other, evidence)));
            rejected
        }
        Found::Unclear { candidates } => candidates,
        Found::Absent => Vec::new(),
    };
    let rejected = rejected.into_iter().filter(|(other, _)| *other != value).collect();
    Found::Known { value, confidence: Confidence::Decided, evidence: vec![by], rejected }
}

/// A value, or `none`.
pub fn or_none<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text == "none" { Ok(None) } else { text.parse().map(Some) }
}

/// As [`or_none`], for commands.
pub fn command_or_none(text: &str) -> Result<Option<Argv>, ValueError> {
    if text == "none" { Ok(None) } else { Argv::parse(text).map(Some) }
}
