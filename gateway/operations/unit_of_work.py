"""The unit of work of operations: lock records, decide, write, commit, report the changes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.catalogue.live import Catalogue
from gateway.correlation import detaching
from gateway.correlation.for_masters import apply_effects_on_masters
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, Pool, acquire, in_transaction
from gateway.errors import NotFound, VersionMismatch
from gateway.escalation import timers
from gateway.escalation.change_announcements import announce_change
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents import store, writing
from gateway.incidents.changes import CommittedChanges, armed_by
from gateway.incidents.custom_fields import NO_FIELDS, CustomFields
from gateway.incidents.record import Incident, Revision
from gateway.timing.clock import Clock

Result = TypeVar("Result")

REPORTED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """The dependencies of every operation.

    `committed` is called with the changes after every commit, and never raises. Transactions run
    on the connection that is `held`, or else on one of the pool.
    """

    pool: Pool
    clock: Clock
    key: bytes
    reserve: store.Reserve
    committed: Callable[[CommittedChanges], None]
    catalogue: Catalogue
    fields: CustomFields = NO_FIELDS
    held: "Connection | None" = None

    @property
    def rules(self) -> SlaRules:
        """The present SLA rules."""
        return self.catalogue.rules

    @property
    def reported_at_most(self) -> int:
        """The most urgent priority of a report by somebody who is not staff."""
        settings = self.rules.settings
        return REPORTED_AT_MOST if settings is None else settings.reported_at_most

    async def within(self, work: "Callable[[Transaction], Awaitable[Result]]") -> Result:
        """Run `work` in a transaction, again if it lost a race.

        Report the changes after the commit.
        """
        tx: Transaction | None = None

        async def once(conn: Connection) -> Result:
            nonlocal tx
            tx = await self.on(conn)
            return await work(tx)

        result = await in_transaction(self.pool, once, self.held)
        if tx is not None:
            self.committed(tx.changes)
        return result

    @asynccontextmanager
    async def holding_connection(self) -> "AsyncIterator[tuple[UnitOfWork, Connection]]":
        """Provide a unit of work on one connection, and that connection.

        What is read after a change then needs no second one. Raises as `acquire` does.
        """
        async with acquire(self.pool) as conn:
            yield replace(self, held=conn), conn

    async def on(self, conn: Connection) -> "Transaction":
        """Return the unit in the transaction that the caller has begun, judged by its moment."""
        return Transaction(self, conn, await fetch_now(conn, self.clock.stamp()))


class Transaction:
    """One transaction of one operation; `now` is its time.

    It remembers the state of each record before it is written: notifications follow from the
    difference.
    """

    def __init__(self, uow: UnitOfWork, conn: Connection, now: datetime) -> None:
        self.uow, self.conn, self.now = uow, conn, now
        self._revisions: list[Revision] = []
        self._before: dict[int, Incident] = {}

    @property
    def changes(self) -> CommittedChanges:
        """Return the changes made so far, which count once they are committed."""
        return CommittedChanges(armed_by(self._revisions), self._revisions)

    async def lock(self, number: str, who: Principal, if_match: int | None = None) -> Incident:
        """Return the record, locked.

        Raises NotFound if none is visible to `who`, VersionMismatch if it is not at version
        `if_match`.
        """
        incident = await store.by_number(self.conn, number, visibility_of(who), lock=True)
        if incident is None:
            raise NotFound(f"no incident has the number {number}")
        if if_match is not None and incident.version != if_match:
            raise VersionMismatch(
                f"{number} is at version {incident.version}: read it again and repeat the change",
                version=incident.version,
            )
        return self._found([incident])[0]

    async def locked(self, ids: Collection[int]) -> list[Incident]:
        """Return the records with these ids, locked in id order."""
        return self._found(await store.lock(self.conn, ids))

    async def write(self, revisions: Sequence[Revision]) -> list[Incident]:
        """Write changed records, with their clocks and timers up to date; return them.

        Written with them are the followers that the change detaches, the notes and milder causes
        on their masters, and the notifications that follow from all of it.
        """
        changed = [revision for revision in revisions if revision.events]
        await self._find([one.after.id for one in changed if one.after.id not in self._before])
        asked = [replace(one, before=self._before[one.after.id]) for one in changed]
        settled = await detaching.detach_unfit_followers(self.conn, self.uow.rules, asked, self.now)
        made = await apply_effects_on_masters(
            self.conn, self.uow.rules.escalation, self.locked, settled, self.now
        )
        fresh = [self._refreshed(revision) for revision in made]
        self._revisions += fresh
        written = self._found(
            [
                one.incident
                for one in await writing.write_changed(self.conn, self.uow.key, fresh, self.now)
            ]
        )
        return written[: len(changed)]

    async def open(self, revision: Revision) -> Incident:
        """Write a new record, with the notifications that follow from it."""
        fresh = self._refreshed(revision)
        self._revisions.append(fresh)
        return self._found(
            [(await writing.open_new(self.conn, self.uow.key, [fresh], self.now))[0].incident]
        )[0]

    async def _find(self, ids: Sequence[int]) -> None:
        """Remember the state of records that were locked elsewhere in this transaction."""
        if ids:
            self._found(await store.by_ids(self.conn, ids))

    def _found(self, incidents: list[Incident]) -> list[Incident]:
        self._before.update((one.id, one) for one in incidents)
        return incidents

    def _refreshed(self, revision: Revision) -> Revision:
        after, armed = timers.refresh_timers(self.uow.rules, revision.after, self.now)
        fresh = replace(revision, after=after, timers=(*revision.timers, *armed))
        return announce_change(self.uow.rules, fresh, self.now)
