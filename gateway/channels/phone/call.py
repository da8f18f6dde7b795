"""A call as a value, and what becomes of it when something more is told. Pure.

Telephone systems tell of one call in pieces, late, again, and in any order. `merged` therefore takes of every field the earliest,
the latest or the union: whatever order the pieces come in and however often, the same call is the result (a test says so).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

MOST = 10
"""Recordings and transcripts of one call that are kept."""

NEVER = datetime.min.replace(tzinfo=UTC)


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Status(StrEnum):
    """How far a call is. CONNECTED is to a machine, ANSWERED by a person; ABANDONED is hung up while it waited."""

    RINGING = "ringing"
    QUEUED = "queued"
    CONNECTED = "connected"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    BUSY = "busy"
    CANCELED = "canceled"
    COMPLETED = "completed"
    FAILED = "failed"
    NO_ANSWER = "no_answer"


RANKS: Mapping[Status, int] = {Status.RINGING: 0, Status.QUEUED: 1, Status.CONNECTED: 2, Status.ANSWERED: 3}
LAST = 4
"""The rank of a call's end, whatever kind of end it is."""

ENDS = frozenset(Status) - RANKS.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing told of a call.

    `at` is the time its system stamped on it, None without one.
    `caller` and `called` are E.164, or as they were said. `answered_at` is when a person did; `served` says that the caller
    needed none. `started_at`, `answered_at` and `ended_at` may be when it was heard, where nobody said it.
    """

    provider: str
    call_id: str
    at: datetime | None = None
    direction: Direction | None = None
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    status: Status | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    served: bool = False
    recordings: tuple[str, ...] = ()
    transcripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """All that was told of a call, field by field as in the table of the same name."""

    provider: str
    call_id: str
    direction: Direction | None = None
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    status: Status | None = None
    status_at: datetime | None = None
    served: bool = False
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recordings: tuple[str, ...] = ()
    transcripts: tuple[str, ...] = ()
    told_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.ended_at is not None

    @property
    def reported(self) -> bool:
        """Whether somebody said something: to a person, or to be recorded."""
        return self.answered_at is not None or bool(self.recordings or self.transcripts)

    @property
    def seconds(self) -> int | None:
        """How long it lasted from when it began, or from when a person answered; None while it is not over."""
        began = self.answered_at or self.started_at
        return None if began is None or self.ended_at is None else max(0, int((self.ended_at - began).total_seconds()))


def merged(call: Call, event: CallEvent) -> Call:
    """The call with what was told."""
    status, status_at = max((call.status, call.status_at), (event.status, event.at), key=_standing)
    return replace(
        call,
        direction=min((one for one in (call.direction, event.direction) if one is not None), default=None),
        caller=max(call.caller, event.caller, key=_number),
        caller_name=max(call.caller_name, event.caller_name),
        called=max(call.called, event.called, key=_number),
        status=status,
        status_at=status_at,
        served=call.served or event.served,
        started_at=_earliest(call.started_at, event.started_at),
        answered_at=_earliest(call.answered_at, event.answered_at),
        ended_at=_earliest(call.ended_at, event.ended_at),
        recordings=_union(call.recordings, event.recordings),
        transcripts=_union(call.transcripts, event.transcripts),
        told_at=max((one for one in (call.told_at, event.at) if one is not None), default=None),
    )


def _standing(told: tuple[Status | None, datetime | None]) -> tuple[int, datetime, str]:
    """What makes one status later than another: how far it is, then when it was, then its name so that none are equal."""
    status, at = told
    return (-1, NEVER, "") if status is None else (RANKS.get(status, LAST), at or NEVER, status)


def _number(text: str) -> tuple[bool, str]:
    """An international number says more than any other text."""
    return text.startswith("+"), text


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((when for when in (one, other) if when is not None), default=None)


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other})[:MOST])
