//! Where a program writes while it runs: rotated logs, databases in files, folders for what users
//! send.

use super::super::Context;
use super::super::written::{Places, sqlite_path};
use super::calls::Call;
use super::literals;
use super::program::Program;
use crate::facts::{Holding, Setting, Written};
use crate::paths::RelPath;

/// Packages that keep a database in a file.
const SQLITE: &[&str] = &[
    "github.com/glebarez/go-sqlite",
    "github.com/glebarez/sqlite",
    "github.com/mattn/go-sqlite3",
    "github.com/ncruces/go-sqlite3",
    "gorm.io/driver/sqlite",
    "modernc.org/sqlite",
    "zombiezen.com/go/sqlite",
];
/// Packages that keep one of another kind.
const EMBEDDED: &[&str] = &["go.etcd.io/bbolt", "github.com/boltdb/bolt"];
const LUMBERJACK: &[&str] = &["gopkg.in/natefinch/lumberjack.v2", "github.com/natefinch/lumberjack"];

/// The places that the code names, with those that settings say.
pub fn written(context: &Context<'_>, path: &RelPath, program: &Program<'_>, settings: &[Setting]) -> Vec<Written> {
    let mut places = Places::new(context, path);
    for call in &program.calls {
        of_call(program, call, &mut places);
    }
    let imports = |packages: &[&str]| {
        program.files.iter().any(|file| packages.iter().any(|package| file.imports_from(package).is_some()))
    };
    let (has_sqlite, has_rotation) = (imports(SQLITE), imports(LUMBERJACK));
    for file in &program.files {
        let last_import = file.imports.last().map_or(0, |import| import.line);
        for (at, token) in file.tokens.iter().enumerate().filter(|(_, token)| token.line > last_import) {
            let text = token.literal().filter(|_| has_sqlite);
            if let Some(text) = text.filter(|text| sqlite_path(text).is_some()) {
                places.database(text, file.evidence(token.line, "a database in a file"));
            }
            if has_rotation && token.is_word("Filename") {
                let named = literals::field(&file.tokens, at, "Filename");
                let because = "a file of logs; its output is the better place";
                named
                    .into_iter()
                    .for_each(|name| places.file(name, Some(Holding::Logs), file.evidence(token.line, because)));
            }
        }
    }
    places.finish(settings)
}

fn of_call(program: &Program<'_>, call: &Call<'_>, places: &mut Places<'_>) {
    let text = |place: usize| {
        let argument = call.arguments.get(place)?;
        program.text(call.file, argument, call.at).or_else(|| joined(argument))
    };
    let say = |because: &str| call.file.evidence(call.line, because);
    let bolt = || EMBEDDED.iter().any(|package| call.file.imports_from(package).is_some());
    if ["os.MkdirAll", "os.Mkdir"].iter().any(|known| call.is(known)) {
        text(0).into_iter().for_each(|path| places.folder(&path, None, say("a folder that it makes")));
    } else if ["os.Create", "os.WriteFile", "ioutil.WriteFile"].iter().any(|known| call.is(known))
        || (call.is("os.OpenFile") && creates(call))
    {
        text(0).into_iter().for_each(|path| places.file(&path, None, say("a file that it writes")));
    } else if matches!(call.path.as_slice(), ["bolt" | "bbolt" | "bboltdb", "Open"]) && bolt() {
        text(0).into_iter().for_each(|path| places.file(&path, Some(Holding::Data), say("a database in a file")));
    } else if call.name() == "SaveUploadedFile" || call.name() == "SaveFile" {
        text(1).into_iter().for_each(|path| places.file(&path, None, say("what users send")));
    }
}

/// `"./uploads/" + name`, `filepath.Join("uploads", name)`: the folder with a name made up.
fn joined(tokens: &[super::scan::Token]) -> Option<String> {
    let first = tokens.iter().find_map(|token| token.literal())?;
    let is_join = tokens.len() > 3 && tokens[0].is_word("filepath") && tokens[2].is_word("Join");
    let is_sum = tokens.first()?.literal().is_some() && tokens.get(1)?.is_mark('+');
    match (is_join, is_sum) {
        (true, _) => Some(format!("{first}/{{}}")),
        (_, true) if first.ends_with('/') => Some(format!("{first}{{}}")),
        _ => None,
    }
}

fn creates(call: &Call<'_>) -> bool {
    call.arguments.get(1).is_some_and(|flags| flags.iter().any(|token| token.is_word("O_CREATE")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    /// The places, as `place holds file:line`.
    fn of(imports: &str, body: &str) -> Vec<String> {
        let main = format!("package main\n\nimport {imports}\n\nfunc main() {{\n{body}\n}}\n");
        let files = [("go.mod", "module example.com/shop\n"), ("main.go", main.as_str())];
        let written = project(&files).detect().unwrap().components.remove(0).written;
        written.iter().map(|one| format!("{one} {:?} {}", one.holds, one.evidence.place())).collect()
    }

    #[test]
    fn rotated_files_and_folders_are_seen() {
        let rotated = "log.SetOutput(&lumberjack.Logger{Filename: \"./logs/app.log\", MaxSize: 5})";
        assert_eq!(of("\"gopkg.in/natefinch/lumberjack.v2\"", rotated), ["logs/ Logs main.go:6"]);
        assert_eq!(
            of("\"os\"", "f, _ := os.OpenFile(\"app.log\", os.O_CREATE|os.O_APPEND, 0o644)"),
            ["app.log Logs main.go:6"]
        );
        assert_eq!(of("\"os\"", "dir := \"uploads\"\nos.MkdirAll(dir, 0o755)"), ["uploads/ Data main.go:7"]);
        assert_eq!(of("\"os\"", "c.SaveUploadedFile(file, \"./files/\"+file.Filename)"), ["files/ Data main.go:6"]);
        assert_eq!(of("\"os\"", "os.Open(\"config.json\")"), [""; 0]);
    }

    #[test]
    fn databases_in_files_are_data() {
        assert_eq!(of("_ \"modernc.org/sqlite\"", "sql.Open(\"sqlite\", \"./shop.db\")"), ["shop.db Data main.go:6"]);
        assert_eq!(
            of("\"gorm.io/driver/sqlite\"", "gorm.Open(sqlite.Open(\"data/shop.db?_fk=1\"), &gorm.Config{})"),
            ["data/ Data main.go:6"]
        );
        assert_eq!(of("_ \"modernc.org/sqlite\"", "sql.Open(\"sqlite\", \":memory:\")"), [""; 0]);
    }
}
