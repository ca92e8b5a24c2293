//! `dockwright.toml`: what was decided, short and for people. Never a secret's value.

use toml::de::{DeTable, DeValue};

use crate::decisions::{Decisions, Key, KeyName, SettledBy};
use crate::paths::RelPath;
use crate::project::{Mistake, Project, Source};

/// Its name, in the project's folder.
pub const SETTLED_FILE: &str = "dockwright.toml";

/// Reads what was decided in earlier runs; nothing if there is no such file.
///
/// # Errors
/// No TOML, an unknown key, or a value that is no text, number or list of texts; each with its line.
pub fn read_decisions(project: &Project) -> Result<Decisions, Mistake> {
    let mut decisions = Decisions::default();
    let path = RelPath::new(SETTLED_FILE).map_err(|error| Mistake::new(error.to_string()))?;
    if let Some(source) = project.require(&path)? {
        read(&source, SettledBy::Project, &mut decisions)?;
    }
    Ok(decisions)
}

/// Reads decisions in the same form from any file: `--answers`.
///
/// # Errors
/// As [`read_decisions`].
pub fn read(source: &Source, by: SettledBy, decisions: &mut Decisions) -> Result<(), Mistake> {
    let name = source.path();
    let table = DeTable::parse(source.text()).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Mistake::new(format!("{name} is not valid TOML")).in_source(source, at).detail(error.message().to_owned())
    })?;
    for (key, value) in table.get_ref() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("settings", DeValue::Table(settings)) => {
                for (setting, value) in settings {
                    let at = setting.span().start;
                    settle(&format!("settings.{}", setting.get_ref()), value.get_ref(), at, source, by, decisions)?;
                }
            }
            (key, value) => settle(key, value, at, source, by, decisions)?,
        }
    }
    Ok(())
}

fn settle(
    key: &str,
    value: &DeValue<'_>,
    at: usize,
    source: &Source,
    by: SettledBy,
    decisions: &mut Decisions,
) -> Result<(), Mistake> {
    let key: Key = key.parse().map_err(|unknown: crate::decisions::UnknownKey| {
        let mistake = Mistake::new(unknown.to_string()).in_source(source, at);
        match unknown.nearest {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None => mistake,
        }
    })?;
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            items
                .ok_or_else(|| Mistake::new(format!("`{key}` is not a list of texts")).in_source(source, at))?
                .join(" ")
        }
        _ => {
            return Err(Mistake::new(format!("`{key}` has a value that cannot be read"))
                .in_source(source, at)
                .detail("expected a text, a number or a list of texts"));
        }
    };
    decisions.settle(key, text, by);
    Ok(())
}

/// The file's text; `None` where nothing was decided. What the environment settled is not kept:
/// it belongs to the machine.
pub fn settled_text(decisions: &Decisions) -> Option<String> {
    let mut lines = Vec::new();
    let mut settings = Vec::new();
    for (key, decision) in decisions.iter().filter(|(_, decision)| decision.by != SettledBy::Environment) {
        let value = match &key.name {
            KeyName::Fact("services") => {
                let items: Vec<_> =
                    decision.value.split_whitespace().map(|item| toml::Value::from(item).to_string()).collect();
                format!("[{}]", items.join(", "))
            }
            _ if decision.value.parse::<u16>().is_ok() => decision.value.clone(),
            _ => toml::Value::from(decision.value.as_str()).to_string(),
        };
        match (&key.name, key.component.is_root()) {
            (KeyName::Setting(name), true) => settings.push(format!("{name} = {value}")),
            (KeyName::Fact(name), true) => lines.push(format!("{name} = {value}")),
            _ => lines.push(format!("{} = {value}", toml::Value::from(key.to_string()))),
        }
    }
    if lines.is_empty() && settings.is_empty() {
        return None;
    }
    let mut text = "# What was decided for `dockwright init`, which reads it again; yours to edit.\n".to_owned();
    text += &lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    if !settings.is_empty() {
        text += &format!("\n[settings]\n{}\n", settings.join("\n"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(RelPath::new(SETTLED_FILE).unwrap(), text.to_owned())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut decisions = Decisions::default();
        for (key, value) in [
            ("port", "8080"),
            ("start", "node \"a b.js\""),
            ("services", "postgres redis=elsewhere"),
            ("settings.STRIPE_KEY", "secret"),
            ("apps/web:port", "none"),
        ] {
            decisions.settle(key.parse().unwrap(), value, SettledBy::Project);
        }
        let text = settled_text(&decisions).unwrap();
        let mut again = Decisions::default();
        read(&source(&text), SettledBy::Project, &mut again).unwrap();
        assert_eq!(again, decisions, "{text}");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
        let mistake = read(&source("port = 1\nprot = 2\n"), SettledBy::Project, &mut Decisions::default()).unwrap_err();
        assert_eq!((mistake.line, mistake.hint.as_deref()), (Some(2), Some("did you mean `port`?")));
    }
}
