//! One container of a component: started alone and hardened, watched until it is ready, removed.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::engine::{Engine, SHORT, tail};
use super::report::Trouble;
use super::services::{Health, Service};
use super::stand::Stand;

/// How it is asked whether it is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The engine runs the image's check.
    Image,
    /// compose.yaml's check, run from here.
    Command(Vec<String>),
    /// There is none: it must stay up.
    None,
}

impl Probe {
    pub fn of(service: &Service, image: &Value) -> Self {
        match &service.health {
            Health::Disabled => Probe::None,
            Health::Test(test) if test[0] == "CMD" => Probe::Command(test[1..].to_vec()),
            Health::Test(test) => {
                let text = test.get(1).cloned().unwrap_or_default();
                Probe::Command(vec!["/bin/sh".to_owned(), "-c".to_owned(), text])
            }
            Health::OfImage => match &image["Config"]["Healthcheck"]["Test"] {
                Value::Array(test) if test.first().is_some_and(|kind| kind != "NONE") => Probe::Image,
                _ => Probe::None,
            },
        }
    }
}

/// How a start ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Healthy, after this time.
    Healthy(Duration),
    /// Nothing to ask, and still running after a while.
    Running,
    /// It ended, with this code.
    Ended(i64),
    /// It runs and its check fails: what the check said last.
    Unhealthy(String),
    /// It could not be started: what the engine said.
    Refused(String),
}

impl Start {
    pub fn is_well(&self) -> bool {
        matches!(self, Start::Healthy(_) | Start::Running)
    }

    /// For a row's detail: `healthy after 1.9 s`.
    pub fn text(&self) -> String {
        match self {
            Start::Healthy(time) => format!("healthy after {}", seconds(*time)),
            Start::Running => format!("still running after {}", seconds(STAYS)),
            Start::Ended(code) => format!("ended with exit code {code}"),
            Start::Unhealthy(said) if said.is_empty() => "did not become healthy".to_owned(),
            Start::Unhealthy(said) => format!("did not become healthy: {said}"),
            Start::Refused(said) => format!("could not be started: {said}"),
        }
    }
}

/// How long one without a check must stay up.
pub const STAYS: Duration = Duration::from_secs(3);

/// `1.9 s`, `38.2 s`, `2 min 5 s`.
pub fn seconds(time: Duration) -> String {
    let tenths = time.as_millis().div_ceil(100);
    if tenths < 1200 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{} min {} s", tenths / 600, tenths % 600 / 10)
    }
}

/// A container outside compose, made by [`Container::create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    pub probe: Probe,
    /// TCP ports that it publishes.
    pub ports: Vec<u16>,
}

/// `docker create` of a component as compose.yaml has it, with the hardening of the promise.
/// Values of the environment go through variables of the command, so that none is an argument.
fn create_args(
    stand: &Stand,
    service: &Service,
    name: &str,
    probe: &Probe,
    ports: &[u16],
    read_only: bool,
) -> Vec<String> {
    let mut args: Vec<String> = ["create", "--name", name, "--label"].map(str::to_owned).into();
    args.push(stand.label());
    // compose labels what it builds, and this container would inherit that it is compose's
    args.extend(["--label", "com.docker.compose.project="].map(str::to_owned));
    args.extend(["--init", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"].map(str::to_owned));
    let mut option = |name: &str, value: String| args.extend([name.to_owned(), value]);
    for entry in &service.tmpfs {
        option("--tmpfs", entry.clone());
    }
    for name in service.environment.keys() {
        option("--env", name.clone());
    }
    for (key, target) in &service.files {
        if let Some(path) = stand.given_file(key) {
            option("--volume", format!("{}:{target}:ro", path.display()));
        }
    }
    for mount in &service.mounts {
        let ro = if mount.read_only { ":ro" } else { "" };
        match (mount.kind.as_str(), &mount.source) {
            ("bind", Some(source)) => option("--volume", format!("{source}:{}{ro}", mount.target)),
            // with the labels that compose gives its own: it takes it over, and it is removed with the rest
            ("volume", Some(source)) => {
                let ro = if mount.read_only { ",readonly" } else { "" };
                let label = "volume-label=com.docker.compose";
                let project = &stand.project;
                let labels = format!("{label}.project={project},{label}.volume={source}");
                let target = &mount.target;
                option("--mount", format!("type=volume,source={project}_{source},target={target}{ro},{labels}"));
            }
            ("volume", None) => option("--volume", mount.target.clone()),
            ("tmpfs", _) => option("--tmpfs", mount.target.clone()),
            _ => {}
        }
    }
    if let Some(user) = &service.user {
        option("--user", user.clone());
    }
    if let Some(folder) = &service.working_dir {
        option("--workdir", folder.clone());
    }
    for port in ports {
        option("--publish", format!("127.0.0.1::{port}"));
    }
    match probe {
        // often, so that seconds are seconds and not the interval
        Probe::Image => {
            for (name, value) in [("--health-interval", "1s"), ("--health-start-interval", "500ms")] {
                option(name, value.to_owned());
            }
            option("--health-start-period", "60s".to_owned());
        }
        Probe::Command(_) | Probe::None => args.push("--no-healthcheck".to_owned()),
    }
    if read_only {
        args.push("--read-only".to_owned());
    }
    let mut command = Vec::new();
    if let Some(entrypoint) = &service.entrypoint {
        // the option takes one word; the rest goes before the command
        args.extend(["--entrypoint".to_owned(), entrypoint.first().cloned().unwrap_or_default()]);
        command.extend(entrypoint.iter().skip(1).cloned());
    }
    command.extend(service.command.clone().unwrap_or_default());
    args.push(stand.image_of(service));
    args.extend(command);
    args
}

impl Container {
    /// Makes the container and joins it to the networks of its backing services.
    ///
    /// # Errors
    /// Interrupted. What the engine refuses is the inner error.
    pub fn create(
        stand: &Stand,
        service: &Service,
        image: &Value,
        read_only: bool,
    ) -> Result<Result<Self, String>, Trouble> {
        let kind = if read_only { "alone" } else { "writable" };
        let name = format!("{}-{}-{kind}", stand.project, service.name);
        let probe = Probe::of(service, image);
        let ports = ports(service, image);
        let args = create_args(stand, service, &name, &probe, &ports, read_only);
        let variables: Vec<(String, String)> =
            service.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let output = stand.engine.docker_with(&args, &variables, SHORT)?;
        if !output.ok() {
            return Ok(Err(output.tail(1).pop().unwrap_or_default()));
        }
        let filter = format!("label=com.docker.compose.project={}", stand.project);
        let listed = stand.engine.docker(&["network", "ls", "--format", "{{.Name}}", "--filter", &filter], SHORT)?;
        for key in &service.networks {
            let network = format!("{}_{key}", stand.project);
            if listed.stdout.lines().any(|line| line == network) {
                stand.engine.docker(&["network", "connect", &network, &name], SHORT)?;
            }
        }
        Ok(Ok(Container { name, probe, ports }))
    }

    /// Starts it and waits until it is well, ends or the limit is over.
    pub fn start(&self, engine: &Engine, limit: Duration) -> Result<Start, Trouble> {
        let begin = Instant::now();
        let output = engine.docker(&["start", &self.name], SHORT)?;
        if !output.ok() {
            return Ok(Start::Refused(output.tail(1).pop().unwrap_or_default()));
        }
        let mut said = String::new();
        loop {
            let state = &self.inspect(engine)?["State"];
            if state["Status"] != "running" && state["Status"] != "created" {
                return Ok(Start::Ended(state["ExitCode"].as_i64().unwrap_or(-1)));
            }
            match &self.probe {
                Probe::Image => {
                    said = last_probe(state);
                    match state["Health"]["Status"].as_str() {
                        Some("healthy") => return Ok(Start::Healthy(begin.elapsed())),
                        Some("unhealthy") => return Ok(Start::Unhealthy(said)),
                        _ => {}
                    }
                }
                Probe::Command(command) => {
                    let mut args = vec!["exec", &self.name];
                    args.extend(command.iter().map(String::as_str));
                    let output = engine.docker(&args, Duration::from_secs(15))?;
                    if output.ok() {
                        return Ok(Start::Healthy(begin.elapsed()));
                    }
                    said = output.tail(1).pop().unwrap_or_default();
                }
                Probe::None if begin.elapsed() > STAYS => return Ok(Start::Running),
                Probe::None => {}
            }
            if begin.elapsed() > limit {
                return Ok(Start::Unhealthy(said));
            }
            engine.pause(Duration::from_millis(100))?;
        }
    }

    pub fn inspect(&self, engine: &Engine) -> Result<Value, Trouble> {
        Ok(engine.docker(&["inspect", &self.name], SHORT)?.json()[0].take())
    }

    pub fn logs(&self, engine: &Engine) -> Result<String, Trouble> {
        logs(engine, &self.name)
    }

    pub fn remove(&self, engine: &Engine) -> Result<(), Trouble> {
        engine.docker(&["rm", "-f", "-v", &self.name], SHORT).map(|_| ())
    }
}

/// Ports to publish: those of compose.yaml, or else those the image exposes.
fn ports(service: &Service, image: &Value) -> Vec<u16> {
    let tcp = |ports: Vec<(u16, String)>| {
        ports.into_iter().filter(|(_, protocol)| protocol == "tcp").map(|(port, _)| port).collect::<Vec<u16>>()
    };
    let published = tcp(service.ports.clone());
    if !published.is_empty() {
        return published;
    }
    let exposed = image["Config"]["ExposedPorts"].as_object().into_iter().flatten();
    let pairs = exposed.filter_map(|(key, _)| {
        let (port, protocol) = key.split_once('/')?;
        Some((port.parse().ok()?, protocol.to_owned()))
    });
    tcp(pairs.collect())
}

/// What a container wrote, both streams.
pub fn logs(engine: &Engine, container: &str) -> Result<String, Trouble> {
    let output = engine.docker(&["logs", "--tail", "2000", container], SHORT)?;
    Ok(format!("{}{}", output.stdout, output.stderr))
}

/// What the engine's last run of a health check said: its last line.
pub fn last_probe(state: &Value) -> String {
    let runs = state["Health"]["Log"].as_array();
    let said = runs.and_then(|runs| runs.last()).and_then(|run| run["Output"].as_str()).unwrap_or_default();
    tail(said, 1).pop().unwrap_or_default().chars().take(200).collect()
}

/// The host port of a container's port, from `docker inspect`.
pub fn host_port(inspected: &Value, port: u16) -> Option<u16> {
    let bindings = inspected["NetworkSettings"]["Ports"][format!("{port}/tcp")].as_array()?;
    bindings.iter().find_map(|binding| binding["HostPort"].as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seconds_have_one_digit_until_minutes_matter() {
        assert_eq!(seconds(Duration::from_millis(1850)), "1.9 s");
        assert_eq!(seconds(Duration::from_millis(150)), "0.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn compose_yaml_decides_on_health_before_the_image() {
        let image = json!({"Config": {"Healthcheck": {"Test": ["CMD", "x"]}}});
        let mut service = Service::default();
        assert_eq!(Probe::of(&service, &image), Probe::Image);
        service.health = Health::Test(vec!["CMD-SHELL".to_owned(), "a || b".to_owned()]);
        assert_eq!(Probe::of(&service, &image), Probe::Command(["/bin/sh", "-c", "a || b"].map(str::to_owned).into()));
        service.health = Health::Disabled;
        assert_eq!(Probe::of(&service, &image), Probe::None);
    }

    #[test]
    fn an_image_without_ports_in_compose_is_asked_on_those_it_exposes() {
        let image = json!({"Config": {"ExposedPorts": {"3000/tcp": {}, "53/udp": {}}}});
        let mut service = Service::default();
        assert_eq!(ports(&service, &image), [3000]);
        service.ports = vec![(8080, "tcp".to_owned())];
        assert_eq!(ports(&service, &image), [8080]);
    }

    #[test]
    fn the_host_port_is_read_from_inspect() {
        let inspected =
            json!({"NetworkSettings": {"Ports": {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}]}}});
        assert_eq!(host_port(&inspected, 3000), Some(49153));
        assert_eq!(host_port(&inspected, 80), None);
    }
}
