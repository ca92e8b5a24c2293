//! How it is built, starts and develops, on which port: Next.js' own commands unless the project
//! has a server of its own.

use super::super::decided::{command_or_none, decided, or_found, or_none};
use super::super::examples::declared;
use super::super::node::build::{run, without_migrations};
use super::super::node::command::{self, Parsed, Simple, without_finder};
use super::super::node::entry::{Entry, Folder};
use super::super::node::manifest::Script;
use super::super::node::sources::Sources;
use super::super::node::usable::{Usable, usable};
use super::super::node::{develop as node_develop, port as node_port, start as node_start};
use super::DEFAULT_PORT;
use super::config::Config;
use crate::facts::{Argv, Edit, EnvName, Evidence, Found, Line, Packages, Port};
use crate::project::Mistake;

/// Next.js' program; the link in `.bin` is a shell script with some managers.
const NEXT: [&str; 2] = ["node", "node_modules/next/dist/bin/next"];
const INSPECT: &str = "--inspect=0.0.0.0:9229";
/// Scripts that start it in production.
const STARTS: &[&str] = &["start", "start:prod", "start:production", "serve", "production", "prod"];

/// What runs.
pub struct Runs {
    pub standalone: Found<bool>,
    pub edit: Option<Edit>,
    pub build: Found<Option<Argv>>,
    pub start: Found<Argv>,
    pub develop: Found<Argv>,
    pub port: Found<Option<Port>>,
    pub environment: Vec<(EnvName, Line)>,
    /// The file of a server of the project's own that starts it.
    pub own_server: Option<Entry>,
    /// Steps of the start script that change the database.
    pub migrates: Vec<(String, Evidence)>,
}

/// What a script says of the start.
enum Says {
    /// `next start`, with options other than port and address.
    Next {
        options: Vec<String>,
        simple: Simple,
    },
    /// The server that standalone output leaves.
    Standalone(Simple),
    Own(Usable),
}

/// # Errors
/// What was settled is no such value.
pub fn runs(folder: &Folder<'_>, packages: &Found<Packages>, config: &Config) -> Result<Runs, Mistake> {
    let Folder { context, path, manifest, .. } = *folder;
    let said =
        STARTS.iter().filter_map(|name| manifest.script(name)).find_map(|script| Some((says(folder, script)?, script)));
    let own = match &said {
        Some((Says::Own(usable), script)) => Some((usable, manifest.script_evidence(*script))),
        _ => None,
    };
    let (standalone, edit) = output(folder, config, own.as_ref().map(|(_, evidence)| evidence))?;
    let is_standalone = standalone.value().copied().unwrap_or(true);
    let mut environment = vec![pair("NEXT_TELEMETRY_DISABLED", "1"), pair("HOSTNAME", "0.0.0.0")];
    let (mut options, mut migrates) = (Vec::new(), Vec::new());
    let mut evidence = Evidence::none("Next.js' own server");
    let mut by_script = None;
    if let Some((says, script)) = &said {
        let simple = match says {
            Says::Next { options: found, simple } => {
                options.clone_from(found);
                simple
            }
            Says::Standalone(simple) => simple,
            Says::Own(usable) => &usable.simple,
        };
        node_start::warn_before(folder, *script, &simple.before, context.decisions.of(path, "start").is_some());
        evidence = manifest.script_evidence(*script);
        let steps = simple.before.iter().filter(|step| node_start::is_migration(step));
        migrates.extend(steps.map(|step| (step.clone(), evidence.clone())));
        by_script = port_of(simple).map(|port| (port, evidence.clone()));
        let set =
            simple.environment.iter().filter(|(name, _)| !["NODE_ENV", "PORT", "HOSTNAME"].contains(&name.as_str()));
        environment.extend(set.cloned());
    }
    let found = match own.as_ref().filter(|_| !is_standalone) {
        Some((usable, evidence)) => Found::known(usable.argv.clone(), usable.confidence, evidence.clone()),
        None if is_standalone => {
            if let Some(milliseconds) = value_of(&options, "--keepAliveTimeout") {
                environment.push(pair("KEEP_ALIVE_TIMEOUT", milliseconds));
            }
            let evidence = standalone.evidence().cloned().unwrap_or(evidence);
            known(["node", "server.js"].map(str::to_owned).to_vec(), evidence)
        }
        None => {
            let words = NEXT.iter().copied().chain(["start"]).map(str::to_owned).chain(options);
            known(words.collect(), evidence)
        }
    };
    let settled = decided(context, path, "start", Argv::parse)?;
    let start = or_found(settled, found);
    let port = port(folder, own.as_ref().map(|(usable, _)| *usable), by_script, &mut environment)?;
    let entry = own.as_ref().and_then(|(usable, _)| usable.entry.as_ref());
    Ok(Runs {
        standalone,
        edit,
        build: build(folder, packages, &mut migrates)?,
        develop: develop(folder, packages, &start, entry)?,
        start,
        port,
        environment,
        own_server: entry.cloned(),
        migrates,
    })
}

fn known(words: Vec<String>, evidence: Evidence) -> Found<Argv> {
    match Argv::new(words) {
        Ok(argv) => Found::declared(argv, evidence),
        Err(_) => Found::Absent,
    }
}

fn pair(name: &str, value: &str) -> (EnvName, Line) {
    (EnvName::new(name).expect("a name of this program"), Line::from_text(value))
}

/// Whether it is standalone, and what would make it so.
fn output(
    folder: &Folder<'_>,
    config: &Config,
    own_server: Option<&Evidence>,
) -> Result<(Found<bool>, Option<Edit>), Mistake> {
    let settled = decided(folder.context, folder.path, "output", |text| match text {
        "standalone" => Ok(true),
        "none" => Ok(false),
        _ => Err("expected `standalone` or `none`"),
    })?;
    let found = match (config.standalone(), own_server) {
        (Ok((true, says)), Some(evidence)) => {
            let because = format!("{}: standalone output leaves it out", evidence.because);
            let mut found = Found::inferred(false, Evidence { because, ..evidence.clone() });
            if let Found::Known { rejected, .. } = &mut found {
                rejected.push((true, says));
            }
            found
        }
        (Ok((false, _)), Some(evidence)) => Found::inferred(false, evidence.clone()),
        (Ok((value, evidence)), None) => Found::declared(value, evidence),
        (Err(_), Some(evidence)) => Found::inferred(false, evidence.clone()),
        (Err(evidence), None) => Found::Unclear { candidates: vec![(true, evidence.clone()), (false, evidence)] },
    };
    let wanted = settled.as_ref().is_some_and(|(standalone, _)| *standalone);
    let lacks = found.value() == Some(&false) && own_server.is_none();
    let edit = config.edited().filter(|_| lacks).map(|(file, after)| Edit { file, after, wanted });
    if wanted && lacks && edit.is_none() {
        let file = config.file.as_ref().map_or_else(|| "next.config".to_owned(), ToString::to_string);
        return Err(Mistake::new(format!("{file} does not say `output: 'standalone'`"))
            .detail("dockwright found no one place to put it")
            .hint("add the line yourself, or leave `output` out: the image then runs `next start`"));
    }
    Ok((or_found(settled, found), edit))
}

fn says(folder: &Folder<'_>, script: Script<'_>) -> Option<Says> {
    let parsed = command::parse_script(folder.manifest, script.name, script.text);
    match parsed {
        Parsed::Simple(simple) => {
            let words = without_finder(&simple.words);
            match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["next", "start", rest @ ..] => Some(Says::Next { options: options(rest), simple: simple.clone() }),
                ["next", ..] => None,
                ["node", file, ..] if file.ends_with("standalone/server.js") => Some(Says::Standalone(simple)),
                _ => usable(folder, Parsed::Simple(simple)).ok().filter(|own| own.entry.is_some()).map(Says::Own),
            }
        }
        // `next start -p $PORT`: the port is the image's to say
        Parsed::Shell(text) if text.contains("next start") => {
            let words = text.split_whitespace().map(str::to_owned).collect();
            Some(Says::Next { options: Vec::new(), simple: Simple { words, ..Simple::default() } })
        }
        Parsed::Shell(text) if text.contains("standalone/server.js") => Some(Says::Standalone(Simple::default())),
        _ => None,
    }
}

/// Options without those of port and address, which the image gives as variables.
fn options(words: &[&str]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-p" | "--port" | "-H" | "--hostname" => {
                words.next();
            }
            word if ["--port=", "--hostname=", "-p=", "-H="].iter().any(|option| word.starts_with(option)) => {}
            word => kept.push(word.to_owned()),
        }
    }
    kept
}

fn value_of<'w>(words: &'w [String], option: &str) -> Option<&'w str> {
    let with = format!("{option}=");
    words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(&with) {
        Some(value) => Some(value),
        None if word == option => words.get(at + 1).map(String::as_str),
        None => None,
    })
}

/// `-p 4000` of the command, or `PORT=4000` before it; `${PORT:-4000}` too.
fn port_of(simple: &Simple) -> Option<Port> {
    let option = ["-p", "--port"].iter().find_map(|option| value_of(&simple.words, option));
    let option = option.map(|text| match text.trim_matches('"').strip_prefix("${PORT:-") {
        Some(rest) => rest.trim_end_matches('}'),
        None => text,
    });
    let set = simple.environment.iter().rev().find(|(name, _)| name.as_str() == "PORT");
    option.and_then(|text| text.parse().ok()).or_else(|| set.and_then(|(_, value)| value.as_str().parse().ok()))
}

fn port(
    folder: &Folder<'_>,
    own: Option<&Usable>,
    by_script: Option<(Port, Evidence)>,
    environment: &mut Vec<(EnvName, Line)>,
) -> Result<Found<Option<Port>>, Mistake> {
    let Folder { context, path, .. } = *folder;
    if let Some(usable) = own {
        let code = Sources::read(context, path);
        let (port, variables) = node_port::port(context, path, &code, Some(&usable.argv), true)?;
        for (name, value) in variables {
            if !environment.iter().any(|(other, _)| *other == name) {
                environment.push((name, value));
            }
        }
        return Ok(port);
    }
    let settled = decided(context, path, "port", or_none)?;
    let by_example = || {
        let examples = declared(context, path);
        let example = examples.iter().find(|declared| declared.name.as_str() == "PORT")?;
        Some(Found::inferred(Some(example.value.parse().ok()?), example.evidence()))
    };
    let usual = || Found::default(Port::new(DEFAULT_PORT).ok(), "Next.js default");
    let found = match by_script {
        Some((port, evidence)) => Found::declared(Some(port), evidence),
        None => by_example().unwrap_or_else(usual),
    };
    Ok(or_found(settled, found))
}

fn build(
    folder: &Folder<'_>,
    packages: &Found<Packages>,
    migrates: &mut Vec<(String, Evidence)>,
) -> Result<Found<Option<Argv>>, Mistake> {
    let settled = decided(folder.context, folder.path, "build", command_or_none)?;
    let script = ["build", "build:prod", "build:production"].iter().find_map(|name| folder.manifest.script(name));
    let found = match script.and_then(|script| Some((run(folder, packages, script.name)?, script))) {
        Some((argv, script)) => {
            let mut evidence = folder.manifest.script_evidence(script);
            match without_migrations(folder, script) {
                Some((argv, steps)) => {
                    evidence.because =
                        format!("{} without `{}`, which needs the database", evidence.because, steps.join("`, `"));
                    migrates.extend(steps.into_iter().map(|step| (step, folder.manifest.script_evidence(script))));
                    Found::declared(Some(argv), evidence)
                }
                None => Found::declared(Some(argv), evidence),
            }
        }
        None => Found::default(Argv::new(["node_modules/.bin/next", "build"]).ok(), "Next.js' own"),
    };
    Ok(or_found(settled, found))
}

fn develop(
    folder: &Folder<'_>,
    packages: &Found<Packages>,
    start: &Found<Argv>,
    own: Option<&Entry>,
) -> Result<Found<Argv>, Mistake> {
    if own.is_some() {
        return node_develop::develop(folder, packages, start, own);
    }
    let settled = decided(folder.context, folder.path, "develop", Argv::parse)?;
    let command = |options: Vec<String>| {
        let head = ["node_modules/.bin/next", "dev", INSPECT].map(str::to_owned);
        Argv::new(head.into_iter().chain(options))
    };
    let script =
        ["dev", "develop", "start:dev"].iter().filter_map(|name| folder.manifest.script(name)).find_map(|script| {
            let Parsed::Simple(simple) = command::parse(folder.manifest, script.text) else { return None };
            let words = without_finder(&simple.words);
            let rest = words.strip_prefix(&["next".to_owned()])?;
            let rest = rest.strip_prefix(&["dev".to_owned()]).unwrap_or(rest);
            let rest: Vec<&str> =
                rest.iter().map(String::as_str).filter(|word| !word.starts_with("--inspect")).collect();
            Some((command(options(&rest)).ok()?, script))
        });
    let found = match script {
        Some((argv, script)) => Found::declared(argv, folder.manifest.script_evidence(script)),
        None => match command(Vec::new()) {
            Ok(argv) => Found::default(argv, "Next.js' own"),
            Err(_) => Found::Absent,
        },
    };
    Ok(or_found(settled, found))
}
