//! Which files belong below `secrets/`, and how each gets its first value.

use minijinja::value::Value;

use super::lines::{map, safe};
use super::migrate::{is_read, migrate_name};
use crate::facts::{Component, Fill, Part, Place, Setting};
use crate::presets::{Presets, ServicePreset};
use crate::setup::{SecretFile, SecretValue};

/// The prefix of a secret that only development uses.
const DEVELOPMENT: &str = "development_";

/// The secrets of a project, those of backing services first.
pub fn secrets(components: &[Component], presets: &Presets) -> Vec<SecretFile> {
    let mut files: Vec<SecretFile> = Vec::new();
    let mut add = |file: SecretFile| match files.iter_mut().find(|present| present.name == file.name) {
        Some(present) => {
            for reader in file.read_by {
                if !present.read_by.contains(&reader) {
                    present.read_by.push(reader);
                }
            }
        }
        None => files.push(file),
    };
    for component in components {
        for service in component.services.iter().filter(|service| service.place != Place::Elsewhere) {
            let Some(preset) = presets.services.get(&service.id) else { continue };
            for secret in &preset.secret {
                add(SecretFile {
                    name: secret.name.clone(),
                    value: secret.value.clone().map_or(SecretValue::Random, SecretValue::From),
                    read_by: vec![preset.service.clone()],
                    holds: secret.holds.clone(),
                });
            }
        }
    }
    for component in components {
        for setting in component.secrets() {
            let too =
                if is_read(component, setting) { format!(" and {}", migrate_name(component)) } else { String::new() };
            let reader = format!("{}{too}, as `{}`", component.service_name(), setting.name);
            let file = |name: String, value: SecretValue, holds: String| SecretFile {
                name,
                value,
                read_by: vec![reader.clone()],
                holds,
            };
            match filled(component, setting, presets) {
                Some((preset, part, place)) => {
                    let (name, value, holds) = service_value(component, setting, preset, part);
                    if place == Place::Development {
                        add(file(
                            component.secret_file(setting),
                            SecretValue::Empty,
                            format!("the address of {} in production; put it in", preset.name),
                        ));
                        if matches!(value, SecretValue::From(_)) {
                            add(file(format!("{DEVELOPMENT}{name}"), value, holds));
                        }
                    } else {
                        add(file(name, value, holds));
                    }
                }
                None if setting.fill == Fill::Generated => {
                    add(file(
                        component.secret_file(setting),
                        SecretValue::Random,
                        "a random value, made once".to_owned(),
                    ));
                }
                None => add(file(
                    component.secret_file(setting),
                    SecretValue::Empty,
                    "yours to put in; empty leaves it unset".to_owned(),
                )),
            }
        }
    }
    for component in components {
        for setting in component.settings.iter().filter(|setting| setting.mounted.is_some()) {
            add(SecretFile {
                name: component.secret_file(setting),
                value: SecretValue::Empty,
                read_by: vec![format!("the build of {}, as `{}`", component.service_name(), setting.name)],
                holds: "yours to put in; no image has it".to_owned(),
            });
        }
    }
    files
}

/// The backing service that fills a setting here, with the part it means and its place.
pub(super) fn filled<'a>(
    component: &Component,
    setting: &Setting,
    presets: &'a Presets,
) -> Option<(&'a ServicePreset, Part, Place)> {
    let Fill::Service { service, part, .. } = &setting.fill else { return None };
    let place = component.services.iter().find(|present| present.id == *service)?.place;
    (place != Place::Elsewhere).then_some((presets.services.get(service)?, *part, place))
}

/// The file that a secret setting is read from: a password alone is the service's own file.
pub(super) fn secret_name(component: &Component, setting: &Setting, presets: &Presets) -> String {
    match filled(component, setting, presets) {
        Some((preset, part, Place::Compose)) => service_value(component, setting, preset, part).0,
        _ => component.secret_file(setting),
    }
}

/// The file that replaces it in development, if there is another.
pub(super) fn development_secret_name(component: &Component, setting: &Setting, presets: &Presets) -> Option<String> {
    match filled(component, setting, presets) {
        Some((preset, part, Place::Development)) => match service_value(component, setting, preset, part) {
            (name, SecretValue::From(_), _) => Some(format!("{DEVELOPMENT}{name}")),
            (name, _, _) => Some(name),
        },
        _ => None,
    }
}

fn service_value(
    component: &Component,
    setting: &Setting,
    preset: &ServicePreset,
    part: Part,
) -> (String, SecretValue, String) {
    let pattern = given(setting, preset, part).to_owned();
    let own = preset.secret.iter().find(|secret| pattern == format!("{{{}}}", secret.name));
    match own {
        Some(secret) => (secret.name.clone(), SecretValue::Random, secret.holds.clone()),
        None => {
            let holds = format!("`{}`", pattern.replace('{', "<").replace('}', ">"));
            (component.secret_file(setting), SecretValue::From(pattern), holds)
        }
    }
}

/// What a setting is given of a service, in the form that its reader wants.
pub(super) fn given<'a>(setting: &Setting, preset: &'a ServicePreset, part: Part) -> &'a str {
    match &setting.fill {
        Fill::Service { dialect, .. } => preset.given(part, dialect.as_deref()),
        _ => preset.given(part, None),
    }
}

/// A row of the table in secrets/README.md.
pub(super) fn readme_row(file: &SecretFile) -> Value {
    map([
        ("name", safe(&file.name)),
        ("read_by", Value::from(file.read_by.join("; "))),
        ("holds", Value::from(file.holds.clone())),
    ])
}

/// A few lines of POSIX shell that make the same files.
pub(super) fn shell(files: &[SecretFile]) -> Vec<String> {
    let mut lines = vec!["chmod 700 . && umask 022".to_owned()];
    let random: Vec<&str> =
        files.iter().filter(|file| file.value == SecretValue::Random).map(|file| file.name.as_str()).collect();
    if !random.is_empty() {
        let names = random.join(" ");
        lines.push(format!("for f in {names}; do [ -s $f ] || openssl rand -hex 32 | tr -d '\\n' > $f; done"));
    }
    for file in files {
        if let SecretValue::From(pattern) = &file.value {
            let mut text = pattern.clone();
            for other in files {
                text = text.replace(&format!("{{{}}}", other.name), &format!("$(cat {})", other.name));
            }
            // several lines: printf makes them
            let (format, text) = if text.contains('\n') { ("%b", text.replace('\n', "\\n")) } else { ("%s", text) };
            lines.push(format!("[ -s {0} ] || printf {format} \"{text}\" > {0}", file.name));
        }
    }
    let empty: Vec<&str> =
        files.iter().filter(|file| file.value == SecretValue::Empty).map(|file| file.name.as_str()).collect();
    if !empty.is_empty() {
        lines.push(format!("touch {} # yours to fill in", empty.join(" ")));
    }
    lines
}
