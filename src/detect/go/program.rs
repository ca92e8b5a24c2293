//! The files that the program is built from, with what several questions ask of them.

use super::calls::{Call, Constants, calls};
use super::code::{Code, GoFile};
use super::declarations::split;
use super::module::Module;
use super::scan::{Kind, Token};
use crate::paths::RelPath;

/// The program's files, those of its main package first.
pub struct Program<'a> {
    pub module: &'a Module,
    pub files: Vec<&'a GoFile>,
    pub calls: Vec<Call<'a>>,
    pub constants: Constants,
    mains: Vec<RelPath>,
}

impl<'a> Program<'a> {
    /// What these main packages are built from.
    pub fn of(module: &'a Module, code: &'a Code, mains: &[RelPath]) -> Self {
        let files = code.reached(mains);
        let calls = files.iter().flat_map(|file| calls(file)).collect();
        Program { module, constants: Constants::of(&files), files, calls, mains: mains.to_vec() }
    }

    /// Whether a file (in the project) belongs to the main package itself.
    pub fn is_main(&self, path: &RelPath) -> bool {
        self.files.iter().any(|file| file.path == *path && self.mains.contains(&file.folder))
    }

    /// The text that an expression has: literals, constants, variables of the same function that
    /// are set to one, and `fmt.Sprintf` of such.
    pub fn text(&self, file: &GoFile, tokens: &[Token], at: usize) -> Option<String> {
        if let Some(arguments) = sprintf(tokens) {
            let (format, rest) = arguments.split_first()?;
            let mut out = self.text(file, format, at)?;
            for argument in rest {
                let value = self.text(file, argument, at)?;
                let hole = out.find("%d").into_iter().chain(out.find("%s")).chain(out.find("%v")).min()?;
                out.replace_range(hole..hole + 2, &value);
            }
            return Some(out);
        }
        let mut out = String::new();
        for part in tokens.split(|token| token.is_mark('+')) {
            match self.constants.text(file, part) {
                Some(text) => out.push_str(&text),
                None => out.push_str(&local(file, part, at)?),
            }
        }
        Some(out)
    }
}

fn sprintf(tokens: &[Token]) -> Option<Vec<&[Token]>> {
    match tokens {
        [package, dot, name, open, inner @ .., close]
            if package.is_word("fmt")
                && dot.is_mark('.')
                && name.is_word("Sprintf")
                && open.is_mark('(')
                && close.is_mark(')') =>
        {
            Some(split(inner))
        }
        _ => None,
    }
}

/// The last literal that a variable is set to before `at`, in the same function.
fn local(file: &GoFile, tokens: &[Token], at: usize) -> Option<String> {
    let [name] = tokens else { return None };
    let function = file.function_at(at)?;
    let before = &file.tokens[function.body.start..at.min(function.body.end)];
    before.windows(4).rev().find_map(|window| {
        let value = match window {
            [word, colon, equals, value] if word.text == name.text && colon.is_mark(':') && equals.is_mark('=') => {
                value
            }
            [_, word, equals, value] if word.text == name.text && equals.is_mark('=') => value,
            [word, kind, equals, value] if word.text == name.text && kind.kind == Kind::Word && equals.is_mark('=') => {
                value
            }
            _ => return None,
        };
        value.literal().or((value.kind == Kind::Number).then_some(value.text.as_str())).map(str::to_owned)
    })
}
