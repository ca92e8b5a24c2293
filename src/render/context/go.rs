//! What a template may say of a Go component besides what holds for all.

use minijinja::value::Value;

use super::{Fact, Reading, is_plain_path, map, none, pair_values, safe, words};
use crate::facts::{BuildStep, Go, Line};
use crate::paths::RelPath;
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
            ("workdir", safe(self.component.within(ROOT))),
            ("brings", Value::from(self.brings(ROOT)?)),
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
        let build = |program: &str, stamps: &str, package: &str| {
            safe(format!("go build -trimpath -ldflags=\"-s -w{stamps}\" -o /out/{program} {package}"))
        };
        let stamps: String =
            go.stamps.iter().map(|stamp| format!(" -X {}=${}", stamp.symbol, stamp.argument)).collect();
        let mut builds = Vec::new();
        if go.cgo.is_none() {
            builds.push(safe("export GOOS=\"$TARGETOS\" GOARCH=\"$TARGETARCH\""));
        }
        builds.push(build("server", &stamps, &main));
        // nothing optimised away in the module itself, so that a debugger can show every line and variable
        let plain = if is_plain_path(go.module.as_str()) { go.module.as_str() } else { "main" };
        let mut in_development = format!("go build -gcflags='{plain}/...=-N -l' -o /cache/server {main}");
        if let Some(program) = launcher {
            builds.push(build(program, "", &format!("docker/{program}.go")));
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
        let component = self.component;
        let inner = component.inner();
        let watched = go.beside.iter().map(|path| format!(" {ROOT}/{path}"));
        Ok(map([
            ("from", safe(self.from(go)?)),
            ("folder", safe(format!("{}/", component.within(ROOT)))),
            ("inner", safe(if inner.is_root() { String::new() } else { format!("{inner}/") })),
            ("watched", safe(format!(".{}", watched.collect::<String>()))),
            ("about_base", Value::from(about_base(go))),
            ("about_deps", safe(about_deps(go))),
            ("environment", pair_values(go_environment(go))),
            ("arguments", Value::from(arguments(go))),
            ("debugger", safe(debugger)),
            ("about_fetch", Value::from(self.about_fetch(go))),
            ("fetch", if go.has_sum && !go.vendored { Value::from(self.fetch(go)) } else { none() }),
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

    fn about_fetch(&self, go: &Go) -> Vec<String> {
        let netrc = "given with `--secret id=netrc,src=$HOME/.netrc`";
        let mut about = match &go.private {
            None => vec![format!("netrc: credentials of a private GOPROXY, {netrc}")],
            Some(private) if private.ssh => {
                vec![
                    "Private modules come by SSH, with the keys of your agent: `docker build --ssh default`".to_owned(),
                ]
            }
            Some(_) => vec![format!("netrc: credentials for private modules, {netrc}")],
        };
        if self.mounted(BuildStep::Install).next().is_some() {
            about.extend(self.about_install_secrets(""));
        }
        about
    }

    /// The lines of the RUN that brings the modules.
    fn fetch(&self, go: &Go) -> Vec<Value> {
        let is_own = self.component.inner().is_root();
        let mount = |path: &RelPath| {
            // a relative target begins in the module's folder
            let target = if is_own { path.to_string() } else { format!("{ROOT}/{path}") };
            format!("--mount=type=bind,source={path},target={target}")
        };
        let mut mounts: Vec<String> = go.manifests.iter().map(mount).collect();
        mounts.push("--mount=type=cache,target=/downloads".to_owned());
        let mut lines = vec!["--mount=type=secret,id=netrc,target=/root/.netrc".to_owned()];
        if let Some(private) = &go.private {
            if private.ssh {
                lines[0] = "--mount=type=ssh".to_owned();
                let mut hosts: Vec<&str> =
                    private.patterns.iter().filter_map(|pattern| pattern.split('/').next()).collect();
                hosts.retain(|host| !host.contains('*'));
                hosts.dedup();
                if hosts.is_empty() {
                    hosts.push("github.com");
                }
                lines.push("export GIT_SSH_COMMAND='ssh -o StrictHostKeyChecking=accept-new'".to_owned());
                for host in hosts {
                    lines.push(format!("&& git config --global url.ssh://git@{host}/.insteadOf https://{host}/"));
                }
            }
            if !private.patterns.is_empty() {
                let and = if private.ssh { "&& " } else { "" };
                lines.push(format!("{and}export GOPRIVATE='{}'", private.patterns.join(",")));
            }
        }
        let and = if lines.len() > 1 { "&& " } else { "" };
        let (secrets, exports) = self.install_secrets(false);
        lines.push(format!("{and}GOMODCACHE=/downloads go mod download"));
        let all = if lines.len() > 2 { "GOPRIVATE= " } else { "" };
        lines.push(format!("&& {all}GOPROXY=file:///downloads/cache/download go mod download"));
        lines.splice(1..1, secrets.into_iter().chain(exports));
        mounts.into_iter().chain(lines).map(safe).collect()
    }
}

/// Starts the program at once and waits for no editor.
const DEBUGGER: &[&str] = &["dlv", "exec", "--headless", "--listen=:2345", "--accept-multiclient", "--continue"];

fn about_base(go: &Go) -> Vec<String> {
    match &go.cgo {
        None => vec!["base has the compiler, the image that runs has none".to_owned()],
        Some(cgo) => vec![
            "It builds for its own platform only; for another one it runs under emulation.".to_owned(),
            format!("base has a C compiler too: {}", Line::from_text(&cgo.evidence.because)),
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
    for (argument, default) in [("VERSION", "0.0.0"), ("REVISION", "unknown")] {
        if go.stamps.iter().any(|stamp| stamp.argument == argument) {
            lines.push(safe(format!("{argument}={default}")));
        }
    }
    lines
}

/// Where the build context lies in the stages that build.
const ROOT: &str = "/src";

/// The program is always `server`, found in PATH.
fn go_start(start: &[String]) -> Vec<String> {
    std::iter::once("server".to_owned()).chain(start.iter().skip(1).cloned()).collect()
}
