#!/usr/bin/env python3
"""Which programs `go list` sees in a module, and which dockwright reads of it without a toolchain.

    tests/oracles/go_says.py DOCKWRIGHT [CLONE...]     with go on the path

Each layout is a module; each clone is a folder with modules of its own, read as it lies there.
What dockwright names as a program must be one, and what it leaves out may only lie where examples
and tests do. A difference is one line, and exit 1.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MAIN = "package main\n\nfunc main() {}\n"
# left out of a question on purpose: no answer to it
ASIDE = {
    "example", "examples", "sample", "samples", "demo", "demos", "tool", "tools", "script", "scripts", "hack",
    "test", "tests", "testing", "e2e", "bench", "benchmark", "benchmarks", "docs", "doc", "build", "ci", "contrib",
    "misc", "fixtures", "mock", "mocks", "generate", "gen", "codegen", "magefiles", "internal",
}

LAYOUTS = {
    "root": {"main.go": MAIN},
    "two": {"cmd/a/main.go": MAIN, "cmd/b/main.go": MAIN},
    "library": {"shop.go": "package shop\n"},
    "main without a function": {"main.go": "package main\n\nfunc run() {}\n", "cmd/a/main.go": MAIN},
    "method called main": {"main.go": "package main\n\ntype t struct{}\n\nfunc (t) main() {}\n", "cmd/a/main.go": MAIN},
    "in a comment": {"a.go": "package shop\n\n/*\npackage main\nfunc main() {}\n*/\n", "cmd/a/main.go": MAIN},
    "in a text": {"a.go": "package shop\n\nvar x = `\npackage main\nfunc main() {}\n`\n", "cmd/a/main.go": MAIN},
    "ignored by tag": {"gen.go": "//go:build ignore\n\n" + MAIN, "cmd/a/main.go": MAIN},
    "other system by tag": {"cmd/a/main.go": "//go:build windows\n\n" + MAIN, "cmd/b/main.go": MAIN},
    "this system by tag": {"cmd/a/main.go": "//go:build linux && !windows\n\n" + MAIN, "cmd/b/main.go": MAIN},
    "old tag": {"cmd/a/main.go": "// +build windows\n\n" + MAIN, "cmd/b/main.go": MAIN},
    "other system by name": {"cmd/a/main_windows.go": MAIN, "cmd/b/main.go": MAIN},
    "this system by name": {"cmd/a/main_linux.go": MAIN, "cmd/b/main.go": MAIN},
    "a name that is a system": {"cmd/a/linux.go": MAIN, "cmd/b/main.go": MAIN},
    "test file": {"cmd/a/main_test.go": MAIN, "cmd/b/main.go": MAIN},
    "testdata and underscore": {"testdata/a/main.go": MAIN, "_x/main.go": MAIN, ".y/main.go": MAIN, "cmd/b/main.go": MAIN},
    "vendor": {"vendor/a.example/x/main.go": MAIN, "cmd/b/main.go": MAIN},
    "nested module": {"sub/go.mod": "module example.com/sub\n\ngo 1.24\n", "sub/main.go": MAIN, "cmd/b/main.go": MAIN},
    "two files": {"cmd/a/a.go": "package main\n\nfunc x() {}\n", "cmd/a/b.go": MAIN},
    "newer than go": {"cmd/a/main.go": "//go:build go1.99\n\n" + MAIN, "cmd/b/main.go": MAIN},
    "cgo": {"cmd/a/main.go": "//go:build cgo\n\n" + MAIN, "cmd/a/main_nocgo.go": "//go:build !cgo\n\n" + MAIN},
    "byte order mark": {"cmd/a/main.go": "\ufeff" + MAIN, "cmd/b/main.go": MAIN},
    "windows lines": {"cmd/a/main.go": MAIN.replace("\n", "\r\n"), "cmd/b/main.go": MAIN},
    "grouped": {"cmd/a/main.go": "package main; import (\"fmt\"); func main() { fmt.Println() }\n"},
}


def theirs(folder):
    """Folders of packages that are programs, seen from the module; one without `func main` cannot be linked."""
    said = subprocess.run(
        ["go", "list", "-e", "-f", '{{if eq .Name "main"}}{{.Dir}}|{{join .GoFiles ","}}|{{join .CgoFiles ","}}{{end}}', "./..."],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
    )
    found = set()
    for line in said.stdout.splitlines():
        path, files, cgo = line.split("|")
        names = [name for name in (files + "," + cgo).split(",") if name]
        if any(has_main(Path(path, name)) for name in names):
            found.add(os.path.relpath(os.path.realpath(path), os.path.realpath(folder)))
    return found


def has_main(file):
    return re.search(r"(^|;)\s*func main\(", file.read_text("utf-8-sig", "replace"), re.MULTILINE) is not None


def ours(dockwright, folder):
    said = subprocess.run([dockwright, "detect", "--format", "json", folder], capture_output=True, text=True)
    components = json.loads(said.stdout).get("components") or []
    if not components or components[0]["template"] != "go" or components[0]["path"] != ".":
        return None
    fact = components[0]["facts"]["main"]
    named = [fact["value"]] + [one["value"] for one in fact.get("rejected", []) + fact.get("candidates", [])]
    return {os.path.normpath(name) for name in named if name}


def main():
    dockwright = Path(sys.argv[1]).resolve()
    wrong, seen = [], 0

    def compare(name, folder):
        nonlocal seen
        found, real = ours(dockwright, folder), theirs(folder)
        seen += 1
        left = {path for path in real - (found or set()) if not ASIDE & set(Path(path).parts)}
        if found is None:
            left = {path for path in real if not ASIDE & set(Path(path).parts)}
        if left:
            wrong.append(f"{name}: `go list` has {sorted(left)}, dockwright has not")
        if found and found - real:
            wrong.append(f"{name}: dockwright has {sorted(found - real)}, `go list` has not")

    for name, files in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {"go.mod": "module example.com/shop\n\ngo 1.24\n", **files}.items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            compare(name, folder)
    for clone in sys.argv[2:]:
        if Path(clone, "go.mod").is_file():
            compare(Path(clone).name, clone)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{seen} modules: dockwright names the programs that `go list` sees")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
