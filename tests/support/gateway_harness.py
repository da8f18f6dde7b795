"""Intake and service desk of one gateway over the catalogue of a made-up company.

The test moves the clock.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from gateway.access.principal import MachineRole, Principal
from gateway.catalogue import cis, services
from gateway.catalogue.live import Catalogue
from gateway.catalogue.model import CiDraft
from gateway.db.pool import Connection, Pool
from gateway.dedup.records import RecordChanged
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.operations import create
from gateway.operations.create import NewReport
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings
from gateway.vocabulary import Criticality
from tests.correlation.corpus.world import ADDRESSES, PARTS, SERVICES, SITES
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, committer, make_alert, make_submission

HAND = Principal(name="hand", parts=frozenset({MachineRole.WRITER}))

FIELDS = dict.fromkeys(services.CHECKS, "") | {
    "criticality": Criticality.NORMAL,
    "targets": {},
    "active": True,
}


@dataclass
class GatewayHarness:
    """Intake and service desk on one database.

    `intake` commits alerts on a connection of its own, `uow` runs people's actions on the pool.
    """

    pool: Pool
    intake: IntakeHarness
    uow: UnitOfWork

    async def alert(
        self, ci: str, title: str = "", service: str = "", **more: Any
    ) -> dict[str, Any]:
        """Send an alert about a configuration item and return its record.

        The alert is retried after concurrent changes, as intake does.
        """
        told = make_alert(
            f"{ci} {title}", title=title or f"{ci} is down", ci=ci, service=service, **more
        )
        while True:
            try:
                await self.intake.take(make_submission(told))
            except (RecordChanged, asyncpg.DeadlockDetectedError):
                continue
            break
        (row,) = await self.intake.rows(
            "SELECT * FROM incident WHERE dedup_key = $1 ORDER BY id DESC LIMIT 1", told.dedup_key
        )
        return row

    async def say(self, title: str, sender: str = "", **more: Any) -> Incident:
        """Report something by telephone and return the record."""
        return await create.create(
            self.uow, NewReport(title=title, source="phone", contact=sender, **more), HAND
        )

    async def row(self, number: str) -> dict[str, Any]:
        return dict(
            await self.pool.fetchrow("SELECT * FROM incident WHERE number = $1", number) or {}
        )

    async def facts(self, number: str) -> list[tuple[str, Any]]:
        """Return the events of a record, with their facts as text."""
        asked = (
            "SELECT event, facts::text FROM timeline t JOIN incident i ON i.id = t.incident_id "
            "WHERE number = $1 ORDER BY seq"
        )
        return [tuple(row) for row in await self.pool.fetch(asked, number)]

    async def chains(self) -> int:
        """Return the number of records whose master has a master, or is the record itself."""
        asked = (
            "SELECT count(*) FROM incident r JOIN incident m ON m.id = r.master_id "
            "WHERE m.master_id IS NOT NULL OR m.id = r.id"
        )
        return int(await self.pool.fetchval(asked))


async def furnish(conn: Connection, clock: FakeClock) -> None:
    """Write the catalogue of the made-up company."""
    written = [
        services._values(FIELDS | {"name": names[0], "aliases": names[1:]})
        for names in SERVICES.values()
    ]
    rows = [(slug, *values, clock.stamp()) for slug, values in zip(SERVICES, written, strict=True)]
    await conn.executemany(services.INSERT, rows)
    attributes = {name: {"site": site} for name, site in SITES.items()} | {
        name: {"ip": ip} for name, ip in ADDRESSES.items()
    }
    drafts = [
        CiDraft(
            name=name,
            kind="host",
            service=service,
            attributes=attributes.get(name, {}),
            depends_on=upstream,
        )
        for service, items in PARTS.items()
        for name, upstream in items.items()
    ]
    await cis.write(conn, drafts, clock.stamp())


@asynccontextmanager
async def gateway_harness(
    pool: Pool, database_url: str, clock: FakeClock, settings: Settings
) -> AsyncIterator[GatewayHarness]:
    """Provide a gateway with the catalogue of the made-up company."""
    numbers, writer, others = [await asyncpg.connect(database_url) for _ in range(3)]
    turn = asyncio.Lock()

    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with turn:
            return await store.reserve(numbers, count, stamp)

    try:
        async with pool.acquire() as conn, conn.transaction():
            await furnish(conn, clock)
        catalogue = Catalogue(settings)
        await catalogue.refresh(pool, clock.stamp())
        own = UnitOfWork(pool, clock, b"test key", reserve, lambda _: None, catalogue)
        intake = IntakeHarness(writer, committer(others, clock, settings, catalogue), clock)
        yield GatewayHarness(pool, intake, own)
    finally:
        for own_conn in (numbers, writer, others):
            await own_conn.close()
