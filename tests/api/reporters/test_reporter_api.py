"""A reporter uses the API with a link instead of a key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.access.reporter_links import ReporterLinks
from gateway.db.pool import Pool
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock

INCIDENTS = "/api/v1/incidents"


async def invited(api: Api, **fields: Any) -> tuple[str, str]:
    """Return the number of a new record and the path of its reporter link."""
    number = (await api.incident(contact="rep@example.com", **fields))["number"]
    status, invitation = await api.call("POST", f"{INCIDENTS}/{number}/invite", scope="write")
    assert status == 201, invitation
    return number, str(invitation["path"])


async def by_link(api: Api, path: str, action: str = "", body: Any = None) -> tuple[int, Any]:
    method = "POST" if action else "GET"
    answer = await api.client.request(
        method, f"{path}/{action}" if action else path, json=body if action else None
    )
    return answer.status, await answer.json(content_type=None)


async def solved(api: Api, number: str) -> None:
    await api.call(
        "POST", f"{INCIDENTS}/{number}/resolve", {"solution": "restarted", "note": "hush"}
    )


async def test_reporter_link_shows_incident_without_internal_details(api: Api) -> None:
    number, path = await invited(api, title="Printer on fire", labels={"secret": "label"})
    await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "user is confused"})
    await api.hire("dba", "ann")
    await api.call(
        "POST",
        f"{INCIDENTS}/{number}/assign",
        {"group": "dba", "person": "ann", "note": "politics"},
    )
    await solved(api, number)
    status, mine = await by_link(api, path)
    assert (status, mine["number"], mine["title"], mine["state"]) == (
        200,
        number,
        "Printer on fire",
        "resolved",
    )
    assert (mine["solution"], mine["actions"]) == (
        "restarted",
        ["confirm", "refuse", "rate", "note"],
    )
    assert [one["event"] for one in mine["timeline"]] == ["opened", "assigned", "resolved"]
    for secret in ("confused", "politics", "hush", "dba", "ann", "label", "admin", "write"):
        assert secret not in str(mine)


async def test_get_requests_by_link_change_nothing(api: Api, pool: Pool) -> None:
    number, path = await invited(api)
    await solved(api, number)
    before = await pool.fetch("SELECT * FROM timeline")
    for method in ("GET", "HEAD", "GET"):
        assert (await api.client.request(method, path)).status == 200
    for action in ("confirm", "refuse", "rate", "note"):
        assert (await api.client.get(f"{path}/{action}")).status == 405
    assert await pool.fetch("SELECT * FROM timeline") == before
    assert (await api.call("GET", f"{INCIDENTS}/{number}"))[1]["state"] == "resolved"


async def test_repeated_confirmation_closes_incident_once(api: Api) -> None:
    number, path = await invited(api)
    await solved(api, number)
    first = await by_link(api, path, "confirm", {"satisfaction": 3, "note": "thanks"})
    again = await by_link(api, path, "confirm", {"satisfaction": 1})
    assert first == again
    assert (first[0], first[1]["state"], first[1]["satisfaction"], first[1]["actions"]) == (
        200,
        "closed",
        3,
        ["rate"],
    )
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    closed = [entry for entry in timeline["entries"] if entry["event"] == "closed"]
    assert [(entry["actor"], entry["facts"]["note"]) for entry in closed] == [
        ("reporter", "thanks")
    ]


async def test_refusal_reopens_incident_and_reporter_reads_own_notes(api: Api) -> None:
    number, path = await invited(api)
    await solved(api, number)
    status, mine = await by_link(api, path, "refuse", {"note": "still on fire"})
    assert (status, mine["state"], mine["actions"]) == (200, "in_progress", ["note"])
    assert (await by_link(api, path, "refuse", {}))[0] == 409
    _, mine = await by_link(api, path, "note", {"note": "now the desk too"})
    own = [(one["event"], one["facts"]["note"]) for one in mine["timeline"] if one["own"]]
    assert own == [("reopened", "still on fire"), ("note", "now the desk too")]
    await solved(api, number)
    assert (await by_link(api, path, "rate", {"satisfaction": 1}))[1]["satisfaction"] == 1
    assert (await by_link(api, path, "confirm", {}))[1]["satisfaction"] == 1


async def test_closed_incident_accepts_rating_but_no_note(api: Api) -> None:
    number, path = await invited(api)
    await solved(api, number)
    await by_link(api, path, "confirm", {})
    assert (await by_link(api, path, "note", {"note": "x"}))[0] == 403
    assert (await by_link(api, path, "rate", {"satisfaction": 2}))[0] == 200


async def test_confirmation_by_link_leaves_linked_incident_resolved(api: Api) -> None:
    number, path = await invited(api)
    child = (await api.incident())["number"]
    await api.call("POST", f"{INCIDENTS}/{child}/link", {"master": number})
    await api.call("POST", f"{INCIDENTS}/{number}/resolve", {"related": True})
    assert (await by_link(api, path, "confirm", {"related": True}))[0] == 400
    assert (await by_link(api, path, "confirm", {}))[0] == 200
    assert (await api.call("GET", f"{INCIDENTS}/{child}"))[1]["state"] == "resolved"


async def test_invalid_and_expired_links_get_the_same_answer(api: Api, clock: FakeClock) -> None:
    _, path = await invited(api)
    link = path.rpartition("/")[2]
    foreign = ReporterLinks((b"stranger",), timedelta(days=1)).make(1, NOON)[0]
    beyond, over = api.links.make(10**17, NOON)[0], api.links.make(1, NOON - timedelta(days=31))[0]
    parts = link.split(".")
    other = ".".join([parts[0], "2", *parts[2:]])
    answers = [
        await by_link(api, f"/api/v1/mine/{one}")
        for one in (link + "A", foreign, beyond, over, other, "x")
    ]
    assert {(status, problem["detail"]) for status, problem in answers} == {
        (404, "this link is not valid, or no longer: ask the service desk")
    }
    clock.advance(timedelta(days=30))
    assert (await by_link(api, path))[0] == 404
    assert (await by_link(api, path, "note", {"note": "x"}))[0] == 404


async def test_link_signed_with_previous_secret_is_accepted(api: Api) -> None:
    await invited(api)
    older = ReporterLinks((b"old secret",), timedelta(days=1)).make(1, NOON)[0]
    assert (await by_link(api, f"/api/v1/mine/{older}"))[0] == 200


async def test_link_to_incident_flagged_as_security_returns_404(api: Api) -> None:
    number, path = await invited(api)
    await api.call("PATCH", f"{INCIDENTS}/{number}", {"security": True})
    assert (await by_link(api, path))[0] == 404
    assert (await by_link(api, path, "note", {"note": "x"}))[0] == 404


async def test_incident_without_reporter_has_no_invitation(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    await pool.execute("UPDATE incident SET owner = '', contact = ''")
    assert (await api.call("POST", f"{INCIDENTS}/{number}/invite"))[0] == 422
    link = api.links.make(1, NOON)[0]
    assert (await by_link(api, f"/api/v1/mine/{link}"))[0] == 404


@pytest.mark.parametrize(
    ("action", "body"),
    [("confirm", {"satisfaction": 4}), ("rate", {}), ("note", {"note": ""}), ("note", {"x": 1})],
)
async def test_invalid_reporter_action_returns_400(api: Api, action: str, body: Any) -> None:
    _, path = await invited(api)
    assert (await by_link(api, path, action, body))[0] == 400


async def test_invitation_has_full_url_if_external_url_is_set(api: Api) -> None:
    number = (await api.incident(contact="rep@example.com"))["number"]
    _, invitation = await api.call("POST", f"{INCIDENTS}/{number}/invite", scope="write")
    assert invitation["url"] == ""
    known = replace(api.links, external_url="https://gw.example/")
    assert known.address(invitation["page"]) == f"https://gw.example{invitation['page']}"
