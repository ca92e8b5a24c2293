//! Everything in the code that says where the program listens, the best first.

use super::super::Context;
use super::super::settings::Read;
use super::address::{Address, Shape, is_loopback, listens};
use super::calls::{Call, top_level};
use super::declarations::opening;
use super::literals::{braces, field};
use super::program::Program;
use super::scan::Token;
use super::tags::snake;
use crate::facts::{Confidence, EnvName, Evidence};
use crate::paths::RelPath;

/// One place that says where the program listens.
#[derive(Debug)]
pub struct Hint {
    /// The smaller the better.
    pub score: u32,
    /// It may as well be the port of profiles or metrics: no answer on its own.
    pub is_aside: bool,
    /// `None`: the name alone is known.
    pub address: Option<Address>,
    /// What moves it.
    pub knob: Option<Knob>,
    /// The code itself falls back to this address: nothing has to be set.
    pub is_default: bool,
    pub confidence: Confidence,
    pub evidence: Evidence,
}

#[derive(Debug)]
pub enum Knob {
    Variable(EnvName, Shape),
    Flag(String, Shape),
}

const FLAGS: u32 = 100;
const LITERALS: u32 = 200;
const UNVALUED: u32 = 300;

/// The scores of what a file of settings says.
pub const CONFIGS: u32 = 240;

/// Ports that serve metrics and profiles beside the app.
const SECOND_PORTS: &[u16] = &[2112, 6060, 9090, 9100, 9091];
const EXAMPLES: &[&str] =
    &[".env.example", ".env.sample", ".env.template", ".env.dist", "example.env", "env.example", "app.env"];

/// All hints: variables, flags, literals, variables without a value.
pub fn hints(
    context: &Context<'_>,
    path: &RelPath,
    program: &Program<'_>,
    reads: &[Read],
    assets: &[(RelPath, Evidence)],
) -> Vec<Hint> {
    let mut found: Vec<Hint> = Vec::new();
    for read in reads {
        found.extend(variable(context, path, program, read));
    }
    for call in &program.calls {
        found.extend(flag(context, program, call));
        found.extend(listener(program, call));
        found.extend(kingpin(context, program, call));
    }
    found.extend(fields(context, program));
    found.extend(named_defaults(context, program));
    found.extend(super::configs::hints(context, path, program, assets));
    found.sort_by_key(|hint| hint.score);
    found
}

fn variable(context: &Context<'_>, path: &RelPath, program: &Program<'_>, read: &Read) -> Option<Hint> {
    let name = read.name.as_str();
    let (shape, mut score) = listens(name, program.module.short_name(), &context.presets.settings)?;
    let given = read.default.clone().map(|value| (value, None)).or_else(|| example(context, path, name));
    let (mut address, mut actual) = (None, shape);
    if let Some((value, _)) = &given {
        address = Address::read(value);
        if address.is_some() {
            actual = Shape::Address;
        } else if let Ok(port) = value.trim().parse() {
            (address, actual) = (Some(Address { host: String::new(), port }), Shape::Port);
        }
        // an address elsewhere is one to connect to
        if address.as_ref().is_some_and(Address::is_remote) {
            return None;
        }
    }
    if address.is_none() && name != "PORT" {
        score += UNVALUED;
    }
    let evidence = match &given {
        Some((_, Some(example))) if address.is_some() => example.clone(),
        _ => Evidence {
            because: if address.is_some() { format!("default of `{name}`") } else { format!("reads `{name}`") },
            ..read.evidence.clone()
        },
    };
    let is_default = read.default.is_some() && address.is_some();
    let declared = given.is_some_and(|(_, example)| example.is_some()) && address.is_some();
    let confidence = if declared { Confidence::Declared } else { Confidence::Inferred };
    let knob = Some(Knob::Variable(read.name.clone(), actual));
    Some(Hint { score, is_aside: false, address, knob, is_default, confidence, evidence })
}

/// The value that `.env.example` gives a name.
pub fn example(context: &Context<'_>, path: &RelPath, name: &str) -> Option<(String, Option<Evidence>)> {
    EXAMPLES.iter().find_map(|file| {
        let source = context.project.read(&path.join(file).ok()?)?;
        source.lines().find_map(|(line, text)| {
            let text = text.trim().trim_start_matches("export ");
            let value = text.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim();
            let value = value.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']);
            let evidence = Evidence::at(source.path(), line, format!("{name}={value}"), format!("`{name}`"));
            (!value.is_empty()).then(|| (value.to_owned(), Some(evidence)))
        })
    })
}

/// `flag.String("addr", ":8080", …)` and its like with a variable or a short form.
fn flag(context: &Context<'_>, program: &Program<'_>, call: &Call<'_>) -> Option<Hint> {
    let (name, default) = flag_texts(program, call)?;
    hint_of_flag(context, program, call.file.evidence(call.line, ""), &name, &default)
}

/// A flag's name and default.
fn flag_texts(program: &Program<'_>, call: &Call<'_>) -> Option<(String, String)> {
    let kind = call.name();
    let base = kind.trim_end_matches('P').trim_end_matches("Var");
    if !matches!(base, "String" | "Int" | "Uint" | "Uint16" | "Int32") || call.path.len() < 2 {
        return None;
    }
    let name_at = usize::from(kind.contains("Var"));
    let default_at = name_at + 1 + usize::from(kind.ends_with('P'));
    let text = |at: usize| call.arguments.get(at).and_then(|tokens| program.constants.text(call.file, tokens));
    Some((text(name_at)?, text(default_at)?))
}

/// kingpin: `.Flag("listen", "…").Default(":9100")`, and the flags of Prometheus' exporters.
fn kingpin(context: &Context<'_>, program: &Program<'_>, call: &Call<'_>) -> Option<Hint> {
    let text = |tokens: &[Token]| program.constants.text(call.file, tokens);
    let evidence = call.file.evidence(call.line, "");
    match call.path.as_slice() {
        [_, "AddFlags"] => {
            hint_of_flag(context, program, evidence, "web.listen-address", &text(call.arguments.get(1)?)?)
        }
        ["", "Default"] => {
            let tokens = &call.file.tokens;
            let open = opening(tokens, call.at.checked_sub(3)?)?;
            let is_flag = open.checked_sub(1).is_some_and(|at| tokens[at].is_word("Flag"));
            let name = tokens.get(open + 1).filter(|_| is_flag)?.literal()?;
            hint_of_flag(context, program, evidence, name, &text(call.arguments.first()?)?)
        }
        _ => None,
    }
}

/// Constants that are named as the default: `const DefaultPort = 8080`.
fn named_defaults(context: &Context<'_>, program: &Program<'_>) -> Vec<Hint> {
    let mut found = Vec::new();
    for file in &program.files {
        for (name, value, line) in top_level(&file.tokens) {
            let name = snake(name).to_ascii_lowercase();
            let Some(rest) = name.strip_prefix("default_") else { continue };
            let evidence = file.evidence(line, "");
            if let Some(hint) = hint_of_flag(context, program, evidence.clone(), rest, value) {
                let evidence = Evidence { because: "named as the default".to_owned(), ..evidence };
                found.push(Hint { score: hint.score - FLAGS + CONFIGS + 20, knob: None, evidence, ..hint });
            }
        }
    }
    found
}

/// Flags for the host alone whose default is loopback: `flags.String("address", "127.0.0.1", …)`.
pub fn loopback_flags(program: &Program<'_>) -> Vec<(String, Evidence)> {
    const NAMES: &[&str] = &[
        "address",
        "addr",
        "host",
        "bind",
        "listen",
        "ip",
        "listen-address",
        "bind-address",
        "listen-host",
        "http-host",
    ];
    let mut found = Vec::new();
    for call in &program.calls {
        let Some((name, default)) = flag_texts(program, call) else { continue };
        if is_loopback(&default) && NAMES.contains(&name.as_str()) {
            found.push((name, call.file.evidence(call.line, "default of the flag is loopback")));
        }
    }
    found
}

fn hint_of_flag(
    context: &Context<'_>,
    program: &Program<'_>,
    evidence: Evidence,
    name: &str,
    default: &str,
) -> Option<Hint> {
    let (_, score) = listens(name, program.module.short_name(), &context.presets.settings)?;
    let (address, shape) = match (Address::read(default), default.parse()) {
        (Some(address), _) => (address, Shape::Address),
        (None, Ok(port)) => (Address { host: String::new(), port }, Shape::Port),
        _ => return None,
    };
    if address.is_remote() {
        return None;
    }
    let evidence = Evidence { because: format!("default of flag `--{name}`"), ..evidence };
    Some(Hint {
        score: FLAGS + score,
        is_aside: false,
        address: Some(address),
        knob: Some(Knob::Flag(name.to_owned(), shape)),
        is_default: true,
        confidence: Confidence::Inferred,
        evidence,
    })
}

/// `http.ListenAndServe(":8080", …)`, `r.Run(":8080")`, `app.Listen(":8080")`.
fn listener(program: &Program<'_>, call: &Call<'_>) -> Option<Hint> {
    let uses = |library: &str| program.files.iter().any(|file| file.imports_from(library).is_some());
    let at = match call.name() {
        "ListenAndServe" | "ListenAndServeTLS" => 0,
        "Run" | "RunTLS" if uses("github.com/gin-gonic/gin") => 0,
        "Start" | "StartTLS" if uses("github.com/labstack/echo") => 0,
        "Listen" if call.is("net.Listen") => 1,
        "Listen" if call.arguments.len() == 3 => 2,
        "Listen" | "ListenTLS" => 0,
        _ => return None,
    };
    if call.arguments.is_empty() && call.name() == "Run" && call.path.len() == 2 {
        // gin itself reads PORT, and takes 8080 without it
        let in_router = ["r", "router", "engine", "g", "app", "server", "e", "srv"].contains(&call.path[0]);
        return in_router.then(|| Hint {
            score: LITERALS + 90,
            is_aside: false,
            address: Address::read(":8080"),
            knob: EnvName::new("PORT").ok().map(|name| Knob::Variable(name, Shape::Port)),
            is_default: true,
            confidence: Confidence::Default,
            evidence: call.file.evidence(call.line, "gin's default"),
        });
    }
    let tokens = call.arguments.get(at)?;
    let address = Address::read(&program.text(call.file, tokens, call.at)?)?;
    let mut hint = literal(program, address, call.file.evidence(call.line, call.path.join(".")));
    if call.file.function_at(call.at).is_some_and(|function| super::health::is_second(&function.name)) {
        hint.score += 50;
        hint.is_aside = true;
    }
    Some(hint)
}

/// `http.Server{Addr: ":8080"}`
fn fields(context: &Context<'_>, program: &Program<'_>) -> Vec<Hint> {
    let mut found = Vec::new();
    for file in &program.files {
        let tokens = &file.tokens;
        for (at, token) in tokens.iter().enumerate() {
            let Some((open, _)) = (token.is_word("Addr")).then(|| braces(tokens, at)).flatten() else { continue };
            if !tokens.get(at + 1).is_some_and(|t| t.is_mark(':')) || open == 0 || !tokens[open - 1].is_word("Server") {
                continue;
            }
            let value = tokens[at + 2..].iter().position(|t| t.is_mark(',') || t.is_mark('}')).unwrap_or(0);
            let text = program.text(file, &tokens[at + 2..at + 2 + value], at);
            let address = text.as_deref().and_then(Address::read);
            found.extend(address.map(|address| literal(program, address, file.evidence(token.line, "http.Server"))));
        }
        if file.imports_from("github.com/urfave/cli").is_some() {
            for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_word("Name")) {
                let (name, default) = (field(tokens, at, "Name"), field(tokens, at, "Value"));
                if let (Some(name), Some(default)) = (name, default) {
                    found.extend(hint_of_flag(context, program, file.evidence(token.line, ""), name, default));
                }
            }
        }
    }
    found
}

fn literal(program: &Program<'_>, address: Address, evidence: Evidence) -> Hint {
    let outside = evidence.file.as_ref().is_some_and(|file| !program.is_main(file));
    let second = SECOND_PORTS.contains(&address.port.number());
    Hint {
        is_aside: matches!(address.port.number(), 2112 | 6060),
        score: LITERALS + u32::from(outside) * 20 + u32::from(second) * 50,
        address: Some(address),
        knob: None,
        is_default: true,
        confidence: Confidence::Inferred,
        evidence,
    }
}
