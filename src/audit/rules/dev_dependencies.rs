//! Packages for development in the image that runs: more to attack and more to pull.

use crate::audit::input::Image;
use crate::audit::installs::{self, Install, Manager};
use crate::audit::shell::{self, ShellCommand};
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::dockerfile::{Dockerfile, Kind, Stage};

pub static RULE: Rule = Rule {
    id: "dev-dependencies",
    severity: Severity::Error,
    checklist: &["NEVER install dev dependencies in production - Use multi-stage builds to separate concerns"],
    docs: "https://docs.docker.com/build/building/multi-stage/",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    // what runs migrations may need tools of development
    for image in input.images().into_iter().filter(|image| !image.is_for_jobs) {
        if let Some((line, what)) = installed(image.file, image.stage) {
            let message = format!("`{what}` installs packages for development into the image that runs");
            let hint = "leave them out: `npm ci --omit=dev`, `pnpm install --prod`, `uv sync --no-dev`";
            findings.push(RULE.at(image.path, line, message, hint));
        }
        findings.extend(copied(&image));
    }
    findings
}

/// `node_modules`, or the folder that holds it, of a stage with packages for development.
fn copied(image: &Image) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stage in image.file.chain(image.stage) {
        for (line, copy) in stage.copies() {
            let from = copy.flag("from").and_then(|name| image.file.earlier(stage, name));
            let Some(from) = from.filter(|from| installed(image.file, from).is_some()) else { continue };
            let folder = image.file.inherited(from).rev().find_map(|instruction| match &instruction.kind {
                Kind::Workdir(folder) => Some(folder.trim_end_matches('/')),
                _ => None,
            });
            let taken =
                copy.sources.iter().map(|source| source.trim_end_matches(['/', '.', '*']).trim_end_matches('/'));
            let whole = taken.into_iter().any(|source| source.ends_with("/node_modules") || Some(source) == folder);
            if whole {
                let message = "packages for development are copied into the image that runs";
                let hint = "install with `--omit=dev` in a stage of its own, and copy from that one";
                findings.push(RULE.at(image.path, line, message, hint));
            }
        }
    }
    findings
}

/// The first install of a stage that brings packages for development and is not pruned later.
fn installed(file: &Dockerfile, stage: &Stage) -> Option<(u32, String)> {
    let mut production = false;
    let mut found = None;
    for instruction in file.inherited(stage) {
        match &instruction.kind {
            Kind::Env(pairs) => {
                production |=
                    pairs.iter().any(|pair| pair.name == "NODE_ENV" && pair.value.as_deref() == Some("production"));
            }
            Kind::Run(run) => {
                for command in shell::commands(run) {
                    let set = production || command.assignments().any(|pair| pair == ("NODE_ENV", "production"));
                    let install = installs::install(&command);
                    if install.is_some_and(|install| brings_dev(&install, set)) {
                        found = found.or_else(|| Some((command.line, install?.shown())));
                    } else if prunes(&command) {
                        found = None;
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn brings_dev(install: &Install, production: bool) -> bool {
    let arguments = install.arguments;
    let names = |words: &[&str]| arguments.iter().any(|word| words.iter().any(|known| word.starts_with(known)));
    if !install.project {
        return false;
    }
    match install.manager {
        Manager::Npm => {
            let left_out = names(&["--omit=dev", "--production", "--only=prod", "--prod"])
                || arguments.windows(2).any(|pair| pair[0] == "--omit" && pair[1] == "dev");
            !left_out && (!production || names(&["--include=dev"]))
        }
        Manager::Yarn | Manager::Bun => !production && !names(&["--production", "--prod"]),
        Manager::Pnpm => !production && !names(&["--prod", "-P"]),
        Manager::Pip => arguments.iter().any(|word| {
            let file = word.rsplit('/').next().unwrap_or(word).to_ascii_lowercase();
            file.ends_with(".txt") && file.split(['-', '_', '.']).any(|part| ["dev", "test", "tests"].contains(&part))
        }),
        Manager::Poetry => !names(&["--only", "--without", "--no-dev"]),
        Manager::Uv => !names(&["--no-dev", "--no-default-groups"]),
        Manager::Composer => !names(&["--no-dev"]),
        _ => false,
    }
}

fn prunes(command: &ShellCommand) -> bool {
    let (program, arguments) = command.program();
    let pruned = ["npm", "pnpm"].contains(&program) && arguments.first().is_some_and(|word| word == "prune");
    // what was installed may be moved away or removed
    let gone = ["mv", "rm"].contains(&program) && arguments.iter().any(|word| word.contains("node_modules"));
    pruned || gone
}
