//! `dockwright detect`: facts with their evidence, and what lost.

use std::path::PathBuf;

use console::style;
use dockwright::catalog::{self, Template};
use dockwright::decisions::Chosen;
use dockwright::detect::detect;
use dockwright::presets::Presets;
use dockwright::project::{Mistake, Project};
use serde_json::json;

use super::decide::Settle;
use super::json::{ComponentJson, Detected, UnfitJson};
use super::print::{err, out};
use super::shelf::Shelf;
use super::{ExitCode, Format, Outcome, show};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    settle: Settle,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub fn run(args: &Args) -> Outcome {
    let (folder, settle) = args.settle.project_of(&args.path)?;
    super::init::say_recovered(dockwright::apply::recover(&folder)?);
    let project = Project::open(&folder)?;
    let decisions = settle.decisions(&project)?;
    let wanted = settle.components()?;
    let receipt = dockwright::apply::read_receipt(&project)?;
    let templates = Shelf::new(args.settle.offline, false, &[]).templates(&decisions, &project, receipt.as_ref())?;
    let from_outside = templates.iter().any(|template| template.pull.is_some());
    let templates: Vec<&Template> =
        templates.iter().filter(|template| template.pull.is_some() == from_outside).collect();
    let mut detection = detect(&project, &decisions, Presets::built_in())?;
    if let Some(Chosen::Some(paths)) = &wanted
        && let Some(path) = paths.iter().find(|path| detection.components.iter().all(|one| one.path != **path))
    {
        return Err(Mistake::new(format!("there is no component in `{path}`"))
            .hint("`dockwright detect` without `--component` lists them")
            .into());
    }
    if let Some(wanted) = &wanted {
        detection.components.retain(|component| wanted.has(&component.path));
    }
    if args.format == Format::Json {
        let components: Vec<ComponentJson> = detection
            .components
            .iter()
            .map(|component| ComponentJson::of(component, Some(&catalog::pick(&templates, component))))
            .collect();
        let unfit = detection.unfit.iter().map(|unfit| UnfitJson {
            path: unfit.path.to_string(),
            because: unfit.saw.clone(),
            evidence: unfit.evidence.clone(),
        });
        let detected = Detected { version: 1, components, unfit: unfit.collect(), warnings: detection.warnings };
        out(&format!("{}\n", json!(detected)));
        return Ok(ExitCode::Done);
    }
    let mut text = String::new();
    let brief = detection.components.len() > 1;
    for component in &detection.components {
        let pick = catalog::pick(&templates, component);
        let fits = match &pick.template {
            Some(id) => format!("fits `{id}` ({})", show::clean(&component.evidence.place())),
            None => "no template fits".to_owned(),
        };
        let path = if component.path.is_root() { String::new() } else { format!(" in {}", component.path) };
        text += &format!("{}{path}  {fits}\n", style(&component.name).bold());
        if !brief {
            text += &format!("\n{}", show::facts(component, true));
        }
    }
    for unfit in &detection.unfit {
        text += &format!("{}  no template fits: {}\n", unfit.path, show::clean(&unfit.saw));
    }
    if text.is_empty() {
        err(&show::warnings(&detection.warnings));
        return Err(Mistake::new(format!("nothing to run was found in `{}`", args.path.display()))
            .detail("no package.json, pyproject.toml, requirements.txt or go.mod")
            .into());
    }
    out(&text);
    if brief {
        err("hint: `--component PATH` shows one of them\n");
    }
    err(&show::warnings(&detection.warnings));
    Ok(ExitCode::Done)
}
