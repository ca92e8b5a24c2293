//! Modules that no public proxy has: whose they are, and how the project gets at them today.

use super::super::{Context, builds};
use super::module::Module;
use crate::facts::{Evidence, Private};
use crate::paths::RelPath;

/// The patterns of `GOPRIVATE`, with what says that there are such modules.
pub fn private(context: &Context<'_>, path: &RelPath, manifest: &RelPath, module: &Module) -> Option<Private> {
    let (mut patterns, mut evidence, mut ssh): (Vec<String>, Option<Evidence>, bool) = (Vec::new(), None, false);
    for source in builds::files(context, path) {
        for (line, text) in source.lines().filter(|(_, text)| !text.trim_start().starts_with("//")) {
            let shown: String = text.trim().chars().take(120).collect();
            let found = |because: &str| Evidence::at(source.path(), line, shown.clone(), because);
            for name in ["GOPRIVATE", "GONOPROXY"] {
                for pattern in value(text, name).into_iter().filter(|pattern| needed(pattern, module)) {
                    evidence.get_or_insert_with(|| found(name));
                    if !patterns.contains(&pattern) {
                        patterns.push(pattern);
                    }
                }
            }
            if text.to_ascii_lowercase().contains("insteadof") && (text.contains("ssh://") || text.contains("git@")) {
                ssh = true;
                evidence.get_or_insert_with(|| found("modules by SSH"));
            }
            if text.contains("id=netrc") || (text.contains(".netrc") && !text.trim_start().starts_with('#')) {
                evidence.get_or_insert_with(|| found("credentials for git"));
            }
        }
    }
    let preset = context.presets.runtimes.get("go")?;
    for require in &module.requires {
        let host = require.path.split('/').next().unwrap_or_default();
        let listed = |part: &String| if part.starts_with('.') { host.ends_with(part) } else { host.starts_with(part) };
        let is_private =
            preset.private_hosts.iter().any(listed) && !preset.public_hosts.iter().any(|known| known == host);
        let known = patterns.iter().any(|pattern| pattern.starts_with(host));
        if is_private && is_pattern(host) && !known {
            let text = format!("{} {}", require.path, require.version);
            evidence.get_or_insert_with(|| Evidence::at(manifest, require.line, text, "a host that is not public"));
            patterns.push(host.to_owned());
        }
    }
    Some(Private { patterns, ssh, evidence: evidence? })
}

/// `a,b` of `GOPRIVATE=a,b`, `GOPRIVATE: "a"`, `GOPRIVATE ?= a`, `ENV GOPRIVATE a`.
fn value(line: &str, name: &str) -> Vec<String> {
    let Some((_, rest)) = line.split_once(name) else { return Vec::new() };
    let rest = rest.trim_start_matches([' ', '\t', ':', '=', '?', '"', '\'']);
    let end = rest.find(|c: char| c.is_whitespace() || "\"';&|\\".contains(c)).unwrap_or(rest.len());
    rest[..end].split(',').filter(|pattern| is_pattern(pattern)).map(str::to_owned).collect()
}

fn is_pattern(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/*~".contains(c))
}

/// Whether some requirement can match: `github.com/acme/*` is nothing to a module without any.
fn needed(pattern: &str, module: &Module) -> bool {
    let start = pattern.split('*').next().unwrap_or_default().trim_end_matches('/');
    module.requires.iter().any(|require| require.path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    fn found(requires: &str, files: &[(&str, &str)]) -> String {
        let go_mod = format!("module a\nrequire (\n{requires}\n)\n");
        let main = "package main\n\nfunc main() {}\n";
        let files = [&[("go.mod", go_mod.as_str()), ("main.go", main)], files].concat();
        let detection = project(&files).detect().unwrap();
        let Stack::Go(go) = &detection.components[0].stack else { panic!("not Go") };
        go.private.as_ref().map_or("public".to_owned(), |private| {
            let ssh = if private.ssh { " ssh" } else { "" };
            format!("{}{ssh} {}", private.patterns.join(","), private.evidence.place())
        })
    }

    #[test]
    fn goprivate_says_whose_modules_are_private() {
        let acme = "github.com/acme/lib v1.0.0";
        for (file, text) in [
            ("Makefile", "export GOPRIVATE ?= github.com/acme/*\n"),
            ("Dockerfile", "ENV GOPRIVATE=github.com/acme/*\n"),
            (".github/workflows/ci.yml", "      GOPRIVATE: \"github.com/acme/*\"\n"),
            ("ci/build.sh", "go env -w GOPRIVATE=github.com/acme/*,github.com/gone/*\n"),
        ] {
            assert_eq!(found(acme, &[(file, text)]), format!("github.com/acme/* {file}:1"));
        }
        assert_eq!(found(acme, &[("Makefile", "test:\n\tgo test ./...\n")]), "public");
    }

    #[test]
    fn a_host_of_a_company_is_private_without_a_word() {
        assert_eq!(found("git.acme.example/x/lib v1.0.0", &[]), "git.acme.example go.mod:3");
        assert_eq!(found("code.acme.internal/lib v1.0.0", &[]), "code.acme.internal go.mod:3");
        for public in
            ["github.com/a/b v1", "gitlab.com/a/b v1", "gorm.io/gorm v1", "go.uber.org/zap v1", "golang.org/x/net v1"]
        {
            assert_eq!(found(public, &[]), "public", "{public}");
        }
    }

    #[test]
    fn credentials_for_git_are_evidence_too() {
        let netrc = "RUN --mount=type=secret,id=netrc,target=/root/.netrc go mod download\n";
        assert_eq!(found("github.com/acme/lib v1", &[("Dockerfile", netrc)]), " Dockerfile:1");
        let ssh = "RUN git config --global url.\"git@github.com:\".insteadOf https://github.com/\n";
        assert_eq!(found("github.com/acme/lib v1", &[("Dockerfile", ssh)]), " ssh Dockerfile:1");
    }
}
