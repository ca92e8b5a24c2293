//! Addresses of backing services that the code puts together: which setting gives which part.

use super::script::{Call, Scope, Value};
use super::sources::Sources;
use crate::facts::Part;

/// Functions that join parts by name: of SQLAlchemy, of pydantic.
const BUILDERS: &[&str] = &["URL.create", "URL", "Dsn.build", "Url.build", "DSN.build", "URL.build"];
const KEYWORDS: &[(&str, Part)] = &[
    ("username", Part::User),
    ("user", Part::User),
    ("password", Part::Password),
    ("host", Part::Host),
    ("port", Part::Port),
    ("database", Part::Database),
    ("path", Part::Database),
];
/// Stands for a part that is no text; no source has it.
const MARK: char = '\u{1}';

/// A name in the environment that gives a part of an address.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressPart {
    pub name: String,
    /// `postgresql+asyncpg`
    pub scheme: String,
    pub part: Part,
}

/// All names whose place in an address is seen.
pub fn parts(sources: &Sources) -> Vec<AddressPart> {
    let mut found = Vec::new();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        let bound = script.bindings.iter().map(|one| (&one.value, &one.scope));
        let fields = script.classes.iter().flat_map(|class| &class.fields);
        let fields = fields.filter_map(|field| Some((field.value.as_ref()?, &Scope::Module)));
        for (value, scope) in bound.chain(fields) {
            found.extend(joined(sources, at, value, scope));
        }
        for function in &script.functions {
            let inside = Scope::Function(function.name.clone());
            for value in &function.returned {
                found.extend(joined(sources, at, value, &inside));
            }
        }
        for call in &script.calls {
            for value in call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value)) {
                found.extend(joined(sources, at, value, &call.scope));
            }
            found.extend(built(sources, at, call));
        }
    }
    found
}

/// `f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"`
fn joined(sources: &Sources, at: usize, value: &Value, scope: &Scope) -> Vec<AddressPart> {
    let Value::Joined(values) = value else { return Vec::new() };
    let mut text = String::new();
    for (place, value) in values.iter().enumerate() {
        match value {
            Value::Text(literal) => text.push_str(literal),
            _ => text.push_str(&format!("{MARK}{place}{MARK}")),
        }
    }
    let Some((scheme, rest)) = text.split_once("://") else { return Vec::new() };
    let value_of = |piece: &str| -> Option<&Value> {
        values.get(piece.strip_prefix(MARK)?.strip_suffix(MARK)?.parse::<usize>().ok()?)
    };
    let scheme = match value_of(scheme) {
        Some(value) => sources.text(at, value, scope).unwrap_or_default(),
        None => scheme.to_owned(),
    };
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, place) = place.rsplit_once('@').unwrap_or(("", place));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = place.split_once(':').unwrap_or((place, ""));
    let database = path.split('?').next().unwrap_or("");
    let pieces = [
        (user, Part::User),
        (password, Part::Password),
        (host, Part::Host),
        (port, Part::Port),
        (database, Part::Database),
    ];
    let given = pieces.into_iter().filter_map(|(piece, part)| Some((value_of(piece)?, part)));
    named(sources, at, scope, &scheme, given)
}

/// `URL.create("postgresql", username=..., host=...)`, `PostgresDsn.build(scheme=..., ...)`
fn built(sources: &Sources, at: usize, call: &Call) -> Vec<AddressPart> {
    if !BUILDERS.iter().any(|builder| call.callee.ends_with(builder)) {
        return Vec::new();
    }
    let scheme = call.keyword("scheme").or_else(|| call.argument("drivername", 0));
    let scheme = scheme.and_then(|value| sources.text(at, value, &call.scope)).unwrap_or_default();
    let given = KEYWORDS.iter().filter_map(|(keyword, part)| Some((call.keyword(keyword)?, *part)));
    named(sources, at, &call.scope, &scheme, given)
}

fn named<'v>(
    sources: &Sources,
    at: usize,
    scope: &Scope,
    scheme: &str,
    given: impl Iterator<Item = (&'v Value, Part)>,
) -> Vec<AddressPart> {
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !is_scheme {
        return Vec::new();
    }
    let names = given.filter_map(|(value, part)| {
        let name = env_of(sources, at, value, scope, 0)?;
        Some(AddressPart { name, scheme: scheme.to_owned(), part })
    });
    names.collect()
}

/// The name in the environment that a part is: `self.DB_HOST`, `quote(settings.password)`,
/// `values.get("DB_HOST")` of a validator, `f"/{self.name}"`.
fn env_of(sources: &Sources, at: usize, value: &Value, scope: &Scope, depth: u32) -> Option<String> {
    if depth > 4 {
        return None;
    }
    if let Some(name) = sources.known(at, value, scope).env {
        return Some(name);
    }
    let deeper = |value: &Value| env_of(sources, at, value, scope, depth + 1);
    let of_field = |name: &str| {
        let field = sources.model_fields.iter().find(|field| field.attribute == name);
        field.map(|field| field.name.clone())
    };
    match value {
        Value::Call(call) => {
            // `self.password.get_secret_value()`
            let secret = call.callee.strip_suffix(".get_secret_value").map(|object| Value::Name(object.to_owned()));
            let key = call.arguments.first().and_then(Value::text).filter(|_| call.name() == "get");
            key.and_then(of_field).or_else(|| deeper(&secret?)).or_else(|| deeper(call.arguments.first()?))
        }
        // a field beside it in the body of a class
        Value::Name(name) => of_field(name),
        Value::Index(_, key) => of_field(key.text()?),
        Value::Either(first, _) => deeper(first),
        Value::Joined(parts) => match parts.as_slice() {
            [one] => deeper(one),
            [Value::Text(slash), one] if slash == "/" => deeper(one),
            _ => None,
        },
        _ => None,
    }
}
