//! What a schema's entry asks of a value: `z.url()`, `z.coerce.number()`, `str({ choices: [..] })`.

use super::script::{Call, Value};

/// Whether the program does without it.
pub fn is_optional(value: &Value) -> bool {
    let of = |call: &Call| {
        ["optional", "nullish", "catch"].contains(&call.name())
            || call
                .arguments
                .iter()
                .any(|argument| argument.get("default").is_some() || argument.get("devDefault").is_some())
    };
    calls(value).iter().any(|call| of(call)) || matches!(value.get("optional"), Some(Value::Flag(true)))
}

/// A value that passes; `None` where any text does.
pub fn shape(value: &Value) -> Option<String> {
    let calls = calls(value);
    let prefix = calls.iter().find(|call| call.name() == "startsWith").and_then(|call| call.arguments.first()?.text());
    if let Some(prefix) = prefix {
        return Some(format!("{prefix}only-for-the-build-and-no-real-secret"));
    }
    calls.iter().find_map(|call| {
        let text = match call.name() {
            "url" | "httpUrl" | "uri" => "https://build.example.com",
            "email" => "build@example.com",
            "host" | "hostname" => "build.example.com",
            "number" | "num" | "int" | "port" | "bigint" => "3000",
            "boolean" | "bool" | "stringbool" => "true",
            "uuid" | "guid" => "00000000-0000-4000-8000-000000000000",
            "enum" | "literal" | "picklist" | "valid" => return first_text(call),
            _ => return choice(call),
        };
        Some(text.to_owned())
    })
}

/// The first of `z.enum(['a', 'b'])`.
fn first_text(call: &Call) -> Option<String> {
    match call.arguments.first()? {
        Value::List(items) => items.first()?.literal(),
        value => value.literal(),
    }
}

/// The first of `str({ choices: ['a', 'b'] })`.
fn choice(call: &Call) -> Option<String> {
    call.arguments.iter().find_map(|argument| match argument.get("choices")? {
        Value::List(items) => items.first()?.literal(),
        _ => None,
    })
}

/// The calls of a chain, the last first.
fn calls(value: &Value) -> Vec<&Call> {
    let mut found = Vec::new();
    let mut next = match value {
        Value::Call(call) => Some(&**call),
        _ => None,
    };
    while let Some(call) = next {
        found.push(call);
        next = call.receiver.as_deref();
    }
    found
}
