//! What brings the database of a Python component up to date: Alembic, unless the app calls it.

use super::super::Context;
use super::super::migrations::{all_settings, first_match, has_database, line_with, or_settled, settings_read};
use super::manifest::Manifest;
use super::sources::Sources;
use crate::facts::{Argv, BackingService, Confidence, Evidence, Found, Migration, MigrationPlace, Setting};
use crate::paths::RelPath;
use crate::presets::MigrationPreset;
use crate::project::Mistake;

/// The migrations, with what says so; known to be none where the app runs them itself.
///
/// # Errors
/// What was settled is no command.
pub fn migrate(
    context: &Context<'_>,
    path: &RelPath,
    manifest: &Manifest,
    code: &Sources,
    services: &[BackingService],
    settings: &[Setting],
) -> Result<Found<Option<Migration>>, Mistake> {
    let asked = Asked { context, path, manifest, code, services, settings };
    or_settled(context, path, settings, asked.found(), |command| (command, MigrationPlace::Production))
}

struct Asked<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    manifest: &'a Manifest,
    code: &'a Sources,
    services: &'a [BackingService],
    settings: &'a [Setting],
}

impl Asked<'_> {
    fn found(&self) -> Found<Option<Migration>> {
        let presets = self.context.presets.migrations.values();
        let mut usable = presets.filter(|preset| has_database(preset, self.services));
        usable.find_map(|preset| self.of(preset)).unwrap_or_else(|| Found::default(None, "no migrations found"))
    }

    fn of(&self, preset: &MigrationPreset) -> Option<Found<Option<Migration>>> {
        let package = preset.packages.get(preset.command.first()?)?;
        let dependency = self.manifest.any_dependency(package)?;
        let config = first_match(self.context, self.path, &preset.detect.finds)?;
        let first = first_match(self.context, self.path, &preset.detect.needs)?;
        let because = "the app runs its migrations itself";
        let scripts = self.code.scripts.iter().map(|(file, _)| file);
        let mut scripts = scripts.filter(|file| !file.parts().any(|part| part == "versions"));
        if let Some(evidence) = scripts.find_map(|file| line_with(self.context, file, &preset.itself, because)) {
            return Some(Found::inferred(None, evidence));
        }
        let mut evidence = vec![Evidence::file(&self.path.join(config.as_str()).ok()?, "settings of the tool")];
        evidence.push(dependency.evidence.clone());
        if self.manifest.dependency(package).is_none() {
            self.context.warn(
                "migrations-not-run",
                format!("`{package}` is a development dependency, which the image lacks: its migrations are not run"),
                evidence,
                format!("make `{package}` a dependency of production"),
            );
            return None;
        }
        let folder = first.parent().and_then(|versions| versions.parent()).filter(|folder| !folder.is_root());
        let mut words = preset.command.clone();
        if let Some(inner) = config.parent().filter(|inner| !inner.is_root()) {
            words.splice(1..1, ["-c".to_owned(), format!("{inner}/{}", config.file_name())]);
        }
        let files: Vec<RelPath> = folder.into_iter().chain([config]).collect();
        let migration = Migration {
            tool: preset.name.clone(),
            command: Argv::new(words).ok()?,
            place: MigrationPlace::Production,
            environment: Vec::new(),
            settings: match self.imports_app(&files) {
                true => all_settings(self.settings),
                false => settings_read(self.context, self.path, preset, self.settings, &files),
            },
            files,
        };
        Some(Found::Known { value: Some(migration), confidence: Confidence::Inferred, evidence, rejected: Vec::new() })
    }

    /// Whether the tool's own code imports that of the app, and with it all its settings.
    fn imports_app(&self, files: &[RelPath]) -> bool {
        let folders: Vec<&str> = self.context.project.folders_in(self.path).map(RelPath::file_name).collect();
        let environment = files.iter().filter_map(|file| self.path.join(file.as_str()).ok()?.join("env.py").ok());
        environment.filter_map(|file| self.context.project.read(&file)).any(|source| {
            source.lines().any(|(_, line)| {
                let mut words = line.split_whitespace();
                let module = matches!(words.next(), Some("from" | "import")).then(|| words.next()).flatten();
                let first = module.and_then(|module| module.split('.').next());
                first.is_some_and(|first| folders.contains(&first) || first == "src")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const MAIN: &str = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nurl = os.environ['DATABASE_URL']\n";

    fn shown(pyproject: &str, files: &[(&str, &str)]) -> String {
        let text = format!("[project]\nname = \"a\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n{pyproject}");
        let mut all = vec![
            ("pyproject.toml", text.as_str()),
            ("alembic.ini", "[alembic]\nscript_location = migrations\n"),
            ("migrations/env.py", "from app.config import settings\n"),
            ("migrations/versions/1_a.py", "revision = '1'\n"),
        ];
        all.extend(files);
        let detection = project(&all).detect().unwrap();
        let migrate = &detection.components[0].migrate;
        let place = migrate.evidence().map(|evidence| evidence.place()).unwrap_or_default();
        match migrate.value() {
            Some(Some(migration)) => format!("{migration} {place} {}", migration.settings.len()),
            _ => format!("{place} {}", detection.warnings.iter().any(|warning| warning.id == "migrations-not-run")),
        }
    }

    #[test]
    fn alembic_is_run_where_production_has_it() {
        let both = "dependencies = [\"fastapi[standard]\", \"asyncpg\", \"alembic\"]\n";
        assert_eq!(shown(both, &[("app/main.py", MAIN)]), "alembic upgrade head alembic.ini 1");
        let calls = format!("{MAIN}command.upgrade(config, 'head')\n");
        assert_eq!(shown(both, &[("app/main.py", &calls)]), "app/main.py:5 false");
        let development =
            "dependencies = [\"fastapi[standard]\", \"asyncpg\"]\n[dependency-groups]\ndev = [\"alembic\"]\n";
        assert_eq!(shown(development, &[("app/main.py", MAIN)]), "no migrations found true");
    }
}
