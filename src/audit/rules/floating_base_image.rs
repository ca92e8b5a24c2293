//! An image without a version in its tag is another one tomorrow.

use crate::audit::images::ImageName;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::dockerfile::substitute;

pub static RULE: Rule = Rule {
    id: "floating-base-image",
    severity: Severity::Error,
    checklist: &[
        "NEVER use `:latest` tag - Always use specific version tags for reproducibility",
        "Specific base image tags (no `:latest`)",
    ],
    docs: "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
    development: true,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let hint = "name a version in the tag, such as `node:26-alpine3.24`; distroless: `static-debian13:nonroot`";
    let mut findings = Vec::new();
    for dockerfile in &input.dockerfiles {
        let (path, file) = (&dockerfile.path, &dockerfile.file);
        for stage in &file.stages {
            let mut named = vec![(stage.base.as_str(), stage.line)];
            named.extend(stage.copies().filter_map(|(line, copy)| Some((copy.flag("from")?, line))));
            for (line, run) in stage.runs() {
                named.extend(run.mounts().filter_map(|mount| Some((*mount.get("from")?, line))));
            }
            for (name, line) in named.into_iter().filter(|(name, _)| file.earlier(stage, name).is_none()) {
                findings.extend(wrong(name).map(|what| RULE.at(path, line, what, hint)));
            }
        }
    }
    // an image that is built here is named by its stage, also where a second service runs it
    let built: Vec<&str> = input
        .all_services()
        .filter(|(_, service)| service.build().is_some())
        .filter_map(|(_, service)| Some(service.image()?.0))
        .collect();
    for (compose, service) in input.all_services().filter(|(_, service)| service.build().is_none()) {
        let Some((name, line)) = service.image().filter(|(name, _)| !built.contains(name)) else { continue };
        // `${TAG:-latest}` is what it is where nobody sets TAG
        let name = if name.contains(":-") { substitute(name, &|_| None) } else { name.to_owned() };
        findings.extend(wrong(&name).map(|what| RULE.at(&compose.path, line, what, hint)));
    }
    findings
}

fn wrong(name: &str) -> Option<String> {
    let image = ImageName::parse(name).filter(|image| image.digest.is_none() && image.repository != "scratch")?;
    let named = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    match image.tag {
        None => Some(format!("`{name}` has no tag, which means `latest`")),
        // the version of a distroless image is in its name
        Some(tag) if image.is_distroless() && named(image.short()) && tag != "latest" => None,
        Some(tag) if image.is_distroless() && tag.contains("nonroot") => None,
        Some(tag) if tag.split('-').any(|word| word == "latest") => {
            Some(format!("`{name}` is another image every time"))
        }
        Some(tag) if !named(tag) => Some(format!("the tag of `{name}` names no version")),
        Some(_) => None,
    }
}
