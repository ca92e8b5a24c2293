//! A generated client that production's packages lack.

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::Evidence;
use crate::paths::RelPath;

/// Where Prisma looks for its schema.
const SCHEMAS: &[&str] = &["prisma/schema.prisma", "schema.prisma"];

/// Warns where Prisma writes its client into `node_modules`: the build does it in a tree that
/// production does not get.
pub fn warn(context: &Context<'_>, path: &RelPath, manifest: &Manifest) {
    if manifest.dependency("@prisma/client").is_none() {
        return;
    }
    for name in SCHEMAS {
        let Some(file) = path.join(name).ok() else { continue };
        let Some(source) = context.project.read(&file) else { continue };
        let mut inside = false;
        let (mut provider, mut output) = (None, false);
        for (line, text) in source.lines() {
            let text = text.trim();
            inside = (inside || text.starts_with("generator ")) && !text.starts_with('}');
            if inside && text.starts_with("provider") && text.contains("prisma-client-js") {
                provider = Some((line, text.to_owned()));
            }
            output |= inside && text.starts_with("output");
        }
        if let (Some((line, text)), false) = (provider, output) {
            context.warn(
                "generated-client",
                "Prisma writes its client into node_modules, and production's packages lack it",
                vec![Evidence::at(&file, line, text, "generator")],
                "give the generator an `output` below the sources, and let `scripts.build` run `prisma generate`",
            );
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    #[test]
    fn a_client_that_only_the_build_would_have_is_named() {
        let manifest = "{\"dependencies\": {\"@prisma/client\": \"6\"}}";
        for (output, warned) in [("", true), ("output = \"../src/generated\"\n", false)] {
            let schema = format!("generator client {{\n  provider = \"prisma-client-js\"\n  {output}}}\n");
            let files = [
                ("package.json", manifest),
                ("package-lock.json", "{\"@prisma/client\": 1}"),
                ("server.js", ""),
                ("prisma/schema.prisma", &schema),
            ];
            let warnings = project(&files).detect().unwrap().warnings;
            assert_eq!(warnings.iter().any(|warning| warning.id == "generated-client"), warned, "{warnings:?}");
        }
    }
}
