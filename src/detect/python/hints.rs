//! Commands that start a server, wherever the project writes them down: evidence of the app and
//! the port, never run.

use super::super::Context;
use crate::facts::{Evidence, Port};
use crate::paths::RelPath;

const SERVERS: &[&str] = &["uvicorn", "gunicorn", "hypercorn", "granian", "daphne", "fastapi"];
/// Files that say how the program runs in production.
const STRONG: &[&str] = &[
    "app.yaml",
    "dockerfile",
    "entrypoint.sh",
    "fly.toml",
    "heroku.yml",
    "nixpacks.toml",
    "procfile",
    "railway.json",
    "railway.toml",
    "render.yaml",
    "run.sh",
    "start.sh",
    "supervisord.conf",
];
/// Files for the people who work on it.
const WEAK: &[&str] =
    &["makefile", "justfile", "taskfile.yml", "taskfile.yaml", "pyproject.toml", "readme.md", "tox.ini"];
/// Folders below the component whose files count too.
const FOLDERS: &[&str] = &["", "docker", "deploy", "deployment", "scripts", "bin", ".docker", "infra"];
const MAX_COMMANDS: usize = 40;

/// How much a command says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// How it runs in production.
    Production,
    /// How people run it while they work on it.
    Development,
    /// An example in the documentation.
    Told,
}

/// A command that starts a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// `uvicorn`, `fastapi`
    pub server: String,
    /// `app.main:app`, `app.main:create_app()`
    pub target: Option<String>,
    /// The file that `fastapi run` is given, and `--app`.
    pub file: Option<String>,
    pub app: Option<String>,
    pub factory: bool,
    /// `--app-dir`, `--chdir`
    pub folder: Option<String>,
    /// The number, or what `${PORT:-8000}` falls back to.
    pub port: Option<Port>,
    /// The variable that gives the port.
    pub port_name: Option<String>,
    pub host: Option<String>,
    pub weight: Weight,
    pub evidence: Evidence,
}

/// The commands of a component, those of production first.
pub fn commands(context: &Context<'_>, path: &RelPath) -> Vec<Command> {
    let mut found = Vec::new();
    let places = if path.is_root() { vec![path.clone()] } else { vec![path.clone(), RelPath::root()] };
    for place in places {
        let folders: Vec<RelPath> = FOLDERS.iter().filter_map(|folder| place.join(folder).ok()).collect();
        for file in context.project.files_below(&place) {
            let Some(weight) = file.parent().filter(|folder| folders.contains(folder)).and_then(|_| weight(file))
            else {
                continue;
            };
            if let Some(source) = context.project.read(file)
                && !source.lines().take(6).any(|(_, line)| line.contains("dockwright"))
                && found.len() < MAX_COMMANDS
            {
                of_file(file, source.text(), weight, &mut found);
            }
        }
    }
    found.sort_by_key(|command: &Command| command.weight);
    found
}

fn weight(file: &RelPath) -> Option<Weight> {
    let name = file.file_name().to_ascii_lowercase();
    let is_compose = (name.starts_with("compose") || name.starts_with("docker-compose"))
        && matches!(file.extension(), Some("yml" | "yaml"));
    let is_dockerfile =
        name.starts_with("dockerfile") && !name.ends_with(".dockerignore") || name.ends_with(".dockerfile");
    let is_dev = name.contains("dev") || name.contains("override") || name.contains("test") || name.contains("reload");
    if name == "readme.md" {
        Some(Weight::Told)
    } else if is_compose || is_dockerfile || STRONG.contains(&name.as_str()) {
        Some(if is_dev { Weight::Development } else { Weight::Production })
    } else if WEAK.contains(&name.as_str()) || matches!(file.extension(), Some("sh" | "mk")) {
        Some(Weight::Development)
    } else {
        None
    }
}

/// The commands of a text, a logical line at a time.
fn of_file(file: &RelPath, text: &str, weight: Weight, found: &mut Vec<Command>) {
    let is_prose = weight == Weight::Told;
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        let trimmed = lines[at].trim();
        at += 1;
        if !is_prose && (trimmed.starts_with('#') || trimmed.starts_with("//")) {
            continue;
        }
        let mut whole = trimmed.to_owned();
        while whole.ends_with('\\') && at < lines.len() {
            whole.pop();
            whole = format!("{whole} {}", lines[at].trim());
            at += 1;
        }
        // a list in YAML, an item a line; flags on lines of their own below `command: >`
        let is_word = |line: &str| line.starts_with("- ") || line.starts_with("--") || line.starts_with('"');
        let is_list = trimmed.starts_with("- ") || trimmed.ends_with('[') || trimmed.ends_with(['>', '|']);
        let names_server = |text: &str| SERVERS.iter().any(|server| text.contains(server));
        while at < lines.len() && (is_list || names_server(&whole)) && is_word(lines[at].trim()) {
            whole = format!("{whole} {}", lines[at].trim().trim_start_matches("- "));
            at += 1;
        }
        if names_server(&whole) {
            found.extend(command(file, first as u32 + 1, trimmed, &words(&whole), weight));
        }
    }
}

/// Words without quotes, brackets and commas: of a shell's line, a list in JSON or YAML alike.
fn words(line: &str) -> Vec<String> {
    let split = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '[' | ']' | ';' | '&' | '|');
    line.split(split).filter(|word| !word.is_empty() && *word != "-").map(str::to_owned).collect()
}

fn command(file: &RelPath, line: u32, text: &str, words: &[String], weight: Weight) -> Option<Command> {
    let is_server = |word: &String| SERVERS.iter().any(|server| word.rsplit('/').next() == Some(server));
    let (start, server) = words.iter().enumerate().find(|(at, word)| {
        let next = words.get(at + 1).map_or("", String::as_str);
        is_server(word) && (!word.ends_with("fastapi") || matches!(next, "run" | "dev"))
    })?;
    let rest = &words[start + 1..];
    let flag = |names: &[&str]| {
        rest.iter().enumerate().find_map(|(at, word)| {
            let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            let given = names.contains(&name);
            let value = value.or_else(|| rest.get(at + 1).map(String::as_str));
            value.filter(|_| given).map(str::to_owned)
        })
    };
    let server = server.rsplit('/').next().unwrap_or(server).to_owned();
    let target = rest.iter().find(|word| is_target(word)).cloned();
    let run_file = (server == "fastapi").then(|| rest.iter().skip(1).find(|word| !word.starts_with('-'))).flatten();
    let bind = flag(&["-b", "--bind"]);
    let (host, number) = match &bind {
        Some(bind) => bind.rsplit_once(':').map_or((None, None), |(host, port)| {
            // `${PORT:-8000}` has a colon of its own
            let whole = bind.split_once("${").map(|(host, port)| (host.trim_end_matches(':'), format!("${{{port}")));
            let (host, port) = whole.unwrap_or((host, port.to_owned()));
            (Some(host.to_owned()), Some(port))
        }),
        None => (flag(&["--host", "-h"]), flag(&["--port", "-p"])),
    };
    let (port, port_name) = number.as_deref().map_or((None, None), port);
    let is_reload = rest.iter().any(|word| word == "--reload" || word == "dev");
    let evidence =
        Evidence::at(file, line, text.chars().take(120).collect::<String>(), format!("a `{server}` command"));
    let has_target = target.is_some() || server == "fastapi";
    has_target.then(|| Command {
        target,
        file: run_file.filter(|file| file.ends_with(".py") || file.contains('/')).cloned(),
        app: (server == "fastapi").then(|| flag(&["--app"])).flatten(),
        factory: rest.iter().any(|word| word == "--factory"),
        folder: flag(&["--app-dir", "--chdir", "--working-dir"]),
        port,
        port_name,
        host,
        weight: if is_reload { weight.max(Weight::Development) } else { weight },
        evidence,
        server,
    })
}

/// `8000`, `$PORT`, `${PORT:-8000}`: the number and the name.
fn port(text: &str) -> (Option<Port>, Option<String>) {
    let Some(name) = text.strip_prefix('$') else { return (text.parse().ok(), None) };
    let name = name.trim_start_matches(['{', '(', '$']).trim_end_matches(['}', ')']);
    let (name, default) = match name.split_once(":-").or_else(|| name.split_once('-')) {
        Some((name, default)) => (name, default.parse().ok()),
        None => (name, None),
    };
    (default, Some(name.to_owned()).filter(|name| !name.is_empty()))
}

/// `app.main:app`, `app.main:create_app()`
fn is_target(word: &str) -> bool {
    let Some((module, variable)) = word.split_once(':') else { return false };
    let is_name = |text: &str| {
        text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    module.split('.').all(is_name) && is_name(variable.strip_suffix("()").unwrap_or(variable))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    /// `server target port` of the first command.
    fn of(file: &str, text: &str) -> String {
        project(&[(file, text)]).ask(|context| {
            let found = commands(context, &RelPath::root());
            let Some(one) = found.first() else { return "none".to_owned() };
            let port = one.port.map(|port| port.to_string()).or(one.port_name.clone()).unwrap_or_default();
            let target = one.target.as_ref().or(one.file.as_ref());
            format!("{:?} {} {} {port}", one.weight, one.server, target.map_or("", String::as_str)).trim().to_owned()
        })
    }

    #[test]
    fn commands_are_read_in_every_notation() {
        for (file, text, found) in [
            (
                "Procfile",
                "web: uvicorn app.main:app --host=0.0.0.0 --port=${PORT:-5000}",
                "Production uvicorn app.main:app 5000",
            ),
            ("Procfile", "web: uvicorn main:app --port $PORT", "Production uvicorn main:app PORT"),
            (
                "Dockerfile",
                "CMD [\"uvicorn\", \"app.main:app\", \"--port\", \"8080\"]",
                "Production uvicorn app.main:app 8080",
            ),
            ("Dockerfile", "CMD uvicorn \\\n  app.main:app \\\n  --port 8080", "Production uvicorn app.main:app 8080"),
            (
                "Dockerfile",
                "CMD [\"fastapi\", \"run\", \"app/main.py\", \"--port\", \"80\"]",
                "Production fastapi app/main.py 80",
            ),
            ("Dockerfile", "CMD [\"uv\", \"run\", \"python\", \"-m\", \"uvicorn\", \"a:b\"]", "Production uvicorn a:b"),
            (
                "Procfile",
                "web: gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:9000 app.main:app",
                "Production gunicorn app.main:app 9000",
            ),
            (
                "Procfile",
                "web: gunicorn 'app.main:create_app()' --bind :${PORT:-9000}",
                "Production gunicorn app.main:create_app() 9000",
            ),
            (
                "compose.yaml",
                "services:\n  web:\n    command: uvicorn app.main:app --port 8001",
                "Production uvicorn app.main:app 8001",
            ),
            (
                "docker-compose.yml",
                "services:\n  web:\n    command:\n      - uvicorn\n      - app.main:app\n      - --port\n      - \"8001\"",
                "Production uvicorn app.main:app 8001",
            ),
            ("docker-compose.yml", "    command: uvicorn app.main:app --reload", "Development uvicorn app.main:app"),
            (
                "Makefile",
                "run:\n\tpoetry run uvicorn app.main:app --port 8001",
                "Development uvicorn app.main:app 8001",
            ),
            ("README.md", "    $ uvicorn app.main:app", "Told uvicorn app.main:app"),
            ("start.sh", "exec hypercorn app.main:app --bind 0.0.0.0:8001", "Production hypercorn app.main:app 8001"),
            ("Procfile", "# web: uvicorn a:b", "none"),
            ("Dockerfile", "RUN pip install uvicorn fastapi", "none"),
            ("Dockerfile", "# Written by dockwright\nCMD [\"uvicorn\", \"a:b\"]", "none"),
        ] {
            assert_eq!(of(file, text), found, "{file}: {text}");
        }
    }
}
