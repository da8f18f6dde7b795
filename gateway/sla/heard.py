"""That a reporter answered before a resolved record closes by itself, so that its wait begins anew: a mark of it. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from gateway.incidents.ledger import EPOCH, microseconds

HEARD = "heard:"


def heard(marks: Sequence[str], resolved_at: datetime, now: datetime) -> tuple[str, ...]:
    """The marks once the reporter was heard at `now` of what was resolved at `resolved_at`."""
    others = tuple(mark for mark in marks if not mark.startswith(HEARD))
    return (*others, f"{HEARD}{microseconds(resolved_at)}:{microseconds(now)}")


def waits_from(marks: Collection[str], resolved_at: datetime) -> datetime:
    """Since when the record waits for its reporter: since it was resolved, or since they were heard afterwards."""
    for mark in marks:
        if mark.startswith(HEARD):
            _, of, at = mark.split(":")
            if int(of) == microseconds(resolved_at):
                return EPOCH + timedelta(microseconds=int(at))
    return resolved_at
