//! What only Next.js has.

use super::{Argv, EnvName, Evidence, Found, Line};
use crate::paths::RelPath;

/// A Next.js app besides what holds for every Node project; paths are relative to the component.
#[derive(Debug, Clone)]
pub struct Next {
    /// `output: 'standalone'`: the build leaves a server with just the packages that it needs.
    /// Without it production runs `next start` with all packages of production.
    pub standalone: Found<bool>,
    /// As locked, or as package.json asks for.
    pub major: Option<u64>,
    /// `next.config.*`
    pub config: Option<RelPath>,
    /// Files are traced from above its folder: the server lies as deep in the standalone output as
    /// the app in the image.
    pub traced_from_above: Option<Evidence>,
    /// The output begins at the app's own folder, not at the workspace's root.
    pub traces_own_folder: bool,
    /// What would make it standalone, where it is not.
    pub edit: Option<Edit>,
    /// Set while building: next.config asks for it before it says `standalone`.
    pub build_variable: Option<(EnvName, Line)>,
    /// `public/` is there.
    pub public: bool,
    /// What the build writes into `node_modules`, where all packages lie in one folder: production
    /// needs it too.
    pub generated: Option<RelPath>,
    /// Run in the development image before anything else: it writes what the sources import.
    pub prepare: Option<Argv>,
    /// `next start` could not read next.config without packages of development.
    pub config_needs_build: bool,
}

/// A change to one file of the project's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub file: RelPath,
    /// Its whole new text.
    pub after: String,
    /// Somebody decided to make it.
    pub wanted: bool,
}
