"""Calls and their records over time, and told at once."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from prometheus_client import CollectorRegistry

from gateway.catalogue.live import Catalogue
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.posted import FORM, PhoneRequest
from gateway.channels.phone.providers import PROVIDERS
from gateway.channels.phone.setup import build_phone_intake
from gateway.db.pool import Pool
from gateway.errors import Malformed
from gateway.incidents import store
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import UnitOfWork
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import load
from tests.support.clock import FakeClock

ANN = "+8613800138000"
ASTERISK = PROVIDERS["asterisk"]
PERSON = """
INSERT INTO person (login, name, phone, locale, roles, created_at, updated_at)
VALUES ($1, $1, $2, 'en', '{tier2}', '2026-01-01', '2026-01-01')
"""


async def nobody_submits(submission: Submission) -> Receipt:
    raise AssertionError(submission)


@pytest.fixture
async def room(pool: Pool, clock: FakeClock) -> PhoneIntake:
    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with pool.acquire() as conn:
            return await store.reserve(conn, count, stamp)

    settings = load(None, {})
    known = Catalogue(settings)
    await pool.execute(
        "INSERT INTO integration (slug, name) OVERRIDING SYSTEM VALUE VALUES ('pbx', 'pbx')"
    )
    uow = UnitOfWork(pool, clock, b"key", reserve, lambda _: None, known)
    return build_phone_intake(
        settings, uow, nobody_submits, Metrics(CollectorRegistry(), ["phone"])
    )


async def tell(
    room: PhoneIntake, call_id: str, event: str = "hangup", caller: str = ANN, **more: str
) -> str:
    """The outcome of one thing told of a call."""
    body = urlencode({"LINKEDID": call_id, "CALLERID": caller} | more).encode()
    posted = PhoneRequest(event, FORM, body, (), room.clock.now())
    integration = await room.pool.fetchval("SELECT id FROM integration")
    receipt = await room.take(integration, ASTERISK, posted, room.read(ASTERISK, posted))
    return f"{receipt.results[0].outcome} {receipt.results[0].reason}"


async def titles(room: PhoneIntake) -> list[str]:
    return [row[0] for row in await room.pool.fetch("SELECT title FROM incident ORDER BY id")]


async def test_silent_call_becomes_missed_after_two_hours(
    room: PhoneIntake, clock: FakeClock
) -> None:
    assert await tell(room, "1", "call") == "ignored nothing was reported yet"
    await tell(room, "2", "call", DIRECTION="outbound")
    clock.advance(timedelta(minutes=119))
    await room.sweep()
    assert await titles(room) == []
    clock.advance(timedelta(minutes=2))
    await room.sweep()
    await room.sweep()
    assert await titles(room) == [f"未接来电：{ANN}"]
    assert await tell(room, "1", ANSWEREDTIME="5") == "added news"
    assert await titles(room) == [f"来电：{ANN}"]


async def test_simultaneous_calls_from_one_number_open_one_incident(room: PhoneIntake) -> None:
    outcomes = await asyncio.gather(*(tell(room, str(n), ANSWEREDTIME="5") for n in range(6)))
    assert sorted(outcomes) == ["added called again"] * 5 + ["opened report"]
    assert len(await titles(room)) == 1
    pieces = await asyncio.gather(
        *(tell(room, "7", caller="", RECORDING=f"https://pbx/{n}") for n in (5, 6, 7))
    )
    assert sorted(one.split()[0] for one in pieces) == ["added", "added", "opened"]
    withheld = await asyncio.gather(
        *(tell(room, str(n), caller="anonymous", ANSWEREDTIME="5") for n in (8, 9))
    )
    assert withheld == ["opened report"] * 2


async def test_later_call_from_same_number_opens_another_incident(
    room: PhoneIntake, clock: FakeClock
) -> None:
    assert await tell(room, "1", ANSWEREDTIME="5") == "opened report"
    clock.advance(timedelta(hours=23))
    assert await tell(room, "2", ANSWEREDTIME="5") == "added called again"
    clock.advance(timedelta(hours=2))
    assert await tell(room, "3", ANSWEREDTIME="5") == "opened report"
    await room.pool.execute("UPDATE incident SET state = 'closed'")
    assert await tell(room, "4", ANSWEREDTIME="5") == "opened report"


async def test_missed_call_opens_own_incident_beside_open_report(room: PhoneIntake) -> None:
    assert await tell(room, "1", ANSWEREDTIME="5") == "opened report"
    assert await tell(room, "2", DIALSTATUS="NOANSWER") == "opened missed"
    assert await tell(room, "3", DIALSTATUS="BUSY") == "added called again"
    assert await tell(room, "4", ANSWEREDTIME="5") == "added called again"
    assert await titles(room) == [f"来电：{ANN}", f"未接来电：{ANN}"]


async def test_caller_is_named_by_unique_directory_number_only(room: PhoneIntake) -> None:
    await room.pool.execute(PERSON, "ann", ANN)
    await tell(room, "1", ANSWEREDTIME="5")
    assert await titles(room) == [f"Call from ann ({ANN})"]
    row = await room.pool.fetchrow(
        "SELECT owner, handler, state, contact, labels->>'language' FROM incident"
    )
    assert tuple(row or ()) == ("", "", "logged", ANN, "en")
    assert await room.pool.fetchval("SELECT actor FROM timeline WHERE event = 'opened'") == "ann"
    await room.pool.execute(PERSON, "bob", ANN)
    await room.pool.execute("UPDATE incident SET state = 'closed'")
    await tell(room, "2", ANSWEREDTIME="5")
    assert (await titles(room))[1] == f"来电：{ANN}"


async def test_quarantined_call_is_replayed_like_new(room: PhoneIntake) -> None:
    integration = await room.pool.fetchval("SELECT id FROM integration")
    told = urlencode({"LINKEDID": "1", "CALLERID": ANN, "DIALSTATUS": "BUSY"}).encode()
    asked = {"content-type": "", "phone": "asterisk/hangup", "query": ""}
    assert (await room.replay(integration, asked, told)).results[0].outcome == "opened"
    sent = asked | {"content-type": FORM}
    assert (await room.replay(integration, sent, told.replace(b"=1&", b"=2&"))).results[
        0
    ].outcome == "added"
    for headers, body in (({}, told), (asked, b"CALLERID=1"), (asked | {"phone": "x/y"}, told)):
        with pytest.raises(Malformed):
            await room.replay(integration, headers, body)


async def test_call_note_lists_new_facts(room: PhoneIntake) -> None:
    await tell(room, "1", "answer", EPOCH="1772452800")
    await tell(
        room,
        "1",
        DURATION="65",
        ANSWEREDTIME="60",
        EPOCH="1772452860",
        RECORDED_FILE="https://pbx.example/1.wav",
    )
    await tell(room, "1", "recording", RECORDING="javascript:alert(1)")
    (note,) = await room.pool.fetch(
        "SELECT actor, facts->>'note' AS note, facts->'call'->>'seconds' AS s FROM timeline "
        "WHERE event = 'note'"
    )
    assert (note["actor"], note["s"]) == (ANN, "60")
    assert note["note"].splitlines() == [
        "通话更新。",
        "通话状态：已结束",
        "开始时间：2026-03-02 11:59:55 UTC",
        "结束时间：2026-03-02 12:01:00 UTC",
        "时长：60秒",
        "录音地址：https://pbx.example/1.wav",
    ]


async def test_missed_call_becomes_report_when_answered_or_recorded(room: PhoneIntake) -> None:
    assert await tell(room, "1", DIALSTATUS="NOANSWER") == "opened missed"
    assert (
        await tell(
            room, "1", "recording", RECORDING="https://pbx.example/1.wav", TRANSCRIPT="打印机坏了"
        )
        == "added news"
    )
    row = await room.pool.fetchrow("SELECT title, description, labels->>'call' FROM incident")
    assert tuple(row or ()) == (f"来电：{ANN}", "打印机坏了", None)
    await room.pool.execute(PERSON, "bob", "+8613900139000")
    await tell(room, "2", DIALSTATUS="NOANSWER", caller="+8613900139000")
    await tell(room, "2", "answer", caller="")
    assert (await titles(room))[1] == "Call from bob (+8613900139000)"
    await tell(room, "3", DIALSTATUS="NOANSWER", caller="+8613700137000")
    await room.pool.execute(
        "UPDATE incident SET title = 'the printer' WHERE contact = '+8613700137000'"
    )
    await tell(room, "3", "answer", caller="")
    assert (await titles(room))[2] == "the printer"


HISTORY: tuple[tuple[str, dict[str, str]], ...] = (
    ("call", {"EPOCH": "1772452740", "DID": "+861082303333", "CALLERIDNAME": "Ann"}),
    ("queue", {"EPOCH": "1772452742", "DID": "+861082303333"}),
    ("answer", {"EPOCH": "1772452750"}),
    (
        "recording",
        {
            "EPOCH": "1772452790",
            "RECORDING": "https://pbx.example/1.wav",
            "TRANSCRIPT": "the printer",
        },
    ),
    (
        "hangup",
        {"EPOCH": "1772452780", "DIALSTATUS": "ANSWER", "ANSWEREDTIME": "30", "DURATION": "40"},
    ),
)
ROW = (
    "SELECT to_jsonb(call) - '{id,call_id,caller,incident_id,heard_at}'::text[] AS row FROM call "
    "ORDER BY id"
)


async def test_call_events_in_any_order_yield_one_incident_and_same_call(room: PhoneIntake) -> None:
    rng = random.Random(18)
    for turn in range(8):
        told = [*HISTORY, *rng.choices(HISTORY, k=3)]
        if turn:
            rng.shuffle(told)
        for event, more in told:
            await tell(room, str(turn), event, f"+861380013800{turn}", **more)
    rows = {row["row"] for row in await room.pool.fetch(ROW)}
    assert len(rows) == 1, rows
    assert len(await titles(room)) == 8
    records = await room.pool.fetch("SELECT DISTINCT description, labels::text FROM incident")
    assert [tuple(row) for row in records] == [("the printer", '{"language":"zh-CN"}')]
