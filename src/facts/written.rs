//! Places besides its secrets and its memory that a component writes to while it runs.

use std::fmt;

use super::Evidence;
use crate::paths::RelPath;

/// Where the data of files lies that the code would write among itself.
pub const DATA: &str = "/data";
/// The same of what may be lost.
const SCRATCH: &str = "/tmp";

/// A place that the root file system, which is read-only, would refuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// A folder; where [`Written::is_file`], the file.
    pub path: RelPath,
    /// From the root of the file system, not from the app's folder.
    pub from_root: bool,
    pub holds: Holding,
    /// A file among the code, where no folder can be mounted: a link leads to where one is.
    pub is_file: bool,
    /// git ignores it: what lies there now is this machine's own.
    pub is_ignored: bool,
    pub evidence: Evidence,
}

/// What is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// It must last: a volume.
    Data,
    /// The container's output has it too, or should: memory.
    Logs,
    /// What is made again: memory.
    Scratch,
}

impl Written {
    /// The folder that is mounted, where the app's folder is `workdir`.
    pub fn mounted(&self, workdir: &str) -> String {
        match (self.is_file, self.holds, self.from_root) {
            (true, Holding::Data, _) => DATA.to_owned(),
            (true, ..) => SCRATCH.to_owned(),
            (false, _, true) => format!("/{}", self.path),
            (false, _, false) => format!("{workdir}/{}", self.path),
        }
    }

    /// Whether it belongs to a volume.
    pub fn lasts(&self) -> bool {
        self.holds == Holding::Data
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = if self.from_root { "/" } else { "" };
        let end = if self.is_file { "" } else { "/" };
        write!(f, "{root}{}{end}", self.path)
    }
}
