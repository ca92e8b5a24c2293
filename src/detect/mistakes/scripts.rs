//! A package.json that says too little: nothing starts it, or nothing builds its TypeScript.

use super::super::node::entry::Folder;
use super::super::node::framework::framework;
use super::super::node::manifest::Manifest;
use super::super::node::{self, start};
use super::Asked;
use crate::facts::{Argv, Component, Confidence, Evidence, Found, Stack};
use crate::paths::RelPath;

/// Below this version Node runs no TypeScript without a flag: 22.18 and 23.6 were the first.
const STRIPS_TYPES: u32 = 22;

/// A server without a start script: `main` or a usual name is taken, or nothing at all.
pub fn no_start(asked: &Asked<'_>) {
    for folder in asked.folders() {
        let Some(manifest) = Manifest::read(asked.context, &folder).ok().flatten() else { continue };
        let decided = asked.context.decisions.of(&folder, "start").is_some();
        let framework = framework(asked.context, &folder, &manifest);
        let place =
            Folder { context: asked.context, path: &folder, manifest: &manifest, framework: framework.as_ref() };
        // its own server needs no script
        if decided || framework.is_some() || start::is_told(&place) || !node::has_server(&manifest) {
            continue;
        }
        let component = asked.components.iter().find(|component| component.path == folder);
        let taken = match component.map(|component| (&component.stack, &component.start)) {
            Some((Stack::Node(_), Found::Known { value, evidence, .. })) => Some((value, evidence.first())),
            Some(_) => continue,
            None => None,
        };
        let (message, hint) = match &taken {
            Some((argv, why)) => (
                format!(
                    "{} has no start script; taken is `{argv}` ({})",
                    manifest.file,
                    why.map_or("", |why| &why.because)
                ),
                format!("add `\"start\": \"{argv}\"` to `scripts`"),
            ),
            None => (
                format!("{} has no start script, and no file looks like a server", manifest.file),
                "add a line like `\"start\": \"node server.js\"` to `scripts`".to_owned(),
            ),
        };
        asked.context.warn("no-start-script", message, vec![scripts(&manifest)], hint);
    }
}

/// TypeScript that production starts compiled, and no script compiles; or that its Node cannot run.
pub fn no_build(asked: &Asked<'_>) {
    let is_plain = |component: &&Component| matches!(&component.stack, Stack::Node(node) if node.framework.is_none());
    for component in asked.components.iter().filter(is_plain) {
        let Some(manifest) = Manifest::read(asked.context, &component.path).ok().flatten() else { continue };
        let Found::Known { value: start, confidence, .. } = &component.start else { continue };
        let Some(file) = program(start).filter(|_| *confidence != Confidence::Decided) else { continue };
        let typed = matches!(file.extension(), Some("ts" | "mts" | "cts"));
        let is_there = component.path.join(file.as_str()).is_ok_and(|file| asked.context.project.has_file(&file));
        let build = match &component.build {
            Found::Known { value, confidence, evidence, .. } if *confidence != Confidence::Decided => {
                Some((value.as_ref(), *confidence, evidence.first()))
            }
            _ => None,
        };
        match build {
            Some((Some(argv), Confidence::Inferred, Some(why))) => asked.context.warn(
                "typescript-without-build",
                format!("no script builds `{file}`; the image runs `{argv}`"),
                vec![scripts(&manifest), why.clone()],
                "add `\"build\": \"tsc\"` to `scripts`",
            ),
            Some((None, ..)) if !is_there && component.stack.node().is_some_and(|node| node.typescript) => {
                asked.context.warn(
                    "typescript-without-build",
                    format!("`{start}` needs what a build writes, and no script builds"),
                    vec![scripts(&manifest)],
                    "`npm install --save-dev typescript`, and add `\"build\": \"tsc\"` to `scripts`",
                );
            }
            _ if typed && start.words().first().is_some_and(|word| word == "node") && is_old(component) => {
                asked.context.warn(
                    "typescript-without-build",
                    format!("Node before {STRIPS_TYPES} does not run `{file}` as it is"),
                    component.runtime.evidence().cloned().into_iter().chain([scripts(&manifest)]).collect(),
                    format!("`--set runtime={STRIPS_TYPES}` or newer, or add `\"build\": \"tsc\"` to `scripts`"),
                );
            }
            _ => {}
        }
    }
}

fn is_old(component: &Component) -> bool {
    let major = component.runtime.value().and_then(|runtime| runtime.version.parse::<u32>().ok());
    major.is_some_and(|major| major < STRIPS_TYPES)
}

/// The file that `node --flag dist/index.js` runs.
fn program(start: &Argv) -> Option<RelPath> {
    let words = start.words().iter().skip(1);
    let file = words.filter(|word| !word.starts_with('-')).find(|word| word.contains('.'))?;
    RelPath::new(file).ok()
}

/// Where the line to add belongs.
fn scripts(manifest: &Manifest) -> Evidence {
    let line = manifest.line("scripts").unwrap_or(1);
    Evidence::at(&manifest.file, line, "", "scripts")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    const EXPRESS: &str = "\"dependencies\": {\"express\": \"5\"}";

    fn found(id: &str, more: &str, files: &[(&str, &str)]) -> Option<(String, String, String)> {
        let manifest = format!("{{\n\"name\": \"shop\",\n{more}\n}}");
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}")];
        all.extend(files);
        named(&project(&all), id)
    }

    #[test]
    fn a_server_without_a_start_script_is_named_with_the_line_to_add() {
        let (place, message, hint) = found("no-start-script", EXPRESS, &[("app.js", "")]).unwrap();
        assert_eq!(place, "package.json:1");
        assert!(message.contains("taken is `node app.js`"), "{message}");
        assert_eq!(hint, "add `\"start\": \"node app.js\"` to `scripts`");
        let scripts = format!("\"scripts\": {{\"test\": \"x\"}},\n{EXPRESS}");
        let (place, message, _) = found("no-start-script", &scripts, &[]).unwrap();
        assert_eq!((place.as_str(), message.contains("no file looks like a server")), ("package.json:3", true));
    }

    #[test]
    fn what_says_how_it_starts_is_no_mistake() {
        for more in ["\"scripts\": {\"start\": \"node app.js\"}", "\"scripts\": {\"start:prod\": \"node app.js\"}"] {
            let more = format!("{more},\n{EXPRESS}");
            assert_eq!(found("no-start-script", &more, &[("app.js", "")]), None);
        }
        assert_eq!(found("no-start-script", EXPRESS, &[("app.js", ""), ("Procfile", "web: node app.js\n")]), None);
        assert_eq!(found("no-start-script", "\"devDependencies\": {\"prettier\": \"3\"}", &[]), None, "tools alone");
    }

    #[test]
    fn typescript_that_nothing_builds_is_named() {
        let id = "typescript-without-build";
        let config = ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"dist\"}}");
        let source = ("src/index.ts", "");
        let start = "\"scripts\": {\"start\": \"node dist/index.js\"}";
        let compiler = format!("{start},\n\"devDependencies\": {{\"typescript\": \"5\"}}");
        let (place, _, hint) = found(id, &compiler, &[config, source]).unwrap();
        assert_eq!(
            (place.as_str(), hint.as_str()),
            ("package.json:3 tsconfig.json", "add `\"build\": \"tsc\"` to `scripts`")
        );
        assert!(found(id, start, &[config, source]).unwrap().2.contains("npm install --save-dev typescript"));
        let built = "\"scripts\": {\"build\": \"tsc\", \"start\": \"node dist/index.js\"}";
        assert_eq!(found(id, built, &[config, source]), None);
    }

    #[test]
    fn typescript_that_node_runs_itself_needs_no_build() {
        let start = "\"scripts\": {\"start\": \"node src/index.ts\"}";
        let id = "typescript-without-build";
        assert_eq!(found(id, start, &[("src/index.ts", "")]), None);
        let old = format!("{start},\n\"engines\": {{\"node\": \"20.x\"}}");
        assert!(found(id, &old, &[("src/index.ts", "")]).unwrap().2.starts_with("`--set runtime=22`"));
    }
}
