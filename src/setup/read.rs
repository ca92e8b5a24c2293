//! The container files that lie in a folder.

use super::{Setup, SetupFile};
use crate::paths::RelPath;
use crate::project::{Mistake, Project};

/// What a file is to docker, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Dockerfile,
    Ignore,
    Compose,
}

impl FileKind {
    /// `None` where docker does not read it by itself.
    pub fn of(path: &RelPath) -> Option<Self> {
        let name = path.file_name();
        let lower = name.to_ascii_lowercase();
        let compose = ["compose.", "docker-compose."].iter().any(|start| lower.starts_with(start));
        let dashed = lower.starts_with("docker-compose-") || lower.starts_with("compose-");
        if lower.ends_with(".dockerignore") {
            Some(FileKind::Ignore)
        } else if (compose || dashed) && (lower.ends_with(".yaml") || lower.ends_with(".yml")) {
            Some(FileKind::Compose)
        } else if is_dockerfile(&lower) {
            Some(FileKind::Dockerfile)
        } else {
            None
        }
    }
}

/// `Dockerfile`, `Dockerfile.dev`, `app.Dockerfile`, and the same with Containerfile; not a
/// template or program of that name.
fn is_dockerfile(name: &str) -> bool {
    let other = ["j2", "jinja", "tmpl", "tpl", "in", "md", "go", "js", "ts", "py", "rs", "bak", "orig", "swp"];
    ["dockerfile", "containerfile"].iter().any(|word| {
        let variant = name.strip_prefix(word).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(['.', '-', '_']).is_some_and(|end| !ends_with_any(end, &other))
        });
        variant || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('.'))
    })
}

fn ends_with_any(name: &str, endings: &[&str]) -> bool {
    name.rsplit('.').next().is_some_and(|last| endings.contains(&last))
}

impl Setup {
    /// The container files of a project, at any depth. Values below `secrets/` are not read.
    ///
    /// # Errors
    /// One of them cannot be read or is not UTF-8.
    pub fn read(project: &Project) -> Result<Setup, Mistake> {
        let mut setup = Setup::default();
        for path in project.files().filter(|path| FileKind::of(path).is_some()) {
            if let Some(source) = project.require(path)? {
                let file = SetupFile { text: source.text().to_owned(), mode: 0o644 };
                setup.files.insert(path.clone(), file);
            }
        }
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        let kind = |name: &str| FileKind::of(&RelPath::new(name).unwrap());
        for name in ["Dockerfile", "a/Dockerfile.dev", "web.Dockerfile", "Containerfile", "dockerfile"] {
            assert_eq!(kind(name), Some(FileKind::Dockerfile), "{name}");
        }
        for name in ["compose.yaml", "compose.override.yml", "docker-compose.yml", "docker-compose-prod.yml"] {
            assert_eq!(kind(name), Some(FileKind::Compose), "{name}");
        }
        for name in [".dockerignore", "Dockerfile.dockerignore", "a/.dockerignore"] {
            assert_eq!(kind(name), Some(FileKind::Ignore), "{name}");
        }
        for name in ["Dockerfile.j2", "dockerfiles", "composer.yaml", "compose.yaml.orig", "dockerfile.go"] {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
