//! Calls with literal arguments: `os.Getenv("PORT")`, `r.Get("/healthz", …)`.

use std::collections::BTreeMap;

use super::code::GoFile;
use super::declarations::{closing, opening, split};
use super::scan::{Kind, Token};

/// One call in a file.
pub struct Call<'a> {
    pub file: &'a GoFile,
    /// The words before the bracket: `os`, `Getenv`. Begins with an empty word where the call
    /// follows another expression: `x().Get`.
    pub path: Vec<&'a str>,
    pub arguments: Vec<&'a [Token]>,
    /// Where its opening bracket stands.
    pub at: usize,
    pub line: u32,
}

impl Call<'_> {
    /// The last word.
    pub fn name(&self) -> &str {
        self.path.last().copied().unwrap_or("")
    }

    /// `os.Getenv`
    pub fn is(&self, path: &str) -> bool {
        path.split('.').eq(self.path.iter().copied())
    }

    /// What stands before the last word: `r` of `r.Get`, `s.router` of `s.router.Get`.
    pub fn receiver(&self) -> String {
        self.path[..self.path.len().saturating_sub(1)].join(".")
    }
}

/// Nobody nests deeper; it keeps the work for hostile sources in bounds.
const MAX_DEPTH: usize = 100;

/// All calls of a file in their order.
pub fn calls(file: &GoFile) -> Vec<Call<'_>> {
    let tokens = &file.tokens;
    let (mut found, mut depth) = (Vec::new(), 0usize);
    for (at, token) in tokens.iter().enumerate() {
        depth = match (token.kind, token.text.as_str()) {
            (Kind::Mark, "(" | "[" | "{") => depth + 1,
            (Kind::Mark, ")" | "]" | "}") => depth.saturating_sub(1),
            _ => depth,
        };
        if !token.is_mark('(') || at == 0 || depth > MAX_DEPTH {
            continue;
        }
        // a generic call: env.Get[int]("X")
        let mut name_at = at - 1;
        if tokens[name_at].is_mark(']') {
            let Some(open) = opening(tokens, name_at) else { continue };
            let Some(before) = open.checked_sub(1) else { continue };
            name_at = before;
        }
        if tokens[name_at].kind != Kind::Word || is_keyword(&tokens[name_at].text) {
            continue;
        }
        let mut path = vec![tokens[name_at].text.as_str()];
        let mut start = name_at;
        while start >= 2 && tokens[start - 1].is_mark('.') && tokens[start - 2].kind == Kind::Word {
            start -= 2;
            path.push(&tokens[start].text);
        }
        let before = start.checked_sub(1).map(|at| &tokens[at]);
        if before.is_some_and(|token| token.is_word("func")) {
            continue;
        }
        if before.is_some_and(|token| token.is_mark('.')) {
            path.push("");
        } else if before.is_some_and(|token| token.is_mark(')')) && file.function_at(at).is_none() {
            // a method's declaration
            continue;
        }
        path.reverse();
        let Some(end) = closing(tokens, at) else { continue };
        found.push(Call { file, path, arguments: split(&tokens[at + 1..end]), at, line: tokens[name_at].line });
    }
    found
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "func" | "if" | "for" | "switch" | "return" | "import" | "var" | "const" | "type" | "range" | "case")
}

/// Names that hold a literal: `const port = "8080"`, in a block too, and `var addr = ":80"`.
#[derive(Default)]
pub struct Constants {
    /// By folder and name.
    local: BTreeMap<(String, String), String>,
    /// By name, where all agree.
    global: BTreeMap<String, Option<String>>,
}

impl Constants {
    pub fn of(files: &[&GoFile]) -> Self {
        let mut constants = Constants::default();
        for file in files {
            for (name, value, _) in top_level(&file.tokens) {
                constants
                    .global
                    .entry(name.to_owned())
                    .and_modify(|known| {
                        if known.as_deref() != Some(value) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(value.to_owned()));
                constants.local.insert((file.folder.to_string(), name.to_owned()), value.to_owned());
            }
        }
        constants
    }

    /// The text that an expression has, if it is made of literals and constants: `":" + port`.
    pub fn text(&self, file: &GoFile, tokens: &[Token]) -> Option<String> {
        let mut out = String::new();
        for part in tokens.split(|token| token.is_mark('+')) {
            match part {
                [token] if token.kind == Kind::Word => {
                    out.push_str(self.local.get(&(file.folder.to_string(), token.text.clone()))?);
                }
                [token] => out.push_str(token.literal().or((token.kind == Kind::Number).then_some(&token.text))?),
                [package, dot, name] if dot.is_mark('.') && package.kind == Kind::Word => {
                    out.push_str(self.global.get(&name.text)?.as_deref()?);
                }
                _ => return None,
            }
        }
        Some(out)
    }
}

/// Name, value and line of `name = literal` and `name type = literal` in `const` and `var` outside of functions.
pub fn top_level(tokens: &[Token]) -> Vec<(&str, &str, u32)> {
    let (mut found, mut depth, mut block) = (Vec::new(), 0i32, false);
    let mut line_starts = true;
    for (at, token) in tokens.iter().enumerate() {
        let declares = depth == 0 && (token.is_word("const") || token.is_word("var"));
        if declares {
            block = tokens.get(at + 1).is_some_and(|token| token.is_mark('('));
        }
        if token.kind == Kind::Mark {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth -= 1;
                    block &= depth > 0;
                }
                _ => {}
            }
        }
        let name_at = match (declares && !block, block && depth == 1 && line_starts) {
            (true, _) => at + 1,
            (_, true) => at,
            _ => {
                line_starts = tokens.get(at + 1).is_some_and(|next| next.line > token.line) || token.is_mark('(');
                continue;
            }
        };
        line_starts = tokens.get(at + 1).is_some_and(|next| next.line > token.line) || token.is_mark('(');
        let value_at = match tokens.get(name_at..).unwrap_or_default() {
            [_, equals, _, ..] if equals.is_mark('=') => name_at + 2,
            [_, kind, equals, _, ..] if equals.is_mark('=') && kind.kind == Kind::Word => name_at + 3,
            _ => continue,
        };
        let value = &tokens[value_at];
        let ends = tokens
            .get(value_at + 1)
            .is_none_or(|next| next.line > value.line || next.is_mark(')') || next.is_mark(';'));
        let text = value.literal().or((value.kind == Kind::Number).then_some(value.text.as_str()));
        if let (Some(text), Some(name)) = (text, tokens.get(name_at).filter(|t| t.kind == Kind::Word))
            && ends
        {
            found.push((name.text.as_str(), text, name.line));
        }
    }
    found
}
