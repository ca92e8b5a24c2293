//! go.mod and go.work: module path, versions, requirements, replacements, with their lines.

use crate::project::{Mistake, Source};

/// What a go.mod says, as far as a build depends on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Module {
    /// `github.com/acme/shop`
    pub path: String,
    pub path_line: u32,
    /// `1.26` or `1.26.3`, with its line.
    pub go: Option<(String, u32)>,
    /// `go1.26.3`, with its line.
    pub toolchain: Option<(String, u32)>,
    pub requires: Vec<Require>,
    pub replaces: Vec<Replace>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Require {
    pub path: String,
    pub version: String,
    /// No package of this module imports it.
    pub indirect: bool,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Replace {
    pub old: String,
    /// A module path, or a folder that begins with `./`, `../` or `/`.
    pub new: String,
    pub line: u32,
}

impl Replace {
    /// The folder it points to, if it is one.
    pub fn folder(&self) -> Option<&str> {
        (self.new.starts_with("./") || self.new.starts_with("../") || self.new.starts_with('/') || self.new == "..")
            .then_some(&self.new)
    }
}

impl Module {
    /// The last part of the path that says something: `shop` of `github.com/acme/shop/v2`.
    pub fn short_name(&self) -> &str {
        let mut parts = self.path.rsplit('/');
        let last = parts.next().unwrap_or("");
        let is_major = last.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        let last = if is_major { parts.next().unwrap_or(last) } else { last };
        // gopkg.in/yaml.v3
        last.rsplit_once(".v").filter(|(_, n)| n.parse::<u32>().is_ok()).map_or(last, |(name, _)| name)
    }

    /// The requirement of a library that is imported itself: `github.com/jackc/pgx/v5` counts for
    /// `github.com/jackc/pgx`.
    pub fn direct(&self, library: &str) -> Option<&Require> {
        self.requires.iter().find(|require| !require.indirect && is_at_or_below(&require.path, library))
    }
}

/// Whether an import path is `parent` or lies below it.
pub fn is_at_or_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads a go.mod.
///
/// # Errors
/// A line that the go command would not read either, or no `module` line.
pub fn parse(source: &Source) -> Result<Module, Mistake> {
    let mut module = Module::default();
    for statement in statements(source)? {
        let Statement { verb, words, line, indirect } = statement;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (verb.as_str(), words.as_slice()) {
            ("module", [path]) => (module.path, module.path_line) = ((*path).to_owned(), line),
            ("go", [version]) if is_version(version) => module.go = Some(((*version).to_owned(), line)),
            ("toolchain", [name]) => module.toolchain = Some(((*name).to_owned(), line)),
            ("require", [path, version]) => module.requires.push(Require {
                path: (*path).to_owned(),
                version: (*version).to_owned(),
                indirect,
                line,
            }),
            ("replace", [old, "=>", new] | [old, _, "=>", new] | [old, "=>", new, _] | [old, _, "=>", new, _]) => {
                module.replaces.push(Replace { old: (*old).to_owned(), new: (*new).to_owned(), line });
            }
            ("module", _) => return Err(wrong(source, line, "`module` and one path")),
            ("go", _) => return Err(wrong(source, line, "`go` and a version as in `go 1.26`")),
            ("toolchain", _) => return Err(wrong(source, line, "`toolchain` and a name as in `toolchain go1.26.3`")),
            ("require", _) => return Err(wrong(source, line, "a module path and a version")),
            ("replace", _) => return Err(wrong(source, line, "a module path, `=>` and what replaces it")),
            ("exclude" | "retract" | "godebug" | "tool" | "ignore", _) => {}
            _ => return Err(wrong(source, line, "`module`, `go`, `require`, `replace` or another word of go.mod")),
        }
    }
    if module.path.is_empty() {
        return Err(Mistake::new(format!("`{}` has no `module` line", source.path()))
            .at(source.path().clone(), None)
            .hint("`go mod init example.com/name` writes one"));
    }
    Ok(module)
}

/// The folders of a go.work's `use` lines, with their lines.
///
/// # Errors
/// A line that is none of go.work.
pub fn parse_work(source: &Source) -> Result<Vec<(String, u32)>, Mistake> {
    let statements = statements(source)?.into_iter();
    Ok(statements
        .filter(|statement| statement.verb == "use")
        .flat_map(|statement| statement.words.into_iter().map(move |folder| (folder, statement.line)))
        .collect())
}

fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let mut number = || parts.next().is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    number() && number()
}

fn wrong(source: &Source, line: u32, expected: &str) -> Mistake {
    let text = source.line(line).trim();
    let offset = source.text().split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    Mistake::new(format!("`{}` is not a valid go.mod", source.path()))
        .in_source(source, offset)
        .detail(format!("expected {expected}, found `{}`", text.chars().take(80).collect::<String>()))
}

struct Statement {
    verb: String,
    words: Vec<String>,
    line: u32,
    indirect: bool,
}

/// The lines with their verb, those inside `verb ( … )` too.
fn statements(source: &Source) -> Result<Vec<Statement>, Mistake> {
    let mut found = Vec::new();
    let mut block: Option<(String, u32)> = None;
    for (line, text) in source.lines() {
        let (words, comment) =
            words(text).ok_or_else(|| wrong(source, line, "a closing quote on the line of the opening one"))?;
        let indirect =
            comment.trim_start().strip_prefix("indirect").is_some_and(|r| r.is_empty() || r.starts_with([' ', ';']));
        match (&block, words.as_slice()) {
            (_, []) => {}
            (Some(_), [close]) if close == ")" => block = None,
            (None, [verb, open]) if open == "(" => block = Some((verb.clone(), line)),
            (None, [_, open, close]) if open == "(" && close == ")" => {}
            (Some((verb, _)), _) => found.push(Statement { verb: verb.clone(), words, line, indirect }),
            (None, [verb, rest @ ..]) => {
                found.push(Statement { verb: verb.clone(), words: rest.to_vec(), line, indirect });
            }
        }
    }
    match block {
        Some((verb, line)) => Err(wrong(source, line, &format!("`)` at the end of the `{verb} (` block"))),
        None => Ok(found),
    }
}

/// The words of a line and its comment; `None` where a quote stays open.
fn words(text: &str) -> Option<(Vec<String>, &str)> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            return Some((words, comment));
        }
        let Some(first) = rest.chars().next() else { return Some((words, "")) };
        let end = match first {
            '"' | '`' => {
                let end = rest[1..].find(first)? + 1;
                words.push(rest[1..end].to_owned());
                rest = &rest[end + 1..];
                continue;
            }
            '(' | ')' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(rest.len()),
        };
        // a comment needs no space before it
        let end = rest[..end].find("//").filter(|at| !rest[..*at].ends_with(':')).unwrap_or(end);
        words.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::paths::RelPath;

    fn source(text: &str) -> Source {
        Source::new(RelPath::new("go.mod").unwrap(), text.to_owned())
    }

    #[test]
    fn a_module_is_read_with_its_lines_whatever_the_line_ends() {
        let text = "// Shop\nmodule \"github.com/acme/shop/v2\" // the shop\n\ngo 1.26.3\ntoolchain go1.27.1\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.0\n\tgolang.org/x/text v0.1.0 // indirect\n)\nrequire github.com/go-chi/chi/v5 v5.2.0// last\nreplace a.com/b v1.0.0 => ../b\nreplace a.com/c => a.com/d v1.2.3\nexclude a.com/e v1.0.0\nretract [v1.0.0, v1.1.0]\ntool golang.org/x/tools/cmd/stringer\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let module = parse(&source(&text)).unwrap();
            assert_eq!(
                (module.path.as_str(), module.path_line, module.short_name()),
                ("github.com/acme/shop/v2", 2, "shop")
            );
            assert_eq!(module.go, Some(("1.26.3".to_owned(), 4)));
            assert_eq!(module.toolchain, Some(("go1.27.1".to_owned(), 5)));
            assert_eq!(module.direct("github.com/jackc/pgx").unwrap().line, 8);
            assert_eq!(module.direct("golang.org/x/text"), None);
            assert_eq!(module.direct("github.com/go-chi/chi").unwrap().version, "v5.2.0");
            assert_eq!(module.replaces.iter().map(Replace::folder).collect::<Vec<_>>(), [Some("../b"), None]);
        }
    }

    #[test]
    fn a_library_with_the_same_beginning_is_another_library() {
        let module = parse(&source("module a\nrequire github.com/lib/pqx v1.0.0\n")).unwrap();
        assert_eq!(module.direct("github.com/lib/pq"), None);
    }

    #[test]
    fn what_is_no_go_mod_names_line_and_expectation() {
        for (text, line, expected) in [
            ("module a b\n", 1, "`module` and one path"),
            ("module a\ngo latest\n", 2, "a version"),
            ("module a\nrequire (\n\tx\n)\n", 3, "a module path and a version"),
            ("module a\nrequire (\n\tx v1\n", 2, "`)` at the end"),
            ("module a\nrequier x v1\n", 2, "another word"),
            ("module \"a\n", 1, "a closing quote"),
        ] {
            let mistake = parse(&source(text)).unwrap_err();
            assert_eq!(mistake.line, Some(line), "{text}");
            assert!(mistake.detail.as_ref().unwrap().contains(expected), "{text}: {mistake:?}");
        }
        assert!(parse(&source("go 1.26\n")).unwrap_err().what.contains("no `module` line"));
    }

    #[test]
    fn a_workspace_lists_its_folders() {
        let work = source("go 1.26\nuse ./api\nuse (\n\t./lib // shared\n\t./web\n)\n");
        let folders = parse_work(&work).unwrap();
        assert_eq!(folders, [("./api".to_owned(), 2), ("./lib".to_owned(), 4), ("./web".to_owned(), 5)]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_module_or_a_mistake(text in r#"(module|go|require|replace|use| |\n|\r\n|\(|\)|"|`|=>|//|v1\.0|é|a/b){0,30}"#) {
            let _ = parse(&source(&text));
            let _ = parse_work(&source(&text));
        }
    }
}
