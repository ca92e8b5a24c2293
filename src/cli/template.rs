//! `dockwright template`: the catalog with its presets.

use super::{Failure, Format, Outcome};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to print the result
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
}

pub fn run(_args: &Args) -> Outcome {
    Err(Failure::not_yet("template"))
}
