//! The review screen: shows the draft, takes one decision, drafts again, until the person says
//! write. Every question ends by Esc or Ctrl-C too; the cursor is shown again in one place.

use console::{Key, Term, measure_text_width, style};
use dialoguer::theme::SimpleTheme;
use dialoguer::{MultiSelect, Select};

use dockwright::apply::secrets::not_taken;
use dockwright::apply::{Change, ChangeKind, Choice, edit_change, offered};
use dockwright::decisions::{Chosen, Key as DecisionKey, SettledBy};
use dockwright::draft::Question;

use super::init::{Drafted, Session};
use super::preview::screen;
use super::print::err;
use super::questions::{QuestionJson, all_questions, reason};
use super::{Failure, show};

/// Ends when the person says write (the draft to be written) or no (`None`).
///
/// # Errors
/// Ctrl-C or Esc, a terminal that goes away, or a mistake in the project.
pub fn review(session: &mut Session) -> Result<Option<Drafted>, Failure> {
    let term = Term::stderr();
    // Ctrl-C is read as a key, or ends a list with an error: never the process
    let _seen = super::interrupted();
    let outcome = ask(session, &term);
    let _ = term.show_cursor();
    outcome
}

fn ask(session: &mut Session, term: &Term) -> Result<Option<Drafted>, Failure> {
    choose_components(session, term)?;
    offer_import(session, term)?;
    loop {
        let drafted = session.draft()?;
        if let Some(question) = drafted.draft.open.first() {
            let value = answer(question, term)?;
            session.decisions.settle(question.key.clone(), value, SettledBy::Person);
            continue;
        }
        if offer_edit(session, &drafted, term)? {
            continue;
        }
        err(&format!("{}\n{}", screen(&drafted), show::warnings(&drafted.draft.warnings)));
        err(&show::findings(&drafted.draft.findings));
        err(&show::weaker(&drafted.draft.weaker));
        let keys = "[Y] yes  [c] change something  [d] show the diff  [n] no";
        match key(term, &format!("write these files?  {keys}"), &['y', 'c', 'd', 'n'])? {
            'y' => match drafted.changes.iter().find(|change| change.kind == ChangeKind::Conflict) {
                Some(conflict) => {
                    let choice = decide_conflict(conflict, term)?;
                    session.choices.files.insert(conflict.path.clone(), choice);
                }
                None => return Ok(Some(drafted)),
            },
            'c' => change(session, &drafted, term)?,
            'd' => err(&show::diff(&drafted.changes)),
            _ => return Ok(None),
        }
    }
}

/// Where a project has several components, one or more are chosen first. Enter takes all.
fn choose_components(session: &mut Session, term: &Term) -> Result<(), Failure> {
    let components = session.components()?;
    if session.decisions.get(&DecisionKey::root("components")).is_some() || components.len() < 2 {
        return Ok(());
    }
    let items: Vec<String> = components.iter().map(|path| show::clean(path.as_str())).collect();
    let chosen = loop {
        let prompt = "which components get their container files? (space picks, enter ends)";
        let chosen = MultiSelect::with_theme(&SimpleTheme)
            .with_prompt(prompt)
            .items(&items)
            .defaults(&vec![true; items.len()])
            .interact_on_opt(term);
        match chosen {
            Ok(Some(chosen)) if chosen.is_empty() => {}
            Ok(Some(chosen)) => break chosen,
            Ok(None) | Err(_) => return Err(Failure::interrupted()),
        }
    };
    let paths = chosen.into_iter().map(|at| components[at].clone()).collect();
    let value = Chosen::Some(paths).to_string();
    session.decisions.settle(DecisionKey::root("components"), value, SettledBy::Person);
    Ok(())
}

/// Offers values of `.env` for secrets that have none yet.
fn offer_import(session: &mut Session, term: &Term) -> Result<(), Failure> {
    let env = session.env()?;
    let Ok(drafted) = session.draft() else { return Ok(()) };
    let names: Vec<String> = drafted
        .secrets
        .iter()
        .filter(|secret| secret.empty && env.has(&secret.name))
        .map(|secret| secret.name.to_ascii_uppercase())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let question = format!("take {} from .env into secrets/?  [Y] yes  [n] no", names.join(", "));
    if key(term, &question, &['y', 'n'])? == 'y' {
        session.imported = env;
    }
    for sentence in not_taken(&drafted.draft.setup.secrets, &session.imported) {
        err(&format!("  {sentence}\n"));
    }
    Ok(())
}

/// Offers a change to the project's own file that makes its image smaller, once; whether somebody
/// decided. Enter leaves the file as it is.
fn offer_edit(session: &mut Session, drafted: &Drafted, term: &Term) -> Result<bool, Failure> {
    let mut open = drafted.draft.components.iter().filter_map(|component| {
        let key = DecisionKey::of(&component.path, "output");
        let is_open = drafted.draft.decisions.get(&key).is_none();
        offered(component).filter(|_| is_open).map(|(path, edit)| (key, path, edit))
    });
    let Some((key_of_output, path, edit)) = open.next() else { return Ok(false) };
    let change = edit_change(&path, edit, &session.project)?;
    err("with one line more the build leaves a server with just the packages that it needs:\n\n");
    err(&show::diff(std::slice::from_ref(&change)));
    let verb = if change.kind == ChangeKind::Create { "write" } else { "change" };
    let question =
        format!("{verb} {} like this?  [N] no  [y] yes, for a much smaller image", show::clean(path.as_str()));
    let value = if key(term, &question, &['n', 'y'])? == 'y' { "standalone" } else { "none" };
    session.decisions.settle(key_of_output, value, SettledBy::Person);
    Ok(true)
}

/// One key of `keys`; Enter is the first.
fn key(term: &Term, question: &str, keys: &[char]) -> Result<char, Failure> {
    err(&format!("{} {question} ", style("?").for_stderr().cyan().bold()));
    loop {
        match read_key(term)? {
            Key::Enter => return Ok(said(keys[0])),
            Key::Char(typed) if keys.contains(&typed.to_ascii_lowercase()) => {
                return Ok(said(typed.to_ascii_lowercase()));
            }
            _ => {}
        }
    }
}

fn said(key: char) -> char {
    err(&format!("{key}\n"));
    key
}

fn read_key(term: &Term) -> Result<Key, Failure> {
    match term.read_key_raw() {
        Ok(Key::Escape | Key::CtrlC) | Err(_) => {
            err("\n");
            Err(Failure::interrupted())
        }
        Ok(key) => Ok(key),
    }
}

/// A line of text; Enter alone is the default.
fn text(term: &Term, question: &str, default: &str) -> Result<String, Failure> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{}]", show::clean(default)) };
    err(&format!("{} {question}{shown} ", style("?").for_stderr().cyan().bold()));
    let mut typed = String::new();
    loop {
        match read_key(term)? {
            Key::Enter => break,
            Key::Backspace => {
                let width = typed.pop().map_or(0, |c| measure_text_width(&c.to_string()));
                let _ = term.clear_chars(width);
            }
            Key::Char(c) if !c.is_control() => {
                typed.push(c);
                err(&c.to_string());
            }
            _ => {}
        }
    }
    err("\n");
    Ok(if typed.trim().is_empty() { default.to_owned() } else { typed.trim().to_owned() })
}

fn select(term: &Term, question: &str, items: &[String]) -> Result<usize, Failure> {
    let chosen = Select::with_theme(&SimpleTheme).with_prompt(question).items(items).default(0).interact_on_opt(term);
    match chosen {
        Ok(Some(at)) => Ok(at),
        Ok(None) | Err(_) => Err(Failure::interrupted()),
    }
}

fn answer(question: &Question, term: &Term) -> Result<String, Failure> {
    if question.choices.is_empty() {
        loop {
            let typed = text(term, &format!("{}? ({})", question.ask, question.expected), "")?;
            if !typed.is_empty() {
                return Ok(typed);
            }
        }
    }
    let items: Vec<String> = question
        .choices
        .iter()
        .map(|(value, evidence)| {
            let place = format!("{:<16} {}", evidence.place(), evidence.because);
            show::clean(&format!("{value:<12} {place}"))
        })
        .collect();
    let at = select(term, &format!("{}?", question.ask), &items)?;
    Ok(question.choices[at].0.clone())
}

/// Takes one line of the screen and a new value for it, or decides about a file again.
fn change(session: &mut Session, drafted: &Drafted, term: &Term) -> Result<(), Failure> {
    let questions = all_questions(&drafted.draft);
    let is_alone = drafted.draft.components.len() == 1;
    let files: Vec<&Change> = drafted.changes.iter().filter(|change| is_choice(session, change)).collect();
    let lines = questions.iter().map(|question| {
        let name = if is_alone { question.key.rsplit(':').next().unwrap_or(&question.key) } else { &question.key };
        show::clean(&format!("{:<12} {}", label(name), question.default.as_deref().unwrap_or("?")))
    });
    let of_files = files.iter().map(|change| format!("{:<12} {}", show::change_word(change.kind), change.path));
    let items: Vec<String> = lines.chain(of_files).collect();
    let at = select(term, "change what?", &items)?;
    let Some(question) = questions.get(at) else {
        let file = files[at - questions.len()];
        let choice = decide_conflict(file, term)?;
        session.choices.files.insert(file.path.clone(), choice);
        return Ok(());
    };
    change_value(session, question, term)
}

/// Files of the user's about which something was or will be decided.
fn is_choice(session: &Session, change: &Change) -> bool {
    let kinds = [ChangeKind::Conflict, ChangeKind::Keep, ChangeKind::Beside, ChangeKind::TakeOver];
    kinds.contains(&change.kind) || session.choices.files.contains_key(&change.path)
}

fn label(key: &str) -> &str {
    key.strip_prefix("settings.").unwrap_or(key)
}

/// A value that cannot be is said and asked for again.
fn change_value(session: &mut Session, question: &QuestionJson, term: &Term) -> Result<(), Failure> {
    let Ok(key) = question.key.parse::<DecisionKey>() else { return Ok(()) };
    let default = question.default.as_deref().unwrap_or_default();
    let why = reason(question);
    if !why.is_empty() {
        err(&format!("  {}\n", show::clean(&why)));
    }
    let name = question.key.rsplit(':').next().unwrap_or(&question.key);
    loop {
        let value = text(term, &format!("{} ({})", label(name), question.expected), default)?;
        if value == default {
            return Ok(());
        }
        let before = session.decisions.get(&key).cloned();
        session.decisions.settle(key.clone(), value, SettledBy::Person);
        match session.draft() {
            Ok(_) => return Ok(()),
            Err(failure) => {
                failure.print(super::Format::Human);
                session.decisions.unsettle(&key);
                if let Some(before) = before {
                    session.decisions.settle(key.clone(), before.value, before.by);
                }
            }
        }
    }
}

fn decide_conflict(conflict: &Change, term: &Term) -> Result<Choice, Failure> {
    let why = conflict.meets.clone().unwrap_or_else(|| "it is not what dockwright wrote".to_owned());
    loop {
        err(&format!("{}: {why}\n", conflict.path));
        let (question, keys): (&str, &[char]) = match &conflict.meets {
            Some(_) => ("[K] keep it, without ours  [t] take over: rename it", &['k', 't']),
            None => ("[K] keep it  [r] replace it  [b] both, ours as .new  [d] show the diff", &['k', 'r', 'b', 'd']),
        };
        match key(term, question, keys)? {
            'k' => return Ok(Choice::Keep),
            'b' => return Ok(Choice::Beside),
            'r' | 't' => return Ok(Choice::Replace),
            _ => err(&show::diff(std::slice::from_ref(conflict))),
        }
    }
}
