"""Lock files: versions and hashes of all packages, no addresses, each package in one file.

`requirements.txt` holds the imports of the gateway, `requirements-embedded.txt` adds PostgreSQL
and Valkey for `gw dev`, `requirements-dev.txt` adds the packages of tests and checks.
`requirements-apprise.txt` is what the channel `apprise` adds to the first; tests need it too, so
that its packages are among theirs as well.
`requirements-client.txt` is independent: the generator of clients that `gw try-client` installs
into a folder of its own.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import ROOT
from devtools.stopping import CannotRun

RUNTIME = ROOT / "requirements.txt"
EMBEDDED = ROOT / "requirements-embedded.txt"
TOOLS = ROOT / "requirements-dev.txt"
APPRISE = ROOT / "requirements-apprise.txt"
CLIENT = ROOT / "requirements-client.txt"

PACKAGE = re.compile(r"^[^\s#].*?(?=^[^\s]|\Z)", re.MULTILINE | re.DOTALL)
"""A pattern of one package with its hashes, which are indented."""


def packages(text: str) -> list[str]:
    """Return the packages of a lock file, each with its hashes."""
    return PACKAGE.findall(text)


def name_of(package: str) -> str:
    """Return the name of a package as the lock file spells it."""
    return package.partition("==")[0]


def layers(resolved: Sequence[str]) -> list[str]:
    """Split resolutions, each a superset of the one before, into files that name no package twice.

    A package is written as in the largest resolution: its marker holds for all of them.
    """
    largest = {name_of(package): package for package in packages(resolved[-1])}
    written: set[str] = set()
    files = []
    for text in resolved:
        added = [name_of(p) for p in packages(text) if name_of(p) not in written]
        written.update(added)
        files.append("".join(largest[name] for name in added))
    return files


def pin() -> int:
    """Resolve pyproject.toml anew into its lock files, and the client generator."""
    uv = shutil.which("uv")
    if uv is None:
        raise CannotRun("pin needs uv on PATH: https://docs.astral.sh/uv/getting-started")
    with tempfile.TemporaryDirectory() as folder:
        whole = _resolve(uv, Path(folder, "whole"), "--upgrade", "--extra=embedded", "--group=dev")
        fixed = f"--constraints={whole}"
        embedded = _resolve(uv, Path(folder, "embedded"), fixed, "--extra=embedded")
        runtime = _resolve(uv, Path(folder, "runtime"), fixed)
        apprise = _resolve(uv, Path(folder, "apprise"), fixed, "--extra=apprise")
        client = _resolve(uv, Path(folder, "client"), "--upgrade", "--group=client", source=())
        generator = client.read_text("utf-8")
        texts = layers([file.read_text("utf-8") for file in (runtime, embedded, whole)])
        optional = layers([file.read_text("utf-8") for file in (runtime, apprise)])[1]
    for file, text in zip((RUNTIME, EMBEDDED, TOOLS), texts, strict=True):
        file.write_text(text, "utf-8")
    APPRISE.write_text(optional, "utf-8")
    CLIENT.write_text(generator, "utf-8")
    return 0


def _resolve(uv: str, file: Path, *more: str, source: Sequence[str] = ("pyproject.toml",)) -> Path:
    fixed = ["--quiet", "--universal", "--generate-hashes", "--no-annotate", "--no-header"]
    fixed += ["--no-emit-index-url", "--python-version=3.11", "--output-file", os.fspath(file)]
    argv = [uv, "pip", "compile", *fixed, *more, *source]
    if subprocess.call(argv, cwd=ROOT, stdout=subprocess.DEVNULL):
        raise CannotRun("uv could not resolve pyproject.toml, see above")
    return file
