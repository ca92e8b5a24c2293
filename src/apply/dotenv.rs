//! Reads a `.env` file for its import into `secrets/`: names and values, which are never shown.

use std::collections::BTreeMap;

/// What a `.env` file sets. No `Debug` and no `Display`: it holds secrets.
#[derive(Clone, Default)]
pub struct DotEnv(BTreeMap<String, String>);

impl DotEnv {
    /// The value of a name in any case, unless it is of no use in a container: a placeholder, a
    /// place on this machine, or made of other variables.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !is_placeholder(value) && !is_local(value) && !value.contains("${"))
    }

    /// Whether a name has a value that would be imported.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether a name's value leads to this machine, where a container does not find it.
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.raw(name).is_some_and(is_local)
    }

    /// Whether a name has a value that means something.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|value| !is_placeholder(value))
    }

    /// Takes what another file has too. A name with two values has none: which one is meant is not
    /// known.
    pub fn join(mut self, other: DotEnv) -> DotEnv {
        for (name, value) in other.0 {
            match self.0.get(&name) {
                Some(present) if *present != value => drop(self.0.insert(name, String::new())),
                _ => drop(self.0.insert(name, value)),
            }
        }
        self
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let any_case = || self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        self.0.get(name).or_else(any_case).map(String::as_str)
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

/// Whether an address, or a host alone, is this machine's own.
fn is_local(value: &str) -> bool {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host == "::1"
        || host == "0.0.0.0"
        || (host.starts_with("127.") && host.parse::<std::net::Ipv4Addr>().is_ok())
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let starts = [
        "changeme",
        "change_me",
        "change-me",
        "change this",
        "your",
        "my-secret",
        "my_secret",
        "<",
        "xxx",
        "todo",
        "fixme",
        "replace",
        "placeholder",
        "example",
        "insert",
        "enter-",
        "enter_",
        "dummy",
        "put-",
        "put_",
        "...",
        "***",
        "{{",
    ];
    let whole = ["null", "undefined", "none", "secret", "n/a", "tbd"];
    lower.is_empty() || starts.iter().any(|mark| lower.starts_with(mark)) || whole.contains(&lower.as_str())
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
    fn a_name_with_two_values_in_two_files_has_none() {
        let both = dotenv("A=1\nB=2\n").join(dotenv("A=1\nB=3\nC=4\n"));
        assert_eq!(["A", "B", "C"].map(|name| both.value(name)), [Some("1"), None, Some("4")]);
    }

    #[test]
    fn placeholders_and_places_on_this_machine_are_not_values() {
        for value in ["changeme", "your-api-key", "", "<token>", "...", "null", "${OTHER}", "'  '"] {
            assert!(dotenv(&format!("A={value}")).value("A").is_none(), "{value}");
        }
        for value in ["postgres://u:p@localhost:5432/x", "redis://127.0.0.1", "http://[::1]:80/", "localhost:9200"] {
            let env = dotenv(&format!("A={value}"));
            assert!(env.value("A").is_none() && env.is_local("A"), "{value}");
        }
        for value in ["sk_live_1", "postgres://u:localhost@db.example.com/x", "https://api.test/?to=localhost", "127"] {
            assert_eq!(dotenv(&format!("A={value}")).value("A"), Some(value));
        }
    }
}
