//! Why a command could not do its work, and the only place that prints it.

use console::style;

use dockwright::project::Mistake;

use super::json::{ErrorJson, Failed};
use super::print::{err, out};
use super::questions::QuestionJson;
use super::{ExitCode, Format};

/// A mistake with the exit code it leads to.
#[derive(Debug)]
pub struct Failure {
    pub exit: ExitCode,
    /// For `--format json`: `mistake`, `missing-answer`, `interrupted`, `no-engine` …
    pub kind: &'static str,
    pub mistake: Mistake,
    /// For `--format json`: the open questions of `missing-answer`.
    pub questions: Vec<QuestionJson>,
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        Failure { exit: ExitCode::CouldNotRun, kind: "mistake", mistake, questions: Vec::new() }
    }
}

impl Failure {
    pub fn new(exit: ExitCode, kind: &'static str, mistake: Mistake) -> Self {
        Failure { exit, kind, mistake, questions: Vec::new() }
    }

    /// Ctrl-C or Esc: nothing more to say.
    pub fn interrupted() -> Self {
        Failure::new(ExitCode::Interrupted, "interrupted", Mistake::new("interrupted"))
    }

    /// On stderr for people, as one object on stdout for programs.
    pub fn print(&self, format: Format) {
        match format {
            Format::Human => err(&self.text()),
            Format::Json => out(&format!("{}\n", self.json())),
        }
    }

    fn text(&self) -> String {
        let mistake = &self.mistake;
        let mut text = format!("{} {}\n", style("error:").for_stderr().red().bold(), mistake.what);
        let place = mistake.file.as_ref().map(|file| {
            let numbers = [mistake.line, mistake.column].into_iter().map_while(|number| number);
            numbers.fold(file.to_string(), |place, number| format!("{place}:{number}"))
        });
        match (place, &mistake.detail) {
            (Some(place), Some(detail)) => text += &format!("  {place}  {}\n", indented(detail)),
            (Some(place), None) => text += &format!("  {place}\n"),
            (None, Some(detail)) => text += &format!("  {}\n", indented(detail)),
            (None, None) => {}
        }
        let width = mistake.excerpt.last().map_or(0, |(number, _)| number.to_string().len());
        for (number, line) in &mistake.excerpt {
            text += &format!("    {number:width$} | {line}\n");
            if let (true, Some(column)) = (Some(*number) == mistake.line, mistake.column) {
                // a tab before the place stays a tab, so that the mark stands below it
                let before = line.chars().take(column.saturating_sub(1) as usize);
                let space: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                text += &format!("    {:width$} | {space}^\n", "");
            }
        }
        if let Some(hint) = &mistake.hint {
            text += &format!("{} {hint}\n", style("hint:").for_stderr().cyan());
        }
        text
    }

    fn json(&self) -> String {
        let mistake = &self.mistake;
        let failed = Failed {
            version: 1,
            error: ErrorJson {
                kind: self.kind.to_owned(),
                message: mistake.what.clone(),
                file: mistake.file.clone(),
                line: mistake.line,
                column: mistake.column,
                detail: mistake.detail.clone(),
                hint: mistake.hint.clone(),
                questions: self.questions.clone(),
            },
        };
        serde_json::to_string(&failed).unwrap_or_default()
    }
}

/// Further lines of a detail stand below its first.
fn indented(detail: &str) -> String {
    detail.replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockwright::paths::RelPath;
    use dockwright::project::Source;

    #[test]
    fn a_mistake_is_shown_with_its_place_and_a_mark_below_it() {
        let source = Source::new(RelPath::new("package.json").unwrap(), "{\n  \"a\": 1\n  \"b\"\n}".to_owned());
        let mistake = Mistake::new("package.json is not valid JSON").in_source(&source, 13).detail("expected `,`");
        let text = Failure::from(mistake.hint("a comma is missing")).text();
        let expected = "error: package.json is not valid JSON\n  package.json:3:3  expected `,`\n    2 |   \"a\": 1\n    \
                        3 |   \"b\"\n      |   ^\nhint: a comma is missing\n";
        assert_eq!(console::strip_ansi_codes(&text), expected);
    }
}
