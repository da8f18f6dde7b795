"""Reports that apps send, through the whole gateway."""

import re
import shlex
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.channels.app.report import make_report, read
from gateway.errors import Malformed, Overloaded
from gateway.ingest.workers.process import SHORT, ParseWorker
from gateway.settings import Database, load
from tests.support.clock import NOON, FakeClock
from tests.support.served import RunningGateway, served

ANN = {"id": "u-1", "name": "Ann", "phone": "13912345678", "locale": "zh-Hans-CN"}
CLIENT = {"app": "shop", "version": "2.1", "device": "Pixel 9"}


@pytest.fixture
async def gateway(database_url: str, clock: FakeClock) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings, clock=clock) as running:
        yield running


async def report(
    gateway: RunningGateway, body: Any, key: str = "ingest", once: str | None = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {gateway.keys[key]}"} | (
        {"Idempotency-Key": once} if once else {}
    )
    answer = await gateway.client.post("/ingest/app", json=body, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def test_app_report_opens_incident_and_returns_reporter_links(
    gateway: RunningGateway,
) -> None:
    told = {
        "title": "Cannot  pay",
        "description": "\0",
        "service": "shop",
        "ci": "pay-1",
        "impact": "group",
        "urgency": "high",
        "reporter": ANN,
        "client": CLIENT,
        "occurred_at": "2026-03-02T10:00:00+00:00",
        "labels": {"screen": "basket"},
    }
    status, taken = await report(gateway, told | {"description": "It spins"})
    assert (status, [one["outcome"] for one in taken["results"]]) == (202, ["opened"])
    _, record = await gateway.get(f"/api/v1/incidents/{taken['number']}", "admin")
    assert (
        record["title"],
        record["source"],
        record["contact"],
        record["contact_name"],
        record["priority"],
    ) == ("Cannot pay", "app", "+8613912345678", "Ann", 3)
    assert record["claimed_urgency"] == "high"
    assert record["labels"] == CLIENT | {"screen": "basket", "reporter": "u-1", "language": "zh-CN"}
    assert record["occurred_at"] == "2026-03-02T10:00:00Z"
    assert (await gateway.client.get(taken["page"])).status == 200
    mine = await (await gateway.client.get(taken["link"])).json()
    assert (mine["number"], mine["description"]) == (taken["number"], "It spins")
    _, kept = await gateway.get(f"/api/v1/receipts/{taken['receipt']}", "admin")
    assert kept["source"] == "app"
    assert (await report(gateway, told))[0] == 202, "a NUL is replaced"


async def test_repeated_idempotency_key_is_duplicate_and_other_body_returns_422(
    gateway: RunningGateway,
) -> None:
    told = {"title": "Cannot pay", "reporter": ANN}
    _, first = await report(gateway, told, once="k")
    status, again = await report(gateway, told, once="k")
    assert (status, again["number"], again["results"][0]["outcome"]) == (
        202,
        first["number"],
        "duplicate",
    )
    status, problem = await report(gateway, told | {"title": "x"}, once="k")
    assert (status, problem["type"]) == (422, "/problems/idempotency_mismatch")
    assert (await report(gateway, told, "other", once="k"))[1]["number"] != first["number"]
    assert (await report(gateway, told))[1]["number"] != first["number"]
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 3
    assert (
        await gateway.pool.fetchval("SELECT count(*) FROM receipt")
        == await gateway.pool.fetchval("SELECT count(*) FROM alert_event")
        == 4
    )


async def test_list_shows_only_own_reports_of_this_integration(gateway: RunningGateway) -> None:
    numbers = [
        (await report(gateway, {"title": str(place), "reporter": ANN}))[1]["number"]
        for place in range(2)
    ]
    await report(gateway, {"title": "x", "reporter": ANN | {"id": "u-2"}})
    await report(gateway, {"title": "x", "reporter": ANN}, "other")
    by_phone = (await report(gateway, {"title": "x", "reporter": {"phone": "139 1234 5678"}}))[1][
        "number"
    ]
    status, listed = await gateway.get("/ingest/app/mine", reporter="u-1")
    assert (status, [one["number"] for one in listed["records"]]) == (200, numbers[::-1])
    assert {one["state"] for one in listed["records"]} == {"logged"}
    assert (await gateway.client.get(listed["records"][0]["link"])).status == 200
    assert [
        one["number"]
        for one in (await gateway.get("/ingest/app/mine", reporter="13912345678"))[1]["records"]
    ] == [by_phone]
    assert (await gateway.get("/ingest/app/mine", reporter="nobody"))[1] == {"records": []}
    await gateway.pool.execute("UPDATE incident SET security = true WHERE number = $1", numbers[0])
    assert [
        one["number"]
        for one in (await gateway.get("/ingest/app/mine", reporter="u-1"))[1]["records"]
    ] == numbers[1:]
    assert (await gateway.get("/ingest/app/mine"))[0] == 400
    assert (await gateway.get("/ingest/app/mine", "read", reporter="u-1"))[0] == 403
    assert (await gateway.get("/ingest/app/mine", None, reporter="u-1"))[0] == 401


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": " \u0007 "}, "/title"),
        ({"reporter": {"name": "Ann"}}, "/reporter"),
    ],
)
def test_invalid_report_is_refused_with_pointer(wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(msgspec.json.encode({"title": "x", "reporter": ANN} | wrong), "CN")
    assert [flaw.pointer for flaw in caught.value.flaws] == [pointer]


async def test_malformed_report_is_quarantined_and_replayed_once_corrected(
    gateway: RunningGateway,
) -> None:
    status, problem = await report(gateway, {"title": "x", "reporter": {}}, once="k")
    assert (status, problem["errors"][0]["pointer"], "receipt" in problem["facts"]) == (
        400,
        "/reporter",
        True,
    )
    _, listed = await gateway.get("/api/v1/quarantine", "admin")
    (kept,) = listed["quarantine"]
    assert (
        await gateway.post(f"/api/v1/quarantine/{kept['id']}/replay", {}, "admin")
    ).status == 400
    mended = (
        "UPDATE quarantine SET body = convert_to(replace(convert_from(body, 'UTF8'), '{}', "
        "'{\"id\": \"u-1\"}'), 'UTF8')"
    )
    await gateway.pool.execute(mended)
    answer = await gateway.post(f"/api/v1/quarantine/{kept['id']}/replay", {}, "admin")
    assert (answer.status, [one["outcome"] for one in (await answer.json())["results"]]) == (
        202,
        ["opened"],
    )
    assert (await report(gateway, {"title": "x", "reporter": ANN}, once="k"))[0] == 202
    for body in (b"", b"\xff", b"[" * 4_000, b"{}", b"null"):
        headers = {"Authorization": f"Bearer {gateway.keys['ingest']}"}
        assert (await gateway.client.post("/ingest/app", data=body, headers=headers)).status == 400
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 2


async def test_documented_app_commands_work(gateway: RunningGateway, clock: FakeClock) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources" / "app.md").read_text("utf-8")
    clock.at = datetime(2026, 11, 21, 2, tzinfo=UTC)
    answers = []
    for command in re.findall(r"```sh\ncurl (.*?)```", page, re.DOTALL):
        *options, address = shlex.split(command.replace("$KEY", gateway.keys["ingest"]))
        given = dict(zip(options[::2], options[1::2], strict=True))
        headers = dict(
            options[place + 1].split(": ") for place, option in enumerate(options) if option == "-H"
        )
        method, path = (
            "POST" if "-d" in given else "GET",
            address.removeprefix("https://gateway.example"),
        )
        body = given["-d"].encode() if "-d" in given else None
        answers.append(
            await (await gateway.client.request(method, path, data=body, headers=headers)).json()
        )
    taken, listed = answers
    assert [one["number"] for one in listed["records"]] == [taken["number"]]
    assert (await gateway.get(f"/api/v1/incidents/{taken['number']}", "admin"))[1][
        "occurred_at"
    ] == "2026-11-21T01:30:00Z"


def test_start_time_too_long_ago_is_noted_in_description() -> None:
    told, person, _ = read(
        msgspec.json.encode(
            {"title": "x", "reporter": ANN, "occurred_at": "2026-02-27T12:00:00+08:00"}
        ),
        "CN",
    )
    made = make_report(told, person, NOON)
    assert (made.occurred_at, made.description) == (
        None,
        "开始时间：2026-02-27 04:00 UTC（事后报告）\n\n",
    )


@pytest.mark.parametrize(
    ("reporter", "contact", "as_said"),
    [
        (
            {"id": "u-77", "email": "lin@corp.example", "phone": "1001"},
            "lin@corp.example",
            {"reporter_phone": "1001"},
        ),
        ({"id": "u-77", "phone": "ext. 12"}, "u-77", {"reporter_phone": "ext. 12"}),
        ({"phone": "4711"}, "4711", {}),
        ({"id": "u-77", "email": "lin at corp"}, "u-77", {"reporter_email": "lin at corp"}),
    ],
)
async def test_invalid_phone_or_email_is_kept_as_label(
    gateway: RunningGateway, reporter: dict[str, str], contact: str, as_said: dict[str, str]
) -> None:
    status, taken = await report(
        gateway, {"title": "Projector in room 4 is dead", "reporter": reporter}
    )
    assert status == 202
    _, record = await gateway.get(f"/api/v1/incidents/{taken['number']}", "admin")
    assert record["contact"] == contact
    assert {
        name: text for name, text in record["labels"].items() if name.startswith("reporter_")
    } == as_said


@pytest.mark.parametrize(
    "more", [{"occurred_at": "yesterday"}, {"impact": "huge"}, {"labels": ["a"]},
             {"labels": {"": "x"}}, {"client": 7}, {"service": "s" * 300}, {"version": 3}]
)  # fmt: skip
async def test_unreadable_field_is_left_out_of_report(
    gateway: RunningGateway, more: dict[str, Any]
) -> None:
    status, taken = await report(gateway, {"title": "Cannot pay", "reporter": ANN} | more)
    _, receipt = await gateway.get(f"/api/v1/receipts/{taken['receipt']}", "admin")
    told = [
        (one["pointer"], one["what"].startswith("left out"))
        for one in receipt["results"][0]["mended"]
    ]
    assert (status, told) == (202, [(f"/{name}", True) for name in more])


@pytest.mark.parametrize(
    ("said", "known_by", "name"),
    [
        ({"id": 5}, "5", ""),
        ({"id": None, "email": "lin@corp.example", "name": None}, "lin@corp.example", ""),
        ({"id": "u-7", "phone": 1001, "name": ["Lin"], "seat": "4a"}, "u-7", '["Lin"]'),
        ({"id": "u" * 300, "phone": "4711"}, "4711", ""),
    ],
)
def test_odd_reporter_fields_are_mended(said: dict[str, Any], known_by: str, name: str) -> None:
    _, person, mended = read(msgspec.json.encode({"title": "Cannot pay", "reporter": said}), "CN")
    assert (person.known_by, person.name) == (known_by, name)
    assert {one.pointer.rpartition("/")[0] for one in mended} == {"/reporter"}


def test_missing_title_is_taken_from_first_description_line() -> None:
    for title in ({}, {"title": ""}, {"title": None}):
        body = {"description": "\nBeamer kaputt\nRaum 4", "reporter": ANN} | title
        told, _, (*_, mended) = read(msgspec.json.encode(body), "CN")
        assert told.title == "Beamer kaputt"
        assert mended.pointer == "/title"
        assert mended.what.endswith("read from description: it is missing or empty")


async def test_long_report_is_read_in_separate_process(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, call = [], ParseWorker.call

    async def counted(reader: ParseWorker, sender: str, *given: Any) -> Any:
        asked.append(sender)
        return await call(reader, sender, *given)

    monkeypatch.setattr(ParseWorker, "call", counted)
    for size in (10, SHORT):
        told = {"title": "x", "description": "y" * size, "reporter": ANN}
        while (status := (await report(gateway, told))[0]) == 503:
            pass  # the reading process still starts: apps send again
        assert status == 202
    assert set(asked) == {"app"}


async def test_app_report_refused_for_overload_is_counted(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise Overloaded("too many long requests wait to be read: send again shortly")

    monkeypatch.setattr(ParseWorker, "call", refuse)
    told = {"title": "x", "description": "y" * SHORT, "reporter": ANN}
    assert (await report(gateway, told))[0] == 503
    text = await (await gateway.client.get("/metrics")).text()
    assert 'gateway_intake_requests_total{outcome="overloaded",source="app"} 1.0' in text
    assert "gateway_intake_overload_refusals_total 1.0" in text


async def test_incomplete_report_returns_400_and_post_to_list_returns_405(
    gateway: RunningGateway,
) -> None:
    for told in (
        {"title": "x"},
        {"title": "", "reporter": ANN},
        {"title": "x", "reporter": "ann"},
        ["x"],
    ):
        assert (await report(gateway, told))[0] == 400
    for path in ("/ingest/app/mine", "/ingest/phone/threecx/lookup"):
        assert (await gateway.post(path, {})).status == 405
