//! Which of an app's routes tells how it is, for the stacks that find them in code or in files.

use crate::facts::{Confidence, Evidence, Found, HttpPath, Probe};

/// Last parts of a path that ask for health, the best first. The two most common are equally good.
const NAMES: &[&str] = &[
    "healthz",
    "health",
    "healthcheck",
    "health-check",
    "health_check",
    "heartbeat",
    "__heartbeat__",
    "_health",
    "livez",
    "live",
    "liveness",
    "alive",
    "readyz",
    "ready",
    "readiness",
    "ping",
    "status",
];
/// How many others are shown.
const SHOWN: usize = 5;

/// Whether a path's last part asks for health.
pub fn is_health(path: &str) -> bool {
    rank(path).is_some()
}

fn rank(path: &str) -> Option<usize> {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    NAMES.iter().position(|name| *name == last).map(|rank| rank.max(1))
}

/// The best of the routes, each a path with its evidence: first by its name, then the shorter one.
/// Paths with parameters (`/orders/{id}/status`) and other names are about something else.
pub fn best(routes: impl IntoIterator<Item = (String, Evidence)>) -> Found<Probe> {
    let mut known: Vec<(usize, HttpPath, Evidence)> = Vec::new();
    for (path, evidence) in routes {
        if let (Some(rank), Ok(path)) = (rank(&path), HttpPath::new(&path)) {
            known.push((rank, path, evidence));
        }
    }
    let key = |one: &(usize, HttpPath, Evidence)| (one.0, one.1.as_str().len(), one.1.as_str().to_owned());
    known.sort_by_key(key);
    known.dedup_by(|later, first| later.1 == first.1);
    let mut probes = known.into_iter().map(|(_, path, evidence)| (Probe::Http(path), evidence));
    match probes.next() {
        Some((value, evidence)) => Found::Known {
            value,
            confidence: Confidence::Inferred,
            evidence: vec![evidence],
            rejected: probes.take(SHOWN).collect(),
        },
        None => Found::default(Probe::Port, "no health route found"),
    }
}
