//! A program that dockwright starts: kept apart from the terminal's Ctrl-C, read to its end, and
//! ended with all that it started itself.

use std::io::Read;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// How long a child may take to end after SIGTERM.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(5);

/// A group of its own: Ctrl-C on the terminal reaches dockwright, which ends the child in its own time.
#[cfg(unix)]
pub fn apart(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

#[cfg(not(unix))]
pub fn apart(command: &mut Command) -> &mut Command {
    command
}

/// Ends a child, and where it leads a group all that it started.
#[cfg(unix)]
pub fn end(child: &mut Child) {
    use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};
    if matches!(child.try_wait(), Ok(Some(_))) {
        return;
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let send = |signal| {
        if let Some(pid) = pid {
            let leads = getpgid(Some(pid)).is_ok_and(|group| group == pid);
            let _ = if leads { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
        }
    };
    send(Signal::TERM);
    let until = Instant::now() + GRACE;
    while Instant::now() < until {
        if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    send(Signal::KILL);
    let _ = child.wait();
}

#[cfg(not(unix))]
pub fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads what a child writes, beside the loop that waits for it. Bytes past `most` are dropped, so
/// that the child can end.
pub fn read(from: impl Read + Send + 'static, most: u64) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut from = from.take(most);
        let _ = from.read_to_end(&mut bytes);
        let _ = std::io::copy(&mut from.into_inner(), &mut std::io::sink());
        bytes
    })
}

/// What was read, as text.
pub fn text(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
