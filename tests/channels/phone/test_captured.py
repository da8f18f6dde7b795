"""Documented requests of every telephone system are read as the files beside them say."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.phone.posted import (
    FORM,
    JSON,
    MAX_FIELDS,
    IgnoredPhoneEvent,
    PhoneRequest,
    form,
    parse_time,
    raw_json,
)
from gateway.channels.phone.providers import PROVIDERS
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.settings import PhoneProvider
from gateway.settings.phone_flaws import PROVIDERS as NAMED
from tests.ingest.requests import NOW

ROOT = Path(__file__).parent / "captured"
LIMITED = PhoneProvider(secrets=("s" * 16,), accounts=("a",))
CASES = sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("*/*/request.http"))


def request(case: str) -> tuple[str, PhoneRequest]:
    head, _, body = (ROOT / case / "request.http").read_bytes().partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    method, address, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    _, _, _, provider, event = urlsplit(address).path.split("/")
    query = tuple(parse_qsl(urlsplit(address).query))
    return provider, PhoneRequest(
        event,
        headers.get("Content-Type", ""),
        body.removesuffix(b"\n"),
        query,
        NOW,
        method,
        "",
        headers,
    )


def plain(case: str) -> dict[str, Any]:
    provider, posted = request(case)
    told = PROVIDERS[provider].read(posted, "CN")
    said = {
        name: value for name, value in asdict(told).items() if value not in (None, "", (), False)
    }
    found: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode({"kind": type(told).__name__} | said)
    )
    return found


@pytest.mark.parametrize("case", CASES)
def test_captured_request_is_read_as_expected(case: str) -> None:
    assert plain(case) == msgspec.json.decode((ROOT / case / "expected.json").read_bytes())


@pytest.mark.parametrize("case", CASES)
def test_captured_request_is_read_same_twice(case: str) -> None:
    assert plain(case) == plain(case)


def test_all_phone_providers_and_events_are_captured() -> None:
    assert set(PROVIDERS) == set(NAMED) == {case.partition("/")[0] for case in CASES}
    spoken_only = {
        ("twilio", "alarm"),
        ("asterisk", "queue"),
        ("asterisk", "answer"),
        ("asterisk", "recording"),
    }
    shown = {(provider, posted.event) for provider, posted in map(request, CASES)}
    assert {
        (slug, event) for slug, one in PROVIDERS.items() for event in one.events
    } - spoken_only == shown


NAMES = [
    "CallSid",
    "ParentCallSid",
    "status",
    "uuid",
    "detail",
    "Details",
    "LINKEDID",
    "EPOCH",
    "number",
    "id",
    "started_at",
    "dtmf",
]
VALUES = (
    st.none()
    | st.text(max_size=5)
    | st.integers()
    | st.sampled_from([[], {}, 1e308, {"contactId": 1}, "CA1"])
)
BODIES = st.binary(max_size=40) | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4).map(
    msgspec.json.encode
)


@settings(max_examples=20)
@given(BODIES, st.sampled_from([FORM, JSON, ""]))
def test_garbage_is_read_or_refused_without_other_errors(body: bytes, kind: str) -> None:
    for provider in PROVIDERS.values():
        for event in sorted(provider.events):
            posted = PhoneRequest(event, kind, body, (), NOW)
            for work in (
                lambda one: provider.read(one, "CN"),  # noqa: B023
                provider.key,
                lambda one: provider.verify(one, LIMITED),  # noqa: B023
            ):
                try:
                    work(posted)
                except (Malformed, Unauthenticated, Forbidden):
                    continue


@pytest.mark.parametrize(
    ("work", "text"),
    [
        (form, "&".join(f"a{n}=1" for n in range(MAX_FIELDS + 1))),
        (raw_json, "[1]"),
        (partial(parse_time, pointer="/at"), "Mon, nonsense"),
    ],
)
def test_unreadable_form_json_or_time_is_malformed(work: Any, text: str) -> None:
    with pytest.raises(Malformed):
        work(text if isinstance(work, partial) else text.encode())


def test_provider_without_settings_needs_no_signature() -> None:
    for provider in PROVIDERS.values():
        provider.verify(PhoneRequest("status", FORM, b"CallSid=CA1", (), NOW), PhoneProvider())


def test_amazon_connect_chat_is_not_call() -> None:
    body = msgspec.json.encode({"Details": {"ContactData": {"Channel": "CHAT", "ContactId": "c"}}})
    assert PROVIDERS["connect"].read(
        PhoneRequest("lambda", JSON, body, (), NOW), "CN"
    ) == IgnoredPhoneEvent("no call")
