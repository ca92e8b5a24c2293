//! The container files as a model: what was rendered, or what lies in a folder.

pub mod compose;
pub mod dockerfile;
pub mod ignore;
pub mod read;
pub mod yaml;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::paths::RelPath;

/// A place that the engine would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    pub line: u32,
    /// Lowercase, without a full stop.
    pub what: String,
}

/// Files by their path in the project, with the text each has or should have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    pub files: BTreeMap<RelPath, SetupFile>,
    /// Values below `secrets/` that must exist; existing ones are never changed.
    pub secrets: Vec<SecretFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupFile {
    pub text: String,
    /// Permission bits: 0o644 or 0o755.
    pub mode: u32,
}

/// A file below `secrets/` and how its first value is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretFile {
    /// The file's name, below `secrets/`.
    pub name: String,
    pub value: SecretValue,
    /// Who reads it, for the README: `db`, `app, as \`DATABASE_URL\``.
    pub read_by: Vec<String>,
    /// What it holds, for the README; never the value.
    pub holds: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretValue {
    /// 32 random bytes as hex.
    Random,
    /// Other secrets' values inside a text: `postgres://app:{db_password}@db:5432/app`.
    From(String),
    /// Somebody has to put it in.
    Empty,
}
