"""Commands of people and alerts on a record. Pure.

`note` is stored with the timeline entry.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.vocabulary import Closure, HoldReason, Resolution, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take the record on: `person` starts to work, and the response clock stops."""

    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """Take back an acknowledgement: nobody works on the record any more."""

    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Assign the record to a group or a person.

    Without a tier, it gets theirs, or tier 2 if nothing else is known.
    """

    group: str = ""
    person: str = ""
    tier: Tier | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Return the record to the desk, and to `group` there; returns are counted."""

    group: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Stop the clocks for a non-technical reason, no longer than until `until`.

    `vendor` is the vendor that the record waits for.
    """

    reason: HoldReason
    until: datetime | None = None
    vendor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Resume work after a hold."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Escalate to tier 3 or a vendor; tier 2 stays responsible."""

    to: Tier
    vendor: str = ""
    group: str = ""
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Resolve the record with a solution or workaround."""

    resolution: Resolution = Resolution.SOLVED
    category: str = ""
    solution: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Confirm, as the reporter, that the record is solved."""

    satisfaction: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Refuse the solution, as the reporter: work goes on; refusals are counted."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close the record."""

    closure: Closure = Closure.MANUAL
    satisfaction: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Reject the record as outside the agreed services."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareMajor:
    """Declare a major incident, for a reason; its priority is 1 unless another is given."""

    reason: str
    priority: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Add a note to the work log."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Rate the reporter's satisfaction: 3 satisfied, 2 so-so, 1 not satisfied."""

    satisfaction: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Record that the reporter was called back to confirm that all is well."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Confirm the priority of the record, whatever its reporter claims."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Resolve the record because its alert cleared."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FireAgain:
    """Reopen the record because its alert fired again soon after it cleared; counted."""

    reason: str


Command = (
    Acknowledge | Unacknowledge | Assign | Return | Hold | Resume | Escalate | Resolve | Confirm | Refuse | Close | Reject
    | DeclareMajor | Note | Rate | CallBack | Grade | Clear | FireAgain
)  # fmt: skip
