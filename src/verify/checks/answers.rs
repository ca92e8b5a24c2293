//! It answers over HTTP from outside the container: a server that listens on loopback only is
//! healthy inside and dead outside.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Checked;
use crate::verify::container::host_port;
use crate::verify::http::{self, Answer};
use crate::verify::report::Row;
use crate::verify::run::{Part, Run};
use crate::verify::services::Health;
use crate::verify::sockets::only_loopback;

pub const ID: &str = "answers";
/// A server without a health check may not be ready yet.
const PATIENCE: Duration = Duration::from_secs(8);

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let Some(container) = run.parts[at].alone.clone() else { return Ok(None) };
    let Some(port) = container.ports.first().copied() else { return Ok(None) };
    let path = health_path(&run.parts[at]);
    let asked = path.clone().unwrap_or_else(|| "/".to_owned());
    let title = format!("answers GET {asked}");
    let inspected = container.inspect(&run.stand.engine)?;
    let Some(host_port) = host_port(&inspected, port) else {
        return Ok(Some(Row::failed(ID, title, format!("the engine published no host port for {port}"))));
    };
    let begin = Instant::now();
    let answer = loop {
        let answer = http::get(host_port, &asked);
        if is_good(answer, path.is_some()) || begin.elapsed() > PATIENCE {
            break answer;
        }
        run.stand.engine.pause(Duration::from_millis(200))?;
    };
    if is_good(answer, path.is_some()) {
        let Answer::Status(code) = answer else { return Ok(None) };
        return Ok(Some(Row::ok(ID, title, code.to_string())));
    }
    let log = run.log_of(&container.name)?;
    let (detail, hint) = match answer {
        Answer::Status(code) => (format!("{code}"), "the log may say why".to_owned()),
        Answer::Other => (
            format!("what answers on port {port} does not speak HTTP"),
            format!("name its port: {port} is the first that compose.yaml or EXPOSE has"),
        ),
        Answer::Late => ("takes the connection and does not answer".to_owned(), "the log may say why".to_owned()),
        Answer::Nobody => match run.sockets(&container.name)?.map(|sockets| only_loopback(&sockets, port)) {
            Some(Some(true)) => (
                format!("it listens on 127.0.0.1:{port} only: reachable inside its container, dead outside"),
                "listen on 0.0.0.0; most servers read it from HOST or --host".to_owned(),
            ),
            Some(None) => (
                format!("nobody listens on port {port}"),
                format!("let it listen on {port}, or name its own port in compose.yaml and EXPOSE"),
            ),
            _ => (
                format!("nobody answers on port {port} from outside the container"),
                format!("listen on 0.0.0.0:{port}, not on 127.0.0.1 or localhost"),
            ),
        },
    };
    Ok(Some(Row::failed(ID, title, detail).hint(hint).log(log)))
}

/// A health path must be well; any other only alive.
fn is_good(answer: Answer, is_health: bool) -> bool {
    match answer {
        Answer::Status(code) if is_health => (200..400).contains(&code),
        Answer::Status(code) => code < 500,
        _ => false,
    }
}

/// The path that compose's health check, or else the image's, asks for.
pub fn health_path(part: &Part) -> Option<String> {
    let command = match &part.service.health {
        Health::Test(test) => test.clone(),
        Health::Disabled => return None,
        Health::OfImage => {
            let test = part.image["Config"]["Healthcheck"]["Test"].as_array()?;
            test.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
    };
    http::path_of(&command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_path_must_be_well_and_any_other_alive() {
        assert!(is_good(Answer::Status(404), false));
        assert!(!is_good(Answer::Status(404), true));
        assert!(!is_good(Answer::Status(503), false));
        assert!(!is_good(Answer::Nobody, false));
    }
}
