//! Nothing is in the image that does not belong there: looks through every layer, the history and
//! the configuration.

use serde_json::Value;

use super::Checked;
use crate::setup::dockerfile::Dockerfile;
use crate::verify::development::development;
use crate::verify::engine::SHORT;
use crate::verify::layers::{Kind, Layers, contains};
use crate::verify::node_packages;
use crate::verify::report::{Row, Trouble};
use crate::verify::run::Run;
use crate::verify::services::Build;

pub const ID: &str = "image";
const TITLE: &str = "no secret, .env, VCS folder, test or dev dependency in the image";
/// What runs migrations may have the tools of development.
const TITLE_OF_JOB: &str = "no secret, .env or VCS folder in the image";
/// Shorter values occur by chance.
const SHORTEST: usize = 8;
/// Places that are named; the rest is counted.
const SHOWN: usize = 6;

/// Folders that package managers keep between runs.
const CACHES: &[&str] = &[
    "/root/.npm/",
    "/root/.cache/",
    "/root/.local/share/pnpm/",
    "/pnpm/store/",
    "/var/cache/apk/",
    "/var/cache/apt/archives/",
    "/var/lib/apt/lists/",
    "/go/pkg/mod/",
    "/downloads/",
];
/// Programs and folders of package managers and toolchains.
const MANAGERS: &[&str] = &[
    "/usr/local/bin/npm",
    "/usr/local/bin/npx",
    "/usr/local/bin/yarn",
    "/usr/local/bin/pnpm",
    "/usr/local/bin/corepack",
    "/usr/local/lib/node_modules/npm",
    "/usr/local/lib/node_modules/pnpm",
    "/usr/local/bin/pip",
    "/usr/local/bin/pip3",
    "/usr/local/bin/pdm",
    "/usr/local/bin/pipenv",
    "/usr/local/bin/poetry",
    "/usr/local/bin/uv",
    "/opt/venv/bin/pip",
    "/opt/venv/bin/uv",
    "/usr/local/go/bin/go",
];

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    if !run.parts[at].is_built() {
        return Ok(None);
    }
    let service = run.parts[at].service.clone();
    let is_job = run.parts[at].is_job;
    let title = if is_job { TITLE_OF_JOB } else { TITLE };
    run.step(&format!("looks through the image of {}", service.name));
    let mut secrets = run.stand.secret_values();
    secrets.retain(|_, value| value.len() >= SHORTEST);
    let layers = Layers::read(&run.stand.engine, &run.stand.image_of(&service), &secrets)?;
    let base = match &service.build {
        Some(build) => base_layers(build, &layers.config),
        None => 0,
    };
    let workdir = run.parts[at].image["Config"]["WorkingDir"].as_str().unwrap_or("/").trim_end_matches('/').to_owned();
    let mut found: Vec<String> = Vec::new();
    for layer in layers.all.iter().skip(base) {
        for (path, key) in &layer.leaks {
            found.push(format!("{path} holds the value of the secret {key}"));
        }
        for (path, entry) in &layer.entries {
            let of_others = is_job && !path.starts_with(&format!("{workdir}/"));
            if let Some(what) = unwanted(path, entry.kind, entry.credential, &workdir).filter(|_| !of_others) {
                found.push(format!("{path} is {what}"));
            }
        }
    }
    for (key, value) in &secrets {
        if contains(layers.config.as_bytes(), value.as_bytes()) {
            found.push(format!("the history or the environment holds the value of the secret {key}"));
        }
    }
    let merged = layers.merged();
    for manager in MANAGERS.iter().filter(|path| !is_job && merged.contains_key(**path)) {
        found.push(format!("{manager} is a package manager"));
    }
    let context = service.build.as_ref().map(|build| build.context.as_path()).filter(|_| !is_job);
    if let Some(context) = context {
        let development = development(context);
        for name in &development.node {
            if let Some(path) = node_packages::place(name, &workdir, merged.keys().copied()) {
                found.push(format!("{path} is a dev dependency"));
            }
        }
        for path in merged.keys() {
            if development.of(path).is_some() {
                found.push(format!("{path} is a dev dependency"));
            }
        }
    }
    found.extend(seen_outside(run, at, &secrets)?);
    let size = merged_size(run, at, base, &layers);
    let hint = "leave it out with .dockerignore, or copy only what runs into the last stage";
    run.parts[at].layers = Some(layers);
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Ok(Some(Row::ok(ID, title, size)));
    }
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    Ok(Some(Row::failed(ID, title, found.join("\n")).hint(hint)))
}

/// `61 MB over its base, 7 layers`.
fn merged_size(run: &Run<'_, '_>, at: usize, base: usize, layers: &Layers) -> String {
    let added: u64 =
        layers.all.iter().skip(base).flat_map(|layer| layer.entries.values()).map(|entry| entry.size).sum();
    let total = run.parts[at].image["Size"].as_u64().unwrap_or(0);
    let count = layers.all.len() - base.min(layers.all.len());
    let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
    if base == 0 {
        format!("{}, {count} layers", megabytes(total))
    } else {
        format!("{} over its base, {count} layers", megabytes(added))
    }
}

/// What a file is that must not be there. Packages of others may ship tests and keys of their own.
fn unwanted(path: &str, kind: Kind, credential: bool, workdir: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let name = parts.last().copied().unwrap_or_default();
    let of_a_package = parts.iter().any(|part| matches!(*part, "node_modules" | "site-packages"));
    // an empty lock is what apt leaves behind
    let is_lock = name == "lock" || name == ".lock";
    if kind == Kind::File && !is_lock && CACHES.iter().any(|cache| path.starts_with(cache)) {
        return Some("a package cache");
    }
    if of_a_package || path.starts_with("/usr/") || path.starts_with("/etc/") {
        return None;
    }
    if credential {
        return Some("a private key or token");
    }
    if parts.iter().any(|part| matches!(*part, ".git" | ".svn" | ".hg")) {
        return Some("version control");
    }
    let example = [".example", ".sample", ".template", ".dist"].iter().any(|ending| name.ends_with(ending));
    if kind == Kind::File && (name == ".env" || (name.starts_with(".env.") && !example)) {
        return Some("a file of settings");
    }
    if kind == Kind::File && matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa" | ".netrc" | ".npmrc" | ".pypirc") {
        return Some("a credential");
    }
    let below = path.strip_prefix(workdir).filter(|_| !workdir.is_empty())?;
    let top = below.trim_start_matches('/').split('/').next().unwrap_or_default();
    if matches!(top, "test" | "tests") || parts.contains(&"__tests__") {
        return Some("a test");
    }
    if kind == Kind::File && [".test.", ".spec."].iter().any(|mark| name.contains(mark)) || name.ends_with("_test.go") {
        return Some("a test");
    }
    (top == "secrets" && kind == Kind::File && !name.contains('.')).then_some("below secrets/")
}

/// Values that show in `docker inspect` or in an argument list while it runs.
fn seen_outside(
    run: &Run<'_, '_>,
    at: usize,
    secrets: &std::collections::BTreeMap<String, String>,
) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    let mut names: Vec<String> = run.parts[at].alone.iter().map(|container| container.name.clone()).collect();
    if run.stand.has_compose() {
        names.extend(run.stand.containers()?.values().filter_map(|shown| Some(shown["Id"].as_str()?.to_owned())));
    }
    for name in names {
        let shown = run.stand.engine.docker(&["inspect", &name], SHORT)?.stdout;
        let top = run.stand.engine.docker(&["top", &name, "-eo", "args"], SHORT)?.stdout;
        for (key, value) in secrets {
            if shown.contains(value.as_str()) {
                found.push(format!("`docker inspect` shows the value of the secret {key}"));
            }
            if top.contains(value.as_str()) {
                found.push(format!("an argument of a process is the value of the secret {key}"));
            }
        }
    }
    Ok(found)
}

/// How many layers the image has from the image it is built on: those before the layers of the
/// stages that it is made of. Every instruction is one entry of the history, so that the base
/// itself need not be here. 0 where that cannot be seen.
fn base_layers(build: &Build, config: &str) -> usize {
    let text = match &build.inline {
        Some(text) => text.clone(),
        None => std::fs::read_to_string(build.context.join(&build.dockerfile)).unwrap_or_default(),
    };
    let history: Value = serde_json::from_str(config).unwrap_or_default();
    let entries: Vec<bool> =
        history["history"].as_array().into_iter().flatten().map(|entry| entry["empty_layer"] != true).collect();
    own_entries(&text, build.target.as_deref())
        .and_then(|own| entries.len().checked_sub(own))
        .map_or(0, |base| entries[..base].iter().filter(|is_layer| **is_layer).count())
}

/// The instructions of a stage and of those it is built on; `None` where the stage is not there.
fn own_entries(dockerfile: &str, target: Option<&str>) -> Option<usize> {
    let dockerfile = Dockerfile::parse(dockerfile);
    let stage = match target {
        Some(target) => dockerfile.stage(target)?,
        None => dockerfile.final_stage()?,
    };
    Some(dockerfile.chain(stage).iter().map(|stage| stage.instructions.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_ends_where_the_history_of_our_instructions_begins() {
        let text =
            "FROM node:26 AS base\nWORKDIR /app\nFROM base AS deps\nRUN a\nFROM base AS production\nCOPY b c\nUSER 1\n";
        assert_eq!(own_entries(text, Some("production")), Some(3));
        assert_eq!(own_entries(text, Some("nowhere")), None);
        let build = Build { inline: Some(text.to_owned()), ..Build::default() };
        let config = r#"{"history": [{"created_by": "base"}, {"created_by": "env", "empty_layer": true},
            {"created_by": "base 2"}, {"created_by": "WORKDIR"}, {"created_by": "COPY"}, {"created_by": "USER", "empty_layer": true}]}"#;
        assert_eq!(base_layers(&build, config), 2);
        assert_eq!(base_layers(&build, ""), 0);
    }

    #[test]
    fn what_does_not_belong_is_told_from_what_packages_bring() {
        let at = |path: &str| unwanted(path, Kind::File, false, "/app");
        assert!(
            at("/app/.env").is_some() && at("/app/.env.production").is_some() && at("/app/config/.git/HEAD").is_some()
        );
        assert!(at("/app/src/a.test.js").is_some() && at("/app/tests/a.js").is_some() && at("/root/.npm/x").is_some());
        assert!(at("/app/secrets/db_password").is_some());
        assert_eq!(at("/app/.env.example"), None);
        assert_eq!(at("/var/cache/apt/archives/lock"), None);
        assert_eq!(at("/app/node_modules/x/test/a.test.js"), None);
        assert_eq!(at("/app/dist/testing/a.js"), None);
        assert_eq!(at("/usr/lib/x/tests/a"), None);
    }
}
