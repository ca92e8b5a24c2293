//! `dockwright secrets`: makes what compose.yaml names and is missing, keeps the rest.

use std::path::PathBuf;

use dockwright::apply::secrets::{State, create, not_taken};
use dockwright::apply::{DotEnv, dotenv, named_secrets, read_receipt, recover};
use dockwright::paths::RelPath;
use dockwright::presets::Presets;
use dockwright::project::{Mistake, Project};
use serde_json::json;

use super::init::say_recovered;
use super::json::Secrets;
use super::print::{err, out};
use super::{ExitCode, Format, Outcome};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Take first values from `.env`
    #[arg(long)]
    pub import_env: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub fn run(args: &Args) -> Outcome {
    say_recovered(recover(&args.path)?);
    let project = Project::open(&args.path)?;
    let receipt = read_receipt(&project)?;
    let Some(files) = named_secrets(&project, receipt.as_ref(), Presets::built_in())? else {
        let mistake = Mistake::new(format!("there is no compose file in `{}`", args.path.display()));
        return Err(mistake.hint("`dockwright init` writes one").into());
    };
    let written = receipt.iter().flat_map(|receipt| receipt.files.keys()).filter_map(|path| RelPath::new(path).ok());
    let components: Vec<RelPath> =
        written.filter(|path| path.file_name() == "Dockerfile").filter_map(|path| path.parent()).collect();
    let imported = if args.import_env { read_env(&project, &components) } else { DotEnv::default() };
    let states = create(&files, project.root(), &imported)?;
    if args.format == Format::Json {
        out(&format!("{}\n", json!(Secrets { version: 1, secrets: states })));
        return Ok(ExitCode::Done);
    }
    for state in &states {
        let word = match state.state {
            State::Create => "create",
            State::Fill => "fill",
            State::Keep => "keep",
        };
        let note = match (state.empty, state.disagrees) {
            (true, _) => "empty: put the value there",
            (_, true) => "does not agree with the password it was made of",
            _ => "",
        };
        out(format!("  {word:<10} secrets/{:<24} {note}", state.name).trim_end());
        out("\n");
    }
    if states.is_empty() {
        err("the compose files here name no secret below secrets/\n");
        return Ok(ExitCode::Done);
    }
    for sentence in not_taken(&files, &imported) {
        err(&format!("{sentence}\n"));
    }
    let made = states.iter().filter(|state| state.state != State::Keep).count();
    err(&format!("made {made}, kept {}\n", states.len() - made));
    Ok(ExitCode::Done)
}

/// The `.env` of the project and of its components, as far as they can be read.
pub fn read_env(project: &Project, components: &[RelPath]) -> DotEnv {
    let mut folders = vec![RelPath::root()];
    folders.extend(components.iter().filter(|path| !path.is_root()).cloned());
    let files = folders.iter().filter_map(|folder| project.read(&folder.join(".env").ok()?));
    files.fold(DotEnv::default(), |all, source| all.join(dotenv(source.text())))
}
