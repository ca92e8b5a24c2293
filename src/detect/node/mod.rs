//! Node: package.json and what lies beside it.

mod reads;
mod resolve;
mod script;
mod sources;

use super::Context;
use crate::facts::Component;
use crate::paths::RelPath;
use crate::project::Mistake;

/// The Node component in a folder, if there is one.
///
/// # Errors
/// A package.json that is not valid JSON.
pub fn component(_context: &Context<'_>, _path: &RelPath) -> Result<Option<Component>, Mistake> {
    Ok(None)
}
