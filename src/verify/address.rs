//! An address of a backing service in any of the forms that apps are given.

/// What an address says; a part that it leaves out is empty. Holds a password: never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// `postgresql+asyncpg`; empty in forms without one.
    pub scheme: String,
    pub host: String,
    pub port: String,
    /// User and password as they are, not as they are written in a URL.
    pub user: String,
    pub password: String,
    pub database: String,
}

impl Address {
    /// Reads `scheme://user:pw@host:port/database?options`, `user:pw@tcp(host:port)/database`,
    /// `host=… port=… user=…`, and `host:port` or `host` alone. `None`: the text is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let keyword = text.split_once('=').is_some_and(|(key, _)| KEYWORDS.contains(&key));
        let address = if keyword { Self::of_keywords(text) } else { Self::of_url(text)? };
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (!address.host.is_empty() && address.host.chars().all(plain)).then_some(address)
    }

    fn of_url(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        // a password in Go's form may hold anything but the `@` before the protocol
        let (authority, path) = match rest[..end].rfind(")/") {
            Some(at) => (&rest[..=at], &rest[at + 2..end]),
            None => rest[..end].split_once('/').unwrap_or((&rest[..end], "")),
        };
        let (user_info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let in_protocol = place.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
        let go = in_protocol.is_some();
        let (host, port) = in_protocol.unwrap_or(place).split_once(':').unwrap_or((in_protocol.unwrap_or(place), ""));
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let plain = |text: &str| if go { text.to_owned() } else { decoded(text) };
        port.chars().all(|c| c.is_ascii_digit()).then(|| Address {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port: port.to_owned(),
            user: plain(user),
            password: plain(password),
            database: plain(path),
        })
    }

    fn of_keywords(text: &str) -> Self {
        let mut address = Address::default();
        for (key, value) in text.split_whitespace().filter_map(|word| word.split_once('=')) {
            let value = value.trim_matches('\'').to_owned();
            match key {
                "host" => address.host = value,
                "port" => address.port = value,
                "user" => address.user = value,
                "password" => address.password = value,
                "dbname" => address.database = value,
                _ => {}
            }
        }
        address
    }

    /// As a URL of this scheme, with these options.
    pub fn url(&self, scheme: &str, options: &str) -> String {
        let user = match (self.user.as_str(), self.password.as_str()) {
            ("", "") => String::new(),
            (user, password) => format!("{}:{}@", encoded(user), encoded(password)),
        };
        let port = if self.port.is_empty() { String::new() } else { format!(":{}", self.port) };
        format!("{scheme}://{user}{}{port}/{}{options}", self.host, encoded(&self.database))
    }
}

/// libpq's words that may come first.
const KEYWORDS: &[&str] = &["host", "port", "user", "password", "dbname", "sslmode"];

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<[String; 5]> {
        let address = Address::parse(text)?;
        Some([address.host, address.port, address.user, address.password, address.database])
    }

    #[test]
    fn every_form_of_an_address_says_the_same() {
        for text in [
            "postgres://app:p%40s%2Fs@db:5432/shop?sslmode=disable",
            "postgresql+asyncpg://app:p%40s%2Fs@db:5432/shop",
            "app:p@s/s@tcp(db:5432)/shop?parseTime=true",
            "mysql://app:p@s/s@tcp(db:5432)/shop",
            "host=db port=5432 user=app password=p@s/s dbname=shop sslmode=disable",
            "user=app password='p@s/s' host=db port=5432 dbname=shop",
        ] {
            assert_eq!(parts(text).unwrap(), ["db", "5432", "app", "p@s/s", "shop"], "{text}");
        }
        assert_eq!(Address::parse("amqp://app:x@rabbitmq:5672").unwrap().database, "");
        assert_eq!(parts("db:5432").unwrap()[..2], ["db", "5432"]);
        assert_eq!(parts("db").unwrap()[0], "db");
        assert_eq!(parts("redis://:x@redis:6379/0").unwrap()[3], "x");
    }

    #[test]
    fn what_is_no_address_has_no_host() {
        for text in ["", "two words", "a=b", "x@y:z", "{\"a\": 1}", "sk_live_1+/=="] {
            assert!(Address::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_address_is_written_as_a_url_again() {
        let address = Address::parse("app:p@s@tcp(db:3306)/shop").unwrap();
        assert_eq!(address.url("mysql", "?a=b"), "mysql://app:p%40s@db:3306/shop?a=b");
        let address = Address::parse("valkey://:x@valkey:6379/0").unwrap();
        assert_eq!(address.url("redis", ""), "redis://:x@valkey:6379/0");
    }
}
