//! Which folders are members: `workspaces` of package.json, `packages` of pnpm-workspace.yaml.

use fast_glob::glob_match;
use granit_parser::{Event, Parser};

use super::super::super::Context;
use super::super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::{Mistake, Source};

const PNPM: &str = "pnpm-workspace.yaml";

/// The patterns of a root with the line that begins them; `None` where it lists no members.
///
/// # Errors
/// A package.json or pnpm-workspace.yaml that cannot be read.
pub fn read(context: &Context<'_>, root: &RelPath) -> Result<Option<(Vec<String>, Evidence)>, Mistake> {
    let by_pnpm = match root.join(PNPM).ok() {
        Some(file) => context.project.require(&file)?,
        None => None,
    };
    if let Some(source) = by_pnpm {
        let (patterns, line) = packages(&source)?;
        if !patterns.is_empty() {
            return Ok(Some((patterns, Evidence::at(source.path(), line, "packages", "members of the workspace"))));
        }
    }
    let Some(manifest) = Manifest::read(context, root)? else { return Ok(None) };
    let (patterns, line) = manifest.workspaces();
    let evidence = || Evidence::at(&manifest.file, line, "workspaces", "members of the workspace");
    Ok((!patterns.is_empty()).then(|| (patterns, evidence())))
}

/// The texts of the list `packages` at the top, and its line.
fn packages(source: &Source) -> Result<(Vec<String>, u32), Mistake> {
    let (mut depth, mut line, mut patterns) = (0, 1, Vec::new());
    let (mut is_key, mut wanted) = (true, false);
    for next in Parser::new_from_str(source.text()) {
        let (event, span) = next.map_err(|error| {
            Mistake::new(format!("`{}` is not valid YAML", source.path()))
                .at(source.path().clone(), Some(error.marker().line() as u32))
                .detail(error.info().to_owned())
        })?;
        match event {
            Event::DocumentEnd => break,
            Event::Scalar(text, ..) => {
                if depth == 1 && is_key {
                    wanted = text == "packages";
                    if wanted {
                        line = span.start.line() as u32;
                    }
                } else if depth == 2 && wanted {
                    patterns.push(text.to_string());
                }
                is_key = depth != 1 || !is_key;
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => {
                depth -= 1;
                is_key = is_key || depth == 1;
            }
            _ => {}
        }
    }
    Ok((patterns, line))
}

/// The folders below the root with a package.json that the patterns match; of several patterns the
/// last counts, and `!` takes away.
pub fn members(context: &Context<'_>, root: &RelPath, patterns: &[String]) -> Vec<RelPath> {
    let patterns: Vec<(bool, &str)> = patterns
        .iter()
        .map(|pattern| match pattern.strip_prefix('!') {
            Some(rest) => (false, plain(rest)),
            None => (true, plain(pattern)),
        })
        .collect();
    let manifests = context.project.files_below(root).filter(|file| file.file_name() == "package.json");
    let folders = manifests.filter_map(RelPath::parent).filter(|folder| folder != root);
    let is_member = |folder: &RelPath| {
        let inner = folder.strip(root).unwrap_or_else(|| folder.clone());
        let last = patterns.iter().rev().find(|(_, pattern)| glob_match(pattern, inner.as_str()));
        last.is_some_and(|(adds, _)| *adds)
    };
    let mut members: Vec<RelPath> = folders.filter(is_member).collect();
    members.sort();
    members
}

fn plain(pattern: &str) -> &str {
    pattern.trim_start_matches("./").trim_end_matches('/')
}
