//! Backing services: each is hardened wherever it stands, each form of its address fits its own
//! preset, and the README's table says how each is proven.

use std::collections::BTreeMap;
use std::fs;

use dockwright::audit::{Severity, Tree, audit};
use dockwright::facts::{
    BackingService, Component, Confidence, EnvName, Evidence, Fill, Part, Place, Reads, Setting, SettingKind,
};
use dockwright::presets::{Presets, ServicePreset};
use dockwright::setup::SecretValue;
use dockwright::setup::compose::Compose;
use dockwright::setup::yaml::Yaml;

use super::combinations::{all, component, setup};

const PLACES: [Place; 3] = [Place::Compose, Place::Development, Place::Elsewhere];

fn presets() -> &'static BTreeMap<String, ServicePreset> {
    &Presets::built_in().services
}

/// A Node component that talks to the service, with a setting for each part and form of its address.
fn with_service(id: &str, place: Place) -> Component {
    let preset = &presets()[id];
    let plain = all().into_iter().find(|choices| choices.stack == "npm" && choices.port && choices.services.is_none());
    let mut component = component(plain.unwrap());
    component.services.push(BackingService {
        id: id.to_owned(),
        name: preset.name.clone(),
        version: preset.version[0].version.clone(),
        place,
        dialect: None,
        open: false,
        confidence: Confidence::Declared,
        evidence: vec![],
    });
    let mut add = |name: String, part: Part, dialect: Option<String>| {
        let secret = part.is_secret();
        component.settings.push(Setting {
            name: EnvName::new(&name).unwrap(),
            kind: if secret { SettingKind::Secret } else { SettingKind::Plain },
            reads: Reads::Environment,
            fill: Fill::Service { service: id.to_owned(), part, dialect },
            evidence: vec![Evidence::none("a test")],
            required: false,
            at_build: None,
            local: None,
            mounted: None,
            note: None,
        });
    };
    for part in preset.client.keys() {
        add(format!("X_{part:?}").to_uppercase(), *part, None);
    }
    for dialect in &preset.dialect {
        add(format!("URL_{}", dialect.id.to_uppercase()), Part::Url, Some(dialect.id.clone()));
    }
    component
}

/// The names in braces of a pattern.
fn holes(pattern: &str) -> Vec<&str> {
    pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_service_is_hardened_and_found_nothing_wrong_with_in_every_place_and_policy() {
    let tree = Tree::without_files(Presets::built_in());
    for id in presets().keys() {
        for place in PLACES {
            for policy in Presets::built_in().policies.keys() {
                let setup = setup(&with_service(id, place), policy);
                let loud: Vec<_> =
                    audit(&setup, &tree).into_iter().filter(|finding| finding.severity > Severity::Note).collect();
                assert!(loud.is_empty(), "{id} {place} {policy}: {loud:?}");
                for (path, file) in &setup.files {
                    // an empty list is how bake says that a cache is off
                    let empty = if path.as_str().ends_with(".hcl") { "[[]]" } else { " []" };
                    let litter = ["\n\n\n", " \n", "{image}", ": none", empty];
                    let litter = litter.iter().find(|litter| file.text.contains(**litter));
                    assert_eq!(litter, None, "{id} {place} {policy} {path}\n{}", file.text);
                    assert!(file.text.ends_with('\n') && !file.text.ends_with("\n\n"), "{id} {place} {policy} {path}");
                }
            }
        }
    }
}

#[test]
fn a_service_keeps_its_data_in_a_volume_of_its_own_and_opens_no_port_in_production() {
    for (id, preset) in presets() {
        let setup = setup(&with_service(id, Place::Compose), "standard");
        let text = &setup.files[&"compose.yaml".parse().unwrap()].text;
        let compose = Compose::parse(text);
        assert_eq!(compose.errors, [], "{id}\n{text}");
        let service = compose.service(&preset.service).unwrap_or_else(|| panic!("{id}\n{text}"));
        let (user, _) = service.text("user").unwrap();
        let numeric = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 0);
        assert!(user.split(':').all(numeric) && user.contains(':'), "{id}: {user}");
        for key in ["healthcheck", "deploy", "networks", "secrets"] {
            assert!(service.get(key).is_some(), "{id} has no {key}");
        }
        assert!(service.get("ports").is_none() && service.get("privileged").is_none(), "{id}");
        let mounts = service.list("volumes");
        assert!(mounts.iter().any(|(mount, _)| mount.starts_with(&format!("{}:/", preset.volume))), "{id}: {mounts:?}");
        assert!(compose.root.get("volumes").unwrap().get(&preset.volume).is_some(), "{id}");
        let check = service.get("healthcheck").unwrap();
        for key in ["test", "interval", "timeout", "start_period", "start_interval", "retries"] {
            assert!(check.get(key).is_some(), "{id}: healthcheck has no {key}");
        }
        // the override alone opens a port, on this machine only
        let text = &setup.files[&"compose.override.yaml".parse().unwrap()].text;
        let development = Compose::parse(text);
        let ports = development.service(&preset.service).unwrap().list("ports");
        let expected = format!("127.0.0.1:${{{}:-{}}}:{}", preset.port_variable, preset.port, preset.port);
        assert_eq!(ports.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [expected], "{id}");
    }
}

#[test]
fn no_password_stands_in_a_compose_file_and_each_secret_that_is_mounted_can_be_made() {
    for id in presets().keys() {
        for place in [Place::Compose, Place::Development] {
            let setup = setup(&with_service(id, place), "standard");
            let mut mounted = Vec::new();
            for name in ["compose.yaml", "compose.override.yaml"] {
                let compose = Compose::parse(&setup.files[&name.parse().unwrap()].text);
                mounted.extend(
                    compose.root.get("secrets").into_iter().flat_map(Yaml::entries).map(|entry| entry.key.clone()),
                );
            }
            let made: Vec<&str> = setup.secrets.iter().map(|file| file.name.as_str()).collect();
            for name in &mounted {
                assert!(made.contains(&name.as_str()), "{id}: nobody makes {name}");
            }
            for file in &setup.secrets {
                if let SecretValue::From(pattern) = &file.value {
                    assert!(!holes(pattern).is_empty(), "{id}: {} holds no secret: {pattern}", file.name);
                    for hole in holes(pattern) {
                        assert!(made.contains(&hole), "{id}: {} needs {hole}", file.name);
                    }
                }
                let used = mounted.contains(&file.name)
                    || setup.secrets.iter().any(|other| matches!(&other.value, SecretValue::From(text) if holes(text).contains(&file.name.as_str())));
                assert!(used, "{id}: {} is for nothing", file.name);
            }
        }
    }
}

#[test]
fn each_form_of_an_address_is_known_again_and_leads_to_the_service() {
    for (id, preset) in presets() {
        let secrets: Vec<&str> = preset.secret.iter().map(|secret| secret.name.as_str()).collect();
        // one without a form of its own is known by its libraries alone
        let formed = preset.dialect.iter().filter(|dialect| !dialect.like.is_empty());
        let urls = formed.map(|dialect| (Some(dialect.id.as_str()), dialect.url.as_str()));
        for (dialect, url) in urls.chain([(None, preset.client[&Part::Url].as_str())]) {
            let written = preset.written(url).unwrap_or_else(|| panic!("{id}: {url} is not known"));
            assert_eq!(written.map(|dialect| dialect.id.as_str()), dialect, "{id}: {url}");
            assert!(holes(url).iter().all(|hole| secrets.contains(hole)) && !holes(url).is_empty(), "{id}: {url}");
            assert!(url.contains(&preset.service) && url.contains(&preset.port.to_string()), "{id}: {url}");
        }
        for part in preset.names.keys() {
            assert!(preset.client.contains_key(part), "{id}: {part:?} has names and no value");
        }
        let known: Vec<&String> = preset.names.values().flatten().collect();
        for name in &known {
            EnvName::new(name).unwrap();
            assert_eq!(known.iter().filter(|other| other == &name).count(), 1, "{id}: {name} means two things");
        }
        assert!(preset.usual.iter().all(|name| known.contains(&name)), "{id}");
    }
}

#[test]
fn a_word_means_one_service_and_what_stands_for_another_is_of_its_kind() {
    let mut words: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, preset) in presets() {
        assert!(
            preset.version.iter().all(|version| version.image.split_once(':').is_some_and(|(_, tag)| tag != "latest"))
        );
        assert!(!preset.called.is_empty(), "{id}");
        for word in &preset.called {
            assert_eq!(words.insert(word, id), None, "{word}");
        }
        if let Some(other) = &preset.stands_for {
            assert_eq!(presets()[other].kind, preset.kind, "{id}");
            // both can lie in one folder's history: the data of one is not the other's
            assert_ne!(presets()[other].volume, preset.volume, "{id}");
        }
    }
}

/// The rows of the table below a heading, cells without backticks.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let lines = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    lines.skip(2).map(cells).collect()
}

#[test]
fn the_readme_lists_every_service_with_its_image_its_user_and_how_it_is_proven() {
    let rows = table(&fs::read_to_string("README.md").unwrap(), "## Backing services");
    let files = fs::read_dir("tests/engine").unwrap().map(|entry| entry.unwrap().path());
    let proofs: String = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut expected = Vec::new();
    for (id, preset) in presets() {
        let user = preset.compose.lines().find_map(|line| line.strip_prefix("user: \"")?.split('"').next()).unwrap();
        expected.push((preset.name.clone(), id.clone(), preset.version[0].image.clone(), user.to_owned()));
    }
    expected.sort();
    let listed: Vec<_> =
        rows.iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone(), row[3].clone())).collect();
    assert_eq!(listed, expected);
    for row in &rows {
        let app = row[4].split(',').next().unwrap_or_default().trim();
        let proven = fs::metadata(format!("tests/engine/apps/{app}")).is_ok() && proofs.contains(&format!("\"{app}\""));
        assert!(proven || row[4].starts_with("not run"), "{row:?}");
    }
}
