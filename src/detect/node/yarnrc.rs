//! `.yarnrc.yml` of yarn 2 and later, as far as it changes how a project is installed.

use crate::paths::RelPath;
use crate::project::Project;

/// What it says; empty where there is none.
#[derive(Debug, Default, PartialEq)]
pub struct Yarnrc {
    /// `nodeLinker`, empty where it is not set: yarn then takes pnp.
    pub linker: String,
    /// The version of the release that `yarnPath` names: `4.12.0`.
    pub version: Option<String>,
}

impl Yarnrc {
    pub fn read(project: &Project, path: &RelPath) -> Self {
        let source = path.join(".yarnrc.yml").ok().and_then(|file| project.read(&file));
        source.map(|source| Self::parse(source.text())).unwrap_or_default()
    }

    /// Both are plain texts at the top, so that no more of YAML is needed.
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let rest = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
            let value = rest.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            (!value.is_empty()).then(|| value.to_owned())
        };
        let release = value("yarnPath").and_then(|path| {
            let name = path.rsplit('/').next()?.strip_prefix("yarn-")?.to_owned();
            let version = name.strip_suffix(".cjs").or(name.strip_suffix(".js"))?;
            let digits = version.starts_with(|c: char| c.is_ascii_digit());
            (digits && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)))
                .then(|| version.to_owned())
        });
        Yarnrc { linker: value("nodeLinker").unwrap_or_default(), version: release }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_and_the_release_are_read() {
        let text =
            "compressionLevel: mixed\n\nnodeLinker: node-modules # not pnp\nyarnPath: .yarn/releases/yarn-4.12.0.cjs\n";
        assert_eq!(
            Yarnrc::parse(text),
            Yarnrc { linker: "node-modules".to_owned(), version: Some("4.12.0".to_owned()) }
        );
        assert_eq!(Yarnrc::parse("yarnPath: \"./yarn.cjs\"\n  nodeLinker: pnp\n"), Yarnrc::default());
    }
}
