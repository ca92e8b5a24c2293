//! A compose file as its services and networks, with line numbers.

use super::ParseError;
use super::yaml::{Entry, Yaml};

/// One compose file by itself; what others add to it is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    pub services: Vec<Service>,
    pub networks: Vec<Network>,
    pub root: Yaml,
    pub errors: Vec<ParseError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// The line of its name, from 1.
    pub line: u32,
    pub body: Yaml,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub name: String,
    pub internal: bool,
    /// Made elsewhere; whether it is internal is not known.
    pub external: bool,
}

/// `build:` in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build<'a> {
    pub line: u32,
    /// Relative to the compose file's folder; `.` where it is not given.
    pub context: &'a str,
    /// Relative to the context.
    pub dockerfile: Option<&'a str>,
    pub target: Option<&'a str>,
}

/// An entry of `environment:` or `build.args:`. Without a value it comes from the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'a> {
    pub line: u32,
    pub name: &'a str,
    pub value: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency<'a> {
    pub line: u32,
    pub service: &'a str,
    /// `None` in the short form, which means `service_started`.
    pub condition: Option<&'a str>,
}

/// Whether a service's health is checked, by what its compose file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As the image does.
    Inherited,
    Checked,
    /// `disable: true` or `test: NONE`.
    Off,
}

impl Compose {
    pub fn parse(text: &str) -> Self {
        let (root, errors) = Yaml::parse(text);
        let services = named(&root, "services").map(|entry| Service {
            name: entry.key.clone(),
            line: entry.line,
            body: entry.value.clone(),
        });
        let networks = named(&root, "networks").map(|entry| Network {
            name: entry.key.clone(),
            internal: entry.value.get("internal").is_some_and(Yaml::is_true),
            external: entry.value.get("external").is_some_and(|value| !value.is_false()),
        });
        Compose { services: services.collect(), networks: networks.collect(), errors, root }
    }

    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Whether a service ends by itself and others wait for that: a migration.
    pub fn is_job(&self, service: &Service) -> bool {
        self.services.iter().flat_map(Service::dependencies).any(|dependency| {
            dependency.service == service.name && dependency.condition == Some("service_completed_successfully")
        })
    }

    pub fn network(&self, name: &str) -> Option<&Network> {
        self.networks.iter().find(|network| network.name == name)
    }
}

fn named<'a>(root: &'a Yaml, key: &str) -> impl Iterator<Item = &'a Entry> {
    root.get(key).into_iter().flat_map(Yaml::entries)
}

impl Service {
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.body.get(key)
    }

    /// What a key holds, with its line.
    pub fn text(&self, key: &str) -> Option<(&str, u32)> {
        let node = self.get(key)?;
        Some((node.text()?, node.line))
    }

    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(Yaml::is_true)
    }

    /// The texts of a list, with their lines.
    pub fn list(&self, key: &str) -> Vec<(&str, u32)> {
        let items = self.get(key).map(Yaml::items).unwrap_or_default();
        items.iter().filter_map(|item| Some((item.text()?, item.line))).collect()
    }

    /// Whether it takes more from elsewhere, so that what is missing here may be there.
    pub fn extends(&self) -> bool {
        self.get("extends").is_some()
    }

    pub fn image(&self) -> Option<(&str, u32)> {
        self.text("image")
    }

    pub fn build(&self) -> Option<Build<'_>> {
        let entry = self.body.entry("build")?;
        let text = |key| entry.value.get(key).and_then(Yaml::text);
        let context = entry.value.text().or_else(|| text("context")).unwrap_or(".");
        Some(Build { line: entry.line, context, dockerfile: text("dockerfile"), target: text("target") })
    }

    pub fn build_arguments(&self) -> Vec<Variable<'_>> {
        variables(self.body.at(&["build", "args"]))
    }

    pub fn environment(&self) -> Vec<Variable<'_>> {
        variables(self.get("environment"))
    }

    pub fn health(&self) -> Health {
        let Some(check) = self.get("healthcheck") else { return Health::Inherited };
        let test = check.get("test");
        let word = test.and_then(|test| test.text().or_else(|| test.items().first()?.text()));
        match word {
            _ if check.get("disable").is_some_and(Yaml::is_true) => Health::Off,
            Some(word) if word.eq_ignore_ascii_case("none") => Health::Off,
            Some(_) => Health::Checked,
            None => Health::Inherited,
        }
    }

    /// The line of the first published port.
    pub fn published(&self) -> Option<u32> {
        self.get("ports")?.items().first().map(|port| port.line)
    }

    /// The networks it joins: `default` where none is given, none under `network_mode`.
    pub fn networks(&self) -> Vec<&str> {
        if self.get("network_mode").is_some() {
            return Vec::new();
        }
        let Some(networks) = self.get("networks") else { return vec!["default"] };
        let listed = networks.items().iter().filter_map(Yaml::text);
        listed.chain(networks.entries().iter().map(|entry| entry.key.as_str())).collect()
    }

    pub fn dependencies(&self) -> Vec<Dependency<'_>> {
        let Some(depends_on) = self.get("depends_on") else { return Vec::new() };
        let short = depends_on
            .items()
            .iter()
            .filter_map(|item| Some(Dependency { line: item.line, service: item.text()?, condition: None }));
        let long = depends_on.entries().iter().map(|entry| Dependency {
            line: entry.line,
            service: &entry.key,
            condition: entry.value.get("condition").and_then(Yaml::text),
        });
        short.chain(long).collect()
    }

    /// `restart:` or the condition of `deploy.restart_policy`.
    pub fn restart(&self) -> Option<(&str, u32)> {
        let policy = self.body.at(&["deploy", "restart_policy"]);
        let condition = policy.map(|policy| {
            let condition = policy.get("condition").and_then(Yaml::text);
            (condition.unwrap_or("any"), policy.line)
        });
        self.text("restart").or(condition)
    }

    /// `mem_limit:` or the limit below `deploy`.
    pub fn memory_limit(&self) -> Option<&str> {
        self.get("mem_limit").or_else(|| self.body.at(&["deploy", "resources", "limits", "memory"]))?.text()
    }
}

impl Yaml {
    fn is_false(&self) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case("false"))
    }
}

/// Both forms: a mapping, or a list of `NAME=value`.
fn variables(node: Option<&Yaml>) -> Vec<Variable<'_>> {
    let Some(node) = node else { return Vec::new() };
    let listed = node.items().iter().filter_map(|item| {
        let text = item.text()?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        Some(Variable { line: item.line, name, value })
    });
    let mapped =
        node.entries().iter().map(|entry| Variable { line: entry.line, name: &entry.key, value: entry.value.text() });
    listed.chain(mapped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = r#"x-hard: &hard
  read_only: true
  restart: unless-stopped
services:
  app:
    <<: *hard
    build: {context: app, target: production}
    environment: [A=1, B]
    depends_on: [db]
    ports: ["80:80"]
    healthcheck: {disable: true}
  db:
    image: postgres:18
    build: ./db
    environment:
      A: 1
      B:
    depends_on:
      app: {condition: service_healthy}
    networks: {back: {}}
    healthcheck: {test: [CMD, x]}
    deploy:
      restart_policy: {}
      resources: {limits: {memory: 1G}}
networks:
  back: {internal: true}
"#;

    #[test]
    fn services_are_read_in_short_and_long_forms() {
        let compose = Compose::parse(SHOP);
        assert_eq!(compose.errors, []);
        let (app, db) = (compose.service("app").unwrap(), compose.service("db").unwrap());
        assert_eq!(
            app.build().unwrap(),
            Build { line: 7, context: "app", dockerfile: None, target: Some("production") }
        );
        assert_eq!(db.build().unwrap().context, "./db");
        assert!(app.is_true("read_only"));
        assert_eq!((app.restart(), db.restart()), (Some(("unless-stopped", 3)), Some(("any", 23))));
        for service in [app, db] {
            let names: Vec<_> = service.environment().iter().map(|variable| (variable.name, variable.value)).collect();
            assert_eq!(names, [("A", Some("1")), ("B", None)]);
        }
        assert_eq!((app.health(), db.health()), (Health::Off, Health::Checked));
        assert_eq!(app.dependencies(), [Dependency { line: 9, service: "db", condition: None }]);
        assert_eq!(db.dependencies()[0].condition, Some("service_healthy"));
        assert_eq!((app.networks(), db.networks()), (vec!["default"], vec!["back"]));
        assert!(compose.network("back").unwrap().internal);
        assert_eq!((app.published(), db.published()), (Some(10), None));
        assert_eq!((app.memory_limit(), db.memory_limit()), (None, Some("1G")));
    }

    #[test]
    fn a_file_that_is_no_mapping_has_no_services() {
        for text in ["", "a", "- b", "services: x", "services:\n  app:"] {
            Compose::parse(text).services.iter().for_each(|service| assert_eq!(service.networks(), ["default"]));
        }
    }
}
