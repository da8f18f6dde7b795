"""The interface by which the timers report to metrics."""

from collections.abc import Sequence
from typing import Protocol

from gateway.incidents.record import Revision
from gateway.vocabulary import TimerKind


class TimerListener(Protocol):
    """An observer that the runner calls; nothing here may block or raise."""

    def fired(self, lateness_seconds: float, kind: TimerKind) -> None:
        """Note that one timer fired, this long after it was due."""

    def changed(self, revisions: Sequence[Revision]) -> None:
        """Note that timers that fired changed incidents; the change is committed."""

    def poisoned(self, kind: TimerKind) -> None:
        """Note that one timer's firing failed and was postponed by a minute."""

    def step_broke(self) -> None:
        """Note that a step of the runner failed by a fault that is no outage; it is tried again."""

    def wheel_size(self, size: int) -> None:
        """Note the number of timers that wait in the wheel."""

    def backlog(self, size: int) -> None:
        """Note the number of timers that are due and wait for their turn."""

    def shards_owned(self, count: int) -> None:
        """Note the number of leases that are held and trusted."""

    def index_up(self, up: bool) -> None:  # noqa: FBT001
        """Note whether Redis answers."""

    def rebuilt(self, shard: int) -> None:
        """Note that a shard of the index was missing and has been built anew."""

    def missed(self, count: int) -> None:
        """Note that the sweep found this many timers that the wheel should have known."""

    def clock_trusted(self, trusted: bool) -> None:  # noqa: FBT001
        """Note whether PostgreSQL's clock is trusted; while it is not, nothing fires."""
