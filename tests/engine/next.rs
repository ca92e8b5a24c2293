//! What only Next.js does, hardened as compose.yaml has it: pages that are made again, images,
//! public names, and what its log says of a read-only root.

use std::time::Duration;

use crate::apps::App;
use crate::engine::ask_until;

/// Words of a log that say that something could not be written.
const REFUSED: [&str; 4] = ["EROFS", "EACCES", "ENOENT", "Failed to"];

/// A page with `revalidate` is made again, and the log has no complaint about it.
fn makes_pages_again(app: &App, path: &str) {
    let made = |app: &App| {
        let body = app.get(path);
        body.split("id=\"made\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
    };
    let first = made(app);
    assert!(!first.is_empty(), "{path} says {}", app.get(path));
    // stale after two seconds: the next request starts a new one, the one after it shows it
    let again = (0..20).find(|_| {
        std::thread::sleep(Duration::from_secs(1));
        made(app) != first
    });
    assert!(again.is_some(), "{path} is never made again");
    let log = app.production(&["logs", "--no-log-prefix", "app"]).everything();
    for word in REFUSED {
        assert!(!log.contains(word), "{word}:\n{log}");
    }
}

#[test]
fn next_standalone_serves_pages_images_orders_and_public_names() {
    let mut app = App::set_up("next-app");
    app.up();
    assert!(app.get("/").contains("Lamp Shop"), "the public name's default is in the page");
    let image = app.get("/_next/image?url=%2Flamp.png&w=64&q=75");
    assert!(!image.is_empty() && !image.contains("<html"), "no image");
    makes_pages_again(&app, "/news");

    assert_eq!(app.post("/api/orders", "{\"item\": \"a lamp from before\"}"), 201);
    assert_eq!(app.production(&["down"]).code, Some(0));
    app.variables.push(("NEXT_PUBLIC_SHOP_NAME".to_owned(), "Shade & Co".to_owned()));
    app.up();
    assert!(app.get("/api/orders").contains("a lamp from before"), "{}", app.get("/api/orders"));
    assert!(app.get("/").contains("Shade &amp; Co"), "the shell's public name is in the page");
}

#[test]
fn next_start_makes_pages_again_below_its_base_path() {
    let app = App::set_up("next-pages");
    app.up();
    assert!(app.get("/notes").contains("Notes of a gardener"));
    makes_pages_again(&app, "/notes/posts/first");
    assert!(app.get("/notes/posts/second").contains("second"), "a page that the build did not know");
}

#[test]
fn next_dev_shows_a_save_and_writes_only_its_own() {
    let app = App::set_up("next-app");
    app.up_development();
    let port = app.port("APP_PORT");
    ask_until(port, "/", "first edition");
    std::thread::sleep(Duration::from_millis(1500));
    app.edit("app/page.tsx", "first edition", "second edition");
    let took = ask_until(port, "/", "second edition");
    println!("next-app: {:.2} s from save to answer", took.as_secs_f64());
    let touch = |path: &str| app.compose(&["exec", "-T", "app", "touch", path]).code;
    assert_eq!((touch(".next/x"), touch("app/x") == Some(0), touch("x") == Some(0)), (Some(0), false, false));
    assert!(!app.folder.join("next-env.d.ts").exists() && !app.folder.join(".next").exists());
}
