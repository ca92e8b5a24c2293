//! A file of requirements with a misspelt name: nothing reads it.

use super::super::python::requirement::Requirement;
use super::Asked;
use crate::facts::Evidence;
use crate::paths::RelPath;

const NAME: &str = "requirements.txt";
/// More letters apart it is another name: `requirements.in` is pip-tools'.
const MOST: usize = 2;
/// Names that say something of their own although they are near.
const RIGHT: &[&str] = &["requirements.in"];
/// Whose presence says where the requirements are.
const MANIFESTS: &[&str] = &[NAME, "Pipfile", "environment.yml", "setup.py"];

/// `requirement.txt`, `requirments.txt`, `requirements.txt.txt` where no requirements.txt is.
pub fn misspelt(asked: &Asked<'_>) {
    let project = asked.context.project;
    for folder in asked.folders() {
        let pyproject = asked.file(&folder, "pyproject.toml").and_then(|file| project.read(&file));
        let elsewhere = pyproject.is_some_and(|source| source.text().contains("dependencies"));
        if elsewhere || MANIFESTS.iter().any(|name| asked.file(&folder, name).is_some()) {
            continue;
        }
        let directly = project.files_below(&folder).filter(|file| file.parent().as_ref() == Some(&folder));
        for file in directly.filter(|file| is_near(file.file_name())) {
            let Some(source) = project.read(file) else { continue };
            let Some((line, text)) = source.lines().find(|(_, text)| Requirement::parse(text.trim()).is_some()) else {
                continue;
            };
            let right = folder.join(NAME).unwrap_or_else(|_| RelPath::root());
            asked.context.warn(
                "misspelt-requirements",
                format!("{file} is a misspelt {NAME}, so that nothing is installed from it"),
                vec![Evidence::at(file, line, text.trim(), "a requirement")],
                format!("`git mv {file} {right}`"),
            );
        }
    }
}

fn is_near(name: &str) -> bool {
    let name = name.to_lowercase();
    let twice = name.strip_suffix(".txt").is_some_and(|stem| stem == NAME);
    !RIGHT.contains(&name.as_str()) && (twice || distance(&name) <= MOST)
}

/// How many letters have to be put in, taken out, changed or swapped to get the right name.
fn distance(name: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().take(40).collect(), NAME.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{named, project};

    #[test]
    fn a_misspelt_file_of_requirements_is_named() {
        for name in [
            "requirement.txt",
            "requirments.txt",
            "requeriments.txt",
            "requirements.text",
            "requirements.txt.txt",
            "Requirements.txt",
            "reqiurements.txt",
            "api/requirements.tx",
        ] {
            let (place, _, hint) = named(&project(&[(name, "# web\nfastapi\n")]), "misspelt-requirements").unwrap();
            assert_eq!(place, format!("{name}:2"));
            assert!(hint.starts_with(&format!("`git mv {name} ")) && hint.ends_with("requirements.txt`"), "{hint}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for files in [
            vec![("requirements.in", "fastapi\n")],
            vec![("requirements-dev.txt", "pytest\n")],
            vec![("requirement.txt", "what we\nneed to do\n")],
            vec![("requirement.txt", "fastapi\n"), ("requirements.txt", "fastapi\n")],
        ] {
            assert_eq!(named(&project(&files), "misspelt-requirements"), None, "{files:?}");
        }
    }
}
