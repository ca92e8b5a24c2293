//! Templates: a folder of data each, from wherever it came. Built-in, folder and git origins all
//! end in [`Template::from_files`]; nothing downstream can tell them apart.

mod builtin;
mod manifest;
mod pick;

use std::collections::BTreeMap;

pub use builtin::{built_in, compose_templates};
pub use manifest::{Development, FileEntry, Manifest, Service};
pub use pick::{Pick, Reason, pick};

use crate::paths::RelPath;

/// A template, checked: its manifest and the texts of its files.
#[derive(Debug, Clone)]
pub struct Template {
    pub manifest: Manifest,
    /// By name, as `from` in the manifest has it; fragments that others include besides.
    pub files: BTreeMap<String, String>,
}

/// Why a template cannot be used: file and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template `{template}`: {file}: {what}")]
pub struct TemplateError {
    pub template: String,
    pub file: String,
    pub what: String,
}

/// Files that a template may write, all below the component's folder.
const ALLOWED: &str = "`Dockerfile*`, `*.dockerignore`, `docker-bake.hcl` or below `docker/`";

impl Template {
    /// Makes a template of a map from relative path to bytes: `template.toml`, `README.md` and
    /// flat `files/*`.
    ///
    /// # Errors
    /// A manifest that is not valid, a file that is missing, not text or not used, an output
    /// outside what a template may write, or two files with one name.
    pub fn from_files(name: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, TemplateError> {
        let error = |file: &str, what: String| TemplateError { template: name.to_owned(), file: file.to_owned(), what };
        let text = |path: &str| -> Result<&str, TemplateError> {
            let bytes = files.get(path).ok_or_else(|| error(path, "is missing".to_owned()))?;
            std::str::from_utf8(bytes).map_err(|_| error(path, "is not UTF-8 text".to_owned()))
        };
        let manifest: Manifest = toml::from_str(text("template.toml")?)
            .map_err(|wrong| error("template.toml", wrong.to_string().trim_end().to_owned()))?;
        let mut texts = BTreeMap::new();
        for path in files.keys() {
            if let Some(file) = path.strip_prefix("files/") {
                texts.insert(file.to_owned(), text(path)?.to_owned());
            } else if path != "template.toml" && path != "README.md" {
                return Err(error(path, "only template.toml, README.md and files/ belong to a template".to_owned()));
            }
        }
        for (at, entry) in manifest.file.iter().enumerate() {
            let same = |other: &&FileEntry| {
                other.to.eq_ignore_ascii_case(&entry.to) && (other.when.is_none() || entry.when.is_none())
            };
            if manifest.file[..at].iter().find(same).is_some() {
                return Err(error("template.toml", format!("`to = \"{}\"` is written twice", entry.to)));
            }
            if !texts.contains_key(&entry.from) {
                return Err(error("template.toml", format!("`from = \"{}\"` names no file below files/", entry.from)));
            }
            if !is_allowed(&entry.to) {
                return Err(error("template.toml", format!("`to = \"{}\"` is not {ALLOWED}", entry.to)));
            }
        }
        for file in texts.keys() {
            let used = manifest.file.iter().any(|entry| entry.from == *file)
                || texts.iter().any(|(other, text)| other != file && text.contains(&format!("\"{file}\"")));
            if !used {
                return Err(error(&format!("files/{file}"), "is used by no entry of template.toml".to_owned()));
            }
        }
        Ok(Template { manifest, files: texts })
    }
}

/// Whether a template may write there: container files of one component, nothing that executes.
fn is_allowed(to: &str) -> bool {
    let Ok(path) = RelPath::new(to) else { return false };
    if path.as_str() != to {
        return false;
    }
    let name = path.file_name();
    let flat = !to.contains('/');
    (flat && (name.starts_with("Dockerfile") || name.ends_with(".dockerignore") || name == "docker-bake.hcl"))
        || to.starts_with("docker/")
}
