//! Which names the code reads from its environment, and the value it falls back to.

use std::collections::BTreeMap;

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::{GoFile, closing};
use super::scan::{Kind, Token};
use super::{tags, viper};
use crate::facts::EnvName;

/// A function that reads the name it is given.
#[derive(Debug, Clone, PartialEq)]
struct Wrapper {
    name_at: usize,
    prefix: String,
    default_at: Option<usize>,
}

/// The names in the order in which the files stand, each once: its first place, its first default.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let wrappers = wrappers(files, calls, constants);
    let mut found: Vec<Read> = Vec::new();
    for call in calls {
        let known = wrapper(call, &wrappers);
        let Some(wrapper) = known else { continue };
        let Some(name) = call.arguments.get(wrapper.name_at) else { continue };
        let Some(name) = constants.text(call.file, name) else { continue };
        let default = wrapper.default_at.and_then(|at| call.arguments.get(at));
        let default =
            default.and_then(|tokens| constants.text(call.file, tokens)).or_else(|| fallback(call, constants));
        found.extend(read(call.file, &format!("{}{name}", wrapper.prefix), call.line, call.path.join("."), default));
    }
    found.extend(flag_variables(files));
    found.extend(tags::reads(files, calls));
    found.extend(viper::reads(files, calls, constants));
    let mut merged: Vec<Read> = Vec::new();
    for read in found {
        match merged.iter_mut().find(|known| known.name == read.name) {
            Some(known) => {
                if known.default.is_none() && read.default.is_some() {
                    known.default = read.default;
                }
            }
            None => merged.push(read),
        }
    }
    merged
}

/// A read of a name that is one.
pub fn read(file: &GoFile, name: &str, line: u32, because: String, default: Option<String>) -> Option<Read> {
    let name = EnvName::new(name).ok()?;
    Some(Read { name, evidence: file.evidence(line, because), default: default.filter(|text| !text.is_empty()) })
}

fn wrapper<'a>(call: &Call<'_>, wrappers: &'a BTreeMap<String, Wrapper>) -> Option<&'a Wrapper> {
    static PLAIN: Wrapper = Wrapper { name_at: 0, prefix: String::new(), default_at: None };
    if ["os.Getenv", "os.LookupEnv", "syscall.Getenv"].iter().any(|known| call.is(known)) {
        return Some(&PLAIN);
    }
    let wrapper = wrappers.get(call.name())?;
    // r.Get("/x") is no wrapper's call although a wrapper may be called Get
    let name = call.arguments.get(wrapper.name_at)?.first()?;
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    match name.literal() {
        Some(text) => is_name(text).then_some(wrapper),
        None => (name.kind == Kind::Word).then_some(wrapper),
    }
}

/// Functions whose body reads a name that is a parameter, those that call such a function too.
fn wrappers(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> BTreeMap<String, Wrapper> {
    let mut found: BTreeMap<String, Wrapper> = BTreeMap::new();
    for _ in 0..4 {
        let before = found.len();
        for call in calls {
            let Some(known) = wrapper(call, &found).cloned() else { continue };
            let Some(function) = call.file.function_at(call.at) else { continue };
            let Some(argument) = call.arguments.get(known.name_at) else { continue };
            let (prefix, parameter) = match argument.split_last() {
                Some((last, [])) => (String::new(), last),
                Some((last, [before @ .., plus])) if plus.is_mark('+') => {
                    (constants.text(call.file, before).unwrap_or_default(), last)
                }
                _ => continue,
            };
            let named = |name: &str| function.parameters.iter().position(|(parameter, _)| parameter == name);
            let Some(name_at) = named(&parameter.text) else { continue };
            let default_at = function
                .parameters
                .iter()
                .enumerate()
                .find(|(at, (_, kind))| *at != name_at && !kind.starts_with(['*', 'f', '.']) && !kind.contains("error"))
                .map(|(at, _)| at);
            let wrapper = Wrapper { name_at, prefix: format!("{}{prefix}", known.prefix), default_at };
            found.entry(function.name.clone()).or_insert(wrapper);
        }
        if found.len() == before {
            break;
        }
    }
    let _ = files;
    found
}

/// The literal that stands in for an empty variable: `if port == "" { port = "8080" }`,
/// `cmp.Or(os.Getenv("PORT"), "8080")`.
fn fallback(call: &Call<'_>, constants: &Constants) -> Option<String> {
    let tokens = &call.file.tokens;
    let end = closing(tokens, call.at)?;
    let start = call.at.checked_sub(call.path.len() * 2 - 1)?;
    // the next argument of `cmp.Or(`
    if start >= 2 && tokens[start - 1].is_mark('(') && tokens[start - 2].text.to_ascii_lowercase().ends_with("or") {
        let rest = tokens.get(end + 1..end + 3)?;
        return rest[0].is_mark(',').then(|| constants.text(call.file, &rest[1..])).flatten();
    }
    let name = assigned(tokens, start)?;
    let limit = call.file.function_at(call.at).map_or(end + 40, |function| function.body.end).min(end + 40);
    let after = tokens.get(end + 1..limit.min(tokens.len()))?;
    for (at, window) in after.windows(3).enumerate() {
        let is_set = window[0].text == name.text
            && window[0].kind == Kind::Word
            && window[1].is_mark('=')
            && !window[2].is_mark('=');
        let returned = window[0].is_word("return") && at < 16;
        if is_set {
            return constants.text(call.file, &window[2..3]);
        }
        if returned && window[1].literal().is_some() {
            return window[1].literal().map(str::to_owned);
        }
    }
    None
}

/// The variable that the expression at `start` is assigned to: `port :=`, `port, ok :=`.
fn assigned(tokens: &[Token], start: usize) -> Option<&Token> {
    let mut at = start.checked_sub(1).filter(|at| tokens[*at].is_mark('='))?;
    at = at.checked_sub(1)?;
    if tokens[at].is_mark(':') {
        at = at.checked_sub(1)?;
    }
    if at >= 2 && tokens[at - 1].is_mark(',') {
        at -= 2;
    }
    Some(&tokens[at]).filter(|token| token.kind == Kind::Word)
}

/// urfave/cli: `EnvVars: []string{"PORT"}`, `Sources: cli.EnvVars("PORT")`, `EnvVar: "PORT"`.
fn flag_variables(files: &[&GoFile]) -> Vec<Read> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.imports_from("github.com/urfave/cli").is_some()) {
        let tokens = &file.tokens;
        for (at, token) in tokens.iter().enumerate() {
            if !["EnvVars", "EnvVar", "EnvVarF"].contains(&token.text.as_str()) || token.kind != Kind::Word {
                continue;
            }
            let names = tokens[at + 1..]
                .iter()
                .take_while(|token| {
                    token.literal().is_some()
                        || matches!(token.text.as_str(), ":" | "[" | "]" | "string" | "{" | "(" | ",")
                })
                .filter_map(Token::literal);
            let default = super::literals::field(tokens, at, "Value").map(str::to_owned);
            for name in names.flat_map(|names| names.split(',')) {
                found.extend(read(file, name.trim(), token.line, "flag's variable".to_owned(), default.clone()));
            }
        }
    }
    found
}
