//! Next.js: next.config, the routers' folders, the start script; what holds for every Node project
//! is [`super::node`]'s.

mod config;
mod health;
mod public;
mod runs;
mod sources;
#[cfg(test)]
mod tests;
mod version;

use super::node::build;
use super::node::entry::{Entry, Folder};
use super::node::linked::Linked;
use super::node::manifest::Manifest;
use super::node::sources::Sources;
use super::node::{self, assets, at_build, glibc, migrate, packages, prisma, runtime, workspace, written};
use super::{Context, Fit, Unfit};
use crate::facts::{Argv, Component, Evidence, Fill, Found, Line, Next, Node, Stack};
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
    let folder = Folder { context, path, manifest: &manifest, framework: None };
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
    if let Some((what, evidence)) = node::outside(context, path, &manifest) {
        return unfit(&what, evidence);
    }
    let config = Config::read(context, path);
    if let Some(evidence) = config.exports() {
        return unfit("static pages without a server (`output: 'export'`); any web server can serve `out/`", evidence);
    }
    let packages = packages::packages(context, path, &manifest)?;
    let major = version::major(&folder, packages.value(), member);
    let runtime = runtime::runtime(context, path, &manifest)?;
    warn_old(context, major, &runtime, manifest.evidence(member));
    let runs = runs::runs(&folder, &packages, &config)?;
    let generated = prisma::client_in_packages(context, path, &manifest);
    let is_flat = packages
        .value()
        .is_some_and(|packages| packages.lockfile.as_ref().is_none_or(|lock| lock.extension() == Some("json")));
    if runs.standalone.value() == Some(&false) && !is_flat {
        prisma::warn(context, path, &manifest);
    }
    let is_production = manifest.dependency("next").is_some();
    if runs.standalone.value() == Some(&false) && !is_production {
        let what = "`next` is a development dependency, and `next start` needs it; move it to `dependencies`";
        return unfit(what, manifest.evidence(member));
    }
    let linked = Linked::new(&folder, &packages);
    let own = |argv| linked.in_workspace(argv);
    let output = config.dist();
    let generate = prisma::generate(&folder, Some(&output));
    let code = Sources::read(context, path);
    let services = super::services::services(
        context,
        path,
        |detect| &detect.node,
        |library| workspace::dependency(context, path, &manifest, library),
    )?;
    let health = health::health(context, path, &config)?;
    let reads = workspace::reads(context, path, &code);
    let mut settings = super::settings::settings(context, path, reads, &services)?;
    // next.config puts lowercase names in while building; the others are Next.js' own and its host's
    settings.retain(|setting| {
        let name = setting.name.as_str();
        let own = ["NEXT_RUNTIME", "NEXT_PHASE", "VERCEL"].contains(&name);
        let host = ["VERCEL_", "NEXT_PUBLIC_VERCEL_"].iter().any(|begin| name.starts_with(begin));
        let decided = context.decisions.get(&crate::decisions::Key::setting(path, &setting.name)).is_some();
        decided || !(own || host || name.contains(|c: char| c.is_ascii_lowercase()))
    });
    public::at_build(context, path, &mut settings);
    for setting in &mut settings {
        if runs.environment.iter().any(|(name, _)| *name == setting.name) {
            setting.fill = Fill::Image;
        }
    }
    at_build::at_build(
        &folder,
        &code,
        runs.build.value().and_then(Option::as_ref),
        &services,
        !generate.commands.is_empty(),
        &mut settings,
    );
    node::ask_for_secrets(&folder, packages.value(), &mut settings);
    let migrate = migrate::migrate(&folder, &code, (None, &runs.migrates), &services, &settings, Some(&output))?;
    let written = written::written(context, path, &code, None, &settings);
    let (folders, root_sources) = sources::sources(context, path, &output);
    let has_public = path.join("public").is_ok_and(|public| context.project.has_folder(&public));
    let assets = own_server_files(&folder, &code, runs.own_server.as_ref());
    let next = Next {
        standalone: runs.standalone,
        major,
        traced_from_above: config.traced_from_above(),
        edit: runs.edit,
        traces_own_folder: config.traces_own_folder(),
        build_variable: config.variable(),
        public: has_public,
        generated: generated.filter(|_| is_flat).and_then(|_| RelPath::new("node_modules/.prisma").ok()),
        prepare: prisma::client_in_packages(context, path, &manifest)
            .and_then(|_| Argv::new(["node_modules/.bin/prisma", "generate"]).ok()),
        config_needs_build: config.needs_build(&manifest, major),
        config: config.file,
    };
    Ok(Some(Fit::Component(Box::new(Component {
        path: path.clone(),
        context: workspace::root(context, path),
        name: node::name(context, path, &manifest)?,
        description: manifest.text("description").map(Line::from_text).filter(|line| !line.as_str().is_empty()),
        license: manifest.text("license").filter(|license| *license != "UNLICENSED").map(Line::from_text),
        evidence: Evidence { because: "dependency `next`".to_owned(), ..manifest.evidence(member) },
        runtime,
        build: workspace::build(context, path, runs.build.map(|argv| argv.map(own))),
        start: runs.start.map(own),
        develop: runs.develop.map(own),
        port: runs.port,
        health,
        services,
        settings,
        migrate,
        environment: runs.environment,
        assets,
        written,
        sources: folders,
        root_sources,
        among: None,
        stack: Stack::Next(
            Node {
                packages: packages.clone(),
                typescript: build::is_typescript(&folder),
                output: Some(output),
                needs_glibc: glibc::needs_glibc(context, &manifest),
                compiles: glibc::compiles(context, &manifest)?,
                generates: if generate.by_build { Vec::new() } else { generate.commands },
                build_generates: generate.by_build,
                // Next.js takes along what it needs of them
                generated: Vec::new(),
                framework: None,
                self_contained: false,
                writes: Vec::new(),
                workspace: workspace::fact(context, path, &packages)?,
            },
            next,
        ),
    }))))
}

/// What a server of the project's own needs besides Next.js' output: its sources, or what the build
/// writes for it.
fn own_server_files(folder: &Folder<'_>, code: &Sources, entry: Option<&Entry>) -> Vec<(RelPath, Evidence)> {
    let Some(entry) = entry else { return Vec::new() };
    let built = match entry {
        Entry::Built(..) => folder.output(Some(entry)),
        Entry::Source(_) | Entry::Missing => None,
    };
    let mut files = assets::assets(folder.context, folder.path, code, built.as_ref());
    files.extend(built.map(|built| (built, Evidence::none("the build writes the server there"))));
    files
}

/// Next.js 16 does not start on less than Node 20.9; before 14 much is different.
fn warn_old(context: &Context<'_>, major: Option<u64>, runtime: &Found<crate::facts::Runtime>, evidence: Evidence) {
    let Some(major) = major else { return };
    if major < 14 {
        context.warn(
            "next-too-old",
            format!("Next.js {major} gets no security fixes; what is written is proven with 14 to 16"),
            vec![evidence],
            "update it, and prove it with `dockwright verify`",
        );
    }
    let Some(value) = runtime.value().filter(|_| major >= 16) else { return };
    if value.version.parse::<u64>().is_ok_and(|version| version < 20) {
        context.warn(
            "node-too-old",
            format!("Next.js {major} needs Node 20.9 or newer, not {}", value.version),
            runtime.evidence().cloned().into_iter().collect(),
            "`--set runtime=24` takes a newer one",
        );
    }
}
