//! Credentials that the package manager's own settings take from the environment: those of private
//! registries, which its install needs.

use super::super::Context;
use super::super::build_secrets::{Asked, names, without_names};
use crate::facts::{BuildStep, Line, Packages, Setting};
use crate::paths::RelPath;
use crate::project::Source;

/// A file of settings, and whether a name may stand in it without braces.
const FILES: &[(&str, bool)] = &[(".npmrc", false), (".yarnrc.yml", false), ("bunfig.toml", true)];
/// What a key that holds a credential has in its name, in lowercase.
const CREDENTIALS: &[&str] = &["_auth", "password", "token", "secret", "username", "ident"];

/// What the files that the install reads ask for.
pub fn asked(context: &Context<'_>, path: &RelPath, packages: Option<&Packages>) -> Vec<Asked> {
    let mut found = Vec::new();
    for (name, bare) in FILES {
        let is_read = packages.is_some_and(|packages| packages.manifests.iter().any(|file| file.as_str() == *name));
        let source = path.join(name).ok().filter(|_| is_read).and_then(|file| context.project.read(&file));
        for (line, text) in source.iter().flat_map(|source| source.lines()) {
            let text = text.trim();
            if text.starts_with(['#', ';']) || !is_credential(text) {
                continue;
            }
            let Some(source) = &source else { continue };
            let asks = names(text, *bare).into_iter().map(|name| Asked::of_line(source, line, name, "asks for it"));
            found.extend(asks);
        }
    }
    found
}

/// A manager that fails where a name in its settings is not set gets a word for it wherever else it
/// runs; the word reaches no registry.
pub fn stand_in(context: &Context<'_>, packages: Option<&Packages>, settings: &mut [Setting]) {
    let preset = packages.and_then(|packages| context.presets.packages.get(&packages.id));
    if !preset.is_some_and(|preset| preset.needs_names) {
        return;
    }
    for setting in settings.iter_mut().filter(|setting| setting.is_mounted_at(BuildStep::Install)) {
        setting.at_build = Line::new("not-needed-here").ok();
    }
}

/// Whether a line is about a credential: by its key, or an address with a place for one.
fn is_credential(line: &str) -> bool {
    let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
    // `//registry.example.com/:_authToken=...`: the key has colons
    let key = line.rsplit_once('=').map_or(key, |(key, _)| key).to_ascii_lowercase();
    let has_login = value
        .split("://")
        .nth(1)
        .or(line.split("://").nth(1))
        .is_some_and(|rest| rest.split(['/', ' ', '"']).next().is_some_and(|host| host.contains('@')));
    has_login || CREDENTIALS.iter().any(|word| key.contains(word))
}

/// A .npmrc may be copied into a build only if it holds no credentials; names in the place of one
/// are none.
pub fn is_plain(source: &Source) -> bool {
    source.lines().all(|(_, line)| {
        let bare = without_names(line.trim());
        let value = bare.split_once('=').map_or("", |(_, value)| value).trim_matches([' ', '"', '\'', ':']);
        let lower = line.to_ascii_lowercase();
        let is_secret = ["_auth", "_password", "password", "token", "secret"].iter().any(|word| lower.contains(word));
        // an address is fine unless it holds a name and password
        let login = bare.split("://").nth(1).and_then(|rest| rest.split(['/', ' ']).next()?.split_once('@'));
        let has_login = login.is_some_and(|(login, _)| login.chars().any(|c| c != ':'));
        !has_login && (!is_secret || value.is_empty() || login.is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{project, secrets_of_install};

    /// What is asked for, as `NAME file:line`, with the name settled or not.
    fn asked(manager: &[(&str, &str)], more: &[(&str, &str)]) -> Vec<String> {
        let app = [
            ("package.json", "{\"name\": \"a\", \"main\": \"app.js\", \"dependencies\": {\"express\": \"5\"}}"),
            ("app.js", "require('express')().listen(3000)"),
        ];
        let files: Vec<(&str, &str)> = app.iter().chain(manager).chain(more).copied().collect();
        secrets_of_install(&project(&files))
    }

    #[test]
    fn names_of_npmrc_are_secrets_of_the_install() {
        let npm = [("package-lock.json", "\"express\"")];
        let npmrc = "@acme:registry=https://npm.example.com/\n# ${OLD_TOKEN}\n//npm.example.com/:_authToken=${NPM_TOKEN}\ncafile=${HOME}/ca\n";
        assert_eq!(asked(&npm, &[(".npmrc", npmrc)]), ["NPM_TOKEN .npmrc:3"]);
        let login = "registry=https://${NPM_USER}:${NPM_PASS}@npm.example.com/\n";
        assert_eq!(asked(&npm, &[(".npmrc", login)]), ["NPM_PASS .npmrc:1", "NPM_USER .npmrc:1"]);
        assert_eq!(asked(&npm, &[(".npmrc", "//npm.example.com/:_authToken=abc\n")]), [""; 0]);
        assert_eq!(asked(&npm, &[(".npmrc", npmrc), (".env.example", "NPM_TOKEN=\n")]), ["NPM_TOKEN .npmrc:3"]);
    }

    #[test]
    fn names_of_yarn_and_bun_are_too() {
        let yarn = [("yarn.lock", "__metadata:\n  version: 8\n\n\"express@npm:5\":\n")];
        let yarnrc = "nodeLinker: node-modules\nnpmScopes:\n  acme:\n    npmRegistryServer: \"https://npm.example.com\"\n    npmAuthToken: ${NPM_TOKEN:-}\n";
        assert_eq!(asked(&yarn, &[(".yarnrc.yml", yarnrc)]), ["NPM_TOKEN .yarnrc.yml:5"]);
        let bun = [("bun.lock", "\"express\"")];
        let bunfig = "[install.scopes]\nacme = { token = \"$BUN_TOKEN\", url = \"https://npm.example.com/\" }\n";
        assert_eq!(asked(&bun, &[("bunfig.toml", bunfig)]), ["BUN_TOKEN bunfig.toml:2"]);
    }
}
