//! Secrets written into a compose file that somebody made by hand: they are in git, and in
//! `docker inspect`.

use super::super::examples::has_password;
use super::super::rivals::COMPOSE_FILES;
use super::Asked;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Source;

/// So many lines are shown.
const SHOWN: usize = 5;

/// Values of secret names below `environment:` and `args:`.
pub fn secrets(asked: &Asked<'_>) {
    let mut files: Vec<RelPath> = Vec::new();
    for folder in asked.components.iter().map(|component| component.path.clone()).chain([RelPath::root()]) {
        files.extend(COMPOSE_FILES.iter().filter_map(|name| asked.file(&folder, name)));
    }
    files.sort();
    files.dedup();
    for source in files.iter().filter_map(|file| asked.context.project.read(file)) {
        if source.lines().take(5).any(|(_, text)| text.contains("dockwright")) {
            continue;
        }
        let held: Vec<(String, u32)> = variables(&source)
            .into_iter()
            .filter(|(name, value, _)| is_held(asked, name, value))
            .map(|(name, _, line)| (name, line))
            .collect();
        let Some((first, _)) = held.first() else { continue };
        let more = if held.len() > 1 { format!(" and {} more", held.len() - 1) } else { String::new() };
        asked.context.warn(
            "secret-in-compose",
            format!("{} holds the value of `{first}`{more}", source.path()),
            held.iter()
                .take(SHOWN)
                .map(|(name, line)| Evidence::at(source.path(), *line, name.clone(), "a value in plain text"))
                .collect(),
            format!("`{first}: ${{{first}:?}}` keeps it out of git; ours come from files below secrets/"),
        );
    }
}

/// Whether a value is a secret that stands there: no reference, no switch, no file.
fn is_held(asked: &Asked<'_>, name: &str, value: &str) -> bool {
    let settings = &asked.context.presets.settings;
    let value = match value.strip_prefix("${") {
        // what it falls back to
        Some(inner) => {
            match inner.trim_end_matches('}').split_once(":-").or(inner.trim_end_matches('}').split_once('-')) {
                Some((_, default)) => default,
                None => return false,
            }
        }
        None => value,
    };
    let switch = ["yes", "no", "true", "false", "on", "off", "0", "1", "null", "~"];
    if value.is_empty() || switch.contains(&value.to_ascii_lowercase().as_str()) || value.starts_with(['$', '<', '/']) {
        return false;
    }
    let written = has_password(value) && !value.contains("${");
    let is_address = settings.secret_names.iter().any(|known| known == name) || value.contains("://");
    if is_address { written } else { settings.is_secret(name) }
}

/// The variables of all services with their values and lines: `NAME: value` and `- NAME=value`.
fn variables(source: &Source) -> Vec<(String, String, u32)> {
    let mut found = Vec::new();
    let mut block: Option<usize> = None;
    for (line, text) in source.lines() {
        let trimmed = text.trim();
        let indent = text.len() - text.trim_start().len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let item = trimmed.strip_prefix("- ").map(str::trim);
        // items of a list may stand as deep as its key
        block = block.filter(|depth| indent > *depth || (item.is_some() && indent == *depth));
        if block.is_none() {
            let key = trimmed.split(" #").next().unwrap_or_default().trim_end();
            block = ["environment:", "args:"].contains(&key).then_some(indent);
            continue;
        }
        let pair = match item {
            Some(item) => unquoted(item).split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())),
            None => trimmed
                .split_once(':')
                .map(|(name, value)| (unquoted(name).to_owned(), unquoted(value.trim()).to_owned())),
        };
        found.extend(pair.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned(), line)));
    }
    found
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.split(quote).next()) {
            return inner;
        }
    }
    text.split(" #").next().unwrap_or(text).trim_end()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    fn found(environment: &str) -> Option<(String, String, String)> {
        let text =
            format!("services:\n  db:\n    image: postgres:18\n    environment:\n{environment}    ports: [\"5432\"]\n");
        named(&project(&[("docker-compose.yml", &text)]), "secret-in-compose")
    }

    #[test]
    fn values_of_secrets_are_named_with_their_lines() {
        let (place, message, hint) =
            found("      POSTGRES_USER: app\n      POSTGRES_PASSWORD: \"hunter2\" # local\n").unwrap();
        assert_eq!(place, "docker-compose.yml:6");
        assert!(message.contains("`POSTGRES_PASSWORD`") && !message.contains("hunter2"), "{message}");
        assert!(hint.starts_with("`POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}`"), "{hint}");
        for one in [
            "    - POSTGRES_PASSWORD=x\n",
            "      - 'API_KEY=abc'\n",
            "      JWT_SECRET: ${JWT_SECRET:-abc}\n",
            "      DATABASE_URL: postgres://a:b@db/x\n",
        ] {
            assert!(found(one).is_some(), "{one}");
        }
    }

    #[test]
    fn references_files_and_switches_are_no_secrets() {
        for one in [
            "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n",
            "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}\n",
            "      - POSTGRES_PASSWORD=$PASSWORD\n",
            "      - POSTGRES_PASSWORD\n",
            "      POSTGRES_PASSWORD_FILE: /run/secrets/db\n",
            "      MYSQL_ALLOW_EMPTY_PASSWORD: \"yes\"\n",
            "      DATABASE_URL: redis://cache:6379\n",
            "      DATABASE_URL: postgres://a:${PASSWORD}@db/x\n",
        ] {
            assert_eq!(found(one), None, "{one}");
        }
        let ours = "# Written by dockwright\nservices:\n  db:\n    environment:\n      API_KEY: abc\n";
        assert_eq!(named(&project(&[("compose.yaml", ours)]), "secret-in-compose"), None);
    }
}
