//! A pyproject.toml that configures tools and requires nothing.

use super::Asked;
use crate::facts::Evidence;
use crate::project::json::{Json, JsonKind};
use crate::project::toml;

/// Tables that say what is required.
const REQUIRES: &[&[&str]] = &[
    &["project"],
    &["dependency-groups"],
    &["tool", "poetry", "dependencies"],
    &["tool", "uv", "workspace"],
    &["tool", "flit", "metadata"],
];
/// Files that do where pyproject.toml does not.
const INSTEAD: &[&str] =
    &["Pipfile", "setup.py", "setup.cfg", "environment.yml", "environment.yaml", "go.mod", "package.json"];

/// No file says what to install: `[tool.ruff]` alone is no manifest.
pub fn tools_only(asked: &Asked<'_>) {
    for folder in asked.folders() {
        let Some(file) = asked.file(&folder, "pyproject.toml") else { continue };
        let Some(json) = asked.context.project.read(&file).and_then(|source| toml::parse(&source).ok()) else {
            continue;
        };
        let lists = |name: &str| name.starts_with("requirements") || name == "dev-requirements.txt";
        let mut beside = asked.context.project.files_below(&folder);
        let listed = beside.any(|other| other.parent().as_ref() == Some(&folder) && lists(other.file_name()));
        let told = INSTEAD.iter().any(|name| asked.file(&folder, name).is_some()) || listed;
        let is_code = || asked.context.project.files_below(&folder).any(|other| other.extension() == Some("py"));
        if told || REQUIRES.iter().any(|names| json.at(names).is_some()) || !is_code() {
            continue;
        }
        let tools: Vec<&str> =
            json.get("tool").map(Json::members).unwrap_or_default().iter().map(|tool| tool.name.as_str()).collect();
        let what = if tools.is_empty() { "nothing".to_owned() } else { format!("only {}", tools.join(", ")) };
        let line = match &json.kind {
            JsonKind::Object(members) => members.first().map_or(1, |member| member.line),
            _ => 1,
        };
        asked.context.warn(
            "tools-only-pyproject",
            format!("{file} configures {what} and requires nothing, so that nothing is installed"),
            vec![Evidence::at(&file, line, "", "the first table")],
            "list what the app imports: `uv init --bare && uv add fastapi[standard]`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    #[test]
    fn a_pyproject_that_only_configures_tools_is_named() {
        let files = [("pyproject.toml", "# style\n[tool.ruff]\nline-length = 100\n[tool.black]\n"), ("main.py", "")];
        let (place, message, hint) = named(&project(&files), "tools-only-pyproject").unwrap();
        assert_eq!(place, "pyproject.toml:2");
        assert!(message.contains("only ruff, black") && hint.contains("uv add"), "{message} {hint}");
    }

    #[test]
    fn one_beside_another_manifest_is_right() {
        let tools = ("pyproject.toml", "[tool.ruff]\nline-length = 100\n");
        for other in
            [("requirements.txt", "flask\n"), ("requirements-dev.txt", "pytest\n"), ("Pipfile", ""), ("setup.py", "")]
        {
            assert_eq!(named(&project(&[tools, other, ("main.py", "")]), "tools-only-pyproject"), None, "{other:?}");
        }
        let project_table = ("pyproject.toml", "[project]\nname = \"x\"\n");
        assert_eq!(named(&project(&[project_table, ("main.py", "")]), "tools-only-pyproject"), None);
    }
}
