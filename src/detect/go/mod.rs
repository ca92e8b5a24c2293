//! Go: go.mod and the packages below it. Static reading only, a file per question.

mod address;
mod assets;
mod calls;
mod cgo;
mod code;
mod configs;
mod constraint;
mod envfile;
mod health;
mod hints;
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
    let module = module::parse(&source)?;
    let evidence = Evidence::at(&manifest, module.path_line, format!("module {}", module.path), "Go module");
    if let Some(unfit) = replaced_outside(path, &manifest, &module) {
        return Ok(Some(Fit::Unfit(unfit)));
    }
    let others: Vec<RelPath> = project
        .files_below(path)
        .filter(|file| file.file_name() == "go.mod" && **file != manifest)
        .filter_map(RelPath::parent)
        .collect();
    let mut code = Code::read(project, path, &module.path, &others, false);
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
            Some(cgo)
        }
    };
    let program = Program::of(&module, &code, &mains);
    if let Some(unfit) = needs_sibling(context, path, &module, &program)? {
        return Ok(Some(Fit::Unfit(unfit)));
    }
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
    let runtime = runtime::runtime(context, path, &manifest, &module, &tools)?;
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
        context: path.clone(),
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

/// A module that is replaced by a folder outside of the build context cannot be built there.
fn replaced_outside(path: &RelPath, manifest: &RelPath, module: &Module) -> Option<Unfit> {
    module.replaces.iter().find_map(|replace| {
        let folder = replace.folder()?;
        let inside = !folder.starts_with('/') && path.join(folder).is_ok_and(|target| target.is_below(path));
        let needed = module.requires.iter().any(|require| require.path == replace.old);
        (!inside && needed).then(|| {
            let text = format!("{} => {folder}", replace.old);
            let evidence = Evidence::at(manifest, replace.line, text, "a folder outside of the image's context");
            let saw = format!(
                "found {manifest}:{}: `{}` is replaced by `{folder}`, outside of its folder",
                replace.line, replace.old
            );
            Unfit { path: path.clone(), saw, evidence }
        })
    })
}

/// An import of another module of the workspace, which this one's folder does not hold.
fn needs_sibling(
    context: &Context<'_>,
    path: &RelPath,
    module: &Module,
    program: &Program<'_>,
) -> Result<Option<Unfit>, Mistake> {
    for folder in workspace(context)? {
        let Ok(manifest) = folder.join("go.mod") else { continue };
        let Some(source) = context.project.read(&manifest).filter(|_| !folder.is_below(path)) else { continue };
        let other = module::parse(&source)?;
        if other.path == module.path || module::is_at_or_below(&module.path, &other.path) {
            continue;
        }
        for file in &program.files {
            if let Some(import) = file.imports_from(&other.path) {
                let evidence = file.evidence(import.line, "imports another module of go.work");
                let saw = format!(
                    "found {}: it imports `{}` of `{folder}`, outside of its folder",
                    evidence.place(),
                    other.path
                );
                return Ok(Some(Unfit { path: path.clone(), saw, evidence }));
            }
        }
    }
    Ok(None)
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

    fn saw(files: &[(&str, &str)]) -> Vec<String> {
        project(files).detect().unwrap().unfit.into_iter().map(|unfit| unfit.saw).collect()
    }

    #[test]
    fn modules_outside_of_the_folder_are_named() {
        let go_mod = "module a\nrequire b v0.0.0\nreplace b => ../b\n";
        assert!(saw(&[("go.mod", go_mod), ("main.go", MAIN)])[0].contains("go.mod:3"));
        let inside = "module a\nrequire b v0.0.0\nreplace b => ./b\n";
        assert_eq!(saw(&[("go.mod", inside), ("main.go", MAIN), ("b/go.mod", "module b\n")]), [""; 0]);
        let main = "package main\n\nimport \"x/lib\"\n\nfunc main() {}\n";
        let found = saw(&[
            ("go.work", "use (\n ./api\n ./lib\n)\n"),
            ("api/go.mod", "module x/api\n"),
            ("api/main.go", main),
            ("lib/go.mod", "module x/lib\n"),
            ("lib/lib.go", "package lib\n"),
        ]);
        assert!(found[0].starts_with("found api/main.go:3: it imports `x/lib`"), "{found:?}");
    }

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
