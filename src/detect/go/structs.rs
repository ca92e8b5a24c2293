//! The struct types of a program: their fields with types and tags, and which type a variable has.

use std::collections::BTreeSet;

use super::calls::Call;
use super::code::GoFile;
use super::declarations::closing;
use super::scan::{Kind, Token};
use super::tags::tag;

/// A struct type, `type Config struct {…}` or `var config struct {…}`.
pub struct Struct<'a> {
    pub file: &'a GoFile,
    pub name: &'a str,
    pub fields: Vec<Field<'a>>,
}

/// A field, or an embedded type.
pub struct Field<'a> {
    /// None for an embedded type.
    pub name: Option<&'a str>,
    pub of: Of<'a>,
    pub tag: Vec<(String, String)>,
    pub line: u32,
}

/// What a field holds, as far as settings go.
pub enum Of<'a> {
    /// A type by its name, with its package's where it is another's; the pointer to one too.
    Named(Option<&'a str>, &'a str),
    Inline(Vec<Field<'a>>),
    /// Many of a type: its fields have no names of their own in the environment.
    Many(&'a str),
    Other,
}

/// Nobody nests structs deeper.
const MAX_DEPTH: usize = 12;

/// Those of these files, in their order.
pub fn structs<'a>(files: &[&'a GoFile]) -> Vec<Struct<'a>> {
    let mut found = Vec::new();
    for file in files {
        let tokens = &file.tokens;
        let mut at = 0;
        while at < tokens.len() {
            at += 1;
            let opens = tokens[at - 1].is_word("struct") && tokens.get(at).is_some_and(|token| token.is_mark('{'));
            let Some(close) = opens.then(|| closing(tokens, at)).flatten() else { continue };
            if let Some(name) = at.checked_sub(2).map(|at| &tokens[at]).filter(|token| token.kind == Kind::Word) {
                found.push(Struct { file, name: &name.text, fields: fields(&tokens[at + 1..close], 0) });
            }
            at = close;
        }
    }
    found
}

fn fields(tokens: &[Token], depth: usize) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let end = end_of(tokens, at);
        if depth < MAX_DEPTH {
            found.extend(field(&tokens[at..end], depth));
        }
        at = end + usize::from(tokens.get(end).is_some_and(|token| token.is_mark(';')));
    }
    found
}

/// Where the field that begins at a token ends: at `;`, or where the next line begins outside of
/// brackets.
fn end_of(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while at < tokens.len() {
        if at > start && (tokens[at].is_mark(';') || (tokens[at].line > tokens[at - 1].line && ends(&tokens[at - 1]))) {
            return at;
        }
        at = closing(tokens, at).unwrap_or(at) + 1;
    }
    tokens.len()
}

/// Go ends a line behind these.
fn ends(token: &Token) -> bool {
    token.kind != Kind::Mark || [')', ']', '}'].iter().any(|mark| token.is_mark(*mark))
}

fn field(tokens: &[Token], depth: usize) -> Vec<Field<'_>> {
    let (tag, rest) = match tokens.split_last() {
        Some((last, rest)) if last.literal().is_some() && !rest.is_empty() => (tag(&last.text), rest),
        _ => (Vec::new(), tokens),
    };
    let Some(line) = tokens.last().map(|token| token.line) else { return Vec::new() };
    let embedded = of(rest, depth);
    if !matches!(embedded, Of::Other) && rest.len() != 2 {
        return vec![Field { name: None, of: embedded, tag, line }];
    }
    // names, then the type: `A, B string`
    let (mut names, mut at) = (Vec::new(), 0);
    while let Some(name) = rest.get(at).filter(|token| token.kind == Kind::Word) {
        names.push(name.text.as_str());
        at += 1;
        if !rest.get(at).is_some_and(|token| token.is_mark(',')) {
            break;
        }
        at += 1;
    }
    if at == 0 || (at == rest.len() && names.len() == 1) {
        // `*Embedded`, `Embedded`
        return vec![Field { name: None, of: embedded, tag, line }];
    }
    names
        .into_iter()
        .map(|name| Field { name: Some(name), of: of(&rest[at..], depth), tag: tag.clone(), line })
        .collect()
}

fn of(tokens: &[Token], depth: usize) -> Of<'_> {
    match tokens {
        [star, rest @ ..] if star.is_mark('*') => of(rest, depth),
        [open, close, rest @ ..] if open.is_mark('[') && close.is_mark(']') => many(of(rest, depth)),
        [open, _, close, rest @ ..] if open.is_mark('[') && close.is_mark(']') => many(of(rest, depth)),
        [word, open, inner @ .., close] if word.is_word("struct") && open.is_mark('{') && close.is_mark('}') => {
            Of::Inline(fields(inner, depth + 1))
        }
        [name] if name.kind == Kind::Word => Of::Named(None, &name.text),
        [package, dot, name] if package.kind == Kind::Word && dot.is_mark('.') && name.kind == Kind::Word => {
            Of::Named(Some(&package.text), &name.text)
        }
        [map, .., name] if map.is_word("map") && name.kind == Kind::Word => Of::Many(&name.text),
        _ => Of::Other,
    }
}

fn many(of: Of<'_>) -> Of<'_> {
    match of {
        Of::Named(_, name) => Of::Many(name),
        _ => Of::Other,
    }
}

/// The struct that a type's name means in a file: its own package's, else the named one's.
pub fn named<'s, 'a>(
    structs: &'s [Struct<'a>],
    file: &GoFile,
    package: Option<&str>,
    name: &str,
) -> Option<&'s Struct<'a>> {
    let is_it = |found: &&Struct<'_>| {
        found.name == name
            && match package {
                None => found.file.folder == file.folder,
                Some(package) => {
                    let import = file.imports.iter().find(|import| import.alias.as_deref() == Some(package));
                    match import {
                        Some(import) => import.path.rsplit('/').next() == found.file.folder.parts().last(),
                        None => found.file.package == package,
                    }
                }
            }
    };
    structs.iter().find(is_it)
}

/// The struct that a call is handed, by a variable or as it stands: `&config`, `&Config{}`.
pub fn handed<'s, 'a>(
    structs: &'s [Struct<'a>],
    files: &[&GoFile],
    call: &Call<'_>,
    argument: usize,
) -> Option<&'s Struct<'a>> {
    let tokens = call.arguments.get(argument)?;
    let tokens = behind(tokens, '&');
    if let Some((package, name)) = made(tokens) {
        return named(structs, call.file, package, name);
    }
    let [variable] = tokens else { return None };
    // the declaration that is nearest before the call, else one of the package
    let before = declared(&call.file.tokens[..call.at], &variable.text);
    let (file, (package, name)) = before.map(|of| (call.file, of)).or_else(|| {
        let own = files.iter().filter(|file| file.folder == call.file.folder);
        own.clone().find_map(|file| Some((*file, declared(&file.tokens, &variable.text)?)))
    })?;
    named(structs, file, package, name).filter(|found| found.name != variable.text || package.is_none())
}

/// The type that a variable is declared with, by the last declaration in these tokens.
fn declared<'t>(tokens: &'t [Token], variable: &str) -> Option<(Option<&'t str>, &'t str)> {
    (0..tokens.len()).rev().filter(|at| tokens[*at].is_word(variable)).find_map(|at| {
        let before = at.checked_sub(1).map(|at| &tokens[at])?;
        let rest = &tokens[at + 1..];
        let assigned = match rest {
            [colon, equals, rest @ ..] if colon.is_mark(':') && equals.is_mark('=') => Some(rest),
            [equals, rest @ ..] if equals.is_mark('=') => Some(rest),
            _ => None,
        };
        if let Some(value) = assigned {
            return made(behind(value, '&'));
        }
        // `var c Config`, `(c *Config`, `, c Config`
        if !before.is_word("var") && !before.is_mark('(') && !before.is_mark(',') {
            return None;
        }
        match behind(rest, '*') {
            // a type of its own: its name is the variable's
            [word, ..] if word.is_word("struct") => Some((None, &tokens[at].text)),
            [package, dot, name, ..] if package.kind == Kind::Word && dot.is_mark('.') => {
                Some((Some(&package.text), &name.text))
            }
            [name, ..] if name.kind == Kind::Word => Some((None, &name.text)),
            _ => None,
        }
    })
}

/// The tokens without the mark that they may begin with.
fn behind(tokens: &[Token], mark: char) -> &[Token] {
    match tokens {
        [first, rest @ ..] if first.is_mark(mark) => rest,
        _ => tokens,
    }
}

/// The type that an expression makes one of: `Config{…}`, `config.Config{…}`, `new(Config)`.
fn made(tokens: &[Token]) -> Option<(Option<&str>, &str)> {
    match tokens {
        [new, open, package, dot, name, ..] if new.is_word("new") && open.is_mark('(') && dot.is_mark('.') => {
            Some((Some(&package.text), &name.text))
        }
        [new, open, name, ..] if new.is_word("new") && open.is_mark('(') => Some((None, &name.text)),
        [package, dot, name, open, ..] if dot.is_mark('.') && open.is_mark('{') => {
            Some((Some(&package.text), &name.text))
        }
        [name, open, ..] if name.kind == Kind::Word && open.is_mark('{') => Some((None, &name.text)),
        _ => None,
    }
}

impl Struct<'_> {
    /// What tells it from others: folder and name.
    pub fn key(&self) -> (String, String) {
        (self.file.folder.to_string(), self.name.to_owned())
    }

    /// Whether a field says so, in structs that stand inside it too.
    pub fn has(&self, says: &dyn Fn(&Field<'_>) -> bool) -> bool {
        fn any(fields: &[Field<'_>], says: &dyn Fn(&Field<'_>) -> bool) -> bool {
            fields.iter().any(|field| says(field) || matches!(&field.of, Of::Inline(inner) if any(inner, says)))
        }
        any(&self.fields, says)
    }

    /// The structs that its fields are, or are many of; not itself.
    fn next<'s, 'a>(&self, fields: &[Field<'_>], structs: &'s [Struct<'a>], found: &mut Vec<&'s Struct<'a>>) {
        for field in fields {
            let inner = match &field.of {
                Of::Named(package, name) => named(structs, self.file, *package, name),
                Of::Many(name) => named(structs, self.file, None, name),
                Of::Inline(inner) => {
                    self.next(inner, structs, found);
                    None
                }
                Of::Other => None,
            };
            found.extend(inner.filter(|inner| inner.key() != self.key()));
        }
    }
}

/// Structs that are a field of one of these, at any depth, by their keys.
pub fn reached(structs: &[Struct<'_>], seeds: &[&Struct<'_>]) -> BTreeSet<(String, String)> {
    let (mut found, mut waiting) = (BTreeSet::new(), Vec::new());
    for seed in seeds {
        seed.next(&seed.fields, structs, &mut waiting);
    }
    while let Some(of) = waiting.pop() {
        if found.insert(of.key()) {
            of.next(&of.fields, structs, &mut waiting);
        }
    }
    found
}

/// More fields than any program has settings: it keeps the work for hostile sources in bounds.
const MAX_FIELDS: usize = 4000;

/// Visits the fields of a struct and of those inside it, each with its file, what is around it
/// and whether it is a struct of the program; `around` makes what is around a struct's fields
/// from what is around the struct and the field that it is.
pub fn walk(
    structs: &[Struct<'_>],
    root: &Struct<'_>,
    start: &str,
    around: &dyn Fn(&str, &Field<'_>) -> String,
    visit: &mut dyn FnMut(&GoFile, &str, &Field<'_>, bool),
) {
    // the first field on top
    let mut waiting: Vec<(&GoFile, String, usize, &Field<'_>)> = Vec::new();
    let mut left = MAX_FIELDS;
    waiting.extend(root.fields.iter().rev().map(|field| (root.file, start.to_owned(), 0, field)));
    while let Some((file, prefix, depth, field)) = waiting.pop() {
        let inner = match &field.of {
            Of::Inline(fields) => Some((file, fields)),
            Of::Named(package, name) => named(structs, file, *package, name).map(|inner| (inner.file, &inner.fields)),
            Of::Many(_) | Of::Other => None,
        };
        visit(file, &prefix, field, inner.is_some());
        left -= 1;
        if left == 0 {
            return;
        }
        if let Some((file, fields)) = inner.filter(|_| depth < MAX_DEPTH) {
            let below = around(&prefix, field);
            waiting.extend(fields.iter().rev().map(|field| (file, below.clone(), depth + 1, field)));
        }
    }
}
