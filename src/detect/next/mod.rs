//! Next.js: next.config, the routers' folders, the start script; what holds for every Node project
//! is [`super::node`]'s.

mod config;
mod health;
mod public;
mod runs;
mod sources;
mod version;

use super::node::build;
use super::node::entry::Folder;
use super::node::manifest::Manifest;
use super::node::sources::Sources;
use super::node::{self, assets, at_build, glibc, migrate, packages, prisma, reads, runtime};
use super::{Context, Fit, Unfit};
use crate::facts::{Component, Evidence, Fill, Found, Line, Next, Node, Stack};
use crate::paths::RelPath;
use crate::project::Mistake;
use config::Config;

/// Folders of the two routers.
const ROUTERS: &[&str] = &["app", "src/app", "pages", "src/pages"];
const DEFAULT_PORT: u16 = 3000;

/// The Next.js component in a folder, or why there is none although `next` is a dependency. `None`
/// where it is none, or the folder is no app.
///
/// # Errors
/// A package.json that cannot be read; what was settled is no such value.
pub fn component(context: &Context<'_>, path: &RelPath) -> Result<Option<Fit>, Mistake> {
    let Some(manifest) = Manifest::read(context, path)? else { return Ok(None) };
    let Some(member) = manifest.any_dependency("next") else { return Ok(None) };
    let folder = Folder { context, path, manifest: &manifest };
    let routed = ROUTERS.iter().any(|router| path.join(router).is_ok_and(|router| context.project.has_folder(&router)));
    let scripted = ["build", "start", "dev"].iter().any(|name| {
        manifest.script(name).is_some_and(|script| script.text.split_whitespace().any(|word| word == "next"))
    });
    // a library has it to be tested with
    if !routed && !scripted {
        return Ok(None);
    }
    let unfit = |what: &str, evidence: Evidence| {
        let saw = format!("found {}: {what}", evidence.place());
        Ok(Some(Fit::Unfit(Unfit { path: path.clone(), saw, evidence })))
    };
    if let Some((what, evidence)) = node::outside(&manifest) {
        return unfit(&what, evidence);
    }
    let config = Config::read(context, path);
    if let Some(evidence) = config.exports() {
        return unfit("static pages without a server (`output: 'export'`); any web server can serve `out/`", evidence);
    }
    let packages = packages::packages(context, path, &manifest)?;
    prisma::warn(context, path, &manifest);
    let major = version::major(&folder, packages.value(), member);
    let runtime = runtime::runtime(context, path, &manifest)?;
    warn_old_node(context, major, &runtime);
    let runs = runs::runs(&folder, &packages, &config)?;
    let is_production = manifest.dependency("next").is_some();
    if runs.standalone.value() == Some(&false) && !is_production {
        let what = "`next` is a development dependency, and `next start` needs it; move it to `dependencies`";
        return unfit(what, manifest.evidence(member));
    }
    let output = config.dist();
    let code = Sources::read(context, path);
    let services = super::services::services(
        context,
        path,
        |detect| &detect.node,
        |library| match manifest.dependency(library) {
            Some(member) => Some(manifest.evidence(member)),
            None => prisma::database(context, path, library),
        },
    )?;
    let health = health::health(context, path, &config)?;
    let reads = reads::reads(&code).into_iter().chain(prisma::reads(context, path)).collect();
    let mut settings = super::settings::settings(context, path, reads, &services)?;
    public::at_build(context, path, &mut settings);
    for setting in &mut settings {
        if runs.environment.iter().any(|(name, _)| *name == setting.name) {
            setting.fill = Fill::Image;
        }
    }
    at_build::at_build(&folder, &code, runs.build.value().and_then(Option::as_ref), &services, &mut settings);
    let migrate = migrate::migrate(&folder, &code, (None, &runs.migrates), &services, &settings, Some(&output))?;
    let (folders, root_sources) = sources::sources(context, path, &output);
    let has_public = path.join("public").is_ok_and(|public| context.project.has_folder(&public));
    let assets = match runs.own_server {
        true => assets::assets(context, path, &code, Some(&output)),
        false => Vec::new(),
    };
    let next = Next {
        standalone: runs.standalone,
        major,
        edit: runs.edit,
        build_variable: config.variable(),
        public: has_public,
        config_needs_build: config.needs_build(&manifest, major),
        config: config.file,
    };
    Ok(Some(Fit::Component(Box::new(Component {
        path: path.clone(),
        name: node::name(context, path, &manifest)?,
        description: manifest.text("description").map(Line::from_text).filter(|line| !line.as_str().is_empty()),
        license: manifest.text("license").filter(|license| *license != "UNLICENSED").map(Line::from_text),
        evidence: Evidence { because: "dependency `next`".to_owned(), ..manifest.evidence(member) },
        runtime,
        build: runs.build,
        start: runs.start,
        develop: runs.develop,
        port: runs.port,
        health,
        services,
        settings,
        migrate,
        environment: runs.environment,
        assets,
        sources: folders,
        root_sources,
        stack: Stack::Next(
            Node {
                packages,
                typescript: build::is_typescript(&folder),
                output: Some(output),
                needs_glibc: glibc::needs_glibc(context, &manifest),
            },
            next,
        ),
    }))))
}

/// Next.js 16 does not start on less than Node 20.9, and 15 not on less than 18.18.
fn warn_old_node(context: &Context<'_>, major: Option<u64>, runtime: &Found<crate::facts::Runtime>) {
    let needs = match major {
        Some(15) | None => return,
        Some(major) if major < 15 => return,
        _ => 20,
    };
    let Some(value) = runtime.value() else { return };
    if value.version.parse::<u64>().is_ok_and(|version| version < needs) {
        context.warn(
            "node-too-old",
            format!("Next.js {} needs Node {needs}.9 or newer, not {}", major.unwrap_or_default(), value.version),
            runtime.evidence().cloned().into_iter().collect(),
            "`--set runtime=24` takes a newer one",
        );
    }
}
