//! Where a setup is run: names, ports and volumes of its own, so that neither the user's containers
//! nor a second run are met; and the removal of all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::engine::{Engine, Output, SHORT};
use super::report::Trouble;
use super::services::{Given, Service, Services};
use crate::project::Mistake;

/// As compose looks for them.
const COMPOSE_FILES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const DOCKERFILES: &[&str] = &["Dockerfile", "Containerfile"];
/// Marks the containers and networks that compose does not start.
const LABEL: &str = "dockwright.verify";
const COMPOSE_LABEL: &str = "com.docker.compose.project";

/// The files of a setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    Compose(PathBuf),
    Dockerfile(&'static str),
}

/// Finds the compose file that production uses, or else the Dockerfile.
///
/// # Errors
/// Neither is there.
pub fn find_files(root: &Path) -> Result<Files, Trouble> {
    if let Some(name) = COMPOSE_FILES.iter().find(|name| root.join(name).is_file()) {
        return Ok(Files::Compose(root.join(name)));
    }
    if let Some(name) = DOCKERFILES.iter().find(|name| root.join(name).is_file()) {
        return Ok(Files::Dockerfile(name));
    }
    let mistake = Mistake::new("there is no Dockerfile and no compose.yaml to verify")
        .detail(root.display().to_string())
        .hint("`dockwright init` writes them");
    Err(Trouble::new("no-setup", mistake))
}

/// One run's own project.
pub struct Stand<'a> {
    pub engine: Engine<'a>,
    pub root: PathBuf,
    pub services: Services,
    /// The compose project's name, unique to this run; also the label's value.
    pub project: String,
    compose_file: Option<PathBuf>,
    temp: TempDir,
}

impl<'a> Stand<'a> {
    /// Reads the setup; starts nothing.
    ///
    /// # Errors
    /// Compose refuses the file, or files that it names are missing.
    pub fn new(engine: Engine<'a>, root: &Path, files: &Files) -> Result<Self, Trouble> {
        let io =
            |e: std::io::Error| Trouble::new("files", Mistake::new(format!("cannot make a temporary folder: {e}")));
        let temp = tempfile::Builder::new().prefix("dockwright-verify-").tempdir().map_err(io)?;
        let mut random = [0u8; 5];
        getrandom::fill(&mut random)
            .map_err(|e| Trouble::new("files", Mistake::new(format!("no random numbers: {e}"))))?;
        let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut stand = Stand {
            engine,
            root: root.to_owned(),
            services: Services::default(),
            project: format!("dockwright-verify-{id}"),
            compose_file: None,
            temp,
        };
        match files {
            Files::Dockerfile(name) => stand.services = Services::of_dockerfile(root.to_owned(), name),
            Files::Compose(file) => {
                stand.compose_file = Some(file.clone());
                let config = stand.config()?;
                stand.services = Services::from_config(&config);
                fs::write(stand.override_file(), override_text(&stand.services, &config, &stand.project))
                    .map_err(io)?;
            }
        }
        stand.require_files()?;
        Ok(stand)
    }

    pub fn has_compose(&self) -> bool {
        self.compose_file.is_some()
    }

    fn override_file(&self) -> PathBuf {
        self.temp.path().join("override.yaml")
    }

    fn config(&self) -> Result<Value, Trouble> {
        let mut args = self.compose_args(false);
        args.extend(["config", "--format", "json"].map(str::to_owned));
        let output = self.engine.docker(&args, SHORT)?;
        if output.ok() {
            return Ok(output.json());
        }
        let name = self.compose_file.as_ref().and_then(|file| file.file_name()).unwrap_or_default();
        let mistake = Mistake::new(format!("docker compose cannot read {}", name.to_string_lossy()))
            .detail(output.tail(4).join("\n"))
            .hint(format!("`docker compose -f {} config` shows the same", name.to_string_lossy()));
        Err(Trouble::new("compose", mistake))
    }

    fn require_files(&self) -> Result<(), Trouble> {
        let used = self.services.all.iter().flat_map(|service| &service.files);
        let mut missing: Vec<String> = used
            .filter_map(|(key, _)| match self.services.files.get(key) {
                Some(Given::File(path)) if !path.is_file() => Some(path),
                _ => None,
            })
            .map(|path| path.strip_prefix(&self.root).unwrap_or(path).display().to_string())
            .collect();
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let what = if missing.len() == 1 {
            "a file that compose.yaml names is missing"
        } else {
            "files that compose.yaml names are missing"
        };
        let mistake = Mistake::new(what).detail(missing.join("\n")).hint("`dockwright secrets` creates them");
        Err(Trouble::new("missing-secrets", mistake))
    }

    fn compose_args(&self, with_override: bool) -> Vec<String> {
        let file = self.compose_file.as_deref().unwrap_or(Path::new("compose.yaml"));
        let mut args: Vec<String> = ["compose", "--project-directory"].map(str::to_owned).into();
        args.push(self.root.display().to_string());
        args.extend(["-f".to_owned(), file.display().to_string()]);
        if with_override {
            args.extend(["-f".to_owned(), self.override_file().display().to_string()]);
        }
        args.extend(["-p", &self.project, "--progress", "plain"].map(str::to_owned));
        args
    }

    /// Runs a compose command on this run's own project.
    pub fn compose(&self, command: &[&str], limit: Duration) -> Result<Output, Trouble> {
        let mut args = self.compose_args(true);
        args.extend(command.iter().map(|arg| (*arg).to_owned()));
        self.engine.docker(&args, limit)
    }

    /// The tag that a component's image has in this run.
    pub fn image_of(&self, service: &Service) -> String {
        image_tag(&self.project, service.shares.as_deref().unwrap_or(&service.name))
    }

    pub fn label(&self) -> String {
        format!("{LABEL}={}", self.project)
    }

    /// A file that holds a secret or config whose value compose has: mounted like one of the user's.
    pub fn given_file(&self, key: &str) -> Option<PathBuf> {
        let write = |value: &str| {
            let path = self.temp.path().join(format!("given-{key}"));
            fs::write(&path, value).ok().map(|()| path)
        };
        match self.services.files.get(key)? {
            Given::File(path) => Some(path.clone()),
            Given::Environment(name) => write(&std::env::var(name).unwrap_or_default()),
            Given::Content(text) => write(text),
            Given::External => None,
        }
    }

    /// The values of the files that are secrets, by key; without line ends, empty ones too.
    pub fn secret_values(&self) -> BTreeMap<String, String> {
        let keys = self.services.files.keys();
        keys.filter_map(|key| {
            let value = fs::read_to_string(self.given_file(key)?).ok()?;
            Some((key.clone(), value.trim_end_matches(['\r', '\n']).to_owned()))
        })
        .collect()
    }

    /// All containers of this run's compose project, as `docker inspect` shows them, by service.
    pub fn containers(&self) -> Result<BTreeMap<String, Value>, Trouble> {
        let filter = format!("label={COMPOSE_LABEL}={}", self.project);
        let ids = self.engine.docker(&["ps", "-aq", "--no-trunc", "--filter", &filter], SHORT)?.stdout;
        let mut args = vec!["inspect"];
        args.extend(ids.split_whitespace());
        if args.len() == 1 {
            return Ok(BTreeMap::new());
        }
        let shown = self.engine.docker(&args, SHORT)?.json();
        let by_service = shown.as_array().into_iter().flatten().filter_map(|container| {
            let service = container["Config"]["Labels"]["com.docker.compose.service"].as_str()?;
            Some((service.to_owned(), container.clone()))
        });
        Ok(by_service.collect())
    }

    /// Removes everything this run made but its build cache. Not interruptible.
    fn clean(&self) {
        let ids = |args: &[&str]| -> Vec<String> {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            let found = self.engine.clean(&args, SHORT).stdout;
            found.split_whitespace().map(str::to_owned).collect()
        };
        let remove = |mut command: Vec<String>, ids: Vec<String>| {
            if !ids.is_empty() {
                command.extend(ids);
                self.engine.clean(&command, SHORT);
            }
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let labels = [format!("label={}", self.label()), format!("label={COMPOSE_LABEL}={}", self.project)];
        let until = Instant::now() + SHORT;
        // a command that was just interrupted may still have made one
        loop {
            let found: Vec<String> =
                labels.iter().flat_map(|label| ids(&["ps", "-aq", "--filter", label.as_str()])).collect();
            if found.is_empty() || Instant::now() > until {
                break;
            }
            remove(words("rm -f -v"), found);
        }
        for label in &labels {
            remove(words("network rm"), ids(&["network", "ls", "-q", "--filter", label]));
            remove(words("volume rm -f"), ids(&["volume", "ls", "-q", "--filter", label]));
        }
        // by name: the same image may have names of the user's too
        let reference = format!("reference={}", self.project);
        let name = "{{.Repository}}:{{.Tag}}";
        remove(words("image rm"), ids(&["image", "ls", "--format", name, "--filter", &reference]));
    }
}

impl Drop for Stand<'_> {
    fn drop(&mut self) {
        self.clean();
    }
}

fn image_tag(project: &str, service: &str) -> String {
    format!("{project}:{service}")
}

/// What is laid over the user's compose file: names, tags and host ports of this run's own.
/// JSON texts are YAML texts; only the tags are not.
fn override_text(services: &Services, config: &Value, project: &str) -> String {
    let mut text = String::from("services:\n");
    for service in &services.all {
        let _ = writeln!(text, "  {}:", json!(service.name));
        let mut lines = Vec::new();
        if service.is_ours() {
            let owner = service.shares.as_deref().unwrap_or(&service.name);
            lines.push(format!("image: {}", json!(image_tag(project, owner))));
            lines.push("pull_policy: never".to_owned());
        }
        if service.build.is_some() && !config["services"][&service.name]["build"]["tags"].is_null() {
            lines.push("build: {tags: !override []}".to_owned());
        }
        if service.container_name {
            lines.push("container_name: !reset null".to_owned());
        }
        if !service.ports.is_empty() {
            let ports: Vec<String> =
                service.ports.iter().map(|(port, protocol)| format!("127.0.0.1::{port}/{protocol}")).collect();
            lines.push(format!("ports: !override {}", json!(ports)));
        }
        if lines.is_empty() {
            lines.push("labels: {}".to_owned());
        }
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    for (kind, keys) in [
        ("networks", services.networks.iter().map(|network| &network.key).collect::<Vec<_>>()),
        ("volumes", services.volumes.iter().collect()),
    ] {
        if !keys.is_empty() {
            let _ = writeln!(text, "{kind}:");
        }
        for key in keys {
            // somebody else's is replaced by an empty one of our own
            let external = config[kind][key]["external"] == true;
            let tag = if external { "!override " } else { "" };
            let _ = writeln!(text, "  {}: {tag}{}", json!(key), json!({"name": format!("{project}_{key}")}));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tags_and_ports_become_the_runs_own() {
        let config = json!({
            "services": {
                "app": {"build": {"context": "."}, "image": "shop", "container_name": "shop",
                        "ports": [{"target": 3000, "published": "3000"}]},
                "job": {"image": "shop"},
                "db": {"image": "postgres:18"},
            },
            "networks": {"proxy": {"external": true, "name": "proxy"}, "default": {"name": "shop_default"}},
            "volumes": {"data": {"name": "precious"}},
        });
        let text = override_text(&Services::from_config(&config), &config, "dw-1");
        let expected = "services:\n  \"app\":\n    image: \"dw-1:app\"\n    pull_policy: never\n    container_name: !reset null\n    \
                        ports: !override [\"127.0.0.1::3000/tcp\"]\n  \"db\":\n    labels: {}\n  \"job\":\n    \
                        image: \"dw-1:app\"\n    pull_policy: never\nnetworks:\n  \"default\": {\"name\":\"dw-1_default\"}\n  \
                        \"proxy\": !override {\"name\":\"dw-1_proxy\"}\nvolumes:\n  \"data\": {\"name\":\"dw-1_data\"}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_compose_file_goes_before_a_dockerfile() {
        let folder = tempfile::tempdir().unwrap();
        assert!(find_files(folder.path()).is_err());
        fs::write(folder.path().join("Dockerfile"), "").unwrap();
        assert_eq!(find_files(folder.path()).unwrap(), Files::Dockerfile("Dockerfile"));
        fs::write(folder.path().join("compose.yml"), "").unwrap();
        assert!(matches!(find_files(folder.path()).unwrap(), Files::Compose(_)));
    }
}
