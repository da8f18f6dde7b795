"""Tests of calls by all telephone systems but Twilio, and of the files shipped for them."""

import hmac
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import asyncpg
import msgspec
import pytest

from gateway.channels.phone.asterisk import inbound as asterisk
from gateway.channels.phone.threecx import inbound as threecx
from gateway.ingest.workers.process import QUICK, ParseWorker
from gateway.settings import Database, PhoneProvider, load
from gateway.timing.clock import SystemClock
from tests.channels.phone.test_captured import request
from tests.channels.phone.vonage.test_inbound import coded
from tests.support.clock import NOON, FakeClock
from tests.support.served import RunningGateway, served

SHIPPED = Path(__file__).parents[3] / "integrations"
SECRET = "vonage-signature-secret"
KEPT = (
    "INSERT INTO call (integration_id, provider, call_id, heard_at) VALUES ($1, 'asterisk', $2, $3)"
)


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    providers = {
        "vonage": PhoneProvider(secrets=(SECRET,)),
        "asterisk": PhoneProvider(addresses=("127.0.0.0/8",)),
        "connect": PhoneProvider(accounts=("111122223333", "12345678-1234-1234-1234-123456789012")),
        "threecx": PhoneProvider(addresses=("203.0.113.0/24",)),
    }
    phone = msgspec.structs.replace(
        plain.phone, public_url="https://gw.example", providers=providers, locales=("en",)
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(plain, database=database, phone=phone)) as running:
        yield running


async def sent(
    gateway: RunningGateway, case: str, key: str = "ingest", **headers: str
) -> tuple[int, Any]:
    """Send a captured request with a valid key and, for Vonage, a current signature."""
    provider, posted = request(case)
    given = {
        name: value for name, value in posted.headers.items() if name in {"Content-Type", "Accept"}
    } | headers
    path = f"/ingest/phone/{provider}/{posted.event}/{gateway.keys[key]}"
    if provider == "vonage" and "Authorization" not in given:
        given["Authorization"] = signed(posted.body or msgspec.json.encode(dict(posted.query)))
    answer = await gateway.client.request(
        posted.method,
        path,
        params=posted.query,
        data=posted.body or None,
        headers=given,
        skip_auto_headers=("Content-Type",),
    )
    return answer.status, await answer.json(content_type=None)


def signed(body: bytes) -> str:
    claims = {
        "iat": int(SystemClock().now().timestamp()),
        "payload_hash": sha256(body).hexdigest(),
        "application_id": "a",
    }
    head = f"{coded(msgspec.json.encode({'alg': 'HS256'}))}.{coded(msgspec.json.encode(claims))}"
    return f"Bearer {head}.{coded(hmac.digest(SECRET.encode(), head.encode(), 'sha256'))}"


async def records(gateway: RunningGateway) -> list[tuple[str, str]]:
    return [
        tuple(row)
        for row in await gateway.pool.fetch("SELECT title, contact FROM incident ORDER BY id")
    ]


async def test_vonage_call_is_answered_and_recording_opens_incident(
    gateway: RunningGateway,
) -> None:
    status, actions = await sent(gateway, "vonage/answer")
    assert (status, [one["action"] for one in actions]) == (200, ["talk", "input"])
    assert actions[1]["eventUrl"] == [
        f"https://gw.example/ingest/phone/vonage/answer/{gateway.keys['ingest']}?step=menu&locale=en"
    ]
    _, actions = await sent(gateway, "vonage/key_pressed")
    assert [one["action"] for one in actions] == ["talk", "record", "talk"]
    for case in ("recorded", "completed", "answered", "recorded"):
        assert await sent(gateway, f"vonage/{case}") == (200, [])
    assert await records(gateway) == [("Call from +447700900000", "+447700900000")]
    status, problem = await sent(gateway, "vonage/completed", Authorization="Bearer a.b.c")
    assert (status, problem["type"]) == (401, "/problems/unauthenticated")


async def test_asterisk_events_by_get_and_post_open_missed_call(gateway: RunningGateway) -> None:
    status, told = await sent(gateway, "asterisk/call")
    assert (status, told["results"][0]["outcome"]) == (202, "ignored")
    status, told = await sent(gateway, "asterisk/not_answered")
    assert (status, told["results"][0]["outcome"]) == (202, "opened")
    assert await sent(gateway, "asterisk/not_answered") != (202, told)
    assert await records(gateway) == [("Missed call from Ann (+8613800138000)", "+8613800138000")]
    path = f"/ingest/phone/asterisk/hangup/{gateway.keys['ingest']}"
    answer = await gateway.client.get(path, params={"CALLERID": "1001"})
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["errors"][0]["pointer"]) == (400, "/LINKEDID")
    kept = await gateway.pool.fetchval(
        "SELECT id FROM quarantine WHERE receipt_id = $1::uuid", problem["facts"]["receipt"]
    )
    assert (await gateway.post(f"/api/v1/quarantine/{kept}/replay", None, "admin")).status == 400
    assert (
        await gateway.client.get("/ingest/phone/asterisk/call", params={"LINKEDID": "1"})
    ).status == 401
    assert (
        await gateway.client.post("/ingest/phone/asterisk/call/gwk_x", data={"LINKEDID": "1"})
    ).status == 401


async def test_long_phone_event_is_read_in_separate_process(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, call = [], ParseWorker.call

    async def counted(reader: ParseWorker, sender: str, *given: Any) -> Any:
        asked.append(sender)
        return await call(reader, sender, *given)

    monkeypatch.setattr(ParseWorker, "call", counted)
    path = f"/ingest/phone/asterisk/call/{gateway.keys['ingest']}"
    for size in (1, QUICK):
        told = {"LINKEDID": f"1.{size}", "more": "x" * size}
        while (answer := await gateway.client.post(path, json=told)).status == 503:
            pass  # the reading process still starts: systems send again
        assert answer.status == 202
    assert set(asked) == {"asterisk"}


async def test_amazon_connect_events_open_one_incident(gateway: RunningGateway) -> None:
    status, told = await sent(gateway, "connect/connected")
    assert (status, told["results"][0]["outcome"]) == (202, "opened")
    await sent(gateway, "connect/lambda")
    assert await records(gateway) == [("Call from a withheld number", "+11234567890")]
    assert (await sent(gateway, "connect/chat"))[1]["results"][0]["outcome"] == "ignored"
    other = msgspec.json.encode(
        {
            "account": "9",
            "detail": {"eventType": "INITIATED", "contactId": "c", "initiationMethod": "INBOUND"},
        }
    )
    path = f"/ingest/phone/connect/contact/{gateway.keys['ingest']}"
    assert (
        await gateway.client.post(path, data=other, headers={"Content-Type": "application/json"})
    ).status == 403
    assert (
        await gateway.client.post(path, data=b"{", headers={"Content-Type": "application/json"})
    ).status == 403


async def test_old_call_is_deleted_after_retention(database_url: str) -> None:
    plain = load(None, {})
    settings = msgspec.structs.replace(
        plain, database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    conn = await asyncpg.connect(database_url)
    pbx = await conn.fetchval(
        "INSERT INTO integration (slug, name) VALUES ('pbx', 'pbx') RETURNING id"
    )
    for days in (401, 399):
        await conn.execute(KEPT, pbx, str(days), NOON - timedelta(days=days))
    async with served(settings, clock=FakeClock()):
        assert [row[0] for row in await conn.fetch("SELECT call_id FROM call")] == ["399"]
    await conn.close()


async def test_request_from_unlisted_address_returns_403(gateway: RunningGateway) -> None:
    assert (await sent(gateway, "threecx/missed"))[0] == 403
    assert (await gateway.get("/ingest/phone/threecx/lookup", key="read", number="1"))[0] == 403
    assert await records(gateway) == []


async def test_3cx_journal_opens_incident_and_lookup_finds_caller(database_url: str) -> None:
    plain = load(None, {})
    settings = msgspec.structs.replace(
        plain, database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings, clock=FakeClock()) as gateway:
        person = {
            "login": "ann",
            "name": "Ann",
            "locale": "en",
            "roles": ["tier2"],
            "phone": "+8613800138000",
        }
        await gateway.post("/api/v1/people", person, "admin")
        path, asked = (
            "/ingest/phone/threecx/journal",
            {"call_type": "Missed", "number": "13800138000", "started_at": "1"},
        )
        assert (
            await gateway.client.post(
                path, json=asked, headers={"X-Api-Key": gateway.keys["ingest"]}
            )
        ).status == 202
        (row,) = await gateway.pool.fetch(
            "SELECT number, title, contact_name, priority FROM incident"
        )
        assert tuple(row)[1:3] == ("Missed call from Ann (+8613800138000)", "Ann")
        status, found = await gateway.get(
            "/ingest/phone/threecx/lookup", key="read", number="+8613800138000"
        )
        assert (status, [(one["id"], one["record"]) for one in found["contacts"]]) == (
            200,
            [("ann", row["number"])],
        )
        assert (
            await gateway.get("/ingest/phone/threecx/lookup?number=+8613900139000", key="read")
        )[1] == {"contacts": []}
        assert (await gateway.get("/ingest/phone/threecx/lookup", key="ingest", number="1"))[
            0
        ] == 403


def test_3cx_template_sends_only_fields_that_are_read() -> None:
    root = fromstring((SHIPPED / "3cx" / "incident-gateway.xml").read_bytes())  # noqa: S314 - our own file
    told = {value.attrib["Key"] for value in root.iter("Value")} - {"X-Api-Key"}
    source = Path(threecx.__file__).read_text("utf-8")
    assert told - {"agent"} <= set(re.findall(r'"([a-z_]+)"', source))
    assert {one.attrib["Id"] for one in root.iter("Scenario")} == {"", "ReportCall"}
    paths = [one.attrib["Url"].partition("?")[0].rpartition("/")[2] for one in root.iter("Request")]
    assert paths == [threecx.LOOKUP, "journal"]


def test_asterisk_dialplan_sends_only_fields_that_are_read() -> None:
    plan = (SHIPPED / "asterisk" / "extensions_incident_gateway.conf").read_text("utf-8")
    told = set(re.findall(r"[&=]?([A-Z_]+)=\$[{\[]", plan)) - {
        "IG_MORE",
        "IG_SAID",
        "IG_ANSWER",
        "__IG_DID",
        "__IG_SINCE",
        "CHANNEL",
    }
    source = Path(asterisk.__file__).read_text("utf-8")
    assert {"LINKEDID", "DIALSTATUS", "ABANDONED"} <= told
    assert told <= set(re.findall(r'"([A-Z_]+)"', source))
    assert set(re.findall(r"tell,s,1\((\w+),", plan)) <= asterisk.PROVIDER.events


async def test_callers_with_same_caller_name_open_separate_incidents(
    gateway: RunningGateway,
) -> None:
    for number, caller in enumerate(("02177770521", "02177770522")):
        told = {
            "LINKEDID": f"c{number}",
            "UNIQUEID": f"c{number}",
            "CALLERID": caller,
            "CALLERIDNAME": "北京分公司",
            "DID": "01082303333",
            "DIALSTATUS": "ANSWER",
            "ANSWEREDTIME": "4",
        }
        for event in ("call", "answer", "hangup"):
            answer = await gateway.client.post(
                f"/ingest/phone/asterisk/{event}/{gateway.keys['ingest']}", data=told
            )
            assert answer.status == 202
    _, found = await gateway.get("/api/v1/incidents", "admin")
    assert [(one["master"], one["contact"]) for one in found["incidents"]] == [
        (None, "+862177770522"),
        (None, "+862177770521"),
    ]


async def test_asterisk_answer_is_json_without_key(gateway: RunningGateway) -> None:
    told = {"LINKEDID": "a1", "CALLERID": "02177770521", "DID": "01082303333"}
    for event in ("call", "answer", "hangup"):
        answer = await gateway.client.post(
            f"/ingest/phone/asterisk/{event}/{gateway.keys['ingest']}", data=told
        )
        text = await answer.text()
        assert (answer.content_type, gateway.keys["ingest"] in text) == ("application/json", False)
    answer = await gateway.client.post(
        f"/ingest/phone/asterisk/hangup/{gateway.keys['ingest']}", data=told | {"EPOCH": "soon"}
    )
    assert answer.status == 202, "a time that is none refuses no call"
