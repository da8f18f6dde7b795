"""Maintenance windows hold alerts back; an alert that still fires at the end is promoted."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.dedup.maintenance import MaintenanceWindow
from gateway.dedup.promotion import ENDED, _submission
from gateway.settings import MaintenanceSettings, Settings
from gateway.timing.durations import Duration
from gateway.vocabulary import Outcome
from tests.support.clock import NOON, FakeClock
from tests.support.intake import RESOLVED, IntakeHarness, intake_harness, make_alert, settings

HOUR = timedelta(hours=1)
PATCHING = MaintenanceSettings(
    name="patching", start=NOON - HOUR, end=NOON + HOUR, match={"service": "shop"}
)


def with_window(*windows: MaintenanceSettings) -> Settings:
    given = settings()
    return replace(given, dedup=replace(given.dedup, maintenance=windows))


async def promoted(intake: IntakeHarness) -> list[Outcome]:
    rows = await intake.rows(ENDED, intake.clock.at, 10)
    receipts = [await intake.take(_submission(row)) for row in rows]
    return [result.outcome for (receipt,) in receipts for result in receipt.results]


async def test_alert_in_maintenance_window_is_suppressed(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(database_url, clock, with_window(PATCHING)) as intake:
        results = await intake.tell(
            make_alert("web", service="shop"), make_alert("db", service="mail")
        )
        assert [(r.outcome, r.reason) for r in results] == [
            (Outcome.SUPPRESSED, "maintenance: patching"),
            (Outcome.OPENED, "new_key"),
        ]
        await intake.one("web", service="shop")
        assert await intake.rows(
            "SELECT occurrences, status FROM alert WHERE service = 'shop'"
        ) == [{"occurrences": 2, "status": "firing"}]


async def test_alert_firing_at_window_end_is_promoted_once(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(database_url, clock, with_window(PATCHING)) as intake:
        await intake.tell(make_alert("web", service="shop"), make_alert("db", service="shop"))
        await intake.one("db", RESOLVED, service="shop")
        assert await promoted(intake) == []
        clock.advance(HOUR)
        assert await promoted(intake) == [Outcome.OPENED]
        assert await promoted(intake) == []
        assert await intake.rows("SELECT service, dedup_key FROM incident") == [
            {"service": "shop", "dedup_key": "web"}
        ]


async def test_two_replicas_promote_alert_once(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock, with_window(PATCHING)) as intake:
        await intake.one("web", service="shop")
        clock.advance(HOUR)
        (row,) = await intake.rows(ENDED, clock.at, 10)
        outcomes = [(await intake.take(_submission(row)))[0].results[0].outcome for _ in range(2)]
        assert outcomes == [Outcome.OPENED, Outcome.DUPLICATE]


NIGHTLY = MaintenanceSettings(
    name="nightly",
    start=datetime(2026, 1, 1, 2, 30, tzinfo=UTC) + timedelta(hours=5),
    rrule="FREQ=DAILY",
    duration=Duration(hours=1),
    zone="America/New_York",
)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 3, 7, 7, 30, tzinfo=UTC), datetime(2026, 3, 7, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 7, 8, 30, tzinfo=UTC), None),
        (datetime(2026, 3, 8, 7, 29, tzinfo=UTC), None),
        (datetime(2026, 3, 8, 7, 45, tzinfo=UTC), datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 9, 6, 45, tzinfo=UTC), datetime(2026, 3, 9, 7, 30, tzinfo=UTC)),
        (datetime(2026, 11, 1, 7, 45, tzinfo=UTC), datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
    ],
)
def test_recurring_window_follows_local_time_over_dst_changes(
    now: datetime, end: datetime | None
) -> None:
    assert MaintenanceWindow(NIGHTLY).end_at(now) == end


def test_window_covers_alert_only_when_all_matchers_hold() -> None:
    window = MaintenanceWindow(replace(PATCHING, match={"labels.team": "db", "source": "generic"}))
    assert window.covers(make_alert(labels={"team": "db"}), "generic")
    assert not window.covers(make_alert(labels={"team": "web"}), "generic")
    assert not window.covers(make_alert(labels={"team": "db"}), "pagerduty")
