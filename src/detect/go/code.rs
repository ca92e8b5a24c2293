//! The Go files of a component that its image is built from, as tokens; which package imports which.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::beside::Other;
use super::constraint::is_built;
use super::declarations::{Function, Import, functions, imports, patterns};
use super::scan::{Token, scan};
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

#[cfg(test)]
mod tests {
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
}
