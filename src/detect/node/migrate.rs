//! What brings the database of a Node component up to date before it starts.

use std::collections::BTreeSet;

use super::super::migrations::{
    all_settings, files_read, filled, first_match, has_database, line_with, or_settled, plain_variables, settings_read,
};
use super::command::{self, Parsed, without_finder};
use super::entry::{Entry, Folder};
use super::sources::Sources;
use crate::facts::{Argv, BackingService, Evidence, Found, Migration, MigrationPlace, Setting};
use crate::paths::RelPath;
use crate::presets::MigrationPreset;
use crate::project::Mistake;

/// Scripts of package.json that run migrations where they are deployed.
const SCRIPTS: &[&str] = &[
    "db:migrate:deploy",
    "db:migrate:prod",
    "migrate:deploy",
    "migrate:prod",
    "migrate:production",
    "migration:run:prod",
    "prisma:deploy",
    "db:deploy",
    "db:migrate",
    "migrate",
    "migrate:up",
    "migrate:latest",
    "migrate:run",
    "migration:run",
    "migrations:run",
    "migration:up",
    "typeorm:migrate",
    "typeorm:run",
    "knex:migrate",
    "db:up",
];
/// Sources that Node runs only with a tool of development.
const TYPESCRIPT: &[&str] = &["ts", "mts", "cts"];

struct Asked<'a> {
    folder: &'a Folder<'a>,
    sources: &'a Sources,
    /// What the start runs.
    entry: Option<&'a Entry>,
    /// Steps of the start script that change the database.
    steps: &'a [(String, Evidence)],
    services: &'a [BackingService],
    settings: &'a [Setting],
    /// The folder that the build writes.
    output: Option<&'a RelPath>,
}

/// The migrations, with what says so; known to be none where the app runs them itself.
///
/// # Errors
/// What was settled is no command.
pub fn migrate(
    folder: &Folder<'_>,
    sources: &Sources,
    (entry, steps): (Option<&Entry>, &[(String, Evidence)]),
    services: &[BackingService],
    settings: &[Setting],
    output: Option<&RelPath>,
) -> Result<Found<Option<Migration>>, Mistake> {
    let asked = Asked { folder, sources, entry, steps, services, settings, output };
    let found = asked.found();
    asked.warn(&found);
    or_settled(folder.context, folder.path, settings, found, |command| asked.place(command))
}

impl Asked<'_> {
    fn found(&self) -> Found<Option<Migration>> {
        let presets = &self.folder.context.presets.migrations;
        let usable = || presets.values().filter(|preset| has_database(preset, self.services));
        if let Some(evidence) = usable().find_map(|preset| self.itself(preset)) {
            return Found::inferred(None, evidence);
        }
        for preset in presets.values() {
            if let Some((words, evidence)) = self.step(preset)
                && let Some(migration) = self.migration(preset, &words)
            {
                return Found::declared(Some(migration), evidence);
            }
        }
        let mut found: Vec<(Migration, Vec<Evidence>)> = usable().filter_map(|preset| self.by_files(preset)).collect();
        // the tool with a file of settings is meant
        found.sort_by_key(|(_, evidence)| std::cmp::Reverse(evidence.len()));
        let mut found = found.into_iter();
        if let Some((migration, evidence)) = found.next() {
            let rejected = found.filter_map(|(other, evidence)| Some((Some(other), evidence.into_iter().next()?)));
            return Found::Known {
                value: Some(migration),
                confidence: crate::facts::Confidence::Inferred,
                evidence,
                rejected: rejected.collect(),
            };
        }
        match usable().find_map(|preset| self.own_script(preset)) {
            Some((migration, evidence)) => Found::inferred(Some(migration), evidence),
            None => Found::default(None, "no migrations found"),
        }
    }

    /// A step of the start script: `prisma migrate deploy && node server.js`.
    fn step(&self, preset: &MigrationPreset) -> Option<(Vec<String>, Evidence)> {
        self.steps.iter().find_map(|(step, evidence)| {
            let words = self.tool_words(preset, step)?;
            Some((words, evidence.clone()))
        })
    }

    /// The words of a command if it is the tool's and runs migrations.
    fn tool_words(&self, preset: &MigrationPreset, text: &str) -> Option<Vec<String>> {
        let Parsed::Simple(simple) = command::parse(self.folder.manifest, text) else { return None };
        let words = without_finder(&simple.words);
        let (tool, rest) = words.split_first()?;
        let rest = rest.join(" ");
        let runs = preset.runs.iter().any(|run| format!(" {rest} ").contains(&format!(" {run} ")));
        (preset.packages.contains_key(tool) && runs).then_some(words)
    }

    /// By its package and its files; the command is a script's, or the usual one.
    fn by_files(&self, preset: &MigrationPreset) -> Option<(Migration, Vec<Evidence>)> {
        let manifest = self.folder.manifest;
        let tool = preset.command.first()?;
        let package = manifest.any_dependency(preset.packages.get(tool)?)?;
        let (context, path) = (self.folder.context, self.folder.path);
        let needed = first_match(context, path, &preset.detect.needs)?;
        let config = self.config(preset);
        let kept = needed.parent().unwrap_or_else(|| needed.clone());
        let mut evidence = vec![manifest.evidence(package), Evidence::file(&self.folder.whole(&kept), "migrations")];
        evidence.extend(config.as_ref().map(|file| Evidence::file(&self.folder.whole(file), "settings of the tool")));
        let script = SCRIPTS.iter().find_map(|name| {
            let script = manifest.script(name)?;
            let words = self.tool_words(preset, script.text)?;
            Some((words, manifest.script_evidence(script)))
        });
        let words = match script {
            Some((words, script)) => {
                evidence.insert(0, script);
                words
            }
            None => {
                let config = config.as_ref().map(|file| self.at_run_time(file)).map(|file| file.to_string());
                filled(&preset.command, &[("{config}", config.as_deref())])?.words().to_vec()
            }
        };
        Some((self.migration(preset, &words)?, evidence))
    }

    fn config(&self, preset: &MigrationPreset) -> Option<RelPath> {
        first_match(self.folder.context, self.folder.path, &preset.detect.finds)
    }

    /// What the build makes of a source: `dist/data-source.js` of `src/data-source.ts`.
    fn at_run_time(&self, file: &RelPath) -> RelPath {
        let built = || {
            let output = self.output?;
            let rest = file.strip(&RelPath::new("src").ok()?).unwrap_or_else(|| file.clone());
            let stem = rest.as_str().strip_suffix(".ts")?.to_owned();
            let built = RelPath::new(&format!("{output}/{stem}.js")).ok()?;
            (self.folder.counterpart(&built).as_ref() == Some(file)).then_some(built)
        };
        built().unwrap_or_else(|| file.clone())
    }

    fn migration(&self, preset: &MigrationPreset, words: &[String]) -> Option<Migration> {
        let (context, path) = (self.folder.context, self.folder.path);
        let (tool, rest) = words.split_first()?;
        let package = preset.packages.get(tool)?;
        let mut files = files_read(context, path, &preset.reads);
        let needed = first_match(context, path, &preset.detect.needs);
        files.extend(needed.and_then(|file| file.parts().next().and_then(|first| RelPath::new(first).ok())));
        let config = self.config(preset).filter(|file| !self.output.is_some_and(|output| file.is_below(output)));
        files.extend(config.clone());
        files.sort();
        files.dedup();
        let typescript = |file: &RelPath| file.extension().is_some_and(|ending| TYPESCRIPT.contains(&ending));
        let names_source = rest.iter().any(|word| RelPath::new(word).is_ok_and(|file| typescript(&file)));
        let compiled = rest.iter().any(|word| self.output.is_some_and(|output| word.contains(output.as_str())));
        let is_lean = self.folder.manifest.dependency(package).is_some()
            && !names_source
            && (compiled || !config.as_ref().is_some_and(typescript));
        let words = std::iter::once(format!("node_modules/.bin/{tool}")).chain(rest.iter().cloned());
        Some(Migration {
            tool: preset.name.clone(),
            command: Argv::new(words).ok()?,
            place: if is_lean { MigrationPlace::Production } else { MigrationPlace::Build },
            environment: plain_variables(preset),
            settings: settings_read(context, path, preset, self.settings, &files),
            files,
        })
    }

    /// A program of the project that calls the tool's library: `node dist/migrate.js`.
    fn own_script(&self, preset: &MigrationPreset) -> Option<(Migration, Evidence)> {
        let manifest = self.folder.manifest;
        SCRIPTS.iter().find_map(|name| {
            let script = manifest.script(name)?;
            let Parsed::Simple(simple) = command::parse(manifest, script.text) else { return None };
            let words = without_finder(&simple.words);
            let [runner, file] = words.as_slice() else { return None };
            let source = match self.folder.entry(file) {
                Entry::Source(source) | Entry::Built(_, Some(source)) => source,
                _ => return None,
            };
            line_with(self.folder.context, &self.folder.whole(&source), &preset.itself, "")?;
            let lean = runner == "node" || manifest.dependency(runner).is_some();
            let runner = if runner == "node" { runner.clone() } else { format!("node_modules/.bin/{runner}") };
            let is_kept = self.output.is_some_and(|output| file.contains(output.as_str())) || self.output.is_none();
            let mut files = files_read(self.folder.context, self.folder.path, &preset.reads);
            let needed = first_match(self.folder.context, self.folder.path, &preset.detect.needs);
            files.extend(needed.and_then(|file| file.parts().next().and_then(|first| RelPath::new(first).ok())));
            files.dedup();
            let migration = Migration {
                tool: preset.name.clone(),
                command: Argv::new([runner, file.trim_start_matches("./").to_owned()]).ok()?,
                place: if lean && is_kept { MigrationPlace::Production } else { MigrationPlace::Build },
                environment: Vec::new(),
                settings: all_settings(self.settings),
                files,
            };
            Some((migration, manifest.script_evidence(script)))
        })
    }

    /// Where the app calls the tool while it starts.
    fn itself(&self, preset: &MigrationPreset) -> Option<Evidence> {
        self.reached()
            .iter()
            .find_map(|file| line_with(self.folder.context, file, &preset.itself, "the app runs its migrations itself"))
    }

    /// The sources that the program imports, its entry among them.
    fn reached(&self) -> BTreeSet<RelPath> {
        let entry = match self.entry {
            Some(Entry::Source(file) | Entry::Built(_, Some(file))) => self.folder.whole(file),
            _ => return BTreeSet::new(),
        };
        let scripts = &self.sources.scripts;
        let mut open: Vec<usize> = scripts.iter().position(|(file, _)| *file == entry).into_iter().collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(at) = open.pop() {
            for import in &scripts[at].1.imports {
                let next = self.sources.imported_file(at, &import.specifier);
                open.extend(next.filter(|next| seen.insert(*next)));
            }
        }
        seen.into_iter().map(|at| scripts[at].0.clone()).collect()
    }

    /// Where a command runs that somebody settled: a bare word is a package's command.
    fn place(&self, command: Argv) -> (Argv, MigrationPlace) {
        // `npx prisma` is the package's command too
        let words = without_finder(command.words());
        let Some((tool, rest)) = words.split_first() else { return (command, MigrationPlace::Production) };
        let presets = self.folder.context.presets.migrations.values();
        let package = presets.into_iter().find_map(|preset| preset.packages.get(tool)).unwrap_or(tool);
        let is_package = self.folder.manifest.any_dependency(package).is_some();
        if !is_package {
            return (command, MigrationPlace::Production);
        }
        let in_production = self.folder.manifest.dependency(package).is_some();
        let words = std::iter::once(format!("node_modules/.bin/{tool}")).chain(rest.iter().cloned());
        let place = if in_production { MigrationPlace::Production } else { MigrationPlace::Build };
        (Argv::new(words).unwrap_or(command), place)
    }

    /// Names the steps of the start script that nothing stands for.
    fn warn(&self, found: &Found<Option<Migration>>) {
        if matches!(found.value(), Some(Some(_)))
            || self.folder.context.decisions.of(self.folder.path, "migrate").is_some()
        {
            return;
        }
        for (step, evidence) in self.steps {
            self.folder.context.warn(
                "start-does-more",
                format!("the start script runs `{step}` before the app; the image's start does not"),
                vec![evidence.clone()],
                format!("`--set migrate='{step}'` runs it once before the app starts"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Case, project};
    use crate::facts::{Found, Migration};

    const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";

    fn app(scripts: &str, more: &str, files: &[(&str, &str)]) -> Case {
        let manifest = format!(
            "{{\"scripts\": {{{scripts}}}, \"dependencies\": {{\"express\": \"5\", \"pg\": \"8\"{more}}}, \"devDependencies\": {{\"prisma\": \"6\", \"drizzle-kit\": \"1\"}}}}"
        );
        let mut all = vec![("package.json", manifest.as_str()), ("package-lock.json", "{}"), ("server.js", "")];
        all.extend(files);
        project(&all)
    }

    /// The command with its place and settings, or the place of what says that there is none.
    fn shown(case: &Case) -> String {
        let component = case.detect().unwrap().components.remove(0);
        let show = |migration: &Migration| {
            let settings: Vec<&str> = migration.settings.iter().map(|name| name.as_str()).collect();
            format!("{} {:?} {}", migration.command, migration.place, settings.join(" "))
        };
        match &component.migrate {
            Found::Known { value: Some(migration), .. } => show(migration).trim_end().to_owned(),
            other => other.evidence().map(|evidence| evidence.place()).unwrap_or_default(),
        }
    }

    #[test]
    fn a_tool_of_development_runs_on_the_build_and_one_of_production_in_its_image() {
        let prisma = [("prisma/schema.prisma", SCHEMA), ("prisma/migrations/1_a/migration.sql", "")];
        let start = "\"start\": \"node server.js\"";
        let expected = "node_modules/.bin/prisma migrate deploy Build DATABASE_URL";
        assert_eq!(shown(&app(start, "", &prisma)), expected);
        let knex = [("knexfile.js", "module.exports = {}"), ("migrations/1.js", "")];
        let case = app(start, ", \"knex\": \"3\"", &knex);
        assert!(shown(&case).starts_with("node_modules/.bin/knex migrate:latest Production"), "{}", shown(&case));
    }

    #[test]
    fn a_step_of_the_start_script_says_the_command() {
        let case =
            app("\"start\": \"prisma migrate deploy && node server.js\"", "", &[("prisma/schema.prisma", SCHEMA)]);
        assert!(shown(&case).starts_with("node_modules/.bin/prisma migrate deploy Build"), "{}", shown(&case));
    }

    #[test]
    fn an_app_that_migrates_at_its_start_gets_no_service() {
        let files = [
            ("server.js", "import { migrate } from 'drizzle-orm/node-postgres/migrator'\n"),
            ("drizzle.config.ts", ""),
            ("drizzle/meta/_journal.json", "{}"),
        ];
        assert_eq!(shown(&app("\"start\": \"node server.js\"", "", &files)), "server.js:1");
        let other = [("other.js", files[0].1), files[1], files[2]];
        let found = shown(&app("\"start\": \"node server.js\"", "", &other));
        assert!(found.starts_with("node_modules/.bin/drizzle-kit migrate Build"), "{found}");
    }

    #[test]
    fn a_settled_command_wins_and_finds_its_package() {
        let start = "\"start\": \"node server.js\"";
        let case = app(start, "", &[]).set("migrate", "npx prisma migrate deploy");
        assert!(shown(&case).starts_with("node_modules/.bin/prisma migrate deploy Build"), "{}", shown(&case));
        let case = app(start, "", &[("prisma/migrations/1_a/migration.sql", "")]).set("migrate", "none");
        assert_eq!(shown(&case), "flag");
    }
}
