//! Which folders of a project are components, and of which stack each is.

use super::{ASIDE, Context, Fit, Unfit, go, next, node, python};
use crate::decisions::Key;
use crate::facts::{Component, Evidence};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Manifests of stacks without a template: the file's name or, with a dot in front, its ending.
const OTHERS: &[(&str, &str)] = &[
    ("Gemfile", "a Ruby project"),
    ("composer.json", "a PHP project"),
    ("Cargo.toml", "a Rust project"),
    ("pom.xml", "a Java project"),
    ("build.gradle", "a Java project"),
    ("build.gradle.kts", "a Kotlin project"),
    ("pyproject.toml", "a Python project without FastAPI"),
    ("requirements.txt", "a Python project without FastAPI"),
    ("Pipfile", "a Python project without FastAPI"),
    ("setup.py", "a Python project without FastAPI"),
    ("environment.yml", "a conda project, whose packages no image here can install"),
    ("environment.yaml", "a conda project, whose packages no image here can install"),
    ("conda.yaml", "a conda project, whose packages no image here can install"),
    ("pixi.toml", "a pixi project, whose packages no image here can install"),
    ("mix.exs", "an Elixir project"),
    ("build.sbt", "a Scala project"),
    ("project.clj", "a Clojure project"),
    ("deps.edn", "a Clojure project"),
    ("deno.json", "a Deno project"),
    ("deno.jsonc", "a Deno project"),
    ("Package.swift", "a Swift project"),
    ("pubspec.yaml", "a Dart project"),
    ("gleam.toml", "a Gleam project"),
    ("stack.yaml", "a Haskell project"),
    ("shard.yml", "a Crystal project"),
    ("build.zig", "a Zig project"),
    ("CMakeLists.txt", "a C or C++ project"),
    (".csproj", "a .NET project"),
    (".fsproj", "a .NET project"),
    (".sln", "a .NET solution"),
    (".cabal", "a Haskell project"),
];
/// Folders whose packages are about something else: `docs` may be one that is deployed.
const ASIDE_IN_WORKSPACE: &[&str] =
    &["examples", "example", "test", "tests", "e2e", "testdata", "fixtures", "bench", "benchmarks", "templates"];
const DEPTH: usize = 2;

/// The root if it is a component, else those one and two levels down.
///
/// # Errors
/// A manifest that cannot be read.
pub fn components(context: &Context<'_>) -> Result<(Vec<Component>, Vec<Unfit>), Mistake> {
    let root = RelPath::root();
    let (mut found, mut unfit) = (Vec::new(), Vec::new());
    let workspaces = node::workspace::read(context)?;
    context.workspaces.replace(workspaces.clone());
    at(context, &root, &mut found, &mut unfit)?;
    if !found.is_empty() {
        return Ok((found, unfit));
    }
    let mut folders: Vec<RelPath> = go::workspace(context)?;
    let members = workspaces.iter().flat_map(|workspace| &workspace.members).map(|member| &member.path);
    folders.extend(members.filter(|path| !path.parts().any(|part| ASIDE_IN_WORKSPACE.contains(&part))).cloned());
    below(context, &root, DEPTH, &mut folders);
    folders.sort();
    folders.dedup();
    let mut inner: Vec<RelPath> = Vec::new();
    for folder in folders {
        // what lies inside a component is its own
        if folder.is_root() || inner.iter().any(|component| folder.is_below(component)) {
            continue;
        }
        let before = found.len();
        at(context, &folder, &mut found, &mut unfit)?;
        if found.len() > before {
            inner.push(folder);
        }
    }
    Ok((found, unfit))
}

fn below(context: &Context<'_>, folder: &RelPath, depth: usize, found: &mut Vec<RelPath>) {
    for inner in context.project.folders_in(folder) {
        let name = inner.file_name();
        if ASIDE.contains(&name) || name.starts_with(['.', '_']) {
            continue;
        }
        found.push(inner.clone());
        if depth > 1 {
            below(context, inner, depth - 1, found);
        }
    }
}

/// What one folder is.
fn at(
    context: &Context<'_>,
    path: &RelPath,
    found: &mut Vec<Component>,
    unfit: &mut Vec<Unfit>,
) -> Result<(), Mistake> {
    // a folder or a repository of templates says nothing of the stack
    let settled = context.decisions.of(path, "template").map(|decision| decision.value.as_str());
    let settled = settled.filter(|id| ["node", "next", "fastapi", "go"].contains(id));
    let go = if matches!(settled, Some("node" | "next" | "fastapi")) { None } else { go::component(context, path)? };
    // only where Go leaves room: a package.json beside a Go server builds assets or runs tests
    let sure = matches!(&go, Some(Fit::Component(component)) if go::is_server(component));
    let node =
        if matches!(settled, Some("go" | "fastapi")) || sure { None } else { javascript(context, path, settled)? };
    let python =
        if sure || settled.is_some_and(|id| id != "fastapi") { Ok(None) } else { python::component(context, path) };
    let (go, node) = match (python, go, node) {
        // a package.json beside a FastAPI app builds its pages or runs its tests
        (Ok(Some(Fit::Component(python))), _, node) => {
            if let Some(Fit::Component(node)) = node {
                context.warn(
                    "two-stacks",
                    format!("`{path}` is a FastAPI and a Node project; taken for FastAPI"),
                    vec![python.evidence.clone(), node.evidence.clone()],
                    other_template(path, "node"),
                );
            }
            found.push(*python);
            return Ok(());
        }
        (Ok(python), None, None) => (python, None),
        (Err(mistake), None, None) => return Err(mistake),
        (_, go, node) => (go, node),
    };
    match (go, node) {
        (Some(Fit::Component(go)), Some(Fit::Component(node))) => {
            context.warn(
                "two-stacks",
                format!("`{path}` is a Go module and a Node project; taken for Node, for its Go program is a tool"),
                vec![node.evidence.clone(), go.evidence.clone()],
                other_template(path, "go"),
            );
            found.push(*node);
        }
        (Some(Fit::Component(component)), _) => {
            if settled.is_none() {
                beside(context, path, &component);
            }
            found.push(*component);
        }
        (_, Some(Fit::Component(component))) => found.push(*component),
        (Some(Fit::Unfit(why)), _) | (None, Some(Fit::Unfit(why))) => unfit.push(why),
        (None, None) => unfit.extend(other(context, path)),
    }
    Ok(())
}

/// How to take the stack that was not taken.
fn other_template(path: &RelPath, id: &str) -> String {
    format!("`--set {}={id}` takes the other", Key::of(path, "template"))
}

/// What package.json makes of a folder.
fn javascript(context: &Context<'_>, path: &RelPath, settled: Option<&str>) -> Result<Option<Fit>, Mistake> {
    let next = if settled == Some("node") { None } else { next::component(context, path)? };
    match next {
        Some(fit) => Ok(Some(fit)),
        None if settled == Some("next") => Ok(None),
        None => match node::workspace::is_only_root(context, path) {
            Some(unfit) => Ok(Some(Fit::Unfit(unfit))),
            None => node::component(context, path),
        },
    }
}

/// A Go server with a package.json that could start something too: both could be meant.
fn beside(context: &Context<'_>, path: &RelPath, go: &Component) {
    let Some(manifest) = path.join("package.json").ok() else { return };
    let Some(source) = context.project.read(&manifest) else { return };
    let Ok(json) = crate::project::json::parse(&source) else { return };
    let Some(start) = json.at(&["scripts", "start"]) else { return };
    context.warn(
        "two-stacks",
        format!("`{path}` is a Go module and a Node project with a start script; taken for Go"),
        vec![go.evidence.clone(), Evidence::at(&manifest, start.line, "", "scripts.start")],
        other_template(path, "node"),
    );
}

/// The first manifest of another stack.
fn other(context: &Context<'_>, path: &RelPath) -> Option<Unfit> {
    let files: Vec<&RelPath> =
        context.project.files_below(path).filter(|file| file.parent().as_ref() == Some(path)).collect();
    if let Some(unfit) = misspelt(path, &files) {
        return Some(unfit);
    }
    OTHERS.iter().find_map(|(manifest, what)| {
        let is_it = |file: &&&RelPath| match manifest.strip_prefix('.') {
            Some(ending) => file.extension() == Some(ending),
            None => file.file_name() == *manifest,
        };
        let file = files.iter().find(is_it)?;
        let saw = format!("found {file}: {what}");
        Some(Unfit { path: path.clone(), saw, evidence: Evidence::file(file, *what) })
    })
}

/// A list of requirements that no tool finds by its name: `requirments.txt`.
fn misspelt(path: &RelPath, files: &[&RelPath]) -> Option<Unfit> {
    const NAME: &str = "requirements.txt";
    if files.iter().any(|file| file.file_name() == NAME) {
        return None;
    }
    let is_it = |file: &&&RelPath| {
        let name = file.file_name().to_ascii_lowercase();
        let other = name.starts_with("requirements") || !name.starts_with("req") || !name.ends_with(".txt");
        !other && crate::decisions::nearest(&name, [NAME]).is_some()
    };
    let file = files.iter().find(is_it)?;
    let saw = format!("found {file}: named almost as {NAME}, which pip reads");
    Some(Unfit { path: path.clone(), saw, evidence: Evidence::file(file, "misspelt") })
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;

    const MAIN: &str = "package main\n\nfunc main() {}\n";

    fn paths(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let detection = project(files).detect().unwrap();
        let paths = detection.components.iter().map(|c| format!("{} {}", c.path, c.name.as_str())).collect();
        (paths, detection.unfit.iter().map(|unfit| unfit.saw.clone()).collect())
    }

    #[test]
    fn the_root_is_the_component_if_it_is_one() {
        let files =
            [("go.mod", "module a/shop\n"), ("main.go", MAIN), ("sub/go.mod", "module b\n"), ("sub/main.go", MAIN)];
        assert_eq!(paths(&files).0, [". shop"]);
    }

    #[test]
    fn components_lie_side_by_side_one_or_two_levels_down() {
        let files = [
            ("api/go.mod", "module a/api\n"),
            ("api/main.go", MAIN),
            ("services/mail/go.mod", "module a/mail\n"),
            ("services/mail/cmd/mail/main.go", MAIN),
            ("api/inner/go.mod", "module a/inner\n"),
            ("api/inner/main.go", MAIN),
            ("examples/x/go.mod", "module a/x\n"),
            ("examples/x/main.go", MAIN),
            ("web/Gemfile", ""),
        ];
        assert_eq!(
            paths(&files),
            (
                vec!["api api".to_owned(), "services/mail mail".to_owned()],
                vec!["found web/Gemfile: a Ruby project".to_owned()]
            )
        );
    }

    #[test]
    fn a_folder_that_only_says_source_names_no_component() {
        let manifest = "{\"scripts\": {\"start\": \"node server.js\"}}";
        let found = |path: &str| {
            let files = [(format!("{path}/package.json"), manifest), (format!("{path}/server.js"), "listen(1)")];
            paths(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>()).0
        };
        assert_eq!(found("shop/src"), ["shop/src shop"]);
        assert_eq!(found("backend"), ["backend backend"]);
    }

    #[test]
    fn a_stack_without_a_template_is_named() {
        for (file, saw) in [
            ("Gemfile", "found Gemfile: a Ruby project"),
            ("shop.csproj", "found shop.csproj: a .NET project"),
            ("requirements.txt", "found requirements.txt: a Python project without FastAPI"),
            ("requirments.txt", "found requirments.txt: named almost as requirements.txt, which pip reads"),
        ] {
            assert_eq!(paths(&[(file, "")]), (vec![], vec![saw.to_owned()]));
        }
        assert_eq!(paths(&[("README.md", "")]), (vec![], vec![]));
    }

    #[test]
    fn a_library_is_no_component() {
        let files = [("go.mod", "module a/shop\n"), ("shop.go", "package shop\n"), ("examples/x/main.go", MAIN)];
        assert_eq!(paths(&files).1, ["found go.mod: a Go library, no package main to run"]);
    }

    #[test]
    fn a_settled_template_picks_the_stack() {
        let case = project(&[("go.mod", "module a/shop\n"), ("main.go", MAIN)]).set("template", "node");
        assert!(case.detect().unwrap().components.is_empty());
    }
}
