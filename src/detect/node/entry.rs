//! The files that commands name: which exist, which the build writes and from what.

use super::super::Context;
use super::framework::Framework;
use super::manifest::Manifest;
use super::tsconfig;
use crate::paths::RelPath;

/// Endings that `node x` may leave out, and those of sources that become them.
const WRITTEN: &[&str] = &["js", "mjs", "cjs"];
const SOURCES: &[&str] = &["ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "jsx"];
/// A deeper file is no entry.
const MAX_PARTS: usize = 12;
/// Tools whose output's names are not those of the sources.
const BUNDLERS: &[&str] = &[
    "webpack", "esbuild", "rollup", "tsup", "tsdown", "ncc", "vite", "parcel", "rspack", "rsbuild", "swc", "babel",
    "unbuild", "bun", "ace", "nest", "nx", "turbo",
];

/// A component's folder with what is needed to judge the files in it.
#[derive(Clone, Copy)]
pub struct Folder<'a> {
    pub context: &'a Context<'a>,
    pub path: &'a RelPath,
    pub manifest: &'a Manifest,
    /// The framework that builds a server of its own.
    pub framework: Option<&'a Framework<'a>>,
}

/// What a file in a command is.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// It lies in the project; relative to the component.
    Source(RelPath),
    /// The build writes it; its source, where that is known.
    Built(RelPath, Option<RelPath>),
    Missing,
}

impl Folder<'_> {
    pub fn has(&self, file: &RelPath) -> bool {
        self.path.join(file.as_str()).is_ok_and(|file| self.context.project.has_file(&file))
    }

    pub fn has_name(&self, name: &str) -> bool {
        RelPath::new(name).is_ok_and(|file| self.has(&file))
    }

    /// The path in the project, for evidence.
    pub fn whole(&self, file: &RelPath) -> RelPath {
        self.path.join(file.as_str()).unwrap_or_else(|_| file.clone())
    }

    /// The file that `node text` runs: the ending may be left out, a folder means its index.
    fn existing(&self, text: &str) -> Option<RelPath> {
        let file = RelPath::new(text).ok()?;
        let with = |stem: &RelPath, ending: &str| RelPath::new(&format!("{stem}.{ending}")).ok();
        let index = file.join("index").ok()?;
        let names = std::iter::once(Some(file.clone()))
            .chain(WRITTEN.iter().map(|ending| with(&file, ending)))
            .chain(WRITTEN.iter().map(|ending| with(&index, ending)));
        names.flatten().find(|name| self.has(name))
    }

    /// What a file that a command names is.
    pub fn entry(&self, text: &str) -> Entry {
        let Ok(file) = RelPath::new(text) else { return Entry::Missing };
        let text = if file.is_root() { self.manifest.text("main").unwrap_or("index.js") } else { text };
        let Ok(file) = RelPath::new(text) else { return Entry::Missing };
        if self.framework.is_some_and(|framework| file.is_below(&framework.output)) {
            return Entry::Built(file, None);
        }
        let source = self.counterpart(&file);
        let in_output = self.out_dir().is_some_and(|out| file.is_below(&out));
        match self.existing(text) {
            // a build of some day may lie about, so that what exists is not yet a source
            Some(found) if !in_output && source.as_ref().is_none_or(|source| *source == found) => Entry::Source(found),
            Some(_) => Entry::Built(file, source),
            None if source.is_some() || (file.parts().count() > 1 && self.bundles()) => Entry::Built(file, source),
            None => Entry::Missing,
        }
    }

    /// The source that a build turns into the file: `src/index.ts` for `dist/index.js`.
    pub fn counterpart(&self, file: &RelPath) -> Option<RelPath> {
        let parts: Vec<&str> = file.parts().collect();
        if parts.len() > MAX_PARTS {
            return None;
        }
        let stem_of = |text: &str| match text.rsplit_once('.') {
            Some((stem, ending)) if WRITTEN.contains(&ending) => stem.to_owned(),
            _ => text.to_owned(),
        };
        let suffixes = |stem: &str| {
            SOURCES
                .iter()
                .map(move |ending| format!(".{ending}"))
                .map({
                    let stem = stem.to_owned();
                    move |ending| format!("{stem}{ending}")
                })
                .collect::<Vec<_>>()
        };
        for from in 1..parts.len() {
            let rest = stem_of(&parts[from..].join("/"));
            for folder in ["src/", "", "app/", "lib/", "server/"] {
                for stem in [format!("{folder}{rest}"), format!("{folder}{rest}/index")] {
                    let found = suffixes(&stem).into_iter().filter_map(|name| RelPath::new(&name).ok());
                    let other = |name: &RelPath| self.has(name) && !name.is_below(&first(file));
                    if let Some(found) = found.into_iter().find(other) {
                        return Some(found);
                    }
                }
            }
        }
        // compiled beside itself
        let beside = RelPath::new(&format!("{}.ts", stem_of(file.as_str()))).ok()?;
        (self.has(&beside) && self.existing(file.as_str()).is_none()).then_some(beside)
    }

    fn bundles(&self) -> bool {
        let scripts = ["build", "build:prod", "compile", "prebuild"];
        scripts
            .iter()
            .filter_map(|name| self.manifest.script(name))
            .any(|script| script.text.split(|c: char| !c.is_alphanumeric()).any(|word| BUNDLERS.contains(&word)))
    }

    /// The folder that the build writes, relative to the component: where the start's file lies,
    /// else what tsconfig.json says.
    pub fn output(&self, entry: Option<&Entry>) -> Option<RelPath> {
        let framework = self.framework.map(|framework| framework.output.clone());
        let out = framework.or_else(|| self.out_dir());
        match entry {
            Some(Entry::Built(file, _)) => match out {
                Some(out) if file.is_below(&out) => Some(out),
                _ => Some(first(file)).filter(|first| first != file),
            },
            // a server of the project's own around what the framework builds
            Some(Entry::Source(_)) if self.framework.is_some() => None,
            // what runs as it is needs no output
            Some(Entry::Source(file)) if matches!(file.extension(), Some("ts" | "tsx" | "mts" | "cts")) => None,
            _ => out,
        }
    }

    /// `outDir` of tsconfig.json or what it extends; never the component's folder itself.
    pub fn out_dir(&self) -> Option<RelPath> {
        let names = ["tsconfig.json", "tsconfig.build.json"];
        let mut found = names.iter().filter_map(|name| tsconfig::folder_option(self, name, "outDir"));
        found.next().filter(|out| !out.is_root())
    }
}

fn first(file: &RelPath) -> RelPath {
    file.parts().next().and_then(|part| RelPath::new(part).ok()).unwrap_or_else(RelPath::root)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    fn ask<T>(files: &[(&str, &str)], ask: impl FnOnce(&Folder<'_>) -> T) -> T {
        let mut all = vec![("package.json", "{\"main\": \"lib/x.js\"}")];
        all.extend(files);
        project(&all).ask(|context| {
            let manifest = Manifest::read(context, &RelPath::root()).unwrap().unwrap();
            ask(&Folder { context, path: &RelPath::root(), manifest: &manifest, framework: None })
        })
    }

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn a_file_of_the_build_is_known_by_its_source() {
        for (file, source) in [
            ("dist/index.js", "src/index.ts"),
            ("dist/index", "src/index.ts"),
            ("dist/src/index.js", "src/index.ts"),
            ("build/server/main.js", "server/main.ts"),
            ("dist", "src/index.ts"),
        ] {
            let found = ask(&[(source, "")], |folder| folder.entry(file));
            if file == "dist" {
                assert_eq!(found, Entry::Missing);
            } else {
                assert_eq!(found, Entry::Built(path(file), Some(path(source))), "{file}");
            }
        }
    }

    #[test]
    fn a_build_that_lies_about_is_no_source() {
        let files = [("dist/index.js", ""), ("src/index.ts", "")];
        assert_eq!(
            ask(&files, |folder| folder.entry("dist/index.js")),
            Entry::Built(path("dist/index.js"), Some(path("src/index.ts")))
        );
        assert_eq!(
            ask(&[("dist/index.js", "")], |folder| folder.entry("./dist/index")),
            Entry::Source(path("dist/index.js"))
        );
        assert_eq!(
            ask(&[("src/index.js", "")], |folder| folder.entry("src/index.js")),
            Entry::Source(path("src/index.js"))
        );
        assert_eq!(ask(&[("lib/x.js", "")], |folder| folder.entry(".")), Entry::Source(path("lib/x.js")));
        assert_eq!(ask(&[], |folder| folder.entry("server.js")), Entry::Missing);
    }

    #[test]
    fn the_output_folder_follows_from_the_start_or_the_compiler() {
        let built = Entry::Built(path("build/index.js"), None);
        assert_eq!(ask(&[], |folder| folder.output(Some(&built))), Some(path("build")));
        let config = [
            ("tsconfig.json", "{\"extends\": \"./base\", /* x */}"),
            ("base.json", "{\"compilerOptions\": {\"outDir\": \"./out/js\"}}"),
        ];
        assert_eq!(ask(&config, |folder| folder.output(None)), Some(path("out/js")));
        let several = [
            ("tsconfig.json", "{\"extends\": [\"./a.json\", \"./configs/b\"]}"),
            ("a.json", "{\"compilerOptions\": {\"outDir\": \"a\"}}"),
            ("configs/b.json", "{\"compilerOptions\": {\"outDir\": \"${configDir}/b\"}}"),
        ];
        assert_eq!(ask(&several, |folder| folder.output(None)), Some(path("b")));
        let root = [("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \".\"}}")];
        assert_eq!(ask(&root, |folder| folder.output(None)), None);
    }
}
