"""The adapter of Twilio. Pure.

https://www.twilio.com/docs/voice/twiml#request-parameters,
/docs/usage/webhooks/webhooks-security.

The signature is over the public URL that Twilio called and the fields of the form in order of
their names, or over the URL alone where that carries the hash of a JSON body. It holds no time;
status callbacks have one in `Timestamp`.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from urllib.parse import ParseResult, parse_qs, urlparse

from gateway.channels.phone.call import ENDS, CallDirection, CallEvent, CallStatus
from gateway.channels.phone.numbers import to_e164
from gateway.channels.phone.posted import (
    Pairs,
    PhoneAdapter,
    PhoneEvent,
    PhoneRequest,
    TextMessage,
    parse_call_id,
    parse_time,
    parse_timestamp,
    person,
    raw_json,
    recording,
    seconds,
    transcript,
)
from gateway.errors import Forbidden, Unauthenticated
from gateway.ingest.reading import limits
from gateway.ingest.reading.signatures import WRONG_SIGNATURE, require_fresh
from gateway.settings import PhoneProvider

SLUG = "twilio"
SIGNATURE, ALGORITHM = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"
ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}

STATUSES: Mapping[str, CallStatus] = {
    "queued": CallStatus.RINGING,
    "initiated": CallStatus.RINGING,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.CONNECTED,
    "completed": CallStatus.COMPLETED,
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "no-answer": CallStatus.NO_ANSWER,
    "canceled": CallStatus.CANCELED,
}
"""The status of a call by CallStatus.

A call in progress or completed was answered by the script, not by a person.
"""

TAKEN = frozenset({"completed", "answered", "in-progress", "bridged"})
"""Values of the status of the leg to a person that say that the person answered."""


def verify(posted: PhoneRequest, settings: PhoneProvider) -> None:
    """Verify Twilio's signature and account.

    Raises Unauthenticated for a request that Twilio did not sign or signed long ago, Forbidden
    for another account.
    """
    if settings.secrets:
        given = posted.headers.get(SIGNATURE, "")
        params = posted.body if posted.is_json else posted.form()
        algorithm = algorithm_of(posted.headers.get(ALGORITHM, ""))
        # Every secret is tried, so that the time taken reveals nothing.
        if not any(
            [  # noqa: C419
                is_signed(secret, posted.address, params, given, algorithm)
                for secret in settings.secrets
            ]
        ):
            raise Unauthenticated(WRONG_SIGNATURE)
    told = raw_json(posted.body) if posted.is_json and posted.body else posted.fields()
    if settings.accounts and str(told.get("AccountSid", "")) not in settings.accounts:
        raise Forbidden("the account is not among phone.providers.twilio.accounts")
    sent = parse_time(str(told.get("Timestamp", "")), "/Timestamp")
    if settings.secrets and sent is not None:
        require_fresh(sent, posted.received_at)


def algorithm_of(header: str) -> str:
    """Return the hash function named in the header, SHA-1 without one.

    All requests signed with an auth token name none.
    """
    named = (pair.partition("=") for pair in header.split(","))
    return next(
        (
            value.strip()
            for name, _, value in named
            if name.strip() == "algorithm" and value.strip()
        ),
        "HMAC_SHA1",
    )


def is_signed(
    secret: str, address: str, params: Pairs | bytes, given: str, algorithm: str = "HMAC_SHA1"
) -> bool:
    """Return whether Twilio signed a request with this secret: a form's fields or a JSON body."""
    digest = ALGORITHMS.get(algorithm.upper())
    if digest is None:
        return False
    parsed = urlparse(address)
    whole = True
    if isinstance(params, bytes):
        promised = parse_qs(parsed.query).get("bodySHA256", [""])[0]
        whole, params = (
            hmac.compare_digest(
                sha256(params).hexdigest().encode(), promised.encode("utf-8", "replace")
            ),
            (),
        )
    written = _written(params)
    # Twilio has signed with the port and without it, whatever the address says.
    sums = [
        hmac.digest(secret.encode(), (one + written).encode(), digest)
        for one in (_with_port(parsed), _without_port(parsed))
    ]
    mark = given.encode("utf-8", "replace")
    return any([hmac.compare_digest(base64.b64encode(one), mark) for one in sums]) and whole  # noqa: C419 - takes as long always


def signature(secret: str, address: str, params: Pairs = ()) -> str:
    """Return the signature that Twilio makes of a request."""
    return base64.b64encode(
        hmac.digest(secret.encode(), (address + _written(params)).encode(), "sha1")
    ).decode()


def _written(params: Iterable[tuple[str, str]]) -> str:
    return "".join(name + value for name, value in sorted(set(params)))


def _with_port(parsed: ParseResult) -> str:
    if parsed.port:
        return parsed.geturl()
    return parsed._replace(
        netloc=f"{parsed.netloc}:{443 if parsed.scheme == 'https' else 80}"
    ).geturl()


def _without_port(parsed: ParseResult) -> str:
    return (
        parsed._replace(netloc=parsed.netloc.split(":")[0]).geturl()
        if parsed.port
        else parsed.geturl()
    )


def read(posted: PhoneRequest, region: str) -> PhoneEvent:
    """Return the call event or text message of a request; raises Malformed."""
    told = (
        {name: str(value) for name, value in raw_json(posted.body).items()}
        if posted.is_json
        else posted.fields()
    )
    if posted.event == "message":
        return _message(told, region)
    if told.get("ParentCallSid"):
        return _leg(told, posted)
    return _call(told, posted, region)


def _message(told: Mapping[str, str], region: str) -> TextMessage:
    attached = (
        told.get(f"MediaUrl{place}", "") for place in range(min(seconds(told.get("NumMedia")), 10))
    )
    return TextMessage(
        SLUG,
        parse_call_id(told.get("MessageSid") or told.get("SmsSid") or "", "/MessageSid"),
        to_e164(told.get("From", ""), region),
        to_e164(told.get("To", ""), region),
        limits.cut(told.get("Body", ""), limits.DESCRIPTION),
        tuple(one for address in attached for one in recording(address)),
    )


def _leg(told: Mapping[str, str], posted: PhoneRequest) -> CallEvent:
    """Return the event of the leg to a person.

    It tells the call it belongs to whether that person answered, and nothing else.
    """
    at = parse_timestamp(told.get("Timestamp", ""), posted.received_at, "/Timestamp")
    length, status = seconds(told.get("CallDuration")), told.get("CallStatus", "")
    taken = status == "in-progress" or (status == "completed" and length > 0)
    return CallEvent(
        provider=SLUG,
        call_id=parse_call_id(told["ParentCallSid"], "/ParentCallSid"),
        at=at,
        status=CallStatus.ANSWERED if taken else None,
        answered_at=(at or posted.received_at) - timedelta(seconds=length) if taken else None,
        recordings=_recording(told),
    )


def _call(told: Mapping[str, str], posted: PhoneRequest, region: str) -> CallEvent:
    at = parse_timestamp(told.get("Timestamp", ""), posted.received_at, "/Timestamp")
    when = at or posted.received_at
    status = STATUSES.get(told.get("CallStatus", ""))
    person_took = {told.get("DialCallStatus", ""), told.get("QueueResult", "")} & TAKEN
    talked = timedelta(seconds=seconds(told.get("DialCallDuration")))
    if status not in ENDS and person_took:
        status = CallStatus.ANSWERED
    elif status not in ENDS and told.get("QueueResult") == "hangup":
        status = CallStatus.ABANDONED
    return CallEvent(
        provider=SLUG,
        call_id=parse_call_id(told.get("CallSid", ""), "/CallSid"),
        at=at,
        direction=_direction(told),
        caller=to_e164(told.get("From", ""), region),
        caller_name=person(told.get("CallerName", "")),
        called=to_e164(told.get("To", ""), region),
        status=status,
        started_at=when - timedelta(seconds=seconds(told.get("CallDuration")))
        if status is not None
        else None,
        answered_at=when - talked if person_took else None,
        ended_at=when if status in ENDS else None,
        recordings=_recording(told),
        transcripts=_transcripts(told),
    )


def _direction(told: Mapping[str, str]) -> CallDirection | None:
    said = told.get("Direction", "")
    if said.startswith("outbound"):
        return CallDirection.OUTBOUND
    # Only <Record> lets callers leave a report, and its callback does not say who called.
    return (
        CallDirection.INBOUND
        if said == "inbound" or told.get("RecordingSource") == "RecordVerb"
        else None
    )


def _recording(told: Mapping[str, str]) -> tuple[str, ...]:
    """Return the recording's address, none if it failed or nothing was said."""
    if (
        told.get("RecordingStatus", "completed") != "completed"
        or told.get("RecordingDuration") == "0"
    ):
        return ()
    return recording(told.get("RecordingUrl", ""))


def _transcripts(told: Mapping[str, str]) -> tuple[str, ...]:
    words = (
        told.get("TranscriptionText", "") if told.get("TranscriptionStatus") == "completed" else ""
    )
    return (*transcript(words), *transcript(told.get("SpeechResult", "")))


def key(posted: PhoneRequest) -> str:
    """Return the key that was pressed."""
    return posted.fields().get("Digits", "")[:1]


EVENTS = frozenset({"voice", "status", "recording", "transcription", "message", "alarm"})
PROVIDER = PhoneAdapter(SLUG, EVENTS, verify, read, speaks=True, key=key, writes=True)
