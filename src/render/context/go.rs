//! What a template may say of a Go component besides what holds for all.

use minijinja::value::Value;

use super::{Fact, Reading, is_plain_path, map, none, safe, words};
use crate::facts::Go;
use crate::project::Mistake;

impl Reading<'_> {
    /// # Errors
    /// The main package is not decided, or no container file can carry its path.
    pub(super) fn go(&self, go: &Go, start: &[String]) -> Result<Vec<Fact>, Mistake> {
        let (prober, in_development): (&[&str], &[&str]) = if self.component.needs_starter() {
            (&["with-secrets", "-probe"], &["/cache/with-secrets", "-probe"])
        } else {
            (&["probe"], &["/cache/probe"])
        };
        Ok(vec![
            ("start", words(&go_start(start))),
            ("probe", words(&self.probe("go", prober))),
            ("probe_in_development", words(&self.probe("go", in_development))),
            ("go", self.builds(go, start)?),
        ])
    }

    pub(super) fn go_environment(&self, development: bool) -> Vec<(String, String)> {
        if !development {
            return Vec::new();
        }
        let pairs = [("GOCACHE", "/cache/go-build"), ("GOTMPDIR", "/cache")];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn builds(&self, go: &Go, start: &[String]) -> Result<Value, Mistake> {
        let main = go.main.value().ok_or_else(|| self.open("main"))?;
        if !is_plain_path(main.as_str()) {
            return Err(Mistake::new(format!(
                "the main package lies in `{main}`, a name that a Dockerfile cannot carry"
            )));
        }
        let main = if main.is_root() { ".".to_owned() } else { format!("./{main}") };
        let launcher = match (self.component.needs_starter(), self.component.listens_on()) {
            (true, _) => Some("with-secrets"),
            (false, Some(_)) => Some("probe"),
            (false, None) => None,
        };
        let build = |program: &str, package: &str| {
            safe(format!("go build -trimpath -ldflags=\"-s -w\" -o /out/{program} {package}"))
        };
        let mut builds = vec![build("server", &main)];
        let mut in_development = format!("go build -o /cache/server {main}");
        if let Some(program) = launcher {
            builds.push(build(program, &format!("docker/{program}.go")));
            in_development = format!("go build -o /cache/{program} docker/{program}.go && {in_development}");
        }
        let mut run =
            crate::facts::Argv::new(std::iter::once("/cache/server".to_owned()).chain(start[1..].iter().cloned()))
                .map_err(|error| Mistake::new(error.to_string()))?
                .to_string();
        if self.component.needs_starter() {
            run = format!("/cache/with-secrets {run}");
        }
        Ok(map([
            ("mounts", if go.has_sum && !go.vendored { Value::from(module_mounts()) } else { none() }),
            ("builds", Value::from(builds)),
            ("build_in_development", safe(in_development)),
            ("start_in_development", safe(run)),
        ]))
    }
}

fn module_mounts() -> Vec<Value> {
    let mounts = [
        "--mount=type=bind,source=go.mod,target=go.mod",
        "--mount=type=bind,source=go.sum,target=go.sum",
        "--mount=type=cache,target=/downloads",
        "--mount=type=secret,id=netrc,target=/root/.netrc",
    ];
    mounts.into_iter().map(safe).collect()
}

/// The program is always `server`, found in PATH.
fn go_start(start: &[String]) -> Vec<String> {
    std::iter::once("server".to_owned()).chain(start.iter().skip(1).cloned()).collect()
}
