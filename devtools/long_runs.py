"""`gw long NAME --seed N`: tests that run for many minutes, each repeated exactly by its seed."""

import argparse
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devtools.environment import Packages, prepare
from devtools.faketime import clocks_ahead
from devtools.installing import clean_environment

SHARED = ["-n", "2", "--dist", "loadgroup"]

OTHER_CLOCKS = ["tests/e2e", "tests/clients"]
"""Tests of programs whose clocks libfaketime cannot move."""


@dataclass(frozen=True, slots=True)
class LongRun:
    """A long test: `work` takes the seed and returns the exit status."""

    name: str
    summary: str
    work: Callable[[int], int]


def run(given: argparse.Namespace) -> int:
    """Run the one that was asked for."""
    chosen = next(long for long in LONG_RUNS if long.name == given.name)
    print(f"gw long {chosen.name} --seed {given.seed}: {chosen.summary}", flush=True)
    return chosen.work(given.seed)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name and seed."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"  {long.name:<10}{long.summary}" for long in LONG_RUNS)
    parser.add_argument("name", choices=[long.name for long in LONG_RUNS])
    parser.add_argument("--seed", type=int, required=True, help="the same seed, the same run")


def pytest_ahead(days: int, more: Sequence[str]) -> int:
    """Run pytest with all clocks `days` ahead."""
    python = prepare(Packages.ALL)
    with clocks_ahead(days) as environ:
        argv = [str(python), "-m", "pytest", *more]
        return subprocess.call(argv, env=clean_environment(environ))


def _clock(seed: int) -> int:
    ignored = [f"--ignore={folder}" for folder in OTHER_CLOCKS]
    return pytest_ahead(400, [*SHARED, f"--hypothesis-seed={seed}", *ignored])


LONG_RUNS = (LongRun("clock", "the test suite with all clocks 400 days ahead", _clock),)
