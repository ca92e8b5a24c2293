//! What an app kept is there after `down` and `up` again; its secrets reach it and nothing else.

use crate::apps::{App, QUEUE, QUEUE_IMAGES};
use crate::engine::need_images;

const NAME: &str = "a parcel from before";

/// `down` and `up` again with the volume kept: the passwords still fit, and the data is there.
fn keeps_its_data(name: &str) {
    let app = App::set_up(name);
    app.up();
    assert_eq!(app.post("/items", &format!("{{\"name\": \"{NAME}\"}}")), 201);

    assert_eq!(app.production(&["down"]).code, Some(0));
    let said = app.dockwright(&["secrets"]);
    assert_eq!(said.code, Some(0), "{}", said.everything());
    app.up();
    assert!(app.get("/items").contains(NAME), "{name} forgot: {}", app.get("/items"));

    secrets_stay_secret(&app);
}

/// `exec app with-secrets` has the variables; `inspect` and the process list have no value.
fn secrets_stay_secret(app: &App) {
    let values = app.secret_values();
    assert!(!values.is_empty(), "{} has a database, so it has secrets", app.name);

    let ids = app.production(&["ps", "--quiet"]).out;
    let inspected = crate::engine::must(
        &app.folder,
        "docker",
        &[&["inspect"], &*ids.split_whitespace().collect::<Vec<_>>()].concat(),
        &[],
    );
    let listed = app.production(&["top"]).out;
    let config = app.production(&["config"]).out;
    for (secret, value) in &values {
        assert!(!inspected.out.contains(value), "docker inspect shows {secret}");
        assert!(!listed.contains(value), "the process list shows {secret}");
        assert!(!config.contains(value), "docker compose config shows {secret}");
    }
}

#[test]
fn express_keeps_its_data() {
    keeps_its_data("node-api");
}

#[test]
fn fastapi_keeps_its_data() {
    keeps_its_data("py-uv");
}

#[test]
fn chi_keeps_its_data() {
    keeps_its_data("go-api");
}

#[test]
fn fastify_keeps_its_data_with_the_parts_of_the_address() {
    keeps_its_data("node-parts");
}

/// Apps that write beside their code: what they kept is there after `down` and `up` again.
fn keeps_its_files(name: &str) {
    let app = App::set_up(name);
    app.up();
    assert_eq!(app.post("/items", &format!("{{\"name\": \"{NAME}\"}}")), 201, "{}", app.production(&["logs"]).out);
    assert_eq!(app.production(&["down"]).code, Some(0));
    app.up();
    assert!(app.get("/items").contains(NAME), "{name} forgot: {}", app.get("/items"));
}

#[test]
fn express_keeps_its_files() {
    keeps_its_files("node-keeps");
}

#[test]
fn fastapi_keeps_its_files() {
    keeps_its_files("py-keeps");
}

#[test]
fn go_keeps_its_files() {
    keeps_its_files("go-keeps");
}

#[test]
fn a_one_off_command_has_the_secrets_by_with_secrets() {
    let app = App::set_up("node-api");
    app.up();
    let script = "console.log(new URL(process.env.DATABASE_URL).hostname)";
    let said = app.production(&["exec", "-T", "app", "with-secrets", "node", "-e", script]);
    assert_eq!((said.code, said.out.trim()), (Some(0), "db"), "{}", said.everything());

    let script = "console.log(process.env.DATABASE_URL)";
    let said = app.production(&["exec", "-T", "app", "node", "-e", script]);
    assert_eq!(said.out.trim(), "undefined", "a variable without with-secrets would stand in `docker inspect`");
}

#[test]
fn a_worker_does_its_work() {
    let app = App::set_up("node-worker");
    app.up();
    let cli = "REDISCLI_AUTH=\"$(cat /run/secrets/redis_password)\" redis-cli";
    let redis = |words: &str| app.production(&["exec", "-T", "redis", "sh", "-c", &format!("{cli} {words}")]);
    assert_eq!(redis("rpush jobs Ada").code, Some(0));
    let said = redis("blpop sent 20");
    assert!(said.out.contains("Dear Ada"), "{}", said.everything());
}

/// Rows, a durable queue and a key outlive `down`; a fresh password would lock the app out.
#[test]
fn a_queue_a_table_and_a_key_outlive_down() {
    need_images(&QUEUE_IMAGES);
    let app = App::set_up_with("node-queue", &QUEUE);
    app.up();
    assert_eq!(app.post("/items", &format!("{{\"name\": \"{NAME}\"}}")), 201);

    assert_eq!(app.production(&["down"]).code, Some(0));
    app.up();
    let kept: serde_json::Value = serde_json::from_str(&app.get("/items")).expect("JSON");
    assert_eq!(kept, serde_json::json!({"items": [{"name": NAME}], "waiting": 1, "taken": 1}));

    secrets_stay_secret(&app);
}

/// Development reaches each service from this machine, which an internal network would refuse.
#[test]
fn every_service_is_within_reach_in_development() {
    need_images(&QUEUE_IMAGES);
    let app = App::set_up_with("node-queue", &QUEUE);
    let said = app.compose(&["up", "--wait", "--wait-timeout", "240", "db", "rabbitmq", "valkey"]);
    assert_eq!(said.code, Some(0), "{}", said.everything());
    for variable in ["DB_PORT", "RABBITMQ_PORT", "VALKEY_PORT"] {
        let address = ("127.0.0.1", app.port(variable));
        assert!(std::net::TcpStream::connect(address).is_ok(), "{variable}");
    }
}
