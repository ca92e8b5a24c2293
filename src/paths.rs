//! A relative path that cannot leave its root.

use std::fmt;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A path below some root, with `/` between its parts: never absolute, never `..`, never a
/// control character. The root itself is `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct RelPath(String);

/// Why a text is no [`RelPath`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    #[error("`{0}` is absolute, expected a path inside the project")]
    Absolute(String),
    #[error("`{0}` leaves the project")]
    Leaves(String),
    #[error("{0:?} has a control character or a backslash in its name")]
    Character(String),
}

impl RelPath {
    /// The root itself, written `.`.
    pub fn root() -> Self {
        RelPath(".".to_owned())
    }

    /// Reads a path as people write it: `./src/`, `src`, `.`. Empty parts and `.` are dropped.
    ///
    /// # Errors
    /// Absolute paths (drive letters too), paths with a `..` that leaves the root, control
    /// characters and backslashes.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
        if text.starts_with('/') || drive {
            return Err(PathError::Absolute(text.to_owned()));
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(PathError::Character(text.to_owned()));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(|| PathError::Leaves(text.to_owned()))?;
                }
                other => parts.push(other),
            }
        }
        Ok(if parts.is_empty() { Self::root() } else { RelPath(parts.join("/")) })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0 == "."
    }

    /// Appends a path as [`RelPath::new`] reads it; `..` may climb up to the root.
    ///
    /// # Errors
    /// As [`RelPath::new`].
    pub fn join(&self, text: &str) -> Result<Self, PathError> {
        if text.starts_with('/') {
            return Err(PathError::Absolute(text.to_owned()));
        }
        Self::new(&format!("{}/{text}", self.0))
    }

    /// The folder that holds it; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(match self.0.rsplit_once('/') {
            Some((folder, _)) => RelPath(folder.to_owned()),
            None => Self::root(),
        })
    }

    /// The last part; `.` for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What follows the last dot of the file name, if there is one that does not begin it.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ext)| ext)
    }

    /// The parts from the root down; none for the root itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| *part != ".")
    }

    /// Whether it is `folder` itself or lies below it.
    pub fn is_below(&self, folder: &RelPath) -> bool {
        folder.is_root()
            || self == folder
            || self.0.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// All that lies below a folder, in a sorted list of paths: from the first bound to before the second.
    pub fn below(&self) -> (Bound<Self>, Bound<Self>) {
        if self.is_root() {
            return (Bound::Unbounded, Bound::Unbounded);
        }
        // `0` is what follows `/`
        (Bound::Included(RelPath(format!("{}/", self.0))), Bound::Excluded(RelPath(format!("{}0", self.0))))
    }

    /// The rest of the path below `folder`; `None` if it is not below it.
    pub fn strip(&self, folder: &RelPath) -> Option<RelPath> {
        if folder.is_root() {
            return Some(self.clone());
        }
        if self == folder {
            return Some(Self::root());
        }
        self.0.strip_prefix(folder.as_str())?.strip_prefix('/').map(|rest| RelPath(rest.to_owned()))
    }

    /// The path on disk.
    pub fn under(&self, root: &Path) -> PathBuf {
        if self.is_root() { root.to_path_buf() } else { root.join(&self.0) }
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::str::FromStr for RelPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_people_write_them() {
        for (typed, read) in [("./src/", "src"), ("", "."), ("a//b/./c", "a/b/c"), ("a/../b", "b")] {
            assert_eq!(RelPath::new(typed).unwrap().as_str(), read, "{typed}");
        }
    }

    #[test]
    fn paths_that_leave_the_root_are_refused() {
        for typed in ["/etc", "../x", "a/../../x", "C:/x", "a\\b", "a\nb", "a/\u{7}"] {
            assert!(RelPath::new(typed).is_err(), "{typed:?}");
        }
        assert!(RelPath::new("src").unwrap().join("../../x").is_err());
    }

    #[test]
    fn a_sibling_with_the_same_beginning_is_not_below() {
        let (app, apple) = (RelPath::new("app").unwrap(), RelPath::new("apple/x").unwrap());
        assert!(!apple.is_below(&app));
        assert_eq!(RelPath::new("app/x").unwrap().strip(&app).unwrap().as_str(), "x");
    }
}
