//! `dockwright template`: the catalog with its presets.

use clap::Subcommand;
use serde_json::json;

use dockwright::catalog::{self, Origin, Template};
use dockwright::decisions::nearest;
use dockwright::presets::Presets;
use dockwright::project::Mistake;

use super::decide::FromGit;
use super::print::{err, out};
use super::shelf::{Shelf, configuration};
use super::show::clean;
use super::{ExitCode, Failure, Format, Outcome, author};

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
    Show(Show),
    /// Every mistake of a template, with its place
    Check(author::Check),
    /// Begin a template in a new folder
    New(author::New),
    /// Render the cases below a template's tests/ and compare
    Test(author::Test),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// An id, a favourite, ./folder, gh:owner/repo//folder@tag or an address for git
    #[arg(value_name = "ORIGIN")]
    origin: Option<String>,
    #[command(flatten)]
    from: FromGit,
    /// Ask no server: templates from git come from the cache
    #[arg(long)]
    offline: bool,
}

pub fn run(args: &Args) -> Outcome {
    let templates = catalog::built_in().map_err(|wrong| Mistake::new(wrong.to_string()))?;
    match &args.command {
        Command::List => list(&templates, args.format)?,
        Command::Show(words) => show(&templates, words, args.format)?,
        Command::Check(words) => return author::check(words, args.format),
        Command::New(words) => return author::new(words),
        Command::Test(words) => return author::test(words, args.format),
    }
    Ok(ExitCode::Done)
}

fn list(templates: &[Template], format: Format) -> Result<(), Mistake> {
    let favourites = configuration()?.favourites;
    let policies = &Presets::built_in().policies;
    if format == Format::Json {
        let templates: Vec<_> = templates
            .iter()
            .map(|template| json!({"id": template.manifest.id, "summary": template.manifest.summary}))
            .collect();
        let presets: Vec<_> =
            policies.iter().map(|(id, policy)| json!({"id": id, "summary": policy.summary})).collect();
        let list = json!({"version": 1, "templates": templates, "favourites": favourites, "presets": presets});
        out(&format!("{list}\n"));
        return Ok(());
    }
    let mut text = "templates\n".to_owned();
    for template in templates {
        text += &format!("  {:<10}{}\n", template.manifest.id, template.manifest.summary);
    }
    if !favourites.is_empty() {
        text += "\nfavourites\n";
    }
    for (name, origin) in &favourites {
        text += &format!("  {name:<10}{}\n", clean(origin));
    }
    text += "\npresets\n";
    for (id, policy) in policies {
        text += &format!("  {id:<10}{}\n", policy.summary);
    }
    out(&text);
    Ok(())
}

fn show(templates: &[Template], words: &Show, format: Format) -> Result<(), Failure> {
    let here = std::env::current_dir().map_err(|error| Mistake::new(format!("there is no current folder: {error}")))?;
    let origin = words.from.origin(words.origin.as_deref(), &here)?;
    let origin = origin.ok_or_else(|| Mistake::new("which template?").hint("as in `dockwright template show node`"))?;
    if let Origin::Id(id) = &origin {
        let found = templates.iter().find(|template| template.manifest.id == *id);
        return print(&[found.ok_or_else(|| unknown(id, templates))?], format);
    }
    let pulled = Shelf::new(words.offline, false, &[]).pull(&origin, None, false, &here)?;
    if format == Format::Human {
        err(&format!("{}\n", clean(&pulled.pull.to_string())));
    }
    let templates = catalog::templates_of(&pulled, &origin)?;
    print(&templates.iter().collect::<Vec<_>>(), format)
}

fn unknown(id: &str, templates: &[Template]) -> Mistake {
    let ids: Vec<&str> = templates.iter().map(|template| template.manifest.id.as_str()).collect();
    let hint = match nearest(id, ids.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", ids.join(", ")),
    };
    Mistake::new(format!("there is no template `{id}`")).hint(hint)
}

fn print(templates: &[&Template], format: Format) -> Result<(), Failure> {
    let mut shown = Vec::new();
    let mut text = String::new();
    for template in templates {
        let manifest = &template.manifest;
        let files: Vec<_> = manifest.file.iter().map(|file| json!({"path": file.to, "when": file.when})).collect();
        shown.push(json!({
            "id": manifest.id, "summary": manifest.summary, "when": manifest.when, "files": files,
            "origin": template.named, "pull": template.pull,
        }));
        text += &format!("{}  {}\n  fits where `{}` holds\n", manifest.id, manifest.summary, manifest.when);
        if template.pull.is_some() {
            text += &format!("  used by `--template {}`\n", template.named);
        }
        text.push('\n');
        for file in &manifest.file {
            let when = file.when.as_ref().map(|when| format!("  where `{when}` holds")).unwrap_or_default();
            text += &format!("  {}{when}\n", file.to);
        }
        text.push('\n');
    }
    match (format, shown.as_mut_slice()) {
        (Format::Human, _) => out(&format!("{}\n", clean_lines(text.trim_end()))),
        // one template is an object of its own, as it was before there were several
        (Format::Json, [one]) => {
            one["version"] = json!(1);
            out(&format!("{one}\n"));
        }
        (Format::Json, _) => out(&format!("{}\n", json!({"version": 1, "templates": shown}))),
    }
    Ok(())
}

fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}
