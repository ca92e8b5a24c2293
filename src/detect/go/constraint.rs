//! Which files the go command builds for linux/amd64.

use super::scan::Scan;

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const PROCESSORS: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a file is part of the build, by its name (without folder) and its head.
pub fn is_built(file_name: &str, scan: &Scan, cgo: bool) -> bool {
    name_fits(file_name) && head_fits(scan, cgo)
}

/// `x_test.go`, `x_windows.go`, `x_linux_arm64.go`; names with `_` or `.` in front are not read.
fn name_fits(file_name: &str) -> bool {
    let Some(stem) = file_name.strip_suffix(".go") else { return false };
    if stem.starts_with(['_', '.']) || stem.ends_with("_test") {
        return false;
    }
    // what stands before the first `_` is a name, not a system: linux.go is built everywhere
    let mut parts: Vec<&str> = stem.split('_').skip(1).collect();
    if parts.last().is_some_and(|part| PROCESSORS.contains(part)) && parts.pop() != Some("amd64") {
        return false;
    }
    parts.last().is_none_or(|part| !SYSTEMS.contains(part) || *part == "linux")
}

fn head_fits(scan: &Scan, cgo: bool) -> bool {
    let head = || scan.directives.iter().filter(|directive| directive.tokens_before == 0);
    match head().find(|directive| directive.name == "build") {
        Some(build) => holds(&build.text, cgo),
        None => head()
            .filter(|directive| directive.name == "+build")
            .all(|old| old.text.split_whitespace().any(|option| option_holds(option, cgo))),
    }
}

/// `linux,!arm64`, as in the old lines and behind `#cgo`.
pub fn option_holds(option: &str, cgo: bool) -> bool {
    option.split(',').all(|term| match term.strip_prefix('!') {
        Some(tag) => !is_set(tag, cgo),
        None => is_set(term, cgo),
    })
}

/// 27 of the newest Go that an image has, 1.27: which one builds it follows from more than a file.
fn newest_minor() -> u32 {
    let preset = crate::presets::Presets::built_in().runtimes.get("go");
    let minors = preset.into_iter().flat_map(|preset| &preset.version);
    minors.filter_map(|version| version.version.strip_prefix("1.")?.parse().ok()).max().unwrap_or(u32::MAX)
}

/// Tags that hold in the image's build.
fn is_set(tag: &str, cgo: bool) -> bool {
    matches!(tag, "linux" | "unix" | "amd64" | "gc")
        || (cgo && tag == "cgo")
        || tag.strip_prefix("go1.").and_then(|n| n.parse().ok()).is_some_and(|n: u32| n <= newest_minor())
}

/// Evaluates `linux && !cgo || (x)`. What is no such expression does not hold, as for the go
/// command.
fn holds(expression: &str, cgo: bool) -> bool {
    let mut words = Vec::new();
    let mut rest = expression.trim();
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '&' | '|' => 2,
            '!' | '(' | ')' => 1,
            c if c.is_whitespace() => c.len_utf8(),
            _ => rest.find(|c: char| "&|!()".contains(c) || c.is_whitespace()).unwrap_or(rest.len()),
        };
        let Some((word, after)) = rest.split_at_checked(end) else { return false };
        if !word.trim().is_empty() {
            words.push(word);
        }
        rest = after;
    }
    let mut terms = Terms { words: &words, cgo, at: 0, depth: 0 };
    let value = terms.any();
    value == Some(true) && terms.at == words.len()
}

struct Terms<'a> {
    words: &'a [&'a str],
    cgo: bool,
    at: usize,
    depth: u32,
}

impl Terms<'_> {
    fn next_is(&mut self, word: &str) -> bool {
        let is = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all()?;
        while self.next_is("||") {
            value |= self.all()?;
        }
        Some(value)
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.term()?;
        while self.next_is("&&") {
            value &= self.term()?;
        }
        Some(value)
    }

    fn term(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > 1000 {
            return None;
        }
        if self.next_is("!") {
            return self.term().map(|value| !value);
        }
        if self.next_is("(") {
            let value = self.any()?;
            return self.next_is(")").then_some(value);
        }
        let tag = self.words.get(self.at).filter(|word| !["&&", "||", ")", "&", "|"].contains(word))?;
        self.at += 1;
        Some(is_set(tag, self.cgo))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scan::scan;
    use super::*;

    #[test]
    fn the_file_name_says_system_and_processor() {
        for name in ["a.go", "linux.go", "a_linux.go", "a_amd64.go", "a_linux_amd64.go", "windows.go", "my_server.go"] {
            assert!(name_fits(name), "{name}");
        }
        for name in ["a_test.go", "a_windows.go", "a_arm64.go", "a_linux_arm64.go", "_a.go", ".a.go", "a.txt"] {
            assert!(!name_fits(name), "{name}");
        }
    }

    #[test]
    fn the_build_line_is_evaluated_for_linux_without_cgo() {
        for text in ["linux", "!cgo", "linux && amd64", "windows || unix", "!(windows || arm64)", "go1.21", "!dev"] {
            assert!(holds(text, false), "{text}");
        }
        for text in ["cgo", "ignore", "windows", "linux && integration", "(linux", "linux &&", "", "linux amd64"] {
            assert!(!holds(text, false), "{text}");
        }
        assert!(holds("linux && cgo", true) && !holds("!cgo", true));
    }

    #[test]
    fn the_old_build_lines_all_have_to_hold() {
        assert!(is_built("a.go", &scan("// +build linux,!cgo windows\n\npackage a\n"), false));
        assert!(!is_built("a.go", &scan("// +build linux\n// +build tools\n\npackage a\n"), false));
        assert!(is_built("a.go", &scan("package a\n//go:build ignore\n"), false));
    }

    proptest! {
        #[test]
        fn any_expression_has_a_value(text in "[a-z&|!() é]{0,60}") {
            holds(&text, true);
        }
    }
}
