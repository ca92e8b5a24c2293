//! The review screen: the real binary in a pseudo-terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, NativePtySystem, PtySize, PtySystem};

use super::init::{names, project};

/// Long enough for any machine; a test fails by it, never measures with it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Screen {
    fn init(folder: &Path) -> Self {
        let size = PtySize { rows: 60, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = NativePtySystem::default().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dockwright"));
        command.arg("init");
        command.arg(folder);
        command.env_remove("CI");
        command.env("TERM", "xterm");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(60.try_into().unwrap(), 100.try_into().unwrap(), 1000)));
        let (mut reader, writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let (seen, master) = (parser.clone(), pair.master);
        std::thread::spawn(move || {
            let _alive = master;
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                seen.lock().unwrap().process(&bytes[..count]);
            }
        });
        Screen { parser, writer, child }
    }

    fn contents(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Waits until the last lines hold a text.
    fn wait(&self, text: &str) {
        let begun = Instant::now();
        while !self.contents().contains(text) {
            assert!(begun.elapsed() < PATIENCE, "`{text}` never came:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(20));
        }
        // a key sent before the prompt reads it would be echoed
        std::thread::sleep(Duration::from_millis(150));
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// The exit code; the cursor must be there again.
    fn end(mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                std::thread::sleep(Duration::from_millis(50));
                assert!(!self.parser.lock().unwrap().screen().hide_cursor(), "the cursor stays hidden");
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it did not end:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn enter_throughout_writes_the_good_result() {
    let folder = project();
    let mut screen = Screen::init(folder.path());
    screen.wait("write these files?");
    assert!(
        screen.contents().contains("main.go:11") && screen.contents().contains("DATABASE_URL"),
        "{}",
        screen.contents()
    );
    screen.press("\r");
    assert_eq!(screen.end(), 0);
    assert!(folder.path().join("compose.yaml").exists() && folder.path().join("secrets/db_password").exists());
}

#[test]
fn a_changed_line_is_drafted_again_and_kept() {
    let folder = project();
    let mut screen = Screen::init(folder.path());
    screen.wait("write these files?");
    screen.press("c");
    screen.wait("change what?");
    // down to `port`: template, preset, runtime, main, build, start, port
    screen.press("jjjjjj\r");
    screen.wait("port (");
    assert!(screen.contents().contains("main.go:14"), "the reason stands beside it:\n{}", screen.contents());
    screen.press("9393\r");
    screen.wait("9393                    you");
    screen.press("y");
    assert_eq!(screen.end(), 0);
    assert!(fs::read_to_string(folder.path().join("compose.yaml")).unwrap().contains("9393"));
    assert!(fs::read_to_string(folder.path().join("dockwright.toml")).unwrap().contains("port = 9393"));
}

#[test]
fn a_conflict_is_decided_with_its_difference_in_sight() {
    let folder = project();
    fs::write(folder.path().join("Dockerfile"), "FROM theirs:1\n").unwrap();
    let mut screen = Screen::init(folder.path());
    screen.wait("write these files?");
    assert!(screen.contents().contains("conflict"));
    screen.press("\r");
    screen.wait("[K] keep it");
    screen.press("d");
    screen.wait("+FROM");
    screen.press("b");
    screen.wait("ours becomes Dockerfile.new");
    screen.press("y");
    assert_eq!(screen.end(), 0);
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), "FROM theirs:1\n");
    assert!(folder.path().join("Dockerfile.new").exists());
}

#[test]
fn ctrl_c_and_esc_leave_project_and_terminal_as_they_were() {
    for (steps, key) in [
        (vec![], "\u{3}"),
        (vec![], "\u{1b}"),
        (vec!["c"], "\u{3}"),
        (vec!["c"], "\u{1b}"),
        (vec!["c", "\r"], "\u{1b}"),
    ] {
        let folder = project();
        let before = names(folder.path());
        let mut screen = Screen::init(folder.path());
        screen.wait("write these files?");
        for (at, step) in steps.iter().enumerate() {
            screen.press(step);
            screen.wait(["change what?", "template ("][at]);
        }
        screen.press(key);
        assert_eq!(screen.end(), 130, "{steps:?} {key:?}");
        assert_eq!(names(folder.path()), before, "{steps:?} {key:?}");
    }
}

#[test]
fn no_writes_nothing() {
    let folder = project();
    let before = names(folder.path());
    let mut screen = Screen::init(folder.path());
    screen.wait("write these files?");
    screen.press("n");
    assert_eq!(screen.end(), 0);
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_file_is_decided_about_again() {
    let folder = project();
    fs::write(folder.path().join("Dockerfile"), "FROM theirs:1\n").unwrap();
    let mut screen = Screen::init(folder.path());
    screen.wait("write these files?");
    screen.press("y");
    screen.wait("[K] keep it");
    screen.press("k");
    screen.wait("your Dockerfile stays");
    screen.press("c");
    screen.wait("change what?");
    // the last line
    screen.press("k\r");
    screen.wait("[r] replace it");
    screen.press("r");
    screen.wait("replace    Dockerfile");
    screen.press("y");
    assert_eq!(screen.end(), 0);
    assert!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap().contains("AS production"));
}

#[test]
fn values_of_dotenv_are_offered_and_not_shown() {
    let folder = project();
    fs::write(folder.path().join(".env"), "STRIPE_KEY=sk_live_secret\n").unwrap();
    let mut screen = Screen::init(folder.path());
    screen.wait("take STRIPE_KEY from .env into secrets/?");
    screen.press("\r");
    screen.wait("write these files?");
    assert!(!screen.contents().contains("sk_live"));
    screen.press("\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(fs::read_to_string(folder.path().join("secrets/stripe_key")).unwrap(), "sk_live_secret");
}

/// A Next.js app whose next.config says nothing of its output.
fn next_app() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("package.json", "{\"scripts\": {\"start\": \"next start\"}, \"dependencies\": {\"next\": \"16.4.6\"}}"),
        ("package-lock.json", "{}"),
        ("next.config.js", NEXT_CONFIG),
        ("app/page.js", "export default () => null"),
    ];
    for (path, text) in files {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

const NEXT_CONFIG: &str = "module.exports = {\n  reactStrictMode: true,\n};\n";

#[test]
fn a_change_to_the_app_is_shown_and_made_only_on_yes() {
    let folder = next_app();
    let mut screen = Screen::init(folder.path());
    screen.wait("change next.config.js like this?");
    assert!(screen.contents().contains("+  output: 'standalone',"), "{}", screen.contents());
    screen.press("y");
    screen.wait("write these files?");
    screen.press("\r");
    assert_eq!(screen.end(), 0);
    let config = fs::read_to_string(folder.path().join("next.config.js")).unwrap();
    assert_eq!(config, "module.exports = {\n  output: 'standalone',\n  reactStrictMode: true,\n};\n");
    assert!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap().contains("CMD [\"node\", \"server.js\"]"));
}

#[test]
fn enter_leaves_the_app_as_it_is() {
    let folder = next_app();
    let mut screen = Screen::init(folder.path());
    screen.wait("change next.config.js like this?");
    screen.press("\r");
    screen.wait("write these files?");
    screen.press("\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(fs::read_to_string(folder.path().join("next.config.js")).unwrap(), NEXT_CONFIG);
    assert!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap().contains("\"start\"]"));
}

#[test]
fn of_several_components_those_are_written_that_stay_picked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["api", "jobs", "mail"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for file in ["go.mod", "go.sum", "main.go"] {
            fs::copy(project().path().join(file), folder.path().join(name).join(file)).unwrap();
        }
    }
    let mut screen = Screen::init(folder.path());
    screen.wait("which components get their container files?");
    // all are picked; space drops the first
    screen.press(" \r");
    screen.wait("write these files?");
    screen.press("\r");
    assert_eq!(screen.end(), 0);
    let has = |name: &str| folder.path().join(name).join("Dockerfile").exists();
    assert!(!has("api") && has("jobs") && has("mail"));
    let settled = fs::read_to_string(folder.path().join("dockwright.toml")).unwrap();
    assert!(settled.contains("components = [\"jobs\", \"mail\"]"), "{settled}");
}
