//! Names that a component's sources read from their environment.

use super::super::settings::{Holds, Read};
use super::addresses::parts;
use super::models::ModelField;
use super::resolve::Meaning;
use super::script::{Call, Function, Scope, Value};
use super::sources::Sources;
use crate::facts::EnvName;

/// Functions that read the name they are given.
const READERS: &[&str] =
    &["os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenvb", "decouple.config"];
/// Those that fail where neither the environment nor the code has a value.
const STRICT: &[&str] = &["decouple.config"];
/// Objects that read the name they are called with, or one of their methods is.
const OBJECTS: &[&str] = &[
    "starlette.config.Config",
    "starlette.config.environ",
    "decouple.AutoConfig",
    "decouple.Config",
    "environs.Env",
    "environs.EnvError",
    "environ.Env",
    "environ.FileAwareEnv",
];
const SECRETS: &[&str] = &["SecretStr", "SecretBytes", "Secret"];
const MAX_HELPERS: usize = 40;

/// A read of one name, as a call has it.
#[derive(Debug)]
pub struct CallRead<'s> {
    pub name: String,
    pub default: Option<&'s Value>,
    pub required: bool,
    pub is_secret: bool,
}

/// A function of the project that reads a name it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Helper {
    /// Place of its file and its name.
    function: (usize, String),
    prefix: String,
    parameter: (usize, String),
    default: Option<(usize, String)>,
}

/// All reads, in the order of the files: those of the code, then those of classes of settings.
pub fn reads(sources: &Sources) -> Vec<Read> {
    let mut found = Found { sources, reads: Vec::new() };
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        for lookup in &script.lookups {
            let is_environment = script.full_name(&lookup.object) == "os.environ";
            let name = sources.env_name(at, &lookup.key, &lookup.scope).filter(|_| is_environment);
            if let Some(name) = name {
                let default = lookup.fallback.as_ref().and_then(|value| sources.literal(at, value, &lookup.scope));
                found.note(at, &name, lookup.line, default, true, None, "read in the code");
            }
        }
        for call in &script.calls {
            if let Some(read) = sources.read_of(at, call) {
                let default = read.default.and_then(|value| sources.literal(at, value, &call.scope));
                let holds = read.is_secret.then_some(Holds::Secret);
                found.note(at, &read.name, call.line, default, read.required, holds, "read in the code");
            } else if let Some(name) = call.keyword("envvar").and_then(Value::text) {
                found.note(at, name, call.line, None, false, None, "option of a command");
            }
        }
    }
    for field in &sources.model_fields {
        let because = "field of the settings";
        let (default, required) = (field.default.clone(), field.required);
        found.note(field.at, &field.name, field.line, default, required, holds(field), because);
    }
    for address in parts(sources) {
        let part = Holds::Part { scheme: address.scheme, part: address.part };
        for read in found.reads.iter_mut().filter(|read| read.name.as_str() == address.name) {
            // of a secret the place says more
            if !matches!(read.holds, Some(Holds::Address(_) | Holds::Part { .. })) {
                read.holds = Some(part.clone());
            }
        }
    }
    found.reads
}

fn holds(field: &ModelField) -> Option<Holds> {
    let types = || field.types.iter().map(|name| name.rsplit('.').next().unwrap_or(name));
    // pydantic's own: `PostgresDsn`, `AnyUrl` is no address of a service
    match types().find(|name| name.ends_with("Dsn")) {
        Some(name) => Some(Holds::Address(name.to_owned())),
        None => types().any(|name| SECRETS.contains(&name)).then_some(Holds::Secret),
    }
}

struct Found<'s> {
    sources: &'s Sources,
    reads: Vec<Read>,
}

impl Found<'_> {
    #[allow(clippy::too_many_arguments, reason = "all of one read")]
    fn note(
        &mut self,
        at: usize,
        name: &str,
        line: u32,
        default: Option<String>,
        required: bool,
        holds: Option<Holds>,
        because: &str,
    ) {
        let Ok(name) = EnvName::new(name) else { return };
        let evidence = self.sources.evidence(at, line, because);
        let required = required && default.is_none();
        let known = self.reads.iter_mut().find(|one| one.name == name && one.evidence.place() == evidence.place());
        match known {
            Some(known) => {
                known.default = known.default.take().or(default);
                known.holds = known.holds.take().or(holds);
            }
            None => self.reads.push(Read { name, evidence, default, required, holds }),
        }
    }
}

impl Sources {
    /// The name that a call reads, if it does.
    pub fn read_of<'s>(&'s self, at: usize, call: &'s Call) -> Option<CallRead<'s>> {
        let script = &self.scripts[at].1;
        let full = script.full_name(&call.callee);
        let is_secret = call.keyword("cast").and_then(Value::name).is_some_and(|name| SECRETS.contains(&name));
        let fallback = || call.argument("default", 1).or(call.fallback.as_ref());
        if READERS.contains(&full.as_str()) {
            let name = self.env_name(at, call.argument("key", 0).or_else(|| call.keyword("option"))?, &call.scope)?;
            let required = STRICT.contains(&full.as_str()) && fallback().is_none();
            return Some(CallRead { name, default: fallback(), required, is_secret });
        }
        if let Some(prefix) = self.reader_object(at, call) {
            let name = self.env_name(at, call.arguments.first()?, &call.scope)?;
            let is_get = call.name() == "get";
            let default = match call.keyword("default").or(call.fallback.as_ref()) {
                // the second argument of starlette's config is the type
                None => call.arguments.get(1).filter(|value| value.literal().is_some() || is_get),
                found => found,
            };
            let required = default.is_none();
            return Some(CallRead { name: format!("{prefix}{name}"), default, required, is_secret });
        }
        let helper = self.helper(at, call)?;
        let given = call.argument(&helper.parameter.1, helper.parameter.0)?;
        let name = self.env_name(at, given, &call.scope)?;
        let default = helper.default.as_ref().and_then(|(place, name)| call.argument(name, *place));
        let default = default.or(call.fallback.as_ref());
        Some(CallRead { name: format!("{}{name}", helper.prefix), default, required: false, is_secret: false })
    }

    /// A text that can be a name in the environment, or what holds one.
    fn env_name(&self, at: usize, value: &Value, scope: &Scope) -> Option<String> {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Name(_) => self.resolve(at, value, scope).1.text()?.to_owned(),
            _ => return None,
        };
        EnvName::new(&text).is_ok().then_some(text)
    }

    /// The prefix of an object as in `config = Config(".env", env_prefix="X_")` that a call reads by.
    fn reader_object(&self, at: usize, call: &Call) -> Option<String> {
        // `config("X")`, `env.str("X")`
        let by_method = || Some(call.object()).filter(|object| !object.is_empty() && call.receiver.is_none());
        [Some(call.callee.as_str()), by_method()].into_iter().flatten().find_map(|object| {
            let Some(Meaning::Value(there, binding)) = self.meaning(at, object, &call.scope) else { return None };
            let made = binding.value.call()?;
            let class = self.scripts[there].1.full_name(&made.callee);
            let prefix = made.keyword("env_prefix").and_then(Value::text).unwrap_or_default();
            OBJECTS.contains(&class.as_str()).then(|| prefix.to_owned())
        })
    }

    /// The helper that a call calls.
    fn helper(&self, at: usize, call: &Call) -> Option<&Helper> {
        let helpers = &self.helpers;
        let last = call.name();
        if !helpers.iter().any(|helper| helper.function.1.rsplit('.').next() == Some(last)) {
            return None;
        }
        let found = match self.meaning(at, &call.callee, &call.scope) {
            Some(Meaning::Function(there, function)) => (there, function.name.clone()),
            _ => return None,
        };
        helpers.iter().find(|helper| helper.function == found)
    }

    /// Functions that read a parameter of theirs; made once, by [`Sources::read`].
    pub fn find_helpers(&self) -> Vec<Helper> {
        let mut found: Vec<Helper> = Vec::new();
        for (at, (_, script)) in self.scripts.iter().enumerate() {
            for call in &script.calls {
                let full = script.full_name(&call.callee);
                if READERS.contains(&full.as_str())
                    && let Some(value) = call.argument("key", 0)
                {
                    found.extend(self.helper_around(at, value, &call.scope, call.argument("default", 1)));
                }
            }
            for lookup in script.lookups.iter().filter(|one| script.full_name(&one.object) == "os.environ") {
                found.extend(self.helper_around(at, &lookup.key, &lookup.scope, None));
            }
            if found.len() > MAX_HELPERS {
                break;
            }
        }
        found
    }

    fn helper_around(&self, at: usize, value: &Value, scope: &Scope, default: Option<&Value>) -> Option<Helper> {
        let Scope::Function(name) = scope else { return None };
        let function = self.scripts[at].1.function(name)?;
        let (prefix, parameter) = match value {
            Value::Name(name) => (String::new(), name),
            Value::Joined(parts) => match parts.as_slice() {
                [Value::Text(prefix), Value::Name(name)] => (prefix.clone(), name),
                [Value::Name(name)] => (String::new(), name),
                _ => return None,
            },
            _ => return None,
        };
        let place = |name: &str| position(function, name).map(|place| (place, name.to_owned()));
        let named = default.and_then(Value::name).and_then(place);
        let usual = || ["default", "fallback", "default_value"].iter().find_map(|name| place(name));
        Some(Helper {
            function: (at, name.clone()),
            prefix,
            parameter: place(parameter)?,
            default: named.or_else(usual),
        })
    }
}

/// The place of a parameter, not counting `self`.
fn position(function: &Function, name: &str) -> Option<usize> {
    let is_bound = function.parameters.first().is_some_and(|first| matches!(first.name.as_str(), "self" | "cls"));
    let place = function.parameters.iter().position(|one| one.name == name && !one.is_rest)?;
    place.checked_sub(usize::from(is_bound))
}

#[cfg(test)]
mod tests;
