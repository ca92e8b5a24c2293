//! `verify` says no where it has to, names what is wrong, and removes what it started all the same.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::apps::App;
use crate::engine::{command, run};
use crate::proofs::{left_over, nothing_stays};

/// Runs `verify` on an app that is wrong somewhere; gives the rows that are not ok.
fn refused(app: &App) -> Vec<Value> {
    let before = left_over();
    let said = app.dockwright(&["verify", "--format", "json"]);
    assert_eq!(said.code, Some(1), "{}", said.everything());
    let report: Value = serde_json::from_str(&said.out).expect("a failed verify prints its report");
    let rows = report["rows"].as_array().expect("it has rows").clone();
    let bad: Vec<Value> = rows.into_iter().filter(|row| row["outcome"] == "failed").collect();
    assert!(!bad.is_empty(), "exit 1, and every row is ok: {report:#}");
    nothing_stays(&before);
    bad
}

fn text(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_server_on_loopback_only_is_dead_outside() {
    let app = App::copy("node-plain");
    app.edit("server.js", "app.listen(port,", "app.listen(port, \"127.0.0.1\",");
    app.must_dockwright(&["init", "--yes"]);
    let bad = refused(&app);
    assert!(text(&bad).contains("127.0.0.1"), "it does not say why: {bad:#?}");
}

#[test]
fn a_build_that_fails_shows_its_last_lines() {
    let app = App::set_up("node-api");
    app.write("src/broken.ts", "export const count: number = \"four\";\n");
    let bad = refused(&app);
    assert!(text(&bad).contains("broken.ts"), "it does not show the compiler's words: {bad:#?}");
}

#[test]
fn a_write_that_the_read_only_root_refuses_is_named() {
    let app = App::copy("node-plain");
    // a name that reading the code cannot tell
    let name = "[\"visits\", \"log\"].join(\".\")";
    let write = format!(
        "require(\"fs\").writeFile({name}, \"x\", (error) => error && console.error(error));\napp.listen(port,"
    );
    app.edit("server.js", "app.listen(port,", &write);
    app.must_dockwright(&["init", "--yes"]);
    let bad = refused(&app);
    assert!(text(&bad).contains("visits.log"), "it does not name the path: {bad:#?}");
}

#[test]
fn a_secret_that_reached_the_image_is_found() {
    let app = App::set_up("node-plain");
    app.write(".env", "API_TOKEN=5c1a9be2d07f4\n");
    let ignore = app.read(".dockerignore");
    app.write(".dockerignore", &format!("{ignore}\n!.env\n"));
    let dockerfile = app.read("Dockerfile");
    let (before, last) = dockerfile.rsplit_once("\nUSER ").expect("it sets a user");
    app.write("Dockerfile", &format!("{before}\nCOPY .env ./\nRUN rm .env\nUSER {last}"));
    let bad = refused(&app);
    assert!(text(&bad).contains(".env"), "it does not name the file: {bad:#?}");
    assert!(!text(&bad).contains("5c1a9be2d07f4"), "it shows the value: {bad:#?}");
}

/// Ctrl-C in the middle: exit 130, and nothing of it stays.
#[test]
fn an_interrupted_verify_removes_what_it_started() {
    let app = App::set_up("go-cache");
    let before = left_over();
    let mut child = command(&app.folder, env!("CARGO_BIN_EXE_dockwright"), &["verify"], &app.variables)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    // until its containers run, or for some seconds into the build
    for _ in 0..150 {
        std::thread::sleep(Duration::from_millis(200));
        let new = left_over().into_iter().any(|line| line.contains("dockwright") && !before.contains(&line));
        if new || child.try_wait().expect("it can be asked").is_some() {
            break;
        }
    }
    run(Path::new("/"), "kill", &["-INT", &child.id().to_string()], &[]);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    nothing_stays(&before);
}
