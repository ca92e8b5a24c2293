//! JSON with positions: package.json strictly, tsconfig.json with comments.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Mistake, Source};

/// A JSON value with the line it starts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    pub line: u32,
    pub kind: JsonKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonKind {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    /// In the order of the file; of two equal names the last counts, as in JavaScript.
    Object(Vec<Member>),
}

/// A name in an object with its value. The line is the name's.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub name: String,
    pub line: u32,
    pub value: Json,
}

impl Json {
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.member(name).map(|member| &member.value)
    }

    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// Follows names from object to object.
    pub fn at(&self, names: &[&str]) -> Option<&Json> {
        names.iter().try_fold(self, |json, name| json.get(name))
    }

    pub fn members(&self) -> &[Member] {
        match &self.kind {
            JsonKind::Object(members) => members,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Json] {
        match &self.kind {
            JsonKind::Array(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            JsonKind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        self.kind == JsonKind::Bool(true)
    }
}

/// Reads JSON as `JSON.parse` would: no comments, no trailing commas.
///
/// # Errors
/// The first place where it is not JSON.
pub fn parse(source: &Source) -> Result<Json, Mistake> {
    read(source, false)
}

/// Reads JSON with comments and trailing commas, as TypeScript's and editors' files are.
///
/// # Errors
/// The first place where it is not that.
pub fn parse_with_comments(source: &Source) -> Result<Json, Mistake> {
    read(source, true)
}

fn read(source: &Source, comments: bool) -> Result<Json, Mistake> {
    let options = ParseOptions {
        allow_comments: comments,
        allow_trailing_commas: comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    };
    let wrong = |detail: String, at: usize| {
        Mistake::new(format!("{} is not valid JSON", source.path())).in_source(source, at).detail(detail)
    };
    let parsed = parse_to_ast(source.text(), &CollectOptions::default(), &options).map_err(|error| {
        let kind = error.kind().to_string();
        let mut at = error.range().start;
        // a missing comma is reported where it should stand; people look at what follows
        let gap = source.text().get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
        let line = source.line_of(at);
        let missing = kind.contains("comma") && source.line_of(at + gap) > line;
        if missing {
            at += gap;
        }
        let mistake = wrong(describe(&kind), at);
        if missing { mistake.hint(format!("a comma is missing at the end of line {line}")) } else { mistake }
    })?;
    let value = parsed.value.ok_or_else(|| wrong("expected a value, found nothing".to_owned(), 0))?;
    Ok(convert(source, &value))
}

fn describe(kind: &str) -> String {
    if kind.contains("comma") {
        return "expected `,` or `}`".to_owned();
    }
    let mut text = kind.to_owned();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    text
}

fn convert(source: &Source, value: &Value<'_>) -> Json {
    let line = source.line_of(value.start());
    let kind = match value {
        Value::NullKeyword(_) => JsonKind::Null,
        Value::BooleanLit(lit) => JsonKind::Bool(lit.value),
        Value::NumberLit(lit) => JsonKind::Number(lit.value.to_owned()),
        Value::StringLit(lit) => JsonKind::Text(lit.value.to_string()),
        Value::Array(array) => JsonKind::Array(array.elements.iter().map(|item| convert(source, item)).collect()),
        Value::Object(object) => JsonKind::Object(
            object
                .properties
                .iter()
                .map(|property| {
                    let (name, at) = match &property.name {
                        ObjectPropName::String(lit) => (lit.value.to_string(), lit.start()),
                        ObjectPropName::Word(word) => (word.value.to_owned(), word.start()),
                    };
                    Member { name, line: source.line_of(at), value: convert(source, &property.value) }
                })
                .collect(),
        ),
    };
    Json { line, kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::RelPath;

    fn source(text: &str) -> Source {
        Source::new(RelPath::new("package.json").unwrap(), text.to_owned())
    }

    #[test]
    fn a_missing_comma_is_named_with_the_line_that_lacks_it() {
        let text = "{\n  \"scripts\": {\n    \"build\": \"next build\"\n    \"start\": \"next start\"\n  }\n}\n";
        let mistake = parse(&source(text)).unwrap_err();
        assert_eq!(mistake.line, Some(4));
        assert_eq!(mistake.hint.as_deref(), Some("a comma is missing at the end of line 3"));
    }

    #[test]
    fn what_json_parse_refuses_is_refused() {
        for text in ["", "{a: 1}", "{'a': 1}", "{\"a\": 1,}", "// x\n{}", "{\"a\": 0x1}", "{\"a\": +1}", "{} {}", "{"] {
            assert!(parse(&source(text)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_carry_their_lines_and_the_last_of_two_counts() {
        let json = parse(&source("\u{feff}{\n \"a\": 1,\n \"b\": {\"c\": \"x\"},\n \"a\": 2\n}")).unwrap();
        assert_eq!(json.member("a").unwrap().line, 4);
        assert_eq!(json.at(&["b", "c"]).unwrap().text(), Some("x"));
    }
}
