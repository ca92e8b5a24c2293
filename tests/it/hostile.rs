//! Tricks of a template from outside: each is refused by name, and the project stays as it was,
//! byte for byte. A trick is a test; most are a tree and the words of the refusal.

use std::fs;
use std::path::Path;

use super::init::project;
use super::repositories::{DOCKERFILE, Files, LINK, MANIFEST, Person, Repository, SUBMODULE, bytes};

const NO_COMMIT: &str = "1234567890123456789012345678901234567890";

/// Runs `init` with a template and holds that it is refused with these words.
fn is_refused(origin: &str, says: &str) {
    is_refused_for(&Person::new(), origin, &[], says);
}

fn is_refused_for(person: &Person, origin: &str, more: &[&str], says: &str) {
    let folder = project();
    let before = bytes(folder.path());
    let template = format!("--template={origin}");
    let words: Vec<&str> = ["init", "--yes", &template].iter().chain(more).copied().collect();
    let said = person.runs(folder.path(), &words);
    assert!([1, 2].contains(&said.code()), "{} {}", said.code(), said.stderr());
    assert!(said.stderr().contains(says), "expected `{says}` in: {}", said.stderr());
    assert!(!said.stderr().contains(['\u{1b}', '\u{202e}', '\u{7}']), "{:?}", said.stderr());
    assert_eq!(bytes(folder.path()), before, "the project was changed");
}

fn tree_is_refused(files: &Files, says: &str) {
    is_refused(&Repository::with(files).url(), says);
}

/// The small template with one more entry.
fn with(path: &str, mode: u32, text: &str) -> Files {
    Files::template("").entry(path, mode, text)
}

/// The small template with a word of its manifest replaced.
fn manifest(from: &str, to: &str) -> Files {
    assert!(MANIFEST.contains(from), "{from}");
    Files::template("").file("template.toml", MANIFEST.replace(from, to))
}

/// The small template whose Dockerfile is this.
fn dockerfile(text: &str) -> Files {
    Files::template("").file("files/Dockerfile.j2", text)
}

/// A test per trick that is a tree.
macro_rules! trees {
    ($($name:ident: $files:expr => $says:expr;)*) => {
        $(#[test]
        fn $name() {
            tree_is_refused(&$files, $says);
        })*
    };
}

trees! {
    a_link_to_a_file_of_this_machine: with("files/x.j2", LINK, "/etc/passwd") => "symbolic link";
    a_link_in_the_place_of_the_manifest: Files::template("").entry("template.toml", LINK, "../../secret.toml") => "symbolic link";
    a_link_in_the_place_of_the_folder_of_files:
        Files::default().file("template.toml", MANIFEST).entry("files", LINK, "/etc") => "symbolic link";
    a_submodule: with("files/sub", SUBMODULE, NO_COMMIT) => "submodule";
    a_name_that_climbs_out: with("..", 0o100_644, "x") => "no path inside";
    a_folder_that_climbs_out: with("files/../../../x", 0o100_644, "x") => "no path inside";
    an_absolute_name: with("/etc/x", 0o100_644, "x") => "no path inside";
    a_backslash_in_a_name: with("files/a\\..\\..\\x", 0o100_644, "x") => "no path inside";
    a_drive_letter_in_a_name: with("files/C:x", 0o100_644, "x") => "Windows";
    a_git_folder_with_a_hook: with(".git/hooks/post-checkout", 0o100_755, "#!/bin/sh\ntouch /tmp/x") => "`.git` folder";
    a_git_folder_in_capitals: with(".GIT/config", 0o100_644, "[core]") => "`.git` folder";
    a_git_folder_by_its_short_name: with("GIT~1/config", 0o100_644, "[core]") => "`.git` folder";
    two_names_that_differ_by_case: with("files/dockerfile.J2", 0o100_644, "FROM x") => "differs in case";
    the_name_of_a_device: with("files/con.j2", 0o100_644, "x") => "Windows";
    a_name_that_ends_in_a_dot: with("files/x.", 0o100_644, "x") => "Windows";
    a_name_with_a_line_break: with("files/a\nb", 0o100_644, "x") => "no path inside";
    a_name_that_reorders_the_line: with("files/\u{202e}j2.x", 0o100_644, "x") => "invisible";
    a_mode_that_is_no_file: with("files/pipe", 0o060_000, "x") => "no regular file";
    a_pointer_of_lfs: dockerfile("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n") => "Git LFS";
    an_escape_sequence_in_the_summary: manifest("Go as", "\\u001B[2J Go as") => "escape sequence";
    a_bell_in_the_summary: manifest("Go as", "\\u0007 Go as") => "control character";
    a_summary_that_reorders_the_line: manifest("Go as", "\u{202e}Go as") => "invisible or reordering";
    a_dockerfile_that_reads_otherwise_than_it_looks: dockerfile(&format!("{DOCKERFILE}# \u{2066}x\u{2069}\n")) => "invisible or reordering";
    an_escape_sequence_in_the_dockerfile: dockerfile(&format!("{DOCKERFILE}# \u{1b}]0;x\u{7}\n")) => "escape sequence";
    a_readme_with_a_null: Files::template("").file("README.md", "a\0b") => "control character";
    a_manifest_that_is_no_text: Files::template("").file("template.toml", b"\xff\xfe\x00") => "not UTF-8";
    an_output_that_is_absolute: manifest("to = \"Dockerfile\"", "to = \"/etc/cron.d/x\"") => "is not `Dockerfile*`";
    an_output_that_climbs_out: manifest("to = \"Dockerfile\"", "to = \"../Dockerfile\"") => "is not `Dockerfile*`";
    an_output_that_climbs_out_of_its_folder: manifest("to = \"Dockerfile\"", "to = \"docker/../../x\"") => "is not `Dockerfile*`";
    an_output_on_another_drive: manifest("to = \"Dockerfile\"", "to = \"C:/Dockerfile\"") => "is not `Dockerfile*`";
    an_output_with_backslashes: manifest("to = \"Dockerfile\"", "to = \"docker\\\\..\\\\x\"") => "is not `Dockerfile*`";
    an_output_that_ci_would_run: manifest("to = \"Dockerfile\"", "to = \".github/workflows/x.yml\"") => "is not `Dockerfile*`";
    an_output_that_git_would_run: manifest("to = \"Dockerfile\"", "to = \".git/hooks/pre-commit\"") => "is not `Dockerfile*`";
    an_output_in_the_code: manifest("to = \"Dockerfile\"", "to = \"main.go\"") => "is not `Dockerfile*`";
    an_output_that_is_the_compose_file: manifest("to = \"Dockerfile\"", "to = \"compose.yaml\"") => "is not `Dockerfile*`";
    an_output_in_the_receipt: manifest("to = \"Dockerfile\"", "to = \".dockwright/receipt.json\"") => "is not `Dockerfile*`";
    an_output_that_is_a_secret: manifest("to = \"Dockerfile\"", "to = \"secrets/db_password\"") => "is not `Dockerfile*`";
    an_output_with_the_name_of_a_device: manifest("to = \"Dockerfile\"", "to = \"docker/nul.go\"") => "is not `Dockerfile*`";
    an_output_that_ends_in_a_blank: manifest("to = \"Dockerfile\"", "to = \"docker/x \"") => "is not `Dockerfile*`";
    an_output_that_looks_like_another: manifest("to = \"Dockerfile\"", "to = \"docker/Dоckerfile\"") => "is not `Dockerfile*`";
    two_outputs_that_differ_by_case:
        Files::template("").file("template.toml", format!("{MANIFEST}\n[[file]]\nfrom = \"Dockerfile.j2\"\nto = \"Dockerfile.X\"\n\n[[file]]\nfrom = \"Dockerfile.j2\"\nto = \"Dockerfile.x\"\n")) => "written twice";
    a_hook_in_the_manifest: Files::template("").file("template.toml", format!("hooks = [\"touch x\"]\n{MANIFEST}")) => "unknown field `hooks`";
    a_task_in_the_manifest: Files::template("").file("template.toml", format!("{MANIFEST}\n[[task]]\nrun = \"touch x\"\n")) => "unknown field `task`";
    a_script_beside_the_files: with("hooks/post.sh", 0o100_755, "touch x") => "belong to a template";
    a_loop_that_does_not_end_soon:
        dockerfile("{% for a in range(9999) %}{% for b in range(9999) %}{{ port }}{% endfor %}{% endfor %}") => "cannot be rendered";
    a_file_that_includes_itself: dockerfile("{% include \"Dockerfile.j2\" %}") => "cannot be rendered";
    a_macro_that_calls_itself: dockerfile("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") => "cannot be rendered";
    a_text_that_grows_without_end: dockerfile("{% for a in range(9000) %}0123456789012345678901234567890123456789{% endfor %}") => "larger than 256 kB";
    a_condition_that_counts_without_end: manifest("when = \"go\"", "when = \"range(1000000000) | list\"") => "nothing that is detected";
    a_condition_that_grows_without_end: manifest("when = \"go\"", "when = \"'a' * 1000000000 == go\"") => "cannot be read";
    a_file_of_this_machine_included: dockerfile("{% include \"/etc/passwd\" %}") => "cannot be rendered";
    a_file_outside_the_template_included: dockerfile("{% include \"../template.toml\" %}") => "cannot be rendered";
    a_variable_of_the_environment: dockerfile("{{ env.HOME }}") => "cannot be rendered";
    a_function_that_reads_the_environment: dockerfile("{{ getenv(\"HOME\") }}") => "cannot be rendered";
    the_inner_state_of_the_renderer: dockerfile("{{ debug() }}") => "needs a filter";
    a_text_of_the_project_that_is_not_quoted: dockerfile("FROM x\nRUN {{ start[0] }}\n") => "needs a filter";
    a_secret_in_the_image: dockerfile(&DOCKERFILE.replace("USER", "ENV API_TOKEN=sk_live_0123456789abcdef\nUSER")) => "--allow secret-in-image";
    a_template_that_runs_as_root: manifest("user = \"{{ user }}\"", "user = \"0:0\"") => "runs as `0:0`";
    a_template_for_a_newer_program: manifest(">=0.1", ">=99") => "needs dockwright >=99";
    two_templates_with_one_id: Files::template("a").and(Files::template("b")) => "have the id";
    nothing_at_all: Files::default().file("README.md", "x") => "no template in";
    a_manifest_nested_without_end: Files::template("").file("template.toml", format!("x = {}\n", "[".repeat(100_000))) => "template.toml";
    a_compose_file_that_is_privileged:
        Files::template("go").file("compose/compose.yaml.j2", "name: {{ name }}\nservices:\n  app:\n    image: x:1\n    build: {context: ., target: production}\n    privileged: true\n") => "is privileged";
}

#[test]
fn more_files_than_any_template_has() {
    let repository = Repository::new();
    let blob = repository.blob(b"x");
    let names: Vec<String> = (0..1100).map(|number| format!("{number:04}.j2")).collect();
    let lines: Vec<(&[u8], u32, &str)> = names.iter().map(|name| (name.as_bytes(), 0o100_644, blob.as_str())).collect();
    let many = repository.raw_tree(&lines);
    let tree = repository.tree(&Files::default().file("template.toml", MANIFEST).object("files", 0o040_000, &many));
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "more than 1000 files");
}

#[test]
fn a_tree_that_holds_itself_ten_times_ten_times_over() {
    let repository = Repository::new();
    let mut tree = repository.tree(&Files::template(""));
    for _ in 0..10 {
        let names: Vec<String> = (0..10).map(|number| format!("d{number}")).collect();
        let lines: Vec<(&[u8], u32, &str)> =
            names.iter().map(|name| (name.as_bytes(), 0o040_000, tree.as_str())).collect();
        tree = repository.raw_tree(&lines);
    }
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "more than 20000 files");
}

#[test]
fn a_file_that_is_small_only_while_it_is_packed() {
    let repository = Repository::new();
    let blob = repository.blob(&vec![b'x'; 20 << 20]);
    let tree = repository.tree(&Files::template("").object("files/big", 0o100_644, &blob));
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "larger than 256 kB");
}

#[test]
fn files_that_are_too_large_together() {
    let repository = Repository::new();
    let blob = repository.blob(&vec![b'x'; 250 << 10]);
    let files =
        (0..40).fold(Files::template(""), |files, number| files.object(&format!("files/{number}"), 0o100_644, &blob));
    let tree = repository.tree(&files);
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "more than 8 MB");
}

#[test]
fn a_name_that_is_no_text() {
    let repository = Repository::new();
    let blob = repository.blob(b"x");
    let files = repository.raw_tree(&[(b"\xff\xfe", 0o100_644, &blob)]);
    let tree = repository.tree(&Files::default().file("template.toml", MANIFEST).object("files", 0o040_000, &files));
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "template is refused");
}

#[test]
fn one_name_twice_in_a_folder() {
    let repository = Repository::new();
    let (blob, manifest) = (repository.blob(b"x"), repository.blob(MANIFEST.as_bytes()));
    let tree = repository.raw_tree(&[(b"template.toml", 0o100_644, &manifest), (b"template.toml", 0o100_644, &blob)]);
    repository.commit_tree("main", &tree);
    is_refused(&repository.url(), "differs in case");
}

#[test]
fn a_subfolder_that_is_a_link() {
    let repository = Repository::with(&Files::template("go").entry("other", LINK, "go"));
    is_refused(&format!("{}//other", repository.url()), "symbolic link");
}

#[test]
fn a_subfolder_that_climbs_out() {
    let repository = Repository::with(&Files::template("go"));
    is_refused(&format!("{}//../../etc", repository.url()), "leaves the repository");
}

/// What a command that runs would leave.
fn canary() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("canary").display().to_string();
    (folder, path)
}

#[test]
fn options_in_the_place_of_an_address() {
    let (folder, path) = canary();
    for origin in [
        format!("--upload-pack=touch {path}"),
        format!("-u touch {path}"),
        format!("ext::sh -c touch% {path}"),
        format!("ssh://-oProxyCommand=touch%20{path}/x"),
        format!("git@-oProxyCommand=touch:{path}"),
        format!("https://host/x@--upload-pack=touch {path}"),
        format!("file:///x//y@--output={path}"),
    ] {
        is_refused(&origin, "error");
        assert!(!folder.path().join("canary").exists(), "{origin}");
    }
}

#[test]
fn options_in_the_flags() {
    let repository = Repository::with(&Files::template(""));
    let project = project();
    let before = bytes(project.path());
    for flag in
        ["--branch=--upload-pack=x", "--tag=-d", "--rev=--all", "--subfolder=--x", "--branch=a b", "--tag=v1..v2"]
    {
        let said = Person::new().runs(project.path(), &["init", "--yes", "--git", &repository.url(), flag]);
        assert_eq!(said.code(), 2, "{flag} {}", said.stderr());
        assert_eq!(bytes(project.path()), before);
    }
}

/// A person whose git configuration is this.
fn configured(text: &str) -> Person {
    let person = Person::new();
    fs::write(person.home.path().join(".gitconfig"), text).unwrap();
    person
}

#[test]
fn an_address_that_the_configuration_turns_into_a_command() {
    let (folder, path) = canary();
    let person = configured(&format!(
        "[url \"ext::sh -c touch% {path}\"]\n\tinsteadOf = https://team.example/\n[protocol \"ext\"]\n\tallow = always\n"
    ));
    is_refused_for(&person, "https://team.example/x", &[], "git cannot read");
    assert!(!folder.path().join("canary").exists());
}

#[cfg(unix)]
fn program(folder: &Path, path: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let program = folder.join("program");
    fs::write(&program, format!("#!/bin/sh\ntouch {path}\nexec \"$@\"\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.display().to_string()
}

/// A whole template is used, and nothing of what could have run did.
#[cfg(unix)]
fn runs_nothing(person: &Person, repository: &Repository, canary: &Path) {
    let project = project();
    let said = person.runs(project.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(!canary.exists(), "something ran");
}

#[cfg(unix)]
#[test]
fn hooks_of_the_person_do_not_run_on_a_template() {
    let (folder, path) = canary();
    let program = program(folder.path(), &path);
    for hook in ["reference-transaction", "post-checkout", "post-merge", "pre-auto-gc"] {
        fs::copy(&program, folder.path().join(hook)).unwrap();
    }
    let person = configured(&format!("[core]\n\thooksPath = {}\n", folder.path().display()));
    runs_nothing(&person, &Repository::with(&Files::template("")), Path::new(&path));
}

#[cfg(unix)]
#[test]
fn filters_and_attributes_do_not_run_on_a_template() {
    let (folder, path) = canary();
    let program = program(folder.path(), &path);
    let person = configured(&format!(
        "[filter \"x\"]\n\tsmudge = {program}\n\tclean = {program}\n\tprocess = {program}\n[diff \"x\"]\n\ttextconv = {program}\n"
    ));
    let files = Files::template("").file(".gitattributes", "* filter=x diff=x export-subst\n");
    runs_nothing(&person, &Repository::with(&files), Path::new(&path));
}

#[cfg(unix)]
#[test]
fn what_the_repository_configures_does_not_run() {
    let (folder, path) = canary();
    let program = program(folder.path(), &path);
    let repository = Repository::with(&Files::template(""));
    for key in ["uploadpack.packObjectsHook", "core.fsmonitor", "core.sshCommand", "core.alternateRefsCommand"] {
        repository.git(&["config", key, &program], b"");
    }
    for hook in ["post-upload-pack", "pre-receive", "update"] {
        fs::create_dir_all(repository.path().join("hooks")).unwrap();
        fs::copy(&program, repository.path().join("hooks").join(hook)).unwrap();
    }
    runs_nothing(&Person::new(), &repository, Path::new(&path));
}

#[cfg(unix)]
#[test]
fn what_the_project_configures_does_not_run() {
    let (folder, path) = canary();
    let program = program(folder.path(), &path);
    let (project, repository) = (project(), Repository::with(&Files::template("")));
    fs::create_dir_all(project.path().join(".git/objects")).unwrap();
    fs::create_dir_all(project.path().join(".git/refs")).unwrap();
    fs::write(project.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let config = format!(
        "[core]\n\tfsmonitor = {program}\n\tsshCommand = {program}\n\thooksPath = {}\n[url \"ext::{program}\"]\n\tinsteadOf = file://\n",
        folder.path().display()
    );
    fs::write(project.path().join(".git/config"), config).unwrap();
    let said = Person::new().runs(project.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
    assert!(!Path::new(&path).exists(), "something ran");
}

#[cfg(unix)]
#[test]
fn a_link_of_the_project_that_leads_out_of_it() {
    let (folder, _) = canary();
    let project = project();
    std::os::unix::fs::symlink(folder.path(), project.path().join("docker")).unwrap();
    let files = manifest("to = \"Dockerfile\"", "to = \"docker/Dockerfile\"");
    let said = Person::new().runs(project.path(), &["init", "--yes", "--template", &Repository::with(&files).url()]);
    assert_eq!(said.code(), 2, "{}", said.stderr());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    assert!(!project.path().join("compose.yaml").exists() && !project.path().join(".dockwright").exists());
}

/// A folder of this machine that is refused.
#[cfg(unix)]
fn folder_is_refused(change: impl Fn(&Path), says: &str) {
    let folder = tempfile::tempdir().unwrap();
    Files::template("").write(folder.path());
    change(folder.path());
    is_refused(&folder.path().display().to_string(), says);
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_of_this_machine() {
    use std::os::unix::fs::symlink;
    folder_is_refused(|folder| symlink("/etc/passwd", folder.join("files/x.j2")).unwrap(), "symbolic link");
    folder_is_refused(
        |folder| {
            fs::rename(folder.join("files"), folder.join("real")).unwrap();
            symlink("real", folder.join("files")).unwrap();
        },
        "symbolic link",
    );
    folder_is_refused(
        |folder| fs::hard_link(folder.join("template.toml"), folder.join("files/x.j2")).unwrap(),
        "hard link",
    );
}

#[cfg(unix)]
#[test]
fn a_socket_or_a_pipe_in_a_folder_of_this_machine() {
    folder_is_refused(
        |folder| drop(std::os::unix::net::UnixListener::bind(folder.join("files/x")).unwrap()),
        "no regular file",
    );
    folder_is_refused(
        |folder| {
            let made = std::process::Command::new("mkfifo").arg(folder.join("files/x")).status().unwrap();
            assert!(made.success());
        },
        "no regular file",
    );
}

#[test]
fn a_repository_without_a_commit() {
    is_refused(&Repository::new().url(), "empty repository");
}

#[test]
fn a_repository_that_is_damaged() {
    let repository = Repository::with(&Files::template(""));
    let blob = repository.blob(DOCKERFILE.as_bytes());
    fs::remove_file(repository.path().join("objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    is_refused(&repository.url(), "git cannot read");
}

#[test]
fn a_repository_that_is_not_there() {
    is_refused("file:///nowhere/containers.git", "git cannot read");
}

#[test]
fn a_cache_that_somebody_changed() {
    let (person, repository) = (Person::new(), Repository::with(&Files::template("")));
    let project = project();
    let first = person.runs(project.path(), &["init", "--yes", "--template", &repository.url()]);
    assert_eq!(first.code(), 0, "{}", first.stderr());
    let receipt = project.path().join(".dockwright/receipt.json");
    let text = fs::read_to_string(&receipt).unwrap();
    let digest = text.split("\"digest\": \"").nth(1).unwrap().split('"').next().unwrap();
    fs::write(&receipt, text.replace(digest, &"0".repeat(64))).unwrap();
    let before = bytes(project.path());
    let said = person.runs(project.path(), &["init", "--yes"]);
    assert_eq!(said.code(), 1, "{}", said.stderr());
    assert!(said.stderr().contains("--allow changed-template"), "{}", said.stderr());
    assert_eq!(bytes(project.path()), before);
    let said = person.runs(project.path(), &["init", "--yes", "--allow", "changed-template"]);
    assert_eq!(said.code(), 0, "{}", said.stderr());
}
