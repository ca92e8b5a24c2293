//! What `docker compose config` says of a setup, as far as checks need it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

/// The services of a setup; those with a `build` are the project's components.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Services {
    pub all: Vec<Service>,
    /// Named volumes and networks by key; external ones too, for they get names of our own.
    pub volumes: Vec<String>,
    pub networks: Vec<Network>,
    /// Secrets and configs by key.
    pub files: BTreeMap<String, Given>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Network {
    pub key: String,
    pub internal: bool,
    pub external: bool,
}

/// Where a secret or config comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    File(PathBuf),
    /// The name of a variable in the caller's environment.
    Environment(String),
    Content(String),
    /// Held by somebody else: swarm.
    External,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    pub name: String,
    pub image: Option<String>,
    pub build: Option<Build>,
    /// Another component's image, which this one runs too: by its service name.
    pub shares: Option<String>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    pub command: Option<Vec<String>>,
    pub entrypoint: Option<Vec<String>>,
    pub environment: BTreeMap<String, String>,
    /// `/tmp:size=64m`, as written.
    pub tmpfs: Vec<String>,
    pub mounts: Vec<Mount>,
    /// Secrets and configs: key and path in the container.
    pub files: Vec<(String, String)>,
    pub networks: Vec<String>,
    /// Container ports that are published: number and protocol.
    pub ports: Vec<(u16, String)>,
    pub depends_on: BTreeMap<String, String>,
    pub health: Health,
    pub stop_grace: Duration,
    pub container_name: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Build {
    pub context: PathBuf,
    pub dockerfile: String,
    pub inline: Option<String>,
    pub target: Option<String>,
    pub args: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// `volume`, `bind` or `tmpfs`.
    pub kind: String,
    /// None: an anonymous volume.
    pub source: Option<String>,
    pub target: String,
    pub read_only: bool,
}

/// What compose.yaml says of health.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Health {
    /// Nothing: the image's own check counts.
    #[default]
    OfImage,
    /// A command, `CMD` or `CMD-SHELL` first.
    Test(Vec<String>),
    Disabled,
}

impl Services {
    /// Reads `docker compose config --format json`.
    pub fn from_config(config: &Value) -> Self {
        let mut all: Vec<Service> =
            entries(&config["services"]).map(|(name, value)| Service::from_config(name, value)).collect();
        let built: Vec<(String, Option<String>)> = all
            .iter()
            .filter(|service| service.build.is_some())
            .map(|service| (service.name.clone(), service.image.clone()))
            .collect();
        for service in all.iter_mut().filter(|service| service.build.is_none()) {
            let owner = built.iter().find(|(_, image)| image.is_some() && *image == service.image);
            service.shares = owner.map(|(name, _)| name.clone());
        }
        let networks = entries(&config["networks"]).map(|(key, value)| Network {
            key: key.clone(),
            internal: value["internal"] == true,
            external: value["external"] == true,
        });
        let files = entries(&config["secrets"]).chain(entries(&config["configs"]));
        Services {
            all,
            volumes: entries(&config["volumes"]).map(|(key, _)| key.clone()).collect(),
            networks: networks.collect(),
            files: files.map(|(key, value)| (key.clone(), given(value))).collect(),
        }
    }

    /// The one component of a project that has a Dockerfile and no compose file.
    pub fn of_dockerfile(context: PathBuf, dockerfile: &str) -> Self {
        let build = Build { context, dockerfile: dockerfile.to_owned(), ..Build::default() };
        let service = Service {
            name: "app".to_owned(),
            build: Some(build),
            stop_grace: Duration::from_secs(10),
            ..Service::default()
        };
        Services { all: vec![service], ..Services::default() }
    }

    pub fn get(&self, name: &str) -> Option<&Service> {
        self.all.iter().find(|service| service.name == name)
    }

    /// What is checked: services of the project that stay up.
    pub fn components(&self) -> impl Iterator<Item = &Service> {
        self.all.iter().filter(|service| service.is_ours() && !self.is_job(&service.name))
    }

    /// What runs an image of somebody else's.
    pub fn backing(&self) -> impl Iterator<Item = &Service> {
        self.all.iter().filter(|service| !service.is_ours())
    }

    /// What ends by itself before others start.
    pub fn jobs(&self) -> impl Iterator<Item = &Service> {
        self.all.iter().filter(|service| self.is_job(&service.name))
    }

    /// Whether others wait for it to end: a migration.
    pub fn is_job(&self, name: &str) -> bool {
        let waits = |service: &Service| {
            service.depends_on.get(name).is_some_and(|condition| condition == "service_completed_successfully")
        };
        self.all.iter().any(waits)
    }

    /// What must run before any component can: backing services, and all that components wait for.
    pub fn needed_first(&self) -> Vec<String> {
        let mut needed: BTreeSet<String> = self.backing().map(|service| service.name.clone()).collect();
        let depended = self.components().flat_map(|service| service.depends_on.keys().cloned());
        let mut open: Vec<String> = depended.collect();
        while let Some(name) = open.pop() {
            if needed.insert(name.clone()) {
                open.extend(self.get(&name).into_iter().flat_map(|service| service.depends_on.keys().cloned()));
            }
        }
        // somebody may wait for a component; a proxy in front of one is started with it, not before
        needed.retain(|name| self.get(name).is_some_and(|service| !self.is_in_front(service)));
        needed.into_iter().collect()
    }

    /// Whether a service of somebody else's waits for a component: a proxy.
    pub fn is_in_front(&self, service: &Service) -> bool {
        let is_component = |name: &String| self.components().any(|component| component.name == *name);
        !service.is_ours() && service.depends_on.keys().any(is_component)
    }
}

impl Service {
    pub fn is_ours(&self) -> bool {
        self.build.is_some() || self.shares.is_some()
    }

    fn from_config(name: &str, value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let list = |key: &str| value[key].as_array().map(|items| items.iter().map(string).collect::<Vec<_>>());
        let build = (!value["build"].is_null()).then(|| {
            let build = &value["build"];
            Build {
                context: PathBuf::from(build["context"].as_str().unwrap_or(".")),
                dockerfile: build["dockerfile"].as_str().unwrap_or("Dockerfile").to_owned(),
                inline: build["dockerfile_inline"].as_str().map(str::to_owned),
                target: build["target"].as_str().map(str::to_owned),
                args: entries(&build["args"]).map(|(key, value)| (key.clone(), string(value))).collect(),
            }
        });
        let mounted = |key: &str, folder: &str| -> Vec<(String, String)> {
            let items = value[key].as_array().into_iter().flatten();
            items
                .filter_map(|item| {
                    let source = item["source"].as_str()?;
                    let target = item["target"].as_str().unwrap_or(source);
                    // a bare name stands for a file in the usual folder
                    let rooted = target.starts_with('/');
                    let target = if rooted { target.to_owned() } else { format!("{folder}{target}") };
                    Some((source.to_owned(), target))
                })
                .collect()
        };
        let mut files = mounted("secrets", "/run/secrets/");
        files.extend(mounted("configs", "/"));
        Service {
            name: name.to_owned(),
            image: text("image"),
            build,
            shares: None,
            user: text("user"),
            working_dir: text("working_dir"),
            command: list("command"),
            entrypoint: list("entrypoint"),
            environment: entries(&value["environment"])
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), string(value)))
                .collect(),
            tmpfs: list("tmpfs").or_else(|| text("tmpfs").map(|one| vec![one])).unwrap_or_default(),
            mounts: value["volumes"].as_array().into_iter().flatten().filter_map(mount).collect(),
            files,
            networks: entries(&value["networks"]).map(|(key, _)| key.clone()).collect(),
            ports: value["ports"].as_array().into_iter().flatten().filter_map(port).collect(),
            depends_on: entries(&value["depends_on"])
                .map(|(key, value)| (key.clone(), value["condition"].as_str().unwrap_or_default().to_owned()))
                .collect(),
            health: health(&value["healthcheck"]),
            stop_grace: text("stop_grace_period").and_then(|text| duration(&text)).unwrap_or(Duration::from_secs(10)),
            container_name: !value["container_name"].is_null(),
        }
    }

    /// Paths that are writable or mounted: volumes, tmpfs, secrets.
    pub fn mounted_paths(&self) -> Vec<String> {
        let tmpfs = self.tmpfs.iter().map(|entry| entry.split(':').next().unwrap_or_default().to_owned());
        let mounts = self.mounts.iter().map(|mount| mount.target.clone());
        tmpfs.chain(mounts).chain(self.files.iter().map(|(_, target)| target.clone())).collect()
    }
}

fn mount(value: &Value) -> Option<Mount> {
    Some(Mount {
        kind: value["type"].as_str()?.to_owned(),
        source: value["source"].as_str().map(str::to_owned),
        target: value["target"].as_str()?.to_owned(),
        read_only: value["read_only"] == true,
    })
}

fn port(value: &Value) -> Option<(u16, String)> {
    let target = u16::try_from(value["target"].as_u64()?).ok()?;
    Some((target, value["protocol"].as_str().unwrap_or("tcp").to_owned()))
}

fn health(value: &Value) -> Health {
    let test: Vec<String> =
        value["test"].as_array().map(|items| items.iter().map(string).collect()).unwrap_or_default();
    match test.first().map(String::as_str) {
        _ if value["disable"] == true => Health::Disabled,
        Some("NONE") => Health::Disabled,
        Some(_) => Health::Test(test),
        None => Health::OfImage,
    }
}

fn given(value: &Value) -> Given {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    if let Some(file) = text("file") {
        return Given::File(PathBuf::from(file));
    }
    let rest = text("environment").map(Given::Environment).or_else(|| text("content").map(Given::Content));
    rest.unwrap_or(Given::External)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A value as text; compose writes a `$` of the value as `$$`.
fn string(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace("$$", "$"))
}

/// A duration as Go writes it: `1m30s`, `10s`, `500ms`.
pub fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = rest[number..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| number + at);
        let value: f64 = rest[..number].parse().ok()?;
        let seconds = match &rest[number..unit] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += Duration::try_from_secs_f64(value * seconds).ok()?;
        rest = &rest[unit..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shop() -> Services {
        Services::from_config(&json!({
            "services": {
                "app": {
                    "build": {"context": "/p", "target": "production"}, "image": "shop:production",
                    "depends_on": {"db": {"condition": "service_healthy"}, "migrate": {"condition": "service_completed_successfully"}},
                    "environment": {"A": "1", "B": null}, "tmpfs": ["/tmp:size=64m"], "user": "1001:1001",
                    "secrets": [{"source": "url", "target": "/run/secrets/url"}, {"source": "key"}],
                    "ports": [{"target": 3000, "protocol": "tcp", "published": "3000"}],
                    "networks": {"backend": null}, "stop_grace_period": "1m30s",
                },
                "migrate": {"image": "shop:production", "command": ["node", "migrate.js"], "depends_on": {"db": {}}},
                "db": {"image": "postgres:18", "healthcheck": {"test": ["CMD", "pg_isready"]}},
                "proxy": {"image": "caddy:2", "depends_on": {"app": {"condition": "service_started"}}},
            },
            "networks": {"backend": {"internal": true}},
            "volumes": {"data": {}},
            "secrets": {"url": {"file": "/p/secrets/url"}, "key": {"environment": "KEY"}},
        }))
    }

    #[test]
    fn a_setup_is_read_as_compose_resolves_it() {
        let services = shop();
        let app = services.get("app").unwrap();
        assert_eq!(app.environment, BTreeMap::from([("A".to_owned(), "1".to_owned())]));
        assert_eq!(app.files[1], ("key".to_owned(), "/run/secrets/key".to_owned()));
        assert_eq!(app.ports, [(3000, "tcp".to_owned())]);
        assert_eq!(app.stop_grace, Duration::from_secs(90));
        assert_eq!(app.mounted_paths(), ["/tmp", "/run/secrets/url", "/run/secrets/key"]);
        assert!(services.networks[0].internal);
    }

    #[test]
    fn components_are_what_is_built_and_stays_up() {
        let services = shop();
        assert_eq!(services.components().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["app"]);
        assert_eq!(services.backing().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["db", "proxy"]);
        assert_eq!(services.get("migrate").unwrap().shares.as_deref(), Some("app"));
    }

    #[test]
    fn what_a_component_waits_for_comes_first_and_a_proxy_does_not() {
        assert_eq!(shop().needed_first(), ["db", "migrate"]);
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration("1m0s"), Some(Duration::from_secs(60)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("soon"), None);
    }
}
