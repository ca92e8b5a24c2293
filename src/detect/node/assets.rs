//! What an app reads while it runs besides its program: views, migrations, files of settings.

use std::collections::BTreeMap;

use super::super::Context;
use super::sources::{Sources, folders};
use crate::facts::Evidence;
use crate::paths::RelPath;

/// Folders that hold no assets, whatever names them.
const NO_ASSETS: &[&str] = &[
    "__tests__",
    "build",
    "coverage",
    "dist",
    "docs",
    "e2e",
    "node_modules",
    "out",
    "secrets",
    "spec",
    "test",
    "tests",
];
/// Folders whose bare name says that they are read while running; other single words are common
/// in texts of another meaning.
const KNOWN: &[&str] = &[
    "assets",
    "data",
    "emails",
    "fonts",
    "i18n",
    "lang",
    "locales",
    "migrations",
    "partials",
    "prisma",
    "public",
    "resources",
    "schemas",
    "seeds",
    "sql",
    "static",
    "templates",
    "translations",
    "views",
    "www",
    "drizzle",
    "proto",
    "protos",
    "config",
    "content",
    "images",
    "uploads",
    "mails",
];
/// Libraries that read a folder of a fixed name.
const LIBRARIES: &[(&str, &str, &str)] =
    &[("config", "config", "read by config"), ("@prisma/client", "prisma", "read by Prisma")];
/// What an app reads is no source; settings of tools and secrets stay out.
const SOURCES: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "map"];

/// Files and folders besides the program, relative to the component, each with what names it.
/// Without an `output` the sources themselves run.
pub fn assets(
    context: &Context<'_>,
    path: &RelPath,
    sources: &Sources,
    output: Option<&RelPath>,
) -> Vec<(RelPath, Evidence)> {
    let (source_folders, root_sources) = folders(context, path, output);
    let finder = Finder { context, path, output, source_folders: &source_folders };
    let mut found: BTreeMap<RelPath, Evidence> = BTreeMap::new();
    for (file, script) in &sources.scripts {
        for (text, line) in &script.texts {
            if let Some(asset) = finder.asset(file, text) {
                found.entry(asset).or_insert_with(|| sources.evidence(file, *line, "named in the code"));
            }
        }
    }
    for (library, folder, because) in LIBRARIES {
        let folder = RelPath::new(folder).ok().filter(|folder| finder.has_folder(folder));
        let import = sources.scripts.iter().find_map(|(file, script)| {
            let import = script.imports.iter().find(|import| import.specifier == *library)?;
            Some((file, import.line))
        });
        if let (Some(folder), Some((file, line))) = (folder, import)
            && !(output.is_none() && source_folders.contains(&folder))
        {
            found.entry(folder).or_insert_with(|| sources.evidence(file, line, *because));
        }
    }
    if output.is_none() {
        let own = source_folders.iter().chain(&root_sources);
        found.extend(own.map(|own| (own.clone(), Evidence::none("the app runs its sources"))));
    }
    outermost(found)
}

/// Drops what lies below another entry.
fn outermost(found: BTreeMap<RelPath, Evidence>) -> Vec<(RelPath, Evidence)> {
    let paths: Vec<RelPath> = found.keys().cloned().collect();
    let is_inner = |path: &RelPath| paths.iter().any(|other| other != path && path.is_below(other));
    found.into_iter().filter(|(path, _)| !is_inner(path)).collect()
}

struct Finder<'a, 'p> {
    context: &'a Context<'p>,
    path: &'a RelPath,
    output: Option<&'a RelPath>,
    source_folders: &'a [RelPath],
}

impl Finder<'_, '_> {
    /// What a text in a file names, if it is there and no source.
    fn asset(&self, file: &RelPath, text: &str) -> Option<RelPath> {
        let plain = text.split(['*', '?', '{', '$']).next().unwrap_or("");
        let is_glob = plain.len() < text.len();
        // of a pattern the folder before it is meant
        let text = if is_glob { plain.rsplit_once('/').map_or("", |(folder, _)| folder) } else { text };
        let is_path = !text.is_empty() && text.len() < 200 && !text.contains(['\n', ' ', ':', '\\', '<', '(']);
        if !is_path {
            return None;
        }
        let text = text.trim_start_matches('/').trim_end_matches('/');
        let from_file = file.strip(self.path)?.parent().and_then(|folder| folder.join(text).ok());
        let climbed = text.trim_start_matches("../").trim_start_matches("./");
        let from_root = RelPath::new(climbed).ok();
        let is_written_from_file = text.starts_with("./") || text.starts_with("../");
        let places = if is_written_from_file { [from_file, from_root] } else { [from_root, from_file] };
        places.into_iter().flatten().find(|place| self.is_asset(place))
    }

    fn is_asset(&self, place: &RelPath) -> bool {
        let parts: Vec<&str> = place.parts().collect();
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
        let is_hidden = parts.iter().any(|part| part.starts_with('.'));
        let is_output = self.output.is_some_and(|output| place.is_below(output) || output.is_below(place));
        if is_hidden || is_output || NO_ASSETS.contains(first) {
            return false;
        }
        if self.has_folder(place) {
            let is_source = self.source_folders.contains(place) || self.holds_only_sources(place);
            return !is_source && (parts.len() > 1 || KNOWN.contains(last) || self.is_asked_for(last));
        }
        let is_tools = last.starts_with("package") || last.starts_with("tsconfig") || last.contains(".config.");
        let is_data = place.extension().is_some_and(|extension| !SOURCES.contains(&extension));
        is_data && !is_tools && self.whole(place).is_some_and(|file| self.context.project.has_file(&file))
    }

    /// A folder of an uncommon name counts if nothing in it is a source.
    fn is_asked_for(&self, name: &str) -> bool {
        let Some(folder) = RelPath::new(name).ok().and_then(|name| self.whole(&name)) else { return false };
        let mut files = self.context.project.files_below(&folder).peekable();
        name.len() > 3
            && files.peek().is_some()
            && files.all(|file| file.extension().is_some_and(|extension| !SOURCES.contains(&extension)))
    }

    fn holds_only_sources(&self, folder: &RelPath) -> bool {
        // without a build they are there already, with one they are in its output
        let Some(folder) = self.whole(folder) else { return true };
        let is_known = KNOWN.contains(&folder.file_name()) && self.output.is_none();
        !is_known
            && self
                .context
                .project
                .files_below(&folder)
                .all(|file| file.extension().is_none_or(|extension| SOURCES.contains(&extension)))
    }

    fn has_folder(&self, place: &RelPath) -> bool {
        self.whole(place).is_some_and(|folder| self.context.project.has_folder(&folder))
    }

    fn whole(&self, place: &RelPath) -> Option<RelPath> {
        self.path.join(place.as_str()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    /// `asset place` of each asset, with `dist` as the output or without one.
    fn of(files: &[(&str, &str)], has_output: bool) -> Vec<String> {
        project(files).ask(|context| {
            let root = RelPath::root();
            let output = RelPath::new("dist").ok().filter(|_| has_output);
            let sources = Sources::read(context, &root);
            let found = assets(context, &root, &sources, output.as_ref());
            found.iter().map(|(path, evidence)| format!("{path} {}", evidence.place())).collect()
        })
    }

    #[test]
    fn folders_and_files_that_the_code_names_are_assets() {
        let files = [
            (
                "src/app.ts",
                "app.set('views', path.join(__dirname, '..', 'views'));\napp.use(express.static('public'))\nread(`${root}/config/app.json`); sql('./db/init.sql'); glob('migrations/*.sql'); f('src/locales')",
            ),
            ("views/a.ejs", ""),
            ("public/a.css", ""),
            ("public/a.js", ""),
            ("config/app.json", "{}"),
            ("db/init.sql", ""),
            ("migrations/1.sql", ""),
            ("src/locales/en.json", "{}"),
            ("unnamed/a.txt", ""),
        ];
        let expected = [
            "config/app.json src/app.ts:3",
            "db/init.sql src/app.ts:3",
            "migrations src/app.ts:3",
            "public src/app.ts:2",
            "src/locales src/app.ts:3",
            "views src/app.ts:1",
        ];
        assert_eq!(of(&files, true), expected);
    }

    #[test]
    fn an_app_without_a_build_runs_its_sources() {
        let files = [
            ("app.js", "app.use(static('public')); require('./routes/a'); f('routes')"),
            ("routes/a.js", "x"),
            ("public/a.js", "x"),
            ("test/a.js", "x"),
            ("jest.config.js", "x"),
        ];
        assert_eq!(
            of(&files, false),
            ["app.js the app runs its sources", "public app.js:1", "routes the app runs its sources"]
        );
    }

    #[test]
    fn sources_tests_output_and_private_files_are_none() {
        let files = [
            (
                "src/app.ts",
                "f('src', 'dist', 'test', '.env', 'lib', 'package.json', 'jest.config.json', 'src/a.ts', 'secrets')",
            ),
            ("src/a.ts", "x"),
            ("dist/app.js", "x"),
            ("test/data.json", "{}"),
            (".env", "A=1"),
            ("lib/a.js", "x"),
            ("package.json", "{}"),
            ("jest.config.json", "{}"),
            ("secrets/a", "x"),
        ];
        assert_eq!(of(&files, true), [""; 0]);
    }

    #[test]
    fn libraries_read_folders_of_their_own() {
        let files = [("src/app.ts", "import config from 'config'"), ("config/default.json", "{}")];
        assert_eq!(of(&files, true), ["config src/app.ts:1"]);
    }
}
