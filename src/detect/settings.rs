//! Which names a component reads from its environment, of which kind each is and what fills it.

use super::Context;
use crate::facts::{BackingService, EnvName, Evidence, Setting};
use crate::paths::RelPath;
use crate::project::Mistake;

/// A name that the code reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub name: EnvName,
    pub evidence: Evidence,
    /// The value the code falls back to, if it is a literal.
    pub default: Option<String>,
}

/// Joins what the code reads with `.env.example` and its like, tells secrets from plain values,
/// lets backing services fill the names that mean them, and applies what was settled.
///
/// # Errors
/// A decision that is no kind of setting.
pub fn settings(
    _context: &Context<'_>,
    _path: &RelPath,
    _reads: Vec<Read>,
    _services: &[BackingService],
) -> Result<Vec<Setting>, Mistake> {
    Ok(Vec::new())
}
