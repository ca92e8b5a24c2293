//! Fields of composite literals: `&http.Server{Addr: ":8080"}`, `cli.StringFlag{Name: "port"}`.

use super::declarations::closing;
use super::scan::{Kind, Token};

/// Brackets between a field and the braces around it.
const MAX_DEPTH: usize = 16;

/// The value of a field in the same braces as the token at `at`.
pub fn field<'a>(tokens: &'a [Token], at: usize, name: &str) -> Option<&'a str> {
    let value = field_at(tokens, braces(tokens, at)?, name)?;
    tokens[value].literal().or((tokens[value].kind == Kind::Number).then_some(tokens[value].text.as_str()))
}

/// The braces around a token: their places.
pub fn braces(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let mut open = at;
    for _ in 0..MAX_DEPTH {
        let distance = tokens.get(open)?.around as usize;
        open = open.checked_sub(distance).filter(|_| distance > 0)?;
        if tokens[open].is_mark('{') {
            return closing(tokens, open).map(|close| (open, close));
        }
    }
    None
}

/// Where the value of a field begins, directly inside these braces.
pub fn field_at(tokens: &[Token], (open, close): (usize, usize), name: &str) -> Option<usize> {
    let mut depth = 0i32;
    for at in open + 1..close {
        match (tokens[at].kind, tokens[at].text.as_str()) {
            (Kind::Mark, "(" | "[" | "{") => depth += 1,
            (Kind::Mark, ")" | "]" | "}") => depth -= 1,
            (Kind::Word, word) if depth == 0 && word == name && tokens[at + 1].is_mark(':') && at + 2 < close => {
                return Some(at + 2);
            }
            _ => {}
        }
    }
    None
}
