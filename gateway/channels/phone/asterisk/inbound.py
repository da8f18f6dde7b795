"""The adapter of Asterisk and FreePBX. Pure.

The dialplan of `integrations/asterisk/` sends its events with CURL(), as a form or in the query.
Names are those of the channel variables, in any case:
https://docs.asterisk.org/Configuration/Dialplan/Variables/Channel-Variables/.
"""

from collections.abc import Mapping
from datetime import timedelta

from gateway.channels.phone.call import ENDS, CallDirection, CallEvent, CallStatus
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
from gateway.settings import PhoneProvider

SLUG = "asterisk"

BEGINNINGS: Mapping[str, CallStatus] = {
    "call": CallStatus.RINGING,
    "queue": CallStatus.QUEUED,
    "answer": CallStatus.ANSWERED,
}
"""The status of a call for each address that reports a call still in progress."""

DIALLED: Mapping[str, CallStatus] = {
    "ANSWER": CallStatus.COMPLETED,
    "BUSY": CallStatus.BUSY,
    "NOANSWER": CallStatus.NO_ANSWER,
    "CANCEL": CallStatus.ABANDONED,
    "CONGESTION": CallStatus.FAILED,
    "CHANUNAVAIL": CallStatus.FAILED,
    "DONTCALL": CallStatus.CANCELED,
    "TORTURE": CallStatus.CANCELED,
    "INVALIDARGS": CallStatus.FAILED,
}
"""The status of an ended call by its DIALSTATUS; CANCEL is a caller who hung up while it rang."""

QUEUED_OUT = frozenset(
    {"TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "WITHDRAW"}
)
"""Values of QUEUESTATUS of callers who left the queue without reaching anybody."""


def verify(posted: PhoneRequest, settings: PhoneProvider) -> None:
    """Accept every request: the key of its integration is its only authentication."""


def read(posted: PhoneRequest, region: str) -> PhoneEvent:
    """Return the call event of a request; raises Malformed."""
    pairs = raw_json(posted.body).items() if posted.is_json else posted.fields().items()
    told = {name.upper(): str(value).replace("\0", "") for name, value in pairs}
    at = parse_timestamp(told.get("EPOCH", ""), posted.received_at, "/EPOCH")
    when = at or posted.received_at
    talked = seconds(_first(told, "ANSWEREDTIME", "BILLSEC"))
    status = _status(posted.event, told, talked)
    answered = status is CallStatus.ANSWERED or talked > 0 or told.get("DIALSTATUS") == "ANSWER"
    return CallEvent(
        provider=SLUG,
        call_id=parse_call_id(_first(told, "LINKEDID", "UNIQUEID"), "/LINKEDID"),
        at=at,
        direction=CallDirection.OUTBOUND
        if told.get("DIRECTION", "").lower().startswith("out")
        else CallDirection.INBOUND,
        caller=to_e164(_first(told, "CALLERID", "CALLERIDNUM"), region),
        caller_name=person(told.get("CALLERIDNAME", "")),
        called=to_e164(_first(told, "DID", "EXTEN"), region),
        status=status,
        started_at=when - timedelta(seconds=seconds(_first(told, "DURATION", "DIALEDTIME"))),
        answered_at=when - timedelta(seconds=talked) if answered else None,
        ended_at=when if status in ENDS else None,
        recordings=recording(_first(told, "RECORDED_FILE", "RECORDING")),
        transcripts=transcript(told.get("TRANSCRIPT", "")),
    )


def _status(event: str, told: Mapping[str, str], talked: int) -> CallStatus | None:
    if event != "hangup":
        return BEGINNINGS.get(event)
    if talked > 0:
        return CallStatus.COMPLETED
    if told.get("ABANDONED", "").upper() == "TRUE" or told.get("QUEUESTATUS") in QUEUED_OUT:
        return CallStatus.ABANDONED
    return DIALLED.get(told.get("DIALSTATUS", ""), CallStatus.COMPLETED)


def _first(told: Mapping[str, str], *names: str) -> str:
    return next((told[name] for name in names if told.get(name)), "")


PROVIDER = PhoneAdapter(SLUG, frozenset({*BEGINNINGS, "hangup", "recording"}), verify, read)
