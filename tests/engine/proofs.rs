//! `init --yes`, then `verify --format json`: every row is ok, and nothing is left behind.

use crate::apps::App;
use crate::engine::run;

/// Sets an app up without a question, proves it, and checks that `init` then has nothing to do.
fn proves(name: &str) {
    proves_with(name, &[]);
}

/// As [`proves`], with further arguments to `init`.
fn proves_with(name: &str, args: &[&str]) {
    let app = App::set_up_with(name, args);

    let said = app.dockwright(&[&["init", "--check"], args].concat());
    assert_eq!(said.code, Some(0), "a second init would change something:\n{}", said.everything());

    let before = left_over();
    let said = app.dockwright(&["verify", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("verify printed no JSON ({error}):\n{}", said.everything()));
    assert_eq!(report["version"], 1);
    let rows = report["checks"].as_array().unwrap_or_else(|| panic!("no rows in {report:#}"));
    assert!(rows.len() >= 6, "only {} rows: {report:#}", rows.len());
    let bad: Vec<_> = rows.iter().filter(|row| row["ok"] != true).collect();
    assert!(bad.is_empty() && said.code == Some(0), "{name}: {bad:#?}\n{}", said.err);
    for row in rows {
        println!("{name}: {row}");
    }

    let secrets = app.secret_values();
    for (secret, value) in &secrets {
        assert!(!said.out.contains(value) && !said.err.contains(value), "verify prints the value of {secret}");
    }
    let after = left_over();
    let new: Vec<_> = after.iter().filter(|line| line.contains("dockwright") && !before.contains(line)).collect();
    assert!(new.is_empty(), "verify left behind: {new:?}");
}

/// Containers, volumes and networks of this engine, one a line.
pub fn left_over() -> Vec<String> {
    let list = |args: &[&str]| run(std::path::Path::new("/"), "docker", args, &[]).out;
    let all = [
        list(&["ps", "--all", "--format", "container {{.Names}}"]),
        list(&["volume", "ls", "--format", "volume {{.Name}}"]),
        list(&["network", "ls", "--format", "network {{.Name}}"]),
    ];
    all.concat().lines().map(str::to_owned).collect()
}

#[test]
fn express_typescript_with_a_database_url() {
    proves("node-api");
}

#[test]
fn fastify_with_pnpm_and_host_user_and_password_apart() {
    proves("node-parts");
}

#[test]
fn a_worker_without_a_port() {
    proves("node-worker");
}

#[test]
fn a_plain_server_at_the_root_with_a_prepare_script() {
    proves("node-plain");
}

#[test]
fn chi_and_pgx_with_embedded_migrations() {
    proves("go-api");
}

#[test]
fn go_without_dependencies() {
    proves("go-plain");
}

#[test]
fn go_with_a_database_and_a_cache() {
    proves("go-cache");
}

#[test]
fn express_without_a_shell() {
    proves_with("node-api", &["--preset", "strict"]);
}

#[test]
fn pnpm_without_a_shell() {
    proves_with("node-parts", &["--preset", "strict"]);
}

#[test]
fn chi_by_the_strict_preset() {
    proves_with("go-api", &["--preset", "strict"]);
}

#[test]
fn an_image_without_compose_files() {
    proves_with("node-plain", &["--preset", "minimal"]);
}
