"""Inspection, trial mapping and batch replay of quarantined entries."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass

import msgspec

from gateway.db.pool import acquire
from gateway.errors import Conflict, Forbidden, Malformed, NotFound, Overloaded, Unavailable
from gateway.ingest.reading.repair import encode_json, repair_json
from gateway.ingest.reading.rereading import UNSET, list_flaws, try_reading
from gateway.ingest.reading.source import Source, WebhookDelivery
from gateway.ingest.replay import Replay
from gateway.quarantine import examples, masking, store
from gateway.quarantine.difference import find_differences
from gateway.quarantine.mapping import Mapping, apply_mapping, check
from gateway.quarantine.mappings import MappingProposal, Mappings
from gateway.quarantine.operations import (
    EntryExplanation,
    MappingTrials,
    ReplayProgress,
    ReplayResult,
    Turn,
)
from gateway.quarantine.store import EntryFilter, QuarantineEntry
from gateway.quarantine.trial import Trial
from gateway.receipts.submission import Receipt
from gateway.settings import SourceSettings

WITHIN = 1.0
"""Seconds a batch may take after its entries are found, so that `server.deadline` is kept."""

OUT_OF_TIME = "it took long: go on with what follows"
"""The reason given when a batch stops before its end."""


@dataclass(frozen=True, slots=True)
class QuarantineReview:
    """The service that explains and replays quarantined entries, and tries mappings on them."""

    replay: Replay

    @property
    def mappings(self) -> Mappings:
        """The mappings in force."""
        return self.replay.mappings

    def knows(self, source: str) -> bool:
        """Return whether bodies of this source can be mapped."""
        return source in self.replay.sources

    async def explain(self, entry: int) -> EntryExplanation:
        """Return one entry compared with the expected format; raises NotFound."""
        async with acquire(self.replay.pool) as conn:
            kept = await store.by_id(conn, entry)
        if not self.knows(kept.source):
            return EntryExplanation(kept)
        mapping = self.mappings.of(kept.integration_id, kept.source)
        return await self.replay.run(_explained, kept, *self._reading(kept, mapping))

    def _reading(
        self, kept: QuarantineEntry, mapping: Mapping
    ) -> tuple[Source, SourceSettings, Mapping, WebhookDelivery]:
        settings = self.replay.settings.get(kept.source, UNSET)
        return self.replay.source(kept.source), settings, mapping, self.replay.delivery(kept)

    async def try_mapping(
        self, proposal: MappingProposal, entries: tuple[int, ...], after: int, limit: int
    ) -> MappingTrials:
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
                return MappingTrials(tuple(trials), trials[-1][0])
            async with acquire(self.replay.pool) as conn:
                kept = await store.by_id(conn, entry)
            if (kept.source, kept.integration) != (proposal.source, proposal.integration):
                raise NotFound(
                    f"{entry} was not sent to {proposal.source} by {proposal.integration}"
                )
            trials.append(
                (entry, await self.replay.run(try_reading, *self._reading(kept, proposal.steps)))
            )
        return MappingTrials(tuple(trials), trials[-1][0] if len(chosen) > most else None)

    async def _pending(self, proposal: MappingProposal, after: int, limit: int) -> tuple[int, ...]:
        which = EntryFilter(source=proposal.source, integration=proposal.integration)
        async with acquire(self.replay.pool) as conn:
            return tuple(await store.oldest(conn, which, after, limit))

    async def replay_many(
        self, which: EntryFilter, after: int, limit: int, by: str, turn: Turn | None = None
    ) -> ReplayProgress:
        """Replay pending entries, the oldest first, for `WITHIN` seconds at most.

        It stops early when intake is overloaded or unavailable. An entry that runs out of time
        is started again by the next batch; one that alone takes too long is `busy`. `turn` is
        held while entries are looked up.
        """
        async with turn or nullcontext(), acquire(self.replay.pool) as conn:
            found = await store.oldest(conn, which, after, store.COMPARED)
        until = self.replay.clock.monotonic() + WITHIN
        ended: list[ReplayResult] = []
        stopped = ""
        for entry in found[:limit]:
            try:
                async with asyncio.timeout(max(0.0, until - self.replay.clock.monotonic())):
                    ended.append(await _ended(entry, by, self.replay))
            except TimeoutError:
                stopped = OUT_OF_TIME
                ended = ended or [
                    ReplayResult(entry, "busy", reason="it takes long: replay it by itself")
                ]
                break
            except (Overloaded, Unavailable) as error:
                stopped = error.detail
                break
        if len(ended) == len(found):
            return ReplayProgress(tuple(ended), None)
        return ReplayProgress(
            tuple(ended), ended[-1].id if ended else after, len(found) - len(ended), stopped
        )


def _explained(
    kept: QuarantineEntry,
    source: Source,
    settings: SourceSettings,
    mapping: Mapping,
    delivery: WebhookDelivery,
) -> EntryExplanation:
    """Return an entry compared with the format its source expects."""
    trial = try_reading(source, settings, mapping, delivery)
    found = repair_json(delivery.body)
    try:
        body = msgspec.json.decode(
            apply_mapping(mapping, encode_json(found[0]) if found is not None else delivery.body)
        )
    except (msgspec.DecodeError, ValueError, RecursionError, Malformed):
        return EntryExplanation(kept, find_differences(None, {}, trial.flaws), trial=trial)
    shipped = examples.load_examples().get(kept.source, ())
    nearest = examples.find_nearest(body, shipped)
    told = find_differences(body, source.expects, trial.flaws, examples.names(shipped))
    example = masking.mask_value(nearest.body) if nearest is not None else None
    return EntryExplanation(
        kept, told, nearest.case if nearest is not None else None, example, trial
    )


async def _ended(
    entry: int, by: str, replay: Callable[[int, str], Awaitable[Receipt]]
) -> ReplayResult:
    try:
        receipt = await replay(entry, by)
    except (Malformed, Forbidden) as error:
        first = list_flaws(error)[0]
        return ReplayResult(
            entry,
            "refused",
            reason=f"{first.pointer}: {first.detail}" if first.pointer else first.detail,
        )
    except (Conflict, NotFound) as error:
        return ReplayResult(entry, "busy", reason=error.detail)
    return ReplayResult(entry, "replayed", receipt.id)
