//! The chapters of the README for daily work: every block of shell in them is run as it stands.

use crate::apps::App;
use crate::engine::run;

/// The blocks of shell below a heading, up to the next one.
fn blocks(heading: &str) -> Vec<String> {
    let readme = include_str!("../../README.md").replace("\r\n", "\n");
    let (_, rest) =
        readme.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("README.md has no {heading}"));
    let end = rest.find("\n#").unwrap_or(rest.len());
    let fenced = rest[..end].split("```sh\n").skip(1);
    let blocks: Vec<String> = fenced.filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned())).collect();
    assert!(!blocks.is_empty(), "{heading} has no block of shell");
    blocks
}

/// Runs the blocks in the app's folder, each by a shell of its own that stops at the first failure.
fn follow(app: &App, heading: &str) -> Vec<String> {
    let said = blocks(heading).into_iter().map(|block| {
        let said = run(&app.folder, "bash", &["-eu", "-c", &block], &app.environment());
        assert_eq!(said.code, Some(0), "{heading}:\n{block}\n{}", said.everything());
        said.out
    });
    said.collect()
}

#[test]
fn the_commands_of_every_chapter_run() {
    let app = App::set_up("node-api");
    app.up();
    assert_eq!(app.post("/items", r#"{"name": "kept"}"#), 201);
    for heading in [
        "### The image is too big",
        "### Builds are slow",
        "### Permission denied on a secret",
        "### Unhealthy",
        "### The port cannot be reached",
        "### It does not stop when told to",
        "## Networks and ports",
        "## On a server",
    ] {
        follow(&app, heading);
    }
    assert!(app.get("/items").contains("kept"), "after the backup came back: {}", app.get("/items"));
    assert!(app.read("backup.sql").contains("kept"), "the backup holds the row");
}

#[test]
fn an_image_without_a_shell_is_looked_into_by_another_container() {
    let app = App::set_up("go-api");
    app.up();
    let said = follow(&app, "### Looking inside an image without a shell").concat();
    assert!(said.contains("server"), "the process is seen:\n{said}");
    assert!(said.contains("usr/local/bin/with-secrets"), "the files are seen:\n{said}");
}
