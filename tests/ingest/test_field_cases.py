"""Alerts of real installations that were once misread.

The files of a folder of tests/cases are requests of the Nagios notification command, in order.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.ingest.reading.source import WebhookDelivery
from gateway.receipts.submission import Submission
from gateway.settings import SourceSettings
from gateway.vocabulary import Outcome
from tests.ingest.requests import BY_SLUG
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, intake_harness, settings

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
async def intake(database_url: str, clock: FakeClock) -> AsyncIterator[IntakeHarness]:
    async with intake_harness(database_url, clock, settings()) as opened:
        yield opened


async def play(intake: IntakeHarness, case: str) -> list[Outcome]:
    outcomes = []
    for file in sorted((CASES / case).glob("*.json")):
        parsed = BY_SLUG["nagios"].parse(
            WebhookDelivery({}, file.read_bytes(), intake.clock.at), SourceSettings()
        )
        (receipt,) = await intake.take(
            Submission(1, "nagios", file.read_bytes(), {}, parsed.alerts)
        )
        outcomes.append(receipt.results[0].outcome)
    return outcomes


async def record(intake: IntakeHarness) -> dict[str, Any]:
    (row,) = await intake.rows(
        "SELECT state, priority, severity, title, description, handler FROM incident"
    )
    return row


@pytest.mark.parametrize("case", ["01-severity-rises", "sender-02-worsening-alert"])
async def test_warning_turned_critical_raises_priority_and_updates_title(
    intake: IntakeHarness, case: str
) -> None:
    assert await play(intake, case) == [Outcome.OPENED, Outcome.REPEATED]
    row = await record(intake)
    assert (row["priority"], row["severity"]) == (1, "critical")
    assert row["title"].endswith("is CRITICAL")
    assert "CRITICAL" in row["description"] or "99 percent" in row["description"]
    assert await intake.rows(
        "SELECT facts->>'new' AS new FROM timeline WHERE event = 'raised'"
    ) == [{"new": "1"}]


async def test_recovery_in_same_second_clears_incident(intake: IntakeHarness) -> None:
    assert await play(intake, "sender-01-same-second-recovery") == [Outcome.OPENED, Outcome.CLEARED]
    assert (await record(intake))["state"] == "resolved"


async def test_nagios_acknowledgement_keeps_author_and_note(intake: IntakeHarness) -> None:
    assert await play(intake, "sender-05-who-acknowledged") == [
        Outcome.OPENED,
        Outcome.ACKNOWLEDGED,
    ]
    assert (await record(intake))["handler"] == "obrien (nagios)"
    said = await intake.rows("SELECT facts->>'note' AS note FROM timeline WHERE event = 'accepted'")
    assert said == [{"note": "taking it, rebooting the array"}]
