//! The values below `secrets/`: made once, never changed, never shown.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::dotenv::DotEnv;
use super::mode::set_mode;
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
}

/// A value. Neither `Debug` nor `Display` nor `Serialize`: it leaves memory only into its file.
struct Value(String);

/// What making the missing secrets would do; reads, writes nothing.
///
/// # Errors
/// A secret's path that is a folder, or cannot be read.
pub fn plan(files: &[SecretFile], root: &Path, imported: &DotEnv) -> Result<Vec<SecretState>, Mistake> {
    let values = Values::of(files, root, imported)?;
    files
        .iter()
        .map(|file| {
            let present = values.present.get(&file.name);
            let would = match &file.value {
                _ if present.is_some() => present.is_some_and(|value| value.0.trim().is_empty()),
                SecretValue::Empty => values.import(file).is_none(),
                _ => false,
            };
            let disagrees = match (&file.value, present) {
                (SecretValue::From(pattern), Some(present)) if !present.0.trim().is_empty() => {
                    let expected = values.fill(pattern, |name| values.present.get(name).map(|value| value.0.clone()));
                    expected.is_none_or(|expected| expected != present.0.trim())
                }
                _ => false,
            };
            let state = if present.is_some() { State::Keep } else { State::Create };
            Ok(SecretState { name: file.name.clone(), state, empty: would, disagrees })
        })
        .collect()
}

/// Makes what is missing: the folder 0700, each file 0644, never over an existing one.
///
/// # Errors
/// The folder or a file cannot be made, or the system gives no random numbers.
pub fn create(files: &[SecretFile], root: &Path, imported: &DotEnv) -> Result<Vec<SecretState>, Mistake> {
    let states = plan(files, root, imported)?;
    if !states.iter().any(|state| state.state == State::Create) {
        return Ok(states);
    }
    let folder = root.join(FOLDER);
    make_folder(&folder)?;
    let mut values = Values::of(files, root, imported)?;
    // made-up values first: others are made of them
    let mut order: Vec<&SecretFile> = files.iter().collect();
    order.sort_by_key(|file| matches!(file.value, SecretValue::From(_)));
    for file in order {
        if values.present.contains_key(&file.name) {
            continue;
        }
        let value = match &file.value {
            SecretValue::Empty => values.import(file).unwrap_or_default(),
            SecretValue::Random => match values.import(file) {
                Some(value) => value,
                None => random()?,
            },
            SecretValue::From(pattern) => {
                values.fill(pattern, |name| values.present.get(name).map(|value| value.0.clone())).unwrap_or_default()
            }
        };
        write_new(&folder.join(&file.name), &value, &file.name)?;
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
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                // bytes that are no text are a value too
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    present.insert(file.name.clone(), Value("binary".to_owned()));
                }
                Err(error) => return Err(trouble("read", &file.name, &error)),
            }
        }
        Ok(Values { present, imported })
    }

    /// The value that `.env` has for it. Only for secrets that no backing service shares.
    fn import(&self, file: &SecretFile) -> Option<String> {
        let shared = file.read_by.iter().any(|reader| !reader.contains("as `"));
        if shared { None } else { self.imported.value(&file.name.to_ascii_uppercase()).map(str::to_owned) }
    }

    /// `None` if a value that the pattern needs is not there.
    fn fill(&self, pattern: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let (mut text, mut rest) = (String::new(), pattern);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            text += before;
            let value = value(name)?;
            text += &if pattern.contains("://") { encoded(value.trim()) } else { value.trim().to_owned() };
            rest = after;
        }
        Some(text + rest)
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

fn write_new(path: &Path, value: &str, name: &str) -> Result<(), Mistake> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| trouble("make", name, &error))?;
    let written = file.write_all(value.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| set_mode(path, 0o644));
    written.map_err(|error| {
        // half a value would be taken for a whole one
        let _ = fs::remove_file(path);
        trouble("write", name, &error)
    })
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
