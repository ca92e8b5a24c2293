//! `docker-compose` is gone since 2023; compose is a plugin.

use crate::audit::shell;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "compose-v1",
    severity: Severity::Error,
    checklist: &["NEVER use `docker-compose` (v1) - Use `docker compose` (v2) with plugin syntax"],
    docs: "https://docs.docker.com/compose/releases/migrate/",
    development: true,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for compose in &input.composes {
        if let Some(entry) = compose.file.root.entry("version") {
            let message = "`version` belongs to compose 1 and is ignored";
            findings.push(RULE.at(&compose.path, entry.line, message, "remove the line").graded(Severity::Warning));
        }
    }
    for dockerfile in &input.dockerfiles {
        for (_, run) in dockerfile.file.stages.iter().flat_map(|stage| stage.runs()) {
            let commands = shell::commands(run);
            for command in commands.iter().filter(|command| command.program().0 == "docker-compose") {
                let message = "`docker-compose` is compose 1";
                findings.push(RULE.at(&dockerfile.path, command.line, message, "write `docker compose`"));
            }
        }
    }
    findings
}
