"""The query string of a list of records: its parameters and the filters among them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.vocabulary import ReportStatus, State

Text = Annotated[str, Meta(max_length=256)]


class IncidentQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The filters, order and page of a list of records.

    Most filters may name several values, separated by commas; a value that no record has lists
    nothing. `field.NAME` filters by a field of the configuration, `label.NAME` by a label; both
    can be given for several names at once.
    """

    state: list[State] | None = None
    priority: list[Annotated[int, Meta(ge=1, le=4)]] | None = None
    service: Text | None = None
    assignee: (
        Annotated[str, Meta(max_length=256, description="The assignee, a person or a group.")]
        | None
    ) = None
    assignee_group: (
        Annotated[list[Text], Meta(description="The slug of the group that has it.")] | None
    ) = None
    handler: (
        Annotated[list[Text], Meta(description="The login of whoever works on it now.")] | None
    ) = None
    owner: (
        Annotated[
            list[Text],
            Meta(description="The person of the desk; `service_desk` for those of nobody."),
        ]
        | None
    ) = None
    kind: Annotated[list[Text], Meta(description="`incident` or `service_request`.")] | None = None
    channel: (
        Annotated[list[Text], Meta(description="The channel as the record shows it.")] | None
    ) = None
    tier: Annotated[list[Text], Meta(description="`1`, `2`, `3` or `vendor`.")] | None = None
    ci: list[Text] | None = None
    category: list[Text] | None = None
    contact: (
        Annotated[list[Text], Meta(description="The contact's address, in upper or lower case.")]
        | None
    ) = None
    reporting_unit: list[Text] | None = None
    major: (
        Annotated[bool, Meta(description="Incidents of priority 1 or 2, and those declared major.")]
        | None
    ) = None
    security: bool | None = None
    breached: Annotated[bool, Meta(description="A clock is past its target.")] | None = None
    on_hold: bool | None = None
    shelved: (
        Annotated[bool, Meta(description="The gateway reminds nobody of it for a while.")] | None
    ) = None
    source: list[Text] | None = None
    report: list[ReportStatus] | None = None
    q: Text | None = None
    updated_since: Annotated[datetime, Meta(tz=True)] | None = None
    field: Text | None = msgspec.field(name="field.NAME", default=None)
    label: Text | None = msgspec.field(name="label.NAME", default=None)
    sort: Annotated[
        str, Meta(description="-recorded_at, recorded_at, -updated_at, priority or next_due.")
    ] = "-recorded_at"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=512)] | None = None


TEXT_FILTERS = (
    "assignee_group",
    "handler",
    "owner",
    "kind",
    "channel",
    "tier",
    "ci",
    "category",
    "contact",
    "reporting_unit",
)
"""Filters that name values of a text, in the order of their SQL parameters from $16 on."""

BOOLEAN_FILTERS = ("major", "security", "breached", "on_hold", "shelved")
"""Filters that are true or false, in the order of their SQL parameters after WORKED_BY."""

LIST_FILTERS = frozenset({"state", "priority", "source", "report", *TEXT_FILTERS})
