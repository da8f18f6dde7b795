"""Aliyun is asked for approved templates, by requests that its fake accepts as the real one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from aiohttp import web

from gateway.channels.phone.aliyun.carrier import local_number, open_carriers
from gateway.channels.phone.outgoing.orders import Carriers
from gateway.db.pool import Pool
from gateway.notify.message import Delivered, Retry, Undeliverable
from tests.channels.phone.carriers import (
    CALL,
    ORDER_ID,
    TEXT,
    FakeCarrier,
    aliyun_request,
    aliyun_tables,
    parts,
    serving,
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeCarrier]:
    fake = FakeCarrier(body={"Code": "OK", "Message": "OK", "BizId": "9006^0"})
    async with serving(fake, [web.post("/", partial(aliyun_request, fake))]):
        yield fake


@pytest.fixture
async def carriers(fake: FakeCarrier, pool: Pool) -> AsyncIterator[Carriers]:
    async with AsyncExitStack() as stack:
        yield open_carriers(parts(stack, pool, {"aliyun": aliyun_tables(fake.url)}))


async def test_text_message_is_template_with_variables(
    fake: FakeCarrier, carriers: Carriers
) -> None:
    assert carriers.texts is not None
    assert await carriers.texts.send_text(TEXT) == Delivered("9006^0")
    assert fake.wrong == []
    (asked,) = fake.asked
    assert msgspec.json.decode(asked.pop("TemplateParam")) == {
        "number": "INC-20260302-0001",
        "priority": "P1",
        "title": "database of the order service is do",
    }
    assert asked == {
        "action": "SendSms",
        "version": "2017-05-25",
        "OutId": str(ORDER_ID),
        "PhoneNumbers": "13800138000",
        "SignName": "某某科技",
        "TemplateCode": "SMS_15305****",
    }


async def test_call_reads_template_out(fake: FakeCarrier, carriers: Carriers) -> None:
    fake.body = {"Code": "OK", "CallId": "1160^1"}
    assert carriers.calls is not None
    assert await carriers.calls.call(CALL) == Delivered("1160^1")
    assert fake.wrong == []
    (asked,) = fake.asked
    assert (asked["action"], asked["TtsCode"], asked["CalledNumber"]) == (
        "SingleCallByTts",
        "TTS_1001****",
        "13800138000",
    )
    assert len(asked["OutId"]) == 15
    assert "CalledShowNumber" not in asked


async def test_own_number_is_shown(fake: FakeCarrier, pool: Pool) -> None:
    tables = aliyun_tables(fake.url) | {"voice_number": "05710000000"}
    async with AsyncExitStack() as stack:
        opened = open_carriers(parts(stack, pool, {"aliyun": tables}))
        assert opened.calls is not None
        await opened.calls.call(replace(CALL, number="+85261234567"))
    assert (fake.asked[0]["CalledShowNumber"], fake.wrong) == ("05710000000", [])
    assert fake.asked[0]["CalledNumber"] == "85261234567"


@pytest.mark.parametrize(("status", "down"), [(429, False), (503, True)])
async def test_busy_or_failing_service_is_tried_again(
    fake: FakeCarrier, carriers: Carriers, status: int, down: bool
) -> None:
    fake.status = status
    assert carriers.texts is not None
    result = await carriers.texts.send_text(TEXT)
    assert isinstance(result, Retry)
    assert result.down is down


async def test_service_that_cannot_be_reached_is_down(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        tables = aliyun_tables("http://127.0.0.1:9")
        opened = open_carriers(parts(stack, pool, {"aliyun": tables}))
        assert opened.texts is not None
        result = await opened.texts.send_text(TEXT)
    assert isinstance(result, Retry)
    assert result.down


async def test_private_address_is_refused_unless_allowed(pool: Pool) -> None:
    tables = aliyun_tables("http://127.0.0.1") | {"allow_private": False}
    async with AsyncExitStack() as stack:
        opened = open_carriers(parts(stack, pool, {"aliyun": tables}))
        assert opened.texts is not None
        assert isinstance(await opened.texts.send_text(TEXT), Undeliverable)


async def test_without_key_or_templates_nothing_is_carried(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        off = open_carriers(parts(stack, pool, {}))
        keyed = open_carriers(
            parts(stack, pool, {"aliyun": {"access_key_id": "a", "sms_template": "SMS_1"}})
        )
    assert (off.texts, off.calls, keyed.calls, off.home) == (None, None, None, "+86")
    assert keyed.texts is not None


def test_numbers_abroad_keep_their_country() -> None:
    assert local_number("+8613800138000") == "13800138000"
    assert local_number("+85261234567") == "85261234567"
