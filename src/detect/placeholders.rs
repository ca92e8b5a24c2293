//! Harmless values for names that a build checks: of the right shape, and nobody's secret. They
//! stand on the one `RUN` line that needs them.

use crate::facts::{BackingService, Fill, Line, Part, Setting};
use crate::presets::Presets;

/// Long enough for what wants 32 characters.
const SECRET: &str = "only-for-the-build-and-no-real-secret";

/// A value that passes the usual checks of such a name; `shape` is what the code itself asks for.
pub fn placeholder(
    presets: &Presets,
    services: &[BackingService],
    setting: &Setting,
    shape: Option<&str>,
) -> Option<Line> {
    let text = match (&setting.fill, shape) {
        (Fill::Value(value), _) => value.clone(),
        (Fill::Service { service, part, dialect }, _) => {
            let preset = presets.services.get(service)?;
            address(preset.given(*part, dialect.as_deref()), &preset.service)
        }
        (_, shape) => by_name(presets, services, setting.name.as_str(), shape)
            .or_else(|| shape.map(str::to_owned))
            .unwrap_or_else(|| SECRET.to_owned()),
    };
    Line::new(&text).ok()
}

/// By what the name says: an address of a service that lies elsewhere, a URL, a port.
fn by_name(presets: &Presets, services: &[BackingService], name: &str, shape: Option<&str>) -> Option<String> {
    let own = services.iter().filter_map(|service| presets.services.get(&service.id));
    for preset in own.chain(presets.services.values()) {
        let named = |part: Part| preset.names.get(&part).is_some_and(|names| names.iter().any(|known| known == name));
        if named(Part::Url) {
            return Some(address(preset.given(Part::Url, None), &preset.service));
        }
    }
    if shape.is_some() {
        return None;
    }
    let last = name.rsplit('_').next().unwrap_or(name);
    let text = match last {
        "URL" | "URI" | "ORIGIN" | "ENDPOINT" => "https://build.example.com",
        "HOST" | "HOSTNAME" | "DOMAIN" => "build.example.com",
        "PORT" | "TIMEOUT" | "TTL" | "LIMIT" | "SIZE" | "COUNT" => "3000",
        "EMAIL" | "FROM" => "build@example.com",
        _ => return None,
    };
    Some(text.to_owned())
}

/// `postgres://app:build@127.0.0.1:5432/app` of what the service's client is given.
fn address(pattern: &str, host: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        text += "build";
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    text += rest;
    let text = text.split('?').next().unwrap_or_default();
    match text.contains("://") {
        true => text.replace(&format!("@{host}:"), "@127.0.0.1:").replace(&format!("//{host}:"), "//127.0.0.1:"),
        false if text == host => "127.0.0.1".to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{EnvName, Reads, SettingKind};

    fn of(name: &str, fill: Fill, shape: Option<&str>) -> String {
        let name = EnvName::new(name).unwrap();
        let setting = Setting {
            name,
            kind: SettingKind::Secret,
            reads: Reads::Environment,
            fill,
            evidence: Vec::new(),
            required: false,
            at_build: None,
            local: None,
            mounted: None,
            note: None,
        };
        placeholder(Presets::built_in(), &[], &setting, shape).unwrap().to_string()
    }

    #[test]
    fn a_placeholder_has_the_shape_that_its_name_means() {
        let url = Fill::Service { service: "postgres".to_owned(), part: Part::Url, dialect: None };
        assert_eq!(of("DATABASE_URL", url, None), "postgres://app:build@127.0.0.1:5432/app");
        assert_eq!(of("POSTGRES_URL", Fill::Empty, Some("x")), "postgres://app:build@127.0.0.1:5432/app");
        assert_eq!(of("APP_URL", Fill::Passed, None), "https://build.example.com");
        assert_eq!(of("SMTP_PORT", Fill::Passed, None), "3000");
        assert_eq!(of("MODE", Fill::Passed, Some("live")), "live");
        assert!(of("SESSION_SECRET", Fill::Generated, None).len() >= 32);
    }
}
