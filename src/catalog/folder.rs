//! Templates in a folder of this machine: lists it without following a link, then reads it.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::tree::{Entry, Files, Kind, MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, refused, wanted};
use crate::paths::RelPath;
use crate::project::Mistake;

/// The files of all templates at or below a folder.
///
/// # Errors
/// It is no folder, cannot be read, or holds what no template may.
pub fn read_folder(root: &Path, subfolder: Option<&RelPath>, shown: &str) -> Result<Files, Mistake> {
    let folder = subfolder.map_or_else(|| root.to_path_buf(), |inner| inner.under(root));
    let cannot = |error: &std::io::Error| Mistake::new(format!("cannot read the templates in `{shown}`: {error}"));
    if let Some(inner) = subfolder {
        check_no_link(root, inner)?;
    }
    let meta =
        fs::metadata(&folder).map_err(|error| cannot(&error).hint("`dockwright template new NAME` begins one"))?;
    if !meta.is_dir() {
        return Err(Mistake::new(format!("`{shown}` is no folder")).hint("a template is a folder with a template.toml"));
    }
    let mut entries = Vec::new();
    list(&folder, "", 0, &mut entries).map_err(|error| cannot(&error))?;
    if entries.len() > MAX_ENTRIES {
        let mistake = Mistake::new(format!("`{shown}` holds more than {MAX_ENTRIES} files"));
        return Err(mistake.hint("name the template's folder"));
    }
    let mut files = Files::new();
    for entry in wanted(&entries)? {
        files.insert(entry.path.clone(), read(&folder, &entry.path)?);
    }
    Ok(files)
}

/// A subfolder that is reached through a link is none of the origin's.
fn check_no_link(root: &Path, inner: &RelPath) -> Result<(), Mistake> {
    let mut path = root.to_path_buf();
    for part in inner.parts() {
        path.push(part);
        if path.is_symlink() {
            return Err(refused(inner.as_str(), "a symbolic link; a template has only files of its own"));
        }
    }
    Ok(())
}

fn list(folder: &Path, prefix: &str, depth: usize, entries: &mut Vec<Entry>) -> std::io::Result<()> {
    let mut found: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    found.sort_by_key(fs::DirEntry::file_name);
    for one in found {
        if entries.len() > MAX_ENTRIES {
            return Ok(());
        }
        let name = one.file_name();
        // a name that is no text is refused by its sign for that, should it belong to a template
        let name = name.to_string_lossy();
        let path = format!("{prefix}{name}");
        let meta = one.metadata()?;
        let kind = kind(&meta);
        if meta.is_dir() {
            // the work tree of a repository
            let own = depth == 0 && name == ".git";
            if !own && depth < MAX_DEPTH + 1 {
                list(&one.path(), &format!("{path}/"), depth + 1, entries)?;
            }
            continue;
        }
        entries.push(Entry { path, kind, size: meta.len() });
    }
    Ok(())
}

#[cfg(unix)]
fn kind(meta: &fs::Metadata) -> Kind {
    use std::os::unix::fs::MetadataExt;
    match meta.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_file() && meta.nlink() > 1 => Kind::HardLink,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Other,
    }
}

#[cfg(not(unix))]
fn kind(meta: &fs::Metadata) -> Kind {
    match meta.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Other,
    }
}

/// Reads one file; what was put in its place since it was listed is not followed.
fn read(folder: &Path, path: &str) -> Result<Vec<u8>, Mistake> {
    let cannot = |error: std::io::Error| Mistake::new(format!("cannot read `{path}` of the template: {error}"));
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(folder.join(path)).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(refused(path, &format!("larger than {} kB", MAX_FILE_BYTES / 1024)));
    }
    Ok(bytes)
}
