"""Tests of calls by Twilio, through the whole gateway."""

from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest

from gateway.channels.phone.twilio.inbound import signature
from gateway.settings import Database, Hotline, PhoneProvider, load
from gateway.timing.clock import SystemClock
from tests.support.served import RunningGateway, served

PUBLIC = "https://gw.example"
TOKEN = "12345678901234567890123456789012"
OLD = "old-token-old-token-old-token-12"
ACCOUNT, CALL, ANN, DESK = "AC" + "a" * 32, "CA" + "c" * 32, "+8613800138000", "+861082303333"


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    twilio = PhoneProvider(secrets=(TOKEN, OLD), accounts=(ACCOUNT,))
    lines = {
        DESK: Hotline(service="billing", dial="+861082304444"),
        "+15550100": Hotline(locales=("en",), menu=False),
    }
    phone = msgspec.structs.replace(
        plain.phone, public_url=PUBLIC + "/", providers={"twilio": twilio}, hotlines=lines
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(plain, database=database, phone=phone)) as running:
        yield running


def fields(**more: str) -> dict[str, str]:
    told = {
        "AccountSid": ACCOUNT,
        "CallSid": CALL,
        "From": ANN,
        "To": DESK,
        "Direction": "inbound",
        "CallStatus": "ringing",
    }
    return told | {"ApiVersion": "2010-04-01", "CallerName": ""} | more


async def post(
    gateway: RunningGateway,
    event: str,
    told: dict[str, str],
    query: str = "",
    secret: str = TOKEN,
    **headers: str,
) -> tuple[int, str]:
    path = f"/ingest/phone/twilio/{event}/{gateway.keys['ingest']}" + (f"?{query}" if query else "")
    signed = {"X-Twilio-Signature": signature(secret, PUBLIC + path, tuple(told.items()))} | headers
    answer = await gateway.client.post(
        path,
        data=urlencode(told),
        headers=signed | {"Content-Type": "application/x-www-form-urlencoded"},
    )
    return answer.status, await answer.text()


async def heard(
    gateway: RunningGateway, event: str, told: dict[str, str], query: str = ""
) -> Element:
    status, body = await post(gateway, event, told, query)
    assert status == 200, body
    return fromstring(body)  # noqa: S314 - our own answer


async def press(gateway: RunningGateway, before: Element, key: str, **more: str) -> Element:
    """Press a key where the TwiML document asks for one; return the next document."""
    gather = before.find("Gather")
    assert gather is not None
    where = urlsplit(gather.attrib["action"])
    assert where.netloc == "gw.example"
    return await heard(
        gateway,
        where.path.split("/")[4],
        fields(CallStatus="in-progress", Digits=key, **more),
        where.query,
    )


def over(**more: str) -> dict[str, str]:
    ended = format_datetime(SystemClock().now())
    return fields(
        CallStatus="completed",
        CallDuration="42",
        Timestamp=ended,
        CallbackSource="call-progress-events",
        **more,
    )


async def records(gateway: RunningGateway) -> list[Any]:
    rows = await gateway.pool.fetch(
        "SELECT number, title, contact, service, description, source, labels FROM incident "
        "ORDER BY id"
    )
    return [dict(row) for row in rows]


async def test_voice_report_opens_one_incident_and_reads_out_number(
    gateway: RunningGateway,
) -> None:
    first = await heard(gateway, "voice", fields())
    assert [say.attrib["language"] for say in first.iter("Say")] == ["cmn-CN", "en-US"]
    menu = await press(gateway, first, "2")
    assert "press 0" in "".join(menu.itertext())
    ask = await press(gateway, menu, "1")
    record = ask.find("Record")
    assert record is not None
    assert (
        record.attrib["transcribeCallback"]
        == f"{PUBLIC}/ingest/phone/twilio/transcription/{gateway.keys['ingest']}"
    )
    address = "https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/RE1"
    spoken = fields(
        CallStatus="in-progress",
        RecordingUrl=address,
        RecordingSid="RE1",
        RecordingDuration="9",
        Digits="#",
    )
    thanks = await heard(gateway, "voice", spoken, urlsplit(record.attrib["action"]).query)
    (opened,) = await records(gateway)
    assert opened["number"].split("-")[1] in "".join("".join(thanks.itertext()).split())
    assert (opened["title"], opened["contact"], opened["service"]) == (
        f"Call from {ANN}",
        ANN,
        "billing",
    )
    said = {
        "AccountSid": ACCOUNT,
        "CallSid": CALL,
        "RecordingSid": "RE1",
        "RecordingUrl": address,
        "RecordingStatus": "completed",
    }
    await post(
        gateway, "recording", said | {"RecordingDuration": "9", "RecordingSource": "RecordVerb"}
    )
    words = fields(
        TranscriptionText="the printer is on fire",
        TranscriptionStatus="completed",
        TranscriptionSid="TR1",
    )
    await post(gateway, "transcription", words)
    await post(gateway, "status", over())
    (after,) = await records(gateway)
    assert after["description"] == "the printer is on fire"
    notes = await gateway.pool.fetch("SELECT facts FROM timeline WHERE event = 'note'")
    assert len(notes) == 2
    row = await gateway.pool.fetchrow("SELECT status, recordings, transcripts, opened FROM call")
    assert tuple(row or ()) == ("completed", [address], ["the printer is on fire"], True)


async def test_unanswered_call_opens_incident_once(
    gateway: RunningGateway,
) -> None:
    ended = over()
    assert await post(gateway, "status", ended) == await post(gateway, "status", ended)
    await heard(gateway, "voice", fields())
    await post(gateway, "status", fields(CallStatus="ringing"))
    (missed,) = await records(gateway)
    assert missed["title"] == f"未接来电：{ANN}"
    assert '"missed"' in missed["labels"]
    other = over(CallSid="CA" + "d" * 32)
    await post(gateway, "status", other)
    assert len(await records(gateway)) == 1
    notes = await gateway.pool.fetch("SELECT facts FROM timeline WHERE event = 'note'")
    assert "再次来电" in notes[0]["facts"]
    await post(gateway, "status", over(CallSid="CA" + "e" * 32, From="+266696687"))
    await post(gateway, "status", over(CallSid="CA" + "f" * 32, To="+861055555555"))
    assert [one["contact"] for one in await records(gateway)] == [ANN, ""]
    outcomes = await gateway.pool.fetch("SELECT outcome FROM alert_event ORDER BY receipt_id")
    assert sorted(row[0] for row in outcomes) == [
        "added",
        "duplicate",
        "ignored",
        "ignored",
        "ignored",
        "opened",
        "opened",
    ]


async def test_caller_with_open_incident_hears_state_and_is_not_missed(
    gateway: RunningGateway,
) -> None:
    spoken = fields(
        CallStatus="in-progress", RecordingUrl="https://api.twilio.com/RE1", RecordingDuration="3"
    )
    await heard(gateway, "voice", spoken, "step=recorded&locale=en")
    again = fields(CallSid="CA" + "d" * 32)
    standing = await heard(gateway, "voice", again | {"Digits": "2"}, "step=menu&locale=en")
    assert "is at the service desk" in "".join(standing.itertext())
    await post(gateway, "status", over(CallSid="CA" + "d" * 32))
    stranger = fields(CallSid="CA" + "e" * 32, From="+8613900139000", Digits="2")
    assert "no open record" in "".join(
        (await heard(gateway, "voice", stranger, "step=menu&locale=en")).itertext()
    )
    assert len(await records(gateway)) == 1
    more = fields(
        CallSid="CA" + "f" * 32,
        CallStatus="in-progress",
        RecordingUrl="https://api.twilio.com/RE2",
        RecordingDuration="3",
    )
    await heard(gateway, "voice", more, "step=recorded&locale=en")
    (note,) = await gateway.pool.fetch("SELECT facts FROM timeline WHERE event = 'note'")
    assert "Called again." in note["facts"]
    assert "RE2" in note["facts"]


async def test_unanswered_desk_call_is_offered_recording(gateway: RunningGateway) -> None:
    dial = await heard(gateway, "voice", fields(Digits="0"), "step=menu&locale=en")
    assert dial.findtext("Dial/Number") == "+861082304444"
    nobody = await heard(
        gateway,
        "voice",
        fields(CallStatus="in-progress", DialCallStatus="no-answer"),
        "step=dialled&locale=en",
    )
    assert nobody.find("Record") is not None
    taken = fields(CallStatus="in-progress", DialCallStatus="completed", DialCallDuration="30")
    assert (await heard(gateway, "voice", taken, "step=dialled&locale=en")).find(
        "Hangup"
    ) is not None
    assert [one["title"] for one in await records(gateway)] == [f"Call from {ANN}"]
    leg = {
        "CallSid": "CA" + "1" * 32,
        "ParentCallSid": CALL,
        "CallStatus": "completed",
        "Direction": "outbound-dial",
    }
    await post(
        gateway,
        "status",
        leg | {"AccountSid": ACCOUNT, "CallDuration": "30", "From": DESK, "To": "+861082304444"},
    )
    assert (
        await gateway.pool.fetchval("SELECT caller || ' ' || direction FROM call")
        == f"{ANN} inbound"
    )


async def test_silent_caller_is_asked_three_times_then_hung_up(gateway: RunningGateway) -> None:
    document = await heard(gateway, "voice", fields())
    for _ in range(2):
        document = await press(gateway, document, "")
        assert document.find("Gather") is not None
    assert (await press(gateway, document, "")).find("Hangup") is not None
    assert (await heard(gateway, "voice", fields(To="+15550100", CallSid="CA2"))).find(
        "Record"
    ) is not None


async def test_first_sms_opens_incident_and_next_becomes_note(gateway: RunningGateway) -> None:
    told = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM1",
        "From": ANN,
        "To": DESK,
        "Body": "打印机<坏>了\nfloor 3",
        "NumMedia": "1",
    }
    told |= {"MediaUrl0": "https://api.twilio.com/ME1"}
    reply = await heard(gateway, "message", told)
    (opened,) = await records(gateway)
    assert (opened["title"], opened["number"] in "".join(reply.itertext())) == (
        "打印机<坏>了",
        True,
    )
    assert "https://api.twilio.com/ME1" in opened["description"]
    await heard(gateway, "message", told)
    await gateway.pool.execute("DELETE FROM delivery")
    await heard(gateway, "message", told)
    await heard(gateway, "message", told | {"MessageSid": "SM2", "Body": "still"})
    assert await gateway.pool.fetchval("SELECT count(*) FROM timeline WHERE event = 'note'") == 1
    assert len(await records(gateway)) == 1


async def test_forged_twilio_request_is_refused(gateway: RunningGateway) -> None:
    assert (await post(gateway, "status", over(), secret="another-token-another-token-1234"))[
        0
    ] == 401
    assert (await post(gateway, "status", over(), **{"X-Twilio-Signature": ""}))[0] == 401
    assert (await post(gateway, "status", over(AccountSid="AC" + "b" * 32)))[0] == 403
    assert (
        await post(gateway, "status", over() | {"Timestamp": "Mon, 02 Mar 2020 12:00:00 +0000"})
    )[0] == 401
    lie = {"X-Forwarded-Host": "gw.example", "Host": "evil.example"}
    assert (await post(gateway, "status", over(), **lie))[0] == 200
    assert (await post(gateway, "status", over(), secret=OLD))[0] == 200
    path = f"/ingest/phone/twilio/status/{gateway.keys['ingest']}"
    told = over(From="+8613900139000")
    for base in ("https://evil.example", "http://gw.example", "https://gw.example:8443"):
        answer = await gateway.client.post(
            path,
            data=told,
            headers={"X-Twilio-Signature": signature(TOKEN, base + path, tuple(told.items()))},
        )
        assert (answer.status, answer.content_type) == (401, "application/problem+json")
    assert (await gateway.client.post("/ingest/phone/twilio/status", data=told)).status == 401
    assert (
        await gateway.client.post(
            f"/ingest/phone/twilio/lookup/{gateway.keys['ingest']}", data=told
        )
    ).status == 404
    assert [one["contact"] for one in await records(gateway)] == [ANN]


async def test_malformed_twilio_request_is_quarantined_and_answered(
    gateway: RunningGateway,
) -> None:
    assert (await heard(gateway, "voice", {"AccountSid": ACCOUNT, "From": "x\0"})).find(
        "Say"
    ) is not None
    assert (await heard(gateway, "message", {"AccountSid": ACCOUNT})).tag == "Response"
    assert (
        await heard(gateway, "status", {"AccountSid": ACCOUNT, "CallSid": "/../"})
    ).tag == "Response"
    assert (
        await gateway.pool.fetchval("SELECT count(*) FROM quarantine WHERE source = 'phone'") == 3
    )


async def test_lost_database_is_spoken_to_callers_and_status_returns_503(
    gateway: RunningGateway,
) -> None:
    await heard(gateway, "voice", fields())
    gateway.lose_database()
    menu = await heard(gateway, "voice", fields())
    assert menu.find("Gather") is not None or "cannot be taken" in "".join(menu.itertext())
    spoken = fields(
        CallStatus="in-progress", RecordingUrl="https://api.twilio.com/RE1", RecordingDuration="3"
    )
    sorry = await heard(gateway, "voice", spoken, "step=recorded&locale=en")
    assert "cannot be taken" in "".join(sorry.itertext())
    told = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "From": ANN, "To": DESK, "Body": "x"}
    assert "短信未能受理" in "".join((await heard(gateway, "message", told)).itertext())
    assert (await post(gateway, "status", over()))[0] == 503
