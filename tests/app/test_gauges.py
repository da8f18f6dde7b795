"""The gauges show what the database holds, drop what is gone and stay cheap to compute."""

from collections.abc import Callable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry

from gateway.app.gauges import refresh
from gateway.db.pool import Pool
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.ledger import ClockEvent, Ledger, LedgerEntry, to_json
from gateway.observe.incident_metrics import NEAREST
from gateway.observe.metrics import Metrics
from tests.support.clock import NOON
from tests.support.messages import notice

INCIDENTS = """
INSERT INTO incident (id, number, state, priority, impact, urgency, title, source, service,
                      occurred_at, recorded_at, updated_at, policy,
                      ledger, marks, next_due_at, breached, version, timeline_hash)
SELECT n, 'INC-' || n, $1, $2, 'group', 'normal', 'title', 'generic', 'service ' || n, $3, $3, $3,
       'itil-minutes', $4::text::json, $5::text::json, $3::timestamptz + n * interval '1 second',
       $6, 1, ''
FROM generate_series($7::int, $8::int) AS n
"""
LEDGER = to_json((LedgerEntry(NOON, ClockEvent.RECORD, None, 1),))


def running(_: tuple[str, str, str], ledger: Ledger, now: datetime) -> dict[str, float]:
    """Return the seconds left of two clocks, of five and thirty minutes from the first entry."""
    gone = (now - ledger[0].at).total_seconds()
    return {"desk": 300 - gone, "overall": 1800 - gone}


async def add(
    pool: Pool,
    first: int,
    last: int,
    *,
    state: str = "logged",
    priority: int = 1,
    marks: str = "[]",
    breached: bool = False,
) -> None:
    await pool.execute(INCIDENTS, state, priority, NOON, LEDGER, marks, breached, first, last)


def named(metrics: Metrics) -> set[str]:
    families = metrics.registry.collect()
    found = [f for f in families if f.name == "gateway_incident_sla_remaining_seconds"]
    return {sample.labels["number"] for family in found for sample in family.samples}


async def read(pool: Pool, metrics: Metrics, now: datetime = NOON) -> Callable[..., float | None]:
    async with pool.acquire() as conn:
        await refresh(conn, metrics, now, running)
    return lambda name, **labels: metrics.registry.get_sample_value("gateway_" + name, labels)


async def test_open_incidents_are_counted_by_priority_state_and_tier(pool: Pool) -> None:
    await add(pool, 1, 3)
    await add(pool, 4, 5, state="on_hold", priority=2)
    await add(pool, 6, 9, state="closed")
    value = await read(pool, Metrics(CollectorRegistry()))
    assert value("incidents_open", kind="incident", priority="1", state="logged", tier="1") == 3
    assert value("incidents_open", kind="incident", priority="2", state="on_hold", tier="1") == 2
    assert value("incidents_open", kind="incident", priority="3", state="logged", tier="1") == 0
    assert value("incidents_within_targets", kind="incident", priority="1") == 3


async def test_breached_incidents_are_counted_by_clock_until_closed(pool: Pool) -> None:
    await add(pool, 1, 2, marks='["desk@50", "desk@breach", "overall@breach"]', breached=True)
    metrics = Metrics(CollectorRegistry())
    value = await read(pool, metrics)
    assert [
        value("incidents_breached", clock=clock, kind="incident", priority="1")
        for clock in ("desk", "overall", "tier2")
    ] == [2, 2, 0]
    await pool.execute("UPDATE incident SET state = 'closed'")
    value = await read(pool, metrics)
    assert value("incidents_breached", clock="desk", kind="incident", priority="1") == 0


async def test_remaining_time_is_exported_for_nearest_open_incidents_only(pool: Pool) -> None:
    await add(pool, 1, 10 * NEAREST)
    metrics = Metrics(CollectorRegistry())
    value = await read(pool, metrics, NOON + timedelta(minutes=1))
    assert (
        value(
            "incident_sla_remaining_seconds",
            number="INC-1",
            clock="desk",
            kind="incident",
            priority="1",
        )
        == 240
    )
    named = [
        s
        for f in metrics.registry.collect()
        if f.name.endswith("sla_remaining_seconds")
        for s in f.samples
    ]
    assert len(named) == NEAREST
    await pool.execute("UPDATE incident SET state = 'resolved'")
    value = await read(pool, metrics)
    assert (
        value(
            "incident_sla_remaining_seconds",
            number="INC-1",
            clock="desk",
            kind="incident",
            priority="1",
        )
        is None
    )


async def test_service_requests_are_counted_separately_from_incidents(pool: Pool) -> None:
    await add(pool, 1, 3)
    await pool.execute("UPDATE incident SET kind = 'service_request' WHERE number = 'INC-2'")
    value = await read(pool, Metrics(CollectorRegistry()))
    labels = {"priority": "1", "state": "logged", "tier": "1"}
    assert value("incidents_open", kind="incident", **labels) == 2
    assert value("incidents_open", kind="service_request", **labels) == 1


async def test_security_incident_is_not_named_in_gauges(pool: Pool) -> None:
    await add(pool, 1, 2)
    await add(pool, 3, 4, breached=True)
    await pool.execute("UPDATE incident SET next_due_at = NULL WHERE number IN ('INC-3', 'INC-4')")
    await pool.execute("UPDATE incident SET security = true WHERE number IN ('INC-1', 'INC-3')")
    metrics = Metrics(CollectorRegistry())
    await read(pool, metrics)
    assert named(metrics) == {"INC-2", "INC-4"}


async def test_fully_breached_incident_is_exported_beside_nearest_ones(pool: Pool) -> None:
    await add(pool, 1, 2 * NEAREST)
    await add(pool, 1001, 1001, breached=True)
    await pool.execute("UPDATE incident SET next_due_at = NULL WHERE number = 'INC-1001'")
    metrics = Metrics(CollectorRegistry())
    value = await read(pool, metrics, NOON + timedelta(minutes=52))
    late = {"number": "INC-1001", "kind": "incident", "priority": "1"}
    assert value("incident_sla_remaining_seconds", clock="overall", **late) == -22 * 60
    assert len(named(metrics)) == NEAREST + 1


async def test_remaining_time_switches_to_next_clock_after_desk_breach(pool: Pool) -> None:
    await add(pool, 1, 1)
    value = await read(pool, Metrics(CollectorRegistry()), NOON + timedelta(minutes=10))
    one = {"number": "INC-1", "kind": "incident", "priority": "1"}
    assert value("incident_sla_remaining_seconds", clock="overall", **one) == 20 * 60
    assert value("incident_sla_remaining_seconds", clock="desk", **one) is None


async def test_timer_outbox_and_seal_gauges_are_exported(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO timer (incident_id, kind, shard, armed, due_at)"
        " SELECT n, 1, 0, true, $1::timestamptz + n * interval '1 minute' "
        "FROM generate_series(1, 5) AS n",
        NOON,
    )
    await pool.execute("INSERT INTO audit_seal VALUES (1, $1, '1', 1, '')", NOON)
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice()), (2, notice(target="pigeon:coop"))], NOON)
    metrics = Metrics(CollectorRegistry(), channels=["webhook"])
    value = await read(pool, metrics, NOON + timedelta(minutes=3))
    assert (value("timers_armed"), value("timers_overdue"), value("audit_head_age_seconds")) == (
        5,
        2,
        180,
    )
    assert (
        value("outbox_depth", channel="webhook", state="waiting")
        == value("outbox_depth", channel="other", state="waiting")
        == 1
    )
    assert value("outbox_oldest_age_seconds") == 180
    await pool.execute("UPDATE outbox SET state = 'sent'")
    value = await read(pool, metrics)
    assert (
        value("outbox_depth", channel="webhook", state="waiting"),
        value("outbox_oldest_age_seconds"),
    ) == (0, 0)


QUARANTINED = """
INSERT INTO quarantine (receipt_id, item, integration_id, source, received_at, headers, body,
    problem, pointer, state)
VALUES (gen_random_uuid(), -1, 1, $1, $2, '{}', '', '', '', $3)
"""


async def test_pending_quarantine_is_counted_by_source_with_oldest_age(pool: Pool) -> None:
    rows = [
        ("generic", 60, "pending"),
        ("generic", 600, "pending"),
        ("generic", 9_000, "dropped"),
        ("gone", 5, "pending"),
        ("old", 9, "pending"),
    ]
    await pool.executemany(
        QUARANTINED, [(source, NOON - timedelta(seconds=age), state) for source, age, state in rows]
    )
    metrics = Metrics(CollectorRegistry(), ["generic", "grafana"])
    for _ in range(2):
        value = await read(pool, metrics)
        assert (
            value("quarantine_pending", source="generic"),
            value("quarantine_oldest_age_seconds", source="generic"),
        ) == (
            2,
            600,
        )
        assert (
            value("quarantine_pending", source="other"),
            value("quarantine_oldest_age_seconds", source="other"),
        ) == (2, 9)
        assert value("quarantine_pending", source="grafana") == 0


async def test_refresh_over_long_history_uses_open_incident_index(pool: Pool) -> None:
    await add(pool, 1, 20_000, state="closed")
    await add(pool, 20_001, 20_500)
    await pool.execute("ANALYZE incident")
    metrics = Metrics(CollectorRegistry())
    await read(pool, metrics)
    value = await read(pool, metrics)
    assert 0 < (value("telemetry_refresh_seconds") or 0) < 1
    plan = "\n".join(
        row[0]
        for row in await pool.fetch(
            "EXPLAIN SELECT count(*) FROM incident "
            "WHERE state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')"
        )
    )
    assert "incident_live" in plan
