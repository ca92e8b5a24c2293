//! Writes whole trees for authors of templates: a new template, the expected files of its tests.

use std::fs;
use std::path::Path;

use crate::paths::RelPath;
use crate::project::Mistake;

/// Writes files below a folder that is made for them. Nothing outside of it is touched.
///
/// # Errors
/// A path that leaves the folder, or one that cannot be written.
pub fn write_tree<'a>(folder: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<(), Mistake> {
    for (path, bytes) in files {
        let cannot =
            |error: std::io::Error| Mistake::new(format!("cannot write `{}/{path}`: {error}", folder.display()));
        let path = RelPath::new(path).map_err(|error| Mistake::new(error.to_string()))?;
        let full = path.under(folder);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        fs::write(full, bytes).map_err(cannot)?;
    }
    Ok(())
}

/// As [`write_tree`], in the place of what is there.
///
/// # Errors
/// As [`write_tree`], or what is there cannot be removed.
pub fn replace_tree<'a>(folder: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<(), Mistake> {
    if folder.symlink_metadata().is_ok() {
        fs::remove_dir_all(folder)
            .map_err(|error| Mistake::new(format!("cannot replace `{}`: {error}", folder.display())))?;
    }
    write_tree(folder, files)
}
