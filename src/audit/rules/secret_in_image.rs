//! What is in a layer, everybody who has the image can read.

use crate::audit::secrets::{is_build_secret, password_in_address, secret_value};
use crate::audit::shell;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::paths::RelPath;
use crate::setup::dockerfile::{Instruction, Kind, Pair, Run};

pub static RULE: Rule = Rule {
    id: "secret-in-image",
    severity: Severity::Error,
    checklist: &[
        "NEVER store secrets in images - Use Docker secrets, env vars at runtime, or secret managers",
        "No secrets in image layers",
    ],
    docs: "https://docs.docker.com/build/building/secrets/",
    development: true,
    check,
};

const MOUNT: &str = "give it to one RUN: `--mount=type=secret,id=NAME`, or to the container when it starts";

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dockerfile in &input.dockerfiles {
        let path = &dockerfile.path;
        findings.extend(pairs(path, 1, "ARG", &dockerfile.file.arguments));
        for instruction in dockerfile.file.stages.iter().flat_map(|stage| &stage.instructions) {
            findings.extend(of(path, instruction));
        }
    }
    for (compose, service) in input.all_services() {
        for argument in service.build_arguments().iter().filter(|argument| is_build_secret(argument.name)) {
            let message = format!("build argument `{}` ends in the image's history", argument.name);
            findings.push(RULE.at(&compose.path, argument.line, message, "use `build.secrets` and a secret mount"));
        }
    }
    findings
}

fn of(path: &RelPath, instruction: &Instruction) -> Vec<Finding> {
    let line = instruction.line;
    match &instruction.kind {
        Kind::Env(values) => pairs(path, line, "ENV", values),
        Kind::Arg(values) => pairs(path, line, "ARG", values),
        Kind::Label(values) => {
            let held = values.iter().find_map(|pair| secret_value(pair.value.as_deref()?));
            held.map(|what| RULE.at(path, line, format!("LABEL holds {what}"), MOUNT)).into_iter().collect()
        }
        Kind::Copy(copy) | Kind::Add(copy) if copy.flag("from").is_none() => {
            let secret = copy.sources.iter().filter(|source| is_secret_file(source));
            let found = secret.map(|source| {
                let finding = RULE.at(path, line, format!("`{source}` is copied into a layer"), MOUNT);
                // without a token in it that file is harmless
                let harmless = source.ends_with(".npmrc");
                if harmless { finding.graded(Severity::Warning) } else { finding }
            });
            let text = copy.heredocs.iter().find_map(|heredoc| secret_value(&heredoc.body));
            let text = text.map(|what| RULE.at(path, line, format!("the copied text holds {what}"), MOUNT));
            found.chain(text).collect()
        }
        Kind::Run(run) => in_run(path, line, run),
        Kind::Onbuild(inner) => of(path, inner),
        _ => Vec::new(),
    }
}

fn pairs(path: &RelPath, line: u32, keyword: &str, pairs: &[Pair]) -> Vec<Finding> {
    let told = pairs.iter().filter_map(|pair| {
        let value = pair.value.as_deref().unwrap_or_default();
        let named = is_build_secret(&pair.name) && (keyword == "ARG" || !value.is_empty());
        let message = match secret_value(value) {
            Some(what) => format!("{keyword} `{}` holds {what}", pair.name),
            None if named => format!("{keyword} `{}` puts a secret into the image", pair.name),
            None => return None,
        };
        Some(RULE.at(path, line, message, MOUNT))
    });
    told.collect()
}

fn is_secret_file(source: &str) -> bool {
    let source = source.trim_end_matches('/');
    let name = source.rsplit('/').next().unwrap_or(source).to_ascii_lowercase();
    let example = ["example", "sample", "template", "dist", "defaults"].iter().any(|word| name.contains(word));
    // certificates of authorities are public
    let public = ["ca", "cert", "public", "chain", "bundle", "root"].iter().any(|word| name.contains(word));
    match name.as_str() {
        ".npmrc" | ".netrc" | ".pypirc" | "secrets" | ".aws" | ".ssh" => true,
        "credentials.json" | "serviceaccountkey.json" | ".htpasswd" | "terraform.tfstate" | "kubeconfig" => true,
        _ if name.starts_with("service-account") && name.ends_with(".json") => !example,
        _ if source.split('/').any(|part| part == "secrets") => true,
        _ if name.starts_with(".env") => !example,
        _ if name.starts_with("id_rsa") || name.starts_with("id_ed25519") => !name.ends_with(".pub"),
        _ => [".pem", ".key", ".p12", ".pfx"].iter().any(|end| name.ends_with(end)) && !public,
    }
}

fn in_run(path: &RelPath, line: u32, run: &Run) -> Vec<Finding> {
    let text = run.text();
    let mounted = run.mounts().any(|mount| mount.get("type") == Some(&"secret"));
    let mut findings = Vec::new();
    let mut add = |line, message: String| findings.push(RULE.at(path, line, message, MOUNT));
    if let Some(what) = secret_value(&text).filter(|what| !what.starts_with("an address")) {
        add(line, format!("RUN holds {what}"));
    }
    for command in shell::commands(run) {
        let words = command.words.join(" ");
        let (program, _) = command.program();
        let bearer = words.contains("Authorization:") && !mounted;
        if (words.contains("_authToken=") && !mounted) || bearer {
            add(command.line, format!("`{program}` is given a token that stays in the history"));
        } else if password_in_address(&words) {
            add(command.line, format!("`{program}` is given an address with a password"));
        } else if program == "chpasswd" {
            add(command.line, "a password is set in a layer".to_owned());
        }
        for (name, _) in command.assignments().filter(|(name, value)| is_build_secret(name) && is_literal(value)) {
            add(command.line, format!("the value of `{name}` stays in the history"));
        }
    }
    findings
}

/// A value that is neither a variable nor a stand-in that a build only needs to be there.
fn is_literal(value: &str) -> bool {
    let stand_in = ["dummy", "placeholder", "build", "example", "change", "test", "none", "unused", "ignored"];
    let lower = value.to_ascii_lowercase();
    value.len() >= 8
        && !value.contains(['$', '/'])
        && !stand_in.iter().any(|word| lower.contains(word))
        && lower.chars().any(|c| c != lower.chars().next().unwrap_or_default())
}
