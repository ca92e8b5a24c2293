//! Settings of one component that plainly name another: `API_URL` beside a component `api`. What
//! browsers see (a public origin, a redirect) is never an address inside compose.

use crate::decisions::{Decisions, Key};
use crate::facts::{Component, Fill, Line, Port, Setting, SettingKind, Stack};

/// Last words of a name that holds an address, with what of it.
const ENDINGS: &[(&str, Form)] = &[
    ("URL", Form::Url),
    ("URI", Form::Url),
    ("ENDPOINT", Form::Url),
    ("BASE", Form::Url),
    ("ADDR", Form::Address),
    ("ADDRESS", Form::Address),
    ("HOST", Form::Host),
    ("HOSTNAME", Form::Host),
];
/// Words that say nothing of whose address it is.
const FILLERS: &[&str] = &["BASE", "INTERNAL", "PRIVATE", "SERVER", "SERVICE", "UPSTREAM", "HTTP", "REST"];
/// Words of names that browsers are shown.
const SEEN_OUTSIDE: &[&str] = &[
    "ALLOWED", "CALLBACK", "CLIENT", "CORS", "EXTERNAL", "FRONTEND", "ORIGIN", "ORIGINS", "PUBLIC", "REACT",
    "REDIRECT", "SITE", "VITE",
];
/// What the one back end beside a front end is called, whatever its folder's name.
const BACK_ENDS: &[&str] = &["API", "BACKEND"];
const FRONT_ENDS: &[&str] = &["app", "client", "front", "frontend", "site", "ui", "web", "website", "www"];

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Url,
    /// Host and port.
    Address,
    Host,
}

/// Fills settings that nobody decided and that name one other component.
pub(super) fn connect(components: &mut [Component], decisions: &Decisions) {
    for at in 0..components.len() {
        let filled: Vec<(usize, Fill)> = components[at]
            .settings
            .iter()
            .enumerate()
            .filter(|(_, setting)| decisions.get(&Key::setting(&components[at].path, &setting.name)).is_none())
            .filter_map(|(index, setting)| {
                let (other, form) = named(setting, at, components)?;
                let service = other.among.as_ref()?.service.clone();
                let address = Line::from_text(&value(setting, other, form)?);
                Some((index, Fill::Component { service, address }))
            })
            .collect();
        for (index, fill) in filled {
            components[at].settings[index].fill = fill;
        }
    }
}

/// The one other component that a setting names, and what of its address.
fn named<'a>(setting: &Setting, at: usize, components: &'a [Component]) -> Option<(&'a Component, Form)> {
    let is_open = match &setting.fill {
        Fill::Passed => true,
        Fill::Value(text) => setting.local.as_ref().is_some_and(|local| local.as_str() == text),
        _ => false,
    };
    let words: Vec<&str> = setting.name.as_str().split('_').collect();
    if setting.kind != SettingKind::Plain || !is_open || words.iter().any(|word| SEEN_OUTSIDE.contains(word)) {
        return None;
    }
    let (last, rest) = words.split_last()?;
    let (_, form) = ENDINGS.iter().find(|(ending, _)| ending == last)?;
    let others: Vec<&Component> = components
        .iter()
        .enumerate()
        .filter(|(other, component)| *other != at && component.listens_on().is_some() && !is_front_end(component))
        .map(|(_, component)| component)
        .collect();
    let whose: Vec<&str> = rest.iter().copied().filter(|word| !FILLERS.contains(word)).collect();
    let is_called = |component: &&Component| {
        let name = component.service_name().to_ascii_uppercase();
        name.split('-').eq(whose.iter().copied())
            || (whose.last() == Some(&"API") && name.split('-').eq(whose[..whose.len() - 1].iter().copied()))
    };
    let mut by_name = others.iter().copied().filter(is_called);
    let by_name = by_name.next().filter(|_| by_name.next().is_none());
    let own = components[at].listens_on();
    let port = setting.local.as_ref().and_then(|local| port_of(local.as_str())).filter(|port| Some(*port) != own);
    let mut behind = others.iter().copied().filter(|other| port.is_some() && other.listens_on() == port);
    let by_port = behind.next().filter(|_| behind.next().is_none());
    let is_role = whose.len() == 1 && BACK_ENDS.contains(&whose[0]) && *form == Form::Url;
    let by_role = others.first().copied().filter(|_| is_role && others.len() == 1 && is_front_end(&components[at]));
    Some((by_name.or(by_port).or(by_role)?, *form))
}

/// What browsers are sent to: its address inside compose is nobody's setting.
fn is_front_end(component: &Component) -> bool {
    matches!(component.stack, Stack::Next(..)) || FRONT_ENDS.contains(&component.service_name())
}

/// The address of a component inside compose, in the form that its example has.
fn value(setting: &Setting, other: &Component, form: Form) -> Option<String> {
    let (service, port) = (other.service_name(), other.listens_on()?);
    let local = setting.local.as_ref().map(|local| local.as_str()).unwrap_or_default();
    let (scheme, rest) = match local.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, local),
    };
    let path = rest.find(['/', '?', '#']).map_or("", |from| &rest[from..]);
    match (form, scheme) {
        (Form::Host, None) if port_of(local).is_none() => Some(service.to_owned()),
        (Form::Address | Form::Host, None) => Some(format!("{service}:{port}")),
        (Form::Url, None) if !local.is_empty() => Some(format!("{service}:{port}{path}")),
        (_, scheme) => {
            // nobody has a certificate in there
            let scheme = match scheme.unwrap_or("http") {
                "https" => "http",
                "wss" => "ws",
                other => other,
            };
            Some(format!("{scheme}://{service}:{port}{path}"))
        }
    }
}

/// The port of `http://localhost:8000/api`, `localhost:8000` or `:8000`.
fn port_of(address: &str) -> Option<Port> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}
