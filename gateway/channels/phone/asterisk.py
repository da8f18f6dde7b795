"""The adapter of Asterisk and FreePBX. Pure.

The dialplan of `integrations/asterisk/` sends its events with CURL(), as a form or in the query.
Names are those of the channel variables, in any case:
https://docs.asterisk.org/Configuration/Dialplan/Variables/Channel-Variables/.
"""

from collections.abc import Mapping
from datetime import timedelta

from gateway.channels.phone.call import ENDS, CallEvent, Direction, Status
from gateway.channels.phone.numbers import e164
from gateway.channels.phone.posted import (
    Posted,
    Provider,
    Told,
    name_of,
    person,
    raw_json,
    recording,
    seconds,
    stamped,
    transcript,
)
from gateway.settings import PhoneProvider

SLUG = "asterisk"

BEGINNINGS: Mapping[str, Status] = {"call": Status.RINGING, "queue": Status.QUEUED, "answer": Status.ANSWERED}
"""The status of a call for each address that reports a call still in progress."""

DIALLED: Mapping[str, Status] = {
    "ANSWER": Status.COMPLETED,
    "BUSY": Status.BUSY,
    "NOANSWER": Status.NO_ANSWER,
    "CANCEL": Status.ABANDONED,
    "CONGESTION": Status.FAILED,
    "CHANUNAVAIL": Status.FAILED,
    "DONTCALL": Status.CANCELED,
    "TORTURE": Status.CANCELED,
    "INVALIDARGS": Status.FAILED,
}
"""The status of an ended call by its DIALSTATUS; CANCEL is a caller who hung up while it rang."""

QUEUED_OUT = frozenset({"TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "WITHDRAW"})
"""Values of QUEUESTATUS of callers who left the queue without reaching anybody."""


def verify(posted: Posted, settings: PhoneProvider) -> None:
    """Accept every request: the key of its integration is its only authentication."""


def read(posted: Posted, region: str) -> Told:
    """Return the call event of a request; raises Malformed."""
    pairs = raw_json(posted.body).items() if posted.is_json else posted.fields().items()
    told = {name.upper(): str(value).replace("\0", "") for name, value in pairs}
    at = stamped(told.get("EPOCH", ""), posted.received_at, "/EPOCH")
    when = at or posted.received_at
    talked = seconds(_first(told, "ANSWEREDTIME", "BILLSEC"))
    status = _status(posted.event, told, talked)
    answered = status is Status.ANSWERED or talked > 0 or told.get("DIALSTATUS") == "ANSWER"
    return CallEvent(
        provider=SLUG,
        call_id=name_of(_first(told, "LINKEDID", "UNIQUEID"), "/LINKEDID"),
        at=at,
        direction=Direction.OUTBOUND if told.get("DIRECTION", "").lower().startswith("out") else Direction.INBOUND,
        caller=e164(_first(told, "CALLERID", "CALLERIDNUM"), region),
        caller_name=person(told.get("CALLERIDNAME", "")),
        called=e164(_first(told, "DID", "EXTEN"), region),
        status=status,
        started_at=when - timedelta(seconds=seconds(_first(told, "DURATION", "DIALEDTIME"))),
        answered_at=when - timedelta(seconds=talked) if answered else None,
        ended_at=when if status in ENDS else None,
        recordings=recording(_first(told, "RECORDED_FILE", "RECORDING")),
        transcripts=transcript(told.get("TRANSCRIPT", "")),
    )


def _status(event: str, told: Mapping[str, str], talked: int) -> Status | None:
    if event != "hangup":
        return BEGINNINGS.get(event)
    if talked > 0:
        return Status.COMPLETED
    if told.get("ABANDONED", "").upper() == "TRUE" or told.get("QUEUESTATUS") in QUEUED_OUT:
        return Status.ABANDONED
    return DIALLED.get(told.get("DIALSTATUS", ""), Status.COMPLETED)


def _first(told: Mapping[str, str], *names: str) -> str:
    return next((told[name] for name in names if told.get(name)), "")


PROVIDER = Provider(SLUG, frozenset({*BEGINNINGS, "hangup", "recording"}), verify, read)
