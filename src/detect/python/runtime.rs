//! Which Python runs it: the newest usual one that the project allows.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::manifest::Manifest;
use super::wheels::Wheels;
use crate::facts::{Confidence, Evidence, Found, Packages, Runtime};
use crate::paths::RelPath;
use crate::presets::{RuntimePreset, RuntimeVersion};
use crate::project::Mistake;

/// Files that pin one version: name, what a line begins with, what for people.
const PINS: &[(&str, &str, &str)] = &[
    (".python-version", "", "Python version file"),
    ("runtime.txt", "python-", "runtime.txt"),
    (".tool-versions", "python ", "tool version file"),
];

/// A range with the place that says it.
struct Range {
    specifiers: VersionSpecifiers,
    evidence: Evidence,
}

/// Picks a version of `presets/runtimes/python.toml`.
///
/// # Errors
/// No known version is allowed, or what was settled is not known.
pub fn runtime(
    context: &Context<'_>,
    path: &RelPath,
    manifest: &Manifest,
    packages: Option<&Packages>,
) -> Result<Found<Runtime>, Mistake> {
    let Some(preset) = context.presets.runtimes.get("python") else { return Ok(Found::Absent) };
    let settled = decided(context, path, "runtime", |text| {
        let text = text.trim_start_matches("Python ").trim_start_matches("python");
        let known: Vec<&str> = preset.version.iter().map(|version| version.version.as_str()).collect();
        let version = preset.version.iter().find(|version| version.version == minor(text));
        version
            .ok_or_else(|| format!("expected one of {}", known.join(", ")))
            .and_then(|version| preset.runtime(version))
    })?;
    let range = range(manifest);
    let allowed = |version: &RuntimeVersion| {
        let newest = Version::from_str(&version.newest).ok();
        range.as_ref().is_none_or(|range| newest.is_some_and(|newest| range.specifiers.contains(&newest)))
    };
    let distroless = context
        .decisions
        .of(&RelPath::root(), "preset")
        .is_some_and(|decision| context.presets.policies.get(&decision.value).is_some_and(|policy| policy.distroless));
    let mut rejected = Vec::new();
    let found = match pinned(context, path, preset)
        .or_else(|| if distroless { None } else { image(context, path, preset, allowed) })
    {
        Some((version, evidence)) => {
            Found::known(preset.runtime(version).map_err(Mistake::new)?, Confidence::Declared, evidence)
        }
        None => {
            let lock = packages.and_then(|packages| path.join(packages.lockfile.as_ref()?.as_str()).ok());
            let locked = lock.as_ref().and_then(|lock| context.project.read(lock));
            let wheels = locked.map(|source| Wheels::read(source.text())).unwrap_or_default();
            let ready = |version: &RuntimeVersion| {
                allowed(version) && (minor_number(&version.version)).is_none_or(|minor| wheels.lacking(minor).is_none())
            };
            let usual = if distroless {
                preset.version.iter().find(|version| version.distroless.is_some() && allowed(version))
            } else {
                None
            };
            let usual = usual.or_else(|| in_order(preset).find(|version| ready(version) && !is_old(preset, version)));
            let first = in_order(preset).find(|version| allowed(version));
            if let (Some(first), Some(usual), Some(lock)) = (first, usual, &lock)
                && first.version != usual.version
                && let Some(package) = minor_number(&first.version).and_then(|minor| wheels.lacking(minor))
                && let Ok(runtime) = preset.runtime(first)
            {
                rejected.push((runtime, Evidence::file(lock, format!("has no wheel of {package} for it"))));
            }
            match (usual.or(first), range) {
                (None, Some(_)) if settled.is_some() => Found::Absent,
                (None, Some(range)) => return Err(none_allowed(preset, range.evidence)),
                (None, None) => Found::Absent,
                (Some(version), Some(range)) => {
                    let value = preset.runtime(version).map_err(Mistake::new)?;
                    Found::known(value, Confidence::Inferred, range.evidence)
                }
                (Some(version), None) => {
                    Found::default(preset.runtime(version).map_err(Mistake::new)?, "nothing asks for another")
                }
            }
        }
    };
    let found = match found {
        Found::Known { value, confidence, evidence, .. } => Found::Known { value, confidence, evidence, rejected },
        other => other,
    };
    let found = or_found(settled, found);
    if let Some(runtime) = found.value().filter(|runtime| runtime.end_of_life < preset.as_of) {
        context.warn(
            "end-of-life",
            format!("Python {} has had no security fixes since {}", runtime.version, runtime.end_of_life),
            found.evidence().cloned().into_iter().collect(),
            "`--set runtime=` takes a newer one",
        );
    }
    Ok(found)
}

/// The default, then older ones, then newer ones.
fn in_order(preset: &RuntimePreset) -> impl Iterator<Item = &RuntimeVersion> {
    let usual = preset.version.iter().position(|version| version.default).unwrap_or(0);
    let (above, below) = preset.version.split_at(usual);
    below.iter().chain(above.iter().rev())
}

fn is_old(preset: &RuntimePreset, version: &RuntimeVersion) -> bool {
    version.end_of_life < preset.as_of
}

/// 14 of `3.14`.
fn minor_number(version: &str) -> Option<u32> {
    version.strip_prefix("3.")?.parse().ok()
}

/// What the Dockerfile that is there runs it on, while that has security fixes. One that dockwright
/// wrote counts too, or the second `init` would decide otherwise than the first.
fn image<'p>(
    context: &Context<'_>,
    path: &RelPath,
    preset: &'p RuntimePreset,
    allowed: impl Fn(&RuntimeVersion) -> bool,
) -> Option<(&'p RuntimeVersion, Evidence)> {
    let file = path.join("Dockerfile").ok()?;
    let source = context.project.read(&file)?;
    let found = source.lines().find_map(|(number, line)| {
        let image = line.trim().strip_prefix("FROM ")?.split_whitespace().find(|word| !word.starts_with("--"))?;
        let tag = image.rsplit('/').next()?.strip_prefix("python:")?;
        let text = minor(tag.split('-').next()?);
        let version = preset.version.iter().find(|version| version.version == text)?;
        Some((version, Evidence::at(&file, number, image, "the image of its Dockerfile")))
    })?;
    (allowed(found.0) && !is_old(preset, found.0)).then_some(found)
}

/// `3.14` of `3.14.2`.
fn minor(text: &str) -> String {
    text.trim().split('.').take(2).collect::<Vec<_>>().join(".")
}

/// What one of the files pins. One that no image is known for is passed over with a warning.
fn pinned<'p>(
    context: &Context<'_>,
    path: &RelPath,
    preset: &'p RuntimePreset,
) -> Option<(&'p RuntimeVersion, Evidence)> {
    for (name, prefix, because) in PINS {
        let Some(file) = path.join(name).ok().filter(|file| context.project.has_file(file)) else { continue };
        let Some(source) = context.project.read(&file) else { continue };
        let Some((number, text)) = source.lines().find_map(|(number, line)| {
            let line = line.trim();
            let text = line.strip_prefix(prefix)?.split_whitespace().next()?;
            (!line.starts_with('#')).then(|| (number, text.trim_start_matches("cpython-").to_owned()))
        }) else {
            continue;
        };
        let evidence = Evidence::at(&file, number, text.clone(), *because);
        match preset.version.iter().find(|version| version.version == minor(&text)) {
            Some(version) => return Some((version, evidence)),
            None => context.warn(
                "unknown-version",
                format!("no image is known for Python {text}"),
                vec![evidence],
                "`--set runtime=` takes another one",
            ),
        }
    }
    None
}

/// `requires-python`, or what Poetry and Pipenv have for it.
fn range(manifest: &Manifest) -> Option<Range> {
    let (file, json) = manifest.pyproject.as_ref()?;
    let of = |names: &[&str]| json.at(names).and_then(|json| Some((json.text()?, json.line)));
    if let Some((text, line)) = of(&["project", "requires-python"]) {
        let specifiers = VersionSpecifiers::from_str(text).ok()?;
        return Some(Range { specifiers, evidence: Evidence::at(file, line, text, "requires-python") });
    }
    let (text, line) = of(&["tool", "poetry", "dependencies", "python"])?;
    let specifiers = VersionSpecifiers::from_str(&poetry_range(text)).ok()?;
    Some(Range { specifiers, evidence: Evidence::at(file, line, text, "tool.poetry.dependencies.python") })
}

/// Poetry's `^3.11` and `~3.11` as PEP 440 has them; `3.11` alone is that version.
fn poetry_range(text: &str) -> String {
    let parts = text.split(',').map(|part| {
        let part = part.trim();
        if let Some(version) = part.strip_prefix('^') {
            let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(3);
            return format!(">={version},<{}", major + 1);
        }
        if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
            return format!("=={}.*", minor(version));
        }
        if part.starts_with(|c: char| c.is_ascii_digit()) && !part.contains('*') {
            return format!("=={}.*", minor(part));
        }
        if part.starts_with(|c: char| c.is_ascii_digit()) { format!("=={part}") } else { part.to_owned() }
    });
    parts.filter(|part| part != "*").collect::<Vec<_>>().join(",")
}

fn none_allowed(preset: &RuntimePreset, evidence: Evidence) -> Mistake {
    let known: Vec<&str> = preset.version.iter().map(|version| version.version.as_str()).collect();
    let mut mistake = Mistake::new(format!("no image has a Python that `{}` allows", evidence.text));
    if let Some(file) = evidence.file {
        mistake = mistake.at(file, evidence.line);
    }
    mistake
        .detail(format!("known are {}, of {}", known.join(", "), preset.as_of))
        .hint("widen it, or say which one with `--set runtime=`")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::project::Mistake;

    fn runtime(requires: &str, files: &[(&str, &str)], settled: Option<&str>) -> Result<String, Mistake> {
        let pyproject = format!("[project]\nname = \"shop\"\n{requires}\ndependencies = [\"fastapi[standard]\"]\n");
        let mut all =
            vec![("pyproject.toml", pyproject.as_str()), ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")];
        all.extend(files);
        let mut case = project(&all);
        if let Some(settled) = settled {
            case = case.set("runtime", settled);
        }
        let runtime = &case.detect()?.components[0].runtime;
        Ok(format!("{} {}", runtime.value().unwrap(), runtime.evidence().unwrap().place()))
    }

    #[test]
    fn the_usual_one_is_taken_where_it_is_allowed_and_the_newest_below_otherwise() {
        assert_eq!(runtime("", &[], None).unwrap(), "Python 3.14 nothing asks for another");
        for (range, version) in [
            (">=3.10", "3.14"),
            (">=3.10,<3.13", "3.12"),
            ("~=3.11", "3.14"),
            (">=3.15", "3.15"),
            ("==3.12.*", "3.12"),
            (">=3.9,!=3.14.*", "3.13"),
        ] {
            let found = runtime(&format!("requires-python = \"{range}\""), &[], None).unwrap();
            assert_eq!(found, format!("Python {version} pyproject.toml:3"), "{range}");
        }
    }

    #[test]
    fn a_file_that_pins_a_version_wins_over_a_range() {
        let range = "requires-python = \">=3.10\"";
        for (file, text) in [
            (".python-version", "3.12.4\n"),
            ("runtime.txt", "python-3.12.1"),
            (".tool-versions", "node 26\npython 3.12.0\n"),
        ] {
            assert!(runtime(range, &[(file, text)], None).unwrap().starts_with("Python 3.12 "), "{file}");
        }
        assert!(runtime(range, &[(".python-version", "pypy3.10\n")], None).unwrap().starts_with("Python 3.14"));
    }

    #[test]
    fn the_image_of_a_dockerfile_counts_while_it_has_security_fixes() {
        let of = |from: &str| runtime("", &[("Dockerfile", &format!("{from} AS base\nWORKDIR /app\n"))], None).unwrap();
        assert_eq!(of("FROM python:3.12-slim"), "Python 3.12 Dockerfile:1");
        assert!(of("FROM --platform=linux/amd64 docker.io/library/python:3.11.4").starts_with("Python 3.11 "));
        assert!(of("FROM python:3.8").starts_with("Python 3.14 "));
        assert!(of("FROM python:3.10").starts_with("Python 3.14 "));
    }

    #[test]
    fn the_newest_python_that_the_locked_packages_are_ready_for_is_taken() {
        let lock = "wheels = [{ url = \"https://host/asyncpg-0.29-cp312-cp312-manylinux_2_28_x86_64.whl\" }]";
        assert!(runtime("", &[("uv.lock", lock)], None).unwrap().starts_with("Python 3.12 "));
        assert!(
            runtime("requires-python = \">=3.13\"", &[("uv.lock", lock)], None).unwrap().starts_with("Python 3.14 ")
        );
    }

    #[test]
    fn poetry_writes_ranges_of_its_own() {
        for (text, expected) in [
            ("^3.11", ">=3.11,<4"),
            ("~3.12", "==3.12.*"),
            (">=3.10,<3.14", ">=3.10,<3.14"),
            ("3.11", "==3.11.*"),
            ("*", ""),
        ] {
            assert_eq!(super::poetry_range(text), expected);
        }
    }

    #[test]
    fn a_range_that_no_image_has_is_a_mistake_with_its_line() {
        let mistake = runtime("requires-python = \">=3.99\"", &[], None).unwrap_err();
        assert_eq!((mistake.line, mistake.detail.unwrap().contains("3.14")), (Some(3), true));
        assert!(runtime("", &[], Some("2.7")).unwrap_err().detail.unwrap().contains("3.14"));
        assert_eq!(runtime("requires-python = \">=3.12\"", &[], Some("3.13")).unwrap(), "Python 3.13 flag");
    }
}
