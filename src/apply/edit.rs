//! Changes to files of the project's own that somebody decided to make: never unasked.

use super::compare::{Change, ChangeKind};
use crate::facts::{Component, Edit, Stack};
use crate::paths::RelPath;
use crate::project::{Mistake, Project};

/// What a component's file could become so that its image gets smaller; the path is the project's.
pub fn offered(component: &Component) -> Option<(RelPath, &Edit)> {
    let Stack::Next(_, next) = &component.stack else { return None };
    let edit = next.edit.as_ref()?;
    Some((component.path.join(edit.file.as_str()).ok()?, edit))
}

/// The change that an edit makes.
///
/// # Errors
/// The file cannot be read.
pub fn edit_change(path: &RelPath, edit: &Edit, project: &Project) -> Result<Change, Mistake> {
    let before = project.require(path)?.map(|source| source.text().to_owned());
    let kind = if before.is_some() { ChangeKind::Replace } else { ChangeKind::Create };
    let after = edit.after.clone();
    Ok(Change { path: path.clone(), kind, before, after, mode: 0o644, meets: None, choice: None })
}

/// The changes that were decided.
///
/// # Errors
/// As [`edit_change`].
pub fn decided_edits(components: &[Component], project: &Project) -> Result<Vec<Change>, Mistake> {
    let wanted = components.iter().filter_map(offered).filter(|(_, edit)| edit.wanted);
    wanted.map(|(path, edit)| edit_change(&path, edit, project)).collect()
}
