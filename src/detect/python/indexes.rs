//! Credentials of private indexes that the install takes from its environment: names in the
//! addresses of its manifests, and those of the manager's own that CI or a Dockerfile gives it.

use std::rc::Rc;

use super::super::build_secrets::{Asked, names};
use super::super::{Context, builds, examples};
use super::manifest::Manifest;
use crate::facts::{BuildStep, EnvName, Evidence, Packages};
use crate::paths::RelPath;
use crate::presets::PythonPackagesPreset;
use crate::project::Source;
use crate::project::json::Json;

/// What the install asks for, each name once.
pub fn asked(context: &Context<'_>, path: &RelPath, manifest: &Manifest, packages: Option<&Packages>) -> Vec<Asked> {
    let Some(packages) = packages else { return Vec::new() };
    let Some(preset) = context.presets.python.get(&packages.id) else { return Vec::new() };
    let mut found: Vec<Asked> = Vec::new();
    let mut add = |asked: Asked| {
        if found.iter().all(|known| known.name != asked.name) {
            found.push(asked);
        }
    };
    if preset.expands_names {
        let files = packages.manifests.iter().filter_map(|file| context.project.read(&path.join(file.as_str()).ok()?));
        files.flat_map(|source| by_address(&source)).for_each(&mut add);
    }
    let declared = examples::declared(context, path).into_iter().filter(|one| is_index(preset, one.name.as_str()));
    for one in declared {
        add(Asked { evidence: one.evidence_of_secret(), name: one.name, step: BuildStep::Install });
    }
    for source in builds::files(context, path) {
        mentioned(&source, preset).into_iter().for_each(&mut add);
    }
    always(manifest).into_iter().filter(|_| packages.id == "uv").for_each(&mut add);
    found
}

/// `--extra-index-url https://${USER}:${TOKEN}@pypi.example.com/simple`
fn by_address(source: &Rc<Source>) -> Vec<Asked> {
    let lines = source.lines().filter(|(_, text)| !text.trim_start().starts_with('#') && text.contains("://"));
    let asks = lines.flat_map(|(line, text)| {
        names(text, false).into_iter().map(move |name| Asked::of_line(source, line, name, "credentials of an index"))
    });
    asks.collect()
}

/// The manager's own names in a file that says how people build.
fn mentioned(source: &Rc<Source>, preset: &PythonPackagesPreset) -> Vec<Asked> {
    let mut found = Vec::new();
    for (line, text) in source.lines().filter(|(_, text)| !text.trim_start().starts_with('#')) {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if let (true, Ok(name)) = (is_index(preset, word), EnvName::new(word)) {
                found.push(Asked::of_line(source, line, name, "credentials of an index"));
            }
        }
    }
    found
}

/// uv's indexes that it asks for nothing without credentials.
fn always(manifest: &Manifest) -> Vec<Asked> {
    let Some((file, json)) = &manifest.pyproject else { return Vec::new() };
    let indexes = json.at(&["tool", "uv", "index"]).map(Json::items).unwrap_or_default();
    let strict = indexes.iter().filter(|index| index.get("authenticate").and_then(Json::text) == Some("always"));
    let named = strict.filter_map(|index| Some((index.get("name")?.text()?, index.get("authenticate")?.line)));
    let asks = named.flat_map(|(name, line)| {
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        ["USERNAME", "PASSWORD"].into_iter().filter_map(move |part| {
            let name = EnvName::new(&format!("UV_INDEX_{name}_{part}")).ok()?;
            let evidence = Evidence::at(file, line, "authenticate = \"always\"", "credentials of an index");
            Some(Asked { name, step: BuildStep::Install, evidence })
        })
    });
    asks.collect()
}

/// Whether a name is one of the manager's own for an index: `UV_INDEX_ACME_PASSWORD`.
fn is_index(preset: &PythonPackagesPreset, name: &str) -> bool {
    preset.index_names.iter().any(|pattern| match pattern.split_once('*') {
        Some((begin, end)) => name.len() > begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end),
        None => pattern == name,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{project, secrets_of_install};

    const MAIN: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

    fn asked(files: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<(&str, &str)> = files.iter().copied().chain([("main.py", MAIN)]).collect();
        secrets_of_install(&project(&all))
    }

    #[test]
    fn pip_takes_names_in_addresses() {
        let text = "# https://${OLD}@x/\n--extra-index-url https://${PYPI_USER}:${PYPI_PASS}@pypi.example.com/simple\nfastapi[standard]==1\n";
        assert_eq!(
            asked(&[("requirements.txt", text)]),
            ["PYPI_PASS requirements.txt:2", "PYPI_USER requirements.txt:2"]
        );
    }

    #[test]
    fn names_of_the_manager_stand_where_people_build() {
        let pyproject = "[project]\nname = \"a\"\ndependencies = [\"fastapi[standard]\"]\n";
        let workflow = "env:\n  UV_INDEX_ACME_PASSWORD: ${{ secrets.X }}\n  UV_INDEX_ACME_USERNAME: ci\n";
        let uv = [("pyproject.toml", pyproject), ("uv.lock", ""), (".github/workflows/ci.yml", workflow)];
        assert_eq!(
            asked(&uv),
            ["UV_INDEX_ACME_PASSWORD .github/workflows/ci.yml:2", "UV_INDEX_ACME_USERNAME .github/workflows/ci.yml:3"]
        );
        let poetry = [("pyproject.toml", pyproject), ("poetry.lock", ""), (".github/workflows/ci.yml", workflow)];
        assert_eq!(asked(&poetry), [""; 0]);
        let example = (".env.example", "POETRY_HTTP_BASIC_ACME_PASSWORD=\nPOETRY_HTTP_BASIC_ACME_USERNAME=\n");
        assert_eq!(asked(&[poetry[0], poetry[1], example]).len(), 2);
    }

    #[test]
    fn an_index_that_always_asks_has_its_names() {
        let pyproject = "[project]\nname = \"a\"\ndependencies = [\"fastapi[standard]\"]\n[[tool.uv.index]]\nname = \"my-co\"\nurl = \"https://pypi.example.com/simple\"\nauthenticate = \"always\"\n";
        let found = asked(&[("pyproject.toml", pyproject), ("uv.lock", "")]);
        assert_eq!(found, ["UV_INDEX_MY_CO_PASSWORD pyproject.toml:7", "UV_INDEX_MY_CO_USERNAME pyproject.toml:7"]);
    }
}
