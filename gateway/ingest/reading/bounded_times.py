"""Times of alerts that were cut to the allowed span, with their places in the request. Pure.

A sender's clock that is ahead, or a year that nobody means, refuses nothing (`limits.clamped`,
`instants.kept`); the receipt says which time was read otherwise than it was sent.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.errors import Malformed
from gateway.incidents.alert import NEWEST, Alert
from gateway.ingest.reading import limits
from gateway.instants import BOUNDS, EARLIEST, LATEST, is_kept
from gateway.quarantine.pointers import Steps, written
from gateway.receipts.mended import Mended
from gateway.vocabulary import AlertStatus

NAMED = re.compile(r"time|date|stamp|at$|since|start|end|until|when|now|clock|created|seen", re.IGNORECASE)
"""The names of members that hold a time."""

ENDING = re.compile(r"end|until|expire|resol|clear|recover|close", re.IGNORECASE)
"""The names of members that hold the end of something."""

MOST = 2_000
"""Places of one item that are looked at."""


def is_bounded(alert: Alert, ahead: datetime) -> bool:
    """Return whether a time of an alert stands at a bound; `ahead` is the latest it may have begun."""
    return _at_bound(alert.event_time, ahead) or _at_bound(alert.ends_at, LATEST)


def _at_bound(when: datetime | None, latest: datetime) -> bool:
    return when is not None and (when >= latest or when <= EARLIEST)


def bounded(item: int, alert: Alert, tree: Any, at: Steps, received_at: datetime) -> Iterator[Mended]:
    """Return a receipt entry for each time that was cut; `tree` stands at `at` in its request."""
    ahead = received_at + NEWEST
    told = list(_out_of_bounds(tree, at, ahead))
    began, ends = alert.event_time, alert.ends_at
    if began is not None and _at_bound(began, ahead):
        place = _nearest(told, ends=alert.status is AlertStatus.RESOLVED)
        if place is not None or began >= ahead:
            yield Mended(item, written(place or ()), _what(began))
    if ends is not None and _at_bound(ends, LATEST):
        beyond = [(where, said) for where, said in told if not is_kept(said)]
        if (place := _nearest(beyond, ends=True)) is not None:
            yield Mended(item, written(place), _what(ends))


def early(at: datetime, received_at: datetime) -> str:
    """Return the receipt's words for a time that lies ahead; "" for any other."""
    ahead = received_at + NEWEST
    return _what(ahead) if at > ahead else ""


def _what(at: datetime) -> str:
    cause = BOUNDS if at in {EARLIEST, LATEST} else "the time lies ahead of the gateway's clock"
    return f"{cause}: read as {at:%Y-%m-%dT%H:%M:%SZ}"


def _out_of_bounds(tree: Any, at: Steps, ahead: datetime) -> Iterator[tuple[Steps, datetime]]:
    """Find the times in a decoded value that lie ahead, or out of the span that is kept."""
    pending, looked = [(at, tree)], 0
    while pending and looked < MOST:
        looked += 1
        where, value = pending.pop()
        if isinstance(value, dict):
            pending += [((*where, name), one) for name, one in reversed(value.items())]
        elif isinstance(value, list):
            pending += [((*where, str(index)), one) for index, one in reversed([*enumerate(value)])]
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            said = _time(value)
            if said is not None and (said > ahead or not is_kept(said)):
                yield where, said


def _time(value: str | float) -> datetime | None:
    try:
        return limits.instant(value)
    except Malformed:
        return None  # most values of a request are no times


def _nearest(told: list[tuple[Steps, datetime]], *, ends: bool) -> Steps | None:
    """Return the place that most looks like the time: of the beginning, or of the end."""

    def fit(where: Steps) -> int:
        name = where[-1] if where else ""
        return 2 * bool(NAMED.search(name)) + (bool(ENDING.search(name)) is ends)

    return max((where for where, _ in told), key=fit, default=None)
