"""Records that alerts open are completed from catalogue and configuration without a query."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.catalogue import services
from gateway.catalogue.live import Catalogue, read
from gateway.db.pool import Pool
from gateway.directory import groups, people
from gateway.directory.roles import GroupTier
from gateway.oncall import rosters
from gateway.oncall.shift import Shift
from gateway.settings import load
from gateway.vocabulary import ClockName, Criticality
from tests.support.clock import NOON, FakeClock
from tests.support.intake import IntakeHarness, committer

CONFIGURED = """
[services.shop.severity]
Critical = { impact = "individual", urgency = "low" }
[services.shop.sources.generic]
warning = { impact = "business", urgency = "urgent" }
[criticality.critical]
raise_by = 1
[criticality.low]
highest = 3
[[routing]]
name = "databases"
services = ["shop"]
origins = ["alerts"]
person = true
"""

SERVICE = dict.fromkeys(services.CHECKS, "") | {
    "criticality": Criticality.NORMAL,
    "targets": {},
    "aliases": [],
    "active": True,
}
PERSON = {
    "email": "",
    "phone": "",
    "locale": "en",
    "zone": "UTC",
    "active": True,
    "roles": [],
    "skills": [],
}


@dataclass
class Known:
    intake: IntakeHarness
    catalogue: Catalogue

    async def learn(self) -> None:
        self.catalogue.learn(await read(self.intake.conn, self.intake.clock.stamp()))

    async def opened(self, key: str, **alert: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the record that a new alert opens, and the facts of its timeline by event."""
        number = (await self.intake.one(key, **alert)).incident
        row = (await self.intake.rows("SELECT * FROM incident WHERE number = $1", number))[0]
        told = await self.intake.rows(
            "SELECT event, facts FROM timeline WHERE incident_id = $1", row["id"]
        )
        return row, {entry["event"]: entry["facts"] for entry in told}


Knowing = Callable[[str], AbstractAsyncContextManager[Known]]


@pytest.fixture
async def knowing(pool: Pool, clock: FakeClock, tmp_path: Path, database_url: str) -> Knowing:
    """Return an opener of an intake with a service `shop` and its tier-2 group of ann and bob.

    It takes the text of the configuration.
    """

    @asynccontextmanager
    async def begun(text: str) -> AsyncIterator[Known]:
        (tmp_path / "g.toml").write_text(text)
        settings = load(tmp_path / "g.toml", {})
        catalogue = Catalogue(settings)
        numbers = await asyncpg.connect(database_url)
        try:
            async with pool.acquire() as conn:
                for login in ("ann", "bob"):
                    await people.create(
                        conn, PERSON | {"login": login, "name": login}, clock.stamp()
                    )
                group = {
                    "slug": "dba",
                    "name": "DBA",
                    "tier": GroupTier.TIER2,
                    "active": True,
                    "skills": [],
                }
                await groups.create(conn, group, ["ann", "bob"], clock.stamp())
                await services.create(
                    conn, "shop", SERVICE | {"name": "Shop", "tier2_group": "dba"}, clock.stamp()
                )
            known = Known(
                IntakeHarness(numbers, committer(numbers, clock, settings, catalogue), clock),
                catalogue,
            )
            await known.learn()
            yield known
        finally:
            await numbers.close()

    return begun


async def criticality(known: Known, word: str) -> None:
    await known.intake.conn.execute("UPDATE service SET criticality = $1", word)
    await known.learn()


async def test_alert_incident_stays_at_desk_without_routing_rule(knowing: Knowing) -> None:
    async with knowing("") as known:
        row, told = await known.opened("a", service="shop")
        assert (row["state"], row["assignee_group"], set(told)) == ("logged", "", {"opened"})


async def test_routing_rule_spreads_burst_over_group_members(knowing: Knowing) -> None:
    async with knowing(CONFIGURED + "\n[dedup]\nrelate = []\n") as known:
        rows = [(await known.opened(f"k{n}", service="shop"))[0] for n in range(4)]
        assert [row["assignee"] for row in rows] == ["ann", "bob", "ann", "bob"]
        assert {(row["state"], row["tier"], row["assignee_group"]) for row in rows} == {
            ("assigned", "2", "dba")
        }
        row, told = await known.opened("other")
        assert (row["state"], set(told)) == ("logged", {"opened"})


async def test_routed_incident_timer_follows_tier_2_clock(knowing: Knowing) -> None:
    async with knowing(CONFIGURED) as known:
        row, told = await known.opened("a", service="shop", severity="warning")
        # Priority 1: half of the ten minutes of tier 2, where the desk would
        # have been warned after half of five.
        assert (row["next_due_at"] - row["recorded_at"]).total_seconds() == 300
        timers = await known.intake.rows(
            "SELECT due_at FROM timer WHERE incident_id = $1 AND armed AND kind = 1", row["id"]
        )
        assert [timer["due_at"] for timer in timers] == [row["next_due_at"]]
        assert '"rule":"databases"' in told["routed"].replace(" ", "")


async def test_linked_incident_is_not_routed(knowing: Knowing) -> None:
    async with knowing(CONFIGURED) as known:
        await known.opened("a", service="shop", ci="db1")
        row, told = await known.opened("b", service="shop", ci="db1")
        assert (row["assignee_group"], "linked" in told, "routed" in told) == ("", True, False)


@pytest.mark.parametrize(
    ("severity", "service", "priority", "rule"),
    [
        ("CRITICAL", "shop", 4, "services.shop.severity.critical"),
        ("warning", "shop", 1, "services.shop.sources.generic.warning"),
        ("info", "shop", 4, ""),
        ("critical", "mail", 1, ""),
        ("warning", "", 3, ""),
    ],
)
async def test_service_severity_mapping_sets_priority_and_is_recorded(
    knowing: Knowing, severity: str, service: str, priority: int, rule: str
) -> None:
    async with knowing(CONFIGURED) as known:
        row, told = await known.opened("a", service=service, severity=severity)
        assert row["priority"] == priority
        assert (f'"graded_by":"{rule}"' in told["opened"].replace(" ", "")) == bool(rule)


@pytest.mark.parametrize(
    ("word", "severity", "priority"),
    [("critical", "info", 3), ("low", "warning", 3), ("normal", "info", 4)],
)
async def test_criticality_raises_or_caps_priority_and_is_recorded(
    knowing: Knowing, word: str, severity: str, priority: int
) -> None:
    async with knowing(CONFIGURED) as known:
        await criticality(known, word)
        row, told = await known.opened("a", service="shop", severity=severity)
        assert row["priority"] == priority
        assert ("priority_before" in told["opened"]) == (word != "normal")


async def test_support_hours_set_calendar_of_service_targets(knowing: Knowing) -> None:
    async with knowing("") as known:
        policy = known.catalogue.rules.named("itil-minutes", "incident", "shop")
        await known.intake.conn.execute(
            "UPDATE service SET support_hours = 'cn-office', "
            """targets = '{"2": {"overall": "1wd"}}'"""
        )
        await known.learn()
        own = known.catalogue.rules.named("itil-minutes", "incident", "shop")
        night = NOON.replace(hour=20)
        assert own.calendar.add(night, timedelta(minutes=1)).date() > night.date()
        assert policy.calendar.add(night, timedelta(minutes=1)).date() == night.date()
        assert own.targets[2][ClockName.OVERALL] == own.calendar.day
        assert own.targets[1] == policy.targets[1]


async def test_changed_promise_of_service_replaces_all_rules(knowing: Knowing) -> None:
    async with knowing("") as known:
        before, promised = known.catalogue.rules, "itil-minutes"
        await known.intake.conn.execute(
            """UPDATE service SET targets = '{"1": {"overall": "5m"}}' WHERE slug = 'shop'"""
        )
        await known.learn()
        after = known.catalogue.rules
        assert [len(rules.tailored) for rules in (before, after)] == [0, len(after.policies)]
        row, _ = await known.opened("a", service="shop", severity="critical")
        assert row["next_due_at"] < NOON + timedelta(minutes=5)
        assert before.named(promised, "incident", "shop") is before.policies[promised]
        await known.learn()
        assert known.catalogue.rules is after


async def test_person_with_open_incidents_is_assigned_last(knowing: Knowing) -> None:
    async with knowing(CONFIGURED + "\n[dedup]\nrelate = []\n") as known:
        await known.opened("first", service="shop")
        await known.learn()
        assert (await known.opened("second", service="shop"))[0]["assignee"] == "bob"
        await known.intake.conn.execute(
            "UPDATE incident SET state = 'closed' WHERE assignee = 'ann'"
        )
        await known.learn()
        assert (await known.opened("third", service="shop"))[0]["assignee"] == "ann"


async def test_roster_decides_who_is_on_shift_until_it_ends(
    knowing: Knowing, clock: FakeClock
) -> None:
    async with knowing(CONFIGURED + "\n[dedup]\nrelate = []\n") as known:
        hours = [(1, 2, "bob"), (3, 4, "bob")]
        shifts = [
            Shift(
                starts_at=NOON + timedelta(hours=since),
                ends_at=NOON + timedelta(hours=until),
                people=(login,),
            )
            for since, until, login in hours
        ]
        await rosters.plan(known.intake.conn, "dba", shifts, NOON)
        given = []
        for hour in range(5):
            await known.learn()
            row, told = await known.opened(f"k{hour}", service="shop")
            given.append((row["assignee"], "nobody is on shift" in told["routed"]))
            clock.advance(timedelta(hours=1))
        assert given == [("", True), ("bob", False), ("", True), ("bob", False), ("ann", False)]
