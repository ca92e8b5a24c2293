//! A new template to begin with: the example of the authors' page, or a copy of a built-in one,
//! each with a small project as its first test.

use include_dir::{Dir, include_dir};

use super::builtin::built_in_files;
use super::origin::is_id;
use super::tree::Files;
use crate::decisions::nearest;
use crate::project::Mistake;

/// The page that tells authors everything; its code blocks are the example.
const PAGE: &str = include_str!("../../templates/README.md");
static PROJECTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/presets/new");
/// The stack of the example.
const STACK: &str = "node";

/// The files of a new template called `name`.
///
/// # Errors
/// A name that is no id, or a built-in template that is not there.
pub fn begin(name: &str, from: Option<&str>) -> Result<Files, Mistake> {
    if !is_id(name) {
        return Err(Mistake::new(format!("`{}` cannot be a template's name", super::plain(name, 60)))
            .hint("small letters, digits and hyphens, as in `go-api`"));
    }
    let mut files = match from {
        None => example(),
        Some(id) => copy(id)?,
    };
    let manifest = files.get("template.toml").map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let renamed: String = manifest
        .unwrap_or_default()
        .split_inclusive('\n')
        .map(|line| if line.starts_with("id ") { format!("id         = \"{name}\"\n") } else { line.to_owned() })
        .collect();
    files.insert("template.toml".to_owned(), renamed.into_bytes());
    let stack = from.unwrap_or(STACK);
    if let Some(project) = PROJECTS.get_dir(stack) {
        add(project, stack, &mut files);
    }
    Ok(files)
}

/// The code blocks of the page that follow a line beginning with a file's name.
pub fn example() -> Files {
    let mut files = Files::new();
    let mut named: Option<String> = None;
    let mut block: Option<String> = None;
    for line in PAGE.lines() {
        match (&mut block, line.starts_with("```")) {
            (Some(text), false) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), true) => {
                if let (Some(name), Some(text)) = (named.take(), block.take()) {
                    files.insert(name, text.into_bytes());
                }
                block = None;
            }
            (None, true) => block = Some(String::new()),
            (None, false) if !line.is_empty() => {
                let name = line.strip_prefix('`').and_then(|rest| rest.split_once("`: ")).map(|(name, _)| name);
                named = name.filter(|name| *name == "template.toml" || name.starts_with("files/")).map(str::to_owned);
            }
            (None, false) => {}
        }
    }
    files
}

fn copy(id: &str) -> Result<Files, Mistake> {
    let all = built_in_files();
    let ids = || all.keys().map(String::as_str);
    all.get(id).cloned().ok_or_else(|| {
        let near = nearest(id, ids()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let ids: Vec<&str> = ids().collect();
        Mistake::new(format!("there is no built-in template `{id}`"))
            .hint(format!("{near}there are {}", ids.join(", ")))
    })
}

fn add(folder: &Dir<'static>, stack: &str, files: &mut Files) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        let inner = path.strip_prefix(&format!("{stack}/")).unwrap_or(&path);
        files.insert(format!("tests/{stack}/project/{inner}"), file.contents().to_vec());
    }
    for inner in folder.dirs() {
        add(inner, stack, files);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Template;
    use super::*;

    #[test]
    fn the_example_of_the_page_is_a_whole_template() {
        let files = example();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["files/Dockerfile.j2", "files/dockerignore.j2", "template.toml"]);
        assert_eq!(Template::errors("web", &files), []);
    }

    #[test]
    fn a_name_that_is_no_id_and_a_template_that_is_not_there_are_refused() {
        assert!(begin("../x", None).is_err());
        assert!(begin("web", Some("nodee")).unwrap_err().hint.unwrap().contains("did you mean `node`"));
    }
}
