//! Writing: nothing lost, all or none, interrupted runs finished or undone.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dockwright::apply::{
    Change, ChangeKind, Choice, Choices, Receipt, Recovered, compare, read_receipt, recover, write,
};
use dockwright::paths::RelPath;
use dockwright::project::Project;
use dockwright::setup::{Setup, SetupFile};

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn setup(files: &[(&str, &str)]) -> Setup {
    let files =
        files.iter().map(|(name, text)| (path(name), SetupFile { text: (*text).to_owned(), mode: 0o644 })).collect();
    Setup { files, secrets: vec![] }
}

fn ours() -> Setup {
    setup(&[("Dockerfile", "FROM x\n"), ("compose.yaml", "name: x\n"), ("docker/probe.go", "package main\n")])
}

fn changes(folder: &Path, setup: &Setup, choices: &Choices) -> Vec<Change> {
    let project = Project::open(folder).unwrap();
    compare(setup, &project, read_receipt(&project).unwrap().as_ref(), choices).unwrap()
}

fn kinds(changes: &[Change]) -> BTreeMap<String, ChangeKind> {
    changes.iter().map(|change| (change.path.to_string(), change.kind)).collect()
}

/// Writes with the same choices; `stop_at` counts the named points until the run ends.
fn run(folder: &Path, setup: &Setup, choices: &Choices, stop_at: Option<(&str, usize)>) -> Result<(), String> {
    let project = Project::open(folder).unwrap();
    let changes = changes(folder, setup, choices);
    let earlier = read_receipt(&project).unwrap();
    let receipt =
        Receipt::of(&[(".".to_owned(), "node".to_owned())], setup, &changes, earlier.as_ref(), project.root());
    let seen = Cell::new(0);
    let stop = |point: &str| {
        stop_at.is_some_and(|(name, count)| {
            if name == point {
                seen.set(seen.get() + 1);
            }
            name == point && seen.get() == count
        })
    };
    write(&project, &changes, setup, &receipt, &stop).map_err(|mistake| mistake.what)
}

/// Every file below a folder with its text.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn without_receipt(folder: &Path) -> BTreeMap<String, String> {
    tree(folder).into_iter().filter(|(name, _)| !name.starts_with(".dockwright/")).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &ours(), &Choices::default(), None).unwrap();
    let before = tree(folder.path());
    assert!(changes(folder.path(), &ours(), &Choices::default()).iter().all(|change| change.kind == ChangeKind::Same));
    run(folder.path(), &ours(), &Choices::default(), None).unwrap();
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn what_dockwright_wrote_is_replaced_and_what_somebody_edited_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &ours(), &Choices::default(), None).unwrap();
    fs::write(folder.path().join("compose.yaml"), "name: mine\n").unwrap();
    let newer = setup(&[("Dockerfile", "FROM y\n"), ("compose.yaml", "name: y\n")]);
    let found = kinds(&changes(folder.path(), &newer, &Choices::default()));
    assert_eq!(found["Dockerfile"], ChangeKind::Replace);
    assert_eq!(found["compose.yaml"], ChangeKind::Conflict);
}

#[test]
fn a_checkout_with_windows_line_ends_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &ours(), &Choices::default(), None).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM x\r\n").unwrap();
    assert_eq!(kinds(&changes(folder.path(), &ours(), &Choices::default()))["Dockerfile"], ChangeKind::Same);
    let newer = setup(&[("Dockerfile", "FROM y\n")]);
    assert_eq!(kinds(&changes(folder.path(), &newer, &Choices::default()))["Dockerfile"], ChangeKind::Replace);
}

#[test]
fn a_compose_file_of_the_users_is_kept_without_ours_or_renamed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("docker-compose.yml"), "services: {}\n").unwrap();
    let found = kinds(&changes(folder.path(), &ours(), &Choices::default()));
    assert_eq!(found["docker-compose.yml"], ChangeKind::Conflict);

    let keep = Choices { default: Some(Choice::Keep), ..Choices::default() };
    let found = kinds(&changes(folder.path(), &ours(), &keep));
    assert_eq!(found["docker-compose.yml"], ChangeKind::Keep);
    assert!(!found.contains_key("compose.yaml") && found["Dockerfile"] == ChangeKind::Create);

    let take = Choices { default: Some(Choice::Replace), ..Choices::default() };
    run(folder.path(), &ours(), &take, None).unwrap();
    let files = without_receipt(folder.path());
    assert_eq!(files["docker-compose.yml.before-dockwright"], "services: {}\n");
    assert_eq!(files["compose.yaml"], "name: x\n");
    assert!(!files.contains_key("docker-compose.yml"));
}

#[test]
fn beside_leaves_theirs_and_writes_ours_as_new() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM theirs\n").unwrap();
    let beside = Choices { files: BTreeMap::from([(path("Dockerfile"), Choice::Beside)]), default: None };
    run(folder.path(), &ours(), &beside, None).unwrap();
    let files = without_receipt(folder.path());
    assert_eq!((files["Dockerfile"].as_str(), files["Dockerfile.new"].as_str()), ("FROM theirs\n", "FROM x\n"));
}

#[test]
fn a_run_that_stopped_before_it_was_decided_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.js"), "1\n").unwrap();
    let before = tree(folder.path());
    run(folder.path(), &ours(), &Choices::default(), Some(("prepared", 1))).unwrap();
    assert_eq!(recover(folder.path()).unwrap(), Some(Recovered::Undone));
    assert_eq!(tree(folder.path()), before);
    assert_eq!(recover(folder.path()).unwrap(), None);
}

#[test]
fn a_run_that_stopped_between_any_two_files_is_finished() {
    let whole = tempfile::tempdir().unwrap();
    let take = Choices { default: Some(Choice::Replace), ..Choices::default() };
    fs::write(whole.path().join("compose.yml"), "services: {}\n").unwrap();
    run(whole.path(), &ours(), &take, None).unwrap();
    let expected = tree(whole.path());
    let points = std::iter::once(("decided", 1)).chain((1..=8).map(|count| ("step", count)));
    for point in points {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("compose.yml"), "services: {}\n").unwrap();
        run(folder.path(), &ours(), &take, Some(point)).unwrap();
        let recovered = recover(folder.path()).unwrap();
        assert!(matches!(recovered, None | Some(Recovered::Finished { .. })), "{point:?}: {recovered:?}");
        assert_eq!(tree(folder.path()), expected, "{point:?}");
    }
}

#[test]
fn a_file_that_somebody_changed_after_the_interruption_is_left() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &ours(), &Choices::default(), Some(("decided", 1))).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM mine\n").unwrap();
    let Some(Recovered::Finished { beside, .. }) = recover(folder.path()).unwrap() else { panic!("not finished") };
    assert_eq!(beside, ["Dockerfile.new"]);
    assert_eq!(without_receipt(folder.path())["Dockerfile"], "FROM mine\n");
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_of_the_project_are_refused_and_nothing_is_written() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), folder.path().join("docker")).unwrap();
    let wrong = run(folder.path(), &ours(), &Choices::default(), None).unwrap_err();
    assert!(wrong.contains("leads out of the project"), "{wrong}");
    assert!(!folder.path().join("Dockerfile").exists() && fs::read_dir(outside.path()).unwrap().next().is_none());

    let folder = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("target"), "theirs").unwrap();
    std::os::unix::fs::symlink(outside.path().join("target"), folder.path().join("Dockerfile")).unwrap();
    let replace = Choices { default: Some(Choice::Replace), ..Choices::default() };
    assert!(run(folder.path(), &ours(), &replace, None).unwrap_err().contains("leads out"));
    assert_eq!(fs::read_to_string(outside.path().join("target")).unwrap(), "theirs");
}

#[test]
fn a_folder_where_a_file_belongs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Dockerfile")).unwrap();
    let project = Project::open(folder.path()).unwrap();
    let wrong = compare(&ours(), &project, None, &Choices::default()).unwrap_err();
    assert!(wrong.what.contains("`Dockerfile` is a folder"), "{wrong}");
}

#[test]
fn a_receipt_holds_no_secret_and_reads_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &ours(), &Choices::default(), None).unwrap();
    let receipt = read_receipt(&Project::open(folder.path()).unwrap()).unwrap().unwrap();
    assert_eq!(receipt.files.len(), 3);
    fs::write(folder.path().join(".dockwright/receipt.json"), "{\n \"version\": 1,\n").unwrap();
    let wrong = read_receipt(&Project::open(folder.path()).unwrap()).unwrap_err();
    assert_eq!(wrong.line, Some(3));
}

#[test]
fn none_of_our_compose_files_acts_on_one_that_stays() {
    let set = setup(&[
        ("Dockerfile", "FROM x\n"),
        ("compose.yaml", "name: x\n"),
        ("compose.override.yaml", "services: {}\n"),
        ("secrets/README.md", "x\n"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compose.yaml"), "name: theirs\n").unwrap();
    let keep = Choices { default: Some(Choice::Keep), ..Choices::default() };
    let found = kinds(&changes(folder.path(), &set, &keep));
    assert_eq!(found["compose.yaml"], ChangeKind::Keep);
    assert!(!found.contains_key("compose.override.yaml") && !found.contains_key("secrets/README.md"), "{found:?}");
    let beside = Choices { default: Some(Choice::Beside), ..Choices::default() };
    let found = kinds(&changes(folder.path(), &set, &beside));
    assert_eq!(found["compose.override.yaml"], ChangeKind::Beside);
}

#[test]
fn an_edited_override_of_ours_is_kept_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let set = |text: &str| setup(&[("compose.yaml", text), ("compose.override.yaml", text)]);
    run(folder.path(), &set("a: 1\n"), &Choices::default(), None).unwrap();
    fs::write(folder.path().join("compose.override.yaml"), "mine: 1\n").unwrap();
    let keep = Choices { default: Some(Choice::Keep), ..Choices::default() };
    run(folder.path(), &set("b: 1\n"), &keep, None).unwrap();
    assert_eq!(without_receipt(folder.path())["compose.yaml"], "b: 1\n");
    // the choice is remembered, and what was written last too
    let found = kinds(&changes(folder.path(), &set("c: 1\n"), &Choices::default()));
    assert_eq!((found["compose.yaml"], found["compose.override.yaml"]), (ChangeKind::Replace, ChangeKind::Keep));
    assert_eq!(tree(folder.path())[".dockwright/base/compose.override.yaml"], "a: 1\n");
}

#[test]
fn what_lies_where_ours_would_go_beside_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM theirs\n").unwrap();
    fs::write(folder.path().join("Dockerfile.new"), "notes\n").unwrap();
    let beside = Choices { default: Some(Choice::Beside), ..Choices::default() };
    assert!(run(folder.path(), &ours(), &beside, None).unwrap_err().contains("`Dockerfile.new`"));
    assert_eq!(without_receipt(folder.path()).len(), 2, "nothing was written");
    fs::remove_file(folder.path().join("Dockerfile.new")).unwrap();
    run(folder.path(), &ours(), &beside, None).unwrap();
    let newer =
        setup(&[("Dockerfile", "FROM y\n"), ("compose.yaml", "name: x\n"), ("docker/probe.go", "package main\n")]);
    assert_eq!(kinds(&changes(folder.path(), &newer, &Choices::default()))["Dockerfile"], ChangeKind::Beside);
    run(folder.path(), &newer, &Choices::default(), None).unwrap();
    assert_eq!(without_receipt(folder.path())["Dockerfile.new"], "FROM y\n");
    assert_eq!(kinds(&changes(folder.path(), &newer, &Choices::default()))["Dockerfile"], ChangeKind::Keep);
}

#[test]
fn a_name_that_differs_in_case_only_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dockerfile"), "FROM theirs\n").unwrap();
    assert_eq!(kinds(&changes(folder.path(), &ours(), &Choices::default()))["dockerfile"], ChangeKind::Conflict);
    let take = Choices { default: Some(Choice::Replace), ..Choices::default() };
    run(folder.path(), &ours(), &take, None).unwrap();
    let files = without_receipt(folder.path());
    assert_eq!(
        (files["Dockerfile"].as_str(), files["dockerfile.before-dockwright"].as_str()),
        ("FROM x\n", "FROM theirs\n")
    );
}

#[test]
fn a_journal_from_a_clone_writes_nowhere_that_a_tool_obeys() {
    for target in [".git/hooks/pre-commit", ".github/workflows/x.yml", "../x", ".npmrc"] {
        let folder = tempfile::tempdir().unwrap();
        let pending = folder.path().join(".dockwright/pending");
        fs::create_dir_all(&pending).unwrap();
        fs::create_dir_all(folder.path().join(".git/hooks")).unwrap();
        fs::write(pending.join("0"), "evil").unwrap();
        let after = dockwright::apply::digest("evil");
        let journal = format!(
            "{{\"steps\":[{{\"put\":{{\"pending\":\"0\",\"path\":\"{target}\",\"mode\":493,\"before\":null,\"after\":\"{after}\"}}}}]}}"
        );
        fs::write(pending.join("journal.json"), journal).unwrap();
        assert!(recover(folder.path()).is_err(), "{target}");
        assert!(!folder.path().join(target).exists(), "{target}");
    }
}

#[cfg(unix)]
#[test]
fn a_pending_folder_behind_a_link_is_left_alone() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir_all(outside.path().join("pending/precious")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join(".dockwright")).unwrap();
    assert!(recover(folder.path()).is_err());
    assert!(outside.path().join("pending/precious").exists());
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let pending = folder.path().join(".dockwright/pending");
    fs::create_dir_all(&pending).unwrap();
    let other = fs::File::create(pending.join("lock")).unwrap();
    other.lock().unwrap();
    assert!(recover(folder.path()).unwrap_err().what.contains("another dockwright"));
    assert!(run(folder.path(), &ours(), &Choices::default(), None).unwrap_err().contains("another dockwright"));
    assert!(pending.exists() && !folder.path().join("Dockerfile").exists());
    drop(other);
    assert_eq!(recover(folder.path()).unwrap(), Some(Recovered::Undone));
}

#[test]
fn folders_made_for_an_undone_run_go_again_and_those_of_the_users_stay() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("docker")).unwrap();
    let set = setup(&[("docker/probe.go", "package main\n"), ("apps/web/docker/x", "1\n")]);
    run(folder.path(), &set, &Choices::default(), Some(("prepared", 1))).unwrap();
    assert!(folder.path().join("apps/web/docker").exists());
    recover(folder.path()).unwrap();
    assert!(!folder.path().join("apps").exists() && folder.path().join("docker").exists());
    assert!(!folder.path().join(".dockwright").exists());
}

#[cfg(unix)]
#[test]
fn modes_do_not_depend_on_the_umask_and_a_missing_one_is_put_right() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut set = ours();
    set.files.get_mut(&path("docker/probe.go")).unwrap().mode = 0o755;
    run(folder.path(), &set, &Choices::default(), None).unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("docker"), mode("docker/probe.go"), mode("Dockerfile")], [0o755, 0o755, 0o644]);
    fs::set_permissions(folder.path().join("docker/probe.go"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(kinds(&changes(folder.path(), &set, &Choices::default()))["docker/probe.go"], ChangeKind::Replace);
    run(folder.path(), &set, &Choices::default(), None).unwrap();
    assert_eq!(mode("docker/probe.go"), 0o755);
}
