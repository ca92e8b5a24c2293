//! Curated choices as TOML below `presets/`: policies, runtimes, package managers, backing
//! services. One addition is one file there and no line here.

mod frameworks;
mod migrations;
mod python;
mod services;
mod settings;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::facts::{ImageRef, Place, Runtime};

pub use frameworks::{FrameworkPreset, FrameworkSetting, OptionPreset, RoutesPreset};
pub use migrations::{MigrationDetect, MigrationPreset, MigrationProgram};
pub use python::{NativePreset, PythonPackagesPreset};
pub use services::{Dialect, ServiceDetect, ServicePreset, ServiceSecret, ServiceVersion};
pub use settings::{SettingsPreset, ToolToken, UsualValue};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/presets");
static BUILT_IN: LazyLock<Presets> = LazyLock::new(|| Presets::load().expect("built-in presets are checked by a test"));

/// All presets, each kind by id.
#[derive(Debug, Clone)]
pub struct Presets {
    pub policies: BTreeMap<String, Policy>,
    pub runtimes: BTreeMap<String, RuntimePreset>,
    pub packages: BTreeMap<String, PackagesPreset>,
    /// Package managers of Python.
    pub python: BTreeMap<String, PythonPackagesPreset>,
    pub services: BTreeMap<String, ServicePreset>,
    pub migrations: BTreeMap<String, MigrationPreset>,
    pub frameworks: BTreeMap<String, FrameworkPreset>,
    pub settings: SettingsPreset,
    pub ignore: IgnorePreset,
}

/// `presets/<id>.toml`: how hard and how much. May not name a fact's key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    pub summary: String,
    /// The last stage has no shell and no package manager.
    pub distroless: bool,
    /// .dockerignore names what gets in, not what stays out.
    pub allow_list: bool,
    /// compose.yaml, its override, docker-bake.hcl and secrets/ are written too.
    pub compose: bool,
    /// A finding of severity warning stops the write too.
    pub warnings_stop: bool,
}

/// `presets/runtimes/<id>.toml`: versions with images and end-of-life dates.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuntimePreset {
    /// For people: `Node`.
    pub name: String,
    /// Newest first; the first whose `lts` is set is the default.
    pub version: Vec<RuntimeVersion>,
    /// Commands that ask the app how it is, by the runtime itself; `{path}` is the health path.
    pub probe: ProbePreset,
    /// The day the table was made, `YYYY-MM-DD`.
    pub as_of: String,
    /// Libraries that break on musl or need build tools there: a glibc base is used.
    #[serde(default)]
    pub needs_glibc: Vec<String>,
    /// Libraries that install compiles.
    #[serde(default)]
    pub compiles: Vec<CompiledPreset>,
    /// Instructions that bring what compiling takes, on the usual base and on the slim one.
    #[serde(default)]
    pub build_tools: Vec<String>,
    #[serde(default)]
    pub build_tools_slim: Vec<String>,
    /// Libraries that no supported version builds, and what took their place.
    #[serde(default)]
    pub gone: BTreeMap<String, String>,
    /// Libraries without a ready build for the image, with what they need of Debian.
    #[serde(default)]
    pub native: Vec<NativePreset>,
    /// What the development stage installs so that an editor's debugger can connect: the runtime's
    /// own word for a program at a version.
    #[serde(default)]
    pub debugger: Option<String>,
    /// What programs that link C need.
    pub cgo: Option<CgoPreset>,
    /// Beginnings (`git.`) and ends (`.internal`) of hosts whose modules are on no public proxy,
    /// unless it is one of `public_hosts`.
    #[serde(default)]
    pub private_hosts: Vec<String>,
    #[serde(default)]
    pub public_hosts: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CgoPreset {
    /// The image to run on, and the one with the library of C++.
    pub run: String,
    pub run_cpp: String,
    pub library: Vec<CgoLibrary>,
}

/// Libraries that do not work without cgo.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CgoLibrary {
    /// Module paths; a longer path below one counts too.
    pub paths: Vec<String>,
    #[serde(default)]
    pub cpp: bool,
    /// What of the system they load, for people: no image here has it.
    pub needs: Option<String>,
}

/// A library that install compiles.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CompiledPreset {
    pub name: String,
    /// From this major version on it brings a build for every base.
    pub below: Option<u32>,
}

impl RuntimePreset {
    /// The runtime in one of its versions.
    ///
    /// # Errors
    /// An image without a tag: a mistake in the preset.
    pub fn runtime(&self, version: &RuntimeVersion) -> Result<Runtime, String> {
        let image = |text: &str| ImageRef::new(text).map_err(|error| format!("`{text}`: {error}"));
        Ok(Runtime {
            name: self.name.clone(),
            version: version.version.clone(),
            image: image(&version.image)?,
            slim: image(&version.slim)?,
            distroless: version.distroless.as_deref().map(image).transpose()?,
            end_of_life: version.end_of_life.clone(),
            package_managers: version.package_managers.clone(),
        })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuntimeVersion {
    pub version: String,
    /// The newest release known on the day of the table, for ranges: `26.10.0`.
    pub newest: String,
    #[serde(default)]
    pub default: bool,
    /// `YYYY-MM-DD`; supported through that day.
    pub end_of_life: String,
    pub image: String,
    pub slim: String,
    /// Not every version of every runtime has one.
    #[serde(default)]
    pub distroless: Option<String>,
    /// Package managers in the image: paths that `rm -rf` takes.
    #[serde(default)]
    pub package_managers: Vec<String>,
    #[serde(default)]
    pub codename: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProbePreset {
    pub http: Vec<String>,
    pub port: Vec<String>,
    /// The same where the runtime lies elsewhere: in a distroless image.
    pub distroless_command: Option<String>,
}

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

fn modules() -> String {
    "./node_modules".to_owned()
}

/// `presets/ignore.toml`: patterns of .dockerignore that every stack needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IgnorePreset {
    pub secrets: Vec<String>,
    /// Version control, CI, editors.
    pub tools: Vec<String>,
    /// Container files and dockwright's own.
    pub containers: Vec<String>,
}

/// Files directly in `presets/` that are no policies.
const NO_POLICY: &[&str] = &["settings", "ignore"];

impl Presets {
    /// Those inside the binary.
    pub fn built_in() -> &'static Presets {
        &BUILT_IN
    }

    fn load() -> anyhow::Result<Self> {
        let policies = read_all("")?;
        Ok(Presets {
            policies,
            runtimes: read_all("runtimes")?,
            packages: read_all("packages")?,
            python: read_all("packages/python")?,
            services: read_all("services")?,
            migrations: read_all("migrations")?,
            frameworks: read_all("frameworks")?,
            settings: read_one("settings.toml")?,
            ignore: read_one("ignore.toml")?,
        })
    }

    /// The backing service that an image is, whatever its tag and digest: id and preset.
    pub fn service_of(&self, image: &str) -> Option<(&str, &ServicePreset)> {
        let name = repository(image);
        let is_it = |preset: &ServicePreset| preset.version.iter().any(|version| repository(&version.image) == name);
        self.services.iter().find(|(_, preset)| is_it(preset)).map(|(id, preset)| (id.as_str(), preset))
    }

    /// Where a service goes unless somebody says otherwise.
    pub fn default_place(&self) -> Place {
        Place::Compose
    }
}

/// Every TOML file directly in a folder, by its name without the ending.
fn read_all<T: DeserializeOwned>(folder: &str) -> anyhow::Result<BTreeMap<String, T>> {
    let dir = if folder.is_empty() { Some(&FOLDER) } else { FOLDER.get_dir(folder) };
    let files = dir.into_iter().flat_map(|dir| dir.files());
    files
        .filter(|file| file.path().extension().is_some_and(|ext| ext == "toml"))
        .filter(|file| !file.path().file_stem().is_some_and(|stem| NO_POLICY.iter().any(|name| stem == *name)))
        .map(|file| {
            let path = file.path().to_string_lossy();
            let id = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Ok((id, read_one(&path)?))
        })
        .collect()
}

fn read_one<T: DeserializeOwned>(path: &str) -> anyhow::Result<T> {
    let text = FOLDER
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .ok_or_else(|| anyhow::anyhow!("no preset presets/{path}"))?;
    toml::from_str(text).map_err(|error| anyhow::anyhow!("presets/{path}: {error}"))
}

/// `docker.io/library/postgres:18@sha256:…` is `postgres`.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_preset_is_read() {
        let presets = Presets::load().unwrap();
        assert!(presets.policies.contains_key("standard"));
        assert!(presets.runtimes.values().all(|runtime| runtime.version.iter().filter(|v| v.default).count() == 1));
    }
}
