//! Several components of one project in one compose project.

use std::fs;
use std::path::Path;

use dockwright::catalog;
use dockwright::decisions::{Decisions, SettledBy};
use dockwright::draft::{Draft, NoDraft, draft};
use dockwright::paths::RelPath;
use dockwright::presets::Presets;
use dockwright::project::Project;
use dockwright::setup::SecretValue;
use dockwright::setup::compose::Compose;
use tempfile::TempDir;

/// An Express app that listens on a port and reads names of its environment.
fn express(port: u16, reads: &[&str], packages: &[&str]) -> [(&'static str, String); 2] {
    let dependencies: Vec<String> =
        packages.iter().chain(&["express"]).map(|name| format!("\"{name}\": \"^8.0.0\"")).collect();
    let manifest = format!(
        "{{\"name\": \"same\", \"scripts\": {{\"start\": \"node server.js\"}}, \"dependencies\": {{{}}}}}",
        dependencies.join(", ")
    );
    let reads: String = reads.iter().map(|name| format!("console.log(process.env.{name});\n")).collect();
    let server = format!("const app = require(\"express\")();\n{reads}app.listen(process.env.PORT || {port});\n");
    [("package.json", manifest), ("server.js", server)]
}

fn fastapi(reads: &[&str], packages: &[&str]) -> [(&'static str, String); 2] {
    let requirements = format!("fastapi==0.165.0\nuvicorn==0.54.0\n{}", packages.join("\n"));
    let reads: String = reads.iter().map(|name| format!("print(os.environ[\"{name}\"])\n")).collect();
    let main = format!("import os\nfrom fastapi import FastAPI\napp = FastAPI()\n{reads}");
    [("requirements.txt", requirements), ("main.py", main)]
}

fn project(components: &[(&str, &[(&str, String)])]) -> TempDir {
    let folder = TempDir::with_prefix("shop").unwrap();
    for (path, files) in components {
        let inner = folder.path().join("shop").join(path);
        fs::create_dir_all(&inner).unwrap();
        for (name, text) in *files {
            fs::write(inner.join(name), text).unwrap();
        }
    }
    folder
}

fn drafted(folder: &Path, settled: &[(&str, &str)]) -> Result<Draft, NoDraft> {
    let project = Project::open(&folder.join("shop")).unwrap();
    let mut decisions = Decisions::default();
    for (key, value) in settled {
        decisions.settle(key.parse().unwrap(), *value, SettledBy::Flag);
    }
    draft(&project, &catalog::built_in().unwrap(), Presets::built_in(), &decisions)
}

fn text<'a>(draft: &'a Draft, path: &str) -> &'a str {
    &draft.setup.files[&RelPath::new(path).unwrap()].text
}

/// What a service of compose.yaml has for a name.
fn given(draft: &Draft, service: &str, name: &str) -> Option<String> {
    let compose = Compose::parse(text(draft, "compose.yaml"));
    let variables = compose.service(service)?.environment().into_iter();
    variables.filter(|variable| variable.name == name).find_map(|variable| variable.value.map(str::to_owned))
}

#[test]
fn each_component_has_its_files_and_all_share_one_compose_file_and_one_database() {
    let folder = project(&[
        ("backend", &fastapi(&["DATABASE_URL"], &["psycopg==3.3.9"])),
        ("worker", &express(3000, &["DATABASE_URL"], &["pg"])),
    ]);
    let draft = drafted(folder.path(), &[("components", "all")]).unwrap();
    for path in ["backend/Dockerfile", "backend/.dockerignore", "worker/Dockerfile", "worker/.dockerignore"] {
        assert!(draft.setup.files.contains_key(&RelPath::new(path).unwrap()), "{path}");
    }
    let compose = Compose::parse(text(&draft, "compose.yaml"));
    let names: Vec<&str> = compose.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["backend", "worker", "db"]);
    let images: Vec<&str> =
        compose.services.iter().filter_map(|service| service.image()).map(|(image, _)| image).collect();
    assert_eq!(images[..2], ["shop-backend:production", "shop-worker:production"]);
    assert_eq!(compose.service("worker").unwrap().build().unwrap().context, "./worker");
}

#[test]
fn one_name_with_two_values_is_two_secrets_and_one_name_with_one_value_is_one() {
    let folder = project(&[
        ("backend", &fastapi(&["DATABASE_URL", "JWT_SECRET"], &["sqlalchemy==2.0.0", "asyncpg==0.31.0"])),
        ("worker", &express(3000, &["DATABASE_URL", "JWT_SECRET"], &["pg"])),
    ]);
    let draft = drafted(folder.path(), &[("components", "all")]).unwrap();
    let secrets: Vec<(&str, &SecretValue)> =
        draft.setup.secrets.iter().map(|file| (file.name.as_str(), &file.value)).collect();
    let address =
        |scheme: &str, options: &str| SecretValue::From(format!("{scheme}://app:{{db_password}}@db:5432/app{options}"));
    assert_eq!(
        secrets,
        [
            ("db_password", &SecretValue::Random),
            ("backend_database_url", &address("postgresql+asyncpg", "")),
            ("jwt_secret", &SecretValue::Random),
            ("worker_database_url", &address("postgres", "?sslmode=disable")),
        ]
    );
    assert_eq!(given(&draft, "worker", "DATABASE_URL_FILE").as_deref(), Some("/run/secrets/worker_database_url"));
}

#[test]
fn ports_of_this_machine_do_not_collide() {
    let folder = project(&[("api", &express(3000, &[], &[])), ("web", &express(3000, &[], &[]))]);
    let draft = drafted(folder.path(), &[("components", "api, web")]).unwrap();
    let compose = text(&draft, "compose.yaml");
    assert!(compose.contains("127.0.0.1:${API_PORT:-3000}:3000\""), "{compose}");
    assert!(compose.contains("127.0.0.1:${WEB_PORT:-3001}:3000\""), "{compose}");
    let development = text(&draft, "compose.override.yaml");
    assert!(development.contains("127.0.0.1:${API_DEBUG_PORT:-9229}:9229\""), "{development}");
    assert!(development.contains("127.0.0.1:${WEB_DEBUG_PORT:-9230}:9229\""), "{development}");
}

#[test]
fn a_setting_that_names_another_component_leads_there() {
    let mut web = express(3000, &["BACKEND_URL", "MAIL_URL", "CORS_ORIGIN_URL"], &[]).to_vec();
    let example = "BACKEND_URL=http://localhost:8000/api\nCORS_ORIGIN_URL=http://localhost:8000\n";
    web.push((".env.example", example.to_owned()));
    let folder = project(&[("backend", &fastapi(&["WEB_URL"], &[])), ("web", &web)]);
    let draft = drafted(folder.path(), &[("components", "all")]).unwrap();
    assert_eq!(given(&draft, "web", "BACKEND_URL").as_deref(), Some("http://backend:8000/api"));
    assert_eq!(given(&draft, "web", "MAIL_URL"), None);
    assert_eq!(given(&draft, "web", "CORS_ORIGIN_URL").as_deref(), Some("http://localhost:8000"), "browsers see it");
    assert_eq!(given(&draft, "backend", "WEB_URL"), None, "where people go is not known here");
    let settled = [("components", "all"), ("web:settings.BACKEND_URL", "plain=https://api.example.com")];
    let draft = drafted(folder.path(), &settled).unwrap();
    assert_eq!(given(&draft, "web", "BACKEND_URL").as_deref(), Some("https://api.example.com"));
}

#[test]
fn two_databases_of_one_name_are_refused_with_a_way_out() {
    let folder = project(&[
        ("api", &express(3000, &["DATABASE_URL"], &["pg"])),
        ("jobs", &express(3001, &["MYSQL_URL"], &["mysql2"])),
    ]);
    let Err(NoDraft::Mistake(mistake)) = drafted(folder.path(), &[("components", "all")]) else {
        panic!("both would be `db`")
    };
    assert!(mistake.to_string().contains("`api` uses PostgreSQL and `jobs` MySQL"), "{mistake}");
    assert!(mistake.hint.unwrap().contains("`--with jobs:mysql=elsewhere`"));
    let settled = [("components", "all"), ("jobs:services", "mysql=elsewhere")];
    drafted(folder.path(), &settled).unwrap();
}

#[test]
fn what_is_settled_without_a_component_is_of_the_only_one_or_an_error() {
    let folder = project(&[("api", &express(3000, &[], &[])), ("web", &express(3000, &[], &[]))]);
    let draft = drafted(folder.path(), &[("components", "web"), ("port", "4000")]).unwrap();
    assert!(text(&draft, "compose.yaml").contains(":4000\""), "{}", text(&draft, "compose.yaml"));
    let Err(NoDraft::Mistake(mistake)) = drafted(folder.path(), &[("components", "all"), ("port", "4000")]) else {
        panic!("of which one is not said")
    };
    assert_eq!(mistake.to_string(), "which component is `port=4000` of?");
    assert!(mistake.hint.unwrap().contains("`api:port=4000`"));
    let Err(NoDraft::Mistake(mistake)) = drafted(folder.path(), &[("components", "all"), ("old:port", "1")]) else {
        panic!("nobody hears it")
    };
    assert!(mistake.to_string().contains("no component in `old`"), "{mistake}");
    let Err(NoDraft::Mistake(mistake)) = drafted(folder.path(), &[("components", "all"), ("web:preset", "strict")])
    else {
        panic!("a preset is not a component's")
    };
    assert_eq!(mistake.to_string(), "`web:preset` is settled, and `preset` is the project's");
}

#[test]
fn a_component_does_not_take_the_name_of_a_backing_service() {
    let folder = project(&[("redis", &express(3000, &["REDIS_URL"], &["ioredis"])), ("web", &express(3001, &[], &[]))]);
    let draft = drafted(folder.path(), &[("components", "all")]).unwrap();
    let compose = Compose::parse(text(&draft, "compose.yaml"));
    let names: Vec<&str> = compose.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["redis-app", "web", "redis"]);
}

#[test]
fn one_chosen_component_is_written_as_if_it_were_alone() {
    let folder = project(&[("api", &express(3000, &[], &[])), ("web", &express(3000, &[], &[]))]);
    let chosen = drafted(folder.path(), &[("components", "web")]).unwrap();
    fs::remove_dir_all(folder.path().join("shop/api")).unwrap();
    let alone = drafted(folder.path(), &[]).unwrap();
    assert_eq!(chosen.setup, alone.setup);
    assert_eq!(chosen.others, [RelPath::new("api").unwrap()]);
}

#[test]
fn the_env_file_of_a_component_is_imported_too() {
    let folder = project(&[("api", &express(3000, &["STRIPE_KEY"], &[])), ("web", &express(3000, &["MAIL_KEY"], &[]))]);
    let root = folder.path().join("shop");
    fs::write(root.join("api/.env"), "STRIPE_KEY=sk_test_1\n").unwrap();
    fs::write(root.join("web/.env"), "MAIL_KEY=mail_2\n").unwrap();
    let words = ["init", "--yes", "--component", "api", "--component", "web", "--import-env"];
    let output = super::init::dockwright(&root, &words);
    assert_eq!(super::init::code(&output), 0, "{}", super::init::stderr(&output));
    assert_eq!(fs::read_to_string(root.join("secrets/stripe_key")).unwrap(), "sk_test_1");
    fs::remove_file(root.join("secrets/mail_key")).unwrap();
    super::init::dockwright(&root, &["secrets", "--import-env"]);
    assert_eq!(fs::read_to_string(root.join("secrets/mail_key")).unwrap(), "mail_2");
}

#[test]
fn the_choice_is_kept_and_what_an_earlier_one_wrote_is_named() {
    let folder = project(&[("api", &express(3000, &[], &[])), ("web", &express(3000, &[], &[]))]);
    let root = folder.path().join("shop");
    let run = |words: &[&str]| super::init::dockwright(&root, words);
    run(&["init", "--yes", "--component", "all"]);
    let settled = fs::read_to_string(root.join("dockwright.toml")).unwrap();
    assert!(settled.contains("components = \"all\""), "{settled}");
    assert_eq!(super::init::code(&run(&["init", "--check"])), 0);
    let output = run(&["init", "--yes", "--component", "web"]);
    assert_eq!(super::init::code(&output), 0, "{}", super::init::stderr(&output));
    assert!(super::init::stderr(&output).contains("git rm api/Dockerfile"), "{}", super::init::stderr(&output));
    assert_eq!(super::init::code(&run(&["init", "--check"])), 0);
}
