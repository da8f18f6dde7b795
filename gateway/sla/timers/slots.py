"""The encoding of a timer in the index: its slot, its shard, and a 63-bit integer."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.sla.timers.timer_store import SHARDS, TimerId
from gateway.vocabulary import TimerKind

SLOT_MS = 60_000
"""The length of one slot in milliseconds."""

BLOCK = 512
"""The most members of one set.

Redis keeps that many as sorted integers by default (set-max-intset-entries).
"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KINDS = frozenset(int(kind) for kind in TimerKind)


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
    """Return the index entry of a timer.

    Its member has the incident id in 43 bits, the kind in 4, milliseconds into the slot in 16.
    """
    slot, offset = divmod(due_ms, SLOT_MS)
    return IndexEntry(
        timer.incident_id % SHARDS, slot, timer.incident_id << 20 | int(timer.kind) << 16 | offset
    )


def unpack(shard: int, slot: int, member: int) -> tuple[TimerId, int] | None:
    """Return the timer and its due milliseconds.

    None for a member that `pack` would never have put into that shard and slot.
    """
    incident_id, kind, offset = member >> 20, member >> 16 & 0xF, member & 0xFFFF
    if (
        not 0 < member < 1 << 63
        or offset >= SLOT_MS
        or incident_id % SHARDS != shard
        or kind not in KINDS
    ):
        return None
    return TimerId(incident_id, TimerKind(kind)), slot * SLOT_MS + offset


def wheel_member(timer: TimerId, due_ms: int) -> int:
    """Return one arming of a timer as one integer for the wheel."""
    return (timer.incident_id << 4 | int(timer.kind)) << 48 | due_ms


def from_wheel(member: int) -> tuple[TimerId, int]:
    """Return the timer and its due milliseconds: the inverse of `wheel_member`."""
    name = member >> 48
    return TimerId(name >> 4, TimerKind(name & 0xF)), member & (1 << 48) - 1
