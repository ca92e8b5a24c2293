//! Paths that the app answers to `GET` without being told who asks, as far as they are known.

use std::collections::BTreeSet;

use super::resolve::Meaning;
use super::script::{Call, Function, Parameter, Scope, Value};
use super::sources::Sources;

/// Routers in routers.
const MAX_MOUNTS: usize = 6;
/// More paths of one router are not followed.
const MAX_PATHS: usize = 16;
const ROUTERS: &[&str] = &["fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"];
/// Words of a dependency that turns strangers away.
const AUTH: &[&str] = &[
    "admin",
    "apikey",
    "auth",
    "authenticate",
    "authenticated",
    "authorization",
    "authorize",
    "bearer",
    "credentials",
    "current",
    "jwt",
    "key",
    "login",
    "oauth2",
    "permission",
    "permissions",
    "principal",
    "require",
    "required",
    "role",
    "security",
    "superuser",
    "token",
    "user",
    "verify",
];
/// Types that a request cannot do without, where the parameter has no default.
const PLAIN_TYPES: &[&str] = &["str", "int", "float", "bool", "UUID", "date", "datetime", "bytes", "EmailStr"];

/// A path with the place that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub path: String,
    /// The file's place in the sources.
    pub at: usize,
    /// From 1.
    pub line: u32,
}

/// Where a router or an app is made: place of the file and line.
type Router = (usize, u32);

/// A router that is part of another, or an app that is mounted on one.
#[derive(Debug)]
struct Part {
    onto: Option<Router>,
    /// `None`: not known.
    prefix: Option<String>,
    router: Router,
    is_guarded: bool,
}

/// All open `GET` routes whose whole path is known, of the files that an app's file leads to.
pub fn routes(sources: &Sources, reached: Option<&BTreeSet<usize>>) -> Vec<Route> {
    let finder = Finder { sources, parts: parts(sources) };
    let mut found = Vec::new();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        if reached.is_some_and(|reached| !reached.contains(&at)) {
            continue;
        }
        for function in &script.functions {
            for call in function.decorators.iter().filter_map(Value::call) {
                let is_get = matches!(call.name(), "get" | "head") || is_route(call);
                if is_get && !is_guarded(call) && !needs_more(function) {
                    found.extend(finder.of_call(at, call));
                }
            }
        }
        for call in &script.calls {
            let is_added = matches!(call.name(), "add_api_route" | "add_route") && gets(call);
            let endpoint = call.argument("endpoint", 1).and_then(Value::name);
            let endpoint = endpoint.and_then(|name| match sources.meaning(at, name, &call.scope)? {
                Meaning::Function(_, function) => Some(function),
                _ => None,
            });
            if is_added && !is_guarded(call) && !endpoint.is_some_and(needs_more) {
                found.extend(finder.of_call(at, call));
            }
        }
    }
    found
}

/// `@app.api_route("/x", methods=["GET"])`
fn is_route(call: &Call) -> bool {
    matches!(call.name(), "api_route" | "route") && gets(call)
}

fn gets(call: &Call) -> bool {
    match call.keyword("methods") {
        Some(Value::List(list)) => list.iter().any(|value| value.text() == Some("GET")),
        Some(_) => false,
        None => true,
    }
}

/// Routers that are included, apps that are mounted.
fn parts(sources: &Sources) -> Vec<Part> {
    let mut found = Vec::new();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        for call in &script.calls {
            let (inner, prefix) = match call.name() {
                "include_router" => (call.argument("router", 0), call.keyword("prefix")),
                "mount" => (call.argument("app", 1), call.argument("path", 0)),
                _ => continue,
            };
            let Some(router) = inner.and_then(|value| sources.router(at, value, &call.scope)) else { continue };
            let onto = sources.router(at, &Value::Name(call.object().to_owned()), &call.scope);
            let prefix = match prefix {
                Some(value) => sources.text(at, value, &call.scope),
                None => Some(String::new()),
            };
            found.push(Part { onto, prefix, router, is_guarded: is_guarded(call) });
        }
    }
    found
}

impl Sources {
    /// Where the router or app is made that a value is.
    fn router(&self, at: usize, value: &Value, scope: &Scope) -> Option<Router> {
        let (at, value, scope) = match value {
            Value::Name(name) => {
                let meaning = self.meaning(at, name, scope)?;
                let Meaning::Value(there, binding) = meaning else { return None };
                match &binding.value {
                    next @ Value::Name(_) if next != value => return self.router(there, next, &binding.scope),
                    Value::Call(call) => match self.meaning(there, &call.callee, &binding.scope) {
                        Some(Meaning::Function(..)) => (there, &binding.value, &binding.scope),
                        _ => return Some((there, binding.line)),
                    },
                    _ => return Some((there, binding.line)),
                }
            }
            other => (at, other, scope),
        };
        // `include_router(make_router())`
        let call = value.call()?;
        match self.meaning(at, &call.callee, scope)? {
            Meaning::Function(there, function) => {
                let inside = Scope::Function(function.name.clone());
                let returned = function.returned.iter().find_map(Value::name)?;
                match self.meaning(there, returned, &inside)? {
                    Meaning::Value(there, binding) => Some((there, binding.line)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

struct Finder<'s> {
    sources: &'s Sources,
    parts: Vec<Part>,
}

impl Finder<'_> {
    fn of_call(&self, at: usize, call: &Call) -> Vec<Route> {
        let Some(path) = call.argument("path", 0).and_then(|value| self.sources.text(at, value, &call.scope)) else {
            return Vec::new();
        };
        let object = call.object();
        let prefixes = match self.sources.router(at, &Value::Name(object.to_owned()), &call.scope) {
            Some(router) => self.prefixes(router, MAX_MOUNTS),
            // a parameter: `def add_routes(app: FastAPI)`
            None if is_app_name(object) => vec![String::new()],
            None => Vec::new(),
        };
        let joined = prefixes.into_iter().map(|prefix| format!("{}{path}", prefix.trim_end_matches('/')));
        joined.map(|path| Route { path, at, line: call.line }).collect()
    }

    /// What stands before the paths of a router: one for each place where it is included.
    fn prefixes(&self, router: Router, left: usize) -> Vec<String> {
        let (_, script) = &self.sources.scripts[router.0];
        let Some(binding) = script.bindings.iter().find(|binding| binding.line == router.1) else { return Vec::new() };
        let made = binding.value.call();
        if made.is_some_and(is_guarded) {
            return Vec::new();
        }
        let own = match made.filter(|call| ROUTERS.contains(&script.full_name(&call.callee).as_str())) {
            Some(call) => match call.keyword("prefix") {
                Some(value) => self.sources.text(router.0, value, &binding.scope),
                None => Some(String::new()),
            },
            None => Some(String::new()),
        };
        let Some(own) = own else { return Vec::new() };
        let is_router = made.is_some_and(|call| {
            let name = script.full_name(&call.callee);
            ROUTERS.contains(&name.as_str()) || name.ends_with("Router")
        });
        if !is_router && !self.sources.mounted.contains(&router) {
            return vec![own];
        }
        let mut found = Vec::new();
        for part in self.parts.iter().filter(|part| part.router == router && !part.is_guarded && left > 0) {
            let Some(prefix) = &part.prefix else { continue };
            let before = match part.onto {
                Some(onto) if onto != router => self.prefixes(onto, left - 1),
                // a parameter
                None => vec![String::new()],
                Some(_) => continue,
            };
            found.extend(before.into_iter().map(|before| format!("{}{prefix}{own}", before.trim_end_matches('/'))));
            if found.len() > MAX_PATHS {
                break;
            }
        }
        found
    }
}

fn is_app_name(name: &str) -> bool {
    matches!(name.strip_prefix("self.").unwrap_or(name), "app" | "api" | "application" | "fastapi_app" | "server")
}

/// Whether what it makes or adds asks who is there: `dependencies=[Depends(verify_token)]`.
fn is_guarded(call: &Call) -> bool {
    match call.keyword("dependencies") {
        Some(Value::List(list)) => list.iter().any(asks_who),
        // a name for a list
        Some(Value::Name(name)) => has_auth_word(name),
        _ => false,
    }
}

/// Whether a function needs more than a plain `GET`: a user, or a value that has no default.
fn needs_more(function: &Function) -> bool {
    let is_bound = |parameter: &&Parameter| !matches!(parameter.name.as_str(), "self" | "cls");
    function.parameters.iter().filter(is_bound).any(|parameter| {
        let by_default = parameter.default.as_ref().is_some_and(asks_who);
        let by_type = parameter.annotation.as_ref().is_some_and(|annotation| match annotation {
            Value::Index(_, inner) => match &**inner {
                Value::List(list) => list.iter().any(asks_who),
                _ => false,
            },
            Value::Name(name) => has_auth_word(name),
            _ => false,
        });
        let of_query = |annotation: &Value| match annotation {
            Value::Name(name) => PLAIN_TYPES.contains(&name.as_str()),
            Value::Index(outer, inner) => match (&**inner, outer.name()) {
                (Value::List(list), Some("Annotated")) => {
                    let plain = list.first().and_then(Value::name).is_some_and(|name| PLAIN_TYPES.contains(&name));
                    plain && !list.iter().skip(1).filter_map(Value::call).any(|call| call.name() == "Depends")
                }
                _ => false,
            },
            _ => false,
        };
        let is_ellipsis = |value: &Value| {
            let first = value.call().and_then(|call| call.argument("default", 0));
            *value == Value::Ellipsis || first == Some(&Value::Ellipsis)
        };
        let is_missing = match &parameter.default {
            None => parameter.annotation.as_ref().is_some_and(of_query) && !parameter.is_rest,
            Some(value) => is_ellipsis(value),
        };
        by_default || by_type || is_missing
    })
}

/// `Depends(get_current_user)`, `Security(...)`
fn asks_who(value: &Value) -> bool {
    let Value::Call(call) = value else { return matches!(value, Value::Name(name) if has_auth_word(name)) };
    match call.name() {
        "Security" => true,
        "Depends" => call.argument("dependency", 0).is_some_and(|inner| match inner {
            Value::Name(name) => has_auth_word(name),
            Value::Call(call) => has_auth_word(&call.callee),
            _ => true,
        }),
        "Header" | "Cookie" => call.arguments.is_empty() && call.keyword("default").is_none(),
        _ => false,
    }
}

/// Whether one of the words of `get_current_user` or `CurrentUser` is about who asks.
fn has_auth_word(name: &str) -> bool {
    let mut word = String::new();
    let mut before = ' ';
    for c in name.chars().chain(['_']) {
        let is_new = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase());
        if is_new {
            if AUTH.contains(&word.as_str()) {
                return true;
            }
            word.clear();
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    false
}
