//! Which package with a `func main` is the one to serve.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::code::Code;
use super::module::Module;
use super::told;
use crate::facts::{Confidence, Evidence, Found};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Folders whose programs help to work on the project and are no part of what it serves.
const ASIDE: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "tool",
    "tools",
    "script",
    "scripts",
    "hack",
    "test",
    "tests",
    "testing",
    "e2e",
    "bench",
    "benchmark",
    "benchmarks",
    "docs",
    "doc",
    "build",
    "ci",
    "contrib",
    "misc",
    "fixtures",
    "mock",
    "mocks",
    "generate",
    "gen",
    "codegen",
    "magefiles",
];
/// Programs beside a server that are none, by the last part of their folder.
const TOOLS: &[&str] = &[
    "cli",
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "seed",
    "seeder",
    "client",
    "ctl",
    "healthcheck",
    "generate",
    "gen",
    "tool",
    "tools",
    "debug",
    "loadtest",
    "lint",
    "fix",
    "admin-cli",
    "docs",
    "swagger",
];
const SERVERS: &[&str] =
    &["server", "api", "web", "app", "http", "httpd", "serve", "service", "main", "backend", "rest"];

/// How likely a program is what is deployed, the likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// In the module's root, or `cmd/<module's name>`.
    Named,
    /// `cmd/server`, `cmd/api` …
    Server,
    Other,
    /// Below `internal`.
    Internal,
    /// A tool of the project beside its server.
    Tool,
    /// In `examples`, `scripts` …
    Aside,
}

/// Ranks a folder, relative to the module.
pub fn rank(folder: &RelPath, module: &Module) -> Rank {
    let parts: Vec<&str> = folder.parts().collect();
    let last = parts.last().copied().unwrap_or("");
    let name = module.short_name();
    if parts.iter().any(|part| ASIDE.contains(part)) {
        return Rank::Aside;
    }
    if parts.contains(&"internal") {
        return Rank::Internal;
    }
    match parts.as_slice() {
        [] => Rank::Named,
        [only] | ["cmd" | "cmds" | "app" | "apps" | "src" | "main", only] if *only == name => Rank::Named,
        _ if TOOLS.contains(&last) || last.ends_with("ctl") || last.ends_with("cli") || last.starts_with("gen-") => {
            Rank::Tool
        }
        ["cmd"] => Rank::Server,
        _ if SERVERS.contains(&last)
            || last.strip_prefix(name).is_some_and(|rest| SERVERS.contains(&rest.trim_start_matches(['-', '_'])))
            || last == format!("{name}d") =>
        {
            Rank::Server
        }
        _ => Rank::Other,
    }
}

/// The package to build. Absent: the module has no program.
///
/// # Errors
/// What was settled is no folder with a program.
pub fn main_package(
    context: &Context<'_>,
    component: &RelPath,
    module: &Module,
    code: &Code,
) -> Result<Found<RelPath>, Mistake> {
    let mut programs: Vec<(Rank, RelPath, Evidence)> =
        code.programs().into_iter().map(|(folder, evidence)| (rank(&folder, module), folder, evidence)).collect();
    programs.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let settled = decided(context, component, "main", |text| match RelPath::new(text) {
        Ok(path) if programs.iter().any(|(_, folder, _)| *folder == path) => Ok(path),
        _ => {
            let known: Vec<String> = programs.iter().map(|(_, folder, _)| format!("`{}`", shown(folder))).collect();
            Err(match known.is_empty() {
                true => "expected a folder with `package main`, and there is none".to_owned(),
                false => format!("expected a folder with `package main`: {}", known.join(", ")),
            })
        }
    })?;
    let found = match choose(programs, module) {
        Found::Unclear { candidates } => {
            told::told(context, component, module, code, &candidates).unwrap_or(Found::Unclear { candidates })
        }
        found => found,
    };
    Ok(or_found(settled, found))
}

fn choose(programs: Vec<(Rank, RelPath, Evidence)>, module: &Module) -> Found<RelPath> {
    // programs below `examples` do not make a library a server
    let Some(best) = programs.iter().map(|(rank, _, _)| *rank).min().filter(|best| *best < Rank::Aside) else {
        return Found::Absent;
    };
    let count = programs.iter().filter(|(rank, _, _)| *rank == best).count();
    // beside another server even the one named as the module may be the wrong one
    let servers = programs.iter().filter(|(rank, _, _)| *rank <= Rank::Other).count();
    let is_clear = count == 1 && servers <= 1;
    if !is_clear {
        // those that only help are no answer while there is another
        let limit = if best < Rank::Tool { Rank::Internal } else { Rank::Tool };
        let candidates = programs.into_iter().filter(|(rank, _, _)| *rank <= limit);
        return Found::Unclear { candidates: candidates.map(|(_, folder, evidence)| (folder, evidence)).collect() };
    }
    let mut programs = programs.into_iter();
    let Some((rank, value, evidence)) = programs.next() else { return Found::Absent };
    let mut rejected: Vec<(RelPath, Evidence)> = Vec::new();
    for (other, folder, evidence) in programs {
        let because = match other {
            Rank::Tool => "a tool beside the server".to_owned(),
            Rank::Aside | Rank::Internal => "not what is deployed".to_owned(),
            _ => format!("`{}` comes first", shown(&value)),
        };
        rejected.push((folder, Evidence { because, ..evidence }));
    }
    let because = match (rank, value.is_root(), rejected.is_empty()) {
        (_, _, true) => "the only `func main`".to_owned(),
        (Rank::Named, true, _) => "in the module's root".to_owned(),
        (Rank::Named, false, _) => format!("named as the module `{}`", module.short_name()),
        _ => "the only one that is a server by its name".to_owned(),
    };
    Found::Known { value, confidence: Confidence::Inferred, evidence: vec![Evidence { because, ..evidence }], rejected }
}

/// As the go command takes it: `./cmd/server`, `.`.
pub fn shown(folder: &RelPath) -> String {
    if folder.is_root() { ".".to_owned() } else { format!("./{folder}") }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::super::super::{Detection, components};
    use super::*;
    use crate::facts::Stack;

    /// What is found in the module `example.com/shop` with programs in these folders.
    fn found(folders: &[&str]) -> String {
        let paths: Vec<String> = folders.iter().map(|folder| format!("{folder}/main.go")).collect();
        let mut files = vec![("go.mod", "module example.com/shop\n")];
        files.extend(paths.iter().map(|path| (path.as_str(), "package main\n\nfunc main() {}\n")));
        let detection: Detection = project(&files).detect().unwrap();
        match detection.components.first().map(|component| &component.stack) {
            Some(Stack::Go(go)) => match &go.main {
                Found::Known { value, .. } => value.to_string(),
                Found::Unclear { candidates } => {
                    candidates.iter().map(|(folder, _)| folder.as_str()).collect::<Vec<_>>().join(" ")
                }
                Found::Absent => "absent".to_owned(),
            },
            _ => "library".to_owned(),
        }
    }

    #[test]
    fn one_server_among_tools_is_clear() {
        for (folders, main) in [
            (vec!["."], "."),
            (vec!["cmd/anything"], "cmd/anything"),
            (vec![".", "cmd/migrate", "tools/gen"], "."),
            (vec!["cmd/shop", "cmd/shopctl", "examples/x"], "cmd/shop"),
            (vec!["cmd/api", "cmd/seed", "cmd/shop-cli"], "cmd/api"),
            (vec!["internal/cmd/x", "cmd/server"], "cmd/server"),
            (vec!["cmd/cli"], "cmd/cli"),
        ] {
            assert_eq!(found(&folders), main, "{folders:?}");
        }
    }

    #[test]
    fn two_that_could_be_served_are_a_question() {
        assert_eq!(found(&["cmd/worker", "cmd/api", "cmd/migrate"]), "cmd/api cmd/worker");
        assert_eq!(found(&[".", "cmd/worker"]), ". cmd/worker");
        assert_eq!(found(&["a", "b"]), "a b");
    }

    #[test]
    fn programs_that_the_go_command_does_not_build_are_none() {
        assert_eq!(found(&["examples/x"]), "library");
        assert_eq!(found(&["testdata/x", "vendor/x", "_x", ".x"]), "library");
        for main in [
            "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
            "package main\n\nfunc (x X) main() {}\n// func main() {}\n",
        ] {
            let detection = project(&[("go.mod", "module a\n"), ("main.go", main)]).detect().unwrap();
            assert!(detection.components.is_empty(), "{main}");
        }
        let nested = project(&[
            ("go.mod", "module a\n"),
            ("x/go.mod", "module b\n"),
            ("x/main.go", "package main\nfunc main() {}\n"),
        ]);
        let (found, _) = nested.ask(components::components).unwrap();
        assert_eq!(found.iter().map(|component| component.path.as_str()).collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn a_settled_package_must_have_a_program() {
        let files = [
            ("go.mod", "module a\n"),
            ("cmd/a/main.go", "package main\nfunc main() {}\n"),
            ("cmd/b/main.go", "package main\nfunc main() {}\n"),
        ];
        let detection = project(&files).set("main", "./cmd/b").detect().unwrap();
        assert_eq!(detection.components[0].build.value().unwrap().as_ref().unwrap().to_string(), "go build ./cmd/b");
        let mistake = project(&files).set("main", "cmd/c").detect().unwrap_err();
        assert!(mistake.detail.unwrap().contains("`./cmd/a`, `./cmd/b`"));
    }
}
