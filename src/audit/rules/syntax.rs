//! What the engine would refuse.

use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "syntax",
    severity: Severity::Error,
    checklist: &[],
    docs: "https://docs.docker.com/reference/dockerfile/",
    development: true,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let dockerfiles = input.dockerfiles.iter().map(|file| (&file.path, &file.file.errors));
    let composes = input.composes.iter().map(|file| (&file.path, &file.file.errors));
    let errors = dockerfiles.chain(composes).flat_map(|(path, errors)| errors.iter().map(move |error| (path, error)));
    errors
        .map(|(path, error)| RULE.at(path, error.line, error.what.clone(), "the engine refuses the file as it is"))
        .collect()
}
