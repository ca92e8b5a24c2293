//! Libraries that are compiled while they are installed, or need a library of the system.

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::Name;

/// Debian packages for the build, and those for running.
pub fn native(context: &Context<'_>, manifest: &Manifest) -> (Vec<Name>, Vec<Name>) {
    let (mut build, mut run) = (Vec::new(), Vec::new());
    let Some(preset) = context.presets.runtimes.get("python") else { return (build, run) };
    for native in &preset.native {
        let ready = native.unless.iter().any(|extra| {
            manifest.has_extra(&native.library, extra)
                || manifest.dependency(&format!("{}-{extra}", native.library)).is_some()
        });
        if manifest.dependency(&native.library).is_none() || ready {
            continue;
        }
        build.extend(native.build.iter().filter_map(|name| Name::new(name).ok()));
        run.extend(native.run.iter().filter_map(|name| Name::new(name).ok()));
    }
    if manifest.origins().iter().any(|(from, _)| from.starts_with("git+")) {
        build.extend(["ca-certificates", "git"].iter().filter_map(|name| Name::new(name).ok()));
    }
    for list in [&mut build, &mut run] {
        list.sort();
        list.dedup();
    }
    (build, run)
}
