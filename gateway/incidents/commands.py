"""What people and alerts can ask of a record, as values. `note` is kept with the timeline entry."""

from dataclasses import dataclass
from datetime import datetime

from gateway.vocabulary import Closure, HoldReason, Resolution, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take it on: `person` starts to work; the response clock stops."""

    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """Take back an acknowledgement: nobody works on it any more."""

    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give it to a group or a person; without a tier, to theirs, which is tier 2 where nothing else says so."""

    group: str = ""
    person: str = ""
    tier: Tier | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Give it back to the desk, and to `group` there; counted."""

    group: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Stop the clocks for a non-technical reason, at the longest until `until`; `vendor` is whom it waits for."""

    reason: HoldReason
    until: datetime | None = None
    vendor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on after a hold."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Hand the work to tier 3 or a vendor; tier 2 stays responsible, whoever handles it there."""

    to: Tier
    vendor: str = ""
    group: str = ""
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """A solution or workaround is in place."""

    resolution: Resolution = Resolution.SOLVED
    category: str = ""
    solution: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """The reporter agrees that it is solved."""

    satisfaction: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The reporter does not agree: back to work; counted."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """End the record."""

    closure: Closure = Closure.MANUAL
    satisfaction: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """It is outside the agreed services."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareMajor:
    """Make it a major incident, for a reason: of priority 1, unless its declarer names another."""

    reason: str
    priority: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Add to the work log."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The reporter's satisfaction: 3 satisfied, 2 so-so, 1 not satisfied."""

    satisfaction: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """The reporter was asked back whether all is well."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """The grade that the record has stands, whatever its reporter claims."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The alert that opened it cleared by itself."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FireAgain:
    """The alert came back soon after it cleared; counted."""

    reason: str


Command = (
    Acknowledge | Unacknowledge | Assign | Return | Hold | Resume | Escalate | Resolve | Confirm | Refuse | Close | Reject
    | DeclareMajor | Note | Rate | CallBack | Grade | Clear | FireAgain
)  # fmt: skip
