//! What one setup lets a container do that another does not: a template from outside, held against
//! the built-in one for the same stack. No findings: a team may have its reasons, and a person
//! sees the list before anything is written.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::rules::root_user;
use super::{Input, Tree};
use crate::paths::RelPath;
use crate::setup::Setup;
use crate::setup::compose::{Health, Service};
use crate::setup::dockerfile::Kind;
use crate::setup::yaml::{Value, Yaml};

/// One thing that is weaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Weaker {
    pub file: RelPath,
    /// From 1.
    pub line: Option<u32>,
    /// `service \`app\` gets the capability NET_ADMIN`
    pub what: String,
}

/// Keys of a service whose entries are rights: what is listed in ours only is more.
const RIGHTS: &[(&str, &str)] = &[
    ("cap_add", "gets the capability"),
    ("devices", "gets the device"),
    ("ports", "publishes the port"),
    ("volumes", "mounts"),
    ("tmpfs", "may write to"),
    ("group_add", "joins the group"),
    ("security_opt", "has the option"),
    ("extra_hosts", "reaches the host"),
    ("networks", "joins the network"),
    ("env_file", "reads the file"),
    ("secrets", "reads the secret"),
    ("configs", "reads the config"),
    ("sysctls", "sets the kernel parameter"),
];
/// Keys whose entries take rights away: what is listed in theirs only is missing.
const LIMITS: &[(&str, &str)] = &[("cap_drop", "keeps the capabilities"), ("security_opt", "lacks the option")];
/// Keys that share something of the host; any value that theirs has not.
const SHARED: &[&str] = &[
    "privileged",
    "pid",
    "ipc",
    "network_mode",
    "userns_mode",
    "uts",
    "cgroup",
    "cgroup_parent",
    "runtime",
    "use_api_socket",
    "oom_kill_disable",
];

/// What `ours` allows beyond `theirs`.
pub fn weaker(ours: &Setup, theirs: &Setup, tree: &Tree) -> Vec<Weaker> {
    let (ours, theirs) = (Input::new(ours, tree), Input::new(theirs, tree));
    let mut found = images(&ours, &theirs);
    for (compose, service) in ours.all_services() {
        let other = theirs.all_services().find(|(other, same)| other.path == compose.path && same.name == service.name);
        let known = other.map(|(_, service)| service);
        let says = services(service, known).into_iter().map(|(line, what)| Weaker {
            file: compose.path.clone(),
            line: Some(line),
            what: format!("service `{}` {what}", service.name),
        });
        found.extend(says);
    }
    found
}

fn images(ours: &Input<'_>, theirs: &Input<'_>) -> Vec<Weaker> {
    let mut found = Vec::new();
    let (mine, known) = (ours.images(), theirs.images());
    for image in &mine {
        let mut says = |line: u32, what: String| {
            found.push(Weaker { file: image.path.clone(), line: Some(line), what });
        };
        let same = |other: &&super::input::Image<'_>| other.path == image.path && other.stage.name == image.stage.name;
        let Some(other) = known.iter().find(same).or(known.iter().find(|other| other.path == image.path)) else {
            continue;
        };
        let user = |image: &super::input::Image<'_>| root_user::user(image).map(|(user, _)| user);
        if user(image) != user(other) {
            let now = user(image).unwrap_or_else(|| "whatever its base says".to_owned());
            says(image.stage.line, format!("the image runs as {now}, not as {}", user(other).unwrap_or_default()));
        }
        let exposed = |image: &super::input::Image<'_>| -> BTreeSet<String> {
            let instructions = image.instructions().filter_map(|instruction| match &instruction.kind {
                Kind::Expose(ports) => Some(ports.clone()),
                _ => None,
            });
            instructions.flatten().collect()
        };
        for port in exposed(image).difference(&exposed(other)) {
            says(image.stage.line, format!("the image exposes the port {port}"));
        }
        if image.file.healthcheck(image.stage).is_none() && other.file.healthcheck(other.stage).is_some() {
            says(image.stage.line, "the image has no HEALTHCHECK".to_owned());
        }
    }
    found
}

fn services(service: &Service, known: Option<&Service>) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    if known.is_none() {
        found.push((service.line, "is new".to_owned()));
    }
    for (key, what) in RIGHTS {
        let theirs: Vec<String> = known.map(|known| entries(known, key)).unwrap_or_default();
        let line = service.get(key).map_or(service.line, |node| node.line);
        for more in entries(service, key).into_iter().filter(|entry| !theirs.contains(entry)) {
            if !is_harmless(key, &more, known.is_none()) {
                found.push((line, format!("{what} {more}")));
            }
        }
    }
    for key in SHARED {
        let value = |service: &Service| service.get(key).map(written).filter(|value| value != "false");
        if let Some(value) = value(service).filter(|value| known.and_then(value_of(key)) != Some(value.clone())) {
            found.push((service.get(key).map_or(service.line, |node| node.line), format!("has `{key}: {value}`")));
        }
    }
    let Some(known) = known else { return found };
    for (key, what) in LIMITS {
        let ours = entries(service, key);
        for less in entries(known, key).into_iter().filter(|entry| !ours.contains(entry)) {
            found.push((service.line, format!("{what} {less}")));
        }
    }
    if known.is_true("read_only") && !service.is_true("read_only") {
        found.push((service.line, "may write to its whole file system".to_owned()));
    }
    if known.text("user").map(|(user, _)| user) != service.text("user").map(|(user, _)| user) {
        let now = service.text("user").map_or("whoever the image says", |(user, _)| user);
        found.push((service.line, format!("runs as {now}")));
    }
    if service.health() == Health::Off && known.health() != Health::Off {
        found.push((service.line, "is not asked for its health".to_owned()));
    }
    if known.memory_limit().is_some() && service.memory_limit().is_none() {
        found.push((service.line, "has no memory limit".to_owned()));
    }
    let pids = ["deploy", "resources", "limits", "pids"];
    if known.body.at(&pids).is_some() && service.body.at(&pids).is_none() && service.get("pids_limit").is_none() {
        found.push((service.line, "has no limit on processes".to_owned()));
    }
    found
}

fn value_of(key: &str) -> impl Fn(&Service) -> Option<String> {
    move |service: &Service| service.get(key).map(written)
}

/// What is no right of its own: an option that takes rights away, the usual folder for temporary
/// files, the networks of a service that is new anyway.
fn is_harmless(key: &str, entry: &str, is_new: bool) -> bool {
    match key {
        "security_opt" => entry.starts_with("no-new-privileges") && !entry.ends_with("false"),
        "tmpfs" => entry == "/tmp" || entry.starts_with("/tmp:"),
        "networks" => is_new,
        _ => false,
    }
}

fn entries(service: &Service, key: &str) -> Vec<String> {
    let Some(node) = service.get(key) else { return Vec::new() };
    match &node.value {
        Value::Sequence(items) => items.iter().map(written).collect(),
        Value::Mapping(entries) => entries.iter().map(|entry| entry.key.clone()).collect(),
        Value::Scalar(text) => vec![text.clone()],
        Value::Null => Vec::new(),
    }
}

/// A node in one line.
fn written(node: &Yaml) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar(text) => text.clone(),
        Value::Sequence(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let inner: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", entry.key, written(&entry.value))).collect();
            format!("{{{}}}", inner.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Presets;
    use crate::setup::SetupFile;

    fn setup(dockerfile: &str, compose: &str) -> Setup {
        let file =
            |path: &str, text: &str| (RelPath::new(path).unwrap(), SetupFile { text: text.to_owned(), mode: 0o644 });
        Setup { files: [file("Dockerfile", dockerfile), file("compose.yaml", compose)].into(), secrets: Vec::new() }
    }

    const DOCKERFILE: &str = "FROM x:1 AS production\nUSER 1001:1001\nEXPOSE 3000\nHEALTHCHECK CMD [\"x\"]\n";
    const COMPOSE: &str = "services:\n  app:\n    build: .\n    read_only: true\n    cap_drop: [ALL]\n    \
                           security_opt: [no-new-privileges:true]\n    user: \"1001:1001\"\n    ports: [\"127.0.0.1:3000:3000\"]\n";

    fn said(dockerfile: &str, compose: &str) -> Vec<String> {
        let tree = Tree::without_files(Presets::built_in());
        let weaker = weaker(&setup(dockerfile, compose), &setup(DOCKERFILE, COMPOSE), &tree);
        weaker.into_iter().map(|one| one.what).collect()
    }

    #[test]
    fn the_same_is_not_weaker() {
        assert!(said(DOCKERFILE, COMPOSE).is_empty(), "{:?}", said(DOCKERFILE, COMPOSE));
    }

    #[test]
    fn each_right_that_is_gained_and_each_limit_that_is_lost_is_said() {
        for (from, to, what) in [
            ("read_only: true", "init: true", "may write to its whole file system"),
            ("cap_drop: [ALL]", "cap_drop: []", "keeps the capabilities ALL"),
            ("no-new-privileges:true", "seccomp:unconfined", "has the option seccomp:unconfined"),
            ("read_only: true", "read_only: true\n    cap_add: [NET_ADMIN]", "gets the capability NET_ADMIN"),
            ("read_only: true", "read_only: true\n    privileged: true", "has `privileged: true`"),
            ("read_only: true", "read_only: true\n    pid: host", "has `pid: host`"),
            (
                "read_only: true",
                "read_only: true\n    volumes: [/var/run/docker.sock:/x]",
                "mounts /var/run/docker.sock",
            ),
            ("127.0.0.1:3000:3000", "3000:3000", "publishes the port 3000:3000"),
            ("user: \"1001:1001\"", "user: \"0\"", "runs as 0"),
        ] {
            let said = said(DOCKERFILE, &COMPOSE.replace(from, to));
            assert!(said.iter().any(|one| one.contains(what)), "{to}: {said:?}");
        }
        for (from, to, what) in [
            ("USER 1001:1001", "USER 0", "runs as 0"),
            ("USER 1001:1001\n", "", "runs as whatever its base says"),
            ("EXPOSE 3000", "EXPOSE 3000 22", "exposes the port 22"),
            ("HEALTHCHECK CMD [\"x\"]\n", "", "has no HEALTHCHECK"),
        ] {
            let said = said(&DOCKERFILE.replace(from, to), COMPOSE);
            assert!(said.iter().any(|one| one.contains(what)), "{to}: {said:?}");
        }
    }
}
