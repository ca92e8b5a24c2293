//! stdout for data, stderr for talk. A reader that went away (`| head`) is no failure.

use std::io::Write;

/// Data, on stdout. Colours are dropped unless stdout takes them.
pub fn out(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Talk, on stderr.
pub fn err(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
