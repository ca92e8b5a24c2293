//! Public projects that nobody here wrote: `init --yes`, then `verify`, as their owner would.
//!
//! `tests/field.toml` names them at fixed commits; this runner takes a folder with a clone of each and
//! fetches nothing: `DOCKWRIGHT_FIELD=FOLDER cargo test --test field -- --nocapture`. Prints one row
//! for each clone that is there, and fails where the outcome is not the expected one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    project: Vec<Project>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Project {
    /// The clone's folder below `DOCKWRIGHT_FIELD`.
    name: String,
    repository: String,
    commit: String,
    stack: String,
    /// What `init --yes` gives without any answer.
    expect: Outcome,
    /// Why it is not `right`, or what is special about the project.
    because: String,
    /// What its owner answers, from its own documentation: with this it must be right.
    #[serde(default)]
    answers: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// Set up without a question, and every row of `verify` is ok.
    Right,
    /// A question, and a flag that answers it.
    Asked,
    /// It says that it cannot, and why.
    Refused,
    /// Set up, but `verify` says no.
    Wrong,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Right => "right",
            Outcome::Asked => "asked",
            Outcome::Refused => "refused",
            Outcome::Wrong => "wrong",
        })
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, program: &str, args: &[&str]) -> Said {
    let output = Command::new(program)
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Sets up a fresh copy of the clone and proves it: the outcome, with what was said about it.
fn try_out(clone: &Path, answers: &[String]) -> (Outcome, String) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let copy = home.path().join(clone.file_name().expect("a clone has a name"));
    let (from, to) = (clone.to_string_lossy(), copy.to_string_lossy());
    let said = run(Path::new("/"), "git", &["clone", "--quiet", "--no-hardlinks", &from, &to]);
    assert_eq!(said.code, Some(0), "{}", said.err);

    let dockwright = env!("CARGO_BIN_EXE_dockwright");
    // their own container files are replaced: this is about ours
    let mut args = vec!["init", "--yes", "--on-conflict", "replace"];
    args.extend(answers.iter().map(String::as_str));
    let said = run(&copy, dockwright, &args);
    match said.code {
        Some(0) => {}
        Some(3) => return (Outcome::Asked, said.err),
        _ => return (Outcome::Refused, said.err),
    }
    let said = run(&copy, dockwright, &["verify"]);
    let outcome = if said.code == Some(0) { Outcome::Right } else { Outcome::Wrong };
    (outcome, format!("{}\n{}", said.out.trim_end(), said.err.trim_end()))
}

#[test]
fn public_projects_give_what_we_expect() {
    let list = include_str!("field.toml");
    let field: Field = toml::from_str(list).expect("field.toml is valid");
    let folder = std::env::var_os("DOCKWRIGHT_FIELD").map(PathBuf::from);
    let folder = folder.expect("DOCKWRIGHT_FIELD names a folder with a clone of each project in tests/field.toml");
    let chosen = std::env::var("DOCKWRIGHT_FIELD_ONLY").unwrap_or_default();

    let (mut rows, mut surprises) = (Vec::new(), Vec::new());
    for project in field.project.iter().filter(|project| project.name.contains(&chosen)) {
        let clone = folder.join(&project.name);
        if !clone.is_dir() {
            rows.push(format!("{:20} not there: {} at {}", project.name, project.repository, project.commit));
            continue;
        }
        let head = run(&clone, "git", &["rev-parse", "HEAD"]).out;
        assert_eq!(head.trim(), project.commit, "{} is at another commit than field.toml", project.name);

        let mut tries = vec![(&[][..], project.expect)];
        if !project.answers.is_empty() {
            tries.push((&project.answers[..], Outcome::Right));
        }
        for (answers, expected) in tries {
            let started = Instant::now();
            let (outcome, said) = try_out(&clone, answers);
            let how = if answers.is_empty() { "init --yes".to_owned() } else { answers.join(" ") };
            let seconds = started.elapsed().as_secs();
            rows.push(format!("{:20} {:5} {outcome:8} {seconds:4} s  {how}", project.name, project.stack));
            println!("---- {} · {how} · {outcome}\n{said}\n", project.name);
            if outcome != expected {
                surprises
                    .push(format!("{}: {how}: {outcome}, expected {expected} ({})", project.name, project.because));
            }
        }
    }
    println!("{}", rows.join("\n"));
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}
