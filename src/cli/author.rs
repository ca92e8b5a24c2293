//! `dockwright template check, new, test`: the tools of a template's author.

use std::path::{Path, PathBuf};

use console::style;
use serde_json::json;

use dockwright::apply::{replace_tree, write_tree};
use dockwright::catalog::{self, Origin, OriginFlags, Pulled, Template, TemplateError};
use dockwright::draft::cases::{Case, EXPECTED, run_case};
use dockwright::presets::Presets;
use dockwright::project::Mistake;
use dockwright::render::name_errors;

use super::print::{err, out};
use super::shelf::Shelf;
use super::show::clean;
use super::{ExitCode, Failure, Format, Outcome, verify};

#[derive(Debug, clap::Args)]
pub struct Check {
    /// The template's folder, or any other origin
    #[arg(default_value = ".")]
    path: String,
}

#[derive(Debug, clap::Args)]
pub struct New {
    /// Its id, and the name of its folder
    name: String,
    /// Begin with a copy of this built-in template
    #[arg(long, value_name = "ID")]
    from: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Test {
    /// The template's folder
    #[arg(default_value = ".")]
    path: String,
    /// Take what is written now for what is expected
    #[arg(long)]
    bless: bool,
    /// Build and run each case on your engine too
    #[arg(long)]
    engine: bool,
}

/// An origin as authors type it: a folder needs no `./`.
fn origin(typed: &str) -> Result<Origin, Mistake> {
    let is_folder = Path::new(typed).is_dir() && !typed.starts_with(['.', '/', '~']);
    let typed = if is_folder { format!("./{typed}") } else { typed.to_owned() };
    Origin::read(&typed, &OriginFlags::default())
}

fn fetch(typed: &str) -> Result<(Origin, Pulled), Failure> {
    let origin = origin(typed)?;
    let here = std::env::current_dir().map_err(|error| Mistake::new(format!("there is no current folder: {error}")))?;
    let pulled = Shelf::new(false, false, &[]).pull(&origin, None, false, &here)?;
    Ok((origin, pulled))
}

/// Every mistake with file, line, column and hint; exit code 1 if there is one.
pub fn check(args: &Check, format: Format) -> Outcome {
    let (origin, pulled) = fetch(&args.path)?;
    let mut errors = catalog::errors_of(&pulled.files);
    if errors.is_empty() {
        for template in catalog::templates_of(&pulled, &origin)? {
            let folder = template.folder.clone();
            errors.extend(name_errors(&template).into_iter().map(|error| below(&folder, error)));
        }
    }
    if format == Format::Json {
        let list: Vec<_> = errors
            .iter()
            .map(|one| json!({"file": one.file, "line": one.line, "column": one.column, "message": one.what, "hint": one.hint}))
            .collect();
        out(&format!("{}\n", json!({"version": 1, "errors": list})));
    } else {
        for error in &errors {
            out(&text(error));
        }
        if errors.is_empty() {
            err("no mistakes\n");
        }
    }
    Ok(if errors.is_empty() { ExitCode::Done } else { ExitCode::Findings })
}

fn below(folder: &str, error: TemplateError) -> TemplateError {
    TemplateError { file: format!("{folder}{}", error.file), ..error }
}

fn text(error: &TemplateError) -> String {
    let numbers = [error.line, error.column].into_iter().map_while(|number| number);
    let place = numbers.fold(clean(&error.file), |place, number| format!("{place}:{number}"));
    let mut text = format!("{place}  {}\n", clean(&error.what));
    if let Some(hint) = &error.hint {
        text += &format!("{} {}\n", style("hint:").cyan(), clean(hint));
    }
    text
}

/// A folder that passes its own test.
pub fn new(args: &New) -> Outcome {
    let folder = PathBuf::from(&args.name);
    let files = catalog::begin(&args.name, args.from.as_deref())?;
    if folder.symlink_metadata().is_ok() {
        return Err(Mistake::new(format!("`{}` is there already", args.name)).hint("choose another name").into());
    }
    write_tree(&folder, files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;
    let failed = run(&Test { path: args.name.clone(), bless: true, engine: false }, &mut |_, _, _| {})?;
    let name = &args.name;
    err(&format!("wrote {name}/ with {} files\n\n", files.len()));
    err(&format!("  dockwright template check {name:<20} every mistake, with its place\n"));
    err(&format!("  dockwright template test {name:<21} its tests\n"));
    err(&format!("  dockwright init --template ./{name:<17} uses it\n"));
    Ok(if failed == 0 { ExitCode::Done } else { ExitCode::Findings })
}

/// Renders every case and compares; exit code 1 if one fails.
pub fn test(args: &Test, format: Format) -> Outcome {
    let mut shown = Vec::new();
    let mut tell = |template: &Template, name: &str, outcome: &Result<Case, Mistake>| {
        let passed = outcome.as_ref().is_ok_and(Case::passes);
        let said = details(outcome);
        if format == Format::Human {
            let word = if passed { style(" ok  ").green() } else { style("FAIL ").red().bold() };
            out(&format!("{word} {} {name}\n{said}", template.manifest.id));
        }
        shown.push(json!({"template": template.manifest.id, "case": name, "passed": passed, "details": said}));
    };
    let failed = run(args, &mut tell)?;
    if format == Format::Json {
        out(&format!("{}\n", json!({"version": 1, "cases": shown})));
    } else if shown.is_empty() {
        err("there is no case: tests/NAME/project/ would be one\n");
    }
    Ok(if failed == 0 { ExitCode::Done } else { ExitCode::Findings })
}

type Tell<'a> = &'a mut dyn FnMut(&Template, &str, &Result<Case, Mistake>);

/// Runs all cases; how many failed.
fn run(args: &Test, tell: Tell<'_>) -> Result<usize, Failure> {
    let (origin, pulled) = fetch(&args.path)?;
    let Origin::Folder { path, .. } = &origin else {
        return Err(Mistake::new("tests are run in a folder").hint("as in `dockwright template test ./web`").into());
    };
    let mut failed = 0;
    for template in catalog::templates_of(&pulled, &origin)? {
        if let Some(error) = name_errors(&template).into_iter().next() {
            return Err(Mistake::from(error).into());
        }
        let tests = Path::new(path).join(&template.folder).join("tests");
        for name in folders(&tests) {
            let folder = tests.join(&name);
            let mut outcome = run_case(&folder, &template, Presets::built_in());
            if let Ok(case) =
                outcome.as_mut().map_err(|_| ()).and_then(|case| if args.bless { Ok(case) } else { Err(()) })
            {
                let written = case.written.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
                replace_tree(&folder.join(EXPECTED), written)?;
                case.differences.clear();
            }
            failed += usize::from(!outcome.as_ref().is_ok_and(Case::passes));
            tell(&template, &name, &outcome);
            if let (true, Ok(case)) = (args.engine, &outcome) {
                failed += usize::from(!on_engine(&folder, case)?);
            }
        }
    }
    Ok(failed)
}

fn folders(tests: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(tests).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Builds and runs a case in a folder of its own; whether every check passed.
fn on_engine(folder: &Path, case: &Case) -> Result<bool, Failure> {
    let cannot = |error: std::io::Error| Mistake::new(format!("cannot make a folder for the engine: {error}"));
    let place = tempfile::tempdir().map_err(cannot)?;
    let project = place.path().join("project");
    let source = dockwright::project::Project::open(&folder.join("project"))?;
    for path in source.files() {
        let bytes = std::fs::read(path.under(source.root())).map_err(cannot)?;
        write_tree(&project, [(path.as_str(), bytes.as_slice())])?;
    }
    let files = case.setup.files.iter().map(|(path, file)| (path.as_str(), file.text.as_bytes()));
    write_tree(&project, files)?;
    dockwright::apply::secrets::create(&case.setup.secrets, &project, &dockwright::apply::DotEnv::default())?;
    let code = verify::run(&verify::Args { path: project, format: Format::Human, start_limit: 120 })?;
    Ok(code == ExitCode::Done)
}

fn details(outcome: &Result<Case, Mistake>) -> String {
    let case = match outcome {
        Ok(case) => case,
        Err(mistake) => {
            let mut text = format!("      {}\n", clean(&mistake.to_string()));
            text.extend(mistake.detail.iter().map(|detail| format!("      {}\n", clean(detail))));
            text.extend(mistake.hint.iter().map(|hint| format!("      hint: {}\n", clean(hint))));
            return text;
        }
    };
    let mut text = String::new();
    for difference in &case.differences {
        let (old, new) = (difference.expected.as_deref(), difference.written.as_deref());
        let names = (format!("expected/{}", difference.path), format!("written/{}", difference.path));
        let diff = similar::TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default());
        text += &diff.unified_diff().context_radius(2).header(&names.0, &names.1).to_string();
    }
    for finding in &case.errors {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        text += &format!("      {}{line}  {} [{}]\n", finding.file, clean(&finding.message), finding.rule);
    }
    text
}
