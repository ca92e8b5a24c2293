//! What a member of a workspace needs of the others: its image is built from the workspace's root.

use super::{Argv, Evidence};
use crate::paths::RelPath;

/// A component that is a member of a workspace; paths are relative to the workspace's root.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// What makes it a member.
    pub evidence: Evidence,
    /// The members that it depends on, directly or not, each after those that it needs itself.
    pub needs: Vec<Needed>,
    /// Builds them, run in the root before the component's own build.
    pub builds: Vec<Argv>,
    /// The members that its image has nothing of.
    pub others: Vec<RelPath>,
}

/// A member that another depends on.
#[derive(Debug, Clone)]
pub struct Needed {
    pub path: RelPath,
    /// The dependency that names it.
    pub evidence: Evidence,
    /// Its package.json is there in production and what it runs; otherwise the build alone has it.
    pub in_production: bool,
    /// The folder that its build writes, relative to it.
    pub output: Option<RelPath>,
    /// What production has of it besides its packages, relative to it.
    pub files: Vec<RelPath>,
    pub folders: Vec<RelPath>,
    /// Folders of sources that run as they are, relative to it: mounted in development.
    pub sources: Vec<RelPath>,
    /// Folders of sources that it is built from.
    pub built_from: Vec<RelPath>,
}
