//! YAML as a tree with line numbers: aliases expanded within a budget, merge keys merged, tags kept.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::ParseError;

/// Nodes that aliases and merge keys may add: a compose file has a few hundred.
const BUDGET: usize = 50_000;

/// A node with the line it begins on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yaml {
    pub line: u32,
    /// A local tag without its `!`: `reset`, `override`.
    pub tag: Option<String>,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Plain `~`, `null` or nothing at all.
    Null,
    /// A text, a number, a truth value: as written, escapes read.
    Scalar(String),
    Sequence(Vec<Yaml>),
    /// In the order of the file; merged entries at the end.
    Mapping(Vec<Entry>),
}

/// A key of a mapping with its value. The line is the key's, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub line: u32,
    pub value: Yaml,
}

impl Yaml {
    /// Reads the first document. What follows a mistake is missing.
    pub fn parse(text: &str) -> (Yaml, Vec<ParseError>) {
        let mut reader = Reader::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for next in Parser::new_from_str(text) {
            match next {
                Ok((Event::DocumentEnd, _)) => break,
                Ok((event, span)) => reader.take(event, span.start.line() as u32),
                Err(error) => {
                    let line = error.marker().line() as u32;
                    reader.errors.push(ParseError { line, what: format!("not valid YAML: {}", error.info()) });
                    break;
                }
            }
        }
        reader.finish()
    }

    fn null(line: u32) -> Yaml {
        Yaml { line, tag: None, value: Value::Null }
    }

    /// The value of a key; `None` too where `!reset` takes it away.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key && entry.value.tag.as_deref() != Some("reset"))
    }

    /// Follows keys from mapping to mapping.
    pub fn at(&self, keys: &[&str]) -> Option<&Yaml> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Yaml] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        self.text().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    fn size(&self) -> usize {
        let inner: usize = match &self.value {
            Value::Sequence(items) => items.iter().map(Yaml::size).sum(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
            _ => 0,
        };
        inner + 1
    }
}

/// A collection that is being read.
struct Open {
    node: Yaml,
    anchor: usize,
    /// In a mapping: the key whose value comes next.
    key: Option<(String, u32)>,
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Yaml>,
    anchors: BTreeMap<usize, (Yaml, usize)>,
    spent: usize,
    errors: Vec<ParseError>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: u32) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let empty = style == ScalarStyle::Plain && ["", "~", "null", "Null", "NULL"].contains(&&*text);
                let value = if empty { Value::Null } else { Value::Scalar(text.into_owned()) };
                self.add(Yaml { line, tag: local(tag.as_deref()), value }, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Value::Sequence(Vec::new()), line, anchor, tag.as_deref());
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(Value::Mapping(Vec::new()), line, anchor, tag.as_deref());
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let known = node.filter(|(_, size)| self.spend(*size));
                if known.is_none() {
                    self.errors.push(ParseError { line, what: "alias refers to itself or grows too large".to_owned() });
                }
                self.add(known.map_or_else(|| Yaml::null(line), |(node, _)| node), 0);
            }
            _ => {}
        }
    }

    fn spend(&mut self, size: usize) -> bool {
        self.spent += size;
        self.spent <= BUDGET
    }

    fn begin(&mut self, value: Value, line: u32, anchor: usize, tag: Option<&Tag>) {
        self.open.push(Open { node: Yaml { line, tag: local(tag), value }, anchor, key: None });
    }

    fn end(&mut self) {
        let Some(mut done) = self.open.pop() else { return };
        if let Value::Mapping(entries) = &mut done.node.value
            && let Some(at) = entries.iter().position(|entry| entry.key == "<<")
        {
            let merge = entries.remove(at);
            merge_into(entries, merge.value);
        }
        self.add(done.node, done.anchor);
    }

    fn add(&mut self, node: Yaml, anchor: usize) {
        if anchor != 0 {
            let size = node.size();
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut open.node.value {
            Value::Sequence(items) => items.push(node),
            Value::Mapping(entries) => match open.key.take() {
                Some((key, line)) if entries.iter().any(|entry| entry.key == key) => {
                    self.errors.push(ParseError { line, what: format!("`{key}` is there twice") });
                }
                Some((key, line)) => entries.push(Entry { key, line, value: node }),
                // compose knows texts as keys only
                None => open.key = Some((node.text().unwrap_or_default().to_owned(), node.line)),
            },
            Value::Null | Value::Scalar(_) => {}
        }
    }

    fn finish(mut self) -> (Yaml, Vec<ParseError>) {
        while !self.open.is_empty() {
            self.end();
        }
        (self.root.unwrap_or_else(|| Yaml::null(1)), self.errors)
    }
}

/// Entries of a mapping, or of several, that are not there yet.
fn merge_into(entries: &mut Vec<Entry>, from: Yaml) {
    let mappings = match from.value {
        Value::Sequence(items) => items,
        _ => vec![from],
    };
    for mapping in mappings {
        let Value::Mapping(merged) = mapping.value else { continue };
        for entry in merged {
            if !entries.iter().any(|known| known.key == entry.key) {
                entries.push(entry);
            }
        }
    }
}

fn local(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle() == "!").map(|tag| tag.suffix().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn good(text: &str) -> Yaml {
        let (yaml, errors) = Yaml::parse(text);
        assert_eq!(errors, [], "{text}");
        yaml
    }

    #[test]
    fn keys_and_values_know_their_lines() {
        let yaml = good("a: # why\n  b: [x, 'y']\n\nc: ~\nd:\n");
        assert_eq!(
            yaml.at(&["a", "b"]).unwrap().items()[1],
            Yaml { line: 2, tag: None, value: Value::Scalar("y".to_owned()) }
        );
        assert_eq!((yaml.entry("c").unwrap().line, &yaml.get("d").unwrap().value), (4, &Value::Null));
    }

    #[test]
    fn merge_keys_add_what_is_missing() {
        let yaml = good("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 5\n");
        let texts: Vec<_> = ["a", "b", "c"].map(|key| yaml.at(&["z", key]).unwrap().text().unwrap()).into();
        assert_eq!(texts, ["5", "2", "4"]);
    }

    #[test]
    fn reset_takes_a_key_away() {
        let yaml = good("a: !reset []\nb: !override [1]\n");
        assert!(yaml.get("a").is_none());
        assert_eq!(yaml.get("b").unwrap().tag.as_deref(), Some("override"));
    }

    #[test]
    fn aliases_that_explode_end_in_an_error() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let row = vec![format!("*a{}", level - 1); 10].join(", ");
            text += &format!("a{level}: &a{level} [{row}]\n");
        }
        assert!(!Yaml::parse(&text).1.is_empty());
    }

    #[test]
    fn mistakes_have_lines_and_what_stood_before_stays() {
        let (yaml, errors) = Yaml::parse("a: 1\na: 2\nb: [1\n");
        assert_eq!(yaml.get("a").unwrap().text(), Some("1"));
        assert_eq!(errors[0], ParseError { line: 2, what: "`a` is there twice".to_owned() });
        assert_eq!(errors.len(), 2);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(a: |- |&a |[*]a|<<: |\n|  |\\[|\\]|\\{|\\}|'|\"|!x |\\||#|,|ä){0,40}") {
            Yaml::parse(&text);
        }
    }
}
