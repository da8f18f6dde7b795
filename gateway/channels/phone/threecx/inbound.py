"""The adapter of 3CX. Pure.

It reads calls as the CRM template of `integrations/3cx/` journals them, and as add-ons post them
when they end.

https://www.3cx.com/docs/server-side-crm-template-xml-description/. The template gives calls no
id: number and beginning identify them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from gateway.channels.phone.call import CallDirection, CallEvent, CallStatus
from gateway.channels.phone.numbers import to_e164
from gateway.channels.phone.posted import (
    PhoneAdapter,
    PhoneEvent,
    PhoneRequest,
    parse_call_id,
    parse_timestamp,
    person,
    raw_json,
    recording,
    seconds,
    transcript,
)
from gateway.errors import Malformed
from gateway.settings import PhoneProvider

SLUG = "threecx"
LOOKUP = "lookup"
"""The address at which 3CX looks up callers; it reports no event."""

KINDS: Mapping[str, tuple[CallDirection, CallStatus]] = {
    "inbound": (CallDirection.INBOUND, CallStatus.COMPLETED),
    "answered": (CallDirection.INBOUND, CallStatus.COMPLETED),
    "missed": (CallDirection.INBOUND, CallStatus.NO_ANSWER),
    "abandoned": (CallDirection.INBOUND, CallStatus.ABANDONED),
    "outbound": (CallDirection.OUTBOUND, CallStatus.COMPLETED),
    "notanswered": (CallDirection.OUTBOUND, CallStatus.NO_ANSWER),
    "unanswered": (CallDirection.OUTBOUND, CallStatus.NO_ANSWER),
}
"""Direction and status by [CallType] of the template and `finishtype` of add-ons."""


def verify(posted: PhoneRequest, settings: PhoneProvider) -> None:
    """Accept every request: the key of its integration is its only authentication."""


def read(posted: PhoneRequest, region: str) -> PhoneEvent:
    """Return the call event of a request; raises Malformed."""
    pairs = raw_json(posted.body).items() if posted.is_json else posted.fields().items()
    told = {
        name.lower(): "" if value is None else str(value).replace("\0", "") for name, value in pairs
    }
    number, began = _first(told, "number", "callerid"), _first(told, "started_at", "datetime")
    kind = KINDS.get(_first(told, "call_type", "finishtype").replace(" ", "").lower())
    if kind is None and not _first(told, "id", "chid"):
        raise Malformed("this says neither what kind of call it was nor which")
    direction, status = kind or (None, None)
    started = _moment(began, posted.received_at)
    answered = status is CallStatus.COMPLETED
    length = timedelta(seconds=seconds(told.get("duration")))
    # Without its own word for it a call was answered when it began:
    # its length is all that 3CX then tells.
    begun = started or posted.received_at - length
    return CallEvent(
        provider=SLUG,
        call_id=_id(told, number, began, posted),
        at=_moment(told.get("ended_at", ""), posted.received_at),
        direction=direction,
        caller=to_e164(number, region) if direction is not CallDirection.OUTBOUND else "",
        caller_name=person(_first(told, "name", "callername")),
        called=to_e164(_first(told, "called", "did"), region),
        status=status,
        started_at=started or begun if kind else None,
        answered_at=(_moment(told.get("answered_at", ""), posted.received_at) or begun)
        if answered
        else None,
        ended_at=(_moment(told.get("ended_at", ""), posted.received_at) or begun + length)
        if kind
        else None,
        recordings=recording(_first(told, "recording_url", "recording")),
        transcripts=transcript(told.get("transcript", "")),
    )


def _id(told: Mapping[str, str], number: str, began: str, posted: PhoneRequest) -> str:
    if given := _first(told, "id", "chid"):
        return parse_call_id(given, "/id")
    known_by = f"{number}\x1f{began}".encode() if number and began else posted.body
    return sha256(known_by).hexdigest()


def _moment(text: str, received_at: datetime) -> datetime | None:
    """Return a time of 3CX, None if it is in a national format, whose day and month are unclear."""
    return parse_timestamp(text.strip().replace(" ", "T", 1), received_at, "")


def _first(told: Mapping[str, str], *names: str) -> str:
    return next((told[name] for name in names if told.get(name)), "")


PROVIDER = PhoneAdapter(SLUG, frozenset({"journal", "event"}), verify, read)
