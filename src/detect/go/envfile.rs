//! Programs that read the file `.env` themselves and stop where it is missing, as in an image.

use super::super::Context;
use super::calls::Call;
use super::declarations::closing;
use super::program::Program;
use crate::facts::Evidence;

/// Warns where the program needs the file: no image holds it.
pub fn warn(context: &Context<'_>, program: &Program<'_>) {
    let Some(evidence) = program.calls.iter().find_map(|call| needs(program, call)) else { return };
    context.warn(
        "needs-env-file",
        format!("the program stops without a file of variables (`.env`), which no image holds ({})", evidence.place()),
        vec![evidence],
        "go on without the file there: settings come from the environment",
    );
}

fn needs(program: &Program<'_>, call: &Call<'_>) -> Option<Evidence> {
    let dotenv = ["godotenv.Load", "godotenv.Overload"].iter().any(|known| call.is(known));
    let names_it =
        |call: &Call<'_>| call.arguments.first().and_then(|tokens| tokens.first()?.literal()) == Some(".env");
    if dotenv && stops(call) {
        return Some(call.file.evidence(call.line, "stops where the file is missing"));
    }
    // viper takes the environment into account only if it is told to
    let viper = call.name() == "SetConfigFile" && names_it(call);
    let automatic = || program.calls.iter().any(|call| call.name() == "AutomaticEnv");
    // with a name and a kind the file is `app.env`, and reading it may end the program
    let named = call.name() == "ReadInConfig"
        && stops(call)
        && program.calls.iter().any(|other| {
            other.name() == "SetConfigType"
                && other.arguments.first().and_then(|tokens| tokens.first()?.literal()) == Some("env")
        });
    if named {
        return Some(call.file.evidence(call.line, "viper reads a file of variables"));
    }
    (viper && !automatic()).then(|| call.file.evidence(call.line, "viper reads this file alone"))
}

/// Whether an error of the call ends the program: `if err != nil { log.Fatal(…) }` behind it.
fn stops(call: &Call<'_>) -> bool {
    let tokens = &call.file.tokens;
    let Some(end) = closing(tokens, call.at) else { return false };
    let after = &tokens[end..tokens.len().min(end + 14)];
    let checks = after.iter().position(|token| token.is_word("nil"));
    checks.is_some_and(|at| {
        after[at..].iter().any(|token| {
            token.text.starts_with("Fatal")
                || token.is_word("return")
                || token.is_word("panic")
                || token.is_word("Exit")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn warned(body: &str) -> bool {
        let main = format!("package main\n\nfunc main() {{\n{body}\n}}\n");
        let case = project(&[("go.mod", "module example.com/shop\n"), ("main.go", &main)]);
        case.detect().unwrap().warnings.iter().any(|warning| warning.id == "needs-env-file")
    }

    #[test]
    fn a_program_that_stops_without_its_env_file_is_warned_about() {
        assert!(warned("err := godotenv.Load()\nif err != nil {\n log.Fatal(\"no .env\")\n}"));
        assert!(warned("if err := godotenv.Load(\".env\"); err != nil {\n panic(err)\n}"));
        assert!(warned("viper.SetConfigFile(\".env\")\nviper.ReadInConfig()"));
        assert!(!warned("_ = godotenv.Load()\nx, err := f()\nif err != nil {\n g(err)\n}"));
        assert!(!warned("if err := godotenv.Load(); err != nil {\n log.Println(\"no .env\")\n}\nlog.Fatal(run())"));
        assert!(!warned("viper.SetConfigFile(\".env\")\nviper.AutomaticEnv()"));
    }
}
