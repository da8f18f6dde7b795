"""The adapter of Vonage. Pure.

https://developer.vonage.com/en/voice/voice-api/webhook-reference (calls), /en/api/messages (text
messages) and signed webhooks. A request carries a JWT (RFC 7519) signed with the account's
signature secret; its `payload_hash` is the SHA-256 of the body, or of the query as JSON where
there is no body.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from gateway.channels.phone.call import ENDS, CallDirection, CallEvent, CallStatus
from gateway.channels.phone.numbers import to_e164_without_plus
from gateway.channels.phone.posted import (
    IgnoredPhoneEvent,
    PhoneAdapter,
    PhoneEvent,
    PhoneRequest,
    TextMessage,
    encode_as_javascript,
    parse_call_id,
    parse_timestamp,
    raw_json,
    recording,
    seconds,
)
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.ingest.reading.signatures import WRONG_SIGNATURE, require_fresh
from gateway.ingest.reading.signatures import parse_seconds as moment_of
from gateway.settings import PhoneProvider

SLUG = "vonage"

STATUSES: Mapping[str, CallStatus] = {
    "started": CallStatus.RINGING,
    "ringing": CallStatus.RINGING,
    "answered": CallStatus.CONNECTED,
    "human": CallStatus.CONNECTED,
    "machine": CallStatus.CONNECTED,
    "completed": CallStatus.COMPLETED,
    "disconnected": CallStatus.COMPLETED,
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "rejected": CallStatus.CANCELED,
    "cancelled": CallStatus.CANCELED,
    "unanswered": CallStatus.NO_ANSWER,
    "timeout": CallStatus.NO_ANSWER,
}
"""The status of an inbound call.

One that was answered was answered by the script; a person answers on a leg of its own.
"""


def verify(posted: PhoneRequest, settings: PhoneProvider) -> None:
    """Verify Vonage's signature and account.

    Raises Unauthenticated for a request that Vonage did not sign, signed long ago or signed with
    another body, Forbidden for another account.
    """
    if not settings.secrets:
        return
    claims = _claims(posted.headers.get("Authorization", ""), settings.secrets)
    require_fresh(moment_of(str(claims.get("iat", ""))), posted.received_at)
    if "exp" in claims and moment_of(str(claims["exp"])) <= posted.received_at:
        raise Unauthenticated("the signature has expired")
    signed_over = posted.body or encode_as_javascript(posted.query)
    promised = str(claims.get("payload_hash", "")).encode("utf-8", "replace")
    if (promised or posted.body) and not hmac.compare_digest(
        sha256(signed_over).hexdigest().encode(), promised
    ):
        raise Unauthenticated("the signature is over another body")
    if settings.accounts and not {claims.get("application_id"), claims.get("api_key")} & set(
        settings.accounts
    ):
        raise Forbidden("the application is not among phone.providers.vonage.accounts")


def _claims(header: str, secrets: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the claims of the token; raises Unauthenticated.

    It must be signed by HMAC-SHA256 with one of the secrets.
    """
    kind, _, token = header.partition(" ")
    parts = token.strip().split(".")
    if kind.lower() != "bearer" or len(parts) != 3:
        raise Unauthenticated("the request is not signed: switch signed webhooks on at Vonage")
    signed, given = f"{parts[0]}.{parts[1]}".encode("utf-8", "replace"), _unpadded(parts[2])
    sums = [hmac.digest(secret.encode(), signed, "sha256") for secret in secrets]
    known = any([hmac.compare_digest(one, given) for one in sums])  # noqa: C419 - takes as long always
    try:
        head, claims = raw_json(_unpadded(parts[0])), raw_json(_unpadded(parts[1]))
    except Malformed as error:
        raise Unauthenticated("the token cannot be read") from error
    if not known or head.get("alg") != "HS256":
        raise Unauthenticated(WRONG_SIGNATURE)
    return claims


def _unpadded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def read(posted: PhoneRequest, region: str) -> PhoneEvent:
    """Return the call event of a request; raises Malformed."""
    told = raw_json(posted.body) if posted.body else dict(posted.query)
    if posted.event == "message":
        return _message(told, region)
    call_id = str(
        told.get("conversation_uuid")
        or told.get("conversation_uuid_from")
        or told.get("uuid")
        or ""
    )
    if not call_id and told.get("status") is None and posted.event == "event":
        return IgnoredPhoneEvent("tells of no call")
    call_id = parse_call_id(call_id, "/conversation_uuid")
    at = parse_timestamp(_text(told, "timestamp"), posted.received_at, "/timestamp")
    if posted.event == "recording":
        # Only what we ask callers to say is recorded: this is a report even
        # where the call itself was not heard of.
        found = recording(_text(told, "recording_url"))
        return CallEvent(
            provider=SLUG, call_id=call_id, at=at, direction=CallDirection.INBOUND, recordings=found
        )
    if posted.event == "alarm":
        # Only calls that the gateway made are asked for at this address.
        return CallEvent(provider=SLUG, call_id=call_id, at=at, direction=CallDirection.OUTBOUND)
    if told.get("direction") == "outbound":
        return _leg(told, call_id, posted)
    inbound = posted.event == "answer" or told.get("direction") == "inbound"
    status = CallStatus.RINGING if posted.event == "answer" else STATUSES.get(_text(told, "status"))
    when, length = (
        at or posted.received_at,
        timedelta(seconds=seconds(_text(told, "duration").partition(".")[0])),
    )
    return CallEvent(
        provider=SLUG,
        call_id=call_id,
        at=at,
        direction=CallDirection.INBOUND if inbound else None,
        caller=to_e164_without_plus(_text(told, "from"), region) if inbound else "",
        called=to_e164_without_plus(_text(told, "to"), region) if inbound else "",
        status=status if inbound else None,
        started_at=when - length if inbound and status is not None else None,
        ended_at=when if inbound and status in ENDS else None,
    )


def _message(told: Mapping[str, Any], region: str) -> TextMessage | IgnoredPhoneEvent:
    """Return the text message; the channel may carry other kinds."""
    if told.get("channel") != "sms" or told.get("message_type") != "text":
        return IgnoredPhoneEvent("no text message")
    return TextMessage(
        provider=SLUG,
        message_id=parse_call_id(_text(told, "message_uuid"), "/message_uuid"),
        sender=to_e164_without_plus(_text(told, "from"), region),
        receiver=to_e164_without_plus(_text(told, "to"), region),
        text=_text(told, "text"),
    )


def _leg(told: Mapping[str, Any], call_id: str, posted: PhoneRequest) -> CallEvent:
    """Return the event of the leg to a person.

    It says whether that person answered; on its own it is a call that the gateway made.
    """
    at = parse_timestamp(_text(told, "timestamp"), posted.received_at, "/timestamp")
    length = seconds(_text(told, "duration").partition(".")[0])
    status = STATUSES.get(_text(told, "status"))
    taken = status is CallStatus.CONNECTED or (status is CallStatus.COMPLETED and length > 0)
    return CallEvent(
        provider=SLUG,
        call_id=call_id,
        at=at,
        direction=CallDirection.OUTBOUND,
        status=CallStatus.ANSWERED if taken else None,
        answered_at=(at or posted.received_at) - timedelta(seconds=length) if taken else None,
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return "" if value is None else str(value).replace("\0", "")


def key(posted: PhoneRequest) -> str:
    """Return the key that was pressed."""
    told = raw_json(posted.body).get("dtmf") if posted.body else None
    digits = told.get("digits") if isinstance(told, dict) else told
    return digits[:1] if isinstance(digits, str) else ""


EVENTS = frozenset({"answer", "event", "recording", "alarm", "message"})
PROVIDER = PhoneAdapter(SLUG, EVENTS, verify, read, speaks=True, key=key)
