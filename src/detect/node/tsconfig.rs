//! tsconfig.json with what it extends in the project: where the compiler reads and writes.

use super::entry::Folder;
use crate::paths::RelPath;
use crate::project::json::{self, Json};

/// A configuration extends others at most this deep, and this many in all.
const DEPTH: usize = 6;
const MOST: usize = 12;
/// The folder of the configuration that the compiler was given.
const OWN_FOLDER: &str = "${configDir}";

/// A configuration and what it extends, relative to the component; what wins comes first.
pub fn chain(folder: &Folder<'_>, name: &str) -> Vec<(RelPath, Json)> {
    let mut found = Vec::new();
    if let Ok(name) = RelPath::new(name) {
        follow(folder, name, DEPTH, &mut found);
    }
    found
}

fn follow(folder: &Folder<'_>, name: RelPath, depth: usize, found: &mut Vec<(RelPath, Json)>) {
    let Some(source) = folder.context.project.read(&folder.whole(&name)).filter(|_| found.len() < MOST) else { return };
    // one that cannot be read is the compiler's to report
    let Ok(json) = json::parse_with_comments(&source) else { return };
    let bases: Vec<String> = match json.get("extends") {
        Some(base) => match base.text() {
            Some(text) => vec![text.to_owned()],
            // of several the last wins
            None => base.items().iter().rev().filter_map(Json::text).map(str::to_owned).collect(),
        },
        None => Vec::new(),
    };
    found.push((name.clone(), json));
    for base in bases.iter().filter(|base| base.starts_with('.') && depth > 1) {
        let file = name.parent().and_then(|folder| folder.join(base).ok());
        let Some(file) = file else { continue };
        let file = if folder.has(&file) { Some(file) } else { RelPath::new(&format!("{file}.json")).ok() };
        if let Some(file) = file {
            follow(folder, file, depth - 1, found);
        }
    }
}

/// A folder that an option of the compiler names, relative to the component.
pub fn folder_option(folder: &Folder<'_>, name: &str, option: &str) -> Option<RelPath> {
    chain(folder, name).into_iter().find_map(|(file, json)| {
        let text = json.at(&["compilerOptions", option])?.text()?;
        match text.strip_prefix(OWN_FOLDER) {
            Some(rest) => RelPath::new(name).ok()?.parent()?.join(rest.trim_start_matches('/')).ok(),
            None => file.parent()?.join(text).ok(),
        }
    })
}
