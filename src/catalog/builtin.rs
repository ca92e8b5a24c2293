//! The templates inside the binary.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::tree::Files;
use super::{Template, TemplateError};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The folder of templates for what belongs to the whole project.
const COMPOSE: &str = "compose";

/// All built-in templates, by id.
///
/// # Errors
/// One that does not pass the check; a test keeps that from being released.
pub fn built_in() -> Result<Vec<Template>, TemplateError> {
    built_in_files().iter().map(|(name, files)| Template::from_files(name, files)).collect()
}

/// Their files, by id.
pub fn built_in_files() -> BTreeMap<String, Files> {
    let folders = FOLDER.dirs().filter(|dir| dir.path().to_str() != Some(COMPOSE));
    let of = |dir: &Dir<'static>| {
        let name = dir.path().to_string_lossy().into_owned();
        let mut files = BTreeMap::new();
        collect(dir, &format!("{name}/"), &mut files);
        (name, files)
    };
    folders.map(of).collect()
}

/// The templates of compose.yaml, its override, docker-bake.hcl and secrets/, by file name.
pub fn compose_templates() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    if let Some(dir) = FOLDER.get_dir(COMPOSE) {
        collect(dir, "compose/", &mut files);
    }
    files.into_iter().filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?))).collect()
}

fn collect(dir: &Dir<'static>, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy();
        files.insert(path.strip_prefix(prefix).unwrap_or(&path).to_owned(), file.contents().to_vec());
    }
    for inner in dir.dirs() {
        collect(inner, prefix, files);
    }
}
