//! Where the program keeps its version and commit: string variables that the linker sets.

use super::super::{Context, builds};
use super::code::GoFile;
use super::program::Program;
use super::scan::{Kind, Token};
use crate::facts::{Evidence, Line, Stamp};
use crate::paths::RelPath;

/// What stands in the code until somebody sets it; anything else is a version of its own.
const PLACEHOLDERS: &[&str] = &[
    "",
    "dev",
    "devel",
    "(devel)",
    "develop",
    "development",
    "unknown",
    "none",
    "n/a",
    "na",
    "undefined",
    "unset",
    "local",
    "snapshot",
    "master",
    "main",
    "head",
    "latest",
    "0.0.0",
    "v0.0.0",
    "0.0.0-dev",
    "v0.0.0-dev",
    "unversioned",
    "test",
];
/// Names in package main that mean the version, and the commit, without anything else to say so.
const VERSIONS: &[&str] = &["version", "appversion", "buildversion"];
const COMMITS: &[&str] =
    &["commit", "gitcommit", "buildcommit", "commithash", "commitsha", "githash", "gitsha", "revision", "gitrevision"];

/// The variables, those that a build file names first. At most one per name.
pub fn stamps(context: &Context<'_>, path: &RelPath, program: &Program<'_>) -> Vec<Stamp> {
    let mut found: Vec<Stamp> = Vec::new();
    let mut add = |symbol: String, argument, evidence| {
        if !found.iter().any(|stamp| stamp.symbol.as_str() == symbol) {
            found.push(Stamp { symbol: Line::from_text(&symbol), argument, evidence });
        }
    };
    for source in builds::files(context, path) {
        for (line, text) in source.lines() {
            for symbol in symbols(text) {
                let Some(argument) = argument(symbol.rsplit('.').next().unwrap_or_default(), false) else { continue };
                let Some(symbol) = resolve(symbol, program) else { continue };
                let evidence =
                    Evidence::at(source.path(), line, text.trim().chars().take(120).collect::<String>(), "-X");
                add(symbol, argument, evidence);
            }
        }
    }
    for file in program.files.iter().filter(|file| program.is_main(&file.path)) {
        for variable in variables(file) {
            let Some(argument) = argument(&variable.name, true) else { continue };
            if PLACEHOLDERS.contains(&variable.value.to_ascii_lowercase().as_str()) {
                let evidence = file.evidence(variable.line, "a variable that waits for it");
                add(format!("main.{}", variable.name), argument, evidence);
            }
        }
    }
    found
}

/// The argument of the build that belongs in a variable of this name.
fn argument(name: &str, strict: bool) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('_', "");
    let other = ["goversion", "golangversion", "apiversion", "schemaversion", "minversion"];
    let version =
        VERSIONS.contains(&name.as_str()) || (!strict && name.contains("version") && !other.contains(&name.as_str()));
    if version {
        return Some("VERSION");
    }
    COMMITS.contains(&name.as_str()).then_some("REVISION")
}

/// The names behind `-X` on a line: `main.version`, `$(MODULE)/internal/version.Version`.
fn symbols(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("-X").filter_map(|(at, _)| {
        let rest = line[at + 2..].trim_start_matches([' ', '=', '\t', '\'', '"', '\\']);
        let symbol = rest.split('=').next().filter(|symbol| rest.len() > symbol.len())?;
        let plain = !symbol.is_empty() && symbol.chars().all(|c| c.is_ascii_alphanumeric() || "._-/~$(){}".contains(c));
        (plain && symbol.contains('.')).then_some(symbol)
    })
}

/// The symbol with its package's whole path, if the program has such a variable.
fn resolve(symbol: &str, program: &Program<'_>) -> Option<String> {
    let (package, name) = symbol.rsplit_once('.')?;
    // what a variable of the build file stands for is not known; what follows may be enough
    let tail = package.rfind([')', '}']).map(|at| &package[at + 1..]);
    let file = program.files.iter().find(|file| {
        let full = import_path(file, program);
        let is_it = match tail {
            Some(tail) => tail.len() > 1 && tail.starts_with('/') && full.ends_with(tail),
            None if package == "main" => program.is_main(&file.path),
            None => full == package,
        };
        is_it && variables(file).any(|variable| variable.name == name)
    })?;
    let full = if program.is_main(&file.path) { "main".to_owned() } else { import_path(file, program) };
    let symbol = format!("{full}.{name}");
    symbol.chars().all(|c| c.is_ascii_alphanumeric() || "._-/~".contains(c)).then_some(symbol)
}

fn import_path(file: &GoFile, program: &Program<'_>) -> String {
    if file.folder.is_root() { program.module.path.clone() } else { format!("{}/{}", program.module.path, file.folder) }
}

struct Variable {
    name: String,
    value: String,
    line: u32,
}

/// String variables at the top of a file, alone or in a group, that the linker can set.
fn variables(file: &GoFile) -> impl Iterator<Item = Variable> {
    let tokens = &file.tokens;
    let at_top = tokens.iter().enumerate().filter(|(_, token)| token.around == 0 && token.is_word("var"));
    at_top.flat_map(move |(at, _)| match tokens.get(at + 1) {
        Some(open) if open.is_mark('(') => {
            let end = at + 1 + open.partner.max(0) as usize;
            let first_on_line = move |i: &usize| tokens[*i].line > tokens[*i - 1].line;
            let starts =
                (at + 2..end).filter(first_on_line).filter(move |i| *i - (at + 1) == tokens[*i].around as usize);
            starts.filter_map(|i| variable(&tokens[i..])).collect::<Vec<_>>()
        }
        _ => variable(&tokens[at + 1..]).into_iter().collect(),
    })
}

/// `name string`, `name = "dev"`, `name string = "dev"`.
fn variable(tokens: &[Token]) -> Option<Variable> {
    let name = tokens.first().filter(|token| token.kind == Kind::Word)?;
    let mut rest = tokens[1..].iter().take_while(|token| token.line == name.line).peekable();
    let typed = rest.next_if(|token| token.is_word("string")).is_some();
    let value = match rest.next() {
        None if typed => String::new(),
        Some(equals) if equals.is_mark('=') => {
            let value = rest.next()?.literal()?.to_owned();
            // `)` closes the group
            rest.next().is_none_or(|token| token.is_mark(')') || token.is_mark(';')).then_some(value)?
        }
        _ => return None,
    };
    Some(Variable { name: name.text.clone(), value, line: name.line })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files = [&[("go.mod", "module example.com/shop/v2\n")], files].concat();
        let detection = project(&files).detect().unwrap();
        let Stack::Go(go) = &detection.components[0].stack else { panic!("not Go") };
        let shown =
            |stamp: &crate::facts::Stamp| format!("{}={} {}", stamp.symbol, stamp.argument, stamp.evidence.place());
        go.stamps.iter().map(shown).collect()
    }

    #[test]
    fn variables_of_main_that_wait_are_set() {
        let main = "package main\n\nvar (\n\tversion = \"dev\" // set by the linker\n\tcommit string\n\tdate = \"unknown\"\n\tname, Version = \"a\", \"b\"\n)\n\nfunc main() { var revision = \"\" }\n";
        assert_eq!(found(&[("main.go", main)]), ["main.version=VERSION main.go:4", "main.commit=REVISION main.go:5"]);
        for not in [
            "var version = \"1.4.2\"",
            "var version = read()",
            "var version = 3",
            "const version = \"dev\"",
            "var version bool",
            "var GoVersion string",
        ] {
            assert_eq!(
                found(&[("main.go", &format!("package main\n\n{not}\n\nfunc main() {{}}\n"))]),
                [""; 0],
                "{not}"
            );
        }
    }

    #[test]
    fn build_files_name_variables_of_any_package() {
        let main = "package main\n\nimport \"example.com/shop/v2/internal/build\"\n\nfunc main() {}\n";
        let build = "package build\n\nvar Version = \"1.0.0\"\nvar GitCommit string\nvar Date string\n";
        for (file, text) in [
            (
                "Makefile",
                "LD := -X example.com/shop/v2/internal/build.Version=$(V) -X 'example.com/shop/v2/internal/build.GitCommit=$(C)'\n",
            ),
            (
                ".goreleaser.yaml",
                "      - -s -w -X {{ .Env.X }}/internal/build.Version={{.Version}} -X ${M}/internal/build.GitCommit={{.Commit}}\n",
            ),
            (
                "build/ci.sh",
                "go build -ldflags \"-X=example.com/shop/v2/internal/build.Version=$v -X=example.com/shop/v2/internal/build.GitCommit=$c -X example.com/shop/v2/internal/build.Gone=1\"\n",
            ),
            (
                "Dockerfile",
                "RUN curl -X POST http://a.b/c?x=y && go build -ldflags \"-X example.com/shop/v2/internal/build.GitCommit=$C -X example.com/shop/v2/internal/build.Version=$V\"\n",
            ),
        ] {
            let mut stamps = found(&[("main.go", main), ("internal/build/build.go", build), (file, text)]);
            stamps.sort();
            let symbol = |name: &str| format!("example.com/shop/v2/internal/build.{name} {file}:1");
            let expected = [symbol("GitCommit=REVISION"), symbol("Version=VERSION")];
            if file == ".goreleaser.yaml" {
                assert_eq!(stamps, expected[..1], "a template with blanks in it is not read");
            } else {
                assert_eq!(stamps, expected, "{file}");
            }
        }
    }
}
