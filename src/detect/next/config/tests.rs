//! next.config files as people write them, and what Next.js makes of each.

use super::super::super::testing::project;
use super::*;

fn read<T>(name: &str, text: &str, ask: impl FnOnce(&Config) -> T) -> T {
    project(&[(name, text)]).ask(|context| ask(&Config::read(context, &RelPath::root())))
}

/// `standalone:LINE`, `none`, `? LINE`; with the variable that the build needs.
fn output(name: &str, text: &str) -> String {
    read(name, text, |config| {
        let set = config.variable().map(|(name, value)| format!(" {name}={value}")).unwrap_or_default();
        match config.standalone() {
            Ok((true, evidence)) => format!("standalone:{}{set}", evidence.line.unwrap()),
            Ok((false, _)) => format!("none{set}"),
            Err(evidence) => format!("? {}", evidence.line.unwrap()),
        }
    })
}

#[test]
fn an_output_is_found_however_the_file_is_written() {
    for text in [
        "module.exports = { output: 'standalone' }",
        "export default { output: `standalone` }",
        "const c = { 'output': 'standalone' }; module.exports = c",
        "const c = { output: 'standalone' }; export { c as default }",
        "const output = 'standalone'; export default { output }",
        "/** @type {X} */ const c = ({ output: 'standalone' }); export default c",
        "module.exports = () => ({ output: 'standalone' })",
        "module.exports = async (phase, { defaultConfig }) => { const c = { ...defaultConfig, output: 'standalone' }; return c }",
        "export default async function config() { return { output: 'standalone' } }",
        "function config() { return { output: 'standalone' } } module.exports = config",
        "const base = { output: 'standalone' }; export default { ...base, reactStrictMode: true }",
        "const c = {}; c.output = 'standalone'; module.exports = c",
        "module.exports = {}; module.exports.output = 'standalone'; module.exports = { ...module.exports, output: 'standalone' }",
        "module.exports = Object.assign({}, { output: 'standalone' }, { x: 1 })",
        "exports.default = { output: 'standalone' }",
    ] {
        assert_eq!(output("next.config.js", text), "standalone:1", "{text}");
    }
    let typed = "import type { NextConfig } from 'next';\nconst c: NextConfig = { output: 'standalone' } satisfies NextConfig;\nexport default c as NextConfig;";
    assert_eq!(output("next.config.ts", typed), "standalone:2");
    assert_eq!(output("next.config.mjs", typed.lines().nth(2).unwrap()), "? 1");
}

#[test]
fn wrappers_pass_on_what_they_are_given() {
    for text in [
        "module.exports = withX({ output: 'standalone' })",
        "module.exports = withX({ enabled: true })({ output: 'standalone' })",
        "const c = { output: 'standalone' }; export default withA(withB({ x: 1 })(c), { silent: true })",
        "const c = { output: 'standalone' }; module.exports = withPlugins([[a, { output: 'export' }]], c)",
        "const c = { output: 'standalone' }; module.exports = [a, b].reduce((config, plugin) => plugin(config), c)",
        "let c = { output: 'standalone' }; c = withX(c); if (process.env.ANALYZE) { c = analyze(c) } export default c",
        "module.exports = { output: 'standalone' }; module.exports = withSentryConfig(module.exports, { org: 'x' })",
        "const own = (config) => ({ poweredByHeader: false, ...config }); export default own({ output: 'standalone' })",
        "function own(config) { return withX({ ...config, a: 1 }) } export default own({ output: 'standalone' })",
        "export default async () => { const x = (await import('x')).default; return x({ output: 'standalone' }) }",
        "module.exports = async (phase) => { const c = { output: 'standalone' }; return withX(c)(phase) }",
    ] {
        assert_eq!(output("next.config.js", text), "standalone:1", "{text}");
    }
}

#[test]
fn conditions_are_followed_as_the_build_has_them() {
    for (text, expected) in [
        (
            "module.exports = { output: process.env.NODE_ENV === 'production' ? 'standalone' : undefined }",
            "standalone:1",
        ),
        (
            "const prod = process.env.NODE_ENV !== 'development'; module.exports = { ...(prod && { output: 'standalone' }) }",
            "standalone:1",
        ),
        ("module.exports = { output: process.env.DOCKER === '1' ? 'standalone' : undefined }", "standalone:1 DOCKER=1"),
        (
            "module.exports = { output: process.env.DOCKER_BUILD ? 'standalone' : undefined }",
            "standalone:1 DOCKER_BUILD=1",
        ),
        ("module.exports = { ...(process.env.OUT === 'yes' ? { output: 'standalone' } : {}) }", "standalone:1 OUT=yes"),
        (
            "const docker = !!process.env.DOCKER; module.exports = { output: docker ? 'standalone' : undefined }",
            "standalone:1 DOCKER=1",
        ),
        ("module.exports = { output: process.env.NEXT_OUTPUT }", "standalone:1 NEXT_OUTPUT=standalone"),
        ("module.exports = { output: process.env.NEXT_OUTPUT || 'standalone' }", "standalone:1"),
        ("module.exports = { output: process.env.VERCEL ? undefined : 'standalone' }", "standalone:1"),
        (
            "const c = {}; if (process.env.DOCKER) { c.output = 'standalone' } module.exports = c",
            "standalone:1 DOCKER=1",
        ),
        (
            "module.exports = (phase) => { if (phase === PHASE_DEVELOPMENT_SERVER) { return { a: 1 } } return { output: 'standalone' } }",
            "standalone:1",
        ),
        (
            "module.exports = (phase) => phase === PHASE_PRODUCTION_BUILD ? { output: 'standalone' } : {}",
            "standalone:1",
        ),
    ] {
        assert_eq!(output("next.config.js", text), expected, "{text}");
    }
}

#[test]
fn what_says_nothing_is_none_and_what_cannot_be_known_is_a_question() {
    for text in [
        "module.exports = {}",
        "module.exports = { reactStrictMode: true }",
        "export default withX({ images: {} })",
        "module.exports = { output: undefined }",
        "module.exports = { experimental: { output: 'standalone' } }",
    ] {
        assert_eq!(output("next.config.js", text), "none", "{text}");
    }
    for text in [
        "module.exports = { output: choose() }",
        "module.exports = require('./config')",
        "import c from './config'; export default c",
        "export default createConfig()",
        "module.exports = { ...other() }",
        "module.exports = { output: isDocker() ? 'standalone' : undefined }",
        "module.exports = (phase, x) => { if (x.a) { return { output: 'standalone' } } return {} }",
        "module.exports = {",
        "x = 1",
    ] {
        assert_eq!(output("next.config.js", text), "? 1", "{text}");
    }
}

#[test]
fn other_keys_are_read_too() {
    let text = "module.exports = withX({ distDir: './build/', basePath: '/docs', output: 'export' })";
    read("next.config.js", text, |config| {
        assert_eq!(config.dist().as_str(), "build");
        assert_eq!(config.base_path().as_deref(), Some("/docs"));
        assert_eq!(config.exports().unwrap().place(), "next.config.js:1");
    });
    read("next.config.js", "module.exports = {}", |config| {
        assert_eq!((config.dist().as_str(), config.base_path().as_deref()), (".next", Some("")));
    });
}

#[test]
fn the_one_line_goes_where_it_belongs() {
    for (text, expected) in [
        (
            "const c = {\n    reactStrictMode: true,\n};\nmodule.exports = withX(c);\n",
            Some(
                "const c = {\n    output: 'standalone',\n    reactStrictMode: true,\n};\nmodule.exports = withX(c);\n",
            ),
        ),
        ("module.exports = {};\n", Some("module.exports = { output: 'standalone' };\n")),
        ("export default {\n};\n", Some("export default {\n  output: 'standalone',\n};\n")),
        ("export default { a: 1 };\n", Some("export default { output: 'standalone', a: 1 };\n")),
        (
            "export default withX({ silent: true })({\n\treactStrictMode: true,\n});\n",
            Some("export default withX({ silent: true })({\n\toutput: 'standalone',\n\treactStrictMode: true,\n});\n"),
        ),
        ("module.exports = choose() ? { a: 1 } : { b: 1 };\n", None),
        ("module.exports = { output: 'standalone' };\n", None),
        ("module.exports = { ...other() };\n", None),
    ] {
        let edited = read("next.config.js", text, Config::edited);
        assert_eq!(edited.as_ref().map(|(_, text)| text.as_str()), expected, "{text}");
        if let Some((_, after)) = edited {
            assert!(output("next.config.js", &after).starts_with("standalone"), "{after}");
        }
    }
}

#[test]
fn without_a_file_there_is_none_and_one_can_be_made() {
    project(&[]).ask(|context| {
        let config = Config::read(context, &RelPath::root());
        assert!(matches!(config.standalone(), Ok((false, _))));
        let (file, text) = config.edited().unwrap();
        assert_eq!(file.as_str(), "next.config.mjs");
        assert_eq!(output("next.config.mjs", &text), "standalone:3");
    });
}
