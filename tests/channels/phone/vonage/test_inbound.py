"""Requests that Vonage signed are accepted, and none that is altered anywhere."""

import base64
import hmac
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from gateway.channels.phone.posted import JSON, PhoneRequest, encode_as_javascript
from gateway.channels.phone.vonage.inbound import key, verify
from gateway.errors import Forbidden, Unauthenticated
from gateway.settings import PhoneProvider
from tests.support.clock import NOON

SECRET, OLD = "vonage-signature-secret", "the-one-before-the-secret"
SETTINGS = PhoneProvider(secrets=(SECRET, OLD), accounts=("app-1",))
BODY = b'{"conversation_uuid":"CON-1","status":"answered"}'


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(body: bytes, secret: str = SECRET, alg: str = "HS256", **claims: Any) -> str:
    said = {
        "iat": int(NOON.timestamp()),
        "jti": "1",
        "iss": "Vonage",
        "application_id": "app-1",
        "api_key": "abcd1234",
    }
    said |= {"payload_hash": sha256(body).hexdigest()} | claims
    head = coded(msgspec.json.encode({"alg": alg, "typ": "JWT"}))
    signed = f"{head}.{coded(msgspec.json.encode(said))}"
    return f"Bearer {signed}.{coded(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def posted(header: str, body: bytes = BODY) -> PhoneRequest:
    return PhoneRequest("event", JSON, body, (), NOON, headers={"Authorization": header})


def test_vonage_signature_by_current_or_previous_secret_is_accepted() -> None:
    verify(posted(token(BODY)), SETTINGS)
    verify(posted(token(BODY, OLD)), SETTINGS)
    verify(posted(token(BODY, exp=int(NOON.timestamp()) + 60)), SETTINGS)
    verify(posted(token(BODY, application_id="x", api_key="app-1")), SETTINGS)
    verify(posted("", b"{}"), PhoneProvider())


def test_get_request_is_verified_by_its_query() -> None:
    query = (("to", "442079460000"), ("from", "447700900000"), ("conversation_uuid", "CON-1"))
    asked = PhoneRequest(
        "answer",
        "",
        b"",
        query,
        NOON,
        "GET",
        headers={"Authorization": token(encode_as_javascript(query))},
    )
    verify(asked, SETTINGS)
    verify(replace(asked, headers={"Authorization": token(b"", payload_hash="")}), SETTINGS)
    with pytest.raises(Unauthenticated):
        verify(replace(asked, query=(*query, ("more", "1"))), SETTINGS)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer a.b",
        "Bearer a.b.c",
        token(BODY, "another-secret-of-somebody"),
        token(BODY, alg="none"),
        token(BODY, alg="HS512"),
        token(b"{}"),
        token(BODY, payload_hash=""),
        token(BODY, payload_hash="é"),
        token(BODY, iat=int((NOON - timedelta(minutes=6)).timestamp())),
        token(BODY, iat=int((NOON + timedelta(minutes=6)).timestamp())),
        token(BODY, iat=None),
        token(BODY, exp=int(NOON.timestamp()) - 1),
        token(BODY)[:-3],
        token(BODY).rpartition(".")[0] + ".",
        "Basic " + token(BODY)[7:],
    ],
)
def test_invalid_or_stale_vonage_token_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(posted(header), SETTINGS)


def test_other_vonage_application_is_refused() -> None:
    with pytest.raises(Forbidden):
        verify(posted(token(BODY, application_id="app-2")), SETTINGS)


def test_pressed_key_is_read_in_all_vonage_formats() -> None:
    for body, pressed in (
        (b'{"dtmf":{"digits":"12"}}', "1"),
        (b'{"dtmf":"3"}', "3"),
        (b'{"dtmf":{"digits":""}}', ""),
        (b"", ""),
    ):
        assert key(posted("", body)) == pressed
