//! What a template may say of a Python component besides what holds for all.

use minijinja::value::Value;

use super::{Fact, Reading, map, none, pair_values, safe, words};
use crate::facts::{Name, Python};
use crate::paths::RelPath;
use crate::project::Mistake;

/// What hadolint asks for and no Debian mirror keeps.
const NO_PIN: &str = "# No versions: Debian's mirrors drop old ones\n# hadolint ignore=DL3008";
/// What stays out of the work of apt in an image.
const APT: &str = "apt-get update && apt-get install --yes --no-install-recommends";

impl Reading<'_> {
    /// # Errors
    /// The package manager is not decided; the hardest image has another Python.
    pub(super) fn python(&self, python: &Python, start: &[String], port: Option<u16>) -> Result<Vec<Fact>, Mistake> {
        let mut probe = self.probe("python", &[]);
        if self.policy.distroless {
            let command =
                self.presets.runtimes.get("python").and_then(|preset| preset.probe.distroless_command.clone());
            if let (Some(first), Some(command)) = (probe.first_mut(), command) {
                *first = command;
            }
            self.fits_distroless(python)?;
        }
        let starter: Vec<String> =
            self.component.needs_starter().then(|| "with-secrets".to_owned()).into_iter().collect();
        let (steps, steps_in_development) = self.own_package(python);
        let from = if steps.is_empty() { "deps" } else { "build" };
        let ports = match (port, python.debugger) {
            (Some(port), true) => format!("{port} {DEBUG_PORT}"),
            (Some(port), false) => port.to_string(),
            (None, _) => DEBUG_PORT.to_string(),
        };
        Ok(vec![
            ("start", words(start)),
            ("entrypoint", words(&starter)),
            ("workdir", safe(self.component.within(ROOT))),
            ("brings", Value::from(self.brings(ROOT)?)),
            ("steps", Value::from(steps)),
            ("steps_in_development", Value::from(steps_in_development)),
            ("venv_from", safe(from)),
            ("probe", words(&probe)),
            ("debugger", Value::from(python.debugger)),
            ("debugger_setups", Value::from(self.debugger_setups(python))),
            ("ports_in_development", safe(ports)),
            ("packages", self.python_packages(python)?),
            ("system", apt(&python.run_packages)),
        ])
    }

    /// Lines of the development stage that bring the debugger, where the project has none.
    fn debugger_setups(&self, python: &Python) -> Vec<Value> {
        let wanted = python.debugger && !python.has_debugger;
        let preset = self.presets.runtimes.get("python").filter(|_| wanted);
        let lines = preset.and_then(|preset| preset.debugger.as_deref()).map(|package| {
            [
                "# What an editor connects to".to_owned(),
                format!("RUN pip --python /opt/venv install --no-cache-dir --root-user-action ignore {package}"),
            ]
        });
        lines.into_iter().flatten().map(safe).collect()
    }

    pub(super) fn python_environment(&self, python: &Python) -> Vec<(String, String)> {
        let own = self.component.within(ROOT);
        let folders = python.module_folders.iter().map(|folder| format!("{own}/{folder}"));
        let path: Vec<String> = std::iter::once(own.clone()).chain(folders).collect();
        vec![("PYTHONPATH".to_owned(), path.join(":"))]
    }

    /// # Errors
    /// The distroless image has another Python, or lacks a library of the system.
    fn fits_distroless(&self, python: &Python) -> Result<(), Mistake> {
        let name = &self.component.name;
        if let Some(runtime) = self.component.runtime.value().filter(|runtime| runtime.distroless.is_none()) {
            let preset = self.presets.runtimes.get("python");
            let known: Vec<&str> = preset
                .into_iter()
                .flat_map(|preset| &preset.version)
                .filter(|version| version.distroless.is_some())
                .map(|version| version.version.as_str())
                .collect();
            let known = known.join(", ");
            return Err(Mistake::new(format!(
                "preset `strict` runs on a distroless image with Python {known}, and `{name}` on {}",
                runtime.version
            ))
            .hint(format!("`--set runtime={known}` if it runs on that, or `--preset standard`")));
        }
        if let Some(library) = python.run_packages.first() {
            return Err(Mistake::new(format!(
                "preset `strict` runs on a distroless image, which lacks `{library}` that `{name}` needs"
            ))
            .hint(
                "require the library with what it needs inside, as in `psycopg2-binary`, or use `--preset standard`",
            ));
        }
        Ok(())
    }

    /// What the build does to the environment, and development to its own.
    fn own_package(&self, python: &Python) -> (Vec<Value>, Vec<Value>) {
        let (mut steps, mut in_development) = (Vec::new(), Vec::new());
        let members = &python.members;
        if python.own.is_some() || self.policy.distroless || !members.is_empty() {
            steps.push(safe("COPY --from=deps /opt/venv /opt/venv"));
        }
        let mount = "RUN --mount=type=cache,target=/root/.cache/pip \\\n   ";
        if !members.is_empty() {
            let pip = "pip --python /opt/venv install --no-deps --root-user-action=ignore";
            let all = |before: &str| {
                let paths = members.iter().map(|path| format!(" {before}{ROOT}/{path}"));
                paths.collect::<String>()
            };
            let because = safe("# Members of the workspace that it requires; a version from git is not to be had here");
            let none = "SETUPTOOLS_SCM_PRETEND_VERSION=0 PDM_BUILD_SCM_VERSION=0";
            steps.push(because.clone());
            steps.push(safe(format!("{mount} {none} {pip}{}", all(""))));
            in_development.push(because);
            in_development.push(safe(format!("{mount} {none} {pip}{}", all("--editable "))));
        }
        if let Some(own) = &python.own {
            let git = if own.asks_git { "SETUPTOOLS_SCM_PRETEND_VERSION=0 PDM_BUILD_SCM_VERSION=0 " } else { "" };
            let pip = format!("{git}pip --python /opt/venv install --no-deps --root-user-action=ignore");
            let why = match own.evidence.because.starts_with("asks") {
                true => "# The app asks what is installed for its own version",
                false => "# Its requirements name the project itself",
            };
            steps.push(safe(format!("{why}; a copy, for its build leaves files")));
            steps.push(safe(format!("{mount} cp -r . /tmp/own \\\n    && {pip} --no-compile /tmp/own")));
            in_development.push(safe(why));
            in_development.push(safe(format!("{mount} {pip} --editable .")));
        }
        if self.policy.distroless {
            steps.extend(RELINK.iter().map(safe));
        }
        (steps, in_development)
    }

    fn python_packages(&self, python: &Python) -> Result<Value, Mistake> {
        let packages = python.packages.value().ok_or_else(|| self.open("packages"))?;
        let bind = |path: &str| {
            // what builds a package in a folder of the project may write there
            let writes = path.parse().is_ok_and(|path: RelPath| {
                self.component.context.join(path.as_str()).is_ok_and(|full| self.project.has_folder(&full))
            });
            // a relative target begins in the component's folder
            let target = if self.component.inner().is_root() { path.to_owned() } else { format!("{ROOT}/{path}") };
            safe(format!("--mount=type=bind,source={path},target={target}{}", if writes { ",rw" } else { "" }))
        };
        let mut mounts: Vec<Value> = packages.manifests.iter().map(|path| bind(path.as_str())).collect();
        let mut mounts_in_development = mounts.clone();
        mounts_in_development.extend(python.development_manifests.iter().map(|path| bind(path.as_str())));
        let (secrets, exports) = self.install_secrets(false);
        for list in [&mut mounts, &mut mounts_in_development] {
            match secrets.is_empty() {
                true => list.push(safe("--mount=type=secret,id=netrc,target=/root/.netrc")),
                false => list.extend(secrets.iter().map(safe)),
            }
            list.push(safe(format!("--mount=type=cache,target={}", packages.cache)));
            list.extend(exports.iter().map(safe));
        }
        let usual = "netrc: credentials of a private index, given with `--secret id=netrc,src=.netrc`";
        let mut setups: Vec<Value> = packages.setup.iter().map(safe).collect();
        if !python.build_packages.is_empty() {
            setups.push(safe(apt_line(&python.build_packages)));
        }
        let environment = python.install_environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Ok(map([
            ("setups", Value::from(setups)),
            ("environment", pair_values(environment)),
            ("about_secrets", Value::from(self.about_install_secrets(usual))),
            ("mounts", Value::from(mounts)),
            ("mounts_in_development", Value::from(mounts_in_development)),
            ("install", safe(over_lines(&packages.install_production))),
            (
                "install_in_development",
                if python.has_development { safe(over_lines(&packages.install)) } else { none() },
            ),
        ]))
    }
}

/// In a distroless image Python lies elsewhere than in the one that builds.
const RELINK: &[&str] = &[
    "# Python lies elsewhere in the last image",
    "RUN ln -sf /usr/bin/python3 /opt/venv/bin/python && sed -i 's|^home = .*|home = /usr/bin|' /opt/venv/pyvenv.cfg",
];
/// One command a line.
fn over_lines(commands: &str) -> String {
    commands.replace(" && ", " \\\n    && ")
}

/// Where the context lies in the image.
const ROOT: &str = "/app";
/// Where debugpy listens in development.
const DEBUG_PORT: u16 = 5678;

fn apt_line(packages: &[Name]) -> String {
    let names: Vec<&str> = packages.iter().map(Name::as_str).collect();
    format!("{NO_PIN}\nRUN {APT} {} \\\n    && rm -rf /var/lib/apt/lists/*", names.join(" "))
}

fn apt(packages: &[Name]) -> Value {
    let lines: Vec<Value> =
        Some(packages).filter(|list| !list.is_empty()).map(|list| safe(apt_line(list))).into_iter().collect();
    Value::from(lines)
}
