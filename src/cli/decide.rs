//! Gathers what was settled: flags, an answers file, the environment, `dockwright.toml`.

use std::path::{Path, PathBuf};

use dockwright::apply;
use dockwright::catalog::{Origin, OriginFlags};
use dockwright::decisions::{Chosen, Decisions, Key, SettledBy, UnknownKey};
use dockwright::detect::workspace_around;
use dockwright::paths::RelPath;
use dockwright::project::{Mistake, Project, Source};

use super::print::err;

/// The beginning of variables that settle a key: `DOCKWRIGHT_SET_PORT`.
const VARIABLE: &str = "DOCKWRIGHT_SET_";

/// Flags that settle something, shared by `init` and `detect`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Settle {
    /// Use this template: an id, ./folder, gh:owner/repo//folder@tag or an address for git
    #[arg(long, value_name = "ORIGIN")]
    pub template: Option<String>,
    #[command(flatten)]
    pub from: FromGit,
    /// Ask no server: templates from git come from the cache
    #[arg(long)]
    pub offline: bool,
    /// How hard and how much: standard, strict or minimal
    #[arg(long, value_name = "ID")]
    pub preset: Option<String>,
    /// Settle a fact or a setting, as in port=8080 or settings.STRIPE_KEY=secret
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Add a backing service or move it, as in redis, postgres=elsewhere or api:redis
    #[arg(long, value_name = "SERVICE[=PLACE]")]
    pub with: Vec<String>,
    /// Read answers from a TOML or JSON file
    #[arg(long, value_name = "FILE")]
    pub answers: Option<std::path::PathBuf>,
    /// A component to work on, where a project has several; again for one more, or `all`
    #[arg(long, value_name = "PATH")]
    pub component: Vec<String>,
}

/// The same as parts of `--template`, as users of cargo-generate know them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FromGit {
    /// Take the template from this git repository
    #[arg(long, value_name = "URL")]
    pub git: Option<String>,
    /// The branch of the template's repository
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Its tag
    #[arg(long, value_name = "NAME")]
    pub tag: Option<String>,
    /// Its commit
    #[arg(long, value_name = "ID")]
    pub rev: Option<String>,
    /// The template's folder in it
    #[arg(long, value_name = "PATH")]
    pub subfolder: Option<String>,
}

impl FromGit {
    /// What was typed, as it can be typed in the project's folder; nothing if nothing was.
    ///
    /// # Errors
    /// No form of an origin, or parts of one without it.
    pub fn origin(&self, template: Option<&str>, root: &Path) -> Result<Option<Origin>, Mistake> {
        let flags = OriginFlags {
            branch: self.branch.clone(),
            tag: self.tag.clone(),
            rev: self.rev.clone(),
            subfolder: self.subfolder.clone(),
        };
        if let (Some(git), Some(template)) = (&self.git, template) {
            return Err(Mistake::new(format!("`{template}` and `--git {git}` are two templates")).hint("name one"));
        }
        let Some(typed) = self.git.as_deref().or(template) else {
            let none = flags == OriginFlags::default();
            let mistake = Mistake::new("`--branch`, `--tag`, `--rev` and `--subfolder` say which part of a template");
            return if none { Ok(None) } else { Err(mistake.hint("add `--template` or `--git`")) };
        };
        let configuration = super::shelf::configuration()?;
        let typed = configuration.expand(typed);
        let local = self.git.as_deref().filter(|git| git.starts_with(['.', '/'])).map(repository);
        match Origin::read(local.transpose()?.as_deref().unwrap_or(typed), &flags)? {
            Origin::Folder { path, subfolder } => Ok(Some(Origin::Folder { path: seen_from(root, &path), subfolder })),
            Origin::Id(id) if self.git.is_some() => {
                Err(Mistake::new(format!("`--git {id}` is no address")).hint("as in `--git gh:owner/repo`"))
            }
            origin => Ok(Some(origin)),
        }
    }
}

/// A repository on this machine, as an address.
fn repository(path: &str) -> Result<String, Mistake> {
    let full =
        Path::new(path).canonicalize().map_err(|error| Mistake::new(format!("cannot open `{path}`: {error}")))?;
    Ok(format!("file://{}", full.display()))
}

/// A path that was typed in the current folder, as it is typed in the project's.
fn seen_from(root: &Path, path: &str) -> String {
    let typed = Path::new(path);
    let Ok(full) = typed.canonicalize() else { return path.to_owned() };
    if typed.is_absolute() || path.starts_with('~') {
        return path.to_owned();
    }
    let shared = root.components().zip(full.components()).take_while(|(one, other)| one == other).count();
    let up = root.components().count() - shared;
    let down: Vec<String> =
        full.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let begin = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    format!("{begin}{}", down.join("/"))
}

impl Settle {
    /// The components that were named.
    pub fn components(&self) -> Result<Option<Chosen>, Mistake> {
        let chosen = (!self.component.is_empty()).then(|| Chosen::parse(&self.component.join(","))).transpose();
        chosen.map_err(|error| Mistake::new(error.to_string()).hint("`--component` takes a path inside the project"))
    }

    /// The project's folder: of a member of a workspace the workspace's root, with that member as
    /// the component.
    pub fn project_of(&self, path: &Path) -> Result<(PathBuf, Settle), Mistake> {
        let around = if self.component.is_empty() { workspace_around(path)? } else { None };
        let Some((root, member)) = around else { return Ok((path.to_owned(), self.clone())) };
        err(&format!("`{member}` is a member of the workspace in {}, which is the project then\n", root.display()));
        Ok((root, Settle { component: vec![member.to_string()], ..self.clone() }))
    }

    /// All that was settled, the stronger over the weaker.
    pub fn decisions(&self, project: &Project) -> Result<Decisions, Mistake> {
        let mut decisions = apply::read_decisions(project)?;
        if let Some(preset) = super::shelf::configuration()?.preset {
            decisions.settle(Key::root("preset"), preset, SettledBy::Configuration);
        }
        environment(&mut decisions)?;
        if let Some(file) = &self.answers {
            answers(file, &mut decisions)?;
        }
        let chosen = self.components()?;
        // what is said without a component is said of the one that is named
        let component = chosen.as_ref().and_then(Chosen::only).cloned().unwrap_or_else(RelPath::root);
        if let Some(chosen) = &chosen {
            decisions.settle(Key::root("components"), chosen.to_string(), SettledBy::Flag);
        }
        if let Some(preset) = &self.preset {
            decisions.settle(Key::root("preset"), preset, SettledBy::Flag);
        }
        if let Some(origin) = self.from.origin(self.template.as_deref(), project.root())? {
            decisions.settle(Key::of(&component, "template"), origin.to_string(), SettledBy::Flag);
        }
        for entry in &self.with {
            let (of, service) = match entry.split_once(':') {
                Some((path, service)) => (
                    RelPath::new(path)
                        .map_err(|error| Mistake::new(error.to_string()).hint("as in `--with api:redis`"))?,
                    service,
                ),
                None => (component.clone(), entry.as_str()),
            };
            decisions.add_service(&of, service, SettledBy::Flag);
        }
        for pair in &self.set {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| Mistake::new(format!("`--set {pair}` has no value")).hint("as in `--set port=8080`"))?;
            let mut key: Key = key.parse().map_err(unknown)?;
            if key.component.is_root() && !key.is_of_project() {
                key.component = component.clone();
            }
            decisions.settle(key, value, SettledBy::Flag);
        }
        Ok(decisions)
    }
}

fn unknown(unknown: UnknownKey) -> Mistake {
    let mistake = Mistake::new(unknown.to_string());
    match unknown.nearest {
        Some(near) => mistake.hint(format!("did you mean `{near}`?")),
        None => mistake.hint(format!("keys are {} and settings.NAME", dockwright::decisions::KEYS.join(", "))),
    }
}

fn environment(decisions: &mut Decisions) -> Result<(), Mistake> {
    let mut variables: Vec<(String, String)> =
        std::env::vars().filter(|(name, _)| name.starts_with(VARIABLE)).collect();
    variables.sort();
    for (name, value) in variables {
        let rest = &name[VARIABLE.len()..];
        let key = match rest.strip_prefix("SETTINGS_") {
            Some(setting) => format!("settings.{setting}"),
            None => rest.to_ascii_lowercase(),
        };
        let key =
            key.parse().map_err(|error: UnknownKey| unknown(error).detail(format!("from the variable {name}")))?;
        decisions.settle(key, value, SettledBy::Environment);
    }
    Ok(())
}

fn answers(file: &Path, decisions: &mut Decisions) -> Result<(), Mistake> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| Mistake::new(format!("cannot read `{shown}`: {error}")))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let path = RelPath::new(&name).map_err(|error| Mistake::new(error.to_string()))?;
    if !text.trim_start().starts_with('{') {
        return apply::read_settled(&Source::new(path, text), SettledBy::Answers, decisions);
    }
    let source = Source::new(path, text);
    let json = dockwright::project::json::parse(&source)?;
    for member in json.members() {
        let wrong = |mistake: Mistake| mistake.at(source.path().clone(), Some(member.line));
        let key: Key = member.name.parse().map_err(|error| wrong(unknown(error)))?;
        let value = json_text(&member.value, key.between()).ok_or_else(|| {
            wrong(Mistake::new(format!("`{key}` has a value that cannot be read")))
                .detail("expected a text, a number or a list of texts")
        })?;
        decisions.settle(key, value, SettledBy::Answers);
    }
    Ok(())
}

fn json_text(json: &dockwright::project::json::Json, between: &str) -> Option<String> {
    use dockwright::project::json::JsonKind;
    match &json.kind {
        JsonKind::Text(text) | JsonKind::Number(text) => Some(text.clone()),
        JsonKind::Array(items) => items
            .iter()
            .map(|item| json_text(item, between))
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(between)),
        _ => None,
    }
}
