//! The secrets that a project's compose files name, and how each is made where nobody has them
//! yet: a clone, a CI machine, a server.

use std::collections::BTreeMap;

use super::receipt::Receipt;
use super::secrets::FOLDER;
use crate::paths::RelPath;
use crate::presets::Presets;
use crate::project::{Mistake, Project};
use crate::setup::compose::{Compose, Service};
use crate::setup::yaml::Yaml;
use crate::setup::{SecretFile, SecretValue};

/// The files that compose reads by itself, in the project's folder.
const COMPOSE_FILES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];

/// The files below `secrets/` that compose files name, sorted. The receipt knows how each is made;
/// without it a password of a database is made up, and the rest is for somebody to fill in. `None`
/// where there is no compose file.
///
/// # Errors
/// A compose file that cannot be read.
pub fn named_secrets(
    project: &Project,
    receipt: Option<&Receipt>,
    presets: &Presets,
) -> Result<Option<Vec<SecretFile>>, Mistake> {
    let mut found: BTreeMap<String, SecretValue> = BTreeMap::new();
    let mut any = false;
    for file in COMPOSE_FILES {
        let path = RelPath::new(file).map_err(|error| Mistake::new(error.to_string()))?;
        let Some(source) = project.require(&path)? else { continue };
        any = true;
        let compose = Compose::parse(source.text());
        if let Some(error) = compose.errors.first() {
            return Err(Mistake::new(format!("`{path}` cannot be read: {}", error.what)).at(path, Some(error.line)));
        }
        for entry in compose.root.get("secrets").into_iter().flat_map(Yaml::entries) {
            let Some(name) = entry.value.get("file").and_then(Yaml::text).and_then(below_folder) else { continue };
            if let Some(value) = recipe_of(&compose, &entry.key, presets) {
                found.insert(name, value);
                continue;
            }
            let database = |service: &&Service| is_database(service, presets) && reads(service, &entry.key);
            let made_up = name.contains("password") && compose.services.iter().any(|service| database(&service));
            let value = if made_up { SecretValue::Random } else { SecretValue::Empty };
            match found.get(&name) {
                Some(SecretValue::Random) => {}
                _ => drop(found.insert(name, value)),
            }
        }
    }
    if !any {
        return Ok(None);
    }
    let recipes = receipt.map(Receipt::secret_files).unwrap_or_default();
    add_parts(&mut found, &recipes);
    let files = found.into_iter().map(|(name, value)| {
        let recipe = recipes.iter().find(|file| file.name == name).cloned();
        // a password of a database is shared: `.env` has no say in it
        let read_by = if value == SecretValue::Random { vec![String::new()] } else { Vec::new() };
        recipe.unwrap_or(SecretFile { name, value, read_by, holds: String::new() })
    });
    Ok(Some(files.collect()))
}

/// How a backing service's preset makes a secret that the service takes under this name.
fn recipe_of(compose: &Compose, key: &str, presets: &Presets) -> Option<SecretValue> {
    let taken: Vec<&Service> = compose.services.iter().filter(|service| reads(service, key)).collect();
    let mut known = presets.services.values().filter(|preset| {
        let mut images = preset.version.iter().map(|version| short(&version.image));
        images.any(|image| taken.iter().any(|service| service.image().is_some_and(|(own, _)| short(own) == image)))
    });
    let secret = known.find_map(|preset| preset.secret.iter().find(|secret| secret.name == key))?;
    secret.value.clone().map(SecretValue::From)
}

/// Adds the secrets that others are made of and that no compose file names.
fn add_parts(found: &mut BTreeMap<String, SecretValue>, recipes: &[SecretFile]) {
    let pattern = |name: &String, value: &SecretValue| {
        let recipe = recipes.iter().find(|file| file.name == *name).map_or(value, |file| &file.value);
        if let SecretValue::From(pattern) = recipe { Some(pattern.clone()) } else { None }
    };
    let patterns: Vec<String> = found.iter().filter_map(|(name, value)| pattern(name, value)).collect();
    for pattern in patterns {
        for part in pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
            found.entry(part.0.to_owned()).or_insert(SecretValue::Random);
        }
    }
}

/// `./secrets/db_password` gives `db_password`; a place elsewhere is not ours to make.
fn below_folder(text: &str) -> Option<String> {
    let path = RelPath::new(text).ok()?;
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    (path.parent()?.as_str() == FOLDER && plain(path.file_name())).then(|| path.file_name().to_owned())
}

/// Whether it runs the image of a backing service.
fn is_database(service: &Service, presets: &Presets) -> bool {
    let Some((image, _)) = service.image() else { return false };
    let mut known = presets.services.values().flat_map(|preset| &preset.version);
    known.any(|version| short(&version.image) == short(image))
}

/// `docker.io/library/postgres:18-alpine` gives `postgres`.
fn short(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last)
}

/// Whether a service takes a secret, in the short or the long form.
fn reads(service: &Service, secret: &str) -> bool {
    let items = service.get("secrets").map(Yaml::items).unwrap_or_default();
    items.iter().any(|item| item.text().or_else(|| item.get("source")?.text()) == Some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = "services:\n  app: {build: ., secrets: [url, key]}\n  db:\n    image: docker.io/library/postgres:18\n    \
                        secrets: [{source: password}]\nsecrets:\n  password: {file: ./secrets/db_password}\n  \
                        url: {file: secrets/database_url}\n  key: {file: ./secrets/smtp_password}\n  \
                        other: {file: /run/x}\n  outer: {external: true}\n";

    fn names(text: &str) -> Option<Vec<(String, SecretValue)>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yml"), text).unwrap();
        let project = Project::open(folder.path()).unwrap();
        let files = named_secrets(&project, None, Presets::built_in()).unwrap();
        files.map(|files| files.into_iter().map(|file| (file.name, file.value)).collect())
    }

    #[test]
    fn without_a_receipt_a_databases_password_is_made_up_and_the_rest_stays_empty() {
        let expected = [
            ("database_url", SecretValue::Empty),
            ("db_password", SecretValue::Random),
            ("smtp_password", SecretValue::Empty),
        ];
        assert_eq!(names(SHOP).unwrap(), expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(names("services: {}\n"), Some(vec![]));
    }

    #[test]
    fn what_a_secret_is_made_of_is_made_too() {
        let text = "services:\n  queue:\n    image: rabbitmq:4\n    secrets: [{source: rabbitmq_conf, target: /x}]\n\
                    secrets:\n  rabbitmq_conf: {file: ./secrets/rabbitmq_conf}\n";
        let conf = "default_user = app\ndefault_pass = {rabbitmq_password}\n".to_owned();
        let expected = [("rabbitmq_conf", SecretValue::From(conf)), ("rabbitmq_password", SecretValue::Random)];
        assert_eq!(names(text).unwrap(), expected.map(|(name, value)| (name.to_owned(), value)));
    }
}
