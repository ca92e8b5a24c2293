//! The simple commands of a RUN, as far as rules need them: words without their quotes.
//!
//! Not understood: what variables hold, arithmetic, `case`, functions. A rule sees no command
//! there and stays silent.

use crate::setup::dockerfile::Run;

/// A command with its words; the line is that of its first word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellCommand {
    pub line: u32,
    pub words: Vec<String>,
}

/// Words before a command that leave it the same command.
const BEFORE: &[&str] =
    &["sudo", "exec", "env", "time", "command", "then", "do", "else", "if", "elif", "while", "until", "!", "{"];

impl ShellCommand {
    /// The program without its folder, and its arguments; assignments in front are skipped.
    pub fn program(&self) -> (&str, &[String]) {
        let skipped = |word: &&String| BEFORE.contains(&word.as_str()) || assignment(word).is_some();
        let at = self.words.iter().take_while(skipped).count();
        match self.words.get(at) {
            Some(word) => (word.rsplit('/').next().unwrap_or(word), &self.words[at + 1..]),
            None => ("", &[]),
        }
    }

    /// `NAME=value` in front of it, or all of an `export`.
    pub fn assignments(&self) -> impl Iterator<Item = (&str, &str)> {
        let exported = self.words.first().is_some_and(|word| word == "export");
        self.words.iter().skip(usize::from(exported)).map_while(|word| assignment(word))
    }
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(fits))
        .then_some((name, value))
}

/// All commands of a RUN, in their order.
pub fn commands(run: &Run) -> Vec<ShellCommand> {
    run.scripts().iter().flat_map(|script| split(script)).collect()
}

fn split(script: &[(u32, String)]) -> Vec<ShellCommand> {
    let mut found = Splitter::default();
    let mut chars = script.iter().flat_map(|(line, text)| text.chars().map(|c| (*line, c))).peekable();
    let (mut quote, mut before) = (None, ' ');
    while let Some((line, c)) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => match chars.next() {
                Some((_, '\n')) | None => {}
                Some((_, escaped)) => found.push(line, escaped),
            },
            (Some(_), c) => found.push(line, c),
            (None, '"' | '\'') => {
                quote = Some(c);
                found.begin(line);
            }
            (None, '#') if found.word.is_none() => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            (None, '&') if before == '>' || before == '<' => found.push(line, c),
            (None, '\n' | ';' | '&' | '|' | '(' | ')' | '`') => found.end_command(),
            (None, c) if c.is_whitespace() => found.end_word(),
            (None, c) => found.push(line, c),
        }
        before = c;
    }
    found.end_command();
    found.commands
}

#[derive(Default)]
struct Splitter {
    word: Option<String>,
    words: Vec<String>,
    line: u32,
    commands: Vec<ShellCommand>,
}

impl Splitter {
    fn begin(&mut self, line: u32) -> &mut String {
        if self.words.is_empty() && self.word.is_none() {
            self.line = line;
        }
        self.word.get_or_insert_default()
    }

    fn push(&mut self, line: u32, c: char) {
        self.begin(line).push(c);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(ShellCommand { line: self.line, words: std::mem::take(&mut self.words) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::dockerfile::Dockerfile;

    fn of(text: &str) -> Vec<(u32, String)> {
        let file = Dockerfile::parse(&format!("FROM x\n{text}"));
        let runs = file.stages[0].runs().flat_map(|(_, run)| commands(run));
        runs.map(|command| (command.line, command.words.join(" "))).collect()
    }

    #[test]
    fn commands_are_told_apart_with_their_lines() {
        let found = of("RUN a 'b && c' 2>&1 | d && \\\n  E=1 e \\\n  f; (g)\n");
        let wanted = [(2, "a b && c 2>&1"), (2, "d"), (3, "E=1 e f"), (4, "g")];
        assert_eq!(found, wanted.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn a_here_document_is_a_script_only_where_a_shell_reads_it() {
        assert_eq!(
            of("RUN <<EOF\na # no\nb \\\n c\nEOF\n"),
            [(2, "<<EOF".to_owned()), (3, "a".to_owned()), (4, "b c".to_owned())]
        );
        assert_eq!(of("RUN cat <<EOF >/x\nnpm ci\nEOF\n").len(), 1);
    }

    #[test]
    fn the_program_is_found_behind_assignments() {
        let command =
            ShellCommand { line: 1, words: ["A=b", "sudo", "/usr/bin/npm", "ci"].map(str::to_owned).to_vec() };
        assert_eq!(command.program(), ("npm", &["ci".to_owned()][..]));
        assert_eq!(command.assignments().collect::<Vec<_>>(), [("A", "b")]);
    }
}
