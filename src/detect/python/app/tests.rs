//! Layouts of projects and the app that `fastapi run` would serve in each.

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

#[test]
fn names_are_preferred_as_fastapi_cli_prefers_them() {
    // get_app_name: `app`, `api`, then the order of `dir()`
    for (text, found) in [
        ("from fastapi import FastAPI\napi = FastAPI()\napp = FastAPI()", "main:app"),
        ("from fastapi import FastAPI\nserver = FastAPI()\napi = FastAPI()", "main:api"),
        ("from fastapi import FastAPI\nserver = FastAPI()\nother = FastAPI()", "main:other"),
        ("from fastapi import FastAPI\nb = FastAPI()\n_a = FastAPI()\nZ = FastAPI()", "main:Z"),
        ("from fastapi import FastAPI\napp: FastAPI = make()", "main:app"),
        ("import fastapi\napp = fastapi.FastAPI(title='x')", "main:app"),
        ("import fastapi as f\napp = f.FastAPI()", "main:app"),
        ("from fastapi import FastAPI as F\napp = F()", "main:app"),
        ("from fastapi import *\nfrom fastapi import FastAPI\napp = FastAPI()", "main:app"),
        ("from fastapi.applications import FastAPI\napp = FastAPI()", "main:app"),
        ("from fastapi import FastAPI\nclass Shop(FastAPI): ...\napp = Shop()", "main:app"),
        (
            "from fastapi import FastAPI\nif True:\n    app = FastAPI()\nelse:\n    app = FastAPI(debug=True)",
            "main:app",
        ),
        ("from fastapi import FastAPI\ntry:\n    app = FastAPI()\nfinally: ...", "main:app"),
        ("from fastapi import FastAPI\na = app = FastAPI()", "main:app"),
        ("from fastapi import FastAPI\ndef make():\n    x = FastAPI()\n    return x\nweb = make()", "main:web"),
        ("from fastapi import FastAPI\ndef make() -> FastAPI: ...\nweb = make()", "main:web"),
        (
            "from fastapi import FastAPI\nclass S:\n    def __init__(self):\n        self.app = FastAPI()\ns = S()\nweb = s.app",
            "main:web",
        ),
        (
            "from fastapi import FastAPI\nfrom x import CORSMiddleware\napp = FastAPI()\napp = CORSMiddleware(app, allow=1)",
            "main:app",
        ),
        (
            "from fastapi import FastAPI\nimport socketio\ncore = FastAPI()\napp = socketio.ASGIApp(sio, core)",
            "main:app",
        ),
    ] {
        assert_eq!(of(&[("main.py", text)]), found, "{text}");
    }
}

#[test]
fn what_only_looks_like_an_app_is_none() {
    for text in [
        "# app = FastAPI()\nx = 'app = FastAPI()'",
        "\"\"\"\nfrom fastapi import FastAPI\napp = FastAPI()\n\"\"\"",
        "from fastapi import FastAPI\ndef test():\n    app = FastAPI()",
        "from fastapi import FastAPI\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    app = FastAPI()",
        "from flask import Flask\napp = Flask(__name__)",
        "from mine import FastAPI\napp = FastAPI()",
        "from fastapi import APIRouter\napp = APIRouter()",
        "from fastapi import FastAPI\nif __name__ == '__main__':\n    app = FastAPI()",
        "from fastapi import FastAPI\nclass A:\n    app = FastAPI()",
        "from fastapi import FastAPI\ndef make(settings) -> FastAPI: ...",
    ] {
        assert_eq!(of(&[("main.py", text)]), "none", "{text}");
    }
}

#[test]
fn an_app_from_another_file_is_taken_where_it_is_handed_on() {
    let server = ("app/server.py", "from fastapi import FastAPI\nweb = FastAPI()");
    let package = ("app/__init__.py", "");
    for main in [
        "from .server import web as app",
        "from app.server import web as app",
        "from app import server\napp = server.web",
    ] {
        assert_eq!(of(&[package, server, ("app/main.py", main)]), "app.main:app", "{main}");
    }
    assert_eq!(of(&[package, server, ("main.py", "from app.server import *")]), "main:web");
    assert_eq!(of(&[package, server, ("main.py", "import app.server\nx = app.server.web")]), "main:x");
    // a file that nobody is told of hands on what another makes
    assert_eq!(of(&[package, server, ("app/cli.py", "from .server import web")]), "app.server:web");
}

#[test]
fn a_function_that_makes_the_app_is_a_factory() {
    for (text, found) in [
        ("from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()", "main:create_app()"),
        ("from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app", "main:create_app()"),
        (
            "from fastapi import FastAPI\ndef create_app(debug=False, *a, **b):\n    return FastAPI()",
            "main:create_app()",
        ),
        (
            "from fastapi import FastAPI\ndef get():\n    return FastAPI()\ndef create_app():\n    return get()",
            "? main:get() main:create_app()",
        ),
    ] {
        assert_eq!(of(&[("main.py", text)]), found, "{text}");
    }
    let factory = ("shop/app.py", "from fastapi import FastAPI\ndef create_app() -> FastAPI: ...");
    let asgi = ("asgi.py", "from shop.app import create_app\napp = create_app()");
    assert_eq!(of(&[("shop/__init__.py", ""), factory]), "shop.app:create_app()");
    assert_eq!(of(&[("shop/__init__.py", ""), factory, asgi]), "asgi:app");
}

#[test]
fn apps_that_are_mounted_are_not_the_app() {
    let text = "from fastapi import FastAPI\nmain = FastAPI()\nadmin = FastAPI()\nmain.mount('/admin', admin)";
    assert_eq!(of(&[("main.py", text)]), "main:main");
    let files = [
        ("admin/app.py", "from fastapi import FastAPI\napp = FastAPI()"),
        (
            "shop/web.py",
            "from fastapi import FastAPI\nfrom admin.app import app as admin\nweb = FastAPI()\nweb.mount('/admin', admin)",
        ),
    ];
    assert_eq!(of(&files), "shop.web:web");
    let routes = "from fastapi import FastAPI\nfrom starlette.routing import Mount\nadmin = FastAPI()\nweb = FastAPI(routes=[Mount('/a', app=admin)])";
    assert_eq!(of(&[("main.py", routes)]), "main:web");
}

#[test]
fn the_root_is_where_the_imports_of_the_app_are_found() {
    let db = ("app/db.py", "x = 1");
    let main = |import: &str| format!("from fastapi import FastAPI\n{import}\napp = FastAPI()\n");
    // without `__init__.py` fastapi-cli puts the file's own folder on the path
    assert_eq!(of(&[db, ("app/main.py", &main("from db import x"))]), "main:app in app");
    assert_eq!(of(&[db, ("app/main.py", &main("from app.db import x"))]), "app.main:app");
    assert_eq!(of(&[db, ("app/main.py", &main("from app import db"))]), "app.main:app");
    assert_eq!(of(&[db, ("app/main.py", &main("from .db import x"))]), "app.main:app");
    assert_eq!(of(&[db, ("app/__init__.py", ""), ("app/main.py", &main("from db import x"))]), "main:app in app");
    let deep = [("src/shop/__init__.py", ""), ("src/shop/db.py", "x = 1")];
    let of_src = |import: &str| of(&[deep[0], deep[1], ("src/shop/main.py", &main(import))]);
    assert_eq!(of_src("from shop.db import x"), "shop.main:app in src");
    assert_eq!(of_src("from src.shop.db import x"), "src.shop.main:app");
    assert_eq!(of_src("from .db import x"), "shop.main:app in src");
}

#[test]
fn several_equal_ones_are_a_question_that_commands_decide() {
    let (a, b) = (("a/web.py", APP), ("b/web.py", APP));
    assert_eq!(of(&[a, b]), "? web:app web:app");
    for (file, text) in [
        ("Makefile", "run:\n\tuvicorn b.web:app --reload\n"),
        ("Procfile", "web: uvicorn b.web:app\n"),
        ("README.md", "```\nuvicorn b.web:app\n```\n"),
        ("Dockerfile", "CMD [\"uvicorn\", \"b.web:app\"]\n"),
        ("cli.py", "import uvicorn\nuvicorn.run('b.web:app')\n"),
    ] {
        assert_eq!(of(&[a, b, (file, text)]), "b.web:app", "{file}");
    }
    assert_eq!(of(&[a, b, ("Procfile", "web: uvicorn a.web:app\nx: uvicorn b.web:app\n")]), "? a.web:app b.web:app");
    assert_eq!(of(&[a, b, ("Procfile", "web: uvicorn web:app --app-dir b\n")]), "web:app in b");
    // names of no file say nothing
    assert_eq!(of(&[("main.py", APP), ("Procfile", "web: uvicorn gone:app\n")]), "main:app");
}

#[test]
fn production_commands_come_before_the_usual_files() {
    let files = [("main.py", APP), ("shop/web.py", APP)];
    assert_eq!(of(&[files[0], files[1], ("Procfile", "web: uvicorn shop.web:app\n")]), "shop.web:app");
    assert_eq!(of(&[files[0], files[1], ("Makefile", "run:\n\tuvicorn shop.web:app\n")]), "main:app");
    let declared = ("pyproject.toml", "[tool.fastapi]\nentrypoint = \"shop.web:app\"\n");
    assert_eq!(of(&[files[0], files[1], declared]), "shop.web:app");
    let wrong = ("pyproject.toml", "[tool.fastapi]\nentrypoint = \"gone:app\"\n");
    project(&[files[0], wrong]).ask(|context| {
        let root = RelPath::root();
        let sources = Sources::read(context, &root);
        let found = app(context, &root, &sources).unwrap();
        assert_eq!(found.value().unwrap().to_string(), "main:app");
        assert_eq!(context.warnings.borrow()[0].evidence[0].place(), "pyproject.toml:2");
    });
}

#[test]
fn what_was_settled_is_read_as_servers_are_told() {
    let files = [
        ("main.py", APP),
        ("src/shop/__init__.py", ""),
        ("src/shop/web.py", "from fastapi import FastAPI\nweb = FastAPI()\ndef make(): return web\n"),
    ];
    for (settled, found) in [
        ("shop.web:web", "shop.web:web in src"),
        ("shop.web:make()", "shop.web:make() in src"),
        ("shop.web:make", "shop.web:make() in src"),
        ("src/shop/web.py", "shop.web:web in src"),
        ("main:app", "main:app"),
    ] {
        assert_eq!(asked(&project(&files).set("main", settled)), found, "{settled}");
    }
    project(&files).set("main", "gone:app").ask(|context| {
        let root = RelPath::root();
        let mistake = app(context, &root, &Sources::read(context, &root)).unwrap_err();
        assert_eq!(mistake.what, "`main` cannot be `gone:app`");
    });
}

#[test]
fn files_that_do_not_parse_are_warned_of_with_their_place() {
    project(&[("main.py", "from fastapi import FastAPI\napp = = FastAPI()\n"), ("app.py", APP)]).ask(|context| {
        let root = RelPath::root();
        let sources = Sources::read(context, &root);
        assert_eq!(app(context, &root, &sources).unwrap().value().unwrap().to_string(), "app:app");
        let warnings = context.warnings.borrow();
        assert!(
            warnings[0].message.starts_with("main.py:2 cannot be read as Python: column 7"),
            "{}",
            warnings[0].message
        );
    });
}
