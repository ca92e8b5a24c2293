//! Which of several programs is the one to serve, where something else than their names says it: what
//! the project's own image is built from, or that one alone listens.

use super::super::{Context, builds};
use super::code::Code;
use super::main_package::shown;
use super::module;
use super::module::Module;
use super::port::listening;
use super::program::Program;
use crate::facts::{Confidence, Evidence, Found};
use crate::paths::RelPath;

/// More programs than this are not read one by one.
const MAX_PROGRAMS: usize = 16;

/// `None` where neither says it of exactly one.
pub fn told(
    context: &Context<'_>,
    component: &RelPath,
    module: &Module,
    code: &Code,
    candidates: &[(RelPath, Evidence)],
) -> Option<Found<RelPath>> {
    let (value, confidence, evidence, because) = match of_images(context, component, module, candidates) {
        Some((folder, evidence)) => (folder, Confidence::Declared, evidence, "its Dockerfile builds another"),
        None => {
            let (folder, evidence) = of_listeners(module, code, candidates)?;
            (folder, Confidence::Inferred, evidence, "nothing in it listens")
        }
    };
    let others = candidates.iter().filter(|(folder, _)| *folder != value);
    let rejected =
        others.map(|(folder, evidence)| (folder.clone(), Evidence { because: because.to_owned(), ..evidence.clone() }));
    Some(Found::Known { rejected: rejected.collect(), value, confidence, evidence: vec![evidence] })
}

/// The one package that all `go build` lines of the component's Dockerfiles name.
fn of_images(
    context: &Context<'_>,
    component: &RelPath,
    module: &Module,
    candidates: &[(RelPath, Evidence)],
) -> Option<(RelPath, Evidence)> {
    let mut named: Vec<(RelPath, Evidence)> = Vec::new();
    for source in builds::files(context, component) {
        let name = source.path().file_name().to_ascii_lowercase();
        if !name.contains("dockerfile") && !name.contains("containerfile") {
            continue;
        }
        let mut is_build = false;
        for (line, text) in source.lines() {
            is_build |= text.contains("go build") || text.contains("go install");
            if is_build {
                for word in text.split_whitespace() {
                    let found = candidates.iter().find(|(folder, _)| is_package(word, folder, module));
                    if let Some((folder, _)) = found.filter(|(folder, _)| named.iter().all(|(one, _)| one != folder)) {
                        let evidence = Evidence::at(source.path(), line, text.trim(), "its Dockerfile builds it");
                        named.push((folder.clone(), evidence));
                    }
                }
            }
            is_build &= text.trim_end().ends_with('\\');
        }
    }
    (named.len() == 1).then(|| named.remove(0))
}

/// `./cmd/server`, `cmd/server/main.go`, `/src/cmd/server`, `example.com/shop/cmd/server`
fn is_package(word: &str, folder: &RelPath, module: &Module) -> bool {
    let word = word.trim_matches(['"', '\'', ';']).trim_end_matches("/...").trim_end_matches('/');
    if folder.is_root() {
        return word == "." || word == "main.go" || word == module.path;
    }
    let word = match word.rsplit_once('/') {
        Some((folder, file)) if file.ends_with(".go") => folder,
        _ => word,
    };
    let inner = word.strip_prefix("./").unwrap_or(word);
    inner == folder.as_str()
        || (word.starts_with('/') || module::is_at_or_below(word, &module.path))
            && word.strip_suffix(folder.as_str()).is_some_and(|before| before.ends_with('/'))
}

/// The one program in whose code something listens.
fn of_listeners(module: &Module, code: &Code, candidates: &[(RelPath, Evidence)]) -> Option<(RelPath, Evidence)> {
    if candidates.len() > MAX_PROGRAMS {
        return None;
    }
    let mut found = candidates.iter().filter_map(|(folder, _)| {
        let program = Program::of(module, code, std::slice::from_ref(folder));
        let call = listening(&program.calls)?;
        Some((
            folder.clone(),
            call.file.evidence(call.line, format!("`{}` is the only one that listens", shown(folder))),
        ))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const CLIENT: &str = "package main\n\nfunc main() { println(1) }\n";
    const SERVER: &str = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";

    fn main_of(files: &[(&str, &str)]) -> String {
        let all = [&[("go.mod", "module example.com/hound\n\ngo 1.26\n")], files].concat();
        let detection = project(&all).detect().unwrap();
        let facts = detection.components[0].facts();
        let main = facts.iter().find(|fact| fact.key == "main").unwrap();
        match &main.value {
            Some(value) => format!("{value} {}", main.evidence[0].place()),
            None => format!("{} candidates", main.candidates.len()),
        }
    }

    // hound-search/hound at 4cbc3cfac9de94068d9497f5ab9045c5e9a196cd
    #[test]
    fn of_a_client_and_a_server_the_one_that_listens_is_served() {
        assert_eq!(
            main_of(&[("cmds/hound/main.go", CLIENT), ("cmds/houndd/main.go", SERVER)]),
            "./cmds/houndd cmds/houndd/main.go:5"
        );
        assert_eq!(main_of(&[("cmd/x/main.go", SERVER), ("cmd/y/main.go", SERVER)]), "2 candidates");
        assert_eq!(main_of(&[("cmd/x/main.go", CLIENT), ("cmd/y/main.go", CLIENT)]), "2 candidates");
    }

    // distribution/distribution at 0d6b721dc3ceacb5d678c25b718b2f40a507c2d8
    #[test]
    fn what_the_projects_own_image_is_built_from_is_served() {
        for build in [
            "RUN go build -o /out/x ./cmd/x",
            "RUN CGO_ENABLED=0 go build -o /out/x \\\n    cmd/x/main.go",
            "RUN go install example.com/hound/cmd/x",
            "RUN go build -o /x /src/cmd/x",
        ] {
            let found = main_of(&[("cmd/x/main.go", SERVER), ("cmd/y/main.go", SERVER), ("Dockerfile", build)]);
            assert!(found.starts_with("./cmd/x Dockerfile:"), "{build}: {found}");
        }
        let both = "RUN go build -o / ./cmd/x ./cmd/y";
        assert_eq!(
            main_of(&[("cmd/x/main.go", SERVER), ("cmd/y/main.go", SERVER), ("Dockerfile", both)]),
            "2 candidates"
        );
    }
}
