//! `NEXT_PUBLIC_*`: fixed in the pages when the image is built, seen by everybody.

use super::super::Context;
use super::super::examples::{declared_in, is_credential, is_placeholder};
use crate::decisions::Key;
use crate::facts::{Fill, Setting, SettingKind};
use crate::paths::RelPath;

const PREFIX: &str = "NEXT_PUBLIC_";
/// What the build would read, the strongest first; they never get into the build's context.
const FILES: &[&str] = &[".env.production", ".env"];

/// Makes public names build arguments; committed files of values give them their defaults, and
/// plain names too.
pub fn at_build(context: &Context<'_>, path: &RelPath, settings: &mut [Setting]) {
    // one that git ignores is this machine's own
    let taken = |name: &&str| path.join(name).is_ok_and(|file| context.project.ignored(&file).is_none());
    let files: Vec<&str> = FILES.iter().copied().filter(taken).collect();
    let committed = declared_in(context, path, &files);
    for setting in settings.iter_mut().filter(|setting| setting.kind == SettingKind::Plain) {
        let is_public = setting.name.as_str().starts_with(PREFIX);
        if is_public {
            setting.kind = SettingKind::PublicAtBuild;
        }
        let decided = context.decisions.get(&Key::setting(path, &setting.name)).is_some();
        let known = committed.iter().find(|known| known.name == setting.name && !decided);
        let usable = known.filter(|known| {
            !known.value.is_empty()
                && !known.value.chars().any(char::is_control)
                && !is_placeholder(&known.value)
                // what is committed under a public name is public, but for a password in an address
                && (!is_credential(&known.value) || (is_public && !known.value.contains('@')))
        });
        if let Some(known) = usable.filter(|_| is_public || setting.fill == Fill::Passed) {
            setting.fill = Fill::Value(known.value.clone());
            setting.evidence.push(known.evidence());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    const APP: &[(&str, &str)] = &[
        ("package.json", "{\"dependencies\": {\"next\": \"16.0.0\"}}"),
        ("package-lock.json", "{}"),
        ("app/page.tsx", "process.env.NEXT_PUBLIC_A; process.env.B; process.env.NEXT_PUBLIC_C; process.env.API_KEY"),
    ];

    fn settings(more: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<(&str, &str)> = APP.iter().chain(more).copied().collect();
        let component = project(&all).detect().unwrap().components.remove(0);
        component
            .settings
            .iter()
            .map(|setting| format!("{} {:?} {:?}", setting.name, setting.kind, setting.fill))
            .collect()
    }

    #[test]
    fn public_names_belong_to_the_build() {
        let found = settings(&[(".env.example", "NEXT_PUBLIC_A=one\nNEXT_PUBLIC_D=\n")]);
        let expected = [
            "API_KEY Secret Empty",
            "B Plain Passed",
            "NEXT_PUBLIC_A PublicAtBuild Value(\"one\")",
            "NEXT_PUBLIC_C PublicAtBuild Passed",
            "NEXT_PUBLIC_D PublicAtBuild Passed",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn committed_values_are_the_defaults_and_those_of_this_machine_are_not() {
        let env =
            "NEXT_PUBLIC_A=two\nB=three\nAPI_KEY=four\nNEXT_PUBLIC_C=pk_test_cmVsYXhlZC10dXJrZXktNjcuY2xlcmsuYWNjb3\n";
        let found = settings(&[(".env.production", env), (".env.example", "NEXT_PUBLIC_A=one\n")]);
        assert_eq!(found[1..3], ["B Plain Value(\"three\")", "NEXT_PUBLIC_A PublicAtBuild Value(\"two\")"]);
        assert!(!found.concat().contains("four") && found[3].contains("pk_test"));
        for ignored in [".env*", ".env", "/.env", "**/.env*", ".env*\n!.env.example"] {
            let found = settings(&[(".env", env), (".gitignore", ignored)]);
            assert_eq!(found[1..3], ["B Plain Passed", "NEXT_PUBLIC_A PublicAtBuild Passed"], "{ignored}");
        }
        assert!(settings(&[(".env", env), (".gitignore", ".env*.local")])[1].contains("three"));
    }
}
