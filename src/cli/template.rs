//! `dockwright template`: the catalog with its presets.

use clap::Subcommand;
use serde_json::json;

use dockwright::catalog::{self, Template};
use dockwright::decisions::nearest;
use dockwright::presets::Presets;
use dockwright::project::Mistake;

use super::print::out;
use super::{ExitCode, Failure, Format, Outcome};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Templates and presets, a line each
    List,
    /// What a template writes, and when
    Show {
        /// A template's id: `node`
        id: String,
    },
}

pub fn run(args: &Args) -> Outcome {
    let templates = catalog::built_in().map_err(|wrong| Mistake::new(wrong.to_string()))?;
    match &args.command {
        Command::List => list(&templates, args.format),
        Command::Show { id } => show(&templates, id, args.format)?,
    }
    Ok(ExitCode::Done)
}

fn list(templates: &[Template], format: Format) {
    let policies = &Presets::built_in().policies;
    if format == Format::Json {
        let templates: Vec<_> = templates
            .iter()
            .map(|template| json!({"id": template.manifest.id, "summary": template.manifest.summary}))
            .collect();
        let presets: Vec<_> =
            policies.iter().map(|(id, policy)| json!({"id": id, "summary": policy.summary})).collect();
        out(&format!("{}\n", json!({"version": 1, "templates": templates, "presets": presets})));
        return;
    }
    let mut text = "templates\n".to_owned();
    for template in templates {
        text += &format!("  {:<10}{}\n", template.manifest.id, template.manifest.summary);
    }
    text += "\npresets\n";
    for (id, policy) in policies {
        text += &format!("  {id:<10}{}\n", policy.summary);
    }
    out(&text);
}

fn show(templates: &[Template], id: &str, format: Format) -> Result<(), Failure> {
    let ids: Vec<&str> = templates.iter().map(|template| template.manifest.id.as_str()).collect();
    let Some(template) = templates.iter().find(|template| template.manifest.id == id) else {
        let hint = match nearest(id, ids.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", ids.join(", ")),
        };
        return Err(Mistake::new(format!("there is no template `{id}`")).hint(hint).into());
    };
    let manifest = &template.manifest;
    if format == Format::Json {
        let files: Vec<_> = manifest.file.iter().map(|file| json!({"path": file.to, "when": file.when})).collect();
        out(&format!(
            "{}\n",
            json!({"version": 1, "id": id, "summary": manifest.summary, "when": manifest.when, "files": files})
        ));
        return Ok(());
    }
    let mut text = format!("{id}  {}\n  fits where `{}` holds\n\n", manifest.summary, manifest.when);
    for file in &manifest.file {
        text += &format!("  {}", file.to);
        if let Some(when) = &file.when {
            text += &format!("  where `{when}` holds");
        }
        text.push('\n');
    }
    out(&text);
    Ok(())
}
