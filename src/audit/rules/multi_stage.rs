//! An image that is built and run in one stage keeps compilers and sources.

use crate::audit::input::stage_commands;
use crate::audit::shell::ShellCommand;
use crate::audit::{Finding, Input, Rule, Severity};

pub static RULE: Rule = Rule {
    id: "multi-stage",
    severity: Severity::Warning,
    checklist: &["Multi-stage build separates build/runtime"],
    docs: "https://docs.docker.com/build/building/multi-stage/",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    // a job may need what the build wrote beside the packages of development
    for image in input.images().into_iter().filter(|image| !image.is_for_jobs) {
        if let Some(build) = stage_commands(image.file, image.stage).iter().find(|command| builds(command)) {
            let message = format!("the stage that runs is also built in: `{}`", build.words.join(" "));
            let hint = "build in an earlier stage and `COPY --from=` it what the app needs";
            findings.push(RULE.at(image.path, build.line, message, hint));
        }
    }
    findings
}

/// Commands that turn sources into a program.
fn builds(command: &ShellCommand) -> bool {
    let (program, arguments) = command.program();
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match (program, words.as_slice()) {
        ("npm" | "pnpm" | "bun", ["run" | "run-script", script, ..]) => script.starts_with("build"),
        ("yarn", ["run", script, ..]) | ("yarn" | "pnpm", [script, ..]) => script.starts_with("build"),
        ("npx", ["tsc", ..]) | ("next" | "vite", ["build", ..]) | ("tsc", _) => true,
        ("go" | "cargo", ["build" | "install", ..]) | ("dotnet", ["publish" | "build", ..]) => true,
        ("mvn" | "mvnw", words) => words.iter().any(|word| ["package", "install", "verify"].contains(word)),
        ("gradle" | "gradlew", words) => {
            words.iter().any(|word| word.to_ascii_lowercase().ends_with("jar") || *word == "build")
        }
        ("make", ["build" | "all", ..]) => true,
        _ => false,
    }
}
