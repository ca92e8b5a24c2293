//! Which port the program listens on, and what makes it listen where it can be reached.

use super::super::Context;
use super::super::decided::{decided, or_found, or_none};
use super::super::settings::Read;
use super::address::{Address, Shape, is_host, is_loopback};
use super::calls::Call;
use super::hints::{Hint, Knob, example, hints, loopback_flags};
use super::program::Program;
use crate::facts::{Confidence, EnvName, Evidence, Found, Line, Port};
use crate::paths::RelPath;
use crate::project::Mistake;

/// The port with what the image has to set for it.
pub struct Listen {
    pub port: Found<Option<Port>>,
    pub environment: Vec<(EnvName, Line)>,
    /// Flags that the start command needs.
    pub arguments: Vec<String>,
    /// Where those flags are defined.
    pub flagged: Option<Evidence>,
}

/// What a server is started with where nothing says which port.
const USUAL: u16 = 8080;

/// Finds the port in the code, and in `.env.example` for what the code only names.
///
/// # Errors
/// What was settled is no port.
pub fn port(
    context: &Context<'_>,
    path: &RelPath,
    program: &Program<'_>,
    reads: &[Read],
    assets: &[(RelPath, Evidence)],
) -> Result<Listen, Mistake> {
    let settled = decided(context, path, "port", or_none::<Port>)?;
    let mut listen = Listen { port: Found::Absent, environment: Vec::new(), arguments: Vec::new(), flagged: None };
    if !is_server(&program.calls) {
        let found = Found::Known {
            value: None,
            confidence: Confidence::Inferred,
            evidence: vec![Evidence::none("nothing in the code listens")],
            rejected: vec![],
        };
        listen.port = or_found(settled, found);
        return Ok(listen);
    }
    let hints = hints(context, path, program, reads, assets);
    listen.port = or_found(settled, choose(&hints));
    let Some(port) = listen.port.value().copied().flatten() else { return Ok(listen) };
    if !hints.is_empty() {
        adjust(context, path, &mut listen, &hints, port, reads, program);
    }
    Ok(listen)
}

/// The best hint's port; a question where equally good ones differ.
fn choose(hints: &[Hint]) -> Found<Option<Port>> {
    let Some(best) = hints.first() else { return Found::Absent };
    let usual = Port::new(USUAL).ok();
    let value = best.address.as_ref().map(|address| address.port).or(usual);
    let equal: Vec<&Hint> = hints.iter().filter(|hint| hint.score == best.score).collect();
    if best.is_aside
        || equal.iter().any(|hint| hint.address.as_ref().map(|a| a.port) != best.address.as_ref().map(|a| a.port))
    {
        let mut candidates: Vec<(Option<Port>, Evidence)> = Vec::new();
        for hint in equal {
            let port = hint.address.as_ref().map(|address| address.port);
            if port.is_some() && !candidates.iter().any(|(known, _)| *known == port) {
                candidates.push((port, hint.evidence.clone()));
            }
        }
        return Found::Unclear { candidates };
    }
    let mut rejected: Vec<(Option<Port>, Evidence)> = Vec::new();
    for hint in hints {
        let port = hint.address.as_ref().map(|address| address.port);
        if port.is_some() && port != value && !rejected.iter().any(|(known, _)| *known == port) {
            rejected.push((port, hint.evidence.clone()));
        }
    }
    Found::Known { value, confidence: best.confidence, evidence: vec![best.evidence.clone()], rejected }
}

/// Sets the variable or flag where the program would listen elsewhere, or where nobody reaches it.
fn adjust(
    context: &Context<'_>,
    path: &RelPath,
    listen: &mut Listen,
    hints: &[Hint],
    port: Port,
    reads: &[Read],
    program: &Program<'_>,
) {
    let Some(best) = hints.first() else { return };
    // a variable without a value may move what a literal says
    let unvalued = || hints.iter().find(|hint| hint.address.is_none()).and_then(|hint| hint.knob.as_ref());
    let module = program.module.short_name();
    let hosts: Vec<&Read> = reads
        .iter()
        .filter(|read| is_host(read.name.as_str(), &context.presets.settings.host_names, module))
        .filter(|read| {
            let given =
                read.default.clone().or_else(|| example(context, path, read.name.as_str()).map(|(value, _)| value));
            given.as_deref().is_some_and(is_loopback)
        })
        .collect();
    for read in &hosts {
        listen.environment.push((read.name.clone(), Line::from_text("0.0.0.0")));
    }
    for (name, evidence) in loopback_flags(program) {
        listen.arguments.push(format!("--{name}=0.0.0.0"));
        listen.flagged = Some(evidence);
    }
    let loopback = best.address.as_ref().is_some_and(Address::is_loopback);
    let elsewhere = !best.is_default || best.address.as_ref().map(|address| address.port) != Some(port);
    let text = |shape: Shape| match shape {
        Shape::Port => port.to_string(),
        Shape::Address => format!(":{port}"),
    };
    match best.knob.as_ref().or_else(unvalued) {
        // the image sets `PORT` itself, as a number
        Some(Knob::Variable(name, Shape::Port)) if name.as_str() == "PORT" => {}
        Some(Knob::Variable(name, shape)) if loopback || elsewhere => {
            listen.environment.push((name.clone(), Line::from_text(&text(*shape))));
        }
        Some(Knob::Flag(name, shape)) if loopback || elsewhere => {
            listen.arguments.push(format!("--{name}={}", text(*shape)));
            listen.flagged = Some(best.evidence.clone());
        }
        None if loopback && hosts.is_empty() => {
            let place = best.evidence.place();
            context.warn(
                "listens-on-loopback",
                format!("the server listens on loopback only, nobody outside of its container can connect ({place})"),
                vec![best.evidence.clone()],
                format!("listen on `:{port}` there, or read the address from the environment"),
            );
        }
        _ => {}
    }
}

/// Whether something in the code listens.
fn is_server(calls: &[Call<'_>]) -> bool {
    listening(calls).is_some()
}

/// The first call by which a program listens.
pub fn listening<'c, 'a>(calls: &'c [Call<'a>]) -> Option<&'c Call<'a>> {
    const CALLS: &[&str] = &[
        "http.ListenAndServe",
        "http.ListenAndServeTLS",
        "http.Serve",
        "net.Listen",
        "gin.Default",
        "gin.New",
        "echo.New",
        "fiber.New",
        "grpc.NewServer",
        "chi.NewRouter",
        "chi.NewMux",
        "mux.NewRouter",
        "httprouter.New",
        "http.NewServeMux",
        "http.HandleFunc",
        "http.Handle",
        "iris.New",
        "iris.Default",
        "beego.Run",
        "web.Run",
        "fasthttp.ListenAndServe",
        "flow.New",
        "bunrouter.New",
        "rest.MustNewServer",
        "app.Listen",
        "server.Default",
        "hertz.Default",
        "net.ListenTCP",
    ];
    calls.iter().find(|call| {
        CALLS.iter().any(|known| call.is(known)) || matches!(call.name(), "ListenAndServe" | "ListenAndServeTLS")
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::{Component, Found};

    fn component(main: &str, more: &[(&str, &str)], settled: &[(&str, &str)]) -> (Component, Vec<String>) {
        let mut files = vec![("go.mod", "module example.com/shop\n\ngo 1.26\n"), ("main.go", main)];
        files.extend_from_slice(more);
        let mut case = project(&files);
        for (key, value) in settled {
            case = case.set(key, value);
        }
        let mut detection = case.detect().unwrap();
        let warnings = detection.warnings.iter().map(|warning| warning.id.clone()).collect();
        (detection.components.remove(0), warnings)
    }

    fn main(body: &str) -> String {
        format!("package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {{\n{body}\n}}\n")
    }

    fn shown(main_body: &str) -> (String, String, Vec<String>) {
        let (component, _) = component(&main(main_body), &[], &[]);
        let port = match &component.port {
            Found::Known { value: Some(port), .. } => port.to_string(),
            Found::Known { value: None, .. } => "none".to_owned(),
            Found::Unclear { candidates } => {
                candidates.iter().map(|(port, _)| port.unwrap().to_string()).collect::<Vec<_>>().join("|")
            }
            Found::Absent => "absent".to_owned(),
        };
        let place = component.port.evidence().map(|evidence| evidence.place()).unwrap_or_default();
        let environment =
            component.environment.iter().map(|(name, value)| format!("{}={}", name.as_str(), value.as_str())).collect();
        (port, place, environment)
    }

    #[test]
    fn the_port_is_where_the_code_listens() {
        for (body, port) in [
            ("http.ListenAndServe(\":8081\", nil)", "8081"),
            ("s := &http.Server{Addr: \"0.0.0.0:8082\"}; s.ListenAndServe()", "8082"),
            ("addr := \":8083\"\nhttp.ListenAndServe(addr, nil)", "8083"),
            (
                "port := os.Getenv(\"PORT\")\nif port == \"\" {\n port = \"8084\"\n}\nhttp.ListenAndServe(\":\"+port, nil)",
                "8084",
            ),
            ("http.ListenAndServe(cmp.Or(os.Getenv(\"ADDR\"), \":8085\"), nil)", "8085"),
            ("a := flag.String(\"addr\", \":8086\", \"\")\nhttp.ListenAndServe(*a, nil)", "8086"),
            ("p := flag.Int(\"port\", 8087, \"\")\nhttp.ListenAndServe(fmt.Sprintf(\":%d\", *p), nil)", "8087"),
            ("go http.ListenAndServe(\":6060\", nil)\nhttp.ListenAndServe(\":8088\", nil)", "8088"),
            ("go http.ListenAndServe(\":6060\", nil)\nx.Serve(l)", "6060"),
            ("go http.ListenAndServe(\":8001\", nil)\nhttp.ListenAndServe(\":8002\", nil)", "8001|8002"),
            ("http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil)", "8080"),
            ("rdb := redis.NewClient(&redis.Options{Addr: \"localhost:6379\"})\nhttp.ListenAndServe(x, nil)", "absent"),
            ("http.Get(\"http://localhost:8080\")", "none"),
        ] {
            assert_eq!(shown(body).0, port, "{body}");
        }
        assert_eq!(shown("x()\nhttp.ListenAndServe(\":8081\", nil)").1, "main.go:10");
    }

    #[test]
    fn flags_of_kingpin_and_named_constants_count() {
        let kingpin = "a := kingpin.Flag(\"listen\", \"x\").Default(\":8081\").String()\nhttp.ListenAndServe(*a, nil)";
        assert_eq!(shown(kingpin).0, "8081");
        let constant = format!("{}\nconst DefaultPort = 8081\n", main("http.ListenAndServe(x(), nil)"));
        let (component, _) = component(&constant, &[], &[]);
        assert_eq!(component.listens_on().unwrap().number(), 8081);
    }

    #[test]
    fn a_variable_without_a_value_is_given_one() {
        assert_eq!(shown("http.ListenAndServe(os.Getenv(\"HTTP_ADDR\"), nil)").2, ["HTTP_ADDR=:8080"]);
        assert_eq!(shown("http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil)").2, [""; 0]);
        let body = main("http.ListenAndServe(\":\"+os.Getenv(\"APP_PORT\"), nil)");
        let (component, _) = component(&body, &[(".env.example", "DB_PORT=5432\nAPP_PORT=3000 # web\n")], &[]);
        assert_eq!(component.listens_on().unwrap().number(), 3000);
        assert_eq!(component.port.evidence().unwrap().place(), ".env.example:2");
    }

    #[test]
    fn a_server_on_loopback_is_moved_or_named() {
        let (_, _, environment) = shown("http.ListenAndServe(cmp.Or(os.Getenv(\"ADDR\"), \"127.0.0.1:8080\"), nil)");
        assert_eq!(environment, ["ADDR=:8080"]);
        let (component, warnings) = component(&main("http.ListenAndServe(\"localhost:8080\", nil)"), &[], &[]);
        assert_eq!(component.listens_on().unwrap().number(), 8080);
        assert_eq!(warnings, ["listens-on-loopback"]);
        let flag = "a := flag.String(\"addr\", \"localhost:4000\", \"\")\nhttp.ListenAndServe(*a, nil)";
        let (component, warnings) = self::component(&main(flag), &[], &[]);
        assert_eq!(component.start.value().unwrap().to_string(), "/server --addr=:4000");
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_host_that_is_loopback_is_opened() {
        let body = main("http.ListenAndServe(os.Getenv(\"HOST\")+\":\"+os.Getenv(\"PORT\"), nil)");
        let (component, _) = component(&body, &[(".env.example", "HOST=localhost\nPORT=4000\n")], &[]);
        assert_eq!(component.listens_on().unwrap().number(), 4000);
        let environment: Vec<_> = component.environment.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(environment, [("HOST", "0.0.0.0")]);
        let flags = "a := flag.String(\"host\", \"127.0.0.1\", \"\")\np := flag.Int(\"port\", 8087, \"\")\nhttp.ListenAndServe(f(a, p), nil)";
        let (component, _) = self::component(&main(flags), &[], &[]);
        assert_eq!(component.start.value().unwrap().to_string(), "/server --host=0.0.0.0");
    }

    #[test]
    fn a_settled_port_reaches_the_program() {
        let body = main("http.ListenAndServe(cmp.Or(os.Getenv(\"ADDR\"), \":8080\"), nil)");
        let (component, _) = component(&body, &[], &[("port", "9000")]);
        assert_eq!(component.listens_on().unwrap().number(), 9000);
        assert_eq!(component.environment[0].1.as_str(), ":9000");
        match &component.port {
            Found::Known { rejected, .. } => assert_eq!(rejected[0].0.unwrap().number(), 8080),
            other => panic!("{other:?}"),
        }
    }
}
