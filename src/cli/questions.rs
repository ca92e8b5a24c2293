//! Everything that can be decided, open or not: one list for `--questions`, for the errors of
//! scripts and for the lines that the review screen lets people change.

use schemars::JsonSchema;
use serde::Serialize;

use dockwright::apply::Change;
use dockwright::decisions::{Chosen, Key};
use dockwright::draft::{Draft, Question};
use dockwright::facts::{Component, Evidence, Setting, SettingKind};
use dockwright::paths::RelPath;
use dockwright::presets::Presets;

use super::json::{RejectedJson, rejected};

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuestionJson {
    /// As `--set`, `--answers` and `dockwright.toml` have it; `on-conflict` is a flag only.
    pub key: String,
    #[serde(rename = "type")]
    pub kind: QuestionType,
    pub ask: String,
    /// What an answer looks like.
    pub expected: String,
    /// What is used if nobody answers; none: it must be answered.
    pub default: Option<String>,
    pub choices: Vec<RejectedJson>,
    pub evidence: Vec<Evidence>,
    /// What to type in a script.
    pub flag: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuestionType {
    /// One of `choices`.
    Choice,
    Version,
    Command,
    /// A number, or `none`.
    Port,
    /// A path in the project, or of a URL.
    Path,
    /// Words with spaces between.
    List,
    Text,
}

fn kind(key: &str, choices: bool) -> QuestionType {
    match key.rsplit(':').next().unwrap_or(key) {
        "packages" => QuestionType::Choice,
        _ if choices => QuestionType::Choice,
        "runtime" => QuestionType::Version,
        "build" | "start" | "develop" => QuestionType::Command,
        "port" => QuestionType::Port,
        "main" | "health" => QuestionType::Path,
        "services" => QuestionType::List,
        _ => QuestionType::Text,
    }
}

/// A question that somebody has to answer.
pub fn open_question(question: &Question) -> QuestionJson {
    let key = question.key.to_string();
    QuestionJson {
        kind: kind(&key, !question.choices.is_empty()),
        key,
        ask: question.ask.clone(),
        expected: question.expected.clone(),
        default: None,
        choices: rejected(&question.choices),
        evidence: Vec::new(),
        flag: question.flag(),
    }
}

/// What to do with a file of the user's.
pub fn conflict_question(conflict: &Change) -> QuestionJson {
    let words: &[(&str, &str)] = match conflict.meets {
        Some(_) => {
            &[("keep", "leave it, and write none of ours that it meets"), ("replace", "rename it and write ours")]
        }
        None => &[("keep", "leave it"), ("replace", "write ours over it"), ("beside", "write ours as NAME.new")],
    };
    let choices: Vec<(String, Evidence)> =
        words.iter().map(|(word, because)| ((*word).to_owned(), Evidence::none(*because))).collect();
    let because = conflict.meets.clone().unwrap_or_else(|| "it is not what dockwright wrote".to_owned());
    QuestionJson {
        key: "on-conflict".to_owned(),
        kind: QuestionType::Choice,
        ask: format!("what should become of `{}`", conflict.path),
        expected: "keep, replace or beside".to_owned(),
        default: None,
        choices: rejected(&choices),
        evidence: vec![Evidence::file(&conflict.path, because)],
        flag: "--on-conflict keep".to_owned(),
    }
}

/// Which of several components are meant.
pub fn components_question(components: &[RelPath], chosen: Option<String>) -> QuestionJson {
    let choices: Vec<(String, Evidence)> =
        components.iter().map(|path| (path.to_string(), Evidence::file(path, "a component"))).collect();
    let first = components.first().map_or("PATH", RelPath::as_str);
    QuestionJson {
        key: "components".to_owned(),
        kind: QuestionType::List,
        ask: "which components get their container files".to_owned(),
        expected: "`all`, or paths with commas between".to_owned(),
        default: chosen,
        choices: rejected(&choices),
        evidence: Vec::new(),
        flag: format!("--component {first}"),
    }
}

/// Everything that can be decided, in the order of the review screen.
pub fn all_questions(draft: &Draft) -> Vec<QuestionJson> {
    let mut questions = Vec::new();
    let paths: Vec<RelPath> = draft.components.iter().map(|component| component.path.clone()).collect();
    if paths.len() + draft.others.len() > 1 {
        let mut all = [paths.as_slice(), draft.others.as_slice()].concat();
        all.sort();
        questions.push(components_question(&all, Some(Chosen::Some(paths).to_string())));
    }
    for (at, (component, pick)) in draft.components.iter().zip(&draft.picks).enumerate() {
        let fits = pick.reasons.iter().filter(|reason| reason.fits);
        let fits: Vec<_> = fits.map(|reason| (reason.id.clone(), Evidence::none(&reason.because))).collect();
        let policies = Presets::built_in().policies.iter();
        let policies: Vec<_> = policies.map(|(id, policy)| (id.clone(), Evidence::none(&policy.summary))).collect();
        let ids = |choices: &[(String, Evidence)]| {
            let ids: Vec<String> = choices.iter().map(|(id, _)| format!("`{id}`")).collect();
            ids.join(" or ")
        };
        let evidence = vec![component.evidence.clone()];
        let key = Key::of(&component.path, "template");
        let ask = "which template is used";
        questions.push(known(&key, ask, &ids(&fits), pick.template.clone(), fits, evidence));
        if at == 0 {
            let evidence = vec![Evidence::none("how hard and how much")];
            let (key, ask, policy) = (Key::root("preset"), "which preset is used", Some(draft.policy.clone()));
            questions.push(known(&key, ask, &ids(&policies), policy, policies, evidence));
        }
        questions.extend(facts(component));
        if component.services.iter().all(|service| !service.open) {
            questions.push(services(component));
        }
        questions.extend(component.settings.iter().map(|setting| of_setting(component, setting)));
    }
    questions
}

fn known(
    key: &Key,
    ask: &str,
    expected: &str,
    default: Option<String>,
    choices: Vec<(String, Evidence)>,
    evidence: Vec<Evidence>,
) -> QuestionJson {
    QuestionJson {
        key: key.to_string(),
        kind: QuestionType::Choice,
        ask: ask.to_owned(),
        expected: expected.to_owned(),
        flag: match key.component.is_root() {
            true => format!("--{key} {}", default.as_deref().unwrap_or("ID")),
            false => format!("--set {key}={}", default.as_deref().unwrap_or("ID")),
        },
        default,
        choices: rejected(&choices),
        evidence,
    }
}

fn facts(component: &Component) -> impl Iterator<Item = QuestionJson> {
    component.facts().into_iter().map(|fact| {
        let key = Key::of(&component.path, fact.key).to_string();
        let example = fact.value.clone().or_else(|| fact.candidates.first().map(|(value, _)| value.clone()));
        QuestionJson {
            kind: kind(&key, !fact.candidates.is_empty()),
            flag: format!("--set '{key}={}'", example.as_deref().unwrap_or("VALUE")),
            key,
            ask: fact.ask,
            expected: fact.expected.to_owned(),
            default: fact.value,
            choices: rejected(&fact.candidates),
            evidence: fact.evidence,
        }
    })
}

fn services(component: &Component) -> QuestionJson {
    let key = Key::of(&component.path, "services").to_string();
    let found: Vec<String> =
        component.services.iter().map(|service| format!("{}={}", service.id, service.place)).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(" ") };
    let known = &Presets::built_in().services;
    let mut examples = known.keys().map(String::as_str);
    let (first, last) = (examples.next().unwrap_or("x"), examples.next_back().unwrap_or("y"));
    QuestionJson {
        kind: QuestionType::List,
        ask: format!("which backing services does `{}` use", component.name),
        expected: format!("`none`, or a list as in `{last} {first}=elsewhere`"),
        flag: format!("--set '{key}={found}'"),
        key,
        default: Some(found),
        choices: rejected(
            &known.iter().map(|(id, preset)| (id.clone(), Evidence::none(&preset.name))).collect::<Vec<_>>(),
        ),
        evidence: component.services.iter().flat_map(|service| service.evidence.clone()).collect(),
    }
}

fn of_setting(component: &Component, setting: &Setting) -> QuestionJson {
    let key = Key::setting(&component.path, &setting.name).to_string();
    let found = match setting.kind {
        SettingKind::Secret => "secret",
        SettingKind::Plain => "plain",
        SettingKind::PublicAtBuild => "public-at-build",
        SettingKind::SecretAtBuild => "secret-at-build",
    };
    QuestionJson {
        kind: QuestionType::Text,
        ask: format!("what kind of value is `{}`", setting.name),
        expected: "`secret`, `plain=VALUE`, `secret-at-build` or `off`".to_owned(),
        flag: format!("--set {key}=secret"),
        key,
        default: Some(found.to_owned()),
        choices: Vec::new(),
        evidence: setting.evidence.clone(),
    }
}

/// Where a value comes from, for the line above its question.
pub fn reason(question: &QuestionJson) -> String {
    let Some(evidence) = question.evidence.first() else { return String::new() };
    let decided = evidence.file.is_none() || evidence.because == evidence.place();
    if decided { evidence.because.clone() } else { format!("{}  {}", evidence.place(), evidence.because) }
}
