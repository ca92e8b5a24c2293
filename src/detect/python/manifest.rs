//! What a Python project says of itself: pyproject.toml, Pipfile, files of requirements.

use super::super::Context;
use super::files::Files;
use super::requirement::{Requirement, normalized};
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::{Json, JsonKind, Member};
use crate::project::{Mistake, toml};

/// Files of requirements for production, the most telling first.
const PRODUCTION: &[&str] = &[
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements/main.txt",
    "requirements/requirements.txt",
    "requirements-prod.txt",
    "requirements_prod.txt",
    "requirements.prod.txt",
];
/// The same for development.
const DEVELOPMENT: &[&str] = &[
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements.dev.txt",
    "requirements/dev.txt",
    "requirements/development.txt",
    "requirements/local.txt",
    "requirements-test.txt",
    "requirements/test.txt",
];

/// A distribution that the project requires itself.
#[derive(Debug, Clone)]
pub struct Dependency {
    pub requirement: Requirement,
    /// Of a group that production installs only where something says so.
    pub development: bool,
    /// The extra or group it belongs to, where it is not always installed.
    pub group: Option<Group>,
    pub by: By,
    pub evidence: Evidence,
}

/// Which managers install a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Those that read pyproject.toml.
    Project,
    Pipenv,
    /// pip, from a list.
    Pip,
}

impl By {
    pub fn of(manager: &str) -> Self {
        match manager {
            "pip" => By::Pip,
            "pipenv" => By::Pipenv,
            _ => By::Project,
        }
    }
}

/// A part of the requirements that is installed by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// `project.optional-dependencies`, or optional in Poetry.
    Extra(String),
    /// A dependency group.
    Group(String),
}

/// All manifests of one folder.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// pyproject.toml with its path.
    pub pyproject: Option<(RelPath, Json)>,
    pub pipfile: Option<(RelPath, Json)>,
    pub production: Option<Files>,
    pub development: Option<Files>,
    dependencies: Vec<Dependency>,
}

impl Manifest {
    /// `None` where no manifest is there.
    ///
    /// # Errors
    /// One that cannot be read: malformed is never taken for empty.
    pub fn read(context: &Context<'_>, path: &RelPath) -> Result<Option<Self>, Mistake> {
        let tree = |name: &str| -> Result<Option<(RelPath, Json)>, Mistake> {
            let Ok(file) = path.join(name) else { return Ok(None) };
            let Some(source) = context.project.require(&file)? else { return Ok(None) };
            Ok(Some((file, toml::parse(&source)?)))
        };
        let listed = |names: &[&str]| -> Result<Option<Files>, Mistake> {
            let is_there = |name: &&&str| path.join(name).is_ok_and(|file| context.project.has_file(&file));
            let Some(first) = names.iter().find(is_there).and_then(|name| RelPath::new(name).ok()) else {
                return Ok(None);
            };
            Files::read(context.project, path, &first).map(Some)
        };
        let pyproject = tree("pyproject.toml")?;
        let named =
            pyproject.as_ref().and_then(|(_, json)| json.at(&["tool", "setuptools", "dynamic", "dependencies"]));
        let named = named.and_then(|dynamic| dynamic.get("file")).map(|file| file.items().first().unwrap_or(file));
        let production: Vec<&str> = named.and_then(Json::text).into_iter().chain(PRODUCTION.iter().copied()).collect();
        let production = listed(&production)?;
        let mut manifest = Manifest {
            pyproject,
            pipfile: tree("Pipfile")?,
            production,
            development: listed(DEVELOPMENT)?,
            dependencies: Vec::new(),
        };
        if manifest.pyproject.is_none() && manifest.pipfile.is_none() && manifest.production.is_none() {
            return Ok(None);
        }
        manifest.dependencies = manifest.collect();
        Ok(Some(manifest))
    }

    fn collect(&self) -> Vec<Dependency> {
        let mut found = Vec::new();
        if let Some((file, json)) = &self.pyproject {
            of_project(file, json, &mut found);
            of_poetry(file, json, &mut found);
        }
        if let Some((file, json)) = &self.pipfile {
            for (name, development) in [("packages", false), ("dev-packages", true)] {
                found.extend(members(json, &[name]).iter().map(|member| Dependency {
                    requirement: of_member(member),
                    development,
                    group: None,
                    by: By::Pipenv,
                    evidence: Evidence::at(file, member.line, member.name.clone(), name),
                }));
            }
        }
        for (files, development) in [(&self.production, false), (&self.development, true)] {
            let listed = files.iter().flat_map(|files| &files.requirements);
            found.extend(listed.map(|(requirement, evidence)| Dependency {
                requirement: requirement.clone(),
                development,
                group: None,
                by: By::Pip,
                evidence: evidence.clone(),
            }));
        }
        found
    }

    /// What one manager installs, with these extras and groups among production's.
    pub fn installed(mut self, by: By, chosen: &[Group]) -> Self {
        self.dependencies.retain(|found| found.by == by);
        for found in &mut self.dependencies {
            found.development &= !found.group.as_ref().is_some_and(|group| chosen.contains(group));
        }
        if by != By::Pip {
            (self.production, self.development) = (None, None);
        }
        self
    }

    /// Whether a manager that reads pyproject.toml can install what it says: others are settings of
    /// tools only.
    pub fn is_project(&self) -> bool {
        self.at(&["project"]).is_some() || self.at(&["tool", "poetry", "dependencies"]).is_some()
    }

    /// Whether FastAPI is among what a manager installs, in production or by a group.
    pub fn installs_fastapi(&self, by: By) -> bool {
        let is_fastapi = |found: &Dependency| matches!(found.requirement.name.as_str(), "fastapi" | "fastapi-slim");
        self.dependencies.iter().any(|found| found.by == by && is_fastapi(found))
    }

    /// The extras and groups that a distribution belongs to.
    pub fn groups_of(&self, name: &str) -> Vec<Group> {
        let of = |found: &&Dependency| found.requirement.name == name;
        self.dependencies.iter().filter(of).filter_map(|found| found.group.clone()).collect()
    }

    /// Whether there is an extra or group of that name.
    pub fn has_group(&self, group: &Group) -> bool {
        self.dependencies.iter().any(|found| found.group.as_ref() == Some(group))
    }

    /// Where requirements come from instead of an index: `git+https://…`, `file:../own`,
    /// `workspace`.
    pub fn origins(&self) -> Vec<(String, Evidence)> {
        let of = |found: &Dependency| Some((found.requirement.from.clone()?, found.evidence.clone()));
        let mut origins: Vec<(String, Evidence)> = self.dependencies.iter().filter_map(of).collect();
        let is_read = self.dependencies.iter().any(|found| found.by == By::Project);
        if let Some((file, json)) = self.pyproject.as_ref().filter(|_| is_read) {
            for member in members(json, &["tool", "uv", "sources"]) {
                let evidence = Evidence::at(file, member.line, member.name.clone(), "tool.uv.sources");
                let is_member = matches!(member.value.get("workspace"), Some(Json { kind: JsonKind::Bool(true), .. }));
                let from = if is_member { Some("workspace".to_owned()) } else { of_member(member).from };
                origins.extend(from.map(|from| (from, evidence)));
            }
        }
        let files = self.production.iter().chain(&self.development);
        origins.extend(files.flat_map(|files| files.origins.iter().cloned()));
        origins
    }

    pub fn dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter()
    }

    /// Required in production, whichever file says so.
    pub fn dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|found| !found.development && found.requirement.name == name)
    }

    /// Required by an extra that anybody may install: not by a group, which is for development.
    pub fn optional(&self, name: &str) -> Option<&Dependency> {
        let is_extra = |found: &&Dependency| matches!(found.group, Some(Group::Extra(_)));
        self.dependencies.iter().filter(is_extra).find(|found| found.requirement.name == name)
    }

    /// Required in production or development.
    pub fn any_dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|found| found.requirement.name == name)
    }

    /// Required in production with this extra.
    pub fn has_extra(&self, name: &str, extra: &str) -> bool {
        let mut found = self.dependencies.iter().filter(|found| !found.development && found.requirement.name == name);
        found.any(|found| found.requirement.extras.iter().any(|known| known == extra))
    }

    pub fn has_development(&self) -> bool {
        self.dependencies.iter().any(|found| found.development)
    }

    /// Follows names into pyproject.toml.
    pub fn at(&self, names: &[&str]) -> Option<&Json> {
        self.pyproject.as_ref().and_then(|(_, json)| json.at(names))
    }

    /// The file that shows that this is a Python project.
    pub fn file(&self, component: &RelPath) -> RelPath {
        let listed = self.production.as_ref().and_then(|files| files.paths.first());
        let listed = listed.and_then(|path| component.join(path.as_str()).ok());
        let named = self.pyproject.as_ref().or(self.pipfile.as_ref()).map(|(file, _)| file.clone());
        named.or(listed).unwrap_or_else(RelPath::root)
    }

    /// The text of `project.<name>`, or `tool.poetry.<name>`, with its line.
    pub fn text(&self, name: &str) -> Option<(&str, u32)> {
        let of = |names: &[&str]| self.at(names).and_then(|json| Some((json.text()?, json.line)));
        of(&["project", name]).or_else(|| of(&["tool", "poetry", name]))
    }
}

/// PEP 621 and PEP 735, uv and PDM.
fn of_project(file: &RelPath, json: &Json, found: &mut Vec<Dependency>) {
    let mut list = |items: &Json, group: Option<Group>, because: &str| {
        for item in items.items() {
            let text = item.text().unwrap_or_default();
            let Some(requirement) = Requirement::parse(text) else { continue };
            let evidence = Evidence::at(file, item.line, text, because);
            let (development, group) = (group.is_some(), group.clone());
            found.push(Dependency { requirement, development, group, by: By::Project, evidence });
        }
    };
    if let Some(items) = json.at(&["project", "dependencies"]) {
        list(items, None, "project.dependencies");
    }
    for extra in members(json, &["project", "optional-dependencies"]) {
        list(&extra.value, Some(Group::Extra(extra.name.clone())), "optional dependency");
    }
    for group in members(json, &["dependency-groups"]) {
        list(&group.value, Some(Group::Group(group.name.clone())), "dependency group");
    }
    if let Some(items) = json.at(&["tool", "uv", "dev-dependencies"]) {
        list(items, Some(Group::Group("dev".to_owned())), "tool.uv.dev-dependencies");
    }
    for group in members(json, &["tool", "pdm", "dev-dependencies"]) {
        list(&group.value, Some(Group::Group(group.name.clone())), "tool.pdm.dev-dependencies");
    }
}

fn of_poetry(file: &RelPath, json: &Json, found: &mut Vec<Dependency>) {
    let extras = members(json, &["tool", "poetry", "extras"]);
    let extra_of = |name: &str| {
        let holds = |extra: &&Member| extra.value.items().iter().any(|one| one.text() == Some(name));
        extras.iter().find(holds).map(|extra| Group::Extra(extra.name.clone()))
    };
    let mut table = |names: &[&str], group: Option<Group>| {
        let because = names.join(".");
        for member in members(json, names).iter().filter(|member| member.name != "python") {
            let is_optional = member.value.get("optional").is_some_and(Json::is_true);
            let group = if is_optional { extra_of(&member.name).or(group.clone()) } else { group.clone() };
            found.push(Dependency {
                requirement: of_member(member),
                development: is_optional || group.is_some(),
                group,
                by: By::Project,
                evidence: Evidence::at(file, member.line, member.name.clone(), because.clone()),
            });
        }
    };
    table(&["tool", "poetry", "dependencies"], None);
    table(&["tool", "poetry", "dev-dependencies"], Some(Group::Group("dev".to_owned())));
    for group in members(json, &["tool", "poetry", "group"]) {
        let own = Some(Group::Group(group.name.clone()));
        table(&["tool", "poetry", "group", &group.name, "dependencies"], own);
    }
}

fn members<'a>(json: &'a Json, names: &[&str]) -> &'a [Member] {
    json.at(names).map(Json::members).unwrap_or_default()
}

/// `fastapi = {version = "^0.115", extras = ["standard"]}`
fn of_member(member: &Member) -> Requirement {
    let extras = member.value.get("extras").map(Json::items).unwrap_or_default();
    let from = ["path", "git", "url", "file"].iter().find_map(|name| match &member.value.get(name)?.kind {
        JsonKind::Text(text) if ["path", "file"].contains(name) && !text.contains("://") => {
            Some(format!("file:{text}"))
        }
        JsonKind::Text(text) if *name == "git" => Some(format!("git+{text}")),
        JsonKind::Text(text) => Some(text.clone()),
        _ => None,
    });
    Requirement {
        name: normalized(&member.name),
        extras: extras.iter().filter_map(|extra| extra.text()).map(normalized).collect(),
        from,
    }
}
