//! Dependencies that break on musl or need build tools there.

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::Evidence;

/// The first of them that production has; the list is `needs-glibc` of the runtime's preset.
pub fn needs_glibc(context: &Context<'_>, manifest: &Manifest) -> Option<Evidence> {
    let preset = context.presets.runtimes.get("node")?;
    let member = preset.needs_glibc.iter().find_map(|name| manifest.dependency(name))?;
    Some(Evidence { because: "has no build for Alpine's musl".to_owned(), ..manifest.evidence(member) })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    #[test]
    fn a_dependency_without_a_build_for_musl_needs_glibc() {
        for (list, needed) in [("dependencies", true), ("devDependencies", false)] {
            let manifest = format!("{{\"{list}\": {{\n\"canvas\": \"^3.0.0\"}}}}");
            let files = [("package.json", manifest.as_str()), ("server.js", ""), ("package-lock.json", "{}")];
            let detection = project(&files).detect().unwrap();
            let Stack::Node(node) = &detection.components[0].stack else { panic!() };
            assert_eq!(node.needs_glibc.as_ref().map(|why| why.place()), needed.then(|| "package.json:2".to_owned()));
        }
    }
}
