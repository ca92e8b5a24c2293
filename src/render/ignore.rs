//! What .dockerignore says for one component.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::lines::safe;
use super::workspace;
use crate::facts::{Component, Python, Stack};
use crate::paths::RelPath;
use crate::presets::{Policy, Presets};
use crate::project::Project;

/// Top-level names that no build needs, for the allow-list.
const NOT_ALLOWED: &[&str] = &["docs", "test", "tests", "README.md", "secrets", "dockwright.toml", "coverage"];

/// The patterns by group; a template decides their order and adds its stack's own.
pub(super) fn patterns(component: &Component, policy: &Policy, presets: &Presets, project: &Project) -> Value {
    let preset = &presets.ignore;
    let mut output: Vec<String> =
        component.stack.node().and_then(|node| node.output.as_ref()).map(RelPath::to_string).into_iter().collect();
    if let Some(node) = component.stack.node() {
        let writes = node.writes.iter().filter(|path| !path.as_str().starts_with("node_modules/"));
        output.extend(writes.map(RelPath::to_string));
        output.dedup();
    }
    let packages = component.stack.node().and_then(|node| node.packages.value());
    let manager = packages.and_then(|packages| presets.packages.get(&packages.id));
    // what a run here left behind
    let local =
        component.written.iter().filter(|one| !one.from_root && (one.is_ignored || one.is_file || !one.lasts()));
    output.extend(local.map(|one| one.path.to_string()));
    let workspace = component.stack.node().and_then(|node| node.workspace.as_ref());
    // in a workspace it writes into the root
    output.extend(manager.into_iter().filter(|_| workspace.is_none()).flat_map(|manager| manager.writes.clone()));
    let allow = if policy.allow_list { Value::from(allowed(component, project, &output)) } else { Value::from(()) };
    let groups = BTreeMap::from([
        ("secrets", Value::from(preset.secrets.clone())),
        ("tools", Value::from(preset.tools.clone())),
        ("containers", Value::from(preset.containers.clone())),
        ("output", Value::from(output)),
        ("allow", allow),
        ("needed", Value::from(needed(component, project))),
        ("others", Value::from(workspace.map(|found| workspace::others(component, found)).unwrap_or_default())),
        (
            "around",
            Value::from(
                workspace.map(|found| workspace::around(component, found, manager, project)).unwrap_or_default(),
            ),
        ),
        ("starts_at", safe(if workspace.is_some() { "the workspace's root" } else { "this folder" })),
    ]);
    Value::from(groups.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<String, Value>>())
}

/// The text for a context above the component's folder: patterns of the template that begin there
/// begin in the component's folder.
pub(super) fn within(text: &str, component: &Component, presets: &Presets) -> String {
    let inner = component.inner();
    let of_context = |line: &str| presets.ignore.tools.iter().chain(&presets.ignore.containers).any(|one| one == line);
    let lines = text.lines().map(|line| match line.strip_prefix('/') {
        Some(rest) if !of_context(line) => format!("/{inner}/{rest}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// A path of the component as its context has it.
fn below(component: &Component, path: &str) -> String {
    component.inner().join(path).map_or_else(|_| path.to_owned(), |path| path.to_string())
}

/// The component's own top-level files and folders, but those that no build needs.
fn allowed(component: &Component, project: &Project, output: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for path in project.files_below(&component.path) {
        let Some(first) = path.strip(&component.path).and_then(|path| path.parts().next().map(str::to_owned)) else {
            continue;
        };
        let container = ["Dockerfile", "Containerfile", "compose", "docker-compose", "docker-bake"]
            .iter()
            .any(|name| first.starts_with(name));
        let wanted = !first.starts_with('.') && !container && !NOT_ALLOWED.contains(&first.as_str());
        if wanted && !output.contains(&first) && super::context::is_plain_path(&first) && names.last() != Some(&first) {
            names.push(first);
        }
    }
    // what the install reads is there whatever its name
    let packages = component.stack.node().and_then(|node| node.packages.value());
    let is_own = component.context == component.path;
    for path in packages.into_iter().filter(|_| is_own).flat_map(|packages| &packages.manifests) {
        let first = path.parts().next().unwrap_or_default();
        if first.starts_with('.') && first != ".npmrc" && super::context::is_plain_path(first) {
            names.push(first.to_owned());
        }
    }
    if matches!(component.stack, Stack::Go(_)) && !names.iter().any(|name| name == "docker") {
        names.push("docker".to_owned());
    }
    let mut names: Vec<String> = names.iter().map(|name| below(component, name)).collect();
    if component.stack.node().is_some_and(|node| node.workspace.is_some()) {
        names.extend(workspace::allowed(component, project));
    }
    if component.context != component.path {
        names.extend(component.stack.beside().iter().map(RelPath::to_string));
        names.extend(python_manifests(component).iter().map(RelPath::to_string));
    }
    names.sort();
    names.dedup();
    names
}

/// What the install reads, relative to the context.
fn python_manifests(component: &Component) -> &[RelPath] {
    match &component.stack {
        Stack::FastApi(python, _) => python.packages.value().map(|packages| packages.manifests.as_slice()),
        _ => None,
    }
    .unwrap_or_default()
}

/// Paths that a pattern would keep out although the build or the app reads them.
fn needed(component: &Component, project: &Project) -> Vec<String> {
    let mut needed = Vec::new();
    if let Some(node) = component.stack.node() {
        let manifests = node.packages.value().map(|packages| packages.manifests.as_slice()).unwrap_or_default();
        needed.extend(manifests.iter().filter(|path| path.file_name() == ".npmrc").map(RelPath::to_string));
    }
    if let Stack::FastApi(Python { own: Some(own), .. }, _) = &component.stack {
        needed.extend(own.reads.iter().map(|path| below(component, path.as_str())));
    }
    // source folders that happen to be called secrets, sources that are called coverage.go
    let packages = workspace::packages(component);
    let of_package = |path: &RelPath| {
        let package = packages.iter().find(|package| path.is_below(package))?;
        Some((package, path.strip(package)?))
    };
    for path in project.files_below(&component.context).filter_map(|path| path.strip(&component.context)) {
        let Some((package, path)) = of_package(&path) else { continue };
        let whole = |path: &str| package.join(path).map_or_else(|_| path.to_owned(), |path| path.to_string());
        let source = matches!(path.extension(), Some("go" | "js" | "mjs" | "cjs" | "ts" | "mts" | "cts"));
        let parts: Vec<&str> = path.parts().collect();
        if let Some(at) = parts.iter().position(|part| *part == "secrets")
            && source
            && at + 1 < parts.len()
        {
            let folder = whole(&parts[..=at].join("/"));
            if at > 0 && !needed.contains(&folder) {
                needed.push(folder);
            }
        }
        if parts.last() == Some(&"coverage.go") {
            needed.push(whole(path.as_str()));
        }
    }
    for (path, _) in &component.assets {
        let first = path.parts().next().unwrap_or_default();
        let path = below(component, path.as_str());
        if ["docs", "test", "tests", "bin", "tmp"].contains(&first) && !needed.contains(&path) {
            needed.push(path);
        }
    }
    needed.retain(|path| super::context::is_plain_path(path));
    // generated API descriptions are Go packages too; the whole folder would let its secrets in
    if matches!(component.stack, Stack::Go(_)) && component.sources.iter().any(|path| path.as_str() == "docs") {
        needed.extend(["go", "json", "y*ml"].map(|end| below(component, &format!("docs/**/*.{end}"))));
    }
    needed
}
