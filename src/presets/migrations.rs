//! Tools that bring a database up to date.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `presets/migrations/<id>.toml`: a tool that brings a database up to date. Patterns of files take
/// `*` for a part of a name and begin with `**/` for any depth.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MigrationPreset {
    /// For people: `Prisma`.
    pub name: String,
    /// Services whose address it is given.
    pub databases: Vec<String>,
    /// `{config}` is the file of settings, `{folder}` the folder with the migrations, `{address}`
    /// the database's address.
    pub command: Vec<String>,
    /// Words after the tool's name that run migrations, in scripts of the project.
    #[serde(default)]
    pub runs: Vec<String>,
    /// What it reads, where it is there: patterns.
    #[serde(default)]
    pub reads: Vec<String>,
    /// What stands in the code of an app that runs its migrations itself.
    #[serde(default)]
    pub itself: Vec<String>,
    pub detect: MigrationDetect,
    /// Commands of packages, each with the package that it cannot do without.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
    /// Variables that it reads, with the placeholders of `command`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Where it is no package of the project but a program of its own.
    #[serde(default)]
    pub program: Option<MigrationProgram>,
}

/// Which files show that a tool is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MigrationDetect {
    /// The migrations themselves: one of these is there.
    pub needs: Vec<String>,
    /// The file of settings; the first that is there is evidence.
    #[serde(default)]
    pub finds: Vec<String>,
    /// What stands in each migration.
    #[serde(default)]
    pub text: Option<String>,
}

/// A program of its own: `go install` brings it, or an image has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MigrationProgram {
    /// The module; its version is go.mod's where it is there.
    pub module: String,
    pub package: String,
    pub version: String,
    /// Build tags, joined by commas.
    pub tags: String,
    /// The image that has it, where `go install` cannot bring it.
    pub image: Option<String>,
    /// Where it lies there.
    pub path: String,
}
