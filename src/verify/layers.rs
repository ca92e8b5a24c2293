//! An image, layer by layer, as `docker save` streams it: names, owners and modes of all files, and
//! where the values of secrets occur. Nothing is unpacked to disk.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use serde_json::Value;
use tar::{Archive, EntryType};

use super::engine::Engine;
use super::report::Trouble;
use crate::project::Mistake;

/// Files that are read for private keys and tokens are small.
const SMALL: u64 = 64 * 1024;

/// One file or folder of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    pub size: u64,
    pub kind: Kind,
    /// A private key, or a token of a registry, by what it says.
    pub credential: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
}

/// One layer: entries by absolute path, and the paths that it removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    pub entries: BTreeMap<String, Entry>,
    pub removed: Vec<String>,
    /// Files that hold the value of a secret: path and the secret's key.
    pub leaks: Vec<(String, String)>,
}

/// The layers of an image from the base up, and its configuration with the history.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    pub all: Vec<Layer>,
    pub config: String,
}

impl Layers {
    /// Reads an image of the engine's.
    ///
    /// # Errors
    /// Interrupted, or the stream is no image.
    pub fn read(engine: &Engine<'_>, tag: &str, secrets: &BTreeMap<String, String>) -> Result<Self, Trouble> {
        let (_running, stdout) = engine.stream(&["save", tag])?;
        let trouble = |what: String| Trouble::new("image", Mistake::new(format!("cannot read the image: {what}")));
        let mut archive = Archive::new(stdout);
        let mut layers: BTreeMap<String, Layer> = BTreeMap::new();
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for entry in archive.entries().map_err(|error| trouble(error.to_string()))? {
            engine.check_interrupted()?;
            let entry = entry.map_err(|error| trouble(error.to_string()))?;
            let name = entry.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
            if entry.header().entry_type() != EntryType::Regular {
                continue;
            }
            let mut reader = BufReader::new(entry);
            let start = reader.fill_buf().map_err(|error| trouble(error.to_string()))?.to_vec();
            if start.first() == Some(&b'{') || start.first() == Some(&b'[') {
                let mut text = String::new();
                let _ = reader.take(4 << 20).read_to_string(&mut text);
                texts.insert(name, text);
            } else if start.starts_with(&[0x1f, 0x8b]) {
                layers.insert(name, layer(GzDecoder::new(reader), secrets));
            } else if start.len() > 262 && (&start[257..262] == b"ustar" || start[..100].iter().any(|byte| *byte != 0))
            {
                layers.insert(name, layer(reader, secrets));
            }
        }
        let manifest: Value =
            texts.get("manifest.json").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let image = &manifest[0];
        let names = image["Layers"].as_array().ok_or_else(|| trouble("it has no manifest".to_owned()))?;
        let all = names.iter().filter_map(Value::as_str).map(|name| layers.remove(name).unwrap_or_default()).collect();
        let config = image["Config"].as_str().and_then(|name| texts.remove(name)).unwrap_or_default();
        Ok(Layers { all, config })
    }

    /// The file system that a container sees.
    pub fn merged(&self) -> BTreeMap<&str, &Entry> {
        let mut merged: BTreeMap<&str, &Entry> = BTreeMap::new();
        for layer in &self.all {
            for gone in &layer.removed {
                let below = format!("{gone}/");
                merged.retain(|path, _| *path != gone && !path.starts_with(&below));
            }
            merged.extend(layer.entries.iter().map(|(path, entry)| (path.as_str(), entry)));
        }
        merged
    }
}

fn layer(reader: impl Read, secrets: &BTreeMap<String, String>) -> Layer {
    let mut layer = Layer::default();
    let mut archive = Archive::new(reader);
    // what cannot be read ends the layer: half a listing is better than none
    for entry in archive.entries().into_iter().flatten() {
        let Ok(mut entry) = entry else { break };
        let name = entry.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let path = format!("/{}", name.trim_start_matches("./").trim_matches('/'));
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        if let Some(gone) = file.strip_prefix(".wh.") {
            // an opaque folder hides what lower layers have in it
            layer.removed.push(if gone == ".wh..opq" { folder.to_owned() } else { format!("{folder}/{gone}") });
            continue;
        }
        let header = entry.header();
        let kind = match header.entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Regular => Kind::File,
            _ => Kind::Link,
        };
        let size = header.size().unwrap_or(0);
        let found = Entry {
            mode: header.mode().unwrap_or(0) & 0o7777,
            uid: header.uid().unwrap_or(0),
            gid: header.gid().unwrap_or(0),
            size,
            kind,
            credential: false,
        };
        let (mut credential, mut leaks) = (false, Vec::new());
        if kind == Kind::File && size > 0 {
            (credential, leaks) = search(&mut entry, size, secrets);
        }
        layer.leaks.extend(leaks.into_iter().map(|key| (path.clone(), key)));
        layer.entries.insert(path, Entry { credential, ..found });
    }
    layer
}

/// Whether a file is a credential, and which secrets' values it holds.
fn search(reader: &mut impl Read, size: u64, secrets: &BTreeMap<String, String>) -> (bool, Vec<String>) {
    let longest = secrets.values().map(String::len).max().unwrap_or(0).max(32);
    let (mut buffer, mut kept, mut found) = (vec![0; 64 * 1024], 0, Vec::<String>::new());
    let (mut credential, mut first) = (false, true);
    while let Ok(count @ 1..) = reader.read(&mut buffer[kept..]) {
        let window = &buffer[..kept + count];
        if first && size <= SMALL {
            let holds = |text: &str| contains(window, text.as_bytes());
            credential = (holds("-----BEGIN") && holds("PRIVATE KEY-----")) || holds(":_authToken=");
        }
        first = false;
        for (key, value) in secrets {
            if !found.contains(key) && contains(window, value.as_bytes()) {
                found.push(key.clone());
            }
        }
        // a value may lie across two reads
        let keep = window.len().min(longest);
        let from = window.len() - keep;
        buffer.copy_within(from..from + keep, 0);
        kept = keep;
    }
    (credential, found)
}

/// Whether a text occurs; an empty one never does.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && memchr::memmem::find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(files: &[(&str, &str, u32, u64)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text, mode, uid) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(*mode);
            header.set_uid(*uid);
            header.set_gid(*uid);
            header.set_cksum();
            builder.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_layer_is_read_with_owners_modes_and_what_it_removes() {
        let bytes =
            tar(&[("app/server.js", "x", 0o644, 0), ("app/.wh.npm", "", 0o644, 0), ("tmp/x", "y", 0o600, 1001)]);
        let layer = layer(bytes.as_slice(), &BTreeMap::new());
        assert_eq!(layer.removed, ["/app/npm"]);
        assert_eq!((layer.entries["/tmp/x"].uid, layer.entries["/tmp/x"].mode), (1001, 0o600));
    }

    #[test]
    fn values_are_found_even_across_two_reads() {
        let text = format!("{}s3cret-value{}", "x".repeat(64 * 1024 - 5), "y".repeat(100));
        let secrets = BTreeMap::from([("db".to_owned(), "s3cret-value".to_owned())]);
        let layer = layer(tar(&[("a", &text, 0o644, 0)]).as_slice(), &secrets);
        assert_eq!(layer.leaks, [("/a".to_owned(), "db".to_owned())]);
    }

    #[test]
    fn an_upper_layer_hides_what_it_removes() {
        let one = layer(tar(&[("usr/npm/a", "1", 0o644, 0), ("usr/node", "1", 0o755, 0)]).as_slice(), &BTreeMap::new());
        let two = layer(tar(&[("usr/.wh.npm", "", 0o644, 0)]).as_slice(), &BTreeMap::new());
        let layers = Layers { all: vec![one, two], config: String::new() };
        assert_eq!(layers.merged().into_keys().collect::<Vec<_>>(), ["/usr/node"]);
    }
}
