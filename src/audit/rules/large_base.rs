//! A full image brings compilers and hundreds of packages that the app never calls.

use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "large-base",
    severity: Severity::Warning,
    checklist: &["Minimal base image (Alpine/distroless)"],
    docs: "https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image",
    development: false,
    check,
};

/// Compilers: large in every variant.
const TOOLCHAINS: &[&str] =
    &["golang", "rust", "gcc", "maven", "gradle", "buildpack-deps", "sdk", "haskell", "swift", "sbt", "clojure"];
/// Full unless the tag says otherwise.
const FULL: &[&str] =
    &["node", "python", "ruby", "php", "perl", "openjdk", "eclipse-temurin", "debian", "pypy", "erlang", "elixir"];
const SMALL: &[&str] = &["alpine", "slim", "jre", "chiseled"];

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for image in input.images() {
        let Some(base) = image.base() else { continue };
        let shown = image.file.image(image.stage);
        let small = base.tag_words().any(|word| SMALL.iter().any(|small| word.starts_with(small)));
        let (message, hint) = if TOOLCHAINS.contains(&base.short()) {
            (
                format!("the app runs on a toolchain: `{shown}`"),
                "copy what was built into a small image, such as distroless",
            )
        } else if FULL.contains(&base.short()) && !small && !base.is_distroless() && base.tag.is_some() {
            (format!("the app runs on a full image: `{shown}`"), "use its `-alpine` or `-slim` variant, or distroless")
        } else {
            continue;
        };
        findings.push(RULE.at(image.path, image.base_line(), message, hint));
    }
    findings
}
