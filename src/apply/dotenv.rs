//! Reads a `.env` file for its import into `secrets/`: names and values, which are never shown.

use std::collections::BTreeMap;

/// What a `.env` file sets. No `Debug` and no `Display`: it holds secrets.
#[derive(Clone, Default)]
pub struct DotEnv(BTreeMap<String, String>);

impl DotEnv {
    /// The value of a name, unless it is empty or plainly a placeholder.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !is_placeholder(value))
    }

    /// Whether a name has a value that would be imported.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

/// Reads `NAME=value` lines as dotenv libraries do: `export`, quotes, comments, values over
/// several lines inside quotes; of two the last counts. What is no such line is passed over.
pub fn dotenv(text: &str) -> DotEnv {
    let mut values = BTreeMap::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = line.trim_start();
        let named = trimmed.strip_prefix("export ").unwrap_or(trimmed).split_once('=');
        let name = named
            .map(|(name, _)| name.trim())
            .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        let (Some(name), Some((_, value))) = (name, named) else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        match quote.and_then(|quote| quoted(value, rest, quote)) {
            Some((value, consumed)) => {
                values.insert(name.to_owned(), value);
                rest = &rest[consumed..];
                rest = rest.split_once('\n').map_or("", |(_, after)| after);
            }
            None => {
                let bare = value.split(" #").next().unwrap_or_default().trim();
                values.insert(name.to_owned(), bare.to_owned());
                rest = after;
            }
        }
    }
    DotEnv(values)
}

/// A quoted value that may run over lines, as its text and where in `whole` it ends; `value` is
/// the part of `whole` that begins with the quote.
fn quoted(value: &str, whole: &str, quote: char) -> Option<(String, usize)> {
    let start = value.as_ptr() as usize - whole.as_ptr() as usize + 1;
    let (mut text, mut escaped) = (String::new(), false);
    for (at, c) in whole[start..].char_indices() {
        match (escaped, c) {
            (true, 'n') => text.push('\n'),
            (true, other) => text.push(other),
            (false, '\\') if quote == '"' => {
                escaped = true;
                continue;
            }
            (false, c) if c == quote => return Some((text, start + at + 1)),
            (false, other) => text.push(other),
        }
        escaped = false;
    }
    None
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let marks = [
        "changeme",
        "change_me",
        "change-me",
        "your-",
        "your_",
        "<",
        "xxx",
        "todo",
        "replace",
        "placeholder",
        "example",
    ];
    value.is_empty() || marks.iter().any(|mark| lower.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_dotenv_libraries_read_them() {
        let text = "A=1\n# B=2\nexport C = three # note\nD=\"a b\\n#c\" # x\nE='$x'\n\nF=\nbroken\nG=\"two\nlines\"\nH=x#y\r\n";
        let env = dotenv(text);
        let get = |name: &str| env.0.get(name).map(String::as_str);
        assert_eq!(get("A"), Some("1"));
        assert_eq!(get("B"), None);
        assert_eq!(get("C"), Some("three"));
        assert_eq!(get("D"), Some("a b\n#c"));
        assert_eq!(get("E"), Some("$x"));
        assert_eq!(get("F"), Some(""));
        assert_eq!(get("G"), Some("two\nlines"));
        assert_eq!(get("H"), Some("x#y"));
    }

    #[test]
    fn placeholders_are_not_values() {
        let env = dotenv("A=changeme\nB=your-api-key\nC=\nD=sk_live_1");
        assert_eq!(["A", "B", "C", "D"].map(|name| env.has(name)), [false, false, false, true]);
    }
}
