//! Where NestJS' builder puts the program that `nest start` runs.

use super::command::{self, Parsed};
use super::entry::{Entry, Folder};
use super::node_call;
use super::tsconfig::{chain, folder_option};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::{self, Json};

/// Scripts that name the file itself.
const NAMING: &[&str] = &["start:prod", "start:production", "production", "prod"];
/// The compiler's settings for the build; without them those for everything.
const BUILD: &str = "tsconfig.build.json";

/// The file, relative to the component: `dist/main.js`, or `dist/src/main.js` where sources besides
/// those of the app are compiled too. A script that names another file wins, but for the one that
/// every new project has.
pub fn program(folder: &Folder<'_>) -> String {
    let settings = settings(folder);
    let text = |key: &str, usual: &str| {
        let said = settings.as_ref().and_then(|settings| settings.get(key)?.text().map(str::to_owned));
        said.unwrap_or_else(|| usual.to_owned())
    };
    let (sources, entry) = (text("sourceRoot", "src"), text("entryFile", "main"));
    let out = folder.out_dir().map_or("dist".to_owned(), |out| out.to_string());
    let flat = format!("{out}/{entry}.js");
    let other = beside(folder, &sources, settings.as_ref());
    match (named(folder), other) {
        (Some((file, _)), None) => file,
        (Some((file, evidence)), Some(other)) if file == flat => {
            let deep = format!("{out}/{sources}/{entry}.js");
            folder.context.warn(
                "output-is-deeper",
                format!("the build puts the program at {deep}, not at {flat}: it compiles {other} too"),
                vec![evidence, Evidence::file(&folder.whole(&other), "compiled beside the app")],
                "let `scripts.start:prod` run the file that is there, or set `rootDir` in tsconfig.build.json",
            );
            deep
        }
        (Some((file, _)), Some(_)) => file,
        (None, Some(_)) => format!("{out}/{sources}/{entry}.js"),
        (None, None) => flat,
    }
}

/// The file that another script runs with node.
fn named(folder: &Folder<'_>) -> Option<(String, Evidence)> {
    NAMING.iter().filter_map(|name| folder.manifest.script(name)).find_map(|script| {
        let Parsed::Simple(simple) = command::parse(folder.manifest, script.text) else { return None };
        let file = node_call::read(&simple.words)?.entry?;
        matches!(folder.entry(&file), Entry::Built(..)).then(|| {
            let has_ending = [".js", ".mjs", ".cjs"].iter().any(|ending| file.ends_with(ending));
            let file = if has_ending { file } else { format!("{file}.js") };
            (file, folder.manifest.script_evidence(script))
        })
    })
}

fn settings(folder: &Folder<'_>) -> Option<Json> {
    let file = folder.whole(&RelPath::new("nest-cli.json").ok()?);
    json::parse_with_comments(&*folder.context.project.read(&file)?).ok()
}

/// A file beside the sources that is compiled too. The compiler takes off what all its files have in
/// common, so that the folder of the sources is then kept below the output.
fn beside(folder: &Folder<'_>, sources: &str, settings: Option<&Json>) -> Option<RelPath> {
    let builder = settings.and_then(|settings| settings.at(&["compilerOptions", "builder"]));
    let builder = builder.and_then(|builder| builder.text().or_else(|| builder.get("type")?.text()));
    let bundles = settings.is_some_and(|settings| settings.at(&["compilerOptions", "webpack"]).is_some());
    if bundles || builder.is_some_and(|builder| builder != "tsc") {
        return None;
    }
    let name = if folder.has_name(BUILD) { BUILD } else { "tsconfig.json" };
    let sources = RelPath::new(sources).ok()?;
    if let Some(root) = folder_option(folder, name, "rootDir") {
        return (root != sources && sources.is_below(&root)).then(|| RelPath::new(name).ok()).flatten();
    }
    let chain = chain(folder, name);
    let list = |key: &str| -> Option<Vec<String>> {
        let items = chain.iter().find_map(|(_, json)| json.get(key))?.items();
        Some(items.iter().filter_map(|item| item.text().map(|text| text.trim_start_matches("./").to_owned())).collect())
    };
    let included = list("include").or_else(|| list("files"));
    let excluded = list("exclude").unwrap_or_default();
    let is_included = |file: &RelPath| match &included {
        Some(included) => included.iter().any(|pattern| {
            let plain = pattern.split('*').next().unwrap_or_default().trim_end_matches('/');
            plain.is_empty() || RelPath::new(plain).is_ok_and(|folder| file.is_below(&folder))
        }),
        None => true,
    };
    let is_excluded = |file: &RelPath| {
        excluded.iter().any(|pattern| match pattern.rsplit_once('*') {
            Some((_, end)) => file.as_str().ends_with(end) && !end.is_empty(),
            None => RelPath::new(pattern).is_ok_and(|folder| file.is_below(&folder)),
        })
    };
    let compiled = |file: &RelPath| {
        let name = file.file_name();
        (name.ends_with(".ts") || name.ends_with(".mts")) && !name.contains(".d.") && !file.as_str().starts_with('.')
    };
    let mut files = folder.context.project.files_below(folder.path).filter_map(|file| file.strip(folder.path));
    files.find(|file| {
        let parts: Vec<&str> = file.parts().collect();
        compiled(file)
            && !file.is_below(&sources)
            && !["node_modules", "dist"].contains(&parts[0])
            && is_included(file)
            && !is_excluded(file)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn start(files: &[(&str, &str)], scripts: &str) -> String {
        let manifest = format!(
            "{{\"scripts\": {{\"build\": \"nest build\", \"start\": \"nest start\"{scripts}}}, \"dependencies\": {{\"@nestjs/core\": \"12\"}}}}"
        );
        let mut all = vec![
            ("package.json", manifest.as_str()),
            ("package-lock.json", "{\"@nestjs/core\": 1}"),
            ("src/main.ts", ""),
            ("nest-cli.json", "{\"sourceRoot\": \"src\"}"),
        ];
        all.extend(files);
        project(&all).detect().unwrap().components[0].start.value().unwrap().to_string()
    }

    const CONFIG: (&str, &str) = ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"./dist\"}}");

    #[test]
    fn the_program_lies_where_the_compiler_puts_it() {
        let build = "{\"extends\": \"./tsconfig.json\", \"exclude\": [\"node_modules\", \"test\", \"**/*spec.ts\"]}";
        let build = ("tsconfig.build.json", build);
        assert_eq!(start(&[CONFIG, build, ("test/app.e2e-spec.ts", "")], ""), "node dist/main.js");
        // Prisma's settings beside src are compiled too
        assert_eq!(start(&[CONFIG, build, ("prisma.config.ts", "")], ""), "node dist/src/main.js");
        let rooted = (
            "tsconfig.build.json",
            "{\"extends\": \"./tsconfig.json\", \"compilerOptions\": {\"rootDir\": \"./src\"}, \"include\": [\"src\"]}",
        );
        assert_eq!(start(&[CONFIG, rooted, ("vitest.config.ts", "")], ""), "node dist/main.js");
        let bundled = ("nest-cli.json", "{\"compilerOptions\": {\"webpack\": true}}");
        assert_eq!(start(&[CONFIG, build, bundled, ("prisma.config.ts", "")], ""), "node dist/main.js");
    }

    #[test]
    fn a_script_that_names_the_program_is_believed() {
        let named = ", \"start:prod\": \"node dist/src/main\"";
        assert_eq!(start(&[CONFIG], named), "node dist/src/main.js");
        // as it stands in every new project, whatever was added since
        let usual = ", \"start:prod\": \"node dist/main\"";
        assert_eq!(start(&[CONFIG, ("prisma.config.ts", "")], usual), "node dist/src/main.js");
    }
}
