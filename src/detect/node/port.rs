//! Which port a component listens on, and what makes it reachable from outside of its container.

use super::super::Context;
use super::super::decided::{decided, or_found, or_none};
use super::super::examples::{Declared, declared};
use super::listen::{Known, Listener, listeners};
use super::script::Value;
use super::sources::Sources;
use crate::facts::{Argv, Confidence, EnvName, Evidence, Found, Line, Port};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Names and values that the image sets.
pub type Variables = Vec<(EnvName, Line)>;

const DEFAULT: u16 = 3000;
const EVERYWHERE: &str = "0.0.0.0";

/// The port, and the variables that the image has to set so that the server is reachable.
///
/// `frameworks`: a dependency answers over HTTP, so that something listens even if no source
/// shows it.
///
/// # Errors
/// What was settled is no port.
pub fn port(
    context: &Context<'_>,
    path: &RelPath,
    sources: &Sources,
    start: Option<&Argv>,
    frameworks: bool,
) -> Result<(Found<Option<Port>>, Variables), Mistake> {
    let settled = decided(context, path, "port", or_none)?;
    let listeners = listeners(sources);
    let finder = Finder { context, sources, examples: declared(context, path) };
    let mut environment = finder.hosts(&listeners);
    let command = start.map_or("", |start| start.words()[0].rsplit('/').next().unwrap_or_default());
    let host = context.presets.settings.command_hosts.get(command).and_then(|name| EnvName::new(name).ok());
    environment.extend(host.map(|name| (name, Line::from_text(EVERYWHERE))));
    let by_flag = start.and_then(flag).map(|(port, evidence)| Found::declared(Some(port), evidence));
    let found = by_flag.unwrap_or_else(|| finder.found(&listeners, start, frameworks));
    let found = or_found(settled, found);
    if let Some(Some(port)) = found.value() {
        environment.extend(finder.unset_name(&listeners, start, *port));
    }
    Ok((found, environment))
}

/// `-p N`, `--port N`, `--port=N` of the start command.
fn flag(start: &Argv) -> Option<(Port, Evidence)> {
    let words = start.words();
    // before the script a flag is Node's own
    let first = if words[0] == "node" { words.iter().skip(1).position(|word| !word.starts_with('-'))? + 2 } else { 1 };
    let found = words.iter().enumerate().skip(first).find_map(|(at, word)| {
        let after = word.strip_prefix("--port=").or_else(|| word.strip_prefix("-p="));
        let next = || matches!(word.as_str(), "-p" | "--port").then(|| words.get(at + 1)).flatten();
        after.or_else(|| next().map(String::as_str))?.parse().ok()
    })?;
    Some((found, Evidence::none("the start command")))
}

struct Finder<'a, 'p> {
    context: &'a Context<'p>,
    sources: &'a Sources,
    examples: Vec<Declared>,
}

/// What one listener says.
struct Candidate {
    known: Known,
    port: Option<Port>,
    evidence: Evidence,
    /// Smaller is better.
    rank: (bool, bool, bool),
}

impl Finder<'_, '_> {
    fn found(&self, listeners: &[Listener<'_>], start: Option<&Argv>, frameworks: bool) -> Found<Option<Port>> {
        let default = |because: &str| Found::default(Port::new(DEFAULT).ok(), because);
        let mut candidates =
            self.candidates(listeners, start).into_iter().filter(|one| !one.rank.0 || one.port.is_some());
        let numbered: Vec<Candidate> = candidates.by_ref().filter(|one| one.port.is_some()).collect();
        let mut numbered = numbered.into_iter();
        if let Some(best) = numbered.next() {
            let mut rejected: Vec<(Option<Port>, Evidence)> = Vec::new();
            for other in numbered {
                let is_new = other.port != best.port && rejected.iter().all(|(port, _)| *port != other.port);
                if is_new {
                    rejected.push((other.port, other.evidence));
                }
            }
            return Found::Known {
                value: best.port,
                confidence: Confidence::Inferred,
                evidence: vec![best.evidence],
                rejected,
            };
        }
        let example = self.examples.iter().find(|line| line.name.as_str() == "PORT");
        if listeners.is_empty() && !frameworks {
            return Found::inferred(None, Evidence::none("nothing listens"));
        }
        if let Some((port, line)) = example.and_then(|line| Some((line.value.parse::<Port>().ok()?, line))) {
            return Found::inferred(Some(port), line.evidence());
        }
        if listeners.is_empty() {
            let read = super::reads::reads(self.sources).into_iter().find_map(|read| {
                let port = read.default.filter(|_| read.name.as_str() == "PORT")?.parse::<Port>().ok()?;
                Some(Found::inferred(Some(port), read.evidence))
            });
            return read.unwrap_or_else(|| default("what most Node servers use"));
        }
        default("it listens, and no number is known")
    }

    /// The listeners, the best first.
    fn candidates(&self, listeners: &[Listener<'_>], start: Option<&Argv>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = listeners.iter().map(|listener| self.candidate(listener, start)).collect();
        found.sort_by_key(|candidate| candidate.rank);
        found
    }

    fn candidate(&self, listener: &Listener<'_>, start: Option<&Argv>) -> Candidate {
        let known = listener.port.map(|value| self.sources.known(listener.at, value)).unwrap_or_default();
        let (file, _) = &self.sources.scripts[listener.at];
        let own = known.literal.as_deref().and_then(|text| text.parse::<Port>().ok());
        let line = known.env.as_deref().and_then(|env| self.examples.iter().find(|line| line.name.as_str() == env));
        let example = line.and_then(|line| Some((line.value.parse::<Port>().ok()?, line.evidence())));
        // `PORT` is the image's to set, another name is filled with what the example says
        let own_first = known.env.as_deref() == Some("PORT");
        let here = || self.evidence(listener, &known);
        let (port, evidence) = match (own, example) {
            (Some(own), Some((_, _))) if own_first => (Some(own), here()),
            (_, Some((port, evidence))) => (Some(port), evidence),
            (own, None) => (own, here()),
        };
        let stem = |text: &str| text.rsplit('/').next().unwrap_or(text).split('.').next().unwrap_or("").to_owned();
        let is_started =
            start.is_some_and(|start| start.words().iter().any(|word| stem(word) == stem(file.file_name())));
        let rank = (self.is_second(listener, &known), !is_started, !own_first);
        Candidate { known, port, evidence, rank }
    }

    /// The line that says the number, else the one that listens.
    fn evidence(&self, listener: &Listener<'_>, known: &Known) -> Evidence {
        let reads = super::reads::reads(self.sources);
        let read = reads.into_iter().find(|read| {
            Some(read.name.as_str()) == known.env.as_deref() && read.default.is_some() && read.default == known.literal
        });
        read.map(|read| read.evidence).unwrap_or_else(|| {
            self.sources.evidence(&self.sources.scripts[listener.at].0, listener.call.line, "listens")
        })
    }

    /// Whether it is a port for metrics and the like.
    fn is_second(&self, listener: &Listener<'_>, known: &Known) -> bool {
        let mut names = vec![known.env.clone().unwrap_or_default(), listener.call.object().to_owned()];
        if let Some(Value::Name(name)) = listener.port {
            names.push(name.clone());
        }
        let words = names.iter().flat_map(|name| words(name)).collect::<Vec<_>>();
        words.iter().any(|word| self.context.presets.settings.second_words.contains(word) && word != "https")
    }

    /// A name without any value would leave the port to chance: the image sets it.
    fn unset_name(&self, listeners: &[Listener<'_>], start: Option<&Argv>, port: Port) -> Option<(EnvName, Line)> {
        let best = self.candidates(listeners, start).into_iter().next().filter(|best| !best.rank.0)?;
        let name = best.known.env.filter(|name| name != "PORT" && (best.port.is_none() || best.port != Some(port)))?;
        Some((EnvName::new(&name).ok()?, Line::from_text(&port.to_string())))
    }

    /// Names of the address to listen on; warns of servers that nobody outside can reach.
    fn hosts(&self, listeners: &[Listener<'_>]) -> Vec<(EnvName, Line)> {
        let preset = &self.context.presets.settings;
        let reads = super::reads::reads(self.sources);
        let read = reads.iter().map(|read| read.name.as_str());
        let mut names: Vec<String> =
            read.filter(|name| preset.host_names.iter().any(|host| host == name)).map(str::to_owned).collect();
        for listener in listeners {
            let known = listener.host.map(|value| self.sources.known(listener.at, value)).unwrap_or_default();
            let is_loopback = match &known.literal {
                Some(host) => host == "localhost" || host == "::1" || host.starts_with("127."),
                None => listener.host.is_none() && listener.is_shy,
            };
            if let Some(name) = known.env {
                names.push(name);
            } else if is_loopback {
                self.warn(listener);
            }
        }
        names.sort();
        names.dedup();
        let everywhere = Line::from_text(EVERYWHERE);
        names.into_iter().filter_map(|name| Some((EnvName::new(&name).ok()?, everywhere.clone()))).collect()
    }

    fn warn(&self, listener: &Listener<'_>) {
        let (file, _) = &self.sources.scripts[listener.at];
        let line = listener.call.line;
        let write = match listener.call.arguments.first() {
            Some(Value::Object(_)) => "`host: process.env.HOST ?? '0.0.0.0'`",
            _ => "`process.env.HOST ?? '0.0.0.0'` as the second argument",
        };
        self.context.warn(
            "listens-on-loopback",
            format!("{file}:{line} listens on loopback only: nobody outside of the container can connect"),
            vec![self.sources.evidence(file, line, "listens on loopback")],
            format!("write {write} there"),
        );
    }
}

/// The words of `METRICS_PORT` and `metricsPort`, lowercase.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let is_new = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase());
        if is_new {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Case, project};
    use super::*;

    /// `port confidence place`, the variables and ids of warnings.
    fn asked(case: &Case, start: Option<&str>, frameworks: bool) -> (String, Vec<String>, Vec<String>) {
        case.ask(|context| {
            let root = RelPath::root();
            let sources = Sources::read(context, &root);
            let start = start.map(|start| Argv::parse(start).unwrap());
            let (found, environment) = port(context, &root, &sources, start.as_ref(), frameworks).unwrap();
            let Found::Known { value, confidence, evidence, .. } = found else { panic!("unknown") };
            let port = value.map_or("none".to_owned(), |port| port.to_string());
            let shown = format!("{port} {confidence:?} {}", evidence[0].place());
            let environment = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let warnings = context.warnings.borrow().iter().map(|warning| warning.message.clone()).collect();
            (shown, environment, warnings)
        })
    }

    fn of(files: &[(&str, &str)]) -> String {
        asked(&project(files), None, true).0
    }

    fn number(text: &str) -> String {
        of(&[("app.js", text)]).split(' ').next().unwrap().to_owned()
    }

    #[test]
    fn numbers_are_followed_to_where_they_stand() {
        for text in [
            "app.listen(4000)",
            "app.listen('4000')",
            "app.listen(process.env.PORT || 4000, () => {})",
            "const port = parseInt(process.env.PORT ?? '4000', 10); server.listen(port)",
            "const port = +(process.env.PORT || 4000); app.listen({ port, host: '0.0.0.0' })",
            "var port = normalizePort(process.env.PORT || '4000'); app.set('port', port); server.listen(app.get('port'))",
            "const config = { server: { port: Number(process.env.PORT) || 4000 } }; app.listen(config.server.port)",
            "const { PORT = 4000 } = process.env; http.createServer(app).listen(PORT)",
            "import { serve } from '@hono/node-server'; serve({ fetch: app.fetch, port: 4000 })",
            "const env = z.object({ PORT: z.coerce.number().default(4000) }).parse(process.env); app.listen(env.PORT)",
            "await app.listen(configService.get('PORT', 4000))",
            "f({ port: process.env.DATABASE_PORT || 5432 }); registerAs('app', () => ({ port: process.env.PORT || 4000 })); app.listen(configService.getOrThrow('app.port', { infer: true }))",
            "class A { port = process.env.PORT || 4000; run() { this.app.listen(this.port) } }",
            "const server = Hapi.server({ port: 4000, host: '0.0.0.0' }); server.start()",
            "startStandaloneServer(server, { listen: { port: 4000 } })",
            "new WebSocketServer({ port: 4000 })",
            "metricsApp.listen(9100); app.listen(4000)",
            "app.listen(process.env.METRICS_PORT || 9100); app.listen(process.env.PORT || 4000)",
            "let port; port = process.env.PORT ? Number(process.env.PORT) : 4000; app.listen(port)",
            "new Elysia().get('/', f).listen(4000)",
        ] {
            assert_eq!(number(text), "4000", "{text}");
        }
    }

    #[test]
    fn settings_in_another_file_are_followed() {
        for (config, app) in [
            (
                "export const config = { port: process.env.PORT || 4000 }",
                "import { config } from './config'; app.listen(config.port)",
            ),
            ("export default { port: 4000 }", "import config from './config.js'; app.listen(config.port)"),
            ("module.exports = { port: 4000 }", "const config = require('./config'); app.listen(config.port)"),
            ("module.exports = { port: 4000 }", "const { port } = require('./config'); app.listen(port)"),
            ("exports.port = 4000", "app.listen(require('./config').port)"),
            ("export const PORT = 4000", "import * as c from './config'; app.listen(c.PORT)"),
            (
                "export const env = cleanEnv(process.env, { PORT: port({ default: 4000 }) })",
                "import { env } from './config'; app.listen(env.PORT)",
            ),
        ] {
            let found = of(&[("config.js", config), ("app.js", app)]);
            assert!(found.starts_with("4000 Inferred"), "{config} {app}: {found}");
        }
    }

    #[test]
    fn the_start_command_comes_before_the_code() {
        let case = project(&[("app.js", "app.listen(4000)")]);
        for start in ["serve -p 5000", "x --port 5000", "x --port=5000", "node server.js -p 5000"] {
            assert!(asked(&case, Some(start), true).0.starts_with("5000 Declared"), "{start}");
        }
        assert!(asked(&case, Some("node -p app.js"), true).0.starts_with("4000"));
    }

    #[test]
    fn what_was_settled_comes_first() {
        let case = project(&[("app.js", "app.listen(4000)")]).set("port", "5000");
        assert_eq!(asked(&case, None, true).0, "5000 Decided flag");
        let case = project(&[("app.js", "app.listen(4000)")]).set("port", "none");
        assert_eq!(asked(&case, None, true).0, "none Decided flag");
    }

    #[test]
    fn a_worker_listens_nowhere() {
        let case = project(&[("app.js", "queue.process(job => job); history.listen(() => {}); bus.listen('event')")]);
        assert_eq!(asked(&case, None, false).0, "none Inferred nothing listens");
    }

    #[test]
    fn without_a_number_it_is_what_most_use() {
        assert_eq!(
            of(&[("app.js", "app.listen(process.env.PORT)")]),
            "3000 Default it listens, and no number is known"
        );
        assert_eq!(of(&[("app.js", "x")]), "3000 Default what most Node servers use");
        let files = [("app.js", "app.listen(process.env.PORT)"), (".env.example", "PORT=4000")];
        assert_eq!(of(&files), "4000 Inferred .env.example:1");
    }

    #[test]
    fn another_name_gets_its_value_from_the_example_or_the_image() {
        let text = "app.listen(process.env.APP_PORT || 1000)";
        let case = project(&[("app.js", text), (".env.example", "APP_PORT=4000")]);
        assert_eq!(asked(&case, None, true), ("4000 Inferred .env.example:1".to_owned(), vec![], vec![]));
        let case = project(&[("app.js", "app.listen(process.env.APP_PORT)")]);
        assert_eq!(asked(&case, None, true).1, ["APP_PORT=3000"]);
    }

    #[test]
    fn names_of_a_host_are_set_so_that_it_is_reachable() {
        let fastify = "import Fastify from 'fastify'; const app = Fastify();";
        let text = format!("{fastify} app.listen({{ port: 3000, host: process.env.SERVER_IP || 'localhost' }})");
        let (_, environment, warnings) = asked(&project(&[("app.js", &text)]), None, true);
        assert_eq!((environment, warnings), (vec!["SERVER_IP=0.0.0.0".to_owned()], vec![]));
        let case = project(&[("app.js", "f(process.env.HOST); app.listen(3000)")]);
        assert_eq!(asked(&case, None, true).1, ["HOST=0.0.0.0"]);
    }

    #[test]
    fn a_server_on_loopback_is_warned_of() {
        let fastify = "import Fastify from 'fastify'\nconst app = Fastify()\n";
        for (text, line) in [
            (format!("{fastify}app.listen({{ port: 3000 }})"), 3),
            (format!("{fastify}app.listen({{ port: 3000, host: '127.0.0.1' }})"), 3),
            ("app.listen(3000, 'localhost')".to_owned(), 1),
        ] {
            let warnings = asked(&project(&[("app.js", &text)]), None, true).2;
            let expected =
                format!("app.js:{line} listens on loopback only: nobody outside of the container can connect");
            assert_eq!(warnings, [expected], "{text}");
        }
        for text in ["app.listen(3000)", "app.listen(3000, '0.0.0.0')"] {
            assert_eq!(asked(&project(&[("app.js", text)]), None, true).2, [""; 0], "{text}");
        }
    }
}
