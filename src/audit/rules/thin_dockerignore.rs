//! What .dockerignore lets in, a `COPY . .` puts into the image.

use crate::audit::input::is_development;
use crate::audit::{Finding, Input, Rule, Severity};
use crate::paths::RelPath;
use crate::setup::ignore::Ignore;

pub static RULE: Rule = Rule {
    id: "thin-dockerignore",
    severity: Severity::Error,
    checklist: &[
        "NEVER skip .dockerignore - Always create comprehensive .dockerignore to reduce build context",
        ".dockerignore is comprehensive",
    ],
    docs: "https://docs.docker.com/build/concepts/context/#dockerignore-files",
    development: false,
    check,
};

/// What must stay out: example files, the pattern that keeps them out, and whether it is a secret.
const PROBES: &[(&[&str], &str, bool)] = &[
    (&[".env", ".env.local", ".env.production"], "**/.env*", true),
    (&["secrets/db_password"], "**/secrets", true),
    (&["id_rsa"], "**/id_rsa*", true),
    (&["id_ed25519"], "**/id_ed25519*", true),
    (&["server.key"], "**/*.key", true),
    (&["server.pem"], "**/*.pem", true),
    (&[".git/config"], "**/.git", false),
];

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dockerfile in input.dockerfiles.iter().filter(|dockerfile| !is_development(&dockerfile.path)) {
        let own = RelPath::new(&format!("{}.dockerignore", dockerfile.path)).ok();
        for context in input.contexts(dockerfile) {
            let Ok(usual) = context.join(".dockerignore") else { continue };
            let used = own.as_ref().filter(|own| input.ignores.contains_key(own)).unwrap_or(&usual);
            match input.ignores.get(used) {
                Some(ignore) => findings.extend(gaps(input, ignore, used, &context)),
                None => {
                    let message = format!("there is no .dockerignore for `{}`", dockerfile.path);
                    let hint = "write one: it keeps secrets, .git and what the host built out of the image";
                    findings.push(RULE.at(&usual, None, message, hint));
                }
            }
        }
    }
    findings
}

fn gaps(input: &Input, ignore: &Ignore, path: &RelPath, context: &RelPath) -> Vec<Finding> {
    let node = input.tree.files.iter().any(|file| file.file_name() == "package.json" && file.is_below(context));
    let modules: &[(&[&str], &str, bool)] =
        if node { &[(&["node_modules/a/index.js"], "**/node_modules", false)] } else { &[] };
    let mut folders = vec![String::new(), "packages/api/".to_owned()];
    // what is let in again by name may hold the same
    for pattern in ignore.patterns.iter().filter(|pattern| pattern.negated && !pattern.text.contains(['*', '?', '['])) {
        let file = context.join(&pattern.text).is_ok_and(|path| input.tree.files.contains(&path));
        if !file && !pattern.text.split('/').any(|part| part == "secrets" || part.contains('.')) {
            folders.push(format!("{}/", pattern.text));
        }
    }
    let mut findings = Vec::new();
    for (names, pattern, secret) in PROBES.iter().chain(modules) {
        let probes = folders.iter().flat_map(|folder| names.iter().map(move |name| format!("{folder}{name}")));
        let real = if *secret { real_files(input, pattern, context) } else { Vec::new() };
        let there = real.into_iter().find(|path| !ignore.ignores(path));
        let exists = there.is_some();
        let Some(gap) = there.or_else(|| probes.into_iter().find(|probe| !ignore.ignores(probe))) else { continue };
        let word = if exists { "gets" } else { "would get" };
        let hint = format!("add `{pattern}`; patterns without `**/` match at the top only");
        let line = ignore.decides(&gap).map(|pattern| pattern.line);
        let finding = RULE.at(path, line, format!("`{gap}` {word} into the build"), &hint);
        // a secret that may once lie deeper is less than one that people put at the top
        let bad = *secret && (exists || !gap.contains('/') || gap.starts_with("secrets/"));
        findings.push(if bad { finding } else { finding.graded(Severity::Warning) });
    }
    findings
}

/// Files of the project that the pattern means, relative to the context.
fn real_files(input: &Input, pattern: &str, context: &RelPath) -> Vec<String> {
    let means = Ignore::parse(pattern);
    let harmless =
        ["example", "sample", "template", "readme", ".gitignore", ".gitkeep", "ca", "cert", "public", ".pub"];
    let below = input.tree.files.iter().filter_map(|file| file.strip(context));
    let secret = below.filter(|file| {
        let name = file.file_name().to_ascii_lowercase();
        // a folder of sources may have that name too
        let source = pattern.ends_with("secrets") && !file.as_str().starts_with("secrets/");
        means.ignores(file.as_str()) && !source && !harmless.iter().any(|word| name.contains(word))
    });
    secret.map(|file| file.as_str().to_owned()).collect()
}
