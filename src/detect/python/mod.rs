//! Python: pyproject.toml, requirements.txt or Pipfile, and the sources below. Static reading
//! only, a file per question.

mod addresses;
mod app;
mod apps;
mod files;
mod folders;
mod groups;
mod health;
mod hints;
mod indexes;
mod known;
mod legacy;
mod listen;
pub(super) mod manifest;
mod migrate;
mod models;
mod native;
mod origins;
mod own;
mod packages;
mod pins;
mod range;
mod reads;
pub(super) mod requirement;
mod resolve;
mod routes;
mod runtime;
mod script;
mod serve;
mod sources;
#[cfg(test)]
mod tests;
mod wheels;
mod workspace;
mod written;

use super::decided::{command_or_none, decided, or_found};
use super::{Context, Fit, Unfit};
use crate::facts::{Component, EnvName, Evidence, FastApi, Fill, Found, Line, Name, Packages, Port, Python, Stack};
use crate::paths::RelPath;
use crate::project::Mistake;
use manifest::{By, Group, Manifest};
use sources::Sources;

/// The port that `fastapi run` and uvicorn listen on.
const USUAL_PORT: u16 = 8000;
/// Frameworks of projects that no template fits.
const OTHERS: &[(&str, &str)] = &[
    ("django", "a Django project"),
    ("flask", "a Flask project"),
    ("litestar", "a Litestar project"),
    ("sanic", "a Sanic project"),
    ("aiohttp", "an aiohttp project"),
    ("tornado", "a Tornado project"),
    ("quart", "a Quart project"),
    ("falcon", "a Falcon project"),
    ("bottle", "a Bottle project"),
    ("pyramid", "a Pyramid project"),
    ("starlette", "a Starlette project without FastAPI"),
    ("streamlit", "a Streamlit project"),
    ("gradio", "a Gradio project"),
];

/// The FastAPI component in a folder, or why the project there cannot be one. `None` without a
/// manifest, and where nothing in it is a server.
///
/// # Errors
/// A manifest that cannot be read; nothing that serves the app; what was settled is no such value.
pub fn component(context: &Context<'_>, path: &RelPath) -> Result<Option<Fit>, Mistake> {
    let legacy = || legacy::unfit(context, path).map(Fit::Unfit);
    let Some(manifest) = Manifest::read(context, path)? else { return Ok(legacy()) };
    let file = manifest.file(path);
    let fastapi = ["fastapi", "fastapi-slim"]
        .iter()
        .find_map(|name| manifest.dependency(name).or_else(|| manifest.optional(name)));
    let Some(fastapi) = fastapi else { return Ok(other(&manifest, path, &file).map(Fit::Unfit).or_else(legacy)) };
    let evidence = Evidence { because: "dependency `fastapi`".to_owned(), ..fastapi.evidence.clone() };
    let code = Sources::read(context, path);
    let app = app::app(context, path, &code)?;
    if app == Found::Absent {
        let saw = format!("found {}: FastAPI is required, but no file makes a FastAPI app", evidence.place());
        return Ok(Some(Fit::Unfit(Unfit { path: path.clone(), saw, evidence })));
    }
    let workspace = match workspace::find(context, path, &manifest)? {
        workspace::Found::Unfit(unfit) => return Ok(Some(Fit::Unfit(unfit))),
        workspace::Found::Member(workspace) => Some(*workspace),
        workspace::Found::None => None,
    };
    let root = &workspace.as_ref().map_or_else(|| path.clone(), |workspace| workspace.root.clone());
    let groups = groups::groups(context, path, &manifest);
    let packages = packages::packages(context, path, &manifest, workspace.as_ref(), &groups)?;
    let chosen: Vec<Group> = groups.into_iter().map(|(group, _)| group).collect();
    let manifest = match packages.value() {
        Some(packages) => manifest.installed(By::of(&packages.id), &chosen),
        None => manifest,
    };
    if let Some(unfit) = origins::unfit(path, root, &manifest)? {
        return Ok(Some(Fit::Unfit(unfit)));
    }
    let lockfile = packages.value().and_then(|packages| root.join(packages.lockfile.as_ref()?.as_str()).ok());
    let runtime = runtime::runtime(context, path, root, &manifest, lockfile.as_ref())?;
    let find = |library: &str| Some(manifest.dependency(library)?.evidence.clone());
    let services = super::services::services(context, path, |detect| &detect.python, find)?;
    let port = listen::port(context, path, &code)?;
    let health = health::health(context, path, &code, app.value())?;
    let (sources, root_sources) = folders::folders(context, path);
    let asked = serve::Asked {
        context,
        path,
        manifest: &manifest,
        code: &code,
        packages: packages.value(),
        lockfile: lockfile.as_ref(),
        port: port.value().copied().flatten().map_or(USUAL_PORT, Port::number),
        folders: if root_sources.is_empty() { &sources } else { &[] },
    };
    let served = asked.served(&app)?;
    let mut settings = super::settings::settings(context, path, reads::reads(&code), &services)?;
    for setting in &mut settings {
        if setting.name.as_str() == "PYTHONPATH" {
            setting.fill = Fill::Image;
        }
    }
    let asked = indexes::asked(context, path, &manifest, packages.value());
    super::build_secrets::mount(context, path, asked, &mut settings);
    super::build_secrets::at_install(&mut settings);
    let migrate = migrate::migrate(context, path, &manifest, &code, &services, &settings)?;
    let written = written::written(context, path, &code, &settings);
    let (build_packages, run_packages) = native::native(context, &manifest);
    let python = Python {
        install_environment: install_environment(context, packages.value()),
        development_manifests: development_manifests(&manifest, packages.value()),
        has_development: has_development(&manifest, packages.value()),
        build_packages,
        run_packages,
        debugger: served.debugger,
        has_debugger: served.has_debugger,
        members: workspace.map(|workspace| workspace.required).unwrap_or_default(),
        own: own::own(context, path, &manifest, &code),
        module_folders: app
            .value()
            .and_then(|app| app.root.strip(path))
            .filter(|root| !root.is_root())
            .into_iter()
            .collect(),
        packages,
    };
    let shown = app::shown(path, app);
    Ok(Some(Fit::Component(Box::new(Component {
        path: path.clone(),
        context: root.clone(),
        name: name(context, path, &manifest)?,
        description: manifest
            .text("description")
            .map(|(text, _)| Line::from_text(text))
            .filter(|line| !line.as_str().is_empty()),
        license: manifest.text("license").map(|(text, _)| Line::from_text(text)),
        stack: Stack::FastApi(python, FastApi { app: shown }),
        evidence,
        runtime,
        build: or_found(
            decided(context, path, "build", command_or_none)?,
            Found::default(None, "Python needs no build"),
        ),
        start: served.start,
        develop: served.develop,
        port,
        health,
        services,
        settings,
        migrate,
        environment: Vec::new(),
        assets: Vec::new(),
        written,
        sources,
        root_sources,
        among: None,
    }))))
}

/// A project of another framework.
fn other(manifest: &Manifest, path: &RelPath, file: &RelPath) -> Option<Unfit> {
    OTHERS.iter().find_map(|(name, what)| {
        let found = manifest.dependency(name)?;
        let saw = format!("found {file}: {what} ({})", found.evidence.place());
        Some(Unfit { path: path.clone(), saw, evidence: found.evidence.clone() })
    })
}

fn install_environment(context: &Context<'_>, packages: Option<&Packages>) -> Vec<(EnvName, Line)> {
    let preset = packages.and_then(|packages| context.presets.python.get(&packages.id));
    let pairs = preset.into_iter().flat_map(|preset| &preset.environment);
    pairs.filter_map(|(name, value)| Some((EnvName::new(name).ok()?, Line::new(value).ok()?))).collect()
}

/// Only pip has files of its own for development.
fn development_manifests(manifest: &Manifest, packages: Option<&Packages>) -> Vec<RelPath> {
    let files = manifest.development.iter().filter(|_| packages.is_some_and(|packages| packages.id == "pip"));
    let known = manifest.production.iter().flat_map(|files| &files.paths).collect::<Vec<_>>();
    files.flat_map(|files| &files.paths).filter(|path| !known.contains(path)).cloned().collect()
}

fn has_development(manifest: &Manifest, packages: Option<&Packages>) -> bool {
    match packages.map(|packages| packages.id.as_str()) {
        Some("pip") => manifest.development.is_some(),
        _ => manifest.has_development(),
    }
}

fn name(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Name, Mistake> {
    if let Some((name, _)) = decided(context, path, "name", Name::new)? {
        return Ok(name);
    }
    let folder = context.folder_name(path);
    Ok(Name::from_text(manifest.text("name").map_or(folder.as_str(), |(name, _)| name), "app"))
}
