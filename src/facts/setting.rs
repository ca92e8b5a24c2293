//! A name that the component reads from its environment.

use schemars::JsonSchema;
use serde::Serialize;

use super::{EnvName, Evidence, Line, Name};

/// One name, what kind of value it takes and where the value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Setting {
    pub name: EnvName,
    pub kind: SettingKind,
    pub reads: Reads,
    pub fill: Fill,
    /// The program does not start without a value.
    pub required: bool,
    /// Where it is read or declared; the first is shown.
    pub evidence: Vec<Evidence>,
    /// A harmless value that the build is given, where it does not pass without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_build: Option<Line>,
    /// An address on the developer's own machine that the code or an example has for a plain name:
    /// another component may be behind it.
    #[serde(skip)]
    pub local: Option<Line>,
    /// What it is for, where its line in compose.yaml says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Line>,
    /// The step of the build that is given the secret itself, by a mount that is in no layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mounted: Option<BuildStep>,
}

/// A `RUN` of the build that may need a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BuildStep {
    /// Packages are installed: a private registry asks for it.
    Install,
    /// The app is built.
    Build,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    Secret,
    Plain,
    PublicAtBuild,
    SecretAtBuild,
}

/// How the code takes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// The variable holds the value. A secret needs the starter.
    Environment,
    /// The variable (`NAME_FILE`) holds the path of a file: it is mounted and nothing more.
    File,
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// A part of a backing service's address; the id is the preset's. `dialect` is the form that
    /// the reader of this name wants, by the preset's id of it; none: the usual one.
    Service { service: String, part: Part, dialect: Option<String> },
    /// A random value that only this component knows: session keys and the like.
    Generated,
    /// A secret that somebody must put in; an empty file until then.
    Empty,
    /// A plain value that the project itself gives (`.env.example`), or a decision.
    Value(String),
    /// Another component's address inside the compose project.
    Component { service: Name, address: Line },
    /// A plain name without a value: passed on where the shell or `.env` sets it.
    Passed,
    /// The image sets it: `PORT`, `NODE_ENV`, `HOST`.
    Image,
}

/// What of a backing service a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Url,
    Host,
    Port,
    /// Host and port in one: `redis:6379`.
    Address,
    User,
    Password,
    Database,
    /// Whether the connection is encrypted, in the words of its clients.
    Tls,
}

impl Part {
    /// Whether its value must not be seen.
    pub fn is_secret(self) -> bool {
        matches!(self, Part::Url | Part::Password)
    }
}

impl Setting {
    pub fn is_secret(&self) -> bool {
        self.kind == SettingKind::Secret
    }

    /// Whether a step of the build is given it as a secret.
    pub fn is_mounted_at(&self, step: BuildStep) -> bool {
        self.mounted == Some(step)
    }

    /// The file below `secrets/` that holds it: `DATABASE_URL` and `DATABASE_URL_FILE` both give
    /// `database_url`.
    pub fn secret_file(&self) -> String {
        let name = self.name.as_str();
        let name = if self.reads == Reads::File { name.strip_suffix("_FILE").unwrap_or(name) } else { name };
        name.to_ascii_lowercase()
    }
}
