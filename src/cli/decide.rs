//! Gathers what was settled: flags, an answers file, the environment, `dockwright.toml`.

use std::path::Path;

use dockwright::apply;
use dockwright::decisions::{Chosen, Decisions, Key, SettledBy, UnknownKey};
use dockwright::paths::RelPath;
use dockwright::project::{Mistake, Project, Source};

/// The beginning of variables that settle a key: `DOCKWRIGHT_SET_PORT`.
const VARIABLE: &str = "DOCKWRIGHT_SET_";

/// Flags that settle something, shared by `init` and `detect`.
#[derive(Debug, Default, clap::Args)]
pub struct Settle {
    /// Use this template
    #[arg(long, value_name = "ID")]
    pub template: Option<String>,
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

impl Settle {
    /// The components that were named.
    pub fn components(&self) -> Result<Option<Chosen>, Mistake> {
        let chosen = (!self.component.is_empty()).then(|| Chosen::parse(&self.component.join(","))).transpose();
        chosen.map_err(|error| Mistake::new(error.to_string()).hint("`--component` takes a path inside the project"))
    }

    /// All that was settled, the stronger over the weaker.
    pub fn decisions(&self, project: &Project) -> Result<Decisions, Mistake> {
        let mut decisions = apply::read_decisions(project)?;
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
        if let Some(template) = &self.template {
            decisions.settle(Key::of(&component, "template"), template, SettledBy::Flag);
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
