//! What a Go file imports, embeds and declares, read from its tokens; which brackets belong together.

use super::scan::{Directive, Token};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub path: String,
    /// The name it goes by in this file, if it says one: `_`, `pg`.
    pub alias: Option<String>,
    pub line: u32,
}

/// A function at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// It has a receiver.
    pub is_method: bool,
    /// Names with the words of their types: `r` and `chi.Router`.
    pub parameters: Vec<(String, String)>,
    /// The tokens between its braces.
    pub body: std::ops::Range<usize>,
    pub line: u32,
}

pub fn imports(tokens: &[Token]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut one = |alias: Option<&Token>, path: &Token| {
        let alias = alias.map(|token| token.text.clone());
        found.extend(path.literal().map(|text| Import { path: text.to_owned(), alias, line: path.line }));
    };
    while let Some(token) = tokens.get(at) {
        at += 1;
        // imports come first: what follows the first other declaration is none
        if ["func", "type", "var", "const"].iter().any(|word| token.is_word(word)) {
            break;
        }
        if !token.is_word("import") {
            continue;
        }
        let block = tokens.get(at).is_some_and(|token| token.is_mark('('));
        at += usize::from(block);
        loop {
            match tokens.get(at..).unwrap_or_default() {
                [path, ..] if path.literal().is_some() => {
                    one(None, path);
                    at += 1;
                }
                [alias, path, ..] if path.literal().is_some() && !alias.is_mark(')') => {
                    one(Some(alias), path);
                    at += 2;
                }
                [token, ..] if block && !token.is_mark(')') => at += 1,
                _ => break,
            }
            if !block {
                break;
            }
        }
    }
    found
}

/// The words of an embed line, quoted ones without quotes and `all:`.
pub fn patterns(directive: &Directive) -> Vec<(String, u32)> {
    if directive.name != "embed" {
        return Vec::new();
    }
    let tidy = |word: &str| word.strip_prefix("all:").unwrap_or(word).to_owned();
    let (mut found, mut rest) = (Vec::new(), directive.text.trim());
    while let Some(first) = rest.chars().next() {
        let (word, after) = if matches!(first, '"' | '`') {
            rest[1..].split_once(first).unwrap_or((&rest[1..], ""))
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        found.push((tidy(word), directive.line));
        rest = after.trim_start();
    }
    found
}

pub fn functions(tokens: &[Token]) -> Vec<Function> {
    let (mut found, mut at, mut depth) = (Vec::new(), 0, 0i32);
    while let Some(token) = tokens.get(at) {
        if token.kind == super::scan::Kind::Mark {
            match token.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
        }
        if depth == 0
            && token.is_word("func")
            && let Some((function, end)) = function(tokens, at)
        {
            found.push(function);
            at = end;
        }
        at += 1;
    }
    found
}

/// The function whose `func` stands at `start`, and the place of its closing brace.
fn function(tokens: &[Token], start: usize) -> Option<(Function, usize)> {
    let mut at = start + 1;
    let is_method = tokens.get(at)?.is_mark('(');
    if is_method {
        at = closing(tokens, at)? + 1;
    }
    let name = tokens.get(at).filter(|token| token.kind == super::scan::Kind::Word)?;
    at += 1;
    if tokens.get(at)?.is_mark('[') {
        at = closing(tokens, at)? + 1;
    }
    let end = tokens.get(at).filter(|token| token.is_mark('(')).and_then(|_| closing(tokens, at))?;
    let parameters = parameters(&tokens[at + 1..end]);
    // the result may hold braces only as `interface{}` and `struct{}`
    at = end + 1;
    loop {
        let token = tokens.get(at)?;
        if token.is_mark('{') {
            let named = tokens.get(at - 1).is_some_and(|t| t.is_word("interface") || t.is_word("struct"));
            let end = closing(tokens, at)?;
            if !named {
                let function = Function {
                    name: name.text.clone(),
                    is_method,
                    parameters,
                    body: at + 1..end,
                    line: tokens[start].line,
                };
                return Some((function, end));
            }
            at = end;
        } else if token.is_mark('(') || token.is_mark('[') {
            at = closing(tokens, at)?;
        } else if token.is_word("func") && tokens.get(at + 1).is_some_and(|t| t.kind == super::scan::Kind::Word) {
            return None;
        }
        at += 1;
    }
}

fn parameters(tokens: &[Token]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = split(tokens)
        .into_iter()
        .filter_map(|part| {
            let (name, kind) = part.split_first()?;
            Some((name.text.clone(), kind.iter().map(|token| token.text.as_str()).collect()))
        })
        .collect();
    // `key, fallback string`: a name without a type has that of the next
    for at in (0..found.len().saturating_sub(1)).rev() {
        if found[at].1.is_empty() {
            found[at].1 = found[at + 1].1.clone();
        }
    }
    found
}

/// The place of the bracket that closes the one at `open`, if it lies in these tokens.
pub fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let distance = usize::try_from(tokens.get(open)?.partner).ok().filter(|distance| *distance > 0)?;
    (open + distance < tokens.len()).then_some(open + distance)
}

/// The place of the bracket that opens what the one at `close` closes.
pub fn opening(tokens: &[Token], close: usize) -> Option<usize> {
    let distance = tokens.get(close)?.partner;
    (distance < 0).then(|| close.checked_sub(distance.unsigned_abs() as usize)).flatten()
}

/// The parts between commas outside of brackets; none for no tokens.
pub fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != super::scan::Kind::Mark {
            continue;
        }
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scan::scan;
    use super::*;

    proptest! {
        #[test]
        fn any_sequence_of_tokens_is_read(
            text in r#"(func|import|package|main|a|"x"|\(|\)|\{|\}|\[|\]|,|\.|;|struct| |\n){0,60}"#
        ) {
            let tokens = scan(&text).tokens;
            imports(&tokens);
            functions(&tokens);
            split(&tokens);
        }
    }
}
