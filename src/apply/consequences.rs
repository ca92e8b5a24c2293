//! What follows from the choices about files of the user's: what no longer fits together, and what
//! an earlier run left over. Said, never acted on.

use super::compare::{COMPOSE, Change, ChangeKind, DOCKERFILE, IGNORE, OVERRIDE};
use super::receipt::Receipt;
use crate::facts::{Evidence, Warning};
use crate::paths::RelPath;
use crate::project::Project;
use crate::setup::Setup;

/// What a person should know about the choices: what no longer fits together, what is left over.
pub fn consequences(changes: &[Change], setup: &Setup, receipt: Option<&Receipt>, project: &Project) -> Vec<Warning> {
    let known = |path: &str| receipt.is_some_and(|receipt| receipt.files.contains_key(path));
    let stays = |path: &str| {
        let stays = |change: &&Change| matches!(change.kind, ChangeKind::Keep | ChangeKind::Beside);
        changes.iter().find(|change| change.path.as_str() == path).filter(stays).filter(|_| !known(path))
    };
    let ours = |path: &str| {
        let here = [ChangeKind::Create, ChangeKind::Replace, ChangeKind::Same];
        changes.iter().any(|change| change.path.as_str() == path && here.contains(&change.kind))
    };
    let mut warnings = Vec::new();
    let mut warn = |id: &str, path: &RelPath, message: String, hint: String| {
        let evidence = vec![Evidence::file(path, "kept")];
        warnings.push(Warning { id: id.to_owned(), message, evidence, hint });
    };
    for dockerfile in setup.files.keys().filter(|path| path.file_name() == DOCKERFILE) {
        if let (Some(theirs), true) = (stays(dockerfile.as_str()), ours(COMPOSE)) {
            warn(
                "dockerfile-kept",
                &theirs.path,
                format!(
                    "your {dockerfile} stays, and compose.yaml builds the stages `production` and `development` of it"
                ),
                "give it stages of these names, or let `--on-conflict replace` take ours".to_owned(),
            );
        }
        let beside = |name: &str| dockerfile.parent()?.join(name).ok();
        for path in [IGNORE, "Dockerfile.dockerignore"].into_iter().filter_map(beside) {
            if let (Some(theirs), true) = (stays(path.as_str()), ours(dockerfile.as_str())) {
                let ours = beside(IGNORE).unwrap_or_else(|| path.clone());
                warn(
                    "dockerignore-kept",
                    &theirs.path,
                    format!("your {path} stays: what it lets through can reach the image, secrets/ too"),
                    format!("look at what ours leaves out with `dockwright init --yes --print {ours}`"),
                );
            }
        }
    }
    for left in receipt.iter().flat_map(|receipt| receipt.files.keys()) {
        let Ok(path) = RelPath::new(left) else { continue };
        let met = changes.iter().any(|change| change.meets.is_some());
        let withheld = [COMPOSE, OVERRIDE].contains(&left.as_str()) && met;
        let beside = left.strip_suffix(".new").and_then(|theirs| RelPath::new(theirs).ok());
        if beside.is_some_and(|theirs| setup.files.contains_key(&theirs)) {
            continue;
        }
        if !setup.files.is_empty()
            && !setup.files.contains_key(&path)
            && !withheld
            && path.under(project.root()).is_file()
        {
            warn(
                "left-over",
                &path,
                format!("{path} was written by an earlier run and is no longer part of the setup"),
                format!("delete it: `git rm {path}`"),
            );
        }
    }
    warnings
}
