//! Makes the changes: all or none, each file old or new, never cut off.
//!
//! Everything is first written below `.dockwright/pending/` with a journal that comes last. From
//! then on the run is decided: a run that is interrupted is finished by the next command. Before
//! the journal is there, it is undone. Renaming takes no space, so a full disk is found early.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compare::{Change, ChangeKind};
use super::mode::set_mode;
use super::receipt::{Receipt, digest};
use crate::paths::RelPath;
use crate::project::{Mistake, Project};
use crate::setup::Setup;

const PENDING: &str = ".dockwright/pending";
const JOURNAL: &str = "journal.json";

/// What a run would still have to do, in order.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    /// Puts a pending file in its place.
    Put { pending: String, path: String, mode: u32, before: Option<String>, after: String },
    /// Moves a file of the user's out of the way.
    Rename { from: String, to: String },
}

/// What was done about an interrupted run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It had not begun to change anything: its traces are gone.
    Undone,
    /// The rest was written: paths in order. A file that somebody changed in the meantime was left,
    /// and ours went beside it as `NAME.new`.
    Finished { written: Vec<String>, beside: Vec<String> },
}

/// Where a test lets a run end, as if the machine had stopped there.
pub type Stop<'a> = &'a dyn Fn(&str) -> bool;

/// Makes the changes, then the receipt and `dockwright.toml` (`settled`).
///
/// # Errors
/// A place that cannot be written or that leads out of the project, or a full disk; then nothing
/// was changed. `stop` ends the run at a named point, for tests.
pub fn write(
    project: &Project,
    changes: &[Change],
    setup: &Setup,
    receipt: &Receipt,
    settled: Option<(&RelPath, String)>,
    stop: Stop<'_>,
) -> Result<(), Mistake> {
    let root = project.root();
    let mut puts: Vec<(RelPath, String, u32)> = Vec::new();
    let mut renames = Vec::new();
    for change in changes.iter().filter(|change| change.writes()) {
        if change.kind == ChangeKind::TakeOver {
            let to = change.taken_over();
            if to.under(root).exists() {
                return Err(Mistake::new(format!(
                    "`{}` would be renamed to `{to}`, which is there already",
                    change.path
                ))
                .at(to, None)
                .hint("rename one of the two"));
            }
            renames.push(Step::Rename { from: change.path.to_string(), to: to.to_string() });
        } else {
            puts.push((change.target(), change.after.clone(), change.mode));
        }
    }
    puts.extend(settled.map(|(path, text)| (path.clone(), text, 0o644)));
    puts.extend(receipt.own_files(setup).into_iter().map(|(path, text)| (path, text, 0o644)));
    puts.retain(|(path, text, _)| fs::read_to_string(path.under(root)).ok().as_ref() != Some(text));
    if puts.is_empty() && renames.is_empty() {
        return Ok(());
    }
    for (path, _, _) in &puts {
        check_place(root, path)?;
    }
    let pending = root.join(PENDING);
    let prepared = prepare(root, &pending, &puts, renames, stop);
    let Some(journal) = prepared.inspect_err(|_| clean(root))? else { return Ok(()) };
    if stop("decided") {
        return Ok(());
    }
    finish(root, &journal, stop).map(|_| ())
}

/// Writes all contents and, last, the journal. `None` where a test ended the run.
fn prepare(
    root: &Path,
    pending: &Path,
    puts: &[(RelPath, String, u32)],
    renames: Vec<Step>,
    stop: Stop<'_>,
) -> Result<Option<Journal>, Mistake> {
    let trouble = |error: std::io::Error| {
        Mistake::new(format!("cannot write into the project: {error}")).hint("nothing was changed")
    };
    fs::create_dir_all(pending).map_err(trouble)?;
    let mut journal = Journal { steps: renames };
    for (number, (path, text, mode)) in puts.iter().enumerate() {
        let name = number.to_string();
        write_synced(&pending.join(&name), text, *mode).map_err(trouble)?;
        let before = fs::read(path.under(root)).ok().map(|bytes| digest(&String::from_utf8_lossy(&bytes)));
        journal.steps.push(Step::Put {
            pending: name,
            path: path.to_string(),
            mode: *mode,
            before,
            after: digest(text),
        });
        // folders now, so that finishing needs no space either
        if let Some(folder) = path.under(root).parent() {
            fs::create_dir_all(folder).map_err(trouble)?;
        }
    }
    if stop("prepared") {
        return Ok(None);
    }
    let text = serde_json::to_string(&journal).map_err(|error| Mistake::new(error.to_string()))?;
    let unfinished = pending.join("journal.part");
    write_synced(&unfinished, &text, 0o644).map_err(trouble)?;
    fs::rename(unfinished, pending.join(JOURNAL)).map_err(trouble)?;
    Ok(Some(journal))
}

fn finish(root: &Path, journal: &Journal, stop: Stop<'_>) -> Result<Recovered, Mistake> {
    let (mut written, mut beside) = (Vec::new(), Vec::new());
    for step in &journal.steps {
        match step {
            Step::Rename { from, to } => {
                let (from_path, to_path) = (inside(root, from)?, inside(root, to)?);
                if from_path.exists() && !to_path.exists() {
                    fs::rename(&from_path, &to_path).map_err(|error| cannot("rename", from, &error))?;
                    written.push(from.clone());
                }
            }
            Step::Put { pending, path, before, after, .. } => {
                let source = root.join(PENDING).join(Path::new(pending).file_name().unwrap_or_default());
                if !source.exists() {
                    // it is in its place already
                    continue;
                }
                let mut target = inside(root, path)?;
                let now = fs::read(&target).ok().map(|bytes| digest(&String::from_utf8_lossy(&bytes)));
                if now.as_ref() != before.as_ref() && now.as_ref() != Some(after) {
                    target = inside(root, &format!("{path}.new"))?;
                    beside.push(format!("{path}.new"));
                }
                fs::rename(&source, &target).map_err(|error| cannot("write", path, &error))?;
                sync_folder(&target);
                written.push(path.clone());
            }
        }
        if stop("step") {
            return Ok(Recovered::Finished { written, beside });
        }
    }
    fs::remove_dir_all(root.join(PENDING)).map_err(|error| cannot("remove", PENDING, &error))?;
    Ok(Recovered::Finished { written, beside })
}

/// Finishes or undoes a run that was interrupted; `None` if there was none.
///
/// # Errors
/// A journal that cannot be read, or a file that cannot be written.
pub fn recover(root: &Path) -> Result<Option<Recovered>, Mistake> {
    let pending = root.join(PENDING);
    if !pending.is_dir() {
        return Ok(None);
    }
    let Ok(text) = fs::read_to_string(pending.join(JOURNAL)) else {
        clean(root);
        return Ok(Some(Recovered::Undone));
    };
    let journal: Journal = serde_json::from_str(&text).map_err(|error| {
        Mistake::new(format!("{PENDING}/{JOURNAL} cannot be read: {error}"))
            .hint(format!("an interrupted run left it; look at the files there, then remove {PENDING}"))
    })?;
    finish(root, &journal, &|_| false).map(Some)
}

/// Takes away what an unfinished preparation left, and folders that it made and that stayed empty.
fn clean(root: &Path) {
    let _ = fs::remove_dir_all(root.join(PENDING));
    for folder in
        [".dockwright/base/docker", ".dockwright/base/secrets", ".dockwright/base", ".dockwright", "docker", "secrets"]
    {
        // fails where something is in it
        let _ = fs::remove_dir(root.join(folder));
    }
}

/// Refuses a place that leads out of the project by a link, or below something that is no folder.
fn check_place(root: &Path, path: &RelPath) -> Result<(), Mistake> {
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
        } else if at + 1 < parts.len() && !meta.is_dir() {
            return Err(Mistake::new(format!("`{shown}` is a file, and a folder belongs there"))
                .at(path.clone(), None)
                .hint("rename the file"));
        }
    }
    Ok(())
}

/// A path of the journal, which lies in the project and is checked like any other.
fn inside(root: &Path, path: &str) -> Result<PathBuf, Mistake> {
    let path = RelPath::new(path).map_err(|error| Mistake::new(error.to_string()))?;
    check_place(root, &path)?;
    let full = path.under(root);
    // through a link that stays inside, so that it stays a link
    Ok(if full.is_symlink() { full.canonicalize().unwrap_or(full) } else { full })
}

fn write_synced(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    set_mode(path, mode)?;
    file.sync_all()
}

fn sync_folder(path: &Path) {
    // best effort: not every file system lets folders be opened
    if let Some(Ok(folder)) = path.parent().map(fs::File::open) {
        let _ = folder.sync_all();
    }
}

fn cannot(what: &str, path: &str, error: &std::io::Error) -> Mistake {
    Mistake::new(format!("cannot {what} `{path}`: {error}")).hint("the next command finishes this run")
}
