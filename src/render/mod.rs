//! Components and templates to a setup: text in, text out, nothing is read or written here.

mod compose;
mod context;
mod environment;
mod ignore;
mod lines;
mod migrate;
mod names;
mod ports;
mod secrets;
mod workspace;

use std::collections::BTreeMap;

pub use compose::{Rendered, compose};
pub use context::{Facts, sample_names};
pub use environment::Renderer;
pub use names::{kinds, name_errors};
pub use secrets::secrets;

use crate::catalog::Template;
use crate::facts::Component;
use crate::paths::RelPath;
use crate::presets::{Policy, Presets};
use crate::project::{Mistake, Project};
use crate::setup::SetupFile;

/// What every container file of ours has in its first three lines.
const INTRODUCTION: &str = "Written by dockwright";

/// Renders a template's files for one component: paths are relative to the project.
///
/// # Errors
/// A template that does not pass the check, or runs past its limits; a fact that a file cannot
/// carry.
pub fn component(
    template: &Template,
    component: &Component,
    policy: &Policy,
    presets: &Presets,
    project: &Project,
) -> Result<BTreeMap<RelPath, SetupFile>, Mistake> {
    let facts = Facts::of(component, policy, presets, project)?;
    let renderer = Renderer::new(&template.files).map_err(|wrong| broken(template, &wrong))?;
    let mut files = BTreeMap::new();
    for entry in &template.manifest.file {
        let wanted = match &entry.when {
            Some(when) => renderer.holds(when, &facts).map_err(|wrong| broken(template, &wrong))?,
            None => true,
        };
        if wanted {
            let mut text = renderer.render(&entry.from, &facts).map_err(|wrong| broken(template, &wrong))?;
            let mut to = entry.to.as_str();
            if to == ".dockerignore" && component.context != component.path {
                // the one that belongs to this Dockerfile, for the context has other images too
                (to, text) = ("Dockerfile.dockerignore", ignore::within(&text, component, presets));
            }
            let path = component.path.join(to).map_err(|wrong| Mistake::new(wrong.to_string()))?;
            let text = if template.pull.is_some() { introduced(&path, text, &template.manifest.id) } else { text };
            files.insert(path, SetupFile { text, mode: 0o644 });
        }
    }
    Ok(files)
}

/// A container file says in its first lines what wrote it, so that no later run takes it for a
/// person's own and reads hints in it. Directives of the builder stay before that.
fn introduced(path: &RelPath, text: String, id: &str) -> String {
    let name = path.file_name();
    let takes_comments = name.starts_with("Dockerfile") || name.ends_with(".dockerignore") || name.ends_with(".hcl");
    if !takes_comments || text.lines().take(3).any(|line| line.contains(INTRODUCTION)) {
        return text;
    }
    let is_directive = |line: &&str| {
        let word = line.trim_start_matches('#').trim_start().split('=').next().unwrap_or_default().trim_end();
        line.starts_with('#') && ["syntax", "escape", "check"].contains(&word.to_ascii_lowercase().as_str())
    };
    let directives: usize = text.split_inclusive('\n').take_while(is_directive).map(str::len).sum();
    let (before, after) = text.split_at(directives);
    format!("{before}# {INTRODUCTION} with the template `{id}`; yours to edit.\n{after}")
}

fn broken(template: &Template, wrong: &str) -> Mistake {
    Mistake::new(format!("template `{}` cannot be rendered: {wrong}", template.manifest.id))
}
