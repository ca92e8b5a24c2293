//! `dockwright init`: the pipeline, a form and a hand-over.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use dockwright::apply::secrets::{self, SecretState, State};
use dockwright::apply::{
    Change, ChangeKind, Choice, Choices, DotEnv, Receipt, Recovered, compare, consequences, decided_edits,
    read_receipt, recover, settled_change, write,
};
use dockwright::audit::{Finding, Severity};
use dockwright::decisions::Decisions;
use dockwright::detect::detect;
use dockwright::draft::{Draft, NoDraft, draft};
use dockwright::facts::{Component, SettingKind};
use dockwright::paths::RelPath;
use dockwright::presets::Presets;
use dockwright::project::{Mistake, Project};

use super::decide::Settle;
use super::json::Output;
use super::print::{err, out};
use super::questions::{components_question, conflict_question, open_question};
use super::secrets::read_env;
use super::shelf::Shelf;
use super::{ExitCode, Failure, Format, Outcome, preview, show, wizard};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    settle: Settle,
    /// Ask nothing; a decision that is missing is exit code 3
    #[arg(long, short)]
    yes: bool,
    /// Say what would be written, and write nothing
    #[arg(long, conflicts_with_all = ["diff", "print", "check", "questions"])]
    dry_run: bool,
    /// Print what would change as a unified diff, and write nothing
    #[arg(long, conflicts_with_all = ["print", "check", "questions"])]
    diff: bool,
    /// Print one file as it would be written, and write nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "questions"])]
    print: Option<String>,
    /// Exit with 1 if anything would change, and write nothing
    #[arg(long, conflicts_with = "questions")]
    check: bool,
    /// Print everything that can be decided, and write nothing
    #[arg(long)]
    questions: bool,
    /// What to do with files that are somebody else's
    #[arg(long, value_enum, default_value_t)]
    on_conflict: OnConflict,
    /// Take first values of secrets from `.env`
    #[arg(long)]
    import_env: bool,
    /// Write in spite of this rule's findings
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// On the review screen; without one it is exit code 3
    #[default]
    Ask,
    /// Leave theirs
    Keep,
    /// Replace theirs; a file that ours would shadow becomes NAME.before-dockwright
    Replace,
    /// Write ours beside theirs, as NAME.new
    Beside,
}

/// What one run works on; the review screen changes the decisions and choices in it.
pub struct Session {
    pub project: Project,
    shelf: Shelf,
    pub decisions: Decisions,
    pub choices: Choices,
    pub imported: DotEnv,
    receipt: Option<Receipt>,
    /// The project's folder as it was typed.
    shown: String,
}

/// A draft with what writing it would change.
pub struct Drafted {
    pub draft: Draft,
    pub changes: Vec<Change>,
    pub secrets: Vec<SecretState>,
}

impl Session {
    /// The paths of the project's components.
    pub fn components(&self) -> Result<Vec<RelPath>, Failure> {
        let found = detect(&self.project, &self.decisions, Presets::built_in())?;
        Ok(found.components.into_iter().map(|component| component.path).collect())
    }

    /// What the `.env` of the project and of its chosen components have.
    pub fn env(&self) -> Result<DotEnv, Failure> {
        let chosen = self.decisions.chosen().map_err(|error| Mistake::new(error.to_string()))?;
        let mut components = self.components()?;
        components.retain(|path| chosen.as_ref().is_none_or(|chosen| chosen.has(path)));
        Ok(read_env(&self.project, &components))
    }

    pub fn draft(&self) -> Result<Drafted, Failure> {
        let presets = Presets::built_in();
        let templates = self.shelf.templates(&self.decisions, &self.project, self.receipt.as_ref())?;
        let draft = draft(&self.project, &templates, presets, &self.decisions);
        let mut draft = draft.map_err(no_draft)?;
        let mut changes = compare(&draft.setup, &self.project, self.receipt.as_ref(), &self.choices)?;
        draft.warnings.extend(consequences(&changes, &draft.setup, self.receipt.as_ref(), &self.project));
        changes.extend(decided_edits(&draft.components, &self.project)?);
        changes.extend(settled_change(&draft.decisions, &self.project)?);
        let secrets = match writes_compose(&changes) {
            true => secrets::plan(&draft.setup.secrets, self.project.root(), &self.imported)?,
            false => Vec::new(),
        };
        Ok(Drafted { draft, changes, secrets })
    }
}

fn no_draft(reason: NoDraft) -> Failure {
    match reason {
        NoDraft::Mistake(mistake) => mistake.into(),
        NoDraft::Choose { project, components } => {
            let paths: Vec<String> = components.iter().map(ToString::to_string).collect();
            let first = paths.first().map_or("PATH", String::as_str);
            let mistake = Mistake::new(format!("which components of `{project}` get their container files?"))
                .detail(paths.join("\n"))
                .hint(format!("add `--component {first}`, again for one more, or `--component all`"));
            let mut failure = Failure::new(ExitCode::MissingDecision, "missing-answer", mistake);
            failure.questions = vec![components_question(&components, None)];
            failure
        }
    }
}

/// Whether compose.yaml is ours; where the user's is kept, no secrets are made either.
fn writes_compose(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.path.as_str() == "compose.yaml" && change.kind != ChangeKind::Keep)
}

pub fn run(args: &Args) -> Outcome {
    if !args.path.is_dir() {
        return Err(Mistake::new(format!("`{}` is not a folder", args.path.display()))
            .hint("name the project's folder: `dockwright init PATH`")
            .into());
    }
    let (folder, settle) = args.settle.project_of(&args.path)?;
    say_recovered(recover(&folder)?);
    let project = Project::open(&folder)?;
    let choice = match args.on_conflict {
        OnConflict::Ask => None,
        OnConflict::Keep => Some(Choice::Keep),
        OnConflict::Replace => Some(Choice::Replace),
        OnConflict::Beside => Some(Choice::Beside),
    };
    let mut session = Session {
        shelf: Shelf::new(args.settle.offline, asks(args), &args.allow),
        decisions: settle.decisions(&project)?,
        choices: Choices { default: choice, ..Choices::default() },
        imported: DotEnv::default(),
        receipt: read_receipt(&project)?,
        shown: folder.display().to_string(),
        project,
    };
    if args.import_env {
        session.imported = session.env()?;
    }
    let only_shows = args.dry_run || args.diff || args.check || args.questions || args.print.is_some();
    let drafted = match !only_shows && asks(args) {
        true => match wizard::review(&mut session)? {
            Some(drafted) => drafted,
            None => {
                err("nothing was written\n");
                return Ok(ExitCode::Done);
            }
        },
        false => session.draft()?,
    };
    if args.questions {
        return preview::questions(&drafted.draft, args.format);
    }
    if !drafted.draft.open.is_empty() {
        if args.format == Format::Human {
            err(&show::warnings(&drafted.draft.warnings));
        }
        return Err(missing_answer(&drafted.draft));
    }
    stop_on_findings(&drafted.draft, &args.allow)?;
    if let Some(file) = &args.print {
        return preview::print_file(&drafted.draft, file);
    }
    if args.check {
        return preview::check(&drafted, args.format);
    }
    if args.diff {
        return preview::diff(&drafted, args.format);
    }
    if args.dry_run {
        return preview::dry_run(&drafted, args.format);
    }
    undecided(&drafted.changes)?;
    session.shelf.check_interrupted()?;
    finish(&session, &drafted, args.format)
}

/// A question is asked only where a person can see and answer it.
fn asks(args: &Args) -> bool {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    terminal && !args.yes && args.format == Format::Human && std::env::var_os("CI").is_none_or(|value| value.is_empty())
}

/// Says what was done about a run that was interrupted.
pub fn say_recovered(recovered: Option<Recovered>) {
    match recovered {
        None => {}
        Some(Recovered::Undone) => err("an interrupted run was undone: it had changed nothing yet\n"),
        Some(Recovered::Finished { written, beside }) => {
            let theirs: Vec<String> = written.into_iter().filter(|path| !path.starts_with(".dockwright/")).collect();
            let rest = if theirs.is_empty() { "its receipt".to_owned() } else { theirs.join(", ") };
            err(&format!("an interrupted run was finished: wrote {rest}\n"));
            if !beside.is_empty() {
                err(&format!("  changed in the meantime, so ours lies beside: {}\n", beside.join(", ")));
            }
        }
    }
}

fn missing_answer(draft: &Draft) -> Failure {
    let mut mistake = Mistake::new("nothing is open");
    if let Some(question) = draft.open.first() {
        mistake = Mistake::new(format!("{}?", question.ask))
            .detail(show::question_detail(question))
            .hint(format!("add `{}`", question.flag()));
    }
    let mut failure = Failure::new(ExitCode::MissingDecision, "missing-answer", mistake);
    failure.questions = draft.open.iter().map(open_question).collect();
    failure
}

/// Nobody is there to say what becomes of the files that exist.
fn undecided(changes: &[Change]) -> Result<(), Failure> {
    let conflicts: Vec<&Change> = changes.iter().filter(|change| change.kind == ChangeKind::Conflict).collect();
    let Some(first) = conflicts.first() else { return Ok(()) };
    let what = match conflicts.len() {
        1 => format!("what should become of `{}`?", first.path),
        count => format!("what should become of {count} files?"),
    };
    let why = conflicts.iter().map(|conflict| {
        let why = conflict.meets.as_deref().unwrap_or("it exists and is not what dockwright wrote");
        format!("{}  {why}", conflict.path)
    });
    let mistake = Mistake::new(what)
        .detail(why.collect::<Vec<_>>().join("\n"))
        .hint("add `--on-conflict keep`, `replace` or `beside`; `--diff` shows the difference");
    let mut failure = Failure::new(ExitCode::MissingDecision, "missing-answer", mistake);
    failure.questions = conflicts.into_iter().map(conflict_question).collect();
    Err(failure)
}

/// An error stops the write, a warning too under a policy that says so, unless it is allowed.
fn stop_on_findings(draft: &Draft, allowed: &[String]) -> Result<(), Failure> {
    let strict = Presets::built_in().policies.get(&draft.policy).is_some_and(|policy| policy.warnings_stop);
    let least = if strict { Severity::Warning } else { Severity::Error };
    let stopping: Vec<&Finding> =
        draft.findings.iter().filter(|finding| finding.severity >= least && !allowed.contains(&finding.rule)).collect();
    let Some(first) = stopping.first() else { return Ok(()) };
    let mut mistake = Mistake::new(first.message.clone()).at(first.file.clone(), first.line);
    mistake = mistake.hint(format!("{}; or accept it with `--allow {}`", first.hint, first.rule));
    Err(Failure::new(ExitCode::Findings, "findings", mistake))
}

fn finish(session: &Session, drafted: &Drafted, format: Format) -> Outcome {
    let Drafted { draft, changes, .. } = drafted;
    if format == Format::Human {
        err(&show::warnings(&draft.warnings));
        err(&show::findings(&draft.findings));
        err(&show::weaker(&draft.weaker));
    }
    let paths = draft.components.iter().map(|component| component.path.to_string());
    let picks = draft.picks.iter().map(|pick| pick.template.clone().unwrap_or_default());
    let templates: Vec<(String, String)> = paths.zip(picks).collect();
    let root = session.project.root();
    let mut receipt = Receipt::of(&templates, &draft.setup, changes, session.receipt.as_ref(), root);
    receipt.pulls.clone_from(&draft.pulls);
    write(&session.project, changes, &draft.setup, &receipt, &|_| false)?;
    let secrets = match writes_compose(changes) {
        true => secrets::create(&draft.setup.secrets, root, &session.imported)?,
        false => Vec::new(),
    };
    if format == Format::Json {
        out(&format!("{}\n", json!(Output::of(draft, changes, secrets))));
        return Ok(ExitCode::Done);
    }
    for sentence in secrets::not_taken(&draft.setup.secrets, &session.imported) {
        err(&format!("{sentence}\n"));
    }
    err(&summary(draft, changes, &secrets, &session.shown));
    for note in &draft.notes {
        err(&format!("\n  {}\n", show::clean(note)));
    }
    Ok(ExitCode::Done)
}

/// What was written, what to type next, and what is still empty.
fn summary(draft: &Draft, changes: &[Change], secrets: &[SecretState], path: &str) -> String {
    let compose = writes_compose(changes);
    let of_build = |component: &Component| -> Vec<String> {
        let settings = component.settings.iter().filter(|setting| setting.kind == SettingKind::SecretAtBuild);
        settings.map(|setting| component.secret_file(setting)).collect()
    };
    let of_build: Vec<String> = draft.components.iter().flat_map(of_build).collect();
    let files = changes.iter().filter(|change| change.writes()).count();
    let made = secrets.iter().filter(|secret| secret.state != State::Keep).count();
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let mut text = match (files, made) {
        (0, 0) => "everything is up to date".to_owned(),
        (_, 0) => format!("wrote {}", count(files, "file")),
        (0, _) => format!("made {}", count(made, "secret")),
        _ => format!("wrote {} and {}", count(files, "file"), count(made, "secret")),
    };
    text += "\n\n";
    if compose {
        text += "  docker compose up --watch                           develop: reloads when you save\n";
        text += "  docker compose -f compose.yaml up --build --wait    run it as in production\n";
    }
    let verify = if path == "." { "dockwright verify".to_owned() } else { format!("dockwright verify {path}") };
    text += &format!("  {verify:<51} build it, run it hardened, prove it\n");
    for secret in secrets.iter().filter(|secret| secret.empty) {
        let reader = if of_build.contains(&secret.name) { "build" } else { "app" };
        text += &format!("\n  secrets/{} is empty: put the value there before the {reader} needs it", secret.name);
    }
    for secret in secrets.iter().filter(|secret| secret.disagrees) {
        text += &format!("\n  secrets/{} does not agree with the password it was made of", secret.name);
    }
    if secrets.iter().any(|secret| secret.empty || secret.disagrees) {
        text += "\n";
    }
    text
}
