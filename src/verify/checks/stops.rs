//! It stops on SIGTERM, before the engine kills it.

use std::time::{Duration, Instant};

use super::Checked;
use crate::verify::container::seconds;
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "stops";
const TITLE: &str = "stops on SIGTERM";
/// Longer works, and makes every deployment wait.
const TARGET: Duration = Duration::from_secs(2);

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let part = &run.parts[at];
    if part.is_job {
        return Ok(None);
    }
    let grace = part.service.stop_grace;
    let container = if run.stand.has_compose() {
        let containers = run.stand.containers()?;
        let shown = containers.get(&part.service.name).filter(|_| part.up);
        shown.and_then(|shown| shown["Id"].as_str()).map(str::to_owned)
    } else {
        part.alone.as_ref().map(|container| container.name.clone())
    };
    let Some(container) = container else { return Ok(None) };
    run.step(&format!("stops {}", run.parts[at].service.name.clone()));
    let begin = Instant::now();
    let limit = grace.as_secs().max(1).to_string();
    run.stand.engine.docker(&["stop", "--time", &limit, &container], grace + SHORT)?;
    let time = begin.elapsed();
    let shown = run.stand.engine.docker(&["inspect", &container], SHORT)?.json()[0].take();
    let code = shown["State"]["ExitCode"].as_i64().unwrap_or(-1);
    // 137 alone may be the memory limit: it must have come late too
    if code == 137 && time >= grace {
        let log = run.log_of(&container)?;
        let hint = "let the app end on SIGTERM; start it in exec form (`CMD [\"node\", \"server.js\"]`) and set `init: true` in compose.yaml";
        let detail = format!("killed after {}", seconds(grace));
        return Ok(Some(Row::failed(ID, TITLE, detail).hint(hint).log(log)));
    }
    let slow = if time > TARGET { ", longer than the 2 s it should take" } else { "" };
    Ok(Some(Row::ok(ID, TITLE, format!("{}{slow}", seconds(time)))))
}
