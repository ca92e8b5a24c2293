//! Dependencies with native code: those that break on musl, those that install compiles, those that
//! nothing builds any more.

use super::super::Context;
use super::manifest::Manifest;
use crate::facts::{Evidence, Line};
use crate::project::Mistake;
use crate::project::json::Member;

/// The first that production has and that breaks on musl; the list is `needs-glibc` of the
/// runtime's preset.
pub fn needs_glibc(context: &Context<'_>, manifest: &Manifest) -> Option<Evidence> {
    let preset = context.presets.runtimes.get("node")?;
    let member = preset.needs_glibc.iter().find_map(|name| manifest.dependency(name))?;
    Some(Evidence { because: "has no build for Alpine's musl".to_owned(), ..manifest.evidence(member) })
}

/// Those that install compiles, by `compiles` of the runtime's preset.
///
/// # Errors
/// One that no supported Node builds.
pub fn compiles(context: &Context<'_>, manifest: &Manifest) -> Result<Vec<(Line, Evidence)>, Mistake> {
    let Some(preset) = context.presets.runtimes.get("node") else { return Ok(Vec::new()) };
    for (name, instead) in &preset.gone {
        if let Some(member) = manifest.any_dependency(name) {
            return Err(Mistake::new(format!("`{name}` cannot be built with any Node that is still supported"))
                .at(manifest.file.clone(), Some(member.line))
                .hint(format!("`{instead}` took its place")));
        }
    }
    let compiled = preset.compiles.iter().filter_map(|library| {
        let member = manifest.any_dependency(&library.name)?;
        let brings = library.below.is_some_and(|below| major(member).is_some_and(|major| major >= below));
        let evidence = Evidence { because: "is compiled while installing".to_owned(), ..manifest.evidence(member) };
        (!brings).then(|| (Line::from_text(&library.name), evidence))
    });
    Ok(compiled.collect())
}

/// The lowest major version of a range: 5 of `^5.1.0` or `>=5 <7`.
fn major(member: &Member) -> Option<u32> {
    let text = member.value.text()?;
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use crate::facts::Stack;

    #[test]
    fn a_dependency_without_a_build_for_musl_needs_glibc() {
        for (list, needed) in [("dependencies", true), ("devDependencies", false)] {
            let manifest = format!("{{\"{list}\": {{\n\"canvas\": \"^3.0.0\"}}}}");
            let files = [("package.json", manifest.as_str()), ("server.js", ""), ("package-lock.json", "{}")];
            let detection = project(&files).detect().unwrap();
            let Stack::Node(node) = &detection.components[0].stack else { panic!() };
            assert_eq!(node.needs_glibc.as_ref().map(|why| why.place()), needed.then(|| "package.json:2".to_owned()));
        }
    }

    #[test]
    fn what_install_compiles_is_known_by_name_and_version() {
        for (dependency, expected) in [
            ("\"better-sqlite3\": \"^13.0.0\"", 1),
            ("\"bcrypt\": \"5.1.1\"", 1),
            ("\"bcrypt\": \"^6.0.0\"", 0),
            ("\"sharp\": \"0.34.0\"", 0),
        ] {
            let manifest = format!("{{\"dependencies\": {{{dependency}}}}}");
            let files = [("package.json", manifest.as_str()), ("server.js", ""), ("package-lock.json", "{}")];
            let detection = project(&files).detect().unwrap();
            let Stack::Node(node) = &detection.components[0].stack else { panic!() };
            assert_eq!(node.compiles.len(), expected, "{dependency}");
        }
        let files = [("package.json", "{\"devDependencies\": {\n\"node-sass\": \"9\"}}"), ("server.js", "")];
        let mistake = project(&files).detect().unwrap_err();
        assert_eq!((mistake.line, mistake.hint.as_deref()), (Some(2), Some("`sass` took its place")));
    }
}
