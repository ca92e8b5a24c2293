//! What the program is started with: the subcommand that serves, if it has one.

use super::code::GoFile;
use super::literals::{braces, field, field_at};
use super::program::Program;
use super::scan::{Kind, Token};
use super::tags::{field_name, snake, tag};
use crate::facts::{Argv, Confidence, Evidence, Found};

/// Subcommands that serve, the likeliest first.
const SERVE: &[&str] = &["serve", "server", "start", "run", "web", "api", "http", "daemon"];

/// A command of cobra or urfave/cli.
struct Command<'a> {
    file: &'a GoFile,
    /// The variable that holds it, and the function around.
    variable: Option<&'a str>,
    function: Option<&'a str>,
    name: &'a str,
    /// It does something itself.
    acts: bool,
    evidence: Evidence,
}

/// The start command, with these flags behind it and where they come from.
pub fn start(program: &Program<'_>, flags: &[String], flagged: Option<&Evidence>) -> Found<Argv> {
    let commands: Vec<Command<'_>> = program.files.iter().flat_map(|file| commands(file)).collect();
    let parents: Vec<Option<usize>> = (0..commands.len()).map(|at| parent(program, &commands, at)).collect();
    let mut serving: Vec<(usize, Vec<&str>, &Command<'_>)> = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        let Some(rank) = SERVE.iter().position(|name| *name == command.name).filter(|_| command.acts) else { continue };
        if is_root(program, command) || parents[at].is_none() && parents.contains(&Some(at)) {
            continue;
        }
        // `server start`: all names but the root's
        let (mut names, mut place) = (vec![command.name], parents[at]);
        while let Some(above) = place.filter(|above| names.len() < 5 && !is_root(program, &commands[*above])) {
            place = parents[above];
            // added to nothing: its name is the program's own
            if place.is_some() {
                names.insert(0, commands[above].name);
            }
        }
        // `check http` serves nothing, whatever its last name
        if names.iter().all(|name| SERVE.contains(name)) {
            serving.push((rank, names, command));
        }
    }
    serving.sort_by_key(|(rank, names, _)| (names.len(), *rank));
    let argv = |names: &[&str]| {
        let words = std::iter::once("/server").chain(names.iter().copied()).map(str::to_owned);
        Argv::new(words.chain(flags.iter().cloned())).ok()
    };
    let Some(((_, best, command), rest)) = serving.split_first() else {
        return match (argv(&[]), flagged.filter(|_| !flags.is_empty())) {
            (Some(argv), Some(flagged)) => Found::inferred(argv, flagged.clone()),
            (Some(argv), None) => Found::default(argv, "the program alone"),
            (None, _) => Found::Absent,
        };
    };
    let Some(value) = argv(best) else { return Found::Absent };
    let others = rest.iter().filter(|(_, names, _)| names != best);
    let rejected = others.filter_map(|(_, names, other)| Some((argv(names)?, other.evidence.clone()))).collect();
    Found::Known { value, confidence: Confidence::Inferred, evidence: vec![command.evidence.clone()], rejected }
}

impl Command<'_> {
    /// Whether an expression is this command: its variable, or a call of the function that makes it.
    fn is_named(&self, tokens: &[Token], file: &GoFile, at: usize) -> bool {
        let words: Vec<&str> = tokens
            .iter()
            .take_while(|token| !token.is_mark('('))
            .filter(|t| t.kind == Kind::Word)
            .map(|t| t.text.as_str())
            .collect();
        let Some(last) = words.last() else { return false };
        if tokens.iter().any(|token| token.is_mark('(')) {
            return self.function == Some(last);
        }
        // a local variable counts in its own function only
        let same_function = file.function_at(at).map(|function| function.name.as_str()) == self.function;
        self.variable == Some(last) && (self.function.is_none() || same_function && std::ptr::eq(file, self.file))
    }
}

fn is_root(program: &Program<'_>, command: &Command<'_>) -> bool {
    let holder = command.variable.filter(|_| command.function.is_none()).or(command.function).or(command.variable);
    holder.is_some_and(|holder| holder.to_ascii_lowercase().contains("root"))
        || program.calls.iter().filter(|call| matches!(call.name(), "Execute" | "ExecuteContext" | "ExecuteC")).any(
            |call| {
                call.path.first().is_some_and(|first| command.variable == Some(first))
                    && (command.function.is_none() || std::ptr::eq(call.file, command.file))
            },
        )
}

/// The command that this one is added to.
fn parent(program: &Program<'_>, commands: &[Command<'_>], at: usize) -> Option<usize> {
    let adds = program.calls.iter().filter(|call| call.name() == "AddCommand");
    adds.filter(|call| call.arguments.iter().any(|argument| commands[at].is_named(argument, call.file, call.at)))
        .find_map(|call| {
            let function = call.file.function_at(call.at).map(|function| function.name.as_str());
            let receiver = call.path.first().copied();
            commands.iter().enumerate().position(|(other, command)| {
                other != at
                    && command.variable == receiver
                    && (command.function.is_none()
                        || command.function == function && std::ptr::eq(command.file, call.file))
            })
        })
}

fn commands(file: &GoFile) -> Vec<Command<'_>> {
    let cobra = file.imports_from("github.com/spf13/cobra").is_some();
    let urfave = file.imports_from("github.com/urfave/cli").is_some();
    let tokens = &file.tokens;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (is_use, is_name) = (cobra && token.is_word("Use"), urfave && token.is_word("Name"));
        if !(is_use || is_name) || !tokens.get(at + 1).is_some_and(|t| t.is_mark(':')) {
            continue;
        }
        let Some((open, close)) = braces(tokens, at) else { continue };
        let Some(name) = field(tokens, at, &token.text).and_then(|text| text.split_whitespace().next()) else {
            continue;
        };
        let has = |names: &[&str]| names.iter().any(|name| field_at(tokens, (open, close), name).is_some());
        // a flag has a name too, and an app is no command
        let acts = has(&["Action"]) || is_use && (has(&["Run", "RunE"]) || is_set_later(file, at));
        let is_app = open > 0 && tokens[open - 1].is_word("App") || is_name && has(&["Commands"]);
        if is_name && (!acts || is_app) {
            continue;
        }
        let because = if is_use { "cobra command" } else { "urfave/cli command" };
        found.push(Command {
            file,
            variable: variable(tokens, open),
            function: file.function_at(open).map(|function| function.name.as_str()),
            name,
            acts,
            evidence: file.evidence(token.line, because),
        });
    }
    found.extend(tagged(file));
    found
}

/// Commands as struct tags: `command:"server"` of go-flags, `cmd:""` of kong.
fn tagged(file: &GoFile) -> Vec<Command<'_>> {
    let flags = ["github.com/jessevdk/go-flags", "github.com/umputun/go-flags"];
    let flags = flags.iter().any(|library| file.imports_from(library).is_some());
    let kong = file.imports_from("github.com/alecthomas/kong").is_some();
    let mut found = Vec::new();
    for (at, token) in file.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Raw && (flags || kong)) {
        let tag = tag(&token.text);
        let get = |name: &str| tag.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let named = get("command").filter(|_| flags);
        let field = || field_name(&file.tokens, at).map(|field| snake(field).to_ascii_lowercase().replace('_', "-"));
        let named = named.or_else(|| get("cmd").filter(|_| kong).and_then(|_| get("name").or_else(field)));
        let Some(name) = named.as_deref().and_then(|name| SERVE.iter().find(|known| **known == name)) else { continue };
        let evidence = file.evidence(token.line, "command in a struct tag");
        found.push(Command { file, variable: None, function: None, name, acts: true, evidence });
    }
    found
}

/// `cmd.RunE = …` behind the literal, in the same function.
fn is_set_later(file: &GoFile, at: usize) -> bool {
    let end = file.function_at(at).map_or(file.tokens.len(), |function| function.body.end);
    file.tokens[at..end].windows(3).any(|window| {
        window[0].is_mark('.') && (window[1].is_word("Run") || window[1].is_word("RunE")) && window[2].is_mark('=')
    })
}

/// `name` of `name := &cobra.Command{` and `var name = cobra.Command{`.
fn variable(tokens: &[Token], open: usize) -> Option<&str> {
    let mut at = open;
    while at > 0 && (tokens[at - 1].kind == Kind::Word || ['.', '&'].iter().any(|mark| tokens[at - 1].is_mark(*mark))) {
        at -= 1;
    }
    let equals = at.checked_sub(1).filter(|at| tokens[*at].is_mark('='))?;
    let before = equals.checked_sub(1)?;
    let name = if tokens[before].is_mark(':') { before.checked_sub(1)? } else { before };
    Some(tokens[name].text.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn start(main: &str) -> String {
        let main = format!(
            "package main\n\nimport (\n\"github.com/spf13/cobra\"\n\"github.com/urfave/cli/v2\"\n\"github.com/alecthomas/kong\"\n)\n{main}"
        );
        let case = project(&[("go.mod", "module example.com/shop\n\ngo 1.26\n"), ("main.go", &main)]);
        case.detect().unwrap().components[0].start.value().unwrap().to_string()
    }

    #[test]
    fn a_subcommand_that_serves_is_part_of_the_command() {
        for (main, found) in [
            (
                "var rootCmd = &cobra.Command{Use: \"shop\"}\nvar x = &cobra.Command{Use: \"serve [flags]\", Run: f}\nfunc main() { rootCmd.AddCommand(x); rootCmd.Execute() }",
                "/server serve",
            ),
            ("var cmd = &cobra.Command{Use: \"server\", Run: f}\nfunc main() { cmd.Execute() }", "/server"),
            (
                "func newRoot() *cobra.Command { return &cobra.Command{Use: \"run\", Run: f} }\nfunc main() { newRoot().Execute() }",
                "/server",
            ),
            (
                "func main() { app := &cli.App{Name: \"web\", Action: x, Commands: []*cli.Command{{Name: \"start\", Action: run, Flags: []cli.Flag{&cli.StringFlag{Name: \"api\"}}}}} }",
                "/server start",
            ),
            (
                "func root() *cobra.Command {\n cmd := &cobra.Command{Use: \"shop\"}\n cmd.AddCommand(srv())\n return cmd }\nfunc srv() *cobra.Command {\n cmd := &cobra.Command{Use: \"server\"}\n cmd.AddCommand(begin())\n return cmd }\nfunc begin() *cobra.Command {\n return &cobra.Command{Use: \"start\", RunE: f} }\nfunc main() { root().Execute() }",
                "/server server start",
            ),
            (
                "var rootCmd = &cobra.Command{Use: \"shop\", Run: f}\nvar check = &cobra.Command{Use: \"check\"}\nvar x = &cobra.Command{Use: \"http\", Run: f}\nfunc main() { check.AddCommand(x); rootCmd.AddCommand(check); rootCmd.Execute() }",
                "/server",
            ),
            (
                "var cli struct {\n Migrate M `cmd:\"\"`\n Serve S `cmd:\"\" help:\"x\"`\n}\nfunc main() {}",
                "/server serve",
            ),
            ("func main() {}", "/server"),
        ] {
            assert_eq!(start(main), found, "{main}");
        }
    }
}
