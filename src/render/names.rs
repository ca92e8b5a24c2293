//! The names that a template may use, each with its kind, as `names.txt` lists them; a test holds
//! that list to what is really there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use minijinja::value::{Value, ValueKind};

use super::Facts;
use crate::catalog::{Template, TemplateError, syntax};
use crate::decisions::nearest;

static NAMES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("names.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(name, kind)| (name, kind.trim())).collect()
});

/// Kinds that are printed as they are.
const PRINTED: &[&str] = &["safe", "number"];

/// All names with their kinds, of samples of every stack: the contents of `names.txt`.
pub fn kinds(samples: &[Facts]) -> BTreeMap<String, &'static str> {
    let mut kinds = BTreeMap::new();
    for facts in samples {
        collect(&facts.value(), "", &mut kinds);
    }
    kinds
}

fn collect(value: &Value, prefix: &str, kinds: &mut BTreeMap<String, &'static str>) {
    for key in value.try_iter().into_iter().flatten() {
        let name = format!("{prefix}{}", key.as_str().unwrap_or_default());
        let Ok(inner) = value.get_item(&key) else { continue };
        let kind = match inner.kind() {
            _ if inner.is_safe() => "safe",
            ValueKind::Number => "number",
            ValueKind::Bool => "bool",
            ValueKind::String => "text",
            ValueKind::Seq | ValueKind::Iterable => "list",
            ValueKind::Map => "map",
            _ => "none",
        };
        if inner.kind() == ValueKind::Map {
            collect(&inner, &format!("{name}."), kinds);
        }
        // what is absent in one sample is something in another
        let known = kinds.entry(name).or_insert(kind);
        if *known == "none" {
            *known = kind;
        }
    }
}

/// Names in a template's files that are no facts, and texts that are printed without a filter.
pub fn name_errors(template: &Template) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    for (file, text) in &template.files {
        let declared: BTreeSet<String> = undeclared(text);
        let unknown = declared.iter().filter(|name| !is_known(name));
        let error = |at: usize, what: String, hint: Option<String>| {
            let (line, column) = place(text, at);
            TemplateError {
                template: template.manifest.id.clone(),
                file: format!("files/{file}"),
                line: Some(line),
                column: Some(column),
                what,
                hint,
            }
        };
        for name in unknown {
            let near = nearest(name, NAMES.keys().copied()).map(|near| format!("did you mean `{near}`?"));
            errors.push(error(find(text, name), format!("`{name}` is no fact"), near));
        }
        for (at, name) in printed(text) {
            let kind = NAMES.get(name).copied().filter(|_| declared.contains(name));
            if let Some(kind) = kind.filter(|kind| !PRINTED.contains(kind)) {
                let hint = filter_for(kind).map(|filter| format!("as in `{{{{ {name} | {filter} }}}}`"));
                errors.push(error(at, format!("`{name}` is a {kind}, and would be printed without a filter"), hint));
            }
        }
    }
    errors.sort_by(|one, other| (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column)));
    errors
}

/// Loop variables and macros are names of the file's own.
fn undeclared(text: &str) -> BTreeSet<String> {
    let mut environment = minijinja::Environment::new();
    environment.set_syntax(syntax());
    let Ok(template) = environment.template_from_str(text) else { return BTreeSet::new() };
    let functions = ["range", "dict", "namespace", "debug", "loop"];
    let names = template.undeclared_variables(true).into_iter();
    names.filter(|name| !functions.contains(&name.split('.').next().unwrap_or_default())).collect()
}

/// A fact, what lies inside a fact that has no fixed parts, or the variable of a loop in a file that
/// includes this one.
fn is_known(name: &str) -> bool {
    let has = |name: &str| NAMES.contains_key(name);
    let outer = name.split('.').next().unwrap_or_default();
    let listed = NAMES.get(outer).is_some_and(|kind| *kind == "list");
    has(name) || listed || LOOPS.contains(&outer)
}

/// What the built-in files call the items of their lists; a fragment may use them.
const LOOPS: &[&str] = &["argument", "command", "folder", "line", "made", "note", "path", "migrate", "tool"];

/// `{{ name }}` with nothing else in it.
fn printed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("{{").filter_map(|(at, _)| {
        let inner = text[at + 2..].split("}}").next()?;
        let name = inner.trim_matches([' ', '-', '+', '\n']);
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        plain.then(|| (at + 2 + inner.find(name).unwrap_or(0), name))
    })
}

fn filter_for(kind: &str) -> Option<&'static str> {
    match kind {
        "text" => Some("text"),
        "list" => Some("continued"),
        _ => None,
    }
}

/// The first place where a name stands as a word of its own.
fn find(text: &str, name: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let alone = |at: &usize| {
        !text[..*at].ends_with(is_word) && !text[at + name.len()..].starts_with(|c: char| is_word(c) && c != '.')
    };
    text.match_indices(name).map(|(at, _)| at).find(alone).unwrap_or(0)
}

fn place(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    (before.matches('\n').count() as u32 + 1, column as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let mut template = crate::catalog::built_in().unwrap().remove(0);
        template.files = [("Dockerfile.j2".to_owned(), text.to_owned())].into();
        let said = |error: TemplateError| {
            format!(
                "{}:{} {} {}",
                error.line.unwrap(),
                error.column.unwrap(),
                error.what,
                error.hint.unwrap_or_default()
            )
        };
        name_errors(&template).into_iter().map(said).collect()
    }

    #[test]
    fn built_in_templates_use_only_names_that_are_there() {
        for template in crate::catalog::built_in().unwrap() {
            assert_eq!(name_errors(&template), [], "{}", template.manifest.id);
        }
    }

    #[test]
    fn a_name_that_is_no_fact_has_its_place_and_the_nearest() {
        assert_eq!(errors("FROM x\nUSER {{ usr }}\n"), ["2:9 `usr` is no fact did you mean `user`?"]);
        assert!(errors("{% for item in packages.setup %}{{ item }}{% endfor %}").is_empty());
    }

    #[test]
    fn a_text_without_a_filter_is_told_the_filter() {
        let said = errors("FROM x\nCMD {{ start }}\n");
        assert_eq!(
            said,
            ["2:8 `start` is a list, and would be printed without a filter as in `{{ start | continued }}`"]
        );
    }
}
