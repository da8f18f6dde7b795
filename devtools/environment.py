"""The .venv of the project, kept equal to the lock files and extended when needed."""

import fcntl
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from devtools import locks, paths
from devtools.installing import installer
from devtools.paths import VENV, python_of


class Packages(Enum):
    """A set of packages that a command needs; each set contains the one before."""

    SERVE = (locks.RUNTIME, locks.EMBEDDED)
    """The packages to run the gateway on its own PostgreSQL and Valkey."""
    ALL = (locks.TOOLS,)
    """The packages of tests, checks and benchmarks as well."""


ORDER = tuple(Packages)


def prepare(needed: Packages, venv: Path = VENV) -> Path:
    """Install the needed packages into `venv` and return its Python.

    A `venv` that is a symbolic link is used as it is.
    """
    missing = [] if venv.is_symlink() else _missing(needed, venv)
    if missing:
        with _locked():
            for packages in _missing(needed, venv):
                _install(packages, venv)
    return python_of(venv)


def _missing(needed: Packages, venv: Path) -> list[Packages]:
    """Return the sets to install.

    They are all, into an empty folder, if an installed one is outdated.
    """
    wanted = ORDER[: ORDER.index(needed) + 1]
    stamps = {packages: _stamp(packages, venv) for packages in ORDER}
    outdated = [p for p, stamp in stamps.items() if stamp.exists() and not _is_current(p, venv)]
    if outdated or not python_of(venv).exists() or not stamps[ORDER[0]].exists():
        return list(wanted)
    return [packages for packages in wanted if not stamps[packages].exists()]


def _install(packages: Packages, venv: Path) -> None:
    began = time.monotonic()
    chosen = installer()
    name = type(chosen).__name__.lower()
    what = "the gateway and its servers" if packages is Packages.SERVE else "tests and checks"
    _say(f"setting up .venv for {what} with {name} ...")
    if packages is Packages.SERVE:
        shutil.rmtree(venv, ignore_errors=True)
        chosen.create(venv)
    chosen.fill(venv, packages.value)
    _stamp(packages, venv).write_text(_content(packages), "utf-8")
    _say(f"ready after {time.monotonic() - began:.1f} s")


def _stamp(packages: Packages, venv: Path) -> Path:
    return venv / f".installed-{packages.name.lower()}"


def _is_current(packages: Packages, venv: Path) -> bool:
    return _stamp(packages, venv).read_text("utf-8") == _content(packages)


def _content(packages: Packages) -> str:
    """Return a digest of the lock files of the set and of this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for lock in packages.value:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock by which one process at a time changes .venv."""
    paths.CACHE.mkdir(exist_ok=True)
    with (paths.CACHE / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
