"""The commands of `python3 gw`: the packages that each needs, and how it runs."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools import (
    branches,
    checks,
    clock_tests,
    debian,
    generated_client,
    installs,
    locks,
    long_runs,
)
from devtools.clock_tests import ALONE, SHARED, SLOW
from devtools.environment import Packages, prepare
from devtools.installing import clean_environment
from devtools.paths import ROOT
from devtools.stopping import CANNOT_RUN, CannotRun

INTRODUCTION = """\
The one command of the project: makes .venv from locked packages, then runs what was asked.

usage: python3 gw COMMAND [ARGUMENTS]
"""

CLOSING = """
Each command explains itself with -h. A .venv that is a symbolic link is used as it is.
"""

FOR_PYTEST = "Other arguments go to pytest."


@dataclass(frozen=True, slots=True)
class Module:
    """A command that is a Python module; all further arguments are the module's."""

    name: str
    summary: str
    needs: Packages
    argv: tuple[str, ...]
    without_arguments: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str]) -> int:
        """Replace this process with the module."""
        python = prepare(self.needs)
        given = arguments or self.without_arguments
        argv = [str(python), "-m", *self.argv, *given]
        os.execve(python, argv, clean_environment(os.environ))


@dataclass(frozen=True, slots=True)
class Task:
    """A command implemented in devtools."""

    name: str
    summary: str
    work: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], object] = lambda parser: parser
    details: str = ""
    takes_pytest: bool = False
    """If true, unknown arguments are for pytest, as `pytest` in the namespace."""

    def run(self, arguments: Sequence[str]) -> int:
        """Parse the arguments and do the work."""
        parser = argparse.ArgumentParser(
            prog=f"gw {self.name}",
            description=f"{self.summary[0].upper()}{self.summary[1:]}. {self.details}".strip(),
        )
        self.arguments(parser)
        given, more = parser.parse_known_args(arguments)
        if more and not self.takes_pytest:
            parser.error(f"unknown arguments: {' '.join(more)}")
        given.pytest = more
        return self.work(given)


COMMANDS: tuple[Module | Task, ...] = (
    Module(
        "dev",
        "start PostgreSQL, Valkey and the gateway here, and print its address and two keys",
        Packages.SERVE,
        ("gateway", "dev"),
    ),
    Module(
        "test",
        "run the test suite; arguments go to pytest",
        Packages.ALL,
        ("pytest",),
        (*SHARED, *(f"--ignore={place}" for place in (*SLOW, *ALONE))),
    ),
    Module(
        "test-slow",
        "run the tests that kill processes or search at random for minutes; arguments go to pytest",
        Packages.ALL,
        ("pytest",),
        (*SHARED, *SLOW, *(f"--ignore={place}" for place in ALONE)),
    ),
    Module(
        "test-alone",
        (
            "attack a gateway and fail its servers, one test at a time on a quiet machine; "
            "arguments go to pytest"
        ),
        Packages.ALL,
        ("pytest",),
        ("-n", "0", *ALONE),
    ),
    Task(
        "check",
        "check format, lint, types, import contracts, purity, and what may stand in the tree",
        lambda _: checks.check(prepare(Packages.ALL)),
    ),
    Task(
        "pure",
        "run the tests of what decides, every branch of which must be covered",
        lambda given: branches.run_pure_tests(prepare(Packages.ALL), [*SHARED, *given.pytest]),
        details=FOR_PYTEST,
        takes_pytest=True,
    ),
    Task(
        "test-ahead",
        "run the tests that judge time with every clock days ahead",
        lambda given: clock_tests.run(given.days, given.pytest or clock_tests.JUDGING_TIME),
        lambda parser: parser.add_argument("--days", type=int, default=40, help="(40)"),
        details=FOR_PYTEST,
        takes_pytest=True,
    ),
    Task("long", "run one of the long tests with a seed", long_runs.run, long_runs.arguments),
    Module(
        "bench",
        "measure throughput and latency on this machine",
        Packages.ALL,
        ("tests.bench",),
    ),
    Module(
        "psql",
        "open a prompt on the database of the running `gw dev` (--state if it has one)",
        Packages.SERVE,
        ("gateway.embedded.psql",),
    ),
    Module(
        "schema",
        "write gateway/db/schema.sql and checksums after a migration was added",
        Packages.SERVE,
        ("gateway.db.schema",),
    ),
    Module(
        "examples",
        "write what new captured requests are read as, and quarantine/examples.json",
        Packages.ALL,
        ("tests.ingest.examples",),
    ),
    Task(
        "fetch-e2e",
        "fetch Prometheus, Alertmanager, swaks, faketime and Chromium into .cache/debian",
        lambda _: debian.fetch(),
        details="They are Debian's packages, unpacked there and not installed.",
    ),
    Task(
        "try-installs",
        "install into empty folders with pip 23.0.1, the newest pip and uv, and start each",
        installs.run,
        installs.arguments,
    ),
    Task(
        "try-client",
        "generate a client from the OpenAPI document, and call the gateway with it",
        lambda _: generated_client.run(),
    ),
    Task(
        "pin",
        "resolve pyproject.toml anew into the lock files, requirements*.txt (needs uv)",
        lambda _: locks.pin(),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status, unless another program takes over."""
    os.chdir(ROOT)
    name, rest = (arguments[0], arguments[1:]) if arguments else ("-h", [])
    if name in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return 0
    own = next((command for command in COMMANDS if command.name == name), None)
    command = own or Module(name, "", Packages.SERVE, ("gateway", name))
    try:
        return command.run(rest)
    except CannotRun as error:
        return _refused(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return _refused(f"{error.filename}: {error.strerror}: {advice(Path(error.filename))}")
    except KeyboardInterrupt:
        return 130


def overview() -> str:
    """Return the page that `gw -h` prints."""
    lines = [f"  {command.name:<13}{command.summary}" for command in COMMANDS]
    lines.append(f"  {'ANYTHING':<13}run python -m gateway ANYTHING, for example migrate or serve")
    return "\n".join([INTRODUCTION, *lines, CLOSING])


def advice(path: Path) -> str:
    """Return the advice for a file or folder that could not be used."""
    if path.is_relative_to(ROOT):
        return "clone the project into a folder that this user may write to"
    return "make room there, or let this user use it"


def _refused(line: str) -> int:
    print(f"gw: {line}", file=sys.stderr)
    return CANNOT_RUN
