//! Which port the app listens on when its people run it.

use super::super::Context;
use super::super::decided::{decided, or_found, or_none};
use super::hints::{Command, Weight};
use super::known::Known;
use super::script::{Call, Scope, Value};
use super::sources::Sources;
use crate::facts::{Confidence, Evidence, Found, Port};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Of uvicorn, fastapi-cli, hypercorn, granian and gunicorn alike.
const DEFAULT: u16 = 8000;
const RUNNERS: &[&str] =
    &["uvicorn.run", "uvicorn.main.run", "uvicorn.Config", "uvicorn.config.Config", "granian.Granian"];

/// One place in the code that listens.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The file's place in the sources, and the line from 1.
    pub at: usize,
    pub line: u32,
    pub port: Known,
    pub host: Known,
    /// `app.main:app`, where it is a text.
    pub target: Option<String>,
}

/// The port: what the commands of production say, else the code, else the commands of people.
///
/// # Errors
/// What was settled is no port.
pub fn port(context: &Context<'_>, path: &RelPath, sources: &Sources) -> Result<Found<Option<Port>>, Mistake> {
    let settled = decided(context, path, "port", or_none)?;
    Ok(or_found(settled, found(sources)))
}

fn found(sources: &Sources) -> Found<Option<Port>> {
    let of_command = |command: &Command| Some((command.port?, command.evidence.clone()));
    let is_strong = |command: &&Command| command.weight == Weight::Production;
    let commands = &sources.commands;
    let strong = commands.iter().filter(is_strong).filter_map(of_command);
    let weak = commands.iter().filter(|command| !is_strong(command)).filter_map(of_command);
    let listeners = listeners(sources);
    let code = listeners.iter().filter_map(|listener| {
        let port: Port = listener.port.literal.as_deref()?.parse().ok()?;
        Some((port, sources.evidence(listener.at, listener.line, "listens")))
    });
    let mut all: Vec<(Port, Evidence)> = Vec::new();
    for (port, evidence) in strong.chain(code).chain(weak) {
        if !all.iter().any(|(known, _)| *known == port) {
            all.push((port, evidence));
        }
    }
    // the image's user has no privilege, and the port outside is another matter
    let (low, mut high): (Vec<_>, Vec<_>) = all.into_iter().partition(|(port, _)| port.number() < 1024);
    let low = low.into_iter().map(|(port, evidence)| {
        (Some(port), Evidence { because: "below 1024: needs a privilege".to_owned(), ..evidence })
    });
    if high.is_empty() {
        let evidence = vec![Evidence::none("what servers of FastAPI use")];
        let (value, confidence) = (Port::new(DEFAULT).ok(), Confidence::Default);
        return Found::Known { value, confidence, evidence, rejected: low.collect() };
    }
    let (port, evidence) = high.remove(0);
    let rejected = high.into_iter().map(|(port, evidence)| (Some(port), evidence)).chain(low).collect();
    Found::Known { value: Some(port), confidence: Confidence::Inferred, evidence: vec![evidence], rejected }
}

/// Places in the code that listen, in the order of the files.
pub fn listeners(sources: &Sources) -> Vec<Listener> {
    let mut found = Vec::new();
    for (at, (file, script)) in sources.scripts.iter().enumerate() {
        for call in &script.calls {
            if RUNNERS.contains(&script.full_name(&call.callee).as_str()) {
                found.push(runner(sources, at, call));
            }
        }
        let is_config = file.file_name().starts_with("gunicorn") || file.file_name().starts_with("hypercorn");
        for binding in &script.bindings {
            // `bind = "0.0.0.0:8000"`; `config.bind = ["0.0.0.0:8000"]` of hypercorn
            let is_bind = is_config && binding.name == "bind" && binding.scope == Scope::Module
                || script.imports_package("hypercorn") && binding.name.ends_with(".bind");
            if !is_bind {
                continue;
            }
            let value = match &binding.value {
                Value::List(list) => list.first().unwrap_or(&Value::Other),
                other => other,
            };
            let known = sources.known(at, value, &binding.scope);
            let parts = known.literal.as_deref().and_then(|text| text.rsplit_once(':'));
            let of = |text: &str| Known { env: None, literal: Some(text.to_owned()) };
            let (host, port) = parts.map(|(host, port)| (of(host), of(port))).unwrap_or_default();
            found.push(Listener { at, line: binding.line, port, host, target: None });
        }
    }
    found
}

fn runner(sources: &Sources, at: usize, call: &Call) -> Listener {
    let known = |name: &str| call.keyword(name).map(|value| sources.known(at, value, &call.scope)).unwrap_or_default();
    let target = call.argument("app", 0).or_else(|| call.keyword("target")).and_then(Value::text);
    let host = if call.keyword("host").is_some() { known("host") } else { known("address") };
    Listener { at, line: call.line, port: known("port"), host, target: target.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Case, project};
    use super::*;

    /// `port confidence place`
    fn asked(case: &Case) -> String {
        case.ask(|context| {
            let root = RelPath::root();
            let found = port(context, &root, &Sources::read(context, &root)).unwrap();
            let Found::Known { value, confidence, evidence, .. } = found else { panic!("unknown") };
            format!(
                "{} {confidence:?} {}",
                value.map_or("none".to_owned(), |port| port.to_string()),
                evidence[0].place()
            )
        })
    }

    fn number(text: &str) -> String {
        asked(&project(&[("main.py", text)])).split(' ').next().unwrap().to_owned()
    }

    #[test]
    fn numbers_are_followed_to_where_they_stand() {
        for text in [
            "import uvicorn\nuvicorn.run(app, port=4000)",
            "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('main:app', host='0.0.0.0', port=4000, reload=True)",
            "from uvicorn import run\nrun(app, port=4000)",
            "import uvicorn\nPORT = 4000\nuvicorn.run(app, port=PORT)",
            "import uvicorn, os\nuvicorn.run(app, port=int(os.getenv('PORT', 4000)))",
            "import uvicorn, os\nport = int(os.environ.get('PORT', '4000'))\nuvicorn.run(app, port=port)",
            "import uvicorn, os\nuvicorn.run(app, port=int(os.getenv('PORT') or 4000))",
            "import uvicorn\ndef main(port: int = 4000):\n    uvicorn.run(app, port=port)",
            "import uvicorn\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    server_port: int = 4000\nsettings = Settings()\nuvicorn.run(app, port=settings.server_port)",
            "import uvicorn\nclass Settings:\n    port = 4000\ndef get(): return Settings()\nuvicorn.run(app, port=get().port)",
            "import uvicorn\nuvicorn.Server(uvicorn.Config(app, port=4000)).run()",
            "import uvicorn\nuvicorn.run(app, **{'port': 4000})",
            "from hypercorn.config import Config\nconfig = Config()\nconfig.bind = ['0.0.0.0:4000']",
        ] {
            assert_eq!(number(text), "4000", "{text}");
        }
        assert_eq!(
            asked(&project(&[("gunicorn.conf.py", "bind = '0.0.0.0:4000'")])),
            "4000 Inferred gunicorn.conf.py:1"
        );
    }

    #[test]
    fn production_comes_before_the_code_and_the_code_before_what_people_type() {
        let code = ("main.py", "import uvicorn\nuvicorn.run(app, port=4000)");
        let procfile = ("Procfile", "web: uvicorn main:app --port 5000");
        let makefile = ("Makefile", "run:\n\tuvicorn main:app --reload --port 6000");
        assert_eq!(asked(&project(&[code, procfile, makefile])), "5000 Inferred Procfile:1");
        assert_eq!(asked(&project(&[code, makefile])), "4000 Inferred main.py:2");
        assert_eq!(asked(&project(&[makefile])), "6000 Inferred Makefile:2");
        assert_eq!(asked(&project(&[code]).set("port", "7000")), "7000 Decided flag");
    }

    #[test]
    fn ports_that_need_a_privilege_are_not_taken() {
        let dockerfile = ("Dockerfile", "CMD [\"fastapi\", \"run\", \"app/main.py\", \"--port\", \"80\"]");
        assert_eq!(asked(&project(&[dockerfile])), "8000 Default what servers of FastAPI use");
        assert_eq!(number("x = 1"), "8000");
    }
}
