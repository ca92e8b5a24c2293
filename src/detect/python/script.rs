//! What a Python file says, as far as detectors ask: the only place that knows the parser.

mod value;
mod visit;

use std::thread;

use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use crate::facts::Evidence;
use crate::project::Source;
pub use value::{Call, Value};

/// Sources of people are flatter by far; the tree is walked by recursion.
const MAX_NESTING: usize = 200;
/// Long chains (`a + a + ...`) nest too; memory is only taken as it is used.
const STACK_BYTES: usize = 512 << 20;

/// The facts of one file, in the order in which they stand.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub imports: Vec<Import>,
    pub bindings: Vec<Binding>,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    pub calls: Vec<Call>,
    /// `os.environ["X"]`, `config[name]`: subscripts by a text, a name or what is joined of them.
    pub lookups: Vec<Lookup>,
}

/// `import a.b as c`, `from .a import b as c`: one name each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Leading dots: 0 for an absolute import.
    pub level: u32,
    /// `a.b`; empty for `from . import b`.
    pub module: String,
    /// What is taken from the module: `None` for the module itself, `*` for all of it.
    pub name: Option<String>,
    /// Its name here. Of `import a.b` it is `a`.
    pub local: String,
    /// From 1.
    pub line: u32,
    pub scope: Scope,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Runs when the module is imported.
    Module,
    /// Below `if __name__ == "__main__"`: runs when the file is started as a program.
    Program,
    /// In a function: `create_app`, `Server.start`.
    Function(String),
}

/// A name that is given a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// `app`, `self.app`
    pub name: String,
    pub value: Value,
    pub annotation: Option<Value>,
    /// From 1.
    pub line: u32,
    pub scope: Scope,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// `create_app`, `Server.start`, `outer.inner`
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub returns: Option<Value>,
    /// What its `return`s give.
    pub returned: Vec<Value>,
    /// Decorators: a call, or a name.
    pub decorators: Vec<Value>,
    /// From 1.
    pub line: u32,
    /// Where the `def` stands; a method stands in its class' scope.
    pub scope: Scope,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub annotation: Option<Value>,
    pub default: Option<Value>,
    /// `*args` and `**kwargs`.
    pub is_rest: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub name: String,
    /// As written: `BaseSettings`, `pydantic.BaseModel`.
    pub bases: Vec<String>,
    /// `class A(BaseSettings, env_prefix="X_")`
    pub keywords: Vec<(String, Value)>,
    /// Attributes of the class' body.
    pub fields: Vec<Field>,
    /// Attributes of an inner `class Config`.
    pub config: Vec<(String, Value)>,
    /// From 1.
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub annotation: Option<Value>,
    pub value: Option<Value>,
    /// From 1.
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// `os.environ`
    pub object: String,
    pub key: Value,
    /// What `or` puts in its place.
    pub fallback: Option<Value>,
    /// From 1.
    pub line: u32,
    pub scope: Scope,
}

/// Why a file cannot be read, in words of the parser, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub message: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// It does not parse as any version of Python: the first place.
    pub fn parse(source: &Source) -> Result<Self, Unread> {
        let trouble = |message: &str| Unread { message: message.to_owned(), line: 1, column: 1 };
        if source.nesting() > MAX_NESTING {
            return Err(trouble("brackets nest too deep"));
        }
        thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || parse(source));
            parser.ok().and_then(|parser| parser.join().ok()).unwrap_or_else(|| Err(trouble("the parser gave up")))
        })
    }

    /// The import that brings a local name, wherever it stands.
    pub fn import(&self, local: &str) -> Option<&Import> {
        self.imports.iter().rev().find(|import| import.local == local)
    }

    /// Whether the file imports a package or a part of it.
    pub fn imports_package(&self, package: &str) -> bool {
        self.imports.iter().any(|import| {
            import.level == 0
                && import.module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().rev().find(|function| function.name == name)
    }

    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().rev().find(|class| class.name == name)
    }

    /// The full name of what a dotted name means by the imports: `FastAPI` and `fastapi.FastAPI`
    /// both give `fastapi.FastAPI`. Unchanged where its first part is not imported.
    pub fn full_name(&self, name: &str) -> String {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let Some(import) = self.import(first).filter(|import| import.level == 0) else { return name.to_owned() };
        let here = match &import.name {
            Some(there) => format!("{}.{there}", import.module),
            // `import a.b` binds `a`
            None if import.module.split('.').next() == Some(first) => first.to_owned(),
            None => import.module.clone(),
        };
        rest.map_or(here.clone(), |rest| format!("{here}.{rest}"))
    }
}

/// A line of a file as evidence.
pub fn evidence(source: &Source, line: u32, because: impl Into<String>) -> Evidence {
    let text: String = source.line(line).trim().chars().take(120).collect();
    Evidence::at(source.path(), line, text, because)
}

fn parse(source: &Source) -> Result<Script, Unread> {
    let parsed = parse_unchecked_source(source.text(), PySourceType::Python);
    if let Some(error) = parsed.errors().first() {
        let at = error.range().start().to_usize();
        let message = error.error.to_string();
        return Err(Unread { message, line: source.line_of(at), column: source.column_of(at) });
    }
    Ok(visit::script(source, &parsed.syntax().body))
}

#[cfg(test)]
mod tests;
