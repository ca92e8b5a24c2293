//! `dockwright audit`: findings over any setup.

use std::path::PathBuf;

use dockwright::audit::{Severity, Tree, audit};
use dockwright::presets::Presets;
use dockwright::project::{Mistake, Project};
use dockwright::setup::Setup;
use serde_json::json;

use super::print::{err, out};
use super::{ExitCode, Format, Outcome, show};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// A note alone leaves the exit code at 0.
pub fn run(args: &Args) -> Outcome {
    super::init::say_recovered(dockwright::apply::recover(&args.path)?);
    let project = Project::open(&args.path)?;
    let setup = Setup::read(&project)?;
    if setup.files.is_empty() {
        return Err(Mistake::new(format!("no container file was found in `{}`", args.path.display()))
            .detail("no Dockerfile, no compose file, no .dockerignore")
            .hint("`dockwright init` writes them")
            .into());
    }
    let findings = audit(&setup, &Tree::new(&project, Presets::built_in()));
    let loud = findings.iter().filter(|finding| finding.severity > Severity::Note).count();
    match args.format {
        Format::Json => {
            let files: Vec<_> = setup.files.keys().collect();
            out(&format!("{}\n", json!({"version": 1, "files": files, "findings": findings})));
        }
        Format::Human => {
            out(&show::findings(&findings));
            let files = setup.files.len();
            err(&format!("{loud} findings and {} notes in {files} files\n", findings.len() - loud));
        }
    }
    Ok(if loud == 0 { ExitCode::Done } else { ExitCode::Findings })
}
