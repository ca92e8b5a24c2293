//! The component is connected to its backing services; where no connection is seen, the address
//! that it is given works from where it stands.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Checked;
use super::answers::health_path;
use crate::facts::Part;
use crate::presets::ServicePreset;
use crate::verify::address::Address;
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
    service.depends_on.contains_key(&other.name) || given.iter().any(|text| host_of(text).as_ref() == Some(&other.name))
}

/// The host that a text names: `postgres://app:x@db:5432/app`, `db:5432` and `db` name `db`.
fn host_of(text: &str) -> Option<String> {
    Address::parse(text).map(|address| address.host)
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
    // a name alone is no address: it holds no password
    let is_full = |address: &Address| address.host == backing.name && !address.password.is_empty();
    let full = |text: &String| Address::parse(text).filter(is_full).map(|address| (text.clone(), address));
    let (Some(preset), Some((text, address)), Some(image)) =
        (preset_of(backing), given.iter().find_map(full), backing.image.as_deref())
    else {
        return Ok(Connect::Unknown);
    };
    if preset.connect.is_empty() {
        return Ok(Connect::Unknown);
    }
    // it holds a password: through the environment, not as an argument here
    let variables = variables(preset, &text, &address);
    let quoted = |word: &String| match variables.iter().find(|(part, _)| word == &format!("{{{part}}}")) {
        Some((part, _)) => format!("\"${}\"", variable(part)),
        None => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let script = preset.connect.iter().map(quoted).collect::<Vec<_>>().join(" ");
    let network = format!("container:{container}");
    let label = run.stand.label();
    let mut args = vec!["run", "--rm", "--label", &label, "--network", &network];
    let variables: Vec<(String, String)> = variables.into_iter().map(|(part, value)| (variable(part), value)).collect();
    args.extend(variables.iter().flat_map(|(name, _)| ["--env", name]));
    args.extend(["--entrypoint", "sh", image, "-c", &script]);
    let output = run.stand.engine.docker_with(&args, &variables, SHORT)?;
    if output.ok() && !output.stdout.contains("NOAUTH") && !output.stdout.contains("AUTH failed") {
        return Ok(Connect::Works);
    }
    let said = output.tail(1).pop().unwrap_or_default();
    Ok(Connect::Fails(said.replace(&text, "…").replace(&address.password, "…")))
}

/// `DOCKWRIGHT_URL` for `url`.
fn variable(part: &str) -> String {
    format!("DOCKWRIGHT_{}", part.to_ascii_uppercase())
}

/// The words of a command that tries an address. The service's own client knows its usual scheme
/// alone: other forms are written as that.
fn variables(preset: &ServicePreset, text: &str, address: &Address) -> Vec<(&'static str, String)> {
    let usual = preset.given(Part::Url, None);
    let scheme = usual.split_once("://").map_or("", |(scheme, _)| scheme);
    let options = usual.find('?').map_or("", |at| &usual[at..]);
    let url = if address.scheme == scheme { text.trim().to_owned() } else { address.url(scheme, options) };
    let or = |value: &str, usual: &str| if value.is_empty() { usual.to_owned() } else { value.to_owned() };
    vec![
        ("url", url),
        ("host", address.host.clone()),
        ("port", or(&address.port, &preset.port.to_string())),
        ("user", or(&address.user, preset.given(Part::User, None))),
        ("password", address.password.clone()),
        ("database", or(&address.database, preset.given(Part::Database, None))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Presets;

    #[test]
    fn the_host_is_read_out_of_what_an_app_is_given() {
        for (text, host) in [
            ("postgres://app:p%40ss@db:5432/app?sslmode=disable", "db"),
            ("redis://redis:6379/0", "redis"),
            ("db:5432", "db"),
            ("db", "db"),
            ("app:x@tcp(db:3306)/app?parseTime=true", "db"),
        ] {
            assert_eq!(host_of(text).as_deref(), Some(host), "{text}");
        }
        assert_eq!(host_of("two words"), None);
        assert_eq!(host_of(""), None);
    }

    #[test]
    fn an_address_in_another_dialect_is_tried_in_the_usual_one() {
        let presets = &Presets::built_in().services;
        let url = |id: &str, text: &str| variables(&presets[id], text, &Address::parse(text).unwrap())[0].1.clone();
        assert_eq!(
            url("postgres", "postgresql+asyncpg://app:x@db:5432/app"),
            "postgres://app:x@db:5432/app?sslmode=disable"
        );
        assert_eq!(url("postgres", "postgres://me@db/x?a=b"), "postgres://me@db/x?a=b", "as somebody wrote it");
        assert_eq!(url("mysql", "app:x@tcp(db:3306)/app?parseTime=true"), "mysql://app:x@db:3306/app");
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
