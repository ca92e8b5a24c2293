//! How a draft looks to people: facts with their places, files with their change, warnings.

use console::{measure_text_width, style};

use dockwright::apply::secrets::{SecretState, State};
use dockwright::apply::{Change, ChangeKind};
use dockwright::audit::{Finding, Severity, Weaker};
use dockwright::catalog::{Pick, Pull};
use dockwright::draft::Question;
use dockwright::facts::{Component, Evidence, FactView, Fill, Setting, SettingKind, Warning};

/// Width of the column of values.
const VALUE: usize = 23;
/// Width of the column of places.
const PLACE: usize = 19;
/// Where places begin.
const INDENT: usize = 2 + 10 + 1 + VALUE + 1;

/// Text of the project or a template, without what would change the terminal.
pub fn clean(text: &str) -> String {
    dockwright::catalog::plain(text, usize::MAX)
}

/// The first line: `shop · Node 26, fits template \`node\` (package.json:2)`.
pub fn headline(component: &Component, pick: &Pick, pull: Option<&Pull>) -> String {
    let runtime = component.runtime.value().map_or(component.stack.id().to_owned(), ToString::to_string);
    let template = pick.template.as_deref().unwrap_or("none");
    let place = component.evidence.place();
    let folder = if component.path.is_root() { String::new() } else { format!(" in {}", component.path) };
    let origin = pull.map(|pull| format!("  template   {}\n", clean(&pull.to_string()))).unwrap_or_default();
    format!(
        "{}{folder} · {runtime}, fits template `{template}` ({place})\n{origin}",
        style(&component.name).for_stderr().bold()
    )
}

/// One line of at most 80 columns; a reason that does not fit stands below. Paths stay whole.
fn line(label: &str, value: &str, place: &str, because: &str) -> String {
    let text = format!("  {label:<10} {value:<VALUE$} {place:<PLACE$} {because}");
    if measure_text_width(&text) <= 80 || because.is_empty() {
        return format!("{}\n", text.trim_end());
    }
    let begin = format!("  {label:<10} {value:<VALUE$} {place}");
    let (begin, below) = (begin.trim_end(), because);
    let indent = if measure_text_width(below) + INDENT <= 80 { INDENT } else { 13 };
    format!("{begin}\n{:indent$}{below}\n", "")
}

fn row(label: &str, value: &str, evidence: Option<&Evidence>) -> String {
    let Some(evidence) = evidence else { return line(label, &clean(value), "", "") };
    let because = if evidence.file.is_some() { clean(&evidence.because) } else { String::new() };
    line(label, &clean(value), &clean(&evidence.place()), &because)
}

/// All facts of a component, a line each; with `lost`, what lost and why.
pub fn facts(component: &Component, lost: bool) -> String {
    let mut text = String::new();
    for fact in component.facts().iter().filter(|fact| fact.is_worth_a_line()) {
        text += &fact_lines(fact, lost);
    }
    for (at, service) in component.services.iter().filter(|service| !service.open).enumerate() {
        let label = if at == 0 { "services" } else { "" };
        let value = format!("{} {} ({})", service.name, service.version, service.place);
        text += &row(label, &value, service.evidence.first());
    }
    if component.services.is_empty() {
        text += &line("services", "none", "no client library", "");
    }
    for (at, written) in component.written.iter().enumerate() {
        let label = if at == 0 { "writes" } else { "" };
        let place = if written.lasts() { "volume" } else { "memory" };
        text += &row(label, &format!("{written} ({place})"), Some(&written.evidence));
    }
    for (at, setting) in component.settings.iter().enumerate() {
        let label = if at == 0 { "settings" } else { "" };
        text += &setting_line(label, setting);
    }
    text
}

fn fact_lines(fact: &FactView, lost: bool) -> String {
    let mut text = match &fact.value {
        Some(value) => row(fact.key, value, fact.evidence.first()),
        None => line(fact.key, "?", "", &format!("{}?", fact.ask)),
    };
    for (value, evidence) in &fact.candidates {
        text += &row("", &format!("{value} ?"), Some(evidence));
    }
    if lost {
        for (value, evidence) in &fact.rejected {
            let why = format!("lost: {}", clean(&evidence.because));
            let place = evidence.file.as_ref().map_or_else(String::new, |_| clean(&evidence.place()));
            text += &line("", &clean(value), &place, &why);
        }
    }
    text
}

fn setting_line(label: &str, setting: &Setting) -> String {
    let kind = match setting.kind {
        SettingKind::Secret => "  secret",
        SettingKind::SecretAtBuild => "  secret, at build",
        SettingKind::PublicAtBuild => "  public, at build",
        SettingKind::Plain => "",
    };
    let note = match &setting.fill {
        Fill::Component { service, .. } => &format!("leads to {service}"),
        Fill::Service { .. } => "",
        Fill::Generated => "made up",
        Fill::Empty | Fill::Passed if setting.required => "needed, no value yet",
        Fill::Empty => "no value yet",
        _ if setting.at_build.is_some() => "a placeholder in the build",
        Fill::Value(_) | Fill::Passed | Fill::Image => "",
    };
    let place = setting.evidence.first().map(Evidence::place).unwrap_or_default();
    line(label, &format!("{}{kind}", setting.name), &clean(&place), note)
}

/// A change in a word.
pub fn change_word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "create",
        ChangeKind::Same => "same",
        ChangeKind::Replace => "replace",
        ChangeKind::Keep => "keep",
        ChangeKind::Beside => "beside",
        ChangeKind::TakeOver => "take over",
        ChangeKind::Conflict => "conflict",
    }
}

/// What would happen to each file, a line each.
pub fn changes(changes: &[Change], secrets: &[SecretState]) -> String {
    let mut text = String::new();
    for change in changes {
        let word = change_word(change.kind);
        let note = match (change.kind, &change.meets) {
            (ChangeKind::TakeOver, _) => format!("becomes {}", change.taken_over()),
            (_, Some(why)) => why.clone(),
            (ChangeKind::Beside, _) => format!("ours becomes {}", change.target()),
            _ => format!("{} lines", change.after.lines().count()),
        };
        text += &format!("  {word:<10} {:<25} {note}\n", change.path.as_str());
    }
    let made = secrets.iter().filter(|secret| secret.state != State::Keep).count();
    if made > 0 {
        text += &format!("  {:<10} {:<25} {made} values (not shown)\n", "create", "secrets/");
    }
    text
}

/// Warnings as people read them.
pub fn warnings(warnings: &[Warning]) -> String {
    let mut text = String::new();
    for warning in warnings {
        text += &format!("{} {}\n", style("warning:").for_stderr().yellow().bold(), clean(&warning.message));
        for evidence in warning.evidence.iter().filter(|evidence| evidence.file.is_some()) {
            text += &format!("  {}  {}\n", clean(&evidence.place()), clean(&evidence.text));
        }
        if !warning.hint.is_empty() {
            text += &format!("{} {}\n", style("hint:").for_stderr().cyan(), clean(&warning.hint));
        }
    }
    text
}

/// Findings as people read them.
pub fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.severity {
            Severity::Error => style("error:").for_stderr().red().bold(),
            Severity::Warning => style("warning:").for_stderr().yellow().bold(),
            Severity::Note => style("note:").for_stderr().bold(),
        };
        let place = finding.line.map_or_else(|| finding.file.to_string(), |line| format!("{}:{line}", finding.file));
        text += &format!("{word} {} [{}]\n  {place}\n", clean(&finding.message), finding.rule);
        if !finding.hint.is_empty() {
            text += &format!("{} {}\n", style("hint:").for_stderr().cyan(), clean(&finding.hint));
        }
    }
    text
}

/// What a template from outside allows beyond the built-in one, a line each.
pub fn weaker(weaker: &[Weaker]) -> String {
    let Some(first) = weaker.first() else { return String::new() };
    let mut text = format!(
        "{} this template allows more than the built-in one for the same stack\n",
        style("warning:").for_stderr().yellow().bold()
    );
    let place = |one: &Weaker| one.line.map_or_else(|| one.file.to_string(), |line| format!("{}:{line}", one.file));
    let width = weaker.iter().map(|one| place(one).len()).max().unwrap_or(place(first).len());
    for one in weaker {
        text += &format!("  {:width$}  {}\n", place(one), clean(&one.what));
    }
    text
}

/// An open question with its choices, for the error of a script.
pub fn question_detail(question: &Question) -> String {
    if question.choices.is_empty() {
        return format!("expected {}", question.expected);
    }
    let choices = question.choices.iter().map(|(value, evidence)| {
        format!("{:<12} {}  {}", clean(value), clean(&evidence.place()), clean(&evidence.because)).trim_end().to_owned()
    });
    choices.collect::<Vec<_>>().join("\n")
}

/// Unified diff of all changes that write.
pub fn diff(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes.iter().filter(|change| change.meets.is_none() && change.kind != ChangeKind::Same) {
        let before = change.before.clone().unwrap_or_default().replace("\r\n", "\n");
        let (old, new) = (format!("a/{}", change.path), format!("b/{}", change.path));
        let old = if change.before.is_some() { old } else { "/dev/null".to_owned() };
        let diff = similar::TextDiff::from_lines(&before, &change.after);
        text += &diff.unified_diff().context_radius(3).header(&old, &new).to_string();
    }
    text
}
