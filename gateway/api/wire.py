"""The request bodies of the API: every field is bounded, every unknown one refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateway.access.keys import Scope
from gateway.incidents import commands, lifecycle
from gateway.untrusted.bounds import Moment, Name, Request, Slug, Text, Title
from gateway.vocabulary import RequestCategory

Number = Annotated[str, Meta(pattern=r"^INC-[0-9]{8}-[0-9]{6,12}\Z")]


class NotedRequest(Request, kw_only=True):
    """The base of request bodies with an optional note."""

    note: Text = ""


class ReturnToDesk(NotedRequest, kw_only=True):
    """Return the record to the service desk."""


class LinkTo(NotedRequest, kw_only=True):
    """Link the record to a master."""

    master: Number


class Unlink(NotedRequest, kw_only=True):
    """Unlink the record from its master."""


class RefuseLink(NotedRequest, kw_only=True):
    """Refuse a proposed link to a master."""

    master: Number


class FollowOn(NotedRequest, kw_only=True):
    """Create a follow-on record of a closed record."""


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

ActionBody = commands.Command | ReturnToDesk
"""A body of an action: the command itself, but that a caller names no group of the desk."""

ACTIONS: Mapping[str, type[ActionBody]] = {
    **lifecycle.ACTIONS,
    "return": ReturnToDesk,
}
"""The request body of each action that is a command of the lifecycle."""


def command_of(asked: ActionBody) -> commands.Command:
    """Return the command that a body asks for."""
    return commands.Return(note=asked.note) if isinstance(asked, ReturnToDesk) else asked
