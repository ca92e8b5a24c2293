//! Where something stands in a `template.toml`: an offset for a path such as `file.2.to`.

use toml::de::{DeTable, DeValue};

/// The byte offset of a key's value, as near as it is found: of the innermost part that is there.
pub fn offset(text: &str, path: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 0 };
    let mut at = 0;
    let mut parts = path.split('.');
    let Some(mut value) = parts.next().and_then(|key| table.get_ref().get(key)) else { return at };
    at = value.span().start;
    for part in parts {
        let inner = match value.get_ref() {
            DeValue::Table(table) => table.get(part),
            DeValue::Array(items) => part.parse().ok().and_then(|number: usize| items.get(number)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        value = inner;
        at = value.span().start;
    }
    at
}

/// All texts of a file, keys too, with their offsets: what an escape such as `\u001B` means, not
/// how it is written.
pub fn strings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        of_table(table.get_ref(), &mut found);
    }
    found
}

fn of_table(table: &DeTable<'_>, found: &mut Vec<(usize, String)>) {
    for (key, value) in table {
        found.push((key.span().start, key.get_ref().to_string()));
        of_value(value.get_ref(), value.span().start, found);
    }
}

fn of_value(value: &DeValue<'_>, at: usize, found: &mut Vec<(usize, String)>) {
    match value {
        DeValue::String(text) => found.push((at, text.to_string())),
        DeValue::Table(table) => of_table(table, found),
        DeValue::Array(items) => items.iter().for_each(|item| of_value(item.get_ref(), item.span().start, found)),
        _ => {}
    }
}

/// Line and column of a byte offset, both from 1, the column in characters.
pub fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
    (line, column)
}
