//! A token scanner for Go: comments, strings, runes, words and marks, each with its line.
//!
//! It knows no grammar, so syntax that does not exist yet cannot break it. Any bytes give tokens.

use std::borrow::Cow;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A string in quotes, its escapes resolved.
    Text,
    /// A string in backticks, as it stands.
    Raw,
    /// A number or rune.
    Number,
    /// One character of an operator or bracket.
    Mark,
}

/// One token; the line counts from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: u32,
    /// How far the bracket is that belongs to this one: forward positive, 0 without one.
    pub partner: i32,
    /// How far back the innermost open bracket around it is; 0 without one.
    pub around: u32,
}

impl Token {
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark && self.text.starts_with(mark)
    }

    /// The value of a string literal of either kind.
    pub fn literal(&self) -> Option<&str> {
        matches!(self.kind, Kind::Text | Kind::Raw).then_some(self.text.as_str())
    }
}

/// A comment that tells the go command something: `//go:embed static`, `//go:build linux`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// `embed`
    pub name: String,
    /// What follows the name, trimmed.
    pub text: String,
    pub line: u32,
    /// How many tokens stand before it.
    pub tokens_before: usize,
}

/// The tokens and directives of a file.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    pub tokens: Vec<Token>,
    pub directives: Vec<Directive>,
}

/// Reads a source to its end, whatever it holds.
pub fn scan(source: &str) -> Scan {
    let mut scanner = Scanner { rest: source, line: 1, line_start: true, found: Scan::default() };
    while let Some(c) = scanner.rest.chars().next() {
        scanner.step(c);
    }
    pair(&mut scanner.found.tokens);
    scanner.found
}

/// Fills in which brackets belong together, whatever their kind: one pass, so that no question
/// about them has to look for the other end.
fn pair(tokens: &mut [Token]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..tokens.len() {
        let closes = tokens[at].kind == Kind::Mark && matches!(tokens[at].text.as_str(), ")" | "]" | "}");
        if closes && let Some(start) = open.pop() {
            let distance = i32::try_from(at - start).unwrap_or(0);
            (tokens[start].partner, tokens[at].partner) = (distance, -distance);
        }
        tokens[at].around = open.last().map_or(0, |start| (at - start) as u32);
        if tokens[at].kind == Kind::Mark && matches!(tokens[at].text.as_str(), "(" | "[" | "{") {
            open.push(at);
        }
    }
}

struct Scanner<'a> {
    rest: &'a str,
    line: u32,
    /// Nothing but space stands before on this line.
    line_start: bool,
    found: Scan,
}

impl<'a> Scanner<'a> {
    fn step(&mut self, c: char) {
        if c == '\n' {
            self.take(1);
            self.line_start = true;
        } else if c.is_whitespace() {
            self.take(c.len_utf8());
        } else if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            let (comment, line) = (self.take(end), self.line);
            if self.line_start {
                self.directive(comment.trim_end(), line);
            }
        } else if self.rest.starts_with("/*") {
            let end = self.rest[2..].find("*/").map_or(self.rest.len(), |at| at + 4);
            self.take(end);
        } else {
            self.line_start = false;
            match c {
                '"' => self.quoted('"', Kind::Text),
                '\'' => self.quoted('\'', Kind::Number),
                '`' => {
                    let end = self.rest[1..].find('`').map_or(self.rest.len(), |at| at + 2);
                    let line = self.line;
                    let text = self.take(end);
                    let text = text[1..].strip_suffix('`').unwrap_or(&text[1..]).replace('\r', "");
                    self.push(Kind::Raw, text, line);
                }
                c if c.is_alphabetic() || c == '_' => self.run(Kind::Word, |c| c.is_alphanumeric() || c == '_'),
                c if c.is_ascii_digit() => {
                    self.run(Kind::Number, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
                }
                c => {
                    let line = self.line;
                    let text = self.take(c.len_utf8()).to_owned();
                    self.push(Kind::Mark, text, line);
                }
            }
        }
    }

    /// Consumes so many bytes, which end between characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.bytes().filter(|b| *b == b'\n').count() as u32;
        self.rest = rest;
        taken
    }

    fn push(&mut self, kind: Kind, text: String, line: u32) {
        self.found.tokens.push(Token { kind, text, line, partner: 0, around: 0 });
    }

    fn run(&mut self, kind: Kind, belongs: impl Fn(char) -> bool) {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let line = self.line;
        let text = self.take(end).to_owned();
        self.push(kind, text, line);
    }

    /// A literal up to its quote, or to the end of the line where the quote is missing.
    fn quoted(&mut self, quote: char, kind: Kind) {
        let (mut end, mut escaped) = (self.rest.len(), false);
        for (at, c) in self.rest.char_indices().skip(1) {
            if c == '\n' {
                end = at;
                break;
            }
            if !escaped && c == quote {
                end = at + 1;
                break;
            }
            escaped = !escaped && c == '\\';
        }
        let line = self.line;
        let text = self.take(end);
        let inner = &text[1..];
        let inner = if inner.ends_with(quote) && !escaped { &inner[..inner.len() - 1] } else { inner };
        self.push(kind, unescape(inner).into_owned(), line);
    }

    fn directive(&mut self, comment: &str, line: u32) {
        // the old form counts too, but only where nothing but comments stand before
        if let Some(text) = comment.strip_prefix("// +build ").filter(|_| self.found.tokens.is_empty()) {
            self.note("+build", text, line);
        } else if let Some(rest) = comment.strip_prefix("//go:") {
            let (name, text) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            self.note(name, text, line);
        }
    }

    fn note(&mut self, name: &str, text: &str, line: u32) {
        let tokens_before = self.found.tokens.len();
        let (name, text) = (name.to_owned(), text.trim().to_owned());
        self.found.directives.push(Directive { name, text, line, tokens_before });
    }
}

/// Resolves the escapes that names and paths may hold; others stay as they stand.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some(quoted @ ('\\' | '"' | '\''))) => out.push(quoted),
            ('\\', Some(other)) => out.extend(['\\', other]),
            (c, _) => out.push(c),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(source: &str) -> Vec<String> {
        scan(source).tokens.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_strings_hide_what_looks_like_code() {
        let source = "/* func main() */ // os.Getenv(\"A\")\nx := \"// \\\"no\\\" comment\" + `raw \" /* ` + '\"'";
        assert_eq!(texts(source), ["x", ":", "=", "// \"no\" comment", "+", "raw \" /* ", "+", "\""]);
    }

    #[test]
    fn tokens_know_their_line_after_comments_and_raw_strings() {
        let found = scan("/*\n\n*/ a `\n` b\nc");
        let lines: Vec<u32> = found.tokens.iter().map(|token| token.line).collect();
        assert_eq!(lines, [3, 3, 4, 5]);
    }

    #[test]
    fn directives_are_comments_that_begin_a_line() {
        let found = scan("//go:build linux && !cgo\n\npackage a\n//go:embed a b\nvar x = 1 //go:embed no\n");
        let shown: Vec<_> = found.directives.iter().map(|d| (d.name.as_str(), d.text.as_str(), d.line)).collect();
        assert_eq!(shown, [("build", "linux && !cgo", 1), ("embed", "a b", 4)]);
    }

    #[test]
    fn an_open_string_ends_with_its_line_and_an_open_comment_with_the_file() {
        assert_eq!(texts("a \"open\nb /* c"), ["a", "open", "b"]);
        assert_eq!(texts("`open"), ["open"]);
        assert_eq!(texts("\"a\\"), ["a\\"]);
    }

    proptest! {
        #[test]
        fn any_bytes_give_tokens_in_the_order_of_their_lines(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let found = scan(&String::from_utf8_lossy(&bytes));
            prop_assert!(found.tokens.is_sorted_by_key(|token| token.line));
        }

        #[test]
        fn anything_made_of_go_marks_is_read_to_its_end(text in r#"[a"'`/*\\\n(){}é:= ]{0,80}"#) {
            scan(&text);
        }
    }
}
