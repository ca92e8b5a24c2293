//! Who breaks in can change nothing where nothing can be written.

use super::is_backing;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "writable-root",
    severity: Severity::Warning,
    checklist: &["Read-only filesystem where possible"],
    docs: "https://docs.docker.com/reference/compose-file/services/#read_only",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let open = input.services().filter(|(_, service)| !service.is_true("read_only"));
    let findings = open.map(|(compose, service)| {
        let message = format!("service `{}` can write everywhere in its container", service.name);
        let hint = "add `read_only: true`, and `tmpfs: [/tmp]` where it needs a scratch folder";
        let finding = RULE.at(&compose.path, service.line, message, hint);
        // databases of other people's images often need more than a tmpfs
        if is_backing(service) { finding.graded(Severity::Note) } else { finding }
    });
    findings.collect()
}
