"""The thresholds of clocks before a breach: passed but not yet notified, and next. Pure.

A mark such as "desk@50" or "desk@breach" on the incident says that this threshold was notified.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from gateway.incidents.ledger import Ledger
from gateway.sla.clocks import trace_clocks
from gateway.sla.policy import BREACH, MILLION, Policy
from gateway.sla.track import Track
from gateway.vocabulary import ClockName


@dataclass(frozen=True, slots=True)
class Crossing:
    """The passing of a share (0 to 1) of its target by a clock.

    A share of 1 is the breach. `due_at` is the instant that much of the present target was
    reached, `at` since when that has been so: they differ when a new target was already used up
    that far. `target_at` is the instant the whole target was or will be reached; None while the
    clock is paused before it.
    """

    clock: ClockName
    mark: str
    at: datetime
    due_at: datetime
    target_at: datetime | None
    breach: bool
    share: float


@dataclass(frozen=True, slots=True)
class ThresholdState:
    """Every threshold at one instant, from one walk of the ledger.

    `passed` are those reached, each with True if it may still be notified (of a clock that
    stopped only the breach may); `ahead` the marks of all others; `next_due` the earliest
    instant at which a running clock reaches one; `overall` the overall clock, for notifications
    of what stays unresolved.
    """

    passed: tuple[tuple[Crossing, bool], ...]
    ahead: frozenset[str]
    next_due: datetime | None
    overall: Track

    @property
    def breached(self) -> bool:
        """Return whether any clock is past its target."""
        return any(crossing.breach for crossing, _ in self.passed)

    def due_now(self, marks: Collection[str]) -> tuple[Crossing, ...]:
        """Return the passed thresholds that are to be notified.

        They come clock by clock from the mildest; those with a mark are left out.
        """
        return tuple(
            [
                crossing
                for crossing, tellable in self.passed
                if tellable and crossing.mark not in marks
            ]
        )

    def settle(self, marks: Iterable[str]) -> tuple[str, ...]:
        """Return `marks`, in order, without those whose threshold lies ahead again.

        Those will be notified again.
        """
        return tuple([mark for mark in marks if mark not in self.ahead])


def threshold_state(policy: Policy, ledger: Ledger, at: datetime) -> ThresholdState:
    """Return the state of every threshold at `at`; raises as `clocks.read` does."""
    passed: list[tuple[Crossing, bool]] = []
    ahead: set[str] = set()
    next_due: datetime | None = None
    tracks = trace_clocks(policy, ledger, at)
    for track in tracks:
        target_at = track.due(BREACH)
        for share, word in policy.steps:
            mark, due = _mark(track.name, word), target_at if share == BREACH else track.due(share)
            if due is not None and (since := track.crossed(share, at)) is not None:
                crossing = Crossing(
                    track.name, mark, since, due, target_at, share == BREACH, share / MILLION
                )
                passed.append((crossing, share == BREACH or track.since is not None))
                continue
            ahead.add(mark)
            if (
                due is not None
                and track.running
                and due > at
                and (next_due is None or due < next_due)
            ):
                next_due = due
    return ThresholdState(tuple(passed), frozenset(ahead), next_due, tracks[-1])


def worst_per_clock(crossings: Iterable[Crossing]) -> tuple[Crossing, ...]:
    """Return the most severe crossing of each clock.

    A notification of the breach makes those of the warnings before it needless.
    """
    worst: dict[ClockName, Crossing] = {}
    for crossing in crossings:
        if crossing.clock not in worst or worst[crossing.clock].share < crossing.share:
            worst[crossing.clock] = crossing
    return tuple(worst.values())


@cache
def _mark(name: ClockName, word: str) -> str:
    return f"{name}@{word}"
