//! Without a policy a service that fell stays down, and so does every one after a reboot.

use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "no-restart",
    severity: Severity::Warning,
    checklist: &["Restart policy configured"],
    docs: "https://docs.docker.com/reference/compose-file/services/#restart",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (compose, service) in input.services().filter(|(_, service)| service.restart().is_none()) {
        // a job ends, and that is right
        if !compose.file.is_job(service) {
            let message = format!("service `{}` has no restart policy", service.name);
            let hint = "add `restart: unless-stopped`; `restart: \"no\"` for a job";
            findings.push(RULE.at(&compose.path, service.line, message, hint));
        }
    }
    findings
}
