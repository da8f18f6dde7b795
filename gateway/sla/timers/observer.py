"""What the timers let others watch; the owner binds it to metrics."""

from collections.abc import Sequence
from typing import Protocol

from gateway.incidents.record import Revision
from gateway.vocabulary import TimerKind


class Observer(Protocol):
    """Called by the runner; nothing here may block or raise."""

    def fired(self, lateness_seconds: float, kind: TimerKind) -> None:
        """One timer fired, this long after it was due."""

    def changed(self, revisions: Sequence[Revision]) -> None:
        """Timers that fired changed incidents, and that is committed."""

    def poisoned(self, kind: TimerKind) -> None:
        """One timer's firing failed and was pushed out by a minute."""

    def step_broke(self) -> None:
        """A step of the runner failed by a fault that is no outage; it is tried again."""

    def wheel_size(self, size: int) -> None:
        """How many timers wait in the wheel."""

    def backlog(self, size: int) -> None:
        """How many timers are due and wait for their turn."""

    def shards_owned(self, count: int) -> None:
        """How many leases are held and trusted."""

    def index_up(self, up: bool) -> None:  # noqa: FBT001
        """Whether Redis answers."""

    def rebuilt(self, shard: int) -> None:
        """A shard's index was missing and has been built anew."""

    def missed(self, count: int) -> None:
        """The sweep found this many timers that the wheel should have known."""

    def clock_trusted(self, trusted: bool) -> None:  # noqa: FBT001
        """False while PostgreSQL's clock is under suspicion and nothing fires."""
