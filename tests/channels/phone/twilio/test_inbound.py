"""Tests of the signatures and events of Twilio's requests, without a server."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from gateway.channels.phone.call import CallDirection, CallEvent, CallStatus
from gateway.channels.phone.posted import FORM, PhoneRequest
from gateway.channels.phone.twilio.inbound import algorithm_of, is_signed, read, signature, verify
from gateway.errors import Malformed, Unauthenticated
from gateway.settings import PhoneProvider
from tests.support.clock import NOON

TOKEN = "12345678901234567890123456789012"
WORDS = (
    "CallSid",
    "From",
    "To",
    "Body",
    "",
    "中文",
    "+86 138",
    "a&b=c",
    "é😀",
    "x" * 40,
    "Digits",
    "%2F",
    "a b",
)
HOSTS = ("gw.example", "gw.example:443", "gw.example:8443", "gw.example:80", "GW.example")


def a_request(rng: random.Random) -> tuple[str, Any, str, str]:
    """Return an address, fields or a body, a signature and its algorithm; some are invalid."""
    words: Callable[[], str] = lambda: rng.choice(WORDS)  # noqa: E731 - used often below
    address = f"{rng.choice(('https', 'http'))}://{rng.choice(HOSTS)}/ingest/{quote(words())}"
    query = [(words(), words()) for _ in range(rng.randrange(3))]
    params: Any = [(words(), words()) for _ in range(rng.randrange(8))]
    if rng.random() < 0.3:
        params = json.dumps(dict(params))
        query.append(("bodySHA256", sha256(params.encode()).hexdigest()))
    if query:
        address += "?" + urlencode(query)
    algorithm = rng.choice(("HMAC_SHA1", "HMAC_SHA1", "HMAC_SHA256", "hmac_sha1", "MD5"))
    known = algorithm.upper() if algorithm != "MD5" else "HMAC_SHA1"
    signed = {} if isinstance(params, str) else MultiDict(params)
    given = RequestValidator(TOKEN).compute_signature(address, signed, known)
    match rng.randrange(9):
        case 0:
            given = given[:-2] + "A="
        case 1:
            address = address.replace("gw.", "gx.")
        case 2:
            params = params + "x" if isinstance(params, str) else [*params, ("More", "x")]
        case 3:
            given = RequestValidator("another").compute_signature(address, signed, known)
        case 4:
            address = (
                address.replace("gw.example", "gw.example:443")
                if "example:" not in address
                else address.replace(":443", "")
            )
        case _:
            pass
    return address, params, given, algorithm


def test_signature_check_agrees_with_twilio_validator() -> None:
    rng, verdicts = random.Random(20260302), []
    for _ in range(1_000):
        address, params, given, algorithm = a_request(rng)
        body = params.encode() if isinstance(params, str) else tuple(params)
        theirs = RequestValidator(TOKEN).validate(
            address, params if isinstance(params, str) else MultiDict(params), given, algorithm
        )
        assert is_signed(TOKEN, address, body, given, algorithm) == theirs, (
            address,
            params,
            given,
            algorithm,
        )
        verdicts.append(theirs)
    assert 300 < sum(verdicts) < 700


def test_own_signature_is_accepted_by_twilio_validator() -> None:
    rng = random.Random(7)
    for _ in range(100):
        address, params, *_ = a_request(rng)
        fields = () if isinstance(params, str) else tuple(params)
        assert RequestValidator(TOKEN).validate(
            address, MultiDict(fields), signature(TOKEN, address, fields)
        )


def test_documented_signature_example_is_judged_like_twilio() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert is_signed(
        "12345", address, tuple(fields.items()), "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    ) is RequestValidator("12345").validate(address, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert is_signed(
        "12345", address, tuple(fields.items()), "GvWf1cFY/Q7PnoempGyD5oXAezc="
    ) is RequestValidator("12345").validate(address, fields, "GvWf1cFY/Q7PnoempGyD5oXAezc=")


def test_signature_algorithm_is_read_from_header() -> None:
    assert algorithm_of("") == "HMAC_SHA1"
    assert algorithm_of("key=webhooks_1, algorithm=HMAC_SHA256") == "HMAC_SHA256"
    assert algorithm_of("key=webhooks_1") == "HMAC_SHA1"


def posted(event: str, **told: str) -> PhoneRequest:
    return PhoneRequest(
        event,
        FORM,
        urlencode({"CallSid": "CA1"} | told).encode(),
        (),
        NOON,
        address="https://gw.example/x",
    )


def call(event: str, **told: str) -> CallEvent:
    found = read(posted(event, **told), "CN")
    assert isinstance(found, CallEvent)
    return found


def test_json_body_without_hash_in_url_is_refused() -> None:
    body = b'{"CallSid": "CA1"}'
    given = signature(TOKEN, "https://gw.example/x")
    told = PhoneRequest(
        "status",
        "application/json",
        body,
        (),
        NOON,
        address="https://gw.example/x",
        headers={"X-Twilio-Signature": given},
    )
    with pytest.raises(Unauthenticated):
        verify(told, PhoneProvider(secrets=(TOKEN,)))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_stale_or_future_timestamp_is_refused(minutes: int) -> None:
    fields = {"CallSid": "CA1", "Timestamp": format_datetime(NOON + timedelta(minutes=minutes))}
    given = signature(TOKEN, "https://gw.example/x", tuple(fields.items()))
    body = urlencode(fields).encode()
    told = PhoneRequest(
        "status",
        FORM,
        body,
        (),
        NOON,
        address="https://gw.example/x",
        headers={"X-Twilio-Signature": given},
    )
    with pytest.raises(Unauthenticated):
        verify(told, PhoneProvider(secrets=(TOKEN,)))


def test_dialled_leg_marks_parent_call_as_answered_only() -> None:
    leg = call(
        "status",
        ParentCallSid="CA0",
        CallStatus="completed",
        CallDuration="30",
        From="+15550100",
        Direction="outbound-dial",
    )
    assert (leg.call_id, leg.status, leg.direction, leg.caller) == (
        "CA0",
        CallStatus.ANSWERED,
        None,
        "",
    )
    assert leg.answered_at == NOON - timedelta(seconds=30)
    assert leg.ended_at is None
    assert call("status", ParentCallSid="CA0", CallStatus="no-answer").status is None


def test_recording_marks_call_inbound_and_empty_recording_is_skipped() -> None:
    told = call(
        "recording",
        RecordingUrl="https://api.twilio.com/RE1",
        RecordingStatus="completed",
        RecordingSource="RecordVerb",
    )
    assert (told.direction, told.recordings) == (
        CallDirection.INBOUND,
        ("https://api.twilio.com/RE1",),
    )
    assert (
        call(
            "recording", RecordingUrl="https://api.twilio.com/RE1", RecordingDuration="0"
        ).recordings
        == ()
    )
    assert (
        call(
            "recording", RecordingUrl="https://api.twilio.com/RE1", RecordingStatus="absent"
        ).recordings
        == ()
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "data:text/html,x",
        "https://x/\u2028y",
        "x" * 3_000,
    ],
)
def test_recording_url_must_be_web_address(address: str) -> None:
    assert call("recording", RecordingUrl=address).recordings == ()


def test_queue_hangup_is_abandoned_and_bridged_call_is_answered() -> None:
    assert (
        call("voice", CallStatus="in-progress", QueueResult="hangup").status is CallStatus.ABANDONED
    )
    assert call("voice", CallStatus="in-progress", QueueResult="bridged").answered_at == NOON
    assert call("voice", CallStatus="in-progress", SpeechResult="the printer").transcripts == (
        "the printer",
    )


@pytest.mark.parametrize("told", [{"CallSid": ""}, {"CallSid": "a b"}])
def test_event_without_valid_call_id_is_malformed(told: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        read(posted("status", **told), "CN")
