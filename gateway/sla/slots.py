"""How a timer is written into the index: which slot of which shard, and which 63-bit integer. Pure."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.incidents.model import TimerKind
from gateway.sla.timer_store import SHARDS, Armed, TimerId

SLOT_MS = 60_000
"""Length of one slot."""

BLOCK = 512
"""Most members of one set: as many as Redis keeps as sorted integers without being told (set-max-intset-entries)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """One member of the index."""

    shard: int
    slot: int
    member: int


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def moment(us: int) -> datetime:
    """The inverse of `micros`."""
    return EPOCH + us * MICROSECOND


def pack(timer: TimerId, due_us: int) -> Entry:
    """Incident id in 43 bits, kind in 4, milliseconds into the slot in 16; a part of a millisecond counts as whole."""
    slot, offset = divmod(-(-due_us // 1000), SLOT_MS)
    return Entry(timer.incident_id % SHARDS, slot, timer.incident_id << 20 | int(timer.kind) << 16 | offset)


def unpack(shard: int, slot: int, member: int) -> tuple[TimerId, int] | None:
    """The timer and its due microseconds; None for what `pack` would never have put into that shard and slot."""
    incident_id, kind, offset = member >> 20, member >> 16 & 0xF, member & 0xFFFF
    if not 0 < member < 1 << 63 or offset >= SLOT_MS or incident_id % SHARDS != shard or kind not in TimerKind:
        return None
    return TimerId(incident_id, TimerKind(kind)), (slot * SLOT_MS + offset) * 1000


def wheel_member(timer: TimerId) -> int:
    """The timer as one integer for the wheel."""
    return timer.incident_id << 4 | int(timer.kind)


def from_wheel(member: int) -> TimerId:
    """The inverse of `wheel_member`."""
    return TimerId(member >> 4, TimerKind(member & 0xF))


def entry(timer: Armed) -> Entry | None:
    """Where an armed timer stands in the index; None for one that is disarmed."""
    return None if timer.due_at is None else pack(TimerId(timer.incident_id, timer.kind), micros(timer.due_at))
