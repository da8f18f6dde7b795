"""The `gw pure` command: tests of the pure modules, with full branch coverage."""

import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import ROOT


def pure(python: Path, more: Sequence[str]) -> int:
    """Run the tests and return the status of pytest, which fails below full coverage."""
    modules = _deciding_modules()
    names = sorted({module.split(".")[1] for module in modules})
    covered = [f"--cov={module}" for module in modules]
    demanded = ["--cov-branch", "--cov-fail-under=100", "--cov-report=term-missing:skip-covered"]
    chosen = ["-p", "tests.support.without_servers", "-m", "not exhaustive", *map(_tests_of, names)]
    argv = [str(python), "-m", "pytest", "-q", *covered, *demanded, *chosen, *more]
    return subprocess.call(argv, cwd=ROOT)


def _deciding_modules() -> list[str]:
    """Return the modules of the import contract "Deciding is pure"."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    found = next(c["source_modules"] for c in contracts if c["name"] == "Deciding is pure")
    return list(found)


def _tests_of(name: str) -> str:
    folder = ROOT / "tests" / name
    return f"tests/{name}" if folder.is_dir() else f"tests/test_{name}.py"
