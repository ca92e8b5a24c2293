//! The route that tells how the program is.

use std::collections::BTreeMap;

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::calls::Call;
use super::code::GoFile;
use super::declarations::{closing, split};
use super::program::Program;
use super::scan::{Kind, Token};
use crate::facts::{Evidence, Found, HttpPath, Port, Probe};
use crate::paths::RelPath;
use crate::project::Mistake;

/// Last parts of health routes, the best first: those that ask for nothing else come before those
/// that ask the database too.
const ROUTES: &[&str] = &[
    "/healthz",
    "/health",
    "/livez",
    "/live",
    "/health/live",
    "/healthz/live",
    "/health-check",
    "/healthcheck",
    "/healthchecker",
    "/ping",
    "/status",
    "/readyz",
    "/ready",
    "/readiness",
    "/health/ready",
    "/healthz/ready",
];
const METHODS: &[&str] = &[
    "Get",
    "GET",
    "HandleFunc",
    "Handle",
    "Any",
    "All",
    "GetFunc",
    "HandlerFunc",
    "Handler",
    "Method",
    "MethodFunc",
    "To",
];

/// Finds the health route; the port alone where none is known.
///
/// # Errors
/// What was settled is no path.
pub fn health(
    context: &Context<'_>,
    path: &RelPath,
    program: &Program<'_>,
    port: &Found<Option<Port>>,
) -> Result<Found<Probe>, Mistake> {
    let settled = decided(context, path, "health", str::parse::<Probe>)?;
    let found = if matches!(port, Found::Known { value: None, .. }) {
        Found::inferred(Probe::None, Evidence::none("nothing listens"))
    } else {
        let routes = Routes { program, by_function: by_function(program) };
        route(&routes).unwrap_or_else(|| Found::default(Probe::Port, "no health route in the code"))
    };
    Ok(or_found(settled, found))
}

struct Routes<'a> {
    program: &'a Program<'a>,
    /// Calls of functions of the program, by the function's name.
    by_function: BTreeMap<&'a str, Vec<&'a Call<'a>>>,
}

fn by_function<'a>(program: &'a Program<'a>) -> BTreeMap<&'a str, Vec<&'a Call<'a>>> {
    let mut found: BTreeMap<&str, Vec<&Call<'_>>> = BTreeMap::new();
    for call in &program.calls {
        if let Some(name) = call.path.last() {
            found.entry(name).or_default().push(call);
        }
    }
    found
}

fn route(routes: &Routes<'_>) -> Option<Found<Probe>> {
    let mut found: Vec<(usize, usize, HttpPath, Evidence)> = Vec::new();
    for call in &routes.program.calls {
        let Some((path, evidence)) = routes.path(call) else { continue };
        let Some(rank) = rank(&path) else { continue };
        if let Ok(path) = HttpPath::new(&path) {
            found.push((rank, path.as_str().len(), path, evidence));
        }
    }
    found.sort_by_key(|route| (route.0, route.1));
    let mut found = found.into_iter();
    let (_, _, path, evidence) = found.next()?;
    let mut known = Found::inferred(Probe::Http(path.clone()), evidence);
    if let Found::Known { rejected, .. } = &mut known {
        for (_, _, other, evidence) in found {
            if other != path && !rejected.iter().any(|(known, _)| *known == Probe::Http(other.clone())) {
                rejected.push((Probe::Http(other), evidence));
            }
        }
    }
    Some(known)
}

/// Whether a name says that a router serves something beside the app.
pub fn is_second(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["metric", "debug", "pprof", "admin", "telemetry", "prometheus", "monitor"].iter().any(|word| lower.contains(word))
}

/// How good a health route a path is, by its end: `/api/v1/health` too.
fn rank(path: &str) -> Option<usize> {
    let path = path.trim_end_matches('/');
    ROUTES
        .iter()
        .enumerate()
        .filter(|(_, route)| path.ends_with(**route))
        .max_by_key(|(_, route)| route.len())
        .map(|(at, _)| at)
}

impl Routes<'_> {
    /// The whole path that a call registers for GET.
    fn path(&self, call: &Call<'_>) -> Option<(String, Evidence)> {
        let heartbeat = call.is("middleware.Heartbeat");
        if !heartbeat && (!METHODS.contains(&call.name()) || call.path.len() < 2 || call.arguments.len() < 2) {
            return None;
        }
        let mut literals = call.arguments.iter().take(2).map(|tokens| self.program.constants.text(call.file, tokens));
        let mut path = literals.next()??;
        // Method("GET", "/x", …) and router.Handler(http.MethodGet, "/x", …)
        if !path.contains('/') {
            path = literals.next().flatten().filter(|_| path.split(',').any(|method| method == "GET"))?;
        }
        if let Some((method, rest)) = path.split_once(' ') {
            path = (method == "GET").then(|| rest.trim_start().to_owned())?;
        }
        if !path.starts_with('/') {
            return None;
        }
        let prefix = if heartbeat { String::new() } else { self.prefix(call, 0)? };
        let because =
            if prefix.is_empty() { call.path.join(".") } else { format!("{} below `{prefix}`", call.path.join(".")) };
        Some((format!("{prefix}{path}"), call.file.evidence(call.line, because)))
    }

    /// What stands before the paths that a call registers; `None` where that cannot be known.
    fn prefix(&self, call: &Call<'_>, depth: usize) -> Option<String> {
        let inner = self.around(call, depth)?;
        // inside `r.Route("/x", func(r chi.Router) { … })` the outer router is named alike
        match inner {
            Some(prefix) => Some(prefix),
            None => self.of_variable(call.file, &call.receiver(), call.at, depth),
        }
    }

    /// The prefix of the closures around a call, if it stands in some.
    fn around(&self, call: &Call<'_>, depth: usize) -> Option<Option<String>> {
        let tokens = &call.file.tokens;
        let holder = self.program.calls.iter().filter(|outer| {
            std::ptr::eq(outer.file, call.file)
                && matches!(outer.name(), "Route" | "Group" | "With")
                && outer.at < call.at
                && outer.arguments.iter().any(|argument| argument.first().is_some_and(|t| t.is_word("func")))
                && closing(tokens, outer.at).is_some_and(|end| call.at < end)
        });
        let Some(outer) = holder.max_by_key(|outer| outer.at) else { return Some(None) };
        let own = match outer.arguments.first() {
            Some(path) if path.first().is_some_and(|token| token.is_word("func")) => String::new(),
            Some(path) => self.program.constants.text(outer.file, path)?,
            None => String::new(),
        };
        let before = self.prefix(outer, depth + 1)?;
        Some(Some(format!("{before}{}", own.trim_end_matches('/'))))
    }

    /// The prefix of a router that is held in a variable.
    fn of_variable(&self, file: &GoFile, name: &str, at: usize, depth: usize) -> Option<String> {
        if depth > 5 {
            return None;
        }
        let function = file.function_at(at)?;
        // a second server beside the app's, on a port of its own
        if is_second(&function.name) || is_second(name) {
            return None;
        }
        if name == "http" || name.contains('.') {
            return Some(String::new());
        }
        if let Some(value) = assigned(file, function.body.start, at, name) {
            return self.of_value(file, &file.tokens[value..at], (value, name), depth);
        }
        let position = function.parameters.iter().position(|(parameter, _)| parameter == name);
        let Some(position) = position else { return Some(String::new()) };
        // a parameter: what the callers pass
        let callers = self.by_function.get(function.name.as_str()).into_iter().flatten();
        // of functions of one name those of this package count
        let mine = |call: &&&Call<'_>| match call.path.as_slice() {
            [_] => call.file.folder == file.folder,
            [package, _] => function.is_method || *package == file.package,
            _ => function.is_method,
        };
        let mut prefixes = callers.filter(mine).filter(|call| call.arguments.len() > position).map(|call| {
            let argument = call.arguments[position];
            match argument {
                [variable] if variable.kind == Kind::Word => {
                    self.of_variable(call.file, &variable.text, call.at, depth + 1)
                }
                [first, .., last]
                    if first.kind == Kind::Word
                        && last.kind == Kind::Word
                        && argument.iter().all(|t| t.kind == Kind::Word || t.is_mark('.')) =>
                {
                    Some(String::new())
                }
                _ => self.of_value(call.file, argument, (call.at, ""), depth + 1),
            }
        });
        match prefixes.next() {
            Some(first) => {
                let first = first?;
                prefixes.all(|other| other.as_ref() == Some(&first)).then_some(first)
            }
            // nobody calls it by its name: a router's own type is the root
            None => {
                let kind = &function.parameters[position].1;
                let is_root = ["gin.Engine", "echo.Echo", "fiber.App", "http.ServeMux", "mux.Router", "chi.Mux"];
                is_root.iter().any(|root| kind.ends_with(root)).then(String::new)
            }
        }
    }

    /// The prefix of the router that an expression makes: `r.Group("/api")`, `chi.NewRouter()`.
    fn of_value(&self, file: &GoFile, tokens: &[Token], (at, name): (usize, &str), depth: usize) -> Option<String> {
        let open = tokens.iter().position(|token| token.kind != Kind::Word && !token.is_mark('.'))?;
        let close = tokens[open].is_mark('(').then(|| closing(tokens, open)).flatten()?;
        let words: Vec<&str> =
            tokens[..open].iter().filter(|t| t.kind == Kind::Word).map(|t| t.text.as_str()).collect();
        let (method, before) = words.split_last()?;
        match *method {
            "Group" | "PathPrefix" | "Party" => {
                let path =
                    split(&tokens[open + 1..close]).first().and_then(|path| self.program.constants.text(file, path))?;
                let parent = self.of_variable(file, &before.join("."), at, depth + 1)?;
                Some(format!("{parent}{}", path.trim_end_matches('/')))
            }
            // a router that is mounted below another one is not at the root
            "NewRouter" | "NewMux" | "NewServeMux" | "New" | "Default" => match self.mounted(file, at, name) {
                Some(mount) => self.program.constants.text(mount.file, mount.arguments.first()?),
                None if self.may_be_mounted(file, at) => None,
                None => Some(String::new()),
            },
            "Host" | "Subrouter" | "With" | "Use" | "Methods" | "NewRoute" => {
                self.of_variable(file, &before.join("."), at, depth + 1)
            }
            _ => None,
        }
    }

    /// Where the router in a variable is mounted in its own function.
    fn mounted(&self, file: &GoFile, at: usize, name: &str) -> Option<&Call<'_>> {
        let function = file.function_at(at)?;
        self.program.calls.iter().find(|call| {
            call.name() == "Mount"
                && std::ptr::eq(call.file, file)
                && function.body.contains(&call.at)
                && call.arguments.get(1).is_some_and(|router| matches!(router, [token] if token.is_word(name)))
        })
    }

    /// Whether the router made at a place may be mounted below a path: its function is called in a
    /// `Mount` or `StripPrefix`.
    fn may_be_mounted(&self, file: &GoFile, at: usize) -> bool {
        let Some(function) = file.function_at(at) else { return false };
        self.program.calls.iter().filter(|call| matches!(call.name(), "Mount" | "StripPrefix")).any(|mount| {
            let below = mount.arguments.first().is_none_or(|path| path.iter().all(|t| t.literal() != Some("/")));
            let rest = mount.arguments.iter().skip(1).flat_map(|tokens| tokens.iter());
            below && rest.filter(|token| token.kind == Kind::Word).any(|token| token.text == function.name)
        })
    }
}

/// Where the value begins that a variable has at a place: behind `name :=` or `name =`.
fn assigned(file: &GoFile, start: usize, at: usize, name: &str) -> Option<usize> {
    let tokens = &file.tokens;
    (start..at.min(tokens.len())).rev().find_map(|place| {
        let is_name = tokens[place].is_word(name) && !(place > 0 && tokens[place - 1].is_mark('.'));
        let mut next = place + 1;
        next += usize::from(tokens.get(next)?.is_mark(':'));
        let equals = tokens.get(next)?.is_mark('=') && !tokens.get(next + 1)?.is_mark('=');
        (is_name && equals).then_some(next + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    /// The probe of a program whose main function has this body, with more functions after it.
    fn probe(body: &str, more: &str) -> String {
        let main = format!("package main\n\nfunc main() {{\n{body}\nhttp.ListenAndServe(\":8080\", r)\n}}\n{more}\n");
        let case = project(&[("go.mod", "module example.com/shop\n\ngo 1.26\n"), ("main.go", &main)]);
        case.detect().unwrap().components[0].health.value().unwrap().to_string()
    }

    #[test]
    fn a_health_route_is_found_with_all_that_stands_before_it() {
        for (body, found) in [
            ("http.HandleFunc(\"/healthz\", h)", "GET /healthz"),
            ("r := http.NewServeMux()\nr.HandleFunc(\"GET /health\", h)", "GET /health"),
            ("r := chi.NewRouter()\nr.Get(\"/ping\", h)\nr.Get(\"/health\", h)", "GET /health"),
            (
                "r := gin.Default()\napi := r.Group(\"/api\")\nv1 := api.Group(\"/v1/\")\nv1.GET(\"/health\", h)",
                "GET /api/v1/health",
            ),
            (
                "r := chi.NewRouter()\nr.Route(\"/api\", func(r chi.Router) {\n r.Group(func(r chi.Router) {\n r.Get(\"/status\", h) }) })",
                "GET /api/status",
            ),
            (
                "r := mux.NewRouter()\ns := r.PathPrefix(\"/v1\").Subrouter()\ns.HandleFunc(\"/livez\", h)",
                "GET /v1/livez",
            ),
            ("r := chi.NewRouter()\nr.Use(middleware.Heartbeat(\"/ping\"))", "GET /ping"),
            ("r := chi.NewRouter()\nr.Method(\"GET\", \"/readyz\", h)", "GET /readyz"),
            ("r := chi.NewRouter()\nr.Post(\"/health\", h)\nclient.Get(\"/api/orders\", h)", "port"),
            ("r := http.NewServeMux()\nr.HandleFunc(\"POST /health\", h)", "port"),
        ] {
            assert_eq!(probe(body, ""), found, "{body}");
        }
    }

    #[test]
    fn a_router_that_is_passed_on_keeps_its_prefix() {
        let register = "func register(g *gin.RouterGroup) {\n g.GET(\"/health\", h)\n}";
        assert_eq!(probe("r := gin.New()\nregister(r.Group(\"/api\"))", register), "GET /api/health");
        let register = "func register(r *gin.Engine) {\n r.GET(\"/health\", h)\n}";
        assert_eq!(probe("r := gin.New()\nregister(r)", register), "GET /health");
    }

    #[test]
    fn a_router_mounted_elsewhere_is_no_evidence() {
        let mounted =
            "app := fiber.New()\nmicro := fiber.New()\napp.Mount(\"/api\", micro)\nmicro.Get(\"/healthchecker\", h)";
        assert_eq!(probe(mounted, ""), "GET /api/healthchecker");
        assert_eq!(probe("telemetryRouter := http.NewServeMux()\ntelemetryRouter.Handle(\"/healthz\", h)", ""), "port");
        let sub = "func api() http.Handler {\n r := chi.NewRouter()\n r.Get(\"/health\", h)\n return r\n}";
        assert_eq!(probe("r := chi.NewRouter()\nr.Mount(\"/api\", api())", sub), "port");
        assert_eq!(probe("r := api()", sub), "GET /health");
    }
}
