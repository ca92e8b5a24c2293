//! Markers planted where secrets lie are in no build context, no layer and no history.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::apps::App;
use crate::engine::{feed, must};

const MARKER: &str = "MARKERb7e1d4c09a5f";

/// Files that hold what nobody should see, some of them nested; each gets the marker.
const PLACES: [&str; 20] = [
    ".env",
    ".env.local",
    ".env.production",
    ".npmrc",
    ".netrc",
    "id_rsa",
    "id_ed25519",
    "server.pem",
    "tls.key",
    ".git/marker",
    ".aws/credentials",
    ".ssh/id_rsa",
    "secrets/marker",
    "src/.env",
    "src/secrets/marker",
    "src/id_rsa",
    "src/deep/er/.env.staging",
    "src/deep/er/id_rsa",
    "src/deep/tls.key",
    "src/deep/.npmrc",
];

fn plant(app: &App) {
    for place in PLACES {
        let text = match place.rsplit('/').next() {
            Some(".npmrc") => format!("//npm.example.com/:_authToken={MARKER}\n"),
            _ => format!("TOKEN={MARKER}\n"),
        };
        app.write(place, &text);
    }
}

/// The files below `folder` that hold the marker, compressed ones unpacked.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if entry.file_type().expect("a type").is_dir() {
            found.extend(holding(&path));
            continue;
        }
        if !entry.file_type().expect("a type").is_file() {
            continue;
        }
        let mut bytes = fs::read(&path).expect("a file can be read");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let output = std::process::Command::new("gzip").arg("-dc").arg(&path).output().expect("gzip runs");
            bytes = output.stdout;
        }
        if bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Everything that a Dockerfile could copy from the app's folder.
fn context(app: &App) -> TempDir {
    let context = TempDir::new().expect("a folder");
    let to = format!("type=local,dest={}", context.path().display());
    let build = ["build", "--quiet", "--output", &to, "--file", "-", "."];
    feed(&app.folder, "docker", &build, "FROM scratch\nCOPY . /\n");
    assert!(fs::read_dir(context.path()).expect("a folder").count() > 1, "the context is not empty");
    context
}

fn leaks_nothing(name: &str) {
    let app = App::copy(name);
    plant(&app);
    let found = holding(context(&app).path());
    assert_eq!(found.len(), PLACES.len(), "without our .dockerignore all markers are seen");

    app.must_dockwright(&["init", "--yes"]);
    app.write("secrets/marker", MARKER);
    let found = holding(context(&app).path());
    assert!(found.is_empty(), "{name}: in the build context: {found:#?}");

    for target in ["production", "development"] {
        let image = format!("dwtest-leaks-{name}-{target}-{}", std::process::id());
        must(&app.folder, "docker", &["build", "--quiet", "--target", target, "--tag", &image, "."], &[]);
        let image = Image(image);
        let saved = TempDir::new().expect("a folder");
        let save = format!("docker save {} | tar -x -C {}", image.0, saved.path().display());
        must(Path::new("/"), "sh", &["-c", &save], &[]);
        let found = holding(saved.path());
        assert!(found.is_empty(), "{name}: in the layers of {target}: {found:#?}");
        let history = must(Path::new("/"), "docker", &["history", "--no-trunc", &image.0], &[]);
        assert!(!history.out.contains(MARKER), "{name}: in the history of {target}");
    }
}

struct Image(String);

impl Drop for Image {
    fn drop(&mut self) {
        crate::engine::run(Path::new("/"), "docker", &["image", "rm", "--force", &self.0], &[]);
    }
}

#[test]
fn a_node_image_holds_no_planted_secret() {
    leaks_nothing("node-api");
}

/// A token that the install is given is in no layer of any stage, and no value breaks nothing.
#[test]
fn a_token_of_the_install_stays_in_its_file() {
    let app = App::set_up("node-keeps");
    for value in ["", MARKER] {
        app.write("secrets/npm_token", value);
        for target in ["deps", "build", "production", "development"] {
            let image = format!("dwtest-token-{target}-{}", std::process::id());
            let secret = "id=npm_token,src=secrets/npm_token";
            let fresh: &[&str] = if target == "deps" { &["--no-cache-filter", "deps"] } else { &[] };
            let build = ["build", "--quiet", "--secret", secret, "--target", target, "--tag", &image, "."];
            must(&app.folder, "docker", &[&build, fresh].concat(), &[]);
            let image = Image(image);
            let saved = TempDir::new().expect("a folder");
            let save = format!("docker save {} | tar -x -C {}", image.0, saved.path().display());
            must(Path::new("/"), "sh", &["-c", &save], &[]);
            let found = holding(saved.path());
            assert!(found.is_empty(), "in the layers of {target}: {found:#?}");
        }
    }
}

#[test]
fn a_go_image_holds_no_planted_secret() {
    leaks_nothing("go-api");
}
