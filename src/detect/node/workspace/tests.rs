//! Workspaces as their managers read them.

use super::super::super::testing::{Case, project};
use super::*;
use crate::facts::{Component, Stack};

const ROOT: &str =
    r#"{"name": "acme", "workspaces": ["apps/*", "packages/*"], "scripts": {"start": "npm start -w apps/api"}}"#;
const API: &str = r#"{"name": "@acme/api",
  "scripts": {"start": "node dist/a.js", "build": "tsc"},
  "dependencies": {"@acme/db": "*", "express": "5"},
  "devDependencies": {"@acme/tsconfig": "workspace:*"}}"#;
const DB: &str = r#"{"name": "@acme/db", "main": "dist/index.js", "version": "1.2.0",
  "scripts": {"build": "tsc"}, "dependencies": {"@acme/log": "^1.0.0", "pg": "8"}}"#;
const LOG: &str = r#"{"name": "@acme/log", "version": "1.0.0", "exports": "./src/log.js"}"#;

fn files<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut files = vec![
        ("package.json", ROOT),
        ("package-lock.json", r#"{"packages": {"node_modules/express": {}, "node_modules/pg": {}}}"#),
        ("apps/api/package.json", API),
        ("apps/api/src/a.ts", "import { url } from '@acme/db'; listen(process.env.PORT)"),
        ("packages/db/package.json", DB),
        ("packages/db/src/index.ts", "export const url = process.env.DATABASE_URL"),
        ("packages/log/package.json", LOG),
        ("packages/log/src/log.js", "x"),
        ("packages/tsconfig/package.json", r#"{"name": "@acme/tsconfig"}"#),
        ("packages/other/package.json", r#"{"name": "@acme/other"}"#),
    ];
    files.extend(more);
    files
}

fn members(case: &Case) -> Vec<String> {
    case.ask(|context| {
        let workspace = Workspace::read(context, &RelPath::root()).unwrap();
        workspace.iter().flat_map(|found| &found.members).map(|member| member.path.to_string()).collect()
    })
}

fn api(case: &Case) -> Component {
    let found = case.detect().unwrap().components;
    assert_eq!(found.iter().map(|component| component.path.as_str()).collect::<Vec<_>>(), ["apps/api"]);
    found.into_iter().next().unwrap()
}

fn facts(component: &Component) -> &crate::facts::Workspace {
    let Stack::Node(node) = &component.stack else { panic!() };
    node.workspace.as_ref().unwrap()
}

#[test]
fn the_last_pattern_that_matches_decides_over_a_folder() {
    for (patterns, expected) in [
        (r#"["packages/*"]"#, vec!["packages/a", "packages/b"]),
        (r#"["./packages/a/"]"#, vec!["packages/a"]),
        (r#"["packages/**"]"#, vec!["packages/a", "packages/a/deep/c", "packages/b"]),
        (r#"["packages/*", "!packages/b"]"#, vec!["packages/a"]),
        (r#"["!packages/b", "packages/*"]"#, vec!["packages/a", "packages/b"]),
        (r#"["{packages,tools}/*"]"#, vec!["packages/a", "packages/b", "tools/x"]),
        (r#"{"packages": ["tools/*"], "nohoist": ["x"]}"#, vec!["tools/x"]),
        ("[]", vec![]),
    ] {
        let root = format!("{{\"workspaces\": {patterns}}}");
        let case = project(&[
            ("package.json", &root),
            ("packages/a/package.json", "{}"),
            ("packages/a/deep/c/package.json", "{}"),
            ("packages/b/package.json", "{}"),
            ("packages/none/readme.md", ""),
            ("packages/a/node_modules/x/package.json", "{}"),
            ("tools/x/package.json", "{}"),
        ]);
        assert_eq!(members(&case), expected, "{patterns}");
    }
}

#[test]
fn pnpm_lists_members_in_a_file_of_its_own() {
    let yaml = "catalog:\n  packages: 1\n# members\npackages:\n  - 'apps/*'\n  - \"!apps/old\"\nonlyBuiltDependencies:\n  - esbuild\n";
    let files = [
        ("package.json", "{}"),
        ("pnpm-workspace.yaml", yaml),
        ("apps/a/package.json", "{}"),
        ("apps/old/package.json", "{}"),
        ("esbuild/package.json", "{}"),
    ];
    assert_eq!(members(&project(&files)), ["apps/a"]);
    // settings alone make no workspace
    let files = [("package.json", "{}"), ("pnpm-workspace.yaml", "onlyBuiltDependencies:\n  - esbuild\n")];
    assert_eq!(members(&project(&files)), [""; 0]);
}

#[test]
fn what_a_member_needs_comes_before_it_and_nothing_else_does() {
    let component = api(&project(&files(&[])));
    let workspace = facts(&component);
    let needs: Vec<String> =
        workspace.needs.iter().map(|need| format!("{} {}", need.path, need.in_production)).collect();
    assert_eq!(needs, ["packages/log true", "packages/db true", "packages/tsconfig false"]);
    assert_eq!(workspace.others.iter().map(RelPath::as_str).collect::<Vec<_>>(), ["packages/other"]);
    assert_eq!(workspace.needs[1].evidence.place(), "apps/api/package.json:3");
    let Stack::Node(node) = &component.stack else { panic!() };
    let manifests: Vec<&str> = node.packages.value().unwrap().manifests.iter().map(RelPath::as_str).collect();
    assert_eq!(
        manifests,
        [
            "package.json",
            "package-lock.json",
            "apps/api/package.json",
            "packages/db/package.json",
            "packages/log/package.json",
            "packages/tsconfig/package.json",
        ]
    );
}

#[test]
fn production_has_what_a_member_builds_or_else_its_sources() {
    let component = api(&project(&files(&[])));
    let kept: Vec<String> = facts(&component)
        .needs
        .iter()
        .map(|need| need.folders.iter().map(RelPath::to_string).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(kept, ["src", "dist", ""]);
}

#[test]
fn libraries_and_names_of_what_a_member_needs_are_its_own() {
    let component = api(&project(&files(&[])));
    assert_eq!(component.services.iter().map(|service| service.id.as_str()).collect::<Vec<_>>(), ["postgres"]);
    assert_eq!(component.settings.iter().map(|setting| setting.name.as_str()).collect::<Vec<_>>(), ["DATABASE_URL"]);
}

#[test]
fn members_that_are_needed_are_built_first_by_what_the_project_builds_with() {
    let shown = |case: &Case| {
        let component = api(case);
        let builds: Vec<String> = facts(&component).builds.iter().map(ToString::to_string).collect();
        (builds, component.build.value().unwrap().as_ref().unwrap().to_string())
    };
    let (builds, own) = shown(&project(&files(&[])));
    assert_eq!((builds.join("; ").as_str(), own.as_str()), ("npm run build --workspace=packages/db", "npm run build"));
    let root = ROOT.replacen('{', "{\"devDependencies\": {\"turbo\": \"2\"},", 1);
    let mut turbo = files(&[("turbo.json", "{\"tasks\": {\"build\": {\"dependsOn\": [\"^build\"]}}} // x")]);
    turbo[0].1 = &root;
    let (builds, own) = shown(&project(&turbo));
    assert_eq!(builds, ["turbo run build '--filter=@acme/api^...' --env-mode=loose"]);
    assert_eq!(own, "turbo run build --filter=@acme/api --env-mode=loose");
}

#[test]
fn a_member_of_another_version_comes_from_the_registry() {
    let mut files = files(&[]);
    let db = DB.replace("^1.0.0", "^2.0.0");
    files[4].1 = &db;
    let component = api(&project(&files));
    let needs: Vec<&str> = facts(&component).needs.iter().map(|need| need.path.as_str()).collect();
    assert_eq!(needs, ["packages/db", "packages/tsconfig"]);
}

#[test]
fn members_that_are_none_say_why() {
    let more = [
        ("apps/docs/package.json", r#"{"name": "docs", "dependencies": {"vite": "7"}}"#),
        (
            "apps/bad/package.json",
            "{\"name\": \"bad\", \"main\": \"x.js\",\n\"dependencies\": {\"@acme/gone\": \"workspace:*\"}}",
        ),
    ];
    let detection = project(&files(&more)).detect().unwrap();
    let saw: Vec<&str> = detection.unfit.iter().map(|unfit| unfit.saw.as_str()).collect();
    assert!(saw.contains(&"found package.json:1: the root of a workspace"), "{saw:?}");
    assert!(saw.contains(&"found apps/docs/package.json:1: static pages without a server"), "{saw:?}");
    let gone = "found apps/bad/package.json:2: no member of the workspace is called `@acme/gone`";
    assert!(saw.contains(&gone), "{saw:?}");
    assert_eq!(detection.components.len(), 1);
}

#[test]
fn scripts_that_an_install_would_run_are_taken_out_of_their_manifests() {
    let mut files = files(&[]);
    let db = DB.replacen("\"build\"", "\"postinstall\": \"prisma generate\", \"build\"", 1);
    files[4].1 = &db;
    let component = api(&project(&files));
    let Stack::Node(node) = &component.stack else { panic!() };
    let packages = node.packages.value().unwrap();
    assert_eq!(packages.edited.iter().map(RelPath::as_str).collect::<Vec<_>>(), ["packages/db/package.json"]);
    let prepare = packages.prepare.as_deref().unwrap();
    assert!(prepare.starts_with("for p in packages/db; do (cd $p && npm pkg delete"), "{prepare}");
}

#[test]
fn a_root_that_runs_a_program_of_its_own_is_the_component() {
    let root =
        r#"{"workspaces": ["packages/*"], "scripts": {"start": "node server.js"}, "dependencies": {"@acme/log": "*"}}"#;
    let files = [
        ("package.json", root),
        ("server.js", "x"),
        ("packages/log/package.json", LOG),
        ("packages/log/src/log.js", "x"),
    ];
    let component = project(&files).detect().unwrap().components.remove(0);
    assert!(component.path.is_root());
    assert_eq!(facts(&component).needs.len(), 1);
}
