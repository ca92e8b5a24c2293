//! Struct tags that name a variable: `env:"PORT" envDefault:"8080"`, `envconfig:"PORT"`.

use std::collections::BTreeMap;

use super::super::settings::Read;
use super::calls::Call;
use super::code::GoFile;
use super::declarations::closing;
use super::reads::read;
use super::scan::{Kind, Token};

/// Fields with a tag, prefixes of the structs around them in front.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>]) -> Vec<Read> {
    let prefixes = type_prefixes(files);
    let processes: Vec<(&Call<'_>, &str)> = calls
        .iter()
        .filter(|call| call.is("envconfig.Process") || call.is("envconfig.MustProcess"))
        .filter_map(|call| Some((call, call.arguments.first()?.first()?.literal()?)))
        .collect();
    // the prefix that a file's structs are read with: its own, else the only one
    let process = |file: &GoFile| {
        let mut own = processes.iter().filter(|(call, _)| std::ptr::eq(call.file, file)).map(|(_, prefix)| *prefix);
        let mut all = processes.iter().map(|(_, prefix)| *prefix);
        let first = own.next().map(|prefix| own.all(|other| other == prefix).then_some(prefix));
        first.unwrap_or_else(|| match all.next() {
            Some(prefix) => all.all(|other| other == prefix).then_some(prefix),
            None => Some(""),
        })
    };
    // qiangxue/go-env
    let prefixed =
        calls.iter().find(|call| call.is("env.New") && call.file.imports_from("github.com/qiangxue/go-env").is_some());
    let prefixed = prefixed.and_then(|call| call.arguments.first()?.first()?.literal()).unwrap_or("");
    let viper = files.iter().any(|file| file.imports_from("github.com/spf13/viper").is_some());
    let mut found = Vec::new();
    for file in files {
        let structs = structs(&file.tokens);
        for (at, token) in file.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Raw) {
            let tag = tag(&token.text);
            let get = |names: &[&str]| names.iter().find_map(|name| tag.iter().find(|(key, _)| key == name));
            let default = get(&["envDefault", "default", "env-default"]).map(|(_, value)| value.clone());
            let is_true = |names: &[&str]| get(names).is_some_and(|(_, value)| value == "true");
            if let Some((_, text)) = get(&["env"]) {
                let (name, options) = text.split_once(',').unwrap_or((text, ""));
                let option = options.split(',').find_map(|option| option.trim().strip_prefix("default="));
                let prefix = prefix(&structs, &prefixes, at);
                let default = default.clone().or_else(|| option.map(str::to_owned));
                let says = |option: &str| matches!(option.trim(), "required" | "notEmpty");
                let required = options.split(',').any(says) || is_true(&["env-required"]);
                // cleanenv takes several names; the first counts
                let name = format!("{prefixed}{prefix}{name}");
                let read = read(file, &name, token.line, "struct tag".to_owned(), default);
                found.extend(read.map(|read| insisting(read, required)));
            } else if let Some((_, name)) =
                get(&["mapstructure"]).filter(|(_, name)| viper && *name == name.to_ascii_uppercase())
            {
                found.extend(read(file, name, token.line, "viper key".to_owned(), default));
            } else if file.imports_from("github.com/kelseyhightower/envconfig").is_some()
                || get(&["envconfig"]).is_some()
            {
                let Some(field) = field_name(&file.tokens, at) else { continue };
                let split = get(&["split_words"]).is_some_and(|(_, value)| value == "true");
                let name = match get(&["envconfig"]) {
                    Some((_, name)) => name.clone(),
                    None if get(&["default", "required", "split_words"]).is_none() => continue,
                    None if split => snake(field),
                    None => field.to_owned(),
                };
                let Some(process) = process(file) else { continue };
                let name = if process.is_empty() { name } else { format!("{process}_{name}") }.to_ascii_uppercase();
                let read = read(file, &name, token.line, "struct tag".to_owned(), default);
                found.extend(read.map(|read| insisting(read, is_true(&["required"]))));
            }
        }
    }
    found
}

/// Without a value and a default the library stops the program.
fn insisting(read: Read, required: bool) -> Read {
    Read { required: required && read.default.is_none(), ..read }
}

/// The pairs of a tag; none for a string that is no tag.
pub fn tag(text: &str) -> Vec<(String, String)> {
    let (mut pairs, mut rest) = (Vec::new(), text.trim_start());
    while let Some((key, after)) = rest.split_once(":\"") {
        if key.is_empty() || key.contains(|c: char| c.is_whitespace() || c == '"') {
            break;
        }
        let Some((value, after)) = after.split_once('"') else { break };
        pairs.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    pairs
}

/// A struct: its place and its type's name; the prefix that the tag behind it gives.
struct Struct {
    open: usize,
    close: usize,
    name: Option<String>,
    prefix: Option<String>,
}

fn structs(tokens: &[Token]) -> Vec<Struct> {
    let opens = (0..tokens.len())
        .filter(|at| tokens[*at].is_word("struct") && tokens.get(at + 1).is_some_and(|t| t.is_mark('{')));
    opens
        .filter_map(|at| {
            let close = closing(tokens, at + 1)?;
            let name = at.checked_sub(1).map(|at| &tokens[at]).filter(|token| token.kind == Kind::Word);
            let prefix = tokens.get(close + 1).and_then(given_prefix);
            Some(Struct { open: at + 1, close, name: name.map(|token| token.text.clone()), prefix })
        })
        .collect()
}

/// `envPrefix:"DB_"`, `env-prefix:"DB_"`, `env:", prefix=DB_"`
fn given_prefix(token: &Token) -> Option<String> {
    if token.kind != Kind::Raw {
        return None;
    }
    tag(&token.text).into_iter().find_map(|(key, value)| match key.as_str() {
        "envPrefix" | "env-prefix" => Some(value),
        "env-namespace" => Some(format!("{value}_")),
        "env" => value.split(',').find_map(|option| option.trim().strip_prefix("prefix=")).map(str::to_owned),
        _ => None,
    })
}

/// Types that are used as a field with a prefix: by name, if all uses agree.
fn type_prefixes(files: &[&GoFile]) -> BTreeMap<String, Option<String>> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for file in files {
        for (at, token) in file.tokens.iter().enumerate() {
            let Some(prefix) = given_prefix(token) else { continue };
            let Some(before) = at.checked_sub(1).map(|at| &file.tokens[at]).filter(|t| t.kind == Kind::Word) else {
                continue;
            };
            let known = found.entry(before.text.clone()).or_insert_with(|| Some(prefix.clone()));
            if known.as_ref() != Some(&prefix) {
                *known = None;
            }
        }
    }
    found
}

fn prefix(structs: &[Struct], types: &BTreeMap<String, Option<String>>, at: usize) -> String {
    let around = structs.iter().filter(|s| s.open < at && at < s.close);
    around
        .map(|s| {
            let of_type = s.name.as_ref().and_then(|name| types.get(name)).cloned().flatten();
            format!("{}{}", of_type.unwrap_or_default(), s.prefix.as_deref().unwrap_or(""))
        })
        .collect()
}

/// The first word on the tag's line.
pub fn field_name(tokens: &[Token], tag: usize) -> Option<&str> {
    let line = tokens[tag].line;
    let first = tokens[..tag].iter().rposition(|token| token.line < line).map_or(0, |at| at + 1);
    tokens.get(first).filter(|token| token.kind == Kind::Word).map(|token| token.text.as_str())
}

/// `MaxConns` gives `Max_Conns`.
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let starts = at > 0
            && c.is_uppercase()
            && (chars[at - 1].is_lowercase() || chars.get(at + 1).is_some_and(|n| n.is_lowercase()));
        if starts {
            out.push('_');
        }
        out.push(*c);
    }
    out
}
