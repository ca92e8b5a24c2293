//! Reads a tree out of git's object store, by `git cat-file --batch`: nothing is written to disk,
//! so nothing in it can act.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::git::Git;
use super::tree::{Entry, Files, Kind, MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, refused, wanted};
use crate::paths::RelPath;
use crate::project::Mistake;

/// No list of names in one folder is longer, in bytes.
const MAX_TREE_BYTES: u64 = 4 * 1024 * 1024;

/// The store, asked one object at a time.
struct Objects {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Drop for Objects {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One line of a tree object.
struct Line {
    mode: u32,
    name: String,
    id: String,
}

/// An entry with the id of its object.
struct Found {
    entry: Entry,
    id: String,
}

/// The files of all templates at or below a folder of a commit; `None` if the commit is not in the
/// store.
///
/// # Errors
/// The folder is not there, the store is damaged, or the tree holds what no template may.
pub fn read_commit(git: &Git<'_>, commit: &str, subfolder: Option<&RelPath>) -> Result<Option<Files>, Mistake> {
    let mut objects = Objects::open(git)?;
    let Some(tree) = objects.get(&format!("{commit}^{{tree}}"), MAX_TREE_BYTES)? else { return Ok(None) };
    let digits = commit.len();
    let mut lines = lines(&tree, digits)?;
    for part in subfolder.into_iter().flat_map(RelPath::parts) {
        let inner = lines.iter().find(|line| line.name == part);
        let id = match inner {
            Some(line) if line.mode == TREE => line.id.clone(),
            Some(line) if line.mode == LINK => {
                return Err(refused(part, "a symbolic link; a template has only files of its own"));
            }
            Some(line) if line.mode == SUBMODULE => {
                return Err(refused(part, "a submodule; a template has only files of its own"));
            }
            _ => return Err(no_folder(subfolder, &lines)),
        };
        let tree = objects.require(&id, MAX_TREE_BYTES)?;
        lines = self::lines(&tree, digits)?;
    }
    let mut found = Vec::new();
    objects.list(&lines, "", 0, digits, &mut found)?;
    if found.len() > MAX_ENTRIES {
        return Err(Mistake::new(format!("the repository has more than {MAX_ENTRIES} files"))
            .hint("name the template's folder, as in `gh:acme/containers//go`"));
    }
    let entries: Vec<Entry> = found.iter().map(|found| found.entry.clone()).collect();
    let wanted: std::collections::BTreeSet<&str> = wanted(&entries)?.iter().map(|entry| entry.path.as_str()).collect();
    let mut files = Files::new();
    let mut bytes = 0;
    for found in found.iter().filter(|found| wanted.contains(found.entry.path.as_str())) {
        let Some(content) = objects.get_limited(&found.id, MAX_FILE_BYTES)? else {
            return Err(refused(&found.entry.path, &format!("larger than {} kB", MAX_FILE_BYTES / 1024)));
        };
        bytes += content.len() as u64;
        if bytes > super::tree::MAX_BYTES {
            return Err(refused(&found.entry.path, &format!("more than {} MB together", super::tree::MAX_BYTES >> 20)));
        }
        files.insert(found.entry.path.clone(), content);
    }
    Ok(Some(files))
}

const TREE: u32 = 0o040_000;
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;
const FILE_TYPE: u32 = 0o170_000;
const FILE: u32 = 0o100_000;

impl Objects {
    fn open(git: &Git<'_>) -> Result<Self, Mistake> {
        let mut child = git.objects()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Objects { child, stdin, stdout: BufReader::new(stdout) }),
            _ => Err(damaged("git has no input")),
        }
    }

    /// The bytes of an object; `None` if it is not there.
    fn get(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Mistake> {
        let Some(size) = self.ask(name)? else { return Ok(None) };
        if size > limit {
            return Err(damaged("an object is larger than any template's"));
        }
        self.take(size).map(Some)
    }

    fn require(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Mistake> {
        self.get(name, limit)?.ok_or_else(|| damaged(&format!("object {name} is missing")))
    }

    /// As [`Objects::require`]; `None` if it is larger than the limit.
    fn get_limited(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Mistake> {
        match self.ask(name)? {
            None => Err(damaged(&format!("object {name} is missing"))),
            Some(size) if size > limit => Ok(None),
            Some(size) => self.take(size).map(Some),
        }
    }

    /// Asks for an object; its size, `None` if it is not there.
    fn ask(&mut self, name: &str) -> Result<Option<u64>, Mistake> {
        let io = |error: std::io::Error| damaged(&error.to_string());
        self.stdin.write_all(format!("{name}\n").as_bytes()).and_then(|()| self.stdin.flush()).map_err(io)?;
        let mut head = String::new();
        self.stdout.by_ref().take(4096).read_line(&mut head).map_err(io)?;
        let words: Vec<&str> = head.split_whitespace().collect();
        match words.as_slice() {
            [_, "missing"] => Ok(None),
            [_, _, size] => size.parse().map(Some).map_err(|_| damaged(&head)),
            _ => Err(damaged("git ended before it answered")),
        }
    }

    fn take(&mut self, size: u64) -> Result<Vec<u8>, Mistake> {
        let io = |error: std::io::Error| damaged(&error.to_string());
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        self.stdout.read_exact(&mut bytes).map_err(io)?;
        // the line break behind every object
        self.stdout.read_exact(&mut [0]).map_err(io)?;
        Ok(bytes)
    }

    fn list(
        &mut self,
        lines: &[Line],
        prefix: &str,
        depth: usize,
        digits: usize,
        found: &mut Vec<Found>,
    ) -> Result<(), Mistake> {
        for line in lines {
            if found.len() > MAX_ENTRIES {
                return Ok(());
            }
            let path = format!("{prefix}{}", line.name);
            if line.name.is_empty() || line.name == "." || line.name == ".." || line.name.contains('/') {
                return Err(refused(&path, "no path inside the template"));
            }
            if line.mode == TREE {
                if depth <= MAX_DEPTH {
                    let tree = self.require(&line.id, MAX_TREE_BYTES)?;
                    let inner = self::lines(&tree, digits)?;
                    self.list(&inner, &format!("{path}/"), depth + 1, digits, found)?;
                }
                continue;
            }
            let kind = match line.mode & FILE_TYPE {
                FILE => Kind::File,
                LINK => Kind::Link,
                SUBMODULE => Kind::Submodule,
                _ => Kind::Other,
            };
            found.push(Found { entry: Entry { path, kind, size: 0 }, id: line.id.clone() });
        }
        Ok(())
    }
}

/// The lines of a tree object: mode, name, id in bytes.
fn lines(tree: &[u8], digits: usize) -> Result<Vec<Line>, Mistake> {
    let mut lines = Vec::new();
    let mut rest = tree;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(|| damaged("a tree is cut off"))?;
        let (mode, name) = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|head| head.split_once(' '))
            .map(|(mode, name)| (mode.to_owned(), name.to_owned()))
            .unwrap_or_else(|| {
                // a name that is no text: refused by its sign for that, should it belong to a template
                let head = String::from_utf8_lossy(&rest[..end]).into_owned();
                head.split_once(' ').map(|(mode, name)| (mode.to_owned(), name.to_owned())).unwrap_or_default()
            });
        let id = rest.get(end + 1..end + 1 + digits / 2).ok_or_else(|| damaged("a tree is cut off"))?;
        lines.push(Line {
            mode: u32::from_str_radix(&mode, 8).map_err(|_| damaged("a tree has an entry without a mode"))?,
            name,
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
        rest = &rest[end + 1 + digits / 2..];
    }
    Ok(lines)
}

fn no_folder(subfolder: Option<&RelPath>, lines: &[Line]) -> Mistake {
    let folders: Vec<String> = lines
        .iter()
        .filter(|line| line.mode == TREE)
        .map(|line| super::texts::plain(&line.name, 40))
        .take(12)
        .collect();
    let path = subfolder.map(ToString::to_string).unwrap_or_default();
    let mistake = Mistake::new(format!("the repository has no folder `{path}`"));
    if folders.is_empty() { mistake } else { mistake.hint(format!("there are {}", folders.join(", "))) }
}

fn damaged(what: &str) -> Mistake {
    Mistake::new(format!("the fetched repository cannot be read: {}", super::texts::plain(what, 120)))
        .hint("delete dockwright's folder in your cache, then try again")
}
