"""The changes of a transaction to incidents, processed once it is committed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.incidents.record import Revision
from gateway.vocabulary import TimerKind

ArmedTimer = tuple[int, TimerKind, datetime]
"""A timer that was armed: incident id, kind, due time."""


@dataclass(frozen=True, slots=True)
class CommittedChanges:
    """The armed timers, and the revisions with each record before and after."""

    armed: Sequence[ArmedTimer] = ()
    revisions: Sequence[Revision] = ()


def armed_by(revisions: Iterable[Revision]) -> list[ArmedTimer]:
    """Return the timers that these revisions arm."""
    return [
        (one.after.id, arm.kind, arm.due_at)
        for one in revisions
        for arm in one.timers
        if arm.due_at is not None
    ]
