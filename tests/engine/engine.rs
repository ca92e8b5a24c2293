//! Runs programs, Docker's among them, and asks servers; must not know a single app.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long something may take before it counts as never coming. No test asserts a time below it.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// What a program said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Everything, for a message of a failing test: the last lines are those that matter.
    pub fn everything(&self) -> String {
        let all = format!("{}\n{}", self.out.trim_end(), self.err.trim_end());
        let lines: Vec<&str> = all.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

/// Runs `program` in `folder` without a terminal, with these further variables.
pub fn run(folder: &Path, program: &str, args: &[&str], variables: &[(String, String)]) -> Said {
    let output = command(folder, program, args, variables)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    Said::from(output)
}

/// As [`run`]; fails the test if the program does.
pub fn must(folder: &Path, program: &str, args: &[&str], variables: &[(String, String)]) -> Said {
    let said = run(folder, program, args, variables);
    assert_eq!(said.code, Some(0), "{program} {}\n{}", args.join(" "), said.everything());
    said
}

/// As [`must`], with text on stdin.
pub fn feed(folder: &Path, program: &str, args: &[&str], text: &str) -> Said {
    let mut child = command(folder, program, args, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    child.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("it reads its stdin");
    let said = Said::from(child.wait_with_output().expect("it ends"));
    assert_eq!(said.code, Some(0), "{program} {}\n{}", args.join(" "), said.everything());
    said
}

pub fn command(folder: &Path, program: &str, args: &[&str], variables: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(args).envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Fails where no engine answers: these tests never skip.
pub fn need_engine() {
    let said = run(Path::new("."), "docker", &["info", "--format", "{{.ServerVersion}}"], &[]);
    assert!(said.code == Some(0) && !said.out.trim().is_empty(), "no Docker engine answers:\n{}", said.everything());
}

/// Has images of backing services at hand: pulled, or built from `tests/engine/images`.
pub fn need_images(images: &[&str]) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let ensure = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/images/ensure");
    must(Path::new("/"), ensure, images, &[]);
}

/// A port of this machine that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Sends one request to a server on this machine: status and body, or `None` where nobody answers.
pub fn ask(method: &str, port: u16, path: &str, json: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let length = json.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    )
    .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

/// Sends one line to a server on this machine and gives what it answers first.
pub fn say(port: u16, line: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|error| panic!("port {port}: {error}"));
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket takes a time limit");
    stream.write_all(line.as_bytes()).expect("it takes the line");
    let mut answer = vec![0; 64 * 1024];
    let length = stream.read(&mut answer).unwrap_or_else(|error| panic!("port {port} says nothing: {error}"));
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

/// Asks until the answer holds `wanted`; gives how long that took.
///
/// Panics with the last answer when [`PATIENCE`] is over.
pub fn ask_until(port: u16, path: &str, wanted: &str) -> Duration {
    let started = Instant::now();
    let mut last = None;
    while started.elapsed() < PATIENCE {
        last = ask("GET", port, path, "");
        if last.as_ref().is_some_and(|(_, body)| body.contains(wanted)) {
            return started.elapsed();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("GET {path} never said `{wanted}`; the last answer was {last:?}");
}
