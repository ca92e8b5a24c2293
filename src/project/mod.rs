//! A read-only, bounded view of the user's folder.
//!
//! One walk lists the files, those nearest to the root first; nothing is read until somebody asks,
//! and nothing is read twice. Folders that no question is about (`node_modules`, `.git`, build
//! output of tools) are not entered, symlinks to folders are not followed.

mod git;
mod gitignore;
pub mod json;
mod source;
pub mod toml;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::paths::RelPath;
#[cfg(test)]
pub(crate) use git::samples as git_samples;
pub use gitignore::Ignored;
pub use source::{Mistake, Source};

/// Files larger than this are not read: no manifest or source is.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Lockfiles of large workspaces are.
pub const MAX_LOCKFILE_BYTES: u64 = 32 * 1024 * 1024;
/// A walk stops after this many files and folders and says so.
pub const MAX_FILES: usize = 50_000;
const MAX_DEPTH: usize = 16;
/// Folders of yarn's own with what it installed; releases, patches and plugins lie beside them.
const SKIPPED_OF_YARN: &[&str] = &["cache", "unplugged", "sdks", "versions"];

/// Folders that are never entered: dependencies, version control, caches, output of tools.
const SKIPPED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    ".pnpm-store",
    ".next",
    ".nuxt",
    ".turbo",
    ".cache",
    ".venv",
    "venv",
    "__pycache__",
    ".tox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "target",
    "coverage",
    ".nyc_output",
    ".idea",
    ".vscode",
    ".dockwright",
];

/// The user's folder, read only.
pub struct Project {
    root: PathBuf,
    files: BTreeSet<RelPath>,
    folders: BTreeSet<RelPath>,
    truncated: bool,
    read: RefCell<BTreeMap<RelPath, Result<Rc<Source>, Mistake>>>,
}

impl Project {
    /// Lists the folder's files.
    ///
    /// # Errors
    /// The path does not exist, is no folder or cannot be read.
    pub fn open(root: &Path) -> Result<Self, Mistake> {
        let shown = root.display().to_string();
        let root = root.canonicalize().map_err(|e| Mistake::new(format!("cannot open `{shown}`: {e}")))?;
        if !root.is_dir() {
            return Err(Mistake::new(format!("`{shown}` is not a folder")).hint("name the project's folder"));
        }
        let mut project = Project {
            root,
            files: BTreeSet::new(),
            folders: BTreeSet::from([RelPath::root()]),
            truncated: false,
            read: RefCell::default(),
        };
        fs::read_dir(&project.root).map_err(|e| Mistake::new(format!("cannot read `{shown}`: {e}")))?;
        project.walk();
        Ok(project)
    }

    /// Level by level, so that a folder full of files hides no manifest.
    fn walk(&mut self) {
        let mut level = vec![RelPath::root()];
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for folder in &level {
                self.list(folder, &mut next);
            }
            level = next;
        }
    }

    /// Adds what lies in one folder; the folders to enter go to `inner`.
    fn list(&mut self, folder: &RelPath, inner: &mut Vec<RelPath>) {
        let Ok(entries) = fs::read_dir(folder.under(&self.root)) else { return };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            if self.files.len() + self.folders.len() > MAX_FILES {
                self.truncated = true;
                return;
            }
            let name = entry.file_name();
            // a name that is not text, or holds a line break, cannot stand in a generated file
            let Some(path) = name.to_str().and_then(|name| folder.join(name).ok()) else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let of_yarn = SKIPPED_OF_YARN.contains(&path.file_name()) && folder.file_name() == ".yarn";
                if SKIPPED.contains(&path.file_name()) || of_yarn || path.parts().count() > MAX_DEPTH {
                    continue;
                }
                self.folders.insert(path.clone());
                inner.push(path);
            } else if kind.is_file() || (kind.is_symlink() && self.is_inner_file(&path)) {
                self.files.insert(path);
            }
        }
    }

    /// A symlink counts as a file if it leads to a regular file inside the project.
    fn is_inner_file(&self, path: &RelPath) -> bool {
        path.under(&self.root).canonicalize().is_ok_and(|target| target.starts_with(&self.root) && target.is_file())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder's own name, as it is on disk.
    pub fn folder_name(&self) -> String {
        self.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether the walk stopped early because there are more than [`MAX_FILES`] files.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// All files, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = &RelPath> {
        self.files.iter()
    }

    /// The files at or below `folder`, sorted by path.
    pub fn files_below<'a>(&'a self, folder: &'a RelPath) -> impl Iterator<Item = &'a RelPath> {
        below(&self.files, folder)
    }

    pub fn has_file(&self, path: &RelPath) -> bool {
        self.files.contains(path)
    }

    pub fn has_folder(&self, path: &RelPath) -> bool {
        self.folders.contains(path)
    }

    /// The folders directly inside `folder`, sorted.
    pub fn folders_in<'a>(&'a self, folder: &'a RelPath) -> impl Iterator<Item = &'a RelPath> {
        below(&self.folders, folder).filter(move |path| path.parent().as_ref() == Some(folder))
    }

    /// How many files were opened so far.
    pub fn opened(&self) -> usize {
        self.read.borrow().len()
    }

    /// The file's text, read once. `None` if it is not there, or is not a text file of at most
    /// [`MAX_FILE_BYTES`]; use [`Project::require`] where that would be a mistake.
    pub fn read(&self, path: &RelPath) -> Option<Rc<Source>> {
        self.load(path).ok().flatten()
    }

    /// As [`Project::read`], for a file whose content decides: unreadable is an error.
    ///
    /// # Errors
    /// The file is there but cannot be read, is too large or is not UTF-8.
    pub fn require(&self, path: &RelPath) -> Result<Option<Rc<Source>>, Mistake> {
        self.load(path)
    }

    fn load(&self, path: &RelPath) -> Result<Option<Rc<Source>>, Mistake> {
        if !self.has_file(path) {
            return Ok(None);
        }
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone().map(Some);
        }
        let found = self.open_file(path).map(Rc::new);
        self.read.borrow_mut().insert(path.clone(), found.clone());
        found.map(Some)
    }

    fn open_file(&self, path: &RelPath) -> Result<Source, Mistake> {
        let trouble = |what: String| Mistake::new(what).at(path.clone(), None);
        let unreadable = |e: std::io::Error| trouble(format!("cannot read `{path}`: {e}"));
        let limit = if is_lockfile(path.file_name()) { MAX_LOCKFILE_BYTES } else { MAX_FILE_BYTES };
        let file = fs::File::open(path.under(&self.root)).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let size = file.metadata().map_err(unreadable)?.len();
        // what is too large is not read to know it; what grows meanwhile ends at the limit
        if size <= limit {
            file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        }
        if size.max(bytes.len() as u64) > limit {
            return Err(trouble(format!("`{path}` is larger than {} MB", limit >> 20)));
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(trouble(format!("`{path}` is UTF-16, expected UTF-8")).hint("save it as UTF-8"));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            Mistake::new(format!("`{path}` is not UTF-8 text")).at(path.clone(), Some(line as u32))
        })?;
        Ok(Source::new(path.clone(), text))
    }
}

/// Names that lockfiles of all tools have: `package-lock.json`, `uv.lock`, `go.sum`.
fn is_lockfile(name: &str) -> bool {
    ["-lock.", ".lock", "shrinkwrap", "go.sum", "go.work.sum"].iter().any(|part| name.contains(part))
}

/// The paths at or below a folder, sorted.
fn below<'a>(paths: &'a BTreeSet<RelPath>, folder: &RelPath) -> impl Iterator<Item = &'a RelPath> + use<'a> {
    paths.get(folder).filter(|_| !folder.is_root()).into_iter().chain(paths.range(folder.below()))
}
