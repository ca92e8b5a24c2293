//! What a template may say of a component: every key is always there, absent facts are `none`.

mod go;
mod next;
mod node;
mod python;
mod secrets;
mod workspace;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;

use super::ignore;
use crate::facts::{
    Argv, BuildStep, Component, Line, Migration, MigrationPlace, MigrationTool, Packages, Probe, Runtime, Setting,
    Stack, ToolSource,
};
use crate::paths::RelPath;
use crate::presets::{Policy, Presets};
use crate::project::{Mistake, Project};

/// The facts of one component as its templates see them.
#[derive(Debug, Clone)]
pub struct Facts {
    value: Value,
    /// The user that runs it, `uid:gid`.
    pub user: &'static str,
}

type Map = BTreeMap<String, Value>;
/// A top-level name that templates may use, with its value.
type Fact = (&'static str, Value);

impl Facts {
    /// # Errors
    /// A question is still open, or a fact cannot be carried by a container file.
    pub fn of(component: &Component, policy: &Policy, presets: &Presets, project: &Project) -> Result<Self, Mistake> {
        let user = match component.stack {
            Stack::Go(_) => "65532:65532",
            _ if policy.distroless => "65532:65532",
            _ => "1001:1001",
        };
        let facts = Reading { component, policy, presets, project, user };
        Ok(Facts { value: facts.context()?, user })
    }

    /// For rendering.
    pub fn value(&self) -> Value {
        self.value.clone()
    }
}

/// The dotted names that a template may use: of samples of every stack with everything present.
pub fn sample_names(samples: &[Facts]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for facts in samples {
        collect(&facts.value, "", &mut names);
    }
    names
}

fn collect(value: &Value, prefix: &str, names: &mut BTreeSet<String>) {
    if value.kind() != minijinja::value::ValueKind::Map {
        return;
    }
    for key in value.try_iter().into_iter().flatten() {
        let name = format!("{prefix}{}", key.as_str().unwrap_or_default());
        if let Ok(inner) = value.get_item(&key) {
            collect(&inner, &format!("{name}."), names);
        }
        names.insert(name);
    }
}

/// Letters, digits and what no Dockerfile, shell or YAML reads anything into.
pub fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "._-/@+,".contains(c))
        && !path.starts_with('-')
}

/// How the migrations run here: the smallest images lack what a package's command needs, a shell,
/// and what Next.js leaves behind has only the packages that its server imports.
pub(super) fn migration(component: &Component, policy: &Policy) -> Option<Migration> {
    let mut migration = component.migrate.value()?.clone()?;
    let is_small = policy.distroless || matches!(component.stack, Stack::Next(..));
    let of_package = component.stack.node().is_some() && migration.command.words()[0].contains("/.bin/");
    if is_small && of_package && migration.place == MigrationPlace::Production {
        migration.place = MigrationPlace::Build;
    }
    Some(migration)
}

/// A text whose type cannot hold what would break out of a file.
fn safe(text: impl ToString) -> Value {
    Value::from_safe_string(text.to_string())
}

fn words(argv: &[String]) -> Value {
    Value::from(argv.to_vec())
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::from(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map>())
}

fn none() -> Value {
    Value::from(())
}

struct Reading<'a> {
    component: &'a Component,
    policy: &'a Policy,
    presets: &'a Presets,
    project: &'a Project,
    user: &'static str,
}

impl Reading<'_> {
    fn context(&self) -> Result<Value, Mistake> {
        let component = self.component;
        let runtime = component.runtime.value().ok_or_else(|| self.open("runtime"))?;
        let start = component.start.value().ok_or_else(|| self.open("start"))?.words();
        let develop = component.develop.value().map_or(start, |argv| argv.words());
        let port = component.listens_on();

        let mut facts: Vec<Fact> = vec![
            ("name", safe(&component.name)),
            ("headline", safe(self.headline(runtime))),
            ("user", safe(self.user)),
            ("starter", Value::from(component.needs_starter())),
            ("port", port.map_or_else(none, |port| Value::from(port.number()))),
            ("run_flags", safe(self.run_flags())),
            ("build_from", safe(self.build_from())),
            ("workdir", safe(self.workdir())),
            ("workspace", self.workspace()?),
            ("runtime", self.runtime(runtime)),
            ("policy", map([("distroless", Value::from(self.policy.distroless))])),
            ("build", component.build.value().and_then(Option::as_ref).map_or_else(none, |argv| words(argv.words()))),
            ("develop", words(develop)),
            ("copy", self.copies()?),
            ("environment", self.environment(false)),
            ("environment_in_development", self.environment(true)),
            ("labels", self.labels()),
            ("build_lines", Value::from(self.build_lines())),
            ("build_arguments", Value::from(self.arguments())),
            ("build_notes", Value::from(self.build_notes())),
            ("migrate_stages", self.migrate_stages()),
            ("written", self.written()),
            ("ignore", ignore::patterns(component, self.policy, self.presets, self.project)),
        ];
        facts.extend(match &component.stack {
            Stack::Node(node) => self.node(node, start, port.map(|port| port.number()))?,
            Stack::Go(go) => self.go(go, start)?,
            Stack::Next(node, next) => self.next(node, next, start, port.map(|port| port.number()))?,
            Stack::FastApi(python, _) => self.python(python, start, port.map(|port| port.number()))?,
        });
        Ok(map(facts))
    }

    fn open(&self, key: &str) -> Mistake {
        Mistake::new(format!("`{key}` of `{}` is not decided", self.component.name))
    }

    fn headline(&self, runtime: &Runtime) -> String {
        let mut parts = vec![runtime.to_string()];
        if let Stack::Next(_, next) = &self.component.stack {
            let major = next.major.map(|major| format!(" {major}")).unwrap_or_default();
            let standalone = if next.standalone.value() == Some(&true) { ", standalone" } else { "" };
            parts.insert(0, format!("Next.js{major}{standalone}"));
        }
        match &self.component.stack {
            Stack::Node(node) | Stack::Next(node, _) => {
                if let Some(framework) = &node.framework {
                    parts.insert(0, framework.to_string());
                }
                parts.extend(node.packages.value().map(Packages::to_string));
                if node.typescript {
                    parts.push("TypeScript".to_owned());
                }
            }
            Stack::FastApi(python, _) => parts.extend(python.packages.value().map(Packages::to_string)),
            Stack::Go(go) if go.cgo.is_some() => parts.push("one binary that links C on distroless".to_owned()),
            Stack::Go(_) => parts.push("one static binary on distroless".to_owned()),
        }
        Line::from_text(&format!("{}: {}", self.component.name, parts.join(", "))).to_string()
    }

    fn run_flags(&self) -> String {
        let hardening = "--init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges";
        let name = &self.component.name;
        let written = crate::render::lines::mounts(self.component, self.user, "/app");
        let mounts = written.iter().map(|mount| match &mount.volume {
            Some(volume) => format!(" -v {name}_{volume}:{}", mount.folder),
            None => format!(" --tmpfs {}:{}", mount.folder, mount.options),
        });
        let mounts: String = mounts.collect();
        match self.component.listens_on() {
            Some(port) => format!("{hardening}{mounts} -p 127.0.0.1:{port}:{port}"),
            None => format!("{hardening}{mounts}"),
        }
    }

    fn runtime(&self, runtime: &Runtime) -> Value {
        let glibc = self.component.stack.node().is_some_and(|node| node.needs_glibc.is_some());
        map([
            ("image", safe(if glibc { &runtime.slim } else { &runtime.image })),
            ("slim", safe(&runtime.slim)),
            ("distroless", runtime.distroless.as_ref().map_or_else(none, safe)),
            ("package_managers", safe(runtime.package_managers.join(" "))),
        ])
    }

    /// `none` probes render nothing: the template asks for a port first.
    fn probe(&self, runtime: &str, prober: &[&str]) -> Vec<String> {
        let Some(preset) = self.presets.runtimes.get(runtime).map(|preset| &preset.probe) else { return Vec::new() };
        let (words, path) = match self.component.health.value() {
            Some(Probe::Http(path)) => (&preset.http, path.as_str()),
            _ => (&preset.port, ""),
        };
        let expanded = words.iter().flat_map(|word| match word.as_str() {
            "{prober}" => prober.iter().map(|word| (*word).to_owned()).collect(),
            word => vec![word.replace("{path}", path)],
        });
        expanded.collect()
    }

    fn environment(&self, development: bool) -> Value {
        let mut pairs: Vec<(String, String)> = Vec::new();
        match &self.component.stack {
            Stack::Node(_) | Stack::Next(..) => pairs.extend(self.node_environment(development)),
            Stack::Go(_) => pairs.extend(self.go_environment(development)),
            Stack::FastApi(python, _) => pairs.extend(self.python_environment(python)),
        }
        // where a component says `PORT` itself, its code takes an address there: `:8080`
        if !self.component.environment.iter().any(|(name, _)| name.as_str() == "PORT") {
            pairs.extend(self.component.listens_on().map(|port| ("PORT".to_owned(), port.to_string())));
        }
        for (name, value) in &self.component.environment {
            if !pairs.iter().any(|(present, _)| present == name.as_str()) {
                pairs.push((name.to_string(), value.to_string()));
            }
        }
        pair_values(pairs)
    }

    /// The lines of the `RUN` that builds: secret mounts, placeholders, the command.
    fn build_lines(&self) -> Vec<Value> {
        let mut command = self.component.build.value().and_then(Option::as_ref).cloned();
        if let Stack::Next(_, next) = &self.component.stack {
            command = Argv::new(self.next_build(next)).ok();
        }
        let (before, after) = self.generating();
        let commands: Vec<String> =
            before.into_iter().chain(command.map(|argv| argv.to_string())).chain(after).collect();
        let mut lines = Vec::new();
        for setting in self.mounted(BuildStep::Build) {
            lines.push(self.mount(setting));
        }
        for (at, command) in commands.iter().enumerate() {
            for setting in &self.component.settings {
                if setting.is_mounted_at(BuildStep::Build) {
                    lines.push(self.value_of_mounted(setting));
                } else {
                    lines.extend(self.placeholder(setting));
                }
            }
            let and = if at + 1 < commands.len() { " &&" } else { "" };
            lines.push(format!("{command}{and}"));
        }
        if commands.is_empty() { Vec::new() } else { lines.into_iter().map(safe).collect() }
    }

    /// `NAME=value` before a command that asks for a name and does not use it.
    fn placeholder(&self, setting: &Setting) -> Option<String> {
        let value = setting.at_build.as_ref().filter(|_| !setting.is_mounted_at(BuildStep::Build))?;
        // quoted as a word of a command is
        let word = Argv::new([value.as_str()]).map(|word| word.to_string()).unwrap_or_default();
        Some(format!("{}={word}", setting.name))
    }

    /// What stands above that `RUN`.
    fn build_notes(&self) -> Vec<Value> {
        let settings = &self.component.settings;
        let up = self.up();
        let secrets: Vec<String> = self
            .mounted(BuildStep::Build)
            .map(|setting| format!("`--secret id={0},src={up}secrets/{0}`", self.component.secret_file(setting)))
            .collect();
        let mut notes = Vec::new();
        if !secrets.is_empty() {
            notes.push(format!("Secrets that only this line sees, given with {}", secrets.join(" ")));
        }
        if settings.iter().any(|setting| setting.at_build.is_some()) {
            notes.push("The build asks for these and uses none: placeholders, in no layer".to_owned());
        }
        notes.into_iter().map(safe).collect()
    }

    /// One entry where migrations have a stage of their own, none otherwise: a list, so that a
    /// template needs no branch.
    fn migrate_stages(&self) -> Value {
        let Some(migration) = migration(self.component, self.policy).filter(|m| m.place != MigrationPlace::Production)
        else {
            return Value::from(Vec::<Value>::new());
        };
        let environment = match &self.component.stack {
            Stack::Node(_) | Stack::Next(..) => self.node_environment_of_migrations(),
            Stack::Go(_) | Stack::FastApi(..) => Vec::new(),
        };
        let (mut tools, mut from, mut path) = (Vec::new(), String::new(), String::new());
        match &migration.place {
            MigrationPlace::Own(MigrationTool { program, source: ToolSource::Go { package, tags } }) => {
                (from, path) = ("tool".to_owned(), format!("/out/{program}"));
                tools.push(map([("program", safe(program)), ("package", safe(package)), ("tags", safe(tags))]));
            }
            MigrationPlace::Own(MigrationTool { source: ToolSource::Image { image, path: there }, .. }) => {
                (from, path) = (image.to_string(), there.clone());
            }
            MigrationPlace::Production | MigrationPlace::Build => {}
        }
        let folders = migration.files.iter().filter(|path| is_plain_path(path.as_str()));
        Value::from(vec![map([
            ("tool", safe(&migration.tool)),
            ("tools", Value::from(tools)),
            ("from", safe(from)),
            ("path", safe(path)),
            ("folders", Value::from(folders.map(|path| path.to_string()).collect::<Vec<_>>())),
            ("expands", Value::from(migration.command.words().iter().any(|word| word.starts_with('$')))),
            ("environment", pair_values(environment)),
            ("command", words(migration.command.words())),
        ])])
    }

    fn labels(&self) -> Value {
        let mut pairs = vec![("title".to_owned(), self.component.name.to_string())];
        pairs.extend(self.component.description.as_ref().map(|line| ("description".to_owned(), line.to_string())));
        pairs.extend(self.component.license.as_ref().map(|line| ("licenses".to_owned(), line.to_string())));
        pair_values(pairs.into_iter().map(|(key, value)| (format!("org.opencontainers.image.{key}"), value)))
    }

    /// What the last stage takes from the build besides packages and binaries.
    fn copies(&self) -> Result<Value, Mistake> {
        let component = self.component;
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        if let Some(node) = component.stack.node() {
            files.push("package.json".to_owned());
            folders.extend(node.output.iter().map(|path| path.to_string()));
        }
        let is_written = |path: &RelPath| component.written.iter().any(|one| !one.from_root && one.path == *path);
        for (path, _) in component.assets.iter().filter(|(path, _)| !is_written(path)) {
            let below = path.under(&component.path.under(self.project.root()));
            let list = if component.stack.node().is_some() && !path.as_str().contains('/') && below.is_file() {
                &mut files
            } else {
                &mut folders
            };
            if !list.iter().any(|present| present == path.as_str()) {
                list.push(path.to_string());
            }
        }
        // a folder brings what lies below it
        let all = folders.clone();
        folders.retain(|path| !all.iter().any(|other| other != path && path.starts_with(&format!("{other}/"))));
        for path in files.iter().chain(&folders) {
            if !is_plain_path(path) {
                return Err(Mistake::new(format!("the app reads `{path}`, a name that a Dockerfile cannot carry"))
                    .hint("rename it: letters, digits and `._-/@+,`"));
            }
        }
        Ok(map([("files", Value::from(files)), ("folders", Value::from(folders))]))
    }
}

fn pair_values(pairs: impl IntoIterator<Item = (String, String)>) -> Value {
    Value::from(
        pairs.into_iter().map(|(name, value)| Value::from(vec![safe(name), Value::from(value)])).collect::<Vec<_>>(),
    )
}
