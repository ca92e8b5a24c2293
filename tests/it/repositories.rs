//! Git repositories for tests, made object by object so that anything can be in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A file of a tree: its mode as git has it.
pub const FILE: u32 = 0o100_644;
pub const LINK: u32 = 0o120_000;
pub const SUBMODULE: u32 = 0o160_000;

/// A manifest of a template for Go that writes a Dockerfile and nothing else.
pub const MANIFEST: &str = "id = \"team-go\"\nsummary = \"Go as the platform team has it\"\ndockwright = \">=0.1\"\n\
                            when = \"go\"\n\n[[file]]\nfrom = \"Dockerfile.j2\"\nto = \"Dockerfile\"\n\n\
                            [[file]]\nfrom = \"ignore.j2\"\nto = \".dockerignore\"\n\n[service]\n\
                            user = \"{{ user }}\"\ntmpfs = [\"/tmp:size=64m,mode=1777\"]\nmemory = \"128M\"\n\n\
                            [service.development]\nmemory = \"1G\"\nworkdir = \"/src\"\n";
/// What it is rendered from.
pub const DOCKERFILE: &str = "# made by the platform team\nFROM {{ go.from }} AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\n\
                              RUN go mod download\nCOPY . .\nRUN go build -o /out/server .\n\n\
                              FROM {{ runtime.distroless }} AS production\nCOPY --from=build /out/ /usr/local/bin/\n\
                              USER {{ user }}\nEXPOSE {{ port }}\nHEALTHCHECK CMD {{ probe | argv }}\n\
                              ENTRYPOINT [\"with-secrets\"]\nCMD {{ start | argv }}\n";

/// And the .dockerignore beside it.
pub const IGNORE: &str = include_str!("../../templates/go/files/dockerignore.j2");

/// A bare repository below a folder of its own.
pub struct Repository {
    folder: tempfile::TempDir,
}

/// Entries of a tree by path: mode and content, or the id of an object.
#[derive(Default, Clone)]
pub struct Files(Vec<(String, u32, Content)>);

#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    Object(String),
}

impl Files {
    /// The whole small template at a folder, `""` for the top.
    pub fn template(folder: &str) -> Self {
        let at = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        Files::default()
            .file(&at("template.toml"), MANIFEST)
            .file(&at("files/Dockerfile.j2"), DOCKERFILE)
            .file(&at("files/ignore.j2"), IGNORE)
    }

    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.entry(path, FILE, text)
    }

    pub fn entry(mut self, path: &str, mode: u32, text: impl AsRef<[u8]>) -> Self {
        self.0.retain(|(present, ..)| present != path);
        self.0.push((path.to_owned(), mode, Content::Bytes(text.as_ref().to_vec())));
        self
    }

    /// An entry that is an object already, of any mode.
    pub fn object(mut self, path: &str, mode: u32, id: &str) -> Self {
        self.0.push((path.to_owned(), mode, Content::Object(id.to_owned())));
        self
    }

    pub fn and(mut self, others: Files) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The same files in a folder.
    pub fn write(&self, folder: &Path) {
        for (path, _, content) in &self.0 {
            let Content::Bytes(bytes) = content else { panic!("{path} is no file") };
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), bytes).unwrap();
        }
    }
}

impl Repository {
    pub fn new() -> Self {
        let repository = Repository { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(repository.path()).unwrap();
        repository.git(&["init", "--quiet", "--bare", "--initial-branch=main", "."], b"");
        repository
    }

    /// With one commit on `main`.
    pub fn with(files: &Files) -> Self {
        let repository = Repository::new();
        repository.commit("main", files);
        repository
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("containers.git")
    }

    /// The folder that a server gives out.
    pub fn base(&self) -> &Path {
        self.folder.path()
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.path().display())
    }

    pub fn git(&self, words: &[&str], input: &[u8]) -> String {
        let output = git(&self.path(), words, input);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub fn blob(&self, bytes: &[u8]) -> String {
        self.git(&["hash-object", "-w", "--stdin"], bytes)
    }

    /// Writes a tree as it is told, valid or not.
    pub fn tree(&self, files: &Files) -> String {
        let mut folders: BTreeMap<String, Files> = BTreeMap::new();
        let mut lines: Vec<(String, u32, String)> = Vec::new();
        for (path, mode, content) in &files.0 {
            // a leading slash is part of the name
            match path.get(1..).and_then(|rest| rest.find('/')).map(|at| at + 1) {
                Some(at) if !path.starts_with('/') => {
                    let inner = folders.entry(path[..at].to_owned()).or_default();
                    inner.0.push((path[at + 1..].to_owned(), *mode, content.clone()));
                }
                _ => {
                    let id = match content {
                        Content::Bytes(bytes) if *mode != SUBMODULE => self.blob(bytes),
                        Content::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
                        Content::Object(id) => id.clone(),
                    };
                    lines.push((path.clone(), *mode, id));
                }
            }
        }
        for (name, inner) in folders {
            lines.push((name, 0o040_000, self.tree(&inner)));
        }
        lines.sort_by_key(|(name, mode, _)| if *mode == 0o040_000 { format!("{name}/") } else { name.clone() });
        self.raw_tree(&lines.iter().map(|(name, mode, id)| (name.as_bytes(), *mode, id.as_str())).collect::<Vec<_>>())
    }

    /// Lines of a tree object in the order given.
    pub fn raw_tree(&self, lines: &[(&[u8], u32, &str)]) -> String {
        let mut raw = Vec::new();
        for (name, mode, id) in lines {
            raw.extend(format!("{mode:o} ").as_bytes());
            raw.extend(*name);
            raw.push(0);
            raw.extend((0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
        }
        self.git(&["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &raw)
    }

    pub fn commit(&self, branch: &str, files: &Files) -> String {
        let tree = self.tree(files);
        self.commit_tree(branch, &tree)
    }

    pub fn commit_tree(&self, branch: &str, tree: &str) -> String {
        let commit = self.git(&["commit-tree", tree, "-m", "a test"], b"");
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &commit], b"");
        commit
    }

    pub fn tag(&self, name: &str, commit: &str) {
        self.git(&["update-ref", &format!("refs/tags/{name}"), commit], b"");
    }
}

/// Runs git in a folder without anybody's configuration.
pub fn git(folder: &Path, words: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("git")
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "A Test")))
        .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "test@example.com")))
        .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, "2026-01-01T00:00:00Z")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("these tests need git");
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Who runs dockwright: a home and a cache of their own.
pub struct Person {
    pub home: tempfile::TempDir,
}

impl Person {
    pub fn new() -> Self {
        Person { home: tempfile::tempdir().unwrap() }
    }

    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
        command
            .current_dir(folder)
            .env_remove("CI")
            .env("HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.home.path().join("cache"))
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_CONFIG_GLOBAL")
            .stdin(Stdio::null());
        command
    }

    /// Runs `dockwright WORDS` in a folder.
    pub fn runs(&self, folder: &Path, words: &[&str]) -> Said {
        Said(self.command(folder).args(words).output().unwrap())
    }
}

/// What dockwright said.
pub struct Said(pub Output);

impl Said {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

/// Every file below a folder with its bytes.
pub fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found);
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            found.insert(format!("{path}/"), Vec::new());
            collect(&entry.path(), &format!("{path}/"), found);
        } else {
            found.insert(path, fs::read(entry.path()).unwrap_or_default());
        }
    }
}
