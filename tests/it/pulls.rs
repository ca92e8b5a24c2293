//! Templates from folders and git servers, end to end: what is fetched, what is said of it, what
//! is kept, and what happens when it changes.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::init::project;
use super::repositories::{DOCKERFILE, Files, IGNORE, MANIFEST, Person, Repository, bytes};

/// Longer than any machine takes; a test fails by it, never measures with it.
const PATIENCE: Duration = Duration::from_secs(20);

fn dockerfile(folder: &Path) -> String {
    fs::read_to_string(folder.join("Dockerfile")).unwrap()
}

fn receipt(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(".dockwright/receipt.json")).unwrap()).unwrap()
}

/// The small template whose Dockerfile begins with this line.
fn version(line: &str) -> Files {
    Files::template("").file("files/Dockerfile.j2", format!("# {line}\n{DOCKERFILE}"))
}

#[test]
fn a_folder_is_used_and_kept_for_the_next_run() {
    let (person, folder) = (Person::new(), project());
    let templates = tempfile::tempdir().unwrap();
    Files::template("go").write(templates.path());
    let inside = folder.path().join("infra");
    Files::template("").write(&inside);
    let said = person.runs(folder.path(), &["init", "--yes", "--template", "./infra"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    let text = dockerfile(folder.path());
    assert!(
        text.starts_with("# Written by dockwright with the template `team-go`"),
        "or it is read as a person's: {text}"
    );
    assert!(text.contains("# made by the platform team"), "{text}");
    assert!(fs::read_to_string(folder.path().join("dockwright.toml")).unwrap().contains("template = \"./infra\""));
    assert_eq!(receipt(folder.path())["pulls"]["."]["origin"], "./infra");
    let said = person.runs(folder.path(), &["init", "--check"]);
    assert_eq!(said.code(), 0, "{} {}", said.stdout(), said.stderr());
    let origin = format!("{}//go", templates.path().display());
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &origin, "--dry-run"]);
    assert!(said.stdout().contains(&format!("template   {origin}")), "{}", said.stdout());
}

#[test]
fn a_folder_is_named_from_where_one_stands_and_kept_from_where_the_project_is() {
    let (person, parent) = (Person::new(), tempfile::tempdir().unwrap());
    Files::template("").write(&parent.path().join("templates"));
    fs::create_dir(parent.path().join("shop")).unwrap();
    for file in ["go.mod", "go.sum", "main.go"] {
        fs::copy(project().path().join(file), parent.path().join("shop").join(file)).unwrap();
    }
    let said = person.runs(parent.path(), &["init", "--yes", "--template", "./templates", "shop"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    let settled = fs::read_to_string(parent.path().join("shop/dockwright.toml")).unwrap();
    assert!(settled.contains("template = \"../templates\""), "{settled}");
    assert_eq!(person.runs(&parent.path().join("shop"), &["init", "--check"]).code(), 0);
}

#[test]
fn the_newest_version_is_taken_else_the_default_branch_and_it_says_which() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    repository.commit("main", &version("main"));
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url(), "--print", "Dockerfile"]);
    assert!(said.stdout().contains("# main\n"), "{}{}", said.stdout(), said.stderr());
    assert!(said.stderr().contains("branch main is used, no tag is a version"), "{}", said.stderr());
    for tag in ["v1.9.0", "v1.10.0", "v2.0.0-rc.1", "nightly"] {
        let commit = repository.commit("main", &version(tag));
        repository.tag(tag, &commit);
    }
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url(), "--print", "Dockerfile"]);
    assert!(said.stdout().contains("# v1.10.0\n"), "{}", said.stdout());
    assert!(said.stderr().contains("tag v1.10.0 is used, the newest version"), "{}", said.stderr());
}

#[test]
fn a_branch_a_tag_and_a_commit_are_named_in_the_text_or_by_flags() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    let old = repository.commit("main", &version("old"));
    repository.tag("v1", &old);
    repository.commit("feature/x", &version("feature"));
    repository.commit("main", &version("new"));
    let url = repository.url();
    let flags: &[(&[&str], &str)] = &[
        (&["--template", &format!("{url}@v1")], "old"),
        (&["--template", &format!("{url}@feature/x")], "feature"),
        (&["--template", &format!("{url}@{old}")], "old"),
        (&["--template", &url], "new"),
        (&["--git", &url, "--tag", "v1"], "old"),
        (&["--git", &url, "--branch", "feature/x"], "feature"),
        (&["--git", &url, "--rev", &old], "old"),
        (&["--git", &repository.path().display().to_string(), "--branch", "main"], "new"),
    ];
    for (words, line) in flags {
        let words: Vec<&str> = ["init", "--yes", "--print", "Dockerfile"].iter().chain(*words).copied().collect();
        let said = person.runs(folder.path(), &words);
        assert!(said.stdout().contains(&format!("# {line}\n")), "{words:?} {} {}", said.stdout(), said.stderr());
    }
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &format!("{url}@v2")]);
    assert!(said.code() == 2 && said.stderr().contains("has no branch or tag `v2`"), "{}", said.stderr());
    assert!(said.stderr().contains("did you mean `v1`"), "{}", said.stderr());
}

#[test]
fn the_receipt_says_exactly_what_was_used_and_the_next_run_uses_it_again() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    let first = repository.commit("main", &version("first"));
    repository.tag("v1.0.0", &first);
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    let pull = receipt(folder.path())["pulls"]["."].clone();
    assert_eq!(pull["commit"], first);
    assert_eq!(pull["by"]["tag"], "v1.0.0");
    assert_eq!(pull["digest"].as_str().unwrap().len(), 64);
    let second = repository.commit("main", &version("second"));
    repository.tag("v1.1.0", &second);
    let said = person.runs(folder.path(), &["init", "--check"]);
    assert_eq!(said.code(), 0, "a newer version changes nothing unasked: {}{}", said.stdout(), said.stderr());
    // typed again, it is looked up again
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# second\n"));
}

#[test]
fn a_clone_of_the_project_fetches_the_same_commit() {
    let (folder, repository) = (project(), Repository::new());
    let first = repository.commit("main", &version("first"));
    repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"], b"");
    let url = format!("{}@main", repository.url());
    assert_eq!(Person::new().runs(folder.path(), &["init", "--yes", "--template", &url]).code(), 0);
    repository.commit("main", &version("second"));
    let said = Person::new().runs(folder.path(), &["init", "--check"]);
    assert_eq!(said.code(), 0, "{}{}", said.stdout(), said.stderr());
    assert_eq!(receipt(folder.path())["pulls"]["."]["commit"], first);
}

#[test]
fn a_tag_that_moved_stops_the_run_until_it_is_accepted() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    let first = repository.commit("main", &version("first"));
    repository.tag("v1", &first);
    let url = format!("{}@v1", repository.url());
    assert_eq!(person.runs(folder.path(), &["init", "--yes", "--template", &url]).code(), 0);
    let second = repository.commit("main", &version("second"));
    repository.tag("v1", &second);
    let before = bytes(folder.path());
    let typed = ["init", "--yes", "--template", &url];
    // in this project, from its own file, and in another project of the same person
    let other = project();
    for (folder, words) in [(&folder, &typed[..]), (&folder, &["init", "--yes"]), (&other, &typed[..])] {
        let said = person.runs(folder.path(), words);
        assert_eq!(said.code(), 1, "{words:?} {}", said.stderr());
        assert!(said.stderr().contains("was moved to another commit"), "{}", said.stderr());
        assert!(said.stderr().contains(&first) && said.stderr().contains(&second), "{}", said.stderr());
    }
    assert_eq!(bytes(folder.path()), before);
    let said = person.runs(folder.path(), &["init", "--yes", "--allow", "moved-tag"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# second\n"));
    assert_eq!(person.runs(folder.path(), &["init", "--check"]).code(), 0, "accepted once is accepted");
}

#[test]
fn offline_the_cache_counts() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    let first = repository.commit("main", &version("first"));
    repository.tag("v1.0.0", &first);
    let url = repository.url();
    let said = person.runs(folder.path(), &["init", "--yes", "--offline", "--template", &url]);
    assert!(said.code() == 2 && said.stderr().contains("empty"), "{}", said.stderr());
    assert_eq!(person.runs(folder.path(), &["init", "--yes", "--template", &url]).code(), 0);
    fs::remove_dir_all(repository.path()).unwrap();
    let other = project();
    let said = person.runs(other.path(), &["init", "--yes", "--offline", "--template", &url]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(other.path()).contains("# first\n"));
    // with the server gone the receipt's commit is used, and it says what it could not ask
    let said = person.runs(folder.path(), &["init", "--check"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(said.stderr().contains("could not ask whether tag v1.0.0 moved"), "{}", said.stderr());
}

#[test]
fn of_several_templates_the_facts_choose_and_a_tie_is_a_question() {
    let (person, folder) = (Person::new(), project());
    let node = Files::default()
        .file("web/template.toml", MANIFEST.replace("when = \"go\"", "when = \"node\"").replace("team-go", "team-node"))
        .file("web/files/ignore.j2", IGNORE)
        .file("web/files/Dockerfile.j2", DOCKERFILE);
    let repository = Repository::with(&Files::template("services/go").and(node.clone()).file("README.md", "ours"));
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url(), "--format", "json"]);
    let json: Value = serde_json::from_str(&said.stdout()).unwrap_or_else(|_| panic!("{}", said.stderr()));
    assert_eq!(json["components"][0]["template"], "team-go");
    let said = person.runs(folder.path(), &["template", "show", &repository.url()]);
    assert!(
        said.stdout().contains("team-go") && said.stdout().contains("team-node"),
        "{}{}",
        said.stdout(),
        said.stderr()
    );

    let second = Files::default()
        .file(
            "go-edge/template.toml",
            MANIFEST.replace("team-go", "edge-go").replace("when = \"go\"", "when = \"go and 'postgres' in services\""),
        )
        .file("go-edge/files/ignore.j2", IGNORE)
        .file("go-edge/files/Dockerfile.j2", format!("# edge\n{DOCKERFILE}"));
    let repository = Repository::with(&Files::template("go").and(second).and(node));
    let folder = project();
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 3, "{}", said.stderr());
    assert!(said.stderr().contains("which template is"), "{}", said.stderr());
    let chosen = format!("{}//go-edge", repository.url());
    assert!(said.stderr().contains(&chosen), "{}", said.stderr());
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &chosen]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# edge\n"));
}

#[test]
fn a_template_that_fits_another_stack_says_so() {
    let (person, folder) = (Person::new(), project());
    let files = Files::template("").file("template.toml", MANIFEST.replace("when = \"go\"", "when = \"node\""));
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &Repository::with(&files).url()]);
    assert!(said.code() == 2 && said.stderr().contains("needs a node project"), "{}", said.stderr());
}

#[test]
fn what_a_template_allows_beyond_the_built_in_one_is_shown() {
    let (person, folder) = (Person::new(), project());
    let text = DOCKERFILE
        .replace("EXPOSE {{ port }}", "EXPOSE {{ port }} 9100")
        .replace("HEALTHCHECK CMD {{ probe | argv }}\n", "")
        .replace("USER {{ user }}", "USER 0:0");
    let files = Files::template("").file("files/Dockerfile.j2", text);
    let repository = Repository::with(&files);
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url(), "--dry-run"]);
    assert!(said.stderr().contains("allows more than the built-in one"), "{}", said.stderr());
    assert!(
        said.stderr().contains("exposes the port 9100")
            && said.stderr().contains("runs as 0:0")
            && said.stderr().contains("no HEALTHCHECK"),
        "{}",
        said.stderr()
    );
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url(), "--format", "json"]);
    let json: Value = serde_json::from_str(&said.stdout()).unwrap();
    assert_eq!(json["pulls"]["."]["origin"], repository.url());
    assert!(json["weaker"].as_array().unwrap().iter().any(|one| one["what"] == "the image exposes the port 9100"));
}

#[test]
fn a_team_may_have_a_compose_file_of_its_own() {
    let (person, folder) = (Person::new(), project());
    let compose = fs::read_to_string("templates/compose/compose.yaml.j2").unwrap();
    let own = compose.replace(
        "    networks: [{{ component.networks | joined }}]",
        "    labels: {team: platform}\n    networks: [{{ component.networks | joined }}]",
    );
    assert_ne!(own, compose);
    let repository = Repository::with(&Files::template("go").file("compose/compose.yaml.j2", own));
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    let text = fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    assert!(text.contains("labels: {team: platform}") && text.contains("*hardening"), "{text}");
}

#[test]
fn the_built_in_templates_are_the_same_from_the_binary_a_folder_and_git() {
    use dockwright::catalog::{Origin, OriginFlags, Pulling, built_in, pull, templates_of};
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut files = Files::default();
    for (path, text) in bytes(&folder).into_iter().filter(|(path, _)| !path.ends_with('/')) {
        files = files.file(&path, text);
    }
    let (repository, cache) = (Repository::with(&files), tempfile::tempdir().unwrap());
    let flag = std::sync::atomic::AtomicBool::new(false);
    let with = Pulling {
        cache: cache.path().to_path_buf(),
        beside: cache.path().to_path_buf(),
        offline: false,
        asks: false,
        limit: PATIENCE,
        interrupted: &flag,
        allow: &[],
        say: &|_| {},
    };
    let expected = built_in().unwrap();
    for typed in [folder.display().to_string(), repository.url()] {
        let origin = Origin::read(&typed, &OriginFlags::default()).unwrap();
        let pulled = pull(&origin, None, false, &with).unwrap();
        let templates = templates_of(&pulled, &origin).unwrap();
        assert_eq!(templates.len(), expected.len(), "{typed}");
        for (one, other) in templates.iter().zip(&expected) {
            assert_eq!(format!("{:?}", one.manifest), format!("{:?}", other.manifest), "{typed}");
            assert_eq!(one.files, other.files, "{typed}");
            assert_eq!(one.compose, other.compose, "{typed}");
        }
    }
}

/// A server of a test, ended with it.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "the server never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// `git daemon` over the repositories below a folder.
    fn daemon(base: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new("git");
        command.args(["daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1"]);
        command.arg(format!("--port={port}")).arg(format!("--base-path={}", base.display()));
        // the program itself, not its wrapper, so that it ends with the test
        let exec = Command::new("git").arg("--exec-path").output().unwrap();
        let daemon = Path::new(String::from_utf8(exec.stdout).unwrap().trim()).join("git-daemon");
        if daemon.is_file() {
            let mut own = Command::new(daemon);
            own.args(command.get_args().skip(1));
            command = own;
        }
        Server::start(command, port)
    }
}

#[test]
fn a_git_daemon_serves_templates() {
    let (person, folder, repository) = (Person::new(), project(), Repository::new());
    let commit = repository.commit("main", &version("from the daemon"));
    repository.tag("v1.2.0", &commit);
    let server = Server::daemon(repository.base());
    let origin = format!("git://127.0.0.1:{}/containers.git", server.port);
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &origin]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# from the daemon\n"));
    assert_eq!(receipt(folder.path())["pulls"]["."]["commit"], commit);
    drop(server);
    let said = person.runs(folder.path(), &["init", "--check", "--offline"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (person, folder) = (Person::new(), project());
    let before = bytes(folder.path());
    let config = person.home.path().join("config/dockwright");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[git]\nlimit = 1\n").unwrap();
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &format!("git://127.0.0.1:{port}/x")]);
    assert_eq!(said.code(), 2, "{}", said.stderr());
    assert!(said.stderr().contains("did not end within 1 second"), "{}", said.stderr());
    assert_eq!(bytes(folder.path()), before);
    drop(listener);
}

#[test]
fn a_server_that_goes_away_in_the_middle_leaves_no_trace() {
    let repository = Repository::with(&version("x"));
    let server = Server::daemon(repository.base());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), server.port);
    // lets the list of references through, and cuts the pack off
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let (mut client, mut there) = (client.unwrap(), TcpStream::connect(("127.0.0.1", behind)).unwrap());
            let (mut up, mut down) = (client.try_clone().unwrap(), there.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut up, &mut there);
            });
            let mut bytes = [0; 64];
            let mut left: usize = if number == 0 { usize::MAX } else { 400 };
            while let Ok(count) = down.read(&mut bytes) {
                if count == 0 || left < count {
                    break;
                }
                left -= count;
                let _ = client.write_all(&bytes[..count]);
            }
            let _ = client.shutdown(std::net::Shutdown::Both);
        }
    });
    let (person, folder) = (Person::new(), project());
    let before = bytes(folder.path());
    let said =
        person.runs(folder.path(), &["init", "--yes", "--template", &format!("git://127.0.0.1:{port}/containers.git")]);
    assert_eq!(said.code(), 2, "{}", said.stderr());
    assert!(said.stderr().contains("git cannot read"), "{}", said.stderr());
    assert_eq!(bytes(folder.path()), before);
}

/// `git http-backend` behind a few lines of HTTP, with a password where one is wanted.
fn http(base: &Path, password: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, base) = (listener.local_addr().unwrap().port(), base.to_path_buf());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let base = base.clone();
            std::thread::spawn(move || answer(client.unwrap(), &base, password));
        }
    });
    port
}

fn answer(client: TcpStream, base: &Path, password: Option<&str>) {
    let mut reader = std::io::BufReader::new(client.try_clone().unwrap());
    let mut client = client;
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if std::io::BufRead::read_line(&mut reader, &mut line).unwrap_or(0) <= 2 {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let is_it = |line: &&String| line.to_ascii_lowercase().starts_with(&format!("{name}: "));
        lines.iter().find(is_it).map(|line| line[name.len() + 2..].to_owned()).unwrap_or_default()
    };
    let words: Vec<&str> = lines.first().map(|line| line.split(' ').collect()).unwrap_or_default();
    let [method, target, _] = words.as_slice() else { return };
    if password.is_some_and(|password| header("authorization") != format!("Basic {password}")) {
        let said = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = client.write_all(said.as_bytes());
        return;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    let _ = reader.read_exact(&mut body);
    let mut backend = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", base)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    backend.stdin.take().unwrap().write_all(&body).unwrap();
    let output = backend.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let length = output.len().saturating_sub(end + 4);
    let _ = write!(client, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = client.write_all(output.get(end + 4..).unwrap_or_default());
}

#[test]
fn an_http_server_serves_templates_also_behind_a_password_that_git_knows() {
    let repository = Repository::with(&version("from http"));
    let origin = |port: u16| format!("http://127.0.0.1:{port}/containers.git");
    let (person, folder) = (Person::new(), project());
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &origin(http(repository.base(), None))]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# from http\n"));

    // me:hunter2
    let port = http(repository.base(), Some("bWU6aHVudGVyMg=="));
    let folder = project();
    let before = bytes(folder.path());
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &origin(port)]);
    assert_eq!(said.code(), 2, "nobody is asked: {}", said.stderr());
    assert_eq!(bytes(folder.path()), before);
    fs::write(person.home.path().join(".gitconfig"), "[credential]\n\thelper = store\n").unwrap();
    fs::write(person.home.path().join(".git-credentials"), format!("http://me:hunter2@127.0.0.1:{port}\n")).unwrap();
    let said = person.runs(folder.path(), &["init", "--yes", "--template", &origin(port)]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    for (path, content) in bytes(folder.path()) {
        assert!(!String::from_utf8_lossy(&content).contains("hunter2"), "{path}");
    }
}

#[test]
fn favourites_a_default_preset_and_allowed_origins_come_from_the_persons_configuration() {
    let (person, folder, repository) = (Person::new(), project(), Repository::with(&version("favourite")));
    let config = person.home.path().join("config/dockwright");
    fs::create_dir_all(&config).unwrap();
    let text = format!("preset = \"minimal\"\n\n[favourites]\nteam = \"{}\"\n", repository.url());
    fs::write(config.join("config.toml"), &text).unwrap();
    let said = person.runs(folder.path(), &["init", "--yes", "--template", "team"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(dockerfile(folder.path()).contains("# favourite\n"));
    assert!(!folder.path().join("compose.yaml").exists(), "the preset is minimal");
    // the project's file names the origin, and what belongs to the person stays theirs
    let settled = fs::read_to_string(folder.path().join("dockwright.toml")).unwrap();
    assert!(settled.contains(&repository.url()) && !settled.contains("minimal"), "{settled}");
    assert!(person.runs(folder.path(), &["template", "list"]).stdout().contains("team"));
    fs::write(config.join("config.toml"), format!("{text}\n[origins]\nallow = [\"gh:acme\"]\n")).unwrap();
    let other = project();
    let before = bytes(other.path());
    let said = person.runs(other.path(), &["init", "--yes", "--template", "team"]);
    assert!(said.code() == 2 && said.stderr().contains("are not allowed here"), "{}", said.stderr());
    assert_eq!(bytes(other.path()), before);
    assert_eq!(person.runs(other.path(), &["init", "--yes", "--template", "go"]).code(), 0, "built-in ones always are");
    fs::write(config.join("config.toml"), "[favorites]\n").unwrap();
    let said = person.runs(other.path(), &["init", "--check"]);
    assert!(
        said.stderr().contains("config.toml:1") && said.stderr().contains("did you mean `favourites`"),
        "{}",
        said.stderr()
    );
}
