//! Which extras and groups of requirements production installs besides the usual ones: those that
//! its Dockerfile installs today, else the one that has the server.

use super::super::Context;
use super::manifest::{Group, Manifest};
use super::serve::servers;
use crate::facts::Evidence;
use crate::paths::RelPath;

/// Programs whose arguments name groups.
const INSTALLS: &[&str] = &["uv sync", "uv export", "poetry install", "poetry export", "pdm install", "pdm sync"];
/// Folders that may hold the Dockerfile.
const FOLDERS: &[&str] = &["", "docker", "deploy", "deployment", ".docker"];

/// The extras and groups, each with what says so.
pub fn groups(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Vec<(Group, Evidence)> {
    let mut found = of_dockerfile(context, path, manifest);
    let serves = |name: &&str| {
        manifest.dependency(name).is_some() || found.iter().any(|(group, _)| manifest.groups_of(name).contains(group))
    };
    let brought = manifest.dependency("fastapi").is_some_and(|one| !one.requirement.extras.is_empty());
    if !brought && !servers().any(|name| serves(&name)) {
        let in_groups = servers().flat_map(|name| manifest.groups_of(name).into_iter().map(move |group| (group, name)));
        let mut extras: Vec<(Group, &str)> =
            in_groups.filter(|(group, _)| matches!(group, Group::Extra(_)) && !is_development(group)).collect();
        extras.dedup_by(|a, b| a.0 == b.0);
        if extras.len() == 1
            && let Some((group, name)) = extras.pop()
            && let Some(dependency) = manifest.any_dependency(name)
        {
            found.push((group, dependency.evidence.clone()));
        }
    }
    // each becomes a word of a command
    let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    found.retain(|(Group::Extra(name) | Group::Group(name), _)| is_word(name));
    found
}

fn is_development(group: &Group) -> bool {
    let (Group::Extra(name) | Group::Group(name)) = group;
    let name = name.to_ascii_lowercase();
    ["dev", "test", "lint", "doc", "local", "all"].iter().any(|word| name.starts_with(word))
}

fn of_dockerfile(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Vec<(Group, Evidence)> {
    let mut found: Vec<(Group, Evidence)> = Vec::new();
    let files = FOLDERS.iter().filter_map(|folder| path.join(folder).ok()?.join("Dockerfile").ok());
    for source in files.filter_map(|file| context.project.read(&file)) {
        // ours says what was found before
        if source.lines().take(3).any(|(_, line)| line.contains("Written by dockwright")) {
            continue;
        }
        let mut is_install = false;
        for (line, text) in source.lines() {
            is_install |= INSTALLS.iter().any(|install| text.contains(install));
            if is_install {
                for group in named(text) {
                    let is_new = found.iter().all(|(known, _)| *known != group);
                    if is_new && manifest.has_group(&group) && !is_development(&group) {
                        let evidence = Evidence::at(source.path(), line, text.trim(), "its Dockerfile installs it");
                        found.push((group, evidence));
                    }
                }
            }
            is_install &= text.trim_end().ends_with('\\');
        }
    }
    found
}

/// The groups in a line of arguments.
fn named(line: &str) -> Vec<Group> {
    let words: Vec<&str> = line.split([' ', '=']).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let names = pair[1].trim_matches(['"', '\'']).split(',').filter(|name| !name.is_empty());
        match pair[0] {
            "--extra" | "-E" | "--extras" => found.extend(names.map(|name| Group::Extra(name.to_owned()))),
            "--group" | "--with" => found.extend(names.map(|name| Group::Group(name.to_owned()))),
            // PDM's is either
            "-G" => found.extend(names.flat_map(|name| [Group::Extra(name.to_owned()), Group::Group(name.to_owned())])),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    const MAIN: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

    /// The install of production and the services of a project with this Dockerfile.
    fn install(pyproject: &str, lock: &str, dockerfile: &str) -> String {
        let case =
            project(&[("pyproject.toml", pyproject), (lock, ""), ("main.py", MAIN), ("docker/Dockerfile", dockerfile)]);
        let detection = case.detect().unwrap();
        let component = &detection.components[0];
        let Stack::FastApi(python, _) = &component.stack else { panic!("not FastAPI") };
        let services: Vec<&str> = component.services.iter().map(|service| service.id.as_str()).collect();
        format!("{} | {}", python.packages.value().unwrap().install_production, services.join(" "))
    }

    // mealie-recipes/mealie at b5643a9399465d8b4ea339e7a6639df2d697741b
    #[test]
    fn extras_that_its_dockerfile_installs_are_installed() {
        let poetry = "[tool.poetry.dependencies]\npython = \"^3.11\"\nfastapi = \"1\"\nuvicorn = \"1\"\n\
            psycopg2-binary = { version = \"2\", optional = true }\n[tool.poetry.extras]\npgsql = [\"psycopg2-binary\"]\n";
        let with = install(poetry, "poetry.lock", "FROM x\nRUN poetry install -E pgsql --only main\n");
        assert!(with.contains("poetry install --extras pgsql") && with.ends_with("| postgres"), "{with}");
        let without = install(poetry, "poetry.lock", "FROM x\nRUN poetry install\n");
        assert!(!without.contains("pgsql") && without.ends_with("| "), "{without}");
    }

    // fastapi-practices/fastapi_best_architecture at 2e86d79150c0abf0191dc8c189734214c4934a17
    #[test]
    fn groups_that_its_dockerfile_installs_are_installed() {
        let uv = "[project]\nname = \"a\"\ndependencies = [\"fastapi[standard]\"]\n\
            [dependency-groups]\ndev = [\"pytest\"]\nserver = [\"aio-pika\"]\n";
        let dockerfile =
            "FROM x\nRUN --mount=type=cache,target=/x \\\n    uv sync --locked --group server --group dev\n";
        let with = install(uv, "uv.lock", dockerfile);
        assert!(with.starts_with("uv sync --group server --locked"), "{with}");
    }

    #[test]
    fn an_extra_that_alone_has_a_server_is_installed() {
        let uv = "[project]\nname = \"a\"\ndependencies = [\"fastapi\"]\n[project.optional-dependencies]\nserve = [\"uvicorn\"]\n";
        assert!(install(uv, "uv.lock", "").starts_with("uv sync --extra serve --locked"));
    }
}
