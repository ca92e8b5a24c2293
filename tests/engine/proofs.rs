//! `init --yes`, then `verify --format json`: every row is ok, and nothing is left behind.

use std::time::{Duration, Instant};

use crate::apps::{App, QUEUE, QUEUE_IMAGES};
use crate::engine::{PATIENCE, need_images, run};

/// Sets an app up without a question, proves it, and checks that `init` then has nothing to do.
pub fn proves(name: &str) {
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
    let rows = report["rows"].as_array().unwrap_or_else(|| panic!("no rows in {report:#}"));
    let bad: Vec<_> = rows.iter().filter(|row| row["outcome"] == "failed").collect();
    assert!(bad.is_empty() && said.code == Some(0), "{name}: {bad:#?}\n{}", said.err);
    let ok = rows.iter().filter(|row| row["outcome"] == "ok").count();
    assert!(ok >= 6, "only {ok} rows are ok: {report:#}");
    for row in rows {
        let word = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        println!("{name}: {:7} {:50} {}", word("outcome"), word("title"), word("detail").replace('\n', " / "));
    }

    for (secret, value) in app.secret_values() {
        assert!(!said.out.contains(&value) && !said.err.contains(&value), "verify prints the value of {secret}");
    }
    nothing_stays(&before);
}

/// Fails if something of a `verify` that has ended is still there. Runs beside this one come and go.
pub fn nothing_stays(before: &[String]) {
    let mut new = left_over();
    new.retain(|line| line.contains("dockwright-verify") && !before.contains(line));
    let started = Instant::now();
    while !new.is_empty() && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(1));
        let now = left_over();
        new.retain(|line| now.contains(line));
    }
    assert!(new.is_empty(), "verify left behind: {new:?}");
}

/// Containers, volumes, networks and images of this engine, one a line.
pub fn left_over() -> Vec<String> {
    let list = |args: &[&str]| run(std::path::Path::new("/"), "docker", args, &[]).out;
    let all = [
        list(&["ps", "--all", "--format", "container {{.Names}}"]),
        list(&["volume", "ls", "--format", "volume {{.Name}}"]),
        list(&["network", "ls", "--format", "network {{.Name}}"]),
        list(&["image", "ls", "--format", "image {{.Repository}}:{{.Tag}}"]),
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
fn koa_with_yarn_1_and_path_aliases() {
    proves("node-yarn1");
}

#[test]
fn fastify_with_yarn_4_and_redis() {
    proves("node-yarn4");
}

#[test]
fn hono_without_node_modules() {
    proves("node-pnp");
}

#[test]
fn an_app_that_runs_on_bun() {
    proves("node-bun");
}

#[test]
fn apps_that_write_beside_their_code() {
    proves("node-keeps");
    proves("py-keeps");
    proves("go-keeps");
}

#[test]
fn next_standalone_with_pnpm_and_a_database() {
    proves("next-app");
}

#[test]
fn next_start_with_npm_and_a_base_path() {
    proves("next-pages");
}

#[test]
fn next_on_distroless() {
    proves_with("next-app", &["--preset", "strict"]);
}

#[test]
fn a_member_of_an_npm_workspace_with_one_that_it_needs() {
    proves("node-workspace");
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
fn go_that_links_c() {
    proves("go-cgo");
}

#[test]
fn go_with_a_vendor_folder() {
    proves("go-vendor");
}

#[test]
fn express_with_prisma_that_migrates_and_checks_its_environment() {
    proves("node-prisma");
}

#[test]
fn go_with_migrations_of_goose() {
    proves("go-goose");
}

#[test]
fn fastapi_with_uv_and_sqlalchemy_over_asyncpg() {
    proves("py-uv");
}

#[test]
fn fastapi_with_hashed_requirements_and_redis() {
    proves("py-pip");
}

/// Poetry asks an index for JSON that not every mirror has: the app names the plain one as a source.
#[test]
fn fastapi_with_poetry_and_a_factory() {
    proves("py-poetry");
}

#[test]
fn fastapi_with_pdm_that_asks_for_its_own_version() {
    proves("py-pdm");
}

#[test]
fn fastapi_without_a_shell() {
    proves_with("py-uv", &["--preset", "strict"]);
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

/// MySQL's client reaches MariaDB, Redis's reaches Valkey; both are images of their own.
#[test]
fn express_with_mariadb_valkey_and_rabbitmq() {
    need_images(&QUEUE_IMAGES);
    proves_with("node-queue", &QUEUE);
}

#[test]
fn two_components_on_one_database() {
    proves_with("two-parts", &["--component", "all"]);
}

#[test]
fn typeorm_migrates_by_what_the_build_compiled() {
    proves("node-typeorm");
}

/// Each component has a `migrate` of its own, from a stage that has its tool.
#[test]
fn sequelize_and_node_pg_migrate_side_by_side() {
    proves_with("two-migrations", &["--component", "all"]);
}

#[test]
fn go_with_migrations_of_golang_migrate() {
    proves("go-migrate");
}

#[test]
fn a_member_of_a_yarn_1_workspace_with_migrations_of_knex() {
    proves("node-knex");
}

/// Bun's image need not have the `node` that drizzle-kit's own file asks for.
#[test]
fn a_member_of_a_bun_workspace_with_migrations_of_drizzle() {
    proves("node-drizzle");
}
