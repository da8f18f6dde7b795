"""A call as a value, and the merging of events into it. Pure.

Telephone systems report one call in several events: late, repeatedly, and in any order. `merged`
therefore takes of every field the earliest, the latest or the union: whatever the order and
number of events, the same call is the result (a test says so).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

MOST = 10
"""The number of recordings and of transcripts of one call that are kept."""

NEVER = datetime.min.replace(tzinfo=UTC)


class CallDirection(StrEnum):
    """The direction of a call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallStatus(StrEnum):
    """The progress of a call.

    CONNECTED is to a machine, ANSWERED by a person; ABANDONED was hung up while waiting.
    """

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


RANKS: Mapping[CallStatus, int] = {
    CallStatus.RINGING: 0,
    CallStatus.QUEUED: 1,
    CallStatus.CONNECTED: 2,
    CallStatus.ANSWERED: 3,
}
LAST = 4
"""The rank of a call's end, whatever kind of end it is."""

ENDS = frozenset(CallStatus) - RANKS.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One event of a call.

    `at` is the timestamp of its telephone system, None without one. `caller` and `called` are in
    E.164, or as received. `answered_at` is the time at which a person answered; `served` says
    that the caller needed nobody. `started_at`, `answered_at` and `ended_at` may be times of
    receipt if the event has none.
    """

    provider: str
    call_id: str
    at: datetime | None = None
    direction: CallDirection | None = None
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    status: CallStatus | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    served: bool = False
    recordings: tuple[str, ...] = ()
    transcripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """All that is known of a call, field by field as in the table of the same name."""

    provider: str
    call_id: str
    direction: CallDirection | None = None
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    status: CallStatus | None = None
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
        """True if the call is over."""
        return self.ended_at is not None

    @property
    def reported(self) -> bool:
        """True if the caller spoke to a person or left a recording."""
        return self.answered_at is not None or bool(self.recordings or self.transcripts)

    @property
    def seconds(self) -> int | None:
        """Seconds from a person's answer, or else from the beginning; None while in progress."""
        began = self.answered_at or self.started_at
        return (
            None
            if began is None or self.ended_at is None
            else max(0, int((self.ended_at - began).total_seconds()))
        )


def merge_event(call: Call, event: CallEvent) -> Call:
    """Return the call with the event merged into it."""
    status, status_at = max((call.status, call.status_at), (event.status, event.at), key=_standing)
    return replace(
        call,
        direction=min(
            (one for one in (call.direction, event.direction) if one is not None), default=None
        ),
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


def _standing(told: tuple[CallStatus | None, datetime | None]) -> tuple[int, datetime, str]:
    """Return a key that orders statuses by progress, then time, then name.

    The name keeps any two from being equal.
    """
    status, at = told
    return (-1, NEVER, "") if status is None else (RANKS.get(status, LAST), at or NEVER, status)


def _number(text: str) -> tuple[bool, str]:
    """Return a key that orders numbers: an international one comes after any other text."""
    return text.startswith("+"), text


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((when for when in (one, other) if when is not None), default=None)


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other})[:MOST])
