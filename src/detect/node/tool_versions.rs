//! Which Node the managers of many tools were told: asdf, mise, volta.

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::{Json, JsonKind};
use crate::project::toml;

/// Where mise looks for its settings in a project, the first wins.
const MISE: &[&str] = &["mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml"];
const NAMES: &[&str] = &["node", "nodejs"];

/// The version as it is written there, the most exact place first.
pub fn by_tool(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Option<(String, Evidence)> {
    let volta = || {
        let (text, line) = manifest.volta()?;
        Some((text.to_owned(), Evidence::at(&manifest.file, line, text, "volta.node")))
    };
    by_asdf(context, path).or_else(|| by_mise(context, path)).or_else(volta)
}

/// A line of .tool-versions; of several versions the first is used.
fn by_asdf(context: &Context<'_>, path: &RelPath) -> Option<(String, Evidence)> {
    let file = path.join(".tool-versions").ok()?;
    let source = context.project.read(&file)?;
    source.lines().find_map(|(line, text)| {
        let mut words = text.split('#').next()?.split_whitespace();
        let tool = words.next().filter(|tool| NAMES.contains(tool));
        let version = tool.and(words.next())?;
        Some((version.to_owned(), Evidence::at(&file, line, version, "Node version file")))
    })
}

/// `node = "22"` below `[tools]`; a list or a table says the same.
fn by_mise(context: &Context<'_>, path: &RelPath) -> Option<(String, Evidence)> {
    MISE.iter().find_map(|name| {
        let file = path.join(name).ok()?;
        let source = context.project.read(&file)?;
        // one that cannot be read is mise's to report
        let settings = toml::parse(&source).ok()?;
        let tools = settings.get("tools")?;
        let member = NAMES.iter().find_map(|name| tools.member(name))?;
        let version = version(&member.value)?;
        Some((version.clone(), Evidence::at(&file, member.line, version, "tools.node of mise")))
    })
}

fn version(value: &Json) -> Option<String> {
    match &value.kind {
        JsonKind::Text(text) => Some(text.clone()),
        JsonKind::Number(number) => Some(number.clone()),
        JsonKind::Array(items) => version(items.first()?),
        JsonKind::Object(_) => version(value.get("version")?),
        _ => None,
    }
}
