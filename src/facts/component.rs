//! One deployable part of a project.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Argv, Confidence, EnvName, Evidence, FastApi, Found, HttpPath, Line, Migration, MigrationPlace, Name, Node,
    Packages, Port, Python, Runtime, Setting, SettingKind, Stack, ValueError, Written,
};
use crate::paths::RelPath;

/// One deployable part of a project with all that is known of it.
#[derive(Debug, Clone)]
pub struct Component {
    pub path: RelPath,
    /// The folder that its image is built from: its own, or that of the workspace around it.
    pub context: RelPath,
    /// For images and compose.
    pub name: Name,
    pub description: Option<Line>,
    /// An SPDX expression as the manifest has it.
    pub license: Option<Line>,
    pub stack: Stack,
    /// What shows the stack: the manifest.
    pub evidence: Evidence,
    pub runtime: Found<Runtime>,
    /// The command that builds it. Known to be `None`: there is nothing to build.
    pub build: Found<Option<Argv>>,
    /// What runs in production.
    pub start: Found<Argv>,
    /// What runs in development and reloads on save.
    pub develop: Found<Argv>,
    /// Known to be `None`: a worker that listens nowhere.
    pub port: Found<Option<Port>>,
    pub health: Found<Probe>,
    pub services: Vec<BackingService>,
    pub settings: Vec<Setting>,
    /// Run once before it starts. Known to be `None`: there are no migrations, or it runs them itself.
    pub migrate: Found<Option<Migration>>,
    /// Variables that the image sets besides `PORT` and the stack's own, from the start script or
    /// so that the server is reachable: name and value.
    pub environment: Vec<(EnvName, Line)>,
    /// Folders and files besides the program that it reads while running (views, migrations),
    /// relative to the component.
    pub assets: Vec<(RelPath, Evidence)>,
    /// Places that it writes to besides.
    pub written: Vec<Written>,
    /// Folders with sources, relative to the component: mounted in development.
    pub sources: Vec<RelPath>,
    /// Files directly in the component's folder that are sources too: synced in development.
    pub root_sources: Vec<RelPath>,
    /// Its place beside others; `None` where it has the compose project for itself.
    pub among: Option<Among>,
}

/// What a component is called and where it is found beside others in one compose project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Among {
    /// In compose.yaml: `backend`.
    pub service: Name,
    /// Where it is published on this machine; a variable moves it.
    pub host_port: Option<Port>,
    /// Secrets that another component reads under the same name with another value: their files
    /// have the service's name in front, `backend_database_url`.
    pub own_secrets: BTreeSet<EnvName>,
}

/// How to see that a component is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// `GET` answers with 2xx or 3xx.
    Http(HttpPath),
    /// The port accepts a connection: no route is known to be a health route.
    Port,
    /// It listens nowhere.
    None,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Probe::Http(path) => write!(f, "GET {path}"),
            Probe::Port => f.write_str("port"),
            Probe::None => f.write_str("none"),
        }
    }
}

impl FromStr for Probe {
    type Err = ValueError;
    /// `/healthz`, `GET /healthz`, `port` or `none`.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "port" => Ok(Probe::Port),
            "none" => Ok(Probe::None),
            path => HttpPath::new(path.strip_prefix("GET ").unwrap_or(path))
                .map(Probe::Http)
                .map_err(|_| ValueError("a path as in `/healthz`, `port` or `none`".to_owned())),
        }
    }
}

/// A database, cache or broker that the component talks to.
#[derive(Debug, Clone, PartialEq)]
pub struct BackingService {
    /// The preset's id: `postgres`.
    pub id: String,
    /// For people: `PostgreSQL`.
    pub name: String,
    pub version: String,
    pub place: Place,
    /// The form of its address that the client libraries want, by the preset's id of it.
    pub dialect: Option<String>,
    /// One of several that do the same work, and nothing says which is meant: a question.
    pub open: bool,
    pub confidence: Confidence,
    pub evidence: Vec<Evidence>,
}

/// Where a backing service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In compose.yaml, in production too.
    Compose,
    /// In the override only; in production its address is a secret to fill in.
    Development,
    /// Nowhere here; its address is a secret to fill in.
    Elsewhere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Compose => "compose",
            Place::Development => "development",
            Place::Elsewhere => "elsewhere",
        })
    }
}

impl FromStr for Place {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "compose" => Ok(Place::Compose),
            "development" => Ok(Place::Development),
            "elsewhere" => Ok(Place::Elsewhere),
            _ => Err(ValueError("`compose`, `development` or `elsewhere`".to_owned())),
        }
    }
}

/// One fact as people and JSON see it: the same list serves `detect`, the review screen, the
/// questions and `--set`.
#[derive(Debug, Clone)]
pub struct FactView {
    /// The key of its decision: `runtime`.
    pub key: &'static str,
    /// The value for people; `None` while it is unclear or absent.
    pub value: Option<String>,
    pub confidence: Option<Confidence>,
    pub evidence: Vec<Evidence>,
    pub rejected: Vec<(String, Evidence)>,
    /// More than one: a question.
    pub candidates: Vec<(String, Evidence)>,
    /// Nothing can be rendered without it.
    pub required: bool,
    /// The question, without `?`: `which package manager does \`shop\` use`.
    pub ask: String,
    /// What an answer looks like: `pnpm or npm`, `a port, or none`.
    pub expected: &'static str,
}

impl FactView {
    /// Whether a person has to say it.
    pub fn is_open(&self) -> bool {
        self.value.is_none() && (self.required || !self.candidates.is_empty())
    }

    /// Whether people are told: not that nothing was found of what most do without.
    pub fn is_worth_a_line(&self) -> bool {
        self.required || self.confidence != Some(Confidence::Default)
    }

    fn of<T>(
        key: &'static str,
        found: &Found<T>,
        show: impl Fn(&T) -> String,
        ask: String,
        expected: &'static str,
    ) -> Self {
        let mut view = FactView {
            key,
            value: None,
            confidence: None,
            evidence: Vec::new(),
            rejected: Vec::new(),
            candidates: Vec::new(),
            required: true,
            ask,
            expected,
        };
        let shown = |list: &[(T, Evidence)]| list.iter().map(|(value, why)| (show(value), why.clone())).collect();
        match found {
            Found::Known { value, confidence, evidence, rejected } => {
                view.value = Some(show(value));
                view.confidence = Some(*confidence);
                view.evidence = evidence.clone();
                view.rejected = shown(rejected);
            }
            Found::Unclear { candidates } => view.candidates = shown(candidates),
            Found::Absent => {}
        }
        view
    }
}

impl Component {
    /// The facts in the order of the review screen.
    pub fn facts(&self) -> Vec<FactView> {
        let name = &self.name;
        let argv = |command: &Option<Argv>| command.as_ref().map_or("none".to_owned(), Argv::to_string);
        let mut facts = vec![FactView::of(
            "runtime",
            &self.runtime,
            Runtime::to_string,
            format!("which runtime version does `{name}` need"),
            "a version as in `26`",
        )];
        match &self.stack {
            Stack::Node(Node { packages, .. })
            | Stack::Next(Node { packages, .. }, _)
            | Stack::FastApi(Python { packages, .. }, _) => facts.push(FactView::of(
                "packages",
                packages,
                Packages::to_string,
                format!("which package manager does `{name}` use"),
                "a package manager, as in `pnpm` or `yarn@4.12.0`",
            )),
            Stack::Go(go) => facts.push(FactView::of(
                "main",
                &go.main,
                |path| if path.is_root() { ".".to_owned() } else { format!("./{path}") },
                format!("which main package of `{name}` is the server"),
                "a folder as in `./cmd/server`",
            )),
        }
        if let Stack::Next(_, next) = &self.stack {
            facts.push(FactView::of(
                "output",
                &next.standalone,
                |standalone| if *standalone { "standalone" } else { "none" }.to_owned(),
                format!("does `{name}` build with `output: 'standalone'`"),
                "`standalone`, or `none`",
            ));
        }
        if let Stack::FastApi(_, FastApi { app }) = &self.stack {
            facts.push(FactView::of(
                "main",
                app,
                Line::to_string,
                format!("which app of `{name}` is served"),
                "a module and a variable, as in `app.main:app`",
            ));
        }
        facts.push(FactView::of("build", &self.build, argv, format!("how is `{name}` built"), "a command, or `none`"));
        facts.push(FactView::of(
            "start",
            &self.start,
            Argv::to_string,
            format!("how does `{name}` start in production"),
            "a command as in `node dist/index.js`",
        ));
        facts.push(FactView::of(
            "port",
            &self.port,
            |port| port.map_or("none".to_owned(), |port| port.to_string()),
            format!("which port does `{name}` listen on"),
            "a port, or `none` for a worker",
        ));
        facts.push(FactView::of(
            "health",
            &self.health,
            Probe::to_string,
            format!("how is the health of `{name}` seen"),
            "a path as in `/healthz`, `port` or `none`",
        ));
        let mut migrate = FactView::of(
            "migrate",
            &self.migrate,
            |migration| migration.as_ref().map_or("none".to_owned(), Migration::to_string),
            format!("what brings the database of `{name}` up to date"),
            "a command, or `none`",
        );
        migrate.required = false;
        facts.push(migrate);
        facts.extend(self.open_services());
        facts
    }

    /// The question which of several services that do the same work is meant.
    fn open_services(&self) -> Option<FactView> {
        let open: Vec<&BackingService> = self.services.iter().filter(|service| service.open).collect();
        let names: Vec<&str> = open.iter().map(|service| service.name.as_str()).collect();
        let list = |one: &BackingService| {
            let kept = self.services.iter().filter(|service| !service.open || service.id == one.id);
            let entry = |service: &BackingService| match service.place {
                Place::Compose => service.id.clone(),
                place => format!("{}={place}", service.id),
            };
            kept.map(entry).collect::<Vec<_>>().join(" ")
        };
        let evidence =
            |one: &BackingService| one.evidence.first().cloned().unwrap_or_else(|| Evidence::none("a client library"));
        (!open.is_empty()).then(|| FactView {
            key: "services",
            value: None,
            confidence: None,
            evidence: Vec::new(),
            rejected: Vec::new(),
            candidates: open.iter().map(|one| (list(one), evidence(one))).collect(),
            required: true,
            ask: format!("which one does `{}` use: {}", self.name, names.join(" or ")),
            expected: "a list with one of them",
        })
    }

    /// Its folder seen from the build context; the root where they are the same.
    pub fn inner(&self) -> RelPath {
        self.path.strip(&self.context).unwrap_or_else(RelPath::root)
    }

    /// Its folder in an image that has the build context in `folder`: `/app`, `/app/backend`.
    pub fn within(&self, folder: &str) -> String {
        let inner = self.inner();
        if inner.is_root() { folder.to_owned() } else { format!("{folder}/{inner}") }
    }

    /// The port, if it is known and there is one.
    pub fn listens_on(&self) -> Option<Port> {
        self.port.value().copied().flatten()
    }

    pub fn secrets(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.kind == SettingKind::Secret)
    }

    /// Its name in compose.yaml.
    pub fn service_name(&self) -> &str {
        self.among.as_ref().map_or("app", |among| among.service.as_str())
    }

    /// The file below `secrets/` that holds a setting's value.
    pub fn secret_file(&self, setting: &Setting) -> String {
        let file = setting.secret_file();
        match &self.among {
            Some(among) if among.own_secrets.contains(&setting.name) => {
                format!("{}_{file}", among.service.as_str().replace('-', "_"))
            }
            _ => file,
        }
    }

    /// Whether some secret has to be made a variable before the app or its migrations start.
    pub fn needs_starter(&self) -> bool {
        let migration = self.migrate.value().and_then(Option::as_ref);
        let is_own = migration.is_some_and(|migration| matches!(migration.place, MigrationPlace::Own(_)));
        is_own || self.secrets().any(|setting| setting.reads == super::Reads::Environment)
    }
}
