//! What a template may say of a member of a workspace: it is built in the root, and lies where it
//! lies there.

use minijinja::value::Value;

use super::{Reading, is_plain_path, map, safe};
use crate::facts::{Argv, Needed, Stack, Workspace};
use crate::project::Mistake;

const ROOT: &str = "/app";
/// First words of commands that lie in no folder of packages.
const KNOWN: &[&str] = &["node", "bun", "sh", "env"];

impl Reading<'_> {
    /// The component's folder in an image.
    pub(super) fn workdir(&self) -> String {
        self.component.within(ROOT)
    }

    /// What `docker build` is given from the folder that is the context.
    pub(super) fn build_from(&self) -> String {
        let inner = self.component.inner();
        if inner.is_root() { ".".to_owned() } else { format!("-f {inner}/Dockerfile .") }
    }

    /// Lines that bring the sources into a stage which works in the component's folder below
    /// `folder`: the whole context, or of a greater one the component with what it is built from.
    pub(super) fn brings(&self, folder: &str) -> Result<Vec<Value>, Mistake> {
        let component = self.component;
        if component.context == component.path {
            return Ok(vec![safe("COPY . .")]);
        }
        let inner = component.inner();
        let beside = component.stack.beside();
        for path in beside.iter().chain([&inner]) {
            if !is_plain_path(path.as_str()) {
                return Err(Mistake::new(format!("`{path}` is a name that a Dockerfile cannot carry")));
            }
        }
        let beside = beside.iter().map(|path| format!("COPY {path} {folder}/{path}"));
        let work = match &component.stack {
            Stack::Go(go) if go.in_workspace => {
                let files = go.manifests.iter().filter(|path| path.as_str().starts_with("go.work"));
                let files: Vec<&str> = files.map(|path| path.as_str()).collect();
                Some(format!("COPY {} {folder}/", files.join(" ")))
            }
            _ => None,
        };
        Ok(work.into_iter().chain(beside).chain([format!("COPY {inner} .")]).map(safe).collect())
    }

    fn in_workspace(&self) -> Option<&Workspace> {
        self.component.stack.node()?.workspace.as_ref()
    }

    /// Lists of instructions, empty for a component that is no member.
    ///
    /// # Errors
    /// A path that no Dockerfile can carry.
    pub(super) fn workspace(&self) -> Result<Value, Mistake> {
        let Some(workspace) = self.in_workspace() else {
            return Ok(map(["path", "enter", "copies", "workdir"].map(|key| (key, Value::from(Vec::<Value>::new())))));
        };
        let inner = self.component.inner();
        let workdir: Vec<String> =
            (!inner.is_root()).then(|| format!("WORKDIR {}", self.workdir())).into_iter().collect();
        let mut enter = Vec::new();
        if !workspace.builds.is_empty() {
            let commands: Vec<String> = workspace.builds.iter().map(Argv::to_string).collect();
            enter.push("# What it needs of the workspace".to_owned());
            enter.push(format!("RUN {}", commands.join(" \\\n    && ")));
        }
        enter.extend(workdir.iter().cloned());
        let mut copies = Vec::new();
        // standalone output has what it needs of them
        let is_traced = matches!(&self.component.stack, Stack::Next(_, next) if next.standalone.value() == Some(&true));
        for need in workspace.needs.iter().filter(|need| need.in_production && !is_traced) {
            copies.extend(copies_of(need)?);
        }
        let lines = |lines: Vec<String>| Value::from(lines.into_iter().map(safe).collect::<Vec<_>>());
        Ok(map([
            ("path", lines(self.path())),
            ("enter", lines(enter)),
            ("copies", lines(copies)),
            ("workdir", lines(workdir)),
        ]))
    }

    /// Where commands of packages lie, if something runs one.
    fn path(&self) -> Vec<String> {
        let component = self.component;
        let manager = component.stack.node().and_then(|node| node.packages.value());
        let commands = [component.build.value().and_then(Option::as_ref), component.start.value()]
            .into_iter()
            .chain([component.develop.value()])
            .flatten()
            .chain(component.migrate.value().and_then(Option::as_ref).map(|migration| &migration.command))
            .chain(component.stack.node().into_iter().flat_map(|node| &node.generates))
            .chain(self.in_workspace().into_iter().flat_map(|workspace| &workspace.builds));
        let is_package = |argv: &Argv| {
            let first = argv.words()[0].as_str();
            !KNOWN.contains(&first) && manager.is_none_or(|manager| manager.name != first)
        };
        if !commands.into_iter().any(is_package) {
            return Vec::new();
        }
        let inner = super::super::lines::inner(component);
        let own = if inner.is_empty() { String::new() } else { format!("{ROOT}{inner}/node_modules/.bin:") };
        vec![
            "# Commands of packages lie in the component's folder or in the root's".to_owned(),
            format!("ENV PATH={own}{ROOT}/node_modules/.bin:$PATH"),
        ]
    }
}

/// What production has of another member.
fn copies_of(need: &Needed) -> Result<Vec<String>, Mistake> {
    let path = &need.path;
    let all = std::iter::once(path).chain(&need.files).chain(&need.folders);
    if let Some(odd) = all.into_iter().find(|path| !is_plain_path(path.as_str())) {
        return Err(Mistake::new(format!("`{odd}` is a name that a Dockerfile cannot carry"))
            .hint("rename it: letters, digits and `._-/@+,`"));
    }
    let files: String = need.files.iter().map(|file| format!(" {ROOT}/{path}/{file}")).collect();
    let mut lines = vec![format!("COPY --from=build {ROOT}/{path}/package.json{files} ./{path}/")];
    let folders = need.folders.iter();
    lines.extend(folders.map(|folder| format!("COPY --from=build {ROOT}/{path}/{folder} ./{path}/{folder}")));
    Ok(lines)
}
