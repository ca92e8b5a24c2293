//! A tree of files from outside, listed but not yet read: what may be in it, and its digest.
//!
//! Folder and git origins both end here, so that no trick works in one and not in the other.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::texts::plain;
use crate::paths::RelPath;
use crate::project::Mistake;

/// Entries that are listed before a subfolder has to be named.
pub const MAX_ENTRIES: usize = 20_000;
/// Folders inside each other.
pub const MAX_DEPTH: usize = 12;
/// Files that a template, or several in one repository, may have together.
const MAX_FILES: usize = 1_000;
/// Bytes of one file, and of all.
pub const MAX_FILE_BYTES: u64 = 256 * 1024;
pub const MAX_BYTES: u64 = 8 * 1024 * 1024;
const MAX_PATH: usize = 200;

/// What an entry is. Only files are ever read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Link,
    /// A file with other names besides.
    HardLink,
    Submodule,
    /// A device, a socket, a pipe.
    Other,
}

/// One entry of a tree that is no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the origin's folder, as it stands there.
    pub path: String,
    pub kind: Kind,
    /// Bytes; 0 where it is not known before reading.
    pub size: u64,
}

/// The files of an origin by path, read.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Where `template.toml` lies, each folder with a `/` at its end; the empty text is the top.
/// Nothing is looked for below a template.
pub fn template_folders<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut folders: Vec<String> = paths
        .filter_map(|path| path.strip_suffix("template.toml"))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .map(str::to_owned)
        .collect();
    folders.sort();
    let mut outer: Vec<String> = Vec::new();
    for folder in folders {
        if !outer.iter().any(|other| folder.starts_with(other.as_str())) {
            outer.push(folder);
        }
    }
    outer
}

/// The entries that are read: those of templates, and beside them `compose/` and `services/`.
///
/// # Errors
/// The first entry that may not be there; nothing was read until then.
pub fn wanted(entries: &[Entry]) -> Result<Vec<&Entry>, Mistake> {
    let folders = template_folders(entries.iter().map(|entry| entry.path.as_str()));
    let belongs = |entry: &&Entry| {
        let below = |folder: &String| entry.path.strip_prefix(folder.as_str()).is_some_and(|inner| !is_aside(inner));
        let shared = ["compose/", "services/"].iter().any(|folder| entry.path.starts_with(folder));
        folders.iter().any(below) || (!folders.is_empty() && shared)
    };
    let wanted: Vec<&Entry> = entries.iter().filter(belongs).collect();
    if wanted.len() > MAX_FILES {
        return Err(refused("template.toml", &format!("more than {MAX_FILES} files")));
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut bytes = 0;
    for entry in &wanted {
        check_entry(entry)?;
        bytes += entry.size;
        if !seen.insert(entry.path.to_lowercase()) {
            return Err(refused(&entry.path, "on many machines it is the same file as another that differs in case"));
        }
    }
    if bytes > MAX_BYTES {
        return Err(refused("template.toml", &format!("more than {} MB together", MAX_BYTES >> 20)));
    }
    Ok(wanted)
}

/// What every repository has and no template reads, where the template is the repository.
pub fn is_aside(inner: &str) -> bool {
    let first = inner.split('/').next().unwrap_or_default();
    let stem = first.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let hidden = first.starts_with('.') && !is_git(first);
    hidden || ["LICENSE", "LICENCE", "NOTICE", "CHANGELOG", "CONTRIBUTING", "CODEOWNERS"].contains(&stem.as_str())
}

fn check_entry(entry: &Entry) -> Result<(), Mistake> {
    let path = entry.path.as_str();
    let says = |what: &str| Err(refused(path, what));
    match entry.kind {
        Kind::File => {}
        Kind::Link => return says("a symbolic link; a template has only files of its own"),
        Kind::HardLink => return says("a file with a second name elsewhere (hard link); copy it"),
        Kind::Submodule => return says("a submodule; a template has only files of its own"),
        Kind::Other => return says("no regular file"),
    }
    if path.len() > MAX_PATH || path.split('/').count() > MAX_DEPTH {
        return says("its path is too long");
    }
    if !RelPath::new(path).is_ok_and(|inner| inner.as_str() == path) || path.split('/').any(|part| part == "..") {
        return says("no path inside the template");
    }
    if path.chars().any(|c| c.is_control() || super::texts::is_deceptive(c)) {
        return says("its name has invisible characters");
    }
    if path.contains('\u{FFFD}') {
        return says("its name is no UTF-8 text");
    }
    if path.split('/').any(is_git) {
        return says("a `.git` folder inside a template");
    }
    if let Some(part) = path.split('/').find(|part| is_reserved(part)) {
        return says(&format!("`{part}` is no name for a file on Windows"));
    }
    if entry.size > MAX_FILE_BYTES {
        return says(&format!("larger than {} kB", MAX_FILE_BYTES / 1024));
    }
    Ok(())
}

/// `.git` under the names that file systems take for it.
fn is_git(part: &str) -> bool {
    let name = part.to_ascii_lowercase();
    let name = name.trim_end_matches([' ', '.']);
    name == ".git" || name.starts_with("git~") || name.starts_with(".git::") || name.starts_with(".git:")
}

/// Names that Windows gives to devices or cannot have.
pub fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |name: &str| {
        stem.strip_prefix(name).is_some_and(|rest| {
            matches!(rest, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
        || part.ends_with(['.', ' '])
        || part.starts_with(' ')
        || part.contains(['<', '>', ':', '"', '|', '?', '*', '\\'])
}

/// A file of a template that may not be there: what and why.
pub fn refused(path: &str, what: &str) -> Mistake {
    Mistake::new(format!("the template is refused: `{}`: {what}", plain(path, 120)))
        .hint("nothing of it was used; tell its author")
}

/// sha256 over all paths and bytes, in order, as hex.
pub fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, bytes) in files {
        hash.update(format!("{path}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry { path: path.to_owned(), kind: Kind::File, size: 1 }
    }

    #[test]
    fn a_repository_has_its_templates_at_the_top_or_in_folders_but_not_in_each_other() {
        let folders = |paths: &[&str]| template_folders(paths.iter().copied());
        assert_eq!(folders(&["template.toml", "tests/a/template.toml"]), [""]);
        assert_eq!(folders(&["go/template.toml", "a/node/template.toml", "README.md"]), ["a/node/", "go/"]);
        assert!(folders(&["go/my-template.toml"]).is_empty());
    }

    #[test]
    fn what_lies_beside_templates_is_not_read() {
        let entries =
            ["README.md", ".github/x.yml", "go/template.toml", "go/files/x", "compose/compose.yaml.j2"].map(entry);
        let paths: Vec<&str> = wanted(&entries).unwrap().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["go/template.toml", "go/files/x", "compose/compose.yaml.j2"]);
    }

    #[test]
    fn the_digest_sees_where_one_file_ends() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        assert_ne!(digest(&files(&[("a", "bc")])), digest(&files(&[("ab", "c")])));
        assert_ne!(digest(&files(&[("a", "b"), ("c", "")])), digest(&files(&[("a", ""), ("c", "b")])));
    }
}
