//! `dockwright secrets`: makes what compose.yaml names and is missing, keeps the rest.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dockwright::apply::secrets::{State, create};
use dockwright::apply::{DotEnv, dotenv, read_receipt, recover};
use dockwright::paths::RelPath;
use dockwright::project::{Mistake, Project};
use dockwright::setup::{SecretFile, SecretValue};
use serde_json::json;

use super::init::say_recovered;
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
    let files = named(&project)?;
    if files.is_empty() {
        let mistake = Mistake::new("no compose file here names a secret below `secrets/`");
        return Err(mistake.hint("`dockwright init` writes one").into());
    }
    let imported = if args.import_env { read_env(&project) } else { DotEnv::default() };
    let states = create(&files, project.root(), &imported)?;
    if args.format == Format::Json {
        out(&format!("{}\n", json!({"version": 1, "secrets": states})));
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
    let made = states.iter().filter(|state| state.state != State::Keep).count();
    err(&format!("made {made}, kept {}\n", states.len() - made));
    Ok(ExitCode::Done)
}

/// The project's `.env`, as far as it can be read.
pub fn read_env(project: &Project) -> DotEnv {
    let source = RelPath::new(".env").ok().and_then(|path| project.read(&path));
    source.map(|source| dotenv(source.text())).unwrap_or_default()
}

/// The secrets that compose files name. The receipt knows how each is made; of others a password
/// is made up and the rest stays empty.
fn named(project: &Project) -> Result<Vec<SecretFile>, Mistake> {
    let mut files = read_receipt(project)?.map(|receipt| receipt.secret_files()).unwrap_or_default();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for file in ["compose.yaml", "compose.override.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"] {
        let Some(source) = RelPath::new(file).ok().and_then(|path| project.read(&path)) else { continue };
        for (_, line) in source.lines().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            for (at, mark) in line.match_indices("./secrets/") {
                let name: String = line[at + mark.len()..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
                    .collect();
                if !name.is_empty() {
                    names.insert(name);
                }
            }
        }
    }
    files.retain(|file| names.contains(&file.name));
    for name in names {
        if !files.iter().any(|file| file.name == name) {
            let value = if name.ends_with("password") { SecretValue::Random } else { SecretValue::Empty };
            files.push(SecretFile { name, value, read_by: Vec::new(), holds: String::new() });
        }
    }
    Ok(files)
}
