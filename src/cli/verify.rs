//! `dockwright verify`: builds and runs the setup and shows one row per check.

use std::path::PathBuf;
use std::time::Duration;

use console::{Term, measure_text_width, pad_str, style};

use dockwright::verify::{Event, Outcome, Report, Request, Row, Trouble, verify};

use super::print::{err, out};
use super::{ExitCode, Failure, Format};

/// Details stand in this column.
const TITLE_WIDTH: usize = 38;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// How long a container may take to become healthy
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub start_limit: u64,
}

pub fn run(args: &Args) -> super::Outcome {
    let interrupted = super::interrupted();
    super::init::say_recovered(dockwright::apply::recover(&args.path)?);
    let request = Request { start_limit: Duration::from_secs(args.start_limit), ..Request::default() };
    let mut progress = Progress { term: Term::stderr(), shown: false };
    let mut tell = |event: Event<'_>| match event {
        Event::Step(what) => progress.step(what),
        Event::Row(row) => {
            progress.clear();
            if args.format == Format::Human {
                out(&row_text(row));
            }
        }
    };
    let outcome = verify(&args.path, &request, &mut tell, &interrupted);
    progress.clear();
    let report = outcome.map_err(failure)?;
    match args.format {
        Format::Human => out(&last_line(&report)),
        Format::Json => out(&format!("{}\n", serde_json::to_string_pretty(&report).unwrap_or_default())),
    }
    Ok(if report.passed() { ExitCode::Done } else { ExitCode::Findings })
}

fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Interrupted => Failure::interrupted(),
        Trouble::CannotRun { kind, mistake } => Failure::new(ExitCode::CouldNotRun, kind, mistake),
    }
}

/// What is going on, on stderr: one line that is drawn over on a terminal, else a line per step.
struct Progress {
    term: Term,
    shown: bool,
}

impl Progress {
    fn step(&mut self, what: &str) {
        self.clear();
        if self.term.is_term() {
            let width = usize::from(self.term.size().1).saturating_sub(8);
            err(&format!(" …    {}", console::truncate_str(what, width, "…")));
            self.shown = true;
        } else {
            err(&format!(" …    {what}\n"));
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = self.term.clear_line();
        }
    }
}

fn row_text(row: &Row) -> String {
    let mark = match row.outcome {
        Outcome::Ok => style(" ok  ").green(),
        Outcome::Failed => style(" FAIL").red().bold(),
        Outcome::Skipped => style(" skip").yellow(),
    };
    let mut text = format!("{mark} {}", row.title);
    if !row.detail.is_empty() {
        let mut lines = row.detail.lines();
        let first = lines.next().unwrap_or_default();
        let fits = measure_text_width(&row.title) <= TITLE_WIDTH && row.outcome != Outcome::Failed;
        text = match fits {
            true => format!("{mark} {} {first}", pad_str(&row.title, TITLE_WIDTH, console::Alignment::Left, None)),
            false if row.outcome != Outcome::Failed => format!("{text}: {first}"),
            false => format!("{text}\n      {first}"),
        };
        for line in lines {
            text += &format!("\n      {line}");
        }
    }
    text.push('\n');
    for line in &row.log {
        text += &format!("      {} {line}\n", style("|").dim());
    }
    if let Some(hint) = &row.hint {
        text += &format!("      {} {hint}\n", style("hint:").cyan());
    }
    text
}

/// `7 of 7 · dockwright 0.1.0 · Docker Engine 28.5`
fn last_line(report: &Report) -> String {
    let counts = report.counts;
    let skipped = if counts.skipped > 0 { format!(", {} skipped", counts.skipped) } else { String::new() };
    let engine: Vec<&str> = report.engine.engine.split('.').take(2).collect();
    let run = counts.ok + counts.failed;
    let versions = format!("dockwright {} · Docker Engine {}", report.dockwright, engine.join("."));
    format!("{} of {run}{skipped} · {versions}\n", counts.ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_and_a_failure_shows_log_and_hint() {
        let plain = |row: Row| console::strip_ansi_codes(&row_text(&row)).into_owned();
        assert_eq!(
            plain(Row::ok("stops", "stops on SIGTERM", "0.2 s")),
            " ok   stops on SIGTERM                       0.2 s\n"
        );
        let row =
            Row::failed("builds", "builds", "the build failed").log(vec!["no space".to_owned()]).hint("make room");
        assert_eq!(plain(row), " FAIL builds\n      the build failed\n      | no space\n      hint: make room\n");
    }
}
