//! Lines and values that the services of compose.yaml are made of.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::secrets::{development_secret_name, filled, given, secret_name};
use crate::facts::{Component, Fill, Holding, Place, Reads, SettingKind};
use crate::paths::RelPath;
use crate::presets::Presets;

pub(super) fn safe(text: impl ToString) -> Value {
    Value::from_safe_string(text.to_string())
}

pub(super) fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::from(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<String, Value>>())
}

pub(super) fn lines(lines: Vec<String>) -> Value {
    Value::from(lines.iter().map(safe).collect::<Vec<_>>())
}

pub(super) fn list(names: Vec<String>) -> Value {
    lines(names)
}

/// A path of the component as compose.yaml names it, from its own folder.
pub(super) fn host_path(component: &Component, path: &RelPath) -> String {
    match component.path.is_root() {
        true => format!("./{path}"),
        false => format!("./{}/{path}", component.path),
    }
}

/// A path of the build context as compose.yaml names it.
pub(super) fn context_path(component: &Component, path: &RelPath) -> String {
    match component.context.is_root() {
        true => format!("./{path}"),
        false => format!("./{}/{path}", component.context),
    }
}

/// The build context, where it is not the folder of compose.yaml.
pub(super) fn context(component: &Component) -> Value {
    if component.context.is_root() { Value::from(()) } else { Value::from(component.context.to_string()) }
}

/// The Dockerfile as seen from the build context, where it does not lie directly in it.
pub(super) fn dockerfile(component: &Component) -> Value {
    let inner = component.inner();
    if inner.is_root() { Value::from(()) } else { Value::from(format!("{inner}/Dockerfile")) }
}

/// What follows the working folder of an image to the component's own in it: `/apps/api`, or nothing.
pub(super) fn inner(component: &Component) -> String {
    let inner = component.inner();
    if inner.is_root() { String::new() } else { format!("/{inner}") }
}

/// What the server of a framework writes in development: in memory, so that the image stays as it
/// is. `user` is `uid:gid`.
pub(super) fn development_tmpfs(component: &Component, user: &str, workdir: &str) -> Vec<String> {
    let (user, group) = user.split_once(':').unwrap_or((user, user));
    let writes = component.stack.node().map(|node| node.writes.as_slice()).unwrap_or_default();
    let mount = |path: &RelPath| format!("{workdir}/{path}:uid={user},gid={group},mode=0700,size=256m");
    let mut mounts: Vec<String> = writes.iter().map(mount).collect();
    if let Some(first) = mounts.first_mut() {
        first.push_str(" # the development server writes there; counts as memory");
    }
    mounts
}

/// The backing services in one place that a component waits for, as compose.yaml names them.
pub(super) fn depends_on(component: &Component, place: Place, presets: &Presets) -> Vec<String> {
    let placed = component.services.iter().filter(|service| service.place == place);
    placed.filter_map(|service| presets.services.get(&service.id)).map(|preset| preset.service.clone()).collect()
}

/// The files below secrets/ that a component reads.
pub(super) fn secrets_of(component: &Component, presets: &Presets) -> Vec<String> {
    sorted(component.secrets().map(|setting| secret_name(component, setting, presets)).collect())
}

/// Those that only the build reads.
pub(super) fn build_secrets(component: &Component) -> Vec<String> {
    let at_build = component.settings.iter().filter(|setting| setting.mounted.is_some());
    sorted(at_build.map(|setting| component.secret_file(setting)).collect())
}

/// Those that only development has.
pub(super) fn development_secrets(component: &Component, presets: &Presets) -> Vec<String> {
    sorted(component.secrets().filter_map(|setting| development_secret_name(component, setting, presets)).collect())
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

/// `NAME: value` lines of compose.yaml, the first of each kind explained.
pub(super) fn environment(component: &Component, presets: &Presets) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut starter_explained, mut passed_explained) = (false, false);
    for setting in &component.settings {
        if matches!(setting.kind, SettingKind::PublicAtBuild | SettingKind::SecretAtBuild) {
            continue;
        }
        if setting.is_secret() {
            let file = secret_name(component, setting, presets);
            if setting.reads == Reads::File {
                lines.push(format!("{}: /run/secrets/{file}", setting.name));
                continue;
            }
            let comment = if starter_explained {
                String::new()
            } else {
                format!(" # with-secrets in the image makes it {}", setting.name)
            };
            starter_explained = true;
            lines.push(format!("{}_FILE: /run/secrets/{file}{comment}", setting.name));
            continue;
        }
        match (&setting.fill, filled(component, setting, presets)) {
            (Fill::Service { .. }, Some((preset, part, Place::Compose))) => {
                lines.push(format!("{}: {}", setting.name, scalar(given(setting, preset, part))));
            }
            (Fill::Value(text), _) => {
                let note = setting.note.as_ref().map(|note| format!(" # {note}")).unwrap_or_default();
                lines.push(format!("{}: {}{note}", setting.name, scalar(text)));
            }
            (Fill::Component { address, .. }, _) => {
                lines.push(format!("{}: {}", setting.name, scalar(address.as_str())));
            }
            (Fill::Image, _) => {}
            _ => {
                let comment = match (setting.required, passed_explained) {
                    (true, _) => " # needed; from your shell or .env",
                    (false, false) => " # from your shell or .env, if it is set there",
                    (false, true) => "",
                };
                passed_explained |= !setting.required;
                lines.push(format!("{}:{comment}", setting.name));
            }
        }
    }
    lines
}

/// Public names as arguments of the build.
pub(super) fn arguments(component: &Component) -> Vec<String> {
    let public = component.settings.iter().filter(|setting| setting.kind == SettingKind::PublicAtBuild);
    public.map(|setting| format!("{}:", setting.name)).collect()
}

/// What a development-only backing service changes, and what only the build has in production.
pub(super) fn development_environment(component: &Component, presets: &Presets) -> Vec<String> {
    let mut lines = Vec::new();
    for setting in component.settings.iter().filter(|setting| setting.kind == SettingKind::PublicAtBuild) {
        let name = &setting.name;
        lines.push(match &setting.fill {
            Fill::Value(text) if is_word(text) => format!("{name}: ${{{name}:-{text}}}"),
            Fill::Value(text) if !text.contains(|c: char| c.is_control() || ['$', '}', '"', '\\'].contains(&c)) => {
                format!("{name}: \"${{{name}:-{text}}}\"")
            }
            Fill::Value(text) => format!("{name}: {}", scalar(text)),
            _ => format!("{name}:"),
        });
    }
    for setting in &component.settings {
        let Some((preset, part, Place::Development)) = filled(component, setting, presets) else { continue };
        if setting.is_secret() {
            let file = development_secret_name(component, setting, presets).unwrap_or_default();
            let suffix = if setting.reads == Reads::File { "" } else { "_FILE" };
            lines.push(format!("{}{suffix}: /run/secrets/{file}", setting.name));
        } else {
            lines.push(format!("{}: {}", setting.name, scalar(given(setting, preset, part))));
        }
    }
    lines
}

/// What neither YAML nor compose reads anything into, but for words such as `true`.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
}

/// A YAML scalar that is read as this text by compose: quoted, `$` doubled.
pub(super) fn scalar(text: &str) -> String {
    let word = is_word(text)
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if word { text.to_owned() } else { serde_json::Value::from(text.replace('$', "$$")).to_string() }
}

/// A folder that a component writes to, as it is mounted.
pub(super) struct Mount {
    pub(super) folder: String,
    /// Without one it is memory.
    pub(super) volume: Option<String>,
    /// Of memory: whose it is, and how much.
    pub(super) options: String,
    /// Why, for a comment.
    pub(super) because: String,
}

/// The folders that a component writes to, each once; `/tmp` is there anyway.
pub(super) fn mounts(component: &Component, user: &str, workdir: &str) -> Vec<Mount> {
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    let workdir = component.within(workdir);
    let mut mounts: Vec<Mount> = Vec::new();
    for one in &component.written {
        let folder = one.mounted(&workdir);
        if folder == "/tmp" || mounts.iter().any(|mount| mount.folder == folder) {
            continue;
        }
        let inner = folder.strip_prefix(&workdir).unwrap_or(&folder).trim_matches('/');
        let name: String =
            inner.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        // `/data` beside the app's own `data`
        let is_taken = |name: &str| mounts.iter().any(|mount| mount.volume.as_deref() == Some(name));
        let name = if is_taken(&name) { format!("{name}_{}", mounts.len() + 1) } else { name };
        let (volume, because) = match one.holds {
            Holding::Data => (Some(name), "written while it runs, must last".to_owned()),
            Holding::Logs => {
                (None, "logs in memory; better on stdout, where `docker compose logs` has them".to_owned())
            }
            Holding::Scratch => (None, "made again after a restart; counts as memory".to_owned()),
        };
        let options = format!("uid={uid},gid={gid},mode=0700,size=64m");
        mounts.push(Mount { folder, volume, options, because });
    }
    mounts
}
