//! Which commit of a repository: what was typed, and what it means from what the server lists.

use std::collections::BTreeMap;

use nodejs_semver::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::texts;
use crate::decisions::nearest;
use crate::project::Mistake;

/// The longest name of a branch or tag, in bytes.
const MAX_NAME: usize = 1024;

/// Which commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Nothing was said: the newest tag that is a version, else the default branch.
    Newest,
    /// `@x`: a branch, a tag or a whole commit id, whichever there is.
    Any(String),
    Branch(String),
    Tag(String),
    /// All 40 (or 64) hex digits.
    Commit(String),
}

impl Reference {
    /// Reads what follows `@`.
    ///
    /// # Errors
    /// No name that git takes for a reference.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        if let Some(tag) = text.strip_prefix("refs/tags/") {
            return check_reference(tag).map(|()| Reference::Tag(tag.to_owned()));
        }
        if let Some(branch) = text.strip_prefix("refs/heads/") {
            return check_reference(branch).map(|()| Reference::Branch(branch.to_owned()));
        }
        check_reference(text)?;
        Ok(Reference::Any(text.to_owned()))
    }

    /// As it is written behind `@`; `None` where nothing is.
    pub fn written(&self) -> Option<String> {
        match self {
            Reference::Newest => None,
            Reference::Any(name) | Reference::Commit(name) => Some(name.clone()),
            Reference::Branch(name) => Some(format!("refs/heads/{name}")),
            Reference::Tag(name) => Some(format!("refs/tags/{name}")),
        }
    }
}

/// Whether a text is a whole commit id.
pub fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
}

/// The rules of `git check-ref-format`, and no beginning that could be an option.
///
/// # Errors
/// What is wrong with the name.
pub fn check_reference(name: &str) -> Result<(), Mistake> {
    let wrong = |what: &str| {
        Mistake::new(format!("`{}` cannot be a branch, tag or commit: {what}", texts::plain(name, 120)))
            .hint("as in `@v1.2.0`, `@main` or `@` and all 40 digits of a commit")
    };
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(wrong("it is empty or too long"));
    }
    if name.starts_with('-') {
        return Err(wrong("it begins as an option does"));
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c) || texts::is_deceptive(c)) {
        return Err(wrong("it has characters that no reference has"));
    }
    let part_is_wrong = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    if name.split('/').any(part_is_wrong)
        || name.contains("..")
        || name.contains("@{")
        || name.starts_with('{')
        || name.ends_with('.')
        || name == "@"
    {
        return Err(wrong("git takes no such name"));
    }
    Ok(())
}

/// What a server lists, or what the cache remembers of it: commits by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The default branch and its commit.
    #[serde(default)]
    pub head: Option<(String, String)>,
    #[serde(default)]
    pub branches: BTreeMap<String, String>,
    /// The commit itself, where the tag is an object of its own.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The commit that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub commit: String,
    /// What git is told to fetch: `refs/tags/v1`, or the commit.
    pub fetch: String,
    /// For people: `tag v1`.
    pub means: Means,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    Tag(String),
    Branch(String),
    Commit,
}

impl std::fmt::Display for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Means::Tag(tag) => write!(f, "tag {tag}"),
            Means::Branch(branch) => write!(f, "branch {branch}"),
            Means::Commit => f.write_str("commit"),
        }
    }
}

impl Listed {
    /// Reads what `git ls-remote --symref` prints.
    pub fn parse(text: &str) -> Self {
        let mut listed = Listed::default();
        let (mut head, mut default) = (None, None);
        for line in text.lines() {
            let Some((id, name)) = line.split_once('\t') else { continue };
            if let Some(target) = id.strip_prefix("ref: refs/heads/").filter(|_| name == "HEAD") {
                default = Some(target.to_owned());
            }
            let Some(id) = is_commit(id).then(|| id.to_owned()) else { continue };
            if name == "HEAD" {
                head = Some(id);
            } else if let Some(branch) = name.strip_prefix("refs/heads/") {
                listed.branches.insert(branch.to_owned(), id);
            } else if let Some(tag) = name.strip_prefix("refs/tags/") {
                // the line with ^{} comes second and says the commit
                listed.tags.insert(tag.trim_end_matches("^{}").to_owned(), id);
            }
        }
        listed.head = head.map(|id| (default.unwrap_or_else(|| "HEAD".to_owned()), id));
        listed
    }

    pub fn is_empty(&self) -> bool {
        *self == Listed::default()
    }

    /// Adds what is known newer.
    pub fn learn(&mut self, newer: Listed) {
        self.head = newer.head.or(self.head.take());
        self.branches.extend(newer.branches);
        self.tags.extend(newer.tags);
    }

    /// The newest tag that is a version and no pre-release: `v1.10.0` is newer than `v1.9.0`.
    fn newest(&self) -> Option<(&String, &String)> {
        let version = |tag: &str| {
            let text = tag.strip_prefix('v').unwrap_or(tag);
            let strict = text
                .split(['.', '-', '+'])
                .take(3)
                .filter(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty());
            (strict.count() == 3)
                .then(|| Version::parse(text).ok())
                .flatten()
                .filter(|version| version.pre_release().is_empty())
        };
        let versions = self.tags.iter().filter_map(|(tag, commit)| Some((version(tag)?, (tag, commit))));
        versions.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, found)| found)
    }

    /// The commit that a reference means.
    ///
    /// # Errors
    /// There is no such branch or tag, both are there, or the repository is empty.
    pub fn resolve(&self, reference: &Reference, origin: &str) -> Result<Resolved, Mistake> {
        let tag = |(name, commit): (&String, &String)| Resolved {
            commit: commit.clone(),
            fetch: format!("refs/tags/{name}"),
            means: Means::Tag(name.clone()),
        };
        let branch = |(name, commit): (&String, &String)| Resolved {
            commit: commit.clone(),
            fetch: if name == "HEAD" { name.clone() } else { format!("refs/heads/{name}") },
            means: Means::Branch(name.clone()),
        };
        let exactly = |id: &str| Resolved { commit: id.to_owned(), fetch: id.to_owned(), means: Means::Commit };
        match reference {
            Reference::Newest => {
                let head = self.head.as_ref().map(|(name, commit)| (name, commit));
                let found = self.newest().map(tag).or_else(|| head.map(branch));
                found.ok_or_else(|| {
                    Mistake::new(format!("`{origin}` is an empty repository")).hint("push a template first")
                })
            }
            Reference::Commit(id) => Ok(exactly(id)),
            Reference::Tag(name) => self
                .tags
                .get_key_value(name)
                .map(tag)
                .ok_or_else(|| self.unknown("tag", name, origin, self.tags.keys())),
            Reference::Branch(name) => self
                .branches
                .get_key_value(name)
                .map(branch)
                .ok_or_else(|| self.unknown("branch", name, origin, self.branches.keys())),
            Reference::Any(name) => match (self.tags.get_key_value(name), self.branches.get_key_value(name)) {
                (Some(found), None) => Ok(tag(found)),
                (None, Some(found)) => Ok(branch(found)),
                (Some(one), Some(other)) if one.1 == other.1 => Ok(tag(one)),
                (Some(_), Some(_)) => Err(Mistake::new(format!(
                    "`{name}` of `{origin}` is a tag and a branch, and they are not the same"
                ))
                .hint(format!("write `@refs/tags/{name}` or `@refs/heads/{name}`"))),
                (None, None) if is_commit(name) => Ok(exactly(name)),
                (None, None) => {
                    Err(self.unknown("branch or tag", name, origin, self.tags.keys().chain(self.branches.keys())))
                }
            },
        }
    }

    fn unknown<'a>(&self, kind: &str, name: &str, origin: &str, known: impl Iterator<Item = &'a String>) -> Mistake {
        let mistake = Mistake::new(format!("`{origin}` has no {kind} `{name}`"));
        let known: Vec<&str> = known.map(String::as_str).collect();
        if self.is_empty() {
            return mistake.detail("the repository is empty, or the cache knows nothing of it");
        }
        if name.len() >= 7 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return mistake.hint("a commit is written with all 40 digits: `git rev-parse HEAD` prints them");
        }
        match nearest(name, known.iter().copied()) {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => mistake,
            None => {
                mistake.hint(format!("there are {}", known.into_iter().rev().take(8).collect::<Vec<_>>().join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn listed(names: &[(&str, &str)]) -> Listed {
        let lines: Vec<String> = names.iter().map(|(name, id)| format!("{id}\t{name}")).collect();
        Listed::parse(&format!("ref: refs/heads/main\tHEAD\n{A}\tHEAD\n{}", lines.join("\n")))
    }

    #[test]
    fn without_a_reference_the_newest_version_counts_else_the_default_branch() {
        let tags = listed(&[
            ("refs/tags/v1.9.0", A),
            ("refs/tags/v1.10.0", B),
            ("refs/tags/v2.0.0-rc.1", A),
            ("refs/tags/9", A),
        ]);
        assert_eq!(tags.resolve(&Reference::Newest, "x").unwrap().means, Means::Tag("v1.10.0".to_owned()));
        let none = listed(&[("refs/tags/nightly", B), ("refs/heads/main", A)]);
        assert_eq!(none.resolve(&Reference::Newest, "x").unwrap().means, Means::Branch("main".to_owned()));
        assert!(Listed::parse("").resolve(&Reference::Newest, "x").unwrap_err().what.contains("empty"));
    }

    #[test]
    fn a_tag_that_is_an_object_is_read_through_to_its_commit() {
        let tags = listed(&[("refs/tags/v1.0.0", B), ("refs/tags/v1.0.0^{}", A)]);
        assert_eq!(tags.resolve(&Reference::Any("v1.0.0".to_owned()), "x").unwrap().commit, A);
    }

    #[test]
    fn a_name_that_is_a_tag_and_a_branch_is_not_guessed() {
        let both = listed(&[("refs/tags/v1", A), ("refs/heads/v1", B)]);
        let wrong = both.resolve(&Reference::Any("v1".to_owned()), "x").unwrap_err();
        assert!(wrong.hint.unwrap().contains("refs/heads/v1"));
        assert_eq!(both.resolve(&Reference::Branch("v1".to_owned()), "x").unwrap().commit, B);
    }

    #[test]
    fn a_name_that_is_not_there_has_its_nearest() {
        let tags = listed(&[("refs/tags/v1.2.0", A), ("refs/heads/main", A)]);
        let said = |name: &str| tags.resolve(&Reference::Any(name.to_owned()), "x").unwrap_err().hint.unwrap();
        assert!(said("v1.2.1").contains("v1.2.0"));
        assert!(said("mian").contains("main"));
        assert!(said("abcdef1").contains("40 digits"));
    }
}
