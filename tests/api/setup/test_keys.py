"""A key never sees more than the person or key that created it."""

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api

INCIDENTS, KEYS = "/api/v1/incidents", "/api/v1/keys"


async def made_by(api: Api, maker: str, scope: str = "admin") -> bool:
    """Make a key, named `maker` and the scope; return whether it may see security incidents."""
    name = f"{maker}'s {scope}"
    status, made = await api.call("POST", KEYS, {"name": name, "scopes": [scope]}, scope=maker)
    assert status == 201, made
    api.keys[name] = made["key"]
    return bool(made["info"]["privy"])


async def test_key_sees_security_incidents_only_if_its_creator_does(api: Api) -> None:
    await api.person("adam", Role.ADMINISTRATOR)
    await api.person("mona", Role.ADMINISTRATOR, Role.INCIDENT_MANAGER)
    hidden, ordinary = (
        (await api.incident(security=True))["number"],
        (await api.incident())["number"],
    )
    privy = {maker: await made_by(api, maker) for maker in ("adam", "mona", "admin")}
    privy["adam's admin"] = await made_by(api, "adam's admin")
    assert privy == {"adam": False, "mona": True, "admin": True, "adam's admin": False}
    for maker, sees in privy.items():
        _, listed = await api.call("GET", INCIDENTS, scope=f"{maker}'s admin")
        assert {one["number"] for one in listed["incidents"]} == (
            {hidden, ordinary} if sees else {ordinary}
        )
        assert (await api.call("GET", f"{INCIDENTS}/{hidden}", scope=f"{maker}'s admin"))[0] == (
            200 if sees else 404
        )
        assert (
            await api.call(
                "POST", f"{INCIDENTS}/{ordinary}/note", {"note": "x"}, scope=f"{maker}'s admin"
            )
        )[0] == 200


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_read_or_write_key_sees_no_security_incidents(api: Api, scope: str) -> None:
    hidden = (await api.incident(security=True))["number"]
    assert await made_by(api, "admin", scope) is False
    method, path, body = ("GET", "", None) if scope == "read" else ("POST", "/note", {"note": "x"})
    assert (await api.call(method, f"{INCIDENTS}/{hidden}{path}", body, scope=f"admin's {scope}"))[
        0
    ] == 404


async def test_key_created_by_previous_release_sees_no_security_incidents(
    api: Api, pool: Pool
) -> None:
    hidden = (await api.incident(security=True))["number"]
    await made_by(api, "admin")
    await pool.execute("UPDATE api_key SET privy = DEFAULT WHERE name = $1", "admin's admin")
    assert (await api.call("GET", f"{INCIDENTS}/{hidden}", scope="admin's admin"))[0] == 404
