//! Commands as they run with the packages where the manager puts them: without `node_modules`,
//! node is told how to find them, and commands of packages are the manager's to run; in a workspace
//! they lie in one of several folders, which `PATH` names.

use super::entry::Folder;
use super::workspace;
use crate::facts::{Argv, Found, Packages};
use crate::presets::PackagesPreset;

const MODULES: &str = "node_modules/";
/// Where commands of packages lie otherwise.
pub const BIN: &str = "node_modules/.bin/";

/// How the project's packages are found.
pub struct Linked<'a> {
    preset: Option<&'a PackagesPreset>,
    modules: bool,
    in_workspace: bool,
}

impl<'a> Linked<'a> {
    pub fn new(folder: &Folder<'a>, packages: &Found<Packages>) -> Self {
        let preset = packages.value().and_then(|packages| folder.context.presets.packages.get(&packages.id));
        let in_workspace = workspace::of(folder.context, folder.path).is_some();
        Linked { preset, modules: folder.manifest.text("type") == Some("module"), in_workspace }
    }

    /// The command for production, which lacks the manager; absent where only that could run it.
    pub fn start(&self, folder: &Folder<'_>, start: Found<Argv>) -> Found<Argv> {
        let has_tool = self.preset.is_some_and(|preset| preset.tool.is_some());
        if let Some(argv) = start.value().filter(|argv| has_tool && argv.words()[0].starts_with(BIN)) {
            folder.context.warn(
                "start-unusable",
                format!("`{argv}` needs node_modules, which a project with Plug'n'Play has not"),
                start.evidence().cloned().into_iter().collect(),
                "`--set start='node FILE'` says what to run, or set `nodeLinker: node-modules` in .yarnrc.yml",
            );
            return Found::Absent;
        }
        start.map(|argv| self.command(argv))
    }

    /// The command of a member of a workspace, whose packages lie in its folder or in the root's.
    pub fn in_workspace(&self, argv: Argv) -> Argv {
        let words = argv.words();
        let tool = match words {
            [node, file, ..] if node == "node" => {
                match file.strip_prefix(MODULES).and_then(|rest| rest.split_once('/')) {
                    Some((package, "dist/bin/next")) => Some((package, 2)),
                    _ => None,
                }
            }
            [first, ..] => first.strip_prefix(BIN).map(|tool| (tool, 1)),
            [] => None,
        };
        let Some((tool, taken)) = tool.filter(|_| self.in_workspace) else { return argv };
        Argv::new(std::iter::once(tool).chain(words[taken..].iter().map(String::as_str)))
            .unwrap_or_else(|_| argv.clone())
    }

    /// The command for where the manager is at hand.
    pub fn command(&self, argv: Argv) -> Argv {
        let Some(preset) = self.preset else { return argv };
        if preset.launch.iter().any(|option| argv.words().contains(option)) {
            return argv;
        }
        let (first, rest) = (argv.words()[0].as_str(), &argv.words()[1..]);
        let words: Vec<String> = match (&preset.tool, first.strip_prefix(BIN)) {
            (Some(run), Some(tool)) => run.split(' ').map(|word| word.replace("{tool}", tool)).collect(),
            (None, Some(tool)) if self.in_workspace => vec![tool.to_owned()],
            _ if first == "node" => {
                let modules = if self.modules || rest.iter().any(|word| word.ends_with(".mjs")) {
                    preset.launch_modules.as_slice()
                } else {
                    &[]
                };
                let launch = preset.launch.iter().chain(modules).cloned();
                std::iter::once(first.to_owned()).chain(launch).collect()
            }
            _ => return argv,
        };
        Argv::new(words.into_iter().chain(rest.iter().cloned())).unwrap_or(argv)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Component;

    fn detect(more: &str, rc: &str) -> Component {
        let manifest = format!(
            "{{{more} \"scripts\": {{\"start\": \"node dist/a.js\", \"dev\": \"tsx watch src/a.ts\"}}, \"devDependencies\": {{\"tsx\": \"4\", \"typescript\": \"5\"}}}}"
        );
        let lock = "__metadata:\n  version: 8\n\n\"tsx@npm:4\":\n\"typescript@npm:5\":\n";
        let files = [
            ("package.json", manifest.as_str()),
            ("yarn.lock", lock),
            (".yarnrc.yml", rc),
            ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"dist\"}}"),
            ("src/a.ts", ""),
        ];
        project(&files).detect().unwrap().components.remove(0)
    }

    #[test]
    fn without_node_modules_node_is_told_where_packages_are() {
        let found = detect("\"type\": \"module\",", "");
        assert_eq!(
            found.start.value().unwrap().to_string(),
            "node --require ./.pnp.cjs --experimental-loader ./.pnp.loader.mjs dist/a.js"
        );
        assert_eq!(found.develop.value().unwrap().to_string(), "yarn run tsx watch --inspect=0.0.0.0:9229 src/a.ts");
        assert_eq!(found.build.value().unwrap().as_ref().unwrap().to_string(), "yarn run tsc");
        assert_eq!(detect("", "").start.value().unwrap().to_string(), "node --require ./.pnp.cjs dist/a.js");
        let found = detect("", "nodeLinker: node-modules\n");
        assert_eq!(found.start.value().unwrap().to_string(), "node dist/a.js");
    }
}
