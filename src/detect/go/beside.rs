//! Other modules of the project that a module is built from: those that replace a requirement, and
//! those of go.work whose packages it imports. Where they lie outside of its folder the image is
//! built from the folder that holds them all.

use std::collections::BTreeSet;

use super::super::{Context, Unfit};
use super::code::Code;
use super::module::{self, Module, is_at_or_below};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::Mistake;

/// A module of the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Other {
    /// From the project's root.
    pub folder: RelPath,
    /// `example.com/common`
    pub path: String,
}

/// What a module is built from.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The build context, from the project's root; `None`: the module's own folder.
    pub context: Option<RelPath>,
    /// Those that replace a requirement or are members of go.work, wherever they lie.
    pub others: Vec<Other>,
    /// It is built by the rules of the go.work in the context.
    pub in_workspace: bool,
}

/// Finds the modules that this one needs; refused is what lies outside of the project.
///
/// # Errors
/// A go.work, or the go.mod of another module, that cannot be read.
pub fn beside(
    context: &Context<'_>,
    path: &RelPath,
    manifest: &RelPath,
    module: &Module,
    code: &Code,
) -> Result<Result<Beside, Unfit>, Mistake> {
    let mut found = Beside::default();
    for replace in &module.replaces {
        let Some(folder) = replace.folder().filter(|_| module.requires.iter().any(|one| one.path == replace.old))
        else {
            continue;
        };
        let target = path.join(folder).ok().filter(|_| !folder.starts_with('/'));
        let target = target.filter(|target| target.join("go.mod").is_ok_and(|file| context.project.has_file(&file)));
        let Some(target) = target else {
            let text = format!("{} => {folder}", replace.old);
            let evidence = Evidence::at(manifest, replace.line, text, "no module of this project");
            let saw = format!(
                "found {manifest}:{}: `{}` is replaced by `{folder}`, and there is no module of this project",
                replace.line, replace.old
            );
            return Ok(Err(Unfit { path: path.clone(), saw, evidence }));
        };
        found.others.push(Other { folder: target, path: replace.old.clone() });
    }
    let mut root = path.clone();
    if let Some((folder, members)) = workspace(context, path)? {
        let outer: Vec<Other> = members.into_iter().filter(|member| member.folder != *path).collect();
        let is_own = |other: &&Other| !is_at_or_below(&module.path, &other.path);
        let mut needed = outer.iter().filter(is_own).filter(|other| !found.others.contains(other));
        let imports = |other: &Other| code.files().any(|file| file.imports_from(&other.path).is_some());
        if needed.any(imports) {
            root = folder;
            found.in_workspace = true;
            // go reads them all before it builds one
            found.others.extend(outer);
        }
    }
    found.others.sort();
    found.others.dedup();
    while let Some(above) = root.parent().filter(|_| !found.others.iter().all(|other| other.folder.is_below(&root))) {
        root = above;
    }
    found.context = Some(root).filter(|root| root != path);
    Ok(Ok(found))
}

impl Beside {
    /// Folders outside of the module's own, relative to the build context.
    pub fn folders(&self, path: &RelPath) -> Vec<RelPath> {
        let Some(context) = &self.context else { return Vec::new() };
        let outside = self.others.iter().filter(|other| !other.folder.is_below(path));
        let folders: BTreeSet<RelPath> = outside.filter_map(|other| other.folder.strip(context)).collect();
        folders.into_iter().collect()
    }

    /// Files that `go mod download` reads, relative to the build context.
    pub fn manifests(&self, project: &crate::project::Project, path: &RelPath) -> Vec<RelPath> {
        let context = self.context.as_ref().unwrap_or(path);
        let folders = std::iter::once(path).chain(self.others.iter().map(|other| &other.folder));
        let mut files: Vec<RelPath> =
            folders.flat_map(|folder| ["go.mod", "go.sum"].map(|name| folder.join(name))).flatten().collect();
        if self.in_workspace {
            files.extend(["go.work", "go.work.sum"].map(|name| context.join(name)).into_iter().flatten());
        }
        files.retain(|file| project.has_file(file));
        files.iter().filter_map(|file| file.strip(context)).collect()
    }

    /// The newest `go` line of the others.
    pub fn newest_go(&self, context: &Context<'_>) -> Option<(String, u32, RelPath)> {
        let mut newest: Option<(String, u32, RelPath)> = None;
        for other in &self.others {
            let Some(source) = other.folder.join("go.mod").ok().and_then(|file| context.project.read(&file)) else {
                continue;
            };
            let Ok(module::Module { go: Some((version, line)), .. }) = module::parse(&source) else { continue };
            if newest.as_ref().is_none_or(|(known, ..)| super::runtime::is_newer(&version, known)) {
                newest = Some((version, line, source.path().clone()));
            }
        }
        newest
    }
}

/// The nearest go.work that uses the module, with its folder and the modules that are there.
fn workspace(context: &Context<'_>, path: &RelPath) -> Result<Option<(RelPath, Vec<Other>)>, Mistake> {
    let mut at = Some(path.clone());
    while let Some(folder) = at {
        at = folder.parent();
        let Ok(file) = folder.join("go.work") else { continue };
        let Some(source) = context.project.require(&file)? else { continue };
        let mut members = Vec::new();
        for (used, _) in module::parse_work(&source)? {
            let Ok(used) = folder.join(&used) else { continue };
            let Some(source) = used.join("go.mod").ok().and_then(|file| context.project.read(&file)) else { continue };
            members.push(Other { folder: used, path: module::parse(&source)?.path });
        }
        return Ok(members.iter().any(|member| member.folder == *path).then_some((folder, members)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Case, project};
    use crate::facts::{Component, Stack};

    const LISTENS: &str = "package server\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\n\
        func Run() { http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil); os.Getenv(\"CORS_ORIGINS\") }\n";
    const MAIN: &str = "package main\n\nimport \"example.com/common/server\"\n\nfunc main() { server.Run() }\n";

    fn shown(component: &Component) -> String {
        let Stack::Go(go) = &component.stack else { panic!("not Go") };
        let list = |paths: &[super::RelPath]| paths.iter().map(|path| path.to_string()).collect::<Vec<_>>().join(" ");
        format!("{} of {} | {} | {}", component.path, component.context, list(&go.beside), list(&go.manifests))
    }

    fn find(case: &Case, path: &str) -> Component {
        let detection = case.detect().unwrap();
        let found = detection.components.into_iter().find(|component| component.path.as_str() == path);
        found.unwrap_or_else(|| panic!("{:?}", detection.unfit))
    }

    // ThreeDotsLabs/wild-workouts-go-ddd-example at f797e117fb1523fef71e195d200c88e1940afc05
    #[test]
    fn a_module_that_replaces_a_requirement_is_built_from_the_folder_above_both() {
        let case = project(&[
            ("internal/common/go.mod", "module example.com/common\n\ngo 1.26\n"),
            ("internal/common/server/http.go", LISTENS),
            (
                "internal/trainer/go.mod",
                "module example.com/trainer\n\ngo 1.24\n\nrequire example.com/common v0.0.0\n\nreplace example.com/common => ../common/\n",
            ),
            ("internal/trainer/go.sum", ""),
            ("internal/trainer/main.go", MAIN),
        ]);
        let component = find(&case, "internal/trainer");
        assert_eq!(
            shown(&component),
            "internal/trainer of internal | common | trainer/go.mod trainer/go.sum common/go.mod"
        );
        // what the other module reads counts
        assert_eq!(component.listens_on().unwrap().number(), 8080);
        assert!(component.settings.iter().any(|setting| setting.name.as_str() == "CORS_ORIGINS"));
        assert!(component.runtime.evidence().unwrap().place().starts_with("internal/common/go.mod"));
    }

    #[test]
    fn a_module_that_imports_another_of_go_work_is_built_from_the_workspace() {
        let case = project(&[
            ("go.work", "go 1.26\n\nuse (\n\t./api\n\t./common\n\t./tools\n)\n"),
            ("go.work.sum", ""),
            ("api/go.mod", "module example.com/api\n\ngo 1.26\n"),
            ("api/main.go", MAIN),
            ("common/go.mod", "module example.com/common\n\ngo 1.26\n"),
            ("common/server/http.go", LISTENS),
            ("tools/go.mod", "module example.com/tools\n\ngo 1.26\n"),
            ("tools/tools.go", "package tools\n"),
        ]);
        assert_eq!(
            shown(&find(&case, "api")),
            "api of . | common tools | api/go.mod common/go.mod tools/go.mod go.work go.work.sum"
        );
    }

    #[test]
    fn a_module_that_needs_no_other_is_built_by_itself() {
        let case = project(&[
            ("go.work", "use (\n\t./api\n\t./web\n)\n"),
            ("api/go.mod", "module example.com/api\n"),
            ("api/main.go", "package main\n\nfunc main() {}\n"),
            ("web/go.mod", "module example.com/web\n"),
            ("web/main.go", "package main\n\nfunc main() {}\n"),
        ]);
        assert_eq!(shown(&find(&case, "api")), "api of api |  | go.mod");
        let inside = "module a\nrequire b v0.0.0\nreplace b => ./b\n";
        let case =
            project(&[("go.mod", inside), ("main.go", "package main\n\nfunc main() {}\n"), ("b/go.mod", "module b\n")]);
        assert_eq!(shown(&find(&case, ".")), ". of . |  | go.mod b/go.mod");
    }

    #[test]
    fn a_folder_that_is_no_module_of_the_project_is_refused_with_its_line() {
        let go_mod = "module a\nrequire b v0.0.0\nreplace b => ../b\n";
        let case = project(&[("go.mod", go_mod), ("main.go", "package main\n\nfunc main() {}\n")]);
        let saw = &case.detect().unwrap().unfit[0].saw;
        assert!(saw.contains("go.mod:3") && saw.contains("no module of this project"), "{saw}");
    }
}
