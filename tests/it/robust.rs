//! Projects that mean harm, or are only large: facts or an error, in bounded time and memory.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use dockwright::audit::{Tree, audit};
use dockwright::decisions::Decisions;
use dockwright::detect::{Detection, detect};
use dockwright::presets::Presets;
use dockwright::project::{MAX_FILES, Mistake, Project};
use dockwright::setup::Setup;
use proptest::prelude::*;

const MANIFESTS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "tsconfig.json",
    "next.config.js",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "uv.lock",
    "go.mod",
    "go.sum",
    "go.work",
    ".nvmrc",
    ".tool-versions",
    ".python-version",
    ".gitignore",
    ".env.example",
    "Procfile",
    "Dockerfile",
    "compose.yaml",
    "prisma/schema.prisma",
    "main.py",
    "main.go",
    "server.js",
];

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

const NODE: &[(&str, &[u8])] = &[
    ("package.json", b"{\"scripts\": {\"start\": \"node server.js\"}, \"dependencies\": {\"express\": \"5\"}}"),
    ("package-lock.json", b"{\"express\": 1}"),
    ("server.js", b"require('express')().listen(4000)\n"),
];

fn node() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    NODE.iter().for_each(|(name, bytes)| write(folder.path(), name, bytes));
    folder
}

fn found(folder: &Path) -> Result<Detection, Mistake> {
    detect(&Project::open(folder)?, &Decisions::default(), Presets::built_in())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_bytes_in_any_manifest_give_facts_or_an_error(
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), r#"([{}\[\]"',:=#\n -]|[a-z.@/^~$é]){0,200}"#.prop_map(String::into_bytes)]
    ) {
        let folder = node();
        for name in MANIFESTS {
            write(folder.path(), name, &bytes);
            let _ = found(folder.path());
            if !["package.json", "package-lock.json", "server.js"].contains(name) {
                fs::remove_file(folder.path().join(name)).unwrap();
            }
        }
    }
}

#[test]
fn deep_nesting_ends_in_facts_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in NODE {
        write(folder.path(), &format!("web/{name}"), bytes);
    }
    let python = "[project]\nname = \"x\"\ndependencies = [\"fastapi[standard]\"]\n";
    write(folder.path(), "api/pyproject.toml", python.as_bytes());
    write(folder.path(), "api/main.py", b"from fastapi import FastAPI\napp = FastAPI()\n");
    write(folder.path(), "job/go.mod", b"module example.com/job\n\ngo 1.27\n");
    write(folder.path(), "job/main.go", b"package main\n\nfunc main() {}\n");
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("(", ")"),
        ("{a: ", "}"),
        ("- ", ""),
        ("!", ""),
        ("a.b(", ")"),
        ("not ", ""),
        ("a if b else ", ""),
        ("<a>", "</a>"),
        ("a ? b : ", ""),
        ("x => ", ""),
        ("[a.", "]\n"),
        ("func(){", "}"),
    ] {
        let text = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        for name in [
            "web/package.json",
            "web/pnpm-lock.yaml",
            "web/next.config.js",
            "compose.yaml",
            "api/pyproject.toml",
            "api/main.py",
            "job/go.mod",
            "job/main.go",
            "web/src/app.ts",
            "web/tsconfig.json",
        ] {
            let before = fs::read(folder.path().join(name)).ok();
            write(folder.path(), name, text.as_bytes());
            let _ = found(folder.path());
            match before {
                Some(before) => write(folder.path(), name, &before),
                None => fs::remove_file(folder.path().join(name)).unwrap(),
            }
        }
    }
}

#[test]
fn a_manifest_of_50_megabytes_is_refused_without_being_read() {
    let folder = node();
    let file = fs::File::create(folder.path().join("package.json")).unwrap();
    file.set_len(50 << 20).unwrap();
    assert_eq!(found(folder.path()).unwrap_err().what, "`package.json` is larger than 4 MB");
    let folder = node();
    fs::File::create(folder.path().join("package-lock.json")).unwrap().set_len(50 << 20).unwrap();
    // what does not decide is passed over
    assert_eq!(found(folder.path()).unwrap().components.len(), 1);
}

#[test]
fn symlinks_in_a_circle_and_out_of_the_project_lead_nowhere() {
    let folder = node();
    let inner = folder.path().join("a");
    fs::create_dir(&inner).unwrap();
    symlink("..", inner.join("up")).unwrap();
    symlink("self", folder.path().join("self")).unwrap();
    symlink("b", folder.path().join("c")).unwrap();
    symlink("c", folder.path().join("b")).unwrap();
    symlink("/etc/passwd", folder.path().join(".nvmrc")).unwrap();
    symlink("/", folder.path().join("root")).unwrap();
    let project = Project::open(folder.path()).unwrap();
    assert_eq!(project.files().count(), 3);
    assert_eq!(found(folder.path()).unwrap().components.len(), 1);
}

#[test]
fn a_file_that_may_not_be_read_is_an_error_if_it_decides_and_none_otherwise() {
    use std::os::unix::fs::PermissionsExt;
    let folder = node();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let hide =
        |name: &str, mode| fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    let said = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
        command.arg("detect").arg(folder.path()).env("HOME", folder.path()).env_remove("XDG_CONFIG_HOME");
        // nothing is hidden from root
        if fs::metadata(folder.path()).is_ok_and(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0) {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    hide("server.js", 0o000);
    let (code, text) = said();
    assert_eq!(code, Some(0), "{text}");
    hide("package.json", 0o000);
    let (code, text) = said();
    assert!(code == Some(2) && text.contains("cannot read `package.json`"), "{code:?} {text}");
}

#[test]
fn of_a_hundred_thousand_files_few_are_opened_and_the_manifest_is_among_them() {
    let folder = node();
    // sorts before package.json, and fills the walk
    for at in 0..100 {
        let inner = folder.path().join(format!("assets/{at}"));
        fs::create_dir_all(&inner).unwrap();
        for file in 0..1000 {
            fs::File::create(inner.join(format!("{file}.json"))).unwrap();
        }
    }
    let project = Project::open(folder.path()).unwrap();
    assert!(project.is_truncated() && project.files().count() <= MAX_FILES);
    let detection = detect(&project, &Decisions::default(), Presets::built_in()).unwrap();
    assert_eq!(detection.components.len(), 1);
    assert!(detection.warnings.iter().any(|warning| warning.id == "many-files"));
    assert_eq!(project.opened(), 3, "package.json, its lockfile and server.js");
}

#[test]
fn a_dockerfile_whose_arguments_hold_each_other_fills_no_memory() {
    let folder = node();
    let held: String = (0..60).map(|at| format!("ARG A{at}={}\n", format!("${{A{}}}", at + 1).repeat(60))).collect();
    let holds: String = (1..60).map(|at| format!("ARG B{at}={}\n", format!("$B{}", at - 1).repeat(60))).collect();
    let text =
        format!("ARG B0=aaaaaaaaaa\n{holds}{held}FROM node:$A0-$B59\nUSER ${{B59:-$B58}}\n{}", "RUN ${".repeat(20_000));
    write(folder.path(), "Dockerfile", text.as_bytes());
    let project = Project::open(folder.path()).unwrap();
    let setup = Setup::read(&project).unwrap();
    audit(&setup, &Tree::new(&project, Presets::built_in()));
    assert_eq!(found(folder.path()).unwrap().components.len(), 1);
}
