//! What a JavaScript or TypeScript file says, as far as detectors ask: the only place that knows
//! the parser.

mod bindings;
mod decorators;
mod exported;
mod known;
mod scope;
mod value;
mod visit;

use std::collections::BTreeMap;
use std::thread;

use oxc_allocator::Allocator;
use oxc_ast_visit::Visit;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Source;
pub use exported::{Exported, Said, Variable};
pub use value::{Call, Value};

/// Sources of people are flatter by far; the parser descends into every bracket.
const MAX_NESTING: usize = 200;
/// Long chains (`a + a + ...`) nest too; memory is only taken as it is used.
const STACK_BYTES: usize = 256 << 20;

/// The facts of one file.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub imports: Vec<Import>,
    /// Names read from the environment.
    pub reads: Vec<EnvRead>,
    /// Texts with the line where they first stand, without those of imports and types.
    pub texts: Vec<(String, u32)>,
    /// Calls and `new` in the order of the file.
    pub calls: Vec<Call>,
    /// What names were first set to: `port`, `this.port`.
    pub constants: BTreeMap<String, Value>,
    /// What other files get: `default` for `module.exports` too.
    pub exports: BTreeMap<String, Value>,
    /// Specifiers of `export * from`.
    pub stars: Vec<String>,
    /// Functions that read a name they are given: name and the argument's place from 0.
    pub helpers: Vec<(String, usize)>,
    /// Objects that say a port, wherever they stand.
    pub objects: Vec<Value>,
    /// Objects under the keys `env` and `publicRuntimeConfig`: what next.config puts into pages.
    pub public: Vec<Value>,
    /// Routes by decorators: method, path below the controller, line.
    pub routes: Vec<(String, String, u32)>,
}

/// `import`, `require()` or `import()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub specifier: String,
    /// What is imported (`default`, `*`) and its name here.
    pub names: Vec<(String, String)>,
    /// From 1.
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvRead {
    pub name: String,
    /// From 1.
    pub line: u32,
    /// A literal that the code falls back to.
    pub default: Option<String>,
}

impl Script {
    /// Reads a file; `None` if it does not parse.
    pub fn parse(source: &Source) -> Option<Self> {
        if source.nesting() > MAX_NESTING {
            return None;
        }
        on_a_large_stack(|| parse(source))
    }

    /// Where a local name comes from: specifier and the name there.
    pub fn imported(&self, local: &str) -> Option<(&str, &str)> {
        self.imports.iter().find_map(|import| {
            let (there, _) = import.names.iter().find(|(_, here)| here == local)?;
            Some((import.specifier.as_str(), there.as_str()))
        })
    }

    /// Whether the file imports a package or one of its files.
    pub fn imports_package(&self, package: &str) -> bool {
        self.imports.iter().any(|import| {
            import.specifier.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// What a file exports as its default under some keys; `None` if it does not parse. `tries` as in
/// [`exported::read`].
pub fn exported(source: &Source, keys: &[&str], tries: &[&str]) -> Option<Exported> {
    if source.nesting() > MAX_NESTING {
        return None;
    }
    on_a_large_stack(|| with_program(source, |program| exported::read(program, source, keys, tries)))
}

fn on_a_large_stack<T: Send>(work: impl FnOnce() -> Option<T> + Send) -> Option<T> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok()?;
        worker.join().ok().flatten()
    })
}

/// A line of a file as evidence.
pub fn evidence(source: &Source, line: u32, because: impl Into<String>) -> Evidence {
    let text: String = source.line(line).trim().chars().take(120).collect();
    Evidence::at(source.path(), line, text, because)
}

fn parse(source: &Source) -> Option<Script> {
    with_program(source, |program| {
        let mut visitor = visit::Visitor::new(source);
        visitor.visit_program(program);
        visitor.finish()
    })
}

fn with_program<T>(source: &Source, read: impl FnOnce(&oxc_ast::ast::Program<'_>) -> T) -> Option<T> {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source.text(), source_type(source.path())).with_options(options).parse();
    if parsed.panicked {
        return None;
    }
    Some(read(&parsed.program))
}

fn source_type(path: &RelPath) -> SourceType {
    match path.extension().unwrap_or("") {
        "ts" => SourceType::ts(),
        "mts" => SourceType::ts(),
        "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        "mjs" => SourceType::mjs(),
        "cjs" => SourceType::cjs(),
        _ => SourceType::unambiguous().with_jsx(true),
    }
}

#[cfg(test)]
mod tests;
