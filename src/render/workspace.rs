//! What .dockerignore says of the members of a workspace around a component; paths and patterns are
//! those of the workspace's root.

use crate::facts::{Component, Workspace};
use crate::paths::RelPath;
use crate::presets::PackagesPreset;
use crate::project::Project;

/// Folders that no build needs.
const ASIDE: &[&str] = &["docs", "test", "tests"];

/// The packages in the build context that the image is made of: their folders there.
pub(super) fn packages(component: &Component) -> Vec<RelPath> {
    let workspace = component.stack.node().and_then(|node| node.workspace.as_ref());
    let needs = workspace.into_iter().flat_map(|workspace| &workspace.needs).map(|need| need.path.clone());
    std::iter::once(component.inner()).chain(needs).collect()
}

/// The other members.
pub(super) fn others(component: &Component, workspace: &Workspace) -> Vec<String> {
    let wanted = packages(component);
    // one that holds a package of the image stays
    let is_around = |path: &RelPath| wanted.iter().any(|package| package.is_below(path));
    plain(workspace.others.iter().filter(|path| !is_around(path)).cloned())
}

/// What is made anew inside the build or not needed there, of the root and of the members that the
/// component needs; its own is the template's to name.
pub(super) fn around(
    component: &Component,
    workspace: &Workspace,
    manager: Option<&PackagesPreset>,
    project: &Project,
) -> Vec<String> {
    let outputs = workspace.needs.iter().filter_map(|need| need.path.join(need.output.as_ref()?.as_str()).ok());
    let wanted = packages(component);
    let folders = workspace.needs.iter().map(|need| need.path.clone()).chain([RelPath::root()]);
    let aside = folders.flat_map(|folder| ASIDE.iter().filter_map(move |name| folder.join(name).ok())).filter(|path| {
        let is_there = component.context.join(path.as_str()).is_ok_and(|whole| project.has_folder(&whole));
        is_there && !wanted.iter().any(|package| package.is_below(path))
    });
    let mut lines = plain(outputs.chain(aside));
    lines.extend(manager.into_iter().flat_map(|manager| manager.writes.clone()));
    lines
}

/// What gets in where nothing else does: the members that are needed, and files of the root.
pub(super) fn allowed(component: &Component, project: &Project) -> Vec<String> {
    let packages = packages(component).into_iter().skip(1);
    let files = project.files().filter(|file| file.parent().as_ref() == Some(&component.context));
    let files = files.filter(|file| {
        let name = file.file_name();
        let is_container =
            ["Dockerfile", "Containerfile", "compose", "docker-"].iter().any(|word| name.starts_with(word));
        let is_left_out = ["README.md", "dockwright.toml"].contains(&name);
        !is_container && !is_left_out && (!name.starts_with('.') || name.starts_with(".yarnrc"))
    });
    plain(packages.chain(files.filter_map(|file| file.strip(&component.context))))
}

fn plain(paths: impl Iterator<Item = RelPath>) -> Vec<String> {
    paths.map(|path| path.to_string()).filter(|path| super::context::is_plain_path(path)).collect()
}
