"""The API says whether a person would be reached now, by what, and why not."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON

OWN = "/api/v1/me/reachability"


@pytest.fixture
def configuration() -> str:
    """Return settings with mail, and nothing else."""
    return '[notify.smtp]\nhost = "mail.example.com"\n'


async def seen(api: Api) -> dict[str, tuple[bool, list[str], list[str]]]:
    status, found = await api.call("GET", OWN, scope="ann")
    assert status == 200, found
    return {
        name: (
            found[name]["reached"],
            found[name]["by"],
            [one["code"] for one in found[name]["why_not"]],
        )
        for name in ("urgent", "normal")
    }


async def test_person_with_mail_is_reached(api: Api) -> None:
    await api.person("ann", Role.TIER2, email="ann@example.com")
    reached: tuple[bool, list[str], list[str]] = (True, ["smtp:ann@example.com"], [])
    assert await seen(api) == {"urgent": reached, "normal": reached}
    status, found = await api.call("GET", "/api/v1/people/ann/reachability")
    assert (status, found["login"]) == (200, "ann")


async def test_person_without_an_address_is_not_reached(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    assert (await seen(api))["urgent"] == (False, [], ["no_address"])


async def test_method_that_is_off_or_not_verified_is_named(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    methods = "/api/v1/me/contact-methods"
    typed = {"channel": "mail", "address": "ann@home.example"}
    await api.call("POST", methods, typed, scope="ann")
    assert (await seen(api))["normal"] == (False, [], ["no_address", "no_verified_method"])
    await api.call("POST", methods, {"channel": "sms"}, scope="ann")
    assert (await seen(api))["normal"] == (False, [], ["channel_off"])


@pytest.mark.parametrize(("absolute", "urgent"), [(False, True), (True, False)])
async def test_pause_is_named_with_its_end(api: Api, *, absolute: bool, urgent: bool) -> None:
    await api.person("ann", Role.TIER2, email="ann@example.com")
    until = NOON + timedelta(hours=1)
    body: dict[str, Any] = {"until": until.isoformat(), "absolute": absolute}
    await api.call("PUT", "/api/v1/me/do-not-disturb", body, scope="ann")
    found = await seen(api)
    assert found["normal"] == (False, [], ["do_not_disturb"])
    assert found["urgent"][0] == urgent
    shown = (await api.call("GET", OWN, scope="ann"))[1]["normal"]
    assert shown["until"] == "2026-03-02T13:00:00Z"


async def test_nobody_has_no_reachability(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    await api.call("DELETE", "/api/v1/people/ann")
    for login in ("nobody", "ann"):
        assert (await api.call("GET", f"/api/v1/people/{login}/reachability"))[0] == 404
    assert (await api.call("GET", OWN))[0] == 403
