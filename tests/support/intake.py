"""Alerts with defaults, and an intake on the test's database whose clock the test moves."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
from msgspec.structs import replace

from gateway.catalogue.live import Catalogue
from gateway.dedup.commit import CommitResult, Committer
from gateway.dedup.opening import RecordOpener
from gateway.dedup.records import PlanWriter
from gateway.dedup.silences import SilenceJudge
from gateway.incidents import store
from gateway.incidents.alert import Alert
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.settings import RelateRule, Settings, load
from gateway.timing.durations import parse_duration
from gateway.vocabulary import AlertStatus, SkipReason
from tests.support.clock import FakeClock

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED


def make_alert(
    key: str = "disk", status: AlertStatus = FIRING, at: datetime | None = None, **more: Any
) -> Alert:
    fields = {"namespace": "generic", "title": f"{key} is in trouble", "severity": "warning"} | more
    return Alert(dedup_key=key, status=status, event_time=at, **fields)


def make_submission(*alerts: Alert, integration: int = 1, **more: Any) -> Submission:
    return Submission(integration, "generic", b"{}", {}, tuple(enumerate(alerts)), **more)


@dataclass
class IntakeHarness:
    """A committer with the connection it commits on."""

    conn: "asyncpg.Connection[asyncpg.Record]"
    committer: Committer
    clock: FakeClock
    committed: list[CommitResult] = field(default_factory=list)
    unjudged: Counter[SkipReason] = field(default_factory=Counter)

    async def take(self, *submissions: Submission) -> list[Receipt]:
        self.committed.append(await self.committer.commit(self.conn, submissions))
        return self.committed[-1].receipts

    async def tell(self, *alerts: Alert, **more: Any) -> tuple[ItemResult, ...]:
        return (await self.take(make_submission(*alerts, **more)))[0].results

    async def one(
        self,
        key: str = "disk",
        status: AlertStatus = FIRING,
        at: datetime | None = None,
        **more: Any,
    ) -> ItemResult:
        return (await self.tell(make_alert(key, status, at, **more)))[0]

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.conn.fetch(statement, *values)]


def settings(text: dict[str, str] | None = None) -> Settings:
    return load(None, text or {})


def with_service_rule(given: Settings) -> Settings:
    """Return the settings with one rule: alerts of one service within five minutes are related."""
    rule = RelateRule(name="same service", by=("service",), within=parse_duration("5m"))
    return replace(given, dedup=replace(given.dedup, relate=(rule,)))


@asynccontextmanager
async def intake_harness(
    database_url: str, clock: FakeClock, given: Settings | None = None
) -> AsyncIterator[IntakeHarness]:
    conn, numbers = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    try:
        unjudged: Counter[SkipReason] = Counter()
        made = committer(
            numbers,
            clock,
            given or settings(),
            unjudged=lambda why, count: unjudged.update({why: count}),
        )
        yield IntakeHarness(conn, made, clock, unjudged=unjudged)
    finally:
        await conn.close()
        await numbers.close()


def committer(
    numbers: "asyncpg.Connection[asyncpg.Record]",
    clock: FakeClock,
    given: Settings,
    catalogue: Catalogue | None = None,
    unjudged: Callable[[SkipReason, int], None] | None = None,
) -> Committer:
    async def reserve(count: int, stamp: datetime | None) -> store.Reserved:
        return await store.reserve(numbers, count, stamp)

    knows = catalogue or Catalogue(given)
    records = PlanWriter(RecordOpener(given, knows), reserve, clock, b"test key")
    judge = SilenceJudge(clock, given.limits.silences, unjudged or (lambda _why, _count: None))
    return Committer(clock, given.dedup, records, judge, given.limits.stored_bytes_per_day)
