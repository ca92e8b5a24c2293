//! How to see that the app is well: its health route.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::super::health::best;
use super::app::App;
use super::routes::routes;
use super::script::Value;
use super::sources::Sources;
use crate::facts::{Confidence, Evidence, Found, Probe};
use crate::paths::RelPath;
use crate::project::Mistake;

/// The probe of a component.
///
/// # Errors
/// What was settled is no probe.
pub fn health(
    context: &Context<'_>,
    path: &RelPath,
    sources: &Sources,
    app: Option<&App>,
) -> Result<Found<Probe>, Mistake> {
    let settled = decided(context, path, "health", str::parse)?;
    Ok(or_found(settled, found(sources, app)))
}

fn found(sources: &Sources, app: Option<&App>) -> Found<Probe> {
    if let Some(evidence) = picky(sources) {
        return Found::known(Probe::Port, Confidence::Inferred, evidence);
    }
    let reached = app.and_then(|app| sources.place(&app.file)).map(|at| sources.reached(at));
    best(routes(sources, reached.as_ref()).into_iter().map(|route| {
        let evidence = sources.evidence(route.at, route.line, "health route");
        (route.path, evidence)
    }))
}

/// `TrustedHostMiddleware` with a list that lacks the name by which a probe asks.
fn picky(sources: &Sources) -> Option<Evidence> {
    sources.scripts.iter().enumerate().find_map(|(at, (_, script))| {
        let is_trusted = |value: Option<&Value>| {
            value.and_then(Value::name).is_some_and(|name| name.ends_with("TrustedHostMiddleware"))
        };
        let call = script.calls.iter().find(|call| {
            let is_added = matches!(call.name(), "add_middleware" | "Middleware") && is_trusted(call.arguments.first());
            is_added || call.name() == "TrustedHostMiddleware"
        })?;
        let Some(Value::List(hosts)) = call.keyword("allowed_hosts") else { return None };
        let hosts: Option<Vec<&str>> = hosts.iter().map(Value::text).collect();
        let answers = |host: &&str| ["*", "localhost", "127.0.0.1"].contains(host);
        let is_picky = !hosts?.iter().any(answers);
        is_picky.then(|| sources.evidence(at, call.line, "a probe's host is not among the allowed"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    /// The probe and where it was seen.
    fn of(files: &[(&str, &str)]) -> String {
        project(files).ask(|context| {
            let root = RelPath::root();
            let sources = Sources::read(context, &root);
            let app = super::super::app::app(context, &root, &sources).unwrap();
            let found = health(context, &root, &sources, app.value()).unwrap();
            format!("{} {}", found.value().unwrap(), found.evidence().unwrap().place())
        })
    }

    const HEAD: &str = "from fastapi import *\nfrom fastapi import FastAPI, APIRouter, Depends, Security\napp = FastAPI()\nrouter = APIRouter()\n";

    fn path(text: &str) -> String {
        of(&[("main.py", &format!("{HEAD}{text}\n"))]).split(" main.py").next().unwrap().to_owned()
    }

    #[test]
    fn routes_of_an_app_are_seen() {
        for text in [
            "@app.get('/health')\ndef f(): ...",
            "@app.get(path='/health', include_in_schema=False)\nasync def f(): ...",
            "@app.api_route('/health', methods=['GET', 'HEAD'])\ndef f(): ...",
            "def f(): ...\napp.add_api_route('/health', f)",
            "P = '/health'\n@app.get(P)\ndef f(): ...",
            "@app.get('/health')\n@app.get('/healthz/x')\ndef f(): ...",
            "@router.get('/health')\ndef f(): ...\napp.include_router(router)",
            "r = APIRouter(prefix='/health')\n@r.get('')\ndef f(): ...\napp.include_router(r)",
            "def routes(app: FastAPI):\n    @app.get('/health')\n    def f(): ...\nroutes(app)",
            "@app.get('/status')\ndef f(): ...\n@app.get('/health')\ndef g(): ...\n@app.get('/api/health')\ndef h(): ...",
            "@app.get('/health')\ndef f(request: Request, response: Response, db: Session = Depends(get_db)): ...",
            "@app.get('/health')\ndef f(db: Annotated[Session, Depends(get_db)], verbose: bool = False): ...",
            "@app.get('/health')\ndef f(session: SessionDep): ...",
        ] {
            assert_eq!(path(text), "GET /health", "{text}");
        }
        assert_eq!(path("@app.get('/health/')\ndef f(): ..."), "GET /health/");
        assert_eq!(path("@app.get('/ready')\ndef f(): ...\n@app.get('/live')\ndef g(): ..."), "GET /live");
    }

    #[test]
    fn what_is_no_open_route_of_this_app_does_not_count() {
        for text in [
            "# @app.get('/health')",
            "client.get('/health')",
            "@app.post('/health')\ndef f(): ...",
            "@app.get('/orders/{id}/status')\ndef f(id: int): ...",
            "@app.get('/docs')\ndef f(): ...",
            "@router.get('/health')\ndef f(): ...",
            "@app.get('/health')\ndef f(user: User = Depends(get_current_user)): ...",
            "@app.get('/health')\ndef f(user: Annotated[User, Depends(current_user)]): ...",
            "@app.get('/health')\ndef f(user: CurrentUser): ...",
            "@app.get('/health', dependencies=[Depends(verify_token)])\ndef f(): ...",
            "@app.get('/health')\ndef f(x = Security(scheme)): ...",
            "@app.get('/health')\ndef f(name: str): ...",
            "@app.get('/health')\ndef f(name: str = Query(...)): ...",
            "r = APIRouter(dependencies=[Depends(require_admin)])\n@r.get('/health')\ndef f(): ...\napp.include_router(r)",
            "@router.get('/health')\ndef f(): ...\napp.include_router(router, dependencies=[Depends(auth)])",
            "@router.get('/health')\ndef f(): ...\napp.include_router(router, prefix=unknown())",
            "from fastapi.middleware.trustedhost import TrustedHostMiddleware\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=['example.com'])\n@app.get('/health')\ndef f(): ...",
        ] {
            assert!(path(text).starts_with("port"), "{text}: {}", path(text));
        }
    }

    #[test]
    fn routers_are_followed_to_where_they_are_included() {
        let router =
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/ops')\n@router.get('/health')\ndef f(): ...\n";
        for main in [
            "from ops import router\napp.include_router(router, prefix='/api')",
            "import ops\napp.include_router(ops.router, prefix='/api')",
            "from ops import router as ops_router\nP = '/api'\napp.include_router(ops_router, prefix=P)",
            "from ops import router\nclass Settings:\n    API: str = '/api'\nsettings = Settings()\napp.include_router(router, prefix=settings.API)",
            "from ops import router\nouter = APIRouter(prefix='/api')\nouter.include_router(router)\napp.include_router(outer)",
            "from ops import router\nsub = FastAPI()\nsub.include_router(router)\napp.mount('/api', sub)",
            "from ops import router\ndef make():\n    r = APIRouter(prefix='/api')\n    r.include_router(router)\n    return r\napp.include_router(make())",
        ] {
            assert_eq!(
                of(&[("main.py", &format!("{HEAD}{main}\n")), ("ops.py", router)]),
                "GET /api/ops/health ops.py:3",
                "{main}"
            );
        }
    }

    #[test]
    fn routes_of_another_app_do_not_count() {
        let other = ("other.py", "from fastapi import FastAPI\nweb = FastAPI()\n@web.get('/health')\ndef f(): ...\n");
        assert_eq!(of(&[("main.py", HEAD), other]), "port no health route found");
    }
}
