//! The health route: where files are routes, the files say so.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::super::health::{best, is_health};
use super::config::Config;
use crate::facts::{Evidence, Found, Probe};
use crate::paths::RelPath;
use crate::project::Mistake;

const ENDINGS: &[&str] = &["ts", "js", "tsx", "jsx", "mts", "mjs"];

/// The probe of an app.
///
/// # Errors
/// What was settled is no probe.
pub fn health(context: &Context<'_>, path: &RelPath, config: &Config) -> Result<Found<Probe>, Mistake> {
    let settled = decided(context, path, "health", str::parse)?;
    Ok(or_found(settled, found(context, path, config)))
}

fn found(context: &Context<'_>, path: &RelPath, config: &Config) -> Found<Probe> {
    // an unknown base makes every path wrong
    let Some(base) = config.base_path() else { return Found::default(Probe::Port, "basePath is not known") };
    best(context.project.files_below(path).filter_map(|file| {
        let route = file.strip(path).and_then(|inner| route(&inner)).filter(|route| is_health(route))?;
        // a route handler may answer to other methods only
        let is_handler = file.file_name().starts_with("route.");
        let answers = context.project.read(file).is_some_and(|source| !is_handler || source.text().contains("GET"));
        answers.then(|| (format!("{base}{route}"), Evidence::file(file, "health route")))
    }))
}

/// The path that a file answers: `/api/health` of `src/app/(ops)/api/health/route.ts` and of
/// `pages/api/health.ts`. `None` where it answers none, or one with parameters.
fn route(file: &RelPath) -> Option<String> {
    let parts: Vec<&str> = file.parts().collect();
    let parts = if parts.first() == Some(&"src") { &parts[1..] } else { &parts[..] };
    let (router, rest) = parts.split_first()?;
    let (name, folders) = rest.split_last()?;
    let (stem, ending) = name.split_once('.')?;
    if !ENDINGS.contains(&ending) {
        return None;
    }
    let mut path: Vec<&str> = Vec::new();
    for part in folders {
        match part.chars().next()? {
            '[' | '_' | '@' => return None,
            '(' if *router == "app" => {}
            _ => path.push(part),
        }
    }
    match (*router, stem) {
        ("app", "route" | "page") => {}
        ("pages", "index") => {}
        ("pages", stem) if !stem.starts_with(['[', '_']) => path.push(stem),
        _ => return None,
    }
    Some(format!("/{}", path.join("/")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    fn of(config: &str, files: &[&str]) -> String {
        let mut all: Vec<(&str, &str)> = vec![("next.config.js", config)];
        all.extend(files.iter().map(|file| (*file, "export const GET = 1")));
        project(&all).ask(|context| {
            let root = RelPath::root();
            let found = health(context, &root, &Config::read(context, &root)).unwrap();
            format!("{} {}", found.value().unwrap(), found.evidence().unwrap().place())
        })
    }

    #[test]
    fn files_of_both_routers_are_routes() {
        for (file, path) in [
            ("app/api/health/route.ts", "/api/health"),
            ("src/app/(ops)/healthz/route.js", "/healthz"),
            ("pages/api/health.ts", "/api/health"),
            ("src/pages/api/health/index.js", "/api/health"),
            ("app/status/page.tsx", "/status"),
        ] {
            assert_eq!(of("module.exports = {}", &[file]), format!("GET {path} {file}"));
        }
        for file in ["app/api/[x]/health/route.ts", "app/_health/route.ts", "lib/health.ts", "pages/api/health.test.ts"]
        {
            assert_eq!(of("module.exports = {}", &[file]), "port no health route found", "{file}");
        }
    }

    #[test]
    fn a_base_path_comes_first_and_an_unknown_one_gives_none() {
        let files = ["app/api/health/route.ts"];
        assert_eq!(of("module.exports = { basePath: '/shop' }", &files), format!("GET /shop/api/health {}", files[0]));
        assert_eq!(of("module.exports = { basePath: base() }", &files), "port basePath is not known");
    }

    #[test]
    fn the_best_name_wins_and_the_others_are_seen() {
        let files = ["app/api/status/route.ts", "app/api/health/route.ts", "app/api/v1/health/route.ts"];
        assert_eq!(of("module.exports = {}", &files), "GET /api/health app/api/health/route.ts");
    }
}
