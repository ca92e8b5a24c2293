//! Builds and runs a setup on the user's engine and hands back a row per check: the only code that
//! runs containers. It works on any setup, for it reads only what docker says of it, and removes
//! all it started. It prints nothing.

mod address;
pub mod checks;
mod container;
mod development;
mod engine;
mod http;
mod layers;
mod node_packages;
mod report;
mod run;
mod services;
mod sockets;
mod stand;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use report::{Counts, Outcome, Report, Row, Trouble, Versions};

use crate::project::Mistake;
use checks::{CHECKS, Scope};
use engine::Engine;
use run::Run;
use stand::{Files, Stand, find_files};

/// What may be chosen.
#[derive(Debug, Clone)]
pub struct Request {
    /// How long a container may take to become healthy.
    pub start_limit: Duration,
    /// How long one image may take to build.
    pub build_limit: Duration,
}

impl Default for Request {
    fn default() -> Self {
        Request { start_limit: Duration::from_secs(120), build_limit: Duration::from_secs(30 * 60) }
    }
}

/// What happens meanwhile.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something that takes seconds begins: `builds app`.
    Step(&'a str),
    /// A check is over.
    Row(&'a Row),
}

/// Verifies the setup in a project's folder: compose.yaml without its override, or else the
/// Dockerfile. Failed checks are rows of the report.
///
/// # Errors
/// Nothing can be checked, or the flag was set; what had been started is removed in both cases.
pub fn verify(
    root: &Path,
    request: &Request,
    tell: &mut dyn FnMut(Event<'_>),
    interrupted: &AtomicBool,
) -> Result<Report, Trouble> {
    let shown = root.display().to_string();
    let root = root
        .canonicalize()
        .map_err(|e| Trouble::new("no-setup", Mistake::new(format!("cannot open `{shown}`: {e}"))))?;
    let files = find_files(&root)?;
    let engine = Engine::new(interrupted);
    let versions = engine.versions(matches!(files, Files::Compose(_)))?;
    let stand = Stand::new(engine, &root, &files)?;
    let mut run = Run::new(&stand, request, tell)?;
    let mut rows = Vec::new();
    for check in CHECKS {
        let parts = match check.scope {
            Scope::Each(_) => run.parts.len(),
            Scope::Whole(_) => 1,
        };
        for at in 0..parts {
            let row = match check.scope {
                Scope::Each(check) => check(&mut run, at)?.map(|row| run.named(at, row)),
                Scope::Whole(check) => check(&mut run)?,
            };
            if let Some(row) = row {
                run.tell(Event::Row(&row));
                rows.push(row);
            }
        }
    }
    run.tell(Event::Step("removes what it started"));
    drop(run);
    drop(stand);
    Ok(Report::new(rows, versions))
}
