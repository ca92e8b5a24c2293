//! Secrets that a `RUN` of the build is given: mounts, what makes variables of them, what is said
//! above.

use super::Reading;
use crate::facts::{BuildStep, Setting};

impl Reading<'_> {
    /// The settings that a step of the build is given as secrets.
    pub(super) fn mounted(&self, step: BuildStep) -> impl Iterator<Item = &Setting> {
        self.component.settings.iter().filter(move |setting| setting.is_mounted_at(step))
    }

    /// From the component's folder up to the project's, where `secrets/` lies.
    pub(super) fn up(&self) -> String {
        "../".repeat(self.component.path.parts().count())
    }

    /// The mount of a setting that a `RUN` is given as a secret.
    pub(super) fn mount(&self, setting: &Setting) -> String {
        format!("--mount=type=secret,id={}", self.component.secret_file(setting))
    }

    /// `NAME="..."` of such a setting; a file that is not there gives an empty one.
    pub(super) fn value_of_mounted(&self, setting: &Setting) -> String {
        let file = self.component.secret_file(setting);
        format!("{}=\"$(cat /run/secrets/{file} 2>/dev/null)\"", setting.name)
    }

    /// What the `RUN` that installs begins with where a registry asks for secrets: mounts, and what
    /// makes variables of them. `always`: what reads a name does not do without it, so that one
    /// without a value is empty, not unset.
    pub(super) fn install_secrets(&self, always: bool) -> (Vec<String>, Vec<String>) {
        let export = |setting: &Setting| {
            let (name, file) = (&setting.name, self.component.secret_file(setting));
            if always {
                return format!("{}; export {name};", self.value_of_mounted(setting));
            }
            let value = format!("{name}=\"$(cat /run/secrets/{file})\"");
            format!("if [ -s /run/secrets/{file} ]; then {value}; export {name}; fi;")
        };
        let secrets = || self.mounted(BuildStep::Install);
        (secrets().map(|setting| self.mount(setting)).collect(), secrets().map(export).collect())
    }

    /// What stands above the `RUN` that installs: who gives it which secret; `usual` where nothing
    /// of the project says that it needs one.
    pub(super) fn about_install_secrets(&self, usual: &str) -> Vec<String> {
        let up = self.up();
        let notes = self.mounted(BuildStep::Install).map(|setting| {
            let file = self.component.secret_file(setting);
            let place = setting.evidence.iter().find_map(|evidence| evidence.file.as_ref());
            let asks = place.map(|place| format!(" {} asks for it,", place.file_name())).unwrap_or_default();
            format!("{file}:{asks} given with `--secret id={file},src={up}secrets/{file}`; in no layer")
        });
        let notes: Vec<String> = notes.collect();
        if notes.is_empty() { vec![usual.to_owned()] } else { notes }
    }
}
