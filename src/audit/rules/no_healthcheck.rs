//! Without a health check a hung server counts as running.

use crate::audit::images::ImageName;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::compose::Health;
use crate::setup::dockerfile::Kind;

pub static RULE: Rule = Rule {
    id: "no-healthcheck",
    severity: Severity::Warning,
    checklist: &["Health check configured"],
    docs: "https://docs.docker.com/reference/dockerfile/#healthcheck",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for image in input.images() {
        let exposed = image.instructions().any(|instruction| matches!(instruction.kind, Kind::Expose(_)));
        let listens = exposed || image.services.iter().any(|service| service.published().is_some());
        let checked = |health: Health| match health {
            Health::Inherited => image.file.healthcheck(image.stage).is_some(),
            Health::Checked => true,
            // told below, where it was switched off
            Health::Off => true,
        };
        let by_itself = image.services.is_empty() && image.file.healthcheck(image.stage).is_some();
        let by_all = !image.services.is_empty() && image.services.iter().all(|service| checked(service.health()));
        if listens && !by_itself && !by_all {
            let hint = "add HEALTHCHECK to the stage, or `healthcheck:` to its service";
            findings.push(RULE.at(image.path, image.stage.line, "the image has no health check", hint));
        }
    }
    for (compose, service) in input.services().filter(|(compose, service)| !compose.file.is_job(service)) {
        let backing = service.image().and_then(|(name, _)| ImageName::parse(name)).filter(ImageName::is_backing);
        match (service.health(), backing) {
            (Health::Off, _) => {
                let line = service.body.entry("healthcheck").map(|entry| entry.line);
                let message = format!("the health check of service `{}` is switched off", service.name);
                findings.push(RULE.at(&compose.path, line, message, "give it one that works"));
            }
            (Health::Inherited, Some(image)) if service.build().is_none() => {
                let message =
                    format!("service `{}` has no health check, and `{}` brings none", service.name, image.short());
                let hint = "add `healthcheck:` with a command that asks it, such as `pg_isready`";
                findings.push(RULE.at(&compose.path, service.line, message, hint));
            }
            _ => {}
        }
    }
    findings
}
