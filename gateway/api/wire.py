"""What callers may send: every field bounded, every unknown one refused."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.incidents import commands
from gateway.incidents.model import HoldReason, Impact, Resolution, Tier, Urgency
from gateway.operations.create import Report
from gateway.operations.keys import Scope

Title = Annotated[str, Meta(min_length=1, max_length=1_000)]
Text = Annotated[str, Meta(max_length=32_768)]
Name = Annotated[str, Meta(max_length=256)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Number = Annotated[str, Meta(pattern=r"^INC-[0-9]{8}-[0-9]{6,12}\Z")]
Priority = Annotated[int, Meta(ge=1, le=4)]
Rating = Annotated[int, Meta(ge=1, le=3)]
Moment = Annotated[datetime, Meta(tz=True)]
Labels = Annotated[dict[Name, Annotated[str, Meta(max_length=4_096)]], Meta(max_length=100)]


class Request(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What every request has in common."""


class NewIncident(Request):
    """A record made by hand; its priority follows from impact and urgency."""

    title: Title
    description: Text = ""
    source: Slug = "api"
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    service: Name = ""
    ci: Name = ""
    category: Name = ""
    contact_name: Name = ""
    contact: Name = ""
    location: Name = ""
    reporting_unit: Name = ""
    occurred_at: Moment | None = None
    security: bool = False
    labels: Labels = {}

    def report(self) -> Report:
        """As the domain has it."""
        return Report(**msgspec.structs.asdict(self))


class Patch(Request):
    """Fields to change; those left out stay as they are."""

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
    owner: Name | UnsetType = UNSET
    assignee_group: Name | UnsetType = UNSET
    assignee: Name | UnsetType = UNSET
    security: bool | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}


class Action(Request):
    """What every action may carry; `related` does the same to the records that follow a master."""

    note: Text = ""

    @property
    def to_related(self) -> bool:
        """Whether the action is asked for the related records too."""
        return bool(getattr(self, "related", False))

    def command(self) -> commands.Command:
        """As the domain has it: the struct's own name and fields, `related` aside."""
        fields = {name: value for name, value in msgspec.structs.asdict(self).items() if name != "related"}
        made: commands.Command = getattr(commands, type(self).__name__)(**fields)
        return made


class Acknowledge(Action):
    """Take it on, oneself or `person`."""

    person: Name = ""


class Assign(Action):
    """Give it to a group or a person of a tier."""

    group: Name = ""
    person: Name = ""
    tier: Literal[1, 2, 3, "1", "2", "3", "vendor"] = 2

    def command(self) -> commands.Command:
        """As the domain has it."""
        return commands.Assign(group=self.group, person=self.person, tier=Tier(str(self.tier)), note=self.note)


class Return(Action):
    """Give it back to the desk."""


class Hold(Action):
    """Stop the clocks, at the longest until `until`."""

    reason: HoldReason
    until: Moment | None = None


class Resume(Action):
    """Go on after a hold."""


class Escalate(Action):
    """Hand the work to tier 3 or to a vendor."""

    to: Literal["tier3", "vendor"]
    vendor: Name = ""

    def command(self) -> commands.Command:
        """As the domain has it."""
        tier = Tier.THIRD if self.to == "tier3" else Tier.VENDOR
        return commands.Escalate(to=tier, vendor=self.vendor, note=self.note)


class Resolve(Action):
    """A solution or workaround is in place."""

    resolution: Resolution = Resolution.SOLVED
    category: Name = ""
    solution: Text = ""
    related: bool = False


class Confirm(Action):
    """The reporter agrees that it is solved."""

    satisfaction: Rating | None = None
    related: bool = False


class Refuse(Action):
    """The reporter does not agree: back to work."""


class Close(Action):
    """End the record."""

    closure: Literal["manual"] = "manual"
    satisfaction: Rating | None = None
    related: bool = False

    def command(self) -> commands.Command:
        """As the domain has it."""
        return commands.Close(satisfaction=self.satisfaction, note=self.note)


class Reject(Action):
    """It is outside of the agreed services."""


class DeclareMajor(Action):
    """Make it a major incident."""

    reason: Text = ""


class Note(Action):
    """Add to the work log."""

    note: Annotated[str, Meta(min_length=1, max_length=32_768)]


class Rate(Action):
    """The reporter's satisfaction: 3 satisfied, 2 so-so, 1 not satisfied."""

    satisfaction: Rating


class Link(Action):
    """Make it follow a master."""

    master: Number


class Unlink(Action):
    """Undo a link, which is remembered."""


class Event(Request):
    """One clock event of a story; `tier` with assign, accept and escalate, `priority` with record and set_priority."""

    at: Moment
    event: Name
    tier: Literal[1, 2, 3, "1", "2", "3", "vendor"] | None = None
    priority: Priority | None = None
    reason: Name = ""


class Simulate(Request):
    """A story whose clocks are asked for; no policy means the default one."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=1_000)]
    at: Moment
    policy: Name | None = None
    kind: Name = "incident"
    priority: Priority | None = None
    service: Name = ""


class NewKey(Request):
    """A key to make; one with the scope `ingest` belongs to an integration, by the id the key list shows."""

    name: Title
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)]
    integration_id: Annotated[int, Meta(ge=1, le=2_147_483_647)] | None = None
    expires_at: Moment | None = None


class Reference(Request):
    """What the record is called in another system."""

    id: Annotated[str, Meta(min_length=1, max_length=256)]
    url: Annotated[str, Meta(max_length=2_048, pattern=r"^(https?://.*)?\Z")] = ""
    state: Name = ""
