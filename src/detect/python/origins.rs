//! Requirements that come from no index: folders of the project, and what lies outside of it.

use super::super::Unfit;
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Mistake;

/// Folders that the install builds packages from, relative to `root`: the component's folder or that
/// of its workspace.
pub fn folders(path: &RelPath, root: &RelPath, manifest: &Manifest) -> Vec<RelPath> {
    let mut folders: Vec<RelPath> =
        manifest.origins().iter().filter_map(|(from, evidence)| inside(path, root, from, evidence)).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The folder that `file:libs/own` means, relative to `root`.
fn inside(path: &RelPath, root: &RelPath, from: &str, evidence: &Evidence) -> Option<RelPath> {
    let text = from.strip_prefix("file:")?.split(['[', ';', '#']).next()?.trim();
    // pip reads a path from where it runs
    let is_listed = evidence.file.as_ref().is_some_and(|file| file.extension() == Some("txt"));
    let from = if is_listed { Some(path.clone()) } else { evidence.file.as_ref().and_then(RelPath::parent) };
    let full = from.unwrap_or_else(|| path.clone()).join(text).ok()?;
    full.strip(root).filter(|inner| !inner.is_root())
}

/// Why the project cannot be built from its own folder, or that of its workspace.
///
/// # Errors
/// A list of requirements that installs the project itself.
pub fn unfit(path: &RelPath, root: &RelPath, manifest: &Manifest) -> Result<Option<Unfit>, Mistake> {
    let unfit = |what: &str, evidence: Evidence| {
        let saw = format!("found {}: {what}", evidence.place());
        Some(Unfit { path: path.clone(), saw, evidence })
    };
    let listed = manifest.production.iter().chain(&manifest.development);
    // of one list the line can be left out
    let mut listed = listed.filter(|files| files.paths.len() > 1);
    if let Some(own) = listed.find_map(|files| files.installs_itself.clone()) {
        let mut mistake = Mistake::new("the requirements install the project itself, whose sources come later");
        if let Some(file) = own.file {
            mistake = mistake.at(file, own.line);
        }
        return Err(mistake.detail(format!("`{}`", own.text)).hint(
            "take that line out: the app runs from its sources, and is installed where it asks for its own version",
        ));
    }
    for (from, evidence) in manifest.origins() {
        if from.starts_with("file:") && inside(path, root, &from, &evidence).is_none() {
            return Ok(unfit(
                "needs a package that lies outside of the folder, which is the image's context",
                evidence,
            ));
        }
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
    fn a_list_that_installs_the_project_is_a_mistake_with_its_line() {
        let included =
            [("requirements.txt", "-r base.txt\n-e .\n"), ("base.txt", "fastapi[standard]\n"), ("main.py", MAIN)];
        assert_eq!(project(&included).detect().unwrap_err().line, Some(2));
        // uv export writes it
        let detection =
            project(&[("requirements.txt", "-e .\nfastapi[standard]==1\n"), ("main.py", MAIN)]).detect().unwrap();
        let Stack::FastApi(python, _) = &detection.components[0].stack else { panic!("not FastAPI") };
        let install = &python.packages.value().unwrap().install_production;
        assert!(install.starts_with("grep -vE") && install.ends_with("-r /tmp/requirements.txt"), "{install}");
        assert_eq!(python.own.as_ref().unwrap().evidence.place(), "requirements.txt:1");
    }
}
