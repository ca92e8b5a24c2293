//! `dockwright detect`: facts with their evidence.

use std::path::PathBuf;

use super::{Failure, Format, Outcome};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub fn run(_args: &Args) -> Outcome {
    Err(Failure::not_yet("detect"))
}
