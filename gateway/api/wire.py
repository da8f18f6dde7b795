"""The request bodies of the API: every field is bounded, every unknown one refused."""

from typing import Annotated, Any, Literal, Protocol
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Meta

from gateway.access.keys import Scope
from gateway.incidents import commands
from gateway.views.record_fields import (
    CustomValues,
    Labels,
    Language,
    Moment,
    Name,
    NewIncident,
    Patch,
    Priority,
    Rating,
    Request,
    Slug,
    Text,
    Title,
)
from gateway.vocabulary import Closure, HoldReason, RequestCategory, Resolution, Tier

__all__ = [
    "CustomValues",
    "Labels",
    "Language",
    "Moment",
    "Name",
    "NewIncident",
    "Patch",
    "Priority",
    "Rating",
    "Request",
    "Slug",
    "Text",
    "Title",
]

Number = Annotated[str, Meta(pattern=r"^INC-[0-9]{8}-[0-9]{6,12}\Z")]


class Action(Request, kw_only=True):
    """The base of all actions, with an optional note."""

    note: Text = ""


class CommandBody(Protocol):
    """The body of an action that is a command of the lifecycle."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""


class Acknowledge(Action, kw_only=True):
    """Accept the record, for yourself or for another person."""

    person: Name = ""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Acknowledge(person=self.person, note=self.note)


class Assign(Action, kw_only=True):
    """Assign the record to a group or person.

    The tier is the group's. With the tier `vendor`, `person` names the vendor.
    """

    group: Name = ""
    person: Name = ""
    tier: Literal[1, 2, 3, "1", "2", "3", "vendor"] | None = None

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        tier = None if self.tier is None else Tier(str(self.tier))
        return commands.Assign(group=self.group, person=self.person, tier=tier, note=self.note)


class Return(Action, kw_only=True):
    """Return the record to the service desk."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Return(note=self.note)


class Hold(Action, kw_only=True):
    """Put the record on hold, which stops its clocks.

    A hold for a vendor may name the `vendor`, where the record does not yet.
    """

    reason: HoldReason
    until: Moment | None = None
    vendor: Name = ""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Hold(
            reason=self.reason, until=self.until, vendor=self.vendor, note=self.note
        )


class Resume(Action, kw_only=True):
    """Resume work on a record that is on hold."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Resume(note=self.note)


class Escalate(Action, kw_only=True):
    """Escalate the record to tier 3 or to a vendor.

    A `group` or `person` of tier 3 may be named; tier 2 stays responsible.
    """

    to: Literal["tier3", "vendor"]
    vendor: Name = ""
    group: Name = ""
    person: Name = ""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        tier = Tier.THIRD if self.to == "tier3" else Tier.VENDOR
        return commands.Escalate(
            to=tier, vendor=self.vendor, group=self.group, person=self.person, note=self.note
        )


class Resolve(Action, kw_only=True):
    """Resolve the record.

    With `related`, its child records are resolved too.
    """

    resolution: Resolution = Resolution.SOLVED
    category: Name = ""
    solution: Text = ""
    related: bool = False

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Resolve(
            resolution=self.resolution,
            category=self.category,
            solution=self.solution,
            note=self.note,
        )


class Confirm(Action, kw_only=True):
    """Confirm the solution for the reporter."""

    satisfaction: Rating | None = None
    related: bool = False

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Confirm(satisfaction=self.satisfaction, note=self.note)


class Refuse(Action, kw_only=True):
    """Refuse the solution for the reporter."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Refuse(note=self.note)


class Close(Action, kw_only=True):
    """Close the record."""

    closure: Literal["manual"] = "manual"
    satisfaction: Rating | None = None
    related: bool = False

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Close(
            closure=Closure.MANUAL, satisfaction=self.satisfaction, note=self.note
        )


class Reject(Action, kw_only=True):
    """Reject the record as outside the agreed services."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Reject(note=self.note)


class DeclareMajor(Action, kw_only=True):
    """Declare the record a major incident.

    It gets priority 1, or the `priority` named; `reason` says why.
    """

    reason: Text = ""
    priority: Priority | None = None

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.DeclareMajor(reason=self.reason, priority=self.priority, note=self.note)


class Note(Request, kw_only=True):
    """Add a note to the work log."""

    note: Annotated[str, Meta(min_length=1, max_length=32_768)]

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Note(note=self.note)


class Rate(Action, kw_only=True):
    """Rate how the record was handled.

    3 is satisfied, 2 so-so, 1 not.
    """

    satisfaction: Rating

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Rate(satisfaction=self.satisfaction, note=self.note)


class CallBack(Action, kw_only=True):
    """Write down that the reporter was called back."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.CallBack(note=self.note)


class Grade(Action, kw_only=True):
    """Confirm the grade of a record whose reporter claims more."""

    def command(self) -> commands.Command:
        """Return the command of the domain."""
        return commands.Grade(note=self.note)


class LinkTo(Action, kw_only=True):
    """Link the record to a master."""

    master: Number


class Unlink(Action, kw_only=True):
    """Unlink the record from its master."""


class RefuseLink(Action, kw_only=True):
    """Refuse a proposed link to a master."""

    master: Number


class FollowOn(Action, kw_only=True):
    """Create a record that follows a closed one."""


class Counterpart(Request, kw_only=True):
    """A record of another system, by its reference there."""

    system: Slug
    reference: Annotated[dict[Name, Any], Meta(min_length=1, max_length=50)]


class Convert(Request, kw_only=True):
    """A conversion between incident and service request, or of a request to a change.

    `request_category` is the kind of service request. A request that becomes a change ends here
    and goes on as its `change` in another system.
    """

    to: Literal["incident", "service_request", "change"]
    note: Annotated[str, Meta(min_length=1, max_length=32_768)]
    change: Counterpart | None = None
    request_category: RequestCategory | None = None


class Bulk(Request, kw_only=True):
    """One action on many records; `body` is the request body of that action."""

    numbers: Annotated[list[Number], Meta(min_length=1, max_length=100)]
    action: str
    body: dict[str, Any] = msgspec.field(default_factory=dict)


class NewKey(Request, kw_only=True):
    """A key to create."""

    name: Title
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)]
    integration: Slug | None = None
    expires_at: Moment | None = None


Reference = dict[str, Any]

ACTIONS: Mapping[str, type[CommandBody]] = {
    "acknowledge": Acknowledge, "accept": Acknowledge, "assign": Assign, "return": Return, "hold": Hold, "resume": Resume,
    "escalate": Escalate, "resolve": Resolve, "confirm": Confirm, "refuse": Refuse, "close": Close, "reject": Reject,
    "declare_major": DeclareMajor, "note": Note, "rate": Rate,
    "call_back": CallBack, "grade": Grade,
}  # fmt: skip
"""The request body of each action that is a command of the lifecycle."""
