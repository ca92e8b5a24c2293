//! The user's `git` program: the only module of the catalog that starts one.
//!
//! Nothing is ever checked out, so no link, hook or filter of a repository acts; no submodule is
//! fetched, no transport that runs a command is let through, and every typed text stands behind
//! `--`. Credentials, keys, proxies and `insteadOf` are git's own business.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::texts::plain;
use crate::child;
use crate::project::Mistake;

/// How long one command may take that talks to a server.
pub const LIMIT: Duration = Duration::from_secs(120);
/// What a repository of templates may weigh on disk, fetched without history.
const MAX_DISK: u64 = 256 * 1024 * 1024;
/// What a command may write.
const MAX_OUTPUT: u64 = 16 * 1024 * 1024;
const POLL: Duration = Duration::from_millis(5);

/// Settings of every call; they win over the user's.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.prune=false",
    "transfer.bundleURI=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "advice.detachedHead=false",
];
/// Transports that run nothing of the address's choice.
const TRANSPORTS: &str = "file:git:http:https:ssh";
/// Variables that would lead git to another repository than the cache's.
const STRAY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_TEMPLATE_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_ATTR_SOURCE",
    "GIT_SHALLOW_FILE",
];

/// How git is run.
pub struct Git<'a> {
    /// The bare repository of the cache that commands work on.
    pub repository: PathBuf,
    /// A person sits at a terminal and may be asked for a password.
    pub asks: bool,
    pub limit: Duration,
    /// Ends the command when it is set.
    pub interrupted: &'a AtomicBool,
}

/// What a command wrote.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Git<'_> {
    /// Runs a command that may talk to a server. `typed` is what somebody typed: it stands behind
    /// `--`.
    ///
    /// # Errors
    /// There is no git, it takes too long or too much, or the flag is set. A command that fails is
    /// no error here.
    pub fn run(&self, words: &[&str], typed: &[&str]) -> Result<Said, Mistake> {
        let mut command = self.command();
        command.args(words).arg("--").args(typed).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if words[0] != "init" && typed.first().is_some_and(|url| by_ssh(url)) && !self.asks {
            self.no_questions_by_ssh(&mut command);
        }
        let mut child = self.spawn(&mut command)?;
        let stdout = child.stdout.take().map(|from| child::read(from, MAX_OUTPUT));
        let stderr = child.stderr.take().map(|from| child::read(from, MAX_OUTPUT));
        let ok = self.wait(&mut child)?;
        Ok(Said { ok, stdout: child::text(stdout), stderr: child::text(stderr) })
    }

    /// Starts `git cat-file --batch` on the cache, to be asked for objects.
    ///
    /// # Errors
    /// There is no git.
    pub fn objects(&self) -> Result<Child, Mistake> {
        let mut command = self.command();
        command
            .args(["cat-file", "--batch"])
            .env("GIT_NO_LAZY_FETCH", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        self.spawn(&mut command)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.arg("--no-replace-objects").arg("--git-dir").arg(&self.repository);
        // a project's own .git/config is not asked, whatever folder this runs in
        command.current_dir(existing(&self.repository));
        for name in STRAY {
            command.env_remove(name);
        }
        command
            .env("GIT_ALLOW_PROTOCOL", allowed_transports(std::env::var("GIT_ALLOW_PROTOCOL").ok().as_deref()))
            .env("GIT_PROTOCOL_FROM_USER", "0")
            .env("GIT_ADVICE", "0")
            .env("LC_ALL", "C");
        if !self.asks {
            command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never").env("SSH_ASKPASS_REQUIRE", "never");
            child::apart(&mut command);
        }
        command
    }

    /// ssh asks on the terminal by itself unless it is told not to; a command of the user's own
    /// stays.
    fn no_questions_by_ssh(&self, command: &mut Command) {
        if std::env::var_os("GIT_SSH_COMMAND").is_some() || std::env::var_os("GIT_SSH").is_some() {
            return;
        }
        let own = self.run(&["config", "--get", "core.sshCommand"], &[]);
        if own.is_ok_and(|said| !said.ok) {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
        }
    }

    fn spawn(&self, command: &mut Command) -> Result<Child, Mistake> {
        command.spawn().map_err(|error| {
            Mistake::new("there is no `git` command")
                .detail(error.to_string())
                .hint("templates from git are fetched by your own git: https://git-scm.com/downloads")
        })
    }

    fn wait(&self, child: &mut Child) -> Result<bool, Mistake> {
        let until = Instant::now() + self.limit;
        let mut look_again = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) => {}
                Err(error) => return Err(Mistake::new(format!("git cannot be waited for: {error}"))),
            }
            let stop = if self.interrupted.load(Ordering::Relaxed) {
                Some(Mistake::new(INTERRUPTED))
            } else if Instant::now() > until {
                let seconds = self.limit.as_secs();
                Some(Mistake::new(format!("git did not end within {seconds} seconds")).hint("is the server reachable?"))
            } else if Instant::now() > look_again {
                look_again = Instant::now() + Duration::from_millis(500);
                let large = weight(&self.repository.join("objects")) > MAX_DISK;
                large.then(|| Mistake::new(format!("the repository is larger than {} MB", MAX_DISK >> 20)))
            } else {
                None
            };
            if let Some(mistake) = stop {
                child::end(child);
                return Err(mistake);
            }
            thread::sleep(POLL);
        }
    }
}

/// What the mistake of an interrupted command says.
pub const INTERRUPTED: &str = "interrupted";

impl Said {
    /// The last line of what git complained about, without its `fatal:`.
    pub fn complaint(&self) -> String {
        let lines = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let told: Vec<&str> = lines.filter(|line| !line.starts_with("hint:")).collect();
        let first = told.iter().find(|line| line.starts_with("fatal:") || line.starts_with("remote:"));
        let line = first.or(told.last()).copied().unwrap_or("git said nothing");
        plain(line.trim_start_matches("fatal: "), 200)
    }
}

/// What the user allows already is never widened.
fn allowed_transports(theirs: Option<&str>) -> String {
    match theirs {
        None => TRANSPORTS.to_owned(),
        Some(theirs) => {
            let both = TRANSPORTS.split(':').filter(|ours| theirs.split(':').any(|other| other == *ours));
            both.collect::<Vec<_>>().join(":")
        }
    }
}

fn by_ssh(url: &str) -> bool {
    url.starts_with("ssh://") || !url.contains("://")
}

/// The nearest folder that is there.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_path_buf()
}

/// Bytes of all files below a folder, two folders deep: as git keeps objects.
fn weight(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => weight(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_allows_is_never_widened() {
        assert_eq!(allowed_transports(None), TRANSPORTS);
        assert_eq!(allowed_transports(Some("https:ext:ssh")), "https:ssh");
        assert_eq!(allowed_transports(Some("ext")), "");
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let flag = AtomicBool::new(false);
        let folder = tempfile::tempdir().unwrap();
        let git = Git {
            repository: folder.path().to_path_buf(),
            asks: false,
            limit: Duration::from_millis(50),
            interrupted: &flag,
        };
        let mut command = Command::new("sleep");
        command.arg("30");
        child::apart(&mut command);
        let mut child = command.spawn().unwrap();
        assert!(git.wait(&mut child).unwrap_err().what.contains("did not end"));
        flag.store(true, Ordering::Relaxed);
        let mut child = command.spawn().unwrap();
        assert_eq!(git.wait(&mut child).unwrap_err().what, INTERRUPTED);
    }
}
