//! Places in a project where something may be written: inside it, free of links that lead out,
//! writable, and none where a tool would execute or obey what lies there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::paths::RelPath;
use crate::project::Mistake;

/// The tool's own folder.
pub(super) const OWN: &str = ".dockwright";
/// Where a run prepares what it will write.
pub(super) const PENDING: &str = ".dockwright/pending";

pub(super) fn spoilt(what: &str) -> Mistake {
    Mistake::new(format!("an interrupted run cannot be finished: {what}"))
        .hint(format!("look at the files in {PENDING}, then remove that folder"))
}

/// Tries every folder that gets a file, and leaves no trace.
pub(super) fn check_writable(root: &Path, paths: &[RelPath]) -> Result<(), Mistake> {
    let mut folders: BTreeSet<RelPath> = BTreeSet::from([RelPath::root()]);
    for path in paths {
        let mut folder = path.parent();
        while let Some(missing) = folder.as_ref().filter(|folder| !folder.under(root).is_dir()) {
            folder = missing.parent();
        }
        folders.extend(folder);
    }
    for folder in folders {
        tempfile::tempfile_in(folder.under(root)).map_err(|error| {
            Mistake::new(format!("cannot write into `{folder}`: {error}")).hint("nothing was changed")
        })?;
    }
    Ok(())
}

/// Refuses a place that leads out of the project by a link, or below something that is no folder.
pub(super) fn check_place(root: &Path, path: &RelPath) -> Result<(), Mistake> {
    let mut folder = root.to_path_buf();
    let parts: Vec<&str> = path.parts().collect();
    for (at, part) in parts.iter().enumerate() {
        folder.push(part);
        let Ok(meta) = fs::symlink_metadata(&folder) else { break };
        let shown = parts[..=at].join("/");
        if meta.is_symlink() {
            let inner = folder.canonicalize().is_ok_and(|target| target.starts_with(root));
            if !inner {
                return Err(Mistake::new(format!("`{shown}` is a link that leads out of the project"))
                    .at(path.clone(), None)
                    .hint("remove the link, or replace it by what it leads to"));
            }
        } else if at + 1 == parts.len() && meta.is_dir() {
            return Err(Mistake::new(format!("`{shown}` is a folder, and a file of that name belongs there"))
                .at(path.clone(), None)
                .hint("rename the folder"));
        } else if at + 1 < parts.len() && !meta.is_dir() {
            return Err(Mistake::new(format!("`{shown}` is a file, and a folder belongs there"))
                .at(path.clone(), None)
                .hint("rename the file"));
        }
    }
    Ok(())
}

/// A path of the journal, which may have come with a clone: it is checked like any other, and no
/// place where a tool would execute or obey it is written (`.git/hooks`, `.github`).
pub(super) fn inside(root: &Path, path: &str) -> Result<PathBuf, Mistake> {
    let path = RelPath::new(path).map_err(|error| Mistake::new(error.to_string()))?;
    let hidden = |part: &str| {
        part.starts_with('.')
            && part != OWN
            && ![".dockerignore", ".gitignore"].iter().any(|known| part.strip_prefix(known).is_some_and(is_beside))
    };
    if path.parts().any(hidden) {
        return Err(spoilt(&format!("dockwright writes no `{path}`")));
    }
    check_place(root, &path)?;
    let full = path.under(root);
    // through a link that stays inside, so that it stays a link
    Ok(if full.is_symlink() { full.canonicalize().unwrap_or(full) } else { full })
}

/// What may follow a name that is ours.
fn is_beside(ending: &str) -> bool {
    ending.is_empty() || ending.starts_with(".new") || ending == ".before-dockwright"
}
