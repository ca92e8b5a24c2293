//! An image past its last day gets no more fixes.

use crate::audit::images::ImageName;
use crate::audit::{Finding, Input, Rule, Severity, Supported};

pub static RULE: Rule = Rule {
    id: "end-of-life-base",
    severity: Severity::Warning,
    checklist: &[],
    docs: "https://endoflife.date/",
    development: true,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dockerfile in &input.dockerfiles {
        for stage in &dockerfile.file.stages {
            if dockerfile.file.earlier(stage, &stage.base).is_none() {
                findings.extend(
                    ended(input, &stage.base)
                        .map(|(message, hint)| RULE.at(&dockerfile.path, stage.line, message, &hint)),
                );
            }
        }
    }
    for (compose, service) in input.all_services().filter(|(_, service)| service.build().is_none()) {
        let image = service.image();
        let told = image.and_then(|(name, line)| Some((ended(input, name)?, line)));
        findings.extend(told.map(|((message, hint), line)| RULE.at(&compose.path, line, message, &hint)));
    }
    findings
}

/// What to say of an image that is no longer supported, and what to take.
fn ended(input: &Input, name: &str) -> Option<(String, String)> {
    let tree = input.tree;
    let image = ImageName::parse(name)?;
    // distroless has the version in its name: nodejs20-debian12
    let (short, version) = match image.short().strip_prefix("nodejs") {
        Some(rest) if image.is_distroless() => ("node", rest),
        _ => (image.short(), image.tag?),
    };
    let number = leading(version)?;
    let known: Vec<&Supported> = tree.supported.iter().filter(|supported| supported.image == short).collect();
    let newest = known
        .iter()
        .filter(|supported| supported.end_of_life > tree.as_of)
        .max_by_key(|supported| leading(&supported.version))?;
    let hint = format!("take `{short}:{}`", newest.version);
    if let Some(own) =
        known.iter().find(|supported| leading(&supported.version).is_some_and(|known| same(&number, &known)))
    {
        let over = own.end_of_life < tree.as_of;
        return over.then(|| (format!("{} {} had its last day on {}", own.name, own.version, own.end_of_life), hint));
    }
    let oldest = known
        .iter()
        .filter(|supported| supported.complete)
        .filter_map(|supported| leading(&supported.version))
        .min()?;
    // `golang:1` is the newest of its kind
    let open = known.iter().filter_map(|supported| leading(&supported.version)).any(|known| same(&known, &number));
    (number < oldest && !open).then(|| (format!("`{name}` is older than every supported version"), hint))
}

/// The numbers at the beginning: `1.27.4-alpine` is 1, 27, 4.
fn leading(version: &str) -> Option<Vec<u32>> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a version is a release of a known one.
fn same(version: &[u32], known: &[u32]) -> bool {
    version.starts_with(known)
}
