//! Which names hold a FastAPI app, and which functions make one.

use super::resolve::Meaning;
use super::script::{Function, Parameter, Scope, Value};
use super::sources::Sources;

/// Steps that are followed through a value.
const MAX_DEPTH: u32 = 12;
const FASTAPI: &[&str] = &["fastapi.FastAPI", "fastapi.applications.FastAPI"];
/// Names that are preferred, as fastapi-cli has them.
const PREFERRED: &[&str] = &["app", "api"];

/// How a value is an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An instance of FastAPI: what `fastapi run` takes.
    Plain,
    /// Something around one: any server takes it, `fastapi run` does not.
    Wrapped,
}

/// A name of a file that holds an app, or a function that makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The file's place in the sources.
    pub at: usize,
    pub variable: String,
    pub kind: Kind,
    pub factory: bool,
    /// Where it is made: place of the file and line.
    pub made: (usize, u32),
    /// From 1, in its own file.
    pub line: u32,
}

impl Sources {
    /// The app that a file offers: `app`, else `api`, else the first name in the order of ASCII that
    /// is not mounted on another, as fastapi-cli 0.0.34 has it (`get_app_name`).
    pub fn app_of(&self, at: usize) -> Option<Candidate> {
        let mut found = self.apps_of(at);
        if found.iter().any(|one| !self.is_mounted(one)) {
            found.retain(|one| !self.is_mounted(one));
        }
        let preferred = PREFERRED.iter().find_map(|name| found.iter().position(|one| one.variable == *name));
        let at = preferred.or((!found.is_empty()).then_some(0))?;
        Some(found.swap_remove(at))
    }

    /// Whether an app is mounted on another one.
    pub fn is_mounted(&self, one: &Candidate) -> bool {
        self.mounted.contains(&one.made)
    }

    /// All names that hold an app once the file is imported, sorted.
    pub fn apps_of(&self, at: usize) -> Vec<Candidate> {
        let (_, script) = &self.scripts[at];
        let bound = script.bindings.iter().filter(|one| one.scope == Scope::Module).map(|one| (&one.name, one.line));
        let imported = script.imports.iter().filter(|one| one.scope == Scope::Module).map(|one| (&one.local, one.line));
        let stars = script.imports.iter().filter(|one| one.name.as_deref() == Some("*"));
        let starred = stars.filter_map(|one| Some((self.module(at, one.level, &one.module)?, one.line)));
        // what such a file has from others in the same way is not followed
        let starred = starred.filter(|(module, _)| *module != at).flat_map(|(module, line)| {
            let names = self.scripts[module].1.bindings.iter().map(|one| &one.name);
            names.filter(|name| !name.starts_with('_')).map(move |name| (name, line))
        });
        let mut names: Vec<(&String, u32)> = bound.chain(imported).chain(starred).collect();
        names.sort();
        let mut found: Vec<Candidate> = Vec::new();
        for (name, line) in names {
            let Some(candidate) = self.candidate(at, name, line) else { continue };
            match found.last_mut().filter(|last| last.variable == candidate.variable) {
                Some(last) => *last = candidate,
                None => found.push(candidate),
            }
        }
        found
    }

    /// What a file's name holds, if it is an app. A name is plain, without dots.
    fn candidate(&self, at: usize, name: &str, line: u32) -> Option<Candidate> {
        if name.contains('.') || name == "*" {
            return None;
        }
        let meaning = self.meaning(at, name, &Scope::Module)?;
        let kind = self.kind_of(&meaning, 0)?;
        let made = self.made(&meaning);
        Some(Candidate { at, variable: name.to_owned(), kind, factory: false, made, line })
    }

    /// Where the app of a meaning is made: what `app = server.app` leads to.
    fn made(&self, meaning: &Meaning<'_>) -> (usize, u32) {
        let mut now = *meaning;
        for _ in 0..MAX_DEPTH {
            let Meaning::Value(at, binding) = now else { break };
            let Value::Name(name) = &binding.value else { break };
            match self.meaning(at, name, &binding.scope) {
                Some(next) if !next.is(&now) => now = next,
                _ => break,
            }
        }
        (now.at(), now.line())
    }

    /// The app named by evidence as in `uvicorn x:name`; any name that the file binds is taken.
    pub fn named(&self, at: usize, name: &str) -> Option<Candidate> {
        let meaning = self.meaning(at, name, &Scope::Module)?;
        let factory =
            matches!(meaning, Meaning::Function(..) | Meaning::Class(..)) && self.makes(&meaning, 0).is_some();
        let kind = if factory { self.makes(&meaning, 0) } else { self.kind_of(&meaning, 0) };
        let line = if meaning.at() == at { meaning.line() } else { 1 };
        let made = self.made(&meaning);
        Some(Candidate { at, variable: name.to_owned(), kind: kind.unwrap_or(Kind::Wrapped), factory, made, line })
    }

    /// Functions of a file that make an app and need no argument.
    pub fn factories_of(&self, at: usize) -> Vec<Candidate> {
        let (_, script) = &self.scripts[at];
        let is_free = |one: &Parameter| one.default.is_some() || one.is_rest;
        let mut found = Vec::new();
        for function in &script.functions {
            let is_outer = function.scope == Scope::Module && !function.name.contains('.');
            if !is_outer || !function.parameters.iter().all(is_free) {
                continue;
            }
            let meaning = Meaning::Function(at, function);
            if let Some(kind) = self.makes(&meaning, 0) {
                let (variable, line) = (function.name.clone(), function.line);
                found.push(Candidate { at, variable, kind, factory: true, made: (at, line), line });
            }
        }
        found
    }

    fn kind_of(&self, meaning: &Meaning<'_>, depth: u32) -> Option<Kind> {
        let Meaning::Value(at, binding) = meaning else { return None };
        let by_value = self.kind(*at, &binding.value, &binding.scope, depth + 1);
        // `app = CORSMiddleware(app, ...)`, `app = socketio.ASGIApp(sio, app)`
        let wrapped = || {
            let call = binding.value.call()?;
            let values = call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value));
            let name = call.name();
            let is_around = name.ends_with("Middleware") || name.ends_with("ASGIApp") || name == "VersionedFastAPI";
            let holds = values.filter_map(Value::name).any(|inner| match inner == binding.name {
                true => self.earlier(*at, inner, binding.line, depth),
                false => self.kind(*at, &Value::Name(inner.to_owned()), &binding.scope, depth + 1).is_some(),
            });
            (is_around && holds).then_some(Kind::Wrapped)
        };
        let annotated = || {
            let name = binding.annotation.as_ref()?.name()?;
            self.is_fastapi(*at, name, &binding.scope, depth + 1).then_some(Kind::Plain)
        };
        by_value.or_else(wrapped).or_else(annotated)
    }

    /// Whether a name held an app before a line of its file.
    fn earlier(&self, at: usize, name: &str, line: u32, depth: u32) -> bool {
        let (_, script) = &self.scripts[at];
        let before = script.bindings.iter().filter(|one| one.name == name && one.line < line);
        before.into_iter().any(|one| depth < MAX_DEPTH && self.kind(at, &one.value, &one.scope, depth + 1).is_some())
            || script.imports.iter().any(|one| one.local == name)
    }

    fn kind(&self, at: usize, value: &Value, scope: &Scope, depth: u32) -> Option<Kind> {
        if depth > MAX_DEPTH {
            return None;
        }
        match value {
            Value::Call(call) => {
                if self.is_fastapi(at, &call.callee, scope, depth) {
                    return Some(Kind::Plain);
                }
                if let Some(inner) = &call.receiver
                    && let Some(Meaning::Class(there, class)) = self.meaning(at, &inner.callee, scope)
                {
                    // `Server().app`, `Server().build()`
                    let attribute = self.attribute(there, class, call.name());
                    let method = || {
                        let name = format!("{}.{}", class.name, call.name());
                        self.makes(&Meaning::Function(there, self.scripts[there].1.function(&name)?), depth + 1)
                    };
                    return attribute.and_then(|meaning| self.kind_of(&meaning, depth + 1)).or_else(method);
                }
                match self.meaning(at, &call.callee, scope)? {
                    function @ Meaning::Function(..) => self.makes(&function, depth + 1),
                    _ => None,
                }
            }
            Value::Name(name) => self.kind_of(&self.meaning(at, name, scope)?, depth + 1),
            Value::Either(first, second) => {
                self.kind(at, first, scope, depth + 1).or_else(|| self.kind(at, second, scope, depth + 1))
            }
            _ => None,
        }
    }

    /// Whether a function makes an app: by its return type, or by what it returns.
    fn makes(&self, meaning: &Meaning<'_>, depth: u32) -> Option<Kind> {
        if depth > MAX_DEPTH {
            return None;
        }
        let Meaning::Function(at, function) = meaning else { return None };
        let inside = Scope::Function(function.name.clone());
        let by_type = function.returns.as_ref().and_then(Value::name);
        if by_type.is_some_and(|name| self.is_fastapi(*at, name, &inside, depth)) {
            return Some(Kind::Plain);
        }
        // a context manager or a dependency gives something else
        if !function.decorators.is_empty() && !is_cached(function) {
            return None;
        }
        function.returned.iter().find_map(|value| self.kind(*at, value, &inside, depth + 1))
    }

    /// Whether a dotted name is FastAPI's class, or one of the project that is derived from it.
    fn is_fastapi(&self, at: usize, name: &str, scope: &Scope, depth: u32) -> bool {
        if FASTAPI.contains(&self.scripts[at].1.full_name(name).as_str()) {
            return true;
        }
        match self.meaning(at, name, scope) {
            Some(Meaning::Class(at, class)) if depth < MAX_DEPTH => {
                class.bases.iter().any(|base| self.is_fastapi(at, base, &Scope::Module, depth + 1))
            }
            // `from .compat import FastAPI`
            None => {
                let (first, rest) = name.split_once('.').unwrap_or((name, ""));
                let Some(import) = self.scripts[at].1.import(first).filter(|_| rest.is_empty()) else { return false };
                let module = self.module(at, import.level, &import.module).filter(|module| *module != at);
                let there = import.name.as_deref().unwrap_or(first);
                depth < MAX_DEPTH
                    && module.is_some_and(|module| self.is_fastapi(module, there, &Scope::Module, depth + 1))
            }
            _ => false,
        }
    }

    /// Where the apps are made that are mounted on some app: `app.mount("/sub", sub)`,
    /// `Mount("/sub", app=sub)`.
    pub fn find_mounted(&self) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        for (at, (_, script)) in self.scripts.iter().enumerate() {
            for call in script.calls.iter().filter(|call| matches!(call.name(), "mount" | "Mount" | "Host")) {
                let inner = match call.argument("app", 1) {
                    Some(Value::Name(name)) => name,
                    Some(Value::Call(inner)) => &inner.callee,
                    _ => continue,
                };
                found.extend(self.meaning(at, inner, &call.scope).map(|meaning| self.made(&meaning)));
            }
        }
        found
    }
}

fn is_cached(function: &Function) -> bool {
    function.decorators.iter().all(|decorator| {
        let name = match decorator {
            Value::Call(call) => call.callee.as_str(),
            other => other.name().unwrap_or(""),
        };
        name.ends_with("cache")
    })
}
