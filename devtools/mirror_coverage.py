"""The `gw long mirrors` run: the share of a module's statements that its listed test file runs.

One run of the suite, in which coverage notes by which test file a line was run, stands for a run
of each test file alone. Alone, a file runs its own lines and those that run while modules are
imported; so the latter, which no process runs twice, count for every file. What one file leaves to
the next (a cache, a connection) and gateways in processes of their own are not seen in that run:
where it shows too little, the test file is run alone as well, with coverage in all its processes.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage

from devtools.mirrors import listed_files
from devtools.paths import ROOT

ENOUGH = 0.7
"""The share of a module's statements that its test file must run."""

PROCESSES = ("bench", "deploy", "development", "devtools", "e2e", "faults", "hostile", "silence")
"""Folders of tests that start processes or take long: run alone where they are named."""

ALL_PROCESSES = "[run]\nsource = gateway\nparallel = true\npatch = subprocess, _exit, fork\n"
"""The configuration by which coverage follows processes that are started or forked."""

Lines = Mapping[str, set[int]]
"""Lines that were run, by module."""


def main(seed: int) -> int:
    """Run the suite, print the modules of which too little was run, and return the exit status."""
    files = listed_files()
    with TemporaryDirectory() as folder:
        status, seen = _suite(Path(folder), seed)
        shares = {name: _share(name, seen[name]) for name in files}
        doubted = {files[name] for name, share in shares.items() if share < ENOUGH}
        for file in sorted(doubted):
            run = _alone(Path(folder), file, seed)
            shares |= {
                name: _share(name, seen[name] | run.get(name, set()))
                for name in files
                if files[name] == file
            }
    low = {name: share for name, share in shares.items() if share < ENOUGH}
    for name, share in low.items():
        print(f"{share:4.0%} of {name} by {files[name]}")
    print(f"{len(shares)} modules, {len(low)} of them below {ENOUGH:.0%}")
    return status or bool(low)


def _suite(folder: Path, seed: int) -> tuple[int, Lines]:
    """Run the suite; return its status, and the lines that the file of each module ran."""
    left_out = [f"--ignore=tests/{name}" for name in PROCESSES]
    chosen = ["-p", "tests.support.file_contexts", "--timeout=240", *left_out]
    status = _pytest(["--source=gateway", f"--data-file={folder / 'suite'}"], chosen, seed)
    data = coverage.CoverageData(str(folder / "suite"))
    data.read()
    seen = {}
    for name, file in listed_files().items():
        contexts = data.contexts_by_lineno(str(ROOT / name))
        seen[name] = {line for line, found in contexts.items() if {"", file} & set(found)}
    return status, seen


def _alone(folder: Path, file: str, seed: int) -> Lines:
    """Run a test file with coverage in all its processes, and return the lines that these ran."""
    own = folder / file.replace("/", ".")
    own.mkdir()
    (own / "rc").write_text(f"{ALL_PROCESSES}data_file = {own / 'data'}\n")
    _pytest([f"--rcfile={own / 'rc'}"], [file], seed)
    run: dict[str, set[int]] = {}
    for path in own.glob("data.*"):
        data = coverage.CoverageData(str(path))
        data.read()
        for name in data.measured_files():
            lines = run.setdefault(str(Path(name).relative_to(ROOT)), set())
            lines.update(data.lines(name) or ())
    return run


def _pytest(measuring: list[str], chosen: list[str], seed: int) -> int:
    options = ["-q", "-n", "0", "-m", "not exhaustive", f"--hypothesis-seed={seed}"]
    argv = ["-m", "coverage", "run", *measuring, "-m", "pytest", *options, *chosen]
    return subprocess.call([sys.executable, *argv], cwd=ROOT)


def _share(name: str, run: set[int]) -> float:
    _, statements, _, _, _ = coverage.Coverage(data_file=None).analysis2(name)
    return len(run & set(statements)) / len(statements) if statements else 1.0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
