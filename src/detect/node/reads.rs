//! Names that a component's sources read from their environment.

use std::collections::{BTreeMap, BTreeSet};

use super::super::settings::Read;
use super::insists;
use super::resolve::checks_environment;
use super::script::{Call, Value};
use super::shape;
use super::sources::Sources;
use crate::facts::EnvName;
use crate::paths::RelPath;

/// Calls whose string argument is a name, by what they are called on: NestJS and the like.
const CONFIG_GETTERS: &[&str] = &["get", "getOrThrow"];
/// Schemas nest little.
const MAX_DEPTH: u32 = 12;

/// All reads, in the order of the files.
pub fn reads(sources: &Sources) -> Vec<Read> {
    let Found { mut reads, checked, insisted, .. } = find(sources);
    for read in &mut reads {
        // pages read those from what was built
        let is_public = read.name.as_str().starts_with("NEXT_PUBLIC_");
        let is_needed = || {
            checked.contains_key(&read.name)
                || insisted.contains(&read.name)
                || insists::insists(sources, &read.name, &read.evidence)
        };
        read.required = read.default.is_none() && !is_public && is_needed();
    }
    reads
}

/// Names that a schema does not do without, each with a value of the shape that it asks for.
pub fn checked(sources: &Sources) -> BTreeMap<EnvName, Option<String>> {
    find(sources).checked
}

fn find(sources: &Sources) -> Found<'_> {
    let helpers: BTreeSet<(&str, usize)> = sources
        .scripts
        .iter()
        .flat_map(|(_, script)| &script.helpers)
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, at)| (name.as_str(), *at))
        .collect();
    let mut found = Found { sources, reads: Vec::new(), checked: BTreeMap::new(), insisted: BTreeSet::new() };
    for (at, (file, script)) in sources.scripts.iter().enumerate() {
        for read in &script.reads {
            found.note(file, &read.name, read.line, read.default.clone(), "read in the code");
        }
        for call in &script.calls {
            if let Some((_, place)) = helpers.iter().find(|(name, _)| *name == call.callee) {
                found.note_argument(file, call, *place);
            } else if is_config_getter(call) {
                let name = call.arguments.first().and_then(Value::text).filter(|_| call.name() == "getOrThrow");
                found.insisted.extend(name.and_then(|name| EnvName::new(name).ok()));
                found.note_argument(file, call, 0);
            }
            found.schemas(at, call);
        }
    }
    found
}

/// `configService.get('PORT')` of `@nestjs/config`.
pub fn is_config_getter(call: &Call) -> bool {
    let object = call.object().to_ascii_lowercase();
    CONFIG_GETTERS.contains(&call.name()) && object.rsplit('.').next().is_some_and(|last| last.contains("config"))
}

/// Whether a text looks as names in the environment do: other keys of settings are lowercase.
fn is_env_like(name: &str) -> bool {
    EnvName::new(name).is_ok() && !name.bytes().any(|b| b.is_ascii_lowercase())
}

struct Found<'s> {
    sources: &'s Sources,
    reads: Vec<Read>,
    checked: BTreeMap<EnvName, Option<String>>,
    /// Names that are asked for by a function that throws without.
    insisted: BTreeSet<EnvName>,
}

impl Found<'_> {
    fn note(&mut self, file: &RelPath, name: &str, line: u32, default: Option<String>, because: &str) {
        let Ok(name) = EnvName::new(name) else { return };
        let evidence = self.sources.evidence(file, line, because);
        let known =
            self.reads.iter_mut().find(|known| known.name == name && known.evidence.place() == evidence.place());
        match known {
            Some(known) => known.default = known.default.take().or(default),
            None => self.reads.push(Read { name, evidence, default, required: false, holds: None }),
        }
    }

    fn note_argument(&mut self, file: &RelPath, call: &Call, place: usize) {
        let Some(name) = call.arguments.get(place).and_then(Value::text).filter(|name| is_env_like(name)) else {
            return;
        };
        let default = call.arguments.get(place + 1).and_then(Value::literal);
        self.note(file, name, call.line, default, "read by a function of the code");
    }

    /// Objects whose keys are names: of zod, envalid, joi, t3-env, env-schema, convict.
    fn schemas(&mut self, at: usize, call: &Call) {
        let name = call.name();
        let mut schemas: Vec<&Value> = Vec::new();
        if checks_environment(call) {
            schemas.extend(&call.arguments);
            schemas.extend(call.arguments.iter().filter_map(|value| value.get("server")));
            self.receiver(at, call);
        } else if name == "convict" {
            for value in &call.arguments {
                self.convict(at, value, 0);
            }
        } else if name == "forRoot" || name == "envSchema" || name == "register" {
            let options = call.arguments.iter();
            schemas.extend(options.flat_map(|value| [value.get("validationSchema"), value.get("schema")]).flatten());
        }
        for schema in schemas {
            self.schema(at, schema, 0);
        }
    }

    /// What `parse` is called on: `z.object({ ... })`, `schema`.
    fn receiver(&mut self, at: usize, call: &Call) {
        if let Some(inner) = &call.receiver {
            self.schema(at, &Value::Call(inner.clone()), 0);
        } else if !call.object().is_empty() {
            self.schema(at, &Value::Name(call.object().to_owned()), 0);
        }
    }

    fn schema(&mut self, at: usize, value: &Value, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Object(entries) => {
                if let Some(properties) = value.get("properties") {
                    return self.schema(at, properties, depth + 1);
                }
                for entry in entries.iter().filter(|entry| is_env_like(&entry.key)) {
                    let file = self.sources.scripts[at].0.clone();
                    let default = default_of(&entry.value);
                    if default.is_none() && !shape::is_optional(&entry.value) {
                        let name = EnvName::new(&entry.key).ok();
                        self.checked.extend(name.map(|name| (name, shape::shape(&entry.value))));
                    }
                    self.note(&file, &entry.key, entry.line, default, "checked in the code");
                }
            }
            Value::Name(_) => {
                let (place, found) = self.sources.resolve(at, value);
                if !matches!(found, Value::Name(_)) {
                    self.schema(place, &found, depth + 1);
                }
            }
            Value::Call(call) if !checks_environment(call) => {
                if let Some(inner) = &call.receiver {
                    self.schema(at, &Value::Call(inner.clone()), depth + 1);
                }
                let objects = call.arguments.iter().filter(|value| !matches!(value, Value::Environment));
                for value in objects.take(4) {
                    self.schema(at, value, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// `{ port: { env: 'PORT', default: 3000 } }`
    fn convict(&mut self, at: usize, value: &Value, depth: u32) {
        let Value::Object(entries) = value else { return };
        if let Some(name) = value.get("env").and_then(Value::text) {
            let line = entries.iter().find(|entry| entry.key == "env").map_or(1, |entry| entry.line);
            let file = self.sources.scripts[at].0.clone();
            self.note(&file, name, line, value.get("default").and_then(Value::literal), "checked in the code");
        } else if depth < MAX_DEPTH {
            for entry in entries {
                self.convict(at, &entry.value, depth + 1);
            }
        }
    }
}

/// `z.string().default('x')`, `port({ default: 1 })`, `{ type: 'string', default: 'x' }`.
fn default_of(value: &Value) -> Option<String> {
    match value {
        Value::Call(call) => {
            let own = (call.name() == "default").then(|| call.arguments.first().and_then(Value::literal)).flatten();
            let option = || call.arguments.iter().find_map(|value| value.get("default")?.literal());
            let inner = || default_of(&Value::Call(call.receiver.clone()?));
            own.or_else(option).or_else(inner)
        }
        object => object.get("default")?.literal(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    /// What is read, as `NAME` or `NAME=default`, sorted.
    fn names(files: &[(&str, &str)]) -> Vec<String> {
        project(files).ask(|context| {
            let show = |read: Read| match read.default {
                Some(default) => format!("{}={default}", read.name),
                None => read.name.to_string(),
            };
            let sources = Sources::read(context, &RelPath::root());
            let found: BTreeSet<String> = reads(&sources).into_iter().map(show).collect();
            found.into_iter().collect()
        })
    }

    fn of(text: &str) -> Vec<String> {
        names(&[("app.ts", text)])
    }

    #[test]
    fn a_schema_whose_environment_is_written_out_name_by_name_checks_too() {
        for key in ["runtimeEnv", "runtimeEnvStrict", "experimental__runtimeEnv"] {
            let text = format!(
                "createEnv({{ server: {{ A: z.string(), B: z.string().optional() }}, {key}: {{ A: process.env.A }} }})"
            );
            let checked = project(&[("env.ts", &text)]).ask(|context| {
                let sources = Sources::read(context, &RelPath::root());
                checked(&sources).into_keys().map(|name| name.to_string()).collect::<Vec<_>>()
            });
            assert_eq!(checked, ["A"], "{key}");
        }
    }

    #[test]
    fn plain_reads_are_found_in_all_files() {
        let files =
            [("a.js", "f(process.env.A)"), ("src/b.ts", "f(process.env.B || 'x')"), ("test/c.js", "f(process.env.C)")];
        assert_eq!(names(&files), ["A", "B=x"]);
    }

    #[test]
    fn functions_that_read_a_name_are_seen_through_in_other_files_too() {
        let files = [
            ("env.js", "exports.env = env; function env(key, other) { return process.env[key] || other }"),
            ("app.js", "const { env } = require('./env'); env('A', 'x'); env('B'); env('/path')"),
        ];
        assert_eq!(names(&files), ["A=x", "B"]);
    }

    #[test]
    fn keys_of_schemas_are_names() {
        assert_eq!(
            of("const env = z.object({ A: z.string(), B: z.coerce.number().default(3) }).parse(process.env)"),
            ["A", "B=3"]
        );
        assert_eq!(of("const s = z.object({ A: z.string() }).strict(); const r = s.safeParse(process.env)"), ["A"]);
        assert_eq!(of("const env = cleanEnv(process.env, { A: str(), B: port({ default: 80 }) })"), ["A", "B=80"]);
        assert_eq!(of("createEnv({ server: { A: z.string() }, runtimeEnv: process.env })"), ["A"]);
        assert_eq!(of("convict({ db: { host: { env: 'DB_HOST', default: 'x' } } })"), ["DB_HOST=x"]);
        assert_eq!(of("app.register(fastifyEnv, { schema: { properties: { A: { default: 'x' } } } })"), ["A=x"]);
        assert_eq!(
            of("ConfigModule.forRoot({ validationSchema: Joi.object({ A: Joi.string().default('x') }) })"),
            ["A=x"]
        );
        assert_eq!(
            names(&[
                ("s.ts", "export const schema = z.object({ A: z.string() })"),
                ("a.ts", "import { schema } from './s'; schema.parse(process.env)")
            ]),
            ["A"]
        );
    }

    #[test]
    fn services_of_settings_are_asked_by_name() {
        assert_eq!(
            of("this.configService.get<string>('A', 'x'); config.getOrThrow('B'); config.get('db.host'); map.get('C')"),
            ["A=x", "B"]
        );
    }

    #[test]
    fn a_line_that_gives_a_secret_its_value_is_not_shown() {
        project(&[("app.js", "const { A, JWT_SECRET = 'hunter2' } = process.env")]).ask(|context| {
            let shown = format!(
                "{:?}",
                reads(&Sources::read(context, &RelPath::root())).iter().map(|read| &read.evidence).collect::<Vec<_>>()
            );
            assert!(!shown.contains("hunter2"), "{shown}");
        });
    }

    #[test]
    fn handing_the_environment_on_reads_nothing() {
        assert_eq!(
            of("spawn('x', { env: { ...process.env, A: 'x' } }); Object.assign({}, process.env, { B: 1 })"),
            [""; 0]
        );
    }
}
