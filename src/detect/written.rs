//! What the code's own words say of where it writes: files and folders as a program names them
//! become places to mount. What a stack's code looks like is its detector's.

use super::Context;
use crate::facts::{Evidence, Fill, Holding, Setting, Written};
use crate::paths::RelPath;

/// Endings of SQLite's files.
const DATABASES: &[&str] = &["db", "db3", "sqlite", "sqlite3"];
/// Files that are code or what it reads: a volume over their folder would hide the next version.
const CODE: &[&str] =
    &["cjs", "css", "cts", "go", "html", "j2", "js", "jsx", "mjs", "mts", "prisma", "py", "sql", "tmpl", "ts", "tsx"];
/// Words of folders whose content is made again.
const SCRATCH: &[&str] = &["cache", "caches", "temp", "tmp"];
/// Places of the system's own, and of mounts that are there.
const TAKEN: &[&str] = &["dev", "etc", "proc", "run", "sys", "tmp", "usr", "var/run", "var/tmp"];
/// Folders of tools, never written at run time.
const TOOLS: &[&str] = &["node_modules", "test", "tests", "__tests__", "testdata", "docs", "coverage"];
const MAX_PLACES: usize = 8;

/// Collects the places of one component.
pub struct Places<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    found: Vec<Written>,
}

impl<'a> Places<'a> {
    pub fn new(context: &'a Context<'a>, path: &'a RelPath) -> Self {
        Places { context, path, found: Vec::new() }
    }

    /// A database in a file, as an address or path.
    pub fn database(&mut self, text: &str, evidence: Evidence) {
        if let Some(path) = sqlite_path(text) {
            self.file(&path, Some(Holding::Data), evidence);
        }
    }

    /// A file, relative to where the program runs. Without what it holds its name says it; a file
    /// among the code is only followed where somebody knows what it is.
    pub fn file(&mut self, text: &str, holds: Option<Holding>, evidence: Evidence) {
        let Some((path, from_root)) = place(text) else { return };
        let holds = holds.or(if path.extension() == Some("log") { Some(Holding::Logs) } else { None });
        match path.parent().filter(|folder| !folder.is_root()) {
            Some(folder) if from_root || !self.has_code(&folder) => {
                self.add(folder.clone(), from_root, holds.unwrap_or_else(|| by_name(&folder)), false, evidence);
            }
            _ if !from_root => {
                if let Some(holds) = holds {
                    self.add(path, false, holds, true, evidence);
                }
            }
            _ => {}
        }
    }

    /// A folder, relative to where the program runs.
    pub fn folder(&mut self, text: &str, holds: Option<Holding>, evidence: Evidence) {
        let Some((path, from_root)) = place(text) else { return };
        if !path.is_root() && (from_root || !self.has_code(&path)) {
            let holds = holds.unwrap_or_else(|| by_name(&path));
            self.add(path, from_root, holds, false, evidence);
        }
    }

    fn add(&mut self, path: RelPath, from_root: bool, holds: Holding, is_file: bool, evidence: Evidence) {
        let is_plain = path.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let is_taken =
            from_root && TAKEN.iter().any(|taken| RelPath::new(taken).is_ok_and(|taken| path.is_below(&taken)));
        let is_tools = !from_root && path.parts().next().is_some_and(|first| TOOLS.contains(&first));
        let is_known = self.found.iter().any(|known| (&known.path, known.from_root) == (&path, from_root));
        if is_plain && !is_taken && !is_tools && !is_known && self.found.len() < MAX_PLACES {
            let is_ignored = !from_root && self.is_ignored(&path, is_file);
            self.found.push(Written { path, from_root, holds, is_file, is_ignored, evidence });
        }
    }

    /// Whether the project has code in the folder.
    fn has_code(&self, folder: &RelPath) -> bool {
        let Ok(folder) = self.path.join(folder.as_str()) else { return true };
        let mut files = self.context.project.files_below(&folder);
        files.any(|file| file.extension().is_some_and(|kind| CODE.contains(&kind)))
    }

    /// Whether git ignores it, or a file that would be new in the folder.
    fn is_ignored(&self, path: &RelPath, is_file: bool) -> bool {
        let path = self.path.join(path.as_str());
        let path = if is_file { path } else { path.and_then(|folder| folder.join("new")) };
        path.is_ok_and(|path| self.context.project.ignored(&path).is_some())
    }

    /// The places, those within others dropped, and those that a setting moves away.
    pub fn finish(mut self, settings: &[Setting]) -> Vec<Written> {
        let told = settings.iter().filter_map(|setting| {
            let Fill::Value(value) = &setting.fill else { return None };
            Some((setting, sqlite_path(value).filter(|path| path.starts_with('/'))?))
        });
        let told: Vec<(&Setting, String)> = told.collect();
        let moved: Vec<Evidence> = told.iter().flat_map(|(setting, _)| setting.evidence.clone()).collect();
        self.found.retain(|one| {
            let reads = |read: &&Evidence| (&read.file, read.line) == (&one.evidence.file, one.evidence.line);
            let is_read = one.evidence.file.is_some() && moved.iter().any(|read| reads(&read));
            let is_same = told.iter().any(|(_, path)| path.rsplit('/').next() == Some(one.path.file_name()));
            !(one.lasts() && (is_read || (one.is_file && is_same)))
        });
        for (setting, path) in told {
            let evidence = setting.evidence.first().cloned().unwrap_or_else(|| Evidence::none("a setting"));
            self.file(&path, Some(Holding::Data), evidence);
        }
        let folders: Vec<(RelPath, bool)> =
            self.found.iter().filter(|one| !one.is_file).map(|one| (one.path.clone(), one.from_root)).collect();
        let is_inner = |one: &Written| {
            folders
                .iter()
                .any(|(path, from_root)| *from_root == one.from_root && one.path.is_below(path) && one.path != *path)
        };
        self.found.retain(|one| !is_inner(one));
        self.found.sort_by(|a, b| (a.holds, a.from_root, &a.path).cmp(&(b.holds, b.from_root, &b.path)));
        self.found
    }
}

/// The path of a database in a file: `sqlite:///./x.db`, `file:x.db?mode=rwc`, `./x.sqlite3`.
pub fn sqlite_path(text: &str) -> Option<String> {
    let text = text.split('?').next()?;
    let by_address = text.starts_with("sqlite") && text.contains("://");
    let path = match text.split_once("://") {
        Some((scheme, rest)) if scheme == "sqlite" || scheme.starts_with("sqlite+") => {
            // of three slashes the last belongs to the address
            if scheme.contains('+') || rest.starts_with('/') { rest.strip_prefix('/')? } else { rest }
        }
        Some(("file", rest)) => rest,
        Some(_) => return None,
        None => text.strip_prefix("file:").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text),
    };
    let is_database = |path: &str| path.rsplit_once('.').is_some_and(|(_, end)| DATABASES.contains(&end));
    let is_path = !path.is_empty() && !path.contains([' ', ':', '{', '$', '\n', '*']) && path.len() < 200;
    (is_path && (is_database(path) || by_address)).then(|| path.to_owned())
}

/// The same address or path with its file in [`crate::facts::DATA`]; one that is told from the root
/// stays.
pub fn in_data(text: &str) -> Option<String> {
    let path = sqlite_path(text)?;
    if path.starts_with('/') {
        return Some(text.to_owned());
    }
    let name = path.rsplit('/').next()?;
    let moved = format!("{}/{name}", crate::facts::DATA);
    let at = text.rfind(&path)?;
    Some(format!("{}{moved}{}", &text[..at], &text[at + path.len()..]))
}

/// A path below the app's folder, or from the root of the file system.
fn place(text: &str) -> Option<(RelPath, bool)> {
    let text = text.trim();
    // what stands for a day or a name is in the file's name
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
    let holes = ['%', '{', '}', '*', '$'];
    if text.is_empty() || folder.contains(holes) || text.contains(['\n', ' ', '\\', ':', '<']) || text.len() > 200 {
        return None;
    }
    let text =
        if name.contains(holes) { format!("{folder}/file.{}", name.rsplit('.').next()?) } else { text.to_owned() };
    match text.strip_prefix('/') {
        Some(rest) => RelPath::new(rest).ok().filter(|path| !path.is_root()).map(|path| (path, true)),
        None => RelPath::new(&text).ok().map(|path| (path, false)),
    }
    .map(|(path, from_root)| match path.strip(&RelPath::new("app").unwrap_or_else(|_| RelPath::root())) {
        // the app's folder by its whole name
        Some(inner) if from_root && !inner.is_root() => (inner, false),
        _ => (path, from_root),
    })
}

fn by_name(folder: &RelPath) -> Holding {
    let has = |words: &[&str]| {
        let lower = folder.as_str().to_ascii_lowercase();
        lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
    };
    if has(&["log", "logs"]) {
        Holding::Logs
    } else if has(SCRATCH) {
        Holding::Scratch
    } else {
        Holding::Data
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;
    use super::*;

    fn places(files: &[(&str, &str)], ask: impl FnOnce(&mut Places<'_>)) -> Vec<String> {
        project(files).ask(|context| {
            let root = RelPath::root();
            let mut places = Places::new(context, &root);
            ask(&mut places);
            let found = places.finish(&[]);
            found.iter().map(|one| format!("{one} {:?} {}", one.holds, one.mounted("/app"))).collect()
        })
    }

    #[test]
    fn the_file_of_a_database_is_read_from_any_form_of_its_address() {
        for (text, path) in [
            ("sqlite:///./app.db", "./app.db"),
            ("sqlite+aiosqlite:///data/app.db", "data/app.db"),
            ("sqlite:////srv/app.db", "/srv/app.db"),
            ("sqlite://app.db", "app.db"),
            ("file:./dev.db?cache=shared", "./dev.db"),
            ("./x.sqlite3", "./x.sqlite3"),
        ] {
            assert_eq!(sqlite_path(text).as_deref(), Some(path), "{text}");
        }
        for text in [":memory:", "sqlite://", "sqlite:///:memory:", "postgres://x/a.db", "app.json", "file::memory:"] {
            assert_eq!(sqlite_path(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_moved_to_where_a_volume_is() {
        assert_eq!(in_data("sqlite:///./app.db").as_deref(), Some("sqlite:////data/app.db"));
        assert_eq!(in_data("file:./dev.db?mode=rwc").as_deref(), Some("file:/data/dev.db?mode=rwc"));
        assert_eq!(in_data("db/app.sqlite").as_deref(), Some("/data/app.sqlite"));
        assert_eq!(in_data("sqlite:////srv/app.db").as_deref(), Some("sqlite:////srv/app.db"));
    }

    #[test]
    fn a_folder_is_mounted_and_a_file_among_the_code_linked() {
        let none = || Evidence::none("a test");
        let found = places(&[("src/a.js", "")], |places| {
            places.database("./app.db", none());
            places.database("var/app.db", none());
            places.database("src/own.db", none());
            places.file("logs/app-%DATE%.log", None, none());
            places.file("report.json", None, none());
            places.folder("/var/lib/shop", None, none());
            places.folder("uploads/", None, none());
            places.folder("uploads/small", None, none());
            places.folder("src", None, none());
            places.folder("/tmp/x", None, none());
            places.folder("../x", None, none());
        });
        let expected = [
            "app.db Data /data",
            "src/own.db Data /data",
            "uploads/ Data /app/uploads",
            "var/ Data /app/var",
            "/var/lib/shop/ Data /var/lib/shop",
            "logs/ Logs /app/logs",
        ];
        assert_eq!(found, expected);
    }
}
