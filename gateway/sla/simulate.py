"""The simulation of clocks: the production functions on made-up events. Pure.

It serves to check a deadline.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.errors import Flaw, Unprocessable
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.sla.clocks import ClockReading, read_clocks
from gateway.sla.policy import Policy
from gateway.sla.vendors import VendorSegment, segments
from gateway.vocabulary import Tier

KINDS = ("incident", "service_request")


class WireEvent(Protocol):
    """One event as an API user writes it; `tier` is 1, 2, 3 (number or text) or "vendor"."""

    @property
    def at(self) -> datetime: ...  # noqa: D102
    @property
    def event(self) -> str: ...  # noqa: D102
    @property
    def tier(self) -> int | str | None: ...  # noqa: D102
    @property
    def priority(self) -> int | None: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def vendor(self) -> str: ...  # noqa: D102


def simulate(
    policy: Policy,
    kind: str,
    events: Sequence[WireEvent],
    at: datetime,
    *,
    priority: int | None = None,
) -> tuple[tuple[ClockReading, ...], tuple[VendorSegment, ...]]:
    """Return the clocks and the stays with vendors at `at`.

    `priority` holds for a `record` that names none.

    Raises Unprocessable, with a flaw that points at /events/<index>, for a sequence that no
    ledger can hold.
    """
    if kind not in KINDS:
        raise Unprocessable(
            f"there are no clocks for kind {kind!r}",
            flaws=(Flaw("/kind", f"one of {', '.join(KINDS)}"),),
        )
    if at.tzinfo is None:
        raise Unprocessable(
            "`at` has no time zone", flaws=(Flaw("/at", "give an offset, such as Z"),)
        )
    ledger = tuple(_entry(i, event, priority) for i, event in enumerate(events))
    try:
        return read_clocks(policy, ledger, at), segments(policy.calendar, ledger, at)
    except OverflowError as error:
        raise Unprocessable(
            f"the story goes beyond what can be counted: {error}",
            flaws=(Flaw("/at", "too far away"),),
        ) from error


def _entry(index: int, event: WireEvent, priority: int | None) -> LedgerEntry:
    if event.at.tzinfo is None:
        raise _refused(index, "at", "give an offset, such as Z")
    try:
        name = ClockEvent(event.event)
    except ValueError:
        raise _refused(index, "event", f"one of {', '.join(ClockEvent)}") from None
    try:
        tier = None if event.tier is None else Tier(str(event.tier))
    except ValueError:
        raise _refused(index, "tier", "one of 1, 2, 3, vendor") from None
    named = (
        event.priority if event.priority is not None or name is not ClockEvent.RECORD else priority
    )
    return LedgerEntry(event.at, name, tier, named, event.vendor or event.reason)


def _refused(index: int, member: str, detail: str) -> Unprocessable:
    return Unprocessable(
        f"event {index}: {member}: {detail}",
        flaws=(Flaw(f"/events/{index}/{member}", detail),),
        index=index,
    )
