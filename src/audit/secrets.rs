//! How a secret is told by its name or its value.

use crate::presets::Presets;

/// BuildKit's words: a build that names one of them in ENV or ARG gets a warning.
const BUILD_WORDS: &[&str] =
    &["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];
const BUILD_PLAIN: &[&str] = &["public", "file", "version"];

/// How values of well-known services begin, and how much follows at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("npm_", 30),
    ("AKIA", 16),
    ("sk_live_", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
];

/// Whether a name of ENV or ARG is secret by BuildKit's rule.
pub fn is_build_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| lower.split('_').any(|word| words.contains(&word));
    has(BUILD_WORDS) && !has(BUILD_PLAIN)
}

/// Whether a name of a container's environment is secret, by the words of `presets/settings.toml`.
pub fn is_secret_setting(name: &str) -> bool {
    let settings = &Presets::built_in().settings;
    let lower = name.to_ascii_lowercase();
    let has = |words: &[String]| lower.split('_').any(|word| words.iter().any(|known| known == word));
    let glued = ["password", "passwd", "secret", "apikey"].iter().any(|end| lower.ends_with(end));
    (has(&settings.secret_words) || glued) && !has(&settings.plain_words)
}

/// Whether a text holds a token, a private key or an address with a password; says which.
pub fn secret_value(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let token = TOKENS.iter().any(|(start, more)| {
        text.match_indices(start).any(|(at, _)| {
            let rest = text[at + start.len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_');
            let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            begins && rest.count() >= *more
        })
    });
    if token {
        return Some("a token");
    }
    password_in_address(text).then_some("an address with a password")
}

/// `scheme://user:password@host`; not where the password is a variable or the host this machine.
pub fn password_in_address(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| c.is_whitespace() || "/\"'".contains(c)).unwrap_or(rest.len());
        let Some((user, host)) = rest[..end].rsplit_once('@') else { return false };
        let Some((_, password)) = user.split_once(':') else { return false };
        let here = ["localhost", "127.", "example", "host"].iter().any(|start| host.starts_with(start));
        !password.is_empty() && !password.starts_with(['$', '{', '<']) && !here
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_secret_by_whole_words() {
        for name in ["NPM_TOKEN", "API_KEY", "password", "AUTH_URL"] {
            assert!(is_build_secret(name), "{name}");
        }
        for name in ["KEYBOARD", "PUBLIC_KEY", "TOKEN_FILE", "PORT", "KEY_VERSION"] {
            assert!(!is_build_secret(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD", "PGPASSWORD", "STRIPE_KEY"] {
            assert!(is_secret_setting(name), "{name}");
        }
        for name in ["POSTGRES_PASSWORD_FILE", "TOKEN_TTL", "KEYCLOAK_URL"] {
            assert!(!is_secret_setting(name), "{name}");
        }
    }

    #[test]
    fn values_are_secret_by_what_they_look_like() {
        let pat = format!("ghp_{}", "a1".repeat(18));
        assert_eq!(secret_value(&pat), Some("a token"));
        assert_eq!(secret_value("-----BEGIN RSA PRIVATE KEY-----"), Some("a private key"));
        assert!(secret_value("git clone https://me:hunter2@git.corp/x").is_some());
        for plain in ["https://$U:$P@x/y", "postgres://a:b@localhost/x", "http://a/b@c:d", "npm_config_cache=x"] {
            assert_eq!(secret_value(plain), None, "{plain}");
        }
    }
}
