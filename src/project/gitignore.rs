//! What git ignores: the `.gitignore` files of a project, by git's own rules (gitignore(5), and
//! `wildmatch.c` where that is silent). Global and per-clone excludes are no part of the project.

use super::Project;
use crate::paths::RelPath;

/// Longer patterns are taken for one that matches nothing: no name is that long.
const MAX_PATTERN: usize = 1_000;

/// The line that makes git ignore a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    pub file: RelPath,
    /// From 1.
    pub line: u32,
    /// As it stands there.
    pub pattern: String,
    /// It is about a folder around the file, so that no later line takes the file back.
    pub of_folder: bool,
}

/// What one line says.
struct Pattern<'t> {
    line: u32,
    text: &'t str,
    glob: &'t [u8],
    /// `!`: not ignored after all.
    takes_back: bool,
    only_folders: bool,
    /// Has no `/` but a last one: it is about a name, at any depth.
    is_name: bool,
}

impl Project {
    /// The line by which git ignores a file, which need not be there yet. `None` where it takes it.
    pub fn ignored(&self, file: &RelPath) -> Option<Ignored> {
        let parts: Vec<&str> = file.parts().collect();
        // a folder that is ignored hides all below it, whatever files in it say
        (1..=parts.len()).find_map(|count| self.decided(&parts[..count], count < parts.len()).flatten())
    }

    /// What the nearest .gitignore with an opinion says of one path; the inner `None` is "taken".
    fn decided(&self, parts: &[&str], is_folder: bool) -> Option<Option<Ignored>> {
        (0..parts.len()).rev().find_map(|depth| {
            let file = RelPath::new(&parts[..depth].join("/")).ok()?.join(".gitignore").ok()?;
            let source = self.read(&file)?;
            let path = parts[depth..].join("/");
            let lines: Vec<(u32, &str)> = source.lines().collect();
            let patterns = lines.iter().rev().filter_map(|(line, text)| pattern(*line, text));
            let found = patterns.into_iter().find(|pattern| matches(pattern, &path, is_folder))?;
            let pattern = found.text.to_owned();
            let ignored = Ignored { file, line: found.line, pattern, of_folder: is_folder };
            Some((!found.takes_back).then_some(ignored))
        })
    }
}

fn pattern(line: u32, text: &str) -> Option<Pattern<'_>> {
    if text.starts_with('#') {
        return None;
    }
    let text = without_spaces(text);
    let (takes_back, glob) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (only_folders, glob) = glob.strip_suffix('/').map_or((false, glob), |rest| (true, rest));
    let is_name = !glob.contains('/');
    let glob = glob.strip_prefix('/').unwrap_or(glob).as_bytes();
    (!glob.is_empty() && glob.len() <= MAX_PATTERN).then_some(Pattern {
        line,
        text,
        glob,
        takes_back,
        only_folders,
        is_name,
    })
}

/// Without the spaces at its end, unless a backslash keeps the first of them.
fn without_spaces(text: &str) -> &str {
    let mut end = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c != ' ' || escaped {
            end = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    &text[..end]
}

fn matches(pattern: &Pattern<'_>, path: &str, is_folder: bool) -> bool {
    if pattern.only_folders && !is_folder {
        return false;
    }
    let text = if pattern.is_name { path.rsplit('/').next().unwrap_or(path) } else { path };
    // git compares what no wildcard is in first, and takes what follows for the beginning
    let literal = pattern.glob.iter().take_while(|c| !b"*?[\\".contains(c)).count();
    let literal = if pattern.is_name { 0 } else { literal };
    Match { glob: pattern.glob, text: text.as_bytes(), literal, tried: Vec::new() }.all()
}

/// One pattern against one path, byte by byte as git does it. What was tried in vain is not tried
/// again, so that no pattern takes long.
struct Match<'p> {
    glob: &'p [u8],
    text: &'p [u8],
    /// Where the first wildcard is: `abc**/x` is `abc/**/x` to git.
    literal: usize,
    tried: Vec<bool>,
}

impl Match<'_> {
    fn all(mut self) -> bool {
        self.tried = vec![false; (self.glob.len() + 1) * (self.text.len() + 1)];
        self.at(0, 0)
    }

    fn at(&mut self, mut glob: usize, mut text: usize) -> bool {
        loop {
            let cell = glob * (self.text.len() + 1) + text;
            if std::mem::replace(&mut self.tried[cell], true) {
                return false;
            }
            let Some(first) = self.glob.get(glob).copied() else { return text == self.text.len() };
            if first == b'*' {
                return self.star(glob, text);
            }
            let Some(c) = self.text.get(text).copied() else { return false };
            let end = match first {
                b'?' if c != b'/' => glob + 1,
                b'[' => match self.class(glob, c) {
                    Some((true, end)) => end,
                    _ => return false,
                },
                b'\\' if self.glob.get(glob + 1) == Some(&c) => glob + 2,
                b'?' | b'\\' => return false,
                first if first == c => glob + 1,
                _ => return false,
            };
            (glob, text) = (end, text + 1);
        }
    }

    /// `*` up to the next `/`; `**` over folders where it stands for whole parts of a path.
    fn star(&mut self, glob: usize, text: usize) -> bool {
        let count = self.glob[glob..].iter().take_while(|c| **c == b'*').count();
        let next = glob + count;
        let before = glob == 0 || glob == self.literal || self.glob[glob - 1] == b'/';
        let after = &self.glob[next..];
        let whole = count >= 2 && before && (after.is_empty() || after[0] == b'/' || after.starts_with(b"\\/"));
        // `a/**/b` is `a/b` too
        if whole && after.first() == Some(&b'/') && self.at(next + 1, text) {
            return true;
        }
        for end in text..=self.text.len() {
            if self.at(next, end) {
                return true;
            }
            if !whole && self.text.get(end) == Some(&b'/') {
                return false;
            }
        }
        false
    }

    /// Whether a class such as `[!a-z]` has a byte, and where it ends; `None` where it does not end.
    fn class(&self, start: usize, c: u8) -> Option<(bool, usize)> {
        let mut at = start + 1;
        let negated = matches!(self.glob.get(at), Some(b'!' | b'^'));
        if negated {
            at += 1;
        }
        let (mut has, mut before, first) = (false, None, at);
        loop {
            let mut here = *self.glob.get(at)?;
            if here == b']' && at > first {
                return Some((has != negated && c != b'/', at + 1));
            }
            let range = here == b'-' && before.is_some() && self.glob.get(at + 1).is_some_and(|next| *next != b']');
            if range {
                at += 1;
                here = *self.glob.get(at)?;
                if here == b'\\' {
                    at += 1;
                    here = *self.glob.get(at)?;
                }
                has |= before.is_some_and(|from| (from..=here).contains(&c));
                before = None;
            } else if here == b'[' && self.glob.get(at + 1) == Some(&b':') {
                let rest = &self.glob[at + 2..];
                let end = rest.iter().position(|c| *c == b']')?;
                match rest[..end].strip_suffix(b":") {
                    Some(name) => {
                        has |= is_in(name, c)?;
                        at += end + 2;
                        before = None;
                    }
                    // no class after all: the bracket is one of its members
                    None => {
                        has |= c == b'[';
                        before = Some(b'[');
                    }
                }
            } else {
                if here == b'\\' {
                    at += 1;
                    here = *self.glob.get(at)?;
                }
                has |= here == c;
                before = Some(here);
            }
            at += 1;
        }
    }
}

/// `[:alpha:]` and its like; `None` for a name that is none of them.
fn is_in(class: &[u8], c: u8) -> Option<bool> {
    Some(match class {
        b"alnum" => c.is_ascii_alphanumeric(),
        b"alpha" => c.is_ascii_alphabetic(),
        b"blank" => c == b' ' || c == b'\t',
        b"cntrl" => c.is_ascii_control(),
        b"digit" => c.is_ascii_digit(),
        b"graph" => c.is_ascii_graphic(),
        b"lower" => c.is_ascii_lowercase(),
        b"print" => c.is_ascii_graphic() || c == b' ',
        b"punct" => c.is_ascii_punctuation(),
        b"space" => c.is_ascii_whitespace() || c == 0x0b,
        b"upper" => c.is_ascii_uppercase(),
        b"xdigit" => c.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// The line that ignores `path`, with these .gitignore files.
    fn ignored(files: &[(&str, &str)], path: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let found = Project::open(folder.path()).unwrap().ignored(&RelPath::new(path).unwrap())?;
        Some(format!("{}:{} {}", found.file, found.line, found.pattern))
    }

    #[test]
    fn the_last_line_that_matches_decides() {
        let file = |text: &'static str| [(".gitignore", text)];
        assert_eq!(ignored(&file("*.yaml\n"), "compose.yaml").unwrap(), ".gitignore:1 *.yaml");
        assert_eq!(ignored(&file("*.yaml\n!compose.yaml\n"), "compose.yaml"), None);
        assert_eq!(ignored(&file("!Dockerfile\n# x\nDocker*\r\n"), "api/Dockerfile").unwrap(), ".gitignore:3 Docker*");
        assert_eq!(ignored(&file("/compose.yaml\n"), "api/compose.yaml"), None);
        assert_eq!(ignored(&file("Dockerfile/\n"), "Dockerfile"), None);
    }

    #[test]
    fn a_folder_that_is_ignored_hides_all_below_it() {
        let files = [(".gitignore", "deploy/\n"), ("deploy/.gitignore", "!Dockerfile\n")];
        assert_eq!(ignored(&files, "deploy/Dockerfile").unwrap(), ".gitignore:1 deploy/");
        let files = [(".gitignore", "Dockerfile\n"), ("api/.gitignore", "!Dockerfile\n")];
        assert_eq!(ignored(&files, "api/Dockerfile"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_patterns(text in r"(\*|\?|\[|\]|!|/|\\| |#|-|\^|a|z|:|alpha|[[:alpha:]]|\n|é){0,30}", path in "[a-z/]{1,12}") {
            if let Ok(path) = RelPath::new(&path) {
                let file = format!("{text}\n");
                ignored(&[(".gitignore", &file)], path.as_str());
            }
        }
    }
}
