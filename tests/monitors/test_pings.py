"""Pings and deadlines go through intake: one record per monitor, whatever fails in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool, acquire, transaction
from gateway.errors import Conflict, NotFound, Unavailable
from gateway.monitors import store
from gateway.monitors.model import Monitor, Ping
from gateway.monitors.pings import FIRST_PING_SETTINGS, MonitorDeadlines, PingService
from gateway.monitors.pulse import OverdueSearch, PulseWriter
from gateway.observe.metrics import Metrics
from gateway.receipts.submission import Receipt, Submission
from gateway.vocabulary import MonitorState, PingSignal
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, intake_harness

OK = Ping(PingSignal.SUCCESS)
TEN = {
    **FIRST_PING_SETTINGS,
    "name": "Backup",
    "period_seconds": 600,
    "grace_seconds": 60,
    "severity": "critical",
}


class Site:
    """A monitor `backup` that expects a ping every ten minutes with a minute's grace.

    Its intake can fail before or after it commits.
    """

    def __init__(
        self, pool: Pool, clock: FakeClock, intake: IntakeHarness, integration: int, monitor: int
    ) -> None:
        self.pool, self.clock, self.intake, self.integration, self.monitor = (
            pool,
            clock,
            intake,
            integration,
            monitor,
        )
        self.metrics = Metrics(CollectorRegistry(), ["ping"])
        writer = PulseWriter(pool, clock, self.submit)
        self.service = PingService(writer, self.metrics)
        self.search = OverdueSearch("monitors", MonitorDeadlines(), writer)
        self.broken = ""
        self.turn = asyncio.Lock()

    async def submit(self, submission: Submission) -> Receipt:
        if self.broken == "before":
            raise Unavailable("not now")
        async with self.turn:
            (receipt,) = await self.intake.take(submission)
        if self.broken == "after":
            raise Unavailable("committed, but nobody knows")
        return receipt

    async def ping(self, ping: Ping = OK, slug: str = "backup", *, create: bool = False) -> bool:
        return await self.service.ping(self.integration, slug, ping, b"", {}, create=create)

    async def after(self, **length: float) -> int:
        self.clock.advance(timedelta(**length))
        return await self.search.run_once()

    async def now(self) -> Monitor:
        async with acquire(self.pool) as conn:
            return await store.by_id(conn, self.monitor)

    async def records(self) -> list[Any]:
        return [
            (row["title"], row["state"])
            for row in await self.intake.rows("SELECT title, state FROM incident ORDER BY id")
        ]


@pytest.fixture
async def site(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[Site]:
    async with intake_harness(database_url, clock) as intake:
        integration = await intake.conn.fetchval(
            "INSERT INTO integration (slug, name) VALUES ('jobs', 'jobs') RETURNING id"
        )
        async with transaction(pool) as conn:
            made = await store.create(conn, integration, "backup", TEN, clock.at)
        yield Site(pool, clock, intake, integration, made.id)


async def test_missed_ping_opens_one_incident_and_ping_clears_it(site: Site) -> None:
    assert await site.after(minutes=10, seconds=59) == 0
    assert await site.after(seconds=1) == 1
    assert await site.after(seconds=1) == 0
    assert await site.records() == [("Backup is overdue", "logged")]
    assert await site.after(minutes=30) == 1
    await site.ping()
    assert await site.records() == [("Backup is overdue", "resolved")]
    assert (await site.now()).state is MonitorState.UP


async def test_timely_pings_submit_nothing(site: Site) -> None:
    for _ in range(5):
        assert await site.after(minutes=10) == 0
        await site.ping(Ping(PingSignal.START))
        await site.ping()
    assert site.intake.committed == []


async def test_failing_job_keeps_one_incident_until_success(site: Site) -> None:
    for exit_status in (1, 2):
        await site.ping(Ping(PingSignal.FAIL, "no space left", exit_status))
        await site.after(minutes=1)
    assert await site.records() == [("Backup failed", "logged")]
    await site.ping()
    assert await site.records() == [("Backup failed", "resolved")]


async def test_concurrent_replicas_submit_overdue_monitor_once(site: Site) -> None:
    site.clock.advance(timedelta(minutes=11))
    await asyncio.gather(
        *(
            OverdueSearch(
                "monitors",
                MonitorDeadlines(),
                PulseWriter(site.pool, site.clock, site.submit),
            ).run_once()
            for _ in range(4)
        )
    )
    assert len(site.intake.committed) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_failing_intake_loses_no_deadline_and_opens_one_incident(
    site: Site, when: str
) -> None:
    site.broken = when
    with pytest.raises(Unavailable):
        await site.after(minutes=11)
    site.broken = ""
    assert await site.after(seconds=1) == 1
    assert await site.records() == [("Backup is overdue", "logged")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_uncommitted_recovery_ping_is_refused_and_next_one_clears(
    site: Site, when: str
) -> None:
    await site.after(minutes=11)
    site.broken = when
    with pytest.raises(Unavailable):
        await site.ping()
    assert (await site.now()).state is MonitorState.DOWN
    site.broken = ""
    site.clock.advance(timedelta(seconds=1))
    await site.ping()
    assert (await site.now()).state is MonitorState.UP
    assert await site.records() == [("Backup is overdue", "resolved")]
    assert await site.after(minutes=11) == 1
    assert await site.records() == [
        ("Backup is overdue", "resolved"),
        ("Backup is overdue", "logged"),
    ]


async def test_unknown_monitor_is_created_once_and_only_on_request(site: Site) -> None:
    with pytest.raises(NotFound):
        await site.ping(slug="other")
    made = await asyncio.gather(*(site.ping(slug="other", create=True) for _ in range(8)))
    assert await site.intake.rows(
        "SELECT count(*)::int AS n FROM monitor WHERE slug = 'other'"
    ) == [{"n": 1}]
    assert any(made)
    pings = {
        said: site.metrics.registry.get_sample_value("gateway_monitor_pings_total", {"said": said})
        for said in ("success", "unknown")
    }
    assert pings == {"success": 8, "unknown": 1}


async def test_changed_period_restarts_deadline_and_changed_name_does_not(site: Site) -> None:
    site.clock.advance(timedelta(minutes=5))
    before = await site.now()
    async with transaction(site.pool) as conn:
        renamed = await store.change(conn, site.monitor, {"name": "Nightly"}, site.clock.at)
        assert (renamed.due_at, renamed.version) == (before.due_at, 2)
        same = await store.change(conn, site.monitor, {"name": "Nightly"}, site.clock.at)
        assert same.version == 2
        longer = await store.change(conn, site.monitor, {"period_seconds": 1_200}, site.clock.at)
        assert longer.due_at == site.clock.at + timedelta(minutes=21)
        paused = await store.change(conn, site.monitor, {"enabled": False}, site.clock.at)
        assert paused.due_at is None
    assert await site.after(days=1) == 0


async def test_broken_monitor_is_postponed_and_others_are_checked(site: Site) -> None:
    async with transaction(site.pool) as conn:
        await store.create(
            conn,
            site.integration,
            "other",
            TEN | {"name": "Other"},
            site.clock.at + timedelta(seconds=1),
        )
        await conn.execute(
            "UPDATE monitor SET period_seconds = NULL, schedule = 'broken' WHERE id = $1",
            site.monitor,
        )
    with pytest.raises(ExceptionGroup, match="1 of 2 failed"):
        await site.after(minutes=12)
    assert await site.records() == [("Other is overdue", "logged")]
    assert await site.after(seconds=1) == 0
    with pytest.raises(ExceptionGroup, match="1 of 1 failed"):
        await site.after(minutes=1)


async def test_monitors_per_integration_are_limited(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    async with transaction(site.pool) as conn:
        with pytest.raises(Conflict, match="at most 1"):
            await store.create(conn, site.integration, "more", TEN, None)
