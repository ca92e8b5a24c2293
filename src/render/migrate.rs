//! The one-shot service of compose.yaml that runs a component's migrations.

use minijinja::value::Value;

use super::compose::Expanded;
use super::context::{is_plain_path, migration};
use super::lines::{
    context, depends_on, development_environment, development_secrets, dockerfile, environment, host_path, inner,
    lines, list, map, safe, scalar, secrets_of,
};
use super::secrets::secret_name;
use crate::facts::{Component, Fill, Migration, MigrationPlace, MigrationValue, Place, Setting, Stack};
use crate::presets::{Policy, Presets};

/// The service's name: `migrate`, or `api-migrate` beside other components.
pub(super) fn migrate_name(component: &Component) -> String {
    match component.among {
        None => "migrate".to_owned(),
        Some(_) => format!("{}-migrate", component.service_name()),
    }
}

/// The name of the service whose image is a target of its own.
pub(super) fn migrate_target(component: &Component, policy: &Policy) -> Option<String> {
    let migration = migration(component, policy)?;
    (migration.place != MigrationPlace::Production).then(|| migrate_name(component))
}

/// A list with the service, or without: a template needs no branch.
pub(super) fn migrate_values(component: &Component, service: &Expanded, policy: &Policy, presets: &Presets) -> Value {
    let Some(migration) = migration(component, policy) else { return Value::from(Vec::<Value>::new()) };
    // the same component with what the migrations may know of it
    let mut own = component.clone();
    own.settings.retain(|setting| migration.settings.contains(&setting.name));
    own.services.retain(|service| is_used(component, &migration, &service.id));
    let in_compose = depends_on(&own, Place::Compose, presets);
    let network = if in_compose.is_empty() { "frontend" } else { "backend" };
    let in_production = migration.place == MigrationPlace::Production;
    let mut variables = environment(&own, presets);
    let mut secrets = secrets_of(&own, presets);
    for (name, value) in &migration.environment {
        match value {
            MigrationValue::Text(text) => variables.push(format!("{name}: {}", scalar(text))),
            MigrationValue::Setting(other) => {
                let Some(setting) = component.settings.iter().find(|setting| setting.name == *other) else { continue };
                let file = secret_name(component, setting, presets);
                variables.push(format!("{name}_FILE: /run/secrets/{file} # with-secrets makes it {name}"));
                secrets.push(file);
            }
        }
    }
    secrets.sort();
    secrets.dedup();
    let image = if in_production { "production" } else { "migrate" };
    let command = safe(argv(&migration));
    let is_shared = shares_image(component, &migration);
    let mounts = mounts(component, &migration, service);
    let changes =
        is_shared || in_production || !mounts.is_empty() || !depends_on(&own, Place::Development, presets).is_empty();
    Value::from(vec![map([
        ("service", safe(migrate_name(component))),
        ("tool", safe(if migration.tool.is_empty() { "this command" } else { migration.tool.as_str() })),
        ("waits", safe(component.among.as_ref().map_or("the app", |among| among.service.as_str()))),
        ("image", safe(format!("{}:{image}", component.name))),
        ("target", if in_production { none() } else { safe(image) }),
        ("context", context(component)),
        ("dockerfile", dockerfile(component)),
        ("command", if in_production { command.clone() } else { none() }),
        ("user", safe(&service.user)),
        ("environment", lines(variables)),
        ("secrets", list(secrets)),
        ("network", safe(network)),
        ("depends_on", list(in_compose)),
        ("tmpfs", list(service.tmpfs.iter().filter(|mount| mount.starts_with("/tmp")).cloned().collect())),
        ("memory", safe(&service.memory)),
        ("development_image", if is_shared { safe(format!("{}:development", component.name)) } else { none() }),
        ("development_reset", Value::from(is_shared && !in_production)),
        ("development_target", if !is_shared && in_production { safe("production") } else { none() }),
        ("development_command", if is_shared && !in_production { command } else { none() }),
        ("development_environment", lines(development_environment(&own, presets))),
        ("development_secrets", list(development_secrets(&own, presets))),
        ("development_depends_on", list(depends_on(&own, Place::Development, presets))),
        ("mounts", list(mounts)),
        ("changes", Value::from(changes)),
    ])])
}

/// Whether the migrations are given a part of a backing service's address.
fn is_used(component: &Component, migration: &Migration, id: &str) -> bool {
    let mut read = component.settings.iter().filter(|setting| reads(migration, setting));
    read.any(|setting| matches!(&setting.fill, Fill::Service { service, .. } if service == id))
}

/// Whether the app's own image runs them in development, which has all packages and the sources:
/// not where they read what the build wrote, or have a tool of their own.
fn shares_image(component: &Component, migration: &Migration) -> bool {
    let output = component.stack.node().and_then(|node| node.output.as_ref());
    let compiled = |word: &String| output.is_some_and(|output| word.starts_with(&format!("{output}/")));
    let has_packages = component.stack.node().is_some() || matches!(component.stack, Stack::FastApi(..));
    let is_own = matches!(migration.place, MigrationPlace::Own(_));
    has_packages && !is_own && !migration.command.words().iter().any(compiled)
}

fn none() -> Value {
    Value::from(())
}

/// The exec form as compose reads it: `$` doubled.
fn argv(migration: &Migration) -> String {
    let words: Vec<String> = migration
        .command
        .words()
        .iter()
        .map(|word| serde_json::Value::from(word.replace('$', "$$")).to_string())
        .collect();
    format!("[{}]", words.join(", "))
}

/// Folders with migrations, so that a new one needs no new image.
fn mounts(component: &Component, migration: &Migration, service: &Expanded) -> Vec<String> {
    let folders = migration.files.iter().filter(|path| path.extension().is_none() && is_plain_path(path.as_str()));
    let workdir = match migration.place {
        MigrationPlace::Own(_) => "/app".to_owned(),
        _ => format!("{}{}", service.workdir, inner(component)),
    };
    folders
        .filter(|path| !path.file_name().starts_with('.'))
        .map(|path| format!("{}:{workdir}/{path}:ro", host_path(component, path)))
        .collect()
}

/// Whether a secret is read by the migrations too, for the README beside it.
pub(super) fn is_read(component: &Component, setting: &Setting) -> bool {
    let Some(migration) = component.migrate.value().and_then(Option::as_ref) else { return false };
    reads(migration, setting)
}

fn reads(migration: &Migration, setting: &Setting) -> bool {
    let address = |(_, value): &(_, MigrationValue)| *value == MigrationValue::Setting(setting.name.clone());
    migration.settings.contains(&setting.name) || migration.environment.iter().any(address)
}
