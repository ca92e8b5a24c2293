//! Curated choices as TOML below `presets/`: policies, runtimes, package managers, backing
//! services. One addition is one file there and no line here.

mod frameworks;
mod migrations;
mod packages;
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
pub use packages::{PackagesPreset, WorkspacePreset};
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
    /// Versions that are no longer supported, without an image here, and the day that ended it.
    #[serde(default)]
    pub ended: BTreeMap<String, String>,
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
