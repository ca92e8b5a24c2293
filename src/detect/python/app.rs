//! The app that a server is given: module, variable, and the folder that must be on the path.
//!
//! As fastapi-cli 0.0.34 finds it (`discover.py`: `get_default_path`, `get_module_data_from_path`,
//! `get_app_name`), and beyond where that gives up: it imports the module, here it is only read.

use std::fmt;

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::apps::{Candidate, Kind};
use super::sources::Sources;
use crate::facts::{Confidence, Evidence, Found, ValueError};
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

/// The app of a component.
///
/// # Errors
/// What was settled as `main` names no file of the component.
pub fn app(context: &Context<'_>, path: &RelPath, sources: &Sources) -> Result<Found<App>, Mistake> {
    let finder = Finder { context, sources };
    let settled = decided(context, path, "main", |text| finder.settled(text))?;
    Ok(or_found(settled, finder.found()))
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
        let served = DEFAULT_PATHS.iter().filter_map(|path| {
            let file = self.sources.folder.join(path).ok()?;
            let candidate = self.sources.app_of(self.sources.place(&file)?)?;
            Some(self.evident(&candidate, format!("`fastapi run` takes {path}")))
        });
        if let Some((app, evidence)) = served.flatten().next() {
            return Found::declared(app, evidence);
        }
        let instances = self.ranked((0..self.sources.scripts.len()).filter_map(|at| self.sources.app_of(at)).collect());
        let factories =
            || self.ranked((0..self.sources.scripts.len()).flat_map(|at| self.sources.factories_of(at)).collect());
        match instances {
            Found::Absent => factories(),
            found => found,
        }
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
        match self.of_text(&text) {
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
    fn of_text(&self, text: &str) -> Option<App> {
        let (module, variable) = text.trim().split_once(':')?;
        let name = variable.trim_end_matches("()");
        let (root, at) = self.module(module)?;
        let mut candidate = self.sources.named(at, name)?;
        candidate.factory |= variable.ends_with("()");
        Some(self.app_at(&candidate, module.to_owned(), root))
    }

    /// The root below which a module is found: the component's folder, `src`, or wherever it lies.
    fn module(&self, module: &str) -> Option<(RelPath, usize)> {
        let sources = self.sources;
        let mut roots = vec![sources.folder.clone()];
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
        self.of_text(text).or_else(by_file).ok_or_else(|| {
            ValueError("an app as in `app.main:app`, `app.main:create_app()` or `app/main.py`".to_owned())
        })
    }
}

#[cfg(test)]
mod tests;
