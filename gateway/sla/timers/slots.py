"""The encoding of a timer as an integer, for the index and for the wheel.

A timer is its incident id (43 bits) and its kind (4 bits). A member of the index adds the
milliseconds into its slot (16 bits, 63 in all); a member of the wheel adds the due milliseconds.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.incidents.arming import SHARDS
from gateway.sla.timers.timer_store import KINDS, TimerId
from gateway.vocabulary import TimerKind

SLOT_MS = 60_000
"""The length of one slot in milliseconds."""

BLOCK = 512
"""The most members of one set.

Redis keeps that many as sorted integers by default (set-max-intset-entries).
"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KIND_BITS, OFFSET_BITS, MEMBER_BITS, DUE_BITS = 4, 16, 63, 48


class IndexEntry(NamedTuple):
    """One member of the index."""

    shard: int
    slot: int
    member: int


def micros(moment: datetime) -> int:
    """Return microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def ceil_ms(due_us: int) -> int:
    """Return whole milliseconds, never before `due_us`."""
    return -(-due_us // 1000)


def pack(timer: TimerId, due_ms: int) -> IndexEntry:
    """Return the index entry of a timer."""
    slot, offset = divmod(due_ms, SLOT_MS)
    return IndexEntry(timer.incident_id % SHARDS, slot, _number(timer) << OFFSET_BITS | offset)


def unpack(shard: int, slot: int, member: int) -> tuple[TimerId, int] | None:
    """Return the timer and its due milliseconds.

    None for a member that `pack` would never have put into that shard and slot.
    """
    number, offset = member >> OFFSET_BITS, _low(member, OFFSET_BITS)
    incident_id, kind = number >> KIND_BITS, _low(number, KIND_BITS)
    if (
        not 0 < member < 1 << MEMBER_BITS
        or offset >= SLOT_MS
        or incident_id % SHARDS != shard
        or kind not in KINDS
    ):
        return None
    return TimerId(incident_id, TimerKind(kind)), slot * SLOT_MS + offset


def wheel_member(timer: TimerId, due_ms: int) -> int:
    """Return one arming of a timer as one integer for the wheel."""
    return _number(timer) << DUE_BITS | due_ms


def from_wheel(member: int) -> tuple[TimerId, int]:
    """Return the timer and its due milliseconds: the inverse of `wheel_member`."""
    number = member >> DUE_BITS
    timer = TimerId(number >> KIND_BITS, TimerKind(_low(number, KIND_BITS)))
    return timer, _low(member, DUE_BITS)


def _number(timer: TimerId) -> int:
    return timer.incident_id << KIND_BITS | int(timer.kind)


def _low(number: int, bits: int) -> int:
    return number & (1 << bits) - 1
