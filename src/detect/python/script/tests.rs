//! What is read of single files, and that any text is read or refused.

use proptest::prelude::*;

use super::*;
use crate::paths::RelPath;

fn source(text: &str) -> Source {
    Source::new(RelPath::new("main.py").unwrap(), text.to_owned())
}

fn script(text: &str) -> Script {
    Script::parse(&source(text)).unwrap()
}

#[test]
fn syntax_of_every_age_is_read() {
    for text in [
        "",
        "match x:\n    case {'a': 1}: ...\n",
        "type A[T = int] = list[T]\n",
        "def f[T](x: T, /, *, y=1) -> T: ...\n",
        "x = f'{a!r:>{width}} {\"q\"}'\n",
        "async def f():\n    async with a as b, c as d:\n        return [x async for x in y]\n",
        "try: ...\nexcept* A as e: ...\n",
        "@a.b(c)\nclass A(B, metaclass=C): x: int = 1\n",
        "lambda *a, **b: (yield)\n",
        "\u{feff}x = 1\r\n",
    ] {
        assert!(Script::parse(&source(text)).is_ok(), "{text:?}");
    }
}

#[test]
fn a_mistake_has_its_place() {
    for (text, line, column) in
        [("x = 1\ny = = 2\n", 2, 5), ("def f(:\n", 1, 7), ("print 'x'\n", 1, 7), ("x = '", 1, 5)]
    {
        let wrong = Script::parse(&source(text)).unwrap_err();
        assert_eq!((wrong.line, wrong.column), (line, column), "{text:?}: {}", wrong.message);
    }
}

#[test]
fn names_are_full_by_their_imports() {
    let script = script("import a.b\nimport c.d as e\nfrom f.g import h as i\nfrom .j import k\n");
    for (name, full) in [("a.b.x", "a.b.x"), ("e.x", "c.d.x"), ("i", "f.g.h"), ("k", "k"), ("z", "z")] {
        assert_eq!(script.full_name(name), full, "{name}");
    }
}

#[test]
fn hostile_nesting_ends_in_an_answer() {
    let deep = |begin: &str, end: &str, times: usize| format!("{}x{}\n", begin.repeat(times), end.repeat(times));
    for text in [
        deep("(", ")", 5_000),
        deep("[", "]", 150),
        deep("-", "", 20_000),
        deep("not ", "", 10_000),
        deep("x + ", "", 10_000),
        deep("", ".a", 10_000),
        deep("", "().a", 10_000),
        deep("lambda: ", "", 5_000),
        deep("x if y else ", "", 5_000),
        format!("x = {}", "f'".repeat(5_000)),
        (0..90).fold(String::new(), |text, depth| format!("{text}{}if x:\n", " ".repeat(depth)))
            + &" ".repeat(91)
            + "x\n",
    ] {
        let _ = Script::parse(&source(&text));
    }
}

proptest! {
    // each case takes a thread of its own
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = Script::parse(&source(&text));
    }

    #[test]
    fn any_words_of_python_are_read_or_refused(words in proptest::collection::vec(
        prop_oneof![
            Just("def f("), Just("):"), Just("\n"), Just("\n    "), Just("class A(B"), Just("import os"), Just("from . import x"),
            Just("os.environ["), Just("'A'"), Just("]"), Just("("), Just(")"), Just("f'{x}'"), Just("="), Just("or"), Just("x"),
            Just("@app.get('/')"), Just(","), Just("**"), Just("lambda"), Just("if __name__ == '__main__':"), Just("await"),
        ], 0..40))
    {
        let _ = Script::parse(&source(&words.join(" ")));
    }
}
