//! The command line: the only code that parses arguments, asks, colours or prints. A file per
//! command, each a form and a hand-over to the library; what it means is decided there.

mod audit;
mod author;
mod decide;
mod detect;
mod exit;
mod failure;
mod init;
mod json;
mod preview;
mod print;
mod questions;
mod secrets;
mod shelf;
mod show;
mod template;
mod verify;
mod wizard;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Parser, Subcommand, ValueEnum};

pub use exit::ExitCode;
pub use failure::Failure;

/// Hardened container setups for existing projects, proven on your own engine
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give a project its container files
    Init(init::Args),
    /// Show what was found in a project, and where
    Detect(detect::Args),
    /// Build and run the setup on your engine, hardened, and prove it
    Verify(verify::Args),
    /// Check container files against the review checklist
    Audit(audit::Args),
    /// Create the secrets that compose.yaml names and that are missing
    Secrets(secrets::Args),
    /// List and show templates
    Template(template::Args),
}

/// How a command prints its result on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON object
    Json,
}

/// What a command ends with; the failure is printed by [`main`], in one place.
pub type Outcome = Result<ExitCode, Failure>;

/// Reads the arguments, runs the command and prints its failure, if there is one.
pub fn main() -> ExitCode {
    // clap prints its own errors with exit code 2, as CouldNotRun
    let cli = Cli::parse();
    let (format, outcome) = match cli.command {
        Command::Init(args) => (args.format, init::run(&args)),
        Command::Detect(args) => (args.format, detect::run(&args)),
        Command::Verify(args) => (args.format, verify::run(&args)),
        Command::Audit(args) => (args.format, audit::run(&args)),
        Command::Secrets(args) => (args.format, secrets::run(&args)),
        Command::Template(args) => (args.format, template::run(&args)),
    };
    outcome.unwrap_or_else(|failure| {
        failure.print(format);
        failure.exit
    })
}

/// A flag that Ctrl-C and SIGTERM set from now on, instead of ending the process. The second
/// signal ends it at once.
fn interrupted() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // the order matters: the first signal finds the flag unset, the second set
        let code = ExitCode::Interrupted as i32;
        let _ = signal_hook::flag::register_conditional_shutdown(signal, code, flag.clone());
        let _ = signal_hook::flag::register(signal, flag.clone());
    }
    flag
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
