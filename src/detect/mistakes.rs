//! Mistakes that projects make: each is named with its file, its line and what to type.
//!
//! Nothing here decides anything. A mistake that changes what a fact is (a version that no image
//! has, a lockfile that is a question) is named by the fact's own detector too.

mod committed;
mod compose;
mod go_sum;
mod ignored;
mod lockfiles;
mod manager_version;
mod next_config;
mod python_lock;
mod requirements;
mod scripts;
mod tools_only;

use super::{ASIDE, Context};
use crate::facts::{Component, Found, Packages, Stack};
use crate::paths::RelPath;

/// What the checks look at.
struct Asked<'a> {
    context: &'a Context<'a>,
    components: &'a [Component],
}

/// One check per line; what each finds becomes warnings in this order.
const CHECKS: &[fn(&Asked<'_>)] = &[
    lockfiles::without_manifest,
    lockfiles::more_than_one,
    manager_version::unread,
    python_lock::stale,
    go_sum::stale,
    requirements::misspelt,
    tools_only::tools_only,
    scripts::no_start,
    scripts::no_build,
    committed::committed,
    next_config::secrets,
    compose::secrets,
    ignored::ignored,
];

/// Names what is wrong in the project.
pub fn name(context: &Context<'_>, components: &[Component]) {
    let asked = Asked { context, components };
    CHECKS.iter().for_each(|check| check(&asked));
}

impl Asked<'_> {
    /// A file of a folder, if it is there.
    fn file(&self, folder: &RelPath, name: &str) -> Option<RelPath> {
        folder.join(name).ok().filter(|file| self.context.project.has_file(file))
    }

    /// Where manifests are: the root and two levels down, those of components among them.
    fn folders(&self) -> Vec<RelPath> {
        let project = self.context.project;
        let inner = |folder: &RelPath| {
            let told = |inner: &&RelPath| {
                let name = inner.file_name();
                !ASIDE.contains(&name) && !name.starts_with(['.', '_'])
            };
            project.folders_in(folder).filter(told).cloned().collect::<Vec<_>>()
        };
        let mut folders = vec![RelPath::root()];
        let first = inner(&RelPath::root());
        folders.extend(first.iter().flat_map(|folder| std::iter::once(folder.clone()).chain(inner(folder))));
        let known: Vec<RelPath> = self.components.iter().map(|component| component.path.clone()).collect();
        folders.extend(known);
        folders.sort();
        folders.dedup();
        folders
    }
}

/// The package manager of a component; `None` for a stack that has but one.
fn packages(component: &Component) -> Option<&Found<Packages>> {
    match &component.stack {
        Stack::Node(node) | Stack::Next(node, _) => Some(&node.packages),
        Stack::FastApi(python, _) => Some(&python.packages),
        Stack::Go(_) => None,
    }
}
