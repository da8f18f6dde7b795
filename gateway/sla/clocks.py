"""The SLA clocks of a record, read from its ledger (docs/sla.md). Pure.

Everything that shows, checks or fires a deadline uses these functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.errors import Flaw, Unprocessable
from gateway.incidents.ledger import RAISED, RELEASED, ClockEvent, Ledger, LedgerEntry
from gateway.sla.policy import BREACH, Policy
from gateway.sla.track import Counting, Track
from gateway.vocabulary import ClockName, Tier


class ClockState(StrEnum):
    """The state of a clock.

    Only a stopped clock is met or breached; a running one past its target has `breached_at`.
    """

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class ClockSegment:
    """A stretch of a clock.

    `until` is None while it lasts, `reason` says why a paused one does not run.
    """

    since: datetime
    until: datetime | None
    running: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One clock at one instant.

    Without a target there is no remaining time, nothing is due and nothing breached.

    `remaining` is negative past the target. `basis` is the instant from which the target counts:
    the clock's beginning, or a raise of the priority that no person made. `due_at` is the
    instant the elapsed time reaches the present target; a clock that does not run has one only
    if it reached it. `breached_at` is the instant since when it has been past its target.
    """

    name: ClockName
    target: timedelta | None
    elapsed: timedelta
    remaining: timedelta | None
    basis: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    state: ClockState
    segments: tuple[ClockSegment, ...]


def read_clocks(policy: Policy, ledger: Ledger, at: datetime) -> tuple[ClockReading, ...]:
    """Return all five clocks as they stand at `at`; later entries of the ledger are ignored.

    Raises Unprocessable, with the index of the entry in `facts`, for a ledger that does not
    begin with its only `record` entry, goes back in time, or names a priority without targets.
    """
    return tuple([_reading(track, at) for track in trace_clocks(policy, ledger, at)])


def opening_due(policy: Policy, priority: int, at: datetime) -> datetime | None:
    """Return the first threshold of an incident recorded at `at`, None where nothing is promised.

    It equals `thresholds.next_due`, without walking a ledger. Raises Unprocessable for a
    priority without targets.
    """
    if priority not in policy.opening:
        raise Unprocessable(f"policy {policy.name!r} has no targets for priority {priority}")
    first = policy.opening[priority]
    return None if first is None else policy.calendar.add(at, first)


def trace_clocks(policy: Policy, ledger: Ledger, at: datetime) -> tuple[Track, ...]:
    """Return the clocks in the order of `ClockName`, walked up to `at`; raises as `read` does."""
    walk = _Walk(policy)
    previous: LedgerEntry | None = None
    for index, entry in enumerate(ledger):
        if flaw := _flaw(policy, entry, previous):
            raise Unprocessable(
                f"event {index} ({entry.event}): {flaw}",
                flaws=(Flaw(f"/events/{index}", flaw),),
                index=index,
            )
        if entry.at <= at:
            _APPLY[entry.event](walk, entry)
        previous = entry
    if previous is None:
        raise Unprocessable(
            "a ledger begins with a record event",
            flaws=(Flaw("/events", "there is no event"),),
            index=0,
        )
    return walk.tracks


def _flaw(policy: Policy, entry: LedgerEntry, previous: LedgerEntry | None) -> str:
    if (entry.event is ClockEvent.RECORD) != (previous is None):
        return "the first event, and no other, is record"
    if previous is not None and entry.at < previous.at:
        return "it is earlier than the event before it"
    if entry.event in _PRICED and entry.priority not in policy.targets:
        return f"policy {policy.name!r} has no targets for priority {entry.priority}"
    return ""


_PRICED = frozenset({ClockEvent.RECORD, ClockEvent.SET_PRIORITY})


class _Walk:
    """The state of a record between two entries of its ledger.

    `held` is the reason of a hold, `resolved` are the clocks that the resolution stopped; both
    are None while the record is worked on.
    """

    __slots__ = (
        "before_raises",
        "desk",
        "escalated",
        "held",
        "overall",
        "policy",
        "priority",
        "resolved",
        "response",
        "targets",
        "tier2",
        "tracks",
        "work",
    )

    def __init__(self, policy: Policy) -> None:
        self.tracks = tuple([Track(name, policy.calendar) for name in _NAMES])
        self.response, self.desk, self.tier2, self.escalated, self.overall = self.tracks
        self.work = self.tracks[1:]
        self.policy = policy
        self.targets: Mapping[ClockName, timedelta] = {}
        self.priority: int | None = None
        self.before_raises: int | None = None
        self.held: str | None = None
        self.resolved: tuple[Track, ...] | None = None

    def record(self, entry: LedgerEntry) -> None:
        self.set_priority(entry)
        for track in (self.response, self.desk, self.overall):
            track.turn(entry.at, running=True)

    def set_priority(self, entry: LedgerEntry) -> None:
        counting = self._counting(entry)
        self.priority = entry.priority
        self.targets = self.policy.targets[entry.priority or 0]
        for track in self.tracks:
            track.retarget(entry.at, self.targets.get(track.name), counting)

    def _counting(self, entry: LedgerEntry) -> Counting:
        """Return how a new target counts.

        A raise by the system counts from its own moment, until a person sets the priority from
        before the first raise, or a milder one.
        """
        if entry.reason == RAISED and self.priority is not None:
            self.before_raises = self.before_raises or self.priority
            return Counting.FROM_NOW
        if self.before_raises is not None and (entry.priority or 0) < self.before_raises:
            return Counting.AS_BEFORE
        self.before_raises = None
        return Counting.ALL

    def assign(self, entry: LedgerEntry) -> None:
        if entry.tier is Tier.THIRD or entry.tier is Tier.VENDOR:
            self.escalate(entry)
        elif entry.tier is not Tier.DESK and self.resolved is None:
            self.desk.stop(entry.at)
            if _pending(self.tier2) and _pending(self.escalated):
                self._start(self.tier2, entry.at)

    def escalate(self, entry: LedgerEntry) -> None:
        if self.resolved is None:
            self.desk.stop(entry.at)
            self.tier2.stop(entry.at)
            if _pending(self.escalated):
                self._start(self.escalated, entry.at)

    def accept(self, entry: LedgerEntry) -> None:
        self.response.stop(entry.at)

    def hand_back(self, entry: LedgerEntry) -> None:
        """Change nothing.

        After a return the clock of tier 2 runs on until somebody solves or escalates.
        """

    def hold(self, entry: LedgerEntry) -> None:
        if self.held is None and self.resolved is None:
            self.held = entry.reason
            self._turn_work(entry.at)

    def resume(self, entry: LedgerEntry) -> None:
        if self.held is not None:
            self.held = None
            self._turn_work(entry.at)

    def resolve(self, entry: LedgerEntry) -> None:
        if self.resolved is None:
            self.resolved = tuple([track for track in self.work if track.since is not None])
            self.held = None
            for track in self.tracks:
                track.stop(entry.at)

    def reopen(self, entry: LedgerEntry) -> None:
        if entry.reason == RELEASED:
            response = self.response
            response.run_on(entry.at, self.targets.get(response.name), self._as_now())
            return
        for track in self.resolved or ():
            track.reopen(entry.at, self.targets.get(track.name), self._as_now())
        self.resolved = None

    def _as_now(self) -> Counting:
        return Counting.ALL if self.before_raises is None else Counting.AS_BEFORE

    def _start(self, track: Track, at: datetime) -> None:
        track.turn(at, running=self.held is None, reason=self.held or "")

    def _turn_work(self, at: datetime) -> None:
        for track in self.work:
            if track.since is not None:
                self._start(track, at)


_NAMES = tuple(ClockName)
_APPLY: Mapping[ClockEvent, Callable[[_Walk, LedgerEntry], None]] = {
    ClockEvent.RECORD: _Walk.record,
    ClockEvent.ASSIGN: _Walk.assign,
    ClockEvent.ACCEPT: _Walk.accept,
    ClockEvent.RETURN: _Walk.hand_back,
    ClockEvent.HOLD: _Walk.hold,
    ClockEvent.RESUME: _Walk.resume,
    ClockEvent.ESCALATE: _Walk.escalate,
    ClockEvent.RESOLVE: _Walk.resolve,
    ClockEvent.REOPEN: _Walk.reopen,
    ClockEvent.SET_PRIORITY: _Walk.set_priority,
}


def _pending(track: Track) -> bool:
    return track.since is None and track.stopped is None


def _reading(track: Track, at: datetime) -> ClockReading:
    target, elapsed = track.target, track.elapsed_by(at)
    segments = [ClockSegment(*span) for span in track.spans]
    if track.since is not None:
        segments.append(ClockSegment(track.since, None, track.running, track.reason))
    due, breached = track.due(BREACH), track.crossed(BREACH, at)
    remaining = None if track.goal is None else track.goal.length(BREACH) - elapsed
    basis = track.counts_from
    return ClockReading(
        track.name,
        target,
        elapsed,
        remaining,
        basis,
        due,
        breached,
        _state(track, breached),
        tuple(segments),
    )


def _state(track: Track, breached: datetime | None) -> ClockState:
    if track.since is not None:
        return ClockState.RUNNING if track.running else ClockState.PAUSED
    if track.stopped is None:
        return ClockState.PENDING
    return ClockState.MET if breached is None else ClockState.BREACHED
