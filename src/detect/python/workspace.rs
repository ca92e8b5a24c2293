//! The uv workspace that a component is a member of: the folder with the lockfile, which the image
//! is built from, and the members that the component requires. As uv.lock has them, whose `source`
//! names each member's folder.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Context, Unfit};
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::Json;
use crate::project::{Mistake, toml};

const LOCKFILE: &str = "uv.lock";

/// A workspace as one of its members sees it.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder of the workspace, from the project's root.
    pub root: RelPath,
    /// Where the workspace is declared.
    pub evidence: Evidence,
    /// The manifests of all members and of the workspace, relative to it: its lockfile is checked
    /// against them.
    pub manifests: Vec<RelPath>,
    /// Folders of the members that the component requires, directly or through another one,
    /// relative to the workspace.
    pub required: Vec<RelPath>,
}

/// A package of uv.lock that lies in a folder.
struct Local {
    folder: RelPath,
    requires: Vec<String>,
}

/// What is known of the workspace that a folder belongs to.
pub enum Found {
    /// No workspace, or the folder is none of its members.
    None,
    Member(Box<Workspace>),
    Unfit(Unfit),
}

/// Looks for the workspace from the component's folder upwards, as uv does.
///
/// # Errors
/// A pyproject.toml or uv.lock on the way that cannot be read.
pub fn find(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Found, Mistake> {
    let found = above(context, path)?;
    let needs = || manifest.origins().into_iter().find(|(from, _)| from == "workspace");
    if let (Found::None, Some((_, evidence))) = (&found, needs()) {
        let what = "it needs a member of a uv workspace, and no uv.lock has both: `uv lock` writes it";
        let saw = format!("found {}: {what}", evidence.place());
        return Ok(Found::Unfit(Unfit { path: path.clone(), saw, evidence }));
    }
    Ok(found)
}

fn above(context: &Context<'_>, path: &RelPath) -> Result<Found, Mistake> {
    let mut at = Some(path.clone());
    while let Some(root) = at {
        at = root.parent();
        let Ok(file) = root.join("pyproject.toml") else { continue };
        let Some(source) = context.project.require(&file)? else { continue };
        let json = toml::parse(&source)?;
        let Some(declared) = json.at(&["tool", "uv", "workspace"]) else { continue };
        let evidence = Evidence::at(&file, declared.line, "", "uv workspace");
        return of(context, path, root, evidence);
    }
    Ok(Found::None)
}

fn of(context: &Context<'_>, path: &RelPath, root: RelPath, evidence: Evidence) -> Result<Found, Mistake> {
    let Ok(file) = root.join(LOCKFILE) else { return Ok(Found::None) };
    if path.join(LOCKFILE).is_ok_and(|own| own != file && context.project.has_file(&own)) {
        return Ok(Found::None);
    }
    let Some(source) = context.project.require(&file)? else { return Ok(Found::None) };
    let locals = locals(&toml::parse(&source)?);
    let inner = path.strip(&root).unwrap_or_else(RelPath::root);
    let Some((own, _)) = locals.iter().find(|(_, local)| local.folder == inner) else { return Ok(Found::None) };
    let manifests = locals.values().filter_map(|local| local.folder.join("pyproject.toml").ok());
    let mut manifests: BTreeSet<RelPath> = manifests.chain(RelPath::new("pyproject.toml")).collect();
    manifests.retain(|file| root.join(file.as_str()).is_ok_and(|file| context.project.has_file(&file)));
    let required: Vec<RelPath> = closure(&locals, own).into_iter().filter(|folder| *folder != inner).collect();
    if let Some(outside) =
        required.iter().find(|folder| !root.join(folder.as_str()).is_ok_and(|full| context.project.has_folder(&full)))
    {
        let saw = format!("found {file}: `{own}` needs `{outside}`, and there is no such folder");
        return Ok(Found::Unfit(Unfit { path: path.clone(), saw, evidence: Evidence::file(&file, "lockfile") }));
    }
    Ok(Found::Member(Box::new(Workspace { root, evidence, manifests: manifests.into_iter().collect(), required })))
}

/// The packages of a lockfile that lie in folders of the project, by their names.
fn locals(lock: &Json) -> BTreeMap<String, Local> {
    let packages = lock.get("package").map(Json::items).unwrap_or_default();
    let local = |package: &Json| {
        let source = package.get("source")?;
        let folder = ["editable", "virtual", "directory"].iter().find_map(|kind| source.get(kind)?.text())?;
        let requires = package.get("dependencies").map(Json::items).unwrap_or_default();
        let requires = requires.iter().filter_map(|one| Some(one.get("name")?.text()?.to_owned())).collect();
        Some((package.get("name")?.text()?.to_owned(), Local { folder: RelPath::new(folder).ok()?, requires }))
    };
    packages.iter().filter_map(local).collect()
}

/// The folders that a package requires, its own among them.
fn closure(locals: &BTreeMap<String, Local>, own: &str) -> BTreeSet<RelPath> {
    let (mut seen, mut open) = (BTreeSet::from([own]), vec![own]);
    while let Some(local) = open.pop().and_then(|name| locals.get(name)) {
        let next = local.requires.iter().map(String::as_str).filter(|name| locals.contains_key(*name));
        open.extend(next.filter(|name| seen.insert(name)));
    }
    seen.iter().filter_map(|name| Some(locals.get(*name)?.folder.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Case, project};
    use crate::facts::{Component, Stack};

    const MAIN: &str = "from fastapi import FastAPI\napp = FastAPI()\n";
    const ROOT: &str = "[tool.uv.workspace]\nmembers = [\"backend\", \"libs/*\"]\n";
    const BACKEND: &str = "[project]\nname = \"shop\"\ndependencies = [\"fastapi[standard]\", \"models\"]\n\
        [tool.uv.sources]\nmodels = { workspace = true }\n";
    const LOCK: &str = "version = 1\n\
        [[package]]\nname = \"base\"\nsource = { editable = \"libs/base\" }\n\
        [[package]]\nname = \"fastapi\"\nsource = { registry = \"https://host.example/simple\" }\n\
        [[package]]\nname = \"mail\"\nsource = { editable = \"libs/mail\" }\n\
        [[package]]\nname = \"models\"\nsource = { editable = \"libs/models\" }\ndependencies = [{ name = \"base\" }]\n\
        [[package]]\nname = \"shop\"\nsource = { virtual = \"backend\" }\ndependencies = [{ name = \"fastapi\" }, { name = \"models\" }]\n";

    fn workspace(lock: &str) -> Case {
        let member = "[project]\nname = \"x\"\n";
        let mut files = vec![
            ("pyproject.toml", ROOT),
            (".python-version", "3.13\n"),
            ("backend/pyproject.toml", BACKEND),
            ("backend/app/__init__.py", ""),
            ("backend/app/main.py", MAIN),
            ("libs/base/pyproject.toml", member),
            ("libs/mail/pyproject.toml", member),
            ("libs/models/pyproject.toml", member),
        ];
        if !lock.is_empty() {
            files.push(("uv.lock", lock));
        }
        project(&files)
    }

    fn shown(component: &Component) -> String {
        let Stack::FastApi(python, _) = &component.stack else { panic!("not FastAPI") };
        let packages = python.packages.value().unwrap();
        let list = |paths: &[super::RelPath]| paths.iter().map(|path| path.to_string()).collect::<Vec<_>>().join(" ");
        format!(
            "{} of {} | {} | {} | {}",
            component.path,
            component.context,
            list(&packages.manifests),
            list(&python.members),
            packages.install_production.split(" && ").next().unwrap()
        )
    }

    #[test]
    fn a_member_is_built_from_the_folder_with_the_lockfile() {
        let detection = workspace(LOCK).detect().unwrap();
        assert_eq!(
            shown(&detection.components[0]),
            "backend of . | backend/pyproject.toml libs/base/pyproject.toml libs/mail/pyproject.toml \
             libs/models/pyproject.toml pyproject.toml uv.lock | libs/base libs/models | \
             uv sync --locked --no-install-workspace --no-dev"
        );
        assert!(detection.components[0].runtime.evidence().unwrap().place().starts_with(".python-version"));
    }

    // fastapi/full-stack-fastapi-template at 68adb40d37425f6f8668ec7e5a054500d045e43e
    #[test]
    fn a_workspace_with_one_member_needs_no_neighbour() {
        let backend = "[project]\nname = \"app\"\ndependencies = [\"fastapi[standard]\"]\n[tool.fastapi]\nentrypoint = \"app.main:app\"\n";
        let lock = "version = 1\n[[package]]\nname = \"app\"\nsource = { editable = \"backend\" }\n";
        let files = [
            ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"backend\"]\n"),
            ("uv.lock", lock),
            ("package.json", "{\"workspaces\": [\"frontend\"]}"),
            ("backend/pyproject.toml", backend),
            ("backend/app/__init__.py", ""),
            ("backend/app/main.py", MAIN),
        ];
        let detection = project(&files).detect().unwrap();
        let component = &detection.components[0];
        let Stack::FastApi(python, _) = &component.stack else { panic!("not FastAPI") };
        assert!(python.members.is_empty() && component.context.is_root());
        assert_eq!(component.start.value().unwrap().to_string(), "fastapi run app/main.py --port 8000");
    }

    #[test]
    fn a_folder_that_is_no_member_is_built_by_itself() {
        let files = [
            ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"libs/*\"]\n"),
            ("uv.lock", "version = 1\n"),
            ("api/pyproject.toml", "[project]\nname = \"api\"\ndependencies = [\"fastapi[standard]\"]\n"),
            ("api/main.py", MAIN),
        ];
        let detection = project(&files).detect().unwrap();
        assert_eq!(detection.components[0].context.as_str(), "api");
    }

    #[test]
    fn members_that_no_lockfile_has_are_refused_with_the_reason() {
        let detection = workspace("").detect().unwrap();
        assert!(detection.components.is_empty());
        let saw = &detection.unfit.iter().find(|unfit| unfit.path.as_str() == "backend").unwrap().saw;
        assert!(saw.contains("backend/pyproject.toml:5") && saw.contains("no uv.lock has both"), "{saw}");
    }
}
