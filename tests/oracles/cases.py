#!/usr/bin/env python3
"""Thousands of cases with what the ecosystem's own code says of them, one JSON object a line.

    tests/oracles/cases.py NODE >cases.jsonl     with packaging and poetry-core; NODE has npm beside it

npm's semver reads ranges of engines, packaging and poetry-core those of Python, git its own
.gitignore and index. `cargo test --test oracles` holds dockwright to them. The same seed gives the
same cases.
"""
import json
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from poetry.core.constraints.version import Version as PoetryVersion
from poetry.core.constraints.version import parse_constraint

SEED = 20261124
NODE, PYTHON, POETRY, IGNORED, INDEXES = 3000, 3000, 1500, 1200, 12
EACH = 6  # paths per .gitignore

SEMVER = """
const [, file, table] = process.argv;
const { createRequire } = require('node:module');
const semver = createRequire(file)('semver');
const versions = JSON.parse(table);
const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const says = text => {
  if (semver.validRange(text) === null) return 'error';
  // a pinned release means its major version; what nothing satisfies allows nothing
  const allowed = text.split('||').filter(one => semver.minVersion(one) !== null);
  const pins = v => allowed.length > 0 && allowed.every(one => semver.subset(one, v.version));
  const fits = v => semver.satisfies(v.newest, text) || pins(v);
  return versions.find(fits)?.version ?? 'error';
};
console.log(JSON.stringify(texts.map(says)));
"""


def runtimes(name):
    """The versions of a table with the best first, as dockwright's README orders them."""
    table = tomllib.loads(Path(f"presets/runtimes/{name}.toml").read_text())
    return table["version"], lambda version: version["end-of-life"] < table["as-of"]


def number(random, top):
    return str(random.choice([0, 1, 2, 9, 10, 11, 12, 18, 20, 21, 22, 23, 24, 25, 26, 27, top]))


def node_range(random):
    def version():
        parts = [number(random, 99), *(random.choice([number(random, 30), "x", "X", "*", "0"]) for _ in range(2))]
        text = ".".join(parts[: random.choice([1, 1, 2, 3, 3])])
        if text.count(".") == 2 and random.random() < 0.1:
            text += random.choice(["-0", "-rc.1", "-alpha", "+build.1"])
        return random.choice(["", "", "", "v", "="]) + text

    def comparator():
        operator = random.choice(["", "^", "~", ">=", ">", "<", "<=", "=", "~>", ">=", "^"])
        return operator + random.choice(["", "", "", " "]) + version()

    def part():
        kind = random.random()
        if kind < 0.12:
            return f"{version()} - {version()}"
        if kind < 0.17:
            return random.choice(["*", "x", "", "next", "lts/jod", ">=", "foo", "18,20", "^^18", "18 ||| 20", ">=18 <=", "1.2.3.4"])
        return " ".join(comparator() for _ in range(random.choice([1, 1, 2, 2, 3])))

    text = random.choice([" || ", "||", " ||"]).join(part() for _ in range(random.choice([1, 1, 1, 2, 3])))
    return random.choice(["", "", "", " "]) + text


def python_range(random):
    def version():
        text = "3." + str(random.randint(6, 17)) if random.random() < 0.9 else str(random.choice([2, 3, 4]))
        if random.random() < 0.4 and "." in text:
            text += "." + str(random.choice([0, 1, 2, 10, 13, 15, 18, 20]))
        if random.random() < 0.08:
            text += random.choice(["rc1", "b2", ".dev0", "a1", ".post1", "+local"])
        return text

    def part():
        operator = random.choice([">=", ">=", "<", "<=", ">", "==", "!=", "~=", "===", ""])
        text = operator + random.choice(["", "", " "]) + version()
        if operator in ("==", "!=") and random.random() < 0.6:
            text += ".*"
        return text if random.random() < 0.97 else random.choice(["", "foo", ">=", "^3.11", ">3.10 <3.12"])

    return random.choice([",", ", ", " , "]).join(part() for _ in range(random.choice([1, 1, 2, 2, 3])))


def poetry_range(random):
    def version():
        text = "3." + str(random.randint(7, 16)) if random.random() < 0.9 else str(random.choice([3, 4]))
        return text + ("." + str(random.choice([0, 1, 2, 13]))) * (random.random() < 0.35 and "." in text)

    def part():
        operator = random.choice(["^", "^", "^", "~", ">=", "<", "<=", "!=", "==", "~=", ""])
        text = operator + version()
        if operator in ("==", "!=", "") and text.count(".") == 1 and random.random() < 0.4:
            text += ".*"
        return text if random.random() < 0.95 else "*"

    parts = [random.choice([",", ", "]).join(part() for _ in range(random.choice([1, 1, 1, 2, 2])))]
    if random.random() < 0.15:
        parts.append(part())
    return " || ".join(parts)


def of_python(text, contains):
    """The default that is allowed, then older ones, then newer ones; those with support first, and a
    release that is not the newest of its version only where nothing else is allowed."""
    versions, is_old = runtimes("python")
    usual = next(at for at, version in enumerate(versions) if version.get("default"))
    order = versions[usual:] + versions[:usual][::-1]
    fitting = [version for version in order if contains(version["newest"])]
    best = next((version for version in fitting if not is_old(version)), fitting[0] if fitting else None)
    if best:
        return best["version"]
    for version in order:
        for patch in range(int(version["newest"].split(".")[2]) - 1, -1, -1):
            if contains(f"{version['version']}.{patch}"):
                return f"{version['version']}.{patch}"
    return "error"


def packaging_says(text):
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        return "malformed"
    return of_python(text, lambda newest: specifiers.contains(Version(newest)))


def poetry_says(text):
    try:
        constraint = parse_constraint(text)
    except Exception:  # noqa: BLE001  whatever it raises
        return "malformed"
    return of_python(text, lambda newest: constraint.allows(PoetryVersion.parse(newest)))


def semver_says(node, texts):
    versions, is_old = runtimes("node")
    order = sorted(versions, key=is_old)
    # npm's own copy: what `npm install` reads engines with
    program = subprocess.run([node, "-p", "process.execPath"], capture_output=True, text=True, check=True).stdout.strip()
    npm = Path(program).parent.parent / "lib/node_modules/npm"
    table = json.dumps([{"version": version["version"], "newest": version["newest"]} for version in order])
    said = subprocess.run(
        [node, "-e", SEMVER, "--", str(npm / "package.json"), table],
        input=json.dumps(texts), capture_output=True, text=True,
    )
    if said.returncode:
        sys.exit(said.stderr)
    return json.loads(said.stdout)


def gitignores(random):
    parts = ["*", "**", "?", "/", "/", "a", "b", "c", ".env", "Dockerfile", "compose.yaml", "*.yaml", "[a-c]", "[!a]", "[^b]", "[[:alpha:]]", "\\*", "\\", " ", "!", "#", "-", "[", "]", "é"]

    def line():
        kind = random.random()
        if kind < 0.1:
            return random.choice(["", "# x", "!", "/", "**", "*", "\\!a", "\\#b", "a ", "a\\ ", "a/", "!a/", "**/"])
        text = "".join(random.choice(parts) for _ in range(random.randint(1, 5)))
        return random.choice(["", "", "!", "/", "**/"]) + text + random.choice(["", "", "", "/", "/**", "/*"])

    names = ["a", "b", "c", "ab", "abc", ".env", "Dockerfile", "compose.yaml", "x.yaml", "é", "a b", "#b", "!a", "a-c"]
    files = {".gitignore": "\n".join(line() for _ in range(random.randint(1, 4))) + random.choice(["\n", "\r\n", ""])}
    if random.random() < 0.3:
        files["a/.gitignore"] = line() + "\n"
    paths = {"/".join(random.choice(names) for _ in range(random.choice([1, 1, 2, 3]))) for _ in range(EACH)}
    return files, sorted(path for path in paths if path not in files and not any(file.startswith(path + "/") for file in files))


def git_says(folder, files, paths):
    for left in Path(folder).iterdir():
        if left.name == ".gitignore":
            left.unlink()
        elif left.name != ".git":
            shutil.rmtree(left)
    for name, text in files.items():
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    asked = "\0".join(paths).encode() + b"\0"
    said = subprocess.run(["git", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"], cwd=folder, input=asked, capture_output=True)
    fields = said.stdout.decode().split("\0")
    answers = {}
    for source, line, pattern, path in zip(*[iter(fields)] * 4):
        answers[path] = f"{source}:{line}" if source and not pattern.startswith("!") else None
    return answers


def main():
    node = sys.argv[1]
    rng = random.Random(SEED)
    out = lambda **case: print(json.dumps(case))  # noqa: E731

    texts = sorted({node_range(rng) for _ in range(NODE)})
    for text, expected in zip(texts, semver_says(node, texts)):
        out(kind="node", text=text, expected=expected)
    for text in sorted({python_range(rng) for _ in range(PYTHON)}):
        out(kind="python", text=text, expected=packaging_says(text))
    for text in sorted({poetry_range(rng) for _ in range(POETRY)}):
        out(kind="poetry", text=text, expected=poetry_says(text))

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        for _ in range(IGNORED):
            files, paths = gitignores(rng)
            if paths:
                answers = git_says(folder, files, paths)
                out(kind="ignored", files=files, paths=[[path, answers.get(path)] for path in paths])

    for at in range(INDEXES):
        with tempfile.TemporaryDirectory() as folder:
            git = lambda *words: subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)  # noqa: E731
            git("init", "--quiet")
            names = {"/".join(rng.choice(["a", "b", "lib", "x" * rng.randint(1, 300) if rng.random() < 0.05 else "é"]) for _ in range(rng.randint(1, 4))) + f"/f{n}" for n in range(rng.choice([1, 5, 200]))}
            for name in sorted(names):
                file = Path(folder, name)
                try:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text("")
                except OSError:
                    continue
            git("add", "--all")
            Path(folder, "later").write_text("")
            git("add", "--intent-to-add", "later")
            git("update-index", "--index-version", str(2 + at % 3))
            listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder, capture_output=True).stdout.decode().split("\0")
            index = Path(folder, ".git/index").read_bytes().hex()
            out(kind="index", index=index, files=sorted(name for name in listed if name and name != "later"))


if __name__ == "__main__":
    main()
