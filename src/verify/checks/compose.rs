//! All of it as compose.yaml says, with its backing services.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Checked;
use super::answers::health_path;
use crate::verify::container::{Start, host_port, seconds};
use crate::verify::http::{self, Answer};
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "compose";

pub fn check(run: &mut Run<'_, '_>) -> Checked {
    if !run.stand.has_compose() {
        return Ok(None);
    }
    let title = title(run);
    if !run.parts.iter().all(|part| part.is_built()) {
        return Ok(Some(Row::skipped(ID, title, "not all of it was built")));
    }
    run.start_needed()?;
    let mut starts: BTreeMap<String, Start> = run.needed.clone().unwrap_or_default();
    let mut time = run.needed_time;
    if starts.values().all(Start::is_well) {
        let all = &run.stand.services.all;
        let rest: Vec<String> =
            all.iter().map(|service| service.name.clone()).filter(|name| !starts.contains_key(name)).collect();
        if !rest.is_empty() {
            run.step("starts all of it as compose.yaml says");
            let begin = Instant::now();
            starts.extend(run.up(&rest)?);
            time += begin.elapsed();
        }
    }
    for part in &mut run.parts {
        part.up = starts.get(&part.service.name).is_some_and(Start::is_well);
    }
    if let Some((name, start)) = starts.iter().find(|(_, start)| !start.is_well()) {
        let containers = run.stand.containers()?;
        let id = containers.get(name).and_then(|shown| shown["Id"].as_str()).unwrap_or_default();
        let log = if id.is_empty() { Vec::new() } else { run.log_of(id)? };
        let row = Row::failed(ID, title, format!("{name} {}", start.text()));
        return Ok(Some(
            row.log(log).hint(format!("its log says why; `docker compose -f compose.yaml up {name}` shows all of it")),
        ));
    }
    if let Some(detail) = unanswered(run)? {
        let hint = "a port needs a network that is not `internal: true`, and the server the same port inside";
        return Ok(Some(Row::failed(ID, title, detail).hint(hint)));
    }
    Ok(Some(Row::ok(ID, title, format!("healthy after {}", seconds(time)))))
}

fn title(run: &Run<'_, '_>) -> String {
    let backing: Vec<String> = run.stand.services.backing().map(|service| run.title_of(service)).collect();
    if backing.is_empty() { "compose up".to_owned() } else { format!("compose up with {}", backing.join(", ")) }
}

/// A port that compose.yaml publishes and nobody answers on, although the component does alone.
fn unanswered(run: &Run<'_, '_>) -> Result<Option<String>, crate::verify::Trouble> {
    let containers = run.stand.containers()?;
    for part in &run.parts {
        let tcp = part.service.ports.iter().find(|(_, protocol)| protocol == "tcp");
        let (Some((port, _)), Some(path)) = (tcp, health_path(part)) else { continue };
        let Some(shown) = containers.get(&part.service.name) else { continue };
        let name = &part.service.name;
        match host_port(shown, *port).map(|port| http::get(port, &path)) {
            None => {
                return Ok(Some(format!("{name} has port {port} in compose.yaml, and the engine does not publish it")));
            }
            // one that fails alone too has its row already
            Some(Answer::Nobody) if part.alone.is_some() => {
                return Ok(Some(format!("nobody answers on the published port {port} of {name}")));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}
