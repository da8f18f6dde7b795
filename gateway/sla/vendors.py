"""The time a record spent with each vendor. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.incidents.ledger import ClockEvent, Ledger
from gateway.sla.calendar import Calendar
from gateway.vocabulary import HoldReason, Tier

ENDS = frozenset({ClockEvent.ASSIGN, ClockEvent.RETURN, ClockEvent.ESCALATE, ClockEvent.RESOLVE})
"""The events that take a record away from a vendor."""


@dataclass(frozen=True, slots=True)
class VendorSegment:
    """One stay with one vendor.

    `until` is None while it lasts; `elapsed` excludes time off, and holds except those for the
    vendor.
    """

    vendor: str
    since: datetime
    until: datetime | None
    elapsed: timedelta


def segments(calendar: Calendar, ledger: Ledger, at: datetime) -> tuple[VendorSegment, ...]:
    """Return every stay with a vendor that began by `at`, oldest first.

    A record that is reopened, after a vendor's solution was refused, is with tier 2 until it is
    handed over again.
    """
    return tuple(_stays(calendar, ledger, at))


def _stays(calendar: Calendar, ledger: Ledger, at: datetime) -> Iterator[VendorSegment]:
    vendor, since, elapsed = "", at, timedelta()
    running: datetime | None = None
    for entry in ledger:
        if entry.at > at:
            break
        held = entry.event is ClockEvent.HOLD and entry.reason != HoldReason.AWAITING_VENDOR
        if running is not None and (held or entry.event in ENDS):
            elapsed += calendar.between(running, entry.at)
            running = None
        if vendor and entry.event in ENDS:
            yield VendorSegment(vendor, since, entry.at, elapsed)
            vendor = ""
        if entry.event is ClockEvent.ESCALATE and entry.tier is Tier.VENDOR:
            vendor, since, elapsed, running = entry.reason or "?", entry.at, timedelta(), entry.at
        if vendor and entry.event is ClockEvent.RESUME and running is None:
            running = entry.at
    if vendor:
        yield VendorSegment(
            vendor,
            since,
            None,
            elapsed + (calendar.between(running, at) if running is not None else timedelta()),
        )
