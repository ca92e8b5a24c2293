//! Which Next.js it is: as locked, else as package.json asks for.

use super::super::node::entry::Folder;
use crate::facts::Packages;
use crate::project::json::{self, Member};

/// The major version.
pub fn major(folder: &Folder<'_>, packages: Option<&Packages>, member: &Member) -> Option<u64> {
    let locked = packages.and_then(|packages| packages.lockfile.as_ref()).and_then(|lockfile| {
        let source = folder.context.project.read(&folder.whole(lockfile))?;
        match lockfile.extension() {
            Some("json") => {
                let json = json::parse(&source).ok()?;
                leading(json.at(&["packages", "node_modules/next", "version"])?.text()?)
            }
            _ => source.lines().find_map(|(_, line)| in_line(line)),
        }
    });
    locked.or_else(|| leading(member.value.text()?))
}

/// `next@16.4.6` as pnpm and bun lock it, `next@^16:` as yarn does.
fn in_line(line: &str) -> Option<u64> {
    line.match_indices("next@").find_map(|(at, _)| {
        let alone = line[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || "-/@_.".contains(c)));
        // old lockfiles of pnpm: `/next@14.2.3`
        let old = line[..at].trim() == "/";
        (alone || old).then(|| leading(line[at + 5..].trim_start_matches("npm:")))?
    })
}

/// The first number: 16 of `^16.4.0`, `>=16`, `16.x`.
fn leading(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lockfiles_of_all_managers_are_read() {
        for (line, major) in [
            ("  next@16.4.6(react@19.0.0):", Some(16)),
            ("  /next@14.2.3:", Some(14)),
            ("next@^15.0.0, next@15.1.0:", Some(15)),
            ("\"next@npm:^15.0.0\":", Some(15)),
            ("    \"next\": [\"next@16.0.0\", \"\"],", Some(16)),
            ("  eslint-config-next@16.0.0:", None),
            ("  '@x/next@1.0.0':", None),
        ] {
            assert_eq!(in_line(line), major, "{line}");
        }
        for (range, major) in [("^16.1.0", Some(16)), (">=14", Some(14)), ("15.x", Some(15)), ("latest", None)] {
            assert_eq!(leading(range), major, "{range}");
        }
    }
}
