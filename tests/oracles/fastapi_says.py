#!/usr/bin/env python3
"""What FastAPI's own code says of projects, and what dockwright reads of them without running them.

    tests/oracles/fastapi_says.py DOCKWRIGHT     with fastapi, fastapi-cli, pydantic-settings and httpx

Each layout is a project. fastapi-cli finds its app (`discover.get_import_data`), pydantic-settings
names what its classes of settings read, and the app itself answers the health route. A difference
is one line, and exit 1.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import fastapi  # noqa: F401  imported once, each layout in a fork
import fastapi.testclient
import pydantic_settings
from fastapi_cli import discover

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
HEAD = "from typing import Annotated, Optional\nfrom fastapi import FastAPI, APIRouter, Depends, Header\n"
SETTINGS = (
    "from typing import Annotated, Optional, ClassVar\n"
    "from pydantic import AliasChoices, BaseModel, Field, PostgresDsn, SecretStr, computed_field\n"
    "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
)

# fastapi-cli imports the first that it finds; where it gives up, what dockwright names must import
LAYOUTS = {
    "main": {"main.py": APP},
    "app": {"app.py": APP},
    "api": {"api.py": APP},
    "main before app": {"main.py": APP, "app.py": APP},
    "folder": {"app/main.py": APP},
    "folder's app": {"app/app.py": APP, "app/x.py": ""},
    "folder's api": {"app/api.py": APP},
    "package": {"app/__init__.py": "", "app/main.py": APP},
    "package with relative imports": {
        "app/__init__.py": "", "app/db.py": "x = 1", "app/main.py": "from .db import x\n" + APP,
    },
    "package with absolute imports": {
        "app/__init__.py": "", "app/db.py": "x = 1", "app/main.py": "from app.db import x\n" + APP,
    },
    "folder with its own imports": {"app/db.py": "x = 1", "app/main.py": "from db import x\n" + APP},
    "api preferred": {"main.py": "from fastapi import FastAPI\na = FastAPI()\napi = FastAPI()\n"},
    "first by name": {"main.py": "from fastapi import FastAPI\nweb = FastAPI()\nback = FastAPI()\nX = FastAPI()\n"},
    "annotated": {"main.py": "import fastapi\napp: fastapi.FastAPI = fastapi.FastAPI()\n"},
    "handed on": {"main.py": "from server import web as app\n", "server.py": "from fastapi import FastAPI\nweb = FastAPI()\n"},
    "handed on by star": {"main.py": "from server import *\n", "server.py": "from fastapi import FastAPI\nweb = FastAPI()\n"},
    "made by a function": {"main.py": "from fastapi import FastAPI\ndef make():\n    a = FastAPI()\n    return a\nweb = make()\n"},
    "made in a class": {"main.py": "from fastapi import FastAPI\nclass S:\n    def __init__(self):\n        self.app = FastAPI()\nweb = S().app\n"},
    "made by a method": {"main.py": "from fastapi import FastAPI\nclass S:\n    def make(self):\n        return FastAPI()\nweb = S().make()\n"},
    "derived": {"main.py": "from fastapi import FastAPI\nclass Shop(FastAPI): ...\nx = Shop()\n"},
    "typing only": {"main.py": "from typing import TYPE_CHECKING\nfrom fastapi import FastAPI\nif TYPE_CHECKING:\n    app = 1\nelse:\n    app = FastAPI()\n"},
    "nested scopes": {"main.py": "from fastapi import FastAPI\ndef f():\n    app = FastAPI()\nclass A:\n    app = FastAPI()\nweb = FastAPI()\n"},
    "try": {"main.py": "try:\n    from fastapi import FastAPI\nexcept ImportError:\n    raise\nweb = FastAPI()\n"},
    "wrong first": {"main.py": "x = 1\n", "app/__init__.py": "", "app/main.py": APP},
    "entry point": {"main.py": APP, "shop/__init__.py": "", "shop/web.py": APP,
                    "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\ndependencies = ['fastapi[standard]']\n[tool.fastapi]\nentrypoint = 'shop.web:app'\n"},
    "src": {"src/shop/__init__.py": "", "src/shop/main.py": APP},
    "src as a package": {"src/__init__.py": "", "src/db.py": "x = 1", "src/main.py": "from src.db import x\n" + APP},
    "any package": {"shop/__init__.py": "", "shop/server.py": APP},
    "namespace": {"app/db.py": "x = 1", "app/main.py": "from app.db import x\n" + APP},
    "relative without __init__": {"app/db.py": "x = 1", "app/main.py": "from .db import x\n" + APP},
    "factory": {"shop/__init__.py": "", "shop/web.py": "from fastapi import FastAPI\ndef create() -> FastAPI:\n    return FastAPI()\n"},
}

# classes of settings: the names that pydantic-settings looks for
MODELS = {
    "plain": "class S(BaseSettings):\n    a: str\n    b: int = 1\n    c: Optional[str] = None\n",
    "prefix": "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='SHOP_')\n    a: str\n    b: str = Field(alias='OTHER', default='x')\n    c: str = Field(validation_alias='THIRD', default='x')\n",
    "choices": "class S(BaseSettings):\n    a: str = Field(validation_alias=AliasChoices('ONE', 'TWO'))\n",
    "nested": "class D(BaseModel):\n    host: str = 'x'\n    port: int = 1\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__', env_prefix='X_')\n    db: D = D()\n",
    "derived": "class B(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='P_')\n    a: str\nclass S(B):\n    b: str\n",
    "no fields": "class S(BaseSettings):\n    a: str\n    C: ClassVar[str] = 'x'\n    _p: str = 'x'\n    @computed_field\n    @property\n    def url(self) -> str:\n        return self.a\n",
    "annotated": "class S(BaseSettings):\n    a: Annotated[str, Field(alias='MY_A')]\n    b: PostgresDsn\n    c: SecretStr\n",
    "class keywords": "class S(BaseSettings, env_prefix='K_'):\n    a: str\n",
}

# apps: the path that dockwright chooses answers, and where it sees none, none of these does
HEALTH = {
    "plain": "app = FastAPI()\n@app.get('/health')\ndef f(): return {}\n",
    "router": "r = APIRouter(prefix='/ops')\n@r.get('/healthz')\ndef f(): return {}\napp = FastAPI()\napp.include_router(r, prefix='/api')\n",
    "nested": "r = APIRouter()\n@r.get('/health')\ndef f(): return {}\no = APIRouter(prefix='/o')\no.include_router(r, prefix='/i')\napp = FastAPI(root_path='/x')\napp.include_router(o)\n",
    "mounted": "sub = FastAPI()\n@sub.get('/health')\ndef f(): return {}\napp = FastAPI()\napp.mount('/sub', sub)\n",
    "added": "def f(): return {}\napp = FastAPI()\napp.add_api_route('/ready', f)\n",
    "guarded first": "def user(x: Annotated[str, Header()]): return x\napp = FastAPI()\n@app.get('/health')\ndef f(u=Depends(user)): return {}\n@app.get('/status')\ndef g(): return {}\n",
    "needs a value": "app = FastAPI()\n@app.get('/health')\ndef f(name: str): return {}\n@app.get('/ping')\ndef g(): return {}\n",
    "slash": "app = FastAPI()\n@app.get('/health/')\ndef f(): return {}\n",
    "guarded router": "def token(x: Annotated[str, Header()]): return x\nr = APIRouter(dependencies=[Depends(token)])\n@r.get('/health')\ndef f(): return {}\napp = FastAPI()\napp.include_router(r)\n@app.get('/live')\ndef g(): return {}\n",
}


def write(folder, files):
    files = {"requirements.txt": "fastapi[standard]\npydantic-settings\n", **files}
    if "pyproject.toml" in files:
        del files["requirements.txt"]
    for path, text in files.items():
        file = Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def in_fork(work):
    """What `work` returns or raises, as text; its imports are forgotten."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        sys.stderr = open(os.devnull, "w")
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001  whatever an import raises
            answer = f"! {type(error).__name__}: {error}"
        with os.fdopen(writer, "w") as pipe:
            pipe.write(json.dumps(answer))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.wait()
    return json.loads(text)


def served():
    from fastapi_cli.config import FastAPIConfig

    config = FastAPIConfig.resolve()
    if config.entrypoint:
        return discover.get_import_data_from_import_string(config.entrypoint, True).import_string
    return discover.get_import_data().import_string


def imports(app, folder):
    """Whether an app is one, with whatever folder of the project on the path."""
    import importlib

    module, _, name = app.partition(":")
    for root in [folder, *sorted(path for path in Path(folder).rglob("*") if path.is_dir())]:
        sys.path.insert(0, str(root))
        try:
            value = getattr(importlib.import_module(module), name.removesuffix("()"))
            return isinstance(value() if name.endswith("()") else value, fastapi.FastAPI)
        except ImportError:
            for known in [known for known in sys.modules if known.split(".")[0] == module.split(".")[0]]:
                del sys.modules[known]
            sys.path.pop(0)
    return False


def names():
    import main

    found = set()
    source = pydantic_settings.EnvSettingsSource(main.S)
    nested = main.S.model_config.get("env_nested_delimiter")
    for name, field in main.S.model_fields.items():
        env = source._extract_field_info(field, name)[0][1]
        inner = getattr(field.annotation, "model_fields", None) if nested else None
        found.update([env + nested + key for key in inner] if inner else [env])
    return sorted(name.upper() for name in found)


def answers(path):
    import main

    client = fastapi.testclient.TestClient(main.app, follow_redirects=False)
    return client.get(path).status_code


def main():
    dockwright = Path(sys.argv[1]).resolve()
    wrong, seen, beyond = [], 0, 0
    cases = [("app", name, files) for name, files in LAYOUTS.items()]
    cases += [("settings", name, {"main.py": SETTINGS + text + APP}) for name, text in MODELS.items()]
    cases += [("health", name, {"main.py": HEAD + text}) for name, text in HEALTH.items()]
    for kind, name, files in cases:
        with tempfile.TemporaryDirectory() as folder:
            write(folder, files)
            os.chdir(folder)
            said = subprocess.run([dockwright, "detect", "--format", "json", "."], capture_output=True, text=True)
            try:
                component = json.loads(said.stdout)["components"][0]
            except (ValueError, KeyError, IndexError):
                wrong.append(f"{kind} {name}: no component: {said.stdout}{said.stderr}")
                continue
            seen += 1
            ours = component["facts"]["main"]["value"]
            if kind != "app":
                sys.path.insert(0, folder)
            if kind == "app":
                theirs = in_fork(served)
                if theirs.startswith("!"):
                    beyond += 1
                    theirs = ours if ours and in_fork(lambda: imports(ours, folder)) is True else theirs
            elif kind == "settings":
                ours = sorted({setting["name"] for setting in component["settings"]})
                theirs = in_fork(names)
            else:
                ours = component["facts"]["health"]["value"]
                status = in_fork(lambda: answers(ours.removeprefix("GET ")))
                theirs = ours if status in range(200, 400) else f"{ours} gives {status}"
            if kind != "app":
                sys.path.remove(folder)
            if ours != theirs:
                wrong.append(f"{kind} {name}: dockwright says {ours}, FastAPI {theirs}")
            os.chdir("/")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{seen} projects: dockwright reads what FastAPI runs, in {beyond} where fastapi-cli gives up")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
