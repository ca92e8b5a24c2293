//! compose.yaml, its override, docker-bake.hcl and the texts below secrets/: once per project, from all components
//! and their backing services.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::lines::{
    Mount, arguments, build_secrets, context, context_path, depends_on, development_environment, development_secrets,
    development_tmpfs, dockerfile, environment, host_path, inner, lines, list, map, mounts, safe, secrets_of,
};
use super::migrate::{migrate_target, migrate_values};
use super::ports::{Ports, publish, published};
use super::secrets::{readme_row, shell};
use super::{Facts, Renderer};
use crate::catalog::{Service, Template, compose_templates};
use crate::facts::{Component, Name, Place, Stack};
use crate::paths::RelPath;
use crate::presets::{Policy, Presets, ServicePreset};
use crate::project::{Mistake, Project};
use crate::setup::{SecretFile, SetupFile};

/// A component with what was rendered for it.
pub struct Rendered<'a> {
    pub component: &'a Component,
    pub template: &'a Template,
}

/// Renders the project's own files: compose.yaml, compose.override.yaml, docker-bake.hcl and, where
/// there are secrets, secrets/README.md and secrets/.gitignore.
///
/// # Errors
/// A template of compose that cannot be rendered: a mistake of dockwright's.
pub fn compose(
    name: &Name,
    rendered: &[Rendered<'_>],
    secrets: &[SecretFile],
    policy: &Policy,
    presets: &Presets,
    project: &Project,
) -> Result<BTreeMap<RelPath, SetupFile>, Mistake> {
    let wrong = |what: String| Mistake::new(format!("compose files cannot be rendered: {what}"));
    // an origin may bring its own; components of several origins share the first one's
    let templates = rendered.iter().find(|one| one.template.pull.is_some()).or(rendered.first());
    let templates = templates.map(|one| one.template.compose.clone()).unwrap_or_else(compose_templates);
    let renderer = Renderer::new(&templates).map_err(wrong)?;
    let components: Vec<Component> = rendered.iter().map(|one| one.component.clone()).collect();
    let mut context = Context::new();
    let mut values = Vec::new();
    let (in_compose, in_development) = services(&components, presets);
    let mut ports = Ports::of(&components, in_compose.iter().chain(&in_development).map(|(preset, _)| preset.port));
    let mut debugger = false;
    let mut written_volumes: Vec<Value> = Vec::new();
    let mut development_volumes: Vec<Value> = in_development.iter().map(|(preset, _)| safe(&preset.volume)).collect();
    for one in rendered {
        let facts = Facts::of(one.component, policy, presets, project)?;
        let service = Expanded::of(one, &facts, &renderer).map_err(wrong)?;
        debugger |= service.debug_port.is_some();
        let volumes = service.volumes.iter().filter_map(|volume| volume.split(':').next());
        development_volumes.extend(volumes.map(safe));
        let written = mounts(one.component, facts.user, "/app").into_iter().filter_map(|mount| mount.volume);
        written_volumes.extend(written.map(|volume| safe(volume_name(one.component, &volume))));
        values.push(component_value(one.component, &service, &mut ports, policy, presets));
    }
    let services_volumes = in_compose.iter().map(|(preset, _)| safe(&preset.volume));
    let volumes: Vec<Value> = written_volumes.into_iter().chain(services_volumes).collect();
    let bodies = || in_compose.iter().chain(&in_development).map(|(preset, _)| preset.compose.as_str());
    let both = |component| [secrets_of(component, presets), development_secrets(component, presets)].concat();
    let named: Vec<String> =
        components.iter().flat_map(both).chain(components.iter().flat_map(build_secrets)).collect();
    // what only other secrets are made of is mounted nowhere
    let is_mounted = |file: &&SecretFile| named.contains(&file.name) || bodies().any(|body| has_word(body, &file.name));
    let development_only = |file: &&SecretFile| {
        file.name.starts_with("development_")
            || (in_development.iter().any(|(preset, _)| preset.secret.iter().any(|secret| secret.name == file.name)))
    };
    context.insert("name", safe(name));
    context.insert("headline", safe(headline(name, &components, &in_compose)));
    let debugger = if debugger { ", debugger" } else { "" };
    let reach = if in_compose.is_empty() && in_development.is_empty() { "" } else { ", database within reach" };
    context.insert("gains", safe(format!("reloads on save{debugger}{reach}")));
    let synced = components.iter().any(|component| !component.root_sources.is_empty());
    let watch_gains = if synced {
        "sees files outside the mounted folders and rebuilds when dependencies change"
    } else {
        "rebuilds when dependencies change"
    };
    context.insert("watch_gains", safe(watch_gains));
    let targets: Vec<String> = components
        .iter()
        .flat_map(|component| {
            let own = migrate_target(component, policy);
            std::iter::once(component.service_name().to_owned()).chain(own)
        })
        .collect();
    context.insert("bake_targets", Value::from(targets));
    context.insert("components", Value::from(values));
    context.insert("services", service_values(&in_compose, &components));
    context.insert("development_services", service_values(&in_development, &components));
    context.insert("volumes", Value::from(volumes));
    context.insert("development_volumes", Value::from(development_volumes));
    let names = |files: Vec<&SecretFile>| Value::from(files.iter().map(|file| safe(&file.name)).collect::<Vec<_>>());
    context
        .insert("secrets", names(secrets.iter().filter(is_mounted).filter(|file| !development_only(file)).collect()));
    context.insert("development_secrets", names(secrets.iter().filter(is_mounted).filter(development_only).collect()));
    context.insert("netrc", Value::from(components.iter().any(needs_netrc)));
    context.insert("files", Value::from(secrets.iter().map(readme_row).collect::<Vec<_>>()));
    context.insert("shell", Value::from(shell(secrets).into_iter().map(safe).collect::<Vec<_>>()));
    let starts = components.iter().find(|component| component.needs_starter());
    context.insert("starter", starts.map_or(Value::from(()), |component| safe(component.service_name())));
    let all: Vec<_> = in_compose.iter().chain(&in_development).cloned().collect();
    let readme_services = service_values(&all, &components);

    let mut files = BTreeMap::new();
    let mut add = |path: &str, template: &str, context: &Context| -> Result<(), Mistake> {
        let text = renderer.render_value(template, value(context)).map_err(wrong)?;
        let path = RelPath::new(path).map_err(|error| Mistake::new(error.to_string()))?;
        files.insert(path, SetupFile { text, mode: 0o644 });
        Ok(())
    };
    add("compose.yaml", "compose.yaml.j2", &context)?;
    add("compose.override.yaml", "compose.override.yaml.j2", &context)?;
    add("docker-bake.hcl", "docker-bake.hcl.j2", &context)?;
    if !secrets.is_empty() {
        context.insert("services", readme_services);
        add("secrets/README.md", "secrets-readme.md.j2", &context)?;
        add("secrets/.gitignore", "secrets-gitignore.j2", &context)?;
    }
    Ok(files)
}

/// `shop, PostgreSQL`; of several components `shop (api, worker), PostgreSQL`.
fn headline(name: &Name, components: &[Component], services: &Services<'_>) -> String {
    let among: Vec<&str> =
        components.iter().filter(|component| component.among.is_some()).map(Component::service_name).collect();
    let all = if among.is_empty() { String::new() } else { format!(" ({})", among.join(", ")) };
    let named = services.iter().map(|(preset, _)| preset.name.clone());
    std::iter::once(format!("{name}{all}")).chain(named).collect::<Vec<_>>().join(", ")
}

type Context = BTreeMap<&'static str, Value>;

fn value(context: &Context) -> Value {
    Value::from(
        context.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<BTreeMap<String, Value>>(),
    )
}

/// A manifest's `[service]` with its texts rendered.
pub(super) struct Expanded {
    pub(super) user: String,
    pub(super) tmpfs: Vec<String>,
    pub(super) memory: String,
    pub(super) debug_port: Option<u16>,
    pub(super) development_memory: String,
    pub(super) workdir: String,
    pub(super) writable: bool,
    pub(super) volumes: Vec<String>,
}

impl Expanded {
    fn of(rendered: &Rendered<'_>, facts: &Facts, renderer: &Renderer) -> Result<Self, String> {
        let service: &Service = &rendered.template.manifest.service;
        let own = |volume: &String| match rendered.component.among {
            None => volume.clone(),
            Some(_) => format!("{}_{volume}", rendered.component.service_name().replace('-', "_")),
        };
        let text = |source: &str| renderer.inline(source, facts);
        let debugs = match &service.development.debug_when {
            Some(when) => renderer.holds(when, facts)?,
            None => true,
        };
        Ok(Expanded {
            user: text(&service.user)?,
            tmpfs: service.tmpfs.iter().map(|mount| text(mount)).collect::<Result<_, _>>()?,
            memory: service.memory.clone(),
            debug_port: service.development.debug_port.filter(|_| debugs),
            development_memory: service.development.memory.clone(),
            workdir: service.development.workdir.clone(),
            writable: service.development.writable,
            volumes: service.development.volumes.iter().map(own).collect(),
        })
    }
}

/// Backing services in compose.yaml and those in the override only, each once.
type Services<'a> = Vec<(&'a ServicePreset, String)>;

fn services<'a>(components: &[Component], presets: &'a Presets) -> (Services<'a>, Services<'a>) {
    let of = |place: Place| {
        let mut found: Services<'a> = Vec::new();
        for service in components.iter().flat_map(|component| &component.services) {
            if let Some(preset) = presets.services.get(&service.id)
                && service.place == place
                && !found.iter().any(|(present, _)| present.service == preset.service)
            {
                found.push((preset, service.version.clone()));
            }
        }
        found
    };
    let in_compose = of(Place::Compose);
    let mut in_development = of(Place::Development);
    // for one component it is in compose.yaml, for the other it would be added
    in_development.retain(|(preset, _)| in_compose.iter().all(|(other, _)| other.service != preset.service));
    (in_compose, in_development)
}

fn service_values(services: &Services<'_>, components: &[Component]) -> Value {
    let values = services.iter().map(|(preset, version)| {
        let image = preset.version.iter().find(|known| known.version == *version).or(preset.version.first());
        let image = image.map(|known| known.image.as_str()).unwrap_or_default();
        let body: Vec<Value> = preset.compose.trim().lines().map(|line| safe(line.replace("{image}", image))).collect();
        map([
            ("name", safe(&preset.service)),
            ("title", Value::from(preset.name.clone())),
            ("rotate", Value::from(rotate(preset, components))),
            ("publish", safe(publish(&preset.port_variable, preset.port, preset.port))),
            ("body", Value::from(body)),
        ])
    });
    Value::from(values.collect::<Vec<_>>())
}

fn component_value(
    component: &Component,
    service: &Expanded,
    ports: &mut Ports,
    policy: &Policy,
    presets: &Presets,
) -> Value {
    let depends_on = depends_on(component, Place::Compose, presets);
    let mut networks = vec![safe("frontend")];
    if !depends_on.is_empty() {
        networks.push(safe("backend"));
    }
    let (mut mounts_in_development, watch) = development_files(component, service);
    let written = mounts(component, &service.user, "/app");
    let named = |mount: &Mount| mount.volume.as_ref().map(|volume| volume_name(component, volume));
    let volumes =
        written.iter().filter_map(|mount| Some(format!("{}:{} # {}", named(mount)?, mount.folder, mount.because)));
    let volumes: Vec<String> = volumes.collect();
    let in_memory = |mount: &Mount| {
        let line = format!("{}:{} # {}", mount.folder, mount.options, mount.because);
        mount.volume.is_none().then_some(line)
    };
    let tmpfs = service.tmpfs.iter().cloned().chain(written.iter().filter_map(in_memory)).collect();
    // development of some runs in a folder of another name
    let elsewhere: Vec<Mount> = mounts(component, &service.user, &service.workdir)
        .into_iter()
        .filter(|mount| written.iter().all(|known| known.folder != mount.folder))
        .collect();
    mounts_in_development
        .extend(elsewhere.iter().filter_map(|mount| Some(format!("{}:{}", named(mount)?, mount.folder))));
    let of_framework = development_tmpfs(component, &service.user, &service.workdir);
    let in_development = elsewhere.iter().filter_map(in_memory).chain(of_framework).collect();
    let writable = match (service.writable, component.root_sources.is_empty()) {
        (true, _) if matches!(component.stack, Stack::Next(..)) => safe("next dev writes its output"),
        (true, _) => safe("the compiler writes"),
        (false, false) => safe("changed files are copied in"),
        (false, true) => Value::from(()),
    };
    map([
        ("service", safe(component.service_name())),
        ("name", safe(&component.name)),
        ("context", context(component)),
        ("dockerfile", dockerfile(component)),
        ("folder", Value::from(component.context.to_string())),
        // one cache per image: a second one in the same place would push the first one out
        ("cache", safe(component.among.as_ref().map_or("", |among| among.service.as_str()))),
        ("user", safe(&service.user)),
        ("by_ssh", Value::from(fetches_by_ssh(component))),
        (
            "build_secrets",
            list(
                build_secrets(component)
                    .into_iter()
                    .chain(needs_netrc(component).then(|| "netrc".to_owned()))
                    .collect(),
            ),
        ),
        ("arguments", lines(arguments(component))),
        ("environment", lines(environment(component, presets))),
        ("development_environment", lines(development_environment(component, presets))),
        ("secrets", list(secrets_of(component, presets))),
        ("development_secrets", list(development_secrets(component, presets))),
        ("publish", published(component).map_or(Value::from(()), safe)),
        ("networks", Value::from(networks)),
        ("depends_on", list(depends_on)),
        ("development_depends_on", list(self::depends_on(component, Place::Development, presets))),
        ("migrate", migrate_values(component, service, policy, presets)),
        ("tmpfs", list(tmpfs)),
        ("development_tmpfs", list(in_development)),
        ("volumes", list(volumes)),
        ("memory", safe(&service.memory)),
        ("development_memory", safe(&service.development_memory)),
        ("debugger", service.debug_port.map_or(Value::from(()), |port| safe(ports.debugger(component, port)))),
        ("writable", writable),
        ("mounts", list(mounts_in_development)),
        ("watch", list(watch)),
    ])
}

/// How a backing service's password is changed, for all who read it.
fn rotate(preset: &ServicePreset, components: &[Component]) -> String {
    let talks = |component: &&Component| component.services.iter().any(|service| service.name == preset.name);
    let readers: Vec<&str> = components.iter().filter(talks).map(Component::service_name).collect();
    let files = if readers.len() > 1 { "every file that holds it" } else { &preset.rotate_files };
    preset.rotate.replace("{app}", &readers.join(" ")).replace("{files}", files)
}

/// A volume of a component's own: `app_uploads`.
fn volume_name(component: &Component, volume: &str) -> String {
    format!("{}_{volume}", component.service_name().replace('-', "_"))
}

/// Whether a text has a name as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
}

/// Private modules that the build fetches by HTTPS, with the credentials of whoever builds.
fn needs_netrc(component: &Component) -> bool {
    matches!(&component.stack, Stack::Go(go) if go.private.as_ref().is_some_and(|private| !private.ssh))
}

fn fetches_by_ssh(component: &Component) -> bool {
    matches!(&component.stack, Stack::Go(go) if go.private.as_ref().is_some_and(|private| private.ssh))
}

/// Mounts of source folders and the rules of `docker compose up --watch`.
fn development_files(component: &Component, service: &Expanded) -> (Vec<String>, Vec<String>) {
    let host = |path: &RelPath| host_path(component, path);
    let plain = |path: &&RelPath| super::context::is_plain_path(path.as_str());
    let workdir = &format!("{}{}", service.workdir, inner(component));
    // folders that the program reads are edited too; files are not mounted: editors replace them
    let is_written = |path: &RelPath| component.written.iter().any(|one| !one.from_root && one.path.is_below(path));
    let asset_folders = component.assets.iter().map(|(path, _)| path).filter(|path| path.extension().is_none());
    let asset_folders = asset_folders.filter(|path| !is_written(path));
    let mut folders: Vec<&RelPath> = component.sources.iter().chain(asset_folders).filter(plain).collect();
    folders.sort();
    folders.dedup();
    let all = folders.clone();
    folders.retain(|path| !all.iter().any(|other| other != path && path.is_below(other)));
    let mut mounts: Vec<String> = folders.iter().map(|path| format!("{}:{workdir}/{path}:ro", host(path))).collect();
    let beside = component.stack.beside().iter().filter(plain);
    mounts.extend(beside.map(|path| format!("{}:{}/{path}:ro", context_path(component, path), service.workdir)));
    if let Some(first) = mounts.first_mut() {
        first.push_str(" # sources only: what the image installed stays its own");
    }
    let needs = || component.stack.node().and_then(|node| node.workspace.as_ref()).into_iter().flat_map(|w| &w.needs);
    for need in needs() {
        let sources = need.sources.iter().filter_map(|source| need.path.join(source.as_str()).ok());
        mounts.extend(
            sources
                .filter(|path| plain(&path))
                .map(|path| format!("{}:{}/{path}:ro", context_path(component, &path), service.workdir)),
        );
    }
    mounts.extend(service.volumes.iter().cloned());
    // syncing puts another file in the place of the old one: Node's own watcher sees that once and never again
    let action = match &component.stack {
        Stack::Node(_) => "sync+restart",
        Stack::Next(..) | Stack::FastApi(..) | Stack::Go(_) => "sync",
    };
    let mut watch: Vec<String> = component
        .root_sources
        .iter()
        .filter(plain)
        .map(|path| format!("{{action: {action}, path: {}, target: {workdir}/{path}}}", host(path)))
        .collect();
    let rebuild: Vec<RelPath> = match &component.stack {
        Stack::Node(node) | Stack::Next(node, _) => {
            let lockfile = node.packages.value().and_then(|packages| packages.lockfile.clone());
            lockfile.or_else(|| RelPath::new("package.json").ok()).into_iter().collect()
        }
        Stack::FastApi(python, _) => {
            let lockfile = python.packages.value().and_then(|packages| packages.lockfile.clone());
            let manifest = || python.packages.value().and_then(|packages| packages.manifests.first().cloned());
            let first = python.development_manifests.first().cloned();
            lockfile.or_else(manifest).into_iter().chain(first).collect()
        }
        Stack::Go(go) => RelPath::new(if go.has_sum { "go.sum" } else { "go.mod" }).into_iter().collect(),
    };
    let config = match &component.stack {
        Stack::Next(_, next) => next.config.clone(),
        _ => None,
    };
    let rebuild = rebuild.iter().map(|path| context_path(component, path)).chain(config.iter().map(host));
    watch.extend(rebuild.map(|path| format!("{{action: rebuild, path: {path}}}")));
    for need in needs() {
        let sources = need.built_from.iter().filter_map(|source| need.path.join(source.as_str()).ok());
        let sources = sources.filter(|path| plain(&path)).map(|path| context_path(component, &path));
        watch.extend(sources.map(|path| format!("{{action: rebuild, path: {path}}}")));
    }
    (mounts, watch)
}
