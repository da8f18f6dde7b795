"""The operations on quarantine entries that the API offers."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from gateway.quarantine.difference import Difference
from gateway.quarantine.mappings import MappingProposal, Mappings
from gateway.quarantine.set_aside import SetAsideMail
from gateway.quarantine.store import EntryFilter, QuarantineEntry
from gateway.quarantine.trial import Trial
from gateway.vocabulary import Outcome

Turn = AbstractAsyncContextManager[None]
"""A context that waits for a turn among searches, and ends the turn."""


@dataclass(frozen=True, slots=True)
class EntryExplanation:
    """An entry beside what its source expects.

    `differences` are where it differs, `nearest` and `example` the captured body most like it,
    `trial` what it would become with the mapping in force. None of these are given for what
    people sent by mail and the like.
    """

    kept: QuarantineEntry
    differences: tuple[Difference, ...] = ()
    nearest: str | None = None
    example: Any = None
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail that was set aside and has been opened as a record; `outcome` says how."""

    kept: SetAsideMail
    receipt: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The outcome for one entry: replayed, refused or busy.

    `reason` says why it was not replayed.
    """

    id: int
    outcome: str
    receipt: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """The result of one batch.

    `next` is the `after` of the batch that follows, None at the end; `left` is the number of
    entries behind it, as far as counted. `stopped` is the reason for ending early.
    """

    ended: tuple[ReplayResult, ...]
    next: int | None
    left: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class MappingTrials:
    """The dry runs of entries with a mapping, by id.

    `next` is the `after` of the next call, None at the end.
    """

    trials: tuple[tuple[int, Trial], ...]
    next: int | None


class QuarantineService(Protocol):
    """The service that explains, tries and replays quarantine entries."""

    @property
    def mappings(self) -> Mappings:
        """Return the mappings in force."""
        ...

    @property
    def replay(self) -> Callable[[int, str], Awaitable[Any]]:
        """Return the function that replays one entry on behalf of somebody."""
        ...

    def knows(self, source: str) -> bool:
        """Return whether bodies of this source can be mapped."""
        ...

    async def explain(self, entry: int) -> EntryExplanation:
        """Return one entry beside what was expected; raises NotFound."""
        ...

    async def try_mapping(
        self, proposal: MappingProposal, entries: tuple[int, ...], after: int, limit: int
    ) -> MappingTrials:
        """Return what these pending entries of a sender, or all above `after`, would become."""
        ...

    async def replay_many(
        self, which: EntryFilter, after: int, limit: int, by: str, turn: Turn | None = None
    ) -> ReplayProgress:
        """Replay pending entries, the oldest first; `turn` is held while they are searched for."""
        ...
