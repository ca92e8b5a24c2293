//! Which files git has: the names in its index, read as they lie on disk. git itself is never run.
//!
//! Format: gitformat-index(5), versions 2 to 4. A split index or a sparse one names fewer files than
//! there are: what is missed is not warned about, and nothing wrong is said.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Project;
use crate::paths::RelPath;

/// Indexes of a million files are about as large.
const MAX_INDEX: u64 = 128 * 1024 * 1024;
/// So far up a repository's root is looked for.
const MAX_UP: usize = 32;

impl Project {
    /// The files of the project that git has and that `wanted` takes, by their names alone; none
    /// where there is no repository.
    pub fn in_git(&self, wanted: impl Fn(&str) -> bool) -> Vec<RelPath> {
        let Some((folder, index)) = repository(self.root()) else { return Vec::new() };
        let Some(bytes) = read(&index) else { return Vec::new() };
        let below = self.root().strip_prefix(&folder).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        let names = names(&bytes, 20).or_else(|| names(&bytes, 32)).unwrap_or_default();
        let inner = |name: String| match below.as_str() {
            "" => Some(name),
            below => Some(name.strip_prefix(below)?.strip_prefix('/')?.to_owned()),
        };
        let paths = names.into_iter().filter_map(inner).filter_map(|name| RelPath::new(&name).ok());
        paths.filter(|path| wanted(path.file_name()) && self.has_file(path)).collect()
    }
}

/// The folder of the repository that holds `root`, and its index.
fn repository(root: &Path) -> Option<(PathBuf, PathBuf)> {
    root.ancestors().take(MAX_UP).find_map(|folder| {
        let git = folder.join(".git");
        let kind = fs::symlink_metadata(&git).ok()?;
        if kind.is_dir() {
            return Some((folder.to_path_buf(), git.join("index")));
        }
        // a worktree or a submodule: `gitdir: ../.git/worktrees/name`
        let mut text = String::new();
        fs::File::open(&git).ok()?.take(4096).read_to_string(&mut text).ok()?;
        Some((folder.to_path_buf(), folder.join(text.strip_prefix("gitdir:")?.trim()).join("index")))
    })
}

fn read(index: &Path) -> Option<Vec<u8>> {
    let file = fs::File::open(index).ok()?;
    let size = file.metadata().ok().filter(|found| found.is_file())?.len();
    let mut bytes = Vec::new();
    (size <= MAX_INDEX).then(|| file.take(MAX_INDEX).read_to_end(&mut bytes).ok())??;
    Some(bytes)
}

/// The names of an index whose objects have names of `hash` bytes; `None` where it is no such file.
fn names(bytes: &[u8], hash: usize) -> Option<Vec<String>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if !bytes.starts_with(b"DIRC") {
        return None;
    }
    let (version, count) = (number(4)?, number(8)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let (mut at, mut names, mut last) = (12, Vec::new(), Vec::<u8>::new());
    for _ in 0..count {
        let start = at;
        let flags = number(at + 38 + hash)? as u16;
        at += 42 + hash;
        let mut later = false;
        if version >= 3 && flags & 0x4000 != 0 {
            // `git add --intent-to-add`: named, and not there yet
            later = number(at - 2)? & 0x2000 != 0;
            at += 2;
        }
        if version == 4 {
            let kept = last.len().checked_sub(variable(bytes, &mut at)?)?;
            last.truncate(kept);
        } else {
            last.clear();
        }
        let rest = bytes.get(at..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        last.extend_from_slice(&rest[..end]);
        at += end + 1;
        if version < 4 {
            // each entry is as long as a multiple of eight
            at = start + (at - start).div_ceil(8) * 8;
        }
        let length = usize::from(flags & 0x0fff);
        if last.is_empty() || (length < 0x0fff && length != last.len()) {
            return None;
        }
        if let (false, Ok(name)) = (later, std::str::from_utf8(&last)) {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

/// A number of varying length, as git writes offsets.
fn variable(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0usize;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Indexes that git 2.39 wrote of empty files; times and sizes are those of that day.

    /// Version 2: `.env`, `web/.env.local`.
    pub const TWO: &str = "4449524300000002000000026b05b950192e263a6b05b950192e263a0000fe0000990a78000081a400000000\
        0000000000000000e69de29bb2d1d6434b8b29ae775ad8c2e48c539100042e656e76000000000000\
        6b05b950192e263a6b05b950192e263a0000fe0000990a79000081a4000000000000000000000000\
        e69de29bb2d1d6434b8b29ae775ad8c2e48c5391000e7765622f2e656e762e6c6f63616c00000000\
        03cd9cd2b690bcd0dde2fb650c025c2ff89266a6";
    /// Version 3, for `new` was added by `--intent-to-add`.
    pub const THREE: &str = "4449524300000003000000036b05b950192e263a6b05b950192e263a0000fe0000990a78000081a400000000\
        0000000000000000e69de29bb2d1d6434b8b29ae775ad8c2e48c539100042e656e76000000000000\
        000000000000000000000000000000000000000000000000000081a4000000000000000000000000\
        e69de29bb2d1d6434b8b29ae775ad8c2e48c5391400320006e65770000000000\
        6b05b950192e263a6b05b950192e263a0000fe0000990a79000081a4000000000000000000000000\
        e69de29bb2d1d6434b8b29ae775ad8c2e48c5391000e7765622f2e656e762e6c6f63616c00000000\
        bc84e5e8f5052db9d08f27ed5325e7e537a74a74";
    /// The same in version 4.
    pub const FOUR: &str = "4449524300000004000000036b05b950192e263a6b05b950192e263a0000fe0000990a78000081a400000000\
        0000000000000000e69de29bb2d1d6434b8b29ae775ad8c2e48c53910004002e656e7600\
        000000000000000000000000000000000000000000000000000081a4000000000000000000000000\
        e69de29bb2d1d6434b8b29ae775ad8c2e48c539140032000046e657700\
        6b05b950192e263a6b05b950192e263a0000fe0000990a79000081a4000000000000000000000000\
        e69de29bb2d1d6434b8b29ae775ad8c2e48c5391000e037765622f2e656e762e6c6f63616c00\
        ef101960e7b4aa4e600727c05212ef4bd962e945";

    pub fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::samples::{FOUR, THREE, TWO, bytes};
    use super::*;

    #[test]
    fn the_names_of_every_version_are_read() {
        for sample in [TWO, THREE, FOUR] {
            assert_eq!(names(&bytes(sample), 20).unwrap(), [".env", "web/.env.local"]);
            assert_eq!(names(&bytes(sample), 32), None);
        }
    }

    #[test]
    fn a_project_deep_in_a_repository_and_a_worktree_find_its_index() {
        let folder = tempfile::tempdir().unwrap();
        let web = folder.path().join("web");
        fs::create_dir(&web).unwrap();
        fs::write(web.join(".env.local"), "").unwrap();
        let found = || Project::open(&web).unwrap().in_git(|name| name.starts_with(".env"));
        assert_eq!(found(), []);
        let store = folder.path().join("store");
        fs::create_dir(&store).unwrap();
        fs::write(store.join("index"), bytes(TWO)).unwrap();
        fs::write(folder.path().join(".git"), "gitdir: store\n").unwrap();
        assert_eq!(found(), [RelPath::new(".env.local").unwrap()]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_names_or_none(mut index in prop::sample::select(vec![TWO, THREE, FOUR]).prop_map(bytes), at in 0usize..200, byte: u8, end in 0usize..300) {
            let length = index.len();
            index[at % length] = byte;
            index.truncate(end);
            names(&index, 20);
            names(&index, 32);
        }
    }
}
