//! A .gitignore that would keep the container files, or what they install from, out of git.

use std::collections::BTreeMap;

use super::{Asked, packages};
use crate::facts::{Component, Evidence, Found, Stack};
use crate::paths::RelPath;
use crate::project::Ignored;

/// What is written for a component, and what for the project.
const OF_COMPONENT: &[&str] = &["Dockerfile", ".dockerignore"];
const OF_PROJECT: &[&str] = &["compose.yaml", "compose.override.yaml", "docker-bake.hcl"];

/// Names the line for each file that a clone would lack.
pub fn ignored(asked: &Asked<'_>) {
    let mut found: BTreeMap<(RelPath, u32, String, bool), Vec<RelPath>> = BTreeMap::new();
    for component in asked.components {
        let own = OF_COMPONENT.iter().filter_map(|name| component.path.join(name).ok());
        let shared = OF_PROJECT.iter().filter_map(|name| RelPath::new(name).ok());
        for file in own.chain(shared).chain(lock(component)) {
            let Some(Ignored { file: by, line, pattern, of_folder }) = asked.context.project.ignored(&file) else {
                continue;
            };
            let files = found.entry((by, line, pattern, of_folder)).or_default();
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    for ((by, line, pattern, of_folder), files) in found {
        let names: Vec<String> = files.iter().map(RelPath::to_string).collect();
        let whose = by.parent().unwrap_or_else(RelPath::root);
        let back: Vec<String> =
            files.iter().map(|file| format!("`!/{}`", file.strip(&whose).as_ref().unwrap_or(file))).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        asked.context.warn(
            "ignored-by-git",
            format!("{} {verb} ignored by git, so that a clone has no such file", names.join(", ")),
            vec![Evidence::at(&by, line, pattern, "ignores it")],
            match of_folder {
                true => "take the line away: nothing takes back what is below an ignored folder".to_owned(),
                false => format!("add {} below it", back.join(" and ")),
            },
        );
    }
}

/// The lockfile that the image installs from.
fn lock(component: &Component) -> Option<RelPath> {
    let lock = match (packages(component), &component.stack) {
        (Some(Found::Known { value, .. }), _) => value.lockfile.clone()?,
        (None, Stack::Go(go)) if go.has_sum => RelPath::new("go.sum").ok()?,
        _ => return None,
    };
    component.path.join(lock.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    fn found(ignore: &str) -> Option<(String, String, String)> {
        let files = [
            ("package.json", "{\"scripts\": {\"start\": \"node server.js\"}}"),
            ("package-lock.json", "{}"),
            ("server.js", ""),
            (".gitignore", ignore),
        ];
        named(&project(&files), "ignored-by-git")
    }

    #[test]
    fn a_line_that_ignores_what_is_written_is_named_with_the_one_that_takes_it_back() {
        let (place, message, hint) = found("node_modules\n*.yaml\n").unwrap();
        assert_eq!(place, ".gitignore:2");
        assert!(message.starts_with("compose.yaml, compose.override.yaml are ignored"), "{message}");
        assert_eq!(hint, "add `!/compose.yaml` and `!/compose.override.yaml` below it");
        assert_eq!(found("Dockerfile\n").unwrap().2, "add `!/Dockerfile` below it");
        assert_eq!(found("*lock*\n").unwrap().2, "add `!/package-lock.json` below it");
    }

    #[test]
    fn a_line_about_a_folder_has_to_go() {
        let files = [
            ("web/package.json", "{\"scripts\": {\"start\": \"node server.js\"}}"),
            ("web/server.js", ""),
            (".gitignore", "web/\n"),
        ];
        let hint = named(&project(&files), "ignored-by-git").unwrap().2;
        assert!(hint.starts_with("take the line away"), "{hint}");
    }

    #[test]
    fn what_is_taken_back_already_is_no_mistake() {
        assert_eq!(found("*.yaml\n!compose*.yaml\n"), None);
        assert_eq!(found("node_modules/\ndist\n.env\n"), None);
    }
}
