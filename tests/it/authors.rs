//! The tools of a template's author: new, check, test.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::init::project;
use super::repositories::{DOCKERFILE, Files, MANIFEST, Person};

#[test]
fn a_new_template_passes_its_own_test_and_is_used() {
    let (person, place) = (Person::new(), tempfile::tempdir().unwrap());
    let ids = [None, Some("node"), Some("next"), Some("fastapi"), Some("go")];
    for (number, from) in ids.into_iter().enumerate() {
        let name = format!("mine-{number}");
        let words: Vec<&str> =
            ["template", "new", &name].into_iter().chain(from.into_iter().flat_map(|id| ["--from", id])).collect();
        let said = person.runs(place.path(), &words);
        assert_eq!(said.code(), 0, "{from:?} {}", said.stderr());
        let said = person.runs(place.path(), &["template", "check", &name]);
        assert_eq!(said.code(), 0, "{from:?} {}{}", said.stdout(), said.stderr());
        let said = person.runs(place.path(), &["template", "test", &name]);
        assert_eq!(said.code(), 0, "{from:?} {}{}", said.stdout(), said.stderr());
        assert!(said.stdout().contains("ok"), "{}", said.stdout());
        assert!(
            place.path().join(&name).join(format!("tests/{}/expected/Dockerfile", from.unwrap_or("node"))).is_file()
        );
    }
    let said = person.runs(place.path(), &["template", "new", "mine-0"]);
    assert!(said.code() == 2 && said.stderr().contains("is there already"), "{}", said.stderr());
}

#[test]
fn the_example_of_the_authors_page_makes_a_whole_setup() {
    let (person, place) = (Person::new(), tempfile::tempdir().unwrap());
    assert_eq!(person.runs(place.path(), &["template", "new", "web"]).code(), 0);
    let page = fs::read_to_string("templates/README.md").unwrap();
    let text = fs::read_to_string(place.path().join("web/files/Dockerfile.j2")).unwrap();
    assert!(page.contains(&text) && text.lines().count() > 20, "{text}");
    let project = place.path().join("web/tests/node/project");
    let said = person.runs(place.path(), &["init", "--yes", "--template", "./web", project.to_str().unwrap()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    let dockerfile = fs::read_to_string(project.join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("CMD [\"node\", \"server.js\"]"), "{dockerfile}");
    assert!(project.join("compose.yaml").is_file());
}

/// What `template check` prints for a template.
fn checked(files: &Files) -> String {
    let place = tempfile::tempdir().unwrap();
    files.write(&place.path().join("web"));
    let said = Person::new().runs(place.path(), &["template", "check", "web"]);
    assert_eq!(said.code(), 1, "{}{}", said.stdout(), said.stderr());
    said.stdout()
}

#[test]
fn every_mistake_has_its_place_and_a_hint() {
    let with = |path: &str, text: &str| Files::template("").file(path, text);
    let manifest = |from: &str, to: &str| {
        assert!(MANIFEST.contains(from));
        with("template.toml", &MANIFEST.replace(from, to))
    };
    for (files, expected) in [
        (manifest("summary", "sumary"), "template.toml:2:1  unknown field `sumary`"),
        (manifest("summary", "sumary"), "hint: did you mean `summary`?"),
        (
            manifest("\"go\"", "\"goo\""),
            "template.toml:4:8  `goo` is nothing that is detected\nhint: did you mean `go`?",
        ),
        (manifest("Dockerfile.j2", "Dockerfile.j"), "template.toml:7:8  `from = \"Dockerfile.j\"` names no file"),
        (manifest("Dockerfile.j2", "Dockerfile.j"), "hint: did you mean `Dockerfile.j2`?"),
        (manifest("to = \"Dockerfile\"", "to = \"Makefile\""), "template.toml:8:6  `to = \"Makefile\"` is not"),
        (with("files/other.j2", "x"), "files/other.j2  is used by no entry of template.toml"),
        (with("files/Dockerfile.j2", "FROM x\n{% if port %}\n"), "files/Dockerfile.j2:"),
        (
            with("files/Dockerfile.j2", &DOCKERFILE.replace("{{ user }}", "{{ usr }}")),
            "`usr` is no fact\nhint: did you mean `user`?",
        ),
        (with("files/Dockerfile.j2", "FROM x\nCMD {{ start }}\n"), "files/Dockerfile.j2:2:8  `start` is a list"),
        (with("hooks/x.sh", "x"), "hooks/x.sh  only template.toml, README.md, files/ and tests/ belong to a template"),
    ] {
        let said = checked(&files);
        assert!(said.contains(expected), "expected {expected} in:\n{said}");
    }
    let two = checked(&manifest("\"go\"", "\"goo\"").file("files/other.j2", "x"));
    assert!(two.contains("goo") && two.contains("other.j2"), "all at once: {two}");
}

#[test]
fn a_case_that_is_not_as_expected_fails_with_its_difference_until_it_is_accepted() {
    let (person, place) = (Person::new(), tempfile::tempdir().unwrap());
    Files::template("").write(&place.path().join("web"));
    let case = place.path().join("web/tests/shop");
    copy(project().path(), &case.join("project"));
    let run = |more: &[&str]| person.runs(place.path(), &[&["template", "test", "web"], more].concat());
    let said = run(&[]);
    assert!(said.code() == 1 && said.stdout().contains("+++ written/Dockerfile"), "{}{}", said.stdout(), said.stderr());
    assert_eq!(run(&["--bless"]).code(), 0);
    assert_eq!(run(&[]).code(), 0);
    fs::write(case.join("answers.toml"), "port = 9090\n").unwrap();
    let said = run(&["--format", "json"]);
    let json: Value = serde_json::from_str(&said.stdout()).unwrap();
    assert_eq!(json["cases"][0]["passed"], false);
    assert!(json["cases"][0]["details"].as_str().unwrap().contains("+EXPOSE 9090"), "{json}");
    // the audit counts too
    let root = MANIFEST.replace("user = \"{{ user }}\"", "user = \"0:0\"");
    fs::write(place.path().join("web/template.toml"), root).unwrap();
    let said = run(&["--bless"]);
    assert!(said.code() == 1 && said.stdout().contains("[root-user]"), "{}{}", said.stdout(), said.stderr());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
