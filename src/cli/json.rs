//! The JSON that programs read: one object, `"version": 1`, the same field names everywhere.
//!
//! `snapshots/schema.json` is generated from these types and kept fresh by a test.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use dockwright::apply::{Change, ChangeKind, digest, secrets::SecretState};
use dockwright::audit::{Finding, Weaker};
use dockwright::catalog::{Pick, Pull, Reason};
use dockwright::decisions::{Decisions, SettledBy};
use dockwright::draft::Draft;
use dockwright::facts::{Component, Confidence, Evidence, FactView, Place, Setting, Warning, Written};
use dockwright::paths::RelPath;

use super::questions::{QuestionJson, open_question};

/// What `init` and `detect` print with `--format json`. No value of a secret is in it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    pub version: u32,
    pub components: Vec<ComponentJson>,
    pub decisions: BTreeMap<String, DecisionJson>,
    pub files: Vec<FileJson>,
    pub secrets: Vec<SecretState>,
    pub questions: Vec<QuestionJson>,
    pub findings: Vec<Finding>,
    /// Where templates came from, exactly, by the path of their component; none: built in.
    pub pulls: BTreeMap<String, Pull>,
    /// What that template allows beyond the built-in one for the same stack.
    pub weaker: Vec<Weaker>,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ComponentJson {
    pub path: String,
    pub name: String,
    /// The template that is used; none where no template fits.
    pub template: Option<String>,
    /// By key, as `--set` has them.
    pub facts: BTreeMap<String, FactJson>,
    pub services: Vec<ServiceJson>,
    /// Places that it writes to while it runs.
    pub written: Vec<WrittenJson>,
    pub settings: Vec<Setting>,
    pub templates: Vec<Reason>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FactJson {
    /// None while it is unclear or absent.
    pub value: Option<String>,
    pub confidence: Option<Confidence>,
    pub evidence: Vec<Evidence>,
    pub rejected: Vec<RejectedJson>,
    /// More than one: a question.
    pub candidates: Vec<RejectedJson>,
}

/// A value that is not used, with what speaks for it and why it lost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RejectedJson {
    pub value: String,
    #[serde(flatten)]
    pub evidence: Evidence,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceJson {
    pub id: String,
    pub version: String,
    pub place: Place,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct WrittenJson {
    /// From the app's folder, or from the root.
    pub path: String,
    /// It is given a volume; otherwise memory.
    pub lasts: bool,
    pub evidence: Evidence,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct DecisionJson {
    pub value: String,
    pub by: SettledBy,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FileJson {
    pub path: String,
    pub change: ChangeKind,
    /// Permission bits, octal.
    pub mode: String,
    /// Of what would lie there.
    pub sha256: String,
    /// A unified diff, with `--diff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// What `detect` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Detected {
    pub version: u32,
    pub components: Vec<ComponentJson>,
    pub unfit: Vec<UnfitJson>,
    pub warnings: Vec<Warning>,
}

/// A part of the project that no template fits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnfitJson {
    pub path: String,
    pub because: String,
    pub evidence: Evidence,
}

/// What `secrets` prints; never a value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Secrets {
    pub version: u32,
    pub secrets: Vec<SecretState>,
}

/// What `init --questions` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Questions {
    pub version: u32,
    pub questions: Vec<QuestionJson>,
}

/// What every command prints where it could not do its work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Failed {
    pub version: u32,
    pub error: ErrorJson,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorJson {
    /// `mistake`, `missing-answer`, `findings`, `interrupted`, or why there is no engine.
    pub kind: String,
    pub message: String,
    pub file: Option<RelPath>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The open questions of `missing-answer`.
    pub questions: Vec<QuestionJson>,
}

pub fn rejected(list: &[(String, Evidence)]) -> Vec<RejectedJson> {
    list.iter().map(|(value, evidence)| RejectedJson { value: value.clone(), evidence: evidence.clone() }).collect()
}

impl ComponentJson {
    pub fn of(component: &Component, pick: Option<&Pick>) -> Self {
        let fact = |fact: FactView| {
            let json = FactJson {
                value: fact.value,
                confidence: fact.confidence,
                evidence: fact.evidence,
                rejected: rejected(&fact.rejected),
                candidates: rejected(&fact.candidates),
            };
            (fact.key.to_owned(), json)
        };
        let written =
            |one: &Written| WrittenJson { path: one.to_string(), lasts: one.lasts(), evidence: one.evidence.clone() };
        ComponentJson {
            path: component.path.to_string(),
            name: component.name.to_string(),
            template: pick.and_then(|pick| pick.template.clone()),
            facts: component.facts().into_iter().map(fact).collect(),
            services: component
                .services
                .iter()
                .filter(|service| !service.open)
                .map(|service| ServiceJson {
                    id: service.id.clone(),
                    version: service.version.clone(),
                    place: service.place,
                    evidence: service.evidence.clone(),
                })
                .collect(),
            written: component.written.iter().map(written).collect(),
            settings: component.settings.clone(),
            templates: pick.map(|pick| pick.reasons.clone()).unwrap_or_default(),
        }
    }
}

impl Output {
    pub fn of(draft: &Draft, changes: &[Change], secrets: Vec<SecretState>) -> Self {
        let picks = draft.picks.iter().map(Some).chain(std::iter::repeat(None));
        Output {
            version: 1,
            components: draft.components.iter().zip(picks).map(|(one, pick)| ComponentJson::of(one, pick)).collect(),
            decisions: decisions(&draft.decisions),
            files: changes.iter().map(file).collect(),
            secrets,
            questions: draft.open.iter().map(open_question).collect(),
            findings: draft.findings.clone(),
            pulls: draft.pulls.clone(),
            weaker: draft.weaker.clone(),
            warnings: draft.warnings.clone(),
        }
    }
}

fn file(change: &Change) -> FileJson {
    FileJson {
        path: change.target().to_string(),
        change: change.kind,
        mode: format!("{:04o}", change.mode),
        sha256: digest(&change.after),
        diff: None,
    }
}

fn decisions(decisions: &Decisions) -> BTreeMap<String, DecisionJson> {
    let decided = decisions
        .iter()
        .map(|(key, decision)| (key.to_string(), DecisionJson { value: decision.value.clone(), by: decision.by }));
    decided.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(dead_code, reason = "only its schema is made")]
    #[derive(JsonSchema)]
    #[schemars(untagged, title = "dockwright --format json")]
    enum Document {
        Init(Output),
        Detect(Detected),
        Secrets(Secrets),
        Questions(Questions),
        Verify(dockwright::verify::Report),
        Error(Failed),
    }

    #[test]
    fn the_committed_schema_is_that_of_the_types() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Document)).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/schema.json");
        if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
        assert!(committed == schema, "snapshots/schema.json is old: run the test once with DOCKWRIGHT_BLESS=1");
    }
}
