//! What writing would do to each file: nothing of the user's is overwritten, shadowed or merged
//! with unasked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Keep,
    /// For a file that ours would shadow: take over.
    Replace,
    Beside,
}

/// Choices per file; the default is for all others.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub default: Option<Choice>,
    pub files: BTreeMap<RelPath, Choice>,
}

impl Choices {
    fn of(&self, path: &RelPath) -> Option<Choice> {
        self.files.get(path).copied().or(self.default)
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
    /// Beginning of our files' names that it touches.
    ours: &'static str,
    why: &'static str,
}

const MEETINGS: &[Meeting] = &[
    Meeting { theirs: "compose.yml", ours: "compose", why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "docker-compose.yaml", ours: "compose", why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "docker-compose.yml", ours: "compose", why: "compose.yaml would be read instead of it" },
    Meeting { theirs: "compose.override.yml", ours: "compose", why: "it would be merged into compose.yaml" },
    Meeting { theirs: "docker-compose.override.yaml", ours: "compose", why: "it would be merged into compose.yaml" },
    Meeting { theirs: "docker-compose.override.yml", ours: "compose", why: "it would be merged into compose.yaml" },
    Meeting { theirs: "Containerfile", ours: "Dockerfile", why: "other tools would build it instead of Dockerfile" },
    Meeting {
        theirs: "Dockerfile.dockerignore",
        ours: ".dockerignore",
        why: "it would be read instead of .dockerignore",
    },
];

/// Holds the setup against what lies in the project. Sorted by path.
///
/// A file that is kept takes those of ours with it that would act on it: where a compose file of
/// the user's is kept, no compose file is written.
///
/// # Errors
/// A path of ours that is a folder or a link in the project, or a file that cannot be read.
pub fn compare(
    setup: &Setup,
    project: &Project,
    receipt: Option<&Receipt>,
    choices: &Choices,
) -> Result<Vec<Change>, Mistake> {
    let mut changes = Vec::new();
    let mut withheld: Vec<&'static str> = Vec::new();
    for meeting in MEETINGS {
        let Ok(path) = RelPath::new(meeting.theirs) else { continue };
        let touches = setup.files.keys().any(|ours| ours.as_str().starts_with(meeting.ours));
        let on_disk = path.under(project.root());
        if !touches || !on_disk.exists() || is_ours(&path, project, receipt) {
            continue;
        }
        let text = std::fs::read_to_string(&on_disk).unwrap_or_default();
        let kind = match choices.of(&path) {
            Some(Choice::Replace) => ChangeKind::TakeOver,
            Some(Choice::Keep | Choice::Beside) => {
                withheld.push(meeting.ours);
                ChangeKind::Keep
            }
            None => ChangeKind::Conflict,
        };
        let (before, meets) = (Some(text.clone()), Some(meeting.why.to_owned()));
        changes.push(Change { path, kind, before, after: text, mode: 0o644, meets });
    }
    for (path, file) in &setup.files {
        if withheld.iter().any(|ours| path.as_str().starts_with(ours)) {
            continue;
        }
        let before = on_disk(path, project)?;
        let kind = match &before {
            None => ChangeKind::Create,
            Some(OnDisk::Text(text)) if unix(text) == file.text => ChangeKind::Same,
            Some(present) => {
                let unedited = match present {
                    OnDisk::Text(text) => receipt.is_some_and(|receipt| receipt.wrote(path, &digest(&unix(text)))),
                    OnDisk::Other => false,
                };
                match (unedited, choices.of(path)) {
                    (true, None) | (_, Some(Choice::Replace)) => ChangeKind::Replace,
                    (_, Some(Choice::Keep)) => ChangeKind::Keep,
                    (_, Some(Choice::Beside)) => ChangeKind::Beside,
                    (false, None) => ChangeKind::Conflict,
                }
            }
        };
        let before = before.map(|present| match present {
            OnDisk::Text(text) => text,
            OnDisk::Other => String::new(),
        });
        changes.push(Change {
            path: path.clone(),
            kind,
            before,
            after: file.text.clone(),
            mode: file.mode,
            meets: None,
        });
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn is_ours(path: &RelPath, project: &Project, receipt: Option<&Receipt>) -> bool {
    let text = std::fs::read_to_string(path.under(project.root())).unwrap_or_default();
    receipt.is_some_and(|receipt| receipt.wrote(path, &digest(&unix(&text))))
}

enum OnDisk {
    Text(String),
    /// Not text.
    Other,
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
    match std::fs::read(&full) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).map_or(OnDisk::Other, OnDisk::Text))),
        // a link that leads nowhere; writing will refuse it by name
        Err(_) if meta.is_symlink() => Ok(Some(OnDisk::Other)),
        Err(error) => Err(Mistake::new(format!("cannot read `{path}`: {error}")).at(path.clone(), None)),
    }
}
