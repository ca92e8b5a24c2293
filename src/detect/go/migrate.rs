//! What brings the database of a Go component up to date: SQL files for a tool that is no part of
//! the program, unless the program embeds them or calls the tool's library.

use super::super::Context;
use super::super::migrations::{address, filled, has_database, line_with, matching, or_settled};
use super::module::Module;
use super::program::Program;
use crate::facts::{
    BackingService, EnvName, Evidence, Found, ImageRef, Migration, MigrationPlace, MigrationTool, MigrationValue,
    Setting, ToolSource,
};
use crate::paths::RelPath;
use crate::presets::{MigrationPreset, MigrationProgram};
use crate::project::Mistake;

/// Folders whose SQL is for tests.
const ASIDE: &[&str] = &["test", "tests", "testdata", "examples", "example", "vendor", "node_modules"];

/// The migrations, with what says so; known to be none where the app runs them itself.
///
/// # Errors
/// What was settled is no command.
pub fn migrate(
    context: &Context<'_>,
    path: &RelPath,
    program: &Program<'_>,
    services: &[BackingService],
    settings: &[Setting],
) -> Result<Found<Option<Migration>>, Mistake> {
    let found = Asked { context, path, program, services, settings }.found();
    or_settled(context, path, settings, found, |command| (command, MigrationPlace::Production))
}

struct Asked<'a> {
    context: &'a Context<'a>,
    path: &'a RelPath,
    program: &'a Program<'a>,
    services: &'a [BackingService],
    settings: &'a [Setting],
}

impl Asked<'_> {
    fn found(&self) -> Found<Option<Migration>> {
        let presets = self.context.presets.migrations.values();
        let tools: Vec<(&MigrationPreset, &MigrationProgram)> = presets
            .filter(|preset| has_database(preset, self.services))
            .filter_map(|preset| Some((preset, preset.program.as_ref()?)))
            .collect();
        if let Some(evidence) = tools.iter().find_map(|(preset, _)| self.itself(preset)) {
            return Found::inferred(None, evidence);
        }
        for (preset, tool) in tools {
            let Some(first) = self.first(preset) else { continue };
            let folder = first.parent().unwrap_or_else(RelPath::root);
            if let Some(evidence) = self.embeds(&folder) {
                return Found::inferred(None, evidence);
            }
            if let Some((migration, evidence)) = self.migration(preset, tool, &first, &folder) {
                return Found::Known {
                    value: Some(migration),
                    confidence: crate::facts::Confidence::Inferred,
                    evidence,
                    rejected: Vec::new(),
                };
            }
            self.context.warn(
                "migrations-not-run",
                format!("the migrations of {} need the whole address of the database in one setting", preset.name),
                vec![Evidence::file(&self.whole(&first), "migration")],
                "`--set settings.DATABASE_URL=secret` adds one",
            );
        }
        Found::default(None, "no migrations found")
    }

    fn whole(&self, file: &RelPath) -> RelPath {
        self.path.join(file.as_str()).unwrap_or_else(|_| file.clone())
    }

    /// The first migration by name.
    fn first(&self, preset: &MigrationPreset) -> Option<RelPath> {
        let files = preset.detect.needs.iter().flat_map(|pattern| matching(self.context, self.path, pattern));
        let mut files = files.filter(|file| !file.parts().any(|part| ASIDE.contains(&part)));
        files.find(|file| match &preset.detect.text {
            Some(text) => line_with(self.context, &self.whole(file), std::slice::from_ref(text), "").is_some(),
            None => true,
        })
    }

    /// Where the program calls the tool's library.
    fn itself(&self, preset: &MigrationPreset) -> Option<Evidence> {
        let because = "the app runs its migrations itself";
        self.program.files.iter().find_map(|file| line_with(self.context, &file.path, &preset.itself, because))
    }

    /// Where the program has the folder inside.
    fn embeds(&self, folder: &RelPath) -> Option<Evidence> {
        self.program.files.iter().find_map(|file| {
            let here = file.path.parent().unwrap_or_else(RelPath::root);
            let rest = self.whole(folder).strip(&here)?;
            let source = self.context.project.read(&file.path)?;
            let (line, text) = source.lines().find(|(_, text)| {
                let patterns = text.strip_prefix("//go:embed ").unwrap_or("");
                patterns.split_whitespace().any(|pattern| {
                    let pattern = pattern.trim_matches('"').trim_start_matches("all:");
                    let pattern = pattern.split('*').next().unwrap_or("").trim_end_matches('/');
                    if rest.is_root() { pattern.is_empty() } else { rest.as_str() == pattern }
                })
            })?;
            Some(Evidence::at(&file.path, line, text, "the app has its migrations inside and runs them itself"))
        })
    }

    fn migration(
        &self,
        preset: &MigrationPreset,
        tool: &MigrationProgram,
        first: &RelPath,
        folder: &RelPath,
    ) -> Option<(Migration, Vec<Evidence>)> {
        let address = address(preset, self.settings, self.services)?;
        let variable = address.name.as_str().strip_suffix("_FILE").unwrap_or(address.name.as_str());
        let variable = format!("${variable}");
        let values = [("{folder}", Some(folder.as_str())), ("{address}", Some(variable.as_str()))];
        let command = filled(&preset.command, &values)?;
        let mut evidence = vec![Evidence::file(&self.whole(first), format!("a migration for {}", preset.name))];
        let required = self.required(&tool.module);
        evidence.extend(required.as_ref().map(|(_, evidence)| evidence.clone()));
        let version = required.map_or(tool.version.clone(), |(version, _)| version);
        let source = match &tool.image {
            Some(image) => ToolSource::Image { image: ImageRef::new(image).ok()?, path: tool.path.clone() },
            None => ToolSource::Go { package: format!("{}@{version}", tool.package), tags: tool.tags.clone() },
        };
        let environment = preset.environment.iter().filter_map(|(name, value)| {
            let value = match value.as_str() {
                "{address}" => MigrationValue::Setting(address.name.clone()),
                text => MigrationValue::Text(text.replace("{folder}", folder.as_str())),
            };
            Some((EnvName::new(name).ok()?, value))
        });
        let names_it = preset.command.iter().any(|word| word.contains("{address}"));
        let migration = Migration {
            tool: preset.name.clone(),
            place: MigrationPlace::Own(MigrationTool { program: command.words()[0].clone(), source }),
            command,
            environment: environment.collect(),
            settings: if names_it { vec![address.name.clone()] } else { Vec::new() },
            files: vec![folder.clone()],
        };
        Some((migration, evidence))
    }

    /// The version of a module that go.mod has, with its line.
    fn required(&self, module: &str) -> Option<(String, Evidence)> {
        let Module { requires, .. } = self.program.module;
        let require = requires.iter().find(|require| require.path == module)?;
        let file = self.path.join("go.mod").ok()?;
        let text = format!("{} {}", require.path, require.version);
        Some((require.version.clone(), Evidence::at(&file, require.line, text, "its version")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::{Found, MigrationPlace};

    const GO_MOD: &str = "module a/shop\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.0\n\tgithub.com/pressly/goose/v3 v3.20.0 // indirect\n)\n";
    const MAIN: &str = "package main\n\nimport \"os\"\n\nfunc main() { open(os.Getenv(\"DATABASE_URL\")) }\n";
    const GOOSE: &str = "-- +goose Up\ncreate table a ();\n";

    /// The command and where it runs, or why there is none.
    fn shown(files: &[(&str, &str)]) -> String {
        let mut all = vec![("go.mod", GO_MOD)];
        all.extend(files);
        let component = project(&all).detect().unwrap().components.remove(0);
        let because = component.migrate.evidence().map(|evidence| evidence.place()).unwrap_or_default();
        match component.migrate {
            Found::Known { value: Some(migration), .. } => match migration.place {
                MigrationPlace::Own(tool) => format!("{} {:?}", migration.command, tool.source),
                other => format!("{} {other:?}", migration.command),
            },
            _ => because,
        }
    }

    #[test]
    fn sql_for_a_tool_is_run_by_that_tool_in_the_version_of_go_mod() {
        let goose = shown(&[("main.go", MAIN), ("db/1_a.sql", GOOSE)]);
        assert!(
            goose.starts_with("goose up Go { package: \"github.com/pressly/goose/v3/cmd/goose@v3.20.0\""),
            "{goose}"
        );
        let migrate = shown(&[("main.go", MAIN), ("migrations/000001_a.up.sql", "create table a ();")]);
        assert!(migrate.starts_with("migrate -path migrations -database '$DATABASE_URL' up Go"), "{migrate}");
    }

    #[test]
    fn an_app_that_runs_its_migrations_itself_gets_no_service() {
        let calls = MAIN.replace("open(", "goose.Up(");
        assert_eq!(shown(&[("main.go", &calls), ("db/1_a.sql", GOOSE)]), "main.go:5");
        let embeds = MAIN.replace("func main", "//go:embed db/*.sql\nvar files embed.FS\n\nfunc main");
        assert_eq!(shown(&[("main.go", &embeds), ("db/1_a.sql", GOOSE)]), "main.go:5");
        assert_eq!(shown(&[("main.go", MAIN), ("db/1_a.sql", "select 1;")]), "no migrations found");
    }
}
