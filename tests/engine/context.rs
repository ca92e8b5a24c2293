//! Our reading of .dockerignore against the engine's own, on a tree of nasty names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dockwright::setup::ignore::Ignore;
use tempfile::TempDir;

use crate::engine::{feed, need_engine};

/// Every name that a Linux file may have and a pattern may mean something else by.
const FILES: [&str; 44] = [
    "a.txt",
    "A.txt",
    "b.txt",
    "ab.txt",
    ".env",
    ".env.local",
    ".env.example",
    "dir/.env",
    "dir/.env.example",
    "dir/a.txt",
    "dir/sub/a.txt",
    "dir/sub/deep/a.txt",
    "dir.txt",
    "with space.txt",
    " leading.txt",
    "trailing ",
    "tab\tname",
    "[x].txt",
    "x.txt",
    "star*.txt",
    "what?.txt",
    "back\\slash.txt",
    "!bang",
    "#hash",
    "^caret",
    "-dash.txt",
    "$dollar",
    "(paren)+{brace}",
    "..double",
    "dot.",
    "grün.txt",
    "日本/語.txt",
    "node_modules/a/index.js",
    "dir/node_modules/b/index.js",
    "secrets/key",
    "vendor/secrets/key",
    "vendor/secrets.go",
    "main_test.go",
    "dir/main_test.go",
    "build/out.js",
    "src/build/in.js",
    "README.md",
    "docs/README.md",
    "server.pem",
];

const IGNORES: [&str; 46] = [
    "",
    "*",
    "**",
    "*\n!a.txt",
    "*\n!dir",
    "*\n!dir/sub",
    "**\n!**/a.txt",
    "dir",
    "/dir",
    "dir/",
    "/dir/",
    "./dir",
    "dir/.",
    "dir/sub/..",
    "//dir",
    "dir/*",
    "dir/**",
    "dir/*/a.txt",
    "dir/**/a.txt",
    "**/a.txt",
    "**/dir",
    "**/sub/**",
    "**/.env*\n!**/.env.example",
    "!**/.env.example\n**/.env*",
    "*.txt",
    "?.txt",
    "[ab].txt",
    "[a-b].txt",
    "[^a].txt",
    "\\[x\\].txt",
    "star\\*.txt",
    "what\\?.txt",
    "back\\\\slash.txt",
    "\\!bang",
    "#hash\n\\#hash",
    " a.txt",
    "a.txt \n\tb.txt\t",
    "a.txt\r\nb.txt\r\n!a.txt\r\n",
    "\u{feff}a.txt",
    "! a.txt\n*",
    "*\n!\ta.txt",
    "**/node_modules\n**/secrets\n!vendor/secrets",
    "/secrets\nvendor/secrets/\n!vendor/secrets/key",
    "日本\ngr*n.txt",
    "..double\n^caret\n-dash.txt\n(paren)*\n$dollar",
    "**/*_test.go\n/build\n*.md\n!README.md\n**/*.pem",
];

fn listed(folder: &Path, below: &str, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("a type").is_dir() {
            listed(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name);
        }
    }
}

/// What the engine sends to a build with this .dockerignore.
fn sent(folder: &Path, ignore: &str) -> BTreeSet<String> {
    fs::write(folder.join(".dockerignore"), ignore).expect("a file");
    let context = TempDir::new().expect("a folder");
    let to = format!("type=local,dest={}", context.path().display());
    // an empty context is an error to COPY: one file comes from elsewhere
    let dockerfile = "FROM scratch AS none\nFROM scratch\nCOPY --from=none / /\nCOPY . /\n";
    feed(folder, "docker", &["build", "--quiet", "--output", &to, "--file", "-", "."], dockerfile);
    let mut names = BTreeSet::new();
    listed(context.path(), "", &mut names);
    names.remove(".dockerignore");
    names
}

#[test]
fn our_dockerignore_matcher_agrees_with_the_engine() {
    need_engine();
    let tree = TempDir::new().expect("a folder");
    for file in FILES {
        let path = tree.path().join(file);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
        fs::write(path, file).expect("a file can be written");
    }
    for ignore in IGNORES {
        let engine = sent(tree.path(), ignore);
        let ours = Ignore::parse(ignore);
        let ours: BTreeSet<String> =
            FILES.iter().filter(|file| !ours.ignores(file)).map(|file| file.to_string()).collect();
        let differ: Vec<_> = engine.symmetric_difference(&ours).collect();
        assert!(differ.is_empty(), "{ignore:?}: we and the engine disagree on {differ:?}");
    }
}
