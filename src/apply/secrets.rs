//! The values below `secrets/`: made once, never changed, never shown.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::dotenv::DotEnv;
use super::mode::set_mode;
use super::receipt::is_shared;
use crate::paths::RelPath;
use crate::project::Mistake;
use crate::setup::{SecretFile, SecretValue};

/// The folder, in the project's.
pub const FOLDER: &str = "secrets";
/// Random bytes in a made-up value, written as hex.
const BYTES: usize = 32;

/// What there is of one secret, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretState {
    pub name: String,
    pub state: State,
    /// The file is there and empty, or would be: somebody has to put the value in.
    pub empty: bool,
    /// Made of another secret that it does not agree with.
    pub disagrees: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there and stays as it is.
    Keep,
    /// It is missing and will be made.
    Create,
    /// It is there and empty, and gets its value from `.env`.
    Fill,
}

/// A value. Neither `Debug` nor `Display` nor `Serialize`: it leaves memory only into its file.
struct Value(String);

/// What making the missing secrets would do; reads, writes nothing.
///
/// # Errors
/// A secret's path that is a folder, or cannot be read.
pub fn plan(files: &[SecretFile], root: &Path, imported: &DotEnv) -> Result<Vec<SecretState>, Mistake> {
    let values = Values::of(files, root, imported)?;
    Ok(files.iter().map(|file| values.state(file)).collect())
}

/// What `.env` has and is not taken, a sentence each; never a value.
pub fn not_taken(files: &[SecretFile], imported: &DotEnv) -> Vec<String> {
    let mut sentences = Vec::new();
    for file in files.iter().filter(|file| imported.is_set(&file.name)) {
        let name = file.name.to_ascii_uppercase();
        match file.value {
            SecretValue::From(_) => sentences
                .push(format!("{name} of .env is not taken: in compose it leads to the service that runs there")),
            _ if imported.is_local(&file.name) => {
                sentences
                    .push(format!("{name} of .env is not taken: a container does not reach this machine's localhost"));
            }
            _ => {}
        }
    }
    sentences
}

/// Makes what is missing: the folder 0700, each file 0644, never over a value.
///
/// # Errors
/// The folder or a file cannot be made, or the system gives no random numbers.
pub fn create(files: &[SecretFile], root: &Path, imported: &DotEnv) -> Result<Vec<SecretState>, Mistake> {
    let states = plan(files, root, imported)?;
    let folder = root.join(FOLDER);
    if states.iter().all(|state| state.state == State::Keep) {
        return Ok(states);
    }
    make_folder(&folder)?;
    let mut values = Values::of(files, root, imported)?;
    // made-up values first: others are made of them
    let mut order: Vec<(&SecretFile, &SecretState)> = files.iter().zip(&states).collect();
    order.sort_by_key(|(file, _)| matches!(file.value, SecretValue::From(_)));
    for (file, state) in order.into_iter().filter(|(_, state)| state.state != State::Keep) {
        let value = match &file.value {
            SecretValue::Empty => values.import(file).unwrap_or_default(),
            SecretValue::Random => match values.import(file) {
                Some(value) => value,
                None => random()?,
            },
            SecretValue::From(pattern) => values.fill(pattern).unwrap_or_default(),
        };
        write_new(&folder, &value, &file.name, state.state == State::Fill)?;
        values.present.insert(file.name.clone(), Value(value));
    }
    Ok(states)
}

struct Values<'a> {
    present: BTreeMap<String, Value>,
    imported: &'a DotEnv,
}

impl<'a> Values<'a> {
    fn of(files: &[SecretFile], root: &Path, imported: &'a DotEnv) -> Result<Self, Mistake> {
        let mut present = BTreeMap::new();
        for file in files {
            match fs::read_to_string(root.join(FOLDER).join(&file.name)) {
                Ok(text) => {
                    present.insert(file.name.clone(), Value(text));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    if root.join(FOLDER).join(&file.name).is_symlink() {
                        return Err(Mistake::new(format!("`{FOLDER}/{}` is a link that leads nowhere", file.name))
                            .hint("remove the link"));
                    }
                }
                // bytes that are no text are a value too
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    present.insert(file.name.clone(), Value("binary".to_owned()));
                }
                Err(error) => return Err(trouble("read", &file.name, &error)),
            }
        }
        Ok(Values { present, imported })
    }

    fn state(&self, file: &SecretFile) -> SecretState {
        let present = self.present.get(&file.name);
        let has_value = present.is_some_and(|present| !present.trimmed().is_empty());
        let state = match present {
            None => State::Create,
            Some(_) if !has_value && self.import(file).is_some() => State::Fill,
            Some(_) => State::Keep,
        };
        let empty = match (state, &file.value) {
            (State::Keep, _) => !has_value,
            (State::Create, SecretValue::Empty) => self.import(file).is_none(),
            _ => false,
        };
        let disagrees = match (&file.value, present) {
            (SecretValue::From(pattern), Some(present)) if has_value => {
                self.fill(pattern).is_none_or(|expected| expected != present.trimmed())
            }
            _ => false,
        };
        SecretState { name: file.name.clone(), state, empty, disagrees }
    }

    /// The value that `.env` has for it. Only for secrets that no backing service shares.
    fn import(&self, file: &SecretFile) -> Option<String> {
        let own = !is_shared(file) && !matches!(file.value, SecretValue::From(_));
        own.then(|| self.imported.value(&file.name).map(str::to_owned)).flatten()
    }

    /// `None` if a value that the pattern needs is not there.
    fn fill(&self, pattern: &str) -> Option<String> {
        let (mut text, mut rest) = (String::new(), pattern);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            text += before;
            let value = self.present.get(name)?.trimmed();
            text += &if pattern.contains("://") { encoded(value) } else { value.to_owned() };
            rest = after;
        }
        Some(text + rest)
    }
}

impl Value {
    /// Without the line end that editors add, as the starter and the services read it.
    fn trimmed(&self) -> &str {
        self.0.trim_end_matches(['\n', '\r'])
    }
}

/// As it may stand in the user part of an address.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn random() -> Result<String, Mistake> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Mistake::new(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn make_folder(folder: &Path) -> Result<(), Mistake> {
    let meta = fs::symlink_metadata(folder);
    if meta.as_ref().is_ok_and(|meta| meta.is_symlink() || !meta.is_dir()) {
        return Err(Mistake::new("`secrets` is no folder of its own").hint("rename it, or remove the link"));
    }
    if meta.is_err() {
        fs::create_dir(folder).map_err(|error| trouble("make the folder of", "", &error))?;
    }
    // also where a checkout made it: git keeps no such modes
    set_mode(folder, 0o700).map_err(|error| trouble("set the mode of", "", &error))
}

/// The file appears whole or not at all: half a value would be taken for a whole one.
fn write_new(folder: &Path, value: &str, name: &str, over_empty: bool) -> Result<(), Mistake> {
    let failed = |error: std::io::Error| trouble("write", name, &error);
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder).map_err(failed)?;
    file.write_all(value.as_bytes()).map_err(failed)?;
    set_mode(file.path(), 0o644).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let path = folder.join(name);
    let kept = if over_empty { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(|_| ()).map_err(|error| failed(error.error))
}

fn trouble(what: &str, name: &str, error: &std::io::Error) -> Mistake {
    let path = if name.is_empty() { FOLDER.to_owned() } else { format!("{FOLDER}/{name}") };
    let mistake = Mistake::new(format!("cannot {what} `{path}`: {error}"));
    match RelPath::new(&path) {
        Ok(path) => mistake.at(path, None),
        Err(_) => mistake,
    }
}

#[cfg(test)]
mod tests {
    use super::super::dotenv::dotenv;
    use super::*;

    fn file(name: &str, value: SecretValue, read_by: &str) -> SecretFile {
        SecretFile { name: name.to_owned(), value, read_by: vec![read_by.to_owned()], holds: String::new() }
    }

    fn files() -> Vec<SecretFile> {
        vec![
            file("database_url", SecretValue::From("postgres://app:{db_password}@db/app".to_owned()), "app, as `X`"),
            file("db_password", SecretValue::Random, "db"),
            file("stripe_key", SecretValue::Empty, "app, as `STRIPE_KEY`"),
        ]
    }

    fn read(root: &Path, name: &str) -> String {
        fs::read_to_string(root.join(FOLDER).join(name)).unwrap()
    }

    #[test]
    fn missing_values_are_made_and_present_ones_kept() {
        let folder = tempfile::tempdir().unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        let password = read(folder.path(), "db_password");
        assert_eq!(password.len(), 64);
        assert_eq!(read(folder.path(), "database_url"), format!("postgres://app:{password}@db/app"));
        assert_eq!(read(folder.path(), "stripe_key"), "");
        let again = create(&files(), folder.path(), &DotEnv::default()).unwrap();
        assert!(again.iter().all(|state| state.state == State::Keep && !state.disagrees));
        assert_eq!(read(folder.path(), "db_password"), password);
    }

    #[test]
    fn an_address_is_made_of_the_password_that_is_there_and_encoded() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        fs::write(folder.path().join(FOLDER).join("db_password"), "p@ss/w\n").unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        assert_eq!(read(folder.path(), "database_url"), "postgres://app:p%40ss%2Fw@db/app");
    }

    #[test]
    fn a_changed_password_is_said_to_disagree_and_nothing_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        fs::write(folder.path().join(FOLDER).join("db_password"), "other").unwrap();
        let states = create(&files(), folder.path(), &DotEnv::default()).unwrap();
        assert!(states.iter().any(|state| state.name == "database_url" && state.disagrees));
    }

    #[test]
    fn a_dotenv_file_gives_first_values_but_never_to_a_backing_service() {
        let folder = tempfile::tempdir().unwrap();
        let env = dotenv("STRIPE_KEY=sk_1\nDB_PASSWORD=hunter2\nDATABASE_URL=postgres://localhost/x\n");
        create(&files(), folder.path(), &env).unwrap();
        assert_eq!(read(folder.path(), "stripe_key"), "sk_1");
        assert_ne!(read(folder.path(), "db_password"), "hunter2");
        assert!(!read(folder.path(), "database_url").contains("localhost"));
        assert!(not_taken(&files(), &env)[0].starts_with("DATABASE_URL of .env is not taken"));
    }

    #[test]
    fn an_empty_file_is_filled_from_dotenv_and_a_value_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        let states = create(&files(), folder.path(), &dotenv("STRIPE_KEY=sk_1")).unwrap();
        assert!(states.iter().any(|state| state.state == State::Fill && !state.empty));
        create(&files(), folder.path(), &dotenv("STRIPE_KEY=sk_2")).unwrap();
        assert_eq!(read(folder.path(), "stripe_key"), "sk_1");
    }

    #[test]
    fn a_secret_left_by_a_run_that_was_killed_is_no_value() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        fs::write(folder.path().join(FOLDER).join(".tmp123"), "half").unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        assert_eq!(read(folder.path(), "db_password").len(), 64);
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_enter_the_folder_and_containers_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        create(&files(), folder.path(), &DotEnv::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join(FOLDER)), 0o700);
        assert_eq!(mode(&folder.path().join(FOLDER).join("db_password")), 0o644);
    }
}
