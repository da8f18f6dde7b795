"""The `gw test-ahead` command: tests with the clocks of all processes moved.

The processes are pytest, gateways, PostgreSQL and Valkey.
"""

import subprocess
from collections.abc import Sequence

from devtools.environment import Packages, prepare
from devtools.faketime import clocks_ahead

SHARED = ["-n", "2", "--dist", "loadgroup"]
"""Options for two processes; tests/conftest.py groups the tests that stay together."""

BRIEF = "--hypothesis-profile=brief"
"""Fewer random examples, for commands that repeat for another reason what `gw test` has tried."""

SLOW = ["tests/faults", "tests/silence"]
"""Tests that kill processes or search at random for minutes: `gw test-slow`."""

ALONE = [
    "tests/faults/test_service_returns.py",
    "tests/faults/test_servers_fail.py",
    "tests/hostile",
]
"""Tests of delays and outages, which parallel tests would distort: `gw test-alone`.

The attacker comes last, since it lowers its own priority.
"""

OTHER_CLOCKS = ["tests/e2e", "tests/deploy", "tests/devtools"]
"""Tests of programs whose clock no library can move, and tests that move clocks themselves."""

NEVER_WOKEN = [
    "--deselect=tests/db/test_pool.py::test_deadlocked_transactions_are_retried_and_commit",
    "--deselect=tests/db/test_pool.py::test_lock_timeout_raises_unavailable",
    "--deselect=tests/api/test_searching.py::test_slow_searches_do_not_block_writes",
    "--deselect=tests/api/test_searching.py::test_slow_searches_leave_connections_for_other_reads",
    "--deselect=tests/api/test_searching.py::test_slow_quarantine_searches_do_not_block_writes",
]
"""Tests of PostgreSQL's own timers.

With libfaketime 0.9.10 loaded they do not wake a server that waits or sleeps.
"""

JUDGING_TIME = [
    *SHARED,
    BRIEF,
    "-p",
    "tests.support.with_servers",
    *NEVER_WOKEN,
    "tests/api",
    "tests/channels",
    "tests/compat",
    "tests/db",
    "tests/development",
    "tests/egress",
    "tests/ingest",
    "tests/monitors",
    "tests/notify",
    "tests/pages",
    "tests/scenarios",
    "tests/views",
    "tests/web",
]
"""Test packages that depend on the machine's time; most others use a test clock."""

EVERYTHING = [*SHARED, *NEVER_WOKEN, *(f"--ignore={folder}" for folder in OTHER_CLOCKS)]


def run(days: int, arguments: Sequence[str]) -> int:
    """Run pytest with all clocks `days` ahead and return its status."""
    python = prepare(Packages.ALL)
    with clocks_ahead(days) as environ:
        return subprocess.call([str(python), "-m", "pytest", *arguments], env=environ)
