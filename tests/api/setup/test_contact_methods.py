"""Tests of contact methods over the API."""

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

OWN = "/api/v1/me/methods"


async def test_person_sets_own_contact_methods(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    assert await api.call("GET", OWN, scope="ann") == (200, {"methods": []})
    chosen = {
        "methods": [
            {"channel": "voice", "address": ""},
            {"channel": "mail", "address": "ann@home.example"},
        ]
    }
    assert await api.call("PUT", OWN, chosen, scope="ann") == (200, chosen)
    assert await api.call("GET", "/api/v1/people/ann/methods") == (200, chosen)
    assert await api.call("PUT", "/api/v1/people/ann/methods", {"methods": []}) == (
        200,
        {"methods": []},
    )


@pytest.mark.parametrize(
    "method",
    [
        {"channel": "mail", "address": "nobody"},
        {"channel": "sms", "address": "+49123"},
        {"channel": "webhook", "address": "http://127.0.0.1/hook"},
        {"channel": "webhook"},
        {"channel": "slack", "address": "general"},
    ],
)
async def test_unreachable_contact_method_is_refused_with_pointer(
    api: Api, method: dict[str, str]
) -> None:
    await api.person("ann", Role.TIER2)
    status, problem = await api.call(
        "PUT", OWN, {"methods": [{"channel": "mail"}, method]}, scope="ann"
    )
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (
        422,
        ["/methods/1/address"],
    )
    assert await api.call("GET", OWN, scope="ann") == (200, {"methods": []})


async def test_only_administrator_sets_contact_methods_of_others(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    path = "/api/v1/people/ann/methods"
    assert (await api.call("PUT", path, {"methods": []}, scope="ann"))[0] == 403
    assert (await api.call("GET", OWN))[0] == 403
    for verb, asked in (("GET", None), ("PUT", {"methods": []})):
        assert (await api.call(verb, "/api/v1/people/nobody/methods", asked))[0] == 404
    assert (await api.call("PUT", path, {"methods": [{"channel": "pigeon"}]}))[0] == 400
    assert (await api.call("PUT", path, {"methods": [{"channel": "mail"}] * 11}))[0] in (400, 422)
