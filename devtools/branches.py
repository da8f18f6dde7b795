"""The `gw pure` command: tests of the pure modules, with full branch coverage."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import ROOT
from devtools.purity import pure_modules


def run_pure_tests(python: Path, more: Sequence[str]) -> int:
    """Run the tests and return the status of pytest, which fails below full coverage."""
    modules = pure_modules()
    names = sorted({module.split(".")[1] for module in modules})
    covered = [f"--cov={module}" for module in modules]
    demanded = ["--cov-branch", "--cov-fail-under=100", "--cov-report=term-missing:skip-covered"]
    tests = [path for name in names if (ROOT / (path := _tests_of(name))).exists()]
    chosen = ["-p", "tests.support.without_servers", "-m", "not exhaustive", *tests]
    argv = [str(python), "-m", "pytest", "-q", *covered, *demanded, *chosen, *more]
    return subprocess.call(argv, cwd=ROOT)


def _tests_of(name: str) -> str:
    folder = ROOT / "tests" / name
    return f"tests/{name}" if folder.is_dir() else f"tests/test_{name}.py"
