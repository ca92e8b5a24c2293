//! Which Go builds the program: the newest one with security fixes that the module allows.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::module::Module;
use crate::facts::{Cgo, Confidence, Evidence, Found, Runtime};
use crate::paths::RelPath;
use crate::presets::{RuntimePreset, RuntimeVersion};
use crate::project::Mistake;

/// What the image must have besides Go, with what says so.
pub struct Tools<'a> {
    pub cgo: Option<&'a Cgo>,
    pub git: Option<&'a Evidence>,
}

/// Picks a version of `presets/runtimes/go.toml`: a newer Go builds older code.
///
/// # Errors
/// The `go` line is newer than every known version, or what was settled is not known or too old.
pub fn runtime(
    context: &Context<'_>,
    path: &RelPath,
    manifest: &RelPath,
    module: &Module,
    tools: &Tools<'_>,
) -> Result<Found<Runtime>, Mistake> {
    let Some(preset) = context.presets.runtimes.get("go") else { return Ok(Found::Absent) };
    let needed = module.go.as_ref().and_then(|(version, line)| Some((minor(version)?, version, *line)));
    let enough =
        |version: &RuntimeVersion| needed.as_ref().is_none_or(|(least, _, _)| minor(&version.version) >= Some(*least));
    let settled = decided(context, path, "runtime", |text| {
        let text = text.trim_start_matches("Go ").trim_start_matches("go");
        let known: Vec<&str> = preset.version.iter().map(|version| version.version.as_str()).collect();
        let version = preset.version.iter().find(|version| minor(&version.version) == minor(text));
        let version = version.ok_or_else(|| format!("expected one of {}", known.join(", ")))?;
        match &needed {
            Some((_, least, line)) if !enough(version) => Err(format!("{manifest}:{line} needs at least Go {least}")),
            _ => preset.runtime(version),
        }
    })?;
    let usual = preset.version.iter().find(|version| version.default && enough(version));
    let found = match (usual.or_else(|| preset.version.iter().find(|version| enough(version))), &needed) {
        (None, Some((_, _, line))) if settled.is_none() => {
            return Err(too_new(context, preset, manifest, module, *line));
        }
        (None, _) => Found::Absent,
        (Some(version), _) => {
            let value = preset.runtime(version).map_err(Mistake::new)?;
            let newest = "the newest Go; it builds older code too";
            let (confidence, evidence) = match &module.go {
                Some((go, line)) if minor(go) == minor(&version.version) => {
                    (Confidence::Declared, Evidence::at(manifest, *line, format!("go {go}"), "go line"))
                }
                Some((go, line)) => (Confidence::Inferred, Evidence::at(manifest, *line, format!("go {go}"), newest)),
                None => (Confidence::Default, Evidence::none(newest)),
            };
            let mut rejected = Vec::new();
            if let Some((name, line)) = &module.toolchain
                && let Some(other) =
                    preset.version.iter().find(|v| minor(&v.version) == minor(name.trim_start_matches("go")))
                && other.version != version.version
                && let Ok(other) = preset.runtime(other)
            {
                let because = "the toolchain line names the least; a newer one builds it too";
                rejected.push((other, Evidence::at(manifest, *line, format!("toolchain {name}"), because)));
            }
            Found::Known { value, confidence, evidence: vec![evidence], rejected }
        }
    };
    let mut found = or_found(settled, found);
    if let Found::Known { value, evidence, .. } = &mut found {
        if let (Some(cgo), Some(images)) = (tools.cgo, &preset.cgo) {
            // runs where there is the library that it links
            let run = if cgo.cpp { &images.run_cpp } else { &images.run };
            value.distroless = Some(run.parse().map_err(|error| Mistake::new(format!("`{run}`: {error}")))?);
        }
        let needs = tools.cgo.map(|cgo| &cgo.evidence).into_iter().chain(tools.git);
        for why in needs {
            // Debian's has a C compiler and git
            value.image = value.slim.clone();
            evidence.push(why.clone());
        }
    }
    if let Some(runtime) = found.value().filter(|runtime| runtime.end_of_life < preset.as_of) {
        context.warn(
            "end-of-life",
            format!("Go {} has had no security fixes since {}", runtime.version, runtime.end_of_life),
            found.evidence().cloned().into_iter().collect(),
            "`--set runtime=` takes a newer one",
        );
    }
    Ok(found)
}

fn too_new(context: &Context<'_>, preset: &RuntimePreset, manifest: &RelPath, module: &Module, line: u32) -> Mistake {
    let go = module.go.as_ref().map_or("", |(go, _)| go.as_str());
    let newest = preset.version.first().map_or("", |version| version.newest.as_str());
    let text = context.project.read(manifest).map(|source| source.line(line).to_owned()).unwrap_or_default();
    let mut mistake = Mistake::new(format!("no image has Go {go}")).at(manifest.clone(), Some(line));
    mistake.excerpt = vec![(line, text)];
    mistake
        .detail(format!("the newest known is {newest}, of {}", preset.as_of))
        .hint("lower the `go` line, or use a newer dockwright")
}

/// Whether one `go` line asks for more than another.
pub fn is_newer(one: &str, other: &str) -> bool {
    minor(one) > minor(other)
}

/// 1 and 26 of `1.26`, `1.26.3`, `1.26rc1`.
fn minor(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.split_once('.')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::project::Mistake;

    fn runtime(go_mod: &str, settled: Option<&str>) -> Result<String, Mistake> {
        let go_mod = format!("module example.com/shop\n{go_mod}\n");
        let mut case = project(&[("go.mod", &go_mod), ("main.go", "package main\nfunc main() {}\n")]);
        if let Some(settled) = settled {
            case = case.set("runtime", settled);
        }
        let runtime = &case.detect()?.components[0].runtime;
        Ok(format!("{} {}", runtime.value().unwrap(), runtime.evidence().unwrap().place()))
    }

    #[test]
    fn the_newest_go_builds_older_code() {
        assert_eq!(runtime("go 1.21", None).unwrap(), "Go 1.27 go.mod:2");
        assert_eq!(runtime("go 1.27.1", None).unwrap(), "Go 1.27 go.mod:2");
        assert_eq!(runtime("go 1.25.0\ntoolchain go1.26.3", None).unwrap(), "Go 1.27 go.mod:2");
        assert!(runtime("", None).unwrap().starts_with("Go 1.27"));
    }

    #[test]
    fn a_settled_version_must_be_known_and_new_enough() {
        assert_eq!(runtime("go 1.21", Some("1.26")).unwrap(), "Go 1.26 flag");
        assert!(runtime("go 1.27.2", Some("1.26")).unwrap_err().detail.unwrap().contains("go.mod:2 needs at least"));
        assert!(runtime("go 1.21", Some("1.4")).unwrap_err().detail.unwrap().contains("1.27, 1.26"));
    }

    #[test]
    fn a_go_line_newer_than_every_image_is_a_mistake() {
        for version in ["1.99", "9.9"] {
            let mistake = runtime(&format!("go {version}"), None).unwrap_err();
            assert_eq!((mistake.what, mistake.line), (format!("no image has Go {version}"), Some(2)));
            assert!(mistake.detail.unwrap().starts_with("the newest known is 1.27"));
        }
    }
}
