//! Addresses to listen on, and the names of settings and flags that hold one.

use crate::facts::Port;
use crate::presets::SettingsPreset;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Empty: on every interface.
    pub host: String,
    pub port: Port,
}

impl Address {
    /// Reads `:8080`, `0.0.0.0:8080`, `localhost:8080`, `[::]:8080`. A URL is none.
    pub fn read(text: &str) -> Option<Self> {
        let (host, port) = text.trim().rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:*".contains(&b));
        Some(Address { host: host.to_owned(), port: port.parse().ok().filter(|_| is_host)? })
    }

    /// Nobody outside of the container can connect.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// A name of another machine: an address to connect to.
    pub fn is_remote(&self) -> bool {
        !self.is_loopback() && !matches!(self.host.as_str(), "" | "0.0.0.0" | "::" | "*")
    }
}

pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// What a setting or flag holds, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Port,
    Address,
}

/// How well a name says that the server listens there: the shape, and a number that is smaller the
/// better it does. `module` is the module's own name.
pub fn listens(name: &str, module: &str, preset: &SettingsPreset) -> Option<(Shape, u32)> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['_', '-', '.']).filter(|word| !word.is_empty()).collect();
    let words = words.strip_suffix(&["number"]).unwrap_or(&words);
    let (last, before) = words.split_last()?;
    let shape = match *last {
        "port" => Shape::Port,
        "addr" | "address" | "listen" | "listener" | "bind" | "hostport" | "listenaddr" | "httpaddr"
        | "listenaddress" | "bindaddr" => Shape::Address,
        "http" | "p" if before.is_empty() => {
            if *last == "p" {
                Shape::Port
            } else {
                Shape::Address
            }
        }
        "httpport" | "serverport" | "appport" => Shape::Port,
        _ => return None,
    };
    if before.iter().any(|word| preset.other_words.iter().any(|other| other == word)) {
        return None;
    }
    if before.iter().any(|word| preset.second_words.iter().any(|second| second == word)) {
        return Some((shape, 60));
    }
    let module = module.to_ascii_lowercase();
    let plain = |word: &&&str| {
        matches!(
            **word,
            "http"
                | "server"
                | "app"
                | "web"
                | "api"
                | "listen"
                | "listening"
                | "service"
                | "bind"
                | "host"
                | "rest"
                | "main"
        ) || module.split(['-', '_', '.']).any(|part| part == **word)
            || module.replace(['-', '_', '.'], "") == **word
    };
    let unknown = before.iter().filter(|word| !plain(word)).count() as u32;
    // `PORT` is what platforms set; an address alone may be anybody's
    let base = match (before.is_empty(), shape) {
        (true, Shape::Port) => 0,
        (true, Shape::Address) => 4,
        (false, _) => 2 + before.len() as u32,
    };
    Some((shape, base + 20 * unknown))
}

/// Whether a name holds the host to listen on: `HOST`, `SERVER_HOST`, `SHOP_LISTEN_IPV4`.
pub fn is_host(name: &str, host_names: &[String], module: &str) -> bool {
    if host_names.iter().any(|host| host == name) {
        return true;
    }
    let (lower, module) = (name.to_ascii_lowercase(), module.to_ascii_lowercase());
    let Some((before, last)) = lower.rsplit_once('_') else { return false };
    matches!(last, "host" | "address" | "addr" | "ipv4" | "ip" | "bind" | "interface")
        && before
            .split('_')
            .all(|word| word == module || matches!(word, "http" | "server" | "app" | "web" | "api" | "listen" | "bind"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Presets;

    #[test]
    fn addresses_are_told_from_urls_and_times() {
        for (text, host, port) in
            [(":8080", "", 8080), ("localhost:80", "localhost", 80), ("[::]:1", "::", 1), ("0.0.0.0:9", "0.0.0.0", 9)]
        {
            let address = Address::read(text).unwrap();
            assert_eq!((address.host.as_str(), address.port.number()), (host, port));
        }
        for text in ["8080", "http://localhost:8080", ":0", ":http", "15:04:05x", "a b:80", ""] {
            assert_eq!(Address::read(text), None, "{text}");
        }
        assert!(Address::read("127.0.0.1:80").unwrap().is_loopback());
        assert!(Address::read("redis:6379").unwrap().is_remote());
    }

    #[test]
    fn the_name_says_whether_the_server_listens_there() {
        let preset = &Presets::built_in().settings;
        let order = ["PORT", "SERVER_PORT", "ADDR", "HTTP_SERVER_PORT", "SHOP_WORKER_PORT", "METRICS_PORT"];
        let scores: Vec<u32> = order.iter().map(|name| listens(name, "shop", preset).unwrap().1).collect();
        assert!(scores.is_sorted() && scores[0] < scores[1] && scores[4] < scores[5], "{scores:?}");
        for name in
            ["DB_PORT", "REDIS_ADDR", "SMTP_PORT", "EXPORT", "IMPORT", "TRANSPORT", "PORTAL", "MAIL_FROM_ADDRESS"]
        {
            assert_eq!(listens(name, "shop", preset), None, "{name}");
        }
        assert_eq!(listens("SHOP_ADDR", "shop", preset).unwrap().0, Shape::Address);
    }
}
