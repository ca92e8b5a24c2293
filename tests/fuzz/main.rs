//! Any bytes in any file that dockwright reads: facts or an error, never a panic, never without end.
//!
//! Run by name: `FUZZ_SECONDS=600 cargo test --test fuzz -- --test-threads 1`. A group is a small
//! project in which one file at a time is changed: bytes, words of its language, deep nesting, parts
//! of other files. The project of the input at hand stays under `target/tmp/fuzz/GROUP` if the process
//! ends; `FUZZ_SEED` gives the same inputs again. A panic in a thread of a parser counts too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use dockwright::audit::{Tree, audit};
use dockwright::decisions::Decisions;
use dockwright::detect::detect;
use dockwright::paths::RelPath;
use dockwright::presets::Presets;
use dockwright::project::Project;
use dockwright::setup::Setup;

/// One input that takes longer has no end.
const LONGEST: u64 = 120;
/// Larger seeds make slow rounds and no other paths.
const MAX_SEED: usize = 20_000;

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// When the input at hand was begun, in seconds; 0 between inputs.
static BEGAN: AtomicU64 = AtomicU64::new(0);

/// Numbers that look random and come again: xorshift64*.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % sides.max(1)
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.roll(list.len())]
    }
}

struct Group {
    name: &'static str,
    /// Files that stay as they are.
    base: &'static [(&'static str, &'static str)],
    /// Files that change, one at a time.
    targets: &'static [&'static str],
    /// Words of the languages.
    words: &'static [&'static str],
}

const NODE: (&str, &str) = (
    "package.json",
    "{\"scripts\": {\"start\": \"node server.js\", \"build\": \"tsc\"}, \"dependencies\": {\"express\": \"^5.0.0\", \"pg\": \"8\"}, \"engines\": {\"node\": \">=20\"}}",
);
const PYTHON: (&str, &str) = (
    "pyproject.toml",
    "[project]\nname = \"shop\"\nrequires-python = \">=3.11\"\ndependencies = [\"fastapi[standard]\", \"asyncpg\"]\n",
);
const APP: (&str, &str) = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
const GO: (&str, &str) = ("go.mod", "module example.com/shop\n\ngo 1.27\n\nrequire github.com/lib/pq v1.10.9\n");
const MAIN: (&str, &str) =
    ("main.go", "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n");

fn panics() -> Vec<String> {
    PANICS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
}

fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs() + 1
}

/// Notes every panic, and ends the process where an input has no end.
fn watch() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        std::panic::set_hook(Box::new(|what| {
            eprintln!("{what}");
            PANICS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(what.to_string());
        }));
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let began = BEGAN.load(Ordering::Relaxed);
                if began > 0 && now() > began + LONGEST {
                    eprintln!("one input takes longer than {LONGEST} s: it is in target/tmp/fuzz");
                    std::process::exit(101);
                }
            }
        });
    });
}

/// Files of the engine tests' apps that are named like a target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    fn collect(folder: &Path, target: &str, found: &mut Vec<Vec<u8>>) {
        let (name, ending) = (Path::new(target).file_name(), Path::new(target).extension());
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, target, found);
            } else if path.file_name() == name
                || (ending.is_some() && path.extension() == ending && ending != Some("json".as_ref()))
            {
                let mut bytes = fs::read(&path).unwrap_or_default();
                bytes.truncate(MAX_SEED);
                found.push(bytes);
            }
        }
    }
    let mut found = vec![Vec::new()];
    collect(Path::new("tests/engine/apps"), target, &mut found);
    collect(Path::new("tests/rules"), target, &mut found);
    found
}

fn changed(dice: &mut Dice, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut bytes = seeds[dice.roll(seeds.len())].clone();
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(bytes.len() + 1);
        let length = if dice.roll(4) == 0 { 2_000 } else { 20 };
        let end = (at + dice.roll(length)).min(bytes.len());
        match dice.roll(9) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            2 | 3 => {
                let word = dice.pick(words).as_bytes().to_vec();
                bytes.splice(at..at, word);
            }
            4 => {
                let word = dice.pick(words).as_bytes().to_vec();
                bytes.splice(at..end, word);
            }
            5 => {
                let count = [3, 50, 400, 20_000][dice.roll(4)];
                let word = dice.pick(words).repeat(count).into_bytes();
                bytes.splice(at..at, word);
            }
            6 => {
                let other = &seeds[dice.roll(seeds.len())];
                let from = dice.roll(other.len() + 1);
                let part = other[from..(from + dice.roll(500)).min(other.len())].to_vec();
                bytes.splice(at..at, part);
            }
            7 if at < bytes.len() => bytes[at] = dice.roll(256) as u8,
            _ => bytes.truncate(if dice.roll(5) == 0 { at } else { bytes.len() }),
        }
    }
    bytes.truncate(600_000);
    bytes
}

/// What is said of the folder, short: how many ways are gone.
fn said(folder: &Path) -> String {
    let project = match Project::open(folder) {
        Ok(project) => project,
        Err(mistake) => return mistake.what,
    };
    let ignored: Vec<_> = ["Dockerfile", "a/compose.yaml"].iter().filter_map(|name| RelPath::new(name).ok()).collect();
    let ignored = ignored.iter().filter(|path| project.ignored(path).is_some()).count();
    let findings = match Setup::read(&project) {
        Ok(setup) => audit(&setup, &Tree::new(&project, Presets::built_in())),
        Err(_) => Vec::new(),
    };
    let rules: BTreeSet<String> = findings.into_iter().map(|finding| finding.rule).collect();
    match detect(&project, &Decisions::default(), Presets::built_in()) {
        Ok(found) => {
            let warned: BTreeSet<&str> = found.warnings.iter().map(|warning| warning.id.as_str()).collect();
            let facts = found.components.iter().flat_map(|component| component.facts());
            let facts: Vec<String> = facts.map(|fact| format!("{}{:?}", fact.key, fact.confidence)).collect();
            format!("{facts:?} {warned:?} {rules:?} {ignored} {}", found.unfit.len())
        }
        Err(mistake) => format!("{} {rules:?} {ignored}", mistake.what.chars().take(30).collect::<String>()),
    }
}

fn run(group: &Group) {
    watch();
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let mut dice = Dice(number("FUZZ_SEED", 20_261_124) | 1);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(group.name);
    let _ = fs::remove_dir_all(&folder);
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    let base = || group.base.iter().for_each(|(name, text)| write(name, text.as_bytes()));
    base();
    let all: Vec<(&str, Vec<Vec<u8>>)> = group.targets.iter().map(|target| (*target, seeds(target))).collect();
    let (start, end) = (Instant::now(), Duration::from_secs(number("FUZZ_SECONDS", 5)));
    let (mut inputs, mut ways, mut slowest, mut slow) = (0u64, BTreeSet::new(), Duration::ZERO, "");
    let before = panics().len();
    while start.elapsed() < end {
        let (target, seeds) = &all[dice.roll(all.len())];
        let bytes = changed(&mut dice, seeds, group.words);
        write(target, &bytes);
        BEGAN.store(now(), Ordering::Relaxed);
        let one = Instant::now();
        let said = std::panic::catch_unwind(|| said(&folder));
        if one.elapsed() > slowest {
            (slowest, slow) = (one.elapsed(), *target);
            fs::write(folder.with_extension("slowest"), &bytes).unwrap();
        }
        BEGAN.store(0, Ordering::Relaxed);
        let panics = panics();
        assert!(said.is_ok() && panics.len() == before, "input {inputs}, {target} in {}: {panics:?}", folder.display());
        ways.extend(said);
        inputs += 1;
        // most inputs beside a right project, some beside what the last ones left
        if dice.roll(3) > 0 {
            let _ = fs::remove_file(folder.join(target));
            base();
        }
    }
    println!("{}: {inputs} inputs, {} answers, the slowest, {slow}, took {slowest:?}", group.name, ways.len());
}

#[test]
fn package_json() {
    run(&Group {
        name: "package-json",
        base: &[NODE, ("server.js", "app.listen(3000)\n"), ("package-lock.json", "{}")],
        targets: &["package.json"],
        words: &[
            "{",
            "}",
            "[",
            "]",
            "\"",
            ",",
            ":",
            "\\u0000",
            "\"scripts\":{",
            "\"start\":\"",
            "node ",
            " && ",
            "npm run start",
            "cross-env A=b ",
            "\"dependencies\":{\"next\":\"16\"}",
            "\"engines\":{\"node\":\"",
            "^20 || ",
            ">=",
            "\"packageManager\":\"pnpm@",
            "\"workspaces\":[\"packages/*\"]",
            "1e999",
            "null",
            "\u{feff}",
            "$(x)",
            "-p 4000 ",
            "'",
            "é",
        ],
    });
}

#[test]
fn lockfiles_of_node() {
    run(&Group {
        name: "node-locks",
        base: &[NODE, ("server.js", "app.listen(3000)\n")],
        targets: &[
            "package-lock.json",
            "pnpm-lock.yaml",
            "yarn.lock",
            "bun.lock",
            ".yarnrc.yml",
            ".npmrc",
            "pnpm-workspace.yaml",
            "npm-shrinkwrap.json",
        ],
        words: &[
            "{",
            "}",
            "[",
            "\"",
            ":",
            "\n",
            "  ",
            "lockfileVersion: '9.0'\n",
            "importers:\n\n  .:\n",
            "    dependencies:\n      express:\n        specifier: ^5\n",
            "specifiers:\n",
            "packages:\n",
            "__metadata:\n  version: 8\n",
            "# yarn lockfile v1\n",
            "express@^5.0.0",
            "\"packages\":{",
            "\"node_modules/express\":{\"version\":\"",
            "overrides:\n",
            "- 'a/**'\n",
            "nodeLinker: pnp\n",
            "_authToken=",
            "&a *a ",
            "é",
        ],
    });
}

#[test]
fn javascript() {
    run(&Group {
        name: "javascript",
        base: &[NODE, ("package-lock.json", "{}")],
        targets: &["server.js", "src/app.ts", "src/routes.tsx", "next.config.mjs", "drizzle.config.ts"],
        words: &[
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "`",
            "${",
            "'",
            "/*",
            "//",
            "=>",
            "a => ",
            "!",
            "- ",
            "new ",
            "await ",
            "typeof ",
            "a ? b : ",
            "a + ",
            "a.b",
            ".c()",
            "?.",
            "if (a) ",
            "else ",
            "async ",
            "function f(",
            "class A { ",
            "@d ",
            "import a from 'a';",
            "export default ",
            "process.env.",
            "process.env.PORT || ",
            "app.listen(",
            "app.get('/health', ",
            "output: 'standalone', ",
            "<a>",
            "</a>",
            "<T,",
            "as const ",
            "satisfies ",
            "type A = ",
            "1n",
            "0x",
            "\\u{",
            "/(?:",
            "é",
            "\u{2028}",
        ],
    });
}

#[test]
fn python() {
    run(&Group {
        name: "python",
        base: &[PYTHON, APP, ("uv.lock", "version = 1\n")],
        targets: &["main.py", "app/main.py", "app/config.py", "alembic/env.py", "gunicorn.conf.py"],
        words: &[
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'''",
            "\"\"\"",
            "f'{",
            "#",
            "\n",
            "    ",
            "\t",
            ":",
            "not ",
            "lambda: ",
            "lambda a: ",
            "- ",
            "await ",
            "a if b else ",
            "a + ",
            "a.b",
            "@app.get('/health')\n",
            "def f():\n    ",
            "async def f(",
            "class A(BaseSettings):\n    ",
            "if True:\n ",
            "elif a:\n ",
            "FastAPI()",
            "app.include_router(",
            "os.environ['",
            "os.getenv('PORT', ",
            "uvicorn.run(",
            "import ",
            "from .. import *\n",
            "match a:\n case ",
            "type A[T] = ",
            "*",
            "**",
            "\\",
            "é",
            "\u{c}",
        ],
    });
}

#[test]
fn manifests_of_python() {
    run(&Group {
        name: "python-manifests",
        base: &[PYTHON, APP],
        targets: &[
            "pyproject.toml",
            "requirements.txt",
            "Pipfile",
            "Pipfile.lock",
            "uv.lock",
            "poetry.lock",
            "pdm.lock",
            ".python-version",
            "runtime.txt",
        ],
        words: &[
            "[",
            "]",
            "{",
            "}",
            "\"",
            "'''",
            "=",
            ",",
            ".",
            "\n",
            "[project]\n",
            "dependencies = [\"",
            "fastapi",
            "[standard]",
            ">=3.11,",
            "~=",
            "==3.*",
            "[tool.poetry.dependencies]\n",
            "python = \"^",
            " || ",
            "[[package]]\n",
            "name = \"",
            "requires-dist = [\n",
            "-r ",
            "-c ",
            "-e .",
            "requirements.txt",
            "../",
            " @ git+https://",
            "; python_version < '4'",
            "--hash=sha256:",
            "a.b.c.",
            "1979-05-27",
            "inf",
            "é",
        ],
    });
}

#[test]
fn go() {
    run(&Group {
        name: "go",
        base: &[GO, MAIN, ("go.sum", "")],
        targets: &["go.mod", "go.sum", "go.work", "main.go", "cmd/api/main.go", "internal/x/x.go"],
        words: &[
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "\"",
            "`",
            "'",
            "//",
            "/*",
            "*/",
            "\n",
            "module ",
            "require (\n",
            "replace a => ../b\n",
            "use ./a\n",
            "go 1.",
            "toolchain go",
            "// indirect",
            "package main\n",
            "//go:build ",
            "!ignore && ",
            "linux || ",
            "//go:embed ",
            "import (\n\"C\"\n",
            "func main() {",
            "func (a *A) B(",
            "os.Getenv(\"",
            "flag.String(\"",
            "http.ListenAndServe(",
            "&cobra.Command{",
            "struct {",
            "`env:\"",
            ":= ",
            "const ",
            "+ ",
            "f(",
            "é",
        ],
    });
}

#[test]
fn texts() {
    run(&Group {
        name: "texts",
        base: &[NODE, ("server.js", "app.listen(process.env.PORT)\n"), ("package-lock.json", "{}")],
        targets: &[
            "Dockerfile",
            "compose.yaml",
            "docker-compose.yml",
            ".dockerignore",
            ".gitignore",
            ".env.example",
            ".nvmrc",
            ".tool-versions",
            "Procfile",
            "prisma/schema.prisma",
            "Makefile",
            "tsconfig.json",
            "dockwright.toml",
            ".git/index",
        ],
        words: &[
            "\n",
            "  ",
            "\t",
            ":",
            "- ",
            "#",
            "\\",
            "\\\n",
            "'",
            "\"",
            "$",
            "${",
            "}",
            "{",
            "[",
            "]",
            "FROM node:22 AS a\n",
            "RUN --mount=type=cache ",
            "<<EOF\n",
            "EOF\n",
            "COPY --from=a ",
            "ARG A=",
            "# escape=`\n",
            "services:\n",
            "environment:\n",
            "image: ",
            "&a ",
            "*a",
            "<<: ",
            "!!binary ",
            "|\n",
            ">-\n",
            "?",
            "%YAML 1.2\n",
            "!",
            "/",
            "**",
            "*",
            "[!a-",
            "[[:alpha:]]",
            "NAME=",
            "web: ",
            "lts/*",
            "nodejs ",
            "datasource db {\n",
            "provider = \"",
            "\"extends\": \"./",
            "DIRC\0\0\0\u{2}",
            "\0",
            "é",
        ],
    });
}
