"""Fields that need the permission to inspect are not shown to people that may only read."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from gateway.errors import Forbidden
from gateway.views.list_query import IncidentQuery
from gateway.views.reporter import HIDDEN_FIELDS, check_filters
from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"
CANARY = "canary7731"


@pytest.fixture
async def number(api: Api) -> str:
    """Create a record of the reporter Rep that refers to everything it can; return its number.

    These are a master, a counterpart, a linked record, a group and a handler.
    """
    await api.person("rep", Role.REPORTER)
    await api.person(f"{CANARY}.ann", Role.TIER2)
    await api.hire(CANARY, "bob", f"{CANARY}.ann")
    number, master = [(await api.incident(contact="rep"))["number"] for _ in range(2)]
    for action, body in (
        ("assign", {"group": CANARY, "person": f"{CANARY}.ann"}),
        ("link", {"master": master}),
        (
            "linked",
            {
                "kind": "problem",
                "system": "itsm",
                "reference": "P1",
                "address": f"https://{CANARY}.example/",
                "title": CANARY,
            },
        ),
        ("hold", {"reason": "awaiting_vendor", "vendor": CANARY}),
    ):
        status, told = await api.call("POST", f"{INCIDENTS}/{number}/{action}", body)
        assert status == 200, told
    status, _ = await api.call(
        "PUT", f"{INCIDENTS}/{number}/refs/jira", {"id": "OPS-1", "note": CANARY}
    )
    assert status == 200
    return str(number)


async def shown(api: Api, number: str, key: str) -> list[Any]:
    """Return the record as every response shows it, also that of an action."""
    _, listed = await api.call("GET", INCIDENTS, scope=key)
    _, noted = await api.call(
        "POST", f"{INCIDENTS}/{number}/note", {"note": "any news?"}, scope=key
    )
    found = next(one for one in listed["incidents"] if one["number"] == number)
    return [
        found,
        (await api.call("GET", f"{INCIDENTS}/{number}", scope=key))[1],
        noted["incident"],
    ]


async def test_reporter_view_hides_clocks_assignees_and_external_references(
    api: Api, number: str
) -> None:
    for one in await shown(api, number, "rep"):
        assert CANARY not in str(one)
        assert {name: one[name] for name in HIDDEN_FIELDS} == dict(HIDDEN_FIELDS)
        assert one["hold"] == {"reason": "awaiting_vendor", "until": None, "vendor": None}


async def test_viewer_with_inspect_permission_sees_all_fields(api: Api, number: str) -> None:
    for one in await shown(api, number, "admin"):
        assert one["sla"]["clocks"]
        assert (one["assignee_group"], one["refs"]["jira"]["note"], one["linked"][0]["title"]) == (
            CANARY,
            CANARY,
            CANARY,
        )
        assert (one["master"] is not None, one["hold"]["vendor"]) == (True, CANARY)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        (IncidentQuery(tier=["2"], breached=False), "breached, tier"),
        (IncidentQuery(assignee=CANARY, sort="next_due"), "assignee, sort=next_due"),
    ],
)
def test_filters_by_hidden_fields_are_refused_by_name(query: IncidentQuery, refused: str) -> None:
    with pytest.raises(Forbidden, match=f"which this asks for: {refused}$"):
        check_filters(query)


def test_filters_by_shown_fields_are_accepted() -> None:
    check_filters(IncidentQuery(priority=[1], q=CANARY, sort="priority"))
