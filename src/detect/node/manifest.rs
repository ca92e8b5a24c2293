//! package.json, read once, with the lines of what it says.

use super::super::Context;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::json::{self, Json, JsonKind, Member};
use crate::project::{Mistake, Source};

/// A component's package.json.
pub struct Manifest {
    /// Relative to the project.
    pub file: RelPath,
    json: Json,
}

/// A script of package.json.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    pub name: &'a str,
    pub text: &'a str,
    pub line: u32,
}

/// A range of versions that package.json asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub file: &'a RelPath,
    /// `engines.node`
    pub key: &'static str,
    pub range: &'a str,
    pub line: u32,
}

impl Wanted<'_> {
    pub fn evidence(&self) -> Evidence {
        Evidence::at(self.file, self.line, self.range, self.key)
    }
}

/// Lists that must be objects where they are there at all.
const OBJECTS: &[&str] = &["scripts", "dependencies", "devDependencies", "optionalDependencies", "engines"];

impl Manifest {
    /// Reads the folder's package.json; `None` if there is none.
    ///
    /// # Errors
    /// It is not JSON, or not what npm takes for a package.json.
    pub fn read(context: &Context<'_>, path: &RelPath) -> Result<Option<Self>, Mistake> {
        let Ok(file) = path.join("package.json") else { return Ok(None) };
        let Some(source) = context.project.require(&file)? else { return Ok(None) };
        Self::parse(&source).map(Some)
    }

    fn parse(source: &Source) -> Result<Self, Mistake> {
        let file = source.path().clone();
        let json = json::parse(source)?;
        let wrong = |what: String, line: u32| {
            let mut mistake = Mistake::new(what).at(file.clone(), Some(line));
            mistake.excerpt = vec![(line, source.line(line).chars().take(120).collect())];
            mistake
        };
        if !matches!(json.kind, JsonKind::Object(_)) {
            return Err(wrong(format!("{file} is no object"), json.line));
        }
        for name in OBJECTS {
            if let Some(member) = json.member(name)
                && !matches!(member.value.kind, JsonKind::Object(_) | JsonKind::Null)
            {
                return Err(wrong(format!("`{name}` is no object"), member.line)
                    .detail(format!("expected `\"{name}\": {{ .. }}`")));
            }
        }
        Ok(Manifest { file, json })
    }

    /// A text at the top: `name`, `main`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.json.get(name)?.text()
    }

    pub fn line(&self, name: &str) -> Option<u32> {
        self.json.member(name).map(|member| member.line)
    }

    pub fn script(&self, name: &str) -> Option<Script<'_>> {
        let member = self.json.get("scripts")?.member(name)?;
        let text = member.value.text().filter(|text| !text.trim().is_empty())?;
        Some(Script { name: &member.name, text, line: member.line })
    }

    /// The patterns of `workspaces`, yarn's longer form too, with its line.
    pub fn workspaces(&self) -> (Vec<String>, u32) {
        let Some(member) = self.json.member("workspaces") else { return (Vec::new(), 1) };
        let list = member.value.get("packages").unwrap_or(&member.value);
        (list.items().iter().filter_map(Json::text).map(str::to_owned).collect(), member.line)
    }

    /// Files that package.json says others run or import: `main`, `exports`, `bin`.
    pub fn published(&self) -> Vec<&str> {
        let keys = ["main", "module", "exports", "bin"];
        let mut found = Vec::new();
        for value in keys.iter().filter_map(|key| self.json.get(key)) {
            texts(value, &mut found);
        }
        found
    }

    /// The list `files`: what is published besides package.json.
    pub fn files(&self) -> Vec<&str> {
        self.json.get("files").map(Json::items).unwrap_or_default().iter().filter_map(Json::text).collect()
    }

    /// The ranges of Node that the package asks for: for development, and to run.
    pub fn node_ranges(&self) -> Vec<Wanted<'_>> {
        let development = self.development_engine("runtime").filter(|(name, _)| *name == "node");
        let engines = self.json.get("engines").and_then(|engines| engines.member("node"));
        let development = development.and_then(|(_, version)| version).map(|version| ("devEngines.runtime", version));
        let engines = engines.map(|engines| ("engines.node", engines));
        let found = [engines, development].into_iter().flatten();
        let wanted = found.filter_map(|(key, member)| {
            Some(Wanted { file: &self.file, key, range: member.value.text()?, line: member.line })
        });
        wanted.collect()
    }

    /// The name in `devEngines.runtime` or `devEngines.packageManager` and its version; of several
    /// the first.
    pub fn development_engine(&self, kind: &str) -> Option<(&str, Option<&Member>)> {
        let engine = self.json.get("devEngines")?.get(kind)?;
        let engine = engine.items().first().unwrap_or(engine);
        Some((engine.get("name")?.text()?, engine.member("version")))
    }

    /// The first package manager that `engines` names: `pnpm`, with its range.
    pub fn engine_of(&self, names: &[&str]) -> Option<&Member> {
        let engines = self.json.get("engines")?;
        names.iter().find_map(|name| engines.member(name))
    }

    /// The version in `volta.node` with its line.
    pub fn volta(&self) -> Option<(&str, u32)> {
        let member = self.json.get("volta")?.member("node")?;
        Some((member.value.text()?, member.line))
    }

    /// A dependency that production has.
    pub fn dependency(&self, name: &str) -> Option<&Member> {
        ["dependencies", "optionalDependencies"].iter().find_map(|list| self.json.get(list)?.member(name))
    }

    /// A dependency that production or development has.
    pub fn any_dependency(&self, name: &str) -> Option<&Member> {
        self.dependency(name).or_else(|| self.json.get("devDependencies")?.member(name))
    }

    /// All dependencies, those of production first.
    pub fn dependencies(&self) -> impl Iterator<Item = &Member> {
        ["dependencies", "optionalDependencies", "devDependencies"]
            .iter()
            .filter_map(|list| self.json.get(list))
            .flat_map(Json::members)
    }

    /// Where a dependency stands.
    pub fn evidence(&self, dependency: &Member) -> Evidence {
        let text = format!("{} {}", dependency.name, dependency.value.text().unwrap_or_default());
        Evidence::at(&self.file, dependency.line, text.trim_end(), "dependency")
    }

    /// Where a script stands.
    pub fn script_evidence(&self, script: Script<'_>) -> Evidence {
        Evidence::at(&self.file, script.line, script.text, format!("scripts.{}", script.name))
    }
}

/// All texts of a value but those for the compiler.
fn texts<'j>(json: &'j Json, found: &mut Vec<&'j str>) {
    found.extend(json.text());
    json.items().iter().for_each(|item| texts(item, found));
    json.members().iter().filter(|member| member.name != "types").for_each(|member| texts(&member.value, found));
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    #[test]
    fn a_malformed_manifest_is_a_mistake_with_its_place() {
        let text = "{\n  \"scripts\": {\n    \"build\": \"tsc\"\n    \"start\": \"node x\"\n  }\n}\n";
        let mistake = project(&[("package.json", text)]).detect().unwrap_err();
        assert_eq!((mistake.line, mistake.file.unwrap().as_str()), (Some(4), "package.json"));
        for (text, line) in [("[]", 1), ("{\n\"scripts\": []}", 2), ("{\n\n\"dependencies\": \"x\"}", 3)] {
            assert_eq!(project(&[("package.json", text)]).detect().unwrap_err().line, Some(line), "{text}");
        }
    }
}
