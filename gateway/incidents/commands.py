"""Commands of people and alerts on a record. Pure.

`note` is stored with the timeline entry.

A command of people is also the request body of the API, with its bounds; a command made here is
not checked against them.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.untrusted.bounds import Moment, Name, Priority, Rating, Text
from gateway.vocabulary import HoldReason, Resolution, ShelvingEvent, State, Tier


class _Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all commands: an unknown field is refused."""


class Acknowledge(_Command, frozen=True, kw_only=True):
    """Accept the record, for yourself or for another person."""

    person: Name = ""
    note: Text = ""


class Unacknowledge(_Command, frozen=True, kw_only=True):
    """Take back an acknowledgement: nobody works on the record any more."""

    person: str = ""
    note: str = ""


class Decline(_Command, frozen=True, kw_only=True):
    """Decline the record, so that the next is told at once."""

    reason: Text = ""


class Release(_Command, frozen=True, kw_only=True):
    """Release a record that one took.

    Within a minute, while nothing else has changed, the acceptance is undone. Later the record
    is declined, with a `reason`.
    """

    reason: Text = ""


class UndoAccept(_Command, frozen=True, kw_only=True):
    """Undo an acceptance: state, handler and assignee are those from before it."""

    state: State
    handler: str = ""
    assignee: str = ""
    reason: str = ""


class Assign(_Command, frozen=True, kw_only=True):
    """Assign the record to a group or person.

    The tier is the group's. With the tier `vendor`, `person` names the vendor.
    """

    group: Name = ""
    person: Name = ""
    tier: Literal[1, 2, 3, "1", "2", "3", "vendor"] | None = None
    note: Text = ""

    @property
    def named_tier(self) -> Tier | None:
        """The tier that is named, None if it follows from the group or the person."""
        return None if self.tier is None else Tier(str(self.tier))


class Return(_Command, frozen=True, kw_only=True):
    """Return the record to the service desk, and to `group` there; returns are counted."""

    group: str = ""
    note: str = ""


class Hold(_Command, frozen=True, kw_only=True):
    """Put the record on hold, which stops its clocks.

    A hold for a vendor may name the `vendor`, where the record does not yet.
    """

    reason: HoldReason
    until: Moment | None = None
    vendor: Name = ""
    note: Text = ""


class Resume(_Command, frozen=True, kw_only=True):
    """Resume work on a record that is on hold."""

    note: Text = ""


class Shelve(_Command, frozen=True, kw_only=True):
    """Shelve the record: no reminders until a time or an event.

    Its clocks run on. It returns at `until`, or before that at `until_event`; without `until`,
    after the longest time that is allowed. With `tell_reporter` its reporter is told of both.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]
    until: Moment | None = None
    until_event: ShelvingEvent | None = None
    tell_reporter: bool = False
    note: Text = ""


class Unshelve(_Command, frozen=True, kw_only=True):
    """Return a shelved record before its time."""

    note: Text = ""


class Escalate(_Command, frozen=True, kw_only=True):
    """Escalate the record to tier 3 or to a vendor.

    A `group` or `person` of tier 3 may be named; tier 2 stays responsible.
    """

    to: Literal["tier3", "vendor"]
    vendor: Name = ""
    group: Name = ""
    person: Name = ""
    note: Text = ""

    @property
    def tier(self) -> Tier:
        """The tier that gets the record."""
        return Tier.THIRD if self.to == "tier3" else Tier.VENDOR


class Resolve(_Command, frozen=True, kw_only=True):
    """Resolve the record.

    With `related`, its child records are resolved too.
    """

    resolution: Resolution = Resolution.SOLVED
    category: Name = ""
    solution: Text = ""
    related: bool = False
    note: Text = ""


class Confirm(_Command, frozen=True, kw_only=True):
    """Confirm the solution on behalf of the reporter."""

    satisfaction: Rating | None = None
    related: bool = False
    note: Text = ""


class Refuse(_Command, frozen=True, kw_only=True):
    """Refuse the solution."""

    note: Text = ""


class Close(_Command, frozen=True, kw_only=True):
    """Close the record."""

    closure: Literal["manual"] = "manual"
    satisfaction: Rating | None = None
    related: bool = False
    note: Text = ""


class Reject(_Command, frozen=True, kw_only=True):
    """Reject the record as outside the agreed services."""

    note: Text = ""


class DeclareMajor(_Command, frozen=True, kw_only=True):
    """Declare the record a major incident.

    It gets priority 1, or the `priority` named; `reason` says why.
    """

    reason: Text = ""
    priority: Priority | None = None
    note: Text = ""


class Note(_Command, frozen=True, kw_only=True):
    """Add a note to the work log."""

    note: Annotated[str, Meta(min_length=1, max_length=32_768)]


class Rate(_Command, frozen=True, kw_only=True):
    """Rate the handling of the record.

    3 is satisfied, 2 so-so, 1 not.
    """

    satisfaction: Rating
    note: Text = ""


class CallBack(_Command, frozen=True, kw_only=True):
    """Record that the reporter was called back."""

    note: Text = ""


class Grade(_Command, frozen=True, kw_only=True):
    """Confirm the impact and urgency of a record against its reporter's higher claim."""

    note: Text = ""


class Clear(_Command, frozen=True, kw_only=True):
    """Resolve the record because its alert cleared."""

    reason: str


class FireAgain(_Command, frozen=True, kw_only=True):
    """Reopen the record because its alert fired again soon after it cleared; counted."""

    reason: str


Command = (
    Acknowledge
    | Unacknowledge
    | Decline
    | Release
    | UndoAccept
    | Assign
    | Return
    | Hold
    | Resume
    | Shelve
    | Unshelve
    | Escalate
    | Resolve
    | Confirm
    | Refuse
    | Close
    | Reject
    | DeclareMajor
    | Note
    | Rate
    | CallBack
    | Grade
    | Clear
    | FireAgain
)
