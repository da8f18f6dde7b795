"""Tests of monitors over the API."""

from typing import Any

import pytest

from tests.support.api import Api

MONITORS = "/api/v1/monitors"
NIGHTLY = {
    "integration": "jobs",
    "slug": "backup",
    "name": "Backup",
    "schedule": "0 2 * * *",
    "zone": "Asia/Shanghai",
}


@pytest.fixture(autouse=True)
async def integration(api: Api) -> None:
    key = {"name": "jobs", "scopes": ["ingest"], "integration": "jobs"}
    assert (await api.call("POST", "/api/v1/keys", key))[0] == 201


async def test_monitor_is_created_read_changed_and_deleted(api: Api) -> None:
    status, made = await api.call("POST", MONITORS, NIGHTLY)
    assert (status, made["state"], made["expected_at"], made["due_at"]) == (
        201,
        "new",
        "2026-03-02T18:00:00Z",
        "2026-03-02T19:00:00Z",
    )
    assert (await api.call("POST", MONITORS, NIGHTLY))[0] == 409
    one = f"{MONITORS}/{made['id']}"
    answer = await api.raw("GET", one, scope="read")
    assert (answer.headers["ETag"], await answer.json()) == ('"1"', made)
    changed = {"schedule": "", "period_seconds": 60, "grace_seconds": 30}
    status, other = await api.call("PATCH", one, changed, headers={"If-Match": '"1"'})
    assert (status, other["due_at"], other["version"]) == (200, "2026-03-02T12:01:30Z", 2)
    assert (await api.call("PATCH", one, {"enabled": False}, headers={"If-Match": '"1"'}))[0] == 412
    status, paused = await api.call("PATCH", one, {"enabled": False})
    assert (paused["state"], paused["due_at"]) == ("paused", None)
    assert (await api.call("DELETE", one))[0] == 204
    for method, sent in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert (await api.call(method, one, sent))[0] == 404


async def test_monitors_are_listed_page_by_page(api: Api) -> None:
    for number in range(3):
        assert (await api.call("POST", MONITORS, NIGHTLY | {"slug": f"job{number}"}))[0] == 201
    _, first = await api.call("GET", f"{MONITORS}?limit=2&integration=jobs", scope="read")
    _, second = await api.call("GET", f"{MONITORS}?limit=2&after={first['next']}", scope="read")
    assert [one["slug"] for one in first["monitors"] + second["monitors"]] == [
        "job0",
        "job1",
        "job2",
    ]
    assert second["next"] is None
    assert (await api.call("GET", f"{MONITORS}?integration=none", scope="read"))[1][
        "monitors"
    ] == []
    assert (await api.call("GET", f"{MONITORS}?integration=%00", scope="read"))[0] == 400


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"schedule": "never"}, 422, "/schedule"),
        ({"period_seconds": 60}, 422, "/schedule"),
        ({"zone": "Nowhere"}, 422, "/zone"),
        ({"integration": "none"}, 422, "/integration"),
        ({"grace_seconds": 0}, 400, "/grace_seconds"),
    ],
)
async def test_invalid_monitor_is_refused(
    api: Api, fields: dict[str, Any], status: int, pointer: str
) -> None:
    code, problem = await api.call("POST", MONITORS, NIGHTLY | fields)
    assert (code, [flaw["pointer"] for flaw in problem["errors"]]) == (status, [pointer])
    assert (await api.call("POST", MONITORS, NIGHTLY, scope="write"))[0] == 403
