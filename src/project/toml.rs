//! TOML with positions, as the same tree that JSON gives: pyproject.toml, lockfiles, Pipfile.

use toml_edit::{Document, Item, TableLike, Value};

use super::json::{Json, JsonKind, Member};
use super::{Mistake, Source};

/// Reads a whole file.
///
/// # Errors
/// The first place where it is no TOML.
pub fn parse(source: &Source) -> Result<Json, Mistake> {
    let document = Document::parse(source.text()).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Mistake::new(format!("{} is not valid TOML", source.path()))
            .in_source(source, at)
            .detail(error.message().lines().next().unwrap_or_default().to_owned())
    })?;
    Ok(item(source, document.as_item(), 1))
}

/// `line` is that of the name, for tables that have no place of their own.
fn item(source: &Source, found: &Item, line: u32) -> Json {
    match found {
        Item::None => Json { line, kind: JsonKind::Null },
        Item::Value(found) => value(source, found, line),
        Item::Table(found) => table(source, found, line),
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|found| {
                let line = found.span().map_or(line, |span| source.line_of(span.start));
                table(source, found, line)
            });
            Json { line, kind: JsonKind::Array(items.collect()) }
        }
    }
}

fn table(source: &Source, found: &dyn TableLike, line: u32) -> Json {
    let members = found.iter().map(|(name, inner)| {
        let key = found.key(name).and_then(toml_edit::Key::span);
        let line = key.or_else(|| inner.span()).map_or(line, |span| source.line_of(span.start));
        Member { name: name.to_owned(), line, value: item(source, inner, line) }
    });
    Json { line, kind: JsonKind::Object(members.collect()) }
}

fn value(source: &Source, found: &Value, line: u32) -> Json {
    let line = found.span().map_or(line, |span| source.line_of(span.start));
    let kind = match found {
        Value::String(text) => JsonKind::Text(text.value().clone()),
        Value::Integer(number) => JsonKind::Number(number.value().to_string()),
        Value::Float(number) => JsonKind::Number(number.value().to_string()),
        Value::Boolean(value) => JsonKind::Bool(*value.value()),
        Value::Datetime(time) => JsonKind::Text(time.value().to_string()),
        Value::Array(items) => JsonKind::Array(items.iter().map(|found| value(source, found, line)).collect()),
        Value::InlineTable(found) => return table(source, found, line),
    };
    Json { line, kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::RelPath;

    fn source(text: &str) -> Source {
        Source::new(RelPath::new("pyproject.toml").unwrap(), text.to_owned())
    }

    #[test]
    fn names_and_items_carry_their_lines() {
        let toml = parse(&source("[project]\nname = \"shop\"\ndependencies = [\n  \"a\",\n  \"b>=1\",\n]\n")).unwrap();
        let dependencies = toml.at(&["project", "dependencies"]).unwrap();
        assert_eq!(dependencies.items().iter().map(|item| item.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(toml.get("project").unwrap().member("name").unwrap().line, 2);
        let tables = parse(&source("[[package]]\nname = \"a\"\n[[package]]\nname = \"b\"\n")).unwrap();
        assert_eq!(tables.get("package").unwrap().items()[1].get("name").unwrap().text(), Some("b"));
    }

    #[test]
    fn a_mistake_has_its_line() {
        assert_eq!(parse(&source("a = 1\nb = \n")).unwrap_err().line, Some(2));
    }
}
