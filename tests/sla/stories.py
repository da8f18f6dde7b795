"""Ledgers, policies and records for the tests of this package."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from gateway.incidents.ledger import RAISED, ClockEvent, Ledger, LedgerEntry
from gateway.incidents.record import Incident
from gateway.settings import load
from gateway.sla.policies import read_policies
from gateway.sla.policy import Policy
from gateway.vocabulary import ClockName, Impact, Tier, Urgency
from tests.support.clock import NOON

SETTINGS = load(None, {})
POLICIES = read_policies(SETTINGS.sla)
POLICY = POLICIES["itil-minutes"]

TARGETS = {
    1: {"response": 20, "desk": 30, "tier2": 60, "escalated": 50, "overall": 120},
    2: {"desk": 50, "tier2": 100, "escalated": 80, "overall": 200},
    3: {"desk": 90, "tier2": 40, "overall": 150},
}
"""The targets of the clocks in seconds, by priority.

They are small, so that short stories breach, and some are missing, so that a clock may lose its
target.
"""


def policy_of(
    targets: dict[int, dict[str, int]], warn_at: tuple[float, ...] = (0.5, 0.75, 0.9)
) -> Policy:
    spans = {
        p: {ClockName(c): timedelta(seconds=s) for c, s in row.items()}
        for p, row in targets.items()
    }
    return Policy("short", warn_at, timedelta(hours=48), spans)


SHORT = policy_of(TARGETS)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def minute(minutes: float) -> datetime:
    return after(minutes * 60)


def entry(
    seconds: float, event: str, detail: str | int | None = None, reason: str = ""
) -> LedgerEntry:
    tier = Tier(detail) if isinstance(detail, str) else None
    if event == "raise":
        event, reason = "set_priority", RAISED
    return LedgerEntry(
        after(seconds), ClockEvent(event), tier, detail if isinstance(detail, int) else None, reason
    )


def ledger_of(happenings: Iterable[tuple[float, str, str | int | None]]) -> Ledger:
    return tuple(entry(*happening) for happening in happenings)


def an_incident(ledger: Ledger, **fields: object) -> Incident:
    given: dict[str, object] = {
        "id": 7,
        "number": "INC-20260302-000007",
        "title": "disk full",
        "source": "generic",
        "priority": 1,
        "impact": Impact.BUSINESS,
        "urgency": Urgency.URGENT,
        "occurred_at": NOON,
        "recorded_at": NOON,
        "updated_at": NOON,
        "policy": "itil-minutes",
        "ledger": ledger,
        "version": 1,
        "timeline_hash": b"h",
    }
    return Incident(**(given | fields))  # type: ignore[arg-type]


MOVES: tuple[tuple[str, str | int | None], ...] = (
    ("assign", "1"), ("assign", None), ("assign", "2"), ("assign", "3"), ("assign", "vendor"),
    ("accept", None), ("return", None), ("hold", None), ("hold", None), ("resume", None),
    ("resume", None), ("escalate", None), ("escalate", "3"), ("resolve", None), ("reopen", None),
    ("reopen", None), ("set_priority", 1), ("set_priority", 2), ("set_priority", 3), ("raise", 1),
    ("raise", 2), ("raise", 3),
)  # fmt: skip
"""The events that may happen to a record, the likelier ones more than once."""


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Draw any ledger, with gaps of nothing, of odd microseconds, and of up to minutes."""
    gap = st.one_of(st.just(0), st.integers(0, 3_000_000), st.integers(0, 80_000_000))
    told: list[tuple[float, str, Any]] = [(0.0, "record", draw(st.integers(1, 3)))]
    now = 0
    for name, detail in draw(st.lists(st.sampled_from(MOVES), max_size=12)):
        now += draw(gap)
        told.append((now, name, detail))
    return tuple(
        LedgerEntry(NOON + timedelta(microseconds=int(at)), *_fields(name, detail))
        for at, name, detail in told
    )


def _fields(name: str, detail: str | int | None) -> tuple[ClockEvent, Tier | None, int | None, str]:
    probe = entry(0, name, detail)
    return probe.event, probe.tier, probe.priority, probe.reason
