//! Package managers of Python as data: what each reads, keeps and is told.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `presets/packages/python/<id>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PythonPackagesPreset {
    pub name: String,
    pub lockfile: String,
    /// Mounted where they exist, besides the lockfile.
    pub reads: Vec<String>,
    /// What is used where the project pins none.
    #[serde(default)]
    pub version: Option<String>,
    /// The Dockerfile instruction that brings it in; `{version}` is its version.
    #[serde(default)]
    pub setup: Option<String>,
    /// The version that reads a lockfile, by the first number of the one that wrote it.
    #[serde(default)]
    pub lockfile_versions: BTreeMap<String, String>,
    pub cache: String,
    /// It puts the environment's values in the place of `${NAME}` in its manifests.
    #[serde(default)]
    pub expands_names: bool,
    /// Names that it takes an index and its credentials from; `*` stands for the index's name.
    #[serde(default)]
    pub index_names: Vec<String>,
    /// Adds what only development needs to `/opt/venv`; `{files}` are `-r` and a file each.
    pub install: String,
    /// Makes `/opt/venv` with what production needs.
    pub install_production: String,
    /// Without a lockfile.
    pub install_unlocked: String,
    pub install_unlocked_production: String,
    /// What the install of a workspace's member says instead of something.
    #[serde(default)]
    pub workspace: Option<InWorkspace>,
    /// How an extra or a group is installed too.
    #[serde(default)]
    pub extra: Option<Insert>,
    #[serde(default)]
    pub group: Option<Insert>,
    /// For people: what adds a dependency; `{name}` is its name.
    pub add: String,
    /// For people: what writes the lockfile.
    pub lock: String,
    /// Variables that it is told by.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// `--no-install-project` of one project is another flag in a workspace.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InWorkspace {
    pub instead_of: String,
    pub flag: String,
}

/// Words that a command has besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Insert {
    /// The words behind which they stand.
    pub after: String,
    /// `{name}` is the extra's or group's.
    pub flag: String,
}

/// A library that is compiled while it is installed, or needs a library of the system.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NativePreset {
    pub library: String,
    /// With one of these extras it needs nothing.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Debian packages to build it.
    #[serde(default)]
    pub build: Vec<String>,
    /// Debian packages that it needs while it runs.
    #[serde(default)]
    pub run: Vec<String>,
}
