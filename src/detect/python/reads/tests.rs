//! Reads of names in Python, each with what it means.

use std::collections::BTreeSet;

use super::super::super::testing::project;
use super::*;
use crate::paths::RelPath;

/// What is read: `NAME`, `NAME=default`, `NAME!` where it is required, and what it holds.
fn names(files: &[(&str, &str)]) -> Vec<String> {
    project(files).ask(|context| {
        let show = |read: Read| {
            let default = read.default.map(|default| format!("={default}")).unwrap_or_default();
            let required = if read.required { "!" } else { "" };
            let holds = match read.holds {
                Some(Holds::Secret) => " secret".to_owned(),
                Some(Holds::Address(kind)) => format!(" {kind}"),
                Some(Holds::Part { scheme, part }) => format!(" {scheme} {part:?}"),
                None => String::new(),
            };
            format!("{}{default}{required}{holds}", read.name)
        };
        let sources = Sources::read(context, &RelPath::root());
        let found: BTreeSet<String> = reads(&sources).into_iter().map(show).collect();
        found.into_iter().collect()
    })
}

fn of(text: &str) -> Vec<String> {
    names(&[("main.py", text)])
}

#[test]
fn plain_reads_are_found_however_os_is_imported() {
    for (text, found) in [
        ("import os\nx = os.environ['A']", "A!"),
        ("import os\nx = os.environ['A'] or 'x'", "A=x"),
        ("import os\nx = os.environ.get('A')", "A"),
        ("import os\nx = os.environ.get('A', 'x')", "A=x"),
        ("import os\nx = int(os.getenv('A', '1'))", "A=1"),
        ("import os\nx = int(os.getenv('A', 1))", "A=1"),
        ("import os\nx = os.getenv('A') or 'x'", "A=x"),
        ("import os\nx = os.getenv(key='A', default='x')", "A=x"),
        ("from os import environ\nx = environ['A']", "A!"),
        ("from os import environ as e\nx = e.get('A')", "A"),
        ("from os import getenv\nx = getenv('A', 'x')", "A=x"),
        ("import os as o\nx = o.getenv('A')", "A"),
        ("import os\ndef f():\n    return {'x': [os.getenv('A')]}", "A"),
        ("import os\nNAME = 'A'\nx = os.getenv(NAME)", "A"),
        ("import os\nD = 'x'\nx = os.getenv('A', D)", "A=x"),
    ] {
        assert_eq!(of(text), [found], "{text}");
    }
}

#[test]
fn what_only_looks_like_a_read_is_none() {
    for text in [
        "# os.environ['A']\nx = \"os.environ['A']\"",
        "import os\nos.environ['A'] = 'x'",
        "import os\ndel os.environ['A']",
        "x = settings.environ['A']",
        "from mine import getenv\nx = getenv('A')",
        "import os\nx = os.getenv('not a name')",
        "import os\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x = os.getenv('A')",
    ] {
        assert_eq!(of(text), [""; 0], "{text}");
    }
}

#[test]
fn readers_of_libraries_are_known() {
    for (text, found) in [
        ("from starlette.config import Config\nconfig = Config('.env')\nx = config('A')", "A!"),
        ("from starlette.config import Config\nconfig = Config('.env')\nx = config('A', default='x')", "A=x"),
        ("from starlette.config import Config\nc = Config()\nx = c('A', cast=int, default=1)", "A=1"),
        (
            "from starlette.config import Config\nfrom starlette.datastructures import Secret\nc = Config()\nx = c('A', cast=Secret)",
            "A! secret",
        ),
        ("from starlette.config import Config\nc = Config(env_prefix='X_')\nx = c('A')", "X_A!"),
        ("from decouple import config\nx = config('A')", "A!"),
        ("from decouple import config\nx = config('A', default='x', cast=str)", "A=x"),
        ("from decouple import AutoConfig\nc = AutoConfig()\nx = c('A')", "A!"),
        ("from environs import Env\nenv = Env()\nenv.read_env()\nx = env.str('A')", "A!"),
        ("from environs import Env\nenv = Env()\nx = env.int('A', 1)", "A=1"),
        ("from environs import Env\nenv = Env()\nx = env('A', default=None)", "A"),
        ("import typer\ndef f(x: str = typer.Option('x', envvar='A')): ...", "A"),
    ] {
        assert_eq!(of(text), [found], "{text}");
    }
}

#[test]
fn functions_that_read_a_name_they_are_given_are_seen_through() {
    let helper = "import os\ndef env(name, default=None):\n    return os.environ.get(name, default)\n";
    assert_eq!(of(&format!("{helper}x = env('A', 'x')\ny = env('B')")), ["A=x", "B"]);
    let files = [
        ("env.py", "import os\ndef need(key: str) -> str:\n    return os.environ[key]\n"),
        ("main.py", "from env import need\nx = need('A')\n"),
    ];
    assert_eq!(names(&files), ["A"]);
    let prefixed = "import os\ndef env(name):\n    return os.getenv(f'SHOP_{name}')\nx = env('A')";
    assert_eq!(of(prefixed), ["SHOP_A"]);
}

/// A class of settings with these lines, and its names.
fn of_class(head: &str, lines: &[&str]) -> Vec<String> {
    let imports = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import *\nfrom pydantic import BaseModel, Field, SecretStr, PostgresDsn, RedisDsn, AliasChoices\nfrom typing import *\n";
    of(&format!("{imports}{head}\nclass Settings(BaseSettings):\n    {}\n", lines.join("\n    ")))
}

#[test]
fn fields_of_settings_are_names() {
    // pydantic-settings 2: names are not case sensitive, upper case is what people write
    for (lines, found) in [
        (vec!["a: str"], vec!["A!"]),
        (vec!["a: str = 'x'", "b: int = 1", "c: bool = False"], vec!["A=x", "B=1", "C=false"]),
        (vec!["a: str = ..."], vec!["A!"]),
        (vec!["a: str | None = None"], vec!["A"]),
        (vec!["a: Optional[str]"], vec!["A!"]),
        (vec!["a: list[str] = ['x']"], vec!["A"]),
        (vec!["model_config = SettingsConfigDict(env_prefix='SHOP_')", "a: str"], vec!["SHOP_A!"]),
        (vec!["model_config = {'env_prefix': 'shop_'}", "a: str"], vec!["SHOP_A!"]),
        (vec!["a: str", "class Config:", "    env_prefix = 'SHOP_'"], vec!["SHOP_A!"]),
        (
            vec!["a: str = Field('x')", "b: str = Field(...)", "c: str = Field(default_factory=f)"],
            vec!["A=x", "B!", "C"],
        ),
        (
            vec!["model_config = SettingsConfigDict(env_prefix='X_')", "a: str = Field(validation_alias='my_a')"],
            vec!["MY_A!"],
        ),
        (vec!["a: str = Field(alias='MY_A', default='x')"], vec!["MY_A=x"]),
        (vec!["a: str = Field('x', env='MY_A')"], vec!["MY_A=x"]),
        (vec!["a: str = Field(validation_alias=AliasChoices('A_ONE', 'A_TWO'))"], vec!["A_ONE!"]),
        (vec!["a: Annotated[str, Field(alias='MY_A')] = 'x'"], vec!["MY_A=x"]),
        (vec!["a: SecretStr", "b: Optional[SecretStr] = None"], vec!["A! secret", "B secret"]),
        (vec!["db: PostgresDsn", "cache: RedisDsn | None = None"], vec!["CACHE RedisDsn", "DB! PostgresDsn"]),
        (vec!["a: 'SecretStr'"], vec!["A! secret"]),
        (vec!["a: ClassVar[str] = 'x'", "_b: str = 'x'", "b = 1"], vec![]),
        (vec!["a: str", "@computed_field", "@property", "def url(self) -> str:", "    return self.a"], vec!["A!"]),
        (vec!["a: str", "b: str = f'redis://{a}/0'"], vec!["A! redis Host"]),
        (vec!["model_config = SettingsConfigDict(case_sensitive=True)", "a: str"], vec!["a!"]),
    ] {
        assert_eq!(of_class("", &lines), found, "{lines:?}");
    }
}

#[test]
fn models_in_settings_are_taken_apart_where_a_delimiter_is_set() {
    let db = "class Db(BaseModel):\n    host: str = 'x'\n    password: SecretStr\n";
    let nested = "model_config = SettingsConfigDict(env_nested_delimiter='__')";
    assert_eq!(of_class(db, &[nested, "db: Db"]), ["DB__HOST=x", "DB__PASSWORD! secret"]);
    assert_eq!(of_class(db, &["db: Db"]), ["DB!"]);
    let own = "class Db(BaseSettings):\n    host: str = 'x'\n";
    assert_eq!(of_class(own, &["db: Db = Db()"]), ["HOST=x"]);
}

#[test]
fn settings_are_taken_over_from_their_bases_in_other_files_too() {
    let files = [
        (
            "base.py",
            "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass Base(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='P_')\n    a: str\n",
        ),
        ("settings.py", "from base import Base\nclass Settings(Base):\n    b: str = 'x'\n"),
    ];
    assert_eq!(names(&files), ["P_A!", "P_B=x"]);
    assert_eq!(of("from pydantic import BaseModel\nclass A(BaseModel):\n    a: str"), [""; 0]);
    assert_eq!(of("from pydantic import BaseSettings\nclass A(BaseSettings):\n    a: str"), ["A!"]);
}

#[test]
fn a_line_that_gives_a_secret_its_value_is_not_shown() {
    let text = "import os\nfrom pydantic_settings import BaseSettings\nx = os.getenv('JWT_SECRET', 'hunter2')\nclass S(BaseSettings):\n    secret_key: str = 'hunter2'\n    password: str = 'hunter2'\n";
    project(&[("main.py", text)]).ask(|context| {
        let read = reads(&Sources::read(context, &RelPath::root()));
        let shown = format!("{:?}", read.iter().map(|read| &read.evidence).collect::<Vec<_>>());
        assert_eq!(read.len(), 3);
        assert!(!shown.contains("hunter2"), "{shown}");
    });
}

#[test]
fn the_place_of_a_name_in_an_address_says_what_it_holds() {
    let all = [
        "A! postgresql User",
        "B! postgresql Password",
        "C! postgresql Host",
        "D! postgresql Port",
        "E! postgresql Database",
    ];
    let fields = ["a: str", "b: str", "c: str", "d: int", "e: str"];
    for lines in [
        vec!["@property", "def url(self):", "    return f'postgresql://{self.a}:{self.b}@{self.c}:{self.d}/{self.e}'"],
        vec![
            "@computed_field",
            "def url(self):",
            "    return PostgresDsn.build(scheme='postgresql', username=self.a, password=self.b, host=self.c, port=self.d, path=self.e)",
        ],
        vec![
            "def url(self):",
            "    return str(URL.create('postgresql', username=self.a, password=quote(self.b), host=self.c, port=self.d, database=self.e))",
        ],
        vec![
            "@validator('x')",
            "def url(cls, v, values):",
            "    return PostgresDsn.build(scheme='postgresql', user=values.get('a'), password=values['b'], host=values.get('c'), port=values.get('d'), path=f\"/{values.get('e') or ''}\")",
        ],
    ] {
        assert_eq!(of_class("from sqlalchemy import URL", &[fields.as_slice(), &lines].concat()), all, "{lines:?}");
    }
    let plain = "import os\nH = os.getenv('WHERE')\nurl = f'redis://{H}:{os.environ.get(\"P\", \"6379\")}/0'";
    assert_eq!(of(plain), ["P=6379 redis Port", "WHERE redis Host"]);
    let secret =
        ["a: SecretStr", "def url(self):", "    return f'mysql+aiomysql://x:{self.a.get_secret_value()}@db/x'"];
    assert_eq!(of_class("", &secret), ["A! mysql+aiomysql Password"]);
    assert_eq!(of_class("", &["a: str", "def url(self):", "    return f'https://{self.a}/x'"]), ["A! https Host"]);
}
