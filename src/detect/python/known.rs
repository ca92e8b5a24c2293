//! Values as far as they are known: a literal, or a name in the environment with what stands in
//! for it.

use super::resolve::Meaning;
use super::script::{Call, Scope, Value};
use super::sources::Sources;

/// Steps that are followed through a value.
const MAX_DEPTH: u32 = 12;
/// Functions that hand on what they are given.
const CONVERSIONS: &[&str] = &["int", "str", "float", "bool", "Path", "PurePath", "pathlib.Path", "cast"];

/// A value as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub env: Option<String>,
    pub literal: Option<String>,
}

impl Sources {
    /// The text of a value, with what stands in for what the environment gives.
    pub fn text(&self, at: usize, value: &Value, scope: &Scope) -> Option<String> {
        self.known(at, value, scope).literal
    }

    /// A literal, or the literal that a name holds. Not what a name in the environment stands for.
    pub fn literal(&self, at: usize, value: &Value, scope: &Scope) -> Option<String> {
        let known = self.known(at, value, scope);
        known.literal.filter(|_| known.env.is_none())
    }

    /// Follows a value to its name in the environment and its literal.
    pub fn known(&self, at: usize, value: &Value, scope: &Scope) -> Known {
        self.know(at, value, scope, 0)
    }

    fn know(&self, at: usize, value: &Value, scope: &Scope, depth: u32) -> Known {
        if depth > MAX_DEPTH {
            return Known::default();
        }
        match value {
            Value::Name(name) => self.know_name(at, name, scope, depth),
            Value::Call(call) => self.know_call(at, call, scope, depth),
            Value::Index(object, key) => {
                let object = object.name().map(|name| self.scripts[at].1.full_name(name));
                match (object.as_deref(), key.text()) {
                    (Some("os.environ"), Some(key)) => self.of_env(key, None),
                    _ => Known::default(),
                }
            }
            Value::Either(first, second) => {
                let first = self.know(at, first, scope, depth + 1);
                let second = self.know(at, second, scope, depth + 1);
                Known { env: first.env.or(second.env), literal: first.literal.or(second.literal) }
            }
            Value::Joined(parts) => {
                let parts: Option<Vec<String>> =
                    parts.iter().map(|part| self.know(at, part, scope, depth + 1).literal).collect();
                Known { env: None, literal: parts.map(|parts| parts.concat()) }
            }
            other => Known { env: None, literal: other.literal() },
        }
    }

    fn know_name(&self, at: usize, name: &str, scope: &Scope, depth: u32) -> Known {
        if let Some(Meaning::Value(there, binding)) = self.meaning(at, name, scope) {
            let is_itself = there == at && binding.value == Value::Name(name.to_owned());
            return if is_itself {
                Known::default()
            } else {
                self.know(there, &binding.value, &binding.scope, depth + 1)
            };
        }
        // a parameter with a default
        if let Scope::Function(function) = scope
            && let Some(function) = self.scripts[at].1.function(function)
            && let Some(parameter) = function.parameters.iter().find(|one| one.name == name)
        {
            let default = parameter.default.as_ref();
            return default.map(|value| self.know(at, value, &function.scope, depth + 1)).unwrap_or_default();
        }
        if name.contains('.') { self.attribute_of(name) } else { Known::default() }
    }

    /// `settings.port`: a field of a class of settings, or of any class for an object of that name.
    fn attribute_of(&self, name: &str) -> Known {
        let field = self
            .model_fields
            .iter()
            .filter(|field| name.strip_suffix(field.attribute.as_str()).is_some_and(|before| before.ends_with('.')));
        if let Some(field) = field.max_by_key(|field| field.attribute.len()) {
            return Known { env: Some(field.name.clone()), literal: field.default.clone() };
        }
        let whole = name.to_ascii_lowercase();
        if !["settings", "config", "conf"].iter().any(|word| whole.contains(word)) {
            return Known::default();
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let found = self.scripts.iter().enumerate().find_map(|(at, (_, script))| {
            let field = script.classes.iter().flat_map(|class| &class.fields).find(|field| field.name == last)?;
            Some(self.know(at, field.value.as_ref()?, &Scope::Module, MAX_DEPTH - 2))
        });
        found.unwrap_or_default()
    }

    fn know_call(&self, at: usize, call: &Call, scope: &Scope, depth: u32) -> Known {
        if let Some(read) = self.read_of(at, call) {
            let default = read.default.and_then(|value| self.know(at, value, scope, depth + 1).literal);
            return self.of_env(&read.name, default);
        }
        let name = self.scripts[at].1.full_name(&call.callee);
        if CONVERSIONS.contains(&name.as_str()) || call.name() == "cast" {
            let value = call.arguments.last();
            return value.map(|value| self.know(at, value, scope, depth + 1)).unwrap_or_default();
        }
        // `get_settings().port`
        if let Some(receiver) = &call.receiver
            && call.arguments.is_empty()
            && let Some(attribute) = call.callee.strip_prefix(&format!("{}().", receiver.callee))
        {
            return self.attribute_of(&format!("settings.{attribute}"));
        }
        match self.meaning(at, &call.callee, scope) {
            Some(Meaning::Function(there, function)) if function.returned.len() == 1 => {
                let inside = Scope::Function(function.name.clone());
                self.know(there, &function.returned[0], &inside, depth + 1)
            }
            _ => Known::default(),
        }
    }

    /// A name in the environment with the first literal that any place falls back to.
    fn of_env(&self, name: &str, default: Option<String>) -> Known {
        Known { env: Some(name.to_owned()), literal: default }
    }
}
