//! A folder that is a member of a workspace: its image is built from the workspace's root, which
//! is then the project.

use std::path::{Path, PathBuf};

use super::Context;
use super::node::workspace::Workspace;
use crate::decisions::Decisions;
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project};

/// Members do not lie deeper in their workspace.
const DEPTH: usize = 5;
const MANIFESTS: &[&str] = &["package.json", "pnpm-workspace.yaml"];

/// The root of the workspace around a folder, and the folder as seen from there; `None` where it is
/// no member of one. Does not leave the repository that the folder lies in.
///
/// # Errors
/// A manifest of the workspace that cannot be read.
pub fn workspace_around(folder: &Path) -> Result<Option<(PathBuf, RelPath)>, Mistake> {
    let Ok(folder) = folder.canonicalize() else { return Ok(None) };
    let is_top = |folder: &Path| folder.join(".git").exists();
    if is_top(&folder) || !folder.join("package.json").is_file() {
        return Ok(None);
    }
    for outer in folder.ancestors().skip(1).take(DEPTH) {
        let member = folder.strip_prefix(outer).ok().and_then(Path::to_str).and_then(|path| RelPath::new(path).ok());
        if let Some(member) = member.filter(|_| lists_members(outer)) {
            let project = Project::open(outer)?;
            let context = Context::new(&project, &NONE, Presets::built_in());
            let workspace = Workspace::read(&context, &RelPath::root())?;
            if workspace.is_some_and(|workspace| workspace.member(&member).is_some()) {
                return Ok(Some((outer.to_owned(), member)));
            }
        }
        if is_top(outer) {
            break;
        }
    }
    Ok(None)
}

static NONE: std::sync::LazyLock<Decisions> = std::sync::LazyLock::new(Decisions::default);

/// Whether it is worth listing the folder: most that lie around a project are none of it.
fn lists_members(folder: &Path) -> bool {
    let says = |name: &&str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        text.contains("workspaces") || text.contains("packages:")
    };
    MANIFESTS.iter().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_knows_its_workspace_and_others_know_none() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("package.json", "{\"workspaces\": [\"apps/*\"]}");
        write("apps/api/package.json", "{}");
        write("tools/x/package.json", "{}");
        write("apps/own/package.json", "{}");
        write("apps/own/.git/HEAD", "");
        let around = |path: &str| workspace_around(&folder.path().join(path)).unwrap();
        let (root, member) = around("apps/api").unwrap();
        assert_eq!((root, member.as_str()), (folder.path().canonicalize().unwrap(), "apps/api"));
        for path in ["", "apps", "tools/x", "apps/own", "gone"] {
            assert_eq!(around(path), None, "{path}");
        }
    }
}
