//! One service without a limit can take the memory of all.

use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "no-limits",
    severity: Severity::Warning,
    checklist: &["Resource limits defined"],
    docs: "https://docs.docker.com/reference/compose-file/deploy/#resources",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let open = input.services().filter(|(_, service)| service.memory_limit().is_none());
    let findings = open.map(|(compose, service)| {
        let message = format!("service `{}` has no memory limit", service.name);
        let hint = "add `deploy: {resources: {limits: {memory: 512M}}}`";
        RULE.at(&compose.path, service.line, message, hint)
    });
    findings.collect()
}
