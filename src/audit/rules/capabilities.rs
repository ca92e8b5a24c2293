//! Rights of root that a container keeps, and ways to gain some.

use super::is_backing;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "capabilities",
    severity: Severity::Warning,
    checklist: &["Capabilities dropped at runtime"],
    docs: "https://docs.docker.com/engine/security/#linux-kernel-capabilities",
    development: false,
    check,
};

/// Capabilities that are as good as root on the host.
const DANGEROUS: &[&str] = &[
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "NET_ADMIN",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (compose, service) in input.services() {
        let (path, name) = (&compose.path, &service.name);
        let plain = |text: &str| text.to_ascii_uppercase().trim_start_matches("CAP_").to_owned();
        if service.is_true("privileged") {
            let line = service.body.entry("privileged").map(|entry| entry.line);
            let message = format!("service `{name}` is privileged: root on the host");
            findings.push(
                RULE.at(path, line, message, "remove it, and add the one capability it needs").graded(Severity::Error),
            );
        }
        for (added, line) in
            service.list("cap_add").into_iter().filter(|(added, _)| DANGEROUS.contains(&plain(added).as_str()))
        {
            let message = format!("service `{name}` gets {added}, which is as good as root on the host");
            findings.push(RULE.at(path, line, message, "remove it, or add one that allows less"));
        }
        if !service.list("cap_drop").iter().any(|(dropped, _)| plain(dropped) == "ALL") {
            let message = format!("service `{name}` keeps the capabilities of root");
            let hint = "add `cap_drop: [ALL]`, and `cap_add` for what it cannot do without";
            let finding = RULE.at(path, service.line, message, hint);
            findings.push(if is_backing(service) { finding.graded(Severity::Note) } else { finding });
        }
        let sealed = |(option, _): &(&str, u32)| option.starts_with("no-new-privileges") && !option.ends_with("false");
        if !service.list("security_opt").iter().any(sealed) {
            let message = format!("service `{name}` may gain rights by setuid programs");
            findings.push(RULE.at(path, service.line, message, "add `security_opt: [no-new-privileges:true]`"));
        }
    }
    findings
}
