//! Classes of settings (pydantic-settings and pydantic 1): which name in the environment fills
//! each of their fields.

use super::resolve::Meaning;
use super::script::{Call, Class, Field, Scope, Value};
use super::sources::Sources;

const SETTINGS: &[&str] = &[
    "pydantic_settings.BaseSettings",
    "pydantic_settings.main.BaseSettings",
    "pydantic.BaseSettings",
    "pydantic.env_settings.BaseSettings",
    "pydantic.v1.BaseSettings",
    "sqlmodel.BaseSettings",
];
const MODELS: &[&str] = &["pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel"];
/// Bases of bases, models in models.
const MAX_DEPTH: u32 = 8;

/// One name that a class of settings reads.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelField {
    /// As the environment has it.
    pub name: String,
    /// As the code has it: `port`, `db.host`.
    pub attribute: String,
    /// A literal that is taken without it.
    pub default: Option<String>,
    pub required: bool,
    /// The words of its type, innermost last: `Optional`, `SecretStr`.
    pub types: Vec<String>,
    /// The file's place in the sources.
    pub at: usize,
    /// From 1.
    pub line: u32,
}

/// How a class turns names of fields into names in the environment.
#[derive(Debug, Clone, Default)]
struct Naming {
    prefix: String,
    is_case_sensitive: bool,
    delimiter: Option<String>,
    /// `fields = {"port": {"env": "PORT"}}` of pydantic 1.
    named: Vec<(String, String)>,
}

impl Sources {
    /// The names of all classes of settings, in the order of the files.
    pub fn find_model_fields(&self) -> Vec<ModelField> {
        let mut found: Vec<ModelField> = Vec::new();
        for (at, (_, script)) in self.scripts.iter().enumerate() {
            for class in &script.classes {
                let is_of_tests = class.name.rsplit('.').next().is_some_and(|name| name.starts_with("Test"));
                if is_of_tests || !self.derives(at, class, SETTINGS, 0) {
                    continue;
                }
                let naming = self.naming(at, class, 0);
                for (place, field) in self.fields(at, class, 0) {
                    for one in self.read_field(place, field, &naming) {
                        if !found
                            .iter()
                            .any(|known| (known.at, known.line, &known.name) == (one.at, one.line, &one.name))
                        {
                            found.push(one);
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether a class is derived from one of these, through classes of the project too.
    fn derives(&self, at: usize, class: &Class, bases: &[&str], depth: u32) -> bool {
        class.bases.iter().any(|base| {
            bases.contains(&self.scripts[at].1.full_name(base).as_str())
                || match self.meaning(at, base, &Scope::Module) {
                    Some(Meaning::Class(at, base)) if depth < MAX_DEPTH => self.derives(at, base, bases, depth + 1),
                    _ => false,
                }
        })
    }

    /// The class' own bases in the project.
    fn bases<'s>(&'s self, at: usize, class: &'s Class) -> impl Iterator<Item = (usize, &'s Class)> {
        class.bases.iter().filter_map(move |base| match self.meaning(at, base, &Scope::Module) {
            Some(Meaning::Class(there, found)) if !std::ptr::eq(found, class) => Some((there, found)),
            _ => None,
        })
    }

    fn naming(&self, at: usize, class: &Class, depth: u32) -> Naming {
        let mut naming = Naming::default();
        if depth < MAX_DEPTH {
            for (there, base) in self.bases(at, class) {
                naming = self.naming(there, base, depth + 1);
            }
        }
        let model = class.fields.iter().rev().find(|field| field.name == "model_config");
        let model = model.and_then(|field| field.value.as_ref());
        let get = |name: &str| {
            let own =
                |list: &[(String, Value)]| list.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            let given = || model.and_then(|model| model.get(name)).cloned();
            own(&class.keywords).or_else(given).or_else(|| own(&class.config))
        };
        if let Some(prefix) = get("env_prefix").and_then(|value| self.text(at, &value, &Scope::Module)) {
            naming.prefix = prefix;
        }
        if let Some(Value::Flag(flag)) = get("case_sensitive") {
            naming.is_case_sensitive = flag;
        }
        if let Some(Value::Text(text)) = get("env_nested_delimiter") {
            naming.delimiter = Some(text);
        }
        if let Some(Value::Dict(fields)) = get("fields") {
            for (field, options) in fields {
                let name = options.get("env").and_then(Value::text).or_else(|| options.text());
                naming.named.extend(name.map(|name| (field, name.to_owned())));
            }
        }
        naming
    }

    /// The fields of a class with those that it takes over, each once.
    fn fields<'s>(&'s self, at: usize, class: &'s Class, depth: u32) -> Vec<(usize, &'s Field)> {
        let mut found: Vec<(usize, &Field)> = Vec::new();
        if depth < MAX_DEPTH {
            for (there, base) in self.bases(at, class) {
                found.extend(self.fields(there, base, depth + 1));
            }
        }
        for field in class.fields.iter().filter(|field| is_field(field)) {
            found.retain(|(_, known)| known.name != field.name);
            found.push((at, field));
        }
        found
    }

    /// The names that fill a field: several of a model in it.
    fn read_field(&self, at: usize, field: &Field, naming: &Naming) -> Vec<ModelField> {
        let annotation = field.annotation.as_ref();
        let options = options(field);
        let types = annotation.map(types).unwrap_or_default();
        let own = options
            .and_then(alias)
            .or_else(|| naming.named.iter().find(|(name, _)| *name == field.name).map(|(_, name)| name.clone()));
        let name = own.unwrap_or_else(|| format!("{}{}", naming.prefix, field.name));
        let name = if naming.is_case_sensitive { name } else { name.to_ascii_uppercase() };
        let required = is_required(field);
        let inner = types.iter().find_map(|name| match self.meaning(at, name, &Scope::Module) {
            Some(Meaning::Class(at, class)) => Some((at, class)),
            _ => None,
        });
        if let Some((there, class)) = inner {
            if self.derives(there, class, SETTINGS, 0) && !required {
                return Vec::new();
            }
            if let Some(delimiter) = naming.delimiter.as_ref().filter(|_| self.derives(there, class, MODELS, 0)) {
                let naming = Naming { prefix: format!("{name}{delimiter}"), named: Vec::new(), ..naming.clone() };
                let inner = self.fields(there, class, 0).into_iter().flat_map(|(at, one)| {
                    let inner = if at == there && types_of(one).contains(&class.name) {
                        Vec::new()
                    } else {
                        self.read_field(at, one, &naming)
                    };
                    inner.into_iter().map(|inner| ModelField {
                        attribute: format!("{}.{}", field.name, inner.attribute),
                        required: inner.required && required,
                        ..inner
                    })
                });
                return inner.take(100).collect();
            }
        }
        let value = match (&field.value, options) {
            (Some(Value::Call(call)), Some(options)) if **call == *options => options.argument("default", 0),
            (None, Some(options)) => options.argument("default", 0),
            (value, _) => value.as_ref(),
        };
        let default = value.and_then(|value| self.literal(at, value, &Scope::Module));
        vec![ModelField { name, attribute: field.name.clone(), default, required, types, at, line: field.line }]
    }
}

/// Whether an attribute of the class is a field that somebody gives: annotated, not private, no
/// constant of the class, and not put together of others.
fn is_field(field: &Field) -> bool {
    let Some(annotation) = &field.annotation else { return false };
    let is_name = |value: &Value| matches!(value, Value::Name(_));
    let is_joined = matches!(&field.value, Some(Value::Joined(parts)) if parts.iter().any(is_name));
    !is_joined
        && !field.name.starts_with('_')
        && field.name != "model_config"
        && !types(annotation).iter().any(|name| name.rsplit('.').next() == Some("ClassVar"))
}

fn types_of(field: &Field) -> Vec<String> {
    field.annotation.as_ref().map(types).unwrap_or_default()
}

/// The names in a type: `Annotated[SecretStr | None, Field(...)]` gives `Annotated`, `SecretStr`.
fn types(annotation: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![annotation];
    while let Some(one) = open.pop() {
        match one {
            Value::Name(name) => found.push(name.clone()),
            Value::Index(outer, inner) => open.extend([&**inner, &**outer]),
            Value::Either(first, second) => open.extend([&**second, &**first]),
            Value::List(list) => open.extend(list.iter().rev()),
            _ => {}
        }
        if found.len() > 20 {
            break;
        }
    }
    found
}

/// `Field(...)`, as the value or within `Annotated[...]`.
fn options(field: &Field) -> Option<&Call> {
    let is_field = |call: &&Call| call.name() == "Field";
    let by_value = field.value.as_ref().and_then(Value::call).filter(is_field);
    by_value.or_else(|| match field.annotation.as_ref()? {
        Value::Index(_, inner) => match &**inner {
            Value::List(list) => list.iter().filter_map(Value::call).find(is_field),
            _ => None,
        },
        _ => None,
    })
}

/// The name that `Field` gives: of several the first.
fn alias(options: &Call) -> Option<String> {
    ["validation_alias", "env", "alias"].iter().find_map(|key| match options.keyword(key)? {
        Value::Text(text) => Some(text.clone()),
        Value::List(list) => list.first()?.text().map(str::to_owned),
        Value::Call(call) if call.name() == "AliasChoices" => call.arguments.first()?.text().map(str::to_owned),
        _ => None,
    })
}

/// Without a default the class cannot be made when the name is not set.
fn is_required(field: &Field) -> bool {
    match (&field.value, options(field)) {
        (Some(Value::Ellipsis), _) => true,
        (Some(value), Some(call)) if value.call() == Some(call) => has_no_default(call),
        (Some(_), _) => false,
        (None, Some(call)) => has_no_default(call),
        (None, None) => true,
    }
}

fn has_no_default(call: &Call) -> bool {
    let default = call.argument("default", 0);
    matches!(default, None | Some(Value::Ellipsis)) && call.keyword("default_factory").is_none()
}
