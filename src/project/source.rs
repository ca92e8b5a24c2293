//! The text of one file with its line numbers, and the mistake that can be found in one.

use std::fmt;

use crate::paths::RelPath;

/// A file's text without byte-order mark. Lines count from 1.
pub struct Source {
    path: RelPath,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    pub fn new(path: RelPath, text: String) -> Self {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { path, text, line_starts }
    }

    pub fn path(&self) -> &RelPath {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte offset, from 1.
    pub fn line_of(&self, offset: usize) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    /// The column of a byte offset in characters, from 1.
    pub fn column_of(&self, offset: usize) -> u32 {
        let start = self.line_starts[self.line_of(offset) as usize - 1];
        self.text.get(start..offset).map_or(1, |before| before.chars().count() as u32 + 1)
    }

    /// A line's text without its end; empty past the last line.
    pub fn line(&self, number: u32) -> &str {
        let Some(start) = self.line_starts.get(number as usize - 1) else { return "" };
        let rest = &self.text[*start..];
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }

    /// How deep brackets nest, roughly: those in texts count too. A parser that recurses is not
    /// given what is deeper than its stack.
    pub fn nesting(&self) -> usize {
        let (mut depth, mut deepest) = (0usize, 0);
        for byte in self.text.bytes() {
            match byte {
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        deepest
    }

    /// The lines with their numbers, without line ends.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.text.split('\n').enumerate().map(|(at, line)| (at as u32 + 1, line.trim_end_matches('\r')))
    }
}

/// Something in the project that is wrong and stops the run: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    /// What is wrong, lowercase, without a full stop.
    pub what: String,
    pub file: Option<RelPath>,
    /// From 1.
    pub line: Option<u32>,
    /// From 1, in characters.
    pub column: Option<u32>,
    /// What was expected there and what stands there instead.
    pub detail: Option<String>,
    /// The lines around the place: number and text.
    pub excerpt: Vec<(u32, String)>,
    pub hint: Option<String>,
}

impl Mistake {
    pub fn new(what: impl Into<String>) -> Self {
        Mistake {
            what: what.into(),
            file: None,
            line: None,
            column: None,
            detail: None,
            excerpt: Vec::new(),
            hint: None,
        }
    }

    pub fn at(mut self, file: RelPath, line: Option<u32>) -> Self {
        self.file = Some(file);
        self.line = line;
        self
    }

    /// Points at a byte offset of a source and shows the line before it and its own.
    pub fn in_source(mut self, source: &Source, offset: usize) -> Self {
        let line = source.line_of(offset);
        self.file = Some(source.path().clone());
        self.line = Some(line);
        self.column = Some(source.column_of(offset));
        let shown = |number| (number, source.line(number).chars().take(120).collect::<String>());
        self.excerpt = (line.saturating_sub(1).max(1)..=line).map(shown).collect();
        self
    }

    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}

impl fmt::Display for Mistake {
    /// One line: what, and where. `cli/` prints the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let (Some(file), Some(line)) = (&self.file, self.line) {
            write!(f, " ({file}:{line})")?;
        }
        Ok(())
    }
}
