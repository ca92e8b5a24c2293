//! Of services that do the same work, which one is meant: what the project itself calls it decides.
//!
//! Client libraries alone do not tell it: object mappers take several drivers, and one client
//! reaches both a service and what stands for it. Asked are, in this order, a schema, the code, the
//! values of `.env.example`, and the images of compose files that are there.

use super::Context;
use super::examples::declared;
use crate::facts::{BackingService, Evidence};
use crate::paths::RelPath;
use crate::presets::{Presets, ServicePreset};

/// Where Prisma looks for its schema.
const SCHEMAS: &[&str] = &["prisma/schema.prisma", "schema.prisma"];
/// Files that may name images, in the component's folder and in the project's.
pub const COMPOSE_FILES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "docker-compose.dev.yml",
    "docker-compose.override.yml",
];
/// Endings of files that may name a database in code.
const CODE: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "cts", "go", "py"];
/// Keys of options behind which code names it: `dialect: "postgres"`.
const OPTIONS: &[&str] = &["client", "dialect", "driver", "provider", "type"];
/// Folders whose code is about something else than the running app.
const ASIDE: &[&str] = &["test", "tests", "__tests__", "e2e", "spec", "migrations", "docs", "examples"];
/// More files than this are not read for a name.
const MAX_FILES: usize = 2000;

/// A service's id and where it is named.
type Named = (String, Evidence);

/// What a schema names although no client library shows it: its tool brings its own.
pub fn of_schema(context: &Context<'_>, path: &RelPath) -> Option<Named> {
    let source = SCHEMAS.iter().find_map(|name| context.project.read(&path.join(name).ok()?))?;
    let mut inside = false;
    for (line, text) in source.lines() {
        let text = text.trim();
        inside = (inside || text.starts_with("datasource ")) && !text.starts_with('}');
        if !inside || !text.starts_with("provider") {
            continue;
        }
        let word = quoted(text.split_once('=')?.1)?;
        let id = called(context.presets, word)?;
        return Some((id, Evidence::at(source.path(), line, text, "datasource")));
    }
    None
}

/// Leaves one service of each kind where something names it, and else marks them all as open.
///
/// `make` gives a service of an id that stands for one of those found.
pub fn settle(
    context: &Context<'_>,
    path: &RelPath,
    services: &mut Vec<BackingService>,
    make: impl Fn(&str, Vec<Evidence>) -> BackingService,
) {
    let presets = context.presets;
    let kind_of = |id: &str| presets.services.get(id).and_then(|preset| preset.kind.as_deref());
    let mut kinds: Vec<&str> = services.iter().filter_map(|service| kind_of(&service.id)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let group: Vec<String> =
            services.iter().map(|service| service.id.clone()).filter(|id| kind_of(id) == Some(kind)).collect();
        let stands_for = |id: &str| presets.services.get(id).and_then(|preset| preset.stands_for.clone());
        let fits = |id: &str| group.iter().any(|found| found == id || stands_for(id).as_ref() == Some(found));
        let named = [in_schema, in_code, in_examples, in_compose].iter().find_map(|ask| {
            let mut named = ask(context, path, kind);
            named.retain(|(id, _)| fits(id));
            named.dedup_by(|a, b| a.0 == b.0);
            let one = named.iter().all(|(id, _)| *id == named[0].0);
            named.into_iter().next().filter(|_| one)
        });
        let chosen = named.or_else(|| {
            // its own client library is there, and those of the other reach it too
            let own = group.iter().find(|id| stands_for(id).is_some_and(|other| group.contains(&other)));
            own.filter(|_| group.len() == 2).map(|id| (id.clone(), Evidence::none("its own client library")))
        });
        let Some((id, evidence)) = chosen else {
            let open = group.len() > 1;
            services.iter_mut().filter(|service| group.contains(&service.id)).for_each(|service| service.open = open);
            continue;
        };
        if group == [id.clone()] {
            continue;
        }
        let mut because = vec![evidence];
        services.retain(|service| {
            let rival = group.contains(&service.id);
            if rival && (service.id == id || stands_for(&id).as_ref() == Some(&service.id)) {
                because.extend(service.evidence.iter().cloned());
            }
            !rival
        });
        services.push(make(&id, because));
    }
}

/// The service that a word means: `pg`.
fn called(presets: &Presets, word: &str) -> Option<String> {
    let is_it = |preset: &ServicePreset| preset.called.iter().any(|known| known.eq_ignore_ascii_case(word));
    presets.services.iter().find(|(_, preset)| is_it(preset)).map(|(id, _)| id.clone())
}

fn of_kind(presets: &Presets, id: &str, kind: &str) -> bool {
    presets.services.get(id).is_some_and(|preset| preset.kind.as_deref() == Some(kind))
}

fn in_schema(context: &Context<'_>, path: &RelPath, kind: &str) -> Vec<Named> {
    let named = of_schema(context, path).into_iter();
    named.filter(|(id, _)| of_kind(context.presets, id, kind)).collect()
}

fn in_code(context: &Context<'_>, path: &RelPath, kind: &str) -> Vec<Named> {
    let aside = |file: &RelPath| {
        let inner = file.as_str().strip_prefix(path.as_str()).unwrap_or(file.as_str());
        inner.split('/').any(|part| ASIDE.contains(&part))
            || [".test.", ".spec.", "_test."].iter().any(|part| file.file_name().contains(part))
    };
    let is_code = |file: &&RelPath| file.extension().is_some_and(|ending| CODE.contains(&ending)) && !aside(file);
    let mut found: Vec<Named> = Vec::new();
    for file in context.project.files_below(path).filter(is_code).take(MAX_FILES) {
        let Some(source) = context.project.read(file) else { continue };
        for (line, text) in source.lines() {
            for id in words(text).into_iter().filter_map(|word| called(context.presets, word)) {
                if of_kind(context.presets, &id, kind) && found.iter().all(|(known, _)| *known != id) {
                    found.push((id, Evidence::at(file, line, text.trim(), "named in the code")));
                }
            }
        }
    }
    found
}

/// What a line of code may call a database: `dialect: "mysql"`, `sql.Open("mysql", …)`,
/// `mysql.Open(…)`.
fn words(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for option in OPTIONS {
        for (at, _) in line.match_indices(option) {
            let before = line[..at].chars().next_back();
            let rest = line[at + option.len()..].trim_start_matches(['"', '\'']).trim_start();
            let Some(value) = rest.strip_prefix([':', '=']) else { continue };
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                found.extend(quoted(value.trim_start()));
            }
        }
    }
    for (at, open) in line.match_indices(".Open(") {
        found.extend(quoted(&line[at + open.len()..]));
        found.extend(line[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next());
    }
    found
}

/// The text in the quotes that the text begins with.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| ['"', '\'', '`'].contains(c))?;
    text[1..].split_once(quote).map(|(inner, _)| inner)
}

/// Values of `.env.example` that are its name or begin as its addresses do.
fn in_examples(context: &Context<'_>, path: &RelPath, kind: &str) -> Vec<Named> {
    let presets = context.presets;
    let mut found = Vec::new();
    for line in declared(context, path) {
        let chooses = presets.settings.choice_names.iter().any(|name| name == line.name.as_str());
        let id = match chooses {
            true => called(presets, &line.value),
            false => {
                let fits =
                    |preset: &ServicePreset| preset.kind.as_deref() == Some(kind) && is_address(preset, &line.value);
                presets.services.iter().find(|(_, preset)| fits(preset)).map(|(id, _)| id.clone())
            }
        };
        let evidence = if chooses { line.evidence() } else { line.evidence_of_secret() };
        found.extend(id.filter(|id| of_kind(presets, id, kind)).map(|id| (id, evidence)));
    }
    found
}

/// Whether a text is an address of the service and of no other: what stands for another has the
/// other's addresses too.
fn is_address(preset: &ServicePreset, text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.split('+').next().unwrap_or(scheme));
    match scheme {
        Some(scheme) => preset.called.iter().any(|name| name == scheme),
        None => preset.stands_for.is_none() && preset.written(text).is_some(),
    }
}

/// Images in compose files that are there.
fn in_compose(context: &Context<'_>, path: &RelPath, kind: &str) -> Vec<Named> {
    let folders = if path.is_root() { vec![path.clone()] } else { vec![path.clone(), RelPath::root()] };
    let files = folders.iter().flat_map(|folder| COMPOSE_FILES.iter().filter_map(|name| folder.join(name).ok()));
    let mut found = Vec::new();
    for source in files.filter_map(|file| context.project.read(&file)) {
        for (line, text) in source.lines() {
            let Some(image) = text.trim().strip_prefix("image:") else { continue };
            let image = image.split(" #").next().unwrap_or(image).trim().trim_matches(['"', '\'']);
            let service = context.presets.service_of(image).filter(|(_, preset)| preset.kind.as_deref() == Some(kind));
            let id = service.map(|(id, _)| id.to_owned());
            found.extend(id.map(|id| (id, Evidence::at(source.path(), line, image, "image"))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;

    /// The services of a Node project with these dependencies and files, an open one with `?`.
    fn services(dependencies: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        services_with(dependencies, files, None)
    }

    fn services_with(dependencies: &[&str], files: &[(&str, &str)], settled: Option<&str>) -> Vec<String> {
        let list: Vec<String> = dependencies.iter().map(|name| format!("\"{name}\": \"1\"")).collect();
        let manifest = format!("{{\"name\": \"shop\", \"dependencies\": {{{}}}}}", list.join(", "));
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}"), ("server.js", "")];
        all.extend(files);
        let mut case = project(&all);
        if let Some(settled) = settled {
            case = case.set("services", settled);
        }
        let detection = case.detect().unwrap();
        let show = |open: bool| if open { "?" } else { "" };
        detection.components[0].services.iter().map(|service| format!("{}{}", service.id, show(service.open))).collect()
    }

    #[test]
    fn two_databases_are_a_question_unless_something_names_one() {
        let both = ["mysql2", "pg"];
        assert_eq!(services(&both, &[]), ["mysql?", "postgres?"]);
        for (file, text, expected) in [
            ("knexfile.js", "module.exports = { client: 'pg' }", "postgres"),
            ("drizzle.config.ts", "export default { dialect: \"mysql\" }", "mysql"),
            ("src/data-source.ts", "new DataSource({ type: \"postgres\" })", "postgres"),
            (".env.example", "DB_CONNECTION=mysql", "mysql"),
            (".env.example", "DATABASE_URL=postgres://localhost/x", "postgres"),
            ("docker-compose.yml", "services:\n  x:\n    image: \"postgres:15\"\n", "postgres"),
            ("docker-compose.yml", "services:\n  x:\n    image: mariadb:10 # old\n", "mariadb"),
        ] {
            assert_eq!(services(&both, &[(file, text)]), [expected], "{file}: {text}");
        }
        let code = ("src/db.ts", "const a = { dialect: 'mysql' };\nconst b = { dialect: 'postgres' };");
        assert_eq!(services(&both, &[code]), ["mysql?", "postgres?"], "the code takes either");
        assert_eq!(services(&both, &[code, (".env.example", "DB_CLIENT=pg")]), ["postgres"]);
        assert_eq!(services(&both, &[("test/db.js", "x = { client: 'pg' }")]), ["mysql?", "postgres?"]);
    }

    #[test]
    fn no_name_is_assumed_for_a_service_that_is_a_question() {
        let manifest = "{\"name\": \"shop\", \"dependencies\": {\"mysql2\": \"1\", \"pg\": \"1\"}}";
        let files = [("package.json", manifest), ("package-lock.json", "{}"), ("server.js", "")];
        let detection = project(&files).detect().unwrap();
        assert_eq!(detection.components[0].settings, []);
        assert!(detection.warnings.iter().all(|warning| warning.id != "address-assumed"));
    }

    #[test]
    fn a_schema_shows_a_database_whose_driver_its_tool_brings() {
        let schema =
            "generator client {\n  provider = \"prisma-client\"\n}\ndatasource db {\n  provider = \"mysql\"\n}\n";
        assert_eq!(services(&["@prisma/client"], &[("prisma/schema.prisma", schema)]), ["mysql"]);
        assert_eq!(services(&["mysql2", "pg"], &[("prisma/schema.prisma", schema)]), ["mysql"]);
    }

    #[test]
    fn what_stands_for_another_is_taken_where_its_own_client_or_its_image_is_there() {
        assert_eq!(services(&["mysql2"], &[]), ["mysql"]);
        assert_eq!(services(&["mysql2", "mariadb"], &[]), ["mariadb"]);
        assert_eq!(services(&["ioredis"], &[]), ["redis"]);
        assert_eq!(services(&["iovalkey"], &[]), ["valkey"]);
        let image = ("compose.yml", "services:\n  x:\n    image: valkey/valkey:8\n");
        assert_eq!(services(&["ioredis"], &[image]), ["valkey"]);
        assert_eq!(services(&["pg"], &[image]), ["postgres"], "an image alone is no client");
    }

    #[test]
    fn a_decision_answers_the_question_and_takes_the_place_of_what_it_stands_for() {
        let both = ["mysql2", "pg"];
        assert_eq!(services_with(&both, &[], Some("+postgres")), ["postgres"]);
        assert_eq!(services_with(&both, &[], Some("+mariadb")), ["mariadb"]);
        assert_eq!(services_with(&both, &[], Some("mysql")), ["mysql"]);
        assert_eq!(services_with(&["mysql2", "ioredis"], &[], Some("+mariadb +valkey")), ["mariadb", "valkey"]);
        assert_eq!(services_with(&["ioredis"], &[], Some("redis valkey")), ["redis", "valkey"], "both were asked for");
        assert_eq!(services_with(&both, &[], Some("mysql postgres=elsewhere")), ["mysql", "postgres"]);
    }
}
