//! The component is connected to its backing services; where no connection is seen, the address
//! that it is given works from where it stands.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Checked;
use super::answers::health_path;
use crate::verify::container::host_port;
use crate::verify::engine::SHORT;
use crate::verify::http;
use crate::verify::report::{Row, Trouble};
use crate::verify::run::{Run, addresses, preset_of};
use crate::verify::services::Service;
use crate::verify::sockets;

pub const ID: &str = "reaches";
/// Pools connect when they are first asked, and close again after seconds.
const PATIENCE: Duration = Duration::from_secs(3);

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    if run.parts[at].is_job || !run.parts[at].up {
        return Ok(None);
    }
    let service = run.parts[at].service.clone();
    let given = given_texts(run, &service);
    let backing: Vec<Service> =
        run.stand.services.backing().filter(|other| is_used(&service, other, &given)).cloned().collect();
    if backing.is_empty() {
        return Ok(None);
    }
    let titles: Vec<String> = backing.iter().map(|service| run.title_of(service)).collect();
    let title = format!("reaches {}", titles.join(", "));
    let containers = run.stand.containers()?;
    let (Some(shown), Some(path)) =
        (containers.get(&service.name), Some(health_path(&run.parts[at]).unwrap_or("/".to_owned())))
    else {
        return Ok(None);
    };
    let id = shown["Id"].as_str().unwrap_or_default().to_owned();
    let port = service.ports.first().and_then(|(port, _)| host_port(shown, *port));
    let mut unseen: BTreeSet<usize> = (0..backing.len()).collect();
    let begin = Instant::now();
    while !unseen.is_empty() && begin.elapsed() < PATIENCE {
        if let Some(port) = port {
            http::get(port, &path);
        }
        let Some(found) = run.sockets(&id)? else { break };
        unseen.retain(|at| {
            let theirs = containers.get(&backing[*at].name).map(addresses).unwrap_or_default();
            !sockets::reaches(&found, &theirs)
        });
        run.stand.engine.pause(Duration::from_millis(200))?;
    }
    let mut by_address = Vec::new();
    for at in &unseen {
        match connect(run, &id, &backing[*at], &given)? {
            Connect::Works => by_address.push(titles[*at].as_str()),
            Connect::Fails(said) => {
                let log = run.log_of(&id)?;
                let detail = format!("{}: {said}", titles[*at]);
                let hint = "compare the address it is given with the service's name, user and password";
                return Ok(Some(Row::failed(ID, title, detail).log(log).hint(hint)));
            }
            Connect::Unknown => {
                let detail = format!("no connection to {} was seen, and no address of it is known", titles[*at]);
                return Ok(Some(Row::skipped(ID, title, detail)));
            }
        }
    }
    let detail = if by_address.is_empty() {
        "connected".to_owned()
    } else if unseen.len() == backing.len() {
        "its address works; the app itself has not connected yet".to_owned()
    } else {
        format!("connected; the address of {} works, not used yet", by_address.join(", "))
    };
    Ok(Some(Row::ok(ID, title, detail)))
}

/// All texts that a component is given: its environment and the files mounted into it.
fn given_texts(run: &Run<'_, '_>, service: &Service) -> Vec<String> {
    let values = run.stand.secret_values();
    let files = service.files.iter().filter_map(|(key, _)| values.get(key).cloned());
    service.environment.values().cloned().chain(files).collect()
}

/// Whether a component has to do with a backing service: waits for it, or is given its name.
fn is_used(service: &Service, other: &Service, given: &[String]) -> bool {
    // a proxy in front is not behind
    if other.depends_on.contains_key(&service.name) {
        return false;
    }
    service.depends_on.contains_key(&other.name) || given.iter().any(|text| host_of(text) == Some(other.name.as_str()))
}

/// The host that a text names: `postgres://app:x@db:5432/app`, `db:5432` and `db` name `db`.
fn host_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

enum Connect {
    Works,
    Fails(String),
    /// The image has no preset, or no address was given.
    Unknown,
}

/// Tries the component's own address of a backing service from inside its network, with the
/// service's own client.
fn connect(run: &Run<'_, '_>, container: &str, backing: &Service, given: &[String]) -> Result<Connect, Trouble> {
    let is_address = |text: &&String| text.contains("://") && host_of(text) == Some(backing.name.as_str());
    let (Some(preset), Some(url), Some(image)) =
        (preset_of(backing), given.iter().find(is_address), backing.image.as_deref())
    else {
        return Ok(Connect::Unknown);
    };
    // the address holds a password: through the environment, not as an argument here
    let quoted = |word: &String| match word.as_str() {
        "{url}" => "\"$DOCKWRIGHT_URL\"".to_owned(),
        word => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let script = preset.connect.iter().map(quoted).collect::<Vec<_>>().join(" ");
    let network = format!("container:{container}");
    let label = run.stand.label();
    let args = [
        "run",
        "--rm",
        "--label",
        &label,
        "--network",
        &network,
        "--env",
        "DOCKWRIGHT_URL",
        "--entrypoint",
        "sh",
        image,
        "-c",
        &script,
    ];
    let output = run.stand.engine.docker_with(&args, &[("DOCKWRIGHT_URL".to_owned(), url.clone())], SHORT)?;
    if output.ok() && !output.stdout.contains("NOAUTH") && !output.stdout.contains("AUTH failed") {
        return Ok(Connect::Works);
    }
    let said = output.tail(1).pop().unwrap_or_default();
    let password = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
    let said = password.filter(|text| !text.is_empty()).map_or(said.clone(), |text| said.replace(text, "…"));
    Ok(Connect::Fails(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_read_out_of_what_an_app_is_given() {
        for (text, host) in [
            ("postgres://app:p%40ss@db:5432/app?sslmode=disable", "db"),
            ("redis://redis:6379/0", "redis"),
            ("db:5432", "db"),
            ("db", "db"),
        ] {
            assert_eq!(host_of(text), Some(host), "{text}");
        }
        assert_eq!(host_of("two words"), None);
        assert_eq!(host_of(""), None);
    }

    #[test]
    fn a_service_counts_when_the_component_waits_for_it_or_is_given_its_name() {
        let db = Service { name: "db".to_owned(), ..Service::default() };
        let mut app = Service { name: "app".to_owned(), ..Service::default() };
        assert!(!is_used(&app, &db, &["postgres://x@other/app".to_owned()]));
        assert!(is_used(&app, &db, &["postgres://x@db/app".to_owned()]));
        app.depends_on.insert("db".to_owned(), "service_healthy".to_owned());
        assert!(is_used(&app, &db, &[]));
    }
}
