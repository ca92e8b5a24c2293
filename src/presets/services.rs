//! Backing services as data: what one is called, how it stands in compose.yaml, what its clients
//! are given and how they are known.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::Part;

/// `presets/services/<id>.toml`: a backing service.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServicePreset {
    /// For people: `PostgreSQL`.
    pub name: String,
    /// Its name in compose.yaml and on its network: `db`.
    pub service: String,
    /// Services of one kind do the same work: two of them are a question. None: it has no rival.
    #[serde(default)]
    pub kind: Option<String>,
    /// What code, schemas and examples call it: `pg`.
    pub called: Vec<String>,
    /// Types in code whose values are its address: `PostgresDsn`.
    #[serde(default)]
    pub types: Vec<String>,
    /// The id of another service whose protocol it speaks and whose clients reach it.
    #[serde(default)]
    pub stands_for: Option<String>,
    pub port: u16,
    /// The variable that moves its development port on the host: `DB_PORT`.
    pub port_variable: String,
    /// Newest first; the first is the default.
    pub version: Vec<ServiceVersion>,
    /// Files below secrets/; the order is that of the README there.
    pub secret: Vec<ServiceSecret>,
    /// What an app is given for each part of the address; `{name}` is a secret's value.
    pub client: BTreeMap<Part, String>,
    /// Other forms of its address, the first that fits wins.
    #[serde(default)]
    pub dialect: Vec<Dialect>,
    /// Names of settings that mean a part of its address.
    pub names: BTreeMap<Part, Vec<String>>,
    /// Names that are given where no code names its address.
    #[serde(default)]
    pub usual: Vec<String>,
    pub detect: ServiceDetect,
    #[serde(default)]
    pub insists_on_tls: Option<InsistsOnTls>,
    /// A command inside its own image that proves an address works; `{url}`, `{host}`, `{port}`,
    /// `{user}`, `{password}` and `{database}` are words of their own. Empty: there is none.
    #[serde(default)]
    pub connect: Vec<String>,
    /// How its password is changed, one Markdown line; `{app}` is whoever reads it, `{files}` are
    /// the files that hold it: `rotate-files` where one component does.
    pub rotate: String,
    #[serde(default)]
    pub rotate_files: String,
    /// The named volume for its data.
    pub volume: String,
    /// The body of its service in compose.yaml; `{image}` is the image.
    pub compose: String,
}

impl ServicePreset {
    /// What an app is given for a part of the address, in a dialect; `{name}` is a secret's value.
    /// Empty: the service has no such part.
    pub fn given(&self, part: Part, dialect: Option<&str>) -> &str {
        let dialect = dialect.and_then(|id| self.dialect.iter().find(|dialect| dialect.id == id));
        match (part, dialect) {
            (Part::Url, Some(dialect)) => &dialect.url,
            _ => self.client.get(&part).map_or("", String::as_str),
        }
    }

    /// The form of its address that client libraries want: the first whose libraries are all there.
    pub fn spoken<'a>(
        &'a self,
        libraries: impl Fn(&'a ServiceDetect) -> &'a [String],
        is_there: impl Fn(&str) -> bool,
    ) -> Option<&'a Dialect> {
        let any = |word: &String| word.split('|').any(&is_there);
        self.dialect.iter().find(|dialect| {
            let all = libraries(&dialect.when);
            !all.is_empty() && all.iter().all(any)
        })
    }

    /// The dialect that an example of its address is written in. `Some(None)`: the usual one;
    /// `None`: the text is no address of this service.
    pub fn written(&self, example: &str) -> Option<Option<&Dialect>> {
        let is_like = |like: &String| match like.split_once('~') {
            Some((begin, inside)) => example.starts_with(begin) && example.contains(inside),
            None => example.starts_with(like),
        };
        match self.dialect.iter().find(|dialect| dialect.like.iter().any(is_like)) {
            Some(dialect) => Some(Some(dialect)),
            None => {
                let usual = self.client.get(&Part::Url)?.split_once("://")?.0;
                example.strip_prefix(usual)?.starts_with("://").then_some(None)
            }
        }
    }
}

/// A form of a service's address that some client libraries want.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dialect {
    pub id: String,
    /// How an example of it begins and, behind a `~`, what stands somewhere inside: the best evidence.
    #[serde(default)]
    pub like: Vec<String>,
    /// Client libraries that want it, per stack; all of a list must be there, `a|b` is either.
    #[serde(default)]
    pub when: ServiceDetect,
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceVersion {
    pub version: String,
    pub image: String,
    /// `YYYY-MM-DD`; none: no day is known.
    #[serde(default)]
    pub end_of_life: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceSecret {
    pub name: String,
    /// What it holds, for the README.
    pub holds: String,
    /// What it is made of, `{name}` is another secret's value; none: a random value.
    #[serde(default)]
    pub value: Option<String>,
}

/// A client library that refuses a server without TLS unless this name of the environment, which
/// it reads itself, says otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InsistsOnTls {
    /// Its module path.
    pub go: String,
    pub name: String,
}

/// Client libraries, per stack.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceDetect {
    #[serde(default)]
    pub node: Vec<String>,
    /// Module paths; a longer path below one counts too.
    #[serde(default)]
    pub go: Vec<String>,
    /// Distribution names as the index normalises them: `psycopg2-binary`.
    #[serde(default)]
    pub python: Vec<String>,
    /// Clients of any stack that speak a provider's HTTP, which no server of ours answers: it runs elsewhere.
    #[serde(default)]
    pub hosted: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::super::Presets;
    use super::*;

    fn id(dialect: Option<&Dialect>) -> Option<&str> {
        dialect.map(|dialect| dialect.id.as_str())
    }

    #[test]
    fn an_example_shows_its_dialect() {
        let postgres = &Presets::built_in().services["postgres"];
        let written = |text| postgres.written(text).map(id);
        assert_eq!(written("postgresql+asyncpg://me:x@localhost/db"), Some(Some("asyncpg")));
        assert_eq!(written("postgresql+psycopg://me:x@localhost/db"), Some(Some("psycopg")));
        assert_eq!(written("host=localhost user=me dbname=x sslmode=disable"), Some(Some("keywords")));
        assert_eq!(written("postgres://localhost/db"), Some(None));
        assert_eq!(written("mysql://localhost/db"), None);
    }

    #[test]
    fn client_libraries_choose_a_dialect_together() {
        let postgres = &Presets::built_in().services["postgres"];
        let spoken = |there: &[&str]| id(postgres.spoken(|detect| &detect.python, |name| there.contains(&name)));
        assert_eq!(spoken(&["sqlmodel", "asyncpg"]), Some("asyncpg"));
        assert_eq!(spoken(&["sqlalchemy", "psycopg"]), Some("psycopg"));
        assert_eq!(spoken(&["sqlalchemy", "psycopg2-binary"]), Some("libpq"));
        assert_eq!(spoken(&["asyncpg"]), Some("libpq"), "the driver itself reads a plain address");
        assert_eq!(id(postgres.spoken(|detect| &detect.node, |name| name == "pg")), None);
    }
}
