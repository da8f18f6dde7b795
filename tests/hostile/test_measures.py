"""Tests of the attack itself: blocks of the loop are recorded, and families reach every route."""

import asyncio
import json
import threading
from collections import Counter
from itertools import count
from pathlib import Path
from random import Random

import pytest

from gateway.access.keys import Scope
from gateway.timing.clock import SystemClock
from tests.hostile.families import FAMILIES, every, fits
from tests.hostile.gateway import Beats
from tests.hostile.routes import World, targets

CLOCK = SystemClock()
SERVED = [
    ("POST", "/api/v1/incidents"),
    ("POST", "/ingest/{source}"),
    ("GET", "/api/v1/changes"),
    ("POST", "/report/{service}"),
]
WORLD = World({}, dict.fromkeys(Scope, "gwk_a"))


def busy(seconds: float) -> None:
    until = CLOCK.monotonic() + seconds
    while CLOCK.monotonic() < until:
        pass


async def test_blocked_loop_is_recorded_with_stack(tmp_path: Path) -> None:
    beats = Beats(tmp_path / "holds.jsonl")
    threading.Thread(target=beats.watch, daemon=True).start()
    beating = asyncio.create_task(beats.beat())
    await CLOCK.sleep(0.05)
    busy(0.3)
    await CLOCK.sleep(0.05)
    beating.cancel()
    noted = [json.loads(line) for line in (tmp_path / "holds.jsonl").read_text().splitlines()]
    assert any(0.1 < note["held"] < 1 and "in busy" in note["stack"] for note in noted)


def test_every_family_reaches_every_fitting_route() -> None:
    found = targets(SERVED, WORLD)
    assert {one.path for one in found} >= {
        "/api/v1/incidents",
        "/ingest/zabbix",
        "/api/v1/changes",
        "/report/a",
    }
    for family in FAMILIES:
        fitting = {(one.method, one.path) for one in found if fits(family, one)}
        sent = Counter(
            (one.method, one.path.partition("?")[0])
            for one in every(family, found, Random(1), 200, lambda _: 500)
        )
        assert fitting, family
        assert set(sent) == fitting


def test_same_seed_generates_same_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", count(1_000_000_000, 3_600).__next__)
    for family in FAMILIES:
        first, again = (
            list(every(family, targets(SERVED, WORLD), Random(7), 50, lambda _: 900))
            for _ in range(2)
        )
        assert first == again


def test_generated_body_respects_route_size_limit() -> None:
    for family in FAMILIES:
        for target in targets(SERVED, WORLD):
            if fits(family, target):
                body = FAMILIES[family](target, Random(3), target.largest).body
                assert body is None or len(body) <= target.largest
