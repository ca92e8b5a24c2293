//! Whole small Next.js projects: what is taken for one, and how it runs.

use super::super::testing::{Case, project};
use crate::facts::{Component, Found, Stack};

const LOCK: (&str, &str) = ("package-lock.json", "{}");
const PAGE: (&str, &str) = ("app/page.js", "export default () => null");

fn app(scripts: &str, files: &[(&str, &str)]) -> Case {
    let manifest = format!(
        "{{\"scripts\": {{{scripts}}}, \"dependencies\": {{\"next\": \"16.4.6\", \"express\": \"5\", \"@prisma/client\": \"6\"}}}}"
    );
    let mut all = vec![("package.json", manifest.as_str()), LOCK, PAGE];
    all.extend(files);
    project(&all)
}

fn component(case: &Case) -> Component {
    case.detect().unwrap().components.remove(0)
}

fn argv(found: &Found<crate::facts::Argv>) -> String {
    found.value().unwrap().to_string()
}

/// Start and port.
fn runs(start: &str) -> String {
    let files = [("server.js", "require('express')().listen(process.env.PORT || 5000)")];
    let component = component(&app(&format!("\"start\": {start:?}"), &files));
    format!("{} :{}", argv(&component.start), component.listens_on().unwrap())
}

#[test]
fn the_start_script_gives_options_and_port() {
    let next = "node node_modules/next/dist/bin/next start";
    for (start, expected) in [
        ("next start", format!("{next} :3000")),
        ("next start -p 4000 -H 127.0.0.1", format!("{next} :4000")),
        ("PORT=4000 next start", format!("{next} :4000")),
        ("NODE_ENV=production next start --port=4000", format!("{next} :4000")),
        ("next start -p $PORT", format!("{next} :3000")),
        ("next start -p ${PORT:-8080}", format!("{next} :8080")),
        ("next start --keepAliveTimeout 70000", format!("{next} --keepAliveTimeout 70000 :3000")),
        ("pm2 start npm -- start", format!("{next} :3000")),
        ("next dev", format!("{next} :3000")),
        ("node server.js", "node server.js :5000".to_owned()),
        ("node .next/standalone/server.js", format!("{next} :3000")),
    ] {
        assert_eq!(runs(start), expected, "{start}");
    }
}

#[test]
fn standalone_output_leaves_an_own_server_out() {
    let config = ("next.config.js", "module.exports = { output: 'standalone' }");
    let own = app("\"start\": \"node server.js\"", &[config, ("server.js", "require('express')().listen(3000)")]);
    let component = component(&own);
    assert_eq!(argv(&component.start), "node server.js");
    let Stack::Next(_, next) = &component.stack else { panic!() };
    let Found::Known { value: false, rejected, .. } = &next.standalone else { panic!("{:?}", next.standalone) };
    assert_eq!(rejected[0].1.place(), "next.config.js:1");
    assert!(next.edit.is_none() && component.assets.iter().any(|(path, _)| path.as_str() == "server.js"));
}

#[test]
fn steps_that_need_the_database_are_no_part_of_the_build() {
    let case = app("\"build\": \"prisma generate && prisma db push && next build\"", &[]);
    let found = component(&case).build;
    let build = found.value().unwrap().as_ref().unwrap().to_string();
    assert_eq!(build, "sh -c 'PATH=node_modules/.bin:$PATH; prisma generate && next build'");
    assert!(found.evidence().unwrap().because.contains("`prisma db push`"));
    let build = component(&app("\"build\": \"prisma generate && next build\"", &[])).build;
    assert_eq!(build.value().unwrap().as_ref().unwrap().to_string(), "npm run build");
    let scripts = "\"build\": \"run-s db:migrate build:next\", \"db:migrate\": \"drizzle-kit migrate\", \"build:next\": \"next build\"";
    let build = component(&app(scripts, &[])).build.value().unwrap().as_ref().unwrap().to_string();
    assert!(build.ends_with("next build'") && !build.contains("drizzle"), "{build}");
}

#[test]
fn what_only_running_next_config_tells_is_a_question() {
    let config = ("next.config.js", "module.exports = require('./x')()");
    let open = |case: &Case| -> Vec<&'static str> {
        component(case).facts().into_iter().filter(|fact| fact.is_open()).map(|fact| fact.key).collect()
    };
    assert_eq!(open(&app("", &[config])), ["output"]);
    for (answer, start) in [("standalone", "node server.js"), ("none", "node node_modules/next/dist/bin/next start")] {
        let case = app("", &[config]).set("output", answer);
        assert_eq!((open(&case), argv(&component(&case).start).as_str()), (vec![], start));
    }
    assert!(app("", &[config]).set("output", "yes").detect().is_err());
}

#[test]
fn names_of_the_host_and_of_next_itself_are_no_settings() {
    let code = "process.env.NEXT_RUNTIME; process.env.VERCEL_URL; process.env.basePath; process.env.A";
    let component = component(&app("", &[("lib/a.ts", code)]));
    let names: Vec<&str> = component.settings.iter().map(|setting| setting.name.as_str()).collect();
    assert_eq!(names, ["A"]);
}

#[test]
fn static_pages_libraries_and_packages_from_outside_are_no_component() {
    for (manifest, files, saw) in [
        (
            "{\"dependencies\": {\"next\": \"16\"}}",
            vec![PAGE, ("next.config.js", "module.exports = { output: 'export' }")],
            "found next.config.js:1: static pages without a server (`output: 'export'`); any web server can serve `out/`",
        ),
        (
            "{\"dependencies\": {\"next\": \"16\", \"@acme/ui\": \"workspace:*\"}}",
            vec![PAGE],
            "found package.json:1: `@acme/ui` lies outside of the folder, which is the image's context",
        ),
        (
            "{\"devDependencies\": {\"next\": \"16\"}}",
            vec![PAGE],
            "found package.json:1: `next` is a development dependency, and `next start` needs it; move it to `dependencies`",
        ),
        (
            "{\"devDependencies\": {\"vite\": \"7\"}, \"scripts\": {\"start\": \"vite\"}}",
            vec![],
            "found package.json:1: static pages without a server",
        ),
    ] {
        let mut all = vec![("package.json", manifest), LOCK];
        all.extend(files);
        let detection = project(&all).detect().unwrap();
        assert_eq!(detection.unfit.first().map(|unfit| unfit.saw.as_str()), Some(saw));
    }
    let library = "{\"devDependencies\": {\"next\": \"16\"}, \"exports\": \"./x.js\"}";
    let detection = project(&[("package.json", library), LOCK, ("index.js", "")]).detect().unwrap();
    assert!(detection.components.is_empty());
}
