//! `.dockerignore`, matched as moby's patternmatcher does.
//!
//! Patterns are anchored at the context's root, the last one that matches counts, and one that
//! matches a folder holds for everything below it.

/// The patterns of a `.dockerignore`, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    pub patterns: Vec<Pattern>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// From 1.
    pub line: u32,
    /// `!`: what it matches gets in again.
    pub negated: bool,
    /// Cleaned: without `./`, inner `..` and slashes at its ends.
    pub text: String,
    /// `None`: malformed, matches nothing.
    steps: Option<Vec<Step>>,
}

/// What a pattern is made of, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A slash too.
    Char(char),
    /// `?`: one character but a slash.
    One,
    /// `*`: any number of those.
    Any,
    /// `**` at the end: everything.
    Rest,
    /// The beginning of `**/`: the next step is `Inside`, which may be left out.
    Folders,
    /// Any characters, and then a slash.
    Inside,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Ignore {
    /// Reads the file. A pattern that is malformed (`[a`) matches nothing.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
        let patterns = lines.filter_map(|(line, number)| {
            let line = line.trim();
            let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest.trim()));
            let text = clean(line);
            (!line.is_empty()).then(|| Pattern { line: number, negated, steps: steps(&text), text })
        });
        Ignore { patterns: patterns.collect() }
    }

    /// Whether a file of the context, `a/b.txt`, is left out.
    pub fn ignores(&self, path: &str) -> bool {
        self.decides(path).is_some_and(|pattern| !pattern.negated)
    }

    /// The pattern that decides over a path.
    pub fn decides(&self, path: &str) -> Option<&Pattern> {
        let path = path.trim_matches('/');
        self.patterns.iter().rev().find(|pattern| pattern.covers(path))
    }
}

impl Pattern {
    /// Whether it matches the path or a folder that holds it.
    fn covers(&self, path: &str) -> bool {
        let Some(steps) = &self.steps else { return false };
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.chain([path]).any(|path| matches(steps, path))
    }
}

/// As Go's `filepath.Clean`, and without a slash in front.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            // what is above the context's root is not in it
            ".." if pattern.starts_with('/') => {}
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn steps(pattern: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                match chars.peek() {
                    None => steps.push(Step::Rest),
                    Some(_) => steps.extend([Step::Folders, Step::Inside]),
                }
            }
            '*' => steps.push(Step::Any),
            '?' => steps.push(Step::One),
            '\\' => steps.push(Step::Char(chars.next()?)),
            '[' => steps.push(class(&mut chars)?),
            other => steps.push(Step::Char(other)),
        }
    }
    Some(steps)
}

/// What follows `[`, up to and with `]`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<Step> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
        let from = member(chars)?;
        let to = if chars.next_if_eq(&'-').is_some() { member(chars)? } else { from };
        ranges.push((from, to));
    }
    Some(Step::Class { negated, ranges })
}

fn member(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<char> {
    match chars.next()? {
        ']' | '-' => None,
        '\\' => chars.next(),
        other => Some(other),
    }
}

/// Keeps the set of steps that may come next, so no pattern takes more than pattern × path.
fn matches(steps: &[Step], path: &str) -> bool {
    let mut open = vec![false; steps.len() + 1];
    open[0] = true;
    skip(steps, &mut open);
    let mut next = vec![false; steps.len() + 1];
    for c in path.chars() {
        next.fill(false);
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| open[*at]) {
            match step {
                Step::Any => next[at] |= c != '/',
                Step::Rest => next[at] = true,
                Step::Folders => {}
                Step::Inside => {
                    next[at] = true;
                    next[at + 1] |= c == '/';
                }
                Step::Char(wanted) => next[at + 1] |= c == *wanted,
                Step::One => next[at + 1] |= c != '/',
                Step::Class { negated, ranges } => {
                    let inside = ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                    next[at + 1] |= inside != *negated;
                }
            }
        }
        skip(steps, &mut next);
        std::mem::swap(&mut open, &mut next);
    }
    open[steps.len()]
}

/// Opens what follows steps that may match nothing.
fn skip(steps: &[Step], open: &mut [bool]) {
    for (at, step) in steps.iter().enumerate() {
        if open[at] && matches!(step, Step::Any | Step::Rest | Step::Folders) {
            open[at + 1] = true;
            if *step == Step::Folders {
                open[at + 2] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, out: &[&str], kept: &[&str]) {
        let ignore = Ignore::parse(text);
        for path in out {
            assert!(ignore.ignores(path), "{text:?} should leave out {path}");
        }
        for path in kept {
            assert!(!ignore.ignores(path), "{text:?} should keep {path}");
        }
    }

    #[test]
    fn the_examples_of_the_documentation_hold() {
        check("*/temp*", &["somedir/temporary.txt", "somedir/temp/a"], &["temp", "a/b/temp"]);
        check("*/*/temp*", &["somedir/subdir/temporary.txt"], &["somedir/temp"]);
        check("temp?", &["tempa", "tempb"], &["temp", "tempab", "a/tempa"]);
        check("**/*.go", &["a.go", "x/a.go", "x/y/a.go"], &["a.gone"]);
        check("*.md\n!README.md", &["a.md"], &["README.md", "x/a.md"]);
        check("*.md\n!README*.md\nREADME-secret.md", &["a.md", "README-secret.md"], &["README.md", "README-x.md"]);
        check("*.md\nREADME-secret.md\n!README*.md", &["a.md"], &["README.md", "README-secret.md"]);
        check("# comment\n/foo/bar\n", &["foo/bar", "foo/bar/baz"], &["foo", "# comment"]);
    }

    #[test]
    fn a_folder_holds_for_all_below_it_until_something_gets_in_again() {
        check("node_modules", &["node_modules/a/b"], &["packages/a/node_modules/b"]);
        check("docs\n!docs/keep", &["docs/a"], &["docs/keep", "docs/keep/b"]);
        check("*\n!src\nsrc/**/*_test.go", &["a", ".env", "src/x/y_test.go", "src/y_test.go"], &["src/main.go"]);
        check("secrets/**", &["secrets/a", "secrets/a/b"], &["secrets", "x/secrets/a"]);
        check("**/secrets", &["secrets/a", "x/y/secrets/a"], &["x/nosecrets/a"]);
    }

    #[test]
    fn lines_are_read_as_docker_reads_them() {
        check("\u{feff}.env\r\n!.env.example\r\n", &[".env"], &[".env.example"]);
        check("  a  \n ./b/ \n/c\n d/../e", &["a", "b/x", "c", "e"], &["d"]);
        check("! a\nb #no\n\\#c", &["#c", "b #no"], &["a", "b"]);
        check("../x\n!\n.", &[], &["x", "a"]);
        check("/../x", &["x"], &[]);
    }

    #[test]
    fn classes_and_escapes_are_those_of_go() {
        check("[a-c]x", &["ax", "cx"], &["dx"]);
        check("[^a-c]x", &["dx"], &["ax"]);
        check("[!a]x", &["!x", "ax"], &["bx"]);
        check("[\\]a]x", &["]x", "ax"], &["bx"]);
        check("\\*", &["*"], &["a"]);
        check("[a\n[]", &[], &["a", "[a", "[]"]);
        check("a**b", &["ab", "ax/b"], &["axb"]);
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic_or_slow(text in "([*]|[*][*]/|[?]|a|/|\\[|\\]|\\^|-|\\\\|!|\n){0,60}", path in "[a/]{0,200}") {
            Ignore::parse(&text).ignores(&path);
        }
    }
}
