"""Tests of people and groups over the API."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import FakeClock

PEOPLE, GROUPS = "/api/v1/people", "/api/v1/groups"
ANN = {
    "login": "ann",
    "name": "安妮",
    "email": "Ann@example.com",
    "phone": "+86 138 0013 8000",
    "locale": "zh-CN",
    "zone": "Asia/Shanghai",
    "roles": ["tier2", "service_desk"],
    "skills": ["Oracle", "linux"],
}


async def test_person_is_normalised_and_read_back(api: Api) -> None:
    status, made = await api.call("POST", PEOPLE, ANN)
    assert (status, made["phone"], made["roles"]) == (
        201,
        "+8613800138000",
        ["service_desk", "tier2"],
    )
    assert made["skills"] == ["linux", "oracle"]
    assert await api.call("GET", f"{PEOPLE}/ann", scope="read") == (200, made)
    assert (await api.call("GET", f"{PEOPLE}/bob"))[0] == 404


async def test_person_is_made_with_contact_methods(api: Api) -> None:
    methods = [{"channel": "webpush", "address": ""}, {"channel": "mail", "address": "a@b.example"}]
    assert (await api.call("POST", PEOPLE, ANN | {"methods": methods}))[0] == 201
    status, listed = await api.call("GET", f"{PEOPLE}/ann/contact-methods")
    assert status == 200
    assert [(one["channel"], one["verified_as"]) for one in listed["contact_methods"]] == [
        ("webpush", "directory"),
        ("mail", "administrator"),
    ]


async def test_person_with_an_unusable_contact_method_is_not_made(api: Api) -> None:
    methods = [{"channel": "mail"}, {"channel": "slack"}]
    status, problem = await api.call("POST", PEOPLE, ANN | {"methods": methods})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/methods/1/address")
    assert (await api.call("GET", f"{PEOPLE}/ann"))[0] == 404


async def test_login_and_email_are_unique(api: Api) -> None:
    await api.call("POST", PEOPLE, ANN)
    for taken in (
        {"login": "ann", "name": "x"},
        {"login": "bob", "name": "x", "email": "ann@EXAMPLE.com"},
    ):
        status, problem = await api.call("POST", PEOPLE, taken)
        assert (status, problem["type"]) == (409, "/problems/conflict")
    await api.call("POST", PEOPLE, {"login": "bob", "name": "Bob"})
    assert (await api.call("PATCH", f"{PEOPLE}/bob", {"email": "ann@example.com"}))[0] == 409


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"phone": "12"}, 422, "/phone"),
        ({"zone": "Mars"}, 422, "/zone"),
        ({"email": "a@b\nc"}, 422, "/email"),
        ({"login": "system"}, 422, "/login"),
        ({"login": "Ann"}, 400, "/login"),
        ({"roles": ["root"]}, 400, "/roles/0"),
        ({"locale": "de"}, 400, "/locale"),
        ({"id": 1}, 400, "/id"),
        ({"name": "a\nb"}, 400, "/name"),
    ],
)
async def test_invalid_person_field_is_refused_with_pointer(
    api: Api, fields: dict[str, Any], status: int, pointer: str
) -> None:
    answered, problem = await api.call("POST", PEOPLE, {"login": "ann", "name": "Ann"} | fields)
    assert (
        answered,
        problem["errors"][0]["pointer"].replace("/...", "/0").replace("/*", "/0"),
    ) == (status, pointer)


async def test_concurrent_changes_of_one_version_have_one_winner(api: Api) -> None:
    await api.call("POST", PEOPLE, ANN)
    answers = await asyncio.gather(
        *(
            api.call("PATCH", f"{PEOPLE}/ann", {"name": name}, headers={"If-Match": '"1"'})
            for name in ("A", "B")
        )
    )
    assert sorted(status for status, _ in answers) == [200, 412]


async def test_unchanged_values_create_no_new_version(api: Api) -> None:
    await api.call("POST", PEOPLE, ANN)
    _, same = await api.call(
        "PATCH", f"{PEOPLE}/ann", {"skills": ["LINUX", "oracle"], "phone": "+8613800138000"}
    )
    assert same["version"] == 1


async def test_deactivated_person_leaves_groups_and_active_list(api: Api) -> None:
    await api.call("POST", PEOPLE, ANN)
    await api.call(
        "POST",
        GROUPS,
        {"slug": "dba", "name": "DBA", "tier": "tier2", "members": ["ann"], "skills": ["SQL"]},
    )
    assert (await api.call("GET", f"{PEOPLE}/ann"))[1]["groups"] == ["dba"]
    assert (await api.call("DELETE", f"{PEOPLE}/ann"))[0] == 204
    assert (await api.call("GET", f"{GROUPS}/dba"))[1]["members"] == []
    assert (await api.call("GET", f"{PEOPLE}?active=true"))[1]["people"] == []
    assert len((await api.call("GET", f"{PEOPLE}?active=false"))[1]["people"]) == 1


async def test_group_members_must_exist(api: Api) -> None:
    await api.call("POST", PEOPLE, ANN)
    group = {"slug": "dba", "name": "DBA", "tier": "tier2", "members": ["ann", "nobody"]}
    status, problem = await api.call("POST", GROUPS, group)
    assert (status, problem["errors"][0]["detail"]) == (422, "unknown: nobody")
    assert (await api.call("GET", f"{GROUPS}/dba"))[0] == 404
    status, made = await api.call("POST", GROUPS, group | {"members": ["ann"]})
    assert (status, made["members"], made["version"]) == (201, ["ann"], 1)
    assert (await api.call("POST", GROUPS, group | {"members": []}))[0] == 409
    status, left = await api.call(
        "PATCH", f"{GROUPS}/dba", {"members": []}, headers={"If-Match": '"1"'}
    )
    assert (status, left["members"], left["version"]) == (200, [], 2)
    assert (await api.call("DELETE", f"{GROUPS}/dba"))[0] == 204
    assert (await api.call("GET", f"{GROUPS}/dba"))[1]["active"] is False


async def test_unknown_role_in_database_grants_nothing(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    await api.person("ann", Role.TIER2)
    await pool.execute("UPDATE person SET roles = '{tier2,archivist}'")
    clock.advance(timedelta(seconds=5))
    status, me = await api.call("GET", "/api/v1/me", scope="ann")
    assert (status, me["person"]["roles"]) == (200, ["tier2"])


async def test_people_and_group_pages_neither_skip_nor_repeat(api: Api) -> None:
    for n in range(5):
        await api.call("POST", PEOPLE, {"login": f"p{n}", "name": "x"})
        await api.call("POST", GROUPS, {"slug": f"g{n}", "name": "x", "tier": "desk"})
    for path, name, key in ((PEOPLE, "people", "login"), (GROUPS, "groups", "slug")):
        seen, after = [], ""
        while after is not None:
            _, page = await api.call("GET", f"{path}?limit=2&after={after}", scope="read")
            seen += [one[key][1:] for one in page[name]]
            after = page["next"]
        assert seen == list("01234")
