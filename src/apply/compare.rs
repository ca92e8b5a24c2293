//! What writing would do to each file: nothing of the user's is overwritten, shadowed or merged
//! with unasked.

use std::collections::{BTreeMap, BTreeSet};

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::receipt::{Receipt, digest, unix};
use crate::paths::RelPath;
use crate::project::{Mistake, Project};
use crate::setup::Setup;

/// What writing would do to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: RelPath,
    pub kind: ChangeKind,
    /// What lies there now, if it is text.
    pub before: Option<String>,
    /// What would lie there; for a file that ours would shadow, what it has now.
    pub after: String,
    /// Permission bits.
    pub mode: u32,
    /// Set where a file of the user's and ours would act on each other: why.
    pub meets: Option<String>,
    /// What was chosen for it, now or in an earlier run.
    pub choice: Option<Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Nothing is there.
    Create,
    /// The same text is there.
    Same,
    /// dockwright wrote what is there and nobody edited it, or it was decided to replace it.
    Replace,
    /// Somebody else's, and it was decided to leave it.
    Keep,
    /// Ours goes beside it, as `NAME.new`.
    Beside,
    /// A file that ours would shadow or be merged with is renamed to `NAME.before-dockwright`.
    TakeOver,
    /// Somebody else's, and nothing is decided.
    Conflict,
}

/// What to do with a file of the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Keep,
    /// For a file that ours would shadow: take over.
    Replace,
    Beside,
}

/// Choices per file; the default is for all others, and after it what an earlier run was told.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub default: Option<Choice>,
    pub files: BTreeMap<RelPath, Choice>,
}

impl Choices {
    fn of(&self, path: &RelPath, receipt: Option<&Receipt>) -> Option<Choice> {
        let earlier = || receipt.and_then(|receipt| receipt.kept.get(path.as_str()).copied());
        self.files.get(path).copied().or(self.default).or_else(earlier)
    }
}

impl Change {
    /// Where ours goes.
    pub fn target(&self) -> RelPath {
        match self.kind {
            ChangeKind::Beside => self.renamed(".new"),
            _ => self.path.clone(),
        }
    }

    /// The new name of a file that is taken over.
    pub fn taken_over(&self) -> RelPath {
        self.renamed(".before-dockwright")
    }

    fn renamed(&self, ending: &str) -> RelPath {
        RelPath::new(&format!("{}{ending}", self.path)).unwrap_or_else(|_| self.path.clone())
    }

    /// Whether anything would be written.
    pub fn writes(&self) -> bool {
        matches!(self.kind, ChangeKind::Create | ChangeKind::Replace | ChangeKind::Beside | ChangeKind::TakeOver)
    }
}

/// A name in a folder that acts on a file of ours: compose reads it instead or merges it, or the
/// engine prefers it.
struct Meeting {
    theirs: &'static str,
    /// The file of ours that it touches.
    ours: &'static str,
    why: &'static str,
}

const MEETINGS: &[Meeting] = &[
    Meeting { theirs: "compose.yml", ours: COMPOSE, why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "docker-compose.yaml", ours: COMPOSE, why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "docker-compose.yml", ours: COMPOSE, why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "compose.override.yml", ours: COMPOSE, why: "it would be merged into compose.yaml" },
    Meeting { theirs: "docker-compose.override.yaml", ours: COMPOSE, why: "it would be merged into compose.yaml" },
    Meeting { theirs: "docker-compose.override.yml", ours: COMPOSE, why: "it would be merged into compose.yaml" },
    Meeting { theirs: "docker-bake.json", ours: BAKE, why: "it would be merged into docker-bake.hcl" },
    Meeting { theirs: "docker-bake.override.json", ours: BAKE, why: "it would be merged into docker-bake.hcl" },
    Meeting { theirs: "docker-bake.override.hcl", ours: BAKE, why: "it would be merged into docker-bake.hcl" },
    Meeting { theirs: "Containerfile", ours: DOCKERFILE, why: "other tools would build it instead of Dockerfile" },
    Meeting { theirs: "Dockerfile.dockerignore", ours: IGNORE, why: "it would be read instead of .dockerignore" },
];

pub(super) const COMPOSE: &str = "compose.yaml";
pub(super) const OVERRIDE: &str = "compose.override.yaml";
pub(super) const BAKE: &str = "docker-bake.hcl";
pub(super) const DOCKERFILE: &str = "Dockerfile";
pub(super) const IGNORE: &str = ".dockerignore";

/// Holds the setup against what lies in the project. Sorted by path.
///
/// A file that is kept takes those of ours with it that would act on it: where a compose file of
/// the user's is kept, no compose file is written, and no `secrets/`.
///
/// # Errors
/// A path of ours that is a folder or a link in the project, or a file that cannot be read.
pub fn compare(
    setup: &Setup,
    project: &Project,
    receipt: Option<&Receipt>,
    choices: &Choices,
) -> Result<Vec<Change>, Mistake> {
    let mut changes = met(setup, project, receipt, choices);
    for (path, file) in &setup.files {
        let present = on_disk(path, project)?;
        let choice = choices.of(path, receipt);
        let kind = match &present {
            None => ChangeKind::Create,
            Some(present) if present.is(&file.text) && (present.may_run || !runs(file.mode)) => ChangeKind::Same,
            Some(present) if present.is(&file.text) => ChangeKind::Replace,
            Some(present) => {
                let text = present.text.as_deref();
                let unedited =
                    text.is_some_and(|text| receipt.is_some_and(|receipt| receipt.wrote(path, &digest(&unix(text)))));
                match (unedited, choice) {
                    (true, _) | (_, Some(Choice::Replace)) => ChangeKind::Replace,
                    (_, Some(Choice::Keep)) => ChangeKind::Keep,
                    (_, Some(Choice::Beside)) => ChangeKind::Beside,
                    (false, None) => ChangeKind::Conflict,
                }
            }
        };
        let choice = choice.filter(|_| present.is_some() && !matches!(kind, ChangeKind::Same | ChangeKind::Replace));
        changes.push(Change {
            path: path.clone(),
            kind,
            before: present.map(|present| present.text.unwrap_or_default()),
            after: file.text.clone(),
            mode: file.mode,
            meets: None,
            choice,
        });
    }
    let theirs: BTreeSet<RelPath> =
        changes.iter().filter(|change| change.kind == ChangeKind::Keep).map(|change| change.path.clone()).collect();
    let is_met = |path: &RelPath| meetings(path).any(|(other, _)| theirs.contains(&other));
    withhold(&mut changes, |path| path.file_name() == IGNORE && is_met(path));
    let met = setup.files.keys().any(|path| path.as_str() == COMPOSE && is_met(path));
    settle_compose(&mut changes, met, receipt);
    for case in changes.clone().iter().filter(|change| change.meets.is_some() && change.kind == ChangeKind::Keep) {
        withhold(&mut changes, |path| differs_in_case(path.as_str(), case.path.as_str()));
    }
    for change in changes.iter_mut().filter(|change| change.kind == ChangeKind::Beside) {
        let beside = std::fs::read_to_string(change.target().under(project.root()));
        if beside.is_ok_and(|text| unix(&text) == change.after) {
            // ours lies beside it already
            change.kind = ChangeKind::Keep;
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// The names in the folder of a file of ours that would act on it, and why.
fn meetings(ours: &RelPath) -> impl Iterator<Item = (RelPath, &'static str)> {
    let here = MEETINGS.iter().filter(|meeting| meeting.ours == ours.file_name());
    here.filter_map(|meeting| Some((ours.parent()?.join(meeting.theirs).ok()?, meeting.why)))
}

/// The files of the user's that ours would shadow or be merged with.
fn met(setup: &Setup, project: &Project, receipt: Option<&Receipt>, choices: &Choices) -> Vec<Change> {
    let mut met: Vec<(RelPath, String)> = Vec::new();
    for ours in setup.files.keys() {
        let there = meetings(ours).filter(|(path, _)| path.under(project.root()).is_file());
        met.extend(there.map(|(path, why)| (path, why.to_owned())));
    }
    for ours in setup.files.keys() {
        for theirs in namesakes(ours, project.root()) {
            met.push((theirs, format!("on many machines it is the same file as {ours}")));
        }
    }
    let mut changes = Vec::new();
    for (path, why) in met {
        let text = std::fs::read_to_string(path.under(project.root())).unwrap_or_default();
        if receipt.is_some_and(|receipt| receipt.wrote(&path, &digest(&unix(&text)))) {
            continue;
        }
        let choice = choices.of(&path, receipt);
        let kind = match choice {
            Some(Choice::Replace) => ChangeKind::TakeOver,
            Some(Choice::Keep | Choice::Beside) => ChangeKind::Keep,
            None => ChangeKind::Conflict,
        };
        changes.push(Change {
            path,
            kind,
            before: Some(text.clone()),
            after: text,
            mode: 0o644,
            meets: Some(why),
            choice,
        });
    }
    changes
}

/// Compose reads its files together: where one of somebody else's stays, none of ours may act on
/// it. An edited file of ours that is kept is no stranger to the others.
fn settle_compose(changes: &mut Vec<Change>, met: bool, receipt: Option<&Receipt>) {
    let foreign = |changes: &[Change], kind: ChangeKind| {
        changes.iter().any(|change| {
            let known = receipt.is_some_and(|receipt| receipt.files.contains_key(change.path.as_str()));
            [COMPOSE, OVERRIDE].contains(&change.path.as_str()) && change.kind == kind && !known
        })
    };
    if met || foreign(changes, ChangeKind::Keep) {
        withhold(changes, |path| [COMPOSE, OVERRIDE].contains(&path.as_str()) || path.as_str().starts_with("secrets/"));
    } else if foreign(changes, ChangeKind::Beside) {
        for change in changes.iter_mut().filter(|change| [COMPOSE, OVERRIDE].contains(&change.path.as_str())) {
            if change.kind == ChangeKind::Create {
                change.kind = ChangeKind::Beside;
            }
        }
    }
}

/// Takes back what would be written of ours; what lies there stays.
fn withhold(changes: &mut Vec<Change>, of: impl Fn(&RelPath) -> bool) {
    changes.retain_mut(|change| {
        if change.meets.is_some() || !of(&change.path) {
            return true;
        }
        if matches!(change.kind, ChangeKind::Replace | ChangeKind::Conflict | ChangeKind::Beside) {
            change.kind = ChangeKind::Keep;
        }
        change.kind != ChangeKind::Create
    });
}

/// Files beside a path that differ from it in upper and lower case only.
fn namesakes(path: &RelPath, root: &Path) -> Vec<RelPath> {
    let Some(folder) = path.parent() else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir(folder.under(root)) else { return Vec::new() };
    let mut found: Vec<RelPath> = entries
        .flatten()
        .filter(|entry| !entry.path().is_dir())
        .filter_map(|entry| folder.join(entry.file_name().to_str()?).ok())
        .filter(|other| differs_in_case(other.as_str(), path.as_str()))
        .collect();
    found.sort();
    found
}

fn differs_in_case(one: &str, other: &str) -> bool {
    one != other && one.eq_ignore_ascii_case(other)
}

/// Whether permission bits let a file run as a program.
fn runs(mode: u32) -> bool {
    mode & 0o100 != 0
}

struct OnDisk {
    /// `None`: not text.
    text: Option<String>,
    may_run: bool,
}

impl OnDisk {
    /// A checkout with Windows line ends is the same text.
    fn is(&self, text: &str) -> bool {
        self.text.as_deref().is_some_and(|present| unix(present) == text)
    }
}

fn on_disk(path: &RelPath, project: &Project) -> Result<Option<OnDisk>, Mistake> {
    let full = path.under(project.root());
    let meta = match std::fs::symlink_metadata(&full) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // a file where a folder of ours belongs
        Err(error) => {
            return Err(Mistake::new(format!("cannot look at `{path}`: {error}")).at(path.clone(), None));
        }
    };
    if meta.is_dir() {
        return Err(Mistake::new(format!("`{path}` is a folder, and a file of that name belongs there"))
            .at(path.clone(), None)
            .hint("rename the folder"));
    }
    if !namesakes(path, project.root()).is_empty() && !has_exactly(path, project.root()) {
        // this machine takes the namesake for it
        return Ok(None);
    }
    match std::fs::read(&full) {
        Ok(bytes) => Ok(Some(OnDisk { text: String::from_utf8(bytes).ok(), may_run: may_run(&full) })),
        // a link that leads nowhere; writing will refuse it by name
        Err(_) if meta.is_symlink() => Ok(Some(OnDisk { text: None, may_run: false })),
        Err(error) => Err(Mistake::new(format!("cannot read `{path}`: {error}")).at(path.clone(), None)),
    }
}

fn has_exactly(path: &RelPath, root: &Path) -> bool {
    let full = path.under(root);
    let entries = full.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    entries.is_some_and(|entries| entries.flatten().any(|entry| entry.file_name().to_str() == Some(path.file_name())))
}

#[cfg(unix)]
fn may_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| runs(meta.permissions().mode()))
}

#[cfg(not(unix))]
fn may_run(_path: &Path) -> bool {
    true
}
