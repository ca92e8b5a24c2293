//! Secrets that the build itself needs: credentials of private registries, tokens of tools that it
//! runs. What asks for them is the stack's to find; here they become settings.

use super::Context;
use crate::decisions::Key;
use crate::facts::{BuildStep, EnvName, Evidence, Fill, Reads, Setting, SettingKind};
use crate::paths::RelPath;
use crate::project::Source;

/// A name that a step of the build takes from its environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub name: EnvName,
    pub step: BuildStep,
    pub evidence: Evidence,
}

impl Asked {
    /// As a line of a file of settings asks; the line is shown with nothing but the name.
    pub fn of_line(source: &Source, line: u32, name: EnvName, because: &str) -> Self {
        let evidence = Evidence::at(source.path(), line, format!("${{{name}}}"), because);
        Asked { name, step: BuildStep::Install, evidence }
    }
}

/// Makes settings of what the build asks for. A secret that the app reads too stays one; what was
/// settled as something else stays that.
pub fn mount(context: &Context<'_>, path: &RelPath, asked: Vec<Asked>, settings: &mut Vec<Setting>) {
    for Asked { name, step, evidence } in asked {
        let decision = context.decisions.get(&Key::setting(path, &name)).map(|decision| decision.value.as_str());
        let known = settings.iter_mut().find(|setting| setting.name == name);
        match (decision, known) {
            (Some("secret-at-build"), Some(known)) => known.mounted = Some(step),
            (Some(_), _) => {}
            (None, Some(known)) => {
                let is_read = step == BuildStep::Install && known.evidence.iter().any(is_of_code);
                if !is_read || known.kind != SettingKind::Secret {
                    known.kind = SettingKind::SecretAtBuild;
                    known.fill = Fill::Empty;
                    known.reads = Reads::Environment;
                }
                known.mounted = Some(step);
                if step == BuildStep::Build {
                    known.at_build = None;
                }
                if !known.evidence.contains(&evidence) {
                    known.evidence.insert(0, evidence);
                }
            }
            (None, None) => settings.push(Setting {
                name,
                kind: SettingKind::SecretAtBuild,
                reads: Reads::Environment,
                fill: Fill::Empty,
                evidence: vec![evidence],
                required: false,
                at_build: None,
                local: None,
                note: None,
                mounted: Some(step),
            }),
        }
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Where nothing but the install is given secrets, what was settled as one of the build is its.
pub fn at_install(settings: &mut [Setting]) {
    for setting in settings.iter_mut().filter(|setting| setting.mounted.is_some()) {
        setting.mounted = Some(BuildStep::Install);
    }
}

/// Whether something else than a file of examples says it.
fn is_of_code(evidence: &Evidence) -> bool {
    evidence.file.as_ref().is_some_and(|file| !file.file_name().contains("env"))
}

/// The names in `${NAME}`, `${NAME:-other}`, `${NAME?}`; with `bare` also those of `$NAME`.
pub fn names(text: &str, bare: bool) -> Vec<EnvName> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let (inner, is_closed) = match rest.strip_prefix('{') {
            Some(inner) => (inner, inner.contains('}')),
            None => (rest, bare),
        };
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        if let (true, Ok(name)) = (is_closed, EnvName::new(&inner[..end]))
            && !found.contains(&name)
        {
            found.push(name);
        }
    }
    found
}

/// The text without `${NAME}` and its like.
pub fn without_names(text: &str) -> String {
    let (mut left, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        left += before;
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    left + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, bare: bool) -> Vec<String> {
        names(text, bare).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_stand_in_braces_or_alone() {
        assert_eq!(of("//r/:_authToken=${NPM_TOKEN}", false), ["NPM_TOKEN"]);
        assert_eq!(of("https://${USER_NAME:-x}:${PASS?}@r/", false), ["USER_NAME", "PASS"]);
        assert_eq!(of("$A ${B", false), [""; 0]);
        assert_eq!(of("token = \"$A_TOKEN\"", true), ["A_TOKEN"]);
        assert_eq!(without_names("a ${B:-c} d${E}"), "a  d");
    }
}
