//! Prisma's schema: the database it names, what it reads, and the client that is generated of it.

use super::super::Context;
use super::super::settings::Read;
use super::entry::Folder;
use super::manifest::Manifest;
use crate::facts::{Argv, EnvName, Evidence};
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

/// What `prisma generate` is to write, and what of that production lacks otherwise.
#[derive(Default)]
pub struct Generate {
    /// The command; none where there is no schema.
    pub commands: Vec<Argv>,
    /// Folders relative to the component.
    pub writes: Vec<RelPath>,
    /// `scripts.build` does it as well.
    pub by_build: bool,
}

/// The client that production needs is written by the build: into `node_modules`, which production
/// has from another stage, or into a folder of the project's.
pub fn generate(folder: &Folder<'_>, output: Option<&RelPath>) -> Generate {
    let (context, manifest) = (folder.context, folder.manifest);
    let Some(schema) = schema(context, folder.path) else { return Generate::default() };
    let Some(generator) = generator(&schema).filter(|_| manifest.dependency("@prisma/client").is_some()) else {
        return Generate::default();
    };
    if manifest.any_dependency("prisma").is_none() {
        context.warn(
            "generated-client",
            "Prisma's client is generated, and `prisma`, which does that, is no dependency",
            vec![generator.evidence],
            "add `prisma` to devDependencies",
        );
        return Generate::default();
    }
    let mut writes = Vec::new();
    match &generator.output {
        None => writes.extend(RelPath::new("node_modules/.prisma")),
        Some(text) => {
            let below = schema.path().strip(folder.path).and_then(|path| path.parent()?.join(text).ok());
            // sources are compiled with the others; what runs its sources has them with those
            let is_client = generator.provider == "prisma-client";
            writes.extend(below.filter(|path| {
                let first = path.parts().next().unwrap_or_default();
                let is_there = match output {
                    Some(output) => is_client || path.is_below(output),
                    None => ["src", "app", "lib", "server"].contains(&first),
                };
                !path.is_root() && !is_there
            }));
        }
    }
    let command = Argv::new(["node_modules/.bin/prisma", "generate"]);
    Generate { commands: command.into_iter().collect(), writes, by_build: is_generated_by(manifest, "build") }
}

/// Whether a script, or one that it calls, generates the client.
fn is_generated_by(manifest: &Manifest, script: &str) -> bool {
    let hook = format!("pre{script}");
    let texts = [script, &hook].into_iter().filter_map(|name| manifest.script(name)).map(|script| script.text);
    texts.into_iter().any(|text| {
        let called = text.split(|c: char| c.is_whitespace() || "&|;".contains(c)).filter(|name| *name != script);
        text.contains("prisma generate")
            || called.filter_map(|name| manifest.script(name)).any(|script| script.text.contains("prisma generate"))
    })
}

struct Generator {
    provider: String,
    output: Option<String>,
    evidence: Evidence,
}

/// The generator of a client for JavaScript.
fn generator(schema: &Source) -> Option<Generator> {
    let (mut inside, mut found) = (false, None::<Generator>);
    let mut output = None;
    for (line, text) in schema.lines() {
        let text = text.trim();
        if text.starts_with("generator ") {
            (inside, output) = (true, None);
        } else if text.starts_with('}') {
            if let Some(found) = found.filter(|_| inside) {
                return Some(Generator { output, ..found });
            }
            (inside, found) = (false, None);
        }
        let value = || text.split('"').nth(1).map(str::to_owned);
        if inside && text.starts_with("provider") {
            found = value().filter(|name| name.starts_with("prisma-client")).map(|provider| Generator {
                provider,
                output: None,
                evidence: Evidence::at(schema.path(), line, text, "generator"),
            });
        }
        if inside && text.starts_with("output") {
            output = value();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    /// The commands that generate, and the folders that are copied.
    fn generates(generator: &str, more: &str) -> (Vec<String>, Vec<String>) {
        let manifest = format!(
            "{{{more} \"dependencies\": {{\"@prisma/client\": \"6\"}}, \"devDependencies\": {{\"prisma\": \"6\", \"typescript\": \"5\"}}}}"
        );
        let schema = format!("generator x {{\n  provider = \"other\"\n}}\ngenerator client {{\n  {generator}\n}}\n");
        let files = [
            ("package.json", manifest.as_str()),
            ("package-lock.json", "{\"@prisma/client\": 1}"),
            ("src/index.ts", ""),
            ("server.js", ""),
            ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"dist\"}}"),
            ("prisma/schema.prisma", &schema),
        ];
        let component = project(&files).detect().unwrap().components.remove(0);
        let Stack::Node(node) = component.stack else { panic!() };
        let text = |list: Vec<String>| list;
        (
            text(node.generates.iter().map(ToString::to_string).collect()),
            text(node.generated.iter().map(ToString::to_string).collect()),
        )
    }

    #[test]
    fn the_client_is_generated_before_the_build_and_copied() {
        let command = "node_modules/.bin/prisma generate";
        let js = "provider = \"prisma-client-js\"";
        assert_eq!(generates(js, ""), (vec![command.to_owned()], vec!["node_modules/.prisma".to_owned()]));
        let custom = format!("{js}\n  output = \"../generated/client\"");
        assert_eq!(generates(&custom, "").1, ["generated/client"]);
        let scripts = "\"scripts\": {\"build\": \"prisma generate && tsc\", \"start\": \"node dist/index.js\"},";
        let (commands, copied) = generates(js, scripts);
        assert_eq!((commands.len(), copied.len()), (1, 1));
        let sources = "provider = \"prisma-client\"\n  output = \"../src/generated\"";
        let scripts = "\"scripts\": {\"build\": \"tsc\", \"start\": \"node dist/index.js\"},";
        assert_eq!(generates(sources, scripts), (vec![command.to_owned()], vec![]));
    }
}
