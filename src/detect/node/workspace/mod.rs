//! Workspaces of npm, yarn, pnpm and Bun: which folders are members, and what each needs of the
//! others. Read once per run, before the components.

mod member;
mod patterns;
mod reach;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use super::super::{Context, Unfit};
use super::entry::Folder;
use super::manifest::Manifest;
use super::start;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Mistake;
use crate::project::json::Member as Dependency;

pub use member::{build, fact, filled, generated, preset};
pub use reach::{dependency, reads};

/// Workspaces lie in the project's folder or this much deeper.
const DEPTH: usize = 2;

/// A root with its members.
pub struct Workspace {
    pub root: RelPath,
    /// The line that lists the members.
    pub evidence: Evidence,
    /// The package in the root itself.
    top: Member,
    /// Those below it.
    pub members: Vec<Member>,
}

/// A package of a workspace.
pub struct Member {
    pub path: RelPath,
    pub name: String,
    pub manifest: Manifest,
}

/// A member that another needs.
pub struct Need<'a> {
    pub member: &'a Member,
    /// The dependency that names it.
    pub evidence: Evidence,
    /// By dependencies of production alone.
    pub in_production: bool,
}

/// All workspaces of the project.
///
/// # Errors
/// A manifest of one that cannot be read.
pub fn read(context: &Context<'_>) -> Result<Vec<Rc<Workspace>>, Mistake> {
    let mut folders = vec![RelPath::root()];
    let mut found: Vec<Rc<Workspace>> = Vec::new();
    for _ in 0..DEPTH {
        let inner = folders.iter().flat_map(|folder| context.project.folders_in(folder)).cloned().collect();
        for folder in std::mem::replace(&mut folders, inner) {
            if found.iter().all(|outer| !folder.is_below(&outer.root))
                && let Some(workspace) = Workspace::read(context, &folder)?
            {
                found.push(Rc::new(workspace));
            }
        }
    }
    Ok(found)
}

/// The workspace that a folder is a member of.
pub fn of(context: &Context<'_>, path: &RelPath) -> Option<Rc<Workspace>> {
    let workspaces = context.workspaces.borrow();
    workspaces.iter().find(|workspace| workspace.member(path).is_some()).cloned()
}

/// The root of a workspace whose own program is not there: its scripts are those of its members.
pub fn is_only_root(context: &Context<'_>, path: &RelPath) -> Option<Unfit> {
    let workspaces = context.workspaces.borrow();
    let workspace = workspaces.iter().find(|workspace| workspace.root == *path)?;
    let folder = Folder { context, path, manifest: workspace.manifest(), framework: None };
    let is_own = |file: &RelPath| workspace.members.iter().all(|member| !file.is_below(&member.path));
    if context.decisions.of(path, "start").is_some() || start::runs_own_file(&folder, is_own) {
        return None;
    }
    let saw = format!("found {}: the root of a workspace", workspace.evidence.place());
    Some(Unfit { path: path.clone(), saw, evidence: workspace.evidence.clone() })
}

/// A member that depends on the one in a folder, and where it says so.
pub fn needed_by(context: &Context<'_>, path: &RelPath) -> Option<(String, Evidence)> {
    let workspace = of(context, path)?;
    workspace.members.iter().filter(|other| other.path != *path).find_map(|other| {
        let mut dependencies = other.manifest.dependencies();
        let is_it = |found: &Member| found.path == *path;
        let found = dependencies.find(|name| workspace.target(&other.manifest, name).is_some_and(is_it))?;
        Some((other.name.clone(), other.manifest.evidence(found)))
    })
}

/// The folder that a component's image is built from.
pub fn root(context: &Context<'_>, path: &RelPath) -> RelPath {
    of(context, path).map_or_else(|| path.clone(), |workspace| workspace.root.clone())
}

impl Workspace {
    /// The workspace whose root a folder is; `None` where nothing lists members, or none is there.
    pub fn read(context: &Context<'_>, root: &RelPath) -> Result<Option<Self>, Mistake> {
        let Some((patterns, evidence)) = patterns::read(context, root)? else { return Ok(None) };
        let Some(top) = Member::read(context, root)? else { return Ok(None) };
        let mut members = Vec::new();
        for path in patterns::members(context, root, &patterns) {
            members.extend(Member::read(context, &path)?);
        }
        let found = Workspace { root: root.clone(), evidence, top, members };
        Ok((!found.members.is_empty()).then_some(found))
    }

    /// The package in a folder; the root is one too.
    pub fn member(&self, path: &RelPath) -> Option<&Member> {
        self.members.iter().chain([&self.top]).find(|member| member.path == *path)
    }

    /// The root's package.json.
    pub fn manifest(&self) -> &Manifest {
        &self.top.manifest
    }

    /// A path of the workspace as seen from its root.
    pub fn inner(&self, path: &RelPath) -> RelPath {
        path.strip(&self.root).unwrap_or_else(|| path.clone())
    }

    /// The members that one depends on, directly or not, each after those that it needs itself;
    /// last those that the root's own tools need.
    pub fn needs(&self, of: &Member) -> Vec<Need<'_>> {
        let mut production = Vec::new();
        self.visit(&of.manifest, true, &mut production);
        let mut all = Vec::new();
        self.visit(&of.manifest, false, &mut all);
        self.visit(self.manifest(), false, &mut all);
        let is_other = |(member, _): &(&Member, Evidence)| member.path != of.path;
        let in_production = |member: &Member| production.iter().any(|(other, _)| other.path == member.path);
        let found = all.into_iter().filter(is_other);
        found.map(|(member, evidence)| Need { in_production: in_production(member), member, evidence }).collect()
    }

    /// Adds what a manifest needs, deepest first.
    fn visit<'a>(&'a self, manifest: &Manifest, production: bool, found: &mut Vec<(&'a Member, Evidence)>) {
        self.walk(manifest, production, &mut Vec::new(), found);
    }

    fn walk<'a>(
        &'a self,
        manifest: &Manifest,
        production: bool,
        open: &mut Vec<&'a RelPath>,
        found: &mut Vec<(&'a Member, Evidence)>,
    ) {
        for dependency in manifest.dependencies() {
            if production && manifest.dependency(&dependency.name).is_none() {
                continue;
            }
            let Some(member) = self.target(manifest, dependency) else { continue };
            if open.contains(&&member.path) || found.iter().any(|(other, _)| other.path == member.path) {
                continue;
            }
            open.push(&member.path);
            self.walk(&member.manifest, production, open, found);
            open.pop();
            found.push((member, manifest.evidence(dependency)));
        }
    }

    /// The member that a dependency means; none where it comes from a registry.
    pub fn target(&self, manifest: &Manifest, dependency: &Dependency) -> Option<&Member> {
        let wanted = dependency.value.text()?;
        for local in ["file:", "link:", "portal:"] {
            let Some(path) = wanted.strip_prefix(local) else { continue };
            return self.member(&manifest.file.parent()?.join(path).ok()?);
        }
        let (name, range) = match wanted.strip_prefix("workspace:") {
            // `workspace:other-name@^1`
            Some(rest) => match rest.get(1..).and_then(|tail| tail.find('@')) {
                Some(at) => (&rest[..at + 1], None),
                None => (dependency.name.as_str(), None),
            },
            None => (dependency.name.as_str(), Some(wanted)),
        };
        let member = self.members.iter().find(|member| member.name == name)?;
        range.is_none_or(|range| satisfies(member, range)).then_some(member)
    }
}

impl Member {
    fn read(context: &Context<'_>, path: &RelPath) -> Result<Option<Self>, Mistake> {
        let manifest = Manifest::read(context, path)?;
        Ok(manifest.map(|manifest| {
            let name = manifest.text("name").unwrap_or(path.file_name()).to_owned();
            Member { path: path.clone(), name, manifest }
        }))
    }
}

/// Whether a member is what a range asks for: otherwise it is fetched.
fn satisfies(member: &Member, range: &str) -> bool {
    if ["", "*", "latest"].contains(&range.trim()) {
        return true;
    }
    let Ok(range) = nodejs_semver::Range::parse(range) else { return false };
    let version = member.manifest.text("version").and_then(|text| nodejs_semver::Version::parse(text).ok());
    version.is_none_or(|version| range.satisfies(&version))
}
