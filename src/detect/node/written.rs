//! Where an app writes while it runs: transports of loggers, databases in files, folders for what
//! users send.

use super::super::Context;
use super::super::written::Places;
use super::script::{Call, Script, Value};
use super::sources::Sources;
use crate::facts::{Evidence, Holding, Setting, Written};
use crate::paths::RelPath;

/// Functions that make the folder that they are given.
const MAKES_FOLDER: &[&str] = &["mkdir", "mkdirSync", "mkdirp", "mkdirpSync", "ensureDir", "ensureDirSync"];
/// Functions that write the file that they are given.
const WRITES_FILE: &[&str] = &[
    "appendFile",
    "appendFileSync",
    "createWriteStream",
    "outputFile",
    "outputFileSync",
    "writeFile",
    "writeFileSync",
];
/// Options of loggers that name a file, and those that name a folder.
const LOG_FILES: &[&str] = &["filename", "dest", "destination"];
const LOG_FOLDERS: &[&str] = &["dirname", "path"];
/// Packages that keep a database in a file.
const SQLITE: &[&str] = &[
    "@libsql/client",
    "@prisma/adapter-better-sqlite3",
    "better-sqlite3",
    "bun:sqlite",
    "knex",
    "libsql",
    "node:sqlite",
    "sequelize",
    "sqlite",
    "sqlite3",
    "typeorm",
];
/// Names are followed through few files.
const MAX_STEPS: u32 = 8;

/// The places that the code names, with those that settings say.
pub fn written(
    context: &Context<'_>,
    path: &RelPath,
    sources: &Sources,
    output: Option<&RelPath>,
    settings: &[Setting],
) -> Vec<Written> {
    let mut found = Found { sources, path, output, places: Places::new(context, path) };
    let uses_sqlite = |script: &Script| SQLITE.iter().any(|package| script.imports_package(package));
    let has_sqlite = sources.scripts.iter().any(|(_, script)| uses_sqlite(script));
    for at in 0..sources.scripts.len() {
        found.calls(at);
        found.texts(at, has_sqlite);
    }
    found.places.finish(settings)
}

struct Found<'a> {
    sources: &'a Sources,
    path: &'a RelPath,
    output: Option<&'a RelPath>,
    places: Places<'a>,
}

impl Found<'_> {
    fn calls(&mut self, at: usize) {
        let sources = self.sources;
        let (file, script) = &sources.scripts[at];
        let takes_files = ["multer", "@nestjs/platform-express", "fastify-multer"];
        let takes_files = takes_files.iter().any(|package| script.imports_package(package));
        for call in &script.calls {
            let name = call.name().trim_start_matches("new ");
            let say = |because: &str| sources.evidence(file, call.line, because);
            let first = call.arguments.first();
            if MAKES_FOLDER.contains(&name) {
                self.folder(at, first, None, say("a folder that it makes"));
            } else if WRITES_FILE.contains(&name) {
                self.file(at, first, None, say("a file that it writes"));
            } else if takes_files && ["multer", "diskStorage", "FileInterceptor", "FilesInterceptor"].contains(&name) {
                for argument in &call.arguments {
                    let place = argument.get("dest").or_else(|| argument.get("destination"));
                    self.folder(at, place, Some(Holding::Data), say("what users send"));
                }
            } else if takes_files && ["cb", "callback", "done"].contains(&name) {
                // `destination: (request, file, cb) => cb(null, 'uploads')`
                let place = call.arguments.get(1).filter(|place| is_folder(place));
                self.folder(at, place, Some(Holding::Data), say("what users send"));
            } else if is_logger(name) {
                self.logger(at, call, &say("a file of logs; its output is the better place"));
            }
        }
    }

    /// `new winston.transports.File({ filename })`, `pino.destination(path)`.
    fn logger(&mut self, at: usize, call: &Call, evidence: &Evidence) {
        let logs = Some(Holding::Logs);
        for argument in &call.arguments {
            let folder = LOG_FOLDERS.iter().find_map(|key| argument.get(key));
            match folder {
                Some(folder) => self.folder(at, Some(folder), logs, evidence.clone()),
                None => {
                    let option = LOG_FILES.iter().find_map(|key| argument.get(key));
                    let text = matches!(argument, Value::Text(text) if text.contains('.')).then_some(argument);
                    self.file(at, option.or(text), logs, evidence.clone());
                }
            }
        }
    }

    /// Paths that texts are, whatever is done with them; those that a path is joined of are not.
    fn texts(&mut self, at: usize, has_sqlite: bool) {
        let sources = self.sources;
        let (file, script) = &sources.scripts[at];
        let joins = script.calls.iter().filter(|call| is_join(call));
        let joined: Vec<&Value> = joins.clone().flat_map(|call| &call.arguments).collect();
        for call in joins {
            let Some(path) = self.joined(at, call, 0) else { continue };
            self.text(&path, has_sqlite, sources.evidence(file, call.line, "named in the code"));
        }
        for (text, line) in &script.texts {
            if !joined.iter().any(|value| value.text() == Some(text)) {
                self.text(text, has_sqlite, sources.evidence(file, *line, "named in the code"));
            }
        }
    }

    fn text(&mut self, text: &str, has_sqlite: bool, evidence: Evidence) {
        if text.ends_with(".log") && text.len() > 4 {
            self.places.file(text, Some(Holding::Logs), Evidence { because: "a file of logs".to_owned(), ..evidence });
        } else if has_sqlite {
            self.places.database(text, Evidence { because: "a database in a file".to_owned(), ..evidence });
        }
    }

    fn folder(&mut self, at: usize, value: Option<&Value>, holds: Option<Holding>, evidence: Evidence) {
        if let Some(path) = value.and_then(|value| self.path_of(at, value, 0)) {
            self.places.folder(&path, holds, evidence);
        }
    }

    fn file(&mut self, at: usize, value: Option<&Value>, holds: Option<Holding>, evidence: Evidence) {
        if let Some(path) = value.and_then(|value| self.path_of(at, value, 0)) {
            self.places.file(&path, holds, evidence);
        }
    }

    /// A path as it is from where the app runs. Of a name that is made up while it runs the folder
    /// is enough.
    fn path_of(&self, at: usize, value: &Value, steps: u32) -> Option<String> {
        if steps > MAX_STEPS {
            return None;
        }
        match value {
            Value::Text(text) => Some(text.clone()),
            Value::Name(name) if name == "__dirname" || name == "import.meta.dirname" => self.folder_of(at),
            Value::Call(call) if is_join(call) => self.joined(at, call, steps + 1),
            Value::Call(call) if call.callee == "process.cwd" => Some(".".to_owned()),
            Value::Either(first, second) => {
                self.path_of(at, first, steps + 1).or_else(|| self.path_of(at, second, steps + 1))
            }
            Value::Joined(parts) => {
                let mut text = String::new();
                for part in parts {
                    text += &self.path_of(at, part, steps + 1).unwrap_or_else(|| "{}".to_owned());
                }
                (!text.starts_with("{}")).then_some(text)
            }
            Value::Name(_) => match self.sources.resolve(at, value) {
                (_, Value::Name(_)) => None,
                (there, found) => self.path_of(there, &found, steps + 1),
            },
            _ => None,
        }
    }

    fn joined(&self, at: usize, call: &Call, steps: u32) -> Option<String> {
        let mut path = String::new();
        for (place, argument) in call.arguments.iter().enumerate() {
            let part = self.path_of(at, argument, steps + 1);
            match part {
                Some(part) if part.starts_with('/') && place == 0 => path = part,
                Some(part) if path.is_empty() => path = part,
                Some(part) => path = format!("{path}/{}", part.trim_start_matches('/')),
                // a name that is made up is the last part
                None if place > 0 && place + 1 == call.arguments.len() => path += "/{}",
                None => return None,
            }
        }
        (!path.is_empty()).then_some(path)
    }

    /// The folder of a file once it is built.
    fn folder_of(&self, at: usize) -> Option<String> {
        let folder = self.sources.scripts[at].0.strip(self.path)?.parent()?;
        let Some(output) = self.output else { return Some(folder.to_string()) };
        let inner = RelPath::new("src").ok().and_then(|src| folder.strip(&src)).unwrap_or(folder);
        Some(output.join(inner.as_str()).ok()?.to_string())
    }
}

fn is_join(call: &Call) -> bool {
    matches!(call.callee.as_str(), "path.join" | "path.resolve" | "join" | "resolve") && !call.arguments.is_empty()
}

fn is_logger(name: &str) -> bool {
    matches!(name, "File" | "DailyRotateFile" | "createStream" | "destination" | "SonicBoom")
}

/// Whether a value may be a folder: other callbacks are given names of files.
fn is_folder(value: &Value) -> bool {
    !matches!(value, Value::Text(text) if text.contains('.') && !text.starts_with("./"))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const PACKAGE: &str = "{\"name\": \"a\", \"main\": \"app.js\", \"dependencies\": {\"express\": \"5\"}}";

    /// The places, as `place holds file:line`.
    fn of(code: &str) -> Vec<String> {
        let app = format!("require('express')().listen(3000)\n{code}");
        let files = [("package.json", PACKAGE), ("app.js", app.as_str()), ("src/a.js", "")];
        let written = project(&files).detect().unwrap().components.remove(0).written;
        written.iter().map(|one| format!("{one} {:?} {}", one.holds, one.evidence.place())).collect()
    }

    #[test]
    fn files_of_loggers_are_logs() {
        assert_eq!(of("new winston.transports.File({ filename: 'logs/error.log' })"), ["logs/ Logs app.js:2"]);
        assert_eq!(
            of("new DailyRotateFile({ dirname: 'var/out', filename: 'a-%DATE%.log' })"),
            ["var/out/ Logs app.js:2"]
        );
        assert_eq!(
            of("pino({ transport: { target: 'pino/file', options: { destination: './app.log' } } })"),
            ["app.log Logs app.js:2"]
        );
        assert_eq!(
            of("fs.createWriteStream(path.join(__dirname, 'log', 'access.log'), { flags: 'a' })"),
            ["log/ Logs app.js:2"]
        );
    }

    #[test]
    fn databases_in_files_are_data() {
        assert_eq!(of("const D = require('better-sqlite3')\nnew D('app.db')"), ["app.db Data app.js:3"]);
        assert_eq!(
            of("const D = require('better-sqlite3')\nnew D(path.join(process.cwd(), 'data', 'app.db'))"),
            ["data/ Data app.js:3"]
        );
        assert_eq!(
            of(
                "const s = require('sqlite3')\nconst file = path.resolve(__dirname, './db/x.sqlite')\nnew s.Database(file)"
            ),
            ["db/ Data app.js:3"]
        );
        assert_eq!(of("const s = require('sqlite3')\nnew s.Database(':memory:')"), [""; 0]);
    }

    #[test]
    fn a_database_that_a_setting_names_lies_in_the_volume() {
        let code = "const D = require('better-sqlite3')\nnew D(process.env.DB_PATH || 'app.db')";
        assert_eq!(of(code), ["/data/ Data app.js:3"]);
    }

    #[test]
    fn folders_for_what_users_send_are_data() {
        assert_eq!(of("const multer = require('multer')\nmulter({ dest: 'uploads/' })"), ["uploads/ Data app.js:3"]);
        let storage = "const multer = require('multer')\nmulter.diskStorage({\n destination: (r, f, cb) => cb(null, './public/uploads'),\n filename: (r, f, cb) => cb(null, 'x.png') })";
        assert_eq!(of(storage), ["public/uploads/ Data app.js:4"]);
        assert_eq!(of("const dir = path.join(__dirname, 'tmp')\nfs.mkdirSync(dir)"), ["tmp/ Scratch app.js:3"]);
        assert_eq!(of("fs.writeFileSync(`data/${id}.json`, x)"), ["data/ Data app.js:2"]);
        assert_eq!(of("fs.writeFileSync('openapi.json', x); fs.mkdirSync('src')"), [""; 0]);
    }
}
