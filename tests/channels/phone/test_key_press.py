"""An incident is acknowledged by a key press during a call.

It counts only in a call that the gateway made, and only for the incident as it was read out.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest

from gateway.channels.phone.twilio.inbound import signature
from gateway.errors import Forbidden
from gateway.notify.call_tokens import VALID, CallSubject, CallTokens
from gateway.settings import Database, PhoneProvider, load
from gateway.timing.clock import SystemClock
from tests.support.clock import NOON
from tests.support.served import RunningGateway, served

PUBLIC, TOKEN, SECRET = "https://gw.example", "12345678901234567890123456789012", "s" * 32
TOKENS = CallTokens((SECRET.encode(),))


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    phone = msgspec.structs.replace(
        plain.phone, public_url=PUBLIC, providers={"twilio": PhoneProvider(secrets=(TOKEN,))}
    )
    links = msgspec.structs.replace(plain.links, secret=SECRET)
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(
        msgspec.structs.replace(plain, database=database, phone=phone, links=links)
    ) as running:
        for login, locale, roles in (
            ("ann", "en", ["tier2"]),
            ("rita", "zh-CN", ["reporter"]),
            ("lee", "en", ["leader"]),
        ):
            person = {
                "login": login,
                "name": login,
                "locale": locale,
                "roles": roles,
                "phone": "",
                "email": f"{login}@example.com",
            }
            assert (await running.post("/api/v1/people", person, "admin")).status == 201
        group = {"slug": "net", "name": "net", "tier": "tier2", "members": ["ann"]}
        assert (await running.post("/api/v1/groups", group, "admin")).status == 201
        yield running


async def a_record(gateway: RunningGateway) -> tuple[int, str, int]:
    made = await (await gateway.post("/api/v1/incidents", {"title": "disk <full>"}, "write")).json()
    assigned = await gateway.post(
        f"/api/v1/incidents/{made['number']}/assign", {"group": "net", "person": "ann"}, "write"
    )
    assert assigned.status == 200
    row = await gateway.pool.fetchrow(
        "SELECT id, number, version FROM incident WHERE number = $1", made["number"]
    )
    assert row is not None
    return row["id"], row["number"], row["version"]


async def asked(
    gateway: RunningGateway, query: str, *, method: str = "POST", **more: str
) -> tuple[int, str]:
    path = f"/ingest/phone/twilio/alarm/{gateway.keys['ingest']}?{query}"
    told = {
        "CallSid": "CA1",
        "Direction": "outbound-api",
        "From": "+15550100",
        "To": "+15550101",
        "CallStatus": "in-progress",
    } | more
    if method == "GET":
        path, told = f"{path}&{urlencode(told)}", {}
    given = {"X-Twilio-Signature": signature(TOKEN, PUBLIC + path, tuple(told.items()))}
    answer = await gateway.client.request(method, path, data=told or None, headers=given)
    return answer.status, await answer.text()


async def heard(gateway: RunningGateway, query: str, **more: Any) -> Element:
    status, body = await asked(gateway, query, **more)
    assert status == 200, body
    return fromstring(body)  # noqa: S314 - our own answer


def alarm(incident_id: int, version: int, login: str = "ann") -> str:
    return urlencode(
        {
            "step": "alarm",
            "about": TOKENS.make(CallSubject(incident_id, version, login, SystemClock().now())),
        }
    )


def text(document: Element) -> str:
    return "".join(document.itertext())


async def state(gateway: RunningGateway) -> tuple[str, str]:
    row = await gateway.pool.fetchrow("SELECT state, handler FROM incident")
    assert row is not None
    return row["state"], row["handler"]


async def test_called_person_hears_incident_and_accepts_it_by_key_once(
    gateway: RunningGateway,
) -> None:
    incident_id, _, version = await a_record(gateway)
    first = await heard(gateway, alarm(incident_id, version))
    assert "disk <full>" in text(first)
    gather = first.find("Gather")
    assert gather is not None
    again = urlsplit(gather.attrib["action"]).query
    assert "disk" in text(await heard(gateway, again, Digits="2"))
    assert await state(gateway) == ("assigned", "ann")
    assert "taken on" in text(await heard(gateway, again, Digits="1"))
    assert await state(gateway) == ("in_progress", "ann")
    assert "in progress" in text(await heard(gateway, again, Digits="1"))
    events = await gateway.pool.fetch("SELECT actor FROM timeline WHERE event = 'accepted'")
    assert [row["actor"] for row in events] == ["ann"]
    now = await gateway.pool.fetchval("SELECT version FROM incident")
    working = await heard(gateway, alarm(incident_id, now), Digits="1")
    assert (working.find("Gather"), "taken on" in text(working)) == (None, False)
    outcomes = [
        row[0]
        for row in await gateway.pool.fetch("SELECT outcome FROM alert_event ORDER BY receipt_id")
    ]
    assert outcomes == ["acknowledged", "duplicate", "ignored"]


async def test_key_press_on_changed_incident_acknowledges_nothing(gateway: RunningGateway) -> None:
    incident_id, number, version = await a_record(gateway)
    stale = alarm(incident_id, version)
    await gateway.post(
        f"/api/v1/incidents/{number}/resolve", {"resolution": "solved", "solution": "x"}, "write"
    )
    await gateway.post(f"/api/v1/incidents/{number}/refuse", {"note": "again"}, "write")
    before = await state(gateway)
    changed = await heard(gateway, stale, Digits="1")
    assert "has changed" in text(changed)
    assert await state(gateway) == before
    assert (
        await gateway.pool.fetchval("SELECT count(*) FROM timeline WHERE event = 'accepted'") == 0
    )


async def test_only_authorized_outgoing_call_acknowledges(gateway: RunningGateway) -> None:
    incident_id, _, version = await a_record(gateway)
    query = alarm(incident_id, version)
    assert (await asked(gateway, query, Digits="1", Direction="inbound"))[0] == 403
    assert (await asked(gateway, query[:-3] + "bob", Digits="1"))[0] == 403
    assert (await asked(gateway, "step=alarm", Digits="1"))[0] == 403
    assert (await asked(gateway, alarm(incident_id, version, "nobody"), Digits="1"))[0] == 403
    assert (await asked(gateway, query, method="GET", Digits="1"))[0] == 200
    seen = alarm(incident_id, version, "lee")
    assert "disk" in text(await heard(gateway, seen))
    assert "not for you" in text(await heard(gateway, seen, Digits="1"))
    assert "不能确认" in text(await heard(gateway, alarm(incident_id, version, "rita"), Digits="1"))
    assert await state(gateway) == ("assigned", "ann")


def test_call_token_is_bound_to_incident_version_person_and_time() -> None:
    called, other = CallSubject(7, 3, "ann", NOON), CallTokens((b"other" * 8,))
    token = TOKENS.make(called)
    assert TOKENS.read(token, NOON + VALID - timedelta(seconds=1)) == called
    assert CallTokens((b"new" * 12, *TOKENS.secrets)).read(token, NOON) == called
    for reader, text, at in (
        (other, token, NOON),
        (TOKENS, token, NOON + VALID),
        (TOKENS, "8" + token[1:], NOON),
        (TOKENS, token.replace(".3.", ".4.", 1), NOON),
        (TOKENS, token + "a", NOON),
        (TOKENS, "", NOON),
    ):
        with pytest.raises(Forbidden):
            reader.read(text, at)
