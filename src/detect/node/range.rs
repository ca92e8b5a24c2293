//! Ranges of versions as npm reads them: what its semver (7.8) refuses is no range here either, and
//! every comparator counts. `nodejs-semver` reads more, drops what it does not understand, and of
//! two comparators that exclude each other takes one; so it is given one comparator at a time.

use nodejs_semver::Version;

/// Of each alternative all comparators.
#[derive(Debug, Clone, PartialEq)]
pub struct Range(Vec<Vec<nodejs_semver::Range>>);

impl Range {
    /// `>=18 <23`, `18 - 22 || ^24.9`; `None` for what npm takes for no range.
    pub fn parse(text: &str) -> Option<Self> {
        text.split("||").map(|alternative| comparators(alternative.trim())).collect::<Option<_>>().map(Range)
    }

    pub fn satisfies(&self, version: &Version) -> bool {
        self.0.iter().any(|all| all.iter().all(|one| one.satisfies(version)))
    }

    /// Whether all that it allows belongs to one version, as in `22`; not where it allows nothing.
    pub fn is_part_of(&self, version: &str) -> bool {
        let Ok(whole) = nodejs_semver::Range::parse(version) else { return false };
        let joined = |all: &Vec<nodejs_semver::Range>| {
            all.iter().try_fold(nodejs_semver::Range::any(), |joined, one| joined.intersect(one))
        };
        let mut allowed = self.0.iter().filter_map(joined).peekable();
        allowed.peek().is_some() && allowed.all(|allowed| whole.allows_all(&allowed))
    }
}

/// The comparators of one alternative; none at all allow every version.
fn comparators(text: &str) -> Option<Vec<nodejs_semver::Range>> {
    let read = |text: &str| nodejs_semver::Range::parse(text).ok();
    let text = text.replace(char::is_whitespace, " ");
    if let Some((from, to)) = text.split_once(" - ") {
        let (from, to) = (from.trim(), to.trim());
        let right = [from, to].into_iter().all(|side| is_version(side, false) && !is_odd(side));
        return right.then(|| Some(vec![read(&format!(">={}", plain(from)))?, read(&format!("<={}", plain(to)))?]))?;
    }
    let (mut found, mut rest) = (Vec::new(), text.as_str());
    while !rest.is_empty() {
        let operator = ["~>", "~", "^", ">=", "<=", ">", "<", "="].iter().find(|known| rest.starts_with(**known));
        let operator = operator.map_or("", |operator| *operator);
        rest = rest[operator.len()..].trim_start();
        // `< =22` is `<=22`
        let operator = match (operator, rest.strip_prefix('=')) {
            ("<" | ">", Some(after)) => {
                rest = after;
                if operator == "<" { "<=" } else { ">=" }
            }
            _ => operator,
        };
        let (version, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        let loose = operator.starts_with(['~', '^']);
        if !is_version(version, !loose) || (!loose && is_odd(version)) {
            return None;
        }
        // npm's older word for the same
        let operator = if operator == "~>" { "~" } else { operator };
        found.push(read(&format!("{operator}{}", plain(version)))?);
        rest = after.trim_start();
    }
    Some(found)
}

/// Without what stands before its numbers, a build, and every part from an `x` on.
fn plain(version: &str) -> String {
    let version = version.trim_start_matches(['v', '=']).split('+').next().unwrap_or_default();
    let numbers = version.split('-').next().unwrap_or_default();
    match numbers.split('.').position(is_x) {
        Some(0) => "*".to_owned(),
        Some(at) => numbers.split('.').take(at).collect::<Vec<_>>().join("."),
        None => version.to_owned(),
    }
}

/// `v22`, `20.x`, `22.1.0-rc.1+build`. Where it is `in_order`, what follows an `x` is one too.
fn is_version(text: &str, in_order: bool) -> bool {
    let text = text.trim_start_matches(['v', '=']);
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, before) = text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
    let parts: Vec<&str> = numbers.split('.').collect();
    let first_x = parts.iter().position(|part| is_x(part)).unwrap_or(parts.len());
    parts.len() <= 3
        && parts.iter().all(|part| is_number(part) || is_x(part))
        && (!in_order || parts[first_x..].iter().all(|part| is_x(part)))
        && build.is_none_or(is_suffix)
        && before.is_none_or(|before| parts.len() == 3 && is_suffix(before))
}

/// `=1.2.3` behind an operator: a whole version may have no more than a `v` before it.
fn is_odd(version: &str) -> bool {
    let text = version.trim_start_matches(['v', '=']);
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    let is_whole = numbers.split('.').count() == 3 && !numbers.split('.').any(is_x);
    is_whole && !["", "v"].contains(&&version[..version.len() - text.len()])
}

fn is_x(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

fn is_number(part: &str) -> bool {
    let digits = !part.is_empty() && part.len() < 16 && part.bytes().all(|byte| byte.is_ascii_digit());
    digits && (part == "0" || !part.starts_with('0'))
}

fn is_suffix(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // semver 7.8.4 as npm 11 has it; thousands more in tests/oracles/versions
    #[test]
    fn what_npm_refuses_is_no_range() {
        for text in [
            "latest",
            "18,20",
            "18 ||| 20",
            "1.2.3.4",
            "26.x.0",
            ">=26.x.0",
            "26-rc",
            "v 20",
            "01",
            ">=18 <=",
            ">==22.1.0",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
        for text in [
            "",
            "*",
            "v22",
            "< =22.1.0",
            "~> 20",
            "~26.x.0",
            "= 20",
            ">= =25.X",
            "18 - 22.x.1",
            "^=1",
            "20 || ",
            ">=1+a.b",
        ] {
            assert!(Range::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn every_comparator_counts() {
        let allows = |text: &str| Range::parse(text).unwrap().satisfies(&Version::parse("22.11.0").unwrap());
        for text in [">=18 <23", "22 20 || 22", "|| 11", "~>22", "18 - 22.x.1", "^22.x.4", ">21.x"] {
            assert!(allows(text), "{text}");
        }
        for text in ["22 20", "20 ^22", ">22.x", "<22 || >22", "22.12 - 18"] {
            assert!(!allows(text), "{text}");
        }
    }

    #[test]
    fn a_pinned_release_is_part_of_its_major_version() {
        let part = |text: &str| Range::parse(text).unwrap().is_part_of("22");
        assert!(part("22.1.0") && part("~22.1 || 22.4.x") && part("22.1.0 || 20 21"));
        assert!(!part("22.1.0 || ^21") && !part("20 21") && !part(">=22"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_range_or_none(text in r"([0-9xX*.^~<>=|v +-]|é|\|\|| - |alpha){0,30}") {
            if let Some(range) = Range::parse(&text) {
                range.is_part_of("22");
            }
        }
    }
}
