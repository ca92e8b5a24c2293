//! What others wait for, a migration, ends by itself with 0, and does so again on what it left:
//! every start of the app runs it.

use std::time::Instant;

use super::Checked;
use crate::verify::container::{Start, seconds};
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::{LOG_LINES, Run};

pub const ID: &str = "jobs";

pub fn check(run: &mut Run<'_, '_>) -> Checked {
    let names: Vec<String> = run.stand.services.jobs().map(|service| service.name.clone()).collect();
    if !run.stand.has_compose() || names.is_empty() {
        return Ok(None);
    }
    let title = format!("{}: runs once, and again without harm", names.join(", "));
    let ended = |name: &String| run.needed.as_ref().and_then(|starts| starts.get(name)).is_some_and(Start::is_well);
    if !names.iter().all(ended) {
        return Ok(Some(Row::skipped(ID, title, "it did not end well the first time")));
    }
    let begin = Instant::now();
    for name in &names {
        run.step(&format!("runs {name} again"));
        let args = ["run", "--rm", "--no-deps", "--no-TTY", name];
        let output = run.stand.compose(&args, run.request.start_limit + SHORT)?;
        if !output.ok() {
            let row = Row::failed(ID, title, format!("{name} ended with an error the second time"));
            let hint = "a start of the app runs it again: what is there already must not stop it";
            return Ok(Some(row.log(output.tail(LOG_LINES)).hint(hint)));
        }
    }
    Ok(Some(Row::ok(ID, title, format!("exit 0, again after {}", seconds(begin.elapsed())))))
}
