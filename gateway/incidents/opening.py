"""Opening of a record: a draft goes in, its first revision comes out. Pure.

A draft is an incident that begins now and is not written yet. Records of alerts
(`dedup/opening.py`) and of people (`operations/create.py`) are opened here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from gateway.incidents.ledger import ClockEvent, Ledger, LedgerEntry
from gateway.incidents.record import Incident, Revision
from gateway.incidents.timeline import GENESIS


class DraftBeginning(TypedDict):
    """The fields of a draft that follow from the time of its opening."""

    recorded_at: datetime
    updated_at: datetime
    ledger: Ledger
    version: int
    timeline_hash: bytes


def begin_draft(priority: int, now: datetime) -> DraftBeginning:
    """Return the fields of a draft whose clocks begin `now`, with the targets of `priority`."""
    return {
        "recorded_at": now,
        "updated_at": now,
        "ledger": (LedgerEntry(now, ClockEvent.RECORD, priority=priority),),
        "version": 0,
        "timeline_hash": GENESIS,
    }


def open_record(draft: Incident, *, actor: str, reason: str, facts: Mapping[str, Any]) -> Revision:
    """Return the first revision of a draft.

    Its timeline begins with the source, the priority, the `reason` for opening and more `facts`.
    """
    opened = {"source": draft.source, "priority": draft.priority, "reason": reason, **facts}
    return Revision(after=draft, actor=actor, events=(("opened", opened),))
