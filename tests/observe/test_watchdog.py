"""Stalls of the event loop are measured, and logged with the stack."""

import asyncio
import threading

import structlog

from gateway.observe.watchdog import CHECK_SECONDS, STALLED_AFTER, StallDetector, watch_event_loop
from gateway.timing.clock import SystemClock


def held_up(until: threading.Event) -> None:
    until.wait()


def looks(seconds: float) -> int:
    return round(seconds / CHECK_SECONDS)


def test_stall_is_logged_once_with_stack() -> None:
    release = threading.Event()
    stuck = threading.Thread(target=held_up, args=(release,))
    stuck.start()
    watch = StallDetector(stuck.ident or 0)
    with structlog.testing.capture_logs() as told:
        for _ in range(10 * looks(STALLED_AFTER)):
            watch.look()
    release.set()
    assert [entry["event"] for entry in told] == ["event_loop_stalled"]
    assert "held_up" in told[0]["stack"]


def test_timely_beat_logs_nothing() -> None:
    watch = StallDetector(threading.get_ident())
    with structlog.testing.capture_logs() as told:
        for _ in range(10):
            for _ in range(looks(STALLED_AFTER) - 1):
                watch.look()
            watch.beat()
    assert told == []


async def test_event_loop_lag_is_measured() -> None:
    lags: list[float] = []
    measured = asyncio.Event()

    def lag(seconds: float) -> None:
        lags.append(seconds)
        if seconds > 0.05:
            measured.set()

    async with watch_event_loop(SystemClock(), lag):
        until = SystemClock().monotonic() + 0.15
        await SystemClock().sleep(0)
        while SystemClock().monotonic() < until:
            pass
        await asyncio.wait_for(measured.wait(), 5)
    assert max(lags) >= 0.05
