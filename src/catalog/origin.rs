//! What was typed behind `--template`: an id, a folder or a git repository. Text to type, nothing
//! is looked up: neither the disk nor a server.

use std::fmt;

use super::reference::{Reference, check_reference, is_commit};
use super::texts;
use crate::paths::RelPath;
use crate::project::Mistake;

/// Where a template comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in: `node`.
    Id(String),
    /// A folder on this machine, as it was typed: `./templates`, `/srv/templates`.
    Folder {
        path: String,
        subfolder: Option<RelPath>,
    },
    Git(GitOrigin),
}

/// A folder of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitOrigin {
    /// As it was typed: `gh:acme/containers`.
    pub short: String,
    /// What git is given; never an option, never a transport that runs a command, no password.
    pub url: String,
    pub reference: Reference,
    pub subfolder: Option<RelPath>,
}

/// The flags that say the same as parts of the text, as users of cargo-generate know them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OriginFlags {
    pub branch: Option<String>,
    pub tag: Option<String>,
    pub rev: Option<String>,
    pub subfolder: Option<String>,
}

/// Forges with a short form, by its beginning.
const FORGES: &[(&str, &str)] = &[
    ("gh:", "https://github.com/"),
    ("gl:", "https://gitlab.com/"),
    ("bb:", "https://bitbucket.org/"),
    ("sr:", "https://git.sr.ht/~"),
];
/// Transports that run no command of the address's choice.
const SCHEMES: &[&str] = &["https", "http", "ssh", "git", "file"];
/// The longest address that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

impl Origin {
    /// Reads what was typed. The first that fits counts:
    ///
    /// 1. `.`, `..`, `~`, `/` or a drive letter at the beginning: a folder
    /// 2. `gh:owner/repo`, `gl:`, `bb:`, `sr:`: git, from that forge by https
    /// 3. `https://`, `http://`, `ssh://`, `git://`, `file://`: git
    /// 4. `user@host:path`: git by ssh
    /// 5. `owner/repo`: as `gh:owner/repo`
    /// 6. a word: the id of a template that is built in (a favourite was put in its place before)
    ///
    /// In 1 to 5 `//subfolder` may follow, and in 2 to 5 then `@branch`, `@tag` or `@commit`; behind
    /// the last `@`, `refs/tags/x` and `refs/heads/x` say which kind is meant. Flags win over
    /// nothing: what the text says already may not be said again.
    ///
    /// # Errors
    /// None of these, an option or a command smuggled into it, a password, a reference that git
    /// would not take, or a subfolder that leaves the repository.
    pub fn read(typed: &str, flags: &OriginFlags) -> Result<Origin, Mistake> {
        let typed = typed.trim();
        check_characters(typed, "template")?;
        if is_folder(typed) {
            return folder(typed, flags);
        }
        if let Some(git) = git(typed)? {
            return with_flags(git, flags).map(Origin::Git);
        }
        if *flags != OriginFlags::default() {
            return Err(not_git(typed));
        }
        if is_id(typed) { Ok(Origin::Id(typed.to_owned())) } else { Err(unreadable(typed)) }
    }
}

impl Origin {
    /// The same origin with a folder further in; itself for the empty text.
    #[must_use]
    pub fn below(&self, folder: &str) -> Origin {
        let joined = |subfolder: &Option<RelPath>| {
            let begin = subfolder.clone().unwrap_or_else(RelPath::root);
            begin.join(folder).ok().filter(|path| !path.is_root())
        };
        match self.clone() {
            Origin::Id(id) => Origin::Id(id),
            Origin::Folder { path, subfolder } => Origin::Folder { path, subfolder: joined(&subfolder) },
            Origin::Git(git) => Origin::Git(GitOrigin { subfolder: joined(&git.subfolder), ..git }),
        }
    }
}

/// A word of small letters, digits and hyphens: what ids of templates are.
pub fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_folder(typed: &str) -> bool {
    let drive = typed.as_bytes().get(1) == Some(&b':') && typed.as_bytes()[0].is_ascii_alphabetic();
    drive || typed.starts_with(['.', '/', '~']) || typed.starts_with('\\')
}

fn folder(typed: &str, flags: &OriginFlags) -> Result<Origin, Mistake> {
    if flags.branch.is_some() || flags.tag.is_some() || flags.rev.is_some() {
        return Err(not_git(typed));
    }
    let (path, inner) = match typed.get(1..).and_then(|rest| rest.find("//")) {
        Some(at) => (&typed[..at + 1], Some(&typed[at + 3..])),
        None => (typed, None),
    };
    let subfolder = subfolder(inner, flags)?;
    Ok(Origin::Folder { path: path.to_owned(), subfolder })
}

fn git(typed: &str) -> Result<Option<GitOrigin>, Mistake> {
    let Some((address, path)) = split_address(typed)? else { return Ok(None) };
    // what follows the host: path, subfolder, reference
    let (rest, reference) = match path.rsplit_once('@') {
        Some((rest, reference)) => (rest, Some(reference)),
        None => (path, None),
    };
    let (repository, inner) = match rest.find("//").filter(|at| *at > 0) {
        Some(at) => (&rest[..at], Some(&rest[at + 2..])),
        None => (rest, None),
    };
    let repository = repository.trim_end_matches('/');
    if repository.trim_matches('/').is_empty() {
        return Err(unreadable(typed).detail("no repository is named"));
    }
    check_path(repository)?;
    let reference = reference.map(Reference::read).transpose()?.unwrap_or(Reference::Newest);
    let inner = subfolder(inner, &OriginFlags::default())?;
    let short = format!("{}{repository}", address.typed);
    Ok(Some(GitOrigin { short, url: format!("{}{repository}", address.url), reference, subfolder: inner }))
}

/// What stands before the path of a repository: as typed, and as git takes it.
struct Address<'a> {
    typed: &'a str,
    url: String,
}

fn split_address(typed: &str) -> Result<Option<(Address<'_>, &str)>, Mistake> {
    if let Some((begin, url)) = FORGES.iter().find(|(begin, _)| typed.starts_with(begin)) {
        let rest = &typed[begin.len()..];
        let repository = rest.split('@').next().unwrap_or_default().split("//").next().unwrap_or_default();
        let has_owner = repository.trim_end_matches('/').contains('/');
        if !has_owner || !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return Err(unreadable(typed).hint(format!("as in `{begin}owner/repo//folder@v1`")));
        }
        return Ok(Some((Address { typed: begin, url: (*url).to_owned() }, rest)));
    }
    if let Some(at) = typed.find("://") {
        let scheme = &typed[..at];
        if !SCHEMES.contains(&scheme) {
            return Err(Mistake::new(format!("`{scheme}://` is no way to a template")).hint(schemes()));
        }
        let host = typed[at + 3..].find('/').map(|slash| at + 3 + slash).ok_or_else(|| unreadable(typed))?;
        check_host(&typed[at + 3..host], scheme)?;
        return Ok(Some((Address { typed: &typed[..host], url: typed[..host].to_owned() }, &typed[host..])));
    }
    if typed.contains("::") {
        return Err(Mistake::new("a template's address may not name a program for git to run")
            .detail(format!("`{}`", shown(typed)))
            .hint(schemes()));
    }
    if let Some((host, path)) = typed.split_once(':') {
        let of_user = host.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        if !of_user || host.contains('/') {
            return Err(unreadable(typed));
        }
        check_host(host, "ssh")?;
        return Ok(Some((Address { typed: &typed[..=host.len()], url: typed[..=host.len()].to_owned() }, path)));
    }
    let parts: Vec<&str> =
        typed.split('@').next().unwrap_or_default().split("//").next().unwrap_or_default().split('/').collect();
    let plain = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let is_short = parts.len() == 2 && parts.iter().all(plain);
    Ok(is_short.then(|| (Address { typed: "", url: FORGES[0].1.to_owned() }, typed)))
}

fn schemes() -> String {
    let schemes: Vec<String> = SCHEMES.iter().map(|scheme| format!("`{scheme}://`")).collect();
    format!("there are {} and `user@host:path`", schemes.join(", "))
}

/// A text with the beginning of a forge's addresses in the place of `gh:` and its like.
pub fn spelled_out(text: &str) -> Option<String> {
    let (begin, url) = FORGES.iter().find(|(begin, _)| text.starts_with(begin))?;
    Some(format!("{url}{}", &text[begin.len()..]))
}

fn with_flags(mut git: GitOrigin, flags: &OriginFlags) -> Result<GitOrigin, Mistake> {
    let given: Vec<(&str, &String)> = [("--branch", &flags.branch), ("--tag", &flags.tag), ("--rev", &flags.rev)]
        .into_iter()
        .filter_map(|(flag, value)| Some((flag, value.as_ref()?)))
        .collect();
    if let [(flag, value), more @ ..] = given.as_slice() {
        if let Some((other, _)) = more.first() {
            return Err(Mistake::new(format!("`{flag}` and `{other}` say two things")).hint("one of them is enough"));
        }
        if git.reference != Reference::Newest {
            return Err(Mistake::new(format!("`{flag}` and `@…` say two things")).hint("one of them is enough"));
        }
        check_reference(value)?;
        git.reference = match *flag {
            "--branch" => Reference::Branch((*value).clone()),
            "--tag" => Reference::Tag((*value).clone()),
            _ if is_commit(value) => Reference::Commit((*value).clone()),
            _ => {
                return Err(Mistake::new(format!("`--rev {}` is no whole commit id", shown(value)))
                    .hint("write all 40 digits: `git rev-parse HEAD` prints them"));
            }
        };
    }
    if flags.subfolder.is_some() {
        if git.subfolder.is_some() {
            return Err(Mistake::new("`--subfolder` and `//…` say two things").hint("one of them is enough"));
        }
        git.subfolder = subfolder(None, flags)?;
    }
    Ok(git)
}

fn subfolder(inner: Option<&str>, flags: &OriginFlags) -> Result<Option<RelPath>, Mistake> {
    let Some(text) = inner.or(flags.subfolder.as_deref()) else { return Ok(None) };
    let wrong = |error: &dyn fmt::Display| {
        Mistake::new(format!("the template's folder cannot be `{}`: {error}", shown(text)))
            .hint("name a folder inside the repository, as in `//templates/go`")
    };
    check_characters(text, "subfolder")?;
    if text.split('/').any(|part| part == "..") {
        return Err(wrong(&"it leaves the repository"));
    }
    let path = RelPath::new(text).map_err(|error| wrong(&error))?;
    Ok(Some(path).filter(|path| !path.is_root()))
}

/// No control character, and nothing that git would take for an option.
fn check_characters(text: &str, what: &str) -> Result<(), Mistake> {
    if text.is_empty() || text.len() > MAX_BYTES {
        return Err(Mistake::new(format!("the {what} is empty or longer than {MAX_BYTES} characters")));
    }
    if text.starts_with('-') {
        return Err(Mistake::new(format!("`{}` is an option, expected a {what}", shown(text))));
    }
    if text.chars().any(|c| c.is_control() || texts::is_deceptive(c)) {
        return Err(Mistake::new(format!("the {what} `{}` has a control character in it", shown(text))));
    }
    Ok(())
}

fn check_host(host: &str, scheme: &str) -> Result<(), Mistake> {
    let (user, name) = host.rsplit_once('@').unwrap_or(("", host));
    let wrong = |what: &str| Mistake::new(format!("`{}` cannot be a host: {what}", shown(host)));
    if user.contains(':') {
        return Err(Mistake::new("a password in a template's address would be written into dockwright.toml")
            .hint("leave it out: git asks its credential helpers, as for `git clone`"));
    }
    if user.starts_with('-') || name.starts_with('-') {
        return Err(wrong("it begins as an option does"));
    }
    if name.is_empty() != (scheme == "file") {
        return Err(wrong(if scheme == "file" { "`file://` is followed by a whole path" } else { "it is empty" }));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:[]@%+~".contains(c);
    if host.chars().all(plain) { Ok(()) } else { Err(wrong("it has characters that no host has")) }
}

fn check_path(path: &str) -> Result<(), Mistake> {
    let wrong = |what: &str| Mistake::new(format!("`{}` cannot be a repository: {what}", shown(path)));
    if path.trim_start_matches('/').starts_with('-') {
        return Err(wrong("it begins as an option does"));
    }
    if path.contains(char::is_whitespace) {
        return Err(wrong("it has a blank in it"));
    }
    if path.contains(['?', '#']) {
        return Err(wrong("queries and fragments are no part of git's addresses").hint("a reference follows `@`"));
    }
    Ok(())
}

fn unreadable(typed: &str) -> Mistake {
    Mistake::new(format!("`{}` is no template", shown(typed)))
        .detail("expected an id, `./folder`, `gh:owner/repo`, `owner/repo` or an address for git")
        .hint("as in `gh:acme/containers//go@v3`; `dockwright template list` shows what is built in")
}

fn not_git(typed: &str) -> Mistake {
    Mistake::new(format!("`{}` is not in git, so it has no branch, tag or commit", shown(typed)))
        .hint("as in `--git https://host/acme/containers --tag v3 --subfolder go`")
}

/// What was typed, without what would change the terminal.
fn shown(text: &str) -> String {
    texts::plain(text, 120)
}

impl fmt::Display for Origin {
    /// As it can be typed again, and as `dockwright.toml` and the receipt keep it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Id(id) => f.write_str(id),
            Origin::Folder { path, subfolder: None } => f.write_str(path),
            Origin::Folder { path, subfolder: Some(inner) } => write!(f, "{}//{inner}", path.trim_end_matches('/')),
            Origin::Git(git) => write!(f, "{git}"),
        }
    }
}

impl fmt::Display for GitOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short)?;
        if let Some(inner) = &self.subfolder {
            write!(f, "//{inner}")?;
        }
        if let Some(reference) = self.reference.written() {
            write!(f, "@{reference}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
