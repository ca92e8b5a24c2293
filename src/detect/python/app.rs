//! The app that a server is given: module, variable, and the folder that must be on the path.
//!
//! As fastapi-cli 0.0.34 finds it (`discover.py`: `get_default_path`, `get_module_data_from_path`,
//! `get_app_name`), and beyond where that gives up: it imports the module, here it is only read.

use std::fmt;

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::apps::{Candidate, Kind};
use super::hints::{Command, Weight};
use super::listen::listeners;
use super::sources::Sources;
use crate::facts::{Confidence, Evidence, Found, Line, ValueError};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Where fastapi-cli looks, in its order.
const DEFAULT_PATHS: &[&str] = &["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"];
/// Names of files that hold the app more often than others.
const USUAL_NAMES: &[&str] =
    &["main.py", "app.py", "api.py", "server.py", "asgi.py", "application.py", "__main__.py", "__init__.py"];

/// What a server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Dotted, below [`App::root`]: `app.main`.
    pub module: String,
    pub variable: String,
    /// The variable is a function that makes the app: `--factory`.
    pub factory: bool,
    /// An instance of FastAPI itself, as `fastapi run` insists on; other servers take any app.
    pub is_fastapi: bool,
    /// The module's file, from the project's root.
    pub file: RelPath,
    /// The folder that must be on the path, from the project's root.
    pub root: RelPath,
}

impl fmt::Display for App {
    /// As a server is told; `()` behind a factory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}{}", self.module, self.variable, if self.factory { "()" } else { "" })
    }
}

impl App {
    /// Whether both lead to the same variable of the same file, whatever the path begins with.
    fn is_same(&self, other: &App) -> bool {
        self.file == other.file && self.variable == other.variable
    }
}

/// The app of a component.
///
/// # Errors
/// What was settled as `main` names no file of the component.
pub fn app(context: &Context<'_>, path: &RelPath, sources: &Sources) -> Result<Found<App>, Mistake> {
    let finder = Finder { context, sources };
    let settled = decided(context, path, "main", |text| finder.settled(text))?;
    Ok(or_found(settled, finder.found()))
}

/// The apps as people name them; those that a server is told alike by their files.
pub fn shown(path: &RelPath, found: Found<App>) -> Found<Line> {
    let told: Vec<String> = match &found {
        Found::Unclear { candidates } => candidates.iter().map(|(app, _)| app.to_string()).collect(),
        _ => Vec::new(),
    };
    found.map(|app| {
        let text = app.to_string();
        let alike = told.iter().filter(|other| **other == text).count() > 1;
        let file = app.file.strip(path).filter(|_| alike);
        Line::from_text(&file.map_or(text, |file| file.to_string()))
    })
}

struct Finder<'a, 'p> {
    context: &'a Context<'p>,
    sources: &'a Sources,
}

impl Finder<'_, '_> {
    fn found(&self) -> Found<App> {
        if let Some(found) = self.declared() {
            return found;
        }
        let served = self.served();
        let run = |weight: Weight| self.sources.commands.iter().filter(move |one| one.weight == weight);
        if let Some(found) = self.commanded(run(Weight::Production), &served) {
            return found;
        }
        if let Some((app, evidence)) = served {
            return Found::declared(app, evidence);
        }
        let instances = self.ranked((0..self.sources.scripts.len()).filter_map(|at| self.sources.app_of(at)).collect());
        let factories =
            || self.ranked((0..self.sources.scripts.len()).flat_map(|at| self.sources.factories_of(at)).collect());
        let found = match instances {
            Found::Absent => factories(),
            found => found,
        };
        match &found {
            Found::Known { .. } => found,
            // equally good ones, or none that is seen to be one: what people type decides
            _ => {
                let typed = run(Weight::Development).chain(run(Weight::Told));
                self.commanded(typed, &None).or_else(|| self.started()).unwrap_or(found)
            }
        }
    }

    /// What `fastapi run` serves without an argument.
    fn served(&self) -> Option<(App, Evidence)> {
        DEFAULT_PATHS.iter().find_map(|path| {
            let file = self.sources.folder.join(path).ok()?;
            let candidate = self.sources.app_of(self.sources.place(&file)?)?;
            self.evident(&candidate, format!("`fastapi run` takes {path}"))
        })
    }

    /// The app of this component that the commands name; several are a question, unless that of
    /// `fastapi run` is among them.
    fn commanded<'c>(
        &self,
        commands: impl Iterator<Item = &'c Command>,
        served: &Option<(App, Evidence)>,
    ) -> Option<Found<App>> {
        let mut named: Vec<(App, Evidence)> = Vec::new();
        for command in commands {
            let evidence = command.evidence.clone();
            let new = self.of_command(command).filter(|app| !named.iter().any(|(known, _)| known.is_same(app)));
            named.extend(new.map(|app| (app, evidence)));
        }
        // that of `fastapi run` among them needs no more
        if let Some((served, why)) = served
            && let Some(at) = named.iter().position(|(app, _)| app.is_same(served))
        {
            let (value, evidence) = named.remove(at);
            let evidence = vec![evidence, why.clone()];
            return Some(Found::Known { value, confidence: Confidence::Declared, evidence, rejected: named });
        }
        if named.len() > 1 {
            return Some(Found::Unclear { candidates: named });
        }
        if named.is_empty() {
            return None;
        }
        let (value, evidence) = named.remove(0);
        named.extend(served.clone());
        Some(Found::Known { value, confidence: Confidence::Declared, evidence: vec![evidence], rejected: named })
    }

    fn of_command(&self, command: &Command) -> Option<App> {
        if let Some(target) = &command.target {
            let folder = command.folder.as_ref().and_then(|folder| self.sources.folder.join(folder).ok());
            let mut app = self.of_text(target, folder)?;
            app.factory |= command.factory;
            app.is_fastapi &= !app.factory;
            return Some(app);
        }
        let file = command.file.as_ref()?.trim_start_matches("./");
        let is_named = |path: &RelPath| path.as_str() == file || path.as_str().ends_with(&format!("/{file}"));
        let at = self.sources.scripts.iter().position(|(path, _)| is_named(path))?;
        let candidate = match &command.app {
            Some(name) => self.sources.named(at, name)?,
            None => self.sources.app_of(at)?,
        };
        self.app_of(&candidate)
    }

    /// `uvicorn.run("app.main:app")` in the code.
    fn started(&self) -> Option<Found<App>> {
        let listeners = listeners(self.sources);
        listeners.into_iter().find_map(|listener| {
            let app = self.of_text(&listener.target?, None)?;
            Some(Found::inferred(app, self.sources.evidence(listener.at, listener.line, "the code runs it")))
        })
    }

    /// `[tool.fastapi] entrypoint = "app.main:app"` of pyproject.toml.
    fn declared(&self) -> Option<Found<App>> {
        let file = self.sources.folder.join("pyproject.toml").ok()?;
        let source = self.context.project.read(&file)?;
        let table: toml::Table = source.text().parse().ok()?;
        let text = table.get("tool")?.get("fastapi")?.get("entrypoint")?.as_str()?.to_owned();
        let line = source.lines().find(|(_, line)| line.trim_start().starts_with("entrypoint") && line.contains(&text));
        let line = line.map_or(1, |(line, _)| line);
        let evidence = Evidence::at(&file, line, format!("entrypoint = \"{text}\""), "`[tool.fastapi]`");
        match self.of_text(&text, None) {
            Some(app) => Some(Found::declared(app, evidence)),
            None => {
                self.context.warn(
                    "no-such-app",
                    format!("{file}:{line} names `{text}`, and there is no such app"),
                    vec![evidence],
                    "mend `entrypoint`, or settle it: `--set main=MODULE:VARIABLE`",
                );
                None
            }
        }
    }

    /// The best of several; equally good ones are a question.
    fn ranked(&self, mut candidates: Vec<Candidate>) -> Found<App> {
        candidates.retain(|one| !self.sources.is_mounted(one));
        // a file that only hands on what another makes says nothing new, unless it is the one that is run
        let made: Vec<(usize, u32)> =
            candidates.iter().filter(|one| one.at == one.made.0).map(|one| one.made).collect();
        candidates.retain(|one| one.at == one.made.0 || !made.contains(&one.made));
        let ranks: Vec<(bool, usize)> = candidates.iter().map(|one| self.rank(one)).collect();
        let Some(best) = ranks.iter().min().copied() else { return Found::Absent };
        let (first, rest): (Vec<_>, Vec<_>) = candidates.iter().zip(&ranks).partition(|(_, rank)| **rank == best);
        let because = |one: &Candidate| if one.factory { "makes the app" } else { "the app" };
        let shown = |list: Vec<(&Candidate, &(bool, usize))>| -> Vec<(App, Evidence)> {
            list.into_iter().filter_map(|(one, _)| self.evident(one, because(one).to_owned())).collect()
        };
        let mut first = shown(first);
        match first.len() {
            0 => Found::Absent,
            1 => {
                let (value, evidence) = first.remove(0);
                let rejected = shown(rest).into_iter().take(5).collect();
                Found::Known { value, confidence: Confidence::Inferred, evidence: vec![evidence], rejected }
            }
            _ => Found::Unclear { candidates: first },
        }
    }

    /// Smaller is better: usual names first, then what lies nearer.
    fn rank(&self, one: &Candidate) -> (bool, usize) {
        let (file, _) = &self.sources.scripts[one.at];
        (!USUAL_NAMES.contains(&file.file_name()), file.parts().count())
    }

    /// A candidate as an app with its line.
    fn evident(&self, one: &Candidate, because: String) -> Option<(App, Evidence)> {
        Some((self.app_of(one)?, self.sources.evidence(one.at, one.line, because)))
    }

    fn app_of(&self, one: &Candidate) -> Option<App> {
        let (module, root) = self.sources.module_of(one.at)?;
        Some(self.app_at(one, module, root))
    }

    fn app_at(&self, one: &Candidate, module: String, root: RelPath) -> App {
        App {
            module,
            variable: one.variable.clone(),
            factory: one.factory,
            is_fastapi: one.kind == Kind::Plain && !one.factory,
            file: self.sources.scripts[one.at].0.clone(),
            root,
        }
    }

    /// `app.main:app`, `app.main:create_app()`, with its module found.
    fn of_text(&self, text: &str, folder: Option<RelPath>) -> Option<App> {
        let (module, variable) = text.trim().split_once(':')?;
        let name = variable.trim_end_matches("()");
        let (root, at) = self.module(module, folder)?;
        let mut candidate = self.sources.named(at, name)?;
        if variable.ends_with("()") {
            candidate.factory = true;
        }
        Some(self.app_at(&candidate, module.to_owned(), root))
    }

    /// The root below which a module is found: the component's folder, `src`, or wherever it lies.
    fn module(&self, module: &str, folder: Option<RelPath>) -> Option<(RelPath, usize)> {
        let sources = self.sources;
        let mut roots: Vec<RelPath> = folder.into_iter().collect();
        roots.push(sources.folder.clone());
        roots.extend(sources.folder.join("src").ok());
        roots.extend(sources.scripts.iter().flat_map(|(file, _)| sources.roots(file)));
        roots.into_iter().find_map(|root| Some((root.clone(), sources.module_below(&root, module)?)))
    }

    /// A decision: as servers take it, or a file whose app is meant.
    fn settled(&self, text: &str) -> Result<App, ValueError> {
        let by_file = || {
            let file = self.sources.folder.join(text).ok()?;
            let at = self.sources.place(&file)?;
            let candidate = self.sources.app_of(at).or_else(|| self.sources.factories_of(at).into_iter().next())?;
            self.app_of(&candidate)
        };
        self.of_text(text, None).or_else(by_file).ok_or_else(|| {
            ValueError("an app as in `app.main:app`, `app.main:create_app()` or `app/main.py`".to_owned())
        })
    }
}

#[cfg(test)]
mod tests;
