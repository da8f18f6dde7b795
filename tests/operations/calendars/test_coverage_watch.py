"""The owner of a schedule is told of each gap once, and figures are given to metrics."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from gateway.directory.roles import Role
from gateway.observe.on_call_metrics import MOST_SCHEDULES, OnCallMetrics
from gateway.operations.calendars.coverage_watch import SHOWN, CoverageWatch
from tests.support.api import Api
from tests.support.clock import FakeClock

LAYER = {
    "name": "weeks",
    "starts_on": "2026-01-05",
    "turns": [["ann"]],
    "weekday": "mon",
    "hand_over": "00:00",
}
NIGHTS = {
    "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "from": "08:00",
    "to": "20:00",
}


class Desk:
    """The API, a watch over coverage, and the messages that it queued."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.metrics = OnCallMetrics(CollectorRegistry())
        self.watch = CoverageWatch(api.uow, self.metrics.found)

    async def schedule(self, slug: str = "dba", owner: str | None = "ann", **layer: Any) -> None:
        whole = {"slug": slug, "name": "Databases", "zone": "UTC", "layers": [LAYER | layer]}
        status, made = await self.api.call("POST", "/api/v1/schedules", whole | {"owner": owner})
        assert status == 201, made

    async def change(self, **layer: Any) -> None:
        status, made = await self.api.call(
            "PATCH", "/api/v1/schedules/dba", {"layers": [LAYER | layer]}
        )
        assert status == 200, made

    async def told(self) -> list[tuple[str, list[list[str]]]]:
        """Look, and return to whom each message of a gap went since the last look."""
        await self.watch.run_once()
        rows = await self.api.uow.pool.fetch(
            "DELETE FROM outbox WHERE template = 'schedule_gaps' "
            "RETURNING channel, recipient, facts::text AS facts, created_at"
        )
        return [
            (f"{row['channel']}:{row['recipient']}", self.gaps(msgspec.json.decode(row["facts"])))
            for row in rows
        ]

    @staticmethod
    def gaps(facts: Mapping[str, Any]) -> list[list[str]]:
        return [[at[5:16] for at in one] for one in facts["gaps"]]


@pytest.fixture
async def desk(api: Api) -> Desk:
    await api.person("ann", Role.TIER2, email="ann@example.com")
    await api.person("max", Role.INCIDENT_MANAGER, email="max@example.com")
    return Desk(api)


async def test_owner_is_told_of_gap_once(desk: Desk, clock: FakeClock) -> None:
    await desk.schedule(ends_on="2026-03-20")
    assert await desk.told() == [("person:ann", [["03-20T00:00", "04-01T12:00"]])]
    for _ in range(3):
        clock.advance(timedelta(days=5))
        assert await desk.told() == []


async def test_gap_that_was_closed_and_opens_again_is_told_again(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.schedule(ends_on="2026-03-20")
    await desk.told()
    await desk.change()
    assert await desk.told() == []
    clock.advance(timedelta(hours=1))
    await desk.change(ends_on="2026-03-25")
    assert await desk.told() == [("person:ann", [["03-25T00:00", "04-01T13:00"]])]


async def test_absence_makes_gap_that_is_told(desk: Desk) -> None:
    await desk.schedule()
    assert await desk.told() == []
    leave = {"from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z"}
    await desk.api.call("POST", "/api/v1/people/ann/absences", leave)
    assert await desk.told() == [("person:ann", [["03-10T00:00", "03-11T00:00"]])]


async def test_gaps_of_every_night_are_told_once(desk: Desk, clock: FakeClock) -> None:
    await desk.schedule(restrictions=[NIGHTS])
    [(_, nights)] = await desk.told()
    assert len(nights) == 30
    for _ in range(40):
        clock.advance(timedelta(days=1))
        assert await desk.told() == []


async def test_gap_that_lasts_is_not_told_again_and_again(desk: Desk, clock: FakeClock) -> None:
    await desk.schedule(starts_on="2026-03-09")
    assert await desk.told() == [("person:ann", [["03-02T12:00", "03-09T00:00"]])]
    for _ in range(5):
        clock.advance(timedelta(minutes=5))
        assert await desk.told() == []


@pytest.mark.parametrize("owner", [None, "left"])
async def test_manager_is_told_where_there_is_no_owner(desk: Desk, owner: str | None) -> None:
    if owner:
        await desk.api.person(owner, Role.TIER2)
    await desk.schedule(owner=owner, ends_on="2026-03-20")
    if owner:
        await desk.api.call("DELETE", f"/api/v1/people/{owner}")
    assert [to for to, _ in await desk.told()] == ["person:max"]


async def test_long_list_of_gaps_is_shortened(desk: Desk) -> None:
    hours = [{"weekdays": NIGHTS["weekdays"], "from": f"{hour:02}:00", "to": f"{hour + 1:02}:00"}
             for hour in (6, 12)]  # fmt: skip
    await desk.schedule(restrictions=hours)
    await desk.watch.run_once()
    facts = await desk.api.uow.pool.fetchval("SELECT facts::text FROM outbox")
    said = msgspec.json.decode(facts)
    assert (len(said["gaps"]), said["more_gaps"]) == (SHOWN, 20)


async def test_figures_are_those_of_time_ahead(desk: Desk) -> None:
    await desk.schedule(ends_on="2026-03-31")
    await desk.schedule("net")
    await desk.watch.run_once()
    found = {
        (sample.name, sample.labels.get("schedule", "")): sample.value
        for family in (
            desk.metrics.gap_seconds,
            desk.metrics.double_bookings,
            desk.metrics.calendars_failing,
        )
        for metric in family.collect()
        for sample in metric.samples
    }
    assert found == {
        ("gateway_schedule_gap_seconds", "dba"): 36 * 3600,
        ("gateway_schedule_gap_seconds", "net"): 0,
        ("gateway_schedule_double_bookings", ""): 1,
        ("gateway_calendars_failing", ""): 0,
    }


def test_number_of_series_is_bounded_and_schedules_that_are_gone_have_none() -> None:
    metrics = OnCallMetrics(CollectorRegistry())
    metrics.found({f"s{n:04}": 1.0 for n in range(MOST_SCHEDULES + 50)}, 0, 0)
    assert len(series(metrics)) == MOST_SCHEDULES
    metrics.found({"dba": 5.0}, 0, 0)
    assert series(metrics) == {"dba"}


def series(metrics: OnCallMetrics) -> set[str]:
    """Return the schedules that have a series."""
    [found] = metrics.gap_seconds.collect()
    return {sample.labels["schedule"] for sample in found.samples}
