"""The page of one record, to which a notification of staff links, and what its forms do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData

from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.forms import Page, get

INCIDENTS = "/api/v1/incidents"
CHANGING = ("incident", "timeline", "outbox", "timer", "idempotency", "form_bucket")


async def page_of(api: Api, pool: Pool, number: str, kind: ReaderKind, name: str) -> str:
    """Return the path of the page in a notification to this reader."""
    incident_id = await pool.fetchval("SELECT id FROM incident WHERE number = $1", number)
    return f"/r/{StaffLinks(api.links).make(StaffLink(incident_id, kind, name), NOON)}"


async def called(api: Api, pool: Pool, login: str = "ann", **fields: Any) -> tuple[str, str]:
    """Return the number of a record that a group has, and the path of a member's page."""
    await api.hire("dba", login, "bob")
    await pool.execute("UPDATE person SET email = login || '@example.com'")
    number = (await api.incident(**fields))["number"]
    status, _ = await api.call("POST", f"{INCIDENTS}/{number}/assign", {"group": "dba"})
    assert status == 200
    return number, await page_of(api, pool, number, ReaderKind.PERSON, login)


async def press(api: Api, page: Page, path: str, asked: str, **fields: str) -> Page:
    """Send a form of the page as a browser does, which follows the redirection."""
    form = FormData(quote_fields=False)
    for name, value in {**page.hidden, **fields}.items():
        form.add_field(name, value)
    answer = await api.client.post(
        f"{path}/{asked}", data=form, headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    )
    return Page(answer, await answer.text())


async def record(api: Api, number: str) -> dict[str, Any]:
    status, read = await api.call("GET", f"{INCIDENTS}/{number}")
    assert status == 200
    return dict(read)


async def last_entry(api: Api, number: str) -> dict[str, Any]:
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    return dict([one for one in timeline["entries"] if one["event"] != "management_told"][-1])


async def everything(pool: Pool) -> list[Any]:
    return [await pool.fetch(f"SELECT * FROM {table}") for table in CHANGING]  # noqa: S608 - names of tables


async def test_page_shows_record_in_the_language_of_the_reader(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool, title="打印机 <b>", description="one\ntwo")
    await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "paper <jam>"})
    english = await get(api.client, path)
    chinese = await get(api.client, f"{path}?lang=zh-CN")
    assert (english.status, english.number) == (200, number)
    for text in (
        "打印机 &lt;b&gt;",
        "one\ntwo",
        "paper &lt;jam&gt;",
        "nobody has it",
        "calling ann",
    ):
        assert text in english.text
    for text in ("还没有人", "在叫 ann", "我来接手", "我接不了，现在就叫 bob"):
        assert text in chinese.text
    assert "您" not in chinese.text
    assert "I cannot, call bob now" in english.text
    assert "<script" not in english.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_program_that_opens_every_link_changes_nothing(
    api: Api, pool: Pool, clock: FakeClock, method: str
) -> None:
    _, path = await called(api, pool)
    clock.advance(timedelta(seconds=30))
    text = (await get(api.client, path)).text
    targets = {path, *re.findall(r'(?:href|action|src)="(/[^"]*)"', text)}
    assert {f"{path}/accept", f"{path}/decline"} <= targets
    before = await everything(pool)
    for target in sorted(targets):
        for purpose in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "link-scanner"}):
            answer = await api.client.request(method, target, headers=purpose)
            assert answer.status in (200, 405)
            answer.release()
    assert await everything(pool) == before


async def test_press_takes_the_record_in_the_name_of_the_person(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    taken = await press(api, page, path, "accept")
    assert (taken.status, str(taken.answer.url.path)) == (200, path)
    assert "You have it now." in taken.text
    assert "Take it" not in taken.text
    assert (await record(api, number))["handler"] == "ann"
    entry = await last_entry(api, number)
    assert (entry["event"], entry["actor"], entry["facts"]["via"]) == ("accepted", "ann", "link")


@pytest.mark.parametrize("asked", ["accept", "decline", "note"])
async def test_pressing_twice_is_pressing_once(api: Api, pool: Pool, asked: str) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    for _ in range(3):
        assert (await press(api, page, path, asked, note="seen")).status == 200
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    done = {"accept": "accepted", "decline": "declined", "note": "note"}[asked]
    assert [one["event"] for one in timeline["entries"]].count(done) == 1


async def test_decline_calls_the_next_and_offers_no_second_one(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    declined = await press(api, await get(api.client, path), path, "decline")
    assert "Noted: bob is called now." in declined.text
    assert "I cannot" not in declined.text
    assert "Take it" in declined.text
    assert (await last_entry(api, number))["event"] == "declined"


async def test_notes_escalation_resolution_and_release_are_forms(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    page = await press(api, await get(api.client, path), path, "accept")
    page = await press(api, page, path, "note", note="restarting")
    assert "restarting" in page.text
    page = await press(api, page, path, "release", reason="shift ends")
    assert (await record(api, number))["handler"] == ""
    page = await press(api, page, path, "accept")
    page = await press(api, page, path, "escalate", to="vendor", vendor="ACME", note="theirs")
    assert (await record(api, number))["third_party"] == "ACME"
    page = await press(api, page, path, "resolve", solution="replaced")
    read = await record(api, number)
    assert (read["state"], read["solution"]) == ("resolved", "replaced")
    assert "Nothing is left to do here" in page.text


@pytest.mark.parametrize(
    ("asked", "fields", "words"),
    [
        ("resolve", {}, "say how it was solved."),
        ("escalate", {"to": "vendor", "note": "x"}, "name the vendor."),
        ("escalate", {"to": "tier3"}, "write the text."),
        ("escalate", {"to": "moon"}, "this cannot be saved as it is."),
        ("note", {}, "this cannot be saved as it is."),
    ],
)
async def test_incomplete_form_is_shown_again_with_what_is_missing(
    api: Api, pool: Pool, asked: str, fields: dict[str, str], words: str
) -> None:
    number, path = await called(api, pool)
    before = await record(api, number)
    refused = await press(api, await get(api.client, path), path, asked, **fields)
    assert refused.status == 422
    assert words in refused.text
    assert await record(api, number) == before


async def test_stale_acknowledgement_is_refused_with_the_fresh_state(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    clock.advance(timedelta(minutes=2))
    await api.call("PATCH", f"{INCIDENTS}/{number}", {"priority": 1, "note": "all of sales"})
    raised = await press(api, page, path, "accept")
    assert raised.status == 409
    assert "It became more urgent at 20:02" in raised.text or "12:02" in raised.text
    assert (await record(api, number))["handler"] == ""
    assert (await press(api, raised, path, "accept")).status == 200
    assert (await record(api, number))["handler"] == "ann"


async def test_record_that_was_reopened_is_not_resolved_by_an_old_page(
    api: Api, pool: Pool
) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    for action, body in (("accept", {"person": "bob"}), ("resolve", {}), ("refuse", {})):
        await api.call("POST", f"{INCIDENTS}/{number}/{action}", body)
    refused = await press(api, page, path, "resolve", solution="restarted")
    assert refused.status == 409
    assert "It was opened again" in refused.text
    assert (await record(api, number))["state"] == "in_progress"


async def test_record_taken_by_somebody_else_names_them(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    await pool.execute("UPDATE person SET phone = '+4912345', name = 'Bob B.' WHERE login = 'bob'")
    await api.call("POST", f"{INCIDENTS}/{number}/accept", {"person": "bob"})
    late = await press(api, page, path, "accept")
    assert late.status == 409
    assert "bob took it at" in late.text
    assert "Bob B. has it since" in late.text
    assert 'href="tel:+4912345"' in late.text
    assert "Take it" not in late.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
async def test_form_of_another_site_is_refused(
    api: Api, pool: Pool, headers: dict[str, str]
) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    answer = await api.client.post(f"{path}/accept", data=page.hidden, headers=headers)
    assert answer.status == 403
    assert (await record(api, number))["handler"] == ""


async def test_form_needs_the_token_of_its_own_page(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    other = await page_of(api, pool, number, ReaderKind.PERSON, "bob")
    theirs = await get(api.client, other)
    page = await get(api.client, path)
    version, _, signed = page.hidden["token"].partition("-")
    for token in ("", theirs.hidden["token"], f"{int(version) + 1}-{signed}", "x"):
        refused = await press(api, page, path, "accept", token=token)
        assert refused.status == 403
    assert (await record(api, number))["handler"] == ""


async def test_link_of_a_role_may_look_and_not_act(api: Api, pool: Pool) -> None:
    number, own = await called(api, pool)
    path = await page_of(api, pool, number, ReaderKind.ROLE, "service_desk")
    page = await get(api.client, path)
    assert "<form" not in page.text
    assert "it is to read only" in page.text
    token = StaffLinks(api.links).form_token(path.removeprefix("/r/"), 2)
    refused = await press(api, await get(api.client, own), path, "accept", token=token)
    assert refused.status == 403
    assert (await record(api, number))["handler"] == ""


async def test_reader_without_the_right_is_told_why(api: Api, pool: Pool) -> None:
    number, _ = await called(api, pool)
    await api.person("lea", Role.LEADER)
    path = await page_of(api, pool, number, ReaderKind.PERSON, "lea")
    page = await get(api.client, path)
    assert "Your roles (leader) do not include this." in page.text
    assert "Take it" not in page.text
    own = StaffLinks(api.links).form_token(path.removeprefix("/r/"), 2)
    assert (await press(api, page, path, "accept", token=own)).status == 403
    assert (await record(api, number))["handler"] == ""


async def test_page_is_small_even_for_a_record_full_of_text(api: Api, pool: Pool) -> None:
    number, path = await called(
        api,
        pool,
        title="&" * 400,
        description="<" * 30_000,
        labels={f"label{n:03}": "&" * 4_000 for n in range(50)},
    )
    for n in range(30):
        await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": f"{n}" + "'" * 5_000})
    answer = await api.client.get(path)
    assert len(await answer.read()) < 50_000


async def test_page_is_not_cached_indexed_or_scripted(api: Api, pool: Pool) -> None:
    _, path = await called(api, pool)
    answer = await api.client.get(path)
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'sha256-"
    )
    assert answer.headers["Referrer-Policy"] == "no-referrer"
