"""Tests of the read-only page of one record, to which a notification of staff links."""

import re
from datetime import timedelta

import pytest

from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.db.pool import Pool
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.forms import get

INCIDENTS = "/api/v1/incidents"


async def page_of(api: Api, pool: Pool, number: str, kind: ReaderKind, name: str) -> str:
    """Return the path of the page in a notification to this reader."""
    incident_id = await pool.fetchval("SELECT id FROM incident WHERE number = $1", number)
    return f"/r/{StaffLinks(api.links).make(StaffLink(incident_id, kind, name), NOON)}"


async def test_staff_page_shows_incident_and_timeline_in_reader_language(
    api: Api, pool: Pool
) -> None:
    number = (
        await api.incident(title="打印机 <b>", description="one\ntwo", contact="a@b.example")
    )["number"]
    await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "paper <jam>"})
    path = await page_of(api, pool, number, ReaderKind.ROLE, "leader")
    before = await pool.fetch("SELECT * FROM timeline")
    chinese, english = await get(api.client, path, "zh"), await get(api.client, path, "en")
    assert (chinese.status, chinese.number) == (200, number)
    assert "<dt>优先级</dt>" in chinese.text
    assert "<dt>Priority</dt>" in english.text
    for text in ("打印机 &lt;b&gt;", "one\ntwo", "paper &lt;jam&gt;"):
        assert text in english.text
    assert "<form" not in english.text
    assert "<script" not in english.text
    assert await pool.fetch("SELECT * FROM timeline") == before
    assert (await api.client.post(path)).status == 405


async def test_staff_page_is_not_cached_or_indexed_and_link_expires(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    number = (await api.incident(contact="a@b.example"))["number"]
    path = await page_of(api, pool, number, ReaderKind.ROLE, "handler")
    answer = await api.client.get(path)
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    clock.advance(timedelta(days=31))
    assert (await api.client.get(path)).status == 404


@pytest.mark.parametrize(
    ("kind", "name", "sees"),
    [
        (ReaderKind.ROLE, "incident_manager", 200),
        (ReaderKind.ROLE, "leader", 404),
        (ReaderKind.ROLE, "handler", 404),
        (ReaderKind.PERSON, "nobody", 404),
    ],
)
async def test_staff_page_of_security_incident_opens_only_for_security_roles(
    api: Api, pool: Pool, kind: ReaderKind, name: str, sees: int
) -> None:
    number = (await api.incident(contact="a@b.example"))["number"]
    path = await page_of(api, pool, number, kind, name)
    await pool.execute("UPDATE incident SET security = true WHERE number = $1", number)
    assert (await api.client.get(path)).status == sees


async def test_staff_page_access_follows_current_roles_of_person(api: Api, pool: Pool) -> None:
    number = (await api.incident(contact="a@b.example"))["number"]
    await api.hire("data-base", "ann")
    path = await page_of(api, pool, number, ReaderKind.PERSON, "ann")
    assert (await api.client.get(path)).status == 200
    await pool.execute("UPDATE incident SET security = true WHERE number = $1", number)
    assert (await api.client.get(path)).status == 404
    await pool.execute("UPDATE person SET roles = '{security}' WHERE login = 'ann'")
    assert (await api.client.get(path)).status == 200
    await pool.execute("UPDATE person SET active = false WHERE login = 'ann'")
    assert (await api.client.get(path)).status == 404


async def test_non_web_addresses_are_not_linked(api: Api, pool: Pool) -> None:
    number = (await api.incident(contact="a@b.example"))["number"]
    links = (
        '[{"href": "javascript:alert(1)", "text": "x"}, {"href": '
        '"https://w.example/r", "text": ""}]'
    )
    await pool.execute("UPDATE incident SET links = $1::json WHERE number = $2", links, number)
    path = await page_of(api, pool, number, ReaderKind.ROLE, "leader")
    text = (await get(api.client, path)).text
    assert re.findall(r'<a href="(\w+:[^"]*)"', text) == ["https://w.example/r"]
