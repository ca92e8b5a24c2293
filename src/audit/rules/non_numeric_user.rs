//! A user's name says nothing to Kubernetes and to volumes: they know numbers.

use super::root_user::user;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "non-numeric-user",
    severity: Severity::Warning,
    checklist: &["Non-root user with specific UID/GID"],
    docs: "https://docs.docker.com/reference/dockerfile/#user",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for image in input.images() {
        let Some((user, line)) = user(&image) else { continue };
        let name = user.split(':').next().unwrap_or_default();
        if !user.is_empty() && name != "root" && user.split(':').any(|part| part.parse::<u32>().is_err()) {
            let message = format!("USER `{user}` is a name, not a number");
            let hint = "write user and group by numbers, such as `USER 1001:1001`";
            findings.push(RULE.at(image.path, line, message, hint));
        }
    }
    findings
}
