//! The files that say how people build the program today: Makefile, Dockerfile, CI and their like.

use std::rc::Rc;

use super::Context;
use crate::paths::RelPath;
use crate::project::Source;

/// Those of a component, and those in the project's root, each once.
pub fn files(context: &Context<'_>, path: &RelPath) -> Vec<Rc<Source>> {
    let is_one = |file: &RelPath| {
        let inside = file.is_below(path) || file.parent().is_some_and(|folder| folder.is_root());
        let workflow = file.as_str().starts_with(".github/workflows/");
        let near =
            file.strip(path).is_some_and(|file| file.parts().count() <= 3 && !file.as_str().starts_with("vendor/"));
        (inside && near || workflow || !file.as_str().contains('/')) && is_named(file)
    };
    let files = context.project.files().filter(|file| is_one(file));
    // ours says what was found before
    let theirs = |source: &Rc<Source>| !source.lines().take(3).any(|(_, line)| line.contains("Written by dockwright"));
    files.filter_map(|file| context.project.read(file)).filter(theirs).collect()
}

fn is_named(file: &RelPath) -> bool {
    let name = file.file_name().to_ascii_lowercase();
    let starts = ["makefile", "gnumakefile", "dockerfile", "containerfile", "justfile", ".goreleaser", "goreleaser"];
    let named = ["taskfile.yml", "taskfile.yaml", ".gitlab-ci.yml", "go.env", "mise.toml", ".envrc"];
    starts.iter().any(|start| name.starts_with(start))
        || named.contains(&name.as_str())
        || [".mk", ".sh"].iter().any(|end| name.ends_with(end))
        || (file.as_str().starts_with(".github/workflows/") && (name.ends_with(".yml") || name.ends_with(".yaml")))
}
