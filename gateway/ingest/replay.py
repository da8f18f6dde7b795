"""Replay of quarantined bodies and items, after a parser or a mapping was fixed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from gateway.db.pool import Pool, acquire
from gateway.errors import Conflict, Forbidden, Malformed
from gateway.ingest.http import Submit
from gateway.ingest.reading.rereading import UNSET, read_again, rebuild_delivery, summarize_problem
from gateway.ingest.reading.source import Source, WebhookDelivery
from gateway.quarantine import store
from gateway.quarantine.mappings import Mappings
from gateway.quarantine.store import QuarantineEntry
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import SourceSettings
from gateway.timing.clock import Clock

T = TypeVar("T")

Resubmit = Callable[[int, Mapping[str, str], bytes], Awaitable[Receipt]]
"""Takes in again what people sent, from the integration, headers and body.

Raises Malformed while it cannot be understood.
"""


class FunctionRunner(Protocol):
    """A runner of module-level functions that does not block the event loop."""

    async def __call__(self, function: Callable[..., T], /, *given: Any) -> T:
        """Return the result of the function; raises Malformed also if it takes too long."""
        ...


@dataclass(frozen=True, slots=True)
class Replay:
    """The replay of quarantined entries through their sources.

    `people` holds the intake of people's messages, by source; `run` runs the parsing.
    """

    pool: Pool
    sources: Mapping[str, Source]
    settings: Mapping[str, SourceSettings]
    submit: Submit
    clock: Clock
    mappings: Mappings
    people: Mapping[str, Resubmit] = field(default_factory=dict)
    run: FunctionRunner = asyncio.to_thread

    async def __call__(self, entry: int, by: str) -> Receipt:
        """Read an entry again and commit it; replaying the same entry twice counts once.

        Raises NotFound; Conflict when it was replayed or dropped before or is being replayed;
        Malformed and Forbidden while it still cannot be accepted; and the errors of intake,
        which leave the entry unchanged.
        """
        async with acquire(self.pool) as conn:
            kept = await store.claim(conn, entry, self.clock.stamp())
        try:
            receipt = await self._again(kept)
        except (Malformed, Forbidden) as error:
            async with acquire(self.pool) as conn:
                await store.record_refusal(
                    conn, entry, summarize_problem(error), self.clock.stamp()
                )
            raise
        except BaseException:
            async with acquire(self.pool) as conn:
                await store.release(conn, entry)
            raise
        async with acquire(self.pool) as conn:
            await store.mark_replayed(conn, entry, receipt.id, by, self.clock.stamp())
        return receipt

    async def _again(self, kept: QuarantineEntry) -> Receipt:
        if (release := self.people.get(kept.source)) is not None:
            return await release(kept.integration_id, kept.headers, kept.body)
        source = self.source(kept.source)
        delivery = self.delivery(kept)
        mapping = self.mappings.of(kept.integration_id, kept.source)
        settings = self.settings.get(kept.source, UNSET)
        parsed = await self.run(read_again, source, settings, mapping, delivery)
        return await self.submit(
            Submission(
                kept.integration_id,
                kept.source,
                delivery.body,
                {},
                parsed.alerts,
                ignored=parsed.ignored,
                lost=parsed.lost,
                delivery_id=f"quarantine:{kept.id}",
                flag="replay",
                mended=parsed.mended,
            )
        )

    def source(self, slug: str) -> Source:
        """Return the source of that name; raises Conflict if it no longer exists."""
        if slug not in self.sources:
            raise Conflict(f"the source {slug!r} no longer exists, or is none that reads JSON")
        return self.sources[slug]

    def delivery(self, kept: QuarantineEntry) -> WebhookDelivery:
        """Return an entry as the request it was; a single item becomes a request of its own."""
        return rebuild_delivery(
            self.source(kept.source), kept.item, kept.headers, kept.body, kept.received_at
        )
