//! Makes the changes: all or none, each file old or new, never cut off.
//!
//! Everything is first written below `.dockwright/pending/` with a journal that comes last. From
//! then on the run is decided: a run that is interrupted is finished by the next command. Before
//! the journal is there, it is undone. Renaming takes no space, so a full disk is found early.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compare::{Change, ChangeKind};
use super::mode::set_mode;
use super::place::{OWN, PENDING, check_place, check_writable, inside, spoilt};
use super::receipt::{Receipt, digest, read_receipt, unix};
use crate::paths::RelPath;
use crate::project::{Mistake, Project};
use crate::setup::Setup;

const JOURNAL: &str = "journal.json";
/// Lists the folders that the preparation made.
const FOLDERS: &str = "folders";

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

/// Makes the changes, then the receipt.
///
/// # Errors
/// A place that cannot be written, that is taken or that leads out of the project, or a full disk;
/// then nothing was changed. `stop` ends the run at a named point, for tests.
pub fn write(
    project: &Project,
    changes: &[Change],
    setup: &Setup,
    receipt: &Receipt,
    stop: Stop<'_>,
) -> Result<(), Mistake> {
    let root = project.root();
    let earlier = read_receipt(project)?;
    let mut puts: Vec<(RelPath, String, u32)> = Vec::new();
    let mut renames = Vec::new();
    for change in changes.iter().filter(|change| change.writes()) {
        if change.kind == ChangeKind::TakeOver {
            let to = change.taken_over();
            if to.under(root).symlink_metadata().is_ok() {
                return Err(taken(&to, &format!("`{}` would be renamed to `{to}`", change.path)));
            }
            check_place(root, &to)?;
            renames.push(Step::Rename { from: change.path.to_string(), to: to.to_string() });
        } else {
            let to = change.target();
            if change.kind == ChangeKind::Beside && !is_free(root, &to, &change.after, earlier.as_ref()) {
                return Err(taken(&to, &format!("ours would go to `{to}`")));
            }
            puts.push((to, change.after.clone(), change.mode));
        }
    }
    let changed: Vec<RelPath> = puts.iter().map(|(path, ..)| path.clone()).collect();
    let own = receipt.own_files(setup).into_iter().map(|(path, text)| (path, text, 0o644));
    // a change of the mode alone is one too
    puts.extend(own.filter(|(path, text, _)| fs::read_to_string(path.under(root)).ok().as_ref() != Some(text)));
    if puts.is_empty() && renames.is_empty() {
        return Ok(());
    }
    for (path, _, _) in &puts {
        check_place(root, path)?;
    }
    check_writable(root, &changed)?;
    let pending = root.join(PENDING);
    fs::create_dir_all(&pending).map_err(unchanged)?;
    let _lock = lock(&pending)?;
    let prepared = prepare(root, &pending, &puts, renames, stop);
    let Some(journal) = prepared.inspect_err(|_| clean(root))? else { return Ok(()) };
    if stop("decided") {
        return Ok(());
    }
    finish(root, &journal, stop).map(|_| ())
}

fn taken(path: &RelPath, what: &str) -> Mistake {
    Mistake::new(format!("{what}, which is there already")).at(path.clone(), None).hint(format!("rename `{path}`"))
}

/// Whether nothing of the user's lies there.
fn is_free(root: &Path, path: &RelPath, text: &str, earlier: Option<&Receipt>) -> bool {
    match fs::read_to_string(path.under(root)) {
        Ok(present) => present == text || earlier.is_some_and(|earlier| earlier.wrote(path, &digest(&unix(&present)))),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn unchanged(error: std::io::Error) -> Mistake {
    Mistake::new(format!("cannot write into the project: {error}")).hint("nothing was changed")
}

/// Writes all contents and, last, the journal. `None` where a test ended the run.
fn prepare(
    root: &Path,
    pending: &Path,
    puts: &[(RelPath, String, u32)],
    renames: Vec<Step>,
    stop: Stop<'_>,
) -> Result<Option<Journal>, Mistake> {
    let folders = missing_folders(root, puts);
    // which folders to take away again, should the run end here
    let made = folders.iter().map(|folder| format!("{folder}\n")).collect::<String>();
    write_synced(&pending.join(FOLDERS), &made, 0o644).map_err(unchanged)?;
    let mut journal = Journal { steps: renames };
    // folders now, so that finishing needs no space
    for folder in &folders {
        let path = folder.under(root);
        fs::create_dir(&path).map_err(unchanged)?;
        set_mode(&path, 0o755).map_err(unchanged)?;
    }
    for (number, (path, text, mode)) in puts.iter().enumerate() {
        let name = number.to_string();
        write_synced(&pending.join(&name), text, *mode).map_err(unchanged)?;
        journal.steps.push(Step::Put {
            pending: name,
            path: path.to_string(),
            mode: *mode,
            before: digest_of(&path.under(root)),
            after: digest(text),
        });
    }
    if stop("prepared") {
        return Ok(None);
    }
    let text = serde_json::to_string(&journal).map_err(|error| Mistake::new(error.to_string()))?;
    let unfinished = pending.join("journal.part");
    write_synced(&unfinished, &text, 0o644).map_err(unchanged)?;
    let decided = pending.join(JOURNAL);
    fs::rename(unfinished, &decided).map_err(unchanged)?;
    sync_folder(&decided);
    Ok(Some(journal))
}

/// Folders that have to be made, parents first; those of the tool itself go with it.
fn missing_folders(root: &Path, puts: &[(RelPath, String, u32)]) -> Vec<RelPath> {
    let mut folders = BTreeSet::new();
    for (path, _, _) in puts {
        let mut folder = path.parent();
        while let Some(inner) = folder.filter(|folder| !folder.is_root()) {
            if !inner.under(root).is_dir() && inner.as_str() != OWN {
                folders.insert(inner.clone());
            }
            folder = inner.parent();
        }
    }
    folders.into_iter().collect()
}

/// One run at a time: the lock ends with the process, however it ends.
fn lock(pending: &Path) -> Result<fs::File, Mistake> {
    let file = fs::File::create(pending.join("lock")).map_err(unchanged)?;
    // a process that was just killed may still hold it for a moment
    for _ in 0..20 {
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(50)),
            // not every file system has locks
            Ok(()) | Err(fs::TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(Mistake::new("another dockwright is writing here").hint("wait until it is done, then try again"))
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
            Step::Put { pending, path, mode, before, after } => {
                let source = root.join(PENDING).join(Path::new(pending).file_name().unwrap_or_default());
                if !source.exists() {
                    // it is in its place already
                    continue;
                }
                if digest_of(&source).as_ref() != Some(after) {
                    return Err(spoilt(&format!("what belongs in `{path}` is damaged")));
                }
                let mut target = inside(root, path)?;
                let now = digest_of(&target);
                if now.as_ref() != before.as_ref() && now.as_ref() != Some(after) {
                    let name = free_name(root, path);
                    target = inside(root, &name)?;
                    beside.push(name);
                }
                put(&source, &target, *mode).map_err(|error| cannot("write", path, &error))?;
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

/// Moves a file into its place, whole; over a border between file systems too.
fn put(source: &Path, target: &Path, mode: u32) -> std::io::Result<()> {
    // a journal may have come with a clone
    let mode = if mode == 0o755 { mode } else { 0o644 };
    set_mode(source, mode)?;
    match fs::rename(source, target) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let folder = target.parent().unwrap_or(target);
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&fs::read(source)?)?;
            set_mode(file.path(), mode)?;
            file.as_file().sync_all()?;
            file.persist(target)?;
            fs::remove_file(source)
        }
        other => other,
    }
}

/// `NAME.new`, or the next number that is free.
fn free_name(root: &Path, path: &str) -> String {
    let names = std::iter::once(format!("{path}.new")).chain((2..).map(|number| format!("{path}.new{number}")));
    let mut free = names.take(1000).filter(|name| root.join(name).symlink_metadata().is_err());
    free.next().unwrap_or_else(|| format!("{path}.new"))
}

/// Finishes or undoes a run that was interrupted; `None` if there was none.
///
/// # Errors
/// A journal that cannot be read, a file that cannot be written, or a run that is still going on.
pub fn recover(root: &Path) -> Result<Option<Recovered>, Mistake> {
    let Ok(root) = root.canonicalize() else { return Ok(None) };
    let pending = root.join(PENDING);
    if !pending.is_dir() {
        return Ok(None);
    }
    inside(&root, &format!("{PENDING}/{JOURNAL}"))?;
    let _lock = lock(&pending)?;
    if !pending.is_dir() {
        // the other run ended while this one waited
        return Ok(None);
    }
    let Ok(text) = fs::read_to_string(pending.join(JOURNAL)) else {
        clean(&root);
        return Ok(Some(Recovered::Undone));
    };
    let journal: Journal = serde_json::from_str(&text).map_err(|error| spoilt(&format!("{JOURNAL}: {error}")))?;
    finish(&root, &journal, &|_| false).map(Some)
}

/// Takes away what an unfinished preparation left, and folders that it made and that stayed empty.
fn clean(root: &Path) {
    let made = fs::read_to_string(root.join(PENDING).join(FOLDERS)).unwrap_or_default();
    let _ = fs::remove_dir_all(root.join(PENDING));
    let mut folders: Vec<PathBuf> = made
        .lines()
        .filter_map(|folder| inside(root, &format!("{folder}/-")).ok())
        .filter_map(|inner| inner.parent().map(Path::to_path_buf))
        .collect();
    folders.reverse();
    for folder in folders.into_iter().chain([root.join(OWN)]) {
        // fails where something is in it
        let _ = fs::remove_dir(folder);
    }
}

/// `None` where no file is.
fn digest_of(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|bytes| digest(&String::from_utf8_lossy(&bytes)))
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
