"""The `gw long NAME --seed N` command: tests of many minutes, reproducible by their seed."""

import argparse
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from devtools import clock_tests
from devtools.environment import Packages, prepare
from devtools.paths import ROOT


@dataclass(frozen=True, slots=True)
class LongRun:
    """A long test; `work` takes the seed and returns the exit status."""

    name: str
    summary: str
    work: Callable[[int], int]


def run(given: argparse.Namespace) -> int:
    """Run the chosen test and return its exit status."""
    chosen = next(long for long in LONG_RUNS if long.name == given.name)
    print(f"gw long {chosen.name} --seed {given.seed}: {chosen.summary}", flush=True)
    return chosen.work(given.seed)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: name and seed."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"  {long.name:<10}{long.summary}" for long in LONG_RUNS)
    parser.add_argument("name", choices=[long.name for long in LONG_RUNS])
    parser.add_argument("--seed", type=int, required=True, help="the same seed, the same run")


def _clock(seed: int) -> int:
    seeded = [f"--hypothesis-seed={seed}", *clock_tests.EVERYTHING]
    return clock_tests.run(400, seeded)


def _silence(seed: int) -> int:
    asked = {**os.environ, "SILENCE_SEED": str(seed), "SILENCE_STEPS": "100000"}
    test = "tests/silence/test_machine.py"
    python = prepare(Packages.ALL)
    return subprocess.call(
        [str(python), "-m", "pytest", "-q", "-s", "-n", "0", test], env=asked, cwd=ROOT
    )


def _hostile(seed: int) -> int:
    asked = {**os.environ, "HOSTILE_SEED": str(seed), "HOSTILE_INPUTS": "1000000"}
    python = prepare(Packages.ALL)
    return subprocess.call(
        [str(python), "-m", "pytest", "-q", "-rP", "-n", "0", "tests/hostile"], env=asked, cwd=ROOT
    )


def _beside(seed: int) -> int:
    return subprocess.call(
        [str(prepare(Packages.ALL)), "-m", "tests.hostile.compare_neighbours", str(seed)], cwd=ROOT
    )


def _schedules(seed: int) -> int:
    asked = {**os.environ, "SCHEDULES_SEED": str(seed), "SCHEDULES": "100000"}
    test = "tests/oncall/test_against_brute_force.py"
    python = prepare(Packages.ALL)
    return subprocess.call(
        [str(python), "-m", "pytest", "-q", "-s", "-n", "0", "-k", "many", test],
        env=asked,
        cwd=ROOT,
    )


def _mirrors(seed: int) -> int:
    return subprocess.call(
        [str(prepare(Packages.ALL)), "-m", "devtools.mirror_coverage", str(seed)], cwd=ROOT
    )


LONG_RUNS = (
    LongRun("hostile", "a million hostile inputs to every route", _hostile),
    LongRun(
        "beside",
        "what an attack costs a neighbour, and one of another gateway on the same machine",
        _beside,
    ),
    LongRun("mirrors", "how much of each module its listed test file runs", _mirrors),
    LongRun("schedules", "100,000 random schedules against an expansion by minutes", _schedules),
    LongRun("silence", "100,000 steps of the search for silent incidents", _silence),
    LongRun("clock", "the test suite with all clocks 400 days ahead", _clock),
)
"""All long tests; short tests of the suite may have a long run here."""
