//! Go: go.mod and the packages below it.

use super::Context;
use crate::facts::Component;
use crate::paths::RelPath;
use crate::project::Mistake;

/// The Go component in a folder, if there is one.
///
/// # Errors
/// A go.mod that cannot be read.
pub fn component(_context: &Context<'_>, _path: &RelPath) -> Result<Option<Component>, Mistake> {
    Ok(None)
}
