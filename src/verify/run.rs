//! What checks share: the components with what is known of each so far, and the steps that more
//! than one check needs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::container::{Container, STAYS, Start, last_probe, logs};
use super::engine::{SHORT, tail};
use super::layers::Layers;
use super::report::{Row, Trouble};
use super::services::Service;
use super::sockets::{self, Socket};
use super::stand::Stand;
use super::{Event, Request};
use crate::presets::{Presets, ServicePreset};
use crate::project::Mistake;

/// Lines of a log that a failed row shows.
pub const LOG_LINES: usize = 15;

/// One service of the project and what is known of it.
pub struct Part {
    pub service: Service,
    /// Others wait for its end: it is built and looked into, not kept running.
    pub is_job: bool,
    /// `docker image inspect`; null until it is built.
    pub image: Value,
    /// The hardened container, while it runs.
    pub alone: Option<Container>,
    /// Runs as compose.yaml says.
    pub up: bool,
    /// The image layer by layer, once it was looked into.
    pub layers: Option<Layers>,
}

impl Part {
    pub fn is_built(&self) -> bool {
        !self.image.is_null()
    }
}

pub struct Run<'r, 'a> {
    pub stand: &'r Stand<'a>,
    pub request: &'r Request,
    pub parts: Vec<Part>,
    /// How the services that come first started; empty until they were.
    pub needed: Option<BTreeMap<String, Start>>,
    /// How long that took.
    pub needed_time: Duration,
    tell: &'r mut dyn FnMut(Event<'_>),
}

impl<'r, 'a> Run<'r, 'a> {
    /// # Errors
    /// The setup has nothing of the project's own.
    pub fn new(
        stand: &'r Stand<'a>,
        request: &'r Request,
        tell: &'r mut dyn FnMut(Event<'_>),
    ) -> Result<Self, Trouble> {
        let services = &stand.services;
        let mut parts: Vec<Part> = services
            .all
            .iter()
            .filter(|service| service.is_ours())
            .map(|service| (service, services.is_job(&service.name)))
            .filter(|(service, is_job)| service.build.is_some() || !is_job)
            .map(|(service, is_job)| Part {
                service: service.clone(),
                is_job,
                image: Value::Null,
                alone: None,
                up: false,
                layers: None,
            })
            .collect();
        // an image is built before those that share it look for it
        parts.sort_by_key(|part| part.service.build.is_none());
        if parts.is_empty() {
            let mistake = Mistake::new("no service in the compose file has a `build`, so nothing is the project's own")
                .hint("`dockwright init` writes a setup that builds the project");
            return Err(Trouble::new("no-setup", mistake));
        }
        Ok(Run { stand, request, parts, needed: None, needed_time: Duration::ZERO, tell })
    }

    pub fn tell(&mut self, event: Event<'_>) {
        (self.tell)(event);
    }

    /// Announces something that takes seconds.
    pub fn step(&mut self, what: &str) {
        (self.tell)(Event::Step(what));
    }

    /// A row with its component's name, if there are several.
    pub fn named(&self, at: usize, mut row: Row) -> Row {
        let name = &self.parts[at].service.name;
        if self.parts.len() > 1 {
            row.title = format!("{name}: {}", row.title);
        }
        row.component = Some(name.clone());
        row
    }

    /// What a backing service is called: by its preset, or else its name in compose.yaml.
    pub fn title_of(&self, service: &Service) -> String {
        preset_of(service).map_or_else(|| service.name.clone(), |preset| preset.name.clone())
    }

    /// The last lines of a container's log.
    pub fn log_of(&self, container: &str) -> Result<Vec<String>, Trouble> {
        Ok(tail(&logs(&self.stand.engine, container)?, LOG_LINES))
    }

    /// Starts what components wait for, once. The first that did not start, if any, by its title.
    pub fn start_needed(&mut self) -> Result<Option<String>, Trouble> {
        if self.needed.is_none() {
            let names = self.stand.services.needed_first();
            let mut starts = BTreeMap::new();
            if self.stand.has_compose() && !names.is_empty() {
                self.pull()?;
                self.step(&format!("starts {}", names.join(", ")));
                let begin = Instant::now();
                starts = self.up(&names)?;
                self.needed_time = begin.elapsed();
            }
            for part in &mut self.parts {
                part.up |= starts.get(&part.service.name).is_some_and(Start::is_well);
            }
            self.needed = Some(starts);
        }
        let bad = self.needed.iter().flatten().find(|(_, start)| !start.is_well());
        let titled = bad.and_then(|(name, _)| self.stand.services.get(name)).map(|service| self.title_of(service));
        Ok(titled)
    }

    /// Fetches images of backing services that are not here yet, so that no start waits for it.
    fn pull(&mut self) -> Result<(), Trouble> {
        let images: Vec<String> = self.stand.services.backing().filter_map(|service| service.image.clone()).collect();
        for image in images {
            if self.stand.engine.docker(&["image", "inspect", "--format", "{{.Id}}", &image], SHORT)?.ok() {
                continue;
            }
            self.step(&format!("pulls {image}"));
            let output = self.stand.engine.docker(&["pull", "--quiet", &image], self.request.build_limit)?;
            if !output.ok() {
                let mistake = Mistake::new(format!("cannot pull `{image}`"))
                    .detail(output.tail(2).join("\n"))
                    .hint("check its name in compose.yaml and the network");
                return Err(Trouble::new("pull", mistake));
            }
        }
        Ok(())
    }

    /// `docker compose up` of services, and how each started.
    pub fn up(&self, names: &[String]) -> Result<BTreeMap<String, Start>, Trouble> {
        let begin = Instant::now();
        let mut args = vec!["up", "--detach", "--no-build", "--quiet-pull"];
        args.extend(names.iter().map(String::as_str));
        let output = self.stand.compose(&args, self.request.start_limit + SHORT)?;
        let refused = (!output.ok()).then(|| output.tail(1).pop().unwrap_or_default());
        let mut starts = BTreeMap::new();
        loop {
            let containers = self.stand.containers()?;
            for name in names {
                if starts.get(name).is_none_or(|start| *start == Start::Running) {
                    let is_job = self.stand.services.is_job(name);
                    let start = containers.get(name).and_then(|shown| state_of(shown, is_job, begin));
                    let start = start.or_else(|| refused.clone().map(Start::Refused));
                    starts.extend(start.map(|start| (name.clone(), start)));
                }
            }
            if starts.len() == names.len() || starts.values().any(|start| !start.is_well()) {
                break;
            }
            if begin.elapsed() > self.request.start_limit {
                for name in names {
                    let said = containers.get(name).map(|shown| last_probe(&shown["State"])).unwrap_or_default();
                    starts.entry(name.clone()).or_insert(Start::Unhealthy(said));
                }
                break;
            }
            self.stand.engine.pause(Duration::from_millis(150))?;
        }
        Ok(starts)
    }

    /// The sockets in a container's network, by whoever can show them: itself, or a throwaway
    /// container of another image beside it. None: neither has `cat`.
    pub fn sockets(&self, container: &str) -> Result<Option<Vec<Socket>>, Trouble> {
        let read = ["cat", "/proc/net/tcp", "/proc/net/tcp6"];
        let mut args = vec!["exec", container];
        args.extend(read);
        // without IPv6 the second file is missing and cat fails after the first
        let output = self.stand.engine.docker(&args, SHORT)?;
        let known = |text: &str| text.contains("local_address").then(|| sockets::parse(text));
        if let Some(found) = known(&output.stdout) {
            return Ok(Some(found));
        }
        let network = format!("container:{container}");
        let label = self.stand.label();
        for image in self.stand.services.backing().filter_map(|service| service.image.as_deref()) {
            let mut args = vec!["run", "--rm", "--label", &label, "--network", &network, "--entrypoint", "cat", image];
            args.extend(&read[1..]);
            let output = self.stand.engine.docker(&args, SHORT)?;
            if let Some(found) = known(&output.stdout) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The preset of a backing service: the one whose images have the same name.
pub fn preset_of(service: &Service) -> Option<&'static ServicePreset> {
    Presets::built_in().service_of(service.image.as_deref()?).map(|(_, preset)| preset)
}

/// The addresses that a container has on its networks.
pub fn addresses(inspected: &Value) -> Vec<IpAddr> {
    let networks = inspected["NetworkSettings"]["Networks"].as_object().into_iter().flatten();
    networks
        .flat_map(|(_, network)| [&network["IPAddress"], &network["GlobalIPv6Address"]])
        .filter_map(|address| address.as_str()?.parse().ok())
        .collect()
}

/// How far a container of compose's is; None: not decided yet.
fn state_of(shown: &Value, is_job: bool, begin: Instant) -> Option<Start> {
    let state = &shown["State"];
    let code = state["ExitCode"].as_i64().unwrap_or(-1);
    // one that is started again and again never gets well; the first time may be a race
    let restarts = shown["RestartCount"].as_i64().unwrap_or(0);
    match (state["Status"].as_str().unwrap_or_default(), state["Health"]["Status"].as_str()) {
        ("exited" | "dead", _) if is_job && code == 0 => Some(Start::Healthy(begin.elapsed())),
        ("exited" | "dead", _) => Some(Start::Ended(code)),
        ("restarting", _) if restarts >= 2 => Some(Start::Ended(code)),
        ("running", Some("healthy")) => Some(Start::Healthy(begin.elapsed())),
        ("running", Some("unhealthy")) => Some(Start::Unhealthy(last_probe(state))),
        ("running", None | Some("none")) if !is_job && restarts == 0 && begin.elapsed() > STAYS => Some(Start::Running),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_backing_service_is_known_by_its_image() {
        let service = |image: &str| Service { image: Some(image.to_owned()), ..Service::default() };
        let name = |image| preset_of(&service(image)).map(|preset| preset.name.as_str());
        assert_eq!(name("docker.io/library/postgres:16@sha256:00"), Some("PostgreSQL"));
        assert_eq!(name("redis"), Some("Redis"));
        assert_eq!(name("localhost:5000/other"), None);
    }

    #[test]
    fn a_job_is_well_when_it_ended_and_a_server_when_it_has_not() {
        let exited = json!({"State": {"Status": "exited", "ExitCode": 0}});
        let now = Instant::now();
        assert!(matches!(state_of(&exited, true, now), Some(Start::Healthy(_))));
        assert_eq!(state_of(&exited, false, now), Some(Start::Ended(0)));
        let starting = json!({"State": {"Status": "running", "Health": {"Status": "starting"}}});
        assert_eq!(state_of(&starting, false, now), None);
        let again = json!({"State": {"Status": "restarting", "ExitCode": 1}, "RestartCount": 3});
        assert_eq!(state_of(&again, false, now), Some(Start::Ended(1)));
    }
}
