//! Struct tags that name a variable: `env:"PORT" envDefault:"8080"`.
//!
//! A struct is read from its outermost type inwards, so that each name has the prefixes of all
//! fields around it, as caarlos0/env, cleanenv, go-flags, kong and sethvargo/go-envconfig do it.

use std::collections::BTreeSet;

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::GoFile;
use super::envconfig;
use super::reads::read;
use super::scan::{Kind, Token};
use super::structs::{Field, Struct, handed, reached, structs, walk};

/// Fields with a tag, prefixes of the structs around them in front.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let structs = structs(files);
    let mut found = environment(&structs, files, calls, constants);
    found.extend(viper_keys(files));
    found.extend(envconfig::reads(&structs, files, calls, constants));
    found
}

const DEFAULTS: &[&str] = &["envDefault", "default", "env-default"];

/// The value of the first of these keys that a tag has.
pub fn get<'t>(tag: &'t [(String, String)], names: &[&str]) -> Option<&'t str> {
    names.iter().find_map(|name| tag.iter().find(|(key, _)| key == name)).map(|(_, value)| value.as_str())
}

/// Fields with `env:"NAME"`, whichever library reads them.
fn environment(structs: &[Struct<'_>], files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let given = given(calls, constants);
    let targets: Vec<_> = given
        .iter()
        .filter_map(|(call, argument, prefix)| Some((handed(structs, files, call, *argument)?, prefix.as_str())))
        .collect();
    // a target that cannot be followed: the one prefix there is counts
    let prefixes: BTreeSet<&str> = given.iter().map(|(.., prefix)| prefix.as_str()).collect();
    let only = prefixes.first().filter(|_| prefixes.len() == 1 && targets.is_empty()).copied().unwrap_or_default();
    let is_target = |of: &Struct<'_>| targets.iter().any(|(target, _)| target.key() == of.key());
    let is_tagged =
        |of: &Struct<'_>| of.has(&|field| get(&field.tag, &["env"]).is_some() || prefix_of(field).is_some());
    let seeds: Vec<_> = structs.iter().filter(|of| is_tagged(of) || is_target(of)).collect();
    let inner = reached(structs, &seeds);
    let roots = seeds.into_iter().filter(|of| !is_target(of) && !inner.contains(&of.key()));
    // what is required may come from another of its sources than the environment
    let is_one_source = !calls.iter().any(|call| call.is("envconfig.MultiLookuper"));
    let mut found = Vec::new();
    for (root, prefix) in targets.iter().copied().chain(roots.map(|root| (root, only))) {
        let around = |prefix: &str, field: &Field<'_>| format!("{prefix}{}", prefix_of(field).unwrap_or_default());
        walk(structs, root, prefix, &around, &mut |file, prefix, field, _| {
            let read = get(&field.tag, &["env"]).and_then(|text| tagged(file, prefix, field, text));
            found.extend(read.map(|read| Read { required: read.required && is_one_source, ..read }));
        });
    }
    found
}

fn tagged(file: &GoFile, prefix: &str, field: &Field<'_>, text: &str) -> Option<Read> {
    // cleanenv takes several names; the first counts
    let (name, options) = text.split_once(',').unwrap_or((text, ""));
    if name.is_empty() {
        return None;
    }
    let option = options.split(',').find_map(|option| option.trim().strip_prefix("default="));
    let default = get(&field.tag, DEFAULTS).or(option).map(str::to_owned);
    let says = |option: &str| matches!(option.trim(), "required" | "notEmpty");
    let required = options.split(',').any(says) || get(&field.tag, &["env-required"]) == Some("true");
    let read = read(file, &format!("{prefix}{name}"), field.line, "struct tag".to_owned(), default)?;
    Some(insisting(read, required))
}

/// Without a value and a default the library stops the program.
pub fn insisting(read: Read, required: bool) -> Read {
    Read { required: required && read.default.is_none(), ..read }
}

/// No argument is the struct: a loader gets it later.
const LATER: usize = usize::MAX;

/// Calls that read a struct behind a prefix: which argument the struct is, and the prefix.
fn given<'c, 'a>(calls: &'c [Call<'a>], constants: &Constants) -> Vec<(&'c Call<'a>, usize, String)> {
    let first = |call: &Call<'_>| call.arguments.first().and_then(|tokens| constants.text(call.file, tokens));
    let given = calls.iter().filter_map(|call| {
        // caarlos0/env
        if call.is("env.ParseWithOptions") {
            return Some((call, 0, option(call, constants)?));
        }
        let qiangxue = call.is("env.New") && call.file.imports_from("github.com/qiangxue/go-env").is_some();
        let sethvargo = call.is("envconfig.PrefixLookuper");
        (qiangxue || sethvargo).then(|| Some((call, LATER, first(call)?))).flatten()
    });
    given.collect()
}

/// `env.Options{Prefix: "SHOP_"}`
fn option(call: &Call<'_>, constants: &Constants) -> Option<String> {
    let tokens = call.arguments.get(1)?;
    let at = tokens.windows(2).position(|pair| pair[0].is_word("Prefix") && pair[1].is_mark(':'))?;
    let value = tokens[at + 2..].split(|token| token.is_mark(',') || token.is_mark('}')).next()?;
    constants.text(call.file, value)
}

/// Keys of viper that are written as variables: `mapstructure:"DB_HOST"`.
fn viper_keys(files: &[&GoFile]) -> Vec<Read> {
    let used = files.iter().any(|file| file.imports_from("github.com/spf13/viper").is_some());
    let mut found = Vec::new();
    for file in files.iter().filter(|_| used) {
        for token in file.tokens.iter().filter(|token| token.kind == Kind::Raw) {
            let tag = tag(&token.text);
            let key = get(&tag, &["mapstructure"]).filter(|name| *name == name.to_ascii_uppercase());
            let key = key.filter(|_| get(&tag, &["env"]).is_none());
            let default = get(&tag, DEFAULTS).map(str::to_owned);
            found.extend(key.and_then(|key| read(file, key, token.line, "viper key".to_owned(), default)));
        }
    }
    found
}

/// `envPrefix:"DB_"`, `env-prefix:"DB_"`, `env:", prefix=DB_"`
fn prefix_of(field: &Field<'_>) -> Option<String> {
    field.tag.iter().find_map(|(key, value)| match key.as_str() {
        "envPrefix" | "env-prefix" | "envprefix" => Some(value.clone()),
        "env-namespace" => Some(format!("{value}_")),
        "env" => value.split(',').find_map(|option| option.trim().strip_prefix("prefix=")).map(str::to_owned),
        _ => None,
    })
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
