"""Tests of status updates of a record for reporters and subscribers, and of their limits."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from gateway.operations.major.subscribers import MOST
from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"


@pytest.fixture
async def path(api: Api) -> str:
    """The path of a record whose contact is a reporter."""
    await api.person("rep", Role.REPORTER, email="rep@example.com")
    return f"{INCIDENTS}/{(await api.incident(contact='rep'))['number']}"


async def subscribed(api: Api, path: str, scope: str, body: Any = None) -> tuple[int, Any]:
    return await api.call("POST", f"{path}/subscribers", body or {}, scope=scope)


async def test_reporter_reads_updates_but_no_other_subscribers(api: Api, path: str) -> None:
    assert (await subscribed(api, path, "rep"))[0] == 201
    assert (await subscribed(api, path, "write", {"address": "smtp:out@example.org"}))[0] == 201
    _, seen = await api.call("GET", f"{path}/subscribers", scope="rep")
    assert [one["target"] for one in seen["subscribers"]] == ["person:rep"]
    _, seen = await api.call("GET", f"{path}/subscribers", scope="read")
    assert [one["target"] for one in seen["subscribers"]] == ["person:rep", "smtp:out@example.org"]
    await api.call("POST", f"{path}/updates", {"text": "Soon."})
    _, told = await api.call("GET", f"{path}/updates", scope="rep")
    assert [one["text"] for one in told["updates"]] == ["Soon."]
    entries = (await api.call("GET", f"{path}/timeline", scope="rep"))[1]["entries"]
    assert [(one["event"], one["facts"]) for one in entries if "text" in one["facts"]] == [
        ("status_update", {"text": "Soon."})
    ]


async def test_reporter_link_shows_status_updates(api: Api, path: str) -> None:
    await api.call("POST", f"{path}/updates", {"text": "Soon."})
    link = (await api.call("POST", f"{path}/invite"))[1]["path"]
    told = [
        one["facts"]
        for one in (await api.call("GET", link))[1]["timeline"]
        if one["event"] == "status_update"
    ]
    assert told == [{"text": "Soon."}]


FILL = """
INSERT INTO subscription (incident_id, target, subscribed_at, subscribed_by)
SELECT 1, 'smtp:' || n || '@example.org', now(), 'x' FROM generate_series(1, $1) AS n
"""


async def test_number_of_subscribers_is_limited(api: Api, path: str) -> None:
    await api.uow.pool.execute(FILL, MOST - 1)
    assert (await subscribed(api, path, "rep"))[0] == 201
    assert (await subscribed(api, path, "write", {"address": "smtp:out@example.org"}))[0] == 413
    assert (await subscribed(api, path, "rep"))[0] == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": " "}, "/text"),
        ({"text": "x", "next_update_due_at": "2026-03-02T11:59:00Z"}, "/next_update_due_at"),
    ],
)
async def test_empty_or_backdated_status_update_is_refused(
    api: Api, path: str, body: Any, pointer: str
) -> None:
    status, problem = await api.call("POST", f"{path}/updates", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("slack:C0123", 201),
        ("feishu:oc_a1", 201),
        ("slack:#general", 422),
        ("slack:C1/=1.2", 422),
        ("feishu:ou_a1", 422),
    ],
)
async def test_chat_subscriber_must_be_a_conversation_id(
    api: Api, path: str, address: str, status: int
) -> None:
    assert (await subscribed(api, path, "write", {"address": address}))[0] == status
