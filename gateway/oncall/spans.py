"""Spans of time in order: join, intersect and subtract. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

Span = tuple[datetime, datetime]
"""A time from an instant until another, the latter not included."""

_END = itemgetter(1)


def join(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch or overlap as one, empty ones left out."""
    joined: list[Span] = []
    for since, until in sorted(spans):
        if joined and since <= joined[-1][1]:
            if until > joined[-1][1]:
                joined[-1] = joined[-1][0], until
        elif until > since:
            joined.append((since, until))
    return joined


def intersect(span: Span, among: Sequence[Span]) -> Iterator[Span]:
    """Yield the parts of a span that lie in one of `among`, which are joined."""
    since, until = span
    for index in range(bisect_right(among, since, key=_END), len(among)):
        first, last = among[index]
        if first >= until:
            return
        yield max(first, since), min(last, until)


def subtract(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what remains of the spans, both being joined."""
    left: list[Span] = []
    for since, until in spans:
        begin = since
        for first, last in intersect((since, until), taken):
            if first > begin:
                left.append((begin, first))
            begin = last
        if until > begin:
            left.append((begin, until))
    return left
