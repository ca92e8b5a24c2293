//! Which Python runs it: the newest usual one that the project allows.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::manifest::Manifest;
use super::pins;
use super::range::{Range, range};
use super::wheels::Wheels;
use crate::facts::{Confidence, Evidence, Found, Runtime};
use crate::paths::RelPath;
use crate::presets::{RuntimePreset, RuntimeVersion};
use crate::project::Mistake;

/// Picks a version of `presets/runtimes/python.toml`; `root` is the component's folder or that of its
/// workspace.
///
/// # Errors
/// No known version is allowed, or what was settled is not known.
pub fn runtime(
    context: &Context<'_>,
    path: &RelPath,
    root: &RelPath,
    manifest: &Manifest,
    lock: Option<&RelPath>,
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
    let asked = Asked { context, preset, range: range(context, manifest), is_distroless: is_distroless(context) };
    let mut rejected = Vec::new();
    let found = match asked.pinned(path, root, manifest, &mut rejected)? {
        Some((value, evidence)) => Found::known(value, Confidence::Declared, evidence),
        None => match asked.by_range(lock, &mut rejected) {
            Err(_) if settled.is_some() => Found::Absent,
            other => other?,
        },
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

fn is_distroless(context: &Context<'_>) -> bool {
    let preset = context.decisions.of(&RelPath::root(), "preset");
    preset.is_some_and(|one| context.presets.policies.get(&one.value).is_some_and(|policy| policy.distroless))
}

struct Asked<'a> {
    context: &'a Context<'a>,
    preset: &'a RuntimePreset,
    range: Option<Range>,
    is_distroless: bool,
}

impl Asked<'_> {
    /// The release of a version that the range allows: the newest, or the newest one below it.
    fn allowed(&self, version: &RuntimeVersion) -> Option<Release> {
        let Some(range) = &self.range else { return Some(Release::Newest) };
        if range.allows(&version.newest) {
            return Some(Release::Newest);
        }
        let patch: u32 = version.newest.rsplit('.').next()?.parse().ok()?;
        let release = |patch: u32| format!("{}.{patch}", version.version);
        (0..patch).rev().map(release).find(|text| range.allows(text)).map(Release::Exactly)
    }

    fn runtime(&self, version: &RuntimeVersion) -> Result<Runtime, Mistake> {
        let mut runtime = self.preset.runtime(version).map_err(Mistake::new)?;
        if let (Some(Release::Exactly(release)), Some(range)) = (self.allowed(version), &self.range) {
            // in a tag of its own; the suite of Debian is that of its day
            let image = format!("python:{release}-slim");
            runtime.image = image.parse().map_err(|error| Mistake::new(format!("`{image}`: {error}")))?;
            (runtime.slim, runtime.distroless) = (runtime.image.clone(), None);
            self.context.warn(
                "old-release",
                format!("only Python {release} is allowed, and {} has the security fixes since", version.newest),
                vec![range.evidence.clone()],
                format!("widen it, as to `>={release},<{}`", next_minor(&version.version)),
            );
            runtime.version = release;
        }
        Ok(runtime)
    }

    /// What a file names, unless the range refuses it: the install would stop.
    fn pinned(
        &self,
        path: &RelPath,
        root: &RelPath,
        manifest: &Manifest,
        rejected: &mut Vec<(Runtime, Evidence)>,
    ) -> Result<Option<(Runtime, Evidence)>, Mistake> {
        let mut found = pins::pins(self.context, path);
        if root != path {
            found.extend(pins::pins(self.context, root));
        }
        found.extend(pins::of_pipfile(manifest));
        let mut taken: Option<(&RuntimeVersion, Evidence)> = None;
        let mut against: Vec<Evidence> = Vec::new();
        for (text, evidence) in found {
            let Some(version) = self.preset.version.iter().find(|version| version.version == minor(&text)) else {
                self.context.warn(
                    "unknown-version",
                    format!("no image is known for Python {text}"),
                    vec![evidence],
                    "`--set runtime=` takes another one",
                );
                continue;
            };
            match (&taken, self.allowed(version)) {
                (None, Some(_)) => taken = Some((version, evidence)),
                (Some((first, _)), _) if first.version == version.version => {}
                _ => {
                    rejected.push((self.preset.runtime(version).map_err(Mistake::new)?, evidence.clone()));
                    against.push(evidence);
                }
            }
        }
        if !against.is_empty() {
            let winner = taken.as_ref().map(|(_, evidence)| evidence);
            let winner = winner.or(self.range.as_ref().map(|range| &range.evidence));
            let what = winner.map_or(String::new(), |winner| format!("; {} decides", winner.place()));
            self.context.warn(
                "python-versions-disagree",
                format!("{} names another Python than the rest of the project{what}", against[0].place()),
                winner.cloned().into_iter().chain(against).collect(),
                "say the same in both, or `--set runtime=`",
            );
        }
        let image = || {
            // the hardest image has a Python of its own
            let (text, evidence) = pins::of_image(self.context, path).filter(|_| !self.is_distroless)?;
            let version = self.preset.version.iter().find(|version| version.version == minor(&text))?;
            (self.allowed(version).is_some() && !is_old(self.preset, version)).then_some((version, evidence))
        };
        let Some((version, evidence)) = taken.or_else(image) else { return Ok(None) };
        Ok(Some((self.runtime(version)?, evidence)))
    }

    /// The usual one that the range allows and the locked packages are ready for.
    fn by_range(
        &self,
        lock: Option<&RelPath>,
        rejected: &mut Vec<(Runtime, Evidence)>,
    ) -> Result<Found<Runtime>, Mistake> {
        let preset = self.preset;
        let is_newest = |version: &&RuntimeVersion| matches!(self.allowed(version), Some(Release::Newest));
        let locked = lock.and_then(|lock| self.context.project.read(lock));
        let wheels = locked.map(|source| Wheels::read(source.text())).unwrap_or_default();
        let ready = |version: &&RuntimeVersion| {
            minor_number(&version.version).is_none_or(|minor| wheels.lacking(minor).is_none())
        };
        let usual = match self.is_distroless {
            true => preset.version.iter().filter(is_newest).find(|version| version.distroless.is_some()),
            false => None,
        };
        let usual = usual
            .or_else(|| in_order(preset).filter(is_newest).find(|version| ready(version) && !is_old(preset, version)))
            // one without security fixes that installs, with a warning, before one that cannot
            .or_else(|| in_order(preset).filter(is_newest).find(ready));
        let first = in_order(preset)
            .find(is_newest)
            .or_else(|| in_order(preset).find(|version| self.allowed(version).is_some()));
        if let (Some(first), Some(usual), Some(lock)) = (first, usual, lock)
            && first.version != usual.version
            && let Some(package) = minor_number(&first.version).and_then(|minor| wheels.lacking(minor))
        {
            let evidence = Evidence::file(lock, format!("has no wheel of {package} for it"));
            rejected.push((preset.runtime(first).map_err(Mistake::new)?, evidence));
        }
        match (usual.or(first), &self.range) {
            (None, Some(range)) => Err(none_allowed(preset, range.evidence.clone())),
            (None, None) => Ok(Found::Absent),
            (Some(version), Some(range)) => {
                Ok(Found::known(self.runtime(version)?, Confidence::Inferred, range.evidence.clone()))
            }
            (Some(version), None) => Ok(Found::default(self.runtime(version)?, "nothing asks for another")),
        }
    }
}

/// Which release of a minor version runs it.
enum Release {
    /// Whatever the image has.
    Newest,
    /// `3.14.0`
    Exactly(String),
}

/// `3.15` after `3.14`.
fn next_minor(version: &str) -> String {
    minor_number(version).map_or_else(|| version.to_owned(), |minor| format!("3.{}", minor + 1))
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

/// `3.14` of `3.14.2`.
fn minor(text: &str) -> String {
    text.trim().split('.').take(2).collect::<Vec<_>>().join(".")
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
            ("mise.toml", "[tools]\nnode = \"26\"\npython = \"3.12\"\n"),
            ("Pipfile", "[requires]\npython_version = \"3.12\"\n"),
        ] {
            assert!(runtime(range, &[(file, text)], None).unwrap().starts_with("Python 3.12 "), "{file}");
        }
        assert!(runtime(range, &[(".python-version", "pypy3.10\n")], None).unwrap().starts_with("Python 3.14"));
    }

    #[test]
    fn a_pin_that_the_range_refuses_or_another_pin_contradicts_is_warned_about() {
        let pyproject =
            "[project]\nname = \"a\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi[standard]\"]\n";
        let main = "from fastapi import FastAPI\napp = FastAPI()\n";
        let of = |files: &[(&str, &str)]| {
            let all = [&[("pyproject.toml", pyproject), ("main.py", main)], files].concat();
            let detection = project(&all).detect().unwrap();
            let warned = detection.warnings.iter().any(|warning| warning.id == "python-versions-disagree");
            (detection.components[0].runtime.value().unwrap().version.clone(), warned)
        };
        assert_eq!(of(&[(".python-version", "3.11")]), ("3.14".to_owned(), true));
        assert_eq!(of(&[(".python-version", "3.13"), ("runtime.txt", "python-3.12.1")]), ("3.13".to_owned(), true));
        assert_eq!(of(&[(".python-version", "3.13"), ("runtime.txt", "python-3.13.2")]), ("3.13".to_owned(), false));
    }

    // grillazz/fastapi-sqlalchemy-asyncpg at 5d0207cb9b531f4dde28dec62fd5505e9e9c24b5
    #[test]
    fn a_range_that_allows_one_release_takes_its_own_image_and_says_so() {
        let pyproject = "[project]\nname = \"a\"\nrequires-python = \"==3.14.0\"\ndependencies = [\"fastapi[all]\"]\n";
        let detection =
            project(&[("pyproject.toml", pyproject), ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")])
                .detect()
                .unwrap();
        let runtime = detection.components[0].runtime.value().unwrap();
        assert_eq!((runtime.version.as_str(), runtime.image.to_string().as_str()), ("3.14.0", "python:3.14.0-slim"));
        assert!(detection.warnings.iter().any(|warning| warning.id == "old-release"));
    }

    #[test]
    fn the_image_of_a_dockerfile_counts_while_it_has_security_fixes() {
        let of = |from: &str| runtime("", &[("Dockerfile", &format!("{from} AS base\nWORKDIR /app\n"))], None).unwrap();
        assert_eq!(of("FROM python:3.12-slim"), "Python 3.12 Dockerfile:1");
        assert!(of("FROM --platform=linux/amd64 docker.io/library/python:3.11.4").starts_with("Python 3.11 "));
        assert!(of("ARG PYTHON=3.11\nFROM python:${PYTHON}-slim").starts_with("Python 3.11 Dockerfile:2"));
        assert!(of("FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim").starts_with("Python 3.12 "));
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
        // Poetry 1.1, nsidnev/fastapi-realworld-example-app@029eb77: what is left has no security fixes any more
        let lock =
            "asyncpg = [\n    {file = \"asyncpg-0.26.0-cp310-cp310-manylinux_2_17_x86_64.whl\", hash = \"\"},\n]";
        assert!(runtime("", &[("poetry.lock", lock)], None).unwrap().starts_with("Python 3.10 "));
    }

    #[test]
    fn a_range_that_no_image_has_is_a_mistake_with_its_line() {
        let mistake = runtime("requires-python = \">=3.99\"", &[], None).unwrap_err();
        assert_eq!((mistake.line, mistake.detail.unwrap().contains("3.14")), (Some(3), true));
        assert!(runtime("", &[], Some("2.7")).unwrap_err().detail.unwrap().contains("3.14"));
        assert_eq!(runtime("requires-python = \">=3.12\"", &[], Some("3.13")).unwrap(), "Python 3.13 flag");
    }
}
