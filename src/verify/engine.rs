//! The engine by its command line: every child in its own process group, with a time limit, ended
//! when the flag is set. Nothing else in dockwright starts `docker`.

use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::report::{Trouble, Versions};
use crate::child;
use crate::project::Mistake;

/// The oldest that runs what dockwright writes.
const OLDEST_ENGINE: (u32, u32) = (25, 0);
const OLDEST_COMPOSE: (u32, u32) = (2, 26);
/// For what answers at once unless the engine hangs.
pub const SHORT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(15);

/// What a command wrote, and how it ended.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// None: ended by a signal or by the time limit.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub timed_out: bool,
}

impl Output {
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// The last lines of what it said, stderr after stdout, without empty ones.
    pub fn tail(&self, count: usize) -> Vec<String> {
        tail(&format!("{}\n{}", self.stdout, self.stderr), count)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or(Value::Null)
    }
}

/// The last `count` lines that are not empty, without control characters.
pub fn tail(text: &str, count: usize) -> Vec<String> {
    let plain = |line: &str| line.chars().filter(|c| !c.is_control() || *c == '\t').collect::<String>();
    let lines: Vec<String> = text.lines().map(|line| plain(line.trim_end())).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

/// The `docker` command, and the flag that ends what it runs.
pub struct Engine<'a> {
    interrupted: &'a AtomicBool,
}

/// A command that runs on while its output is read elsewhere; ended when dropped.
pub struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        child::end(&mut self.child);
    }
}

impl<'a> Engine<'a> {
    pub fn new(interrupted: &'a AtomicBool) -> Self {
        Engine { interrupted }
    }

    /// # Errors
    /// The flag is set.
    pub fn check_interrupted(&self) -> Result<(), Trouble> {
        if self.interrupted.load(Ordering::Relaxed) { Err(Trouble::Interrupted) } else { Ok(()) }
    }

    /// Sleeps, unless interrupted.
    pub fn pause(&self, time: Duration) -> Result<(), Trouble> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.check_interrupted()?;
            thread::sleep(POLL.min(until.saturating_duration_since(Instant::now())));
        }
        self.check_interrupted()
    }

    /// Runs `docker ARGS` to its end.
    ///
    /// # Errors
    /// Interrupted, or there is no `docker`. A failing or late command is an [`Output`].
    pub fn docker<S: AsRef<str>>(&self, args: &[S], limit: Duration) -> Result<Output, Trouble> {
        self.docker_with(args, &[], limit)
    }

    /// As [`Engine::docker`], with variables for the command: values that must be no argument.
    pub fn docker_with<S: AsRef<str>>(
        &self,
        args: &[S],
        variables: &[(String, String)],
        limit: Duration,
    ) -> Result<Output, Trouble> {
        run(command(args, variables), limit, &|| self.check_interrupted())
    }

    /// As [`Engine::docker`], to its end even when interrupted: removes what was started.
    pub fn clean(&self, args: &[String], limit: Duration) -> Output {
        run(command(args, &[]), limit, &|| Ok(())).unwrap_or_default()
    }

    /// Starts `docker ARGS`, whose output is read by somebody else.
    pub fn stream(&self, args: &[&str]) -> Result<(Running, ChildStdout), Trouble> {
        let mut command = command(args, &[]);
        let mut child = command.stderr(Stdio::null()).spawn().map_err(|_| no_docker())?;
        let stdout = child.stdout.take().ok_or_else(no_docker)?;
        Ok((Running { child }, stdout))
    }

    /// The versions of engine and, where it is needed, compose.
    ///
    /// # Errors
    /// No `docker`, no engine behind it, or one of them is too old.
    pub fn versions(&self, needs_compose: bool) -> Result<Versions, Trouble> {
        let output = self.docker(&["version", "--format", "json"], SHORT)?;
        let server = &output.json()["Server"];
        let Some(engine) = server["Version"].as_str() else { return Err(no_engine(&output)) };
        let text = |key: &str| server[key].as_str().unwrap_or_default().to_owned();
        let platform = format!("{}/{}", text("Os"), text("Arch"));
        if version(engine).is_some_and(|found| found < OLDEST_ENGINE) {
            return Err(too_old("Docker Engine", engine, OLDEST_ENGINE));
        }
        let mut compose = None;
        if needs_compose {
            let output = self.docker(&["compose", "version", "--short"], SHORT)?;
            let found = output.stdout.trim().trim_start_matches('v').to_owned();
            if !output.ok() || found.is_empty() {
                let mistake = Mistake::new("`docker compose` is not installed")
                    .hint("install the plugin: https://docs.docker.com/compose/install/");
                return Err(Trouble::new("no-engine", mistake));
            }
            if version(&found).is_some_and(|found| found < OLDEST_COMPOSE) {
                return Err(too_old("Docker Compose", &found, OLDEST_COMPOSE));
            }
            compose = Some(found);
        }
        Ok(Versions { engine: engine.to_owned(), compose, platform })
    }
}

fn command<S: AsRef<str>>(args: &[S], variables: &[(String, String)]) -> Command {
    let mut command = Command::new("docker");
    command
        .args(args.iter().map(AsRef::as_ref))
        // what the caller's shell has set for other projects must not reach this one
        .env_remove("COMPOSE_FILE")
        .env_remove("COMPOSE_PROJECT_NAME")
        .env("COMPOSE_ANSI", "never")
        .env("COMPOSE_MENU", "false")
        .env("BUILDKIT_PROGRESS", "plain")
        .env("DOCKER_CLI_HINTS", "false")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    child::apart(&mut command);
    command
}

fn run(mut command: Command, limit: Duration, go_on: &dyn Fn() -> Result<(), Trouble>) -> Result<Output, Trouble> {
    go_on()?;
    let mut child = command.spawn().map_err(|_| no_docker())?;
    let stdout = child.stdout.take().map(|from| child::read(from, u64::MAX));
    let stderr = child.stderr.take().map(|from| child::read(from, u64::MAX));
    let until = Instant::now() + limit;
    let mut output = Output::default();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                output.code = status.code();
                break;
            }
            Ok(None) => {}
            Err(_) => break,
        }
        if let Err(trouble) = go_on() {
            child::end(&mut child);
            return Err(trouble);
        }
        if Instant::now() > until {
            child::end(&mut child);
            output.timed_out = true;
            break;
        }
        thread::sleep(POLL);
    }
    output.stdout = child::text(stdout);
    output.stderr = child::text(stderr);
    Ok(output)
}

fn no_docker() -> Trouble {
    let mistake = Mistake::new("there is no `docker` command")
        .detail("`verify` builds and runs the setup with Docker Engine 25 or newer and Compose 2.26 or newer")
        .hint("install Docker: https://docs.docker.com/engine/install/");
    Trouble::new("no-engine", mistake)
}

fn no_engine(output: &Output) -> Trouble {
    let said = tail(&output.stderr, 1).pop().unwrap_or_else(|| "`docker version` names no server".to_owned());
    let hint = if said.contains("permission denied") {
        "let your user talk to it: `sudo usermod -aG docker $USER`, then log in again"
    } else {
        "start Docker Desktop, or `sudo systemctl start docker`; to install it: https://docs.docker.com/engine/install/"
    };
    Trouble::new("no-engine", Mistake::new("no Docker engine answers").detail(said).hint(hint))
}

fn too_old(what: &str, found: &str, oldest: (u32, u32)) -> Trouble {
    let wanted = if oldest.1 == 0 { oldest.0.to_string() } else { format!("{}.{}", oldest.0, oldest.1) };
    let mistake = Mistake::new(format!("{what} {found} is too old, expected {wanted} or newer"))
        .hint("update Docker: https://docs.docker.com/engine/install/");
    Trouble::new("old-engine", mistake)
}

/// The first two numbers of a version. None: not a version, as in a build from source.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim_start_matches('v').split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_engines_write_them() {
        assert_eq!(version("28.5.2+dfsg4"), Some((28, 5)));
        assert_eq!(version("v2.40.3-desktop.1"), Some((2, 40)));
        assert_eq!(version("dev"), None);
        assert!(version("24.0.9").unwrap() < OLDEST_ENGINE);
    }

    #[test]
    fn a_tail_has_no_empty_lines_and_no_control_characters() {
        assert_eq!(tail("a\n\n\u{1b}[31mb\u{7}\r\nc\n", 2), ["[31mb", "c"]);
    }

    #[test]
    fn a_late_command_is_ended_with_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 30 & wait"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        child::apart(&mut command);
        let output = run(command, Duration::from_millis(50), &|| Ok(())).unwrap();
        assert!(output.timed_out && output.code.is_none());
    }

    #[test]
    fn an_interrupted_command_ends_at_once() {
        let flag = AtomicBool::new(true);
        let engine = Engine::new(&flag);
        assert_eq!(engine.pause(Duration::from_secs(30)), Err(Trouble::Interrupted));
    }
}
