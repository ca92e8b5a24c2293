//! The real binary in scripts: exit codes, what goes to stdout, and that nothing is asked.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A Go server with a database, which needs no package manager on the machine.
pub fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let main = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n\n\t_ \"github.com/lib/pq\"\n)\n\nfunc main() {\n\t\
                _ = os.Getenv(\"DATABASE_URL\")\n\t_ = os.Getenv(\"STRIPE_KEY\")\n\t\
                http.HandleFunc(\"/healthz\", nil)\n\t_ = http.ListenAndServe(\":8080\", nil)\n}\n";
    fs::write(
        folder.path().join("go.mod"),
        "module example.com/shop\n\ngo 1.27\n\nrequire github.com/lib/pq v1.10.9\n",
    )
    .unwrap();
    fs::write(folder.path().join("go.sum"), "").unwrap();
    fs::write(folder.path().join("main.go"), main).unwrap();
    folder
}

pub fn dockwright(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dockwright"))
        .args(words)
        .arg(folder)
        .env_remove("CI")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What lies directly in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_first_run_writes_everything_and_a_second_changes_nothing() {
    let folder = project();
    let first = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    assert!(stdout(&first).is_empty());
    assert!(stderr(&first).contains("secrets/stripe_key is empty"), "{}", stderr(&first));
    for name in
        [".dockerignore", ".dockwright", "Dockerfile", "compose.override.yaml", "compose.yaml", "docker", "secrets"]
    {
        assert!(names(folder.path()).contains(&name.to_owned()), "{name}");
    }
    let password = fs::read_to_string(folder.path().join("secrets/db_password")).unwrap();
    assert_eq!(code(&dockwright(folder.path(), &["init", "--check"])), 0);
    let second = dockwright(folder.path(), &["init", "--yes"]);
    assert!(stderr(&second).contains("everything is up to date"));
    assert_eq!(fs::read_to_string(folder.path().join("secrets/db_password")).unwrap(), password);
    for line in fs::read_to_string(folder.path().join(".dockwright/receipt.json")).unwrap().lines() {
        assert!(!line.contains(&password));
    }
}

#[test]
fn what_only_shows_writes_nothing() {
    let folder = project();
    let before = names(folder.path());
    for words in [
        vec!["init", "--yes", "--dry-run"],
        vec!["init", "--yes", "--diff"],
        vec!["init", "--yes", "--questions"],
        vec!["init", "--yes", "--print", "Dockerfile"],
        vec!["init", "--check"],
        vec!["detect"],
        vec!["detect", "--format", "json"],
    ] {
        let output = dockwright(folder.path(), &words);
        assert_eq!(code(&output), i32::from(words.contains(&"--check")), "{words:?} {}", stderr(&output));
        assert_eq!(names(folder.path()), before, "{words:?}");
        assert!(!stdout(&output).is_empty(), "{words:?}");
    }
    let printed = stdout(&dockwright(folder.path(), &["init", "--yes", "--print", "Dockerfile"]));
    assert!(printed.starts_with("# shop: Go 1.27") && printed.contains("AS production"), "{printed}");
}

#[test]
fn json_is_one_object_on_stdout_without_a_secret() {
    let folder = project();
    let output =
        dockwright(folder.path(), &["init", "--yes", "--format", "json", "--with", "redis", "--set", "port=9090"]);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["components"][0]["template"], "go");
    assert_eq!(json["components"][0]["facts"]["port"]["value"], "9090");
    assert_eq!(json["components"][0]["facts"]["port"]["rejected"][0]["value"], "8080");
    assert_eq!(json["decisions"]["port"]["by"], "flag");
    assert!(
        json["files"].as_array().unwrap().iter().any(|file| file["path"] == "Dockerfile" && file["change"] == "create")
    );
    for entry in fs::read_dir(folder.path().join("secrets")).unwrap() {
        let value = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(value.len() < 60 || !stdout(&output).contains(&value));
    }
    let settled = fs::read_to_string(folder.path().join("dockwright.toml")).unwrap();
    assert!(settled.contains("port = 9090") && settled.contains("redis"), "{settled}");
}

#[test]
fn an_open_question_is_exit_3_and_names_the_flag() {
    let folder = project();
    let main = fs::read_to_string(folder.path().join("main.go")).unwrap();
    fs::remove_file(folder.path().join("main.go")).unwrap();
    for name in ["one", "two"] {
        fs::create_dir_all(folder.path().join("cmd").join(name)).unwrap();
        fs::write(folder.path().join("cmd").join(name).join("main.go"), &main).unwrap();
    }
    let output = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("--set main="), "{}", stderr(&output));
    let json: Value =
        serde_json::from_str(&stdout(&dockwright(folder.path(), &["init", "--yes", "--format", "json"]))).unwrap();
    assert_eq!(json["error"]["kind"], "missing-answer");
    assert_eq!(json["error"]["questions"][0]["key"], "main");
    let answered = dockwright(folder.path(), &["init", "--yes", "--set", "main=./cmd/two"]);
    assert_eq!(code(&answered), 0, "{}", stderr(&answered));
}

#[test]
fn answers_from_a_file_or_the_environment_settle_as_a_flag_does() {
    let folder = project();
    let file = folder.path().join("answers.json");
    fs::write(&file, "{\"port\": 9091, \"services\": [\"postgres=elsewhere\"]}").unwrap();
    let output =
        dockwright(folder.path(), &["init", "--yes", "--print", "compose.yaml", "--answers", file.to_str().unwrap()]);
    let text = stdout(&output);
    assert!(text.contains(":9091\"") && !text.contains("postgres:"), "{text}{}", stderr(&output));
    let output = Command::new(env!("CARGO_BIN_EXE_dockwright"))
        .args(["init", "--yes", "--print", "compose.yaml"])
        .arg(folder.path())
        .env("DOCKWRIGHT_SET_PORT", "9092")
        .output()
        .unwrap();
    assert!(stdout(&output).contains(":9092\""), "{}", stderr(&output));
}

#[test]
fn a_file_of_the_users_is_never_overwritten_unasked() {
    let folder = project();
    fs::write(folder.path().join("Dockerfile"), "FROM theirs:1\n").unwrap();
    let output = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("--on-conflict"), "{}", stderr(&output));
    let json: Value =
        serde_json::from_str(&stdout(&dockwright(folder.path(), &["init", "--yes", "--format", "json"]))).unwrap();
    assert_eq!(json["error"]["questions"][0]["evidence"][0]["file"], "Dockerfile");
    assert_eq!(json["error"]["questions"][0]["choices"][2]["value"], "beside");
    assert!(!folder.path().join("compose.yaml").exists());
    assert_eq!(code(&dockwright(folder.path(), &["init", "--yes", "--on-conflict", "beside"])), 0);
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), "FROM theirs:1\n");
    assert!(folder.path().join("Dockerfile.new").exists());
    // what was decided is remembered: there is nothing to do and nothing to ask
    assert_eq!(code(&dockwright(folder.path(), &["init", "--check"])), 0);
    let again = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&again), 0);
    assert!(stderr(&again).contains("everything is up to date"), "{}", stderr(&again));
}

#[test]
fn a_clone_without_secrets_gets_its_own() {
    let folder = project();
    dockwright(folder.path(), &["init", "--yes"]);
    for name in ["db_password", "database_url", "stripe_key"] {
        fs::remove_file(folder.path().join("secrets").join(name)).unwrap();
    }
    let output = dockwright(folder.path(), &["secrets"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let password = fs::read_to_string(folder.path().join("secrets/db_password")).unwrap();
    let url = fs::read_to_string(folder.path().join("secrets/database_url")).unwrap();
    assert_eq!(url, format!("postgres://app:{password}@db:5432/app?sslmode=disable"));
    assert!(stdout(&output).contains("stripe_key") && stdout(&output).contains("empty"));
    assert!(!stdout(&output).contains(&password));
}

#[test]
fn a_dotenv_file_is_imported_only_on_request_and_never_shown() {
    let folder = project();
    fs::write(folder.path().join(".env"), "STRIPE_KEY=sk_live_very_secret\n").unwrap();
    let output = dockwright(folder.path(), &["init", "--yes", "--import-env", "--format", "json"]);
    assert_eq!(fs::read_to_string(folder.path().join("secrets/stripe_key")).unwrap(), "sk_live_very_secret");
    assert!(!stdout(&output).contains("sk_live") && !stderr(&output).contains("sk_live"));
}

#[test]
fn mistakes_say_what_to_type_next() {
    let folder = project();
    for (words, exit, part) in [
        (vec!["init", "--yes", "--set", "prot=1"], 2, "did you mean `port`?"),
        (vec!["init", "--yes", "--set", "port"], 2, "as in `--set port=8080`"),
        (vec!["init", "--yes", "--set", "port=http"], 2, "a port"),
        (vec!["init", "--yes", "--preset", "strickt"], 2, "did you mean `strict`"),
        (vec!["init", "--yes", "--template", "goo"], 2, "did you mean `go`?"),
        (vec!["init", "--yes", "--template", "node"], 2, "template `node` does not fit"),
        (vec!["detect", "--component", "nowhere"], 2, "there is no component in `nowhere`"),
        (vec!["secrets"], 2, "there is no compose file"),
        (vec!["init", "--yes", "--with", "postgre"], 2, "did you mean `postgres`?"),
        (vec!["init", "--yes", "--component", "../x"], 2, "leaves the project"),
        (vec!["init", "--yes", "--print", "nope"], 2, "there are"),
        (vec!["init", "--nonsense"], 2, "unexpected argument"),
    ] {
        let output = dockwright(folder.path(), &words);
        assert_eq!(code(&output), exit, "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{words:?}: {}", stderr(&output));
    }
    let empty = tempfile::tempdir().unwrap();
    let output = dockwright(empty.path(), &["init", "--yes"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no template fits"), "{}", stderr(&output));
    fs::write(empty.path().join("Gemfile"), "").unwrap();
    let output = dockwright(empty.path(), &["init", "--yes"]);
    assert!(stderr(&output).contains("a Ruby project"), "{}", stderr(&output));
}

#[test]
fn a_malformed_manifest_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("package.json"),
        "{\n  \"scripts\": {\n    \"build\": \"x\"\n    \"start\": \"y\"\n  }\n}\n",
    )
    .unwrap();
    let output = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("package.json:4:5"), "{}", stderr(&output));
    assert!(stderr(&output).contains("a comma is missing at the end of line 3"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn locale_time_zone_and_umask_change_no_byte_and_no_mode() {
    use std::os::unix::fs::PermissionsExt;
    let written = |umask: &str, locale: &str| {
        let folder = project();
        let script = format!("umask {umask}; exec \"$0\" init --yes \"$1\"");
        let status = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_dockwright")])
            .arg(folder.path())
            .envs([("LC_ALL", locale), ("TZ", "Asia/Tokyo")])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let files = [
            "Dockerfile",
            ".dockerignore",
            "compose.yaml",
            "compose.override.yaml",
            "docker/with-secrets.go",
            "secrets/README.md",
        ];
        let of = |name: &str| {
            let path = folder.path().join(name);
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            (name.to_owned(), mode, fs::read_to_string(path).unwrap())
        };
        let mut all: Vec<_> = files.map(of).into();
        let secrets = fs::metadata(folder.path().join("secrets")).unwrap().permissions().mode() & 0o777;
        let value = fs::metadata(folder.path().join("secrets/db_password")).unwrap().permissions().mode() & 0o777;
        all.push(("secrets".to_owned(), secrets, format!("{value:o}")));
        all
    };
    assert_eq!(written("000", "C"), written("077", "tr_TR.UTF-8"));
}

#[test]
fn one_of_several_components_is_chosen_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["api", "jobs"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for file in ["go.mod", "go.sum", "main.go"] {
            fs::copy(project().path().join(file), folder.path().join(name).join(file)).unwrap();
        }
    }
    let output = dockwright(folder.path(), &["init", "--yes"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("--component api"), "{}", stderr(&output));
    let output = dockwright(folder.path(), &["init", "--yes", "--component", "api", "--set", "port=9095"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(folder.path().join("api/Dockerfile").exists() && folder.path().join("api/.dockerignore").exists());
    let compose = fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    assert!(compose.contains("context: ./api") && compose.contains(":9095\""), "{compose}");
    let again = dockwright(folder.path(), &["init", "--check", "--component", "api"]);
    assert_eq!(code(&again), 0, "{}", stdout(&again));
}

#[test]
fn an_interrupted_run_is_told_by_the_next_command_whichever_it_is() {
    for command in ["init", "detect", "audit", "secrets"] {
        let folder = project();
        fs::create_dir_all(folder.path().join(".dockwright/pending")).unwrap();
        fs::write(folder.path().join(".dockwright/pending/0"), "FROM x").unwrap();
        let words: &[&str] = if command == "init" { &["init", "--yes"] } else { &[command] };
        let output = dockwright(folder.path(), words);
        assert!(stderr(&output).contains("an interrupted run was undone"), "{command}: {}", stderr(&output));
        assert!(!folder.path().join(".dockwright/pending").exists(), "{command}");
    }
}

#[test]
fn everything_that_can_be_decided_is_a_question_with_its_flag() {
    let folder = project();
    let output = dockwright(folder.path(), &["init", "--questions", "--format", "json"]);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let questions = json["questions"].as_array().unwrap();
    let keys: Vec<&str> = questions.iter().map(|question| question["key"].as_str().unwrap()).collect();
    for key in ["template", "preset", "runtime", "main", "start", "port", "health", "services", "settings.STRIPE_KEY"] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    let answers: serde_json::Map<String, Value> = questions
        .iter()
        .filter(|question| !question["default"].is_null())
        .map(|question| (question["key"].as_str().unwrap().to_owned(), question["default"].clone()))
        .collect();
    let file = folder.path().join("answers.json");
    fs::write(&file, Value::Object(answers).to_string()).unwrap();
    let plain = dockwright(folder.path(), &["init", "--yes", "--print", "Dockerfile"]);
    let words = ["init", "--yes", "--print", "Dockerfile", "--answers", file.to_str().unwrap()];
    let answered = dockwright(folder.path(), &words);
    assert_eq!(code(&answered), 0, "{}", stderr(&answered));
    assert_eq!(stdout(&answered), stdout(&plain), "the defaults as answers give the same bytes");
}

#[test]
fn a_difference_is_data_too() {
    let folder = project();
    let json: Value =
        serde_json::from_str(&stdout(&dockwright(folder.path(), &["init", "--yes", "--diff", "--format", "json"])))
            .unwrap();
    let files = json["files"].as_array().unwrap();
    let dockerfile = files.iter().find(|file| file["path"] == "Dockerfile").unwrap();
    assert!(dockerfile["diff"].as_str().unwrap().contains("+++ b/Dockerfile"), "{dockerfile}");
}

#[test]
fn what_was_decided_is_shown_before_it_is_written_and_what_people_wrote_stays() {
    let folder = project();
    let shown = stdout(&dockwright(folder.path(), &["init", "--yes", "--set", "port=9090", "--dry-run"]));
    assert!(shown.contains("create     dockwright.toml"), "{shown}");
    dockwright(folder.path(), &["init", "--yes", "--set", "port=9090"]);
    let file = folder.path().join("dockwright.toml");
    let theirs = fs::read_to_string(&file).unwrap().replace("port = 9090", "port = 9090 # as the proxy has it");
    fs::write(&file, &theirs).unwrap();
    assert_eq!(code(&dockwright(folder.path(), &["init", "--check"])), 0);
    dockwright(folder.path(), &["init", "--yes", "--set", "port=9091"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), theirs.replace("9090", "9091"));
}

#[test]
fn an_address_of_this_machine_is_not_imported_and_that_is_said() {
    let folder = project();
    fs::write(folder.path().join(".env"), "DATABASE_URL=postgres://me:hunter2@localhost/dev\nSTRIPE_KEY=sk_1\n")
        .unwrap();
    let output = dockwright(folder.path(), &["init", "--yes", "--import-env"]);
    assert!(stderr(&output).contains("DATABASE_URL of .env is not taken"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("hunter2"));
    assert!(!fs::read_to_string(folder.path().join("secrets/database_url")).unwrap().contains("hunter2"));
    let elsewhere = project();
    fs::copy(folder.path().join(".env"), elsewhere.path().join(".env")).unwrap();
    let output = dockwright(elsewhere.path(), &["init", "--yes", "--import-env", "--with", "postgres=elsewhere"]);
    assert!(stderr(&output).contains("does not reach this machine's localhost"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(elsewhere.path().join("secrets/database_url")).unwrap(), "");
}

#[test]
fn a_setup_without_secrets_is_no_mistake_of_the_server_that_makes_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compose.yaml"), "services: {app: {image: busybox}}\n").unwrap();
    let output = dockwright(folder.path(), &["secrets"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("name no secret"));
    let json: Value =
        serde_json::from_str(&stdout(&dockwright(folder.path(), &["secrets", "--format", "json"]))).unwrap();
    assert_eq!(json["secrets"].as_array().unwrap().len(), 0);
}

#[test]
fn the_screen_fits_eighty_columns() {
    let folder = project();
    let deep = folder.path().join("internal/a-long-name-of-a-folder/and-another");
    fs::create_dir_all(&deep).unwrap();
    fs::write(
        deep.join("x.go"),
        "package x\n\nimport \"os\"\n\nvar _ = os.Getenv(\"A_RATHER_LONG_NAME_OF_A_TOKEN\")\n",
    )
    .unwrap();
    for words in [vec!["init", "--yes", "--dry-run"], vec!["detect"], vec!["init", "--questions"]] {
        for line in stdout(&dockwright(folder.path(), &words)).lines() {
            let breakable = !line.contains("internal/");
            assert!(line.chars().count() <= 80 || !breakable, "{words:?}: {line}");
        }
    }
}
