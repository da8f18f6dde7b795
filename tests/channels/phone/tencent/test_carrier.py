"""Tencent Cloud is asked for approved templates, as its fake accepts like the real one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
from aiohttp import web

from gateway.channels.phone.outgoing.orders import Carriers
from gateway.channels.phone.tencent.carrier import open_carriers
from gateway.db.pool import Pool
from gateway.notify.message import Delivered, Retry
from tests.channels.phone.carriers import (
    CALL,
    ORDER_ID,
    TEXT,
    FakeCarrier,
    parts,
    serving,
    tencent_request,
    tencent_tables,
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeCarrier]:
    sent = {"SerialNo": "5000:1", "PhoneNumber": "+8613800138000", "Fee": 1, "Code": "Ok"}
    fake = FakeCarrier(body={"Response": {"SendStatusSet": [sent], "RequestId": "a"}})
    async with serving(fake, [web.post("/", partial(tencent_request, fake))]):
        yield fake


@pytest.fixture
async def carriers(fake: FakeCarrier, pool: Pool) -> AsyncIterator[Carriers]:
    async with AsyncExitStack() as stack:
        yield open_carriers(parts(stack, pool, {"tencent": tencent_tables(fake.url)}))


async def test_text_message_is_template_with_variables(
    fake: FakeCarrier, carriers: Carriers
) -> None:
    assert carriers.texts is not None
    assert await carriers.texts.send_text(TEXT) == Delivered("5000:1")
    assert fake.wrong == []
    assert fake.asked == [
        {
            "action": "SendSms",
            "version": "2021-01-11",
            "region": "ap-guangzhou",
            "service": "sms",
            "PhoneNumberSet": ["+8613800138000"],
            "SmsSdkAppId": "1400006666",
            "SignName": "某某科技",
            "TemplateId": "1110",
            "TemplateParamSet": ["INC-20260302-0001", "P1", "database of the orde"],
            "SessionContext": str(ORDER_ID),
        }
    ]


async def test_call_reads_template_out(fake: FakeCarrier, carriers: Carriers) -> None:
    fake.body = {"Response": {"SendStatus": {"CallId": "1258", "SessionContext": "x"}}}
    assert carriers.calls is not None
    assert await carriers.calls.call(CALL) == Delivered("1258")
    assert fake.wrong == []
    (asked,) = fake.asked
    assert (asked["action"], asked["version"], asked["service"]) == (
        "SendTtsVoice",
        "2020-09-02",
        "vms",
    )
    assert (asked["CalledNumber"], asked["VoiceSdkAppid"]) == ("+8613800138000", "1400007777")


@pytest.mark.parametrize(("status", "body", "down"), [(429, b"", False), (502, b"<html>", True)])
async def test_busy_or_failing_service_is_tried_again(
    fake: FakeCarrier, carriers: Carriers, status: int, body: bytes, down: bool
) -> None:
    fake.status, fake.body = status, body
    assert carriers.texts is not None
    result = await carriers.texts.send_text(TEXT)
    assert isinstance(result, Retry)
    assert result.down is down


async def test_without_secret_nothing_is_carried(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        off = open_carriers(parts(stack, pool, {}))
    assert (off.texts, off.calls, off.home) == (None, None, "+86")
