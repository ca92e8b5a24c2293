//! A database needs no way to the internet and none from it.

use super::is_backing;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "open-backend",
    severity: Severity::Warning,
    checklist: &["Internal networks for backend services"],
    docs: "https://docs.docker.com/reference/compose-file/networks/#internal",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (compose, service) in input.services().filter(|(_, service)| is_backing(service)) {
        if let Some(line) = service.published() {
            let message = format!("service `{}` is reachable from outside", service.name);
            let hint = "publish its port in compose.override.yaml only, for development";
            findings.push(RULE.at(&compose.path, line, message, hint));
            continue;
        }
        let open = service
            .networks()
            .into_iter()
            .find(|name| compose.file.network(name).is_none_or(|network| !network.internal && !network.external));
        if let Some(network) = open {
            let message = format!("service `{}` is on network `{network}`, which is not internal", service.name);
            let hint = "put it on a network with `internal: true` that only its clients join too";
            let line = service.body.entry("networks").map_or(service.line, |entry| entry.line);
            findings.push(RULE.at(&compose.path, line, message, hint));
        }
    }
    findings
}
