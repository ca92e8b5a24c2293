//! What a template may say of a component: every key is always there, absent facts are `none`.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;

use super::ignore;
use crate::facts::{Component, Go, Line, Node, Packages, Probe, Runtime, Stack};
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

impl Facts {
    /// # Errors
    /// A question is still open, or a fact cannot be carried by a container file.
    pub fn of(component: &Component, policy: &Policy, presets: &Presets, project: &Project) -> Result<Self, Mistake> {
        let user = match component.stack {
            Stack::Go(_) => "65532:65532",
            Stack::Node(_) if policy.distroless => "65532:65532",
            Stack::Node(_) => "1001:1001",
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
        let distroless_node = self.policy.distroless && matches!(component.stack, Stack::Node(_));

        let mut facts: Vec<(&'static str, Value)> = vec![
            ("name", safe(&component.name)),
            ("headline", safe(self.headline(runtime))),
            ("user", safe(self.user)),
            ("starter", Value::from(component.needs_starter())),
            ("port", port.map_or_else(none, |port| Value::from(port.number()))),
            ("run_flags", safe(self.run_flags())),
            ("runtime", self.runtime(runtime)),
            ("policy", map([("distroless", Value::from(self.policy.distroless))])),
            ("build", component.build.value().and_then(Option::as_ref).map_or_else(none, |argv| words(argv.words()))),
            ("develop", words(develop)),
            ("copy", self.copies()?),
            ("environment", self.environment(false)),
            ("environment_in_development", self.environment(true)),
            ("labels", self.labels()),
            ("ignore", ignore::patterns(component, self.policy, self.presets, self.project)),
        ];
        match &component.stack {
            Stack::Node(node) => {
                let mut start = start.to_vec();
                let mut probe = self.probe("node", &[]);
                if distroless_node {
                    start = distroless_start(&start).ok_or_else(|| self.needs_shell(&start))?;
                    let node =
                        self.presets.runtimes.get("node").and_then(|preset| preset.probe.distroless_command.clone());
                    if let (Some(first), Some(node)) = (probe.first_mut(), node) {
                        *first = node;
                    }
                }
                facts.extend([
                    ("start", words(&start)),
                    ("entrypoint", words(&self.node_entrypoint())),
                    ("probe", words(&probe)),
                    ("ports_in_development", safe(ports_in_development(port.map(|port| port.number())))),
                    ("packages", self.packages(node)?),
                ]);
            }
            Stack::Go(go) => {
                let (prober, in_development): (&[&str], &[&str]) = if component.needs_starter() {
                    (&["with-secrets", "-probe"], &["/cache/with-secrets", "-probe"])
                } else {
                    (&["probe"], &["/cache/probe"])
                };
                facts.extend([
                    ("start", words(&go_start(start))),
                    ("probe", words(&self.probe("go", prober))),
                    ("probe_in_development", words(&self.probe("go", in_development))),
                    ("go", self.go(go, start)?),
                ]);
            }
        }
        Ok(map(facts))
    }

    fn open(&self, key: &str) -> Mistake {
        Mistake::new(format!("`{key}` of `{}` is not decided", self.component.name))
    }

    fn needs_shell(&self, start: &[String]) -> Mistake {
        Mistake::new(format!(
            "preset `strict` has no shell, and `{}` starts with `{}`",
            self.component.name,
            start.join(" ")
        ))
        .hint("`--set start='node FILE'` names the file to run, or use `--preset standard`")
    }

    fn headline(&self, runtime: &Runtime) -> String {
        let mut parts = vec![runtime.to_string()];
        match &self.component.stack {
            Stack::Node(node) => {
                parts.extend(node.packages.value().map(Packages::to_string));
                if node.typescript {
                    parts.push("TypeScript".to_owned());
                }
            }
            Stack::Go(_) => parts.push("one static binary on distroless".to_owned()),
        }
        Line::from_text(&format!("{}: {}", self.component.name, parts.join(", "))).to_string()
    }

    fn run_flags(&self) -> String {
        let hardening = "--init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges";
        match self.component.listens_on() {
            Some(port) => format!("{hardening} -p 127.0.0.1:{port}:{port}"),
            None => hardening.to_owned(),
        }
    }

    fn runtime(&self, runtime: &Runtime) -> Value {
        let glibc = matches!(&self.component.stack, Stack::Node(node) if node.needs_glibc.is_some());
        map([
            ("image", safe(if glibc { &runtime.slim } else { &runtime.image })),
            ("slim", safe(&runtime.slim)),
            ("distroless", safe(&runtime.distroless)),
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
            Stack::Node(_) => {
                pairs.push(("NODE_ENV".to_owned(), if development { "development" } else { "production" }.to_owned()));
                if development && self.policy.distroless && self.component.needs_starter() {
                    // as a command it is for the distroless image, whose node lies elsewhere
                    pairs.push(("NODE_OPTIONS".to_owned(), "--require=/usr/local/bin/with-secrets".to_owned()));
                }
            }
            Stack::Go(_) if development => {
                pairs.push(("GOCACHE".to_owned(), "/cache/go-build".to_owned()));
                pairs.push(("GOTMPDIR".to_owned(), "/cache".to_owned()));
            }
            Stack::Go(_) => {}
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
        if let Stack::Node(node) = &component.stack {
            files.push("package.json".to_owned());
            folders.extend(node.output.iter().map(|path| path.to_string()));
        }
        for (path, _) in &component.assets {
            let below = path.under(&component.path.under(self.project.root()));
            let list = if matches!(component.stack, Stack::Node(_)) && !path.as_str().contains('/') && below.is_file() {
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

    fn node_entrypoint(&self) -> Vec<String> {
        let mut entrypoint = vec!["/nodejs/bin/node".to_owned()];
        if self.component.needs_starter() {
            entrypoint.push("--require=/usr/local/bin/with-secrets".to_owned());
        }
        entrypoint
    }

    fn packages(&self, node: &Node) -> Result<Value, Mistake> {
        let packages = node.packages.value().ok_or_else(|| self.open("packages"))?;
        let bind = |path: &str| safe(format!("--mount=type=bind,source={path},target={path}"));
        let mut mounts: Vec<Value> = packages.manifests.iter().map(|path| bind(path.as_str())).collect();
        mounts.push(safe("--mount=type=secret,id=npmrc,target=/root/.npmrc"));
        mounts.push(safe(format!("--mount=type=cache,target={}", packages.cache)));
        Ok(map([
            ("setup", packages.setup.as_ref().map_or_else(none, safe)),
            ("mounts", Value::from(mounts)),
            ("install", safe(&packages.install)),
            ("install_production", safe(&packages.install_production)),
        ]))
    }

    fn go(&self, go: &Go, start: &[String]) -> Result<Value, Mistake> {
        let main = go.main.value().ok_or_else(|| self.open("main"))?;
        if !is_plain_path(main.as_str()) {
            return Err(Mistake::new(format!(
                "the main package lies in `{main}`, a name that a Dockerfile cannot carry"
            )));
        }
        let main = if main.is_root() { ".".to_owned() } else { format!("./{main}") };
        let launcher = match (self.component.needs_starter(), self.component.listens_on()) {
            (true, _) => Some("with-secrets"),
            (false, Some(_)) => Some("probe"),
            (false, None) => None,
        };
        let build = |program: &str, package: &str| {
            safe(format!("go build -trimpath -ldflags=\"-s -w\" -o /out/{program} {package}"))
        };
        let mut builds = vec![build("server", &main)];
        let mut in_development = format!("go build -o /cache/server {main}");
        if let Some(program) = launcher {
            builds.push(build(program, &format!("docker/{program}.go")));
            in_development = format!("go build -o /cache/{program} docker/{program}.go && {in_development}");
        }
        let mut run =
            crate::facts::Argv::new(std::iter::once("/cache/server".to_owned()).chain(start[1..].iter().cloned()))
                .map_err(|error| Mistake::new(error.to_string()))?
                .to_string();
        if self.component.needs_starter() {
            run = format!("/cache/with-secrets {run}");
        }
        Ok(map([
            ("mounts", if go.has_sum && !go.vendored { Value::from(module_mounts()) } else { none() }),
            ("builds", Value::from(builds)),
            ("build_in_development", safe(in_development)),
            ("start_in_development", safe(run)),
        ]))
    }
}

fn module_mounts() -> Vec<Value> {
    let mounts = [
        "--mount=type=bind,source=go.mod,target=go.mod",
        "--mount=type=bind,source=go.sum,target=go.sum",
        "--mount=type=cache,target=/downloads",
        "--mount=type=secret,id=netrc,target=/root/.netrc",
    ];
    mounts.into_iter().map(safe).collect()
}

fn pair_values(pairs: impl IntoIterator<Item = (String, String)>) -> Value {
    Value::from(
        pairs.into_iter().map(|(name, value)| Value::from(vec![safe(name), Value::from(value)])).collect::<Vec<_>>(),
    )
}

fn ports_in_development(port: Option<u16>) -> String {
    port.map_or("9229".to_owned(), |port| format!("{port} 9229"))
}

/// The program is always `server`, found in PATH.
fn go_start(start: &[String]) -> Vec<String> {
    std::iter::once("server".to_owned()).chain(start.iter().skip(1).cloned()).collect()
}

/// The words after `node`, which is the entrypoint of a distroless image; `None` where the command
/// is something else.
fn distroless_start(start: &[String]) -> Option<Vec<String>> {
    let rest = start.strip_prefix(&["node".to_owned()])?;
    (!rest.is_empty()).then(|| rest.to_vec())
}
