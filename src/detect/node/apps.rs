//! The apps that the engine tests build and run must be read right, without a question.

use std::path::Path;

use super::super::detect;
use crate::decisions::Decisions;
use crate::facts::{Component, Stack, Warning};
use crate::presets::Presets;
use crate::project::Project;

fn app(name: &str) -> (Component, Vec<Warning>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/apps").join(name);
    let project = Project::open(&folder).unwrap();
    let mut detection = detect(&project, &Decisions::default(), Presets::built_in()).unwrap();
    assert_eq!(detection.components.len(), 1);
    (detection.components.remove(0), detection.warnings)
}

/// The facts of the review screen, services and settings, one line each.
fn shown(name: &str) -> String {
    let (component, warnings) = app(name);
    let mut lines = vec![component.name.to_string()];
    for fact in component.facts().iter().filter(|fact| fact.is_worth_a_line()) {
        lines.push(format!("{} {}", fact.key, fact.value.as_deref().unwrap_or("?")));
    }
    let Stack::Node(node) = &component.stack else { panic!("no Node") };
    let words = |list: Vec<String>| if list.is_empty() { "none".to_owned() } else { list.join(" ") };
    lines.push(format!("develop {}", component.develop.value().unwrap()));
    lines.push(format!("output {}", node.output.as_ref().map_or("none", |path| path.as_str())));
    lines.push(format!("services {}", words(component.services.iter().map(|service| service.id.clone()).collect())));
    lines.push(format!("settings {}", words(component.settings.iter().map(|set| set.name.to_string()).collect())));
    lines.push(format!("warnings {}", words(warnings.iter().map(|warning| warning.id.clone()).collect())));
    lines.join("\n")
}

#[test]
fn a_compiled_express_app_is_read() {
    let expected = "shop-api
runtime Node 24
packages npm
build npm run build
start node dist/index.js
port 3000
health GET /health
develop node_modules/.bin/tsx watch --inspect=0.0.0.0:9229 src/index.ts
output dist
services postgres
settings DATABASE_URL LOG_LEVEL
warnings none";
    assert_eq!(shown("node-api"), expected);
}

#[test]
fn a_fastify_app_with_an_address_in_parts_is_read() {
    let expected = "parcel-tracker
runtime Node 26
packages pnpm 10.34.8
build none
start node src/server.js
port 3000
health GET /healthz
develop node --watch --inspect=0.0.0.0:9229 src/server.js
output none
services postgres redis
settings PGDATABASE PGHOST PGPASSWORD PGPORT PGUSER REDIS_URL
warnings none";
    assert_eq!(shown("node-parts"), expected);
}

#[test]
fn an_app_of_one_file_is_read() {
    let expected = "hello-board
runtime Node 26
packages npm
build none
start node server.js
port 8080
health port
develop node --watch --inspect=0.0.0.0:9229 server.js
output none
services none
settings none
warnings none";
    assert_eq!(shown("node-plain"), expected);
    let (component, _) = app("node-plain");
    let Stack::Node(node) = &component.stack else { panic!("no Node") };
    assert!(node.packages.value().unwrap().install.ends_with("--ignore-scripts && npm rebuild"));
    assert_eq!(component.assets.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["public", "server.js"]);
}

#[test]
fn a_worker_listens_nowhere() {
    let expected = "mail-worker
runtime Node 24
packages npm
build none
start node worker.js
port none
health none
develop node --watch --inspect=0.0.0.0:9229 worker.js
output none
services redis
settings REDIS_URL
warnings none";
    assert_eq!(shown("node-worker"), expected);
}

#[test]
fn hostile_manifests_are_read_to_their_end() {
    use super::super::testing::project;
    let deep = "a/".repeat(200_000);
    let many = "node x && ".repeat(50_000);
    let runs = format!("npm run start -- {}", "x ".repeat(50_000));
    for text in [
        deep.as_str(),
        &many,
        &runs,
        "npm start",
        "node",
        "",
        "   ",
        "&&",
        "|",
        "node ..",
        "node /abs.js",
        "node ../../x.js",
        "A=1",
        "cross-env",
        "dotenv -e",
        "npx",
        "npx -y",
        "pnpm",
        "nest start",
        "env",
        "./",
        "/",
    ] {
        let manifest = format!("{{\"main\": {text:?}, \"scripts\": {{\"start\": {text:?}, \"dev\": {text:?}}}}}");
        project(&[("package.json", &manifest), ("index.js", "")]).detect().unwrap();
    }
}
