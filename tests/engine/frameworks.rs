//! What each framework's own tools build and start, in the smallest app of it. Several apps in one
//! test: they share an engine that is warm, and the seconds of each are printed.

use std::time::Instant;

use crate::apps::App;
use crate::proofs::proves;

fn prove_each(names: &[&str]) {
    for name in names {
        let started = Instant::now();
        proves(name);
        println!("{name}: {:.0} s in all", started.elapsed().as_secs_f64());
    }
}

#[test]
fn servers_of_few_lines_start() {
    prove_each(&["node-koa", "node-hono", "node-fastify"]);
}

#[test]
fn programs_of_a_compiler_start_where_it_puts_them() {
    prove_each(&["node-nest", "node-adonis"]);
}

#[test]
fn frameworks_on_vite_start_what_they_build() {
    prove_each(&["node-sveltekit", "node-react-router", "node-astro"]);
}

#[test]
fn frameworks_on_nitro_need_no_packages_beside_their_output() {
    prove_each(&["node-nuxt", "node-tanstack"]);
}

#[test]
fn their_servers_of_development_are_reached_from_outside() {
    for (name, path, wanted) in
        [("node-sveltekit", "/", "Books to swap"), ("node-nuxt", "/api/plants", "thyme"), ("node-astro", "/", "sencha")]
    {
        let app = App::set_up(name);
        app.up_development();
        crate::engine::ask_until(app.port("APP_PORT"), path, wanted);
    }
}
