"""The effects of fired timers on records, one kind of timer at a time."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import notify_thresholds
from gateway.incidents import store, writing
from gateway.incidents.arming import arm_timers
from gateway.operations.firing import TimerEffects
from gateway.sla.timers import timer_store
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import AlertStatus, TimerKind
from tests.support.clock import NOON, FakeClock
from tests.support.intake import (
    RESOLVED,
    IntakeHarness,
    intake_harness,
    make_alert,
    settings,
    with_service_rule,
)

MINUTE = timedelta(minutes=1)
RULES = SlaRules.from_settings(settings())
EFFECTS = TimerEffects(lambda: RULES, b"test key")


async def let_fire(intake: IntakeHarness, kind: TimerKind, effects: TimerEffects = EFFECTS) -> int:
    """Fire every due timer of a kind, as the runner does; return their number."""
    ids = [
        TimerId(row["incident_id"], kind)
        for row in await intake.rows("SELECT incident_id FROM timer WHERE kind = $1", kind)
    ]
    async with intake.conn.transaction():
        locked = await timer_store.lock_due(intake.conn, ids, intake.clock.at)
        if locked is None:
            return 0
        await timer_store.mark_fired(
            intake.conn, locked.timers, [None] * len(locked.timers), locked.now
        )
        await arm_timers(
            intake.conn, (await effects.fire(intake.conn, locked.timers, locked.now)).armed
        )
        return len(locked.timers)


async def state(intake: IntakeHarness) -> Any:
    return (await intake.rows("SELECT state FROM incident"))[0]["state"]


@pytest.fixture
async def intake(database_url: str, clock: FakeClock) -> Any:
    async with intake_harness(database_url, clock) as opened:
        yield opened


async def test_sla_warnings_and_breach_are_announced_once_each(intake: IntakeHarness) -> None:
    await intake.one()
    for minutes in (2.5, 3.75, 4.5, 5):
        intake.clock.at = NOON + minutes * MINUTE
        assert await let_fire(intake, TimerKind.SLA) == 1
    events = await intake.rows("SELECT event FROM timeline WHERE event LIKE 'sla%' ORDER BY seq")
    assert [row["event"] for row in events] == [
        "sla_warning",
        "sla_warning",
        "sla_warning",
        "sla_breached",
    ]
    assert await intake.rows("SELECT breached, next_due_at FROM incident") == [
        {"breached": True, "next_due_at": NOON + 30 * MINUTE}
    ]


async def test_marks_only_write_equals_full_write(intake: IntakeHarness) -> None:
    await intake.one()
    await intake.one(key="other")
    intake.clock.at = NOON + 5 * MINUTE
    ids = [row["id"] for row in await intake.rows("SELECT id FROM incident ORDER BY id")]
    for incident_id, marks_only in zip(ids, (True, False), strict=True):
        async with intake.conn.transaction():
            incident = (await store.lock(intake.conn, [incident_id]))[0]
            revision = notify_thresholds(EFFECTS.rules, incident, intake.clock.at)
            assert revision.marks_only
            await writing.write_changed(
                intake.conn,
                b"test key",
                [replace(revision, marks_only=marks_only)],
                intake.clock.at,
            )
    told = (
        "SELECT marks::text, breached, next_due_at, updated_at, version, ledger::text, state "
        "FROM incident ORDER BY id"
    )
    narrow, wide = await intake.rows(told)
    assert narrow == wide
    assert narrow["breached"]


async def test_expired_alert_clears_incident(intake: IntakeHarness) -> None:
    await intake.one(ends_at=NOON + 5 * MINUTE)
    intake.clock.advance(5 * MINUTE)
    assert await let_fire(intake, TimerKind.ALERT_EXPIRY) == 1
    assert await state(intake) == "resolved"
    assert await intake.rows("SELECT status FROM alert") == [{"status": "resolved"}]


async def test_repeated_alert_keeps_incident_open_until_new_end_time(intake: IntakeHarness) -> None:
    await intake.one(ends_at=NOON + 5 * MINUTE)
    intake.clock.advance(4 * MINUTE)
    await intake.one(ends_at=NOON + 9 * MINUTE)
    intake.clock.advance(MINUTE)
    assert await let_fire(intake, TimerKind.ALERT_EXPIRY) == 1
    assert await state(intake) == "logged"
    assert await intake.rows("SELECT due_at, armed FROM timer WHERE kind = 4") == [
        {"due_at": NOON + 9 * MINUTE, "armed": True}
    ]


async def test_flapping_incident_resolves_after_quiet_period(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(3):
        await intake.one(status=RESOLVED)
        await intake.one()
    await intake.one(status=RESOLVED)
    intake.clock.advance(10 * MINUTE)
    assert await let_fire(intake, TimerKind.FLAP_SETTLE) == 1
    assert await state(intake) == "resolved"


async def test_flapping_incident_that_fires_again_stays_open(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(3):
        await intake.one(status=RESOLVED)
        await intake.one()
    await intake.tell(make_alert(status=AlertStatus.RESOLVED), make_alert())
    intake.clock.advance(10 * MINUTE)
    await let_fire(intake, TimerKind.FLAP_SETTLE)
    assert await state(intake) == "logged"


async def test_resolved_incident_auto_closes_after_two_days(intake: IntakeHarness) -> None:
    await intake.one()
    await intake.one(status=RESOLVED)
    intake.clock.advance(timedelta(hours=48))
    early = await let_fire(intake, TimerKind.AUTO_CLOSE)
    intake.clock.advance(5 * MINUTE)
    assert early + await let_fire(intake, TimerKind.AUTO_CLOSE) == 1
    assert await intake.rows("SELECT state, closure FROM incident") == [
        {"state": "closed", "closure": "automatic"}
    ]


async def test_ladder_notifies_management_step_by_step_from_one_timer(
    database_url: str, clock: FakeClock
) -> None:
    told = settings({"GATEWAY_SLA__DEFAULT": "severity-ladder"})
    recipients = {"incident_manager": ("smtp:im@example.com",), "director": ("smtp:d@example.com",)}
    told = msgspec.structs.replace(
        told, notify=msgspec.structs.replace(told.notify, recipients=recipients)
    )
    async with intake_harness(database_url, clock, told) as intake:
        await intake.one(severity="warning")
        timers = "SELECT due_at, armed FROM timer WHERE kind = 7"
        assert await intake.rows(timers) == [{"due_at": NOON + 120 * MINUTE, "armed": True}]
        for hours, armed in ((2, True), (4, False)):
            intake.clock.at = NOON + hours * 60 * MINUTE
            assert (
                await let_fire(
                    intake,
                    TimerKind.LADDER,
                    TimerEffects(partial(SlaRules.from_settings, told), b"test key"),
                )
                == 1
            )
            assert await intake.rows(timers) == [{"due_at": NOON + 240 * MINUTE, "armed": armed}]
        assert [
            row["recipient"]
            for row in await intake.rows("SELECT recipient FROM outbox ORDER BY created_at")
        ] == [
            "im@example.com",
            "d@example.com",
        ]
        assert len(await intake.rows("SELECT FROM timeline WHERE event = 'management_told'")) == 2


@pytest.mark.parametrize("kind", [TimerKind.ALERT_EXPIRY, TimerKind.FLAP_SETTLE])
async def test_related_incidents_are_detached_and_timed_when_master_alert_ends(
    database_url: str, clock: FakeClock, kind: TimerKind
) -> None:
    async with intake_harness(database_url, clock, with_service_rule(settings())) as intake:
        await intake.one("master", service="pay", severity="critical", ends_at=NOON + MINUTE)
        await intake.one("below", service="pay", severity="critical")
        if kind is TimerKind.FLAP_SETTLE:
            await intake.conn.execute(
                "UPDATE alert SET status = 'resolved' WHERE dedup_key = 'master'"
            )
            (master,) = await intake.rows("SELECT id FROM incident WHERE dedup_key = 'master'")
            await arm_timers(intake.conn, [(master["id"], kind, NOON + MINUTE)])
        intake.clock.at = NOON + MINUTE
        assert await let_fire(intake, kind) == 1
        rows = await intake.rows("SELECT state, master_id, next_due_at FROM incident ORDER BY id")
        assert (rows[0]["state"], rows[1]["state"], rows[1]["master_id"]) == (
            "resolved",
            "logged",
            None,
        )
        below = "(SELECT id FROM incident WHERE dedup_key = 'below')"
        asked = f"SELECT due_at FROM timer WHERE incident_id = {below} AND kind = 1 AND armed"  # noqa: S608 - nothing from outside
        assert await intake.rows(asked) == [{"due_at": rows[1]["next_due_at"]}]
        told = (
            "SELECT event FROM timeline t JOIN incident i ON i.id = t.incident_id "
            "WHERE dedup_key = 'below' ORDER BY seq"
        )
        assert [row["event"] for row in await intake.rows(told)] == [
            "opened",
            "linked",
            "unlinked",
            "management_told",
        ]
