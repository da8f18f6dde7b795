"""Tests of the login with a password, of sessions and of a person's own keys."""

import asyncio
from datetime import timedelta
from typing import Any

import argon2
import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import FakeClock

GOOD = "a sentence for testing"
ME, OWN = "/api/v1/me", "/api/v1/me/keys"


async def person(api: Api, login: str = "ann", *roles: str, password: str | None = GOOD) -> None:
    status, made = await api.call(
        "POST", "/api/v1/people", {"login": login, "name": login.title(), "roles": list(roles)}
    )
    assert status == 201, made
    if password is not None:
        assert (await api.call("PUT", f"/api/v1/people/{login}/password", {"new": password}))[
            0
        ] == 204


async def log_in(api: Api, login: str = "ann", password: str = GOOD) -> tuple[int, Any]:
    answer = await api.client.post("/api/v1/login", json={"login": login, "password": password})
    return answer.status, await answer.json(content_type=None)


async def session(api: Api, login: str = "ann", password: str = GOOD) -> dict[str, str]:
    status, opened = await log_in(api, login, password)
    assert status == 200, opened
    return {"Authorization": f"Bearer {opened['token']}"}


async def test_password_login_opens_session_of_twelve_hours(api: Api, clock: FakeClock) -> None:
    await person(api, "ann", "service_desk")
    status, opened = await log_in(api, " ANN ")
    assert (status, opened["person"]["login"]) == (200, "ann")
    assert opened["expires_at"] == (clock.at + timedelta(hours=12)).isoformat().replace(
        "+00:00", "Z"
    )
    sent = {"X-Api-Key": opened["token"]}
    _, me = await api.call("GET", ME, headers={"Authorization": f"Bearer {opened['token']}"})
    assert (me["name"], me["scopes"]) == ("ann", ["read", "write"])
    clock.advance(timedelta(hours=12, seconds=1))
    assert (await api.client.get(ME, headers=sent)).status == 401


async def test_all_failed_logins_get_the_same_answer(api: Api) -> None:
    await person(api, "ann")
    await person(api, "bob", password=None)
    await person(api, "eve")
    await api.call("DELETE", "/api/v1/people/eve")
    answers = [
        await log_in(api, who, pw)
        for who, pw in (("ann", "x"), ("bob", "x"), ("eve", GOOD), ("nobody", "x"), ("", ""))
    ]
    told = {(status, problem["type"], problem["detail"]) for status, problem in answers}
    assert told == {(401, "/problems/unauthenticated", "the login or the password is wrong")}


async def test_repeated_wrong_passwords_block_login_until_window_ends(
    api: Api, clock: FakeClock
) -> None:
    await person(api, "ann")
    statuses = [
        status
        for status, _ in await asyncio.gather(*(log_in(api, "ann", f"guess {n}") for n in range(6)))
    ]
    assert sorted(statuses) == [401] * 3 + [429] * 3
    answer = await api.client.post("/api/v1/login", json={"login": "ann", "password": GOOD})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "900")
    clock.advance(timedelta(minutes=15))
    assert (await log_in(api))[0] == 200


async def test_successful_login_resets_failure_count(api: Api) -> None:
    await person(api, "ann")
    for _ in range(3):
        assert [(await log_in(api, "ann", pw))[0] for pw in ("x", "y", GOOD)] == [401, 401, 200]


async def test_address_trying_many_logins_is_blocked(api: Api) -> None:
    statuses = [(await log_in(api, f"user{n}"))[0] for n in range(31)]
    assert statuses == [401] * 30 + [429]


async def test_logout_ends_session_at_once(api: Api) -> None:
    await person(api, "ann")
    sent = await session(api)
    assert (await api.client.get(ME, headers=sent)).status == 200
    assert (await api.client.post("/api/v1/logout", headers=sent)).status == 204
    assert (await api.client.get(ME, headers=sent)).status == 401
    assert (await api.call("POST", "/api/v1/logout", scope="read"))[0] == 403


@pytest.mark.parametrize(("more", "of_key"), [({}, 401), ({"keep_keys": True}, 200)])
async def test_password_change_ends_other_sessions_and_optionally_keys(
    api: Api, clock: FakeClock, more: dict[str, bool], of_key: int
) -> None:
    await person(api, "ann")
    here, there = await session(api), await session(api)
    change: dict[str, Any] = {"old": GOOD, "new": "another sentence then"} | more
    assert (
        await api.client.put(f"{ME}/password", json=change | {"old": "x"}, headers=here)
    ).status == 422
    assert (
        await api.client.put(f"{ME}/password", json=change | {"new": "short"}, headers=here)
    ).status == 422
    await session(api)
    made = await (
        await api.client.post(OWN, json={"name": "k", "scopes": ["read"]}, headers=there)
    ).json()
    assert (await api.client.put(f"{ME}/password", json=change, headers=here)).status == 204
    clock.advance(timedelta(seconds=5))
    assert (await api.client.get(ME, headers={"X-Api-Key": made["key"]})).status == of_key
    assert [(await api.client.get(ME, headers=sent)).status for sent in (here, there)] == [200, 401]
    assert [(await log_in(api, "ann", pw))[0] for pw in (GOOD, change["new"])] == [401, 200]


async def test_wrong_old_passwords_are_limited(api: Api) -> None:
    await person(api, "ann")
    sent = await session(api)
    guesses = [
        (
            await api.client.put(
                f"{ME}/password", json={"old": f"x{n}", "new": "another sentence"}, headers=sent
            )
        ).status
        for n in range(4)
    ]
    assert guesses == [422, 422, 422, 429]


async def test_own_key_is_limited_to_own_scopes_and_ends_with_owner(
    api: Api, clock: FakeClock
) -> None:
    await person(api, "ann", "tier2")
    sent = await session(api)
    for wider in (["admin"], ["ingest"], ["read", "ingest"]):
        assert (
            await api.client.post(OWN, json={"name": "k", "scopes": wider}, headers=sent)
        ).status == 422
    made = await (
        await api.client.post(OWN, json={"name": "k", "scopes": ["read"]}, headers=sent)
    ).json()
    assert made["info"]["person"] == "ann"
    key = {"X-Api-Key": made["key"]}
    assert (await api.client.get(ME, headers=key)).status == 200
    assert (
        await api.client.post(OWN, json={"name": "k", "scopes": ["read"]}, headers=key)
    ).status == 403
    listed = await (await api.client.get(OWN, headers=sent)).json()
    assert [one["session"] for one in listed["keys"]] == [True, False]
    assert made["key"] not in str(listed)
    await api.call("DELETE", "/api/v1/people/ann")
    clock.advance(timedelta(seconds=5))
    assert (await api.client.get(ME, headers=key)).status == 401
    await api.call("PATCH", "/api/v1/people/ann", {"active": True})
    assert (await api.client.get(ME, headers=key)).status == 401


async def test_inactive_person_has_no_valid_session(api: Api, clock: FakeClock, pool: Pool) -> None:
    await person(api, "ann")
    sent = await session(api)
    await pool.execute("UPDATE person SET active = false")
    clock.advance(timedelta(seconds=5))
    assert (await api.client.get(ME, headers=sent)).status == 401


async def test_only_owner_revokes_own_key(api: Api) -> None:
    await person(api, "ann")
    await person(api, "bob")
    ann, bob = await session(api), await session(api, "bob")
    made = await (
        await api.client.post(OWN, json={"name": "k", "scopes": ["read"]}, headers=ann)
    ).json()
    path = f"{OWN}/{made['info']['id']}"
    assert [(await api.client.delete(path, headers=sent)).status for sent in (bob, ann)] == [
        404,
        204,
    ]
    assert (await api.client.get(ME, headers={"X-Api-Key": made["key"]})).status == 401


async def test_admin_scope_ends_with_administrator_role(api: Api, clock: FakeClock) -> None:
    await person(api, "ann", "administrator")
    sent = await session(api)
    assert (await api.client.get("/api/v1/keys", headers=sent)).status == 200
    await api.call("PATCH", "/api/v1/people/ann", {"roles": ["tier2"]})
    clock.advance(timedelta(seconds=5))
    assert (await api.client.get("/api/v1/keys", headers=sent)).status == 401
    again = await session(api)
    assert (await api.client.get("/api/v1/keys", headers=again)).status == 403


async def test_machine_key_has_no_person_or_password(api: Api) -> None:
    status, me = await api.call("GET", ME, scope="read")
    assert (status, me["person"]) == (200, None)
    assert (await api.call("POST", OWN, {"name": "k", "scopes": ["read"]}))[0] == 403
    assert (await api.call("PUT", f"{ME}/password", {"old": "x", "new": GOOD}))[0] == 403


async def test_outdated_password_hash_is_renewed_at_login(api: Api, pool: Pool) -> None:
    await person(api, "ann")
    dated = "$argon2id$v=19$m=8192,t=1,p=1$"
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1)
    await pool.execute("UPDATE person SET password_hash = $1", hasher.hash(GOOD))
    await session(api)
    assert not (await pool.fetchval("SELECT password_hash FROM person")).startswith(dated)


async def test_passwords_and_tokens_are_not_stored_in_clear(api: Api, pool: Pool) -> None:
    await person(api, "ann")
    token = (await session(api))["Authorization"].removeprefix("Bearer ")
    rows = [*await pool.fetch("SELECT * FROM person"), *await pool.fetch("SELECT * FROM api_key")]
    dump = str([tuple(row) for row in rows])
    assert GOOD not in dump
    assert token not in dump


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "ann"}, {"login": 1, "password": "x"}, {"login": "a", "password": "x" * 2000}],
)
async def test_malformed_login_returns_400(api: Api, body: Any) -> None:
    assert (await api.client.post("/api/v1/login", json=body)).status == 400


async def test_login_without_database_returns_503(api: Api, pool: Pool) -> None:
    await person(api, "ann")
    pool.terminate()
    assert (await log_in(api))[0] == 503


async def test_number_of_own_keys_is_limited(api: Api) -> None:
    await api.person("bob", Role.TIER2)
    made = [
        (await api.call("POST", OWN, {"name": f"script {at}", "scopes": ["read"]}, "bob"))
        for at in range(50)
    ]
    assert [status for status, _ in made] == [201] * 49 + [422]
    assert "limits.own_keys is 50" in made[-1][1]["detail"]
    assert (await api.call("DELETE", f"{OWN}/{made[0][1]['info']['id']}", scope="bob"))[0] == 204
    assert (await api.call("POST", OWN, {"name": "once more", "scopes": ["read"]}, "bob"))[0] == 201
