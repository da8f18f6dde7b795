"""Receipt entries about times of alerts that were cut to the allowed span. Pure.

A sender's clock that is ahead, or a nonsensical year, refuses nothing (`limits.clamped`,
`instants.kept`); the receipt says which time in the request was read differently than it was
sent.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.errors import Malformed
from gateway.incidents.alert import NEWEST, Alert
from gateway.ingest.reading import limits
from gateway.quarantine.pointers import Steps, to_pointer
from gateway.receipts.mended import RepairedValue
from gateway.timing.instants import BOUNDS, EARLIEST, LATEST, is_supported
from gateway.vocabulary import AlertStatus

NAMED = re.compile(
    r"time|date|stamp|at$|since|start|end|until|when|now|clock|created|seen", re.IGNORECASE
)
"""The names of fields that hold a time."""

ENDING = re.compile(r"end|until|expire|resol|clear|recover|close", re.IGNORECASE)
"""The names of fields that hold the end of something."""

MOST = 2_000
"""Values of one item that are examined."""


def is_bounded(alert: Alert, ahead: datetime) -> bool:
    """Return whether a time of an alert is at a bound; `ahead` is the latest it may have begun."""
    return _at_bound(alert.event_time, ahead) or _at_bound(alert.ends_at, LATEST)


def _at_bound(when: datetime | None, latest: datetime) -> bool:
    return when is not None and (when >= latest or when <= EARLIEST)


def find_cut_times(
    item: int, alert: Alert, tree: Any, at: Steps, received_at: datetime
) -> Iterator[RepairedValue]:
    """Yield a receipt entry for each time that was cut; `tree` is at `at` in its request."""
    ahead = received_at + NEWEST
    told = list(_out_of_bounds(tree, at, ahead))
    began, ends = alert.event_time, alert.ends_at
    if began is not None and _at_bound(began, ahead):
        place = _nearest(told, ends=alert.status is AlertStatus.RESOLVED)
        if place is not None or began >= ahead:
            yield RepairedValue(item, to_pointer(place or ()), _what(began))
    if ends is not None and _at_bound(ends, LATEST):
        beyond = [(where, said) for where, said in told if not is_supported(said)]
        if (place := _nearest(beyond, ends=True)) is not None:
            yield RepairedValue(item, to_pointer(place), _what(ends))


def describe_future_time(at: datetime, received_at: datetime) -> str:
    """Return the receipt's text about a time in the future; "" for any other."""
    ahead = received_at + NEWEST
    return _what(ahead) if at > ahead else ""


def _what(at: datetime) -> str:
    cause = BOUNDS if at in {EARLIEST, LATEST} else "the time lies ahead of the gateway's clock"
    return f"{cause}: read as {at:%Y-%m-%dT%H:%M:%SZ}"


def _out_of_bounds(tree: Any, at: Steps, ahead: datetime) -> Iterator[tuple[Steps, datetime]]:
    """Yield the times in a decoded value that lie in the future or outside the allowed span."""
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
            if said is not None and (said > ahead or not is_supported(said)):
                yield where, said


def _time(value: str | float) -> datetime | None:
    try:
        return limits.parse_time(value)
    except Malformed:
        return None  # most values of a request are no times


def _nearest(told: list[tuple[Steps, datetime]], *, ends: bool) -> Steps | None:
    """Return the place that looks most like that of the time: of the beginning, or of the end."""

    def fit(where: Steps) -> int:
        name = where[-1] if where else ""
        return 2 * bool(NAMED.search(name)) + (bool(ENDING.search(name)) is ends)

    return max((where for where, _ in told), key=fit, default=None)
