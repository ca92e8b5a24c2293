//! Follows names to what they stand for, through constants and imports.

use super::script::{Call, Script, Value};
use super::sources::Sources;
use crate::paths::RelPath;

/// Steps that are followed before a name counts as unknown.
const MAX_STEPS: u32 = 16;
const ENDINGS: &[&str] = &[
    "",
    ".ts",
    ".js",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".tsx",
    ".jsx",
    "/index.ts",
    "/index.js",
    "/index.mjs",
    "/index.cjs",
];

/// A value and the file (its place in the sources) where its names mean something.
pub type Placed = (usize, Value);

impl Sources {
    /// The script that a relative import of a file means.
    pub fn imported_file(&self, from: usize, specifier: &str) -> Option<usize> {
        let (path, _) = self.scripts.get(from)?;
        if specifier.starts_with('.') {
            return self.file(&path.parent()?.join(specifier).ok()?);
        }
        // what most projects mean by `@/x` and `~/x`
        let inner = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"));
        let rest = inner.or_else(|| specifier.starts_with("src/").then_some(specifier))?;
        let mut folder = path.parent();
        while let Some(at) = folder {
            let places = [at.join(&format!("src/{rest}")), at.join(rest)];
            if let Some(found) = places.into_iter().flatten().find_map(|path| self.file(&path)) {
                return Some(found);
            }
            folder = at.parent();
        }
        None
    }

    fn file(&self, path: &RelPath) -> Option<usize> {
        let place = |path: &str| self.scripts.iter().position(|(file, _)| file.as_str() == path);
        let found = ENDINGS.iter().find_map(|ending| place(&format!("{path}{ending}")));
        // TypeScript imports `x.ts` as `x.js`
        found.or_else(|| {
            let stem = path.as_str().strip_suffix("js")?;
            place(&format!("{stem}ts")).or_else(|| place(&format!("{stem}tsx")))
        })
    }

    /// What a value stands for: names are followed as far as they are known.
    pub fn resolve(&self, at: usize, value: &Value) -> Placed {
        self.follow(at, value, 0).unwrap_or_else(|| (at, value.clone()))
    }

    fn follow(&self, at: usize, value: &Value, steps: u32) -> Option<Placed> {
        if steps > MAX_STEPS {
            return None;
        }
        match value {
            Value::Name(name) => self.name(at, name, steps + 1),
            Value::Call(call) => Some(self.required_part(at, call, steps + 1).unwrap_or_else(|| (at, value.clone()))),
            _ => Some((at, value.clone())),
        }
    }

    /// A part of a module: `require('./config').port`.
    fn required_part(&self, at: usize, call: &Call, steps: u32) -> Option<Placed> {
        let (inner, part) = (call.receiver.as_deref()?, call.callee.strip_prefix("require().")?);
        let specifier = inner.arguments.first()?.text()?;
        let parts: Vec<&str> = part.split('.').collect();
        self.export(self.imported_file(at, specifier)?, "*", &parts, steps)
    }

    fn name(&self, at: usize, name: &str, steps: u32) -> Option<Placed> {
        let (_, script) = self.scripts.get(at)?;
        if let Some(value) = script.constants.get(name).filter(|value| !is_itself(value, name)) {
            return self.follow(at, value, steps);
        }
        let parts: Vec<&str> = name.split('.').collect();
        for count in (1..parts.len()).rev() {
            let head = parts[..count].join(".");
            if let Some(value) = script.constants.get(&head).filter(|value| !is_itself(value, &head)) {
                return self.part(at, value, &parts[count..], steps);
            }
        }
        let (specifier, there) = script.imported(parts[0])?;
        self.export(self.imported_file(at, specifier)?, there, &parts[1..], steps)
    }

    /// What a file exports by a name, and a part of it.
    fn export(&self, file: usize, name: &str, parts: &[&str], steps: u32) -> Option<Placed> {
        if steps > MAX_STEPS {
            return None;
        }
        let script: &Script = &self.scripts.get(file)?.1;
        let default = script.exports.get("default");
        if let Some(specifier) = default.and_then(required) {
            return self.export(self.imported_file(file, specifier)?, name, parts, steps + 1);
        }
        if name == "*" {
            // the whole module, or what it is set to
            let whole = default.and_then(|value| self.part(file, value, parts, steps + 1));
            return whole.or_else(|| {
                let (first, rest) = parts.split_first()?;
                self.export(file, first, rest, steps + 1)
            });
        }
        let own = script.exports.get(name).or_else(|| script.constants.get(name));
        let found = own.and_then(|value| self.part(file, value, parts, steps + 1));
        let inner = || {
            let mut path = vec![name];
            path.extend(parts);
            self.part(file, default.filter(|_| name != "default")?, &path, steps + 1)
        };
        found.or_else(inner).or_else(|| {
            // many files that hand on all they have branch: few steps are enough
            let star = |specifier: &String| self.export(self.imported_file(file, specifier)?, name, parts, steps + 6);
            script.stars.iter().find_map(star)
        })
    }

    /// A part of a value: `port` of `{ port: 1 }`.
    fn part(&self, at: usize, value: &Value, parts: &[&str], steps: u32) -> Option<Placed> {
        let Some((first, rest)) = parts.split_first() else { return self.follow(at, value, steps + 1) };
        if steps > MAX_STEPS {
            return None;
        }
        match value {
            Value::Object(_) => self.part(at, value.get(first)?, rest, steps + 1),
            Value::Name(name) => self.name(at, &format!("{name}.{}", parts.join(".")), steps + 1).or_else(|| {
                let (at, value) = self.follow(at, value, steps + 1)?;
                (!matches!(value, Value::Name(_))).then(|| self.part(at, &value, parts, steps + 1))?
            }),
            Value::Environment => Some((at, Value::Env((*first).to_owned()))),
            Value::Call(call) if checks_environment(call) => Some((at, Value::Env((*parts.last()?).to_owned()))),
            Value::Call(call) => {
                // `Object.freeze({ ... })`, `defineConfig({ ... })`
                let inner = call.arguments.iter().find(|value| matches!(value, Value::Object(_) | Value::Name(_)))?;
                self.part(at, inner, parts, steps + 1)
            }
            Value::Either(value, _) => self.part(at, value, parts, steps + 1),
            _ => None,
        }
    }
}

fn is_itself(value: &Value, name: &str) -> bool {
    matches!(value, Value::Other) || matches!(value, Value::Name(other) if other == name)
}

/// The specifier of `require('./x')`.
pub fn required(value: &Value) -> Option<&str> {
    match value {
        Value::Call(call) if call.callee == "require" => call.arguments.first()?.text(),
        _ => None,
    }
}

/// `schema.parse(process.env)`, `cleanEnv(process.env, { ... })`, and a part of their result.
pub fn checks_environment(call: &Call) -> bool {
    // t3-env's names for it; a bundler wants each name written out there
    let given = ["runtimeEnv", "runtimeEnvStrict", "experimental__runtimeEnv"];
    let is_whole =
        |value: &Value| matches!(value, Value::Environment) || given.iter().any(|name| value.get(name).is_some());
    call.arguments.iter().any(is_whole) && call.callee != "Object.assign"
        || call.receiver.as_ref().is_some_and(|call| checks_environment(call))
}
