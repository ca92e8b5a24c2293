//! Which Node runs it: a version file, else the ranges of package.json, else what most should use.

use nodejs_semver::Version;

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::super::images::images;
use super::manifest::{Manifest, Wanted};
use super::range::Range;
use super::tool_versions::by_tool;
use super::workspace;
use crate::facts::{Confidence, Evidence, Found, Runtime};
use crate::paths::RelPath;
use crate::presets::{RuntimePreset, RuntimeVersion};
use crate::project::Mistake;

/// Files that name one version, the first wins.
const VERSION_FILES: &[&str] = &[".nvmrc", ".node-version"];

/// Picks a version of `presets/runtimes/node.toml`.
///
/// # Errors
/// The project names a version that no image has, or what was settled is not known.
pub fn runtime(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Result<Found<Runtime>, Mistake> {
    let Some(preset) = context.presets.runtimes.get("node") else { return Ok(Found::Absent) };
    let settled = decided(context, path, "runtime", |text| {
        let major =
            text.trim_start_matches("Node ").trim_start_matches("node").trim_start_matches(['@', ':', '-', 'v']);
        let major = major.split('.').next().unwrap_or(major);
        let version = preset.version.iter().find(|version| version.version == major);
        version.ok_or_else(|| format!("expected one of {}", known(preset))).and_then(|version| preset.runtime(version))
    })?;
    // what was settled makes up for a version that no image has
    let found = match found_around(context, path, preset, manifest) {
        Err(_) if settled.is_some() => Found::Absent,
        other => other?,
    };
    let found = or_found(settled, found);
    if let Some(runtime) = found.value().filter(|runtime| runtime.end_of_life < preset.as_of) {
        context.warn(
            "end-of-life",
            format!("Node {} has had no security fixes since {}", runtime.version, runtime.end_of_life),
            found.evidence().cloned().into_iter().collect(),
            format!("`--set runtime={}` takes a newer one", usual(preset).map_or("", |usual| &usual.version)),
        );
    }
    Ok(found)
}

/// Why a version is not taken: that its time is over, where that is known.
fn lacking(preset: &RuntimePreset, text: &str) -> String {
    let version = text.trim_start_matches('v');
    let name = version.trim_start_matches("lts/").split('.').next().unwrap_or(version).to_ascii_lowercase();
    match preset.ended.get(&name) {
        Some(day) => format!("Node {version} has had no security fixes since {day}"),
        None => format!("no image has Node {version}"),
    }
}

/// What the component's folder says, else what its workspace's root says.
fn found_around(
    context: &Context<'_>,
    path: &RelPath,
    preset: &RuntimePreset,
    manifest: &Manifest,
) -> Result<Found<Runtime>, Mistake> {
    let own = found(context, path, preset, manifest)?;
    match workspace::of(context, path) {
        Some(workspace) if matches!(own, Found::Known { confidence: Confidence::Default, .. }) => {
            found(context, &workspace.root, preset, workspace.manifest())
        }
        _ => Ok(own),
    }
}

fn found(
    context: &Context<'_>,
    path: &RelPath,
    preset: &RuntimePreset,
    manifest: &Manifest,
) -> Result<Found<Runtime>, Mistake> {
    let ranges = manifest.node_ranges();
    let wanted = by_ranges(preset, &ranges);
    for name in VERSION_FILES {
        let Ok(file) = path.join(name) else { continue };
        let Some(source) = context.project.require(&file)? else { continue };
        let Some((line, text)) = first_word(source.lines()) else { continue };
        let version = by_name(preset, text).ok_or_else(|| {
            let mut mistake = Mistake::new(lacking(preset, text))
                .at(file.clone(), Some(line))
                .detail(format!("known are {}, of {}", known(preset), preset.as_of))
                .hint(format!(
                    "name one of them, or settle it: `--set runtime={}`",
                    usual(preset).map_or("", |usual| &usual.version)
                ));
            mistake.excerpt = vec![(line, source.line(line).chars().take(120).collect())];
            mistake
        })?;
        let evidence = Evidence::at(&file, line, text, "Node version file");
        let rejected = others(context, preset, &ranges, (version, text, &evidence))?;
        let value = preset.runtime(version).map_err(Mistake::new)?;
        return Ok(Found::Known { value, confidence: Confidence::Declared, evidence: vec![evidence], rejected });
    }
    if let Some((text, evidence)) = by_tool(context, path, manifest) {
        match by_name(preset, &text) {
            Some(version) => {
                let rejected = others(context, preset, &ranges, (version, &text, &evidence))?;
                let value = preset.runtime(version).map_err(Mistake::new)?;
                return Ok(Found::Known {
                    value,
                    confidence: Confidence::Declared,
                    evidence: vec![evidence],
                    rejected,
                });
            }
            // a tool of the author's own machine, so that it does not stop anything
            None => context.warn(
                "version-unknown",
                lacking(preset, &text),
                vec![evidence],
                format!("known are {}; `--set runtime=` takes one", known(preset)),
            ),
        }
    }
    if let Some(version) = wanted.map_err(|reason| unsatisfied(context, &ranges, reason))? {
        let value = preset.runtime(version).map_err(Mistake::new)?;
        let evidence = ranges.iter().map(Wanted::evidence).collect();
        return Ok(Found::Known { value, confidence: Confidence::Declared, evidence, rejected: Vec::new() });
    }
    if let Some((text, evidence)) = base_image(context, path)
        && let Some(version) = by_name(preset, &text).filter(|version| version.end_of_life >= preset.as_of)
    {
        return Ok(Found::inferred(preset.runtime(version).map_err(Mistake::new)?, evidence));
    }
    match usual(preset) {
        Some(version) => {
            Ok(Found::default(preset.runtime(version).map_err(Mistake::new)?, "the newest Node with long support"))
        }
        None => Ok(Found::Absent),
    }
}

/// What ranges of package.json would have: those that do not allow the exact version, with a
/// warning. `exact` is the version with its text and place.
fn others(
    context: &Context<'_>,
    preset: &RuntimePreset,
    ranges: &[Wanted<'_>],
    (version, text, evidence): (&RuntimeVersion, &str, &Evidence),
) -> Result<Vec<(Runtime, Evidence)>, Mistake> {
    let mut rejected = Vec::new();
    for wanted in ranges.iter().filter(|wanted| !allows(wanted.range, text, version)) {
        let mut says = wanted.evidence();
        let file = evidence.file.as_ref().map_or("", RelPath::file_name);
        let (key, range, taken) = (wanted.key, wanted.range, &version.version);
        context.warn(
            "versions-differ",
            format!("{file} says Node {text}, `{key}` says {range}; taken is {taken}"),
            vec![evidence.clone(), says.clone()],
            "let both say the same",
        );
        if let Ok(Some(other)) = by_ranges(preset, std::slice::from_ref(wanted)) {
            "an exact version goes before a range".clone_into(&mut says.because);
            rejected.push((preset.runtime(other).map_err(Mistake::new)?, says));
        }
    }
    Ok(rejected)
}

/// No version is in all ranges.
fn unsatisfied(context: &Context<'_>, ranges: &[Wanted<'_>], reason: String) -> Mistake {
    let texts: Vec<String> = ranges.iter().map(|wanted| format!("`{}`", wanted.range)).collect();
    let Some(first) = ranges.first() else { return Mistake::new(reason) };
    let mut mistake = Mistake::new(format!("no known Node satisfies {}", texts.join(" and ")))
        .at(first.file.clone(), Some(first.line))
        .detail(reason)
        .hint(format!("widen `{}`, or settle it: `--set runtime=`", first.key));
    let source = context.project.read(first.file);
    let excerpt = source.map(|source| (first.line, source.line(first.line).chars().take(120).collect()));
    mistake.excerpt = excerpt.into_iter().collect();
    mistake
}

/// The Node of a Dockerfile that somebody wrote: the one that the dependencies are known to work
/// with. Its tag alone: `22` of `node:22.1-alpine`.
fn base_image(context: &Context<'_>, path: &RelPath) -> Option<(String, Evidence)> {
    let file = path.join("Dockerfile").ok()?;
    let source = context.project.read(&file)?;
    if source.lines().take(5).any(|(_, text)| text.contains("Written by dockwright")) {
        return None;
    }
    images(&source).into_iter().find_map(|image| {
        let tag = image.full.rsplit('/').next()?.strip_prefix("node:")?;
        let tag: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
        let text = source.line(image.line).trim();
        Some((tag, Evidence::at(&file, image.line, text, "the image in use so far")))
    })
}

/// The first word that is no comment.
fn first_word<'a>(lines: impl Iterator<Item = (u32, &'a str)>) -> Option<(u32, &'a str)> {
    lines.map(|(line, text)| (line, text.split('#').next().unwrap_or("").trim())).find(|(_, text)| !text.is_empty())
}

fn usual(preset: &RuntimePreset) -> Option<&RuntimeVersion> {
    preset.version.iter().find(|version| version.default)
}

/// Those with security fixes first, each newest first.
fn in_order(preset: &RuntimePreset) -> impl Iterator<Item = &RuntimeVersion> {
    let supported = |version: &&RuntimeVersion| version.end_of_life >= preset.as_of;
    preset.version.iter().filter(supported).chain(preset.version.iter().filter(move |version| !supported(version)))
}

/// The version that a version file names: `v22.1.0`, `22`, `lts/jod`, `lts/*`, `node`.
fn by_name<'a>(preset: &'a RuntimePreset, text: &str) -> Option<&'a RuntimeVersion> {
    let text = text.trim().to_lowercase();
    if let Some(name) = text.strip_prefix("lts/") {
        return match name {
            "*" | "latest" => usual(preset),
            name => preset.version.iter().find(|version| version.codename.as_deref() == Some(name)),
        };
    }
    if ["node", "stable", "latest", "current", "lts"].contains(&text.as_str()) {
        return usual(preset);
    }
    let text = text.trim_start_matches("node").trim_start_matches(['-', '@', 'v']);
    let major = text.split('.').next().unwrap_or(text);
    preset.version.iter().find(|version| version.version == major)
}

/// The newest version that all ranges allow, as npm reads them; none where there is no range.
fn by_ranges<'a>(preset: &'a RuntimePreset, ranges: &[Wanted<'_>]) -> Result<Option<&'a RuntimeVersion>, String> {
    if ranges.is_empty() {
        return Ok(None);
    }
    let any = ["", "*", "x", "latest", "node", "lts", "lts/*", "current"];
    let mut parsed = Vec::new();
    for text in ranges.iter().map(|wanted| wanted.range.trim()).filter(|text| !any.contains(text)) {
        parsed.push(Range::parse(text).ok_or_else(|| format!("`{text}` is no range as npm reads them"))?);
    }
    if parsed.is_empty() {
        return usual(preset).map(Some).ok_or_else(|| "no version is the default".to_owned());
    }
    let satisfies = |version: &&RuntimeVersion| parsed.iter().all(|range| in_range(range, version));
    let none = || format!("known are {}, of {}", known(preset), preset.as_of);
    in_order(preset).find(satisfies).map(Some).ok_or_else(none)
}

/// Whether the newest release of the major, or an older one that the range pins, is allowed.
fn in_range(range: &Range, version: &RuntimeVersion) -> bool {
    let newest = Version::parse(&version.newest).is_ok_and(|newest| range.satisfies(&newest));
    // `22.1.0` and `~22.1` pin a release; the image of that major is the nearest there is
    newest || range.is_part_of(&version.version)
}

/// Whether `engines` agrees with the version file: the exact release if it names one.
fn allows(range: &str, text: &str, version: &RuntimeVersion) -> bool {
    let Some(range) = Range::parse(range) else { return true };
    match Version::parse(text.trim_start_matches('v')) {
        Ok(exact) => range.satisfies(&exact),
        Err(_) => in_range(&range, version),
    }
}

fn known(preset: &RuntimePreset) -> String {
    preset.version.iter().map(|version| version.version.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Warning;
    use crate::project::Mistake;

    fn runtime(
        engines: &str,
        files: &[(&str, &str)],
        settled: Option<&str>,
    ) -> Result<(String, Vec<Warning>), Mistake> {
        let engines =
            if engines.is_empty() { String::new() } else { format!(",\n\"engines\": {{\"node\": \"{engines}\"}}") };
        let manifest = format!("{{\"scripts\": {{\"start\": \"node server.js\"}}{engines}}}");
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}"), ("server.js", "")];
        all.extend(files);
        let mut case = project(&all);
        if let Some(settled) = settled {
            case = case.set("runtime", settled);
        }
        let detection = case.detect()?;
        let runtime = &detection.components[0].runtime;
        let (value, place) = (&runtime.value().unwrap().version, runtime.evidence().unwrap().place());
        Ok((format!("{value} {place}"), detection.warnings))
    }

    #[test]
    fn engines_take_the_newest_supported_version() {
        for (range, version) in [
            (">=18", "26"),
            ("24.x", "24"),
            ("^22.0.0", "22"),
            ("20 || 22", "22"),
            (">=20 <25", "24"),
            ("22.1.0", "22"),
        ] {
            let (found, warnings) = runtime(range, &[], None).unwrap();
            assert_eq!(found, format!("{version} package.json:2"), "{range}");
            assert!(warnings.is_empty(), "{warnings:?}");
        }
        assert_eq!(runtime("*", &[], None).unwrap().0, "26 package.json:2");
    }

    #[test]
    fn without_a_word_of_the_project_it_is_the_default() {
        assert!(runtime("", &[], None).unwrap().0.starts_with("26 "));
    }

    #[test]
    fn version_files_are_read_as_version_managers_do() {
        for (text, version) in [
            ("v22.1.0\n", "22"),
            ("24", "24"),
            ("lts/*", "26"),
            ("lts/jod\n", "22"),
            ("node", "26"),
            ("# x\n\n22 # y\n", "22"),
        ] {
            assert!(runtime("", &[(".nvmrc", text)], None).unwrap().0.starts_with(version), "{text}");
        }
        assert_eq!(runtime("", &[(".node-version", "24.1.0\n")], None).unwrap().0, "24 .node-version:1");
        assert_eq!(runtime("", &[(".node-version", "24"), (".nvmrc", "22")], None).unwrap().0, "22 .nvmrc:1");
    }

    #[test]
    fn what_tool_managers_were_told_counts_if_an_image_has_it() {
        assert_eq!(
            runtime("", &[(".tool-versions", "pnpm 10.1\nnodejs 22.11.1\n")], None).unwrap().0,
            "22 .tool-versions:2"
        );
        let (found, warnings) = runtime("", &[(".tool-versions", "nodejs 23.11.1\n")], None).unwrap();
        assert!(found.starts_with("26 ") && warnings[0].id == "version-unknown", "{found}");
    }

    #[test]
    fn the_image_in_use_so_far_counts_where_nothing_else_says_it() {
        for (text, expected) in [
            ("FROM node:22-alpine AS base\n", "22 Dockerfile:1"),
            (
                "ARG NODE_VERSION=24.1.0\n\nFROM --platform=linux/amd64 docker.io/library/node:${NODE_VERSION}-slim\n",
                "24 Dockerfile:3",
            ),
            ("FROM node:16\n", "26 "),
            ("FROM node:lts-alpine\n", "26 Dockerfile:1"),
            ("# Written by dockwright\nFROM node:22\n", "26 "),
        ] {
            let found = runtime("", &[("Dockerfile", text)], None).unwrap().0;
            assert!(found.starts_with(expected), "{text}: {found}");
        }
        assert_eq!(runtime("24.x", &[("Dockerfile", "FROM node:22\n")], None).unwrap().0, "24 package.json:2");
    }

    #[test]
    fn a_version_file_wins_over_engines_that_say_otherwise() {
        let (found, warnings) = runtime(">=24", &[(".nvmrc", "22\n")], None).unwrap();
        assert_eq!(found, "22 .nvmrc:1");
        assert_eq!(warnings[0].id, "versions-differ");
        assert!(runtime(">=22", &[(".nvmrc", "22\n")], None).unwrap().1.is_empty());
    }

    #[test]
    fn versions_without_security_fixes_are_warned_about() {
        let (found, warnings) = runtime("20.x", &[], None).unwrap();
        assert_eq!((found.as_str(), warnings[0].id.as_str()), ("20 package.json:2", "end-of-life"));
        assert!(warnings[0].message.contains("2026-04-30"), "{}", warnings[0].message);
    }

    #[test]
    fn versions_that_no_image_has_are_mistakes_unless_settled() {
        let mistake = runtime("", &[(".nvmrc", "# old\n18\n")], None).unwrap_err();
        assert_eq!(
            (mistake.what.as_str(), mistake.line),
            ("Node 18 has had no security fixes since 2025-04-30", Some(2))
        );
        let named = |text: &str| runtime("", &[(".nvmrc", text)], None).unwrap_err().what;
        assert_eq!(named("lts/gallium"), "Node lts/gallium has had no security fixes since 2023-09-11");
        assert_eq!(named("99"), "no image has Node 99");
        let mistake = runtime("^18", &[], None).unwrap_err();
        assert_eq!((mistake.what.as_str(), mistake.line), ("no known Node satisfies `^18`", Some(2)));
        assert!(mistake.detail.unwrap().contains("26, 24, 22, 20"));
        assert_eq!(runtime("^18", &[(".nvmrc", "18")], Some("24")).unwrap().0, "24 flag");
        assert!(runtime("", &[], Some("18")).is_err());
    }
}
