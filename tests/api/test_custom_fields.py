"""Tests of the fields that the configuration adds to records, over the API."""

from typing import Any

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"


@pytest.fixture
def configuration() -> str:
    return """
[[fields]]
name = "room"
type = "text"
labels = { en = "room", "zh-CN" = "房间" }
[[fields]]
name = "cause"
type = "choice"
choices = ["hardware", "software"]
required_on = ["resolve"]
kinds = ["incident"]
labels = { en = "cause", "zh-CN" = "原因" }
[[fields]]
name = "seats"
type = "number"
kinds = ["service_request"]
required_on = ["create"]
labels = { en = "seats", "zh-CN" = "座位" }
"""


async def changed(api: Api, number: str) -> list[dict[str, Any]]:
    entries = (await api.call("GET", f"{INCIDENTS}/{number}/timeline"))[1]["entries"]
    return [{"actor": one["actor"], **one["facts"]} for one in entries if one["event"] == "changed"]


async def test_field_definitions_are_listed_in_both_languages(api: Api) -> None:
    status, listed = await api.call("GET", "/api/v1/fields", scope="read")
    assert (status, [one["name"] for one in listed["fields"]]) == (200, ["room", "cause", "seats"])
    assert listed["fields"][1] == {
        "name": "cause",
        "type": "choice",
        "labels": {"en": "cause", "zh-CN": "原因"},
        "kinds": ["incident"],
        "choices": ["hardware", "software"],
        "required_on": ["resolve"],
    }


async def test_field_values_are_set_and_corrections_are_recorded(api: Api, pool: Pool) -> None:
    await api.person("dee", Role.SERVICE_DESK)
    made = await api.incident(fields={"room": "4.11"})
    assert made["fields"] == {"room": "4.11"}
    opened = (await api.call("GET", f"{INCIDENTS}/{made['number']}/timeline"))[1]["entries"][0]
    assert opened["facts"]["fields"] == {"room": "4.11"}
    patch = {"fields": {"room": None, "cause": "hardware"}, "note": "looked at it"}
    status, after = await api.call("PATCH", f"{INCIDENTS}/{made['number']}", patch, scope="dee")
    assert (status, after["fields"]) == (200, {"cause": "hardware"})
    assert await changed(api, made["number"]) == [
        {
            "actor": "dee",
            "note": "looked at it",
            "changes": [
                {"field": "fields.cause", "old": None, "new": "hardware"},
                {"field": "fields.room", "old": "4.11", "new": None},
            ],
        }
    ]
    again = (
        await api.call("PATCH", f"{INCIDENTS}/{made['number']}", {"fields": {"cause": "hardware"}})
    )[1]
    assert again["version"] == after["version"]
    assert await pool.fetchval("SELECT fields->>'cause' FROM incident") == "hardware"


async def test_invalid_field_value_is_refused_with_pointer(api: Api) -> None:
    number = (await api.incident())["number"]
    for fields, pointer in (
        ({"room": 5}, "/fields/room"),
        ({"cause": "x"}, "/fields/cause"),
        ({"none": "x"}, "/fields/none"),
    ):
        for method, path, more in (
            ("POST", INCIDENTS, {"title": "x"}),
            ("PATCH", f"{INCIDENTS}/{number}", {}),
        ):
            status, problem = await api.call(method, path, {"fields": fields} | more)
            assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (422, [pointer])


async def test_resolution_is_refused_while_required_field_is_missing(api: Api) -> None:
    number = (await api.incident())["number"]
    status, problem = await api.call("POST", f"{INCIDENTS}/{number}/resolve", {})
    assert (status, problem["errors"]) == (
        422,
        [{"pointer": "/fields/cause", "detail": "is needed first"}],
    )
    results = (
        await api.call("POST", f"{INCIDENTS}/bulk", {"numbers": [number], "action": "resolve"})
    )[1]["results"]
    assert results[0]["problem"] == "/problems/unprocessable"
    await api.call("PATCH", f"{INCIDENTS}/{number}", {"fields": {"cause": "software"}})
    assert (await api.call("POST", f"{INCIDENTS}/{number}/resolve", {}))[0] == 200


async def test_master_resolution_skips_linked_incident_lacking_required_field(api: Api) -> None:
    master = (await api.incident(fields={"cause": "software"}))["number"]
    ready, lacking = [
        (await api.incident(fields=fields))["number"] for fields in ({"cause": "hardware"}, {})
    ]
    for number in (ready, lacking):
        await api.call("POST", f"{INCIDENTS}/{number}/link", {"master": master})
    assert (await api.call("POST", f"{INCIDENTS}/{master}/resolve", {"related": True}))[0] == 200
    states = [
        (await api.call("GET", f"{INCIDENTS}/{number}"))[1]["state"] for number in (ready, lacking)
    ]
    assert states == ["resolved", "logged"]


async def test_request_field_is_required_on_creation_and_refused_on_incident(api: Api) -> None:
    request = {
        "title": "chairs",
        "kind": "service_request",
        "request_category": "hardware_software",
    }
    assert (await api.call("POST", INCIDENTS, request))[0] == 422
    assert (await api.call("POST", INCIDENTS, request | {"fields": {"seats": 2.5}}))[0] == 201
    assert (await api.call("POST", INCIDENTS, {"title": "x", "fields": {"seats": 2}}))[0] == 422


async def test_a_list_is_filtered_by_fields(api: Api) -> None:
    both = await api.incident(fields={"room": "4.11", "cause": "software"})
    await api.incident(fields={"room": "4.11"})
    await api.incident()

    async def found(query: str) -> tuple[int, Any]:
        status, page = await api.call("GET", f"{INCIDENTS}?{query}")
        return status, len(page["incidents"]) if status == 200 else page["errors"][0]["pointer"]

    assert await found("field.room=4.11") == (200, 2)
    assert await found("field.room=4.11&field.cause=software") == (200, 1)
    assert await found("field.room=5") == (200, 0)
    assert await found("field.seats=2.50") == (200, 0)
    assert await found("field.NAME=5") == (400, "/field.NAME")
    assert await found("field.seats=many") == (400, "/field.seats")
    assert await found("field.room=a&field.room=b") == (400, "/field.room")
    page = (await api.call("GET", f"{INCIDENTS}?field.cause=software&priority=4"))[1]
    assert [one["number"] for one in page["incidents"]] == [both["number"]]


async def test_reporter_filter_by_field_returns_own_incidents_only(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    own = await api.incident(fields={"room": "1"}, contact="rep")
    await api.incident(fields={"room": "1"})
    page = (await api.call("GET", f"{INCIDENTS}?field.room=1", scope="rep"))[1]
    assert [one["number"] for one in page["incidents"]] == [own["number"]]


async def test_tier_2_assignee_may_fill_required_fields(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    number = (await api.incident())["number"]
    assert (
        await api.call(
            "PATCH", f"{INCIDENTS}/{number}", {"fields": {"cause": "software"}}, scope="ann"
        )
    )[0] == 403
    await api.call("POST", f"{INCIDENTS}/{number}/assign", {"person": "ann"})
    assert (
        await api.call(
            "PATCH", f"{INCIDENTS}/{number}", {"fields": {"cause": "software"}}, scope="ann"
        )
    )[0] == 200


async def test_follow_on_incident_inherits_fields(api: Api) -> None:
    number = (await api.incident(fields={"room": "4.11", "cause": "software"}))["number"]
    for action in ("resolve", "close"):
        await api.call("POST", f"{INCIDENTS}/{number}/{action}", {})
    made = (await api.call("POST", f"{INCIDENTS}/{number}/follow_on", {}))[1]
    assert made["fields"] == {"room": "4.11", "cause": "software"}
