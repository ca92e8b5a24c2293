//! Files of values in git that hold secrets: `.env` and those for production.

use super::super::examples::{declared_in, is_credential, is_placeholder};
use super::Asked;
use crate::facts::Evidence;

/// Endings of files that are there to be committed, or hold values for tests alone.
const MEANT: &[&str] = &[
    "example",
    "sample",
    "template",
    "dist",
    "default",
    "defaults",
    "schema",
    "test",
    "testing",
    "ci",
    "vault",
    "development",
    "dev",
];
/// So many lines are shown.
const SHOWN: usize = 5;

/// `.env` in git with a secret in it: everybody who has the repository has the secret.
pub fn committed(asked: &Asked<'_>) {
    let is_meant = |name: &str| name.split('.').any(|part| MEANT.contains(&part));
    let is_env = |name: &str| (name == ".env" || name.starts_with(".env.")) && !is_meant(name);
    for file in asked.context.project.in_git(is_env) {
        let folder = file.parent().unwrap_or_else(crate::paths::RelPath::root);
        let lines = declared_in(asked.context, &folder, &[file.file_name()]);
        let is_secret = |name: &str| asked.context.presets.settings.is_secret(name);
        let held = lines.iter().filter(|line| {
            let is_value = !line.value.is_empty() && !is_placeholder(&line.value);
            is_value && (is_secret(line.name.as_str()) || is_credential(&line.value))
        });
        let evidence: Vec<Evidence> = held.map(|line| line.evidence_of_secret()).take(SHOWN).collect();
        if evidence.is_empty() {
            continue;
        }
        asked.context.warn(
            "env-in-git",
            format!("`{file}` is committed to git and holds secrets"),
            evidence,
            format!("`git rm --cached {file}`, rotate the values, and keep them in secrets/"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};
    use crate::project::git_samples::{TWO, bytes};

    fn found(env: &str) -> Option<(String, String, String)> {
        let case = project(&[(".env", env), ("web/.env.local", "PORT=1\n"), (".git/x", "")]);
        std::fs::write(case.open().root().join(".git/index"), bytes(TWO)).unwrap();
        named(&case, "env-in-git")
    }

    #[test]
    fn a_committed_file_of_secrets_is_named_with_its_lines_and_without_its_values() {
        let (place, message, hint) =
            found("PORT=3000\nDATABASE_URL=postgres://a:hunter2@db/x\nSTRIPE_KEY='sk_x'\n").unwrap();
        assert_eq!(place, ".env:2 .env:3");
        assert!(hint.starts_with("`git rm --cached .env`"), "{hint}");
        assert!(!message.contains("hunter2"));
    }

    #[test]
    fn a_committed_file_without_secrets_is_no_mistake() {
        assert_eq!(found("PORT=3000\nAPI_KEY=\nJWT_SECRET=<your secret>\n"), None);
    }

    #[test]
    fn a_file_that_git_does_not_have_is_no_mistake() {
        assert_eq!(named(&project(&[(".env", "API_KEY=abc123\n")]), "env-in-git"), None);
    }
}
