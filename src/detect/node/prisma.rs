//! Prisma's schema: the database it names, what it reads, and a generated client that
//! production's packages lack.

use super::super::Context;
use super::super::settings::Read;
use super::manifest::Manifest;
use crate::facts::{EnvName, Evidence};
use crate::paths::RelPath;
use crate::project::Source;

/// Where Prisma looks for its schema.
const SCHEMAS: &[&str] = &["prisma/schema.prisma", "schema.prisma"];

/// The database of the schema as Prisma calls it, for presets of services: `prisma:postgresql`.
pub fn database(context: &Context<'_>, path: &RelPath, library: &str) -> Option<Evidence> {
    let wanted = library.strip_prefix("prisma:")?;
    let schema = schema(context, path)?;
    let mut inside = false;
    schema.lines().find_map(|(line, text)| {
        let text = text.trim();
        inside = (inside || text.starts_with("datasource ")) && !text.starts_with('}');
        let is_it = inside && text.starts_with("provider") && text.contains(&format!("\"{wanted}\""));
        is_it.then(|| Evidence::at(schema.path(), line, text, "Prisma's datasource"))
    })
}

/// Names that the schema and its file of settings read: `env("DATABASE_URL")`.
pub fn reads(context: &Context<'_>, path: &RelPath) -> Vec<Read> {
    let settings = ["prisma.config.ts", "prisma.config.mts", "prisma.config.js", "prisma.config.mjs"];
    let settings = settings.iter().filter_map(|name| context.project.read(&path.join(name).ok()?));
    let mut reads = Vec::new();
    for source in schema(context, path).into_iter().chain(settings) {
        for (line, text) in source.lines().filter(|(_, text)| !text.trim_start().starts_with("//")) {
            for name in text.split("env(").skip(1).filter_map(quoted) {
                let evidence = Evidence::at(source.path(), line, text.trim(), "read by Prisma");
                reads.push(Read { name, evidence, default: None, required: false, holds: None });
            }
        }
    }
    reads
}

/// The name in quotes at the begin of a text.
fn quoted(text: &str) -> Option<EnvName> {
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    EnvName::new(text[1..].split(quote).next()?).ok()
}

fn schema(context: &Context<'_>, path: &RelPath) -> Option<std::rc::Rc<Source>> {
    SCHEMAS.iter().find_map(|name| context.project.read(&path.join(name).ok()?))
}

/// Warns where Prisma writes its client into `node_modules`: the build does it in a tree that
/// production does not get.
pub fn warn(context: &Context<'_>, path: &RelPath, manifest: &Manifest) {
    if let Some(evidence) = client_in_packages(context, path, manifest) {
        context.warn(
            "generated-client",
            "Prisma writes its client into node_modules, and production's packages lack it",
            vec![evidence],
            "give the generator an `output` below the sources, and let `scripts.build` run `prisma generate`",
        );
    }
}

/// The generator that writes the client into `node_modules`, if there is one.
pub fn client_in_packages(context: &Context<'_>, path: &RelPath, manifest: &Manifest) -> Option<Evidence> {
    manifest.dependency("@prisma/client")?;
    let source = schema(context, path)?;
    let mut inside = false;
    let (mut provider, mut output) = (None, false);
    for (line, text) in source.lines() {
        let text = text.trim();
        inside = (inside || text.starts_with("generator ")) && !text.starts_with('}');
        if inside && text.starts_with("provider") && text.contains("prisma-client-js") {
            provider = Some(Evidence::at(source.path(), line, text, "generator"));
        }
        output |= inside && text.starts_with("output");
    }
    provider.filter(|_| !output)
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
