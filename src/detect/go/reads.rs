//! Which names the code reads from its environment, and the value it falls back to.

use std::collections::BTreeMap;

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::GoFile;
use super::declarations::closing;
use super::scan::{Kind, Token};
use super::{koanf, tags, viper};
use crate::facts::EnvName;

/// A function that reads the name it is given.
#[derive(Debug, Clone, PartialEq)]
struct Wrapper {
    name_at: usize,
    prefix: String,
    default_at: Option<usize>,
}

/// The names in the order in which the files stand, each once: its first place, its first default.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let wrappers = wrappers(files, calls, constants);
    let mut found: Vec<Read> = Vec::new();
    for call in calls {
        let known = wrapper(call, &wrappers);
        let Some(wrapper) = known else { continue };
        let Some(name) = call.arguments.get(wrapper.name_at) else { continue };
        let Some(name) = constants.text(call.file, name) else { continue };
        let default = wrapper.default_at.and_then(|at| call.arguments.get(at));
        let default =
            default.and_then(|tokens| constants.text(call.file, tokens)).or_else(|| fallback(call, constants));
        // the default of a library's function is the first literal behind the name
        let library =
            call.arguments.iter().skip(1).filter(|_| call.path.first().is_some_and(|first| first.starts_with("env")));
        let default = default.or_else(|| library.take(2).find_map(|tokens| constants.text(call.file, tokens)));
        found.extend(read(call.file, &format!("{}{name}", wrapper.prefix), call.line, call.path.join("."), default));
    }
    found.extend(flag_variables(files));
    found.extend(tags::reads(files, calls, constants));
    found.extend(viper::reads(files, calls, constants));
    found.extend(koanf::reads(files, calls, constants));
    let mut merged: Vec<Read> = Vec::new();
    for read in found {
        match merged.iter_mut().find(|known| known.name == read.name) {
            Some(known) => {
                if known.default.is_none() && read.default.is_some() {
                    known.default = read.default;
                }
                known.required |= read.required;
            }
            None => merged.push(read),
        }
    }
    merged
}

/// A read of a name that is one.
pub fn read(file: &GoFile, name: &str, line: u32, because: String, default: Option<String>) -> Option<Read> {
    // `SHOP_` is what names begin with
    let name = EnvName::new(name).ok().filter(|name| !name.as_str().ends_with('_'))?;
    let (evidence, default) = (file.evidence(line, because), default.filter(|text| !text.is_empty()));
    Some(Read { name, evidence, default, required: false, holds: None })
}

fn wrapper<'a>(call: &Call<'_>, wrappers: &'a BTreeMap<String, Wrapper>) -> Option<&'a Wrapper> {
    static PLAIN: Wrapper = Wrapper { name_at: 0, prefix: String::new(), default_at: None };
    if ["os.Getenv", "os.LookupEnv", "syscall.Getenv"].iter().any(|known| call.is(known)) {
        return Some(&PLAIN);
    }
    let wrapper = match wrappers.get(call.name()) {
        // a library for it: env.String("ADDR", …), envy.Get("PORT", "8080")
        None if matches!(call.path.as_slice(), ["env" | "envy" | "envutil" | "osenv", _]) => &PLAIN,
        known => known?,
    };
    // r.Get("/x") is no wrapper's call although a wrapper may be called Get
    let name = call.arguments.get(wrapper.name_at)?.first()?;
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    match name.literal() {
        Some(text) => is_name(text).then_some(wrapper),
        None => (name.kind == Kind::Word).then_some(wrapper),
    }
}

/// Functions whose body reads a name that is a parameter, those that call such a function too.
fn wrappers(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> BTreeMap<String, Wrapper> {
    let mut found: BTreeMap<String, Wrapper> = BTreeMap::new();
    for _ in 0..4 {
        let before = found.len();
        for call in calls {
            let Some(known) = wrapper(call, &found).cloned() else { continue };
            let Some(function) = call.file.function_at(call.at) else { continue };
            let Some(argument) = call.arguments.get(known.name_at) else { continue };
            let (prefix, parameter) = match argument.split_last() {
                Some((last, [])) => (String::new(), last),
                Some((last, [before @ .., plus])) if plus.is_mark('+') => {
                    (constants.text(call.file, before).unwrap_or_default(), last)
                }
                _ => continue,
            };
            let named = |name: &str| function.parameters.iter().position(|(parameter, _)| parameter == name);
            let Some(name_at) = named(&parameter.text) else { continue };
            let default_at = function
                .parameters
                .iter()
                .enumerate()
                .find(|(at, (_, kind))| *at != name_at && !kind.starts_with(['*', 'f', '.']) && !kind.contains("error"))
                .map(|(at, _)| at);
            let wrapper = Wrapper { name_at, prefix: format!("{}{prefix}", known.prefix), default_at };
            found.entry(function.name.clone()).or_insert(wrapper);
        }
        if found.len() == before {
            break;
        }
    }
    let _ = files;
    found
}

/// The literal that stands in for an empty variable: `if port == "" { port = "8080" }`,
/// `cmp.Or(os.Getenv("PORT"), "8080")`.
fn fallback(call: &Call<'_>, constants: &Constants) -> Option<String> {
    let tokens = &call.file.tokens;
    let end = closing(tokens, call.at)?;
    let start = call.at.checked_sub(call.path.len() * 2 - 1)?;
    // the next argument of `cmp.Or(`
    if start >= 2 && tokens[start - 1].is_mark('(') && tokens[start - 2].text.to_ascii_lowercase().ends_with("or") {
        let rest = tokens.get(end + 1..end + 3)?;
        return rest[0].is_mark(',').then(|| constants.text(call.file, &rest[1..])).flatten();
    }
    let name = assigned(tokens, start)?;
    let limit = call.file.function_at(call.at).map_or(end + 40, |function| function.body.end).min(end + 40);
    let after = tokens.get(end + 1..limit.min(tokens.len()))?;
    for (at, window) in after.windows(3).enumerate() {
        let is_set = window[0].text == name.text
            && window[0].kind == Kind::Word
            && window[1].is_mark('=')
            && !window[2].is_mark('=');
        let returned = window[0].is_word("return") && at < 16;
        if is_set {
            return constants.text(call.file, &window[2..3]);
        }
        if returned && window[1].literal().is_some() {
            return window[1].literal().map(str::to_owned);
        }
    }
    None
}

/// The variable that the expression at `start` is assigned to: `port :=`, `port, ok :=`.
fn assigned(tokens: &[Token], start: usize) -> Option<&Token> {
    let mut at = start.checked_sub(1).filter(|at| tokens[*at].is_mark('='))?;
    at = at.checked_sub(1)?;
    if tokens[at].is_mark(':') {
        at = at.checked_sub(1)?;
    }
    if at >= 2 && tokens[at - 1].is_mark(',') {
        at -= 2;
    }
    Some(&tokens[at]).filter(|token| token.kind == Kind::Word)
}

/// urfave/cli: `EnvVars: []string{"PORT"}`, `Sources: cli.EnvVars("PORT")`, `EnvVar: "PORT"`.
fn flag_variables(files: &[&GoFile]) -> Vec<Read> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.imports_from("github.com/urfave/cli").is_some()) {
        let tokens = &file.tokens;
        for (at, token) in tokens.iter().enumerate() {
            if !["EnvVars", "EnvVar", "EnvVarF"].contains(&token.text.as_str()) || token.kind != Kind::Word {
                continue;
            }
            let names = tokens[at + 1..]
                .iter()
                .take_while(|token| {
                    token.literal().is_some()
                        || matches!(token.text.as_str(), ":" | "[" | "]" | "string" | "{" | "(" | ",")
                })
                .filter_map(Token::literal);
            let default = super::literals::field(tokens, at, "Value").map(str::to_owned);
            for name in names.flat_map(|names| names.split(',')) {
                found.extend(read(file, name.trim(), token.line, "flag's variable".to_owned(), default.clone()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;
    use super::super::code::Code;
    use super::super::module::Module;
    use super::super::program::Program;
    use super::*;
    use crate::paths::RelPath;

    /// What a program reads, as `NAME` or `NAME=default`.
    fn names(files: &[(&str, &str)]) -> Vec<String> {
        let module = Module { path: "example.com/shop".to_owned(), ..Module::default() };
        project(files).ask(|context| {
            let code = Code::read(context.project, &RelPath::root(), &module.path, &[], false);
            let program = Program::of(&module, &code, &[RelPath::root()]);
            let reads = reads(&program.files, &program.calls, &program.constants);
            let shown = |read: &Read| match &read.default {
                Some(default) => format!("{}={default}", read.name.as_str()),
                None => read.name.to_string(),
            };
            reads.iter().map(shown).collect()
        })
    }

    fn of_main(text: &str) -> Vec<String> {
        names(&[("main.go", &format!("package main\n\n{text}\n"))])
    }

    #[test]
    fn names_are_read_directly_and_by_constants() {
        assert_eq!(
            of_main("const key = \"A_KEY\"\nfunc main() {\n os.Getenv(key)\n v, ok := os.LookupEnv(\"B\")\n}"),
            ["A_KEY", "B"]
        );
        assert_eq!(of_main("// os.Getenv(\"A\")\nvar x = \"os.Getenv(\\\"B\\\")\"\nfunc main() {}"), [""; 0]);
    }

    #[test]
    fn a_fallback_is_the_default() {
        assert_eq!(of_main("func main() {\n p := os.Getenv(\"P\")\n if p == \"\" {\n  p = \"1\"\n }\n}"), ["P=1"]);
        assert_eq!(of_main("func main() {\n p, ok := os.LookupEnv(\"P\")\n if !ok { p = \"1\" }\n}"), ["P=1"]);
        assert_eq!(of_main("func main() { f(cmp.Or(os.Getenv(\"P\"), \"1\")) }"), ["P=1"]);
        assert_eq!(of_main("func main() {\n p := os.Getenv(\"P\")\n if p == \"x\" { g() }\n}"), ["P"]);
    }

    #[test]
    fn functions_that_read_a_name_they_are_given_are_seen_through() {
        let helpers = "func env(key, fallback string) string {\n if v, ok := os.LookupEnv(key); ok { return v }\n return fallback\n}\nfunc envInt(name string, def int) int { n, _ := strconv.Atoi(env(name, \"\")); return n }\nfunc prefixed(k string) string { return os.Getenv(\"SHOP_\" + k) }\n";
        let main = format!(
            "{helpers}func main() {{ env(\"HOST_NAME\", \"x\"); envInt(\"COUNT\", 3); prefixed(\"DEBUG\"); r.env(\"/path\", h) }}"
        );
        assert_eq!(of_main(&main), ["HOST_NAME=x", "COUNT=3", "SHOP_DEBUG"]);
    }

    #[test]
    fn packages_that_are_not_part_of_the_program_count_for_nothing() {
        let files = [
            (
                "main.go",
                "package main\n\nimport \"example.com/shop/internal/config\"\n\nfunc main() { config.Load() }\n",
            ),
            ("internal/config/config.go", "package config\n\nfunc Load() { os.Getenv(\"A\") }\n"),
            ("internal/config/config_test.go", "package config\n\nfunc x() { os.Getenv(\"T\") }\n"),
            ("internal/config/windows.go", "//go:build windows\n\npackage config\n\nfunc x() { os.Getenv(\"W\") }\n"),
            ("cmd/migrate/main.go", "package main\n\nfunc main() { os.Getenv(\"M\") }\n"),
        ];
        assert_eq!(names(&files), ["A"]);
    }

    #[test]
    fn struct_tags_name_variables_with_the_prefixes_around_them() {
        let tags = "type DB struct {\n Host string `env:\"HOST\" envDefault:\"db\"`\n}\ntype C struct {\n Port int `env:\"PORT,required\" json:\"port\"`\n Name string `env:\"NAME, default=shop\"`\n DB DB `envPrefix:\"DB_\"`\n Mail struct {\n From string `env:\"FROM\"`\n } `env:\", prefix=MAIL_\"`\n Other string `json:\"other\"`\n}\nfunc main() {}";
        assert_eq!(of_main(tags), ["PORT", "NAME=shop", "DB_HOST=db", "MAIL_FROM"]);
        let envconfig = "import \"github.com/kelseyhightower/envconfig\"\ntype C struct {\n Port int `default:\"8080\"`\n MaxConns int `split_words:\"true\"`\n Url string `envconfig:\"DATABASE_URL\"`\n Plain string\n}\nfunc main() { envconfig.Process(\"shop\", &c) }";
        assert_eq!(of_main(envconfig), ["SHOP_PORT=8080", "SHOP_MAX_CONNS", "SHOP_DATABASE_URL"]);
        let groups = "type Mail struct {\n Port int `long:\"port\" env:\"PORT\" default:\"25\"`\n}\ntype C struct {\n Mail Mail `group:\"mail\" env-namespace:\"SMTP\"`\n}\nfunc main() {}";
        assert_eq!(of_main(groups), ["SMTP_PORT=25"]);
    }

    #[test]
    fn keys_of_viper_are_variables_where_it_reads_them() {
        let viper = "import \"github.com/spf13/viper\"\nfunc main() {\n viper.SetEnvPrefix(\"shop\")\n viper.SetEnvKeyReplacer(strings.NewReplacer(\".\", \"_\"))\n viper.AutomaticEnv()\n viper.SetDefault(\"http.port\", 8080)\n viper.BindEnv(\"db\", \"DATABASE_URL\")\n viper.GetString(\"http.port\")\n c.Get(\"user\")\n}";
        assert_eq!(of_main(viper), ["DATABASE_URL", "SHOP_HTTP_PORT=8080"]);
        let silent = "import \"github.com/spf13/viper\"\nfunc main() { viper.GetString(\"port\") }";
        assert_eq!(of_main(silent), [""; 0]);
    }

    #[test]
    fn keys_of_koanf_are_variables_behind_its_prefix() {
        let koanf = "import \"github.com/knadh/koanf/v2\"\nfunc main() {\n k.Load(env.Provider(\"SHOP_\", \".\", func(s string) string { return strings.Replace(strings.ToLower(strings.TrimPrefix(s, \"SHOP_\")), \"_\", \".\", -1) }), nil)\n k.String(\"mail.host\")\n k.MustInt(\"mail.port\")\n}";
        assert_eq!(of_main(koanf), ["SHOP_MAIL_HOST", "SHOP_MAIL_PORT"]);
    }

    #[test]
    fn libraries_that_read_one_name_are_known() {
        let main = "func main() {\n envy.Get(\"A_PORT\", \"3000\")\n env.String(\"BIND\", false, \":9090\", \"help\")\n env.Parse(&c)\n env.New(\"app_\", f)\n}";
        assert_eq!(of_main(main), ["A_PORT=3000", "BIND=:9090"]);
    }

    #[test]
    fn flags_of_urfave_name_their_variables() {
        let flags = "import \"github.com/urfave/cli/v2\"\nfunc main() {\n x := &cli.StringFlag{Name: \"addr\", Value: \":8080\", EnvVars: []string{\"SHOP_ADDR\", \"ADDR\"}}\n}";
        assert_eq!(of_main(flags), ["SHOP_ADDR=:8080", "ADDR=:8080"]);
    }
    #[test]
    fn what_a_tag_insists_on_is_required() {
        let tags = "import \"github.com/kelseyhightower/envconfig\"\n\ntype C struct {\n A string `env:\"A,required\"`\n B string `env:\"B,notEmpty\" envDefault:\"b\"`\n C string `env:\"C\" env-required:\"true\"`\n D string `env:\"D\"`\n E string `envconfig:\"E\" required:\"true\"`\n}\nfunc main() { envconfig.Process(\"\", &c) }";
        let source = format!("package main\n\n{tags}\n");
        let module = Module { path: "example.com/shop".to_owned(), ..Module::default() };
        let required: Vec<String> = project(&[("main.go", &source)]).ask(|context| {
            let code = Code::read(context.project, &RelPath::root(), &module.path, &[], false);
            let program = Program::of(&module, &code, &[RelPath::root()]);
            let reads = reads(&program.files, &program.calls, &program.constants);
            reads.iter().filter(|read| read.required).map(|read| read.name.to_string()).collect()
        });
        assert_eq!(required, ["A", "C", "E"]);
    }

    #[test]
    fn names_have_all_prefixes_of_the_structs_around_them() {
        let tags = "type Pool struct {\n Size int `env:\"SIZE\"`\n}\ntype DB struct {\n Host string `env:\"HOST\"`\n Pool Pool `envPrefix:\"POOL_\"`\n}\ntype C struct {\n Writer DB `envPrefix:\"WRITER_\"`\n Reader *DB `envPrefix:\"READER_\"`\n}\ntype Server struct { config C }\n";
        let names = ["WRITER_HOST", "WRITER_POOL_SIZE", "READER_HOST", "READER_POOL_SIZE"];
        assert_eq!(of_main(&format!("{tags}func main() {{}}")), names);
        let parsed = "func main() {\n var c C\n env.ParseWithOptions(&c, env.Options{Prefix: \"SHOP_\"})\n}";
        assert_eq!(of_main(&format!("{tags}{parsed}")), names.map(|name| format!("SHOP_{name}")));
    }

    #[test]
    fn envconfig_puts_the_names_of_structs_in_front() {
        let import = "import \"github.com/kelseyhightower/envconfig\"\n";
        let types = "type DB struct {\n Host, User string\n PoolSize int `split_words:\"true\" default:\"4\"`\n}\ntype Common struct {\n Debug bool\n}\ntype C struct {\n Common\n DB DB\n Read *DB `envconfig:\"REPLICA\"`\n Skipped string `ignored:\"true\"`\n own string\n}\ntype Unrelated struct {\n Name string\n}\n";
        let main = "func load() (*C, error) {\n c := &C{}\n err := envconfig.Process(\"shop\", c)\n return c, err\n}\nfunc main() {}";
        let replica = ["SHOP_REPLICA_HOST", "SHOP_REPLICA_USER", "SHOP_REPLICA_POOL_SIZE=4"];
        let mut names = vec!["SHOP_DEBUG", "SHOP_DB_HOST", "SHOP_DB_USER", "SHOP_DB_POOL_SIZE=4"];
        names.extend(replica);
        assert_eq!(of_main(&format!("{import}{types}{main}")), names);
    }
}
