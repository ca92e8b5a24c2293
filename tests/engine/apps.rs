//! Copies of the apps under `tests/engine/apps`, each with a compose project and ports of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::engine::{Said, ask, command, free_port, must, need_engine, run};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The variables that choose ports on this machine, one for each that a setup may publish.
const PORTS: [&str; 8] =
    ["APP_PORT", "BACKEND_PORT", "DB_PORT", "DEBUG_PORT", "RABBITMQ_PORT", "REDIS_PORT", "VALKEY_PORT", "WEB_PORT"];

/// What `node-queue` is set up with, and the images that it then needs.
pub const QUEUE: [&str; 4] = ["--with", "mariadb", "--with", "valkey"];
pub const QUEUE_IMAGES: [&str; 3] = ["mariadb:11.8", "rabbitmq:4.3-alpine", "valkey/valkey:9-alpine"];

/// A copy of an app; dropping it removes its containers, volumes, networks and images.
pub struct App {
    pub name: String,
    pub folder: PathBuf,
    compose_project: String,
    pub variables: Vec<(String, String)>,
    child: Option<Child>,
    _home: TempDir,
    // Two copies of one app build the same image name: the second waits for the first.
    _turn: File,
}

impl App {
    /// Copies an app and makes a git repository of it, as a developer would have it.
    pub fn copy(name: &str) -> App {
        need_engine();
        let turn = File::create(std::env::temp_dir().join(format!("dockwright-engine-{name}.lock"))).expect("a lock");
        turn.lock().expect("the lock is free at some time");
        let home = TempDir::with_prefix(format!("dockwright-{name}-")).expect("a temporary folder");
        let folder = home.path().join(name);
        copy_folder(&source(name), &folder);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let app = App {
            name: name.to_owned(),
            folder,
            compose_project: format!("dwtest-{}-{number}-{name}", std::process::id()),
            variables: PORTS.iter().map(|port| (port.to_string(), free_port().to_string())).collect(),
            child: None,
            _home: home,
            _turn: turn,
        };
        app.git(&["init", "--quiet", "--initial-branch=main"]);
        app.commit("the app");
        app
    }

    /// A copy that `init --yes` has set up.
    pub fn set_up(name: &str) -> App {
        App::set_up_with(name, &[])
    }

    /// As [`App::set_up`], with further arguments.
    pub fn set_up_with(name: &str, args: &[&str]) -> App {
        let app = App::copy(name);
        app.must_dockwright(&[&["init", "--yes"], args].concat());
        app
    }

    pub fn dockwright(&self, args: &[&str]) -> Said {
        run(&self.folder, env!("CARGO_BIN_EXE_dockwright"), args, &self.variables)
    }

    pub fn must_dockwright(&self, args: &[&str]) -> Said {
        must(&self.folder, env!("CARGO_BIN_EXE_dockwright"), args, &self.variables)
    }

    pub fn git(&self, args: &[&str]) -> Said {
        let identity = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com", "-c", "core.hooksPath=/dev/null"];
        must(&self.folder, "git", &[&identity, args].concat(), &[])
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Leaves this checkout and goes on in a fresh clone of it, as a second developer has it.
    pub fn clone_fresh(&mut self, options: &[&str]) {
        self.commit("containers");
        let clone = self.folder.with_file_name("clone").join(&self.name);
        let (from, to) = (self.folder.to_string_lossy(), clone.to_string_lossy());
        must(Path::new("/"), "git", &[&["clone", "--quiet"], options, &[&*from, &*to]].concat(), &[]);
        self.folder = clone;
    }

    /// What lets a plain `docker compose` in its folder mean this copy and its ports.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = self.variables.clone();
        variables.push(("COMPOSE_PROJECT_NAME".to_owned(), self.compose_project.clone()));
        variables
    }

    pub fn port(&self, variable: &str) -> u16 {
        let (_, port) = self.variables.iter().find(|(name, _)| name == variable).expect("a known port variable");
        port.parse().expect("a number")
    }

    /// `GET path` of the running app: the body, whatever the status.
    pub fn get(&self, path: &str) -> String {
        ask("GET", self.port("APP_PORT"), path, "").map(|(_, body)| body).unwrap_or_default()
    }

    pub fn post(&self, path: &str, json: &str) -> u16 {
        ask("POST", self.port("APP_PORT"), path, json).map_or(0, |(status, _)| status)
    }

    /// `docker compose -f compose.yaml`: as in production.
    pub fn production(&self, args: &[&str]) -> Said {
        self.compose(&[&["-f", "compose.yaml"], args].concat())
    }

    /// `docker compose`, which adds the override: development.
    pub fn compose(&self, args: &[&str]) -> Said {
        run(&self.folder, "docker", &[&["compose", "-p", &self.compose_project], args].concat(), &self.variables)
    }

    /// Starts it as in production and waits until all is healthy; fails with the logs.
    pub fn up(&self) {
        let said = self.production(&["up", "--build", "--wait", "--quiet-pull"]);
        self.expect_up(said, &["-f", "compose.yaml"]);
    }

    /// Starts it in development, in the background.
    pub fn up_development(&self) {
        let said = self.compose(&["up", "--build", "--wait", "--quiet-pull"]);
        self.expect_up(said, &[]);
    }

    fn expect_up(&self, said: Said, files: &[&str]) {
        if said.code != Some(0) {
            let logs = self.compose(&[files, &["logs", "--tail", "30"]].concat());
            panic!("{} does not come up:\n{}\n{}", self.name, said.everything(), logs.everything());
        }
    }

    /// Starts it with `--watch`, in the foreground of a child that ends with this copy.
    pub fn up_watch(&mut self) {
        let args = ["compose", "-p", &self.compose_project, "up", "--build", "--watch"];
        let log = File::create(self.folder.with_file_name("watch.log")).expect("a log");
        let child = command(&self.folder, "docker", &args, &self.variables)
            .stdin(std::process::Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("docker runs");
        self.child = Some(child);
    }

    pub fn read(&self, path: &str) -> String {
        let path = self.folder.join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Changes one text in a source file, which must be there once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` is not once in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// The images that compose.yaml builds.
    pub fn images(&self, files: &[&str]) -> Vec<String> {
        let said = self.compose(&[files, &["config", "--format", "json"]].concat());
        let Ok(config) = serde_json::from_str::<serde_json::Value>(&said.out) else { return Vec::new() };
        let services = config["services"].as_object().cloned().unwrap_or_default();
        let built = services.values().filter(|service| service.get("build").is_some());
        built.filter_map(|service| service["image"].as_str().map(str::to_owned)).collect()
    }

    /// The values of all secrets of this copy, with the name of each; none where it needs none.
    pub fn secret_values(&self) -> Vec<(String, String)> {
        let mut values = Vec::new();
        let Ok(entries) = fs::read_dir(self.folder.join("secrets")) else { return values };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.ends_with(".md") {
                continue;
            }
            let value = fs::read_to_string(entry.path()).expect("a secret is text");
            if !value.is_empty() {
                values.push((name, value));
            }
        }
        values
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = run(Path::new("/"), "kill", &["-INT", &child.id().to_string()], &[]);
            let _ = child.wait();
            if std::thread::panicking() {
                let log = fs::read_to_string(self.folder.with_file_name("watch.log")).unwrap_or_default();
                eprintln!("{log}");
            }
        }
        let mut images = self.images(&["-f", "compose.yaml"]);
        images.extend(self.images(&[]));
        self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "2"]);
        self.production(&["down", "--volumes", "--remove-orphans", "--timeout", "2"]);
        for image in images {
            run(Path::new("/"), "docker", &["image", "rm", "--force", &image], &[]);
        }
    }
}

/// Where an app lies in this repository.
pub fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/apps").join(name)
}

/// Copies files and folders; links and what is not committed (`node_modules`) stay behind.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
        let kind = entry.file_type().expect("it has a type");
        if kind.is_dir() && entry.file_name() != "node_modules" {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a file can be copied");
        }
    }
}
