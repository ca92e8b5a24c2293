//! Several components in one compose project: names, ports of this machine and secret files that
//! do not collide, one backing service for all that talk to it.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses;
use crate::decisions::Decisions;
use crate::facts::{Among, BackingService, Component, Fill, MigrationValue, Name, Place, Port, Warning};
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project};
use crate::render;
use crate::setup::{SecretFile, SecretValue};

/// Folders that only say that sources lie in them.
const SOURCE_FOLDERS: &[&str] = &["app", "code", "source", "src"];

/// Gives each of several components its place among the others; of one alone nothing changes.
///
/// # Errors
/// Two backing services that would have one name, or two images.
pub(super) fn together(
    components: &mut [Component],
    decisions: &Decisions,
    presets: &Presets,
    project: &Project,
) -> Result<Vec<Warning>, Mistake> {
    if components.len() < 2 {
        return Ok(Vec::new());
    }
    one_service_of_a_name(components, presets)?;
    place(components, decisions, presets, project)?;
    own_secrets(components, presets)?;
    addresses::connect(components, decisions);
    Ok(two_migrations(components).into_iter().collect())
}

/// The backing services that run here, each with the component that talks to it.
fn here(components: &[Component]) -> impl Iterator<Item = (&Component, &BackingService)> {
    let services = components.iter().flat_map(|component| component.services.iter().map(move |one| (component, one)));
    services.filter(|(_, service)| service.place != Place::Elsewhere && !service.open)
}

fn one_service_of_a_name(components: &[Component], presets: &Presets) -> Result<(), Mistake> {
    let mut named: BTreeMap<&str, (&Component, &BackingService)> = BTreeMap::new();
    for (component, service) in here(components) {
        let Some(preset) = presets.services.get(&service.id) else { continue };
        let (other, theirs) = *named.entry(&preset.service).or_insert((component, service));
        if theirs.id != service.id {
            let name = &preset.service;
            return Err(Mistake::new(format!(
                "`{}` uses {} and `{}` {}, and both would be the service `{name}`",
                other.path, theirs.name, component.path, service.name
            ))
            .hint(format!(
                "let both use one, or let one run elsewhere: `--with {}:{}=elsewhere`",
                component.path, service.id
            )));
        }
    }
    Ok(())
}

/// Names in compose.yaml, images and ports of this machine.
fn place(
    components: &mut [Component],
    decisions: &Decisions,
    presets: &Presets,
    project: &Project,
) -> Result<(), Mistake> {
    let presets_here = || here(components).filter_map(|(_, service)| presets.services.get(&service.id));
    let backing: BTreeSet<&str> = presets_here().map(|preset| preset.service.as_str()).collect();
    let names = names(components, &backing, project);
    let mut taken: BTreeSet<u16> = presets_here().map(|preset| preset.port).collect();
    let wanted: BTreeSet<u16> = components.iter().filter_map(Component::listens_on).map(Port::number).collect();
    let mut images: BTreeMap<Name, RelPath> = BTreeMap::new();
    for (component, service) in components.iter_mut().zip(names) {
        let host_port = component.listens_on().map(|port| match taken.contains(&port.number()) {
            false => port,
            true => port.first_free(&taken.union(&wanted).copied().collect()),
        });
        taken.extend(host_port.map(Port::number));
        if decisions.of(&component.path, "name").is_none() {
            component.name = Name::from_text(&format!("{}-{service}", project.folder_name()), service.as_str());
        }
        if let Some(other) = images.insert(component.name.clone(), component.path.clone()) {
            let both = format!("the images of `{other}` and `{}` would both be `{}`", component.path, component.name);
            return Err(Mistake::new(both).hint(format!("`--set {}:name=NAME` gives one another", component.path)));
        }
        component.among = Some(Among { service, host_port, own_secrets: BTreeSet::new() });
    }
    Ok(())
}

/// Each component's folder, or its whole path where two folders have one name.
fn names(components: &[Component], backing: &BTreeSet<&str>, project: &Project) -> Vec<Name> {
    let short: Vec<Name> = components.iter().map(|one| Name::from_text(&folder(&one.path, project), "app")).collect();
    let mut names: Vec<Name> = Vec::new();
    for (component, own) in components.iter().zip(&short) {
        let is_shared = short.iter().filter(|other| *other == own).count() > 1;
        let mut name = if is_shared { Name::from_text(component.path.as_str(), "app") } else { own.clone() };
        if backing.contains(name.as_str()) {
            name = Name::from_text(&format!("{name}-app"), "app");
        }
        let mut number = 2;
        while names.contains(&name) {
            name = Name::from_text(&format!("{own}-{number}"), "app");
            number += 1;
        }
        names.push(name);
    }
    names
}

fn folder(path: &RelPath, project: &Project) -> String {
    match path.parent() {
        Some(around) if SOURCE_FOLDERS.contains(&path.file_name()) && !around.is_root() => folder(&around, project),
        Some(_) => path.file_name().to_owned(),
        None => project.folder_name(),
    }
}

/// One name read by several components is one file, if all want the same value in it.
fn own_secrets(components: &mut [Component], presets: &Presets) -> Result<(), Mistake> {
    let colliding = |components: &[Component]| -> BTreeSet<String> {
        let mut values: BTreeMap<String, SecretValue> = BTreeMap::new();
        let files = components.iter().flat_map(|one| render::secrets(std::slice::from_ref(one), presets));
        let differs = |file: SecretFile| {
            let first = values.entry(file.name.clone()).or_insert_with(|| file.value.clone());
            (*first != file.value).then_some(file.name)
        };
        files.filter_map(differs).collect()
    };
    let collide = colliding(components);
    for component in components.iter_mut() {
        let own = component.settings.iter().filter(|setting| {
            let file = setting.secret_file();
            collide.contains(&file) || collide.contains(&format!("development_{file}"))
        });
        let own: BTreeSet<_> = own.map(|setting| setting.name.clone()).collect();
        if let Some(among) = &mut component.among {
            among.own_secrets = own;
        }
    }
    match colliding(components).into_iter().next() {
        None => Ok(()),
        Some(file) => Err(Mistake::new(format!("two components want different values in secrets/{file}"))
            .hint("give one of the settings another name")),
    }
}

/// Two components whose migrations bring one database up to date.
fn two_migrations(components: &[Component]) -> Option<Warning> {
    let mut by_service: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for component in components {
        let Some(migration) = component.migrate.value().and_then(Option::as_ref) else { continue };
        let named = migration.environment.iter().filter_map(|(_, value)| match value {
            MigrationValue::Setting(name) => Some(name),
            MigrationValue::Text(_) => None,
        });
        let read: Vec<_> = migration.settings.iter().chain(named).collect();
        let ids: BTreeSet<&str> = component
            .settings
            .iter()
            .filter(|setting| read.contains(&&setting.name))
            .filter_map(|setting| match &setting.fill {
                Fill::Service { service, .. } => Some(service.as_str()),
                _ => None,
            })
            .collect();
        for id in ids {
            by_service.entry(id).or_default().push(component);
        }
    }
    let (id, both) = by_service.into_iter().find(|(_, both)| both.len() > 1)?;
    let title = here(components).find(|(_, service)| service.id == id).map_or(id, |(_, service)| &service.name);
    let paths: Vec<&str> = both.iter().map(|component| component.path.as_str()).collect();
    Some(Warning {
        id: "two-migrations".to_owned(),
        message: format!("{} each migrate the one {title} database that they share", paths.join(" and ")),
        evidence: both.iter().filter_map(|component| component.migrate.evidence().cloned()).collect(),
        hint: format!(
            "let one do it, `--set {0}:migrate=none`, or give it a database of its own, `--with {0}:{id}=elsewhere`",
            paths[1]
        ),
    })
}
