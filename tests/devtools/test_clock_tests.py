"""Tests can run with every clock ahead, those of the servers too."""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devtools import clock_tests, debian, faketime, long_runs
from devtools.commands import main
from devtools.faketime import clocks_ahead
from devtools.paths import ROOT
from devtools.stopping import CannotRun
from gateway.timing.clock import SystemClock

ASK = """
import asyncio, json, time
from datetime import UTC, datetime
import asyncpg, redis.asyncio
from gateway.embedded.launcher import EmbeddedServers

async def main():
    began = time.monotonic()
    time.sleep(0.05)
    slept = time.monotonic() - began
    async with EmbeddedServers(fast=True) as servers:
        conn = await asyncpg.connect(servers.database_url)
        postgres = await conn.fetchval("SELECT clock_timestamp()")
        await conn.close()
        client = redis.asyncio.from_url(servers.redis_url)
        valkey = datetime.fromtimestamp((await client.time())[0], UTC)
        await client.aclose()
    times = [time.isoformat() for time in (datetime.now(UTC), postgres, valkey)]
    print(json.dumps({"times": times, "slept": slept}))

asyncio.run(main())
"""


def test_all_clocks_run_ahead_and_sleep_keeps_its_duration() -> None:
    if debian.faketime_library() is None and os.environ.get("GATEWAY_E2E_REQUIRED") != "1":
        pytest.skip("no libfaketime here: `python3 gw fetch-e2e` fetches it")
    with clocks_ahead(40) as environ:
        said = json.loads(
            subprocess.check_output([sys.executable, "-c", ASK], cwd=ROOT, env=environ),
        )
    expected = SystemClock().now() + timedelta(days=40)
    for text in said["times"]:
        time = datetime.fromisoformat(text).astimezone(UTC)
        assert abs(time - expected) < timedelta(minutes=2)
    assert 0.05 <= said["slept"] < 30


def test_missing_faketime_library_suggests_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faketime, "faketime_library", lambda: None)
    with pytest.raises(CannotRun, match="run `python3 gw fetch-e2e` first"), clocks_ahead(40):
        pass


def test_fetched_faketime_library_is_preferred(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = tmp_path / "usr" / "lib" / "any" / "faketime" / "libfaketimeMT.so.1"
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.setattr(debian, "DEBIAN", tmp_path)
    assert debian.faketime_library() == library


def test_time_dependent_test_folders_exist() -> None:
    rooms = [part for part in clock_tests.JUDGING_TIME if part.startswith("tests/")]
    assert rooms
    assert all((ROOT / intake).is_dir() for intake in rooms + clock_tests.OTHER_CLOCKS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """Return the list of requested test runs, as days ahead and arguments; none is executed."""
    asked = []

    def run(days: int, arguments: list[str]) -> int:
        asked.append((days, arguments))
        return 0

    monkeypatch.setattr(clock_tests, "run", run)
    return asked


def test_days_and_folders_are_passed_to_test_run(asked: list[tuple[int, list[str]]]) -> None:
    assert main(["test-ahead"]) == 0
    assert main(["test-ahead", "--days", "7", "tests/sla", "-x"]) == 0
    assert asked == [(40, clock_tests.JUDGING_TIME), (7, ["tests/sla", "-x"])]


def test_long_clock_run_uses_given_seed(asked: list[tuple[int, list[str]]]) -> None:
    assert main(["long", "clock", "--seed", "5"]) == 0
    assert asked[0][0] == 400
    assert "--hypothesis-seed=5" in asked[0][1]


@pytest.mark.parametrize("given", [["clock"], ["none", "--seed=1"], ["clock", "--seed=x"]])
def test_long_run_requires_known_name_and_numeric_seed(given: list[str]) -> None:
    parser = argparse.ArgumentParser()
    long_runs.arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(given)
