//! Rules over a setup, and what they find.

pub mod rules;

use schemars::JsonSchema;
use serde::Serialize;

use crate::paths::RelPath;

/// How bad it is. An error stops a write; a warning does under a policy that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule's id: `root-user`.
    pub rule: String,
    pub severity: Severity,
    pub file: RelPath,
    /// From 1; `None` where the file itself is the place, or it is missing.
    pub line: Option<u32>,
    /// What is wrong there, lowercase, without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}
