//! Programs that link C: their own, or that of a library. Whether an image here can run them.

use super::super::Context;
use super::code::GoFile;
use super::constraint::option_holds;
use super::declarations::Import;
use super::program::Program;
use crate::facts::{Cgo, Evidence};
use crate::paths::RelPath;

/// What a program needs of C.
pub enum Needs {
    Nothing,
    Cgo(Cgo),
    /// A library of the system that no image here has: its name, and what asks for it.
    Library(String, Evidence),
}

/// Libraries that come with the C library.
const WITH_C: &[&str] = &["c", "m", "dl", "pthread", "rt", "util", "resolv"];
const WITH_CPP: &[&str] = &["stdc++", "gcc_s", "gcc"];

/// Looks at the imports of a program that was read without cgo: what is there besides for `!cgo`
/// makes C a choice, and then a static program is the better one.
pub fn needs(context: &Context<'_>, path: &RelPath, program: &Program<'_>) -> Needs {
    let mut found: Option<Cgo> = None;
    for file in &program.files {
        for import in &file.imports {
            let (cpp, because) = if import.path == "C" {
                if has_other_way(file, program) {
                    continue;
                }
                match own(context, path, file) {
                    Ok(cpp) => (cpp, "imports C".to_owned()),
                    Err((library, line)) => return Needs::Library(library, file.evidence(line, "linked by cgo")),
                }
            } else {
                let Some(library) = library(context, import) else { continue };
                let because = format!("`{}` needs cgo", import.path);
                if let Some(needs) = &library.needs {
                    return Needs::Library(needs.clone(), file.evidence(import.line, because));
                }
                (library.cpp, because)
            };
            let cgo = found.get_or_insert_with(|| Cgo { cpp: false, evidence: file.evidence(import.line, because) });
            cgo.cpp |= cpp;
        }
    }
    found.map_or(Needs::Nothing, Needs::Cgo)
}

fn library<'a>(context: &'a Context<'_>, import: &Import) -> Option<&'a crate::presets::CgoLibrary> {
    let known = &context.presets.runtimes.get("go")?.cgo.as_ref()?.library;
    known.iter().find(|library| library.paths.iter().any(|path| super::module::is_at_or_below(&import.path, path)))
}

/// Whether the package has a file that is built only without cgo.
fn has_other_way(file: &GoFile, program: &Program<'_>) -> bool {
    program.files.iter().filter(|other| other.folder == file.folder).any(|other| {
        let mut head = other.lines().map(|(_, line)| line).take_while(|line| !line.starts_with("package "));
        head.any(|line| line.starts_with("//") && line.contains("build ") && line.contains("!cgo"))
    })
}

/// Whether a file's own C is C++, or the library of the system that it links and its line.
fn own(context: &Context<'_>, path: &RelPath, file: &GoFile) -> Result<bool, (String, u32)> {
    let folder = file.path.parent();
    let beside = |source: &&RelPath| source.parent() == folder;
    let is_cpp = |source: &RelPath| matches!(source.extension(), Some("cc" | "cpp" | "cxx"));
    let mut cpp = context.project.files_below(path).filter(beside).any(is_cpp);
    for (line, text) in file.lines() {
        let text = text.trim_start().trim_start_matches(['/', '*']).trim_start();
        let Some((head, flags)) = text.strip_prefix("#cgo ").and_then(|text| text.split_once(':')) else { continue };
        let mut words: Vec<&str> = head.split_whitespace().collect();
        let verb = words.pop().unwrap_or_default();
        if !words.is_empty() && !words.iter().any(|option| option_holds(option, true)) {
            continue;
        }
        let flags: Vec<&str> = flags.split_whitespace().collect();
        match verb {
            "pkg-config" => {
                if let Some(package) = flags.iter().find(|flag| !flag.starts_with('-')) {
                    return Err(((*package).to_owned(), line));
                }
            }
            // what lies in the project itself is linked from there
            "LDFLAGS" if !flags.iter().any(|flag| flag.contains("${SRCDIR}")) => {
                for name in flags.iter().filter_map(|flag| flag.strip_prefix("-l")) {
                    cpp |= WITH_CPP.contains(&name);
                    if !WITH_C.contains(&name) && !WITH_CPP.contains(&name) {
                        return Err((format!("lib{name}"), line));
                    }
                }
            }
            "LDFLAGS" => cpp |= flags.contains(&"-lstdc++"),
            _ => {}
        }
    }
    Ok(cpp)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    /// The images of a program with this head, `static` without cgo, or why it is refused.
    fn found(files: &[(&str, &str)]) -> String {
        let files = [&[("go.mod", "module a\n\ngo 1.26\n")], files].concat();
        let detection = project(&files).detect().unwrap();
        match detection.components.first() {
            None => detection.unfit[0].saw.clone(),
            Some(component) => {
                let Stack::Go(go) = &component.stack else { panic!("not Go") };
                let runtime = component.runtime.value().unwrap();
                let shown = runtime.distroless.as_ref().map(ToString::to_string).unwrap_or_default();
                match &go.cgo {
                    None => format!("static {shown}"),
                    Some(cgo) => format!("{} {} {}", cgo.evidence.place(), runtime.image, shown),
                }
            }
        }
    }

    fn main(head: &str) -> String {
        format!("package main\n\n{head}\n\nfunc main() {{}}\n")
    }

    #[test]
    fn a_library_that_brings_its_c_is_built_on_debian_and_runs_on_base() {
        let on_base = "main.go:3 golang:1.27-trixie gcr.io/distroless/base-debian13:nonroot";
        for head in ["import _ \"github.com/mattn/go-sqlite3\"", "// int x;\nimport \"C\""] {
            assert!(found(&[("main.go", &main(head))]).ends_with(&on_base[10..]), "{head}");
        }
        assert_eq!(found(&[("main.go", &main("import \"gorm.io/driver/sqlite\""))]), on_base);
        let pure = main("import _ \"modernc.org/sqlite\"");
        assert_eq!(found(&[("main.go", &pure)]), "static gcr.io/distroless/static-debian13:nonroot");
    }

    #[test]
    fn cpp_runs_on_the_image_with_its_library() {
        for head in [
            "import _ \"github.com/marcboeker/go-duckdb/v2\"",
            "// #cgo LDFLAGS: -lstdc++\nimport \"C\"",
            "/*\n#cgo linux LDFLAGS: -L${SRCDIR}/lib -lx -lstdc++\n*/\nimport \"C\"",
        ] {
            let found = found(&[("main.go", &main(head))]);
            assert!(found.ends_with("cc-debian13:nonroot"), "{head}: {found}");
        }
        let c = main("import \"C\"");
        assert!(found(&[("main.go", &c), ("x.cpp", "")]).ends_with("cc-debian13:nonroot"));
        assert!(found(&[("main.go", &c), ("other/x.cpp", "")]).ends_with("base-debian13:nonroot"));
    }

    #[test]
    fn a_library_of_the_system_is_refused_with_its_name_and_line() {
        for (head, name, line) in [
            ("import \"github.com/davidbyttow/govips/v2/vips\"", "libvips", 3),
            ("// #cgo pkg-config: --static libheif\nimport \"C\"", "libheif", 3),
            ("/*\n#cgo LDFLAGS: -lm -lfoo\n*/\nimport \"C\"", "libfoo", 4),
        ] {
            let found = found(&[("main.go", &main(head))]);
            assert!(found.starts_with(&format!("found main.go:{line}: ")) && found.contains(name), "{found}");
        }
        let elsewhere = main("// #cgo darwin LDFLAGS: -lfoo\n// #cgo windows,386 pkg-config: y\nimport \"C\"");
        assert!(found(&[("main.go", &elsewhere)]).ends_with("base-debian13:nonroot"));
    }

    #[test]
    fn what_goes_without_cgo_too_stays_static() {
        let c = "package db\n\nimport \"C\"\n";
        let go = "//go:build !cgo\n\npackage db\n";
        let main = main("import \"a/db\"");
        assert!(found(&[("main.go", &main), ("db/c.go", c)]).starts_with("db/c.go:3"));
        assert!(found(&[("main.go", &main), ("db/c.go", c), ("db/go.go", go)]).starts_with("static"));
        let tagged = "//go:build cgo\n\npackage db\n\nimport _ \"github.com/mattn/go-sqlite3\"\n";
        assert!(found(&[("main.go", &main), ("db/c.go", tagged)]).starts_with("static"));
    }

    #[test]
    fn files_for_cgo_belong_to_a_program_that_needs_it() {
        let sqlite = main("import _ \"github.com/mattn/go-sqlite3\"");
        let tagged = "//go:build cgo\n\npackage main\n\nimport \"os\"\n\nvar x = os.Getenv(\"SQLITE_MODE\")\n";
        let files = [("go.mod", "module a\n"), ("main.go", &sqlite), ("x.go", tagged)];
        let settings = &project(&files).detect().unwrap().components[0].settings;
        assert_eq!(settings.iter().map(|setting| setting.name.as_str()).collect::<Vec<_>>(), ["SQLITE_MODE"]);
    }
}
