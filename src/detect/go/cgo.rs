//! Programs that need cgo: a static image cannot have them.

use super::program::Program;
use crate::facts::Evidence;

/// Libraries that do not work without cgo.
const NEED_CGO: &[&str] = &[
    "github.com/mattn/go-sqlite3",
    "gorm.io/driver/sqlite",
    "github.com/jinzhu/gorm/dialects/sqlite",
    "github.com/confluentinc/confluent-kafka-go",
    "gopkg.in/confluentinc/confluent-kafka-go.v1",
    "github.com/godror/godror",
    "github.com/h2non/bimg",
    "github.com/davidbyttow/govips",
    "gopkg.in/gographics/imagick.v3",
    "github.com/marcboeker/go-duckdb",
    "gocv.io/x/gocv",
    "github.com/libgit2/git2go",
    "github.com/pebbe/zmq4",
    "github.com/linxGnu/grocksdb",
    "github.com/otiai10/gosseract",
];

/// The import that needs cgo, if there is one.
pub fn cgo(program: &Program<'_>) -> Option<Evidence> {
    program.files.iter().find_map(|file| {
        let needs =
            |path: &str| path == "C" || NEED_CGO.iter().any(|library| super::module::is_at_or_below(path, library));
        let import = file.imports.iter().find(|import| needs(&import.path))?;
        let because = if import.path == "C" { "imports C".to_owned() } else { format!("`{}` needs cgo", import.path) };
        Some(file.evidence(import.line, because))
    })
}
