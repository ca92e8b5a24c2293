//! docker-bake.hcl: what Bake makes of it, and that it builds.

use serde_json::{Value, json};

use crate::apps::App;
use crate::engine::{must, run};

/// What `docker buildx bake --print` says with these variables.
fn printed(app: &App, variables: &[(&str, &str)]) -> Value {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let said = must(&app.folder, "docker", &["buildx", "bake", "--print"], &variables);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("no JSON ({error}):\n{}", said.everything()))
}

#[test]
fn bake_builds_both_platforms_and_all_else_is_on_request() {
    let app = App::set_up("go-vendor");
    let plain = printed(&app, &[]);
    assert_eq!(plain["group"]["default"]["targets"], json!(["app"]));
    assert_eq!(plain["target"].as_object().unwrap().len(), 1);
    let target = &plain["target"]["app"];
    assert_eq!(target["platforms"], json!(["linux/amd64", "linux/arm64"]));
    assert_eq!((&target["target"], &target["tags"]), (&json!("production"), &json!(["echo:0.0.0"])));
    for absent in ["cache-from", "cache-to", "attest"] {
        assert!(target.get(absent).is_none(), "{absent} in {target:#}");
    }

    let asked = printed(
        &app,
        &[
            ("VERSION", "1.2.3"),
            ("REVISION", "abc"),
            ("REGISTRY", "ghcr.io/a/"),
            ("CACHE", "type=gha"),
            ("ATTEST", "true"),
        ],
    );
    let target = &asked["target"]["app"];
    assert_eq!(target["tags"], json!(["ghcr.io/a/echo:1.2.3"]));
    assert_eq!(target["args"], json!({"VERSION": "1.2.3", "REVISION": "abc"}));
    assert_eq!(target["cache-from"], json!([{"type": "gha"}]));
    assert_eq!(target["cache-to"], json!([{"type": "gha", "mode": "max"}]));
    assert_eq!(target["attest"], json!([{"type": "sbom"}, {"type": "provenance", "mode": "max"}]));
}

#[test]
fn bake_builds_one_platform_on_any_engine_and_the_version_reaches_the_program() {
    let app = App::set_up("go-vendor");
    let version = format!("9.9.{}", std::process::id());
    let image = format!("echo:{version}");
    let variables = [("VERSION".to_owned(), version.clone()), ("REVISION".to_owned(), "abcdef".to_owned())];
    must(&app.folder, "docker", &["buildx", "bake", "--set", "*.platform=linux/amd64", "--load"], &variables);
    let inspected = must(&app.folder, "docker", &["image", "inspect", &image], &[]);
    let started = must(&app.folder, "docker", &["run", "--detach", "--rm", &image], &[]);
    let logs = (0..50).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let logs = run(&app.folder, "docker", &["logs", started.out.trim()], &[]).err;
        logs.contains("listens").then_some(logs)
    });
    must(&app.folder, "docker", &["rm", "--force", started.out.trim()], &[]);
    must(&app.folder, "docker", &["image", "rm", &image], &[]);
    assert!(inspected.out.contains(&format!("\"org.opencontainers.image.version\": \"{version}\"")));
    assert!(logs.unwrap_or_default().contains(&format!("echo {version} listens")));
}
