//! `docker inspect` and crash reports show the environment, and a compose file is in git.

use crate::audit::secrets::{is_secret_setting, password_in_address, secret_value};
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "secret-in-environment",
    severity: Severity::Error,
    checklist: &[
        "Secrets via files, not environment",
        "NEVER store secrets in images - Use Docker secrets, env vars at runtime, or secret managers",
    ],
    docs: "https://docs.docker.com/compose/how-tos/use-secrets/",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let hint = "put it into a file below secrets/, list it in `secrets:` and set the name with _FILE";
    let mut findings = Vec::new();
    for (compose, service) in input.all_services() {
        for variable in service.environment() {
            let value = variable.value.unwrap_or_default();
            let named = is_secret_setting(variable.name);
            let name = variable.name;
            let finding = |message: String| RULE.at(&compose.path, variable.line, message, hint);
            if secret_value(value).is_some() || password_in_address(value) {
                findings.push(finding(format!("the value of `{name}` is a secret, in plain text")));
            } else if !named || is_switch(value) || value.starts_with("/run/secrets/") {
                continue;
            } else if value.contains("${") || value.starts_with('$') || variable.value.is_none() {
                let default =
                    value.split_once(":-").is_some_and(|(_, default)| default.trim_end_matches('}').len() > 1);
                match default {
                    true => findings.push(finding(format!("the default of `{name}` is a secret, in plain text"))),
                    false => {
                        let message = format!("`{name}` comes by the environment, which is no place for secrets");
                        findings.push(finding(message).graded(Severity::Warning));
                    }
                }
            } else if !value.is_empty() {
                findings.push(finding(format!("the value of `{name}` is a secret, in plain text")));
            }
        }
    }
    findings
}

/// `ALLOW_EMPTY_PASSWORD: "yes"` is about a password, it holds none.
fn is_switch(value: &str) -> bool {
    ["yes", "no", "true", "false", "on", "off", "0", "1"].contains(&value.to_ascii_lowercase().as_str())
}
