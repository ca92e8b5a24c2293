//! Where an app writes while it runs: handlers of loggers, databases in files, folders for what
//! users send.

use super::super::Context;
use super::super::written::Places;
use super::script::{Call, Scope, Value};
use super::sources::Sources;
use crate::facts::{Evidence, Holding, Setting, Written};
use crate::paths::RelPath;

const HANDLERS: &[&str] = &[
    "ConcurrentRotatingFileHandler",
    "FileHandler",
    "RotatingFileHandler",
    "TimedRotatingFileHandler",
    "WatchedFileHandler",
];
const MAKES_FOLDER: &[&str] = &["os.makedirs", "os.mkdir", "aiofiles.os.makedirs", "aiofiles.os.mkdir"];
const CONNECTS: &[&str] = &["sqlite3.connect", "aiosqlite.connect"];
const OPENS: &[&str] = &["open", "io.open", "aiofiles.open", "anyio.open_file", "gzip.open"];
const PATHS: &[&str] = &[
    "pathlib.Path",
    "Path",
    "anyio.Path",
    "str",
    "os.fspath",
    "os.path.abspath",
    "os.path.normpath",
    "os.path.realpath",
];
const JOINS: &[&str] = &["os.path.join", "path.join"];
/// Words of names that hold the app's own folder, however it was found.
const ROOTS: &[&str] = &["BASE", "ROOT"];
/// Names are followed through few files.
const MAX_STEPS: u32 = 8;

/// The places that the code names, with those that settings say.
pub fn written(context: &Context<'_>, path: &RelPath, sources: &Sources, settings: &[Setting]) -> Vec<Written> {
    let mut found = Found { sources, path, places: Places::new(context, path) };
    for at in 0..sources.scripts.len() {
        found.calls(at);
        found.addresses(at);
    }
    found.places.finish(settings)
}

struct Found<'a> {
    sources: &'a Sources,
    path: &'a RelPath,
    places: Places<'a>,
}

impl<'a> Found<'a> {
    fn calls(&mut self, at: usize) {
        let sources = self.sources;
        let script = &sources.scripts[at].1;
        for call in &script.calls {
            let full = script.full_name(&call.callee);
            let say = |because: &str| sources.evidence(at, call.line, because);
            let logs = "a file of logs; its output is the better place";
            if HANDLERS.contains(&call.name()) {
                self.file(at, call.argument("filename", 0), &call.scope, Some(Holding::Logs), say(logs));
            } else if full == "logging.basicConfig" {
                self.file(at, call.keyword("filename"), &call.scope, Some(Holding::Logs), say(logs));
            } else if full == "loguru.logger.add" {
                let sink = call
                    .arguments
                    .first()
                    .filter(|sink| !matches!(sink, Value::Name(name) if name.starts_with("sys.")));
                self.file(at, sink, &call.scope, Some(Holding::Logs), say(logs));
            } else if CONNECTS.contains(&full.as_str()) {
                let file = call.argument("database", 0).and_then(|file| self.path_of(at, file, &call.scope, 0));
                if let Some(file) = file {
                    self.places.database(&file, say("a database in a file"));
                }
            } else if MAKES_FOLDER.contains(&full.as_str()) {
                self.folder(at, call.argument("name", 0), &call.scope, say("a folder that it makes"));
            } else if call.name() == "mkdir" {
                self.folder(at, Some(&called_on(call)), &call.scope, say("a folder that it makes"));
            } else if matches!(call.name(), "write_text" | "write_bytes") {
                let file = called_on(call);
                self.file(at, Some(&file), &call.scope, None, say("a file that it writes"));
            } else if OPENS.contains(&full.as_str()) && writes(call) {
                self.file(at, call.arguments.first(), &call.scope, None, say("a file that it writes"));
            }
        }
    }

    /// `sqlite:///./app.db` wherever it stands.
    fn addresses(&mut self, at: usize) {
        let sources = self.sources;
        let script = &sources.scripts[at].1;
        let bound = script.bindings.iter().map(|one| (&one.value, &one.scope, one.line));
        let fields = script.classes.iter().flat_map(|class| &class.fields);
        let fields = fields.filter_map(|field| Some((field.value.as_ref()?, &Scope::Module, field.line)));
        let given = script.calls.iter().flat_map(|call| {
            let keywords = call.keywords.iter().map(|(_, value)| value);
            let values = call.arguments.iter().chain(keywords).chain(&call.fallback);
            values.map(|value| (value, &call.scope, call.line))
        });
        let found: Vec<(String, u32)> = bound
            .chain(fields)
            .chain(given)
            .filter_map(|(value, scope, line)| {
                let text = match value {
                    Value::Text(text) => text.clone(),
                    Value::Joined(_) => sources.text(at, value, scope)?,
                    _ => return None,
                };
                text.starts_with("sqlite").then_some((text, line)).filter(|(text, _)| text.contains("://"))
            })
            .collect();
        for (text, line) in found {
            self.places.database(&text, sources.evidence(at, line, "a database in a file"));
        }
    }

    fn folder(&mut self, at: usize, value: Option<&Value>, scope: &Scope, evidence: Evidence) {
        if let Some(path) = value.and_then(|value| self.path_of(at, value, scope, 0)) {
            self.places.folder(&path, None, evidence);
        }
    }

    fn file(&mut self, at: usize, value: Option<&Value>, scope: &Scope, holds: Option<Holding>, evidence: Evidence) {
        if let Some(path) = value.and_then(|value| self.path_of(at, value, scope, 0)) {
            self.places.file(&path, holds, evidence);
        }
    }

    /// A path as it is from where the app runs. Of a name that is made up while it runs the folder
    /// is enough.
    fn path_of(&self, at: usize, value: &Value, scope: &Scope, steps: u32) -> Option<String> {
        if steps > MAX_STEPS {
            return None;
        }
        let deeper = |value: &Value| self.path_of(at, value, scope, steps + 1);
        let below = |base: String, part: Option<String>| format!("{base}/{}", part.unwrap_or_else(|| "{}".to_owned()));
        match value {
            Value::Text(text) => Some(text.clone()),
            Value::Below(base, part) => Some(below(deeper(base)?, deeper(part))),
            Value::Either(first, second) => deeper(first).or_else(|| deeper(second)),
            Value::Joined(parts) => {
                let text: String = parts.iter().map(|part| deeper(part).unwrap_or_else(|| "{}".to_owned())).collect();
                (!text.starts_with("{}")).then_some(text)
            }
            Value::Call(call) => {
                let full = self.sources.scripts[at].1.full_name(&call.callee);
                if JOINS.contains(&full.as_str()) {
                    let (first, rest) = call.arguments.split_first()?;
                    return Some(rest.iter().fold(deeper(first)?, |path, part| below(path, deeper(part))));
                }
                if PATHS.contains(&full.as_str()) {
                    return deeper(call.arguments.first()?);
                }
                if full == "os.getcwd" || full.ends_with("Path.cwd") {
                    return Some(".".to_owned());
                }
                if full == "os.path.dirname" {
                    let inner = deeper(call.arguments.first()?)?;
                    return Some(RelPath::new(&inner).ok()?.parent()?.to_string());
                }
                self.sources.text(at, value, scope)
            }
            Value::Name(name) if name == "__file__" => Some(self.sources.scripts[at].0.strip(self.path)?.to_string()),
            Value::Name(name) => match self.sources.resolve(at, value, scope) {
                (_, Value::Name(_), _) => self.sources.text(at, value, scope),
                (there, found, scope) => {
                    let path = self.path_of(there, found, scope, steps + 1);
                    path.or_else(|| is_root(name).then(|| ".".to_owned()))
                }
            },
            _ => None,
        }
    }
}

/// `BASE_DIR`, `settings.ROOT_PATH`.
fn is_root(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    ROOTS.iter().any(|word| last.to_ascii_uppercase().split('_').any(|part| part == *word))
}

/// What a method is called on: `Path("x")` of `Path("x").mkdir()`.
fn called_on(call: &Call) -> Value {
    match &call.receiver {
        Some(path) => Value::Call(path.clone()),
        None => Value::Name(call.object().to_owned()),
    }
}

/// Whether a file is opened to be written.
fn writes(call: &Call) -> bool {
    let mode = call.argument("mode", 1).and_then(Value::text).unwrap_or("r");
    mode.contains(['w', 'a', 'x', '+'])
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    /// The places, as `place holds file:line`.
    fn of(code: &str) -> Vec<String> {
        let main = format!("from fastapi import FastAPI\napp = FastAPI()\n{code}\n");
        let files = [("requirements.txt", "fastapi[standard]==1\n"), ("main.py", main.as_str())];
        let written = project(&files).detect().unwrap().components.remove(0).written;
        written.iter().map(|one| format!("{one} {:?} {}", one.holds, one.evidence.place())).collect()
    }

    #[test]
    fn handlers_of_loggers_write_logs() {
        let handler =
            "from logging.handlers import RotatingFileHandler\nRotatingFileHandler('logs/app.log', maxBytes=1)";
        assert_eq!(of(handler), ["logs/ Logs main.py:4"]);
        assert_eq!(of("import logging\nlogging.basicConfig(filename='app.log')"), ["app.log Logs main.py:4"]);
        assert_eq!(of("from loguru import logger\nlogger.add('logs/{time}.log')"), ["logs/ Logs main.py:4"]);
    }

    #[test]
    fn folders_around_a_file_of_code_are_followed() {
        let logger = "import logging, os\nBASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nLOGS = os.path.join(BASE, 'logs')\nos.makedirs(LOGS)\nlogging.FileHandler(os.path.join(LOGS, 'app.log'))\n";
        let main = "from fastapi import FastAPI\nfrom .core import logger\napp = FastAPI()\n";
        let files = [
            ("requirements.txt", "fastapi[standard]==1\n"),
            ("app/main.py", main),
            ("app/__init__.py", ""),
            ("app/core/__init__.py", ""),
            ("app/core/logger.py", logger),
        ];
        let written = project(&files).detect().unwrap().components.remove(0).written;
        let shown: Vec<String> = written.iter().map(|one| format!("{one} {:?}", one.holds)).collect();
        assert_eq!(shown, ["app/logs/ Logs"]);
    }

    #[test]
    fn databases_in_files_are_data() {
        assert_eq!(of("name = 'database.db'\nurl = f'sqlite:///{name}'"), ["database.db Data main.py:4"]);
        assert_eq!(of("URL = 'sqlite+aiosqlite:///./data/app.db'"), ["data/ Data main.py:3"]);
        assert_eq!(of("import sqlite3\nsqlite3.connect('visits.db')"), ["visits.db Data main.py:4"]);
        assert_eq!(of("import sqlite3\nsqlite3.connect(':memory:')"), [""; 0]);
        let setting = "import os\nURL = os.getenv('DATABASE_URL', 'sqlite:///./app.db')";
        assert_eq!(of(setting), ["/data/ Data main.py:4"]);
    }

    #[test]
    fn folders_for_what_users_send_are_data() {
        assert_eq!(of("import os\nos.makedirs('uploads', exist_ok=True)"), ["uploads/ Data main.py:4"]);
        let path =
            "from pathlib import Path\nUPLOADS = Path('media') / 'in'\nUPLOADS.mkdir(parents=True, exist_ok=True)";
        assert_eq!(of(path), ["media/in/ Data main.py:5"]);
        let base = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\n(BASE_DIR / 'x').mkdir()\nD = BASE_DIR / 'files'\nD.mkdir()";
        assert_eq!(of(base), ["files/ Data main.py:7"]);
        assert_eq!(
            of("import aiofiles\nasync def f(n):\n  async with aiofiles.open(f'uploads/{n}', 'wb') as o: pass"),
            ["uploads/ Data main.py:5"]
        );
        assert_eq!(of("open('config.json')\nopen('out.json', 'w')"), [""; 0]);
    }
}
