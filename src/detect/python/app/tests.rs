use super::super::super::testing::{Case, project};
use super::*;

/// `module:variable root` and the place, or the candidates of a question.
fn asked(case: &Case) -> String {
    case.ask(|context| {
        let root = RelPath::root();
        let sources = Sources::read(context, &root);
        match app(context, &root, &sources).unwrap() {
            Found::Known { value, .. } if value.root.is_root() => value.to_string(),
            Found::Known { value, .. } => format!("{value} in {}", value.root),
            Found::Unclear { candidates } => {
                let shown: Vec<String> = candidates.iter().map(|(app, _)| app.to_string()).collect();
                format!("? {}", shown.join(" "))
            }
            Found::Absent => "none".to_owned(),
        }
    })
}

fn of(files: &[(&str, &str)]) -> String {
    asked(&project(files))
}

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

#[test]
fn files_are_looked_for_where_fastapi_run_looks() {
    // fastapi-cli 0.0.34, discover.py: get_default_path
    let all: Vec<(&str, &str)> = DEFAULT_PATHS.iter().map(|path| (*path, APP)).collect();
    for (at, found) in
        ["main:app", "app:app", "api:app", "main:app in app", "app:app in app", "api:app in app"].iter().enumerate()
    {
        assert_eq!(of(&all[at..]), *found);
    }
}

#[test]
fn a_package_is_walked_up_to_where_it_begins() {
    // get_module_data_from_path
    assert_eq!(of(&[("app/__init__.py", ""), ("app/main.py", APP)]), "app.main:app");
    assert_eq!(of(&[("src/shop/__init__.py", ""), ("src/shop/main.py", APP)]), "shop.main:app in src");
    assert_eq!(of(&[("src/__init__.py", ""), ("src/main.py", APP)]), "src.main:app");
    assert_eq!(of(&[("shop/__init__.py", APP)]), "shop:app");
}
