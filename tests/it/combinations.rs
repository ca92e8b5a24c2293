//! All combinations of facts, and hostile values, rendered by both templates in every policy.

use dockwright::catalog::{self, Template};
use dockwright::facts::{
    Argv, BackingService, BuildStep, Cgo, Component, Confidence, EnvName, Evidence, FastApi, Fill, Found, Go, Holding,
    HttpPath, Line, Migration, MigrationPlace, MigrationTool, MigrationValue, Name, Next, Node, OwnPackage, Packages,
    Part, Place, Port, Private, Probe, Python, Reads, Runtime, Setting, SettingKind, Stack, Stamp, ToolSource, Written,
};
use dockwright::paths::RelPath;
use dockwright::presets::{Presets, RuntimeVersion};
use dockwright::project::Project;
use dockwright::render::{self, Rendered};
use dockwright::setup::Setup;

/// A choice for each fact that changes what is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    pub stack: &'static str,
    pub policy: &'static str,
    pub build: bool,
    pub port: bool,
    pub health: bool,
    pub services: Option<Place>,
    pub secret: bool,
    pub root_sources: bool,
}

pub fn all() -> Vec<Choices> {
    let mut all = Vec::new();
    let bools = [false, true];
    for stack in ["npm", "pnpm", "yarn-pnp", "bun", "next", "next-plain", "go", "uv", "pip"] {
        // Bun has no image without a shell
        for policy in
            ["standard", "strict", "minimal"].into_iter().filter(|policy| (stack, *policy) != ("bun", "strict"))
        {
            for build in bools {
                for (port, health) in [(false, false), (true, false), (true, true)] {
                    for services in [None, Some(Place::Compose), Some(Place::Development), Some(Place::Elsewhere)] {
                        for secret in bools {
                            for root_sources in bools {
                                // Next.js always listens
                                if stack.starts_with("next") && !port {
                                    continue;
                                }
                                all.push(Choices {
                                    stack,
                                    policy,
                                    build,
                                    port,
                                    health,
                                    services,
                                    secret,
                                    root_sources,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn known<T>(value: T) -> Found<T> {
    Found::known(value, Confidence::Declared, Evidence::none("a test"))
}

fn stamps(any: bool) -> Vec<Stamp> {
    let stamp = |symbol, argument| Stamp { symbol: Line::from_text(symbol), argument, evidence: Evidence::none("-X") };
    if any { vec![stamp("main.version", "VERSION"), stamp("main.commit", "REVISION")] } else { vec![] }
}

fn setting(name: &str, kind: SettingKind, fill: Fill) -> Setting {
    let name = EnvName::new(name).unwrap();
    let mounted = (kind == SettingKind::SecretAtBuild).then_some(BuildStep::Build);
    let evidence = vec![Evidence::none("a test")];
    Setting {
        name,
        kind,
        reads: Reads::Environment,
        fill,
        evidence,
        required: false,
        at_build: None,
        mounted,
        local: None,
        note: None,
    }
}

/// A folder of data, a database among the code, and logs.
fn written() -> Vec<Written> {
    let one = |text, holds, is_file| Written {
        path: path(text),
        from_root: false,
        holds,
        is_file,
        is_ignored: is_file,
        evidence: Evidence::none("a test"),
    };
    vec![one("uploads", Holding::Data, false), one("app.db", Holding::Data, true), one("logs", Holding::Logs, false)]
}

/// Beside a database: a tool of development, one of production's packages, or a program of its own.
fn migrate(choices: Choices) -> Option<Migration> {
    choices.services?;
    if choices.stack == "go" {
        let name = |text| EnvName::new(text).unwrap();
        let source = match choices.port {
            true => ToolSource::Go { package: "example.com/goose@v3.0.0".to_owned(), tags: "no_mysql".to_owned() },
            false => ToolSource::Image { image: "arigaio/atlas:1.0.0".parse().unwrap(), path: "/atlas".to_owned() },
        };
        let program = if choices.port { "goose" } else { "atlas" };
        return Some(Migration {
            tool: program.to_owned(),
            command: Argv::new([program, "up", "$DATABASE_URL"]).unwrap(),
            place: MigrationPlace::Own(MigrationTool { program: program.to_owned(), source }),
            environment: vec![(name("GOOSE_DBSTRING"), MigrationValue::Setting(name("DATABASE_URL")))],
            settings: vec![],
            files: vec![path("db/migrations")],
        });
    }
    let words = ["node_modules/.bin/prisma", "migrate", "deploy"];
    Some(Migration {
        tool: "Prisma".to_owned(),
        command: Argv::new(words).unwrap(),
        place: if choices.build { MigrationPlace::Build } else { MigrationPlace::Production },
        environment: vec![(EnvName::new("CHECKPOINT_DISABLE").unwrap(), MigrationValue::Text("1".to_owned()))],
        settings: vec![EnvName::new("DATABASE_URL").unwrap()],
        files: vec![path("prisma")],
    })
}

fn next(choices: Choices) -> Next {
    let standalone = choices.stack == "next";
    Next {
        traces_own_folder: false,
        standalone: known(standalone),
        major: Some(16),
        traced_from_above: None,
        config: choices.build.then(|| path("next.config.ts")),
        edit: None,
        build_variable: (standalone && choices.health)
            .then(|| (EnvName::new("DOCKER_BUILD").unwrap(), Line::from_text("1"))),
        public: choices.root_sources,
        generated: choices.secret.then(|| path("node_modules/.prisma")),
        prepare: choices.secret.then(|| Argv::new(["node_modules/.bin/prisma", "generate"]).unwrap()),
        config_needs_build: choices.build,
    }
}

pub fn component(choices: Choices) -> Component {
    let presets = Presets::built_in();
    let go = choices.stack == "go";
    let python = ["uv", "pip"].contains(&choices.stack);
    let preset = &presets.runtimes[match choices.stack {
        "go" | "bun" => choices.stack,
        _ if python => "python",
        _ => "node",
    }];
    let fits = |version: &&RuntimeVersion| match python && choices.policy == "strict" {
        true => version.distroless.is_some(),
        false => version.default,
    };
    let version = preset.version.iter().find(fits).unwrap();
    let runtime = Runtime {
        name: preset.name.clone(),
        version: version.version.clone(),
        image: version.image.parse().unwrap(),
        slim: version.slim.parse().unwrap(),
        distroless: version.distroless.as_ref().map(|image| image.parse().unwrap()),
        package_managers: version.package_managers.clone(),
        end_of_life: version.end_of_life.clone(),
    };
    let stack = if go {
        Stack::Go(Go {
            module: Line::from_text("example.com/shop"),
            main: known(path(if choices.root_sources { "." } else { "cmd/server" })),
            has_sum: choices.services.is_some(),
            vendored: choices.root_sources,
            stamps: stamps(choices.health),
            private: choices.port.then(|| Private {
                patterns: if choices.health { vec!["github.com/acme/*".to_owned()] } else { vec![] },
                ssh: choices.build,
                evidence: Evidence::none("GOPRIVATE"),
            }),
            beside: vec![],
            manifests: vec![path("go.mod"), path("go.sum")],
            in_workspace: false,
            cgo: choices.build.then(|| Cgo { cpp: false, evidence: Evidence::none("imports C") }),
        })
    } else if python {
        let manager = &presets.python[choices.stack];
        let lockfile = path(&manager.lockfile);
        let packages = Packages {
            id: choices.stack.to_owned(),
            name: manager.name.clone(),
            version: manager.version.clone(),
            lockfile: Some(lockfile.clone()),
            setup: manager.setup.clone().map(|line| line.replace("{version}", "0.13.9")),
            manifests: vec![lockfile],
            edited: vec![],
            prepare: None,
            cache: manager.cache.clone(),
            install_production: manager.install_production.replace("{files}", "-r requirements.txt"),
            install: manager.install.replace("{files}", "-r requirements-dev.txt"),
        };
        let pair = |(name, value): (&String, &String)| (EnvName::new(name).unwrap(), Line::new(value).unwrap());
        let python = Python {
            packages: known(packages),
            install_environment: manager.environment.iter().map(pair).collect(),
            development_manifests: choices.build.then(|| path("requirements-dev.txt")).into_iter().collect(),
            has_development: choices.build,
            build_packages: choices.build.then(|| Name::new("gcc").unwrap()).into_iter().collect(),
            run_packages: (choices.build && choices.policy != "strict")
                .then(|| Name::new("libpq5").unwrap())
                .into_iter()
                .collect(),
            debugger: true,
            has_debugger: choices.build,
            module_folders: vec![],
            members: vec![],
            own: choices.root_sources.then(|| OwnPackage {
                evidence: Evidence::none("a test"),
                reads: vec![path("README.md")],
                asks_git: choices.build,
            }),
        };
        Stack::FastApi(python, FastApi { app: known(Line::new("app.main:app").unwrap()) })
    } else {
        let id = if choices.stack.starts_with("next") { "npm" } else { choices.stack };
        let manager = &presets.packages[id];
        let lockfile = path(manager.lockfiles.last().unwrap());
        let node = Node {
            packages: known(Packages {
                id: id.to_owned(),
                name: manager.name.clone(),
                version: manager.setup.as_ref().map(|_| "12.21.0".to_owned()),
                lockfile: Some(lockfile.clone()),
                setup: manager.setup.as_ref().map(|line| line.replace("{version}", "12.21.0")),
                manifests: vec![path("package.json"), lockfile],
                edited: vec![],
                prepare: None,
                cache: manager.cache.clone(),
                install_production: manager.install_production.clone(),
                install: manager.install.clone(),
            }),
            typescript: choices.build,
            output: choices.build.then(|| path("dist")),
            needs_glibc: None,
            compiles: Vec::new(),
            generates: Vec::new(),
            build_generates: false,
            generated: Vec::new(),
            framework: (choices.build && choices.root_sources).then(|| Line::from_text("Nuxt")),
            self_contained: choices.build && choices.root_sources && !choices.stack.starts_with("next"),
            writes: if choices.build && choices.root_sources { vec![path(".nuxt")] } else { Vec::new() },
            workspace: None,
        };
        match choices.stack {
            "next" | "next-plain" => Stack::Next(node, next(choices)),
            _ => Stack::Node(node),
        }
    };
    let service = |place| BackingService {
        id: "postgres".to_owned(),
        name: "PostgreSQL".to_owned(),
        version: "18".to_owned(),
        place,
        dialect: None,
        open: false,
        confidence: Confidence::Declared,
        evidence: vec![],
    };
    let mut settings = Vec::new();
    if choices.services.is_some() {
        let fill = |part| Fill::Service { service: "postgres".to_owned(), part, dialect: None };
        settings.push(setting("DATABASE_URL", SettingKind::Secret, fill(Part::Url)));
        settings.push(setting("PGHOST", SettingKind::Plain, fill(Part::Host)));
        settings.push(setting("PGPASSWORD", SettingKind::Secret, fill(Part::Password)));
    }
    if choices.stack.starts_with("next") && choices.secret {
        let value = Fill::Value("Lamp Shop".to_owned());
        settings.push(setting("NEXT_PUBLIC_NAME", SettingKind::PublicAtBuild, value));
        settings.push(setting("NEXT_PUBLIC_OTHER", SettingKind::PublicAtBuild, Fill::Passed));
    }
    if choices.secret {
        settings.push(setting("SESSION_SECRET", SettingKind::Secret, Fill::Generated));
        settings.push(setting("STRIPE_KEY", SettingKind::Secret, Fill::Empty));
        settings.push(setting("LOG_LEVEL", SettingKind::Plain, Fill::Value("info".to_owned())));
        settings.push(setting("FEATURES", SettingKind::Plain, Fill::Passed));
    }
    let argv = |words: &[&str]| Argv::new(words.iter().copied()).unwrap();
    let entry = if choices.build { "dist/index.js" } else { "server.js" };
    Component {
        path: RelPath::root(),
        context: RelPath::root(),
        name: Name::new("shop").unwrap(),
        description: None,
        license: None,
        stack,
        evidence: Evidence::none("a test"),
        runtime: known(runtime),
        build: known((choices.build || choices.stack.starts_with("next")).then(|| argv(&["npm", "run", "build"]))),
        start: known(match choices.stack {
            "go" => argv(&["/server"]),
            "bun" => argv(&["bun", entry]),
            _ => argv(&["node", entry]),
        }),
        develop: known(argv(&["node", "--watch", "--inspect=0.0.0.0:9229", entry])),
        port: known(choices.port.then(|| Port::new(3000).unwrap())),
        health: known(match (choices.port, choices.health) {
            (false, _) => Probe::None,
            (true, false) => Probe::Port,
            (true, true) => Probe::Http(HttpPath::new("/healthz").unwrap()),
        }),
        services: choices.services.map(service).into_iter().collect(),
        settings,
        migrate: known(migrate(choices)),
        environment: Vec::new(),
        assets: if choices.build || go { vec![] } else { vec![(path("server.js"), Evidence::none("a test"))] },
        written: if choices.root_sources { written() } else { vec![] },
        sources: if choices.root_sources { vec![] } else { vec![path(if go { "cmd" } else { "src" })] },
        root_sources: if choices.root_sources { vec![path(if go { "main.go" } else { "server.js" })] } else { vec![] },
        among: None,
    }
}

pub fn templates() -> Vec<Template> {
    catalog::built_in().unwrap()
}

pub fn setup(component: &Component, policy: &str) -> Setup {
    let presets = Presets::built_in();
    let policy = &presets.policies[policy];
    let templates = templates();
    let template = templates.iter().find(|template| template.manifest.id == component.stack.id()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("server.js"), "").unwrap();
    let project = Project::open(folder.path()).unwrap();
    let mut setup =
        Setup { files: render::component(template, component, policy, presets, &project).unwrap(), secrets: vec![] };
    if policy.compose {
        setup.secrets = render::secrets(std::slice::from_ref(component), presets);
        let rendered = [Rendered { component, template }];
        let name = Name::new("shop").unwrap();
        setup.files.extend(render::compose(&name, &rendered, &setup.secrets, policy, presets, &project).unwrap());
    }
    setup
}

#[test]
fn every_combination_of_facts_renders_without_litter() {
    for choices in all() {
        for (path, file) in &setup(&component(choices), choices.policy).files {
            let text = &file.text;
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{choices:?} {path}: last line\n{text}");
            assert!(!text.contains("\n\n\n"), "{choices:?} {path}: two blank lines\n{text}");
            assert!(
                !text.lines().any(|line| line.ends_with(' ')),
                "{choices:?} {path}: a blank at a line's end\n{text}"
            );
            for litter in [": none", "None", "undefined", "{{", "{%", " []"] {
                let found = litter != " []" || !text.contains("\nENTRYPOINT []\n");
                let found = found
                    && !matches!(path.extension(), Some("go" | "hcl"))
                    && text.lines().any(|line| !line.contains("${") && line.contains(litter));
                assert!(!found, "{choices:?} {path}: {litter}\n{text}");
            }
        }
    }
}

#[test]
fn one_of_each_is_printed_for_people_who_look() {
    let show = std::env::var("DOCKWRIGHT_SHOW").unwrap_or_default();
    for choices in all().into_iter().filter(|choices| show == format!("{}-{}", choices.stack, choices.policy)) {
        if choices.port && choices.health && choices.secret && choices.build && choices.services == Some(Place::Compose)
        {
            for (path, file) in setup(&component(choices), choices.policy).files {
                eprintln!("##### {path}\n{}", file.text);
            }
            break;
        }
    }
}

#[test]
fn templates_use_only_names_that_are_facts() {
    let presets = Presets::built_in();
    let project = Project::open(tempfile::tempdir().unwrap().path()).unwrap();
    let samples: Vec<_> = all()
        .into_iter()
        .filter(|choices| choices.build && choices.port && choices.services.is_some())
        .map(|choices| {
            render::Facts::of(&component(choices), &presets.policies[choices.policy], presets, &project).unwrap()
        })
        .collect();
    let kinds = render::kinds(&samples);
    let lines: String = kinds.iter().map(|(name, kind)| format!("{name} {kind}\n")).collect();
    let listed = format!(
        "# Names that a template may use, each with its kind; `safe` and `number` are printed as they are.\n{lines}"
    );
    if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
        std::fs::write("src/render/names.txt", &listed).unwrap();
    }
    let committed = std::fs::read_to_string("src/render/names.txt").unwrap();
    assert!(committed == listed, "src/render/names.txt is old: run the test once with DOCKWRIGHT_BLESS=1");
    let known = render::sample_names(&samples);
    for template in templates() {
        let renderer = render::Renderer::new(&template.files).unwrap();
        let mut unknown = renderer.unknown_names(&known);
        // loop variables are declared where they are used
        unknown.retain(|(_, name)| !["argument", "command", "folder", "line", "made", "path"].contains(&name.as_str()));
        assert_eq!(unknown, [], "{}", template.manifest.id);
    }
}

#[test]
fn a_dockerfile_template_has_at_most_five_branches() {
    for template in templates() {
        for (name, text) in template.files.iter().filter(|(name, _)| name.starts_with("Dockerfile")) {
            let included: usize = template
                .files
                .iter()
                .filter(|(other, _)| text.contains(&format!("{{% include \"{other}\" %}}")))
                .map(|(_, text)| text.matches("{% if").count())
                .sum();
            assert!(text.matches("{% if").count() + included <= 5, "{}/{name}", template.manifest.id);
        }
    }
}

/// The words that begin a line, which is what instructions and keys are.
fn skeleton(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| line.trim_start().chars().take_while(|c| c.is_alphanumeric() || "_.-".contains(*c)).collect())
        .collect()
}

#[test]
fn hostile_texts_add_no_instruction_and_no_key() {
    let hostile = "x\" && RUN evil\nRUN evil\r\n${EVIL} `evil` '; evil: true #";
    for choices in all().into_iter().filter(|choices| choices.port && choices.secret) {
        let harmless = component(choices);
        let mut evil = harmless.clone();
        evil.description = Some(Line::from_text(hostile));
        evil.license = Some(Line::from_text(hostile));
        let mut harmless = harmless;
        harmless.description = Some(Line::from_text("a shop"));
        harmless.license = Some(Line::from_text("MIT"));
        evil.name = Name::from_text(hostile, "app");
        if let Stack::Go(Go { cgo: Some(cgo), .. }) = &mut evil.stack {
            cgo.evidence.because = hostile.to_owned();
        }
        let words = ["node", "a b", "\"quoted\"", "$(evil)", "'single'", "\\"];
        let first = harmless.start.value().unwrap().words()[0].clone();
        evil.start =
            known(Argv::new(std::iter::once(first).chain(words[1..].iter().map(|word| (*word).to_owned()))).unwrap());
        for setting in &mut evil.settings {
            if let Fill::Value(text) = &mut setting.fill {
                *text = hostile.to_owned();
            }
        }
        let (plain, changed) = (setup(&harmless, choices.policy), setup(&evil, choices.policy));
        for (path, file) in &plain.files {
            assert_eq!(skeleton(&file.text), skeleton(&changed.files[path].text), "{choices:?} {path}");
        }
    }
}
