"""The request bodies of the API: every field is bounded, every unknown one refused."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.access.keys import Scope
from gateway.incidents import commands
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    Kind,
    RequestCategory,
    Resolution,
    Tier,
    Urgency,
)

Title = Annotated[str, Meta(min_length=1, max_length=1_000)]
Text = Annotated[str, Meta(max_length=32_768)]
Name = Annotated[str, Meta(max_length=256)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Priority = Annotated[int, Meta(ge=1, le=4)]
Rating = Annotated[int, Meta(ge=1, le=3)]
Moment = Annotated[datetime, Meta(tz=True)]
Labels = Annotated[dict[Name, Annotated[str, Meta(max_length=4_096)]], Meta(max_length=100)]
Language = Annotated[str, Meta(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4})?\Z")]
CustomValues = Annotated[
    dict[
        Annotated[str, Meta(max_length=40)],
        Annotated[str, Meta(max_length=4_096)] | bool | int | float | None,
    ],
    Meta(max_length=100),
]
Number = Annotated[str, Meta(pattern=r"^INC-[0-9]{8}-[0-9]{6,12}\Z")]


class Request(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The base of all request bodies: an unknown field is refused."""


class NewIncident(Request, kw_only=True):
    """A record to create; its priority follows from impact and urgency."""

    title: Title
    kind: Kind = Kind.INCIDENT
    request_category: RequestCategory | None = None
    description: Text = ""
    source: Slug = "web"
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    service: Name = ""
    ci: Name = ""
    category: Name = ""
    contact_name: Name = ""
    contact: Name = ""
    location: Name = ""
    reporting_unit: Name = ""
    symptom: Name = ""
    scope: Name = ""
    language: Language = ""
    fields: CustomValues = {}
    occurred_at: Moment | None = None
    security: bool = False
    labels: Labels = {}
    late_reason: Text = ""


class Patch(Request, kw_only=True):
    """Fields of a record to change; those left out stay as they are.

    In `fields`, null removes a value. `note` gives the reason.
    """

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    impact: Impact | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    category: Name | UnsetType = UNSET
    service: Name | UnsetType = UNSET
    ci: Name | UnsetType = UNSET
    contact_name: Name | UnsetType = UNSET
    contact: Name | UnsetType = UNSET
    location: Name | UnsetType = UNSET
    reporting_unit: Name | UnsetType = UNSET
    symptom: Name | UnsetType = UNSET
    scope: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    owner: Name | UnsetType = UNSET
    assignee_group: Name | UnsetType = UNSET
    assignee: Name | UnsetType = UNSET
    source: Slug | UnsetType = UNSET
    third_party: Name | UnsetType = UNSET
    solution: Text | UnsetType = UNSET
    resolution_category: Name | UnsetType = UNSET
    security: bool | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    fields: CustomValues | UnsetType = UNSET
    note: Text = ""


class Action(Request, kw_only=True):
    """The base of all actions, with an optional note."""

    note: Text = ""


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
    body: dict[str, Any] = {}


class NewKey(Request, kw_only=True):
    """A key to create."""

    name: Title
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)]
    integration: Slug | None = None
    expires_at: Moment | None = None


Reference = dict[str, Any]

ACTIONS: dict[str, Any] = {
    "acknowledge": Acknowledge, "accept": Acknowledge, "assign": Assign, "return": Return, "hold": Hold, "resume": Resume,
    "escalate": Escalate, "resolve": Resolve, "confirm": Confirm, "refuse": Refuse, "close": Close, "reject": Reject,
    "declare_major": DeclareMajor, "note": Note, "rate": Rate,
    "call_back": CallBack, "grade": Grade,
}  # fmt: skip
"""The request body of each action that is a command of the lifecycle."""
