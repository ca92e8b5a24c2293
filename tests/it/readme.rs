//! The README's tables and session are what the program has and does.

use std::collections::BTreeMap;
use std::path::Path;

use dockwright::audit::rules::RULES;
use dockwright::catalog;
use dockwright::decisions::Decisions;
use dockwright::draft::draft;
use dockwright::presets::Presets;
use dockwright::project::Project;

fn readme() -> String {
    std::fs::read_to_string("README.md").unwrap().replace("\r\n", "\n")
}

#[test]
fn the_checklist_table_is_that_of_the_rules() {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in RULES {
        for line in rule.checklist {
            rows.entry(line).or_default().push(format!("`{}`", rule.id));
        }
    }
    let never = |line: &str| !line.starts_with("NEVER");
    let mut lines: Vec<(&str, Vec<String>)> = rows.into_iter().collect();
    lines.sort_by_key(|(line, _)| (never(line), *line));
    let mut table = "| line of the checklist | held by |\n| --- | --- |\n".to_owned();
    for (line, rules) in lines {
        table += &format!("| {line} | {} |\n", rules.join(", "));
    }
    if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
        let text = readme();
        let (before, rest) = text.split_once("<!-- checklist -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        std::fs::write("README.md", format!("{before}<!-- checklist -->\n{table}<!-- end -->{after}")).unwrap();
    }
    assert!(readme().contains(&table), "expected in README.md:\n{table}");
}

#[test]
fn presets_are_described_as_their_files_do() {
    for (id, policy) in &Presets::built_in().policies {
        let row = format!("| `{id}` | {} |", policy.summary.replace(".dockerignore", "`.dockerignore`"));
        assert!(readme().contains(&row), "expected in README.md: {row}");
    }
}

#[test]
fn every_file_that_is_written_has_its_line() {
    let project = Project::open(Path::new("tests/engine/apps/go-api")).unwrap();
    let templates = catalog::built_in().unwrap();
    let draft = draft(&project, &templates, Presets::built_in(), &Decisions::default()).unwrap();
    for path in draft.setup.files.keys() {
        assert!(readme().contains(&format!("| `{path}` |")), "{path}");
    }
}

#[test]
fn the_session_is_what_the_program_says() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dockwright"))
        .args(["init", "--yes", "--dry-run", "tests/engine/apps/node-api"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().count() > 10);
    for line in said.lines() {
        assert!(readme().contains(line), "expected in README.md: {line}");
    }
}

#[test]
fn what_decides_is_the_table_whose_every_line_has_a_row() {
    let mut text = String::new();
    for fact in super::truth::precedence().fact {
        text += &format!("**{}**\n\n| | taken from | because |\n| --- | --- | --- |\n", fact.title);
        for (at, step) in fact.order.iter().enumerate() {
            text += &format!("| {} | {} | {} |\n", at + 1, step.says, step.because);
        }
        text += &fact.note.map(|note| format!("\n{note}\n")).unwrap_or_default();
        text += "\n";
    }
    let text = format!("<!-- precedence -->\n{}\n<!-- end of precedence -->", text.trim_end());
    if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
        let readme = readme();
        let (before, rest) = readme.split_once("<!-- precedence -->").unwrap();
        let (_, after) = rest.split_once("<!-- end of precedence -->").unwrap();
        std::fs::write("README.md", format!("{before}{text}{after}")).unwrap();
    }
    assert!(readme().contains(&text), "expected in README.md:\n{text}");
}
