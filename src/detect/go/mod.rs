//! Go: go.mod and the packages below it. Static reading only, a file per question.

mod address;
mod assets;
mod beside;
mod calls;
mod cgo;
mod code;
mod configs;
mod constraint;
mod declarations;
mod envconfig;
mod envfile;
mod health;
mod hints;
mod koanf;
mod literals;
mod main_package;
mod migrate;
pub(super) mod module;
mod port;
mod private;
mod program;
mod reads;
mod runtime;
mod scan;
mod stamps;
mod start;
mod structs;
mod tags;
mod tls;
mod told;
mod viper;
mod written;

use super::decided::{command_or_none, decided, or_found, or_none};
use super::{Context, Fit, Unfit};
use crate::facts::{Argv, Component, Evidence, Fill, Found, Go, Line, Name, Port, Stack};
use crate::paths::RelPath;
use crate::project::Mistake;
use code::Code;
use main_package::{Rank, rank, shown};
use module::Module;
use program::Program;

/// The Go component in a folder, or why the module there cannot be one. `None` without go.mod.
///
/// # Errors
/// A go.mod that cannot be read; what was settled is no such value.
pub fn component(context: &Context<'_>, path: &RelPath) -> Result<Option<Fit>, Mistake> {
    let project = context.project;
    let Some(manifest) = path.join("go.mod").ok().filter(|manifest| project.has_file(manifest)) else {
        return Ok(None);
    };
    let Some(source) = project.require(&manifest)? else { return Ok(None) };
    let mut module = module::parse(&source)?;
    let evidence = Evidence::at(&manifest, module.path_line, format!("module {}", module.path), "Go module");
    let others: Vec<RelPath> = project
        .files_below(path)
        .filter(|file| file.file_name() == "go.mod" && **file != manifest)
        .filter_map(RelPath::parent)
        .collect();
    let mut code = Code::read(project, path, &module.path, &others, false);
    let beside = match beside::beside(context, path, &manifest, &module, &code)? {
        Ok(beside) => beside,
        Err(unfit) => return Ok(Some(Fit::Unfit(unfit))),
    };
    code.add(project, &beside.others, false);
    let mut go_line = manifest.clone();
    if let Some((version, line, file)) = beside.newest_go(context)
        && module.go.as_ref().is_none_or(|(own, _)| runtime::is_newer(&version, own))
    {
        (module.go, go_line) = (Some((version, line)), file);
    }
    let main = main_package::main_package(context, path, &module, &code)?;
    let mains: Vec<RelPath> = match &main {
        Found::Known { value, .. } => vec![value.clone()],
        Found::Unclear { candidates } => candidates.iter().map(|(folder, _)| folder.clone()).collect(),
        Found::Absent => {
            let saw = format!("found {manifest}: a Go library, no package main to run");
            return Ok(Some(Fit::Unfit(Unfit { path: path.clone(), saw, evidence })));
        }
    };
    let cgo = match cgo::needs(context, path, &Program::of(&module, &code, &mains)) {
        cgo::Needs::Nothing => None,
        cgo::Needs::Library(library, evidence) => {
            let (place, because) = (evidence.place(), &evidence.because);
            let saw = format!("found {place}: {because}, and loads {library}, which no distroless image has");
            return Ok(Some(Fit::Unfit(Unfit { path: path.clone(), saw, evidence })));
        }
        cgo::Needs::Cgo(cgo) => {
            code = Code::read(project, path, &module.path, &others, true);
            code.add(project, &beside.others, true);
            Some(cgo)
        }
    };
    let program = Program::of(&module, &code, &mains);
    let vendored = path.join("vendor/modules.txt").is_ok_and(|list| project.has_file(&list));
    let private = if vendored { None } else { private::private(context, path, &manifest, &module) };
    if let Some(private) = &private {
        context.warn(
            "private-modules",
            "some modules are on no public proxy: the build fetches them with your credentials".to_owned(),
            vec![private.evidence.clone()],
            match private.ssh {
                true => "`docker build --ssh default .`; compose.yaml asks for the same",
                false => "`docker build --secret id=netrc,src=$HOME/.netrc .`; compose.yaml reads ~/.netrc too",
            },
        );
    }
    let tools = runtime::Tools { cgo: cgo.as_ref(), git: private.as_ref().map(|private| &private.evidence) };
    let runtime = runtime::runtime(context, path, &go_line, &module, &tools)?;
    envfile::warn(context, &program);
    let mut reads = reads::reads(&program.files, &program.calls, &program.constants);
    assets::warn_missing(context, path, &program);
    let assets = assets::assets(context, path, &program, &code);
    let mut listen = port::port(context, path, &program, &reads, &assets)?;
    let health = health::health(context, path, &program, &listen.port)?;
    let find = |library: &str| {
        let require = module.direct(library)?;
        Some(Evidence::at(&manifest, require.line, format!("{} {}", require.path, require.version), "requirement"))
    };
    reads.extend(tls::told(context, &program, &reads));
    let services = super::services::services(context, path, |detect| &detect.go, find)?;
    let mut settings = super::settings::settings(context, path, reads, &services)?;
    for setting in &mut settings {
        if listen.environment.iter().any(|(name, _)| *name == setting.name) {
            setting.fill = Fill::Image;
        }
    }
    super::build_secrets::at_install(&mut settings);
    let migrate = migrate::migrate(context, path, &program, &services, &settings)?;
    let written = written::written(context, path, &program, &settings);
    let (sources, root_sources) = assets::sources(context, path, &program);
    let mut start = start::start(&program, &listen.arguments, listen.flagged.as_ref());
    if matches!(main, Found::Unclear { .. }) {
        // asked first: port and command follow from it
        let follows = "follows from the main package";
        listen.port = or_found(decided(context, path, "port", or_none)?, Found::default(Port::new(8080).ok(), follows));
        start = Found::default(Argv::new(["/server"]).map_err(|error| Mistake::new(error.to_string()))?, follows);
    }
    let start = or_found(decided(context, path, "start", Argv::parse)?, start);
    Ok(Some(Fit::Component(Box::new(Component {
        path: path.clone(),
        context: beside.context.clone().unwrap_or_else(|| path.clone()),
        name: name(context, path, &module)?,
        description: None,
        license: None,
        evidence,
        runtime,
        build: or_found(decided(context, path, "build", command_or_none)?, build(&main)),
        start,
        develop: or_found(decided(context, path, "develop", Argv::parse)?, reload()),
        port: listen.port,
        health,
        services,
        settings,
        migrate,
        environment: listen.environment,
        assets,
        written,
        sources,
        root_sources,
        among: None,
        stack: Stack::Go(Go {
            module: Line::from_text(&module.path),
            main,
            has_sum: path.join("go.sum").is_ok_and(|sum| project.has_file(&sum)),
            cgo,
            stamps: stamps::stamps(context, path, &program),
            private,
            vendored,
            beside: beside.folders(path),
            manifests: beside.manifests(project, path),
            in_workspace: beside.in_workspace,
        }),
    }))))
}

/// The folders of a workspace's modules, relative to the project; none without go.work.
///
/// # Errors
/// A go.work that cannot be read.
pub fn workspace(context: &Context<'_>) -> Result<Vec<RelPath>, Mistake> {
    let Ok(path) = RelPath::new("go.work") else { return Ok(Vec::new()) };
    match context.project.require(&path)? {
        Some(source) => {
            let folders = module::parse_work(&source)?;
            Ok(folders.iter().filter_map(|(folder, _)| RelPath::new(folder).ok()).collect())
        }
        None => Ok(Vec::new()),
    }
}

/// Whether a component's program is one that is deployed, by its folder: not a tool.
pub fn is_server(component: &Component) -> bool {
    let Stack::Go(go) = &component.stack else { return false };
    let module = Module { path: go.module.as_str().to_owned(), ..Module::default() };
    go.main.value().is_none_or(|folder| rank(folder, &module) < Rank::Tool)
}

fn name(context: &Context<'_>, path: &RelPath, module: &Module) -> Result<Name, Mistake> {
    let settled = decided(context, path, "name", Name::new)?;
    Ok(settled.map_or_else(|| Name::from_text(module.short_name(), "app"), |(name, _)| name))
}

/// Follows from the main package; an open main package is the question, not the build.
fn build(main: &Found<RelPath>) -> Found<Option<Argv>> {
    let command = |folder: &RelPath| Argv::new(["go".to_owned(), "build".to_owned(), shown(folder)]).ok();
    match main {
        Found::Known { value, evidence, .. } => match evidence.first() {
            Some(evidence) => Found::inferred(command(value), evidence.clone()),
            None => Found::default(command(value), "the main package"),
        },
        _ => Found::default(Argv::new(["go", "build"]).ok(), "follows from the main package"),
    }
}

/// The script that the template brings: builds and starts again when a source changes.
fn reload() -> Found<Argv> {
    match Argv::new(["reload"]) {
        Ok(argv) => Found::default(argv, "rebuilds when a source changes"),
        Err(_) => Found::Absent,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::project;

    const MAIN: &str = "package main\n\nfunc main() {}\n";

    #[test]
    fn an_open_main_package_is_the_only_question() {
        let main = "package main\n\nfunc main() { http.ListenAndServe(x(), nil) }\n";
        let case = project(&[("go.mod", "module a\n"), ("cmd/x/main.go", main), ("cmd/y/main.go", main)]);
        let detection = case.detect().unwrap();
        let open: Vec<&str> =
            detection.components[0].facts().iter().filter(|fact| fact.is_open()).map(|fact| fact.key).collect();
        assert_eq!(open, ["main"]);
    }

    #[test]
    fn client_libraries_that_are_required_directly_are_services() {
        let go_mod = "module a\nrequire (\n github.com/jackc/pgx/v5 v5.7.0\n github.com/redis/go-redis/v9 v9.7.0 // indirect\n)\n";
        let detection = project(&[("go.mod", go_mod), ("main.go", MAIN)]).detect().unwrap();
        let services = &detection.components[0].services;
        assert_eq!(services.iter().map(|service| service.id.as_str()).collect::<Vec<_>>(), ["postgres"]);
        assert_eq!(services[0].evidence[0].place(), "go.mod:3");
    }

    #[test]
    fn the_name_is_the_modules_unless_somebody_says_so() {
        let files = [("go.mod", "module github.com/Acme/My_Shop/v2\n"), ("main.go", MAIN)];
        assert_eq!(project(&files).detect().unwrap().components[0].name.as_str(), "my-shop");
        assert_eq!(project(&files).set("name", "x").detect().unwrap().components[0].name.as_str(), "x");
        assert!(project(&files).set("name", "A b").detect().is_err());
    }

    #[test]
    fn hostile_sources_are_read_to_their_end() {
        let head = "package main\n\nimport \"github.com/spf13/cobra\"\n\nfunc main() {}\n\nfunc x() {\n";
        for (part, close) in [
            ("a(", ")"),
            ("f(a(", ""),
            ("struct{", "}"),
            ("a[](", ""),
            ("x{Addr:", "}"),
            ("func a(", ""),
            ("os.Getenv(", ")"),
        ] {
            let text = format!("{head}{}{}", part.repeat(20_000), close.repeat(20_000));
            let detection = project(&[("go.mod", "module a\n"), ("main.go", &text)]).detect().unwrap();
            assert_eq!(detection.components.len(), 1, "{part}");
        }
    }

    proptest! {
        #[test]
        fn any_program_gives_facts(
            text in r#"(os\.Getenv\(|"PORT"|":8080"|, |\)|\(|\{|\}|r|\.|Get\(|Route\("/a"|func\(|func |x|:=|=|Group\("/b"|"/health"|`env:"A"`|struct|&cobra\.Command\{Use: "serve"|flag\.String\(|http\.Server\{Addr: |ListenAndServe\(|\n|\[|\]|\+|if|return |const ){0,40}"#
        ) {
            let text = format!("package main\nimport \"github.com/spf13/cobra\"\nfunc main() {{}}\nfunc y(r chi.Router) {{\n{text}\n}}\n");
            let detection = project(&[("go.mod", "module a\n"), ("main.go", &text)]).detect().unwrap();
            prop_assert_eq!(detection.components.len(), 1);
        }
    }
}
