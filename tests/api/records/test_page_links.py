"""The readers of the page of a record by a link, and the renewal of a link that has expired."""

import re
from datetime import timedelta

import pytest

from gateway.access.staff_links import ReaderKind
from gateway.db.pool import Pool
from tests.api.records.test_page import called, everything, page_of, press, record
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.forms import get


async def test_expired_link_sends_a_new_one_to_the_person(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    number, path = await called(api, pool)
    clock.advance(timedelta(days=31))
    expired = await get(api.client, path)
    assert expired.status == 410
    assert number not in expired.text
    before = await pool.fetchval("SELECT count(*) FROM outbox")
    sent = await press(api, expired, path, "renew")
    assert (sent.status, "A new link is on its way" in sent.text) == (200, True)
    rows = await pool.fetch("SELECT recipient, template FROM outbox WHERE template = 'new_link'")
    assert [tuple(row) for row in rows] == [("ann", "new_link")]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == before + 1
    statuses = [(await press(api, expired, path, "renew")).status for _ in range(4)]
    assert 429 in statuses
    assert (await press(api, expired, path, "accept")).status == 410
    assert (await record(api, number))["handler"] == ""


async def test_expired_link_of_a_role_offers_no_new_one(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    number, _ = await called(api, pool)
    path = await page_of(api, pool, number, ReaderKind.ROLE, "service_desk")
    clock.advance(timedelta(days=31))
    assert "<form" not in (await get(api.client, path)).text
    before = await everything(pool)
    await api.client.post(f"{path}/renew", data={})
    assert await everything(pool) == before


async def test_valid_link_is_not_renewed(api: Api, pool: Pool) -> None:
    _, path = await called(api, pool)
    page = await press(api, await get(api.client, path), path, "renew")
    assert str(page.answer.url.path) == path
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'new_link'") == 0


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


async def test_link_made_before_credentials_ended_acts_no_more(api: Api, pool: Pool) -> None:
    number, path = await called(api, pool)
    page = await get(api.client, path)
    await pool.execute(
        "UPDATE person SET credentials_since = $1 WHERE login = 'ann'", NOON + timedelta(minutes=1)
    )
    assert (await press(api, page, path, "accept")).status == 404
    assert (await record(api, number))["handler"] == ""


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
