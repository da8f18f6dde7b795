"""The adapter of Amazon Connect. Pure.

It reads contact events of EventBridge, and events that the Lambda of a contact flow passes on.

https://docs.aws.amazon.com/connect/latest/adminguide/contact-events.html,
https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html. Events come
in no order: only the times in them count.
"""

from typing import Any

import msgspec

from gateway.channels.phone.call import CallDirection, CallEvent, CallStatus
from gateway.channels.phone.numbers import to_e164
from gateway.channels.phone.posted import (
    IgnoredPhoneEvent,
    PhoneAdapter,
    PhoneEvent,
    PhoneRequest,
    parse_call_id,
    parse_timestamp,
    raw_json,
    recording,
)
from gateway.errors import Forbidden, Malformed
from gateway.ingest.reading import limits
from gateway.settings import PhoneProvider

SLUG = "connect"

STATUSES = {
    "INITIATED": CallStatus.RINGING,
    "CONNECTED_TO_SYSTEM": CallStatus.CONNECTED,
    "QUEUED": CallStatus.QUEUED,
    "CONNECTED_TO_AGENT": CallStatus.ANSWERED,
    "DISCONNECTED": CallStatus.COMPLETED,
    "COMPLETED": CallStatus.COMPLETED,
}
OUTGOING = frozenset({"OUTBOUND", "CALLBACK", "API", "EXTERNAL_OUTBOUND", "AGENT_REPLY"})


class Endpoint(msgspec.Struct, rename="pascal"):
    """One end of a call."""

    address: str = ""


class Contact(msgspec.Struct, rename="pascal"):
    """The contact that a flow passes to its Lambda."""

    contact_id: str
    initial_contact_id: str = ""
    channel: str = "VOICE"
    initiation_method: str = "INBOUND"
    instance_arn: str = msgspec.field(name="InstanceARN", default="")
    customer_endpoint: Endpoint | None = None
    system_endpoint: Endpoint | None = None


class Details(msgspec.Struct, rename="pascal"):
    """The contact, in the Lambda's event."""

    contact_data: Contact


class Invocation(msgspec.Struct, rename="pascal"):
    """The Lambda's event."""

    details: Details


class SmallEndpoint(msgspec.Struct):
    """One end of a call."""

    address: str = ""


class Agent(msgspec.Struct, rename="camel"):
    """The agent who answered."""

    connected_to_agent_timestamp: str = ""


class Recording(msgspec.Struct, rename="camel"):
    """The place of a recording in S3."""

    location: str = ""


class Detail(msgspec.Struct, rename="camel"):
    """A contact event."""

    event_type: str
    contact_id: str
    initial_contact_id: str | None = None
    next_contact_id: str | None = None
    channel: str = "VOICE"
    instance_arn: str = ""
    initiation_method: str = ""
    initiation_timestamp: str | None = None
    disconnect_timestamp: str | None = None
    agent_info: Agent | None = None
    queue_info: dict[str, Any] | None = None
    customer_endpoint: SmallEndpoint | None = None
    system_endpoint: SmallEndpoint | None = None
    recordings: list[Recording] = []


class ConnectEvent(msgspec.Struct):
    """EventBridge's envelope."""

    detail: Detail
    account: str = ""
    time: str | None = None


def verify(posted: PhoneRequest, settings: PhoneProvider) -> None:
    """Raise Forbidden for an account or instance that is not allowed.

    The key of its integration authenticates the request.
    """
    if not settings.accounts:
        return
    try:
        told = _event(posted)
    except Malformed as error:
        raise Forbidden("the request names no account") from error
    arn = (
        told.detail.instance_arn
        if isinstance(told, ConnectEvent)
        else told.details.contact_data.instance_arn
    )
    account = told.account if isinstance(told, ConnectEvent) else ""
    if not {account, arn, arn.rpartition("/")[2], *arn.split(":")[4:5]} & set(settings.accounts):
        raise Forbidden("the account is not among phone.providers.connect.accounts")


def _event(posted: PhoneRequest) -> ConnectEvent | Invocation:
    """Return an event of EventBridge or of a flow's Lambda; raises Malformed."""
    if "Details" in raw_json(posted.body):
        return limits.decode(posted.body, Invocation)
    return limits.decode(posted.body, ConnectEvent)


def read(posted: PhoneRequest, region: str) -> PhoneEvent:
    """Return the call event of a request; raises Malformed."""
    told = _event(posted)
    if isinstance(told, Invocation):
        return _invoked(told.details.contact_data, posted, region)
    return _happened(told, posted, region)


def _invoked(contact: Contact, posted: PhoneRequest, region: str) -> PhoneEvent:
    if contact.channel.upper() != "VOICE":
        return IgnoredPhoneEvent("no call")
    caller, called = (
        one.address if one else "" for one in (contact.customer_endpoint, contact.system_endpoint)
    )
    return CallEvent(
        provider=SLUG,
        call_id=parse_call_id(
            contact.initial_contact_id or contact.contact_id,
            "/Details/ContactData/InitialContactId",
        ),
        direction=CallDirection.OUTBOUND
        if contact.initiation_method.upper() in OUTGOING
        else CallDirection.INBOUND,
        caller=to_e164(caller, region),
        called=to_e164(called, region),
        status=CallStatus.RINGING,
        started_at=posted.received_at,
    )


def _happened(told: ConnectEvent, posted: PhoneRequest, region: str) -> PhoneEvent:
    detail = told.detail
    if detail.channel.upper() != "VOICE":
        return IgnoredPhoneEvent("no call")
    status = STATUSES.get(detail.event_type)
    over = status is CallStatus.COMPLETED and not detail.next_contact_id
    if over and detail.queue_info and detail.agent_info is None:
        status = CallStatus.ABANDONED
    at = parse_timestamp(told.time or "", posted.received_at, "/time")
    agent = detail.agent_info.connected_to_agent_timestamp if detail.agent_info else ""
    ended = parse_timestamp(
        detail.disconnect_timestamp or "", posted.received_at, "/detail/disconnectTimestamp"
    )
    return CallEvent(
        provider=SLUG,
        call_id=parse_call_id(detail.initial_contact_id or detail.contact_id, "/detail/contactId"),
        at=at,
        direction=_direction(detail.initiation_method.upper()),
        caller=to_e164(detail.customer_endpoint.address, region)
        if detail.customer_endpoint
        else "",
        called=to_e164(detail.system_endpoint.address, region) if detail.system_endpoint else "",
        status=status if over or status is not CallStatus.COMPLETED else None,
        started_at=parse_timestamp(
            detail.initiation_timestamp or "", posted.received_at, "/detail/initiationTimestamp"
        ),
        answered_at=parse_timestamp(
            agent, posted.received_at, "/detail/agentInfo/connectedToAgentTimestamp"
        ),
        ended_at=(ended or at or posted.received_at) if over else None,
        recordings=tuple(
            one
            for found in detail.recordings
            for one in recording(f"s3://{found.location}")
            if found.location
        ),
    )


def _direction(method: str) -> CallDirection | None:
    """Return the direction of a call, None for a transfer, whose call another event describes."""
    if method == "INBOUND":
        return CallDirection.INBOUND
    return CallDirection.OUTBOUND if method in OUTGOING else None


PROVIDER = PhoneAdapter(SLUG, frozenset({"contact", "lambda"}), verify, read)
