//! Node: package.json and what lies beside it. Static reading only, a file per question.

mod aliases;
#[cfg(test)]
mod apps;
pub(super) mod assets;
pub(super) mod at_build;
pub(super) mod build;
mod bun;
pub(super) mod command;
pub(super) mod develop;
pub(super) mod entry;
pub(super) mod framework;
pub(super) mod glibc;
pub(super) mod health;
mod insists;
mod install;
pub(super) mod linked;
mod listen;
pub(super) mod lockfile;
pub(super) mod manifest;
pub(super) mod migrate;
mod nest;
mod node_call;
pub(super) mod packages;
pub(super) mod port;
pub(super) mod prisma;
mod range;
pub(super) mod reads;
pub(super) mod registry;
mod resolve;
mod routes;
pub(super) mod runtime;
pub(super) mod script;
mod shape;
pub(super) mod sources;
mod stale;
pub(super) mod start;
mod tool_versions;
mod tsconfig;
pub(super) mod uploads;
pub(super) mod usable;
pub(super) mod workspace;
pub(super) mod written;
mod yarnrc;

use super::decided::decided;
use super::{Context, Fit, Unfit};
use crate::facts::{
    Component, Confidence, Evidence, Fill, Found, Line, Migration, Name, Node, Packages, Port, Setting, Stack,
};
use crate::paths::RelPath;
use crate::project::Mistake;
use crate::project::json::Member as Dependency;
use entry::{Entry, Folder};
use linked::Linked;
use manifest::Manifest;
use sources::Sources;
use start::Start;

/// Frameworks that answer over HTTP.
const FRAMEWORKS: &[&str] = &[
    "express",
    "fastify",
    "koa",
    "hono",
    "@hono/node-server",
    "@nestjs/core",
    "@hapi/hapi",
    "restify",
    "polka",
    "h3",
    "nitropack",
    "@adonisjs/core",
    "@feathersjs/express",
    "@feathersjs/koa",
    "socket.io",
    "ws",
    "apollo-server",
    "@apollo/server",
    "graphql-yoga",
    "connect",
    "micro",
    "moleculer-web",
    "sails",
    "@strapi/strapi",
    "next",
    "elysia",
];
/// Frameworks of another template, or of pages without a server.
const OTHERS: &[(&str, &str)] = &[
    ("next", "a Next.js project, for which the template `next` is"),
    ("expo", "a mobile app"),
    ("react-native", "a mobile app"),
    ("electron", "a desktop app"),
];
/// Tools whose result is a folder of static files.
const PAGES: &[&str] =
    &["vite", "react-scripts", "@angular/cli", "@vue/cli-service", "gatsby", "parcel", "astro", "@docusaurus/core"];

/// The Node component in a folder, or why the package there cannot be one. `None` without
/// package.json, and where there is nothing to run in it.
///
/// # Errors
/// A package.json that cannot be read; what was settled is no such value.
pub fn component(context: &Context<'_>, path: &RelPath) -> Result<Option<Fit>, Mistake> {
    let Some(manifest) = Manifest::read(context, path)? else { return Ok(None) };
    let framework = framework::framework(context, path, &manifest);
    let folder = Folder { context, path, manifest: &manifest, framework: framework.as_ref() };
    if let Some(unfit) = unfit(&folder) {
        return Ok(Some(Fit::Unfit(unfit)));
    }
    // what its own server does without, it builds no server with either
    let framework = framework.as_ref().filter(|framework| framework.lacks.is_none());
    let folder = Folder { framework, ..folder };
    let packages = packages::packages(context, path, &manifest)?;
    let mut start = start::start(&folder)?;
    let (runtime, packages) = match bun::runtime(&folder, &start.command, &packages)? {
        // its image has it already
        Some(runtime) => (runtime, packages.map(|packages| Packages { setup: None, ..packages })),
        None => (runtime::runtime(context, path, &manifest)?, packages),
    };
    let build = build::build(&folder, &packages, start.entry.as_ref())?;
    let develop = develop::develop(&folder, &packages, &start.command, start.entry.as_ref())?;
    let linked = Linked::new(&folder, &packages);
    start.command = linked.start(&folder, start.command);
    let build = workspace::build(context, path, build.map(|argv| argv.map(|argv| linked.command(argv))));
    let develop = develop.map(|argv| linked.command(argv));
    let output = folder.output(start.entry.as_ref());
    let generate = prisma::generate(&folder, output.as_ref());
    let find = |library: &str| workspace::dependency(context, path, &manifest, library);
    let services = super::services::services(context, path, |detect| &detect.node, find)?;
    let code = Sources::read(context, path);
    aliases::warn(&folder, &start, build.value().and_then(Option::as_ref), &code);
    let answers = framework.is_some() || !frameworks(&manifest).is_empty();
    let (port, mut environment) = port::port(context, path, &code, start.command.value(), answers)?;
    let port = match (framework, &port) {
        (Some(framework), Found::Known { confidence: Confidence::Default, .. }) => framework.port(),
        _ => port,
    };
    let port = by_script(port, &start);
    let develop = match (framework, port.value()) {
        (Some(_), Some(Some(port))) => develop.map(|argv| framework::at_port(argv, *port)),
        _ => develop,
    };
    let read_at_start = aliases::read_at_start(&folder, &start);
    for (name, value) in framework.into_iter().flat_map(|framework| framework.environment()) {
        if !environment.iter().any(|(other, _)| *other == name) {
            environment.push((name, value));
        }
    }
    // where the server has to listen in a container wins over what the script says
    for (name, value) in &start.environment {
        if name.as_str() != "PORT" && !environment.iter().any(|(other, _)| other == name) {
            environment.push((name.clone(), value.clone()));
        }
    }
    let health = health::health(context, path, &code, !matches!(port.value(), Some(None)), framework)?;
    let reads = workspace::reads(context, path, &code);
    let mut settings = super::settings::settings(context, path, reads, &services)?;
    if let (Some(framework), Some(Some(port))) = (framework, port.value()) {
        framework.add_settings(context, path, port.number(), &mut settings);
    }
    for setting in &mut settings {
        if environment.iter().any(|(name, _)| *name == setting.name) {
            setting.fill = Fill::Image;
        }
    }
    at_build::at_build(
        &folder,
        &code,
        build.value().and_then(Option::as_ref),
        &services,
        !generate.commands.is_empty(),
        &mut settings,
    );
    let steps = (start.entry.as_ref(), start.migrates.as_slice());
    ask_for_secrets(&folder, packages.value(), &mut settings);
    let migrate = migrate::migrate(&folder, &code, steps, &services, &settings, output.as_ref())?;
    let is_on_bun = bun::runs(&start.command);
    let migrate = migrate.map(|migrate| {
        migrate.map(|migrate| {
            let command = linked.command(migrate.command.clone());
            let command = if is_on_bun { bun::tool(&migrate.command, command) } else { command };
            Migration { command, ..migrate }
        })
    });
    let mut generated = generate.writes;
    generated.extend(workspace::generated(context, path));
    generated.dedup();
    let mut assets = assets::assets(context, path, &code, output.as_ref());
    assets.retain(|(asset, _)| !framework.is_some_and(|framework| framework.takes(asset)));
    assets.extend(read_at_start);
    assets.extend(framework::output_of_own_server(&folder, start.entry.as_ref()));
    let written = written::written(context, path, &code, output.as_ref(), &settings);
    let (sources, root_sources) = sources::folders(context, path, output.as_ref());
    let is_built = matches!(start.entry, Some(Entry::Built(..)));
    let self_contained = is_built && framework.is_some_and(|framework| framework.preset.self_contained);
    Ok(Some(Fit::Component(Box::new(Component {
        path: path.clone(),
        context: workspace::root(context, path),
        name: name(context, path, &manifest)?,
        description: manifest.text("description").map(Line::from_text).filter(|line| !line.as_str().is_empty()),
        license: manifest.text("license").filter(|license| *license != "UNLICENSED").map(Line::from_text),
        evidence: Evidence::file(&manifest.file, "package.json"),
        runtime,
        build,
        start: start.command,
        develop,
        port,
        health,
        services,
        settings,
        migrate,
        environment,
        assets,
        written,
        sources,
        root_sources,
        among: None,
        stack: Stack::Node(Node {
            packages: packages.clone(),
            typescript: build::is_typescript(&folder),
            output,
            needs_glibc: glibc::needs_glibc(context, &manifest),
            compiles: glibc::compiles(context, &manifest)?,
            generates: generate.commands.into_iter().map(|argv| linked.command(argv)).collect(),
            build_generates: generate.by_build,
            generated: if self_contained { Vec::new() } else { generated },
            framework: framework.map(|framework| Line::from_text(&framework.preset.name)),
            self_contained,
            writes: framework.map(|framework| framework.writes()).unwrap_or_default(),
            workspace: workspace::fact(context, path, &packages)?,
        }),
    }))))
}

/// Secrets of the install and of the build.
pub(super) fn ask_for_secrets(folder: &Folder<'_>, packages: Option<&Packages>, settings: &mut Vec<Setting>) {
    let Folder { context, path, .. } = *folder;
    let mut asked = registry::asked(context, path, packages);
    asked.extend(uploads::asked(folder));
    super::build_secrets::mount(context, path, asked, settings);
    registry::stand_in(context, packages, settings);
}

/// `PORT=4000 node server.js` says it for production.
fn by_script(mut found: Found<Option<Port>>, start: &Start) -> Found<Option<Port>> {
    // a flag of the command stands where the command does
    if let (Found::Known { confidence: Confidence::Declared, evidence, .. }, Some(why)) =
        (&mut found, start.command.evidence())
        && evidence.iter().all(|known| known.file.is_none())
    {
        *evidence = vec![why.clone()];
    }
    let set = start.environment.iter().rev().find(|(name, _)| name.as_str() == "PORT");
    let port = set.and_then(|(_, value)| value.as_str().parse().ok());
    let (Some(port), Some(evidence)) = (port, start.command.evidence()) else { return found };
    match &found {
        Found::Known { confidence: Confidence::Decided, .. } => found,
        _ => Found::declared(Some(port), evidence.clone()),
    }
}

/// The known HTTP frameworks among the dependencies.
fn frameworks(manifest: &Manifest) -> Vec<&'static str> {
    FRAMEWORKS.iter().copied().filter(|name| manifest.dependency(name).is_some()).collect()
}

/// Why no component can be made of the package.
fn unfit(folder: &Folder<'_>) -> Option<Unfit> {
    let manifest = folder.manifest;
    let unfit = |what: &str, evidence: Evidence| {
        let saw = format!("found {}: {what}", evidence.place());
        Some(Unfit { path: folder.path.clone(), saw, evidence })
    };
    if folder.context.decisions.of(folder.path, "start").is_some() {
        return None;
    }
    for (name, what) in OTHERS {
        if let Some(member) = manifest.any_dependency(name).filter(|_| *name != "electron" || !has_server(manifest)) {
            return unfit(what, manifest.evidence(member));
        }
    }
    if let Some((what, evidence)) = outside(folder.context, folder.path, manifest) {
        return unfit(&what, evidence);
    }
    if let Some((by, evidence)) = workspace::needed_by(folder.context, folder.path)
        && !start::is_told(folder)
        && !has_server(manifest)
    {
        return unfit(&format!("a library that `{by}` needs"), evidence);
    }
    if let Some(framework) = folder.framework {
        let lacks = framework.lacks.clone().filter(|_| !has_server(manifest) && !starts_node(folder));
        return lacks.and_then(|(what, evidence)| unfit(&what, evidence));
    }
    let pages = PAGES.iter().find_map(|name| manifest.any_dependency(name));
    if let Some(member) = pages.filter(|_| !has_server(manifest) && !starts_node(folder)) {
        return unfit("static pages without a server", manifest.evidence(member));
    }
    let published = ["exports", "files", "types", "typings", "publishConfig", "module"];
    // Bun's own start of a project has `module`
    let published = published.iter().filter(|name| **name != "module" || !bun::is_installer(folder));
    if let Some(line) = published.into_iter().find_map(|name| manifest.line(name))
        && !start::is_told(folder)
        && !has_server(manifest)
    {
        return unfit("a library", Evidence::at(&manifest.file, line, "", "what a package publishes"));
    }
    if !start::has_any(folder) {
        return unfit(
            "a package with nothing to start",
            Evidence::file(&manifest.file, "neither start script nor main"),
        );
    }
    // what lies below the root is more often what a tool calls: `main` alone makes no program of it
    if !folder.path.is_root() && !start::is_told(folder) && !has_server(manifest) {
        return unfit("a package with nothing to start", Evidence::file(&manifest.file, "no start script, no server"));
    }
    None
}

/// A dependency that lies where no build of this folder sees it: what is wrong, and where.
pub(super) fn outside(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Option<(String, Evidence)> {
    let workspace = workspace::of(context, path);
    let outside = |value: &str| {
        value.starts_with("workspace:")
            || ["file:..", "link:..", "portal:.."].iter().any(|start| value.starts_with(start))
    };
    let is_member = |dependency: &Dependency| {
        workspace.as_ref().is_some_and(|workspace| workspace.target(manifest, dependency).is_some())
    };
    let mut outer = manifest.dependencies().filter(|member| member.value.text().is_some_and(outside));
    let member = outer.find(|member| !is_member(member))?;
    let is_misspelt = workspace.is_some() && member.value.text().is_some_and(|value| value.starts_with("workspace:"));
    let what = match is_misspelt {
        true => format!("no member of the workspace is called `{}`", member.name),
        false => format!("`{}` lies outside of the folder, which is the image's context", member.name),
    };
    Some((what, manifest.evidence(member)))
}

pub(super) fn has_server(manifest: &Manifest) -> bool {
    !frameworks(manifest).is_empty()
}

/// Whether the start script runs a program of the project, not a tool that shows pages.
fn starts_node(folder: &Folder<'_>) -> bool {
    folder.manifest.script("start").is_some_and(|script| script.text.split_whitespace().any(|word| word == "node"))
}

/// The component's name: settled, the package's, the folder's.
///
/// # Errors
/// What was settled is no name.
pub(super) fn name(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Name, Mistake> {
    if let Some((name, _)) = decided(context, path, "name", Name::new)? {
        return Ok(name);
    }
    let folder = context.folder_name(path);
    let text = manifest.text("name").filter(|name| !name.is_empty()).unwrap_or(&folder);
    // a scope is the owner's, not the program's
    Ok(Name::from_text(text.rsplit('/').next().unwrap_or(text), "app"))
}
