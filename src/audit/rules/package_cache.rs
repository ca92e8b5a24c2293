//! What a package manager keeps for next time stays in the layer.

use crate::audit::installs::{self, Install, Manager};
use crate::audit::shell::{self, ShellCommand};
use crate::audit::{Finding, Input, Rule, Severity};
use crate::setup::dockerfile::Run;

pub static RULE: Rule = Rule {
    id: "package-cache",
    severity: Severity::Error,
    checklist: &[
        "NEVER leave package manager caches - Clean in the same RUN layer (`npm ci && npm cache clean --force`)",
        "Package cache cleaned in same RUN layer",
    ],
    docs: "https://docs.docker.com/build/building/best-practices/#run",
    development: false,
    check,
};

fn check(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    // what runs migrations stands on the build, which needs no small layers
    for image in input.images().into_iter().filter(|image| !image.is_for_jobs) {
        let environment = image.file.environment(image.stage);
        for (_, run) in image.runs() {
            let commands = shell::commands(run);
            let mut told = Vec::new();
            for install in commands.iter().filter_map(installs::install) {
                let (off, hint) = advice(install.manager);
                let off = off.iter().any(|name| environment.get(name).is_some_and(|value| !["", "0"].contains(value)));
                if off || told.contains(&install.manager) || keeps_nothing(&install, &commands, run) {
                    continue;
                }
                told.push(install.manager);
                let message = format!("`{}` leaves its cache in the layer", install.shown());
                findings.push(RULE.at(image.path, install.command.line, message, hint));
            }
        }
    }
    findings
}

/// Variables that turn the cache off, and what to do.
fn advice(manager: Manager) -> (&'static [&'static str], &'static str) {
    match manager {
        Manager::Npm => {
            (&[], "add `&& npm cache clean --force`, or mount a cache: `--mount=type=cache,target=/root/.npm`")
        }
        Manager::Yarn => (&[], "add `&& yarn cache clean`, or mount a cache"),
        Manager::Pnpm => (&[], "mount the store: `--mount=type=cache,target=/pnpm/store`"),
        Manager::Bun => (&[], "mount a cache: `--mount=type=cache,target=/root/.bun/install/cache`"),
        Manager::Pip => (
            &["PIP_NO_CACHE_DIR"],
            "add `--no-cache-dir`, or mount a cache: `--mount=type=cache,target=/root/.cache/pip`",
        ),
        Manager::Poetry => (&["POETRY_NO_CACHE"], "add `--no-cache`, or mount a cache"),
        Manager::Uv => {
            (&["UV_NO_CACHE"], "add `--no-cache`, or mount a cache: `--mount=type=cache,target=/root/.cache/uv`")
        }
        Manager::Go => (&[], "download in an earlier stage, or mount a cache: `--mount=type=cache,target=/go/pkg/mod`"),
        Manager::Composer => (&["COMPOSER_NO_CACHE"], "add `&& composer clear-cache`, or mount a cache"),
        Manager::Bundler => (&[], "add `&& rm -rf /usr/local/bundle/cache`, or mount a cache"),
        Manager::Apt => (&[], "add `&& rm -rf /var/lib/apt/lists/*` to the same RUN"),
        Manager::Apk => (&[], "write `apk add --no-cache`"),
        Manager::Dnf => (&[], "add `&& dnf clean all` to the same RUN"),
    }
}

fn keeps_nothing(install: &Install, commands: &[ShellCommand], run: &Run) -> bool {
    let mounted = |place: &str| {
        run.mounts().any(|mount| {
            let target = ["target", "dst", "destination"].iter().find_map(|key| mount.get(key)).copied();
            ["cache", "tmpfs"].contains(mount.get("type").unwrap_or(&""))
                && target.is_some_and(|target| target.contains(place) || place.starts_with(target))
        })
    };
    let ran = |program: &str, words: &[&str]| {
        commands.iter().any(|command| {
            let (name, arguments) = command.program();
            name == program && words.iter().all(|word| arguments.iter().any(|argument| argument == word))
        })
    };
    let removed = |place: &str| {
        commands.iter().any(|command| {
            let (name, arguments) = command.program();
            ["rm", "find"].contains(&name) && arguments.iter().any(|argument| argument.contains(place))
        })
    };
    match install.manager {
        Manager::Npm => ran("npm", &["cache", "clean"]) || mounted("") || removed("npm"),
        Manager::Yarn => ran("yarn", &["cache", "clean"]) || mounted("") || removed("yarn"),
        Manager::Pnpm => ran("pnpm", &["store", "prune"]) || mounted("") || removed("store"),
        Manager::Bun => mounted("") || removed("bun"),
        Manager::Pip => {
            install.flag(&["--no-cache-dir"]) || mounted("") || removed(".cache") || ran("pip", &["cache", "purge"])
        }
        Manager::Poetry => {
            install.flag(&["--no-cache"]) || mounted("") || removed("pypoetry") || ran("poetry", &["cache", "clear"])
        }
        Manager::Uv => {
            install.flag(&["--no-cache", "-n"]) || mounted("") || ran("uv", &["cache", "clean"]) || removed(".cache")
        }
        Manager::Go => mounted("") || ran("go", &["clean", "-modcache"]),
        Manager::Composer => {
            ran("composer", &["clear-cache"])
                || ran("composer", &["clearcache"])
                || mounted("")
                || install.flag(&["--no-cache"])
        }
        Manager::Bundler => mounted("") || removed("cache"),
        Manager::Apt => removed("/var/lib/apt") || ran("apt-get", &["dist-clean"]) || mounted("/var/lib/apt"),
        Manager::Apk => {
            install.flag(&["--no-cache"])
                || removed("/var/cache/apk")
                || mounted("/var/cache/apk")
                || ran("apk", &["cache", "clean"])
        }
        Manager::Dnf => {
            ["dnf", "yum", "microdnf"].iter().any(|program| ran(program, &["clean", "all"]))
                || removed("/var/cache")
                || mounted("/var/cache")
        }
    }
}
