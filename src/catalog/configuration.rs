//! The user's own configuration, `config.toml` in the platform's configuration folder: favourites,
//! a default preset, the origins that are allowed. For people and for companies that hand it out.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::origin::{Origin, OriginFlags, is_id, spelled_out};
use super::places::offset;
use crate::decisions::nearest;
use crate::paths::RelPath;
use crate::project::{Mistake, Source};

/// Its name in dockwright's folder there.
pub const CONFIGURATION: &str = "config.toml";
/// No configuration is larger, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// What a person or a company settled for all projects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Configuration {
    /// The preset where nothing else says one: `strict`.
    #[serde(default)]
    pub preset: Option<String>,
    /// Short names for origins: `go = "gh:acme/containers//go@v3"`.
    #[serde(default)]
    pub favourites: BTreeMap<String, String>,
    #[serde(default)]
    pub origins: Origins,
    #[serde(default)]
    pub git: GitSettings,
}

/// Which templates may be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Origins {
    /// Beginnings of origins, whole parts of their paths: `gh:acme`, `https://git.acme.dev`,
    /// `/srv/templates`. None: all are. Built-in templates always are.
    #[serde(default)]
    pub allow: Option<Vec<String>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitSettings {
    /// How many seconds git may take to fetch.
    #[serde(default)]
    pub limit: Option<u64>,
}

impl Configuration {
    /// Reads the file in a folder; an empty configuration if there is none.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, has an unknown key, or a favourite that is no origin; each
    /// with its line.
    pub fn read(folder: &Path) -> Result<Self, Mistake> {
        let path = folder.join(CONFIGURATION);
        let shown = path.display();
        let cannot = |what: String| Mistake::new(format!("cannot read `{shown}`: {what}"));
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Configuration::default()),
            Ok(meta) if meta.len() > MAX_BYTES => {
                return Err(cannot(format!("it is larger than {} kB", MAX_BYTES / 1024)));
            }
            Ok(_) => {}
            Err(error) => return Err(cannot(error.to_string())),
        }
        let text = std::fs::read_to_string(&path).map_err(|error| cannot(error.to_string()))?;
        Configuration::parse(&text)
    }

    /// # Errors
    /// As [`Configuration::read`].
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let name = RelPath::new(CONFIGURATION).unwrap_or_else(|_| RelPath::root());
        let source = Source::new(name, text.to_owned());
        let configuration: Configuration = toml::from_str(source.text()).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().lines().next().unwrap_or_default().to_owned();
            let mistake = Mistake::new("your configuration cannot be read").in_source(&source, at).detail(what.clone());
            match super::check::unknown_key(&what) {
                Some(hint) => mistake.hint(hint),
                None => mistake,
            }
        })?;
        for (name, typed) in &configuration.favourites {
            let at = offset(source.text(), &format!("favourites.{name}"));
            let wrong = |what: String| Mistake::new(what).in_source(&source, at);
            if !is_id(name) {
                return Err(wrong(format!("`{}` is no name for a favourite", super::plain(name, 60)))
                    .hint("small letters, digits and hyphens, as in `go-api`"));
            }
            if let Origin::Id(id) = Origin::read(typed, &OriginFlags::default()).map_err(|error| wrong(error.what))? {
                return Err(wrong(format!(
                    "the favourite `{name}` stands for `{id}`, which is no folder and no repository"
                )));
            }
        }
        Ok(configuration)
    }

    /// What was typed, with a favourite's origin in its place.
    pub fn expand<'a>(&'a self, typed: &'a str) -> &'a str {
        self.favourites.get(typed.trim()).map_or(typed, String::as_str)
    }

    /// # Errors
    /// The origin is none of those that are allowed.
    pub fn check_allowed(&self, origin: &Origin) -> Result<(), Mistake> {
        let Some(allow) = &self.origins.allow else { return Ok(()) };
        let address = match origin {
            Origin::Id(_) => return Ok(()),
            Origin::Folder { path, .. } => path,
            Origin::Git(git) => &git.url,
        };
        if allow.iter().any(|begin| is_below(address, &spelled_out(begin).unwrap_or_else(|| begin.clone()))) {
            return Ok(());
        }
        Err(Mistake::new(format!("templates from `{origin}` are not allowed here"))
            .detail(format!(
                "allowed are {}",
                if allow.is_empty() { "the built-in ones".to_owned() } else { allow.join(", ") }
            ))
            .hint(format!("`origins.allow` in {CONFIGURATION} of your configuration folder says so")))
    }

    /// The nearest favourite to what was typed.
    pub fn nearest(&self, typed: &str) -> Option<&str> {
        nearest(typed, self.favourites.keys().map(String::as_str))
    }
}

/// Whether an address is another or lies below it: whole parts, so that `gh:acme` is not `gh:acme2`.
/// Nothing with `..` in it is below anything.
fn is_below(address: &str, begin: &str) -> bool {
    let begin = begin.trim_end_matches('/');
    let rest = address.strip_prefix(begin);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with('/') || begin.ends_with(':');
    !begin.is_empty() && !address.split('/').any(|part| part == "..") && rest.is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(typed: &str) -> Origin {
        Origin::read(typed, &OriginFlags::default()).unwrap()
    }

    #[test]
    fn a_favourite_stands_for_an_origin() {
        let mine = Configuration::parse("[favourites]\ngo-api = \"gh:acme/containers//go@v3\"\n").unwrap();
        assert_eq!(mine.expand("go-api"), "gh:acme/containers//go@v3");
        assert_eq!(mine.expand("node"), "node");
    }

    #[test]
    fn what_cannot_be_is_said_with_its_line() {
        for (text, line, what) in [
            ("preset = \"strict\"\nfavorites = {}\n", 2, "favorites"),
            ("\n[favourites]\ngo = \"node\"\n", 3, "stands for"),
            ("[favourites]\nGo = \"gh:a/b\"\n", 2, "no name"),
            ("[favourites]\ngo = \"--x\"\n", 2, "option"),
            ("preset = \n", 1, "configuration"),
        ] {
            let wrong = Configuration::parse(text).unwrap_err();
            assert_eq!(wrong.line, Some(line), "{text}: {wrong}");
            let all = format!("{} {}", wrong.what, wrong.detail.unwrap_or_default());
            assert!(all.contains(what), "{text}: {all}");
        }
        assert!(Configuration::parse("favorites = {}").unwrap_err().hint.unwrap().contains("favourites"));
    }

    #[test]
    fn only_allowed_origins_are_used_where_some_are_named() {
        let company = "[origins]\nallow = [\"gh:acme\", \"https://git.acme.dev\", \"/srv/templates\"]\n";
        let company = Configuration::parse(company).unwrap();
        for typed in ["node", "gh:acme/x", "acme/x", "https://git.acme.dev/a/b//c@v1", "/srv/templates/go"] {
            company.check_allowed(&origin(typed)).unwrap_or_else(|wrong| panic!("{typed}: {wrong}"));
        }
        for typed in [
            "gh:acme2/x",
            "gh:other/x",
            "https://git.acme.dev.evil.com/x",
            "/srv/templates/../x",
            "./x",
            "git@git.acme.dev:x",
        ] {
            assert!(company.check_allowed(&origin(typed)).is_err(), "{typed}");
        }
        assert!(Configuration::default().check_allowed(&origin("gh:any/x")).is_ok());
    }
}
