//! With the override a saved source line shows up in the running app. Times are printed, not asserted.

use std::time::{Duration, Instant};

use crate::apps::App;
use crate::engine::{ask_until, say};

/// Saves a changed line and waits until the app says it; prints how long the save took to show.
fn shows_a_saved_line(app: &App, file: &str, path: &str) {
    let port = app.port("APP_PORT");
    let started = Instant::now();
    ask_until(port, path, "first edition");
    println!("{}: {:.1} s until the first answer", app.name, started.elapsed().as_secs_f64());
    // watchers compare times of whole seconds on some file systems
    std::thread::sleep(Duration::from_millis(1500));

    app.edit(file, "first edition", "second edition");
    let took = ask_until(port, path, "second edition");
    println!("{}: {:.2} s from save to answer", app.name, took.as_secs_f64());
    std::thread::sleep(Duration::from_millis(1500));

    app.edit(file, "second edition", "third edition");
    let took = ask_until(port, path, "third edition");
    println!("{}: {:.2} s from save to answer, again", app.name, took.as_secs_f64());
}

#[test]
fn express_typescript_reloads_on_save_with_watch() {
    let mut app = App::set_up("node-api");
    app.up_watch();
    shows_a_saved_line(&app, "src/app.ts", "/");
}

#[test]
fn fastify_reloads_on_save_with_a_plain_up() {
    let app = App::set_up("node-parts");
    app.up_development();
    shows_a_saved_line(&app, "src/server.js", "/");
    // the inspector's own protocol begins with HTTP
    let list = say(app.port("DEBUG_PORT"), "GET /json/list HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(list.contains("200 OK") && list.contains("Content-Length"), "{list}");
}

#[test]
fn a_server_file_at_the_root_reloads_on_save_with_watch() {
    let mut app = App::set_up("node-plain");
    app.up_watch();
    shows_a_saved_line(&app, "server.js", "/api/greeting");
}

#[test]
fn fastapi_reloads_on_save_with_a_plain_up() {
    let app = App::set_up("py-uv");
    app.up_development();
    shows_a_saved_line(&app, "app/main.py", "/");
}

#[test]
fn a_python_file_at_the_root_reloads_on_save_with_watch() {
    let mut app = App::set_up("py-pip");
    app.up_watch();
    shows_a_saved_line(&app, "main.py", "/");
    // the debug adapter protocol: debugpy speaks first, of itself by its old name
    let hello = say(app.port("DEBUG_PORT"), "\r\n");
    assert!(hello.contains(r#""type": "event""#), "{hello}");
}

#[test]
fn chi_rebuilds_on_save_with_a_plain_up() {
    let app = App::set_up("go-api");
    app.up_development();
    shows_a_saved_line(&app, "cmd/server/routes.go", "/");
    // Delve's JSON-RPC, as editors speak it
    let state = say(app.port("DEBUG_PORT"), r#"{"method":"RPCServer.State","params":[{"NonBlocking":true}],"id":1}"#);
    assert!(state.contains(r#""Running":true"#), "{state}");
}

#[test]
fn a_go_file_at_the_root_rebuilds_on_save_with_watch() {
    let mut app = App::set_up("go-plain");
    app.up_watch();
    shows_a_saved_line(&app, "main.go", "/");
}

/// An internal network publishes no port: the override has to do what it takes.
#[test]
fn the_database_is_within_reach_in_development_only() {
    let app = App::set_up("go-cache");
    app.up_development();
    for variable in ["DB_PORT", "REDIS_PORT"] {
        let port = app.port(variable);
        std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|error| panic!("{variable} {port}: {error}"));
    }
    assert_eq!(app.compose(&["down"]).code, Some(0));

    app.up();
    for variable in ["DB_PORT", "REDIS_PORT", "DEBUG_PORT"] {
        let port = app.port(variable);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "production publishes {variable}");
    }
}

/// In production its address is a secret to fill in; in development it comes with the override.
#[test]
fn a_database_for_development_only_is_there_in_development() {
    let app = App::set_up_with("node-api", &["--with", "postgres=development"]);
    let services = app.production(&["config", "--services"]).out;
    assert!(!services.lines().any(|service| service == "db"), "production has {services}");
    app.up_development();
    ask_until(app.port("APP_PORT"), "/items", "[");
}
