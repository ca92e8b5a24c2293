//! The second developer, CI and the server: a clone without secrets, other line ends, other files.

use std::fs;

use crate::apps::App;
use crate::engine::feed;

/// A clone has no secrets; `dockwright secrets` makes them, and it comes up.
fn works_in_a_fresh_clone(name: &str, probe: &str) {
    let mut app = App::set_up(name);
    app.clone_fresh(&[]);
    assert!(app.read("secrets/README.md").contains("dockwright"), "the README of secrets/ is in git");

    let said = app.must_dockwright(&["secrets"]);
    for (secret, value) in app.secret_values() {
        assert!(!said.out.contains(&value) && !said.err.contains(&value), "the value of {secret} is printed");
    }
    app.up();
    assert!(app.get(probe).contains("first edition"), "{}", app.get(probe));
    assert_eq!(app.git(&["status", "--porcelain"]).out, "", "the clone is as clean as before");
}

#[test]
fn express_works_in_a_fresh_clone() {
    works_in_a_fresh_clone("node-api", "/");
}

#[test]
fn chi_works_in_a_fresh_clone() {
    works_in_a_fresh_clone("go-api", "/");
}

/// The shell lines in secrets/README.md do the same without dockwright.
#[test]
fn the_shell_lines_in_the_readme_make_the_same_secrets() {
    let mut app = App::set_up("node-parts");
    let mut wanted: Vec<String> = app.secret_values().into_iter().map(|(name, _)| name).collect();
    app.clone_fresh(&[]);

    let readme = app.read("secrets/README.md");
    let lines = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of shell");
    feed(&app.folder.join("secrets"), "sh", &["-eu"], lines);

    let mut made: Vec<String> = app.secret_values().into_iter().map(|(name, _)| name).collect();
    wanted.sort();
    made.sort();
    assert_eq!(made, wanted, "from:\n{lines}");
    app.up();
    assert!(app.get("/items").starts_with('['), "{}", app.get("/items"));
}

/// Every file checked out with Windows line ends, ours and the app's.
fn works_with_windows_line_ends(name: &str) {
    let mut app = App::set_up(name);
    app.clone_fresh(&["-c", "core.autocrlf=true"]);
    assert!(app.read("Dockerfile").contains("\r\n"), "the checkout has Windows line ends");

    app.must_dockwright(&["secrets"]);
    app.up();
    assert!(app.get("/items").starts_with('['), "{}", app.get("/items"));
}

#[test]
fn express_works_with_windows_line_ends() {
    works_with_windows_line_ends("node-api");
}

#[test]
fn chi_works_with_windows_line_ends() {
    works_with_windows_line_ends("go-api");
}

const THEIRS: &str = "services:\n  app:\n    image: busybox\n    ports: [\"80:80\"]\n";

/// `docker compose` would prefer the user's file to ours: nothing is written before that is settled.
#[test]
fn a_compose_file_of_the_users_in_the_way_is_settled_first() {
    let mut app = App::copy("go-api");
    app.write("docker-compose.yml", THEIRS);
    app.commit("their own compose file");

    let said = app.dockwright(&["init", "--yes"]);
    assert_eq!(said.code, Some(3), "{}", said.everything());
    assert!(said.err.contains("docker-compose.yml") && said.err.contains("--on-conflict"), "{}", said.everything());
    assert_eq!(app.git(&["status", "--porcelain"]).out, "", "nothing was written");

    app.must_dockwright(&["init", "--yes", "--on-conflict", "replace"]);
    assert!(!app.folder.join("docker-compose.yml").exists(), "it would still shadow ours");
    assert_eq!(app.read("docker-compose.yml.before-dockwright"), THEIRS);

    app.clone_fresh(&[]);
    app.must_dockwright(&["secrets"]);
    app.up();
    assert!(app.get("/").contains("first edition"), "{}", app.get("/"));
}

#[test]
fn a_compose_file_that_is_kept_gets_no_compose_file_beside_it() {
    let app = App::copy("node-plain");
    app.write("docker-compose.yml", THEIRS);
    app.must_dockwright(&["init", "--yes", "--on-conflict", "keep"]);
    assert_eq!(app.read("docker-compose.yml"), THEIRS);
    assert!(app.folder.join("Dockerfile").exists());
    for ours in ["compose.yaml", "compose.override.yaml"] {
        assert!(fs::metadata(app.folder.join(ours)).is_err(), "{ours} is merged with or shadows docker-compose.yml");
    }
}
