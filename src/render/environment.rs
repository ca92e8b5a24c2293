//! minijinja set up once: limits, the layout filters, and the rule that no bare text is printed.
//!
//! A value reaches a file only if its type cannot hold what would break out of it (the context
//! marks such values safe) or if it passes one of the filters here, which quote. Anything else is
//! an error while rendering, for every template alike.

use std::collections::BTreeMap;

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::Facts;

/// Instructions one file may take.
const FUEL: u64 = 200_000;
/// No container file is larger.
const MAX_BYTES: usize = 256 * 1024;

/// Renders files of one template.
pub struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// Loads every file; names are those of `files`.
    ///
    /// # Errors
    /// A file that is no template: its name, line and what is wrong.
    pub fn new(files: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_syntax(crate::catalog::syntax());
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(|out, _state, value| {
            let harmless = value.is_safe() || matches!(value.kind(), ValueKind::Number);
            if !harmless {
                let what = format!("a bare {} would be printed; it needs a filter", value.kind());
                return Err(Error::new(ErrorKind::InvalidOperation, what));
            }
            match value.as_str() {
                Some(text) => out.write_str(text).map_err(Error::from),
                None => out.write_str(&value.to_string()).map_err(Error::from),
            }
        });
        environment.add_filter("argv", argv);
        environment.add_filter("shell", shell);
        environment.add_filter("continued", continued);
        environment.add_filter("pairs", pairs);
        environment.add_filter("path", path);
        environment.add_filter("prefixed", prefixed);
        environment.add_filter("lines", lines);
        environment.add_filter("indented", indented);
        environment.add_filter("joined", joined);
        environment.add_filter("hcl", hcl);
        environment.add_filter("text", text);
        for (name, source) in files {
            environment
                .add_template_owned(name.clone(), source.clone())
                .map_err(|error| format!("{name}:{}: {error}", error.line().unwrap_or(1)))?;
        }
        environment.set_fuel(Some(FUEL));
        Ok(Renderer { environment })
    }

    /// Renders one file, tidied: no blanks at line ends, no two blank lines, one line break last.
    ///
    /// # Errors
    /// A name that is no fact, a bare text, or a limit.
    pub fn render(&self, name: &str, facts: &Facts) -> Result<String, String> {
        self.render_value(name, facts.value())
    }

    /// As [`Renderer::render`], with any context.
    pub(super) fn render_value(&self, name: &str, context: Value) -> Result<String, String> {
        let template = self.environment.get_template(name).map_err(|error| error.to_string())?;
        let text = template.render(context).map_err(|error| {
            let file = error.name().unwrap_or(name).to_owned();
            format!("{file}:{}: {error}", error.line().unwrap_or(1))
        })?;
        within_limit(name, &text)?;
        Ok(tidy(&text))
    }

    /// Whether an expression holds; a name that is no fact counts as false.
    ///
    /// # Errors
    /// The expression cannot be read.
    pub fn holds(&self, expression: &str, facts: &Facts) -> Result<bool, String> {
        let compiled = self.environment.compile_expression(expression).map_err(|error| error.to_string())?;
        compiled.eval(facts.value()).map(|value| value.is_true()).map_err(|error| error.to_string())
    }

    /// Renders a short text of a manifest.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn inline(&self, source: &str, facts: &Facts) -> Result<String, String> {
        let text = self.environment.render_str(source, facts.value()).map_err(|error| error.to_string())?;
        within_limit("a text of the manifest", &text)?;
        Ok(text)
    }

    /// Names that the files use and `known` does not have: file and name.
    pub fn unknown_names(&self, known: &std::collections::BTreeSet<String>) -> Vec<(String, String)> {
        let mut unknown = Vec::new();
        for (file, template) in self.environment.templates() {
            for name in template.undeclared_variables(true) {
                if !known.contains(&name) {
                    unknown.push((file.to_owned(), name));
                }
            }
        }
        unknown.sort();
        unknown
    }
}

fn within_limit(name: &str, text: &str) -> Result<(), String> {
    if text.len() > MAX_BYTES { Err(format!("{name} is larger than {} kB", MAX_BYTES / 1024)) } else { Ok(()) }
}

fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        tidied.push_str(line);
        tidied.push('\n');
    }
    while tidied.ends_with("\n\n") {
        tidied.pop();
    }
    tidied
}

fn invalid(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.into())
}

fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}

fn word(value: &Value) -> Result<String, Error> {
    let text = value.as_str().ok_or_else(|| invalid("expected a text"))?;
    if text.chars().any(char::is_control) { Err(invalid("a control character")) } else { Ok(text.to_owned()) }
}

fn words(value: &Value) -> Result<Vec<String>, Error> {
    value.try_iter()?.map(|item| word(&item)).collect()
}

/// A command in exec form: `["node", "server.js"]`.
fn argv(value: Value) -> Result<Value, Error> {
    let quoted: Vec<String> =
        words(&value)?.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
    Ok(safe(format!("[{}]", quoted.join(", "))))
}

/// A command as one would type it, each word quoted where a shell would change it.
fn shell(value: Value) -> Result<Value, Error> {
    let argv = crate::facts::Argv::new(words(&value)?).map_err(|error| invalid(error.to_string()))?;
    Ok(safe(argv.to_string()))
}

/// A list over several lines; each but the first begins with `prefix`.
fn continued(value: Value, prefix: Option<String>) -> Result<Value, Error> {
    let separator = format!(" \\\n    {}", prefix.unwrap_or_default());
    Ok(safe(safe_items(&value)?.join(&separator)))
}

fn safe_items(value: &Value) -> Result<Vec<String>, Error> {
    value
        .try_iter()?
        .map(|item| if item.is_safe() { word(&item) } else { Err(invalid("a bare text in a list; it needs a filter")) })
        .collect()
}

/// `NAME=value` over several lines, values quoted where they need it; a pair without a value is the
/// name alone.
fn pairs(value: Value) -> Result<Value, Error> {
    let mut items = Vec::new();
    for pair in value.try_iter()? {
        let name = pair.get_item(&Value::from(0))?;
        let name = if name.is_safe() { word(&name)? } else { return Err(invalid("a bare name in pairs")) };
        let value = pair.get_item(&Value::from(1))?;
        if value.is_undefined() {
            items.push(name);
            continue;
        }
        let value = word(&value)?;
        let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:,@%+".contains(c));
        let value = if plain { value } else { format!("\"{}\"", escaped(&value)) };
        items.push(format!("{name}={value}"));
    }
    Ok(safe(items.join(" \\\n    ")))
}

/// What a Dockerfile would take for its own inside double quotes.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '"' | '\\' | '$').then_some('\\').into_iter().chain([c])).collect()
}

/// A path whose characters mean nothing to a Dockerfile, a shell or YAML.
fn plain_path(value: &Value) -> Result<String, Error> {
    let text = word(value)?;
    if super::context::is_plain_path(&text) {
        Ok(text)
    } else {
        Err(invalid(format!("the path `{text}` has characters that a container file cannot carry")))
    }
}

fn path(value: Value) -> Result<Value, Error> {
    plain_path(&value).map(safe)
}

/// Paths with a prefix each, between blanks.
fn prefixed(value: Value, prefix: String) -> Result<Value, Error> {
    let paths: Vec<Value> = if value.as_str().is_some() { vec![value] } else { value.try_iter()?.collect() };
    let paths: Result<Vec<String>, Error> =
        paths.iter().map(|path| Ok(format!("{prefix}{}", plain_path(path)?))).collect();
    Ok(safe(paths?.join(" ")))
}

/// Patterns, one a line, with a prefix each.
fn lines(value: Value, prefix: String) -> Result<Value, Error> {
    let lines: Vec<String> = words(&value)?.iter().map(|line| format!("{prefix}{line}")).collect();
    Ok(safe(lines.join("\n")))
}

/// Lines that are safe already, each moved to the right.
fn indented(value: Value, by: usize) -> Result<Value, Error> {
    let lines: Vec<String> = value
        .try_iter()?
        .map(|line| if line.is_safe() { Ok(format!("{}{line}", " ".repeat(by))) } else { Err(invalid("a bare line")) })
        .collect::<Result<_, Error>>()?;
    Ok(safe(lines.join("\n")))
}

/// Safe items between commas.
fn joined(value: Value) -> Result<Value, Error> {
    Ok(safe(safe_items(&value)?.join(", ")))
}

/// A string of HCL, or a list of them: `${` and `%{` would begin an expression.
fn hcl(value: Value) -> Result<Value, Error> {
    let quoted = |value: &Value| {
        let text = word(value)?.replace('\\', "\\\\").replace('"', "\\\"");
        Ok(format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{")))
    };
    if value.as_str().is_some() {
        return Ok(safe(quoted(&value)?));
    }
    let items: Result<Vec<String>, Error> = value.try_iter()?.map(|item| quoted(&item)).collect();
    Ok(safe(format!("[{}]", items?.join(", "))))
}

/// A line for people in Markdown or a comment.
fn text(value: Value) -> Result<Value, Error> {
    Ok(safe(word(&value)?.replace('|', "\\|")))
}
