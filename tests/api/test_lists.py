"""Tests of the filters and orders of the list of records."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.settings.notify import CHAT_SOURCES
from gateway.views.listing import NEVER_DUE, NEVER_DUE_AMONG_FEW
from gateway.views.reporter import INSPECT_FILTERS
from gateway.views.source_channels import channel_of
from gateway.vocabulary import Channel
from tests.support.api import Api
from tests.support.clock import NOON

INCIDENTS = "/api/v1/incidents"


async def listed(api: Api, query: str, scope: str = "admin") -> list[str]:
    status, page = await api.call("GET", f"{INCIDENTS}?{query}", scope=scope)
    assert status == 200, page
    return [one["title"] for one in page["incidents"]]


@pytest.fixture
async def records(api: Api) -> Api:
    """An API with one record that has every filtered property, and one that has none."""
    await api.person("dora", Role.SERVICE_DESK, Role.SECURITY)
    await api.person("tom", Role.TIER2, Role.SECURITY)
    await api.hire("mail", "tom")
    await api.incident(title="plain", urgency="low")
    full = {
        "title": "full",
        "impact": "company",
        "urgency": "high",
        "ci": "mx-1",
        "category": "mail",
        "contact": "Rita@Example.com",
        "reporting_unit": "sales",
        "source": "phone",
        "labels": {"site": "上海", "rack": "7"},
        "security": True,
    }
    status, made = await api.call("POST", INCIDENTS, full)
    assert status == 201, made
    path = f"{INCIDENTS}/{made['number']}"
    assert (await api.call("PATCH", path, {"owner": "dora"}))[0] == 200
    for action, body in (
        ("assign", {"group": "mail", "person": "tom"}),
        ("hold", {"reason": "awaiting_user"}),
    ):
        assert (await api.call("POST", f"{path}/{action}", body))[0] == 200
    return api


@pytest.mark.parametrize(
    "query",
    [
        "assignee_group=mail", "assignee=tom", "assignee=mail", "handler=tom", "handler=nobody,tom",
        "owner=dora", "channel=phone",
        "source=phone", "tier=2", "ci=mx-1", "category=mail", "major=true", "security=true",
        "on_hold=true", "contact=rita@example.com", "reporting_unit=sales", "label.site=上海",
        "label.site=上海&label.rack=7", "kind=incident&tier=2,3", "state=on_hold",
    ],
)  # fmt: skip
async def test_filter_returns_matching_incidents(records: Api, query: str) -> None:
    assert await listed(records, query) == ["full"]


@pytest.mark.parametrize(
    "query",
    [
        "tier=1",
        "major=false",
        "security=false",
        "on_hold=false",
        "channel=web",
        "owner=service_desk",
        "priority=4",
    ],
)
async def test_filter_excludes_non_matching_incidents(records: Api, query: str) -> None:
    assert await listed(records, query) == ["plain"]


@pytest.mark.parametrize(
    "query",
    [
        "assignee_group=none", "assignee=none", "handler=none", "owner=none", "kind=none",
        "channel=none", "source=none", "tier=9", "ci=none", "category=none", "contact=none",
        "reporting_unit=none", "label.none=x", "label.site=none", "breached=true",
        "kind=service_request",
    ],
)  # fmt: skip
async def test_filter_by_unused_value_returns_nothing(records: Api, query: str) -> None:
    assert await listed(records, query) == []


async def test_non_boolean_flag_returns_400(api: Api) -> None:
    assert (await api.call("GET", f"{INCIDENTS}?breached=perhaps"))[0] == 400


async def test_breached_filter_lists_breached_incidents(records: Api, pool: Pool) -> None:
    await pool.execute("UPDATE incident SET breached = true WHERE title = 'plain'")
    assert await listed(records, "breached=true") == ["plain"]
    assert await listed(records, "breached=false") == ["full"]


async def test_priority_2_incident_is_major_and_service_request_is_not(api: Api) -> None:
    grades: dict[str, Any] = {"impact": "company", "urgency": "normal"}
    assert (await api.incident(**grades))["major"] is True
    asked = {"kind": "service_request", "request_category": "access"}
    assert (await api.incident(**grades, **asked))["major"] is False


async def test_list_by_deadline_is_soonest_first_and_no_deadline_last(api: Api, pool: Pool) -> None:
    for title in ("a", "b", "c", "d", "e", "f"):
        await api.incident(title=title)
    for title, minutes in {"a": None, "b": 30, "c": 10, "d": None, "e": 20, "f": 10}.items():
        due = None if minutes is None else NOON + timedelta(minutes=minutes)
        await pool.execute("UPDATE incident SET next_due_at = $2 WHERE title = $1", title, due)
    assert await listed(api, "sort=next_due") == ["c", "f", "e", "b", "a", "d"]
    for limit in (1, 2, 3, 4, 5, 6):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            _, page = await api.call(
                "GET", f"{INCIDENTS}?sort=next_due&limit={limit}{cursor and '&cursor=' + cursor}"
            )
            seen += [one["title"] for one in page["incidents"]]
            cursor = page["next"]
        assert seen == ["c", "f", "e", "b", "a", "d"], limit


async def test_restricted_viewer_pages_by_deadline(api: Api) -> None:
    await api.person("sam", Role.SECURITY)
    await api.incident(title="others")
    for title in ("one", "two"):
        await api.incident(title=title, security=True)
    assert await listed(api, "sort=next_due", "sam") == ["one", "two"]


@pytest.mark.parametrize(
    "query",
    [
        *(f"{name}=x" for name in sorted(INSPECT_FILTERS - {"breached"})),
        "breached=true",
        "sort=next_due",
    ],
)
async def test_reporter_cannot_filter_by_internal_fields(api: Api, query: str) -> None:
    await api.person("rep", Role.REPORTER)
    query = query.replace("report=x", "report=due").replace("shelved=x", "shelved=true")
    assert (await api.call("GET", f"{INCIDENTS}?{query}", scope="rep"))[0] == 403
    assert (await api.call("GET", f"{INCIDENTS}?{query}", scope="read"))[0] == 200


async def test_channel_filter_matches_channel_of_incident(api: Api, pool: Pool) -> None:
    sources = [*Channel, *CHAT_SOURCES, "generic", "jira"]
    for source in sources:
        await api.incident(title=source, source=source)
    await pool.execute("UPDATE incident SET dedup_key = 'k' WHERE title = 'generic'")
    for channel in Channel:
        wanted = {
            source
            for source in sources
            if channel_of(source, "k" if source == "generic" else None) is channel
        }
        assert set(await listed(api, f"channel={channel}&limit=200")) == wanted


async def test_list_of_incidents_without_deadline_uses_primary_key(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        for setting in ("enable_seqscan = off", "enable_sort = off", "enable_bitmapscan = off"):
            await conn.execute("SET LOCAL " + setting)
        await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        statement = await conn.prepare("EXPLAIN " + NEVER_DUE)
        plan = "\n".join(row[0] for row in await statement.fetch(*[None] * 12, 50, *[None] * 18))
        assert "incident_pkey" in plan
        assert "Sort" not in plan
        assert (await conn.prepare(NEVER_DUE_AMONG_FEW)).get_parameters()
