//! Secrets that next.config hands to the pages, or holds itself.

use super::super::examples::is_credential;
use super::super::node::script::{Script, Value};
use super::Asked;
use crate::facts::{Evidence, Next, Stack};

/// So short a text is no token, whatever it begins with: `sk-SK`.
const SHORTEST: usize = 16;

/// `env: { STRIPE_KEY: process.env.STRIPE_KEY }` puts the value into the code that browsers get.
pub fn secrets(asked: &Asked<'_>) {
    for component in asked.components {
        let Stack::Next(_, Next { config: Some(config), .. }) = &component.stack else { continue };
        let file = component.path.join(config.as_str()).ok();
        let Some(source) = file.and_then(|file| asked.context.project.read(&file)) else { continue };
        let Some(script) = Script::parse(&source) else { continue };
        let is_secret = |name: &str| asked.context.presets.settings.is_secret(name);
        let mut found: Vec<(String, u32)> = Vec::new();
        for object in &script.public {
            let Value::Object(entries) = object else { continue };
            let handed = entries.iter().filter(|entry| {
                let by_value = entry.value.env_name().is_some_and(is_secret);
                let is_literal = entry.value.text().is_some_and(|text| !text.is_empty());
                by_value || (is_secret(&entry.key) && (is_literal || entry.value.env_name().is_some()))
            });
            found.extend(handed.map(|entry| (entry.key.clone(), entry.line)));
        }
        let held = script.texts.iter().filter(|(text, line)| {
            text.len() >= SHORTEST
                && !text.starts_with("pk_")
                && !text.contains([' ', '/', '.'])
                && is_credential(text)
                && found.iter().all(|(_, known)| known != line)
        });
        let evidence: Vec<Evidence> = found
            .iter()
            .map(|(name, line)| Evidence::at(source.path(), *line, name.clone(), "becomes part of the pages"))
            .chain(held.map(|(_, line)| Evidence::at(source.path(), *line, "", "a credential in the code")))
            .collect();
        if evidence.is_empty() {
            continue;
        }
        asked.context.warn(
            "secret-in-next-config",
            format!("{} hands secrets to the pages, where every visitor can read them", source.path()),
            evidence,
            "take the line away, and read `process.env` on the server; rotate the value",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    fn found(config: &str) -> Option<(String, String, String)> {
        let files = [
            ("package.json", "{\"scripts\": {\"build\": \"next build\"}, \"dependencies\": {\"next\": \"16.0.0\"}}"),
            ("package-lock.json", "{\"next\": 1}"),
            ("app/page.tsx", ""),
            ("next.config.js", config),
        ];
        named(&project(&files), "secret-in-next-config")
    }

    #[test]
    fn secrets_that_next_config_hands_to_pages_are_named() {
        let config = "module.exports = {\n  env: {\n    STRIPE_KEY: process.env.STRIPE_KEY,\n    SITE: 'x',\n    API_TOKEN: 'abc',\n  },\n}\n";
        let (place, message, hint) = found(config).unwrap();
        assert_eq!(place, "next.config.js:3 next.config.js:5");
        assert!(message.contains("every visitor") && hint.starts_with("take the line away"));
        assert!(found("export default { publicRuntimeConfig: { db: process.env.DATABASE_URL } }").is_some());
        let token = format!("const key = 'ghp_{}';\nmodule.exports = {{}}\n", "a1".repeat(18));
        assert_eq!(found(&token).unwrap().0, "next.config.js:1");
    }

    #[test]
    fn what_everybody_may_know_is_no_mistake() {
        for config in [
            "module.exports = { env: { SITE_URL: process.env.SITE_URL, PUBLIC_KEY: 'x' } }",
            "module.exports = { i18n: { locales: ['sk-SK', 'en'] }, serverRuntimeConfig: { token: process.env.API_TOKEN } }",
            "// env: { API_KEY: 'x' }\nmodule.exports = {}",
        ] {
            assert_eq!(found(config), None, "{config}");
        }
    }
}
