"""The calendar that a person names over the API."""

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

OWN = "/api/v1/me/calendar"
URL = "https://calendar.example.org/private-0123456789/basic.ics"


@pytest.fixture(autouse=True)
async def people(api: Api) -> None:
    await api.person("ann", Role.TIER2)


async def test_calendar_is_named_shown_without_its_secret_and_forgotten(api: Api) -> None:
    assert (await api.call("GET", OWN, scope="ann"))[0] == 404
    asked = {"url": f" {URL} ", "words": ["Leave"], "at_least_hours": 8}
    status, shown = await api.call("PUT", OWN, asked, scope="ann")
    assert (status, shown["host"], shown["words"], shown["at_least_hours"]) == (
        200,
        "calendar.example.org",
        ["Leave"],
        8,
    )
    assert (shown["error"], shown["read_at"], shown["absences"]) == ("", None, 0)
    assert await api.call("GET", OWN, scope="ann") == (200, shown)
    assert "0123456789" not in str(shown)
    assert (await api.call("DELETE", OWN, scope="ann"))[0] == 204
    assert (await api.call("DELETE", OWN, scope="ann"))[0] == 404


async def test_another_calendar_takes_its_place_and_is_read_at_once(api: Api) -> None:
    await api.call("PUT", OWN, {"url": URL}, scope="ann")
    await api.uow.pool.execute("UPDATE person_calendar SET next_at = next_at + interval '1 h'")
    status, shown = await api.call(
        "PUT", OWN, {"url": "webcal://other.example.org/x.ics"}, scope="ann"
    )
    assert (status, shown["host"], shown["at_least_hours"]) == (200, "other.example.org", 4)
    assert shown["next_at"] == api.uow.clock.now().isoformat().replace("+00:00", "Z")
    stored = await api.uow.pool.fetchval("SELECT url FROM person_calendar")
    assert stored == "https://other.example.org/x.ics"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calendar",
        "http://calendar.example.org/x.ics",
        "https://127.0.0.1/x.ics",
        "https://169.254.169.254/x.ics",
        "https://calendar.example.org:8443/x.ics",
        "webcal://localhost/x.ics",
        "file:///etc/passwd",
    ],
)
async def test_address_that_may_not_be_called_is_refused_with_pointer(api: Api, url: str) -> None:
    status, problem = await api.call("PUT", OWN, {"url": url}, scope="ann")
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (422, ["/url"])


async def test_machine_has_no_calendar(api: Api) -> None:
    for verb, asked in (("GET", None), ("PUT", {"url": URL}), ("DELETE", None)):
        assert (await api.call(verb, OWN, asked))[0] == 403
