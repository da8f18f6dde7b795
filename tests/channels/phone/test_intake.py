"""Tests of phone calls and their records over time, and with events that arrive at once."""

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
async def intake(pool: Pool, clock: FakeClock) -> PhoneIntake:
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
    intake: PhoneIntake, call_id: str, event: str = "hangup", caller: str = ANN, **more: str
) -> str:
    """Send one event of a call and return its outcome and reason."""
    body = urlencode({"LINKEDID": call_id, "CALLERID": caller} | more).encode()
    posted = PhoneRequest(event, FORM, body, (), intake.clock.now())
    integration = await intake.pool.fetchval("SELECT id FROM integration")
    receipt = await intake.take(integration, ASTERISK, posted, intake.read(ASTERISK, posted))
    return f"{receipt.results[0].outcome} {receipt.results[0].reason}"


async def titles(intake: PhoneIntake) -> list[str]:
    return [row[0] for row in await intake.pool.fetch("SELECT title FROM incident ORDER BY id")]


async def test_silent_call_becomes_missed_after_two_hours(
    intake: PhoneIntake, clock: FakeClock
) -> None:
    assert await tell(intake, "1", "call") == "ignored nothing was reported yet"
    await tell(intake, "2", "call", DIRECTION="outbound")
    clock.advance(timedelta(minutes=119))
    await intake.sweep()
    assert await titles(intake) == []
    clock.advance(timedelta(minutes=2))
    await intake.sweep()
    await intake.sweep()
    assert await titles(intake) == [f"未接来电：{ANN}"]
    assert await tell(intake, "1", ANSWEREDTIME="5") == "added news"
    assert await titles(intake) == [f"来电：{ANN}"]


async def test_simultaneous_calls_from_one_number_open_one_incident(intake: PhoneIntake) -> None:
    outcomes = await asyncio.gather(*(tell(intake, str(n), ANSWEREDTIME="5") for n in range(6)))
    assert sorted(outcomes) == ["added called again"] * 5 + ["opened report"]
    assert len(await titles(intake)) == 1
    pieces = await asyncio.gather(
        *(tell(intake, "7", caller="", RECORDING=f"https://pbx/{n}") for n in (5, 6, 7))
    )
    assert sorted(one.split()[0] for one in pieces) == ["added", "added", "opened"]
    withheld = await asyncio.gather(
        *(tell(intake, str(n), caller="anonymous", ANSWEREDTIME="5") for n in (8, 9))
    )
    assert withheld == ["opened report"] * 2


async def test_later_call_from_same_number_opens_another_incident(
    intake: PhoneIntake, clock: FakeClock
) -> None:
    assert await tell(intake, "1", ANSWEREDTIME="5") == "opened report"
    clock.advance(timedelta(hours=23))
    assert await tell(intake, "2", ANSWEREDTIME="5") == "added called again"
    clock.advance(timedelta(hours=2))
    assert await tell(intake, "3", ANSWEREDTIME="5") == "opened report"
    await intake.pool.execute("UPDATE incident SET state = 'closed'")
    assert await tell(intake, "4", ANSWEREDTIME="5") == "opened report"


async def test_missed_call_opens_own_incident_beside_open_report(intake: PhoneIntake) -> None:
    assert await tell(intake, "1", ANSWEREDTIME="5") == "opened report"
    assert await tell(intake, "2", DIALSTATUS="NOANSWER") == "opened missed"
    assert await tell(intake, "3", DIALSTATUS="BUSY") == "added called again"
    assert await tell(intake, "4", ANSWEREDTIME="5") == "added called again"
    assert await titles(intake) == [f"来电：{ANN}", f"未接来电：{ANN}"]


async def test_caller_is_named_by_unique_directory_number_only(intake: PhoneIntake) -> None:
    await intake.pool.execute(PERSON, "ann", ANN)
    await tell(intake, "1", ANSWEREDTIME="5")
    assert await titles(intake) == [f"Call from ann ({ANN})"]
    row = await intake.pool.fetchrow(
        "SELECT owner, handler, state, contact, labels->>'language' FROM incident"
    )
    assert tuple(row or ()) == ("", "", "logged", ANN, "en")
    assert await intake.pool.fetchval("SELECT actor FROM timeline WHERE event = 'opened'") == "ann"
    await intake.pool.execute(PERSON, "bob", ANN)
    await intake.pool.execute("UPDATE incident SET state = 'closed'")
    await tell(intake, "2", ANSWEREDTIME="5")
    assert (await titles(intake))[1] == f"来电：{ANN}"


async def test_quarantined_call_is_replayed_like_new(intake: PhoneIntake) -> None:
    integration = await intake.pool.fetchval("SELECT id FROM integration")
    told = urlencode({"LINKEDID": "1", "CALLERID": ANN, "DIALSTATUS": "BUSY"}).encode()
    asked = {"content-type": "", "phone": "asterisk/hangup", "query": ""}
    assert (await intake.replay(integration, asked, told)).results[0].outcome == "opened"
    sent = asked | {"content-type": FORM}
    assert (await intake.replay(integration, sent, told.replace(b"=1&", b"=2&"))).results[
        0
    ].outcome == "added"
    for headers, body in (({}, told), (asked, b"CALLERID=1"), (asked | {"phone": "x/y"}, told)):
        with pytest.raises(Malformed):
            await intake.replay(integration, headers, body)


async def test_call_note_lists_new_facts(intake: PhoneIntake) -> None:
    await tell(intake, "1", "answer", EPOCH="1772452800")
    await tell(
        intake,
        "1",
        DURATION="65",
        ANSWEREDTIME="60",
        EPOCH="1772452860",
        RECORDED_FILE="https://pbx.example/1.wav",
    )
    await tell(intake, "1", "recording", RECORDING="javascript:alert(1)")
    (note,) = await intake.pool.fetch(
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


async def test_missed_call_becomes_report_when_answered_or_recorded(intake: PhoneIntake) -> None:
    assert await tell(intake, "1", DIALSTATUS="NOANSWER") == "opened missed"
    assert (
        await tell(
            intake, "1", "recording", RECORDING="https://pbx.example/1.wav", TRANSCRIPT="打印机坏了"
        )
        == "added news"
    )
    row = await intake.pool.fetchrow("SELECT title, description, labels->>'call' FROM incident")
    assert tuple(row or ()) == (f"来电：{ANN}", "打印机坏了", None)
    await intake.pool.execute(PERSON, "bob", "+8613900139000")
    await tell(intake, "2", DIALSTATUS="NOANSWER", caller="+8613900139000")
    await tell(intake, "2", "answer", caller="")
    assert (await titles(intake))[1] == "Call from bob (+8613900139000)"
    await tell(intake, "3", DIALSTATUS="NOANSWER", caller="+8613700137000")
    await intake.pool.execute(
        "UPDATE incident SET title = 'the printer' WHERE contact = '+8613700137000'"
    )
    await tell(intake, "3", "answer", caller="")
    assert (await titles(intake))[2] == "the printer"


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


async def test_call_events_in_any_order_yield_one_incident_and_same_call(
    intake: PhoneIntake,
) -> None:
    rng = random.Random(18)
    for turn in range(8):
        told = [*HISTORY, *rng.choices(HISTORY, k=3)]
        if turn:
            rng.shuffle(told)
        for event, more in told:
            await tell(intake, str(turn), event, f"+861380013800{turn}", **more)
    rows = {row["row"] for row in await intake.pool.fetch(ROW)}
    assert len(rows) == 1, rows
    assert len(await titles(intake)) == 8
    records = await intake.pool.fetch("SELECT DISTINCT description, labels::text FROM incident")
    assert [tuple(row) for row in records] == [("the printer", '{"language":"zh-CN"}')]
