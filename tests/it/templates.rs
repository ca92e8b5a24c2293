//! What a template must be, whatever its origin, and what it cannot do.

use std::collections::BTreeMap;

use dockwright::catalog::Template;
use dockwright::render::Renderer;

const MANIFEST: &str = r#"
id = "x"
summary = "a test"
dockwright = ">=0.1"
when = "node"

[[file]]
from = "Dockerfile.j2"
to = "Dockerfile"
"#;

fn files(manifest: &str, others: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([("template.toml".to_owned(), manifest.as_bytes().to_vec())]);
    files.extend(others.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    files
}

fn refused(manifest: &str, others: &[(&str, &str)]) -> String {
    Template::from_files("x", &files(manifest, others)).unwrap_err().to_string()
}

#[test]
fn a_whole_template_is_taken() {
    Template::from_files("x", &files(MANIFEST, &[("files/Dockerfile.j2", "FROM scratch\n"), ("README.md", "")]))
        .unwrap();
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let wrong = refused(&format!("{MANIFEST}\nhook = \"rm -rf /\"\n"), &[("files/Dockerfile.j2", "")]);
    assert!(wrong.contains("unknown field `hook`") && wrong.contains("line 11"), "{wrong}");
}

#[test]
fn a_file_that_is_missing_or_unused_or_elsewhere_is_named() {
    assert!(refused(MANIFEST, &[]).contains("Dockerfile.j2"));
    let unused = refused(MANIFEST, &[("files/Dockerfile.j2", ""), ("files/other.j2", "")]);
    assert!(unused.contains("files/other.j2"), "{unused}");
    let elsewhere = refused(MANIFEST, &[("files/Dockerfile.j2", ""), ("hooks/post.sh", "")]);
    assert!(elsewhere.contains("hooks/post.sh"), "{elsewhere}");
}

#[test]
fn a_template_writes_container_files_and_nothing_else() {
    for to in [
        "../Dockerfile",
        "/etc/passwd",
        "C:/x",
        ".github/workflows/x.yml",
        "package.json",
        ".git/hooks/pre-commit",
        "src/Dockerfile",
        "docker/../x",
        "./Dockerfile",
        "docker\\\\x",
        ".dockerignore/x",
        "compose.yaml",
        "Dockerfile/../../x",
    ] {
        let manifest = MANIFEST.replace("to = \"Dockerfile\"", &format!("to = \"{to}\""));
        let wrong = refused(&manifest, &[("files/Dockerfile.j2", "")]);
        assert!(wrong.contains("is not"), "{to}: {wrong}");
    }
    for to in [
        "Dockerfile",
        "Dockerfile.worker",
        ".dockerignore",
        "Dockerfile.dockerignore",
        "docker-bake.hcl",
        "docker/x.go",
    ] {
        let manifest = MANIFEST.replace("to = \"Dockerfile\"", &format!("to = \"{to}\""));
        Template::from_files("x", &files(&manifest, &[("files/Dockerfile.j2", "")])).unwrap();
    }
}

#[test]
fn two_outputs_with_one_name_are_refused_unless_a_condition_parts_them() {
    let second = "\n[[file]]\nfrom = \"Dockerfile.j2\"\nto = \"dockerfile\"\n";
    let wrong = refused(
        &format!("{MANIFEST}{second}").replace("to = \"dockerfile\"", "to = \"Dockerfile\""),
        &[("files/Dockerfile.j2", "")],
    );
    assert!(wrong.contains("twice"), "{wrong}");
}

#[test]
fn a_template_that_does_not_end_or_grows_without_limit_is_stopped() {
    for text in [
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{% include \"Dockerfile.j2\" %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in range(9000) %}0123456789012345678901234567890123456789{% endfor %}",
    ] {
        let files = BTreeMap::from([("Dockerfile.j2".to_owned(), text.to_owned())]);
        let renderer = Renderer::new(&files).unwrap();
        assert!(renderer.inline("{% include \"Dockerfile.j2\" %}", &facts()).is_err(), "{text}");
    }
}

#[test]
fn a_bare_text_is_refused_whoever_wrote_the_template() {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    let wrong = renderer.inline("{{ start[0] }}", &facts()).unwrap_err();
    assert!(wrong.contains("needs a filter"), "{wrong}");
    assert_eq!(renderer.inline("{{ start | argv }}", &facts()).unwrap(), "[\"node\", \"server.js\"]");
}

#[test]
fn a_text_for_hcl_begins_no_expression_and_ends_no_string() {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    let said = |text: &str| renderer.inline(&format!("{{{{ {text} | hcl }}}}"), &facts()).unwrap();
    assert_eq!(said("'a'"), "\"a\"");
    assert_eq!(said("['a', '${b} %{c} \"d\" $${']"), r#"["a", "$${b} %%{c} \"d\" $$${"]"#);
    assert_eq!(said(r"'a\\'"), r#""a\\""#);
    assert!(renderer.inline("{{ 'a\n' | hcl }}", &facts()).is_err());
}

#[test]
fn a_mistake_in_a_template_names_file_and_line() {
    let files = BTreeMap::from([("Dockerfile.j2".to_owned(), "FROM x\n{% if %}\n".to_owned())]);
    assert!(Renderer::new(&files).err().unwrap().starts_with("Dockerfile.j2:2:"));
}

fn facts() -> dockwright::render::Facts {
    let choices =
        super::combinations::all().into_iter().find(|choices| choices.stack == "npm" && choices.port).unwrap();
    let presets = dockwright::presets::Presets::built_in();
    let project = dockwright::project::Project::open(tempfile::tempdir().unwrap().path()).unwrap();
    let component = super::combinations::component(choices);
    dockwright::render::Facts::of(&component, &presets.policies["standard"], presets, &project).unwrap()
}
