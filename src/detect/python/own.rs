//! Whether the project has to be installed too, and not only what it requires: where its code asks
//! what is installed, as for its own version. Otherwise it runs from its sources.

use super::super::Context;
use super::manifest::Manifest;
use super::requirement::normalized;
use super::sources::Sources;
use crate::facts::{Evidence, OwnPackage};
use crate::paths::RelPath;
use crate::project::json::{Json, JsonKind};

/// Modules that tell what is installed.
const ASK: &[&str] = &["importlib.metadata", "importlib_metadata", "pkg_resources"];
/// What builds a version from git.
const GIT: &[&str] = &["setuptools-scm", "hatch-vcs", "versioningit", "setuptools-git-versioning"];

/// `None` where nothing asks, or no build is described, and no list of requirements installs it.
pub fn own(context: &Context<'_>, path: &RelPath, manifest: &Manifest, code: &Sources) -> Option<OwnPackage> {
    let told = manifest.production.as_ref().and_then(|files| files.installs_itself.clone());
    let evidence = told.or_else(|| asks(context, manifest, code))?;
    let none = Json { line: 1, kind: JsonKind::Null };
    let requires = manifest.at(&["build-system", "requires"]).unwrap_or(&none);
    let required = requires.items().iter().filter_map(Json::text);
    let asks_git = required.map(normalized).any(|text| GIT.iter().any(|name| text.starts_with(name)))
        || manifest.at(&["tool", "pdm", "version", "source"]).and_then(Json::text) == Some("scm");
    let readme = manifest.at(&["project", "readme"]).or_else(|| manifest.at(&["tool", "poetry", "readme"]));
    let named = readme.and_then(|readme| match &readme.kind {
        JsonKind::Text(text) => Some(text.as_str()),
        _ => readme.get("file").and_then(Json::text),
    });
    let reads = named.and_then(|name| RelPath::new(name).ok());
    let reads = reads.filter(|name| path.join(name.as_str()).is_ok_and(|file| context.project.has_file(&file)));
    Some(OwnPackage { evidence, reads: reads.into_iter().collect(), asks_git })
}

/// Where the code asks for its own version, of a project that describes its build.
fn asks(context: &Context<'_>, manifest: &Manifest, code: &Sources) -> Option<Evidence> {
    manifest.at(&["build-system", "requires"])?;
    let (name, _) = manifest.text("name")?;
    let names = [format!("\"{name}\""), format!("'{name}'"), "__package__".to_owned(), "__name__".to_owned()];
    code.scripts.iter().find_map(|(file, _)| {
        let source = context.project.read(file)?;
        let asks = ASK.iter().any(|module| source.text().contains(module));
        let is_own = |line: &str| line.contains("version(") || line.contains("get_distribution(");
        let (line, text) = source
            .lines()
            .find(|(_, line)| asks && is_own(line) && names.iter().any(|name| line.contains(name.as_str())))?;
        Some(Evidence::at(file, line, text.trim(), "asks what is installed"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    fn own(version: &str, build: &str) -> Option<String> {
        let pyproject = format!(
            "[project]\nname = \"shop\"\nreadme = \"README.md\"\ndependencies = [\"fastapi[standard]\"]\n{build}"
        );
        let main = format!(
            "from importlib.metadata import version\nfrom fastapi import FastAPI\napp = FastAPI(version={version})\n"
        );
        let case = project(&[("pyproject.toml", &pyproject), ("main.py", &main), ("README.md", "")]);
        let detection = case.detect().unwrap();
        let Stack::FastApi(python, _) = &detection.components[0].stack else { panic!("not FastAPI") };
        python.own.as_ref().map(|own| format!("{} {:?} {}", own.evidence.place(), own.reads, own.asks_git))
    }

    #[test]
    fn a_project_that_asks_for_its_own_version_is_installed() {
        let build = "[build-system]\nrequires = [\"hatchling\"]\n";
        assert_eq!(own("version(\"shop\")", build).unwrap(), "main.py:3 [\"README.md\"] false");
        assert_eq!(own("version(\"fastapi\")", build), None);
        assert_eq!(own("version(\"shop\")", ""), None);
        let git = "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs>=0.4\"]\n";
        assert!(own("version(__package__)", git).unwrap().ends_with("true"));
    }
}
