"""Tests of the reporter page, which offers everything a link allows, without scripts."""

import re
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from gateway.db.pool import Pool
from tests.support.api import Api
from tests.support.clock import FakeClock
from tests.support.forms import get, send

INCIDENTS = "/api/v1/incidents"


async def invited(api: Api, **fields: Any) -> tuple[str, str]:
    """Return the number of a new record and the path of its reporter page."""
    number = (await api.incident(contact="rep@example.com", **fields))["number"]
    _, invitation = await api.call("POST", f"{INCIDENTS}/{number}/invite", scope="write")
    return number, str(invitation["page"])


async def state(api: Api, number: str) -> str:
    return str((await api.call("GET", f"{INCIDENTS}/{number}"))[1]["state"])


async def test_reporter_page_shows_localised_story_without_internal_details(api: Api) -> None:
    number, path = await invited(api, title="打印机", description="line one\nline two")
    await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "user is confused"})
    await api.hire("data-base", "ann")
    await api.call(
        "POST",
        f"{INCIDENTS}/{number}/assign",
        {"group": "data-base", "person": "ann", "note": "politics"},
    )
    await api.call("POST", f"{INCIDENTS}/{number}/accept", {})
    await api.call(
        "POST",
        f"{INCIDENTS}/{number}/hold",
        {"reason": "awaiting_vendor", "until": "2026-03-03T04:00:00Z"},
    )
    chinese, english = await get(api.client, path, "zh"), await get(api.client, path, "en")
    assert (chinese.status, chinese.number) == (200, number)
    assert re.findall(r"<strong>([^<]+)</strong>", chinese.text) == [
        "已登记",
        "已分派",
        "开始处理",
        "挂起",
    ]
    assert "<dd>挂起</dd>" in chinese.text
    assert "等待供应商" in chinese.text
    assert "至 2026-03-03 12:00 Asia/Shanghai" in chinese.text
    assert "until 2026-03-03 12:00 Asia/Shanghai" in english.text
    assert '<p class="said">line one\nline two</p>' in english.text
    for secret in ("confused", "politics", "data-base", "ann<", "rep@example.com"):
        assert secret not in chinese.text + english.text


async def test_reporter_page_shows_question_and_rejection_reason(api: Api) -> None:
    number, path = await invited(api, title="printer")
    held = {"reason": "awaiting_user", "note": "Which printer?"}
    await api.call("POST", f"{INCIDENTS}/{number}/hold", held)
    chinese, english = await get(api.client, path, "zh"), await get(api.client, path, "en")
    assert ("等待您答复" in chinese.text, "waiting for your answer" in english.text) == (True, True)
    assert "Which printer?" in english.text
    await api.call("POST", f"{INCIDENTS}/{number}/resume", {"note": "found it"})
    await api.call(
        "POST", f"{INCIDENTS}/{number}/hold", {"reason": "user_unreachable", "note": "moody"}
    )
    text = (await get(api.client, path, "en")).text
    assert ("we could not reach you" in text, "moody" in text, "found it" in text) == (
        True,
        False,
        False,
    )
    other, path = await invited(api, title="coffee")
    await api.call(
        "POST", f"{INCIDENTS}/{other}/reject", {"note": "We do not mend coffee machines."}
    )
    assert "We do not mend coffee machines." in (await get(api.client, path)).text


async def test_get_requests_to_reporter_page_change_nothing(api: Api, pool: Pool) -> None:
    number, path = await invited(api)
    await api.call("POST", f"{INCIDENTS}/{number}/resolve", {"solution": "restarted"})
    before = await pool.fetch("SELECT * FROM timeline")
    for asked in ("confirm", "refuse", "rate", "note", "file"):
        assert (await get(api.client, f"{path}/{asked}")).status == 405
    assert "restarted" in (await get(api.client, path)).text
    assert await pool.fetch("SELECT * FROM timeline") == before


async def test_reporter_confirms_and_rates_solution(api: Api) -> None:
    number, path = await invited(api)
    assert "/confirm" not in (await get(api.client, path)).text
    await api.call("POST", f"{INCIDENTS}/{number}/resolve", {"solution": "restarted"})
    page = await get(api.client, path)
    assert (
        page.text.count(f'action="{path}/confirm"')
        == page.text.count(f'action="{path}/refuse"')
        == 1
    )
    after = await send(
        api.client, f"{path}/confirm", page.hidden | {"satisfaction": "3", "note": "thanks"}
    )
    assert (after.status, await state(api, number), "satisfied" in after.text) == (
        200,
        "closed",
        True,
    )
    assert "thanks" in after.text
    assert f'action="{path}/note"' not in after.text
    await send(api.client, f"{path}/rate", after.hidden | {"satisfaction": "1", "note": ""})
    assert "not satisfied" in (await get(api.client, path)).one(r"<dt>Your rating</dt><dd>([^<]+)")
    assert (await send(api.client, f"{path}/note", after.hidden | {"note": "x"})).status == 403
    assert (
        await send(api.client, f"{path}/refuse", after.hidden | {"note": "x"})
    ).heading == "This is not possible any more"


async def test_reporter_refuses_solution(api: Api) -> None:
    number, path = await invited(api)
    await api.call("POST", f"{INCIDENTS}/{number}/resolve", {})
    page = await get(api.client, path)
    after = await send(
        api.client, f"{path}/refuse", page.hidden | {"note": "still on fire", "lang": "zh-CN"}
    )
    assert (await state(api, number), "still on fire" in after.text) == ("in_progress", True)
    assert after.one(r'<html lang="([^"]+)"') == "zh-CN"


async def test_repeated_note_and_upload_are_recorded_once(api: Api, pool: Pool) -> None:
    number, path = await invited(api)
    page = await get(api.client, path)
    for _ in range(2):
        await send(api.client, f"{path}/note", page.hidden | {"note": "it\r\nsmokes\0"})
        after = await send(
            api.client, f"{path}/file", page.hidden, ("照片.png", b"\x89PNG\r\n\x1a\n")
        )
        assert after.status == 200
    await send(api.client, f"{path}/note", page.hidden | {"note": "more"})
    assert re.findall(r'<p class="said">([^<]+)</p>', (await get(api.client, path)).text)[:2] == [
        "it\nsmokes",
        "more",
    ]
    assert [row["name"] for row in await pool.fetch("SELECT name FROM attachment")] == ["照片.png"]
    fetched = await api.client.get(after.one(r'href="(/api/v1/mine/[^"]+)"'))
    assert (fetched.status, fetched.headers["Content-Disposition"].startswith("attachment")) == (
        200,
        True,
    )
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    assert [
        one["actor"] for one in timeline["entries"] if one["event"] in {"note", "attached"}
    ] == ["reporter"] * 3


@pytest.mark.parametrize(
    ("asked", "fields", "status"),
    [
        ("note", {}, 400),
        ("note", {"note": "x" * 40_000}, 400),
        ("rate", {"satisfaction": "9"}, 400),
        ("rate", {"satisfaction": "x"}, 400),
        ("file", {}, 400),
        ("refuse", {"note": "x"}, 409),
    ],
)
async def test_invalid_form_input_gets_an_error_page(
    api: Api, asked: str, fields: dict[str, str], status: int
) -> None:
    _, path = await invited(api)
    page = await send(api.client, f"{path}/{asked}", fields)
    assert (page.status, page.answer.content_type) == (status, "text/html")


async def test_oversized_upload_and_malformed_form_are_refused(api: Api) -> None:
    _, path = await invited(api)
    assert (await send(api.client, f"{path}/file", {}, ("big", bytes(20_001)))).status == 413
    named = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n1'
    bodies = b"--x\r\n\r\n\xff", b"--x\r\nContent-Dispo", named % b"\0", b""
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain; charset=nonsense",
    ):
        for asked, body in product(("file", "note"), bodies):
            answer = await api.client.post(
                f"{path}/{asked}", data=body, headers={"Content-Type": kind}
            )
            assert (answer.status, answer.content_type) == (400, "text/html"), (kind, asked, body)


async def test_invalid_and_expired_links_get_the_same_page(api: Api, clock: FakeClock) -> None:
    _, path = await invited(api)
    other = path.replace(".1.", ".2.")
    answers = [
        await get(api.client, one) for one in (path + "A", other, "/my/x", "/my/" + "9" * 128)
    ]
    clock.advance(timedelta(days=30))
    answers += [await get(api.client, path), await send(api.client, f"{path}/note", {"note": "x"})]
    assert {(one.status, one.text) for one in answers} == {(404, answers[0].text)}
