//! One member as a component: what it needs of the others, how they are built, what production has
//! of them.

use std::collections::BTreeSet;

use super::super::super::Context;
use super::super::assets::assets;
use super::super::entry::{Entry, Folder};
use super::super::prisma;
use super::super::sources::{Sources, folders};
use super::{Member, Need, Workspace};
use crate::facts::{self, Argv, Found, Needed, Packages};
use crate::paths::RelPath;
use crate::presets::{PackagesPreset, WorkspacePreset};
use crate::project::Mistake;

/// The script that builds a member.
const BUILD: &str = "build";
const TURBO: &str = "turbo";

/// What the component in a folder is in its workspace; `None` where it is no member.
///
/// # Errors
/// A name that no command line can carry.
pub fn fact(
    context: &Context<'_>,
    path: &RelPath,
    packages: &Found<Packages>,
) -> Result<Option<facts::Workspace>, Mistake> {
    let Some(workspace) = super::of(context, path) else { return Ok(None) };
    let Some(member) = workspace.member(path) else { return Ok(None) };
    let preset = packages.value().and_then(|packages| context.presets.packages.get(&packages.id));
    let needs = workspace.needs(member);
    let builds = match preset.and_then(|preset| preset.workspace.as_ref()) {
        Some(preset) => builds(context, &workspace, member, &needs, preset)?,
        None => Vec::new(),
    };
    let is_needed = |path: &RelPath| path == &member.path || needs.iter().any(|need| need.member.path == *path);
    let others = workspace.members.iter().filter(|other| !is_needed(&other.path));
    Ok(Some(facts::Workspace {
        evidence: workspace.evidence.clone(),
        others: others.map(|other| workspace.inner(&other.path)).collect(),
        needs: needs.iter().map(|need| needed(context, &workspace, need)).collect(),
        builds,
    }))
}

/// The component's own build: by Turborepo, if that builds the project.
pub fn build(context: &Context<'_>, path: &RelPath, build: Found<Option<Argv>>) -> Found<Option<Argv>> {
    let Some(workspace) = super::of(context, path).filter(|workspace| has_turbo(context, workspace)) else {
        return build;
    };
    let is_script = |argv: &Argv| argv.words().last().is_some_and(|word| word == BUILD);
    if !build.value().and_then(Option::as_ref).is_some_and(is_script) {
        return build;
    }
    let Some(member) = workspace.member(path) else { return build };
    build.map(|own| turbo(&format!("--filter={}", member.name)).or(own))
}

/// Commands that build what is needed, run in the root.
fn builds(
    context: &Context<'_>,
    workspace: &Workspace,
    member: &Member,
    needs: &[Need<'_>],
    preset: &WorkspacePreset,
) -> Result<Vec<Argv>, Mistake> {
    let mut found = Vec::new();
    let mut any = false;
    for need in needs {
        let folder = Folder { context, path: &need.member.path, manifest: &need.member.manifest, framework: None };
        let generate = prisma::generate(&folder, folder.out_dir().as_ref());
        for argv in generate.commands.iter().filter(|_| !generate.by_build) {
            let tool = argv.to_string().trim_start_matches("node_modules/.bin/").to_owned();
            found.push(preset.command(&preset.exec, &tool, workspace, need.member)?);
        }
        if need.member.manifest.script(BUILD).is_some() {
            any = true;
            if !has_turbo(context, workspace) {
                found.push(preset.command(&preset.run, BUILD, workspace, need.member)?);
            }
        }
    }
    if any && has_turbo(context, workspace) {
        found.extend(turbo(&format!("--filter={}^...", member.name)));
    }
    Ok(found)
}

fn turbo(filter: &str) -> Option<Argv> {
    // loose: it would keep names from the build that turbo.json does not list
    Argv::new([TURBO, "run", BUILD, filter, "--env-mode=loose"]).ok()
}

/// Whether Turborepo knows how members are built.
fn has_turbo(context: &Context<'_>, workspace: &Workspace) -> bool {
    let Some(source) = workspace.root.join("turbo.json").ok().and_then(|file| context.project.read(&file)) else {
        return false;
    };
    let Ok(json) = crate::project::json::parse_with_comments(&source) else { return false };
    let builds = ["tasks", "pipeline"].iter().any(|key| json.at(&[key, BUILD]).is_some());
    builds && workspace.manifest().any_dependency(TURBO).is_some()
}

impl WorkspacePreset {
    /// A command of the manager for one member, with its script or tool filled in.
    fn command(&self, text: &str, what: &str, workspace: &Workspace, member: &Member) -> Result<Argv, Mistake> {
        let filled = filled(text, workspace, member)?.replace("{what}", what);
        Argv::parse(&filled).map_err(|error| Mistake::new(format!("`{filled}`: {error}")))
    }
}

/// `{package}` and `{folder}` in a command.
///
/// # Errors
/// They have characters that a shell reads something into.
pub fn filled(text: &str, workspace: &Workspace, member: &Member) -> Result<String, Mistake> {
    let folder = workspace.inner(&member.path).to_string();
    for word in [&member.name, &folder] {
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric() || "@/._-+".contains(c)) {
            return Err(Mistake::new(format!("`{word}` is a name that no command can carry"))
                .at(member.manifest.file.clone(), member.manifest.line("name"))
                .hint("rename it: letters, digits and `@/._-+`"));
        }
    }
    Ok(text.replace("{package}", &member.name).replace("{folder}", &folder))
}

/// What production has of a member, and where its sources lie.
fn needed(context: &Context<'_>, workspace: &Workspace, need: &Need<'_>) -> Needed {
    let member = need.member;
    let folder = Folder { context, path: &member.path, manifest: &member.manifest, framework: None };
    let output = output(&folder);
    let code = Sources::read(context, &member.path);
    let listed = member.manifest.files().into_iter().filter(|text| !text.contains(['*', '!']));
    let listed = listed.filter_map(|text| RelPath::new(text.trim_start_matches('/')).ok());
    let (sources, _) = folders(context, &member.path, output.as_ref());
    let mut paths: BTreeSet<RelPath> =
        assets(context, &member.path, &code, output.as_ref()).into_iter().map(|(path, _)| path).collect();
    paths.extend(output.clone());
    paths.extend(listed.filter(|path| folder.has(path) || context.project.has_folder(&folder.whole(path))));
    paths.extend(prisma::generate(&folder, output.as_ref()).writes.into_iter().filter(|path| !is_module(path)));
    let is_inner = |path: &RelPath| paths.iter().any(|other| other != path && path.is_below(other));
    let kept: Vec<RelPath> = paths.iter().filter(|path| !is_inner(path)).cloned().collect();
    let (files, folders) = kept.into_iter().partition(|path| folder.has(path) && path.parts().count() == 1);
    let (sources, built_from) = if output.is_some() { (Vec::new(), sources) } else { (sources, Vec::new()) };
    Needed {
        path: workspace.inner(&member.path),
        evidence: need.evidence.clone(),
        in_production: need.in_production,
        output,
        files,
        folders,
        sources,
        built_from,
    }
}

/// What Prisma writes into `node_modules` for members that are needed in production.
pub fn generated(context: &Context<'_>, path: &RelPath) -> Option<RelPath> {
    let workspace = super::of(context, path)?;
    let needs = workspace.needs(workspace.member(path)?);
    needs.iter().filter(|need| need.in_production).find_map(|need| {
        let folder = Folder { context, path: &need.member.path, manifest: &need.member.manifest, framework: None };
        prisma::generate(&folder, folder.out_dir().as_ref()).writes.into_iter().find(is_module)
    })
}

fn is_module(path: &RelPath) -> bool {
    path.parts().next() == Some("node_modules")
}

/// The folder that a member's build writes; `None` where others import its sources.
fn output(folder: &Folder<'_>) -> Option<RelPath> {
    folder.manifest.script(BUILD)?;
    let published = folder.manifest.published();
    let by_entry = published.iter().find_map(|text| match text.split_once('*') {
        Some((before, _)) => {
            let before = RelPath::new(before.trim_end_matches('/')).ok().filter(|path| !path.is_root())?;
            (!folder.context.project.has_folder(&folder.whole(&before))).then_some(before)
        }
        None => match folder.entry(text) {
            entry @ Entry::Built(..) => folder.output(Some(&entry)),
            Entry::Source(_) | Entry::Missing => None,
        },
    });
    let is_missing = |text: &&str| matches!(folder.entry(text), Entry::Missing);
    by_entry.or_else(|| folder.out_dir().filter(|_| published.is_empty() || published.iter().any(is_missing)))
}

/// The manager's preset, where it can install one member.
pub fn preset<'a>(preset: &'a PackagesPreset, workspace: &Workspace) -> Result<&'a WorkspacePreset, Mistake> {
    preset.workspace.as_ref().ok_or_else(|| {
        let evidence = &workspace.evidence;
        Mistake::new(format!("a workspace of {} with its packages where they are is not known yet", preset.name))
            .at(evidence.file.clone().unwrap_or_else(RelPath::root), evidence.line)
            .hint("`nodeLinker: node-modules` in .yarnrc.yml and yarn 4 work")
    })
}
