"""Marks of what a reporter answered to a resolution.

An answer that somebody has to read stops the closing. Pure.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from gateway.incidents.ledger import EPOCH, microseconds

HEARD, UNREAD = "heard:", "unread:"


def unread(marks: Sequence[str], resolved_at: datetime) -> tuple[str, ...]:
    """The marks once an answer to that resolution waits for somebody to read it."""
    return (*_others(marks), f"{UNREAD}{microseconds(resolved_at)}")


def is_unread(marks: Collection[str], resolved_at: datetime) -> bool:
    """Return whether an answer to that resolution waits for somebody to read it."""
    return f"{UNREAD}{microseconds(resolved_at)}" in marks


def read(marks: Sequence[str], resolved_at: datetime, now: datetime) -> tuple[str, ...]:
    """The marks once somebody looked at `now`: the wait for the reporter begins anew."""
    return (*_others(marks), f"{HEARD}{microseconds(resolved_at)}:{microseconds(now)}")


def waits_from(marks: Collection[str], resolved_at: datetime) -> datetime | None:
    """The beginning of the wait for the reporter.

    The resolution, or when their answer was read; None while it is not.
    """
    if is_unread(marks, resolved_at):
        return None
    for mark in marks:
        if mark.startswith(HEARD):
            _, of, at = mark.split(":")
            if int(of) == microseconds(resolved_at):
                return EPOCH + timedelta(microseconds=int(at))
    return resolved_at


def _others(marks: Sequence[str]) -> tuple[str, ...]:
    return tuple(mark for mark in marks if not mark.startswith((HEARD, UNREAD)))
