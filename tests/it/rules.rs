//! The audit's rules: each with cases of its own, all lines of the checklist held, and silence on
//! what the templates write.

use std::fs;
use std::path::{Path, PathBuf};

use dockwright::audit::rules::RULES;
use dockwright::audit::{Severity, Tree, audit};
use dockwright::presets::Presets;
use dockwright::project::Project;
use dockwright::setup::Setup;

use super::combinations::{all, component, setup};

/// The NEVER list and the review checklist of the brief dockwright was asked for, word for word.
const CHECKLIST: [&str; 24] = [
    "NEVER use `:latest` tag - Always use specific version tags for reproducibility",
    "NEVER run as root - Create and use non-root users with specific UID/GID",
    "NEVER store secrets in images - Use Docker secrets, env vars at runtime, or secret managers",
    "NEVER skip .dockerignore - Always create comprehensive .dockerignore to reduce build context",
    "NEVER install dev dependencies in production - Use multi-stage builds to separate concerns",
    "NEVER leave package manager caches - Clean in the same RUN layer (`npm ci && npm cache clean --force`)",
    "NEVER use `docker-compose` (v1) - Use `docker compose` (v2) with plugin syntax",
    "Multi-stage build separates build/runtime",
    "Dependencies copied before source (layer caching)",
    "Specific base image tags (no `:latest`)",
    "Non-root user with specific UID/GID",
    "Package cache cleaned in same RUN layer",
    "Health check configured",
    ".dockerignore is comprehensive",
    "Runs as non-root user",
    "No secrets in image layers",
    "Minimal base image (Alpine/distroless)",
    "Read-only filesystem where possible",
    "Capabilities dropped at runtime",
    "Health checks with `condition: service_healthy`",
    "Resource limits defined",
    "Internal networks for backend services",
    "Secrets via files, not environment",
    "Restart policy configured",
];

#[test]
fn every_line_of_the_checklist_is_held_by_a_rule() {
    for line in CHECKLIST {
        assert!(RULES.iter().any(|rule| rule.checklist.contains(&line)), "nobody holds: {line}");
    }
    for line in RULES.iter().flat_map(|rule| rule.checklist) {
        assert!(CHECKLIST.contains(line), "no such line: {line}");
    }
}

#[test]
fn rules_are_sorted_and_each_has_a_file_of_its_name() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for rule in RULES {
        let file = format!("src/audit/rules/{}.rs", rule.id.replace('-', "_"));
        assert!(Path::new(&file).is_file(), "{file}");
        assert!(rule.docs.starts_with("https://"), "{}", rule.id);
    }
}

/// `DOCKWRIGHT_WRITE=1` writes the findings instead of comparing them.
#[test]
fn rules_find_what_their_bad_cases_have_and_nothing_in_their_good_ones() {
    let write = std::env::var("DOCKWRIGHT_WRITE").is_ok();
    for rule in RULES {
        let cases = folders(&Path::new("tests/rules").join(rule.id));
        let kind = |start: &str| cases.iter().any(|case| name(case).starts_with(start));
        assert!(kind("good") && kind("bad"), "tests/rules/{} needs a good and a bad case", rule.id);
        for case in cases {
            let found: String = findings(&case, rule.id).iter().map(|line| format!("{line}\n")).collect();
            if name(&case).starts_with("good") {
                assert_eq!(found, "", "{}", case.display());
                continue;
            }
            let file = case.join("findings.txt");
            if write {
                fs::write(&file, &found).unwrap();
            }
            let wanted = fs::read_to_string(&file).unwrap_or_default();
            assert!(!found.is_empty() && found == wanted, "{}\nfound:\n{found}\nwanted:\n{wanted}", case.display());
        }
    }
}

/// `file:line message`, and the severity where it is not the rule's own.
fn findings(case: &Path, rule: &str) -> Vec<String> {
    let presets = Presets::built_in();
    let project = Project::open(case).unwrap();
    let findings = audit(&Setup::read(&project).unwrap(), &Tree::new(&project, presets));
    let own = RULES.iter().find(|known| known.id == rule).unwrap().severity;
    findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .map(|finding| {
            assert!(!finding.hint.is_empty(), "{finding:?}");
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let grade = if finding.severity == own { String::new() } else { format!(" ({:?})", finding.severity) };
            format!("{}{line} {}{}", finding.file, finding.message, grade.to_lowercase())
        })
        .collect()
}

#[test]
fn nothing_is_found_in_what_the_templates_write() {
    let tree = Tree::without_files(Presets::built_in());
    for choices in all() {
        let found = audit(&setup(&component(choices), choices.policy), &tree);
        let loud: Vec<_> = found.iter().filter(|finding| finding.severity > Severity::Note).collect();
        assert!(loud.is_empty(), "{choices:?}\n{loud:#?}");
    }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
