//! What `init` prints where it writes nothing: questions, one file, a plan, a difference, a check.

use serde_json::json;

use dockwright::apply::{Change, ChangeKind};
use dockwright::draft::Draft;
use dockwright::paths::RelPath;
use dockwright::project::Mistake;

use super::init::Drafted;
use super::json::{Output, Questions};
use super::print::{err, out};
use super::questions::all_questions;
use super::{ExitCode, Format, Outcome, show};

pub fn questions(draft: &Draft, format: Format) -> Outcome {
    let questions = all_questions(draft);
    if format == Format::Json {
        out(&format!("{}\n", json!(Questions { version: 1, questions })));
        return Ok(ExitCode::Done);
    }
    let mut text = String::new();
    for question in questions {
        let default = question.default.as_deref().unwrap_or("must be answered");
        text += &format!("{:<10} {}?\n", question.key, show::clean(&question.ask));
        text += &format!("           found {}\n           expected {}\n", show::clean(default), question.expected);
    }
    out(&text);
    Ok(ExitCode::Done)
}

pub fn print_file(draft: &Draft, file: &str) -> Outcome {
    let path = RelPath::new(file).map_err(|error| Mistake::new(error.to_string()))?;
    let Some(found) = draft.setup.files.get(&path) else {
        let known: Vec<String> = draft.setup.files.keys().map(ToString::to_string).collect();
        return Err(Mistake::new(format!("`{file}` is not written for `{}`", draft.name))
            .hint(format!("there are {}", known.join(", ")))
            .into());
    };
    out(&found.text);
    Ok(ExitCode::Done)
}

pub fn check(drafted: &Drafted, format: Format) -> Outcome {
    let pending: Vec<&Change> =
        drafted.changes.iter().filter(|change| change.writes() || change.kind == ChangeKind::Conflict).collect();
    if format == Format::Json {
        let output = Output::of(&drafted.draft, &drafted.changes, drafted.secrets.clone());
        out(&format!("{}\n", json!(output)));
    } else {
        for change in &pending {
            let why = match (change.kind, &change.meets) {
                (_, Some(why)) => why.as_str(),
                (ChangeKind::Create, None) => "is missing",
                (ChangeKind::Replace, None) => "would be written anew: the project changed",
                _ => "was edited, or is not dockwright's",
            };
            out(&format!("{}  {why}\n", change.path));
        }
        if pending.is_empty() {
            err("up to date\n");
        }
    }
    Ok(if pending.is_empty() { ExitCode::Done } else { ExitCode::Findings })
}

pub fn diff(drafted: &Drafted, format: Format) -> Outcome {
    if format == Format::Human {
        out(&show::diff(&drafted.changes));
        return Ok(ExitCode::Done);
    }
    let mut output = Output::of(&drafted.draft, &drafted.changes, drafted.secrets.clone());
    for (file, change) in output.files.iter_mut().zip(&drafted.changes) {
        file.diff = Some(show::diff(std::slice::from_ref(change)));
    }
    out(&format!("{}\n", json!(output)));
    Ok(ExitCode::Done)
}

pub fn dry_run(drafted: &Drafted, format: Format) -> Outcome {
    if format == Format::Json {
        let output = Output::of(&drafted.draft, &drafted.changes, drafted.secrets.clone());
        out(&format!("{}\n", json!(output)));
        return Ok(ExitCode::Done);
    }
    out(&screen(drafted));
    err(&show::warnings(&drafted.draft.warnings));
    err(&show::weaker(&drafted.draft.weaker));
    Ok(ExitCode::Done)
}

/// The review screen without its question.
pub fn screen(drafted: &Drafted) -> String {
    let mut text = String::new();
    for (component, pick) in drafted.draft.components.iter().zip(&drafted.draft.picks) {
        let gap = if text.is_empty() { "" } else { "\n" };
        text += &format!(
            "{gap}{}\n{}",
            show::headline(component, pick, drafted.draft.pulls.get(component.path.as_str())),
            show::facts(component, false)
        );
    }
    if drafted.draft.open.is_empty() {
        text += &format!("\n{}", show::changes(&drafted.changes, &drafted.secrets));
    }
    text
}
