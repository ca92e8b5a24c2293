//! Imports by the `paths` of tsconfig.json: who turns them into files that node finds.

use super::entry::{Entry, Folder};
use super::sources::Sources;
use super::start::Start;
use super::tsconfig::chain;
use crate::facts::{Argv, Evidence};
use crate::paths::RelPath;
use crate::project::json::Json;

/// Commands that run sources, and libraries that read tsconfig.json while they run.
const READERS: &[&str] = &["bun", "tsx", "ts-node", "ts-node-esm", "tsconfig-paths", "@swc-node", "esbuild-register"];
/// Words of a build that writes such imports out, or bundles what they name.
const RESOLVERS: &[&str] = &[
    "alias", "tspath", "tspaths", "tspc", "ttsc", "webpack", "esbuild", "rollup", "tsup", "tsdown", "ncc", "vite",
    "rspack", "rsbuild", "swc", "babel", "unbuild", "bun", "nest", "nx", "rolldown", "parcel", "ace",
];
/// tsconfig.json and what it extends in the project, relative to the component.
fn configs(folder: &Folder<'_>) -> Vec<(RelPath, Json)> {
    chain(folder, "tsconfig.json")
}

/// The files that the start reads with its sources: `paths` are looked up while it runs.
pub fn read_at_start(folder: &Folder<'_>, start: &Start) -> Vec<(RelPath, Evidence)> {
    let Some(argv) = start.command.value() else { return Vec::new() };
    let reads = argv.words().iter().any(|word| {
        let tool = word.strip_prefix("node_modules/.bin/").unwrap_or(word);
        READERS.iter().any(|reader| tool == *reader || tool.starts_with(&format!("{reader}/")))
    });
    let configs = if reads { configs(folder) } else { Vec::new() };
    configs.into_iter().map(|(file, _)| (file, Evidence::none("the start reads it with the sources"))).collect()
}

/// Warns where the compiler leaves such imports as they are and nothing else resolves them.
pub fn warn(folder: &Folder<'_>, start: &Start, build: Option<&Argv>, code: &Sources) {
    let Some(build) = build.filter(|_| matches!(start.entry, Some(Entry::Built(..)))) else { return };
    let script = build.words().last().and_then(|name| folder.manifest.script(name));
    let text = script.map_or(build.to_string(), |script| script.text.to_owned());
    let parts = |text: &str| -> Vec<String> { text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect() };
    // a build by other scripts is followed one step
    let own = parts(&text);
    let called = own.iter().filter_map(|word| folder.manifest.script(word)).map(|script| script.text);
    let words: Vec<String> = called.chain([text.as_str()]).flat_map(parts).collect();
    let started = start.command.value().map(ToString::to_string).unwrap_or_default();
    if !words.iter().any(|word| word == "tsc")
        || words.iter().any(|word| RESOLVERS.contains(&word.as_str()))
        || ["tsconfig-paths", "module-alias"].iter().any(|library| started.contains(library))
        || folder.manifest.dependency("module-alias").is_some()
        || configs(folder).iter().any(|(_, json)| json.at(&["compilerOptions", "plugins"]).is_some_and(has_transform))
    {
        return;
    }
    let paths = configs(folder).into_iter().find_map(|(file, json)| {
        let options = json.at(&["compilerOptions"])?;
        let member = options.member("paths")?;
        let prefixes: Vec<String> = member.value.members().iter().map(|path| path.name.replace('*', "")).collect();
        Some((folder.whole(&file), member.line, prefixes))
    });
    let Some((config, line, prefixes)) = paths else { return };
    // those with `#` are node's own, by `imports` of package.json
    let is_alias = |specifier: &str| {
        prefixes.iter().any(|prefix| {
            !prefix.is_empty()
                && !prefix.starts_with(['#', '.'])
                && if prefix.ends_with('/') { specifier.starts_with(prefix.as_str()) } else { specifier == prefix }
        })
    };
    let import = code.scripts.iter().find_map(|(file, script)| {
        let import = script.imports.iter().find(|import| is_alias(&import.specifier))?;
        Some((import.specifier.clone(), code.evidence(file, import.line, "imported by an alias")))
    });
    let Some((specifier, evidence)) = import else { return };
    folder.context.warn(
        "path-alias",
        format!("`tsc` leaves imports like `{specifier}` as they are, so that what it builds does not start"),
        vec![evidence, Evidence::at(&config, line, "paths", "tsconfig.json")],
        "add `tsc-alias` and let `scripts.build` be `tsc && tsc-alias`, which writes them out",
    );
}

fn has_transform(plugins: &Json) -> bool {
    plugins.items().iter().any(|plugin| plugin.get("transform").is_some())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const CONFIG: &str = "{\"compilerOptions\": {\"outDir\": \"dist\", \"paths\": {\"@/*\": [\"./src/*\"]}}}";

    fn detect(scripts: &str, more: &str, source: &str) -> (bool, Vec<String>) {
        let manifest = format!("{{\"scripts\": {{{scripts}}}, {more} \"devDependencies\": {{\"typescript\": \"5\"}}}}");
        let files = [
            ("package.json", manifest.as_str()),
            ("package-lock.json", "{\"typescript\": 1, \"tsx\": 1, \"module-alias\": 1}"),
            ("tsconfig.json", CONFIG),
            ("src/index.ts", source),
            ("src/a.ts", ""),
        ];
        let mut found = project(&files).detect().unwrap();
        let assets = found.components.remove(0).assets;
        let warned = found.warnings.iter().any(|warning| warning.id == "path-alias");
        (warned, assets.into_iter().map(|(path, _)| path.to_string()).collect())
    }

    #[test]
    fn imports_that_the_compiler_leaves_as_they_are_are_named() {
        let start = "\"start\": \"node dist/index.js\"";
        for (build, more, source, warned) in [
            ("tsc", "", "import '@/a';", true),
            ("tsc -p tsconfig.json", "", "import '@/a';", true),
            ("tsc", "", "import './a'; import '@scope/a';", false),
            ("tsc && tsc-alias", "", "import '@/a';", false),
            ("tsup src/index.ts", "", "import '@/a';", false),
            ("tsc", "\"dependencies\": {\"module-alias\": \"2\"},", "import '@/a';", false),
        ] {
            let (found, assets) = detect(&format!("\"build\": \"{build}\", {start}"), more, source);
            assert_eq!(found, warned, "{build} {source}");
            assert!(!assets.contains(&"tsconfig.json".to_owned()), "{assets:?}");
        }
    }

    #[test]
    fn what_runs_its_sources_has_their_configuration() {
        let more = "\"dependencies\": {\"tsx\": \"4\"},";
        let (warned, assets) = detect("\"start\": \"tsx src/index.ts\"", more, "import '@/a';");
        assert!(!warned && assets.contains(&"tsconfig.json".to_owned()), "{assets:?}");
    }
}
