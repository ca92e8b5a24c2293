//! What writing would change, and the only code that writes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::paths::RelPath;

/// What writing would do to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: RelPath,
    pub kind: ChangeKind,
    /// What lies there now, if it is text.
    pub before: Option<String>,
    /// What would lie there.
    pub after: String,
    /// Permission bits.
    pub mode: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Nothing is there.
    Create,
    /// The same bytes are there.
    Same,
    /// dockwright wrote what is there and nobody edited it.
    Replace,
    /// Somebody else's, and it was decided to leave it.
    Keep,
    /// Somebody else's, and nothing is decided.
    Conflict,
}
