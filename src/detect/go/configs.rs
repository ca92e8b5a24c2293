//! Ports in the files of settings that the code names: YAML, TOML, INI, JSON, read by their lines.

use super::super::Context;
use super::address::{Address, listens};
use super::hints::{CONFIGS, Hint};
use super::program::Program;
use super::tags::snake;
use crate::facts::{Confidence, Evidence};
use crate::paths::RelPath;
use crate::project::Source;

/// What the named files say of where the program listens.
pub fn hints(
    context: &Context<'_>,
    component: &RelPath,
    program: &Program<'_>,
    assets: &[(RelPath, Evidence)],
) -> Vec<Hint> {
    let mut found = Vec::new();
    for (asset, _) in assets {
        let is_config = matches!(asset.extension(), Some("yaml" | "yml" | "toml" | "ini" | "conf" | "json"));
        let source =
            component.join(asset.as_str()).ok().filter(|_| is_config).and_then(|path| context.project.read(&path));
        for (line, name, value) in source.iter().flat_map(|source| pairs(source)) {
            let Some((_, score)) = listens(&name, program.module.short_name(), &context.presets.settings) else {
                continue;
            };
            let bare = value.parse().ok().map(|port| Address { host: String::new(), port });
            let Some(address) = bare.or_else(|| Address::read(&value)).filter(|address| !address.is_remote()) else {
                continue;
            };
            let Some(file) = source.as_ref().map(|source| source.path()) else { continue };
            found.push(Hint {
                score: CONFIGS + score,
                is_aside: false,
                address: Some(address),
                knob: None,
                is_default: true,
                confidence: Confidence::Declared,
                evidence: Evidence::at(file, line, format!("{name}: {value}"), "file of settings"),
            });
        }
    }
    found
}

/// Names with their sections in front (`server_port`) and values, of every line that has both.
fn pairs(source: &Source) -> Vec<(u32, String, String)> {
    let (mut found, mut section) = (Vec::new(), String::new());
    let mut above: Vec<(usize, String)> = Vec::new();
    for (line, text) in source.lines() {
        let trimmed = text.trim();
        if trimmed.starts_with(['#', ';']) || trimmed.starts_with("//") {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let Some((key, value)) = trimmed.split_once([':', '=']) else { continue };
        let key = key.trim().trim_matches('"');
        if key.is_empty() || key.contains(char::is_whitespace) {
            continue;
        }
        let indent = text.len() - text.trim_start().len();
        above.retain(|(other, _)| *other < indent);
        let value = value.split(" #").next().unwrap_or("").trim().trim_end_matches(',').trim_matches(['"', '\'']);
        if value.is_empty() || value == "{" {
            above.push((indent, key.to_owned()));
            continue;
        }
        let parts = (!section.is_empty()).then_some(section.as_str()).into_iter();
        let parts = parts.chain(above.iter().map(|(_, name)| name.as_str())).chain(std::iter::once(key));
        let name = parts.map(|part| snake(part).to_ascii_lowercase()).collect::<Vec<_>>().join("_");
        found.push((line, name, value.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    /// The port of a program that reads this file, with its place.
    fn port(name: &str, text: &str) -> Option<(u16, String)> {
        let main = format!(
            "package main\n\nvar path = flag.String(\"config\", \"./{name}\", \"\")\n\nfunc main() {{\n http.ListenAndServe(x(), nil)\n}}\n"
        );
        let case = project(&[("go.mod", "module example.com/shop\n"), ("main.go", &main), (name, text)]);
        let component = &case.detect().unwrap().components[0];
        Some((component.listens_on()?.number(), component.port.evidence()?.place()))
    }

    #[test]
    fn a_named_file_of_settings_says_the_port() {
        for (name, text, line) in [
            ("a.yaml", "database:\n  port: 5432\nserver:\n  debug: true\n  port: :8081 # web\n", 5),
            ("a.yml", "http:\n    addr: 0.0.0.0:8081\n", 2),
            ("a.ini", "[database]\nPort = 1\n[server]\nHttpPort = 8081\n", 4),
            ("a.toml", "port = 8081\n[redis]\nport = 6379\n", 1),
            (
                "a.json",
                "{\n  \"db\": {\n    \"port\": 5432\n  },\n  \"server\": {\n    \"port\": \"8081\"\n  }\n}\n",
                6,
            ),
        ] {
            assert_eq!(port(name, text), Some((8081, format!("{name}:{line}"))), "{name}");
        }
        assert_eq!(port("a.yaml", "database:\n  port: 5432\n"), None);
    }
}
