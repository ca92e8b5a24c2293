//! Which backing services a component talks to: its client libraries say so.

use super::Context;
use crate::facts::{BackingService, Evidence};
use crate::paths::RelPath;
use crate::presets::ServiceDetect;
use crate::project::Mistake;

/// The services whose client libraries are among the dependencies, and those that were settled
/// (`--with redis=elsewhere`, key `services`, which replaces the list).
///
/// `libraries` picks the stack's list of a preset, `find` says where a library is required.
///
/// # Errors
/// A decision that names a service without a preset, or an unknown place.
pub fn services(
    _context: &Context<'_>,
    _path: &RelPath,
    _libraries: impl Fn(&ServiceDetect) -> &[String],
    _find: impl Fn(&str) -> Option<Evidence>,
) -> Result<Vec<BackingService>, Mistake> {
    Ok(Vec::new())
}
