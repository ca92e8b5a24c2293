//! Values that cannot hold what would break out of a generated file.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

/// Why a text is not the value it should be: what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct ValueError(pub String);

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// The text is something else.
            pub fn new(text: &str) -> Result<Self, ValueError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok($name(text.to_owned())) } else { Err(ValueError($expected.to_owned())) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ValueError;
            fn from_str(text: &str) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

text_value!(
    /// A name for an image and a compose project: `shop-api`. Lowercase letters, digits and single
    /// `-` between them, at most 63.
    Name,
    "a name of lowercase letters, digits and `-`",
    |text| {
        !text.is_empty()
            && text.len() <= 63
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--")
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
);

text_value!(
    /// The name of an environment variable.
    EnvName,
    "a variable name of letters, digits and `_`",
    |text| {
        !text.is_empty()
            && !text.as_bytes()[0].is_ascii_digit()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
);

text_value!(
    /// An image with a tag or digest: `node:26-alpine3.24`.
    ImageRef,
    "an image with a tag, as in `node:26-alpine3.24`",
    |text| {
        let last = text.rsplit('/').next().unwrap_or("");
        last.contains(':') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b))
    }
);

text_value!(
    /// The path of a URL: begins with `/`, nothing that needs quoting anywhere.
    HttpPath,
    "a path that begins with `/`, of letters, digits and `/._~-`",
    |text| text.starts_with('/') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._~-".contains(&b))
);

text_value!(
    /// One line of text for people: no control characters, at most 200 characters.
    Line,
    "one line of text",
    |text| text.chars().count() <= 200 && !text.chars().any(is_hidden)
);

/// Control characters, line separators and those that reorder what is read.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Name {
    /// The nearest name to any text: `@acme/Shop API` gives `acme-shop-api`. `fallback` where
    /// nothing is left of it.
    pub fn from_text(text: &str, fallback: &str) -> Self {
        let mut name = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                name.push(c.to_ascii_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        name.truncate(63);
        let name = name.trim_end_matches('-');
        Name(if name.is_empty() { fallback.to_owned() } else { name.to_owned() })
    }
}

impl Line {
    /// The text with its hidden characters turned into spaces, cut to what a line holds.
    pub fn from_text(text: &str) -> Self {
        let text: String = text.trim().chars().map(|c| if is_hidden(c) { ' ' } else { c }).take(200).collect();
        Line(text.trim().to_owned())
    }
}

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Port(u16);

impl Port {
    /// # Errors
    /// Zero.
    pub fn new(number: u16) -> Result<Self, ValueError> {
        if number == 0 { Err(ValueError("a port from 1 to 65535".to_owned())) } else { Ok(Port(number)) }
    }

    pub fn number(self) -> u16 {
        self.0
    }

    /// The port itself, or else the next one above it that is not taken.
    pub fn first_free(self, taken: &BTreeSet<u16>) -> Port {
        let free = (self.0..=u16::MAX).find(|number| !taken.contains(number));
        Port(free.unwrap_or(self.0))
    }
}

impl FromStr for Port {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map_err(|_| ValueError("a port from 1 to 65535".to_owned())).and_then(Port::new)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A command with its arguments, no shell in between. Never empty; its words hold no control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Argv(Vec<String>);

impl Argv {
    /// # Errors
    /// No word, an empty first word, or a control character in one.
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Result<Self, ValueError> {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        let sound =
            words.first().is_some_and(|first| !first.is_empty()) && !words.iter().any(|w| w.chars().any(is_hidden));
        if sound { Ok(Argv(words)) } else { Err(ValueError("a command in one line".to_owned())) }
    }

    /// Reads words as a POSIX shell splits them, quotes honoured and nothing expanded.
    ///
    /// # Errors
    /// An open quote, or whatever only a shell could do: `&&`, `|`, `$X`, `>`, backticks, globs.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        Argv::new(split_words(text)?)
    }

    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Argv {
    /// As one would type it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-./:=@%+,".contains(c));
            let space = if at == 0 { "" } else { " " };
            if plain { write!(f, "{space}{word}")? } else { write!(f, "{space}'{}'", word.replace('\'', "'\\''"))? }
        }
        Ok(())
    }
}

fn split_words(text: &str) -> Result<Vec<String>, ValueError> {
    let shell = || ValueError("one simple command, without `&&`, `|`, `$` or other work for a shell".to_owned());
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut chars = text.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let quoted = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(|| ValueError("a closing `'`".to_owned()))? {
                        '\'' => break,
                        other => quoted.push(other),
                    }
                }
            }
            '"' => {
                let quoted = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(|| ValueError("a closing `\"`".to_owned()))? {
                        '"' => break,
                        '$' | '`' => return Err(shell()),
                        '\\' => quoted.extend(chars.next()),
                        other => quoted.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            ' ' | '\t' => words.extend(word.take()),
            '&' | '|' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '#' | '\n' => return Err(shell()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_as_a_shell_splits_them() {
        let argv = Argv::parse(r#"node --title="my app" 'dist/a b.js' c\ d"#).unwrap();
        assert_eq!(argv.words(), ["node", "--title=my app", "dist/a b.js", "c d"]);
        assert_eq!(argv.to_string(), "node '--title=my app' 'dist/a b.js' 'c d'");
    }

    #[test]
    fn work_for_a_shell_is_refused() {
        for text in ["a && b", "a | b", "a $B", "a > b", "`a`", "a *.js", "a; b", "'a", "", "\"$A\""] {
            assert!(Argv::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_text_has_a_nearest_name() {
        for (text, name) in
            [("@acme/Shop API", "acme-shop-api"), ("--x--", "x"), ("日本", "app"), ("a\nRUN x", "a-run-x")]
        {
            assert_eq!(Name::from_text(text, "app").as_str(), name);
            Name::new(name).unwrap();
        }
    }
}
