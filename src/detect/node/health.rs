//! How to see that a component is well: its health route.

use super::super::Context;
use super::super::decided::{decided, or_found};
use super::super::health::best;
use super::framework::Framework;
use super::routes::routes;
use super::sources::Sources;
use crate::facts::{Found, Probe};
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
    listens: bool,
    framework: Option<&Framework<'_>>,
) -> Result<Found<Probe>, Mistake> {
    let settled = decided(context, path, "health", str::parse)?;
    if !listens {
        return Ok(or_found(settled, Found::default(Probe::None, "nothing listens")));
    }
    let in_code = routes(sources).into_iter().map(|route| {
        let evidence = sources.evidence(&sources.scripts[route.at].0, route.line, "health route");
        (route.path, evidence)
    });
    let of_framework = framework.map(|framework| {
        framework.routed(sources).into_iter().chain(framework.routes(context, path)).collect::<Vec<_>>()
    });
    Ok(or_found(settled, best(in_code.chain(of_framework.into_iter().flatten()))))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::*;

    /// The probe and where it was seen.
    fn of(files: &[(&str, &str)]) -> String {
        project(files).ask(|context| {
            let root = RelPath::root();
            let found = health(context, &root, &Sources::read(context, &root), true, None).unwrap();
            format!("{} {}", found.value().unwrap(), found.evidence().unwrap().place())
        })
    }

    fn path(text: &str) -> String {
        of(&[("app.js", text)]).split(" app.js").next().unwrap().to_owned()
    }

    #[test]
    fn routes_of_an_app_are_seen() {
        for text in [
            "const app = express(); app.get('/health', (req, res) => {})",
            "const app = express(); app.route('/health').get(f).post(g)",
            "const fastify = require('fastify')(); fastify.get('/health', async () => {})",
            "const server = Fastify({ logger: true }); server.route({ method: 'GET', url: '/health', handler: f })",
            "const server = Fastify(); server.route({ method: ['GET', 'HEAD'], url: '/health', handler: f })",
            "const app = new Hono(); app.get('/health', c => c.text('ok'))",
            "const app = new Hono().get('/', f).get('/health', f)",
            "const app = new Elysia().get('/health', () => 'ok').listen(3000)",
            "const server = Hapi.server({ port: 1 }); server.route({ method: 'GET', path: '/health', handler: f })",
            "@Controller('health') class A { @Get() f() {} }",
            "@Controller() class A { @Get('health') f() {} }",
            "class Server { constructor() { this.app = express(); this.app.get('/health', f) } }",
            "module.exports = function (app) { app.get('/health', f) }",
            "const app = express(); app.get('/status', f); app.get('/health', f); app.get('/api/health', f)",
        ] {
            assert_eq!(path(text), "GET /health", "{text}");
        }
    }

    #[test]
    fn what_is_no_route_of_this_app_does_not_count() {
        for text in [
            "axios.get('/health', {})",
            "const app = express(); app.post('/health', f)",
            "const app = express(); app.get('/orders/:id/status', f)",
            "const app = express(); app.get('/healthy', f)",
            "const router = express.Router(); router.get('/health', f)",
            "client.get('/ping', f)",
        ] {
            assert_eq!(path(text), "port no health route found", "{text}");
        }
    }

    #[test]
    fn routers_are_followed_to_where_they_are_mounted() {
        let express = "const router = require('express').Router(); router.get('/health', f); module.exports = router";
        let modern = "import { Router } from 'express'; const router = Router(); router.get('/health', f); export default router";
        for (router, app) in [
            (express, "const app = express(); app.use('/api', require('./router'))"),
            (express, "const r = require('./router'); const app = express(); app.use('/api', auth, r)"),
            (modern, "import r from './router.js'; const app = express(); app.use('/api', r)"),
            (modern, "import r from './router.js'; const P = '/api'; const app = express(); app.use(P, r)"),
            (
                "export const routes = new Hono().get('/health', f)",
                "import { routes } from './router'; const app = new Hono(); app.route('/api', routes)",
            ),
            (
                "export default async function (app) { app.get('/health', f) }",
                "import r from './router'; const app = Fastify(); app.register(r, { prefix: '/api' })",
            ),
            (
                "module.exports = async (instance) => { instance.get('/health', f) }",
                "const app = fastify(); app.register(require('./router'), { prefix: '/api' })",
            ),
            (
                "const r = new Router({ prefix: '/api' }); r.get('/health', f); module.exports = r",
                "const r = require('./router'); const app = new Koa(); app.use(r.routes())",
            ),
        ] {
            assert_eq!(
                of(&[("app.js", app), ("router.js", router)]),
                "GET /api/health router.js:1",
                "{router} | {app}"
            );
        }
    }

    #[test]
    fn routers_in_routers_and_without_a_prefix_are_followed() {
        let files = [
            ("app.js", "const app = express(); app.use('/api', require('./routes'))"),
            ("routes/index.js", "const r = express.Router(); r.use('/v1', require('./health')); module.exports = r"),
            ("routes/health.js", "const r = express.Router(); r.get('/healthz', f); module.exports = r"),
        ];
        assert_eq!(of(&files), "GET /api/v1/healthz routes/health.js:1");
        let files = [
            ("server.js", "const routes = require('./routes'); const app = express(); app.use('/api', routes.api)"),
            ("routes/index.js", "module.exports = require('./all')"),
            ("routes/all.js", "const api = Router(); api.use('/health', require('./h')); module.exports = { api }"),
            ("routes/h.js", "const r = Router(); r.get('/', f); module.exports = r"),
        ];
        assert_eq!(of(&files), "GET /api/health routes/h.js:1");
        let one = "const app = express(); const r = express.Router(); r.get('/ping', f); app.use(r)";
        assert_eq!(path(one), "GET /ping");
    }

    #[test]
    fn an_unknown_prefix_gives_no_route() {
        let router = "const router = express.Router(); router.get('/health', f); module.exports = router";
        for app in [
            "const app = express(); app.use(process.env.BASE, require('./router'))",
            "const app = express(); app.use(`/${base()}`, require('./router'))",
            "const app = express()",
        ] {
            assert_eq!(of(&[("app.js", app), ("router.js", router)]), "port no health route found", "{app}");
        }
        let nest = "app.setGlobalPrefix(x()); @Controller('health') class A { @Get() f() {} }";
        assert_eq!(path(nest), "port no health route found");
        let nest = "app.setGlobalPrefix('api'); @Controller('health') class A { @Get() f() {} }";
        assert_eq!(path(nest), "GET /api/health");
    }

    #[test]
    fn what_was_settled_comes_first_and_what_listens_nowhere_has_no_probe() {
        let app = [("app.js", "const app = express(); app.get('/health', f)")];
        project(&app).set("health", "/x").ask(|context| {
            let root = RelPath::root();
            let found = health(context, &root, &Sources::read(context, &root), true, None).unwrap();
            assert_eq!(found.value().unwrap().to_string(), "GET /x");
        });
        project(&app).ask(|context| {
            let root = RelPath::root();
            let found = health(context, &root, &Sources::read(context, &root), false, None).unwrap();
            assert_eq!(found.value(), Some(&Probe::None));
        });
    }
}
