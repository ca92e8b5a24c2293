//! What the image needs of the places that the app writes to: folders that are its user's, and
//! links where a file lies among the code.

use minijinja::value::Value;

use super::{Reading, map, safe};
use crate::facts::{DATA, Stack, Written};

/// Where links are put together: a folder is copied with the links in it, a link alone is followed.
const LINKS: &str = "/links";

impl Reading<'_> {
    /// Lines of the stage that builds, of production and of development.
    pub(super) fn written(&self) -> Value {
        let written = &self.component.written;
        let folders = written.iter().filter(|one| one.lasts() && !one.is_file);
        let mut folders: Vec<String> =
            folders.map(|one| one.mounted("").trim_start_matches(|c| c == '/' && !one.from_root).to_owned()).collect();
        if written.iter().any(|one| one.lasts() && one.is_file) {
            folders.push(DATA.to_owned());
        }
        folders.sort();
        folders.dedup();
        let links: Vec<&Written> = written.iter().filter(|one| one.is_file).collect();
        let mut commands = Vec::new();
        if !folders.is_empty() {
            let all = folders.join(" ");
            commands.push(format!("mkdir -p {all} && chown {} {all}", self.user));
        }
        let (mut in_build, mut in_development) = (commands.clone(), commands);
        let mut around: Vec<String> = links.iter().map(|link| format!("{LINKS}{}", below(link))).collect();
        around.sort();
        around.dedup();
        if !around.is_empty() {
            in_build.push(format!("mkdir -p {}", around.join(" ")));
        }
        for link in &links {
            let target = format!("{}/{}", link.mounted(""), link.path.file_name());
            in_build.push(format!("ln -s {target} {LINKS}{}/", below(link)));
            in_development.push(format!("ln -sf {target} {}", link.path));
        }
        let run = |commands: Vec<String>| {
            let because = safe("# What it writes while it runs lies in volumes; the rest of the root is read-only");
            let line = safe(format!("RUN {}", commands.join(" \\\n    && ")));
            let lines = if commands.is_empty() { Vec::new() } else { vec![because, line] };
            Value::from(lines)
        };
        let from = self.component.within(if matches!(self.component.stack, Stack::Go(_)) { "/src" } else { "/app" });
        let mut copies: Vec<String> = folders
            .iter()
            .map(|folder| {
                let (whole, there) = match folder.starts_with('/') {
                    true => (folder.clone(), folder.clone()),
                    false => (format!("{from}/{folder}"), format!("./{folder}")),
                };
                format!("COPY --from=build --chown={} {whole} {there}", self.user)
            })
            .collect();
        if !links.is_empty() {
            copies.push(format!("COPY --from=build {LINKS}/ ./"));
        }
        map([
            ("in_build", run(in_build)),
            ("in_production", Value::from(copies.into_iter().map(safe).collect::<Vec<_>>())),
            ("in_development", run(in_development)),
        ])
    }
}

/// `/prisma` of a file in that folder, nothing of one directly in the app's.
fn below(link: &Written) -> String {
    link.path.parent().filter(|folder| !folder.is_root()).map(|folder| format!("/{folder}")).unwrap_or_default()
}
