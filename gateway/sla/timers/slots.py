"""How a timer is written into the index: which slot of which shard, and which 63-bit integer."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.sla.timers.timer_store import SHARDS, TimerId
from gateway.vocabulary import TimerKind

SLOT_MS = 60_000
"""Length of one slot."""

BLOCK = 512
"""Most members of one set: as many as Redis keeps as sorted integers without being told (set-max-intset-entries)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KINDS = frozenset(int(kind) for kind in TimerKind)


class Entry(NamedTuple):
    """One member of the index."""

    shard: int
    slot: int
    member: int


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def ceil_ms(due_us: int) -> int:
    """Whole milliseconds, never before `due_us`."""
    return -(-due_us // 1000)


def pack(timer: TimerId, due_ms: int) -> Entry:
    """Incident id in 43 bits, kind in 4, milliseconds into the slot in 16."""
    slot, offset = divmod(due_ms, SLOT_MS)
    return Entry(timer.incident_id % SHARDS, slot, timer.incident_id << 20 | int(timer.kind) << 16 | offset)


def unpack(shard: int, slot: int, member: int) -> tuple[TimerId, int] | None:
    """The timer and its due milliseconds; None for what `pack` would never have put into that shard and slot."""
    incident_id, kind, offset = member >> 20, member >> 16 & 0xF, member & 0xFFFF
    if not 0 < member < 1 << 63 or offset >= SLOT_MS or incident_id % SHARDS != shard or kind not in KINDS:
        return None
    return TimerId(incident_id, TimerKind(kind)), slot * SLOT_MS + offset


def wheel_member(timer: TimerId, due_ms: int) -> int:
    """One arming of a timer as one integer for the wheel."""
    return (timer.incident_id << 4 | int(timer.kind)) << 48 | due_ms


def from_wheel(member: int) -> tuple[TimerId, int]:
    """The timer and its due milliseconds: the inverse of `wheel_member`."""
    name = member >> 48
    return TimerId(name >> 4, TimerKind(name & 0xF)), member & (1 << 48) - 1
