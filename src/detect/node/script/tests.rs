//! What is read of a file.

use super::*;

fn parse(name: &str, text: &str) -> Option<Script> {
    Script::parse(&Source::new(RelPath::new(name).unwrap(), text.to_owned()))
}

fn script(text: &str) -> Script {
    parse("app.ts", text).unwrap()
}

/// Names that are read, as `NAME` or `NAME=default`.
fn reads(text: &str) -> Vec<String> {
    let show = |read: &EnvRead| match &read.default {
        Some(default) => format!("{}={default}", read.name),
        None => read.name.clone(),
    };
    script(text).reads.iter().map(show).collect()
}

#[test]
fn the_environment_is_read_in_many_ways() {
    assert_eq!(reads("a(process.env.A, process.env['B'], process.env?.C, process.env.D!)"), ["A", "B", "C", "D"]);
    assert_eq!(reads("const { A, B: b = 'x', C = 3 } = process.env;"), ["A", "B=x", "C=3"]);
    assert_eq!(reads("const env = process.env; f(env.A)"), ["A"]);
    assert_eq!(reads("import { env } from 'node:process'; f(env.A)"), ["A"]);
    assert_eq!(reads("const { env } = process; f(env.A)"), ["A"]);
    assert_eq!(reads("function f(env = process.env) { return env.A }"), ["A"]);
}

#[test]
fn fallbacks_are_defaults() {
    assert_eq!(reads("const p = process.env.P || 3000"), ["P=3000"]);
    assert_eq!(reads("const p = Number(process.env.P ?? '3000')"), ["P=3000"]);
    assert_eq!(reads("const p = parseInt(process.env.P, 10) || 3000"), ["P=3000"]);
    assert_eq!(reads("const p = process.env.P ? +process.env.P : 3000"), ["P=3000", "P=3000"]);
    assert_eq!(reads("process.env.P ??= 'x'"), ["P=x"]);
    assert_eq!(reads("const p = process.env.P || other()"), ["P"]);
}

#[test]
fn names_that_are_only_set_or_in_comments_are_not_read() {
    assert_eq!(reads("process.env.A = 'x'; // process.env.B\nconst c = 'process.env.C'"), [""; 0]);
}

#[test]
fn imports_have_their_names_here_and_there() {
    let script = parse(
        "app.js",
        "const a = require('./a'); const { b: c } = require('./b'); const d = require('./d').default; require('./e')",
    )
    .unwrap();
    assert_eq!(script.imported("a"), Some(("./a", "*")));
    assert_eq!(script.imported("c"), Some(("./b", "b")));
    assert_eq!(script.imported("d"), Some(("./d", "default")));
    assert!(script.imports_package("./e"));
    let script = super::tests::script(
        "import x, { y as z } from 'pkg/sub'; import type { T } from 'types'; import * as all from './all'",
    );
    assert_eq!(script.imported("x"), Some(("pkg/sub", "default")));
    assert_eq!(script.imported("z"), Some(("pkg/sub", "y")));
    assert_eq!(script.imported("all"), Some(("./all", "*")));
    assert!(script.imports_package("pkg") && !script.imports_package("types"));
}

#[test]
fn calls_keep_their_chain_and_arguments() {
    let script = script("app.route('/health')\n  .get((req, res) => res.send('ok'));\nnew Hono().get('/x', f)");
    let shown: Vec<(&str, u32)> = script.calls.iter().map(|call| (call.callee.as_str(), call.line)).collect();
    assert_eq!(
        shown,
        [("app.route().get", 2), ("app.route", 1), ("res.send", 2), ("new Hono().get", 3), ("new Hono", 3)]
    );
    assert_eq!(script.calls[0].receiver.as_ref().unwrap().arguments, [Value::Text("/health".to_owned())]);
    assert_eq!(script.calls[0].arguments, [Value::Function]);
}

#[test]
fn texts_of_imports_and_types_do_not_count() {
    let script = script("import a from 'no'; type T = 'no'; const x: 'no' = `${a}/views`; f('yes', 'yes')");
    assert_eq!(script.texts, [("/views".to_owned(), 1), ("yes".to_owned(), 1)]);
}

#[test]
fn exports_of_both_kinds_are_known() {
    let script = parse("a.js", "module.exports = router; exports.port = 1; module.exports.x = 'y'").unwrap();
    assert_eq!(script.exports["default"], Value::Name("router".to_owned()));
    assert_eq!(script.exports["port"], Value::Number(1));
    let script =
        super::tests::script("export default router; export { a as b }; export { c } from './c'; export * from './d'");
    assert_eq!(script.exports["b"], Value::Name("a".to_owned()));
    assert_eq!(script.imported("export c"), Some(("./c", "c")));
    assert_eq!(script.stars, ["./d"]);
}

#[test]
fn functions_that_read_a_name_they_are_given_are_known() {
    let script = script(
        "function env(key: string, other = '') { return process.env[key] ?? other }\nconst need = (n: string) => process.env[n]!",
    );
    assert_eq!(script.helpers, [("env".to_owned(), 0), ("need".to_owned(), 0)]);
}

#[test]
fn decorators_name_routes() {
    let script = script("@Controller('health') class A { @Get() a() {} @Get('/live') b() {} @Post('x') c() {} }");
    let paths: Vec<&str> = script.routes.iter().map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/health", "/health/live"]);
}

#[test]
fn every_kind_of_file_is_read() {
    for (name, text) in [
        ("a.cjs", "return require('x')"),
        ("a.mjs", "import x from 'x'; await x"),
        ("a.js", "#!/usr/bin/env node\nconst a = <div>{process.env.A}</div>"),
        ("a.tsx", "const a = <T,>(x: T) => <div x='y'/>; enum E { A }"),
        ("a.mts", "using x = y satisfies Z"),
        ("a.ts", ""),
    ] {
        assert!(parse(name, text).is_some(), "{name}");
    }
    assert!(parse("a.js", "function (").is_none());
}

#[test]
fn hostile_files_are_read_or_refused() {
    for (begin, middle, end) in [
        ("(", "", ")"),
        ("!", "x", ""),
        ("x+", "x", ""),
        ("x=>", "x", ""),
        ("x?x:", "x", ""),
        ("if(x)", ";", ""),
        ("a.", "a", ""),
        ("f().", "g()", ""),
        ("x=", "x", ""),
        ("x||", "x", ""),
    ] {
        let times = 60_000 / begin.len();
        parse("a.ts", &format!("{}{middle}{}", begin.repeat(times), end.repeat(times)));
    }
}
