//! What serves the app, in production and in development: a server that the project installs.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::app::App;
use super::hints::Weight;
use super::manifest::Manifest;
use super::sources::Sources;
use crate::facts::{Argv, Confidence, Evidence, Found, Packages};
use crate::paths::RelPath;
use crate::project::Mistake;

/// A server, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    FastApi,
    Uvicorn,
    Hypercorn,
    Granian,
    Gunicorn,
}

const SERVERS: &[(Server, &[&str])] = &[
    (Server::FastApi, &["fastapi-cli"]),
    (Server::Uvicorn, &["uvicorn"]),
    (Server::Hypercorn, &["hypercorn"]),
    (Server::Granian, &["granian"]),
    (Server::Gunicorn, &["uvicorn-worker", "gunicorn"]),
];

/// The distributions that bring a server.
pub fn servers() -> impl Iterator<Item = &'static str> {
    SERVERS.iter().flat_map(|(_, names)| names.iter().copied())
}

pub struct Served {
    pub start: Found<Argv>,
    pub develop: Found<Argv>,
    /// debugpy runs it in development.
    pub debugger: bool,
    /// And is among the project's packages.
    pub has_debugger: bool,
}

pub struct Asked<'a> {
    pub context: &'a Context<'a>,
    pub path: &'a RelPath,
    pub manifest: &'a Manifest,
    pub code: &'a Sources,
    pub packages: Option<&'a Packages>,
    /// From the project's root.
    pub lockfile: Option<&'a RelPath>,
    pub port: u16,
    /// Folders that a save may change; none where the whole component is watched.
    pub folders: &'a [RelPath],
}

impl Asked<'_> {
    /// # Errors
    /// No server is installed; what was settled is no command.
    pub fn served(&self, app: &Found<App>) -> Result<Served, Mistake> {
        let settled = decided(self.context, self.path, "start", Argv::parse)?;
        let settled_develop = decided(self.context, self.path, "develop", Argv::parse)?;
        let server = match self.server() {
            Some(server) => Some(server),
            None if settled.is_some() => None,
            None => return Err(self.none()),
        };
        let app = match app {
            Found::Known { value, .. } => Some(value),
            // asked first: the command follows from it
            Found::Unclear { candidates } => candidates.first().map(|(app, _)| app),
            Found::Absent => None,
        };
        let has_debugger = self.manifest.any_dependency("debugpy").is_some();
        // a command that somebody settled stays as it is
        let debugger = settled_develop.is_none() && matches!((&server, app), (Some(_), Some(_)));
        let (start, develop) = match (server, app) {
            (Some((server, evidence)), Some(app)) => {
                let start = argv(self.start(server, app))?;
                let develop = argv(self.develop(server, app))?;
                let because = "reloads on save";
                (
                    Found::known(start, Confidence::Inferred, evidence),
                    Found::known(develop, Confidence::Default, Evidence::none(because)),
                )
            }
            _ => (Found::Absent, Found::Absent),
        };
        let start = or_found(settled, start);
        let develop = match (settled_develop, develop, &start) {
            (None, Found::Absent, Found::Known { value, .. }) => {
                Found::default(value.clone(), "the same as in production")
            }
            (settled, found, _) => or_found(settled, found),
        };
        Ok(Served { start, develop, debugger, has_debugger })
    }

    /// The first server among what production installs, with what shows it.
    fn server(&self) -> Option<(Server, Evidence)> {
        if let Some(found) = self.told() {
            return Some(found);
        }
        if let Some(found) = self.manifest.dependency("fastapi")
            && found.requirement.extras.iter().any(|extra| extra.starts_with("standard"))
        {
            return Some((Server::FastApi, found.evidence.clone()));
        }
        let of = |(server, names): &(Server, &[&str])| {
            let found = names.iter().find_map(|name| self.manifest.dependency(name))?;
            Some((*server, found.evidence.clone()))
        };
        let direct = SERVERS.iter().find_map(of);
        if direct.is_some() {
            return direct;
        }
        if let Some(found) = self.manifest.dependency("fastapi").filter(|_| self.manifest.has_extra("fastapi", "all")) {
            return Some((Server::Uvicorn, found.evidence.clone()));
        }
        // brought along by something else that production installs
        let lock = self.lockfile?;
        let source = self.context.project.read(lock)?;
        let (line, text) = source.lines().find(|(_, line)| {
            let line = line.trim_start().trim_start_matches("\"").trim_end();
            line == "name = \"uvicorn\"" || line.starts_with("uvicorn\":") || line.starts_with("uvicorn==")
        })?;
        let dev_only = self.manifest.any_dependency("uvicorn").is_some();
        (!dev_only).then(|| (Server::Uvicorn, Evidence::at(lock, line, text.trim(), "brought along by a dependency")))
    }

    /// A server other than uvicorn that the project's own commands of production start.
    fn told(&self) -> Option<(Server, Evidence)> {
        let commands = self.code.commands.iter().filter(|command| command.weight == Weight::Production);
        commands.into_iter().find_map(|command| {
            let server = match command.server.as_str() {
                "hypercorn" => Server::Hypercorn,
                "granian" => Server::Granian,
                _ => return None,
            };
            self.manifest.dependency(&command.server).map(|_| (server, command.evidence.clone()))
        })
    }

    fn none(&self) -> Mistake {
        let file = self.manifest.file(self.path);
        let dev = self.manifest.any_dependency("uvicorn").map(|found| found.evidence.clone());
        let line = self.manifest.dependency("fastapi").and_then(|found| found.evidence.line);
        let detail = match dev {
            Some(evidence) => format!("uvicorn is required for development only ({})", evidence.place()),
            None => "fastapi alone brings none; neither fastapi[standard], uvicorn, hypercorn, granian nor gunicorn is required".to_owned(),
        };
        let preset = self.packages.and_then(|packages| self.context.presets.python.get(&packages.id));
        let add =
            preset.map_or("another dependency", |preset| preset.add.as_str()).replace("{name}", "fastapi[standard]");
        let lock =
            if self.lockfile.is_some_and(|lock| lock.extension() != Some("txt")) { ", and lock again" } else { "" };
        Mistake::new("nothing is installed that serves the app")
            .at(file, line)
            .detail(detail)
            .hint(format!("require `fastapi[standard]` or `uvicorn` in production, as with {add}{lock}"))
    }

    fn start(&self, server: Server, app: &App) -> Vec<String> {
        let target = format!("{}:{}", app.module, app.variable);
        let port = self.port.to_string();
        let bind = format!("0.0.0.0:{port}");
        let mut words: Vec<&str> = match server {
            Server::FastApi if app.is_fastapi && !app.factory && self.is_package(app) => {
                let file = app.file.strip(self.path).unwrap_or_else(|| app.file.clone());
                let mut words = vec!["fastapi".to_owned(), "run".to_owned(), file.to_string()];
                if app.variable != "app" {
                    words.extend(["--app".to_owned(), app.variable.clone()]);
                }
                words.extend(["--port".to_owned(), port]);
                return words;
            }
            Server::FastApi | Server::Uvicorn => vec!["uvicorn", &target, "--host", "0.0.0.0", "--port", &port],
            Server::Hypercorn => vec!["hypercorn", &target, "--bind", &bind],
            Server::Granian => vec!["granian", "--interface", "asgi", &target, "--host", "0.0.0.0", "--port", &port],
            Server::Gunicorn => {
                let worker = match self.manifest.dependency("uvicorn-worker") {
                    Some(_) => "uvicorn_worker.UvicornWorker",
                    None => "uvicorn.workers.UvicornWorker",
                };
                vec!["gunicorn", &target, "--worker-class", worker, "--bind", &bind]
            }
        };
        if app.factory && server != Server::Gunicorn {
            words.push("--factory");
        }
        words.into_iter().map(str::to_owned).collect()
    }

    fn develop(&self, server: Server, app: &App) -> Vec<String> {
        let reloads = match server {
            // whose worker is uvicorn's
            Server::FastApi | Server::Gunicorn => Server::Uvicorn,
            other => other,
        };
        let mut words = self.start(reloads, app);
        words.push("--reload".to_owned());
        if reloads == Server::Uvicorn {
            for folder in self.folders {
                words.extend(["--reload-dir".to_owned(), folder.to_string()]);
            }
        }
        let debug = "python -Xfrozen_modules=off -m debugpy --listen 0.0.0.0:5678 -m";
        words.splice(0..0, debug.split(' ').map(str::to_owned));
        words
    }

    /// Every folder from the app's file up to where modules are looked for is a package: what
    /// `fastapi run` goes by.
    fn is_package(&self, app: &App) -> bool {
        let mut folder = app.file.parent();
        while let Some(inner) = folder.filter(|inner| *inner != app.root) {
            if inner.is_root() || !self.code.is_package(&inner) {
                return false;
            }
            folder = inner.parent();
        }
        true
    }
}

fn argv(words: Vec<String>) -> Result<Argv, Mistake> {
    Argv::new(words).map_err(|error| Mistake::new(error.to_string()))
}
