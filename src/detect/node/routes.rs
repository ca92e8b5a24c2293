//! Paths that a component answers to `GET`, as far as they are known.

use std::collections::BTreeSet;

use super::resolve::required;
use super::script::{Call, Value};
use super::sources::Sources;

/// Routers in routers.
const MAX_MOUNTS: usize = 4;
/// More paths of one router are not followed.
const MAX_PATHS: usize = 16;
const APPS: &[&str] = &[
    "express",
    "fastify",
    "Fastify",
    "new Koa",
    "new Hono",
    "new OpenAPIHono",
    "new Elysia",
    "restify.createServer",
    "polka",
    "NestFactory.create",
    "new App",
    "fastify.fastify",
    "Fastify.default",
    "express.default",
    "new Server",
];
const ROUTERS: &[&str] =
    &["express.Router", "Router", "new Router", "new express.Router", "new KoaRouter", "new Hono", "new Elysia"];

/// A path with the place that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub path: String,
    /// The file's place in the sources.
    pub at: usize,
    /// From 1.
    pub line: u32,
}

/// What a router is: the file and its name there. The name is empty for what a file exports as a
/// function (a plugin of Fastify).
type Router = (usize, String);

/// A router mounted on another with a prefix.
#[derive(Debug)]
struct Mount {
    onto: Router,
    /// `None`: not known.
    prefix: Option<String>,
    router: Router,
}

/// All `GET` routes whose whole path is known.
pub fn routes(sources: &Sources) -> Vec<Route> {
    let finder = Finder { sources, mounts: mounts(sources) };
    let mut found = finder.decorated();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        for call in &script.calls {
            let Some((object, path)) = get(call) else { continue };
            for prefix in finder.prefixes(at, object, call) {
                found.push(Route { path: joined(&prefix, path), at, line: call.line });
            }
        }
    }
    found
}

/// The object and path of a call that names a `GET` route.
fn get(call: &Call) -> Option<(&str, &str)> {
    let first = call.arguments.first();
    match call.name() {
        "get" | "all" => match &call.receiver {
            // `app.route('/health').get(f)`
            Some(inner) if inner.name() == "route" && call.object() == format!("{}()", inner.callee) => {
                Some((inner.object(), inner.arguments.first()?.text()?))
            }
            _ => {
                let path = first?.text().filter(|path| path.starts_with('/'))?;
                // `app.get('/setting')` without a handler reads a setting
                (call.arguments.len() > 1).then(|| (call.object(), path))
            }
        },
        "route" => {
            let options = first?;
            let method = options.get("method")?;
            let is_get =
                |value: &Value| value.text().is_some_and(|text| text.eq_ignore_ascii_case("get") || text == "*");
            let gets = match method {
                Value::List(list) => list.iter().any(is_get),
                one => is_get(one),
            };
            let path = options.get("url").or_else(|| options.get("path"))?.text()?;
            (gets && path.starts_with('/')).then(|| (call.object(), path))
        }
        _ => None,
    }
}

fn joined(prefix: &str, path: &str) -> String {
    let parts = [prefix, path].into_iter().flat_map(|path| path.split('/')).filter(|part| !part.is_empty());
    let path = parts.fold(String::new(), |path, part| path + "/" + part);
    if path.is_empty() { "/".to_owned() } else { path }
}

/// All mounts: `app.use('/api', router)`, `fastify.register(plugin, { prefix })`,
/// `app.route('/api', router)`.
fn mounts(sources: &Sources) -> Vec<Mount> {
    let mut found = Vec::new();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        for call in &script.calls {
            let arguments = &call.arguments;
            let (prefix, routers): (Option<String>, &[Value]) = match call.name() {
                "use" | "route" | "group" => match arguments.split_first() {
                    Some((first, rest)) => match sources.resolve(at, first) {
                        (_, Value::Text(_) | Value::Joined(_) | Value::Env(_) | Value::Either(..)) => {
                            (sources.known_text(at, first), rest)
                        }
                        _ => (Some(String::new()), arguments),
                    },
                    None => continue,
                },
                "register" => {
                    let options = arguments.get(1);
                    let prefix = match options.and_then(|options| options.get("prefix")) {
                        Some(prefix) => sources.known_text(at, prefix),
                        None => Some(String::new()),
                    };
                    (prefix, arguments.get(..1).unwrap_or_default())
                }
                _ => continue,
            };
            let onto = sources.router(at, root_of(call));
            for router in routers.iter().filter_map(|value| sources.router_of(at, value)) {
                found.push(Mount { onto: onto.clone(), prefix: prefix.clone(), router });
            }
        }
    }
    found
}

/// `app` of `app.use().use`.
fn root_of(call: &Call) -> &str {
    first_call(call).object()
}

/// The call that a chain of calls begins with.
fn first_call(call: &Call) -> &Call {
    let mut at = call;
    while let Some(inner) = &at.receiver {
        at = inner;
    }
    at
}

impl Sources {
    /// A text that is known without any doubt.
    fn known_text(&self, at: usize, value: &Value) -> Option<String> {
        match self.resolve(at, value) {
            (_, Value::Text(text)) => Some(text),
            (at, Value::Joined(parts)) => parts.iter().map(|part| self.known_text(at, part)).collect(),
            _ => None,
        }
    }

    /// The router that a value is.
    fn router_of(&self, at: usize, value: &Value) -> Option<Router> {
        match value {
            Value::Name(name) => Some(self.router(at, name)),
            Value::Call(call) => {
                if let Some(specifier) = required(value) {
                    return self.exported_router(self.imported_file(at, specifier)?, "*", 0);
                }
                // `router.routes()` of Koa, `require('./x')()`
                let object = call.object();
                (call.name() == "routes" && !object.is_empty()).then(|| self.router(at, object))
            }
            _ => None,
        }
    }

    /// The router that a name means: where it was made.
    fn router(&self, at: usize, name: &str) -> Router {
        let script = &self.scripts[at].1;
        let first = name.split('.').next().unwrap_or(name);
        if let Some((specifier, there)) = script.imported(first)
            && let Some(file) = self.imported_file(at, specifier)
            && let Some(found) = self.exported_router(file, name.split_once('.').map_or(there, |(_, rest)| rest), 0)
        {
            return found;
        }
        match script.constants.get(name) {
            Some(Value::Name(other)) if other != name && script.constants.contains_key(other) => (at, other.clone()),
            _ => (at, name.to_owned()),
        }
    }

    fn exported_router(&self, file: usize, name: &str, depth: usize) -> Option<Router> {
        if depth > MAX_MOUNTS {
            return None;
        }
        let script = &self.scripts[file].1;
        let default = script.exports.get("default");
        if let Some(specifier) = default.and_then(required) {
            return self.exported_router(self.imported_file(file, specifier)?, name, depth + 1);
        }
        let value = match name {
            "*" | "default" => default?,
            other => {
                let inner = || default.and_then(|value| value.get(other));
                script.exports.get(other).or_else(inner).or_else(|| script.constants.get(other))?
            }
        };
        match value {
            Value::Name(name) => match script.imported(name) {
                Some((specifier, there)) => {
                    self.exported_router(self.imported_file(file, specifier)?, there, depth + 1)
                }
                None => Some((file, name.clone())),
            },
            Value::Function => Some((file, String::new())),
            // `module.exports = fp(plugin)`
            Value::Call(call) => match call.arguments.first() {
                Some(Value::Name(name)) => Some((file, name.clone())),
                Some(Value::Function) => Some((file, String::new())),
                _ => Some((file, if name == "*" { "default" } else { name }.to_owned())),
            },
            _ => None,
        }
    }
}

struct Finder<'s> {
    sources: &'s Sources,
    mounts: Vec<Mount>,
}

impl Finder<'_> {
    /// NestJS: controllers below the global prefix.
    fn decorated(&self) -> Vec<Route> {
        let scripts = &self.sources.scripts;
        let prefixes = scripts.iter().enumerate().flat_map(|(at, (_, script))| {
            script.calls.iter().filter(|call| call.name() == "setGlobalPrefix").map(move |call| (at, call))
        });
        let mut prefix = String::new();
        for (at, call) in prefixes {
            // what is left out of the prefix is not told
            let known = call.arguments.first().and_then(|value| self.sources.known_text(at, value));
            match known.filter(|_| call.arguments.len() == 1) {
                Some(known) => prefix = known,
                None => return Vec::new(),
            }
        }
        // versions are a part of the path
        let is_versioned =
            scripts.iter().any(|(_, script)| script.calls.iter().any(|call| call.name() == "enableVersioning"));
        let routes = scripts
            .iter()
            .enumerate()
            .filter(|_| !is_versioned)
            .flat_map(|(at, (_, script))| script.routes.iter().map(move |(_, path, line)| (at, path, *line)));
        routes.map(|(at, path, line)| Route { path: joined(&prefix, path), at, line }).collect()
    }

    /// What stands before the paths of an object of a file; none where that is not known.
    fn prefixes(&self, at: usize, object: &str, call: &Call) -> Vec<String> {
        let object = if call.receiver.is_some() { root_or_chain(call) } else { object };
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let router = self.chain(at, call).unwrap_or_else(|| self.sources.router(at, object));
        self.climb(router, object, &mut vec![], &mut found, &mut seen);
        found.into_iter().collect()
    }

    /// The name for a chain that makes what it is called on: `routes` of
    /// `const routes = new Hono().get(...)`.
    fn chain(&self, at: usize, call: &Call) -> Option<Router> {
        let begin = first_call(call);
        if !begin.object().is_empty() || call.receiver.is_none() {
            return None;
        }
        let script = &self.sources.scripts[at].1;
        let is_same = |value: &Value| matches!(value, Value::Call(call) if first_call(call) == begin);
        let named = script.constants.iter().chain(script.exports.get_key_value("default"));
        named.into_iter().find(|(_, value)| is_same(value)).map(|(name, _)| (at, name.clone()))
    }

    fn climb(
        &self,
        router: Router,
        written: &str,
        before: &mut Vec<String>,
        found: &mut BTreeSet<String>,
        seen: &mut BTreeSet<(Router, String)>,
    ) {
        let path = joined("", &before.iter().rev().cloned().collect::<Vec<_>>().join("/"));
        if before.len() > MAX_MOUNTS || found.len() > MAX_PATHS || !seen.insert((router.clone(), path.clone())) {
            return;
        }
        let own = self.own_prefix(&router);
        let Some(own) = own else { return };
        // what a file exports as a function has its paths on a parameter of any name
        let is_parameter = !self.is_made(&router);
        let mounts: Vec<&Mount> = self
            .mounts
            .iter()
            .filter(|mount| {
                mount.router == router || (is_parameter && mount.router.0 == router.0 && !self.is_made(&mount.router))
            })
            .filter(|mount| mount.onto != mount.router)
            .collect();
        let whole = |prefix: &str| joined(prefix, &path);
        if mounts.is_empty() {
            if self.is_app(&router, written) {
                found.insert(whole(&own));
            }
            return;
        }
        for mount in mounts {
            let Some(prefix) = &mount.prefix else { continue };
            before.push(format!("{prefix}/{own}"));
            self.climb(mount.onto.clone(), &mount.onto.1, before, found, seen);
            before.pop();
        }
    }

    /// The call that made a router, if the file shows it.
    fn made(&self, router: &Router) -> Option<&Call> {
        let script = &self.sources.scripts[router.0].1;
        match script.constants.get(&router.1)? {
            Value::Call(call) => {
                // `new Hono().get(...).get(...)` is what it begins with
                Some(first_call(call))
            }
            _ => None,
        }
    }

    fn is_made(&self, router: &Router) -> bool {
        self.made(router).is_some()
    }

    /// `new Router({ prefix: '/api' })`; `None` where it is not known.
    fn own_prefix(&self, router: &Router) -> Option<String> {
        let options = self.made(router).and_then(|call| call.arguments.first());
        match options.and_then(|options| options.get("prefix")) {
            Some(prefix) => self.sources.known_text(router.0, prefix),
            None => Some(String::new()),
        }
    }

    /// Whether it is an app itself, to which nothing is put before.
    fn is_app(&self, router: &Router, written: &str) -> bool {
        let made = self.made(router).map(|call| call.callee.as_str());
        match made {
            Some(callee) if APPS.contains(&callee) => true,
            Some(callee) if ROUTERS.contains(&callee) => false,
            Some(_) => is_app_name(written),
            // a parameter: `module.exports = app => { app.get(...) }`
            None => is_app_name(written) || APPS.iter().any(|app| written.starts_with(&format!("{app}()"))),
        }
    }
}

fn is_app_name(name: &str) -> bool {
    matches!(
        name.strip_prefix("this.").unwrap_or(name),
        "app" | "server" | "api" | "fastify" | "application" | "express"
    )
}

/// The object that a chain begins with: `app` of `app.get().get`, `new Hono()` of `new Hono().get`.
fn root_or_chain(call: &Call) -> &str {
    let begin = first_call(call).object();
    if begin.is_empty() { call.object() } else { begin }
}
