//! Package managers of Node: what each reads, keeps and is told.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `presets/packages/<id>.toml`: what a package manager reads, keeps and is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackagesPreset {
    /// As people write it: `yarn`. Presets of one name are told apart by what follows.
    pub name: String,
    /// Whose manager it is: `node`.
    pub stack: String,
    /// The first major version that it is for.
    #[serde(default)]
    pub first_major: u32,
    /// The last one.
    #[serde(default)]
    pub last_major: Option<u32>,
    /// The values of `nodeLinker` that it is for; empty: whatever it says, and where nothing does.
    #[serde(default)]
    pub linkers: Vec<String>,
    pub lockfiles: Vec<String>,
    /// A text that only its lockfiles have.
    #[serde(default)]
    pub lockfile_marker: Option<String>,
    /// What stands before the lockfile's version in it.
    #[serde(default)]
    pub lockfile_version: Option<String>,
    /// Files and folders that are mounted where they exist, besides package.json and the lockfile.
    #[serde(default)]
    pub also_reads: Vec<String>,
    /// The file with credentials of a private registry, in the project and in the home folder.
    #[serde(default = "npmrc")]
    pub credentials: String,
    pub cache: String,
    /// Two builds may use the cache at once.
    #[serde(default = "yes")]
    pub cache_is_shared: bool,
    /// Brings it into the image; `{version}` is its version.
    #[serde(default)]
    pub setup: Option<String>,
    /// The version where neither the project nor its lockfile says one.
    #[serde(default)]
    pub usual_version: Option<String>,
    /// The major version that reads a lockfile version, where nothing pins one.
    #[serde(default)]
    pub lockfile_versions: BTreeMap<String, String>,
    /// The first and the last major version that install from a lockfile version as it is.
    #[serde(default)]
    pub lockfile_readers: BTreeMap<String, [u32; 2]>,
    pub install: String,
    pub install_production: String,
    /// Without a lockfile.
    pub install_unlocked: String,
    pub install_unlocked_production: String,
    /// Added where the project has lifecycle scripts of its own that need its sources.
    #[serde(default)]
    pub without_scripts: String,
    /// Runs the scripts of the dependencies after an install without any.
    #[serde(default)]
    pub rebuild: String,
    /// It brings package.json into an order of its own; the change ends with the install.
    #[serde(default)]
    pub writes_manifest: bool,
    /// Instead of both: takes those that its install runs out of package.json, `scripts.NAME` each.
    #[serde(default)]
    pub without_hooks: Option<String>,
    /// Runs a script of package.json; `{script}` is its name.
    pub run: String,
    /// Puts what it installed aside, into `/runtime`; a line each.
    #[serde(default = "keep_modules")]
    pub keep: Vec<String>,
    /// Where that lies in the last image, below the app's folder.
    #[serde(default = "modules")]
    pub kept_in: String,
    /// Options of node that find the packages, where `node_modules` is not there.
    #[serde(default)]
    pub launch: Vec<String>,
    /// More of them where the app's files are ES modules.
    #[serde(default)]
    pub launch_modules: Vec<String>,
    /// Runs the command of a package, `{tool}`, where it is not in `node_modules/.bin`.
    #[serde(default)]
    pub tool: Option<String>,
    /// Packages lie deeper in `node_modules` than its top.
    #[serde(default)]
    pub nests: bool,
    /// It fails where a name in its settings is not set, whatever it is asked to do.
    #[serde(default)]
    pub needs_names: bool,
    /// What else it writes into the project's folder, for .dockerignore.
    #[serde(default)]
    pub writes: Vec<String>,
    /// How it installs and runs one member of a workspace; nothing: it cannot.
    #[serde(default)]
    pub workspace: Option<WorkspacePreset>,
}

/// Commands for one member of a workspace, run in its root with the manifests of that member and
/// those that it needs at hand. `{package}` is the member's name, `{folder}` its folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WorkspacePreset {
    /// Instead of those for a project that is no workspace.
    #[serde(default)]
    pub install: Option<String>,
    pub install_production: String,
    #[serde(default)]
    pub install_unlocked: Option<String>,
    pub install_unlocked_production: String,
    /// Runs a script of the member, `{what}`.
    pub run: String,
    /// Runs the command of a package of the member, `{what}`.
    pub exec: String,
    /// Puts what it installed aside, into `/runtime`, with the folders that it lies in.
    #[serde(default = "keep_all_modules")]
    pub keep: Vec<String>,
    /// Its install needs the manifests of all members.
    #[serde(default)]
    pub reads_all: bool,
}

fn npmrc() -> String {
    ".npmrc".to_owned()
}

fn yes() -> bool {
    true
}

fn keep_modules() -> Vec<String> {
    vec!["mkdir -p node_modules && mv node_modules /runtime".to_owned()]
}

fn keep_all_modules() -> Vec<String> {
    let moves = "mkdir -p /runtime/${1%/*} && mv $1 /runtime/$1";
    vec![format!("mkdir /runtime && find . -name node_modules -prune -exec sh -c '{moves}' _ {{}} \\;")]
}

fn modules() -> String {
    "./node_modules".to_owned()
}
