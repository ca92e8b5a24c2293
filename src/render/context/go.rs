//! What a template may say of a Go component besides what holds for all.

use minijinja::value::Value;

use super::{Fact, Reading, is_plain_path, map, none, pair_values, safe, words};
use crate::facts::{Go, Line};
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
        let mut builds = Vec::new();
        if go.cgo.is_none() {
            builds.push(safe("export GOOS=\"$TARGETOS\" GOARCH=\"$TARGETARCH\""));
        }
        builds.push(build("server", &main));
        // nothing optimised away in the module itself, so that a debugger can show every line and variable
        let plain = if is_plain_path(go.module.as_str()) { go.module.as_str() } else { "main" };
        let mut in_development = format!("go build -gcflags='{plain}/...=-N -l' -o /cache/server {main}");
        if let Some(program) = launcher {
            builds.push(build(program, &format!("docker/{program}.go")));
            in_development = format!("go build -o /cache/{program} docker/{program}.go && {in_development}");
        }
        let mut words: Vec<String> = DEBUGGER.iter().map(|word| (*word).to_owned()).collect();
        words.push("/cache/server".to_owned());
        if start.len() > 1 {
            words.push("--".to_owned());
            words.extend(start[1..].iter().cloned());
        }
        let mut run = crate::facts::Argv::new(words).map_err(|error| Mistake::new(error.to_string()))?.to_string();
        if self.component.needs_starter() {
            run = format!("/cache/with-secrets {run}");
        }
        let debugger = self.presets.runtimes.get("go").and_then(|preset| preset.debugger.clone()).unwrap_or_default();
        let downloads = go.has_sum && !go.vendored;
        Ok(map([
            ("from", safe(self.from(go)?)),
            ("about_base", Value::from(about_base(go))),
            ("about_deps", safe(about_deps(go))),
            ("environment", pair_values(go_environment(go))),
            ("arguments", Value::from(arguments(go))),
            ("mounts", if downloads { Value::from(module_mounts()) } else { none() }),
            ("debugger", safe(debugger)),
            ("builds", Value::from(builds)),
            ("build_in_development", safe(in_development)),
            ("start_in_development", safe(run)),
        ]))
    }
}

impl Reading<'_> {
    /// Go compiles for any platform; a C compiler for its own.
    fn from(&self, go: &Go) -> Result<String, Mistake> {
        let runtime = self.component.runtime.value().ok_or_else(|| self.open("runtime"))?;
        let platform = if go.cgo.is_none() { "--platform=$BUILDPLATFORM " } else { "" };
        Ok(format!("{platform}{}", runtime.image))
    }
}

/// Starts the program at once and waits for no editor.
const DEBUGGER: &[&str] = &["dlv", "exec", "--headless", "--listen=:2345", "--accept-multiclient", "--continue"];

fn about_base(go: &Go) -> Vec<String> {
    match &go.cgo {
        None => vec!["base has the compiler, the image that runs has none".to_owned()],
        Some(cgo) => vec![
            format!("base has a C compiler too: {}.", Line::from_text(&cgo.evidence.because)),
            "It builds for its own platform only; for another one it runs under emulation".to_owned(),
        ],
    }
}

fn about_deps(go: &Go) -> &'static str {
    match (go.vendored, go.has_sum) {
        (true, _) => "deps has nothing to fetch: vendor/ holds the modules",
        (_, false) => "deps has nothing to fetch: the module needs no other",
        _ => {
            "deps holds the modules: downloads go to the cache mount, modules to the layer, so the stages below need no network"
        }
    }
}

fn go_environment(go: &Go) -> Vec<(String, String)> {
    let mut pairs = vec![("CGO_ENABLED".to_owned(), if go.cgo.is_some() { "1" } else { "0" }.to_owned())];
    if go.vendored {
        pairs.push(("GOFLAGS".to_owned(), "-mod=vendor".to_owned()));
    }
    pairs
}

/// Lines of ARG in the stage that compiles.
fn arguments(go: &Go) -> Vec<Value> {
    let mut lines = Vec::new();
    if go.cgo.is_none() {
        lines.push(safe("TARGETOS TARGETARCH"));
    }
    lines
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
