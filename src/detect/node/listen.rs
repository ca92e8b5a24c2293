//! Where a component's sources begin to listen, and on what.

use super::reads::is_config_getter;
use super::script::{Call, Script, Value};
use super::sources::Sources;
use crate::facts::EnvName;

/// Steps that are followed through a value.
const MAX_DEPTH: u32 = 12;
/// Files that import one of these talk HTTP with somebody else's default host.
const OTHER_SERVERS: &[&str] = &["express", "koa", "@hono/node-server", "@nestjs/platform-express", "polka", "restify"];

/// One place that listens.
#[derive(Debug)]
pub struct Listener<'s> {
    /// The file's place in the sources.
    pub at: usize,
    pub call: &'s Call,
    pub port: Option<&'s Value>,
    pub host: Option<&'s Value>,
    /// Without a host it listens on loopback only.
    pub is_shy: bool,
}

/// A value as far as it is known: the name in the environment that gives it, and the literal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub env: Option<String>,
    pub literal: Option<String>,
}

/// All calls that listen, in the order of the files.
pub fn listeners(sources: &Sources) -> Vec<Listener<'_>> {
    let imports = |package: &str| sources.scripts.iter().any(|(_, script)| script.imports_package(package));
    let is_fastify = (imports("fastify") || imports("@nestjs/platform-fastify"))
        && !OTHER_SERVERS.iter().any(|server| imports(server));
    let mut found = Vec::new();
    for (at, (_, script)) in sources.scripts.iter().enumerate() {
        for call in &script.calls {
            if let Some((port, host)) = listens(script, call) {
                let is_shy = is_fastify && call.name() == "listen";
                found.push(Listener { at, call, port, host, is_shy });
            }
        }
    }
    found
}

/// The port and host of a call that listens.
fn listens<'s>(script: &Script, call: &'s Call) -> Option<(Option<&'s Value>, Option<&'s Value>)> {
    let first = call.arguments.first();
    let options = |value: Option<&'s Value>| {
        let value = value?;
        Some((value.get("port"), value.get("host").or_else(|| value.get("hostname"))))
    };
    let object = call.object();
    match call.name() {
        "listen" if !object.is_empty() => match first {
            None => looks_like_server(object).then_some((None, None)),
            Some(Value::Object(_)) => options(first).filter(|(port, _)| port.is_some() || looks_like_server(object)),
            Some(Value::Function) => looks_like_server(object).then_some((None, None)),
            Some(Value::Text(text)) => text.parse::<u16>().is_ok().then_some((first, None)),
            Some(_) => {
                let host = call.arguments.get(1);
                let is_host =
                    host.is_some_and(|value| !matches!(value, Value::Function | Value::Other | Value::Number(_)));
                Some((first, host.filter(|_| is_host)))
            }
        },
        "serve" => {
            let is_hono = script.imports_package("@hono/node-server") || object == "Bun" || object == "Deno";
            let (port, host) =
                options(call.arguments.iter().find(|value| matches!(value, Value::Object(_)))).unwrap_or((None, None));
            (is_hono || call.arguments.iter().any(|value| value.get("fetch").is_some())).then_some((port, host))
        }
        "startStandaloneServer" => {
            options(call.arguments.get(1).and_then(|value| value.get("listen"))).or(Some((None, None)))
        }
        "new WebSocketServer" | "Server" | "new Server" | "server" | "fastifyServer" => {
            let is_server = call.callee.starts_with("new ") || object == "Hapi" || object == "hapi";
            options(first).filter(|(port, _)| is_server && port.is_some())
        }
        _ => None,
    }
}

fn looks_like_server(object: &str) -> bool {
    let last = object.rsplit('.').next().unwrap_or(object).to_ascii_lowercase();
    ["app", "server", "fastify", "http", "koa", "express", "elysia", "()"].iter().any(|word| last.ends_with(word))
}

impl Sources {
    /// Follows a value to its name in the environment and its literal.
    pub fn known(&self, at: usize, value: &Value) -> Known {
        self.know(at, value, 0)
    }

    fn know(&self, at: usize, value: &Value, depth: u32) -> Known {
        if depth > MAX_DEPTH {
            return Known::default();
        }
        let (at, value) = self.resolve(at, value);
        match &value {
            Value::Text(_) | Value::Number(_) => Known { env: None, literal: value.literal() },
            Value::Env(name) => self.of_env(name),
            Value::Either(first, second) => {
                let first = self.know(at, first, depth + 1);
                if first.env.is_some() && first.literal.is_some() {
                    return first;
                }
                let second = self.know(at, second, depth + 1);
                Known { env: first.env.or(second.env), literal: first.literal.or(second.literal) }
            }
            Value::Call(call) => self.know_call(at, call, depth + 1),
            Value::Name(name) => match name.rsplit('.').next() {
                Some("PORT") => self.of_env("PORT"),
                _ => Known::default(),
            },
            _ => Known::default(),
        }
    }

    fn know_call(&self, at: usize, call: &Call, depth: u32) -> Known {
        let Some(first) = call.arguments.first() else { return Known::default() };
        let Some(key) = first.text() else { return self.know(at, first, depth) };
        if call.name() == "get" || call.name() == "getOrThrow" {
            if is_config_getter(call) && EnvName::new(key).is_ok() && !key.bytes().any(|b| b.is_ascii_lowercase()) {
                let known = self.of_env(key);
                let own = call.arguments.get(1).and_then(Value::literal);
                return Known { literal: own.or(known.literal), ..known };
            }
            // `app.set('port', x)` before `app.get('port')`
            let set = self.scripts.iter().enumerate().find_map(|(at, (_, script))| {
                let call = script
                    .calls
                    .iter()
                    .find(|call| call.name() == "set" && call.arguments.first().and_then(Value::text) == Some(key))?;
                Some((at, call.arguments.get(1)?))
            });
            return match set {
                Some((at, value)) => self.know(at, value, depth),
                None => self.setting(key, depth),
            };
        }
        if self.scripts.iter().any(|(_, script)| script.helpers.iter().any(|(name, _)| *name == call.callee)) {
            let known = self.of_env(key);
            return Known { literal: call.arguments.get(1).and_then(Value::literal).or(known.literal), ..known };
        }
        self.know(at, first, depth)
    }

    /// `config.get('app.port')`: a key of some object with settings, of no other party's.
    fn setting(&self, key: &str, depth: u32) -> Known {
        let last = key.rsplit('.').next().unwrap_or(key);
        let objects = self
            .scripts
            .iter()
            .enumerate()
            .flat_map(|(at, (_, script))| script.objects.iter().map(move |object| (at, object)));
        let known = objects.filter_map(|(at, object)| {
            let value = object.get(last)?;
            Some(match value.get("env").and_then(Value::text) {
                Some(name) => {
                    Known { env: Some(name.to_owned()), literal: value.get("default").and_then(Value::literal) }
                }
                None => self.know(at, value, depth),
            })
        });
        let is_own = |name: &str| name.split('_').all(|word| !self.other_words.contains(&word.to_ascii_lowercase()));
        known.into_iter().find(|known| known.env.as_deref().is_some_and(is_own)).unwrap_or_default()
    }

    /// A name in the environment with what the code falls back to.
    fn of_env(&self, name: &str) -> Known {
        let reads = super::reads::reads(self);
        let default = reads.into_iter().find_map(|read| read.default.filter(|_| read.name.as_str() == name));
        Known { env: Some(name.to_owned()), literal: default }
    }
}
