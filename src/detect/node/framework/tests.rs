//! Small projects of each framework, and what its own documentation says that production runs.

use super::super::super::testing::project;
use crate::facts::{Component, Stack};

/// A package with these dependencies and scripts.
fn manifest(dependencies: &str, scripts: &str) -> String {
    let names: Vec<String> = dependencies.split(' ').map(|name| format!("\"{name}\": \"1\"")).collect();
    format!("{{\"type\": \"module\", \"scripts\": {{{scripts}}}, \"devDependencies\": {{{}}}}}", names.join(", "))
}

fn detect(dependencies: &str, scripts: &str, files: &[(&str, &str)]) -> Option<Component> {
    let manifest = manifest(dependencies, scripts);
    let lock = manifest.clone();
    let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", lock.as_str())];
    all.extend(files);
    let mut detection = project(&all).detect().unwrap();
    assert!(detection.warnings.is_empty(), "{:?}", detection.warnings);
    detection.components.pop()
}

fn unfit(dependencies: &str, scripts: &str, files: &[(&str, &str)]) -> String {
    let manifest = manifest(dependencies, scripts);
    let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}")];
    all.extend(files);
    project(&all).detect().unwrap().unfit.remove(0).saw
}

/// Build, start, port, health, output and development of a component.
fn shown(component: &Component) -> String {
    let Stack::Node(node) = &component.stack else { panic!("no Node") };
    let build = component.build.value().unwrap().as_ref().map_or("none".to_owned(), ToString::to_string);
    let own = if node.self_contained { " with its packages" } else { "" };
    format!(
        "{build} | {} | {} | {} | {}{own} | {}",
        component.start.value().unwrap(),
        component.listens_on().unwrap(),
        component.health.value().unwrap(),
        node.output.as_ref().map_or("none", |path| path.as_str()),
        component.develop.value().unwrap(),
    )
}

fn set(component: &Component) -> String {
    component.environment.iter().map(|(name, value)| format!("{name}={value} ")).collect()
}

const VITE: &str = "\"build\": \"vite build\", \"dev\": \"vite dev\", \"preview\": \"vite preview\"";

#[test]
fn nuxt_runs_what_nitro_leaves() {
    let scripts = "\"build\": \"nuxt build\", \"dev\": \"nuxt dev\", \"postinstall\": \"nuxt prepare\"";
    let found = detect("nuxt", scripts, &[("server/api/health.get.ts", "")]).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node .output/server/index.mjs | 3000 | GET /api/health | .output with its packages | \
         node_modules/.bin/nuxt dev --host 0.0.0.0 --port 3000"
    );
    assert_eq!(set(&found), "HOST=0.0.0.0 ");
    // a preview is no server for production
    for start in ["nuxt start", "nuxi preview", "node .output/server/index.mjs", "npx nuxt dev"] {
        let found = detect("nuxt", &format!("{scripts}, \"start\": \"{start}\""), &[]).unwrap();
        assert_eq!(found.start.value().unwrap().to_string(), "node .output/server/index.mjs", "{start}");
    }
    let found = detect("nuxt", "\"dev\": \"nuxt dev\"", &[]).unwrap();
    assert_eq!(found.build.value().unwrap().as_ref().unwrap().to_string(), "node_modules/.bin/nuxt build");
}

#[test]
fn sveltekit_runs_what_its_adapter_leaves() {
    let files = [("src/routes/health/+server.ts", "export const GET = () => new Response()"), ("svelte.config.js", "")];
    let found = detect("@sveltejs/kit @sveltejs/adapter-node vite", VITE, &files).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node build/index.js | 3000 | GET /health | build | \
         node --inspect=0.0.0.0:9229 node_modules/vite/bin/vite.js dev --host 0.0.0.0 --port 3000"
    );
    assert!(found.settings.iter().any(|setting| setting.name.as_str() == "ORIGIN"));
    let config =
        "import node from '@sveltejs/adapter-node';\nexport default { kit: { adapter: node({ out: 'dist' }) } };";
    let scripts = format!("{VITE}, \"start\": \"node dist\"");
    let found = detect("@sveltejs/kit @sveltejs/adapter-node vite", &scripts, &[("svelte.config.js", config)]).unwrap();
    assert!(shown(&found).contains("| node dist | 3000 | port | dist |"), "{}", shown(&found));
    assert_eq!(
        unfit("@sveltejs/kit @sveltejs/adapter-auto vite", VITE, &[]),
        "found package.json:1: SvelteKit without `@sveltejs/adapter-node`, which makes a server for Node"
    );
}

#[test]
fn a_server_around_the_output_has_both() {
    let scripts = format!("{VITE}, \"start\": \"node server.js\"");
    let server = [("server.js", "import { handler } from './build/handler.js'; createServer(handler).listen(8080)")];
    let found = detect("@sveltejs/kit @sveltejs/adapter-node vite", &scripts, &server).unwrap();
    let assets: Vec<&str> = found.assets.iter().map(|(path, _)| path.as_str()).collect();
    assert!(assets.contains(&"build") && assets.contains(&"server.js"), "{assets:?}");
}

#[test]
fn astro_listens_for_everybody() {
    let scripts = "\"build\": \"astro build\", \"dev\": \"astro dev\", \"start\": \"astro dev\"";
    let files = [("src/pages/api/health.ts", "export const GET = f"), ("src/pages/index.astro", "")];
    let found = detect("astro @astrojs/node", scripts, &files).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node dist/server/entry.mjs | 4321 | GET /api/health | dist | \
         node --inspect=0.0.0.0:9229 node_modules/astro/bin/astro.mjs dev --host 0.0.0.0 --port 4321"
    );
    assert_eq!(set(&found), "HOST=0.0.0.0 ");
    let own = format!("{scripts}, \"start:prod\": \"HOST=127.0.0.1 PORT=8080 node ./dist/server/entry.mjs\"");
    let own = own.replace(", \"start\": \"astro dev\"", "");
    let found = detect("astro @astrojs/node", &own, &[]).unwrap();
    assert_eq!((set(&found).as_str(), found.listens_on().unwrap().number()), ("HOST=0.0.0.0 ", 8080));
    assert!(unfit("astro", scripts, &[]).contains("Astro without `@astrojs/node`"));
}

#[test]
fn react_router_serves_what_it_builds_unless_it_only_makes_pages() {
    let scripts = "\"build\": \"react-router build\", \"dev\": \"react-router dev\", \"start\": \"react-router-serve ./build/server/index.js\"";
    let packages = "@react-router/dev @react-router/serve vite";
    let found = detect(packages, scripts, &[("app/routes/healthz.tsx", "")]).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node node_modules/@react-router/serve/dist/cli.js build/server/index.js | 3000 | GET /healthz | build | \
         node_modules/.bin/react-router dev --host 0.0.0.0 --port 3000"
    );
    let pages = [(
        "react-router.config.ts",
        "import type { Config } from 'x';\nexport default { ssr: false } satisfies Config;",
    )];
    assert_eq!(
        unfit("@react-router/dev @react-router/serve vite", scripts, &pages),
        "found react-router.config.ts:2: static pages without a server"
    );
}

#[test]
fn tanstack_start_runs_what_nitro_leaves() {
    let found = detect("@tanstack/react-start nitro vite", VITE, &[("src/routes/api.health.ts", "")]).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node .output/server/index.mjs | 3000 | GET /api/health | .output with its packages | \
         node --inspect=0.0.0.0:9229 node_modules/vite/bin/vite.js dev --host 0.0.0.0 --port 3000"
    );
    assert!(unfit("@tanstack/react-start vite", VITE, &[]).contains("TanStack Start without `nitro`"));
}

#[test]
fn adonis_starts_in_its_output() {
    let scripts = "\"build\": \"node ace build\", \"dev\": \"node ace serve --hmr\", \"start\": \"node bin/server.js\"";
    let routes = "import router from '@adonisjs/core/services/router'\nrouter.get('/health', () => 'ok')";
    let files = [
        ("bin/server.ts", ""),
        ("ace.js", ""),
        ("start/routes.ts", routes),
        ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"./build\"}}"),
    ];
    let found = detect("@adonisjs/core", scripts, &files).unwrap();
    assert_eq!(
        shown(&found),
        "npm run build | node build/bin/server.js | 3333 | GET /health | build | node ace serve --hmr"
    );
    assert_eq!(set(&found), "HOST=0.0.0.0 ");
    let scripts = scripts.replace("node bin/", "node build/bin/");
    let found = detect("@adonisjs/core", &scripts, &files).unwrap();
    assert_eq!(found.start.value().unwrap().to_string(), "node build/bin/server.js");
}

#[test]
fn every_preset_has_a_server_in_its_output() {
    for (id, preset) in &crate::presets::Presets::built_in().frameworks {
        assert!(preset.start.iter().any(|word| word.starts_with("{output}/")), "{id}");
        assert_eq!(preset.without.is_some(), !preset.needs.is_empty(), "{id}");
        assert!(preset.environment.contains_key("HOST"), "{id} must be reachable");
    }
}
