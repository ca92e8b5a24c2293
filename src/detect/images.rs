//! The images that a Dockerfile starts from, with the defaults of its arguments put in.

use crate::project::Source;

/// More stages and arguments than these are looked at by nobody.
const MAX_STAGES: usize = 50;
const MAX_ARGUMENTS: usize = 50;
/// A longer text is no image: what is put in could hold the next one again and again.
const MAX_IMAGE: usize = 300;

/// An image of a `FROM`.
pub struct Image {
    /// From 1.
    pub line: u32,
    /// As it is written there.
    pub written: String,
    /// With the defaults of arguments.
    pub full: String,
}

/// All images, the first stage's first.
pub fn images(source: &Source) -> Vec<Image> {
    let mut arguments: Vec<(String, &str)> = Vec::new();
    let mut found = Vec::new();
    for (line, text) in source.lines() {
        let mut words = text.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("ARG") => {
                let pairs = words.filter_map(|word| word.split_once('='));
                arguments.extend(pairs.map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']))));
                arguments.truncate(MAX_ARGUMENTS);
            }
            Some("FROM") if found.len() < MAX_STAGES => {
                let Some(image) = words.find(|word| !word.starts_with("--")) else { continue };
                found.push(Image { line, written: image.to_owned(), full: filled(image, &arguments) });
            }
            _ => {}
        }
    }
    found
}

fn filled(image: &str, arguments: &[(String, &str)]) -> String {
    let mut full = image.to_owned();
    for (name, value) in arguments.iter().filter(|(_, value)| value.len() <= MAX_IMAGE) {
        if full.len() > MAX_IMAGE {
            break;
        }
        full = full.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::RelPath;

    fn full(text: &str) -> Vec<String> {
        let source = Source::new(RelPath::new("Dockerfile").unwrap(), text.to_owned());
        images(&source).into_iter().map(|image| format!("{}:{}", image.line, image.full)).collect()
    }

    #[test]
    fn defaults_of_arguments_are_put_in() {
        let text = "ARG V=24.1.0\n\nFROM --platform=linux/amd64 node:${V}-slim AS a\nfrom python:$V\n";
        assert_eq!(full(text), ["3:node:24.1.0-slim", "4:python:24.1.0"]);
    }

    #[test]
    fn arguments_that_hold_each_other_do_not_grow_without_end() {
        let bomb: String = (0..40).map(|at| format!("ARG A{at}={}\n", format!("$A{}", at + 1).repeat(50))).collect();
        assert!(full(&format!("{bomb}FROM node:$A0\n"))[0].len() < 100_000);
    }
}
