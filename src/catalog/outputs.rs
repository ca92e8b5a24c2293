//! Where a template may write: container files of one component, nothing that executes.

use super::tree::is_reserved;
use crate::paths::RelPath;

/// For people.
pub const ALLOWED: &str = "`Dockerfile*`, `*.dockerignore`, `docker-bake.hcl` or below `docker/`";

/// Whether a template may write there.
pub fn is_allowed(to: &str) -> bool {
    let Ok(path) = RelPath::new(to) else { return false };
    if path.as_str() != to || !to.is_ascii() || to.len() > 120 {
        return false;
    }
    // a name that a machine would take for another, or for a device
    if path.parts().any(|part| is_reserved(part) || part.to_ascii_lowercase().starts_with(".git")) {
        return false;
    }
    let name = path.file_name();
    let flat = !to.contains('/');
    (flat && (name.starts_with("Dockerfile") || name.ends_with(".dockerignore") || name == "docker-bake.hcl"))
        || to.starts_with("docker/")
}
