//! What the program needs besides its code: files that it reads while running, and folders that
//! are compiled in.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Context;
use super::code::{Code, GoFile};
use super::program::Program;
use crate::facts::Evidence;
use crate::paths::RelPath;

/// Functions whose arguments are paths on disk, by their last word.
const READERS: &[&str] = &[
    "Dir",
    "DirFS",
    "ParseGlob",
    "ParseFiles",
    "LoadHTMLGlob",
    "LoadHTMLFiles",
    "Static",
    "StaticFile",
    "StaticFS",
    "File",
    "ReadFile",
    "Open",
    "OpenFile",
    "ServeFile",
    "Join",
    "AddConfigPath",
    "SetConfigFile",
    "ReadDir",
    "Glob",
    "WalkDir",
    "Walk",
    "SendFile",
    "NewFileServer",
    "ReadConfig",
    "LoadConfig",
    "New",
    "NewWithDatabaseInstance",
    "NewFromFile",
    "LoadFile",
    "MustLoad",
    "Up",
    "UpContext",
    "FileServer",
];
const CONFIGS: &[&str] = &["yaml", "yml", "toml", "json"];

/// Folders and files of the component that the code names and that are not compiled in.
pub fn assets(context: &Context<'_>, path: &RelPath, program: &Program<'_>, code: &Code) -> Vec<(RelPath, Evidence)> {
    let embedded = embedded(&program.files);
    let code_folders: BTreeSet<&RelPath> = code.files().map(|file| &file.folder).collect();
    let mut found: BTreeMap<RelPath, Evidence> = BTreeMap::new();
    // of a folder with a named file of settings the file is enough
    let named = program.calls.iter().any(|call| call.name() == "SetConfigName");
    let searched: Vec<&str> = program
        .calls
        .iter()
        .filter(|call| named && call.name() == "AddConfigPath")
        .filter_map(|call| call.arguments.first()?.first()?.literal())
        .collect();
    let mut note = |file: &GoFile, named: &str, line: u32, is_path: bool| {
        let Some(asset) = asset(context, path, named, is_path).filter(|_| !searched.contains(&named)) else { return };
        let in_binary = embedded.iter().any(|target| asset.is_below(target) || target.is_below(&asset));
        let is_code = asset.extension() == Some("go") || code_folders.contains(&asset) || is_private(&asset);
        let only_code = context
            .project
            .files_below(&path.join(asset.as_str()).unwrap_or(asset.clone()))
            .all(|file| file.extension() == Some("go"));
        if !in_binary && !is_code && !only_code {
            found.entry(asset).or_insert_with(|| file.evidence(line, "named in the code"));
        }
    };
    for call in &program.calls {
        let reads = READERS.contains(&call.name());
        for argument in &call.arguments {
            let literals = argument.iter().filter_map(|token| Some((token.literal()?, token.line)));
            // deeper calls are met on their own
            if argument.len() == 1 {
                // a file of settings needs no known reader: it is a flag's default as often
                literals.for_each(|(text, line)| note(call.file, text, line, reads || is_settings(text)));
            }
        }
        if call.is("viper.SetConfigName") || call.name() == "SetConfigName" {
            let Some(name) = call.arguments.first().and_then(|tokens| tokens.first()?.literal()) else { continue };
            for folder in searched.iter().copied().chain(std::iter::once(".")) {
                for ending in CONFIGS {
                    note(call.file, &format!("{folder}/{name}.{ending}"), call.line, true);
                }
            }
        }
    }
    let viper = program.files.iter().any(|file| file.imports_from("github.com/spf13/viper").is_some());
    // constants, defaults of flags and of tags name paths too, if they look like one
    for file in &program.files {
        let last_import = file.imports.last().map_or(0, |import| import.line);
        for token in file.tokens.iter().filter(|token| token.line > last_import) {
            if let Some(text) = token.literal().filter(|text| text.starts_with("./") || text.starts_with("file://")) {
                note(file, text, token.line, true);
                if viper && !text.ends_with('/') {
                    CONFIGS.iter().for_each(|ending| note(file, &format!("{text}.{ending}"), token.line, true));
                }
            }
        }
    }
    // a folder brings what lies in it
    let folders: Vec<RelPath> = found.keys().cloned().collect();
    found.retain(|asset, _| !folders.iter().any(|folder| folder != asset && asset.is_below(folder)));
    found.into_iter().collect()
}

/// The existing path in the component that a literal names.
fn asset(context: &Context<'_>, component: &RelPath, named: &str, is_path: bool) -> Option<RelPath> {
    let text = named.strip_prefix("file://").unwrap_or(named);
    if text.starts_with('/') || text.is_empty() || text.len() > 200 || text.contains(['\n', ' ']) {
        return None;
    }
    let plain = text.split('*').next().unwrap_or("");
    let cut = if plain.len() < text.len() { plain.rsplit_once('/').map_or("", |(folder, _)| folder) } else { text };
    if !is_path && !text.contains('/') {
        return None;
    }
    let asset = RelPath::new(cut).ok().filter(|asset| !asset.is_root())?;
    let place = component.join(asset.as_str()).ok()?;
    (context.project.has_file(&place) || context.project.has_folder(&place)).then_some(asset)
}

fn is_settings(text: &str) -> bool {
    let ending = text.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    ending.is_some_and(|ending| CONFIGS.contains(&ending) || ending == "ini")
}

/// Files that may hold secrets, and folders that are no part of the image.
fn is_private(asset: &RelPath) -> bool {
    let name = asset.file_name();
    // the build does not see files of variables
    name.starts_with(".env")
        || asset.extension() == Some("env")
        || matches!(asset.extension(), Some("pem" | "key" | "crt" | "p12" | "db" | "sqlite" | "sqlite3"))
        || asset.parts().any(|part| {
            matches!(part, "secrets" | "testdata" | "vendor" | "docs" | "node_modules") || part.starts_with('.')
        })
        || matches!(name, "go.mod" | "go.sum" | "Dockerfile" | "Makefile")
}

/// The targets of `//go:embed`, up to their first wildcard, relative to the component.
pub fn embedded(files: &[&GoFile]) -> Vec<RelPath> {
    let all = files.iter().flat_map(|file| file.embeds.iter().map(move |(pattern, _)| target(file, pattern)));
    all.flatten().collect()
}

fn target(file: &GoFile, pattern: &str) -> Option<RelPath> {
    let plain = pattern.split(['*', '?', '[']).next().unwrap_or("");
    let wild = plain.len() < pattern.len();
    let cut = if wild { plain.rsplit_once('/').map_or("", |(folder, _)| folder) } else { plain };
    file.folder.join(cut).ok()
}

/// Warns where `//go:embed` names what is not there: some other build has to make it first, or the
/// Go build stops.
pub fn warn_missing(context: &Context<'_>, component: &RelPath, program: &Program<'_>) {
    for file in program.files.iter().filter(|file| !file.is_beside()) {
        for (pattern, line) in &file.embeds {
            let Some(target) = target(file, pattern) else { continue };
            let Ok(place) = component.join(target.as_str()) else { continue };
            if context.project.files_below(&place).next().is_none() {
                context.warn(
                    "embed-missing",
                    format!("`//go:embed {pattern}` names nothing that is here, so the Go build stops"),
                    vec![file.evidence(*line, "go:embed")],
                    "run the build that makes it (a front end?) before the image is built",
                );
                return;
            }
        }
    }
}

/// The top folders that hold code or embedded files, and the files in the component's own folder
/// that do.
pub fn sources(context: &Context<'_>, component: &RelPath, program: &Program<'_>) -> (Vec<RelPath>, Vec<RelPath>) {
    let (mut folders, mut files) = (BTreeSet::new(), BTreeSet::new());
    let mut note = |path: &RelPath| {
        let mut parts = path.parts();
        if let Some(Ok(first)) = parts.next().map(RelPath::new) {
            let place = component.join(first.as_str()).unwrap_or_else(|_| first.clone());
            if context.project.has_folder(&place) {
                folders.insert(first);
            } else if context.project.has_file(&place) {
                files.insert(first);
            }
        }
    };
    for file in &program.files {
        file.path.strip(component).iter().for_each(&mut note);
    }
    embedded(&program.files).iter().for_each(&mut note);
    (folders.into_iter().collect(), files.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const GO_MOD: (&str, &str) = ("go.mod", "module example.com/shop\n");

    fn assets(body: &str, more: &[(&str, &str)]) -> Vec<String> {
        let main = format!(
            "package main\n\nimport \"embed\"\n\n//go:embed all:dist\nvar dist embed.FS\n\nfunc main() {{\n{body}\n}}\n"
        );
        let mut files = vec![GO_MOD, ("main.go", main.as_str()), ("dist/a.js", "")];
        files.extend_from_slice(more);
        let detection = project(&files).detect().unwrap();
        detection.components[0].assets.iter().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn folders_that_are_read_while_running_are_assets() {
        let more = [
            ("templates/a.html", ""),
            ("public/x.css", ""),
            ("db/migrations/1.sql", ""),
            ("config/app.yaml", ""),
            ("shop.yml", ""),
            (".env", "A=1"),
        ];
        for (body, found) in [
            ("template.ParseGlob(\"templates/*.html\")", "templates"),
            ("http.FileServer(http.Dir(\"./public\"))", "public"),
            ("migrate.New(\"file://db/migrations\", url)", "db/migrations"),
            ("os.ReadFile(\"config/app.yaml\")", "config/app.yaml"),
            ("flag.String(\"config\", \"shop.yml\", \"\")", "shop.yml"),
            ("r.Static(\"/public\", \"public\")", "public"),
            ("viper.SetConfigName(\"app\")\nviper.AddConfigPath(\"config\")", "config/app.yaml"),
        ] {
            assert_eq!(assets(body, &more), [found], "{body}");
        }
    }

    #[test]
    fn what_is_compiled_in_or_private_or_absent_is_no_asset() {
        let more = [(".env", "A=1"), ("server.key", ""), ("pkg/a.go", "package pkg\n")];
        for body in [
            "http.Dir(\"dist\")",
            "os.Open(\".env\")",
            "os.Open(\"server.key\")",
            "os.Open(\"./pkg\")",
            "os.Open(\"./missing\")",
            "os.Open(\"../x\")",
            "os.Open(\"/etc/passwd\")",
        ] {
            assert_eq!(assets(body, &more), [""; 0], "{body}");
        }
    }

    #[test]
    fn an_embedded_folder_that_is_not_there_is_warned_about() {
        let main = "package main\n\n//go:embed dist/*\nvar dist embed.FS\n\nfunc main() {}\n";
        let detection = project(&[GO_MOD, ("main.go", main)]).detect().unwrap();
        assert_eq!(detection.warnings[0].id, "embed-missing");
        assert_eq!(detection.warnings[0].evidence[0].place(), "main.go:3");
    }

    #[test]
    fn sources_are_what_the_program_is_built_from() {
        let files = [
            GO_MOD,
            (
                "main.go",
                "package main\n\nimport _ \"example.com/shop/docs\"\n\n//go:embed web/dist VERSION\nvar x embed.FS\n\nfunc main() {}\n",
            ),
            ("docs/docs.go", "package docs\n"),
            ("other/other.go", "package other\n"),
            ("web/dist/a.js", ""),
            ("VERSION", "1"),
        ];
        let detection = project(&files).detect().unwrap();
        let shown = |paths: &[super::RelPath]| paths.iter().map(|path| path.to_string()).collect::<Vec<_>>();
        assert_eq!(shown(&detection.components[0].sources), ["docs", "web"]);
        assert_eq!(shown(&detection.components[0].root_sources), ["VERSION", "main.go"]);
    }
}
