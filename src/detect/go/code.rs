//! The Go files of a component that its image is built from, as tokens; which package imports which.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::beside::Other;
use super::constraint::is_built;
use super::scan::{Directive, Token, scan};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::{Project, Source};

/// One file that the go command would build.
pub struct GoFile {
    /// In the project.
    pub path: RelPath,
    /// Its package's folder, relative to the component.
    pub folder: RelPath,
    pub package: String,
    pub imports: Vec<Import>,
    /// Patterns of `//go:embed`, relative to the folder, with their lines.
    pub embeds: Vec<(String, u32)>,
    /// Everything behind the imports too.
    pub tokens: Vec<Token>,
    pub functions: Vec<Function>,
    source: Rc<Source>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub path: String,
    /// The name it goes by in this file, if it says one: `_`, `pg`.
    pub alias: Option<String>,
    pub line: u32,
}

/// A function at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// It has a receiver.
    pub is_method: bool,
    /// Names with the words of their types: `r` and `chi.Router`.
    pub parameters: Vec<(String, String)>,
    /// The tokens between its braces.
    pub body: std::ops::Range<usize>,
    pub line: u32,
}

/// All files of a module, by folder, and those of modules beside it that are built with it.
pub struct Code {
    files: Vec<GoFile>,
    module: String,
    others: Vec<Other>,
}

/// What the folders of other modules begin with: no folder of the module's own.
const BESIDE: &str = "@";

impl GoFile {
    /// A line of it as evidence.
    pub fn evidence(&self, line: u32, because: impl Into<String>) -> Evidence {
        let text: String = self.source.line(line).trim().chars().take(120).collect();
        Evidence::at(&self.path, line, text, because)
    }

    /// Its text, comments too.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.source.lines()
    }

    /// Whether it imports this module or a package of it.
    pub fn imports_from(&self, module: &str) -> Option<&Import> {
        self.imports.iter().find(|import| super::module::is_at_or_below(&import.path, module))
    }

    /// The function that holds a token.
    pub fn function_at(&self, token: usize) -> Option<&Function> {
        let before = self.functions.partition_point(|function| function.body.start <= token);
        self.functions[..before].last().filter(|function| function.body.contains(&token))
    }

    /// Whether it is one of another module.
    pub fn is_beside(&self) -> bool {
        self.folder.parts().next() == Some(BESIDE)
    }

    fn read(component: &RelPath, source: Rc<Source>, cgo: bool) -> Option<Self> {
        let path = source.path().clone();
        let found = scan(source.text());
        if !is_built(path.file_name(), &found, cgo) {
            return None;
        }
        let package = match found.tokens.as_slice() {
            [keyword, name, ..] if keyword.is_word("package") => name.text.clone(),
            _ => return None,
        };
        let folder = path.parent()?.strip(component)?;
        Some(GoFile {
            folder,
            package,
            imports: imports(&found.tokens),
            embeds: found.directives.iter().flat_map(patterns).collect(),
            functions: functions(&found.tokens),
            tokens: found.tokens,
            path,
            source,
        })
    }
}

impl Code {
    /// Reads the module in a folder as it is built with or without cgo; `others` are the folders
    /// of nested modules.
    pub fn read(project: &Project, component: &RelPath, module: &str, others: &[RelPath], cgo: bool) -> Self {
        let is_ours = |path: &&RelPath| {
            path.extension() == Some("go")
                && !path.file_name().ends_with("_test.go")
                && !others.iter().any(|other| path.is_below(other))
                && path.strip(component).and_then(|path| path.parent()).is_some_and(|folder| {
                    !folder.parts().any(|part| part.starts_with(['_', '.']) || part == "testdata" || part == "vendor")
                })
        };
        let files = project
            .files_below(component)
            .filter(is_ours)
            .filter_map(|path| GoFile::read(component, project.read(path)?, cgo))
            .collect();
        Code { files, module: module.to_owned(), others: Vec::new() }
    }

    /// Adds the files of other modules; their folders begin with [`BESIDE`].
    pub fn add(&mut self, project: &Project, others: &[Other], cgo: bool) {
        for other in others {
            // nested ones are modules of their own
            let nested: Vec<RelPath> = project
                .files_below(&other.folder)
                .filter(|file| file.file_name() == "go.mod")
                .filter_map(RelPath::parent)
                .filter(|folder| *folder != other.folder)
                .collect();
            let mut code = Code::read(project, &other.folder, &other.path, &nested, cgo);
            for file in &mut code.files {
                let folder = format!("{BESIDE}/{}/{}", other.folder, file.folder);
                file.folder = RelPath::new(&folder).unwrap_or_else(|_| file.folder.clone());
            }
            self.files.extend(code.files);
        }
        self.others = others.to_vec();
    }

    pub fn files(&self) -> impl Iterator<Item = &GoFile> {
        self.files.iter()
    }

    /// Folders of packages with a `func main`, with the place of it.
    pub fn programs(&self) -> BTreeMap<RelPath, Evidence> {
        let mut found = BTreeMap::new();
        for file in self.files.iter().filter(|file| file.package == "main" && !file.is_beside()) {
            if let Some(main) = file.functions.iter().find(|function| function.name == "main" && !function.is_method) {
                found.entry(file.folder.clone()).or_insert_with(|| file.evidence(main.line, "package main"));
            }
        }
        found
    }

    /// The files of these packages and of all that they import from this module, those of the
    /// packages themselves first.
    pub fn reached(&self, programs: &[RelPath]) -> Vec<&GoFile> {
        let mut by_folder: BTreeMap<&RelPath, Vec<&GoFile>> = BTreeMap::new();
        for file in &self.files {
            by_folder.entry(&file.folder).or_default().push(file);
        }
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let mut folders: std::collections::VecDeque<RelPath> = programs.iter().cloned().collect();
        while let Some(folder) = folders.pop_front() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            for file in by_folder.get(&folder).into_iter().flatten() {
                found.push(*file);
                folders.extend(file.imports.iter().filter_map(|import| self.folder_of(&import.path)));
            }
        }
        found
    }

    /// The folder of a package of this module, or of one beside it.
    fn folder_of(&self, import: &str) -> Option<RelPath> {
        let mut others: Vec<&Other> =
            self.others.iter().filter(|other| super::module::is_at_or_below(import, &other.path)).collect();
        others.sort_by_key(|other| other.path.len());
        if let Some(other) = others.last()
            && (other.path.len() > self.module.len() || !super::module::is_at_or_below(import, &self.module))
        {
            let rest = &import[other.path.len()..];
            return RelPath::new(&format!("{BESIDE}/{}/{rest}", other.folder)).ok();
        }
        let rest = import.strip_prefix(self.module.as_str())?;
        if rest.is_empty() {
            return Some(RelPath::root());
        }
        rest.strip_prefix('/').and_then(|rest| RelPath::new(rest).ok())
    }
}

fn imports(tokens: &[Token]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut one = |alias: Option<&Token>, path: &Token| {
        let alias = alias.map(|token| token.text.clone());
        found.extend(path.literal().map(|text| Import { path: text.to_owned(), alias, line: path.line }));
    };
    while let Some(token) = tokens.get(at) {
        at += 1;
        // imports come first: what follows the first other declaration is none
        if ["func", "type", "var", "const"].iter().any(|word| token.is_word(word)) {
            break;
        }
        if !token.is_word("import") {
            continue;
        }
        let block = tokens.get(at).is_some_and(|token| token.is_mark('('));
        at += usize::from(block);
        loop {
            match tokens.get(at..).unwrap_or_default() {
                [path, ..] if path.literal().is_some() => {
                    one(None, path);
                    at += 1;
                }
                [alias, path, ..] if path.literal().is_some() && !alias.is_mark(')') => {
                    one(Some(alias), path);
                    at += 2;
                }
                [token, ..] if block && !token.is_mark(')') => at += 1,
                _ => break,
            }
            if !block {
                break;
            }
        }
    }
    found
}

/// The words of an embed line, quoted ones without quotes and `all:`.
fn patterns(directive: &Directive) -> Vec<(String, u32)> {
    if directive.name != "embed" {
        return Vec::new();
    }
    let tidy = |word: &str| word.strip_prefix("all:").unwrap_or(word).to_owned();
    let (mut found, mut rest) = (Vec::new(), directive.text.trim());
    while let Some(first) = rest.chars().next() {
        let (word, after) = if matches!(first, '"' | '`') {
            rest[1..].split_once(first).unwrap_or((&rest[1..], ""))
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        found.push((tidy(word), directive.line));
        rest = after.trim_start();
    }
    found
}

fn functions(tokens: &[Token]) -> Vec<Function> {
    let (mut found, mut at, mut depth) = (Vec::new(), 0, 0i32);
    while let Some(token) = tokens.get(at) {
        if token.kind == super::scan::Kind::Mark {
            match token.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
        }
        if depth == 0
            && token.is_word("func")
            && let Some((function, end)) = function(tokens, at)
        {
            found.push(function);
            at = end;
        }
        at += 1;
    }
    found
}

/// The function whose `func` stands at `start`, and the place of its closing brace.
fn function(tokens: &[Token], start: usize) -> Option<(Function, usize)> {
    let mut at = start + 1;
    let is_method = tokens.get(at)?.is_mark('(');
    if is_method {
        at = closing(tokens, at)? + 1;
    }
    let name = tokens.get(at).filter(|token| token.kind == super::scan::Kind::Word)?;
    at += 1;
    if tokens.get(at)?.is_mark('[') {
        at = closing(tokens, at)? + 1;
    }
    let end = tokens.get(at).filter(|token| token.is_mark('(')).and_then(|_| closing(tokens, at))?;
    let parameters = parameters(&tokens[at + 1..end]);
    // the result may hold braces only as `interface{}` and `struct{}`
    at = end + 1;
    loop {
        let token = tokens.get(at)?;
        if token.is_mark('{') {
            let named = tokens.get(at - 1).is_some_and(|t| t.is_word("interface") || t.is_word("struct"));
            let end = closing(tokens, at)?;
            if !named {
                let function = Function {
                    name: name.text.clone(),
                    is_method,
                    parameters,
                    body: at + 1..end,
                    line: tokens[start].line,
                };
                return Some((function, end));
            }
            at = end;
        } else if token.is_mark('(') || token.is_mark('[') {
            at = closing(tokens, at)?;
        } else if token.is_word("func") && tokens.get(at + 1).is_some_and(|t| t.kind == super::scan::Kind::Word) {
            return None;
        }
        at += 1;
    }
}

fn parameters(tokens: &[Token]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = split(tokens)
        .into_iter()
        .filter_map(|part| {
            let (name, kind) = part.split_first()?;
            Some((name.text.clone(), kind.iter().map(|token| token.text.as_str()).collect()))
        })
        .collect();
    // `key, fallback string`: a name without a type has that of the next
    for at in (0..found.len().saturating_sub(1)).rev() {
        if found[at].1.is_empty() {
            found[at].1 = found[at + 1].1.clone();
        }
    }
    found
}

/// The place of the bracket that closes the one at `open`, if it lies in these tokens.
pub fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let distance = usize::try_from(tokens.get(open)?.partner).ok().filter(|distance| *distance > 0)?;
    (open + distance < tokens.len()).then_some(open + distance)
}

/// The place of the bracket that opens what the one at `close` closes.
pub fn opening(tokens: &[Token], close: usize) -> Option<usize> {
    let distance = tokens.get(close)?.partner;
    (distance < 0).then(|| close.checked_sub(distance.unsigned_abs() as usize)).flatten()
}

/// The parts between commas outside of brackets; none for no tokens.
pub fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != super::scan::Kind::Mark {
            continue;
        }
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &str) -> GoFile {
        let source = Source::new(RelPath::new("a.go").unwrap(), text.to_owned());
        GoFile::read(&RelPath::root(), Rc::new(source), false).unwrap()
    }

    #[test]
    fn imports_are_read_alone_and_in_blocks() {
        let file = file(
            "package main\nimport \"os\"\nimport (\n\t_ \"embed\"\n\tpg \"github.com/lib/pq\"; . \"fmt\"\n\t\"net/http\"\n)\nvar x = `import \"no\"`\n",
        );
        let shown: Vec<_> = file.imports.iter().map(|i| (i.alias.as_deref().unwrap_or(""), i.path.as_str())).collect();
        assert_eq!(shown, [("", "os"), ("_", "embed"), ("pg", "github.com/lib/pq"), (".", "fmt"), ("", "net/http")]);
    }

    #[test]
    fn functions_are_found_with_parameters_and_body() {
        let file = file(
            "package a\nfunc (s *S[T]) Get(a, b string, r chi.Router) (any, interface{}) { return 1 }\nfunc G[T any](x T) struct{} { func() {}() }\nvar f = func() {}\nfunc main() {}\n",
        );
        let shown: Vec<_> = file.functions.iter().map(|f| (f.name.as_str(), f.is_method, f.body.len())).collect();
        assert_eq!(shown, [("Get", true, 2), ("G", false, 7), ("main", false, 0)]);
        assert_eq!(file.functions[0].parameters[0], ("a".to_owned(), "string".to_owned()));
        assert_eq!(file.functions[0].parameters[2], ("r".to_owned(), "chi.Router".to_owned()));
    }

    #[test]
    fn embed_patterns_lose_quotes_and_all() {
        let file = file("package a\n//go:embed all:static \"a b\" `c`\n//go:embed d/*\nvar x embed.FS\n");
        let patterns: Vec<&str> = file.embeds.iter().map(|(pattern, _)| pattern.as_str()).collect();
        assert_eq!(patterns, ["static", "a b", "c", "d/*"]);
    }

    proptest! {
        #[test]
        fn any_sequence_of_tokens_is_read(
            text in r#"(func|import|package|main|a|"x"|\(|\)|\{|\}|\[|\]|,|\.|;|struct| |\n){0,60}"#
        ) {
            let tokens = scan(&text).tokens;
            imports(&tokens);
            functions(&tokens);
            split(&tokens);
        }
    }
}
