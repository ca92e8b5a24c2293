//! `.dockwright/`: what was written, from what, and the text of each file as written. Safe to
//! commit; no value of a secret, no clock.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::compare::{Change, ChangeKind, Choice};
use crate::catalog::Pull;
use crate::paths::RelPath;
use crate::project::{Mistake, Project};
use crate::setup::{SecretFile, SecretValue, Setup};

/// The receipt's place in a project.
pub const RECEIPT: &str = ".dockwright/receipt.json";
/// Where the texts of the files lie as they were written.
const BASE: &str = ".dockwright/base";

/// What an earlier run wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub version: u32,
    /// The version of dockwright that wrote it.
    pub dockwright: String,
    /// The template's id; of several components, the first one's.
    pub template: String,
    /// Of several components: path and template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, String>,
    /// Where templates came from, exactly, by the path of their component; none: built in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pulls: BTreeMap<String, Pull>,
    /// Digest (sha256) of each file's text with Unix line ends, by path.
    pub files: BTreeMap<String, String>,
    /// Files of the user's that stay, and how that was decided.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, Choice>,
    /// How the value of each secret is made, so that a clone without them can make its own.
    pub secrets: BTreeMap<String, Recipe>,
}

/// How a secret's first value is made; never the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Of a backing service: a random value.
    Random,
    /// Of the app alone: what `.env` has on request, else a random value.
    Generated,
    From(String),
    Empty,
}

impl Receipt {
    /// The receipt of a setup after its changes. Of a file that stays as somebody edited it, and of
    /// one that is left over, it still says what was written last.
    ///
    /// `templates` are the components' paths with the ids of their templates.
    pub fn of(
        templates: &[(String, String)],
        setup: &Setup,
        changes: &[Change],
        before: Option<&Receipt>,
        root: &Path,
    ) -> Self {
        let mut files = before.map(|before| before.files.clone()).unwrap_or_default();
        files.retain(|path, _| RelPath::new(path).is_ok_and(|path| path.under(root).is_file()));
        let mut kept = BTreeMap::new();
        for change in changes {
            match change.kind {
                ChangeKind::Create | ChangeKind::Same | ChangeKind::Replace | ChangeKind::Beside => {
                    if setup.files.contains_key(&change.path) {
                        files.insert(change.target().to_string(), digest(&change.after));
                    }
                }
                ChangeKind::Keep | ChangeKind::TakeOver | ChangeKind::Conflict => {}
            }
            if let (ChangeKind::Keep | ChangeKind::Beside, Some(choice)) = (change.kind, change.choice) {
                kept.insert(change.path.to_string(), choice);
            }
        }
        Receipt {
            version: 1,
            dockwright: env!("CARGO_PKG_VERSION").to_owned(),
            template: templates.first().map(|(_, template)| template.clone()).unwrap_or_default(),
            components: templates.iter().filter(|_| templates.len() > 1).cloned().collect(),
            pulls: BTreeMap::new(),
            files,
            kept,
            secrets: setup.secrets.iter().map(|file| (file.name.clone(), recipe(file))).collect(),
        }
    }

    /// Whether dockwright wrote exactly this text there.
    pub fn wrote(&self, path: &RelPath, digest: &str) -> bool {
        self.files.get(path.as_str()).is_some_and(|written| written == digest)
    }

    /// The secrets as files to be made.
    pub fn secret_files(&self) -> Vec<SecretFile> {
        let files = self.secrets.iter().map(|(name, recipe)| SecretFile {
            name: name.clone(),
            value: match recipe {
                Recipe::Random | Recipe::Generated => SecretValue::Random,
                Recipe::From(pattern) => SecretValue::From(pattern.clone()),
                Recipe::Empty => SecretValue::Empty,
            },
            read_by: if *recipe == Recipe::Random { vec![String::new()] } else { Vec::new() },
            holds: String::new(),
        });
        files.collect()
    }

    /// The receipt itself and the texts it speaks of, as files to be written.
    pub(super) fn own_files(&self, setup: &Setup) -> Vec<(RelPath, String)> {
        let mut files: Vec<(RelPath, String)> = Vec::new();
        for (path, file) in &setup.files {
            if self.wrote(path, &digest(&file.text))
                && let Ok(base) = RelPath::new(&format!("{BASE}/{path}"))
            {
                files.push((base, file.text.clone()));
            }
        }
        if let Ok(path) = RelPath::new(RECEIPT) {
            let text = serde_json::to_string_pretty(self).unwrap_or_default();
            files.push((path, format!("{text}\n")));
        }
        files
    }
}

fn recipe(file: &SecretFile) -> Recipe {
    match &file.value {
        SecretValue::Random if is_shared(file) => Recipe::Random,
        SecretValue::Random => Recipe::Generated,
        SecretValue::From(pattern) => Recipe::From(pattern.clone()),
        SecretValue::Empty => Recipe::Empty,
    }
}

/// Whether a backing service reads it too; components read it under a name, `app, as \`X\``.
pub(super) fn is_shared(file: &SecretFile) -> bool {
    file.read_by.iter().any(|reader| !reader.contains("as `"))
}

/// Reads the receipt of an earlier run, if there was one.
///
/// # Errors
/// It is there and is not what dockwright writes.
pub fn read_receipt(project: &Project) -> Result<Option<Receipt>, Mistake> {
    let path = RelPath::new(RECEIPT).map_err(|error| Mistake::new(error.to_string()))?;
    let text = match std::fs::read_to_string(path.under(project.root())) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Mistake::new(format!("cannot read `{path}`: {error}")).at(path, None)),
    };
    let wrong = |what: String, line: Option<u32>| {
        Mistake::new(format!("`{path}` is not a receipt of dockwright's: {what}"))
            .at(path.clone(), line)
            .hint("take it from git again, or delete it: files that exist are then conflicts")
    };
    let receipt: Receipt =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string(), u32::try_from(error.line()).ok()))?;
    if receipt.version != 1 {
        return Err(wrong(format!("version {} is newer than this dockwright knows", receipt.version), None));
    }
    Ok(Some(receipt))
}

/// sha256 as hex.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text with Unix line ends: a checkout on Windows is the same file.
pub(super) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}
