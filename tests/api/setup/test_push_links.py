"""People make a link to their own page of browsers, administrators one for anybody."""

from datetime import datetime, timedelta

from gateway.access.push_links import VALID, PushLinks
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON

OWN = "/api/v1/me/push-link"
OF_ANN = "/api/v1/people/ann/push-link"


async def test_person_makes_a_link_of_their_own(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    status, made = await api.call("POST", OWN, scope="ann")
    assert status == 201
    assert PushLinks(api.links).read(made["page"].removeprefix("/push/"), NOON).login == "ann"
    assert made["url"] == api.links.address(made["page"])
    assert datetime.fromisoformat(made["expires_at"]) == NOON + VALID


async def test_administrator_makes_a_link_for_a_person(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    status, made = await api.call("POST", OF_ANN)
    assert status == 201
    link = made["page"].removeprefix("/push/")
    assert PushLinks(api.links).read(link, NOON + timedelta(hours=1)).login == "ann"


async def test_others_make_no_link_for_a_person(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    await api.person("bob", Role.INCIDENT_MANAGER)
    for key in ("bob", "write", "read"):
        assert (await api.call("POST", OF_ANN, scope=key))[0] == 403


async def test_machine_has_no_browsers(api: Api) -> None:
    assert (await api.call("POST", OWN))[0] == 403


async def test_nobody_and_those_who_left_get_no_link(api: Api) -> None:
    assert (await api.call("POST", OF_ANN))[0] == 404
    await api.person("ann", Role.SERVICE_DESK)
    await api.call("DELETE", "/api/v1/people/ann")
    assert (await api.call("POST", OF_ANN))[0] == 409
