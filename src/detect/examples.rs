//! What `.env.example` and its like declare.

use super::Context;
use crate::facts::{EnvName, Evidence};
use crate::paths::RelPath;

/// The files that show which names a component takes; never `.env` itself, which holds secrets.
const FILES: &[&str] = &[
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    ".example.env",
    "example.env",
    "env.example",
    ".env-example",
];

/// A line `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub name: EnvName,
    /// Without its quotes. May be a secret: never shown unless the name is plain.
    pub value: String,
    pub file: RelPath,
    /// From 1.
    pub line: u32,
}

impl Declared {
    /// Where it is, with its value.
    pub fn evidence(&self) -> Evidence {
        Evidence::at(&self.file, self.line, format!("{}={}", self.name, self.value), self.file.file_name())
    }

    /// Where it is, without its value.
    pub fn evidence_of_secret(&self) -> Evidence {
        Evidence::at(&self.file, self.line, format!("{}=", self.name), self.file.file_name())
    }
}

/// The names that the files in a component's folder declare, each once.
pub fn declared(context: &Context<'_>, path: &RelPath) -> Vec<Declared> {
    declared_in(context, path, FILES)
}

/// As [`declared`], of files with these names.
pub fn declared_in(context: &Context<'_>, path: &RelPath, files: &[&str]) -> Vec<Declared> {
    let mut found: Vec<Declared> = Vec::new();
    for file in files.iter().filter_map(|file| path.join(file).ok()) {
        let Some(source) = context.project.read(&file) else { continue };
        for (line, text) in source.lines() {
            let Some((name, value)) = assignment(text) else { continue };
            if found.iter().all(|known| known.name != name) {
                found.push(Declared { name, value, file: file.clone(), line });
            }
        }
    }
    found
}

/// Reads `NAME=value`, `export NAME='value' # comment`.
fn assignment(line: &str) -> Option<(EnvName, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    Some((EnvName::new(name.trim()).ok()?, unquoted(value.trim())))
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\'', '`'] {
        let inner = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote));
        if let Some((inner, _)) = inner {
            return inner.to_owned();
        }
    }
    // a `#` inside of a word belongs to it
    let end = value.match_indices('#').map(|(at, _)| at).find(|at| *at == 0 || value[..*at].ends_with([' ', '\t']));
    value[..end.unwrap_or(value.len())].trim_end().to_owned()
}

/// `<your key>`, `your-domain`, `changeme`, `${OTHER}`: no value at all.
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let begins =
        ["<", "your-", "your_", "your ", "changeme", "change-me", "change_me", "replace", "xxx", "todo", "..."];
    begins.iter().any(|begin| lower.starts_with(begin)) || value.contains("${") || lower.contains("://your")
}

/// Whether a value is an address with a password in it.
pub fn has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Whether a value is likely a credential although its name is plain.
pub fn is_credential(value: &str) -> bool {
    let known =
        ["sk_", "sk-", "rk_", "pk_", "ghp_", "gho_", "github_pat_", "glpat-", "xox", "AKIA", "eyJ", "-----BEGIN"];
    let is_token = value.len() >= 24
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+=".contains(&b))
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic());
    has_password(value) || is_token || known.iter().any(|begin| value.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;
    use super::*;

    #[test]
    fn lines_are_read_as_dotenv_reads_them() {
        for (line, name, value) in [
            ("A=b", "A", "b"),
            ("export A = 'b c' # d", "A", "b c"),
            ("A=b#c # d", "A", "b#c"),
            ("A=", "A", ""),
            ("A= # none", "A", ""),
            ("A=\"x=y\"", "A", "x=y"),
        ] {
            assert_eq!(assignment(line), Some((EnvName::new(name).unwrap(), value.to_owned())), "{line}");
        }
        for line in ["", "# A=b", "A", "a b=c", "#A=b"] {
            assert_eq!(assignment(line), None, "{line}");
        }
    }

    #[test]
    fn the_first_file_that_declares_a_name_counts() {
        let case = project(&[(".env.example", "# names\nA=1\n"), (".env.sample", "A=2\nB=3\n"), (".env", "C=4\n")]);
        let found = case.ask(|context| declared(context, &RelPath::root()));
        let places: Vec<String> = found.iter().map(|declared| declared.evidence().place()).collect();
        assert_eq!(places, [".env.example:2", ".env.sample:2"]);
        assert_eq!(found[0].evidence().text, "A=1");
    }
}
