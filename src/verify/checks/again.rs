//! Down and up again with the volumes kept: passwords and data of the first start still fit.

use std::time::Instant;

use super::Checked;
use crate::verify::container::{Start, seconds};
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "again";
const TITLE: &str = "down and up again, volumes kept";

pub fn check(run: &mut Run<'_, '_>) -> Checked {
    let is_up = run.parts.iter().all(|part| part.up || part.is_job);
    if !run.stand.has_compose() || run.stand.services.volumes.is_empty() || !is_up {
        return Ok(None);
    }
    run.step("takes it down and up again");
    let output = run.stand.compose(&["down", "--remove-orphans"], SHORT * 3)?;
    if !output.ok() {
        return Ok(Some(Row::failed(ID, TITLE, "down failed").log(output.tail(5))));
    }
    let begin = Instant::now();
    let names: Vec<String> = run.stand.services.all.iter().map(|service| service.name.clone()).collect();
    let starts = run.up(&names)?;
    if let Some((name, start)) = starts.iter().find(|(_, start)| !start.is_well()) {
        let containers = run.stand.containers()?;
        let id = containers.get(name).and_then(|shown| shown["Id"].as_str()).unwrap_or_default().to_owned();
        let log = if id.is_empty() { Vec::new() } else { run.log_of(&id)? };
        let row = Row::failed(ID, TITLE, format!("{name} {}", start.text())).log(log);
        return Ok(Some(row.hint("migrations and first-start scripts must bear being run again")));
    }
    debug_assert!(starts.values().all(Start::is_well));
    Ok(Some(Row::ok(ID, TITLE, format!("healthy after {}", seconds(begin.elapsed())))))
}
