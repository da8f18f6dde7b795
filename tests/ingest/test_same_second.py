"""A firing and its recovery with the same time are applied in order.

Senders that send whole seconds, or the time of occurrence, send such pairs.
"""

from typing import Any

import msgspec
import pytest

from gateway.ingest.reading.source import WebhookDelivery
from gateway.receipts.submission import Submission
from gateway.settings import SourceSettings
from gateway.vocabulary import Outcome
from tests.ingest.requests import BY_SLUG
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, intake_harness, settings

TIME = "1772452790"
"""A time ten seconds before noon of the tests."""

OCCURRED = "2026-03-02T11:59:50Z"


def check(kind: str, state: str, time: str) -> dict[str, Any]:
    return {"type": kind, "host": "c01", "state": state, "output": "x", "time": time}


def occurred(status: str, time: str) -> dict[str, Any]:
    return {"title": "Disk full", "dedup_key": "c01-disk", "status": status, "occurred_at": time}


def event(action: str, time: str) -> dict[str, Any]:
    payload = {
        "summary": "HTTP is down",
        "source": "srv01",
        "severity": "critical",
        "timestamp": time,
    }
    return {
        "routing_key": "0" * 32,
        "event_action": action,
        "dedup_key": "srv01/http",
        "payload": payload,
    }


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nagios": (check("PROBLEM", "DOWN", TIME), check("RECOVERY", "UP", TIME)),
    "icinga": (check("PROBLEM", "DOWN", TIME), check("RECOVERY", "UP", TIME)),
    "generic": (occurred("firing", OCCURRED), occurred("resolved", OCCURRED)),
    "pagerduty": (event("trigger", OCCURRED), event("resolve", OCCURRED)),
}
"""A firing and a recovery of the same time, by source.

Those of Nagios and of the generic source are from a real installation.
"""


async def send(intake: IntakeHarness, slug: str, body: dict[str, Any]) -> tuple[Outcome, str]:
    parsed = BY_SLUG[slug].parse(
        WebhookDelivery({}, msgspec.json.encode(body), intake.clock.at), SourceSettings()
    )
    (receipt,) = await intake.take(Submission(1, slug, b"{}", {}, parsed.alerts))
    return receipt.results[0].outcome, receipt.results[0].reason


@pytest.mark.parametrize("slug", PAIRS)
async def test_recovery_in_same_second_clears_and_later_firing_reopens(
    slug: str, database_url: str, clock: FakeClock
) -> None:
    firing, recovery = PAIRS[slug]
    async with intake_harness(database_url, clock, settings()) as intake:
        story = [
            (await send(intake, slug, body))[0]
            for body in (firing, firing, recovery, firing, recovery)
        ]
        assert story == [
            Outcome.OPENED,
            Outcome.REPEATED,
            Outcome.CLEARED,
            Outcome.REOPENED,
            Outcome.CLEARED,
        ]
        assert await intake.rows("SELECT state FROM incident") == [{"state": "resolved"}]


@pytest.mark.parametrize("slug", ["nagios", "icinga", "generic"])
async def test_firing_overtaken_by_recovery_is_stale_and_next_one_opens(
    slug: str, database_url: str, clock: FakeClock
) -> None:
    firing, recovery = PAIRS[slug]
    later = (
        {**firing, "time": str(int(TIME) + 1)}
        if "time" in firing
        else {**firing, "occurred_at": "2026-03-02T11:59:51Z"}
    )
    async with intake_harness(database_url, clock, settings()) as intake:
        told = [await send(intake, slug, body) for body in (recovery, firing, later)]
        assert told == [
            (Outcome.IGNORED, "nothing_open"),
            (Outcome.STALE, "overtaken"),
            (Outcome.OPENED, "new_key"),
        ]
        kept = await intake.rows(
            "SELECT outcome, reason FROM alert_event ORDER BY received_at, reason"
        )
        assert {"outcome": "stale", "reason": "overtaken"} in kept
        assert await send(intake, slug, later) == (Outcome.REPEATED, "open")
        assert await send(intake, slug, firing) == (Outcome.STALE, "overtaken")


async def test_pagerduty_events_apply_by_arrival_regardless_of_event_time(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(database_url, clock, settings()) as intake:
        again = event("trigger", "2026-03-02T11:59:58Z")
        story = [
            await send(intake, "pagerduty", body)
            for body in (*PAIRS["pagerduty"][:1], again, PAIRS["pagerduty"][1])
        ]
        assert [outcome for outcome, _ in story] == [
            Outcome.OPENED,
            Outcome.REPEATED,
            Outcome.CLEARED,
        ]
        (row,) = await intake.rows("SELECT occurred_at::text FROM incident")
        assert row["occurred_at"].startswith("2026-03-02 11:59:50")
