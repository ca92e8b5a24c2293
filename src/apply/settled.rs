//! `dockwright.toml`: what was decided, short and for people. Never a secret's value.

use toml::de::{DeTable, DeValue};

use super::compare::{Change, ChangeKind};
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
                .join(key.between())
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

/// What writing the decisions would do to the file; `None` where nothing was decided. What a person
/// wrote there stays as it is, comments too; only a value that changed is put in. What the
/// environment or the person's configuration settled is not kept: it belongs to the machine.
///
/// # Errors
/// As [`read_decisions`].
pub fn settled_change(decisions: &Decisions, project: &Project) -> Result<Option<Change>, Mistake> {
    let path = RelPath::new(SETTLED_FILE).map_err(|error| Mistake::new(error.to_string()))?;
    let before = project.require(&path)?.map(|source| source.text().to_owned());
    let earlier = read_decisions(project)?;
    let of_machine = [SettledBy::Environment, SettledBy::Configuration];
    let lasting = decisions.iter().filter(|(_, decision)| !of_machine.contains(&decision.by));
    let news: Vec<(&Key, &str)> = lasting
        .filter(|(key, decision)| earlier.get(key).is_none_or(|earlier| earlier.value != decision.value))
        .map(|(key, decision)| (key, decision.value.as_str()))
        .collect();
    if news.is_empty() && before.is_none() {
        return Ok(None);
    }
    let after = if news.is_empty() { before.clone().unwrap_or_default() } else { edited(before.as_deref(), &news)? };
    let kind = match &before {
        None => ChangeKind::Create,
        Some(before) if *before == after => ChangeKind::Same,
        Some(_) => ChangeKind::Replace,
    };
    Ok(Some(Change { path, kind, before, after, mode: 0o644, meets: None, choice: None }))
}

fn edited(before: Option<&str>, news: &[(&Key, &str)]) -> Result<String, Mistake> {
    let start = before.unwrap_or("# What was decided for `dockwright init`, which reads it again; yours to edit.\n");
    let mut file: toml_edit::DocumentMut =
        start.parse().map_err(|error: toml_edit::TomlError| Mistake::new(error.message().to_owned()))?;
    for (key, text) in news {
        let (table, name) = match (&key.name, key.component.is_root()) {
            (KeyName::Setting(name), true) => {
                let settings = file.entry("settings").or_insert_with(toml_edit::table);
                let table = settings.as_table_like_mut().ok_or_else(|| Mistake::new("`settings` is not a table"))?;
                (table, name.to_string())
            }
            (KeyName::Fact(name), true) => (file.as_table_mut() as &mut dyn toml_edit::TableLike, (*name).to_owned()),
            _ => (file.as_table_mut() as &mut dyn toml_edit::TableLike, key.to_string()),
        };
        let mut value = toml_value(key, text);
        match table.get_mut(&name).and_then(toml_edit::Item::as_value_mut) {
            Some(present) => {
                // a comment behind it stays
                *value.decor_mut() = present.decor().clone();
                *present = value;
            }
            None => {
                table.insert(&name, toml_edit::Item::Value(value));
            }
        }
    }
    let text = file.to_string();
    // without an entry the head is what follows the last one
    Ok(match before {
        None if !text.starts_with('#') => format!("{start}{}", text.replace(start, "")),
        _ => text,
    })
}

fn toml_value(key: &Key, text: &str) -> toml_edit::Value {
    if key.name == KeyName::Fact("services") {
        return toml_edit::Value::from_iter(text.split_whitespace());
    }
    if key.name == KeyName::Fact("components") && text != "all" {
        return toml_edit::Value::from_iter(text.split(',').map(str::trim));
    }
    match text.parse::<u16>() {
        Ok(number) if number.to_string() == text => i64::from(number).into(),
        _ => text.into(),
    }
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
        let folder = tempfile::tempdir().unwrap();
        let change = settled_change(&decisions, &Project::open(folder.path()).unwrap()).unwrap().unwrap();
        assert!(change.after.starts_with("# What was decided"), "{}", change.after);
        std::fs::write(folder.path().join(SETTLED_FILE), &change.after).unwrap();
        let again = Project::open(folder.path()).unwrap();
        assert_eq!(read_decisions(&again).unwrap(), decisions, "{}", change.after);
        assert_eq!(settled_change(&decisions, &again).unwrap().unwrap().kind, ChangeKind::Same);
    }

    #[test]
    fn what_a_person_wrote_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = "# ours\n\nport   = 8080 # as the proxy has it\n\n[settings] # few\nA_KEY = 'secret'\n";
        std::fs::write(folder.path().join(SETTLED_FILE), theirs).unwrap();
        let project = Project::open(folder.path()).unwrap();
        let mut decisions = read_decisions(&project).unwrap();
        assert_eq!(settled_change(&decisions, &project).unwrap().unwrap().after, theirs);
        decisions.settle("port".parse().unwrap(), "9090", SettledBy::Flag);
        decisions.settle("health".parse().unwrap(), "/up", SettledBy::Flag);
        decisions.settle("settings.B_KEY".parse().unwrap(), "plain=1", SettledBy::Person);
        decisions.settle("start".parse().unwrap(), "node x.js", SettledBy::Environment);
        let after = settled_change(&decisions, &project).unwrap().unwrap().after;
        let expected = "# ours\n\nport   = 9090 # as the proxy has it\nhealth = \"/up\"\n\n[settings] # few\nA_KEY = 'secret'\nB_KEY = \"plain=1\"\n";
        assert_eq!(after, expected);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
        let mistake = read(&source("port = 1\nprot = 2\n"), SettledBy::Project, &mut Decisions::default()).unwrap_err();
        assert_eq!((mistake.line, mistake.hint.as_deref()), (Some(2), Some("did you mean `port`?")));
    }
}
