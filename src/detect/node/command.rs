//! What a script of package.json runs in the end: `npm run` followed, variables set before it
//! taken off, steps before the last one told apart.

use super::bun::{BUN, call, is_file};
use super::manifest::Manifest;
use crate::facts::{Argv, EnvName, Line};

/// How often a script may call another.
const DEPTH: usize = 5;
/// Commands that make a log nicer to read.
const PRINTERS: &[&str] = &["pino-pretty", "pino-colada", "bunyan", "pino-princess"];
/// Commands that set variables, or read them from files, and run another command.
const WRAPPERS: &[&str] = &["cross-env", "dotenv", "dotenvx", "env", "env-cmd", "exec"];
/// Their options whose value is the next word.
const WITH_VALUE: &[&str] = &["-e", "-f", "--file", "--env-file", "-c", "--environments", "-r"];
const MANAGERS: &[&str] = &["npm", "pnpm", "yarn", "bun"];

/// One command without a shell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Simple {
    /// `NAME=value` before the command.
    pub environment: Vec<(EnvName, Line)>,
    /// Commands that `&&` puts before it, and those of `pre` scripts.
    pub before: Vec<String>,
    pub words: Vec<String>,
    /// Files of settings that were dropped: the image gets its settings from outside.
    pub dropped: Vec<String>,
}

/// What became of a script.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    Simple(Simple),
    /// Only a shell can do it: its text.
    Shell(String),
    /// Nothing can, and why.
    No(String),
}

/// Reads a script's text.
pub fn parse(manifest: &Manifest, text: &str) -> Parsed {
    follow(manifest, text, DEPTH)
}

/// As [`parse`], with what the manager runs before a script of that name.
pub fn parse_script(manifest: &Manifest, name: &str, text: &str) -> Parsed {
    with_hook(manifest, name, follow(manifest, text, DEPTH))
}

fn with_hook(manifest: &Manifest, name: &str, parsed: Parsed) -> Parsed {
    match (parsed, manifest.script(&format!("pre{name}"))) {
        (Parsed::Simple(mut simple), Some(hook)) => {
            simple.before.insert(0, hook.text.to_owned());
            Parsed::Simple(simple)
        }
        (parsed, _) => parsed,
    }
}

fn follow(manifest: &Manifest, text: &str, depth: usize) -> Parsed {
    let text = without_printer(text);
    let mut steps = steps(text);
    let Some(last) = steps.pop() else { return Parsed::No("it is empty".to_owned()) };
    let Ok(argv) = Argv::parse(&last) else { return Parsed::Shell(text.to_owned()) };
    let mut simple = Simple { words: argv.words().to_vec(), ..Simple::default() };
    for step in steps {
        match set(&step) {
            Some(pair) => simple.environment.push(pair),
            None => simple.before.push(step),
        }
    }
    peel(&mut simple);
    match calls(manifest, &simple.words) {
        Called::Not => Parsed::Simple(simple),
        Called::No(why) => Parsed::No(why),
        Called::Script(name, arguments) => {
            let Some(script) = manifest.script(&name) else {
                return Parsed::No(format!("there is no script `{name}`"));
            };
            if depth == 0 {
                return Parsed::No("its scripts call each other in a circle".to_owned());
            }
            match with_hook(manifest, &name, follow(manifest, script.text, depth - 1)) {
                Parsed::Simple(inner) => {
                    simple.environment.extend(inner.environment);
                    simple.before.extend(inner.before);
                    simple.dropped.extend(inner.dropped);
                    simple.words = inner.words;
                    simple.words.extend(arguments);
                    Parsed::Simple(simple)
                }
                other => other,
            }
        }
    }
}

/// `node x | pino-pretty` only colours what is logged: without the printer.
fn without_printer(text: &str) -> &str {
    let Some((before, after)) = text.rsplit_once('|') else { return text };
    let tool = after.split_whitespace().find(|word| *word != "npx");
    let prints = tool.is_some_and(|tool| PRINTERS.contains(&tool)) && !after.contains(['\'', '"', '&', ';']);
    if prints && !before.ends_with('|') { before.trim_end().trim_end_matches("2>&1") } else { text }
}

/// Parts between `&&` outside of quotes.
fn steps(text: &str) -> Vec<String> {
    let (mut steps, mut step, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '&') if chars.peek() == Some(&'&') => {
                chars.next();
                steps.push(std::mem::take(&mut step));
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        step.push(c);
    }
    steps.push(step);
    steps.into_iter().map(|step| step.trim().to_owned()).filter(|step| !step.is_empty()).collect()
}

/// `export NAME=value`, and what Windows calls it.
fn set(step: &str) -> Option<(EnvName, Line)> {
    let (word, rest) = step.split_once(' ')?;
    if !["export", "set"].contains(&word.to_lowercase().as_str()) {
        return None;
    }
    let argv = Argv::parse(rest).ok()?;
    match argv.words() {
        [word] => pair(word),
        _ => None,
    }
}

fn pair(word: &str) -> Option<(EnvName, Line)> {
    let (name, value) = word.split_once('=')?;
    Some((EnvName::new(name).ok()?, Line::new(value).ok()?))
}

/// Takes off what only prepares the command: variables, `exec`, loaders of settings.
fn peel(simple: &mut Simple) {
    loop {
        let Some(first) = simple.words.first().cloned() else { return };
        if let Some(pair) = pair(&first) {
            simple.environment.push(pair);
            simple.words.remove(0);
            continue;
        }
        let is_wrapper = |word: &str| WRAPPERS.contains(&word);
        // `npx dotenv -e .env -- node x`
        let finds = first == "npx" && simple.words.get(1).is_some_and(|word| is_wrapper(word));
        if simple.words.len() < 2 || !(is_wrapper(&first) || finds) {
            return;
        }
        simple.words.remove(0);
        if ["dotenv", "dotenvx", "env-cmd"].contains(&first.as_str()) {
            simple.dropped.push(first.clone());
            if first == "dotenvx" && simple.words.first().is_some_and(|word| word == "run") {
                simple.words.remove(0);
            }
            while let Some(word) = simple.words.first().cloned().filter(|word| word.starts_with('-')) {
                simple.words.remove(0);
                let takes_value = WITH_VALUE.contains(&word.as_str());
                if takes_value && !simple.words.is_empty() {
                    simple.words.remove(0);
                }
            }
        }
    }
}

enum Called {
    Not,
    Script(String, Vec<String>),
    No(String),
}

/// Whether a command is a package manager's, and what it runs.
fn calls(manifest: &Manifest, words: &[String]) -> Called {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (manager, rest) = match words.as_slice() {
        ["node", "--run", name, rest @ ..] => return Called::Script((*name).to_owned(), arguments(rest)),
        ["npx" | "bunx", ..] => return Called::Not,
        [manager, rest @ ..] if MANAGERS.contains(manager) => (*manager, rest),
        _ => return Called::Not,
    };
    let elsewhere = ["--prefix", "-C", "--dir", "--cwd", "--filter", "-F", "--workspace", "-w", "-r", "--workspaces"];
    if rest
        .iter()
        .any(|word| elsewhere.contains(word) || word.starts_with("--prefix=") || word.starts_with("--workspace="))
    {
        return Called::No(format!("`{}` starts another package", words.join(" ")));
    }
    let at = rest.iter().position(|word| !word.starts_with('-')).unwrap_or(rest.len());
    match &rest[at..] {
        ["run" | "run-script", rest @ ..] => {
            let at = rest.iter().position(|word| !word.starts_with('-')).unwrap_or(rest.len());
            match &rest[at..] {
                [name, ..] if manager == BUN && manifest.script(name).is_none() && is_file(name) => Called::Not,
                [name, rest @ ..] => Called::Script((*name).to_owned(), arguments(rest)),
                [] => Called::No("it runs no script".to_owned()),
            }
        }
        ["start", rest @ ..] if manifest.script("start").is_some() => {
            Called::Script("start".to_owned(), arguments(rest))
        }
        ["exec", ..] => Called::Not,
        [name, rest @ ..] if manager != "npm" && manifest.script(name).is_some() => {
            Called::Script((*name).to_owned(), arguments(rest))
        }
        _ if manager == "npm" => Called::No(format!("`{}` needs npm", words.join(" "))),
        // `pnpm tsx x` runs a package's command
        [_, ..] => Called::Not,
        [] => Called::No(format!("`{manager}` installs")),
    }
}

fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().filter(|word| **word != "--").map(|word| (*word).to_owned()).collect()
}

/// The words with what only finds a package's command taken off: `npx`, `pnpm exec`,
/// `./node_modules/.bin/`.
pub fn without_finder(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    let finder = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["npx" | "bunx", ..] => 1,
        [manager, "exec", ..] if MANAGERS.contains(manager) => 2,
        [BUN, ..] if call(&words.iter().map(String::as_str).collect::<Vec<_>>()).is_some() => 0,
        [manager, word, ..] if MANAGERS[1..].contains(manager) && !word.starts_with('-') => 1,
        _ => 0,
    };
    words.drain(..finder);
    if finder > 0 {
        let options = words.iter().take_while(|word| word.starts_with('-')).count();
        words.drain(..options);
    }
    if let Some(first) = words.first_mut()
        && let Some(tool) = first.trim_start_matches("./").strip_prefix("node_modules/.bin/")
    {
        *first = tool.to_owned();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;
    use crate::paths::RelPath;

    fn shown(scripts: &str, text: &str) -> String {
        let manifest = format!("{{\"scripts\": {{{scripts}}}}}");
        project(&[("package.json", &manifest)]).ask(|context| {
            let manifest = Manifest::read(context, &RelPath::root()).unwrap().unwrap();
            match parse(&manifest, text) {
                Parsed::Simple(simple) => {
                    let set: Vec<String> = simple.environment.iter().map(|(n, v)| format!("{n}={v}")).collect();
                    format!("{}|{}|{}", set.join(" "), simple.before.join(";"), simple.words.join(" "))
                }
                Parsed::Shell(text) => format!("sh {text}"),
                Parsed::No(why) => why,
            }
        })
    }

    #[test]
    fn variables_before_a_command_are_told_from_it() {
        for (text, expected) in [
            ("node x.js", "||node x.js"),
            ("NODE_ENV=production A='b c' node x", "NODE_ENV=production A=b c||node x"),
            ("cross-env A=1 node x", "A=1||node x"),
            ("set A=1&& node x", "A=1||node x"),
            ("export A=1 && exec node x", "A=1||node x"),
            ("dotenv -e .env -- node x", "||node x"),
            ("npx dotenv -e .env -- node x", "||node x"),
            ("dotenvx run --env-file .env -- node x", "||node x"),
            ("env-cmd -f .env cross-env A=1 node x", "A=1||node x"),
            ("tsc && node x", "|tsc|node x"),
            ("node x --a='b && c'", "||node x --a=b && c"),
            ("node x $PORT", "sh node x $PORT"),
            ("node x | pino-pretty -c", "||node x"),
            ("node x || pino-pretty", "sh node x || pino-pretty"),
            ("node x | tee log", "sh node x | tee log"),
        ] {
            assert_eq!(shown("", text), expected, "{text}");
        }
    }

    #[test]
    fn scripts_that_call_scripts_are_followed_to_the_end() {
        let scripts = "\"a\": \"A=1 npm run b -- --x\", \"b\": \"node b.js\", \"preb\": \"tsc\", \"c\": \"npm run c\"";
        assert_eq!(shown(scripts, "pnpm a"), "A=1|tsc|node b.js --x");
        assert_eq!(shown(scripts, "npm run -s b"), "|tsc|node b.js");
        assert_eq!(shown(scripts, "node --run b"), "|tsc|node b.js");
        assert_eq!(shown(scripts, "npm run c"), "its scripts call each other in a circle");
        assert_eq!(shown(scripts, "npm run d"), "there is no script `d`");
        assert!(shown(scripts, "npm --prefix x start").ends_with("another package"));
    }

    #[test]
    fn what_only_finds_a_command_is_taken_off() {
        for text in ["npx -y tsx a", "pnpm exec tsx a", "pnpm tsx a", "./node_modules/.bin/tsx a", "tsx a"] {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(without_finder(&words), ["tsx", "a"], "{text}");
        }
    }
}
