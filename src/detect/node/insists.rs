//! Whether the code around a read does not go on without a value: `process.env.X!`, `if (!x) throw`.

use super::sources::Sources;
use crate::facts::{EnvName, Evidence};

/// Lines after a read in which a check of it stands.
const NEAR: u32 = 4;

/// Whether the code says that a name which it reads here is needed.
pub fn insists(sources: &Sources, name: &EnvName, evidence: &Evidence) -> bool {
    let (Some(file), Some(line)) = (&evidence.file, evidence.line) else { return false };
    let Some(source) = sources.source(file) else { return false };
    let text = source.line(line);
    let read = format!("process.env.{name}");
    if asserts(text, &read) {
        return true;
    }
    let after: Vec<&str> = (line..=line + NEAR).map(|line| source.line(line)).collect();
    let checked = [Some(read.clone()), variable(text, &read)].into_iter().flatten();
    checked.into_iter().any(|value| stops_without(&after, &value))
}

/// `process.env.X!`, which is no `!==`.
fn asserts(text: &str, read: &str) -> bool {
    text.match_indices(read).any(|(at, _)| {
        let rest = &text[at + read.len()..];
        rest.starts_with('!') && !rest.starts_with("!=")
    })
}

/// `url` of `const url: string = process.env.X`.
fn variable(text: &str, read: &str) -> Option<String> {
    let before = text.split(read).next()?.trim_end().strip_suffix('=')?;
    let declared = before.split(':').next()?.trim();
    let name = declared.rsplit(' ').next()?;
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')).then(|| name.to_owned())
}

/// `if (!value) throw`, over a few lines.
fn stops_without(lines: &[&str], value: &str) -> bool {
    let missing = [format!("!{value}"), format!("{value} === undefined"), format!("{value} == null")];
    let is_end = |text: &str| !text.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    let is_check = |line: &&str| {
        let found =
            |missing: &String| line.match_indices(missing.as_str()).any(|(at, _)| is_end(&line[at + missing.len()..]));
        line.contains("if") && missing.iter().any(found)
    };
    let Some(at) = lines.iter().position(is_check) else { return false };
    lines[at..].iter().take(3).any(|line| line.contains("throw ") || line.contains("process.exit("))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    /// The names that the app does not start without.
    fn required(code: &str) -> Vec<String> {
        let package = "{\"name\": \"a\", \"main\": \"app.ts\", \"dependencies\": {\"express\": \"5\"}}";
        let files = [("package.json", package), ("app.ts", code)];
        let settings = project(&files).detect().unwrap().components.remove(0).settings;
        settings.iter().filter(|setting| setting.required).map(|setting| setting.name.to_string()).collect()
    }

    #[test]
    fn what_the_code_throws_without_is_required() {
        assert_eq!(required("const a = process.env.A_HOST!\nconst b = process.env.B_HOST\n"), ["A_HOST"]);
        assert_eq!(required("if (process.env.A_HOST !== 'x') {}\n"), [""; 0]);
        assert_eq!(required("if (!process.env.A_HOST) {\n  throw new Error('A_HOST')\n}\n"), ["A_HOST"]);
        assert_eq!(required("const host = process.env.A_HOST;\nif (!host) {\n  process.exit(1)\n}\n"), ["A_HOST"]);
        assert_eq!(required("const host = process.env.A_HOST;\nif (!hosts) throw 1\n"), [""; 0]);
        assert_eq!(required("const host = process.env.A_HOST || 'x'\nif (!host) throw 1\n"), [""; 0]);
        assert_eq!(required("config.getOrThrow('A_HOST'); config.get('B_HOST')\n"), ["A_HOST"]);
    }

    #[test]
    fn what_a_schema_wants_is_required() {
        let zod = "z.object({ A_HOST: z.string(), B_HOST: z.string().optional(), C_HOST: z.string().default('x') }).parse(process.env)";
        assert_eq!(required(zod), ["A_HOST"]);
        assert_eq!(required("cleanEnv(process.env, { A_HOST: str(), B_HOST: str({ default: 'x' }) })"), ["A_HOST"]);
    }
}
