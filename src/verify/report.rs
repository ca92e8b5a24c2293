//! What `verify` hands back: a row per check, or why nothing could be checked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::project::Mistake;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    Failed,
    /// Not run, because of an earlier failure or because there was nothing to look at.
    Skipped,
}

/// One check of one component, or of the whole setup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The check: `builds`, `starts` … as listed in [`super::checks::CHECKS`].
    pub id: &'static str,
    pub outcome: Outcome,
    /// The component's service name; none where the whole setup was checked.
    pub component: Option<String>,
    /// What was checked: `stops on SIGTERM`.
    pub title: String,
    /// What was seen: `0.2 s`. Several lines where several things are wrong.
    pub detail: String,
    /// The last lines that the container or the build wrote, where they explain a failure.
    pub log: Vec<String>,
    /// What to try, where it failed.
    pub hint: Option<String>,
}

impl Row {
    fn new(id: &'static str, outcome: Outcome, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Row { id, outcome, component: None, title: title.into(), detail: detail.into(), log: Vec::new(), hint: None }
    }

    pub fn ok(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Row::new(id, Outcome::Ok, title, detail)
    }

    pub fn failed(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Row::new(id, Outcome::Failed, title, detail)
    }

    pub fn skipped(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Row::new(id, Outcome::Skipped, title, detail)
    }

    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    pub fn log(mut self, lines: Vec<String>) -> Self {
        self.log = lines;
        self
    }
}

/// All rows, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Of this object's shape: 1.
    pub version: u32,
    pub rows: Vec<Row>,
    pub counts: Counts,
    pub dockwright: &'static str,
    pub engine: Versions,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    pub ok: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// What the rows were seen on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Versions {
    /// Docker Engine: `28.5.2`.
    pub engine: String,
    /// None where no compose file was there to need it.
    pub compose: Option<String>,
    /// `linux/amd64`
    pub platform: String,
}

impl Report {
    pub fn new(rows: Vec<Row>, engine: Versions) -> Self {
        let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
        let counts =
            Counts { ok: count(Outcome::Ok), failed: count(Outcome::Failed), skipped: count(Outcome::Skipped) };
        Report { version: 1, rows, counts, dockwright: env!("CARGO_PKG_VERSION"), engine }
    }

    /// Whether every check that was run passed.
    pub fn passed(&self) -> bool {
        self.counts.failed == 0
    }
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The flag was set. What had been started is removed.
    #[error("interrupted")]
    Interrupted,
    /// No engine, one that is too old, no setup, a setup that compose refuses.
    #[error("{mistake}")]
    CannotRun {
        /// For programs: `no-engine`, `old-engine`, `no-setup`, `missing-secrets`, `compose`, `pull`.
        kind: &'static str,
        mistake: Mistake,
    },
}

impl Trouble {
    pub fn new(kind: &'static str, mistake: Mistake) -> Self {
        Trouble::CannotRun { kind, mistake }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_its_rows_by_outcome() {
        let rows = vec![Row::ok("builds", "builds", ""), Row::failed("stops", "stops", ""), Row::skipped("x", "x", "")];
        let report = Report::new(rows, Versions::default());
        assert_eq!(report.counts, Counts { ok: 1, failed: 1, skipped: 1 });
        assert!(!report.passed());
    }
}
