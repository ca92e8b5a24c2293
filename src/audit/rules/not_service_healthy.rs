//! A service that starts before its database answers fails, or worse, half works.

use super::is_backing;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::compose::Health;

pub static RULE: Rule = Rule {
    id: "not-service-healthy",
    severity: Severity::Warning,
    checklist: &["Health checks with `condition: service_healthy`"],
    docs: "https://docs.docker.com/compose/how-tos/startup-order/",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let images = input.images();
    let mut findings = Vec::new();
    for (compose, service) in input.services() {
        for dependency in service.dependencies() {
            let Some(other) = compose.file.service(dependency.service) else { continue };
            let in_image = images.iter().any(|image| {
                image.services.iter().any(|known| std::ptr::eq(*known, other))
                    && image.file.healthcheck(image.stage).is_some()
            });
            let checked = other.health() == Health::Checked || (other.health() == Health::Inherited && in_image);
            let (one, two) = (&service.name, dependency.service);
            match dependency.condition {
                None | Some("service_started") if checked => {
                    let message = format!("`{one}` does not wait until `{two}` is healthy");
                    let hint = format!("write `{two}: {{condition: service_healthy}}`");
                    findings.push(RULE.at(&compose.path, dependency.line, message, &hint));
                }
                // official images of databases bring no health check
                Some("service_healthy") if !checked && (other.health() == Health::Off || is_backing(other)) => {
                    let message = format!("`{one}` waits for the health of `{two}`, which has no health check");
                    let hint = format!("add `healthcheck:` to `{two}`");
                    findings.push(RULE.at(&compose.path, dependency.line, message, &hint).graded(Severity::Error));
                }
                _ => {}
            }
        }
    }
    findings
}
