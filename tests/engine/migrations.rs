//! Migrations run once before the app, and again without harm at every start on the same volume.

use crate::apps::App;

/// Starts the app on an empty volume and once more on the same one; `path` shows the rows of the
/// table that only the migrations make.
fn migrates(name: &str, path: &str, row: &str) {
    let app = App::set_up(name);
    app.up();
    ended_well(&app);
    if !app.get(path).contains(row) {
        assert_eq!(app.post(path, &format!("{{\"text\": \"{row}\"}}")), 201);
    }
    assert_eq!(app.production(&["down"]).code, Some(0));
    app.up();
    ended_well(&app);
    let rows = app.get(path);
    assert_eq!(rows.matches(row).count(), 1, "{name}: {rows}");
}

/// The one-shot service is over, with 0.
fn ended_well(app: &App) {
    let said = app.production(&["ps", "--all", "--format", "{{.State}} {{.ExitCode}}", "migrate"]);
    assert_eq!(said.out.trim(), "exited 0", "{}", said.everything());
}

#[test]
fn prisma_migrates_in_an_image_of_its_own() {
    migrates("node-prisma", "/notes", "a note from before");
}

#[test]
fn goose_migrates_an_app_that_knows_nothing_of_it() {
    migrates("go-goose", "/parcels", "Ada");
}

#[test]
fn prisma_migrates_in_development_too() {
    let app = App::set_up("node-prisma");
    let said = app.compose(&["build", "--quiet"]);
    assert_eq!(said.code, Some(0), "{}", said.everything());
    let said = app.compose(&["run", "--rm", "--no-TTY", "migrate"]);
    assert_eq!(said.code, Some(0), "{}", said.everything());
}
