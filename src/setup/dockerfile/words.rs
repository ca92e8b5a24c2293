//! Words of instructions: flags, pairs with quotes, JSON lists, variables.

use super::{Command, Flag, Pair};

/// Takes `--name=value` and `--name` from the front; gives the rest with where it begins.
pub(super) fn flags(text: &str) -> (Vec<Flag>, usize) {
    let mut found = Vec::new();
    let mut at = blanks(text, 0);
    while text[at..].starts_with("--") {
        let end = text[at..].find(char::is_whitespace).map_or(text.len(), |end| at + end);
        let word = &text[at + 2..end];
        if word.is_empty() {
            at = blanks(text, end);
            break;
        }
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let value = value.trim_matches(['"', '\'']);
        found.push(Flag { name: name.to_ascii_lowercase(), value: value.to_owned() });
        at = blanks(text, end);
    }
    (found, at)
}

fn blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

/// `["a", "b"]`; anything else is no list, also one with other values than texts.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text.trim()).ok()
}

pub(super) fn command(text: &str) -> Command {
    match list(text) {
        Some(words) => Command::Exec(words),
        None => Command::Shell(text.to_owned()),
    }
}

/// A list, or words between blanks.
pub(super) fn list_or_words(text: &str) -> Vec<String> {
    list(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect())
}

/// `A=b C="d e"`, or the old `A the rest`. An error says what is wrong.
pub(super) fn pairs(text: &str, value_needed: bool) -> Result<Vec<Pair>, String> {
    let words = split(text);
    let first = words.first().ok_or("nothing follows it")?;
    if !first.contains('=') && value_needed {
        let (name, value) = text.trim().split_once(char::is_whitespace).ok_or("a name without a value")?;
        return Ok(vec![Pair { name: name.to_owned(), value: Some(unquote(value.trim())) }]);
    }
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some(("", _)) => Err("a value without a name".to_owned()),
            Some((name, value)) => Ok(Pair { name: unquote(name), value: Some(unquote(value)) }),
            None if value_needed => Err(format!("`{word}` has no value")),
            None => Ok(Pair { name: unquote(word), value: None }),
        })
        .collect()
}

/// Words between blanks that are neither quoted nor escaped; quotes stay.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut escaped) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if quote.is_none() && c.is_whitespace() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Takes off quotes and escapes; an escape between double quotes keeps other characters.
fn unquote(text: &str) -> String {
    let (mut plain, mut quote) = (String::new(), None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\\') => plain.push(c),
            (Some(_), '\\') if !chars.peek().is_some_and(|next| "\"\\$".contains(*next)) => plain.push(c),
            (_, '\\') => plain.extend(chars.next()),
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => plain.push(c),
        }
    }
    plain
}

/// Fills `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`; a name without a value
/// becomes nothing, as in BuildKit. A default may hold such forms itself. Other forms stay as they are.
pub fn substitute<'a>(text: &str, value: &dyn Fn(&str) -> Option<&'a str>) -> String {
    fill(text, value, MAX_DEPTH)
}

/// Forms inside forms; nobody writes more.
const MAX_DEPTH: usize = 8;

/// Behind so much nothing is filled in any more: arguments that hold each other grow without end.
const MAX_FILLED: usize = 4_096;
/// A longer form is none: each `$` would be looked at to the end of the text.
const MAX_FORM: usize = 1_000;

/// What stands between `{` and the `}` that belongs to it, and what follows.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices().take(MAX_FORM) {
        match c {
            '{' => open += 1,
            '}' if open == 1 => return Some((&text[1..at], &text[at + 1..])),
            '}' => open = open.checked_sub(1)?,
            _ if open == 0 => return None,
            _ => {}
        }
    }
    None
}

fn fill<'a>(text: &str, value: &dyn Fn(&str) -> Option<&'a str>, depth: usize) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|_| filled.len() <= MAX_FILLED) {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((inner, after)) = braced(rest).filter(|_| depth > 0) {
            let end = inner.find(|c: char| !is_name(c)).unwrap_or(inner.len());
            let (name, modifier) = inner.split_at(end);
            let known = value(name).filter(|value| !value.is_empty());
            match modifier.trim_start_matches(':').chars().next() {
                Some('-') => {
                    let default = modifier.trim_start_matches(':').get(1..).unwrap_or_default();
                    filled.push_str(&known.map_or_else(|| fill(default, value, depth - 1), str::to_owned));
                }
                Some('+') => {
                    let other = modifier.trim_start_matches(':').get(1..).unwrap_or_default();
                    filled.push_str(&known.map(|_| fill(other, value, depth - 1)).unwrap_or_default());
                }
                None => filled.push_str(known.unwrap_or_default()),
                _ => filled.push_str(&format!("${{{inner}}}")),
            }
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        match end {
            0 => filled.push('$'),
            _ => filled.push_str(value(&rest[..end]).unwrap_or_default()),
        }
        rest = &rest[end..];
    }
    filled.push_str(rest);
    filled
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
