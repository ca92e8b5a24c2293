//! Packages installed behind the sources are installed anew with every change of one.

use crate::audit::installs::{self, Manager};
use crate::audit::shell;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::dockerfile::{Copy, Kind};

pub static RULE: Rule = Rule {
    id: "dependencies-before-source",
    severity: Severity::Warning,
    checklist: &["Dependencies copied before source (layer caching)"],
    docs: "https://docs.docker.com/build/cache/optimize/#order-your-layers",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dockerfile in &input.dockerfiles {
        for stage in &dockerfile.file.stages {
            let mut sources = None;
            let mut installed = false;
            for instruction in dockerfile.file.inherited(stage) {
                match &instruction.kind {
                    Kind::Copy(copy) | Kind::Add(copy) if copy.flag("from").is_none() && takes_all(copy) => {
                        sources = sources.or(Some(instruction.line));
                    }
                    Kind::Run(run) => {
                        for command in shell::commands(run) {
                            let Some(install) = installs::install(&command).filter(|install| install.project) else {
                                continue;
                            };
                            if let (Some(copied), false) = (sources, installed) {
                                let message = format!(
                                    "`{}` comes after all sources were copied on line {copied}",
                                    install.shown()
                                );
                                findings.push(RULE.at(&dockerfile.path, command.line, message, hint(install.manager)));
                            }
                            installed = true;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    findings.sort_by_key(|finding| finding.line);
    findings.dedup();
    findings
}

fn takes_all(copy: &Copy) -> bool {
    copy.sources.iter().any(|source| [".", "./", "/", "*", "./*"].contains(&source.as_str()))
}

fn hint(manager: Manager) -> &'static str {
    match manager {
        Manager::Npm => "copy package.json and package-lock.json first, install, then copy the rest",
        Manager::Yarn => "copy package.json and yarn.lock first, install, then copy the rest",
        Manager::Pnpm => "copy package.json and pnpm-lock.yaml first, install, then copy the rest",
        Manager::Go => "copy go.mod and go.sum first, download, then copy the rest",
        _ => "copy the manifest and the lockfile first, install, then copy the rest",
    }
}
