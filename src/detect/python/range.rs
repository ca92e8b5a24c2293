//! Which versions of Python a project allows, as PEP 440 or Poetry writes it.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::Evidence;

/// A range with the place that says it.
pub struct Range {
    /// One of these has to hold.
    specifiers: Vec<VersionSpecifiers>,
    pub evidence: Evidence,
}

impl Range {
    pub fn allows(&self, release: &str) -> bool {
        let found = Version::from_str(release);
        found.is_ok_and(|found| self.specifiers.iter().any(|specifiers| specifiers.contains(&found)))
    }
}

/// `requires-python`, or what Poetry has for it. One that cannot be read is named and passed over,
/// as pip does with it.
pub fn range(context: &Context<'_>, manifest: &Manifest) -> Option<Range> {
    let (file, json) = manifest.pyproject.as_ref()?;
    let of = |names: &[&str]| json.at(names).and_then(|json| Some((json.text()?, json.line)));
    let (text, line, because, specifiers) = match of(&["project", "requires-python"]) {
        Some((text, line)) => (text, line, "requires-python", of_packaging(text).map(|one| vec![one])),
        None => {
            let (text, line) = of(&["tool", "poetry", "dependencies", "python"])?;
            (text, line, "tool.poetry.dependencies.python", of_poetry(text))
        }
    };
    let evidence = Evidence::at(file, line, text, because);
    if specifiers.is_none() {
        context.warn(
            "malformed-range",
            format!("`{text}` is no range of versions, so that it does not count"),
            vec![evidence.clone()],
            "write it as in `>=3.11,<4`",
        );
    }
    Some(Range { specifiers: specifiers?, evidence })
}

/// As packaging reads them: commas may be too many.
fn of_packaging(text: &str) -> Option<VersionSpecifiers> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    VersionSpecifiers::from_str(&parts.join(",")).ok()
}

/// Poetry's ranges as PEP 440 has them: `^3.11`, `~3.11`, `>=3.10 <3.13`, `^3.9 || ^3.12`; `3.11` is
/// 3.11.0 and nothing else.
fn of_poetry(text: &str) -> Option<Vec<VersionSpecifiers>> {
    text.split("||").map(|one| VersionSpecifiers::from_str(&alternative(one)).ok()).collect()
}

fn alternative(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        match parts.last_mut() {
            // `>= 3.10`
            Some(last) if last.ends_with(['>', '<', '=', '~', '^', '!']) => last.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    parts.iter().filter(|part| *part != "*").map(|part| clause(part)).collect::<Vec<_>>().join(",")
}

fn clause(part: &str) -> String {
    let numbers = |text: &str| text.split('.').map(|number| number.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let next = |text: &str, at: usize| {
        let mut numbers = numbers(text);
        numbers.truncate(at + 1);
        if let Some(last) = numbers.last_mut() {
            *last += 1;
        }
        numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
    };
    if let Some(version) = part.strip_prefix('^') {
        return format!(">={version},<{}", next(version, 0));
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return format!(">={version},<{}", next(version, 1));
    }
    if let Some(version) = part.strip_prefix("~=").filter(|version| !version.contains('.')) {
        // Poetry alone allows it
        return format!(">={version},<{}", next(version, 0));
    }
    if part.starts_with(|c: char| c.is_ascii_digit()) { format!("=={part}") } else { part.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    // as poetry-core 2 has them (`constraints.version.parse_constraint`): tests/oracles/fastapi_says.py asks it
    #[test]
    fn poetry_writes_ranges_of_its_own() {
        for (text, allowed) in [
            ("^3.11", "3.11.0 3.11.15 3.14.10"),
            ("~3.11", "3.11.0 3.11.15"),
            ("~3.11.2", "3.11.15"),
            ("~3", "3.10.20 3.11.0 3.11.15 3.14.10"),
            (">=3.10,<3.14", "3.10.20 3.11.0 3.11.15"),
            (">= 3.10 <3.11", "3.10.20"),
            ("3.10.20 || ^3.14", "3.10.20 3.14.10"),
            ("3.11", "3.11.0"),
            ("3.11.*", "3.11.0 3.11.15"),
            ("*", "3.10.20 3.11.0 3.11.15 3.14.10"),
        ] {
            let range = Range { specifiers: of_poetry(text).unwrap(), evidence: Evidence::none("") };
            let releases = ["3.10.20", "3.11.0", "3.11.15", "3.14.10"];
            let found: Vec<&str> = releases.into_iter().filter(|release| range.allows(release)).collect();
            assert_eq!(found.join(" "), allowed, "{text}");
        }
    }
}
