"""Vonage is asked for text messages and calls by tokens that its fake verifies."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.channels.phone.outgoing.orders import Carriers
from gateway.channels.phone.vonage.carrier import open_carriers
from gateway.channels.phone.vonage.section import VonageSection, is_private_key
from gateway.db.pool import Pool
from gateway.notify.call_tokens import CallTokens
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.settings import PhoneProvider
from tests.channels.phone.carriers import (
    CALL,
    ORDER_ID,
    PRIVATE_KEY,
    SECRETS,
    SUBJECT,
    TEXT,
    FakeCarrier,
    configured,
    parts,
    serving,
    vonage_request,
    vonage_tables,
)
from tests.support.clock import NOON


@pytest.fixture
async def fake() -> AsyncIterator[FakeCarrier]:
    fake = FakeCarrier(status=202, body={"message_uuid": "aaaa-bbbb"})
    take = partial(vonage_request, fake)
    async with serving(fake, [web.post("/v1/messages", take), web.post("/v1/calls", take)]):
        yield fake


@pytest.fixture
async def carriers(fake: FakeCarrier, pool: Pool) -> AsyncIterator[Carriers]:
    async with AsyncExitStack() as stack:
        yield open_carriers(parts(stack, pool, {"vonage": vonage_tables(fake.url)}))


async def test_text_message_is_sent(fake: FakeCarrier, carriers: Carriers) -> None:
    assert carriers.texts is not None
    assert await carriers.texts.send_text(TEXT) == Delivered("aaaa-bbbb")
    assert fake.wrong == []
    assert fake.asked == [
        {
            "path": "/v1/messages",
            "channel": "sms",
            "message_type": "text",
            "to": "8613800138000",
            "from": "18005551212",
            "text": TEXT.text,
            "client_ref": str(ORDER_ID),
        }
    ]


async def test_call_asks_for_its_record_when_it_is_answered(
    fake: FakeCarrier, carriers: Carriers
) -> None:
    fake.status, fake.body = 201, {"uuid": "cccc", "status": "started"}
    assert carriers.calls is not None
    assert await carriers.calls.call(CALL) == Delivered("cccc")
    assert fake.wrong == []
    (asked,) = fake.asked
    assert asked["to"] == [{"type": "phone", "number": "8613800138000"}]
    assert (asked["answer_method"], asked["event_url"]) == (
        "POST",
        ["https://gw.example/ingest/phone/vonage/event/gwk_x"],
    )
    address = urlsplit(asked["answer_url"][0])
    assert address.path == "/ingest/phone/vonage/alarm/gwk_x"
    (token,) = parse_qs(address.query)["about"]
    assert CallTokens(SECRETS).read(token, NOON) == SUBJECT


async def test_refused_number_is_dead_and_busy_service_is_tried_again(
    fake: FakeCarrier, carriers: Carriers
) -> None:
    assert carriers.texts is not None
    fake.status, fake.body = 422, {"title": "Invalid params", "detail": "to"}
    assert await carriers.texts.send_text(TEXT) == Undeliverable(
        "Vonage answered 422 Invalid params to"
    )
    fake.status, fake.headers = 429, {"Retry-After": "7"}
    busy = await carriers.texts.send_text(TEXT)
    assert isinstance(busy, Retry)
    assert busy.after is not None
    assert (busy.after.total_seconds(), busy.down) == (7, False)


async def test_without_application_nothing_is_carried(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        off = open_carriers(parts(stack, pool, {}))
    assert (off.texts, off.calls) == (None, None)


def test_settings_with_key_and_secrets_have_no_flaw() -> None:
    plain = configured({"vonage": vonage_tables("https://api.nexmo.com")})
    secrets = {"vonage": PhoneProvider(secrets=("a secret of sixteen",))}
    phone = msgspec.structs.replace(plain.phone, providers=secrets)
    settings = msgspec.structs.replace(plain, phone=phone)
    assert list(VonageSection.find_flaws(settings)) == []


def test_key_of_another_kind_is_no_private_key() -> None:
    key = generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert not is_private_key(pem)
    assert is_private_key(PRIVATE_KEY)
