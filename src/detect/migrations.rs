//! Which tool brings the database up to date: what is the same in every stack. The tools are
//! presets; a stack's own file says which of them is among its packages and how it runs there.

use super::Context;
use super::decided::{command_or_none, decided};
use crate::facts::{
    Argv, BackingService, Confidence, EnvName, Evidence, Fill, Found, Migration, MigrationPlace, MigrationValue, Part,
    Place, Setting, SettingKind,
};
use crate::paths::RelPath;
use crate::presets::{MigrationPreset, Presets};
use crate::project::Mistake;

/// Imports of the project's own code: a file of settings that has one reads what the app reads.
const OWN_CODE: &[&str] = &["\"./", "'./", "\"../", "'../", "\"~/", "'~/", "\"@/", "'@/", "from app", "from src"];

/// What was settled wins over what was found. A settled command runs where the found one would,
/// or else where `place` says.
///
/// # Errors
/// What was settled is no command.
pub fn or_settled(
    context: &Context<'_>,
    path: &RelPath,
    settings: &[Setting],
    found: Found<Option<Migration>>,
    place: impl Fn(Argv) -> (Argv, MigrationPlace),
) -> Result<Found<Option<Migration>>, Mistake> {
    let Some((settled, by)) = decided(context, path, "migrate", command_or_none)? else { return Ok(found) };
    let before = found.value().cloned().flatten();
    let value = settled.map(|command| match (before.clone(), place(command)) {
        (Some(migration), (command, _)) => Migration { command, ..migration },
        (None, (command, place)) => Migration {
            tool: String::new(),
            command,
            place,
            environment: Vec::new(),
            settings: all_settings(settings),
            files: Vec::new(),
        },
    });
    let rejected = match found {
        Found::Known { value: other, evidence, .. } if other != value => {
            evidence.into_iter().next().map(|evidence| (other, evidence)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    Ok(Found::Known { value, confidence: Confidence::Decided, evidence: vec![by], rejected })
}

/// Whether a component talks to a database that the tool knows.
pub fn has_database(preset: &MigrationPreset, services: &[BackingService]) -> bool {
    services.iter().any(|service| preset.databases.contains(&service.id))
}

/// Files below a component that match a pattern, relative to it.
pub fn matching(context: &Context<'_>, path: &RelPath, pattern: &str) -> Vec<RelPath> {
    let files = context.project.files_below(path).filter_map(|file| file.strip(path));
    files.filter(|file| is_match(pattern, file.as_str())).collect()
}

/// The first file that one of the patterns matches.
pub fn first_match(context: &Context<'_>, path: &RelPath, patterns: &[String]) -> Option<RelPath> {
    patterns.iter().find_map(|pattern| matching(context, path, pattern).into_iter().next())
}

/// What the tool reads of the component: files and folders that its patterns name.
pub fn files_read(context: &Context<'_>, path: &RelPath, patterns: &[String]) -> Vec<RelPath> {
    let mut found: Vec<RelPath> = Vec::new();
    for pattern in patterns {
        let folder = RelPath::new(pattern).ok();
        let folder = folder.filter(|folder| path.join(folder.as_str()).is_ok_and(|p| context.project.has_folder(&p)));
        match folder {
            Some(folder) => found.push(folder),
            None => found.extend(matching(context, path, pattern)),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `*` stands for a part of a name, `**/` at the front for any folders.
pub fn is_match(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        let tails = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
        return std::iter::once(path).chain(tails).any(|tail| is_match(rest, tail));
    }
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if is_part(pattern, part) => {}
            _ => return false,
        }
    }
}

fn is_part(pattern: &str, part: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == part,
        Some((before, after)) => {
            part.len() >= before.len() + after.len()
                && part.starts_with(before)
                && (after.contains('*') || part.ends_with(after))
        }
    }
}

/// The first line of a file in which one of the texts stands; `*` in a text stands for anything.
pub fn line_with(context: &Context<'_>, file: &RelPath, texts: &[String], because: &str) -> Option<Evidence> {
    let source = context.project.read(file)?;
    let holds = |line: &str, text: &str| {
        let mut rest = line;
        text.split('*').all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    };
    let (number, line) = source.lines().find(|(_, line)| {
        let code = !line.trim_start().starts_with("//") && !line.trim_start().starts_with('#');
        code && texts.iter().any(|text| holds(line, text))
    })?;
    let text: String = line.trim().chars().take(120).collect();
    Some(Evidence::at(file, number, text, because))
}

/// The names that a tool is given: the database's address, what its files of settings name, and
/// all where those import the app's code.
pub fn settings_read(
    context: &Context<'_>,
    path: &RelPath,
    preset: &MigrationPreset,
    settings: &[Setting],
    files: &[RelPath],
) -> Vec<EnvName> {
    let texts: Vec<_> = files
        .iter()
        .filter_map(|file| path.join(file.as_str()).ok())
        .flat_map(|file| context.project.files_below(&file).cloned().collect::<Vec<_>>())
        .filter(|file| file.extension() != Some("sql") && file.file_name() != "package.json")
        .filter_map(|file| context.project.read(&file))
        .collect();
    let imports = |line: &str| ["import ", "from ", "require("].iter().any(|word| line.contains(word));
    let is_own = |line: &str| imports(line) && OWN_CODE.iter().any(|text| line.contains(text));
    if texts.iter().any(|source| source.lines().any(|(_, line)| is_own(line))) {
        return all_settings(settings);
    }
    let named = |name: &str| {
        texts.iter().any(|source| source.text().split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == name))
    };
    let wanted = settings
        .iter()
        .filter(|setting| is_address(context.presets, preset, setting.name.as_str()) || named(setting.name.as_str()));
    wanted.filter(|setting| is_at_run_time(setting)).map(|setting| setting.name.clone()).collect()
}

/// All that the component reads while it runs.
pub fn all_settings(settings: &[Setting]) -> Vec<EnvName> {
    settings.iter().filter(|setting| is_at_run_time(setting)).map(|setting| setting.name.clone()).collect()
}

fn is_at_run_time(setting: &Setting) -> bool {
    matches!(setting.kind, SettingKind::Secret | SettingKind::Plain)
}

/// The setting that holds the whole address of one of the tool's databases.
pub fn address<'s>(
    preset: &MigrationPreset,
    settings: &'s [Setting],
    services: &[BackingService],
) -> Option<&'s Setting> {
    let is_whole = |setting: &&Setting| match &setting.fill {
        Fill::Service { service, part: Part::Url, .. } => preset.databases.contains(service),
        _ => false,
    };
    // one that lies elsewhere fills nothing: its name tells
    let elsewhere = services.iter().any(|service| service.place == Place::Elsewhere);
    let named = |setting: &&Setting| {
        let name = setting.name.as_str();
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        elsewhere
            && setting.is_secret()
            && (plain.ends_with("_URL") || plain.ends_with("_DSN") || plain.ends_with("_URI"))
    };
    settings.iter().find(is_whole).or_else(|| settings.iter().find(named))
}

/// Whether a name means a part of the address of one of the tool's databases.
fn is_address(presets: &Presets, preset: &MigrationPreset, name: &str) -> bool {
    let plain = name.strip_suffix("_FILE").unwrap_or(name);
    let services = preset.databases.iter().filter_map(|id| presets.services.get(id));
    services.flat_map(|service| service.names.values()).flatten().any(|known| known == name || known == plain)
}

/// Variables of the tool that need nothing of the project.
pub fn plain_variables(preset: &MigrationPreset) -> Vec<(EnvName, MigrationValue)> {
    let plain = preset.environment.iter().filter(|(_, value)| !value.contains('{'));
    plain.filter_map(|(name, value)| Some((EnvName::new(name).ok()?, MigrationValue::Text(value.clone())))).collect()
}

/// A command with its placeholders filled; `None` where one has nothing to fill it.
pub fn filled(words: &[String], values: &[(&str, Option<&str>)]) -> Option<Argv> {
    let mut all = Vec::new();
    for word in words {
        let mut word = word.clone();
        for (placeholder, value) in values {
            if word.contains(placeholder) {
                word = word.replace(placeholder, (*value)?);
            }
        }
        all.push(word);
    }
    Argv::new(all).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_parts_of_names_at_their_depth() {
        for (pattern, path, expected) in [
            ("drizzle.config.*", "drizzle.config.ts", true),
            ("drizzle.config.*", "src/drizzle.config.ts", false),
            ("**/drizzle.config.*", "src/drizzle.config.ts", true),
            ("**/migrations/*", "migrations/1.sql", true),
            ("**/migrations/*", "src/db/migrations/1.ts", true),
            ("**/migrations/*", "src/migrations/a/1.ts", false),
            ("prisma/migrations/*/migration.sql", "prisma/migrations/1_init/migration.sql", true),
            ("*.up.sql", "1.down.sql", false),
        ] {
            assert_eq!(is_match(pattern, path), expected, "{pattern} {path}");
        }
    }
}
