//! Two cold builds of one source give the same files: names, kinds, modes, owners, contents.
//!
//! Cold: no layer and no cache mount of the first build is there for the second, which has a fresh
//! clone as its context. Times are not compared: exporters set them (`rewrite-timestamp`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::apps::App;
use crate::engine::must;

/// Every entry of the production image by its path: what it is, then a hash of what is in it.
fn built(app: &App) -> BTreeMap<String, String> {
    // a cache that is empty and leaves nothing behind
    let text =
        app.read("Dockerfile").replace(",sharing=locked", "").replace("--mount=type=cache,", "--mount=type=tmpfs,");
    // no part of the context: .dockerignore keeps every Dockerfile out
    app.write("Dockerfile.cold", &text);
    let home = TempDir::new().unwrap();
    let tar = home.path().join("image.tar");
    let output = format!("type=tar,dest={}", tar.display());
    let args = ["build", "--no-cache", "--file", "Dockerfile.cold", "--target", "production", "--output", &output];
    let epoch = [("SOURCE_DATE_EPOCH".to_owned(), "1700000000".to_owned())];
    must(&app.folder, "docker", &[&args[..], &["."]].concat(), &epoch);
    let list = must(home.path(), "tar", &["--list", "--verbose", "--numeric-owner", "--file", "image.tar"], &[]);
    let files = home.path().join("files");
    fs::create_dir(&files).unwrap();
    let extract = ["--extract", "--no-same-owner", "--exclude=dev/*", "--file", "../image.tar"];
    must(&files, "tar", &[&extract[..], &["--no-same-permissions", "--mode=u+rwX"]].concat(), &[]);
    let entries = list.out.lines().map(|line| {
        // mode, owner, size, date, time, path
        let words: Vec<&str> = line.split_whitespace().collect();
        let path = words[5..].join(" ");
        let kind = format!("{} {} {}", words[0], words[1], words[2]);
        let content = hash(&files, path.split(" -> ").next().unwrap_or_default());
        (path, format!("{kind} {content}"))
    });
    entries.collect()
}

/// FNV-1a of a file's bytes; empty for what is none.
fn hash(root: &Path, path: &str) -> String {
    let path: PathBuf = root.join(path.trim_start_matches('/'));
    let Ok(true) = fs::symlink_metadata(&path).map(|meta| meta.is_file()) else { return String::new() };
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn builds_the_same_twice(name: &str) {
    let mut app = App::set_up(name);
    let first = built(&app);
    fs::remove_file(app.folder.join("Dockerfile.cold")).unwrap();
    app.clone_fresh(&[]);
    let second = built(&app);
    assert!(first.len() > 20, "{name}: only {} files", first.len());
    let paths: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differ: Vec<String> = paths
        .into_iter()
        .filter(|path| first.get(*path) != second.get(*path))
        .map(|path| format!("{path}\n  {:?}\n  {:?}", first.get(path), second.get(path)))
        .collect();
    assert!(differ.is_empty(), "{name}: {} of {} differ\n{}", differ.len(), first.len(), differ.join("\n"));
    println!("{name}: {} files, all the same", first.len());
}

#[test]
fn node_twice_is_the_same() {
    builds_the_same_twice("node-api");
}

#[test]
fn go_twice_is_the_same() {
    builds_the_same_twice("go-api");
}

#[test]
fn fastapi_twice_is_the_same() {
    builds_the_same_twice("py-uv");
}
