//! `template.toml`.

use serde::Deserialize;

/// A template's manifest. Unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    pub id: String,
    pub summary: String,
    /// The version of dockwright it needs: `>=0.1`.
    pub dockwright: String,
    /// An expression over the component's facts: whether it fits.
    pub when: String,
    pub file: Vec<FileEntry>,
    #[serde(default)]
    pub service: Service,
}

/// One output.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileEntry {
    /// A file below `files/`.
    pub from: String,
    /// A path below the component's folder.
    pub to: String,
    /// An expression; the file is written only where it holds.
    pub when: Option<String>,
}

/// What compose must know of a component. Texts are templates over the component's facts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Service {
    /// `uid:gid`
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub tmpfs: Vec<String>,
    #[serde(default)]
    pub memory: String,
    #[serde(default)]
    pub development: Development,
}

/// The same for compose.override.yaml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Development {
    #[serde(default)]
    pub debug_port: Option<u16>,
    /// An expression; the debugger is there only where it holds.
    #[serde(default)]
    pub debug_when: Option<String>,
    #[serde(default)]
    pub memory: String,
    /// Where the sources lie in the development image.
    #[serde(default)]
    pub workdir: String,
    /// The development image writes outside its tmpfs: compilers do.
    #[serde(default)]
    pub writable: bool,
    /// Named volumes: `go_cache:/cache`.
    #[serde(default)]
    pub volumes: Vec<String>,
}
