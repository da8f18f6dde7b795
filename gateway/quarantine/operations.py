"""What can be done about entries of the quarantine, as the API asks for it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from gateway.quarantine.difference import Difference
from gateway.quarantine.mappings import Mappings, Proposal
from gateway.quarantine.set_aside import SetAsideMail
from gateway.quarantine.store import Kept, Which
from gateway.quarantine.trial import Trial
from gateway.vocabulary import Outcome

Turn = AbstractAsyncContextManager[None]
"""Waits for its turn among searches, and ends it."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An entry beside what its source expects: where it differs, the captured body most like it, what it would become now.

    Of what people sent by mail and the like none of this is told.
    """

    kept: Kept
    differences: tuple[Difference, ...] = ()
    nearest: str | None = None
    example: Any = None
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail that was set aside and is in a record now; `outcome` says how it came there."""

    kept: SetAsideMail
    receipt: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended for one entry: `outcome` is replayed, refused or busy; `reason` says why it was not replayed."""

    id: int
    outcome: str
    receipt: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """One batch. `next` is the `after` of the batch that follows, None at the end, and `left` are behind it, as far as counted.

    `stopped` is why it ended before its end.
    """

    ended: tuple[Ended, ...]
    next: int | None
    left: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What entries would become with a mapping, by id. `next` is the `after` of what follows, None at the end."""

    trials: tuple[tuple[int, Trial], ...]
    next: int | None


class Mending(Protocol):
    """Explains, tries, reads again."""

    @property
    def mappings(self) -> Mappings:
        """Those in force."""
        ...

    @property
    def replay(self) -> Callable[[int, str], Awaitable[Any]]:
        """Reads one entry again, for somebody."""
        ...

    def knows(self, source: str) -> bool:
        """Whether bodies of this source can be mapped."""
        ...

    async def explain(self, entry: int) -> Explained:
        """One entry beside what was expected; raises NotFound."""
        ...

    async def try_mapping(self, proposal: Proposal, entries: tuple[int, ...], after: int, limit: int) -> Tried:
        """What these pending entries of a sender, or all above `after`, would become."""
        ...

    async def replay_many(self, which: Which, after: int, limit: int, by: str, turn: Turn | None = None) -> Progress:
        """Read pending entries again, the oldest first; `turn` is held while they are looked for."""
        ...
