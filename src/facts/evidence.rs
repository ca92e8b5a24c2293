//! A fact is found with its evidence, unclear, or absent.

use schemars::JsonSchema;
use serde::Serialize;

use crate::paths::RelPath;

/// Where something was read and why it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// `None` where nothing in the project says it: a flag, a default.
    pub file: Option<RelPath>,
    /// From 1.
    pub line: Option<u32>,
    /// What stands there, as far as it matters: one line, never a secret value.
    pub text: String,
    /// The reason in a few words: `Node version file`, `scripts.start`, `Next.js default`.
    pub because: String,
}

impl Evidence {
    pub fn at(file: &RelPath, line: u32, text: impl Into<String>, because: impl Into<String>) -> Self {
        Evidence { file: Some(file.clone()), line: Some(line), text: text.into(), because: because.into() }
    }

    /// A whole file is the evidence: that it exists.
    pub fn file(file: &RelPath, because: impl Into<String>) -> Self {
        Evidence { file: Some(file.clone()), line: None, text: String::new(), because: because.into() }
    }

    /// No file says it.
    pub fn none(because: impl Into<String>) -> Self {
        Evidence { file: None, line: None, text: String::new(), because: because.into() }
    }

    /// `package.json:18`, `pnpm-lock.yaml`, or the reason where there is no file.
    pub fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.to_string(),
            (None, _) => self.because.clone(),
        }
    }
}

/// How sure a fact is, from the surest down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A person, a flag or a file of decisions said so.
    Decided,
    /// The project says so in the place meant for it.
    Declared,
    /// It follows from something that is there for another purpose.
    Inferred,
    /// Nothing says so; it is what most do.
    Default,
}

/// One fact: known, unclear, or absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<T> {
    Known {
        value: T,
        confidence: Confidence,
        /// What says so; the first is shown.
        evidence: Vec<Evidence>,
        /// What says otherwise and lost, with the reason it lost.
        rejected: Vec<(T, Evidence)>,
    },
    /// Choosing wrong would break the build: a question.
    Unclear {
        candidates: Vec<(T, Evidence)>,
    },
    Absent,
}

impl<T> Found<T> {
    pub fn known(value: T, confidence: Confidence, evidence: Evidence) -> Self {
        Found::Known { value, confidence, evidence: vec![evidence], rejected: Vec::new() }
    }

    pub fn declared(value: T, evidence: Evidence) -> Self {
        Self::known(value, Confidence::Declared, evidence)
    }

    pub fn inferred(value: T, evidence: Evidence) -> Self {
        Self::known(value, Confidence::Inferred, evidence)
    }

    pub fn default(value: T, because: impl Into<String>) -> Self {
        Self::known(value, Confidence::Default, Evidence::none(because))
    }

    pub fn value(&self) -> Option<&T> {
        match self {
            Found::Known { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The first evidence of a known fact.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Found::Known { evidence, .. } => evidence.first(),
            _ => None,
        }
    }

    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Found<U> {
        match self {
            Found::Known { value, confidence, evidence, rejected } => Found::Known {
                value: change(value),
                confidence,
                evidence,
                rejected: rejected.into_iter().map(|(value, why)| (change(value), why)).collect(),
            },
            Found::Unclear { candidates } => {
                Found::Unclear { candidates: candidates.into_iter().map(|(value, why)| (change(value), why)).collect() }
            }
            Found::Absent => Found::Absent,
        }
    }
}

/// Something that a person should know although it stops nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// In words: `two-lockfiles`, `end-of-life`.
    pub id: String,
    /// What is wrong, lowercase, without a full stop.
    pub message: String,
    pub evidence: Vec<Evidence>,
    /// What to do; empty where there is nothing to do.
    pub hint: String,
}
