//! Tokens of tools that the build runs, as plugins of bundlers that send source maps somewhere:
//! they read the environment by themselves, and do without.

use super::super::Context;
use super::super::build_secrets::Asked;
use super::entry::Folder;
use super::script::{self, Script};
use crate::facts::{BuildStep, EnvName, Evidence};
use crate::paths::RelPath;

/// What the build's own files and scripts call, by `tool-token` of the presets.
pub fn asked(folder: &Folder<'_>) -> Vec<Asked> {
    let context = folder.context;
    let mut found = Vec::new();
    let configs = configs(context, folder.path);
    for token in &context.presets.settings.tool_token {
        let Ok(name) = EnvName::new(&token.name) else { continue };
        let called = configs.iter().find_map(|(evidence_at, script)| {
            let call = script.calls.iter().find(|call| token.calls.iter().any(|known| known == call.name()))?;
            Some(evidence_at(call.line, format!("{} reads it", call.name())))
        });
        let evidence = called.or_else(|| by_script(folder, &token.commands));
        found.extend(evidence.map(|evidence| Asked { name, step: BuildStep::Build, evidence }));
    }
    found
}

type At = Box<dyn Fn(u32, String) -> Evidence>;

/// The settings of bundlers directly in the folder.
fn configs(context: &Context<'_>, path: &RelPath) -> Vec<(At, Script)> {
    let is_config = |file: &&RelPath| {
        let own = file.strip(path).is_some_and(|file| !file.as_str().contains('/'));
        let (stem, kind) = file.file_name().rsplit_once('.').unwrap_or_default();
        own && (stem.ends_with(".config") || matches!(stem, "build" | "esbuild"))
            && matches!(kind, "js" | "mjs" | "cjs" | "ts" | "mts" | "cts")
    };
    let files = context.project.files_below(path).filter(is_config);
    let read = files.filter_map(|file| {
        let source = context.project.read(file)?;
        let script = Script::parse(&source)?;
        let at: At = Box::new(move |line, because| script::evidence(&source, line, because));
        Some((at, script))
    });
    read.collect()
}

/// A script of package.json that calls the tool's own command.
fn by_script(folder: &Folder<'_>, commands: &[String]) -> Option<Evidence> {
    let calls = |text: &str| text.split_whitespace().any(|word| commands.iter().any(|command| command == word));
    ["prebuild", "build", "postbuild"].iter().find_map(|name| {
        let script = folder.manifest.script(name).filter(|script| calls(script.text))?;
        Some(folder.manifest.script_evidence(script))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::BuildStep;

    fn asked(files: &[(&str, &str)]) -> Vec<String> {
        let detection = project(files).detect().unwrap();
        let settings = detection.components[0].settings.iter();
        let at_build = settings.filter(|setting| setting.mounted == Some(BuildStep::Build));
        at_build.map(|setting| format!("{} {}", setting.name, setting.evidence[0].place())).collect()
    }

    const NEXT: &str = "{\"scripts\": {\"build\": \"next build\"}, \"dependencies\": {\"next\": \"16.0.0\"}}";

    #[test]
    fn a_plugin_that_sends_source_maps_reads_its_token() {
        let next = |config| asked(&[("package.json", NEXT), ("package-lock.json", "{}"), ("next.config.mjs", config)]);
        let config = "import { withSentryConfig } from '@sentry/nextjs';\nexport default withSentryConfig({}, { org: 'acme' });\n";
        assert_eq!(next(config), ["SENTRY_AUTH_TOKEN next.config.mjs:2"]);
        assert_eq!(next("// withSentryConfig(x)\nexport default {}\n"), [""; 0]);
        let app =
            "{\"main\": \"app.js\", \"scripts\": {\"build\": \"vite build\"}, \"dependencies\": {\"express\": \"5\"}}";
        let vite = "import { sentryVitePlugin } from '@sentry/vite-plugin'\nexport default { plugins: [sentryVitePlugin({ authToken: process.env.SENTRY_AUTH_TOKEN })] }\n";
        let files = [("package.json", app), ("app.js", "require('express')().listen(3000)"), ("vite.config.js", vite)];
        assert_eq!(asked(&files), ["SENTRY_AUTH_TOKEN vite.config.js:2"]);
    }
}
