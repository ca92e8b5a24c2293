//! A container that runs as root is one bug away from the host.

use crate::audit::images::ImageName;
use crate::audit::input::Image;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::dockerfile::{Kind, substitute};

pub static RULE: Rule = Rule {
    id: "root-user",
    severity: Severity::Error,
    checklist: &[
        "NEVER run as root - Create and use non-root users with specific UID/GID",
        "Non-root user with specific UID/GID",
        "Runs as non-root user",
    ],
    docs: "https://docs.docker.com/build/building/best-practices/#user",
    development: true,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let hint = "set a user by numbers at the end of the stage, such as `USER 1001:1001`";
    let mut findings = Vec::new();
    for image in input.images() {
        let named = |service: &&crate::setup::compose::Service| {
            service.text("user").is_some_and(|(user, _)| !user.is_empty() && !is_root(user))
        };
        if !image.services.is_empty() && image.services.iter().all(named) {
            continue;
        }
        match user(&image) {
            // the engine takes an empty name for root
            Some((user, line)) if user.split(':').next().unwrap_or_default().trim().is_empty() => {
                let message = "USER names a variable without a value, so the app runs as root";
                findings.push(RULE.at(image.path, line, message, hint));
            }
            Some((user, line)) if is_root(&user) => {
                findings.push(RULE.at(image.path, line, format!("the app runs as `{user}`"), hint));
            }
            Some(_) => {}
            None if image.base().is_none_or(|base| base.is_nonroot()) || drops(&image) => {}
            None => {
                let message = "no USER is set, so the app runs as root";
                findings.push(RULE.at(image.path, image.stage.line, message, hint));
            }
        }
    }
    for (compose, service) in input.all_services() {
        if let Some((user, line)) = service.text("user").filter(|(user, _)| is_root(user)) {
            let message = format!("service `{}` runs as `{user}`", service.name);
            findings.push(RULE.at(
                &compose.path,
                line,
                message,
                "give it a user by numbers, such as `user: \"1001:1001\"`",
            ));
        }
    }
    findings
}

/// The user with ARG and ENV filled in.
pub fn user(image: &Image) -> Option<(String, u32)> {
    let (user, line) = image.file.user(image.stage)?;
    let environment = image.file.environment(image.stage);
    let arguments: Vec<_> = image
        .instructions()
        .filter_map(|instruction| match &instruction.kind {
            Kind::Arg(pairs) => Some(pairs),
            _ => None,
        })
        .flatten()
        .collect();
    // one from before FROM holds only where the stage asks for it again
    let global = |name: &str| image.file.arguments.iter().rev().find(|pair| pair.name == name)?.value.as_deref();
    let value = |name: &str| {
        let argument = || arguments.iter().rev().find(|pair| pair.name == name);
        let of_argument = || argument().and_then(|pair| pair.value.as_deref().or_else(|| global(name)));
        environment.get(name).copied().or_else(of_argument)
    };
    Some((substitute(user, &value), line))
}

fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    name == "root" || (!name.is_empty() && name.chars().all(|c| c == '0'))
}

/// Whether an entrypoint changes the user itself; that cannot be checked here.
fn drops(image: &Image) -> bool {
    let tools = ["gosu", "su-exec", "setpriv"];
    let starts = image.instructions().filter_map(|instruction| match &instruction.kind {
        Kind::Entrypoint(command) | Kind::Cmd(command) => Some(command.line()),
        Kind::Run(run) => Some(run.text()),
        _ => None,
    });
    let scratch = image.base().is_some_and(|base: ImageName| base.repository == "scratch");
    !scratch
        && starts
            .into_iter()
            .any(|text| tools.iter().any(|tool| text.split_whitespace().any(|word| word.ends_with(tool))))
}
