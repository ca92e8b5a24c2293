//! Apps that run on Bun. One that is only installed with it runs on Node.

use super::super::decided::decided;
use super::entry::Folder;
use super::linked::BIN;
use crate::facts::{Argv, Evidence, Found, Packages, Runtime};
use crate::project::Mistake;

/// The word that starts it, its preset's id, and its manager's.
pub const BUN: &str = "bun";
/// Files that only Bun runs without a build.
const TYPESCRIPT: &[&str] = &["ts", "tsx", "mts", "cts"];

/// Whether the project is installed with it.
pub fn is_installer(folder: &Folder<'_>) -> bool {
    let declared = folder.manifest.text("packageManager").is_some_and(|text| text.starts_with("bun@"));
    declared || ["bun.lock", "bun.lockb"].iter().any(|name| folder.has_name(name))
}

/// What runs a file that nothing else is said of.
pub fn runner(folder: &Folder<'_>, file: &str) -> &'static str {
    let typescript = file.rsplit_once('.').is_some_and(|(_, ending)| TYPESCRIPT.contains(&ending));
    if typescript && is_installer(folder) { BUN } else { "node" }
}

/// Whether a word names a file, so that `bun word` runs that and no script.
pub fn is_file(word: &str) -> bool {
    let ending = word.rsplit_once('.').map_or("", |(_, ending)| ending);
    TYPESCRIPT.contains(&ending) || ["js", "mjs", "cjs", "jsx"].contains(&ending)
}

/// `bun run --smol src/index.ts x`: the words without `run`, and the place of the file in them.
pub fn call(words: &[&str]) -> Option<(Vec<String>, usize)> {
    let (first, rest) = words.split_first()?;
    let file = rest.iter().position(|word| is_file(word))?;
    let before = rest[..file].iter().filter(|word| **word != "run");
    if *first != BUN || before.clone().any(|word| !word.starts_with('-')) {
        return None;
    }
    let head: Vec<String> = std::iter::once(first).chain(before).map(|word| (*word).to_owned()).collect();
    let at = head.len();
    Some((head.into_iter().chain(rest[file..].iter().map(|word| (*word).to_owned())).collect(), at))
}

/// Whether Bun runs what the app starts with.
pub fn runs(start: &Found<Argv>) -> bool {
    start.value().is_some_and(|argv| argv.words()[0] == BUN)
}

/// A package's command as Bun runs it: its file asks for `node`, which Bun's image need not have.
/// `found` is the command below `node_modules`, `linked` how it is called there.
pub fn tool(found: &Argv, linked: Argv) -> Argv {
    if !found.words()[0].starts_with(BIN) {
        return linked;
    }
    let words = [BUN, "--bun"].into_iter().map(str::to_owned).chain(linked.words().iter().cloned());
    Argv::new(words).unwrap_or(linked)
}

/// The runtime of an app whose start is Bun's; `None` where Node runs it.
///
/// # Errors
/// Another manager installs it, which Bun's image lacks.
pub fn runtime(
    folder: &Folder<'_>,
    start: &Found<Argv>,
    packages: &Found<Packages>,
) -> Result<Option<Found<Runtime>>, Mistake> {
    let Some(preset) = folder.context.presets.runtimes.get(BUN).filter(|_| runs(start)) else {
        return Ok(None);
    };
    let evidence = Evidence {
        because: "the start runs Bun".to_owned(),
        ..start.evidence().cloned().unwrap_or_else(|| Evidence::none(""))
    };
    if let Some(other) = packages.value().filter(|packages| packages.name != BUN) {
        return Err(Mistake::new(format!("it starts with Bun and is installed with {}", other.name))
            .detail("an image of Bun has no other package manager")
            .hint("`bun install` writes a bun.lock from the lockfile that is there; or let Node start it"));
    }
    let version = preset.version.iter().find(|version| version.default).or(preset.version.first());
    let Some(version) = version else { return Ok(None) };
    let value = preset.runtime(version).map_err(Mistake::new)?;
    let settled = decided(folder.context, folder.path, "runtime", |text| {
        let given = text.to_lowercase();
        let number = given.trim_start_matches(BUN).trim_start_matches(['@', ' ', ':']);
        if number.is_empty() || number == version.version {
            Ok(value.clone())
        } else {
            Err(format!("expected `{}`: the start runs Bun", value))
        }
    })?;
    Ok(Some(super::super::decided::or_found(settled, Found::inferred(value, evidence))))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn shown(start: &str, more: &str, files: &[(&str, &str)]) -> String {
        let manifest = format!("{{{more} \"scripts\": {{{start}}}}}");
        let mut all = vec![("package.json", manifest.as_str()), ("bun.lock", "{}"), ("src/index.ts", "")];
        all.extend(files);
        let component = project(&all).detect().unwrap().components.remove(0);
        format!("{} {}", component.runtime.value().unwrap(), component.start.value().unwrap())
    }

    #[test]
    fn what_bun_starts_runs_on_bun() {
        for (start, expected) in [
            ("bun src/index.ts", "Bun 1 bun src/index.ts"),
            ("bun run src/index.ts --verbose", "Bun 1 bun src/index.ts --verbose"),
            ("bun --smol run ./src/index.ts", "Bun 1 bun --smol ./src/index.ts"),
            ("NODE_ENV=production bun run src/index.ts", "Bun 1 bun src/index.ts"),
        ] {
            assert_eq!(shown(&format!("\"start\": \"{start}\""), "", &[]), expected);
        }
        let scripts = "\"start\": \"bun run serve\", \"serve\": \"bun src/index.ts\"";
        assert_eq!(shown(scripts, "", &[]), "Bun 1 bun src/index.ts");
        assert_eq!(shown("", "\"module\": \"index.ts\",", &[("index.ts", "")]), "Bun 1 bun index.ts");
    }

    #[test]
    fn what_is_only_installed_with_bun_runs_on_node() {
        let scripts = "\"start\": \"node dist/index.js\", \"build\": \"bun build src/index.ts --outdir dist\"";
        assert_eq!(shown(scripts, "", &[]), "Node 26 node dist/index.js");
        assert_eq!(shown("\"start\": \"node server.js\"", "", &[("server.js", "")]), "Node 26 node server.js");
    }

    #[test]
    fn another_manager_cannot_install_what_bun_runs() {
        let files = [
            ("package.json", "{\"scripts\": {\"start\": \"bun src/index.ts\"}}"),
            ("package-lock.json", "{}"),
            ("src/index.ts", ""),
        ];
        let mistake = project(&files).detect().unwrap_err();
        assert!(mistake.what.contains("installed with npm"), "{mistake}");
    }

    #[test]
    fn a_tool_of_a_package_needs_no_node_where_bun_runs_the_app() {
        let migrates = |start: &str| {
            let manifest = format!(
                "{{\"scripts\": {{\"start\": \"{start}\"}}, \"dependencies\": {{\"pg\": \"8\"}}, \"devDependencies\": {{\"drizzle-kit\": \"1\"}}}}"
            );
            let files = [
                ("package.json", manifest.as_str()),
                ("bun.lock", "{}"),
                ("src/index.ts", ""),
                ("server.js", ""),
                ("drizzle.config.ts", ""),
                ("drizzle/meta/_journal.json", "{}"),
            ];
            let component = project(&files).detect().unwrap().components.remove(0);
            component.migrate.value().unwrap().clone().unwrap().command.to_string()
        };
        assert_eq!(migrates("bun src/index.ts"), "bun --bun node_modules/.bin/drizzle-kit migrate");
        assert_eq!(migrates("node server.js"), "node_modules/.bin/drizzle-kit migrate");
    }
}
