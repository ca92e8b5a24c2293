//! What rules look at: the parsed files of a setup, and which stage is run in production.

use std::collections::BTreeMap;

use super::Tree;
use super::images::ImageName;
use super::shell::{self, ShellCommand};
use crate::paths::RelPath;
use crate::setup::Setup;
use crate::setup::compose::{Compose, Service};
use crate::setup::dockerfile::{Dockerfile, Instruction, Kind, Run, Stage};
use crate::setup::ignore::Ignore;
use crate::setup::read::FileKind;

/// Everything that rules are asked about.
pub struct Input<'a> {
    pub tree: &'a Tree,
    pub dockerfiles: Vec<Parsed<Dockerfile>>,
    pub composes: Vec<Parsed<Compose>>,
    pub ignores: BTreeMap<RelPath, Ignore>,
}

/// A file, read.
pub struct Parsed<T> {
    pub path: RelPath,
    pub file: T,
}

/// A stage that runs in production.
pub struct Image<'a> {
    pub path: &'a RelPath,
    pub file: &'a Dockerfile,
    pub stage: &'a Stage,
    /// The services of production files that run it.
    pub services: Vec<&'a Service>,
    /// Only services that end by themselves run it: it may have what the app does without.
    pub is_for_jobs: bool,
}

impl<'a> Input<'a> {
    pub fn new(setup: &Setup, tree: &'a Tree) -> Self {
        let mut input = Input { tree, dockerfiles: Vec::new(), composes: Vec::new(), ignores: BTreeMap::new() };
        for (path, file) in &setup.files {
            let path = path.clone();
            match FileKind::of(&path) {
                Some(FileKind::Dockerfile) => {
                    input.dockerfiles.push(Parsed { path, file: Dockerfile::parse(&file.text) });
                }
                Some(FileKind::Compose) => input.composes.push(Parsed { path, file: Compose::parse(&file.text) }),
                Some(FileKind::Ignore) => drop(input.ignores.insert(path, Ignore::parse(&file.text))),
                None => {}
            }
        }
        input
    }

    /// The stages that run in production: those that services of production files name, the last
    /// one where none does.
    pub fn images(&self) -> Vec<Image<'_>> {
        let mut images: Vec<Image<'_>> = Vec::new();
        for Parsed { path, file } in &self.dockerfiles {
            let Some(last) = file.final_stage() else { continue };
            let built = self.services().filter_map(|(compose, service)| {
                let (dockerfile, _) = build_paths(compose, service)?;
                let target = service.build().and_then(|build| build.target);
                let stage = target.and_then(|name| file.stage(name)).unwrap_or(last);
                (dockerfile == *path).then(|| (stage, service, compose.file.is_job(service)))
            });
            for (stage, service, is_job) in built {
                match images.iter_mut().find(|image| image.path == path && image.stage.line == stage.line) {
                    Some(image) => {
                        image.services.push(service);
                        image.is_for_jobs &= is_job;
                    }
                    None => images.push(Image { path, file, stage, services: vec![service], is_for_jobs: is_job }),
                }
            }
            if !images.iter().any(|image| image.path == path) {
                images.push(Image { path, file, stage: last, services: Vec::new(), is_for_jobs: false });
            }
        }
        images
    }

    /// The services of production files that are whole there: what one lacks, it lacks.
    pub fn services(&self) -> impl Iterator<Item = (&Parsed<Compose>, &Service)> {
        self.all_services().filter(|(compose, service)| {
            let adds_to = |other: &&Parsed<Compose>| {
                other.path != compose.path && is_base(&other.path) && other.path.parent() == compose.path.parent()
            };
            let base = self.composes.iter().filter(adds_to).any(|other| other.file.service(&service.name).is_some());
            !is_development(&compose.path) && !service.extends() && (is_base(&compose.path) || !base)
        })
    }

    /// The services of all files.
    pub fn all_services(&self) -> impl Iterator<Item = (&Parsed<Compose>, &Service)> {
        self.composes.iter().flat_map(|compose| compose.file.services.iter().map(move |service| (compose, service)))
    }

    /// The folders that a Dockerfile is built in.
    pub fn contexts(&self, dockerfile: &Parsed<Dockerfile>) -> Vec<RelPath> {
        let named = self.all_services().filter_map(|(compose, service)| build_paths(compose, service));
        let mut contexts: Vec<RelPath> =
            named.filter(|(path, _)| *path == dockerfile.path).map(|(_, context)| context).collect();
        if contexts.is_empty() {
            let own = dockerfile.path.parent().unwrap_or_else(RelPath::root);
            let copies = dockerfile.file.stages.iter().flat_map(Stage::context_copies);
            let outside = copies.flat_map(|(_, copy)| &copy.sources).any(|source| {
                let at = |folder: &RelPath| folder.join(source.trim_start_matches('/')).ok();
                let has = |path: Option<RelPath>| path.is_some_and(|path| self.tree.has(&path));
                !has(at(&own)) && has(at(&RelPath::root()))
            });
            // a folder of container files only is a place to keep them, not to build in
            let mut others = self.tree.files.iter().filter(|path| path.is_below(&own) && FileKind::of(path).is_none());
            let kept = !self.tree.files.is_empty() && others.next().is_none();
            let ignored = own.join(".dockerignore").is_ok_and(|path| self.ignores.contains_key(&path));
            contexts.push(if (outside || kept) && !ignored { RelPath::root() } else { own });
        }
        contexts.sort();
        contexts.dedup();
        contexts
    }
}

/// The Dockerfile and the context of a service that is built; `None` too where they lie outside
/// the project or are not known.
fn build_paths(compose: &Parsed<Compose>, service: &Service) -> Option<(RelPath, RelPath)> {
    let build = service.build()?;
    let folder = compose.path.parent()?;
    let context = folder.join(build.context).ok()?;
    Some((context.join(build.dockerfile.unwrap_or("Dockerfile")).ok()?, context))
}

/// Whether compose takes the file by itself.
fn is_base(path: &RelPath) -> bool {
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"].contains(&path.file_name())
}

/// Whether a file's name or folder says that it is not for production.
pub fn is_development(path: &RelPath) -> bool {
    let words = ["override", "dev", "devel", "development", "local", "test", "tests", "ci", "debug"];
    let folder = path.parts().any(|part| part == ".devcontainer");
    folder || path.file_name().to_ascii_lowercase().split(['.', '-', '_']).any(|word| words.contains(&word))
}

impl<'a> Image<'a> {
    /// The RUNs whose layers are part of it, with their lines.
    pub fn runs(&self) -> Vec<(u32, &'a Run)> {
        runs(self.file, self.stage)
    }

    pub fn instructions(&self) -> impl DoubleEndedIterator<Item = &'a Instruction> {
        self.file.inherited(self.stage)
    }

    /// The image it stands on; `None` where it is not known.
    pub fn base(&self) -> Option<ImageName<'a>> {
        ImageName::parse(self.file.image(self.stage))
    }

    /// The line of the FROM that names that image.
    pub fn base_line(&self) -> u32 {
        self.file.chain(self.stage).last().map_or(self.stage.line, |stage| stage.line)
    }
}

/// The RUNs of a stage and those it stands on.
pub fn runs<'a>(file: &'a Dockerfile, stage: &'a Stage) -> Vec<(u32, &'a Run)> {
    let runs = file.inherited(stage).filter_map(|instruction| match &instruction.kind {
        Kind::Run(run) => Some((instruction.line, run)),
        _ => None,
    });
    runs.collect()
}

/// All commands of a stage and those it stands on.
pub fn stage_commands(file: &Dockerfile, stage: &Stage) -> Vec<ShellCommand> {
    runs(file, stage).into_iter().flat_map(|(_, run)| shell::commands(run)).collect()
}
