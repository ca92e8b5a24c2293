//! The templates that a run works with: the built-in ones, or what was fetched from an origin.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dockwright::apply::Receipt;
use dockwright::catalog::{
    self, Configuration, INTERRUPTED, LIMIT, NoPull, Origin, OriginFlags, Pull, Pulled, Pulling, Template,
};
use dockwright::decisions::{Decisions, KeyName, SettledBy};
use dockwright::project::{Mistake, Project};
use etcetera::BaseStrategy;

use super::print::err;
use super::{ExitCode, Failure, show};

/// What the person settled for all projects.
pub fn configuration() -> Result<Configuration, Mistake> {
    match folders() {
        Ok(folders) => Configuration::read(&folders.config_dir().join("dockwright")),
        // without a home there is none
        Err(_) => Ok(Configuration::default()),
    }
}

/// Fetches an origin once, and again when another is asked for.
pub struct Shelf {
    offline: bool,
    asks: bool,
    allow: Vec<String>,
    fetched: RefCell<BTreeMap<String, Vec<Template>>>,
    /// Set by Ctrl-C from the first fetch on.
    interrupted: RefCell<Option<Arc<AtomicBool>>>,
}

impl Shelf {
    pub fn new(offline: bool, asks: bool, allow: &[String]) -> Self {
        Shelf { offline, asks, allow: allow.to_vec(), fetched: RefCell::default(), interrupted: RefCell::default() }
    }

    /// The built-in templates, and those of each origin that was decided for a component.
    pub fn templates(
        &self,
        decisions: &Decisions,
        project: &Project,
        receipt: Option<&Receipt>,
    ) -> Result<Vec<Template>, Failure> {
        let mut templates = catalog::built_in().map_err(Mistake::from)?;
        let asked = decisions.iter().filter(|(key, _)| key.name == KeyName::Fact("template"));
        let asked: BTreeMap<&str, SettledBy> = asked.map(|(_, one)| (one.value.as_str(), one.by)).collect();
        for (typed, by) in asked {
            let origin = Origin::read(configuration()?.expand(typed), &OriginFlags::default())?;
            if !matches!(origin, Origin::Id(_)) {
                templates.extend(self.of_origin(typed, &origin, by, project, receipt)?);
            }
        }
        Ok(templates)
    }

    fn of_origin(
        &self,
        typed: &str,
        origin: &Origin,
        by: SettledBy,
        project: &Project,
        receipt: Option<&Receipt>,
    ) -> Result<Vec<Template>, Failure> {
        if let Some(templates) = self.fetched.borrow().get(typed) {
            return Ok(templates.clone());
        }
        let name = origin.to_string();
        let before = receipt.and_then(|receipt| receipt.pulls.values().find(|pull| pull.origin == name));
        let pulled = self.pull(origin, before, by == SettledBy::Project, project.root())?;
        let mut templates = catalog::templates_of(&pulled, origin)?;
        for template in &mut templates {
            typed.clone_into(&mut template.asked);
        }
        self.fetched.borrow_mut().insert(typed.to_owned(), templates.clone());
        Ok(templates)
    }

    /// Fetches what an origin names; folders are looked for in `beside`.
    pub fn pull(&self, origin: &Origin, before: Option<&Pull>, keeps: bool, beside: &Path) -> Result<Pulled, Failure> {
        let configuration = configuration()?;
        configuration.check_allowed(origin)?;
        let interrupted = self.interrupted.borrow_mut().get_or_insert_with(super::interrupted).clone();
        let with = Pulling {
            cache: folders()?.cache_dir().join("dockwright"),
            beside: beside.to_path_buf(),
            offline: self.offline,
            asks: self.asks,
            limit: configuration.git.limit.map_or(LIMIT, Duration::from_secs),
            interrupted: &interrupted,
            allow: &self.allow,
            say: &|what| err(&format!("{what}\n")),
        };
        let pulled = catalog::pull(origin, before, keeps, &with).map_err(failure)?;
        for note in &pulled.notes {
            err(&format!("{}\n", show::clean(note)));
        }
        self.check_interrupted()?;
        Ok(pulled)
    }

    /// Ctrl-C that came while nothing else listened for it.
    pub fn check_interrupted(&self) -> Result<(), Failure> {
        let pressed = self.interrupted.borrow().as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed));
        if pressed { Err(Failure::interrupted()) } else { Ok(()) }
    }
}

fn folders() -> Result<impl BaseStrategy, Mistake> {
    etcetera::base_strategy::choose_native_strategy()
        .map_err(|error| Mistake::new(format!("there is no home folder: {error}")).hint("set `HOME`"))
}

fn failure(reason: NoPull) -> Failure {
    match reason {
        NoPull::Mistake(mistake) if mistake.what == INTERRUPTED => Failure::interrupted(),
        NoPull::Mistake(mistake) => mistake.into(),
        NoPull::Changed(mistake) => Failure::new(ExitCode::Findings, "moved-template", mistake),
    }
}
