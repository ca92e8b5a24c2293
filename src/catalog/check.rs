//! The check that every template passes when it is loaded, whatever its origin.

use std::collections::BTreeMap;
use std::str::FromStr;

use minijinja::syntax::SyntaxConfig;
use nodejs_semver::{Range, Version};

use super::manifest::Manifest;
use super::origin::is_id;
use super::outputs::{ALLOWED, is_allowed};
use super::places::{line_and_column, offset, strings};
use super::tree::Files;
use super::{Template, TemplateError, builtin, conditions, texts};
use crate::decisions::{KEYS, nearest};

const MANIFEST: &str = "template.toml";
/// The longest text that people are shown on one line.
const MAX_LINE: usize = 200;

/// What a template is written in: minijinja, but for comments, since `${#NAME}` in a shell line is
/// none.
pub fn syntax() -> SyntaxConfig {
    let syntax = SyntaxConfig::builder()
        .comment_delimiters("{{#", "#}}")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    syntax.expect("delimiters that differ")
}

/// The template, if there is one, and everything that is wrong with it.
pub fn check(name: &str, files: &Files) -> (Option<Template>, Vec<TemplateError>) {
    let mut check = Check { name, text: "", errors: Vec::new() };
    let texts = check.texts(files);
    let Some(text) = texts.get(MANIFEST) else {
        if !files.contains_key(MANIFEST) {
            check.errors.push(missing(name));
        }
        return (None, check.errors);
    };
    check.text = text;
    for (at, inner) in strings(text) {
        if let Some((_, what)) = texts::deceptive(&inner) {
            let (line, column) = line_and_column(text, at);
            check.place(line, column, format!("has {what}"), None);
        }
    }
    let manifest: Manifest = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(wrong) => {
            check.unreadable(&wrong);
            return (None, check.errors);
        }
    };
    let files: BTreeMap<String, String> = texts
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix("files/")?.to_owned(), (*text).to_owned())))
        .collect();
    check.head(&manifest);
    check.outputs(&manifest, &files);
    check.unused(&manifest, &files);
    check.sources(&files);
    let template = Template {
        named: manifest.id.clone(),
        manifest,
        files,
        compose: builtin::compose_templates(),
        asked: String::new(),
        folder: String::new(),
        pull: None,
    };
    (Some(template), check.errors)
}

pub fn missing(name: &str) -> TemplateError {
    TemplateError {
        template: name.to_owned(),
        file: MANIFEST.to_owned(),
        line: None,
        column: None,
        what: "is missing".to_owned(),
        hint: Some("`dockwright template new NAME` begins one".to_owned()),
    }
}

/// A file's text, if it is one that may be shown.
///
/// # Errors
/// What it is instead, for people.
pub fn text_of<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, String> {
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Err("is a pointer of Git LFS, not the file itself".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    match texts::deceptive(text) {
        Some((at, what)) => {
            let (line, column) = line_and_column(text, at);
            Err(format!("has {what} at line {line}, column {column}"))
        }
        None if path.len() > MAX_LINE => Err("has too long a name".to_owned()),
        None => Ok(text),
    }
}

struct Check<'a> {
    name: &'a str,
    /// Of template.toml.
    text: &'a str,
    errors: Vec<TemplateError>,
}

impl<'a> Check<'a> {
    fn error(&mut self, file: &str, what: impl Into<String>, hint: Option<String>) {
        self.errors.push(TemplateError {
            template: self.name.to_owned(),
            file: file.to_owned(),
            line: None,
            column: None,
            what: what.into(),
            hint,
        });
    }

    /// At a value of template.toml: `file.0.to`.
    fn at(&mut self, path: &str, what: impl Into<String>, hint: Option<String>) {
        let (line, column) = line_and_column(self.text, offset(self.text, path));
        self.place(line, column, what, hint);
    }

    fn place(&mut self, line: u32, column: u32, what: impl Into<String>, hint: Option<String>) {
        self.errors.push(TemplateError {
            template: self.name.to_owned(),
            file: MANIFEST.to_owned(),
            line: Some(line),
            column: Some(column),
            what: what.into(),
            hint,
        });
    }

    /// The texts of all files that belong to a template.
    fn texts(&mut self, files: &'a Files) -> BTreeMap<&'a str, &'a str> {
        let mut texts = BTreeMap::new();
        for (path, bytes) in files {
            let belongs = path == MANIFEST
                || path == "README.md"
                || path.starts_with("tests/")
                || path.strip_prefix("files/").is_some_and(|name| !name.contains('/'));
            if !belongs {
                let hint = path.starts_with("files/").then(|| "files/ has no folders in it".to_owned());
                self.error(path, "only template.toml, README.md, files/ and tests/ belong to a template", hint);
            } else if path.starts_with("tests/") {
                // cases are projects: data of any kind
            } else {
                match text_of(path, bytes) {
                    Ok(text) => drop(texts.insert(path.as_str(), text)),
                    Err(what) => self.error(path, what, None),
                }
            }
        }
        texts
    }

    fn unreadable(&mut self, wrong: &toml::de::Error) {
        let (line, column) = line_and_column(self.text, wrong.span().map_or(0, |span| span.start));
        let what = wrong.message().lines().next().unwrap_or_default().to_owned();
        let hint = unknown_key(&what);
        self.place(line, column, what, hint);
    }

    /// Id, summary, version and condition.
    fn head(&mut self, manifest: &Manifest) {
        if !is_id(&manifest.id) {
            self.at(
                "id",
                "an id has small letters, digits and hyphens only",
                Some("as in `go` or `next-edge`".to_owned()),
            );
        }
        if manifest.summary.trim().is_empty()
            || manifest.summary.chars().count() > MAX_LINE
            || manifest.summary.contains('\n')
        {
            self.at("summary", format!("a summary is one line of at most {MAX_LINE} characters"), None);
        }
        let own = env!("CARGO_PKG_VERSION");
        let needs = Range::from_str(&manifest.dockwright).ok().zip(Version::from_str(own).ok());
        match needs {
            Some((range, version)) if range.satisfies(&version) => {}
            Some(_) => self.at(
                "dockwright",
                format!("needs dockwright {}, this is {own}", manifest.dockwright),
                Some("install a newer dockwright".to_owned()),
            ),
            None => self.at("dockwright", "is no version to be needed", Some("as in `>=0.1`".to_owned())),
        }
        self.condition("when", &manifest.when);
    }

    /// An expression over what was detected.
    fn condition(&mut self, path: &str, when: &str) {
        match conditions::names(when) {
            Err(wrong) => self.at(path, format!("`{when}` cannot be read: {wrong}"), None),
            Ok(names) => {
                let known = || conditions::STACKS.iter().chain(conditions::NAMES).chain(KEYS).copied();
                for name in names.iter().filter(|name| !known().any(|known| known == name.as_str())) {
                    let near = nearest(name, known()).map(|near| format!("did you mean `{near}`?"));
                    self.at(path, format!("`{name}` is nothing that is detected"), near);
                }
            }
        }
    }

    fn outputs(&mut self, manifest: &Manifest, files: &BTreeMap<String, String>) {
        for (at, entry) in manifest.file.iter().enumerate() {
            let same = |other: &&super::FileEntry| {
                other.to.eq_ignore_ascii_case(&entry.to)
                    && (other.when.is_none() || entry.when.is_none() || other.when == entry.when)
            };
            if manifest.file[..at].iter().any(|other| same(&other)) {
                self.at(&format!("file.{at}.to"), format!("`to = \"{}\"` is written twice", entry.to), None);
            }
            if !files.contains_key(&entry.from) {
                let near = nearest(&entry.from, files.keys().map(String::as_str));
                self.at(
                    &format!("file.{at}.from"),
                    format!("`from = \"{}\"` names no file below files/", entry.from),
                    near.map(|near| format!("did you mean `{near}`?")),
                );
            }
            if !is_allowed(&entry.to) {
                self.at(&format!("file.{at}.to"), format!("`to = \"{}\"` is not {ALLOWED}", entry.to), None);
            }
        }
    }

    fn unused(&mut self, manifest: &Manifest, files: &BTreeMap<String, String>) {
        for file in files.keys() {
            let used = manifest.file.iter().any(|entry| entry.from == *file)
                || files.iter().any(|(other, text)| other != file && text.contains(&format!("\"{file}\"")));
            if !used {
                let hint =
                    format!("an entry `[[file]]` with `from = \"{file}\"`, or `{{% include \"{file}\" %}}` in another");
                self.error(&format!("files/{file}"), "is used by no entry of template.toml", Some(hint));
            }
        }
    }

    /// Every file can be read as a template.
    fn sources(&mut self, files: &BTreeMap<String, String>) {
        let mut environment = minijinja::Environment::new();
        environment.set_syntax(syntax());
        for (file, text) in files {
            if let Err(wrong) = environment.add_template(file, text) {
                let line = wrong.line().map(|line| line as u32);
                self.errors.push(TemplateError {
                    template: self.name.to_owned(),
                    file: format!("files/{file}"),
                    line,
                    column: line.map(|_| wrong.range().map_or(1, |range| line_and_column(text, range.start).1)),
                    what: wrong.detail().map_or_else(|| wrong.kind().to_string(), str::to_owned),
                    hint: None,
                });
            }
        }
    }
}

/// The key that was probably meant, from serde's "unknown field `x`, expected one of `a`, `b`".
pub(super) fn unknown_key(what: &str) -> Option<String> {
    let mut words = what.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let typed = words.next()?;
    nearest(typed, words).map(|near| format!("did you mean `{near}`?"))
}
