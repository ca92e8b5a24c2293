//! What a template may say of a Node component besides what holds for all.

use minijinja::value::Value;

use super::{Fact, Reading, is_plain_path, map, safe, words};
use crate::facts::{Argv, BuildStep, Node, Packages};
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::Mistake;

/// What `deps` holds.
const BOTH: &str = "two exact trees: all packages here, those of production in /runtime";
const ALL: &str = "all packages, exactly as locked; the build takes along those that the server needs";
/// A longer line of commands is several.
const LINE: usize = 120;

impl Reading<'_> {
    /// # Errors
    /// The package manager is not decided, or the start needs a shell where there is none.
    pub(super) fn node(&self, node: &Node, start: &[String], port: Option<u16>) -> Result<Vec<Fact>, Mistake> {
        let mut start = start.to_vec();
        let on_bun = start.first().is_some_and(|first| first == "bun");
        if on_bun && self.policy.distroless {
            return Err(Mistake::new("preset `strict` has no image for Bun")
                .hint("use `--preset standard`, or let Node start it: `--set start=..`"));
        }
        let mut probe = self.probe(if on_bun { "bun" } else { "node" }, &[]);
        if self.policy.distroless {
            start = distroless_start(&start).ok_or_else(|| self.needs_shell(&start))?;
            let node = self.presets.runtimes.get("node").and_then(|preset| preset.probe.distroless_command.clone());
            if let (Some(first), Some(node)) = (probe.first_mut(), node) {
                *first = node;
            }
        }
        Ok(vec![
            ("start", words(&start)),
            ("entrypoint", words(&self.node_entrypoint())),
            ("probe", words(&probe)),
            ("ports_in_development", safe(ports_in_development(port))),
            ("packages", self.packages(node)?),
            ("generate", self.generate(node)),
        ])
    }

    pub(super) fn node_environment(&self, development: bool) -> Vec<(String, String)> {
        let mut pairs =
            vec![("NODE_ENV".to_owned(), if development { "development" } else { "production" }.to_owned())];
        if development && self.policy.distroless && self.component.needs_starter() {
            // as a command it is for the distroless image, whose node lies elsewhere
            pairs.push(("NODE_OPTIONS".to_owned(), "--require=/usr/local/bin/with-secrets".to_owned()));
        }
        // a manager that fails where a name in its settings is not set
        let by_manager = self.component.develop.value().is_some_and(|argv| argv.words()[0] == "yarn");
        for setting in self.mounted(BuildStep::Install).filter(|_| development && by_manager) {
            pairs.extend(setting.at_build.as_ref().map(|value| (setting.name.to_string(), value.to_string())));
        }
        pairs
    }

    pub(super) fn node_environment_of_migrations(&self) -> Vec<(String, String)> {
        let mut pairs = self.node_environment(true);
        pairs[0].1 = "production".to_owned();
        pairs
    }

    /// What writes code before the build, and what keeps it for production where it lies deep in
    /// `node_modules`.
    pub(super) fn generating(&self) -> (Vec<String>, Vec<String>) {
        let Some(node) = self.component.stack.node() else { return Default::default() };
        let before = node.generates.iter().filter(|_| !node.build_generates).map(Argv::to_string).collect();
        let keeps = node.generated.iter().filter(|path| self.is_deep(node, path)).map(|path| {
            let copy = r#"mkdir -p "/generated/$1" && cp -r "$1/." "/generated/$1""#;
            let everywhere = node.workspace.as_ref().map_or("node_modules", |_| ".");
            let enter = node.workspace.as_ref().map_or("", |_| "cd /app && ");
            format!("{enter}find {everywhere} -name {} -prune -exec sh -c '{copy}' _ {{}} \\;", path.file_name())
        });
        (before, keeps.collect())
    }

    fn is_deep(&self, node: &Node, path: &RelPath) -> bool {
        let preset = node.packages.value().and_then(|packages| self.presets.packages.get(&packages.id));
        let nests = node.workspace.is_some() || preset.is_some_and(|preset| preset.nests);
        nests && path.as_str().starts_with("node_modules/")
    }

    /// The commands that write code in development, and what production has of it.
    fn generate(&self, node: &Node) -> Value {
        // its file of settings asks for names that it does not use
        let placeholders: Vec<String> =
            self.component.settings.iter().filter_map(|setting| self.placeholder(setting)).collect();
        let lines = |argv: &Argv| placeholders.iter().cloned().chain([argv.to_string()]).map(safe).collect::<Vec<_>>();
        let copies = node.generated.iter().filter(|path| is_plain_path(path.as_str())).map(|path| {
            let (from, to) = if self.is_deep(node, path) {
                ("/generated".to_owned(), if node.workspace.is_some() { "/app/" } else { "./" }.to_owned())
            } else {
                (format!("{}/{path}", self.workdir()), format!("./{path}"))
            };
            map([("from", safe(from)), ("to", safe(to))])
        });
        map([
            ("in_development", node.generates.iter().map(|argv| Value::from(lines(argv))).collect()),
            ("copies", copies.collect()),
        ])
    }

    fn needs_shell(&self, start: &[String]) -> Mistake {
        Mistake::new(format!(
            "preset `strict` has no shell, and `{}` starts with `{}`",
            self.component.name,
            start.join(" ")
        ))
        .hint("`--set start='node FILE'` names the file to run, or use `--preset standard`")
    }

    fn node_entrypoint(&self) -> Vec<String> {
        let mut entrypoint = vec!["/nodejs/bin/node".to_owned()];
        if self.component.needs_starter() {
            entrypoint.push("--require=/usr/local/bin/with-secrets".to_owned());
        }
        entrypoint
    }

    /// Instructions before the install: what compiling takes, then the manager.
    fn setup(&self, node: &Node, packages: &Packages) -> Value {
        let mut lines: Vec<String> = Vec::new();
        if let (Some(preset), false) = (self.presets.runtimes.get("node"), node.compiles.is_empty()) {
            let names: Vec<&str> = node.compiles.iter().map(|(name, _)| name.as_str()).collect();
            lines.push(format!("# Tools to compile {}: only this stage has them", names.join(", ")));
            let is_slim = self.policy.distroless || node.needs_glibc.is_some();
            lines.extend(if is_slim { preset.build_tools_slim.clone() } else { preset.build_tools.clone() });
        }
        lines.extend(packages.setup.iter().map(|line| format!("RUN {line}")));
        Value::from(lines.into_iter().map(safe).collect::<Vec<_>>())
    }

    /// What puts production's packages aside, and where they lie in the last image.
    pub(super) fn kept<'p>(&self, node: &Node, preset: &'p PackagesPreset) -> (&'p [String], &'p str) {
        match preset.workspace.as_ref().filter(|_| node.workspace.is_some()) {
            Some(workspace) => (&workspace.keep, "./"),
            None => (&preset.keep, &preset.kept_in),
        }
    }

    pub(super) fn packages(&self, node: &Node) -> Result<Value, Mistake> {
        let packages = node.packages.value().ok_or_else(|| self.open("packages"))?;
        let preset = self.presets.packages.get(&packages.id).ok_or_else(|| self.open("packages"))?;
        let bind = |path: &RelPath| {
            let is_written = preset.writes_manifest && path.file_name() == "package.json";
            let writable = if is_written || packages.edited.contains(path) { ",rw" } else { "" };
            safe(format!("--mount=type=bind,source={path},target={path}{writable}"))
        };
        if let Some(path) = packages.manifests.iter().find(|path| !is_plain_path(path.as_str())) {
            return Err(Mistake::new(format!("the install reads `{path}`, a name that a Dockerfile cannot carry")));
        }
        let mut mounts: Vec<Value> = packages.manifests.iter().map(bind).collect();
        let secret = secret_of(&preset.credentials);
        let (secrets, exports) = self.install_secrets(true);
        match secrets.is_empty() {
            true => mounts.push(safe(format!("--mount=type=secret,id={secret},target=/root/{}", preset.credentials))),
            false => mounts.extend(secrets.into_iter().map(safe)),
        }
        let prepare: Vec<String> = packages.prepare.clone().into_iter().collect();
        let (install, kept_in) = match node.self_contained {
            true => (only(&prepare, &packages.install), Vec::new()),
            false => {
                let (keep, kept_in) = self.kept(node, preset);
                (installs(&prepare, &packages.install_production, keep, &packages.install), vec![safe(kept_in)])
            }
        };
        let locked = if preset.cache_is_shared { "" } else { ",sharing=locked" };
        mounts.push(safe(format!("--mount=type=cache,target={}{locked}", packages.cache)));
        mounts.extend(exports.into_iter().map(safe));
        let usual = format!(
            "{secret}: credentials of a private registry, given with `--secret id={secret},src={}`",
            preset.credentials
        );
        Ok(map([
            ("setup", self.setup(node, packages)),
            ("mounts", Value::from(mounts)),
            ("about_secrets", Value::from(self.about_install_secrets(&usual))),
            ("holds", safe(if node.self_contained { ALL } else { BOTH })),
            ("installs", safe(install)),
            ("kept_in", Value::from(kept_in)),
        ]))
    }
}

/// The name of the build secret for a file: `npmrc` for `.npmrc`, `yarnrc` for `.yarnrc.yml`.
fn secret_of(file: &str) -> &str {
    file.trim_start_matches('.').split('.').next().unwrap_or(file)
}

/// Both installs in the order of their lines: what is needed first, production's, what puts it
/// aside, all.
pub(super) fn installs(prepare: &[String], production: &str, keep: &[String], all: &str) -> String {
    let mut lines = prepare.to_vec();
    match keep {
        [only] if production.len() + only.len() < LINE => lines.push(format!("{production} && {only}")),
        keep => lines.extend(std::iter::once(production.to_owned()).chain(keep.iter().cloned())),
    }
    lines.push(all.to_owned());
    lines.join(" \\\n    && ")
}

/// One install after what it needs first.
pub(super) fn only(prepare: &[String], all: &str) -> String {
    prepare.iter().map(String::as_str).chain([all]).collect::<Vec<_>>().join(" \\\n    && ")
}

fn ports_in_development(port: Option<u16>) -> String {
    port.map_or("9229".to_owned(), |port| format!("{port} 9229"))
}

/// The words after `node`, which is the entrypoint of a distroless image; `None` where the command
/// is something else.
fn distroless_start(start: &[String]) -> Option<Vec<String>> {
    let rest = start.strip_prefix(&["node".to_owned()])?;
    (!rest.is_empty()).then(|| rest.to_vec())
}
