"""Installation of locked packages into .venv with uv or pip; the lock needs no resolution."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from devtools.locks import packages
from devtools.paths import python_of
from devtools.stopping import CannotRun

LOCKED = ["--require-hashes", "--no-deps", "--only-binary=:all:"]
"""Options to install exactly the locked files: by hash, without dependencies and builds."""

OLDEST_PIP = (22, 3)
"""The first version that installs into another environment with `--python`."""

GET_ONE = "`apt install python3-venv` on Debian and Ubuntu, or install uv"

INDEX = "is the package index reachable, and the disk not full?"

DOWNLOADS = 2
"""Processes that download at once: pip spends most of its time evaluating index pages."""

KEPT_BY_PIP = (
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
    "use-feature",
)
"""Options of pip's configuration for access to an index; others are ignored."""

REFUSED_OF_UV = re.compile(
    r"UV_(BUILD_CONSTRAINT|CONSTRAINT|OVERRIDE|EXCLUDE|NO_BINARY|NO_BUILD|ONLY_BINARY|TARGET|PREFIX"
    r"|SYSTEM_PYTHON|PYTHON|PROJECT_ENVIRONMENT|REQUIRE_HASHES|VERIFY_HASHES|LINK_MODE)\w*",
)
"""A pattern of variables that change which packages uv installs, or their destination."""

INTERPRETER_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV")
"""Variables that change where Python looks for modules."""


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without variables that make Python import from elsewhere."""
    return {name: value for name, value in environ.items() if name not in INTERPRETER_VARIABLES}


NO_CONFIG = {"PIP_CONFIG_FILE": os.devnull}
"""Variables that keep pip from reading any configuration file."""


@dataclass(frozen=True, slots=True)
class Uv:
    """An installer that uses uv."""

    program: str

    def create(self, venv: Path) -> None:
        """Create an empty environment of the running Python."""
        make = [self.program, "venv", "--quiet", "--no-project", "--python", sys.executable]
        _run([*make, str(venv)], self._environment())

    def fill(self, venv: Path, locks: Sequence[Path]) -> None:
        """Install the packages of the lock files and check that they are compatible."""
        common = ["--quiet", "--python", str(python_of(venv))]
        files = [part for lock in locks for part in ("-r", str(lock))]
        _run([self.program, "pip", "install", *common, *LOCKED, *files], self._environment())
        _run([self.program, "pip", "check", *common], self._environment())

    def _environment(self) -> dict[str, str]:
        kept = clean_environment(os.environ)
        return {n: v for n, v in kept.items() if not REFUSED_OF_UV.fullmatch(n)}


@dataclass(frozen=True, slots=True)
class Pip:
    """An installer that uses pip: that of the running Python, or the one Python bundles."""

    own: bool
    """True if the running Python has a pip that can install into other environments."""

    def create(self, venv: Path) -> None:
        """Create an environment, which contains pip only if it is needed there."""
        without = ["--without-pip"] if self.own else []
        _run([sys.executable, "-m", "venv", *without, str(venv)], clean_environment(os.environ))

    def command(self, venv: Path) -> list[str]:
        """Return the beginning of a pip command line for `venv`."""
        if self.own:
            return [sys.executable, "-m", "pip", "--python", str(python_of(venv))]
        return [str(python_of(venv)), "-m", "pip"]

    def fill(self, venv: Path, locks: Sequence[Path]) -> None:
        """Download in parallel, install, and check that the packages are compatible."""
        common = ["--quiet", "--disable-pip-version-check", "--no-input"]
        pip = self.command(venv)
        environ = pip_environment(pip)
        local = {n: v for n, v in environ.items() if not n.startswith("PIP_")} | NO_CONFIG
        with tempfile.TemporaryDirectory(prefix="gw-wheels-") as folder:
            wheels = str(Path(folder, "wheels"))
            shares = [str(share) for share in _shares(locks, Path(folder))]
            download = [*pip, "download", *common, *LOCKED, "--dest", wheels]
            _run_all([[*download, "-r", share] for share in shares], environ)
            install = [*pip, "install", *common, *LOCKED, "--no-compile", "--no-index"]
            files = [part for share in shares for part in ("-r", share)]
            _run([*install, "--find-links", wheels, *files], local)
        _run([*pip, "check", *common[1:]], local, quiet=True)


def installer() -> Uv | Pip:
    """Return uv if it is on PATH, else pip; raises CannotRun if there is neither."""
    if uv := shutil.which("uv"):
        return Uv(uv)
    return bundled_pip()


def bundled_pip() -> Pip:
    """Return the pip of this Python; raises CannotRun if it has none."""
    if own_pip() >= OLDEST_PIP:
        return Pip(own=True)
    if importlib.util.find_spec("ensurepip"):
        return Pip(own=False)
    raise CannotRun(f"this Python has no pip and no venv module: {GET_ONE}")


def own_pip() -> tuple[int, ...]:
    """Return the version of the pip that the running Python imports, () if it has none."""
    with suppress(metadata.PackageNotFoundError):  # a pip without version metadata is not used
        if importlib.util.find_spec("pip"):
            numbers = re.match(r"(\d+)\.(\d+)", metadata.version("pip"))
            return tuple(map(int, numbers.groups())) if numbers else ()
    return ()


def pip_environment(pip: Sequence[str]) -> dict[str, str]:
    """Return the environment for pip, with only the index options of its configuration."""
    environ = clean_environment(os.environ)
    asked = subprocess.run(
        [*pip, "config", "list"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    kept = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    return kept | index_options(asked.stdout) | NO_CONFIG


def index_options(listed: str) -> dict[str, str]:
    """Return the variables for the index options in the output of `pip config list`."""
    found: dict[str, str] = {}
    for sections in (("global",), ("install", "download"), (":env:",)):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            section, _, option = key.rpartition(".")
            if section in sections and option in KEPT_BY_PIP:
                name = "PIP_" + option.upper().replace("-", "_")
                found[name] = " ".join(str(ast.literal_eval(value)).split())
    return found


def _shares(locks: Sequence[Path], folder: Path) -> list[Path]:
    """Divide the locked packages into one requirements file for each downloading process."""
    wanted = [package for lock in locks for package in packages(lock.read_text("utf-8"))]
    files = [folder / f"share-{number}.txt" for number in range(DOWNLOADS)]
    for number, file in enumerate(files):
        file.write_text("".join(wanted[number::DOWNLOADS]), "utf-8")
    return files


def _run(argv: Sequence[str], environ: Mapping[str, str], *, quiet: bool = False) -> None:
    """Run a command to its end; raises CannotRun if it fails."""
    sink = subprocess.DEVNULL if quiet else None
    if subprocess.call(argv, env=environ, stdout=sink):
        raise CannotRun(f"installing failed, see above: {INDEX}")


def _run_all(commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> None:
    """Run all commands at once; raises CannotRun after the last if one failed."""
    running = [subprocess.Popen(argv, env=environ) for argv in commands]
    try:
        statuses = [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.kill()
            process.wait()
        raise
    if any(statuses):
        raise CannotRun(f"downloading failed, see above: {INDEX}")
