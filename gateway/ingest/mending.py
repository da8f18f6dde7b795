"""Inspection, trial mapping and batch replay of quarantined entries."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass

import msgspec

from gateway.db.pool import acquire
from gateway.errors import Conflict, Forbidden, Malformed, NotFound, Overloaded, Unavailable
from gateway.ingest.reading.repair import encoded, repaired
from gateway.ingest.reading.rereading import UNSET, flaws_of, tried
from gateway.ingest.reading.source import Delivery, Source
from gateway.ingest.replay import Replay
from gateway.quarantine import examples, masking, store
from gateway.quarantine.difference import differences
from gateway.quarantine.mapping import Mapping, applied, check
from gateway.quarantine.mappings import Mappings, Proposal
from gateway.quarantine.operations import Ended, Explained, Progress, Tried, Turn
from gateway.quarantine.store import Kept, Which
from gateway.quarantine.trial import Trial
from gateway.receipts.submission import Receipt
from gateway.settings import Intake

WITHIN = 1.0
"""Seconds a batch may take after its entries are found, so that `server.deadline` is kept."""

LONG = "it took long: go on with what follows"
"""The reason given when a batch stops before its end."""


@dataclass(frozen=True, slots=True)
class Mender:
    """The service that explains and replays quarantined entries, and tries mappings on them."""

    replay: Replay

    @property
    def mappings(self) -> Mappings:
        """The mappings in force."""
        return self.replay.mappings

    def knows(self, source: str) -> bool:
        """Return whether bodies of this source can be mapped."""
        return source in self.replay.sources

    async def explain(self, entry: int) -> Explained:
        """Return one entry compared with the expected format; raises NotFound."""
        async with acquire(self.replay.pool) as conn:
            kept = await store.by_id(conn, entry)
        if not self.knows(kept.source):
            return Explained(kept)
        mapping = self.mappings.of(kept.integration_id, kept.source)
        return await self.replay.run(_explained, kept, *self._reading(kept, mapping))

    def _reading(self, kept: Kept, mapping: Mapping) -> tuple[Source, Intake, Mapping, Delivery]:
        settings = self.replay.settings.get(kept.source, UNSET)
        return self.replay.source(kept.source), settings, mapping, self.replay.delivery(kept)

    async def try_mapping(self, proposal: Proposal, entries: tuple[int, ...], after: int, limit: int) -> Tried:
        """Try a mapping on quarantined entries; return their results, as many as `WITHIN` allows.

        The entries are those given, or the sender's pending entries with an id above `after`.
        Raises Unprocessable for a mapping that cannot be stored, and NotFound for an entry that
        is not of this sender.
        """
        check(proposal.steps)
        chosen = entries or await self._pending(proposal, after, limit + 1)
        until = self.replay.clock.monotonic() + WITHIN
        most = len(entries) or limit
        trials: list[tuple[int, Trial]] = []
        for entry in chosen[:most]:
            if trials and self.replay.clock.monotonic() > until:
                return Tried(tuple(trials), trials[-1][0])
            async with acquire(self.replay.pool) as conn:
                kept = await store.by_id(conn, entry)
            if (kept.source, kept.integration) != (proposal.source, proposal.integration):
                raise NotFound(f"{entry} was not sent to {proposal.source} by {proposal.integration}")
            trials.append((entry, await self.replay.run(tried, *self._reading(kept, proposal.steps))))
        return Tried(tuple(trials), trials[-1][0] if len(chosen) > most else None)

    async def _pending(self, proposal: Proposal, after: int, limit: int) -> tuple[int, ...]:
        which = Which(source=proposal.source, integration=proposal.integration)
        async with acquire(self.replay.pool) as conn:
            return tuple(await store.oldest(conn, which, after, limit))

    async def replay_many(self, which: Which, after: int, limit: int, by: str, turn: Turn | None = None) -> Progress:
        """Replay pending entries, the oldest first, for `WITHIN` seconds at most.

        It stops early when intake is overloaded or unavailable. An entry that runs out of time
        is started again by the next batch; one that alone takes too long is `busy`. `turn` is
        held while entries are looked up.
        """
        async with turn or nullcontext(), acquire(self.replay.pool) as conn:
            found = await store.oldest(conn, which, after, store.COMPARED)
        until = self.replay.clock.monotonic() + WITHIN
        ended: list[Ended] = []
        stopped = ""
        for entry in found[:limit]:
            try:
                async with asyncio.timeout(max(0.0, until - self.replay.clock.monotonic())):
                    ended.append(await _ended(entry, by, self.replay))
            except TimeoutError:
                stopped = LONG
                ended = ended or [Ended(entry, "busy", reason="it takes long: replay it by itself")]
                break
            except (Overloaded, Unavailable) as error:
                stopped = error.detail
                break
        if len(ended) == len(found):
            return Progress(tuple(ended), None)
        return Progress(tuple(ended), ended[-1].id if ended else after, len(found) - len(ended), stopped)


def _explained(kept: Kept, source: Source, settings: Intake, mapping: Mapping, delivery: Delivery) -> Explained:
    """Return an entry compared with the format its source expects."""
    trial = tried(source, settings, mapping, delivery)
    found = repaired(delivery.body)
    try:
        body = msgspec.json.decode(applied(mapping, encoded(found[0]) if found is not None else delivery.body))
    except (msgspec.DecodeError, ValueError, RecursionError, Malformed):
        return Explained(kept, differences(None, {}, trial.flaws), trial=trial)
    shipped = examples.shipped().get(kept.source, ())
    nearest = examples.nearest(body, shipped)
    told = differences(body, source.expects, trial.flaws, examples.names(shipped))
    example = masking.value(nearest.body) if nearest is not None else None
    return Explained(kept, told, nearest.case if nearest is not None else None, example, trial)


async def _ended(entry: int, by: str, replay: Callable[[int, str], Awaitable[Receipt]]) -> Ended:
    try:
        receipt = await replay(entry, by)
    except (Malformed, Forbidden) as error:
        first = flaws_of(error)[0]
        return Ended(entry, "refused", reason=f"{first.pointer}: {first.detail}" if first.pointer else first.detail)
    except (Conflict, NotFound) as error:
        return Ended(entry, "busy", reason=error.detail)
    return Ended(entry, "replayed", receipt.id)
