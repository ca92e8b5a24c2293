//! requirements.txt and what it includes: `-r`, `-c`, hashes, and what no image can install.

use super::requirement::Requirement;
use crate::facts::Evidence;
use crate::paths::RelPath;
use crate::project::{Mistake, Project};

/// What one file of requirements and those it includes say.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// All files, the first one first, relative to the component.
    pub paths: Vec<RelPath>,
    pub requirements: Vec<(Requirement, Evidence)>,
    /// Some requirement has a hash.
    pub hashed: bool,
    /// Some requirement names no exact version.
    pub loose: Option<Evidence>,
    /// The project itself, editable or not: `-e .`.
    pub installs_itself: Option<Evidence>,
    /// Requirements without a name: folders and repositories.
    pub origins: Vec<(String, Evidence)>,
}

impl Files {
    /// Reads a file below the component's folder.
    ///
    /// # Errors
    /// A file that includes one which is not there or lies outside of the component.
    pub fn read(project: &Project, component: &RelPath, first: &RelPath) -> Result<Self, Mistake> {
        let mut files = Files::default();
        files.add(project, component, first, false)?;
        Ok(files)
    }

    fn add(&mut self, project: &Project, component: &RelPath, path: &RelPath, limits: bool) -> Result<(), Mistake> {
        if self.paths.contains(path) {
            return Ok(());
        }
        let full = component.join(path.as_str()).map_err(|error| Mistake::new(error.to_string()))?;
        let Some(source) = project.require(&full)? else { return Ok(()) };
        self.paths.push(path.clone());
        for (number, line) in source.lines() {
            let line = line.trim();
            if line.contains("--hash") {
                self.hashed = true;
            }
            if let Some((option, name)) = included(line) {
                let folder = path.parent().unwrap_or_else(RelPath::root);
                let at = |what: &str| {
                    let mut mistake = Mistake::new(format!("{full} includes `{name}`, {what}"));
                    mistake.excerpt = vec![(number, line.to_owned())];
                    mistake.at(full.clone(), Some(number))
                };
                let inner = folder.join(name).map_err(|_| {
                    at("which lies outside of the folder that the image is built from")
                        .hint("move it into the folder, or name it in full")
                })?;
                if !component.join(inner.as_str()).is_ok_and(|inner| project.has_file(&inner)) {
                    return Err(at("which is not there"));
                }
                self.add(project, component, &inner, limits || option == 'c')?;
                continue;
            }
            let editable = line.strip_prefix("-e ").or_else(|| line.strip_prefix("--editable "));
            let target = editable.unwrap_or(line).trim();
            let evidence = || Evidence::at(&full, number, line, "requirement");
            if limits {
                continue;
            }
            if target == "." || target.starts_with(".[") {
                self.installs_itself.get_or_insert_with(evidence);
            } else if target.starts_with(['.', '/']) || target.starts_with("file:") {
                self.origins.push((format!("file:{}", target.trim_start_matches("file:")), evidence()));
            } else if target.starts_with("git+") {
                self.origins.push((target.to_owned(), evidence()));
            } else if let Some(requirement) = Requirement::parse(line) {
                if requirement.from.is_none() && !line.contains("==") {
                    self.loose.get_or_insert_with(evidence);
                }
                self.requirements.push((requirement, evidence()));
            }
        }
        Ok(())
    }
}

/// The option letter and the file of `-r base.txt`, `--constraint=limits.txt`.
fn included(line: &str) -> Option<(char, &str)> {
    let options = [("--requirement", 'r'), ("--constraint", 'c'), ("-r", 'r'), ("-c", 'c')];
    options.iter().find_map(|(option, letter)| {
        let rest = line.strip_prefix(option)?;
        let name = rest.split(" #").next()?.trim_start_matches([' ', '=', '\t']).trim();
        let apart = rest.starts_with([' ', '=', '\t']) || option.len() == 2;
        (apart && !name.is_empty()).then_some((*letter, name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<Files, Mistake> {
        let case = project(files);
        Files::read(&case.open(), &RelPath::root(), &RelPath::new(files[0].0).unwrap())
    }

    #[test]
    fn includes_and_constraints_are_followed() {
        let files = read(&[
            ("requirements/prod.txt", "-r base.txt\n-c ../limits.txt\nuvicorn==1 \\\n    --hash=sha256:00\n"),
            ("requirements/base.txt", "# web\nfastapi[standard]>=0.115\n-r prod.txt\n"),
            ("limits.txt", "starlette<1\n"),
        ])
        .unwrap();
        let paths: Vec<&str> = files.paths.iter().map(RelPath::as_str).collect();
        assert_eq!(paths, ["requirements/prod.txt", "requirements/base.txt", "limits.txt"]);
        let names: Vec<&str> = files.requirements.iter().map(|(found, _)| found.name.as_str()).collect();
        assert_eq!(names, ["fastapi", "uvicorn"]);
        assert!(files.hashed);
        assert_eq!(files.loose.unwrap().place(), "requirements/base.txt:2");
    }

    #[test]
    fn an_include_that_is_not_there_is_a_mistake_with_its_line() {
        let mistake = read(&[("requirements.txt", "a==1\n-r gone.txt\n")]).unwrap_err();
        assert_eq!(mistake.line, Some(2));
        assert!(read(&[("requirements.txt", "-r ../up.txt\n")]).unwrap_err().what.contains("outside"));
    }

    #[test]
    fn the_project_itself_and_paths_are_seen() {
        let files = read(&[("requirements.txt", "-e .\n./libs/own\n")]).unwrap();
        assert!(
            files.installs_itself.is_some() && files.origins[0].0 == "file:./libs/own" && files.requirements.is_empty()
        );
    }
}
