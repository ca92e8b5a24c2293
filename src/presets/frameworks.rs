//! Frameworks that build a server of their own.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `presets/frameworks/<id>.toml`: a framework whose build leaves a server. Paths are relative to
/// the component.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrameworkPreset {
    /// For people: `Nuxt`.
    pub name: String,
    /// Dependencies of any kind; each shows it.
    pub packages: Vec<String>,
    /// One of these has to be there too for a server that Node runs; empty: nothing more.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What it is without them, for people.
    #[serde(default)]
    pub without: Option<String>,
    /// Commands of the framework in scripts: what they start is what `start` starts.
    pub tools: Vec<String>,
    /// The JavaScript behind commands of packages.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Builds it where no script does.
    pub build: Vec<String>,
    /// Starts what the build leaves; `{output}` is its folder.
    pub start: Vec<String>,
    /// The folder that the build writes.
    pub output: String,
    /// What of the project's settings says another one.
    #[serde(default)]
    pub output_by: Option<OptionPreset>,
    /// What says that there is no server but static pages.
    #[serde(default)]
    pub pages_by: Option<OptionPreset>,
    /// All packages that the server needs lie in the output.
    #[serde(default)]
    pub self_contained: bool,
    /// `scripts.start` is written to be run in the output, which has a package.json of its own.
    #[serde(default)]
    pub starts_in_output: bool,
    /// Where it listens, if nothing says otherwise.
    pub port: u16,
    /// Variables that the image sets.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Settings that it reads while running, each with what it takes on the developer's machine.
    #[serde(default)]
    pub setting: Vec<FrameworkSetting>,
    /// Its server of development, reachable from outside of its container; `{port}` is the port.
    pub develop: Vec<String>,
    /// What that writes.
    pub writes: Vec<String>,
    /// Commands of lifecycle scripts that the build and the development server do themselves.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// Folders that the build takes into the output.
    #[serde(default)]
    pub takes: Vec<String>,
    /// Folders whose files are routes.
    #[serde(default)]
    pub routes: Vec<RoutesPreset>,
    /// Modules whose default export is the router.
    #[serde(default)]
    pub routers: Vec<String>,
}

/// A key in the settings of the project.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OptionPreset {
    /// The files that may say it, without their ending.
    pub files: Vec<String>,
    /// The package whose function is given the key; none: it is a key of what the file exports.
    #[serde(default)]
    pub package: Option<String>,
    pub key: String,
    /// The value that counts; none: whichever it is.
    #[serde(default)]
    pub value: Option<String>,
}

/// A name in the environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrameworkSetting {
    pub name: String,
    /// `{port}` is the port.
    pub value: String,
    /// What it is for, beside its line in compose.yaml.
    pub because: String,
}

/// A folder whose files are routes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoutesPreset {
    pub folder: String,
    /// What stands before their paths.
    #[serde(default)]
    pub prefix: String,
    /// How a name ends; what is left of it is the last part of the path.
    pub ends: Vec<String>,
    /// A dot in a name is a `/` of the path.
    #[serde(default)]
    pub dots: bool,
    /// What has to stand in the file for it to answer `GET`.
    #[serde(default)]
    pub text: Option<String>,
}
