//! Logical lines of a Dockerfile: directives, continuations, comments and here-documents.

use super::Heredoc;
use crate::setup::ParseError;

/// An instruction's text with its continuation lines joined, and the here-documents below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Logical {
    pub text: String,
    /// Where in `text` each physical line begins, and its number.
    pub starts: Vec<(usize, u32)>,
    pub heredocs: Vec<Heredoc>,
}

impl Logical {
    pub fn line(&self) -> u32 {
        self.starts.first().map_or(1, |(_, line)| *line)
    }
}

/// Splits a Dockerfile into its logical lines. Empty lines and comments are dropped, also between
/// the lines of one instruction.
pub(super) fn split(text: &str) -> (Vec<Logical>, Vec<ParseError>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let escape = escape_character(&lines);
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < lines.len() {
        if is_comment(lines[at]) || lines[at].trim().is_empty() {
            at += 1;
            continue;
        }
        let mut logical = Logical { text: String::new(), starts: Vec::new(), heredocs: Vec::new() };
        while at < lines.len() {
            let line = lines[at];
            let number = at as u32 + 1;
            at += 1;
            let first = logical.starts.is_empty();
            if !first && (is_comment(line) || line.trim().is_empty()) {
                continue;
            }
            logical.starts.push((logical.text.len(), number));
            let line = if first { line.trim_start() } else { line };
            match continued(line, escape) {
                Some(part) => logical.text.push_str(part),
                None => {
                    logical.text.push_str(line);
                    break;
                }
            }
        }
        logical.text.truncate(logical.text.trim_end().len());
        for mut heredoc in heredocs_of(&logical.text) {
            let begin = at;
            heredoc.line = at as u32 + 1;
            let end = lines[begin..].iter().position(|line| heredoc.strip(line) == heredoc.name);
            at = end.map_or(lines.len(), |end| begin + end + 1);
            let body = &lines[begin..end.map_or(lines.len(), |end| begin + end)];
            heredoc.body = body.iter().map(|line| heredoc.strip(line).to_owned() + "\n").collect();
            if end.is_none() {
                errors.push(ParseError {
                    line: logical.line(),
                    what: format!("here-document `{}` has no end", heredoc.name),
                });
            }
            logical.heredocs.push(heredoc);
        }
        found.push(logical);
    }
    (found, errors)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// `# escape=` counts only in the comments that open the file and only among directives.
fn escape_character(lines: &[&str]) -> char {
    for line in lines {
        let Some(comment) = line.trim_start().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            break;
        }
        if name == "escape" {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// The line without its escape at the end; `None` if it ends there. Two escapes are one literal.
fn continued(line: &str, escape: char) -> Option<&str> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}

/// The here-documents an instruction opens, in their order; bodies are still empty.
fn heredocs_of(text: &str) -> Vec<Heredoc> {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    let first = words.next().unwrap_or_default();
    let keyword = if first == "ONBUILD" { words.next().unwrap_or_default() } else { first };
    if !["RUN", "COPY", "ADD"].contains(&keyword.as_str()) {
        return Vec::new();
    }
    shell_words(text).into_iter().filter_map(opened_by).collect()
}

/// `3<<-'EOF'` and the like; nothing else in the word.
fn opened_by(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let name: String = rest.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    let quoted = name.len() != rest.len();
    (!name.is_empty()).then_some(Heredoc { name, tabs, quoted, body: String::new(), line: 0 })
}

/// Words between blanks; quotes keep blanks and stay in the word.
fn shell_words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote, mut escaped) = (Vec::new(), None, None, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, c) {
            (Some('\''), '\\') => {}
            (_, '\\') => {
                escaped = true;
                start.get_or_insert(at);
            }
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(c);
                start.get_or_insert(at);
            }
            (None, c) if c.is_whitespace() => words.extend(start.take().map(|from| &text[from..at])),
            (None, _) => {
                start.get_or_insert(at);
            }
        }
    }
    words.extend(start.map(|from| &text[from..]));
    words
}
