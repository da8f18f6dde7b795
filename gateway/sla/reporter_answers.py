"""Marks on a record that say whether the reporter's answer to a resolution has been read. Pure.

An answer that somebody has to read prevents the automatic closing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from gateway.incidents.ledger import EPOCH, microseconds

HEARD, UNREAD = "heard:", "unread:"


def mark_unread(marks: Sequence[str], resolved_at: datetime) -> tuple[str, ...]:
    """Return the marks with an unread answer to that resolution."""
    return (*_others(marks), f"{UNREAD}{microseconds(resolved_at)}")


def is_unread(marks: Collection[str], resolved_at: datetime) -> bool:
    """Return whether an answer to that resolution waits for somebody to read it."""
    return f"{UNREAD}{microseconds(resolved_at)}" in marks


def mark_read(marks: Sequence[str], resolved_at: datetime, now: datetime) -> tuple[str, ...]:
    """Return the marks with the answer read at `now`.

    The wait for the reporter then begins anew.
    """
    return (*_others(marks), f"{HEARD}{microseconds(resolved_at)}:{microseconds(now)}")


def waits_from(marks: Collection[str], resolved_at: datetime) -> datetime | None:
    """Return the beginning of the wait for the reporter, None while their answer is unread.

    It is the resolution, or the moment at which their answer was read.
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
