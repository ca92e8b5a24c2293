//! What a template may say of a Next.js component besides what holds for all and for Node.

use minijinja::value::Value;

use super::node::{installs, only};
use super::{Fact, Reading, is_plain_path, map, safe, words};
use crate::facts::{Fill, Line, Next, Node, SettingKind};
use crate::project::Mistake;

/// A hundred megabytes that only `next build` needs.
const COMPILER: &str = "rm -rf /runtime/@next/swc-* /runtime/.pnpm/@next+swc-*";

/// Whether `next start` compiles nothing: next.config.ts it does.
fn drops_compiler(next: &Next) -> bool {
    let is_typescript = next.config.as_ref().is_some_and(|config| matches!(config.extension(), Some("ts" | "mts")));
    next.config_needs_build || !is_typescript
}

impl Reading<'_> {
    /// # Errors
    /// A fact that the template needs is not decided, or no container file can carry it.
    pub(super) fn next(
        &self,
        node: &Node,
        next: &Next,
        start: &[String],
        port: Option<u16>,
    ) -> Result<Vec<Fact>, Mistake> {
        let standalone = *next.standalone.value().ok_or_else(|| self.open("output"))?;
        let dist = node.output.as_ref().map_or(".next", |dist| dist.as_str());
        if !is_plain_path(dist) {
            return Err(Mistake::new(format!("`distDir` is `{dist}`, a name that a Dockerfile cannot carry")));
        }
        let packages = node.packages.value().ok_or_else(|| self.open("packages"))?;
        let preset = self.presets.packages.get(&packages.id).ok_or_else(|| self.open("packages"))?;
        let prepare: Vec<String> = packages.prepare.clone().into_iter().collect();
        let (keep, kept_in) = self.kept(node, preset);
        let install = match standalone {
            true => only(&prepare, &packages.install),
            false => {
                let mut keep = keep.to_vec();
                if drops_compiler(next) && preset.kept_in.contains("node_modules") {
                    let modules = if node.workspace.is_some() { "/runtime/node_modules" } else { "/runtime" };
                    keep.push(COMPILER.replace("/runtime", modules));
                }
                installs(&prepare, &packages.install_production, &keep, &packages.install)
            }
        };
        let holds = match standalone {
            true => "all packages, exactly as locked; the build finds out which of them the server needs",
            false if drops_compiler(next) => {
                "two exact trees: all packages here, those of production but the compiler in /runtime"
            }
            false => "two exact trees: all packages here, those of production in /runtime",
        };
        let mut copies = Vec::new();
        let mut copy = |stage: &str, from: &str, to: &str| {
            copies.push(map([("stage", safe(stage)), ("from", safe(from)), ("to", safe(to))]));
        };
        let app = self.workdir();
        let within = match self.component.inner() {
            inner if inner.is_root() => String::new(),
            inner => format!("{inner}/"),
        };
        if standalone {
            // as deep as the app lies below the root of the image; a member lies there as in its workspace
            let deep = if next.traced_from_above.is_some() && node.workspace.is_none() { "/app" } else { "" };
            let to = if next.traces_own_folder { within.as_str() } else { "" };
            copy("build", &format!("{app}/{dist}/standalone{deep}"), &format!("./{to}"));
            copy("build", &format!("{app}/{dist}/static"), &format!("./{within}{dist}/static"));
        } else {
            copy("deps", "/runtime", kept_in);
            let config = next.config.as_ref().filter(|_| !next.config_needs_build);
            let config = config.map(|config| format!(" {app}/{config}")).unwrap_or_default();
            copy("build", &format!("{app}/package.json{config}"), &format!("./{within}"));
            if next.config_needs_build {
                copy("build", "/next.config.mjs", &format!("./{within}"));
            }
            copy("build", &format!("{app}/{dist}"), &format!("./{within}{dist}"));
            let assets = self.component.assets.iter().map(|(path, _)| path);
            for path in next.generated.iter().chain(assets) {
                if !is_plain_path(path.as_str()) {
                    return Err(Mistake::new(format!("the app reads `{path}`, a name that a Dockerfile cannot carry")));
                }
                copy("build", &format!("{app}/{path}"), &format!("./{within}{path}"));
            }
        }
        if next.public {
            copy("build", &format!("{app}/public"), &format!("./{within}public"));
        }
        let mut facts = self.node(node, start, port)?;
        facts.push((
            "next",
            map([
                ("holds", safe(holds)),
                ("install", safe(install)),
                ("copies", Value::from(copies)),
                ("dist", safe(dist)),
                ("caches", safe(format!("{within}{dist}/cache {within}{dist}/server/route-cache"))),
                ("resolves", Value::from(!standalone && next.config_needs_build)),
                ("prepare", Value::from(next.prepare.iter().map(|argv| words(argv.words())).collect::<Vec<_>>())),
                ("writes", safe(self.writes(node, dist))),
                ("owner", safe(self.owner())),
            ]),
        ));
        Ok(facts)
    }

    /// The build with what makes it standalone.
    pub(super) fn next_build(&self, next: &Next) -> Vec<String> {
        let build = self.component.build.value().and_then(Option::as_ref);
        let mut words = build.map(|argv| argv.words().to_vec()).unwrap_or_default();
        if let Some((name, value)) = &next.build_variable {
            words.splice(0..0, ["env".to_owned(), format!("{name}={value}")]);
        }
        words
    }

    /// `ARG` lines of the public names, the first explained.
    pub(super) fn arguments(&self) -> Vec<Value> {
        let public = self.component.settings.iter().filter(|setting| setting.kind == SettingKind::PublicAtBuild);
        public
            .map(|setting| {
                let mut pair = vec![safe(&setting.name)];
                if let Fill::Value(value) = &setting.fill {
                    pair.push(Value::from(Line::from_text(value).to_string()));
                }
                Value::from(pair)
            })
            .collect()
    }

    /// What `next dev` writes: its output and, with TypeScript, two files of types and settings.
    fn writes(&self, node: &Node, dist: &str) -> String {
        let config = self.component.path.join("tsconfig.json").is_ok_and(|file| self.project.has_file(&file));
        let types = if node.typescript { " next-env.d.ts" } else { "" };
        format!("{dist}{types}{}", if config { " tsconfig.json" } else { "" })
    }

    /// `uid=1001,gid=1001`, as a tmpfs has it.
    fn owner(&self) -> String {
        let (user, group) = self.user.split_once(':').unwrap_or((self.user, self.user));
        format!("uid={user},gid={group}")
    }
}
