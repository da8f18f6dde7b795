"""Tests of the preview of changed policies and calendars."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

PREVIEW = "/api/v1/sla/preview"
DESK_2M: dict[str, Any] = {"policies": {"itil-minutes": {"targets": {"1": {"desk": "2m"}}}}}
URGENT = {"impact": "business", "urgency": "urgent"}


async def test_preview_lists_moved_deadlines_and_changes_nothing(api: Api) -> None:
    record = await api.incident(**URGENT)
    await api.incident()
    status, answer = await api.call("POST", PREVIEW, DESK_2M)
    assert status == 200
    moved = {
        "clock": "desk",
        "due_before": "2026-03-02T12:05:00Z",
        "due_after": "2026-03-02T12:02:00Z",
    }
    assert answer == {
        "moved": [{"number": record["number"], **moved}],
        "examined": 2,
        "next": None,
    }
    assert (await api.call("GET", f"/api/v1/incidents/{record['number']}"))[1]["sla"][
        "next_due_at"
    ] == record["sla"]["next_due_at"]


async def test_preview_is_paged_from_most_urgent(api: Api) -> None:
    numbers = [(await api.incident(**URGENT))["number"] for _ in range(3)]
    pages, cursor = [], "1-0"
    while cursor:
        _, answer = await api.call("POST", PREVIEW, DESK_2M | {"limit": 2, "cursor": cursor})
        pages.append([move["number"] for move in answer["moved"]])
        cursor = answer["next"]
    assert pages == [numbers[:2], numbers[2:]]


async def test_preview_accepts_a_new_calendar(api: Api) -> None:
    await api.incident(**URGENT)
    office = {"zone": "UTC", "hours": {"tue": ["09:00-17:00"]}}
    edit = {
        "calendars": {"tuesdays": office},
        "policies": {"itil-minutes": {"calendar": "tuesdays"}},
    }
    _, answer = await api.call("POST", PREVIEW, edit)
    assert {move["clock"]: move["due_after"] for move in answer["moved"]} == {
        "desk": "2026-03-03T09:05:00Z",
        "overall": "2026-03-03T09:30:00Z",
    }


@pytest.mark.parametrize(
    "edit",
    [
        {"policies": {"itil-minutes": {"calendar": "lunar"}}},
        {"policies": {"itil-minutes": {"targets": {"1": {"desk": "soon"}}}}},
        {"policies": {"itil-minutes": {"targets": {"1": {"desk": "9999999999999999999999d"}}}}},
        {"policies": {"itil-minutes": {"targets": {"1": {"desk": "9999999999999999999999wd"}}}}},
        {"policies": {"itil-minutes": {"targets": {"1": {"desk": "367d"}}}}},
        {"policies": {"itil-minutes": {"targets": {"one": {}}}}},
        {"policies": {"itil-minutes": {"targets": 3}}},
        {"policies": {"new": {}}},
        {"calendars": {"24x7": {"zone": "UTC", "hours": {"mon": ["09:00-12:00"]}}}},
        {"calendars": {"moon": {"zone": "Moon", "hours": {"mon": ["09:00-12:00"]}}}},
        {"services": {"shop": {"policy": "gone"}}},
    ],
)
async def test_invalid_preview_is_refused_with_location(api: Api, edit: dict[str, Any]) -> None:
    status, problem = await api.call("POST", PREVIEW, edit)
    assert (status, bool(problem["errors"])) == (422, True)


async def test_only_administrator_may_preview(api: Api) -> None:
    assert (await api.call("POST", PREVIEW, DESK_2M, scope="write"))[0] == 403


async def test_preview_omits_security_incidents_for_unprivileged_administrator(api: Api) -> None:
    await api.incident(**URGENT, security=True)
    await api.person("root", Role.ADMINISTRATOR)
    status, answer = await api.call("POST", PREVIEW, DESK_2M, scope="root")
    assert (status, answer["moved"], answer["examined"]) == (200, [], 0)
    assert len((await api.call("POST", PREVIEW, DESK_2M))[1]["moved"]) == 1
