//! One file per check. A check looks at one thing and hands back a row, or none where there is
//! nothing to look at.

mod again;
mod answers;
mod builds;
mod code;
mod compose;
mod image;
mod jobs;
mod reaches;
mod starter;
mod starts;
mod stops;
mod user;
mod writes;

use super::report::{Row, Trouble};
use super::run::Run;

/// What a check hands back.
pub type Checked = Result<Option<Row>, Trouble>;

/// A check by its id, which is its file's name.
pub struct Check {
    pub id: &'static str,
    pub scope: Scope,
}

/// What a check looks at.
pub enum Scope {
    /// A component, by its place in [`Run::parts`].
    Each(fn(&mut Run<'_, '_>, usize) -> Checked),
    /// The setup as a whole.
    Whole(fn(&mut Run<'_, '_>) -> Checked),
}

/// All checks in the order they are run: later ones use what earlier ones built and started.
pub const CHECKS: &[Check] = &[
    Check { id: builds::ID, scope: Scope::Each(builds::check) },
    Check { id: starts::ID, scope: Scope::Each(starts::check) },
    Check { id: answers::ID, scope: Scope::Each(answers::check) },
    Check { id: user::ID, scope: Scope::Each(user::check) },
    Check { id: writes::ID, scope: Scope::Each(writes::check) },
    Check { id: compose::ID, scope: Scope::Whole(compose::check) },
    Check { id: jobs::ID, scope: Scope::Whole(jobs::check) },
    Check { id: reaches::ID, scope: Scope::Each(reaches::check) },
    Check { id: starter::ID, scope: Scope::Each(starter::check) },
    Check { id: image::ID, scope: Scope::Each(image::check) },
    Check { id: code::ID, scope: Scope::Each(code::check) },
    Check { id: stops::ID, scope: Scope::Each(stops::check) },
    Check { id: again::ID, scope: Scope::Whole(again::check) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_here_is_a_check_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/checks");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> = files
            .map(|file| file.file_name().to_string_lossy().trim_end_matches(".rs").to_owned())
            .filter(|name| name != "mod")
            .collect();
        let mut listed: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        names.sort();
        listed.sort_unstable();
        assert_eq!(names, listed);
    }
}
