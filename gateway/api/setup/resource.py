"""The code that the API of every kind of object of the setup shares: list, create, read, change."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog
from aiohttp import web

from gateway.api.context import ApiCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.db.pool import Connection, acquire
from gateway.operations.unit_of_work import UnitOfWork

log = structlog.get_logger()


class Versioned(Protocol):
    """An object whose version is its ETag."""

    @property
    def version(self) -> int:
        """The number of the present version."""


T = TypeVar("T", bound=Versioned)
V = TypeVar("V")
K = TypeVar("K", str, int)

Work = Callable[[Connection], Awaitable[T]]
"""A function that reads, creates or changes one object in a transaction and returns it."""


async def _nothing(_: UnitOfWork) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Resource(Generic[T, V, K]):
    """A kind of object: its path, its view, its key in paths and cursors, its events in the log.

    `after_change` runs after an object was created or changed.
    """

    path: str
    view: Callable[[T], V]
    key: Callable[[T], K]
    created: str
    changed: str
    after_change: Callable[[UnitOfWork], Awaitable[None]] = _nothing

    def page(self, found: Sequence[T], limit: int) -> tuple[list[V], K | None]:
        """Return the views of one page, and the cursor of the next one.

        `found` has one object more than `limit` where there is a next page.
        """
        shown = found[:limit]
        return [self.view(one) for one in shown], (
            self.key(shown[-1]) if len(found) > limit else None
        )

    async def read(self, call: ApiCall[object], fetch: Work[T]) -> web.Response:
        """Return one object with its ETag."""
        async with acquire(call.context.uow.pool) as conn:
            one = await fetch(conn)
        return respond(self.view(one), etag=str(one.version))

    async def create(
        self, call: ApiCall[object], create: Work[T], **logged: object
    ) -> web.Response:
        """Create an object, at most once for an Idempotency-Key, and return it."""

        async def work(conn: Connection) -> ChangeResult:
            made = await create(conn)
            location = f"{self.path}/{self.key(made)}"
            return ChangeResult(self.view(made), 201, made.version, location)

        return await self._answer(call, work, self.created, logged)

    async def change(
        self, call: ApiCall[object], change: Work[T], **logged: object
    ) -> web.Response:
        """Change an object, at most once for an Idempotency-Key, and return it."""

        async def work(conn: Connection) -> ChangeResult:
            one = await change(conn)
            return ChangeResult(self.view(one), version=one.version)

        return await self._answer(call, work, self.changed, logged)

    async def _answer(
        self,
        call: ApiCall[object],
        work: Callable[[Connection], Awaitable[ChangeResult]],
        event: str,
        logged: dict[str, object],
    ) -> web.Response:
        response, fresh = await answer_once(call, work)
        if fresh:
            await self.after_change(call.context.uow)
            log.info(event, by=call.actor, **logged)
        return response
