#!/usr/bin/env python3
"""Puts dockwright's images beside those that other tools' container files give, on one engine in one run.

    tests/bench/images.py DOCKWRIGHT OTHERS [--app NAME]... [--runs N]

DOCKWRIGHT is the built program; OTHERS a folder with `APP/TOOL/` folders that hold that tool's Dockerfile (and
.dockerignore, compose.yaml) for the app `tests/bench/apps/APP`. Nothing of OTHERS is kept. Tools take turns, so that a
busy machine is busy for all. Prints one Markdown table per app; a value in bold is more than 5 % (a size also more than
2 MB) above the best. Ratios within a run mean something, seconds do not.

What is measured: MB, files and layers over the base image; seconds of a build without any cache, after one changed
source line and after one more dependency; from `docker run` to the first good answer; of `docker stop`, with the init
process that the tool's own compose.yaml asks for.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
OURS = "dockwright"
CELLS = ["MB over base", "files", "layers", "cold s", "source s", "dependency s", "start s", "stop s"]


def docker(*args, check=True, **more):
    done = subprocess.run(["docker", *args], capture_output=True, text=True, **more)
    if check and done.returncode != 0:
        raise SystemExit(f"docker {' '.join(args)}\n{done.stderr[-3000:]}")
    return done.stdout


def timed(*args):
    start = time.monotonic()
    docker(*args)
    return time.monotonic() - start


class Candidate:
    """One app with one tool's files."""

    def __init__(self, app, tool, files, folder, program):
        self.app, self.tool = app, tool
        self.settings = tomllib.loads((HERE / "apps" / app / "bench.toml").read_text())
        self.folder = folder / app / tool
        self.tag = f"dockwright-bench-{os.getpid()}-{app}-{re.sub('[^a-z0-9]', '', tool.lower())}"
        self.cells = {cell: [] for cell in CELLS}
        self.reset()
        if files:
            shutil.copytree(files, self.folder, dirs_exist_ok=True)
        else:
            subprocess.run([program, "init", "--yes", str(self.folder)], check=True, capture_output=True)
        compose = self.folder / "compose.yaml"
        self.init = compose.is_file() and "init: true" in compose.read_text()
        self.dockerfile = (self.folder / "Dockerfile").read_text()

    def reset(self):
        shutil.copytree(HERE / "apps" / self.app / "app", self.folder, dirs_exist_ok=True)

    def build(self, caches, *options):
        """Builds with cache mounts of that name: a new name is an empty cache. Gives seconds."""
        text = self.dockerfile
        # an unpinned frontend image cannot be had everywhere, and would be a build of its own
        text = re.sub(r"(?im)^#\s*syntax\s*=.*\n", "", text)
        text = re.sub(
            r"--mount=type=cache,((?:id=[^, ]+,)?)",
            lambda mount: f"--mount=type=cache,id={self.tag}-{caches}-{hashlib.sha1(mount[1].encode()).hexdigest()[:6]}-T,",
            text,
        )
        # one cache per target folder
        text = re.sub(
            r"-T,(\S*?)(target|dst|destination)=([^, ]+)",
            lambda mount: f"-{hashlib.sha1(mount[3].encode()).hexdigest()[:6]},{mount[1]}{mount[2]}={mount[3]}",
            text,
        )
        path = self.folder / "Dockerfile"
        path.write_text(text)
        try:
            return timed("build", "--quiet", "--tag", self.tag, *options, str(self.folder))
        finally:
            path.write_text(self.dockerfile)

    def over_base(self):
        """MB, files and layers that the image adds to its base."""
        image = json.loads(docker("image", "inspect", self.tag))[0]
        layers = image["RootFS"]["Layers"]
        base = None
        for name in set(docker("image", "ls", "--quiet", "--no-trunc").split()) - {image["Id"]}:
            other = json.loads(docker("image", "inspect", name))[0]
            mine = any("dockwright-bench-" in tag for tag in other["RepoTags"] or ["dockwright-bench-"])
            stack = other["RootFS"]["Layers"]
            if not mine and stack == layers[: len(stack)] and (base is None or len(stack) > len(base["RootFS"]["Layers"])):
                base = other
        if base is None:
            raise SystemExit(f"{self.tag}: the base image is not among those of this engine")
        megabytes = (image["Size"] - base["Size"]) / 1e6
        return megabytes, files(self.tag) - files(base["Id"]), len(layers) - len(base["RootFS"]["Layers"])

    def run(self):
        """Seconds until the first good answer, and of the stop."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        inside = self.settings["port"]
        options = ["--init"] if self.init else []
        start = time.monotonic()
        name = docker("run", "--detach", *options, "--env", f"PORT={inside}", "--publish", f"127.0.0.1:{port}:{inside}", self.tag).strip()
        try:
            while not answers(port, self.settings["get"]):
                if time.monotonic() - start > 60:
                    raise SystemExit(f"{self.tag} never answers:\n{docker('logs', name)}")
                time.sleep(0.01)
            started = time.monotonic() - start
            return started, timed("stop", name)
        finally:
            docker("rm", "--force", name)

    def mark(self, text):
        """Writes a text that means nothing into the manifest: layers of an earlier run would make the build look instant."""
        manifest = self.folder / self.settings["manifest"]
        if manifest.suffix == ".json":
            manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"description": text}, indent=2))
        else:
            comment = "//" if manifest.suffix == ".mod" else "#"
            manifest.write_text(f"{manifest.read_text()}{comment} {text}\n")

    def round(self, number):
        note = lambda cell, value: self.cells[cell].append(value)
        self.reset()
        caches = f"{number}-{time.time_ns()}"
        note("cold s", self.build(caches, "--no-cache"))
        for cell, value in zip(CELLS, self.over_base()):
            note(cell, value)
        for cell, value in zip(["start s", "stop s"], self.run()):
            note(cell, value)
        source = self.folder / self.settings["source"]
        source.write_text(source.read_text() + self.settings["line"] + f" {caches}\n")
        note("source s", self.build(caches))
        shutil.copytree(HERE / "apps" / self.app / "dependency", self.folder, dirs_exist_ok=True)
        self.mark(caches)
        note("dependency s", self.build(caches))


def files(image):
    name = docker("create", image, "nothing").strip()
    try:
        export = subprocess.Popen(["docker", "export", name], stdout=subprocess.PIPE)
        listed = subprocess.run(["tar", "-t"], stdin=export.stdout, capture_output=True, text=True, check=True)
        return sum(not line.endswith("/") for line in listed.stdout.splitlines())
    finally:
        docker("rm", name)


def answers(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1) as answer:
            return answer.status < 400
    except (OSError, urllib.error.URLError):
        return False


def worse(cell, value, best):
    slack = abs(best) * 0.05  # fewer files than the base are below nothing
    allowed = {"MB over base": best + max(slack, 2), "layers": best}.get(cell, best + slack)
    return value > allowed


def table(app, candidates):
    # the least of the runs: what disturbs a run only ever makes it longer
    figures = {it.tool: {cell: min(values) for cell, values in it.cells.items()} for it in candidates}
    print(f"\n### {app}\n\n| tool | {' | '.join(CELLS)} |\n| --- |{' ---: |' * len(CELLS)}")
    behind = []
    for tool, row in figures.items():
        cells = []
        for cell, value in row.items():
            best = min(other[cell] for other in figures.values())
            shown = f"{value:.0f}" if cell in ("files", "layers") else f"{value:.2f}" if value < 10 else f"{value:.1f}"
            if worse(cell, value, best):
                shown = f"**{shown}**"
                if tool == OURS:
                    behind.append(f"{cell}: {value:.2f} against {best:.2f}")
            cells.append(shown)
        print(f"| {tool} | {' | '.join(cells)} |")
    print(f"\n{OURS} is behind in: {'; '.join(behind) or 'nothing'}")
    spread = {it.tool: {cell: f"{min(v):.2f}-{statistics.median(v):.2f}-{max(v):.2f}" for cell, v in it.cells.items() if cell.endswith(" s")} for it in candidates}
    print(f"\n<details><summary>least, median, most of {len(candidates[0].cells['cold s'])} runs</summary>\n\n{json.dumps(spread, indent=1)}\n\n</details>")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dockwright")
    parser.add_argument("others", type=Path)
    parser.add_argument("--app", action="append")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    program = str(Path(arguments.dockwright).resolve())
    for app in arguments.app or sorted(path.name for path in (HERE / "apps").iterdir()):
        with tempfile.TemporaryDirectory() as folder:
            tools = sorted(path for path in (arguments.others / app).glob("*") if path.is_dir())
            entries = [(OURS, None)] + [(path.name, path) for path in tools]
            candidates = [Candidate(app, tool, path, Path(folder), program) for tool, path in entries]
            try:
                for number in range(arguments.runs):
                    for candidate in candidates:
                        print(f"{app} {number + 1}/{arguments.runs} {candidate.tool}", file=sys.stderr)
                        candidate.round(number)
                table(app, candidates)
            finally:
                for candidate in candidates:
                    docker("image", "rm", "--force", candidate.tag, check=False)


if __name__ == "__main__":
    main()
