"""Calendars of shifts are fetched by a signed address without a key, until the address ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import vobject

from gateway.directory.roles import Role
from gateway.oncall.shift_feed import feed_period
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock

OWN = "/api/v1/me/calendar-feed"
DBA = "/api/v1/schedules/dba"
SCHEDULE = {
    "slug": "dba",
    "name": "Databases",
    "zone": "UTC",
    "owner": "ann",
    "layers": [
        {
            "name": "days",
            "starts_on": "2026-01-01",
            "turns": [["ann"], ["bob"]],
            "unit": "days",
            "hand_over": "12:00",
        }
    ],
}


@pytest.fixture(autouse=True)
async def schedule(api: Api) -> None:
    for login in ("ann", "bob", "eva"):
        await api.person(login, Role.TIER2, email=f"{login}@example.com")
    status, made = await api.call("POST", "/api/v1/schedules", SCHEDULE)
    assert status == 201, made


async def made(api: Api, path: str = OWN, scope: str = "ann") -> str:
    status, answer = await api.call("POST", path, scope=scope)
    assert status == 201, answer
    return str(answer["address"])


async def fetched(api: Api, address: str, etag: str = "") -> tuple[int, str, str]:
    """Return status, ETag and body, asked for without a key."""
    headers = {"If-None-Match": etag} if etag else {}
    async with api.client.get(address, headers=headers) as answer:
        return answer.status, answer.headers.get("ETag", ""), await answer.text()


def events(text: str) -> list[Any]:
    return list(vobject.readOne(text).contents.get("vevent", []))


def read_shifts(text: str) -> list[tuple[datetime, datetime]]:
    return [(one.dtstart.value, one.dtend.value) for one in events(text)]


async def shifts_of(api: Api, login: str | None = None) -> list[tuple[datetime, datetime]]:
    """Return the shifts that the API lists for the time of feeds."""
    since, until = feed_period(NOON)
    query = f"?from={since:%Y-%m-%dT%H:%M:%SZ}&to={until:%Y-%m-%dT%H:%M:%SZ}"
    _, answer = await api.call("GET", f"{DBA}/shifts{query}")
    return [
        (datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]))
        for one in answer["shifts"]
        if login is None or login in one["people"]
    ]


async def test_feed_has_shifts_of_person_as_another_library_reads_them(api: Api) -> None:
    status, _, text = await fetched(api, await made(api))
    assert status == 200
    assert read_shifts(text) == await shifts_of(api, "ann")
    assert len(read_shifts(text)) == 50
    assert {one.summary.value for one in events(text)} == {"On call: Databases"}


async def test_feed_of_schedule_has_all_shifts(api: Api) -> None:
    address = await made(api, f"{DBA}/feed")
    _, _, text = await fetched(api, address)
    assert read_shifts(text) == await shifts_of(api)
    assert {one.summary.value for one in events(text)} == {"Ann (Databases)", "Bob (Databases)"}


async def test_absence_is_in_feed_with_higher_sequence(api: Api, clock: FakeClock) -> None:
    address = await made(api)
    _, before, text = await fetched(api, address)
    sequence = int(events(text)[0].sequence.value)
    assert await fetched(api, address, before) == (304, before, "")
    clock.advance(timedelta(minutes=5))
    assert (await fetched(api, address, f'"x", W/{before}'))[0] == 304
    leave = {"from": "2026-03-05T00:00:00Z", "to": "2026-03-20T00:00:00Z"}
    assert (await api.call("POST", "/api/v1/me/absences", leave, scope="ann"))[0] == 201
    status, after, text = await fetched(api, address, before)
    assert (status, after != before) == (200, True)
    assert read_shifts(text) == await shifts_of(api, "ann")
    assert {int(one.sequence.value) for one in events(text)} == {sequence + 300}
    bobs = await shifts_of(api, "bob")
    _, _, text = await fetched(api, await made(api, scope="bob"))
    assert read_shifts(text) == bobs
    assert any("Stands in" in one.description.value for one in events(text))


async def test_uid_of_shift_stays_when_others_change(api: Api, clock: FakeClock) -> None:
    address = await made(api)
    _, _, text = await fetched(api, address)
    before = {one.uid.value: one.dtstart.value for one in events(text)}
    clock.advance(timedelta(days=1))
    override = {"from": "2026-04-01T12:00:00Z", "to": "2026-04-09T12:00:00Z", "people": ["eva"]}
    assert (await api.call("POST", f"{DBA}/overrides", override))[0] == 201
    _, _, text = await fetched(api, address)
    after = {one.uid.value: one.dtstart.value for one in events(text)}
    assert after.items() - before.items() == set() or len(after.keys() - before.keys()) == 1
    assert len(before.keys() - after.keys()) in range(3, 6)


async def test_new_address_ends_the_one_before_and_revocation_ends_all(api: Api) -> None:
    first = await made(api)
    second = await made(api)
    assert first != second
    assert [(await fetched(api, one))[0] for one in (first, second)] == [404, 200]
    assert (await api.call("GET", OWN, scope="ann"))[1]["address"] == second
    assert (await api.call("DELETE", OWN, scope="ann"))[0] == 204
    assert (await fetched(api, second))[0] == 404
    assert (await api.call("GET", OWN, scope="ann"))[0] == 404
    assert (await api.call("DELETE", OWN, scope="ann"))[0] == 404
    third = await made(api)
    assert [(await fetched(api, one))[0] for one in (first, second, third)] == [404, 404, 200]


async def test_address_ends_with_what_else_was_issued_to_person(api: Api) -> None:
    address = await made(api)
    await api.uow.pool.execute("UPDATE person SET credentials_since = $1", NOON)
    assert (await fetched(api, address))[0] == 404


async def test_address_of_inactive_person_or_schedule_ends(api: Api) -> None:
    of_bob, of_schedule = await made(api, scope="bob"), await made(api, f"{DBA}/feed")
    assert (await api.call("DELETE", "/api/v1/people/bob"))[0] == 204
    assert (await fetched(api, of_bob))[0] == 404
    assert (await fetched(api, of_schedule))[0] == 200
    assert (await api.call("DELETE", DBA))[0] == 204
    assert (await fetched(api, of_schedule))[0] == 404
    assert (await api.call("POST", f"{DBA}/feed"))[0] == 404


async def test_only_owner_and_planners_make_address_of_schedule(api: Api) -> None:
    path = f"{DBA}/feed"
    for verb in ("POST", "DELETE"):
        assert (await api.call(verb, path, scope="bob"))[0] == 403
    assert (await api.call("GET", path, scope="bob"))[0] == 404
    address = await made(api, path)
    assert (await api.call("GET", path, scope="bob"))[1]["address"] == address
    assert (await api.call("DELETE", path, scope="ann"))[0] == 204
    assert (await api.call("DELETE", path, scope="ann"))[0] == 404
    assert (await api.call("POST", "/api/v1/schedules/none/feed"))[0] == 404


@pytest.mark.parametrize("token", ["x", "a" * 128, "00000000.1.1." + "A" * 43])
async def test_address_that_nobody_signed_is_not_found(api: Api, token: str) -> None:
    await made(api)
    assert (await fetched(api, f"/calendar/{token}.ics"))[0] == 404


async def test_address_of_other_feed_is_not_made_by_changing_number(api: Api) -> None:
    await made(api)
    address = await made(api, scope="bob")
    secret, feed, *rest = address.split(".")
    other = ".".join((secret, str(int(feed) - 1), *rest))
    assert (await fetched(api, other))[0] == 404


async def test_machine_has_no_feed_and_person_without_shifts_an_empty_one(api: Api) -> None:
    for verb in ("GET", "POST", "DELETE"):
        assert (await api.call(verb, OWN))[0] == 403
    status, _, text = await fetched(api, await made(api, scope="eva"))
    assert (status, events(text)) == (200, [])


async def test_feed_is_in_language_of_person(api: Api) -> None:
    await api.call("PATCH", "/api/v1/people/ann", {"locale": "zh-CN"})
    _, _, text = await fetched(api, await made(api))
    assert {one.summary.value for one in events(text)} == {"值班：Databases"}
    assert "X-WR-CALNAME:Ann 的值班" in text
