//! Small projects for the tests of detectors.

use std::fs;

use tempfile::TempDir;

use super::{Context, Detection, detect};
use crate::decisions::{Decisions, SettledBy};
use crate::facts::{BuildStep, SettingKind};
use crate::presets::Presets;
use crate::project::{Mistake, Project};

/// A folder with files, and what was settled.
pub struct Case {
    folder: TempDir,
    decisions: Decisions,
}

/// A project of these files: path and text.
pub fn project(files: &[(&str, &str)]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Case { folder, decisions: Decisions::default() }
}

impl Case {
    /// Settles a key as a flag does.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.decisions.settle(key.parse().unwrap(), value, SettledBy::Flag);
        self
    }

    pub fn detect(&self) -> Result<Detection, Mistake> {
        detect(&self.open(), &self.decisions, Presets::built_in())
    }

    pub fn open(&self) -> Project {
        Project::open(self.folder.path()).unwrap()
    }

    /// Calls `ask` with the context that a detector gets.
    pub fn ask<T>(&self, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        ask(&Context::new(&self.open(), &self.decisions, Presets::built_in()))
    }
}

/// The first warning with an id: the places it shows, its message and its hint.
pub fn named(case: &Case, id: &str) -> Option<(String, String, String)> {
    let warnings = case.detect().unwrap().warnings;
    let warning = warnings.into_iter().find(|warning| warning.id == id)?;
    let places: Vec<String> = warning.evidence.iter().map(|evidence| evidence.place()).collect();
    Some((places.join(" "), warning.message, warning.hint))
}

/// The secrets that the first component's install is given: name and place of each.
pub fn secrets_of_install(case: &Case) -> Vec<String> {
    let detection = case.detect().unwrap();
    let settings = detection.components[0].settings.iter();
    let at_install = settings.filter(|setting| setting.mounted == Some(BuildStep::Install));
    at_install
        .map(|setting| {
            assert_eq!(setting.kind, SettingKind::SecretAtBuild);
            format!("{} {}", setting.name, setting.evidence[0].place())
        })
        .collect()
}
