//! What the program is started with: the subcommand that serves, if it has one.

use super::code::GoFile;
use super::literals::{braces, field, field_at};
use super::program::Program;
use super::scan::Token;
use crate::facts::{Argv, Confidence, Evidence, Found};

/// Subcommands that serve, the likeliest first.
const SERVE: &[&str] = &["serve", "server", "start", "run", "web", "api", "http", "daemon"];

/// A command of cobra or urfave/cli.
struct Command<'a> {
    /// The variable or function that holds it.
    holder: Option<&'a str>,
    name: &'a str,
    evidence: Evidence,
}

/// The start command, with these flags behind it.
pub fn start(program: &Program<'_>, flags: &[String]) -> Found<Argv> {
    let commands: Vec<Command<'_>> = program.files.iter().flat_map(|file| commands(file)).collect();
    let is_root = |command: &Command<'_>| {
        command.holder.is_some_and(|holder| {
            holder.to_ascii_lowercase().contains("root")
                || program.calls.iter().any(|call| {
                    matches!(call.name(), "Execute" | "ExecuteContext" | "ExecuteC")
                        && call.path.first() == Some(&holder)
                })
        })
    };
    let mut serving: Vec<&Command<'_>> =
        commands.iter().filter(|command| SERVE.contains(&command.name) && !is_root(command)).collect();
    serving.sort_by_key(|command| SERVE.iter().position(|name| *name == command.name));
    let argv = |command: Option<&str>| {
        let words = std::iter::once("/server").chain(command).map(str::to_owned).chain(flags.iter().cloned());
        Argv::new(words).ok()
    };
    let Some((best, rest)) = serving.split_first() else {
        return match argv(None) {
            Some(argv) => Found::default(argv, "the program alone"),
            None => Found::Absent,
        };
    };
    let Some(value) = argv(Some(best.name)) else { return Found::Absent };
    let others = rest.iter().filter(|other| other.name != best.name);
    let rejected = others.filter_map(|other| Some((argv(Some(other.name))?, other.evidence.clone()))).collect();
    Found::Known { value, confidence: Confidence::Inferred, evidence: vec![best.evidence.clone()], rejected }
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
        // a flag has a name too, and an app is no command
        let acts = field_at(tokens, (open, close), "Action").is_some();
        let is_app =
            open > 0 && tokens[open - 1].is_word("App") || field_at(tokens, (open, close), "Commands").is_some();
        if is_name && (!acts || is_app) {
            continue;
        }
        let because = if is_use { "cobra command" } else { "urfave/cli command" };
        let holder = holder(file, tokens, open);
        found.push(Command { holder, name, evidence: file.evidence(token.line, because) });
    }
    found
}

/// `name` of `name := &cobra.Command{` and `var name = cobra.Command{`, or the function around.
fn holder<'a>(file: &'a GoFile, tokens: &'a [Token], open: usize) -> Option<&'a str> {
    let mut at = open;
    while at > 0
        && (tokens[at - 1].kind == super::scan::Kind::Word
            || ['.', '&'].iter().any(|mark| tokens[at - 1].is_mark(*mark)))
    {
        at -= 1;
        if tokens[at].is_word("return") {
            break;
        }
    }
    let equals = at.checked_sub(1).filter(|at| tokens[*at].is_mark('='));
    let name = equals.and_then(|equals| {
        let before = equals.checked_sub(1)?;
        if tokens[before].is_mark(':') { before.checked_sub(1) } else { Some(before) }
    });
    match name {
        Some(name) => Some(tokens[name].text.as_str()),
        None => file.function_at(open).map(|function| function.name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn start(main: &str) -> String {
        let main =
            format!("package main\n\nimport (\n\"github.com/spf13/cobra\"\n\"github.com/urfave/cli/v2\"\n)\n{main}");
        let case = project(&[("go.mod", "module example.com/shop\n\ngo 1.26\n"), ("main.go", &main)]);
        case.detect().unwrap().components[0].start.value().unwrap().to_string()
    }

    #[test]
    fn a_subcommand_that_serves_is_part_of_the_command() {
        for (main, found) in [
            (
                "var rootCmd = &cobra.Command{Use: \"shop\"}\nvar x = &cobra.Command{Use: \"serve [flags]\"}\nfunc main() { rootCmd.Execute() }",
                "/server serve",
            ),
            ("var cmd = &cobra.Command{Use: \"server\"}\nfunc main() { cmd.Execute() }", "/server"),
            (
                "func newRoot() *cobra.Command { return &cobra.Command{Use: \"run\"} }\nfunc main() { newRoot().Execute() }",
                "/server",
            ),
            (
                "func main() { app := &cli.App{Name: \"web\", Action: x, Commands: []*cli.Command{{Name: \"start\", Action: run, Flags: []cli.Flag{&cli.StringFlag{Name: \"api\"}}}}} }",
                "/server start",
            ),
            ("func main() {}", "/server"),
        ] {
            assert_eq!(start(main), found, "{main}");
        }
    }
}
