//! The starter hands secrets to one-off commands: `docker compose exec app with-secrets …`.

use serde_json::Value;

use super::Checked;
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "starter";
const TITLE: &str = "with-secrets hands secrets to one-off commands";
/// What docker answers when the command is not there.
const NOT_FOUND: [Option<i32>; 2] = [Some(126), Some(127)];

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let part = &run.parts[at];
    if part.is_job || !part.up {
        return Ok(None);
    }
    let service = &part.service;
    let values = run.stand.secret_values();
    // names that only the starter can set, with a value to hand over
    let handed = service.environment.iter().filter_map(|(name, path)| {
        let plain = name.strip_suffix("_FILE").filter(|plain| !service.environment.contains_key(*plain))?;
        let (key, _) = service.files.iter().find(|(_, target)| target == path)?;
        values.get(key).is_some_and(|value| !value.is_empty()).then(|| plain.to_owned())
    });
    let Some(name) = handed.into_iter().next() else { return Ok(None) };
    let shown = run.stand.containers()?;
    let Some(id) = shown.get(&service.name).and_then(|shown| shown["Id"].as_str()) else { return Ok(None) };
    for starter in ["with-secrets", "/with-secrets"] {
        for command in commands(&part.image, starter, &name) {
            let mut args = vec!["exec", id, starter];
            args.extend(command.iter().map(String::as_str));
            let output = run.stand.engine.docker(&args, SHORT)?;
            let said = output.tail(1).pop().unwrap_or_default();
            if output.ok() {
                return Ok(Some(Row::ok(ID, TITLE, shown_command(starter, &command))));
            }
            let missing = NOT_FOUND.contains(&output.code)
                || ["no such file", "not found", "enoent"].iter().any(|word| said.to_ascii_lowercase().contains(word));
            if !missing {
                let detail = format!("`{}` fails: {said}", shown_command(starter, &command));
                return Ok(Some(Row::failed(ID, TITLE, detail).hint(format!("`{name}` must come from `{name}_FILE`"))));
            }
        }
    }
    // an image that has no starter needs none: then its app reads the files itself
    Ok(None)
}

fn shown_command(starter: &str, command: &[String]) -> String {
    format!("{starter} {}", command.first().map_or("", String::as_str))
}

/// Commands that fail unless the name is set, for images with a shell, with Node or Python, and
/// with none of them.
fn commands(image: &Value, starter: &str, name: &str) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let script = format!("process.exit(process.env.{name} ? 0 : 1)");
    let mut all = vec![
        words(&["sh", "-c", &format!("test -n \"${name}\"")]),
        words(&["node", "-e", &script]),
        words(&["/nodejs/bin/node", "-e", &script]),
        words(&["python3", "-c", &format!("import os; exit(not os.environ.get('{name}'))")]),
    ];
    // in an image with nothing else it can start itself, which reads all files and asks the app
    let test = image["Config"]["Healthcheck"]["Test"].as_array();
    let test: Vec<&str> = test.into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(at) = test.iter().position(|word| *word == "-probe") {
        let mut command = words(&[starter]);
        command.extend(test[at..].iter().map(|word| (*word).to_owned()));
        all.push(command);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_image_with_nothing_in_it_starts_its_own_probe() {
        let image = json!({"Config": {"Healthcheck": {"Test": ["CMD", "/with-secrets", "-probe", "/healthz"]}}});
        let last = commands(&image, "/with-secrets", "DATABASE_URL").pop().unwrap();
        assert_eq!(last, ["/with-secrets", "-probe", "/healthz"]);
        assert_eq!(commands(&json!({}), "with-secrets", "X").len(), 4);
    }
}
