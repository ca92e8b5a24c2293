//! Requirements that come from no index: folders of the project, and what lies outside of it.

use super::super::{Context, Unfit};
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::{Mistake, toml};

/// Folders of the component that its install builds packages from.
pub fn folders(path: &RelPath, manifest: &Manifest) -> Vec<RelPath> {
    let mut folders: Vec<RelPath> =
        manifest.origins().iter().filter_map(|(from, evidence)| inside(path, from, evidence)).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The folder that `file:libs/own` means, relative to the component.
fn inside(path: &RelPath, from: &str, evidence: &Evidence) -> Option<RelPath> {
    let text = from.strip_prefix("file:")?.split(['[', ';', '#']).next()?.trim();
    // pip reads a path from where it runs
    let is_listed = evidence.file.as_ref().is_some_and(|file| file.extension() == Some("txt"));
    let from = if is_listed { Some(path.clone()) } else { evidence.file.as_ref().and_then(RelPath::parent) };
    let full = from.unwrap_or_else(|| path.clone()).join(text).ok()?;
    full.strip(path).filter(|inner| !inner.is_root())
}

/// Why the project cannot be built from its own folder alone.
///
/// # Errors
/// A list of requirements that installs the project itself.
pub fn unfit(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Option<Unfit>, Mistake> {
    let unfit = |what: &str, evidence: Evidence| {
        let saw = format!("found {}: {what}", evidence.place());
        Some(Unfit { path: path.clone(), saw, evidence })
    };
    let listed = manifest.production.iter().chain(&manifest.development);
    if let Some(own) = listed.filter_map(|files| files.installs_itself.clone()).next() {
        let mut mistake = Mistake::new("the requirements install the project itself, whose sources come later");
        if let Some(file) = own.file {
            mistake = mistake.at(file, own.line);
        }
        return Err(mistake.detail(format!("`{}`", own.text)).hint(
            "take that line out: the app runs from its sources, and is installed where it asks for its own version",
        ));
    }
    for (from, evidence) in manifest.origins() {
        if from == "workspace" {
            return Ok(unfit(
                "needs another member of its uv workspace, which lies outside of the image's context",
                evidence,
            ));
        }
        if from.starts_with("file:") && inside(path, &from, &evidence).is_none() {
            return Ok(unfit(
                "needs a package that lies outside of the folder, which is the image's context",
                evidence,
            ));
        }
    }
    // a member's lockfile lies with the workspace
    let mut above = path.parent();
    while let Some(folder) = above {
        let root = folder.join("pyproject.toml").ok().and_then(|file| Some((context.project.read(&file)?, file)));
        if let Some((source, file)) = root
            && let Ok(json) = toml::parse(&source)
            && let Some(members) = json.at(&["tool", "uv", "workspace", "members"])
            && folder.join("uv.lock").is_ok_and(|lock| context.project.has_file(&lock))
            && !path.join("uv.lock").is_ok_and(|lock| context.project.has_file(&lock))
        {
            let evidence = Evidence::at(&file, members.line, "", "uv workspace");
            let what = format!("`{path}` is a member of a uv workspace, and its lockfile lies outside of its folder");
            return Ok(unfit(&what, evidence));
        }
        above = folder.parent();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    const MAIN: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

    #[test]
    fn folders_of_the_project_are_mounted_and_those_outside_refused() {
        let of = |path: &str| {
            let pyproject = format!(
                "[project]\nname = \"a\"\ndependencies = [\"fastapi[standard]\", \"own\"]\n[tool.uv.sources]\nown = {{ path = \"{path}\" }}\n"
            );
            project(&[("api/pyproject.toml", &pyproject), ("api/main.py", MAIN), ("api/libs/own/pyproject.toml", "")])
                .detect()
                .unwrap()
        };
        let Stack::FastApi(python, _) = &of("libs/own").components[0].stack.clone() else { panic!("not FastAPI") };
        assert!(python.packages.value().unwrap().manifests.iter().any(|path| path.as_str() == "libs/own"));
        assert!(of("../own").unfit[0].saw.contains("api/pyproject.toml:5: needs a package that lies outside"));
    }

    #[test]
    fn a_member_of_a_workspace_is_refused_with_the_reason() {
        let detection = project(&[
            ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"backend\"]\n"),
            ("uv.lock", ""),
            ("backend/pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\"fastapi[standard]\"]\n"),
            ("backend/main.py", MAIN),
        ])
        .detect()
        .unwrap();
        assert!(detection.components.is_empty());
        assert!(detection.unfit.iter().any(|unfit| unfit.saw.contains("member of a uv workspace")));
    }

    #[test]
    fn a_list_that_installs_the_project_is_a_mistake_with_its_line() {
        let case = project(&[("requirements.txt", "fastapi[standard]\n-e .\n"), ("main.py", MAIN)]);
        assert_eq!(case.detect().unwrap_err().line, Some(2));
    }
}
