//! What brings the database to the state that the code needs.

use std::fmt;

use super::{Argv, EnvName, ImageRef};
use crate::paths::RelPath;

/// Where Node's package managers put the commands of packages.
const PACKAGES: &str = "node_modules/.bin/";

/// How a component's migrations are run: once, before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// For people: `Prisma`. A command that somebody settled is nobody's.
    pub tool: String,
    pub command: Argv,
    pub place: MigrationPlace,
    /// Variables that the command reads besides the component's settings: name and value.
    pub environment: Vec<(EnvName, MigrationValue)>,
    /// The settings of the component that it is given.
    pub settings: Vec<EnvName>,
    /// Files and folders that it reads, relative to the component.
    pub files: Vec<RelPath>,
}

/// Where its command can run.
#[derive(Debug, Clone, PartialEq)]
pub enum MigrationPlace {
    /// In the production image: the tool is one of its packages.
    Production,
    /// On top of the build, which has the packages of development too.
    Build,
    /// In an image of its own with nothing but the tool and the files.
    Own(MigrationTool),
}

/// A program that is no part of the project.
#[derive(Debug, Clone, PartialEq)]
pub struct MigrationTool {
    /// The program's name: `goose`.
    pub program: String,
    pub source: ToolSource,
}

/// Where a program comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolSource {
    /// `go install`: the package with a version, and build tags joined by commas.
    Go { package: String, tags: String },
    /// It lies at a path of an image.
    Image { image: ImageRef, path: String },
}

/// What a variable of a migration holds.
#[derive(Debug, Clone, PartialEq)]
pub enum MigrationValue {
    Text(String),
    /// The same as a setting of the component, which is a secret: the database's address.
    Setting(EnvName),
}

impl fmt::Display for Migration {
    /// As one would type it: a command of a package without the folder it lies in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.command.to_string();
        f.write_str(text.strip_prefix(PACKAGES).unwrap_or(&text))
    }
}
