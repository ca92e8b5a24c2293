//! How names in the environment are told apart, as data.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A value that names have in production where an app insists on one and nothing says which.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UsualValue {
    pub names: Vec<String>,
    pub value: String,
}

/// A secret that a tool of the build reads by itself; it does without, and says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolToken {
    pub name: String,
    /// Functions that settings of bundlers call.
    pub calls: Vec<String>,
    /// Commands in scripts of the build.
    #[serde(default)]
    pub commands: Vec<String>,
}

/// `presets/settings.toml`: how a name in the environment is told to be secret, and which secrets
/// are the component's own to make up.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SettingsPreset {
    /// Words of a name, between `_`, that make it secret.
    pub secret_words: Vec<String>,
    /// Words that make it plain after all: `PUBLIC_KEY`, `KEY_FILE`, `TOKEN_EXPIRY`.
    pub plain_words: Vec<String>,
    /// Names that hold an address with a password in it.
    pub secret_names: Vec<String>,
    /// Names of random values that no other party has to know: generated.
    pub own_names: Vec<String>,
    pub own_prefixes: Vec<String>,
    /// Names whose value says which database is used: `DB_CLIENT=pg`.
    pub choice_names: Vec<String>,
    /// Names that the image or the engine sets, never a setting.
    pub not_settings: Vec<String>,
    /// Names that hold the address to listen on, which is `0.0.0.0` in a container.
    pub host_names: Vec<String>,
    /// Commands of packages that listen on loopback, each with the variable for the address.
    pub command_hosts: BTreeMap<String, String>,
    /// Words of the name of a port or address that is another party's: `DB_PORT`.
    pub other_words: Vec<String>,
    /// Values of plain names that suit every app in production.
    pub usual: Vec<UsualValue>,
    /// Tokens that tools of the build read by themselves.
    pub tool_token: Vec<ToolToken>,
    /// Words of the name of a second port of the same program: `METRICS_PORT`.
    pub second_words: Vec<String>,
}

impl SettingsPreset {
    /// Whether a name alone says that its value is a secret.
    pub fn is_secret(&self, name: &str) -> bool {
        let has = |words: &[String]| name.split('_').any(|word| words.contains(&word.to_ascii_lowercase()));
        self.secret_names.iter().any(|known| known == name) || (has(&self.secret_words) && !has(&self.plain_words))
    }
}
