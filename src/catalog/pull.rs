//! Fetches what an origin names and says exactly what it was: commit, tag or branch, digest.
//!
//! What was fetched lies in the user's cache folder, a bare repository per address, and is read
//! from there by commit. A tag that leads to another commit than before stops the run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::folder::read_folder;
use super::git::Git;
use super::objects::read_commit;
use super::origin::{GitOrigin, Origin};
use super::reference::{Listed, Means, Reference, Resolved};
use super::tree::{Files, digest};
use crate::project::Mistake;

/// What a template came from, exactly: the receipt keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// As it can be typed again: `gh:acme/containers//go@v3`.
    pub origin: String,
    /// None: a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The tag or branch that led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Means>,
    /// sha256 over the paths and bytes of all its files.
    pub digest: String,
}

impl std::fmt::Display for Pull {
    /// `gh:acme/containers//go, tag v3, commit 1a2b3c4d5e6f`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin)?;
        match &self.by {
            Some(Means::Commit) | None => {}
            Some(means) => write!(f, ", {means}")?,
        }
        match &self.commit {
            Some(commit) => write!(f, ", commit {}", &commit[..12.min(commit.len())]),
            None => Ok(()),
        }
    }
}

/// How an origin is fetched.
pub struct Pulling<'a> {
    /// dockwright's folder in the user's cache.
    pub cache: PathBuf,
    /// The folder that `./templates` is looked for in.
    pub beside: PathBuf,
    /// No server is asked: what the cache has counts.
    pub offline: bool,
    /// A person may be asked for a password by git.
    pub asks: bool,
    pub limit: Duration,
    pub interrupted: &'a AtomicBool,
    /// Rules that were accepted: `moved-tag`, `changed-template`.
    pub allow: &'a [String],
    /// Told before what takes longer than a moment.
    pub say: &'a dyn Fn(&str),
}

/// The files of an origin, with what they are exactly.
#[derive(Debug)]
pub struct Pulled {
    pub files: Files,
    pub pull: Pull,
    /// What a person should know: which reference was taken, what could not be asked.
    pub notes: Vec<String>,
}

/// Why an origin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoPull {
    #[error("{0}")]
    Mistake(#[from] Mistake),
    /// It is not what it was, and nobody accepted that; the mistake says which rule accepts it.
    #[error("{0}")]
    Changed(Mistake),
}

/// Fetches an origin. `before` is what the receipt says of the same origin: where `keeps` is set,
/// that commit is used again, else the reference is looked up anew.
///
/// # Errors
/// It is not there, holds what no template may, or is not what it was before.
pub fn pull(origin: &Origin, before: Option<&Pull>, keeps: bool, with: &Pulling<'_>) -> Result<Pulled, NoPull> {
    match origin {
        Origin::Id(id) => Err(Mistake::new(format!("`{id}` is built in, there is nothing to fetch")).into()),
        Origin::Folder { path, subfolder } => {
            let typed = home(path)?;
            let files = read_folder(&with.beside.join(typed), subfolder.as_ref(), &origin.to_string())?;
            let pull = Pull { origin: origin.to_string(), commit: None, by: None, digest: digest(&files) };
            Ok(Pulled { files, pull, notes: Vec::new() })
        }
        Origin::Git(git) => {
            Fetching::new(git, with)?.pull(before.filter(|before| before.origin == git.to_string()), keeps)
        }
    }
}

/// `~/x` as a shell reads it.
fn home(path: &str) -> Result<PathBuf, Mistake> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(PathBuf::from(path)) };
    let folder = std::env::home_dir().filter(|_| rest.is_empty() || rest.starts_with('/'));
    let folder =
        folder.ok_or_else(|| Mistake::new(format!("`{path}` names no folder")).hint("write the whole path"))?;
    Ok(folder.join(rest.trim_start_matches('/')))
}

struct Fetching<'a> {
    origin: &'a GitOrigin,
    with: &'a Pulling<'a>,
    git: Git<'a>,
    seen: Listed,
    notes: Vec<String>,
}

impl<'a> Fetching<'a> {
    fn new(origin: &'a GitOrigin, with: &'a Pulling<'a>) -> Result<Self, Mistake> {
        let name: String =
            Sha256::digest(origin.url.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let repository = with.cache.join("git").join(name);
        let git = Git { repository, asks: with.asks, limit: with.limit, interrupted: with.interrupted };
        let mut fetching = Fetching { origin, with, git, seen: Listed::default(), notes: Vec::new() };
        fetching.prepare()?;
        Ok(fetching)
    }

    /// The bare repository of this address, made at its first use.
    fn prepare(&mut self) -> Result<(), Mistake> {
        let repository = self.git.repository.clone();
        let cannot = |error: std::io::Error| {
            Mistake::new(format!("cannot write into the cache `{}`: {error}", repository.display()))
                .hint("`XDG_CACHE_HOME` names another folder")
        };
        if let Ok(text) = fs::read_to_string(self.seen_file()) {
            self.seen = serde_json::from_str(&text).unwrap_or_default();
        }
        if repository.join("HEAD").is_file() && repository.join("objects").is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&repository).map_err(cannot)?;
        let shown = repository.to_string_lossy().into_owned();
        let said = self.git.run(&["init", "--quiet", "--bare", "--template="], &[&shown])?;
        if said.ok { Ok(()) } else { Err(Mistake::new(format!("cannot use the cache: {}", said.complaint()))) }
    }

    fn seen_file(&self) -> PathBuf {
        self.git.repository.join("dockwright-seen.json")
    }

    fn pull(mut self, before: Option<&Pull>, keeps: bool) -> Result<Pulled, NoPull> {
        let kept = before.filter(|_| keeps).and_then(|before| Some((before.commit.clone()?, before.by.clone()?)));
        let resolved = match kept {
            Some((commit, means)) => self.keep(commit, means)?,
            None => self.look_up(before)?,
        };
        let files = self.files(&resolved)?;
        let pull = Pull {
            origin: self.origin.to_string(),
            commit: Some(resolved.commit.clone()),
            by: Some(resolved.means.clone()),
            digest: digest(&files),
        };
        let same = before.filter(|before| before.commit == pull.commit);
        if let Some(before) = same.filter(|before| before.digest != pull.digest && !self.allows("changed-template")) {
            let mistake = Mistake::new(format!("`{}` is not what it was", self.origin))
                .detail(format!(
                    "commit {} had the digest {}, now it has {}",
                    resolved.commit, before.digest, pull.digest
                ))
                .hint("find out why; or accept it with `--allow changed-template`");
            return Err(NoPull::Changed(mistake));
        }
        Ok(Pulled { files, pull, notes: self.notes })
    }

    fn allows(&self, rule: &str) -> bool {
        self.with.allow.iter().any(|allowed| allowed == rule)
    }

    /// The commit of the receipt again; a tag that led there is asked for, where that is possible.
    fn keep(&mut self, commit: String, means: Means) -> Result<Resolved, NoPull> {
        let fetch = match &means {
            Means::Tag(tag) => format!("refs/tags/{tag}"),
            Means::Branch(_) | Means::Commit => commit.clone(),
        };
        let kept = Resolved { commit, fetch, means };
        let Means::Tag(tag) = &kept.means else { return Ok(kept) };
        if self.with.offline {
            return Ok(kept);
        }
        match self.list(&Reference::Tag(tag.clone())) {
            Ok(listed) => match listed.resolve(&Reference::Tag(tag.clone()), &self.origin.short) {
                Ok(now) => {
                    let now = self.check_moved(now, Some(&kept.commit))?;
                    self.remember(listed);
                    Ok(now)
                }
                Err(gone) => {
                    self.notes.push(format!("{}: it is used as it was", gone.what));
                    Ok(kept)
                }
            },
            // everything needed may be in the cache
            Err(mistake) if mistake.what != super::git::INTERRUPTED => {
                self.notes.push(format!("could not ask whether tag {tag} moved: {}", mistake.what));
                Ok(kept)
            }
            Err(mistake) => Err(mistake.into()),
        }
    }

    fn look_up(&mut self, before: Option<&Pull>) -> Result<Resolved, NoPull> {
        let reference = &self.origin.reference;
        let short = &self.origin.short;
        if self.with.offline {
            let resolved = self.seen.resolve(reference, short).map_err(|mistake| Mistake {
                detail: mistake.detail.or(Some("`--offline` asks no server".to_owned())),
                ..mistake
            })?;
            return Ok(self.said(resolved));
        }
        let listed = match reference {
            Reference::Commit(_) => Listed::default(),
            reference => self.list(reference)?,
        };
        let resolved = listed.resolve(reference, short)?;
        let was = match (&resolved.means, before) {
            (Means::Tag(_), Some(Pull { commit: Some(commit), by: Some(by), .. })) if *by == resolved.means => {
                Some(commit.clone())
            }
            (Means::Tag(tag), _) => self.seen.tags.get(tag).cloned(),
            _ => None,
        };
        let resolved = self.check_moved(resolved, was.as_ref())?;
        self.remember(listed);
        Ok(self.said(resolved))
    }

    /// Says which reference was taken where none was named.
    fn said(&mut self, resolved: Resolved) -> Resolved {
        if self.origin.reference == Reference::Newest {
            let why = match &resolved.means {
                Means::Tag(_) => "the newest version",
                Means::Branch(_) | Means::Commit => "no tag is a version",
            };
            self.notes.push(format!("{}: {} is used, {why}", self.origin.short, resolved.means));
        }
        resolved
    }

    fn check_moved(&self, now: Resolved, was: Option<&String>) -> Result<Resolved, NoPull> {
        let Some(was) = was.filter(|was| **was != now.commit && !self.allows("moved-tag")) else { return Ok(now) };
        let mistake = Mistake::new(format!("{} of `{}` was moved to another commit", now.means, self.origin.short))
            .detail(format!("it was {was}\nnow it is {}", now.commit))
            .hint("ask its authors why; then accept it with `--allow moved-tag`");
        Err(NoPull::Changed(mistake))
    }

    /// What the server lists of a reference.
    fn list(&self, reference: &Reference) -> Result<Listed, Mistake> {
        let mut words = vec![self.origin.url.clone(), "HEAD".to_owned()];
        match reference {
            Reference::Newest => words.push("refs/tags/*".to_owned()),
            Reference::Any(name) => {
                words.extend([
                    format!("refs/heads/{name}"),
                    format!("refs/tags/{name}"),
                    format!("refs/tags/{name}^{{}}"),
                ]);
            }
            Reference::Branch(name) => words.push(format!("refs/heads/{name}")),
            Reference::Tag(name) => words.extend([format!("refs/tags/{name}"), format!("refs/tags/{name}^{{}}")]),
            Reference::Commit(_) => {}
        }
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = self.git.run(&["ls-remote", "--symref", "--quiet"], &typed)?;
        if !said.ok {
            return Err(self.unreachable(&said.complaint()));
        }
        let listed = Listed::parse(&said.stdout);
        let named = matches!(reference, Reference::Any(_) | Reference::Branch(_) | Reference::Tag(_));
        if named && listed.tags.is_empty() && listed.branches.is_empty() {
            // for the names that there are instead
            let all = self.git.run(&["ls-remote", "--symref", "--quiet"], &[&self.origin.url])?;
            return Ok(Listed::parse(&all.stdout));
        }
        Ok(listed)
    }

    fn unreachable(&self, complaint: &str) -> Mistake {
        let mistake = Mistake::new(format!("git cannot read `{}`: {complaint}", self.origin.short));
        let url = &self.origin.url;
        if self.origin.short != *url && !self.origin.short.contains(':') && Path::new(&self.origin.short).is_dir() {
            return mistake.hint(format!("`./{}` would be the folder here", self.origin.short));
        }
        mistake.hint(format!("try `git ls-remote {url}`: whatever git needs for that is needed here too"))
    }

    /// The files of a commit, fetched if the cache has not got them.
    fn files(&mut self, resolved: &Resolved) -> Result<Files, NoPull> {
        let subfolder = self.origin.subfolder.as_ref();
        if let Some(files) = read_commit(&self.git, &resolved.commit, subfolder)? {
            return Ok(files);
        }
        if self.with.offline {
            let mistake =
                Mistake::new(format!("the cache has no commit {} of `{}`", resolved.commit, self.origin.short));
            return Err(mistake.hint("leave `--offline` out once").into());
        }
        (self.with.say)(&format!("fetching {} ({})", self.origin.short, resolved.means));
        self.fetch(resolved)?;
        match read_commit(&self.git, &resolved.commit, subfolder)? {
            Some(files) => Ok(files),
            None => {
                Err(Mistake::new(format!("{} of `{}` changed while it was fetched", resolved.means, self.origin.short))
                    .hint("try again")
                    .into())
            }
        }
    }

    fn fetch(&self, resolved: &Resolved) -> Result<(), Mistake> {
        const FETCH: &[&str] =
            &["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc"];
        let shallow: Vec<&str> = FETCH.iter().copied().chain(["--depth=1"]).collect();
        let spec = format!("+{}:refs/pulls/{}", resolved.fetch, resolved.commit);
        let said = self.git.run(&shallow, &[&self.origin.url, &spec])?;
        if said.ok {
            return Ok(());
        }
        if resolved.means == Means::Commit || resolved.fetch == resolved.commit {
            // a server that gives no single commit gives its branches
            let all = ["+refs/heads/*:refs/all/heads/*", "+refs/tags/*:refs/all/tags/*"];
            let said = self.git.run(FETCH, &[&self.origin.url, all[0], all[1]])?;
            if said.ok {
                return match read_commit(&self.git, &resolved.commit, None) {
                    Ok(None) => Err(Mistake::new(format!("`{}` has no commit {}", self.origin.short, resolved.commit))),
                    _ => Ok(()),
                };
            }
        }
        Err(self.unreachable(&said.complaint()))
    }

    /// Keeps what the server said, for `--offline` and to see a tag move.
    fn remember(&mut self, listed: Listed) {
        self.seen.learn(listed);
        let text = serde_json::to_string(&self.seen).unwrap_or_default();
        // without it the next run only knows less
        let file = tempfile::NamedTempFile::new_in(&self.git.repository);
        if let Ok(file) = file.and_then(|file| fs::write(file.path(), text).map(|()| file)) {
            let _ = file.persist(self.seen_file());
        }
    }
}
