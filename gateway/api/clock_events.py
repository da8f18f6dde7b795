"""The request bodies of `simulate` (clock events) and of `preview` (a configuration edit)."""

from typing import Annotated, Any

from msgspec import Meta, field

from gateway.untrusted.bounds import Moment, Name, Priority, Request, Text


class SimulatedEvent(Request, kw_only=True):
    """One clock event, such as an acceptance or a hold.

    `vendor` names who gets the record with the tier `vendor`.
    """

    at: Moment
    event: str
    tier: int | str | None = None
    priority: Priority | None = None
    reason: Text = ""
    vendor: Name = ""


class Simulate(Request, kw_only=True):
    """Clock events in order, for which `simulate` computes the clocks."""

    policy: Name = ""
    kind: str = "incident"
    priority: Priority | None = None
    service: Name = ""
    events: Annotated[list[SimulatedEvent], Meta(min_length=1, max_length=1_000)]
    at: Moment


class Preview(Request, kw_only=True):
    """An edit of the SLA configuration to try.

    Its sections, by name, are laid over those in force as a configuration file would be.
    """

    policies: dict[Name, dict[str, Any]] = field(default_factory=dict)
    calendars: dict[Name, dict[str, Any]] = field(default_factory=dict)
    services: dict[Name, dict[str, Any]] = field(default_factory=dict)
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Annotated[str, Meta(pattern=r"^[1-4]-[0-9]{1,18}\Z")] = "1-0"
