"""Thresholds on the way to a breach: which were passed and not yet told, and when the next one comes. Pure.

A mark such as "desk@50" or "desk@breach" on the incident says that this threshold was told.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.incidents.ledger import Ledger
from gateway.sla.clocks import trace
from gateway.sla.policy import BREACH, MILLION, ClockName, Policy
from gateway.sla.track import Track


@dataclass(frozen=True, slots=True)
class Crossing:
    """A clock passed a share (0 to 1) of its target at an exact instant; a share of 1 is the breach.

    `due_at` is the instant that much of the present target was reached, `at` since when that has been so: they differ
    when a new target was already used up that far.
    """

    clock: ClockName
    mark: str
    at: datetime
    due_at: datetime
    breach: bool
    share: float


def due_now(policy: Policy, ledger: Ledger, marks: Collection[str], at: datetime) -> tuple[Crossing, ...]:
    """What is passed by `at` and not marked, clock by clock from the mildest; of a clock that stopped only the breach."""
    crossings = []
    for track in trace(policy, ledger, at):
        for share, mark in _marks(policy, track):
            told = mark in marks or (share != BREACH and track.since is None)
            if not told and (due := track.due(share)):
                since = track.crossed(share, at)
                if since is not None:
                    crossings.append(Crossing(track.name, mark, since, due, share == BREACH, share / MILLION))
    return tuple(crossings)


def next_due(policy: Policy, ledger: Ledger, at: datetime) -> datetime | None:
    """The earliest instant after `at` at which a running clock passes a threshold, if nothing else happens.

    No marks are asked: what lies ahead cannot have been told, unless under an older target, and then it is told again.
    """
    ahead = (track.due(share) for track in trace(policy, ledger, at) if track.running for share, _ in policy.steps)
    return min((due for due in ahead if due is not None and due > at), default=None)


def settle(policy: Policy, ledger: Ledger, marks: Iterable[str], at: datetime) -> tuple[str, ...]:
    """`marks` without those whose threshold lies ahead again, so that they are told again; order is kept."""
    ahead = {
        mark for track in trace(policy, ledger, at) for share, mark in _marks(policy, track) if track.crossed(share, at) is None
    }
    return tuple([mark for mark in marks if mark not in ahead])


def worth_telling(crossings: Iterable[Crossing]) -> tuple[Crossing, ...]:
    """The most severe crossing of each clock: whoever hears of the breach need not hear of the warnings before it."""
    worst: dict[ClockName, Crossing] = {}
    for crossing in crossings:
        if crossing.clock not in worst or worst[crossing.clock].share < crossing.share:
            worst[crossing.clock] = crossing
    return tuple(worst.values())


def _marks(policy: Policy, track: Track) -> list[tuple[int, str]]:
    return [(share, f"{track.name}@{word}") for share, word in policy.steps]
