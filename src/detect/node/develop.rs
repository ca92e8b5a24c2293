//! What runs in development: the dev script with a debugger that is reachable, else a watcher.

use super::super::decided::{decided, or_found};
use super::build;
use super::bun;
use super::command::{self, Parsed, Simple, without_finder};
use super::entry::{Entry, Folder};
use super::manifest::Script;
use super::node_call;
use crate::facts::{Argv, Evidence, Found, Packages};
use crate::project::Mistake;

/// Node's debugger, reachable from outside of the container.
const INSPECT: &str = "--inspect=0.0.0.0:9229";
const SCRIPTS: &[&str] = &["dev", "start:dev", "develop", "dev:server", "start:watch", "watch:dev"];

/// # Errors
/// What was settled is no command.
pub fn develop(
    folder: &Folder<'_>,
    packages: &Found<Packages>,
    start: &Found<Argv>,
    entry: Option<&Entry>,
) -> Result<Found<Argv>, Mistake> {
    let settled = decided(folder.context, folder.path, "develop", Argv::parse)?;
    Ok(or_found(settled, found(folder, packages, start, entry)))
}

fn found(folder: &Folder<'_>, packages: &Found<Packages>, start: &Found<Argv>, entry: Option<&Entry>) -> Found<Argv> {
    let manifest = folder.manifest;
    for script in SCRIPTS.iter().filter_map(|name| manifest.script(name)) {
        if let Some(argv) = by_framework(folder, script) {
            return Found::declared(argv, manifest.script_evidence(script));
        }
        if let Some(argv) = by_script(folder, packages, script) {
            return Found::declared(argv, manifest.script_evidence(script));
        }
    }
    // a start script that is none for production is one for development
    if let Some(script) = manifest.script("start")
        && let Parsed::Simple(simple) = command::parse(manifest, script.text)
        && let Some(argv) = watcher(folder, &simple)
        && !matches!(simple.words.first().map(String::as_str), Some("node"))
    {
        return Found::declared(argv, manifest.script_evidence(script));
    }
    if let Some(found) = by_entry(folder, entry) {
        return found;
    }
    match start {
        Found::Known { value, .. } => Found::default(value.clone(), "the same as in production"),
        Found::Unclear { candidates } => match candidates.first() {
            Some((value, _)) => Found::default(value.clone(), "follows from the start"),
            None => Found::Absent,
        },
        Found::Absent => Found::Absent,
    }
}

/// The framework's server of development, which listens on loopback only unless it is told.
fn by_framework(folder: &Folder<'_>, script: Script<'_>) -> Option<Argv> {
    let framework = folder.framework?;
    let Parsed::Simple(simple) = command::parse(folder.manifest, script.text) else { return None };
    if !simple.before.is_empty() || !framework.is_tool(&without_finder(&simple.words)) {
        return None;
    }
    let argv = framework.develop(INSPECT)?;
    let set = simple.environment.iter().filter(|(name, _)| !["NODE_ENV", "PORT"].contains(&name.as_str()));
    let set: Vec<String> = set.map(|(name, value)| format!("{name}={value}")).collect();
    let env = (!set.is_empty()).then(|| "env".to_owned());
    Argv::new(env.into_iter().chain(set).chain(argv.words().iter().cloned())).ok()
}

fn by_script(folder: &Folder<'_>, packages: &Found<Packages>, script: Script<'_>) -> Option<Argv> {
    if let Parsed::Simple(simple) = command::parse(folder.manifest, script.text) {
        let sets = simple.environment.iter().any(|(name, _)| !["NODE_ENV", "PORT"].contains(&name.as_str()));
        if simple.before.is_empty()
            && !sets
            && let Some(argv) = watcher(folder, &simple)
        {
            return Some(argv);
        }
    }
    build::run(folder, packages, script.name)
}

/// A known watcher with the debugger's option in its place.
fn watcher(folder: &Folder<'_>, simple: &Simple) -> Option<Argv> {
    let words = without_finder(&simple.words);
    let has = |package: &str| folder.manifest.any_dependency(package).is_some();
    let kept = |words: &[&str]| -> Vec<String> {
        let plain = |word: &&&str| {
            !word.starts_with("--inspect")
                && !word.starts_with("--env-file=")
                && !word.starts_with("--env-file-if-exists=")
        };
        words.iter().filter(plain).map(|word| (*word).to_owned()).collect()
    };
    let with = |head: &[&str], rest: &[&str]| {
        let head = head.iter().map(|word| (*word).to_owned());
        Argv::new(head.chain(std::iter::once(INSPECT.to_owned())).chain(kept(rest))).ok()
    };
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tsx", "watch" | "--watch", rest @ ..] if has("tsx") => with(&["node_modules/.bin/tsx", "watch"], rest),
        ["nodemon", rest @ ..] if has("nodemon") => {
            // what it runs instead of node takes no option of node
            let other = rest
                .iter()
                .any(|word| ["-x", "--exec"].contains(word) || word.starts_with("--exec=") || word.ends_with(".ts"));
            let configured = ["nodemon.json", ".nodemonrc"].iter().any(|name| folder.has_name(name));
            if other || configured || rest.is_empty() {
                Argv::new(
                    std::iter::once("node_modules/.bin/nodemon".to_owned())
                        .chain(rest.iter().map(|word| (*word).to_owned())),
                )
                .ok()
            } else {
                with(&["node_modules/.bin/nodemon"], rest)
            }
        }
        [tool @ ("ts-node-dev" | "tsnd"), rest @ ..] if has("ts-node-dev") => {
            with(&[&format!("node_modules/.bin/{tool}")], rest)
        }
        ["node", ..] => {
            let call = node_call::read(&words)?;
            call.entry.as_ref()?;
            let mut words = call.words;
            if !call.watches {
                words.insert(1, "--watch".to_owned());
            }
            let at = words.iter().position(|word| word.starts_with("--watch")).map_or(1, |at| at + 1);
            // the value of `--watch-path src` stays behind its option
            let at = if words[at - 1] == "--watch-path" { at + 1 } else { at };
            words.insert(at.min(words.len()), INSPECT.to_owned());
            Argv::new(words).ok()
        }
        _ => None,
    }
}

fn by_entry(folder: &Folder<'_>, entry: Option<&Entry>) -> Option<Found<Argv>> {
    let source = match entry? {
        Entry::Source(file) => file,
        Entry::Built(_, source) => source.as_ref()?,
        Entry::Missing => return None,
    };
    let evidence = |because: &str| Evidence::file(&folder.whole(source), because);
    if bun::runner(folder, source.as_str()) == bun::BUN && matches!(entry, Some(Entry::Source(_))) {
        let argv = Argv::new([bun::BUN, "--watch", source.as_str()]).ok()?;
        return Some(Found::inferred(argv, evidence("Bun starts again when a file changes")));
    }
    match source.extension() {
        Some("ts" | "mts" | "cts" | "tsx") => {
            folder.manifest.any_dependency("tsx")?;
            let argv = Argv::new(["node_modules/.bin/tsx", "watch", INSPECT, source.as_str()]).ok()?;
            Some(Found::inferred(argv, evidence("tsx runs the sources as they are")))
        }
        Some("js" | "mjs" | "cjs") if matches!(entry, Some(Entry::Source(_))) => {
            let watch = match source.parts().next().filter(|first| *first != source.as_str()) {
                Some(first) => format!("--watch-path={first}"),
                None => "--watch".to_owned(),
            };
            let argv = Argv::new(["node", &watch, INSPECT, source.as_str()]).ok()?;
            Some(Found::inferred(argv, evidence("Node starts again when a file changes")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn develop(scripts: &str, files: &[(&str, &str)]) -> String {
        let manifest = format!(
            "{{\"scripts\": {{{scripts}}}, \"devDependencies\": {{\"tsx\": \"4\", \"nodemon\": \"3\", \"ts-node-dev\": \"2\"}}}}"
        );
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}")];
        all.extend(files);
        project(&all).detect().unwrap().components.remove(0).develop.value().unwrap().to_string()
    }

    #[test]
    fn watchers_get_a_debugger_that_is_reachable() {
        let files = [("server.js", ""), ("src/index.ts", "")];
        for (dev, expected) in [
            ("tsx watch src/index.ts", "node_modules/.bin/tsx watch --inspect=0.0.0.0:9229 src/index.ts"),
            (
                "tsx watch --env-file=.env src/index.ts",
                "node_modules/.bin/tsx watch --inspect=0.0.0.0:9229 src/index.ts",
            ),
            (
                "NODE_ENV=development nodemon --inspect server.js",
                "node_modules/.bin/nodemon --inspect=0.0.0.0:9229 server.js",
            ),
            ("nodemon --exec 'tsx src/index.ts'", "node_modules/.bin/nodemon --exec 'tsx src/index.ts'"),
            (
                "ts-node-dev --respawn src/index.ts",
                "node_modules/.bin/ts-node-dev --inspect=0.0.0.0:9229 --respawn src/index.ts",
            ),
            ("node --watch server.js", "node --watch --inspect=0.0.0.0:9229 server.js"),
            ("node --watch-path ./src server.js", "node --watch-path ./src --inspect=0.0.0.0:9229 server.js"),
            ("node server.js", "node --watch --inspect=0.0.0.0:9229 server.js"),
            ("node --watch server.js | pino-pretty", "node --watch --inspect=0.0.0.0:9229 server.js"),
            ("tsc -w & node x", "npm run dev"),
            ("DEBUG=x node server.js", "npm run dev"),
        ] {
            let scripts = format!("\"start\": \"node server.js\", \"dev\": {dev:?}");
            assert_eq!(develop(&scripts, &files), expected, "{dev}");
        }
        let scripts = "\"start\": \"nodemon server.js\", \"start:prod\": \"node server.js\"";
        assert_eq!(develop(scripts, &files), "node_modules/.bin/nodemon --inspect=0.0.0.0:9229 server.js");
    }

    #[test]
    fn without_a_dev_script_the_sources_are_watched() {
        for (start, file, expected) in [
            ("node dist/index.js", "src/index.ts", "node_modules/.bin/tsx watch --inspect=0.0.0.0:9229 src/index.ts"),
            ("node src/index.js", "src/index.js", "node --watch-path=src --inspect=0.0.0.0:9229 src/index.js"),
            ("node server.js", "server.js", "node --watch --inspect=0.0.0.0:9229 server.js"),
            ("node -e 1", "x.js", "node -e 1"),
        ] {
            assert_eq!(develop(&format!("\"start\": {start:?}"), &[(file, "")]), expected);
        }
    }
}
