//! A go.sum that lacks what go.mod requires: `go build` stops at it.
//!
//! The sum of a module's go.mod is needed in any case; that of its code only if a package of the
//! program imports it, which tests alone may do.

use super::super::go::module;
use super::Asked;
use crate::facts::{Evidence, Stack};

/// A module that is required and has no line at all.
pub fn stale(asked: &Asked<'_>) {
    for component in asked.components {
        let Stack::Go(go) = &component.stack else { continue };
        let Some(manifest) = asked.file(&component.path, "go.mod").filter(|_| !go.vendored) else { continue };
        let Some(module) = asked.context.project.read(&manifest).and_then(|source| module::parse(&source).ok()) else {
            continue;
        };
        let sum = component.path.join("go.sum").ok().and_then(|file| asked.context.project.read(&file));
        let text = sum.as_ref().map_or("", |source| source.text());
        let replaced = |path: &str| module.replaces.iter().any(|replace| replace.old == path);
        let has = |path: &str, version: &str| {
            [format!("{path} {version} "), format!("{path} {version}/go.mod ")]
                .iter()
                .any(|line| text.starts_with(line) || text.contains(&format!("\n{line}")))
        };
        let missing = module
            .requires
            .iter()
            .find(|require| !require.indirect && !replaced(&require.path) && !has(&require.path, &require.version));
        let Some(require) = missing else { continue };
        let what = if sum.is_some() { "go.sum lacks" } else { "there is no go.sum with" };
        let text = format!("{} {}", require.path, require.version);
        asked.context.warn(
            "stale-lockfile",
            format!("{what} `{text}` of go.mod, so that its build fails"),
            vec![Evidence::at(&manifest, require.line, text, "requirement")],
            "`go mod tidy` brings it up to date; commit it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    fn found(sum: Option<&str>, more: &[(&str, &str)]) -> Option<(String, String, String)> {
        let module = "module example.com/shop\n\ngo 1.27\n\nrequire (\n\texample.com/a v1.2.0\n\texample.com/b v0.1.0 // indirect\n)\n";
        let mut files = vec![("go.mod", module), ("main.go", "package main\n\nfunc main() {}\n")];
        files.extend(sum.map(|sum| ("go.sum", sum)));
        files.extend(more);
        named(&project(&files), "stale-lockfile")
    }

    #[test]
    fn a_requirement_without_its_sum_is_named() {
        let (place, message, hint) = found(Some("example.com/a v1.1.0 h1:x=\n"), &[]).unwrap();
        assert_eq!(place, "go.mod:6");
        assert_eq!(message, "go.sum lacks `example.com/a v1.2.0` of go.mod, so that its build fails");
        assert!(hint.starts_with("`go mod tidy`"));
        assert!(found(None, &[]).unwrap().1.starts_with("there is no go.sum"));
    }

    #[test]
    fn a_whole_sum_and_a_vendor_folder_are_right() {
        assert_eq!(found(Some("example.com/a v1.2.0 h1:x=\nexample.com/a v1.2.0/go.mod h1:y=\n"), &[]), None);
        assert_eq!(found(Some("x v1 h1:x=\nexample.com/a v1.2.0/go.mod h1:y=\n"), &[]), None, "tests alone import it");
        assert_eq!(found(None, &[("vendor/modules.txt", "# example.com/a v1.2.0\n")]), None);
    }
}
