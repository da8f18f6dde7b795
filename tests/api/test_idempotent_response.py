"""Every operation that accepts Idempotency-Key can be repeated.

The repeated request changes nothing and gets the same response.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientResponse

from gateway.api.description.paths import strip_patterns
from gateway.api.records.feed import ChangeFeed
from gateway.api.route import V1
from gateway.api.routes import list_routes
from gateway.api.wire import ACTIONS
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.operations.shifts.hand_over import make_lists
from tests.api.test_proposed_links import propose
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock

LISTED = sorted(
    f"{route.method} {strip_patterns(route.path)}"
    for route in list_routes(ChangeFeed())
    if "Idempotency-Key" in route.headers
)
SECRET = {f"POST {V1}/keys", f"POST {V1}/me/keys"}
"""Operations that return a secret, which is not stored and so not returned again."""

BEFORE: dict[str, list[str]] = {
    "accept": [], "release": ["accept"],
    "return": ["assign"], "resume": ["hold"], "escalate": ["assign"],
    "unshelve": ["shelve"],
    "confirm": ["resolve"], "refuse": ["resolve"], "close": ["resolve"], "rate": ["resolve"],
    "call_back": ["resolve"], "publish": ["resolve"], "follow_on": ["resolve", "close"],
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "decline": {"reason": "on a train"},
    "assign": {"person": "ann"}, "hold": {"reason": "awaiting_user"}, "escalate": {"to": "tier3"},
    "shelve": {"reason": "waits", "until_event": "reply"},
    "note": {"note": "looked"}, "declare_major": {"reason": "half the company"},
    "leader_told": {"recipient": "Lena"},
    "linked": {"kind": "problem", "system": "itsm", "reference": "P1"},
    "complaints": {"text": "nobody calls back"}, "updates": {"text": "we are on it"},
    "rate": {"satisfaction": 2}, "convert": {"to": "incident", "note": "broken"},
}  # fmt: skip
MAJOR = {"impact": "business", "urgency": "urgent"}
KINDS: dict[str, dict[str, Any]] = {
    "convert": {"kind": "service_request", "request_category": "hardware_software"},
    "leader_told": MAJOR,
    "acknowledge_escalation": MAJOR,
}
MADE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "people": ({"login": "ann", "name": "Ann"}, {"name": "Anne"}),
    "groups": ({"slug": "dba", "name": "Databases", "tier": "tier2"}, {"name": "DBA"}),
    "services": ({"slug": "shop", "name": "Shop"}, {"name": "The shop"}),
    "cis": ({"name": "db1", "kind": "host"}, {"kind": "process"}),
}
"""The body that creates an object of each collection, and the body of its later change."""

GROUP = {"slug": "mail", "name": "Mail", "tier": "tier2", "members": ["ann"]}
"""The group of a person who acts for themselves."""

PERSONAL = {"accept", "decline", "release"}
"""The actions that a person takes for themselves."""

LAYER = {
    "name": "all",
    "starts_on": "2026-03-02",
    "unit": "days",
    "hand_over": "12:00",
    "turns": [["ann"], ["bob"]],
}
SCHEDULE = {"slug": "web", "name": "Web", "layers": [LAYER]}

CLAIM = (
    "UPDATE incident SET claimed_impact = 'business', claimed_urgency = 'urgent' WHERE number = $1"
)

Asked = tuple[str, dict[str, Any]]


async def record(api: Api, action: str) -> Asked:
    asker = "ann" if action in PERSONAL else "admin"
    if action in PERSONAL:
        await api.person("ann", Role.TIER2)
    else:
        await api.hire("mail", "ann")
    number = (await api.incident(**KINDS.get(action, {})))["number"]
    if action == "grade":
        await api.uow.pool.execute(CLAIM, number)
    if action in PERSONAL:
        await api.call("POST", f"{V1}/groups", GROUP)
        await api.call("POST", f"{V1}/incidents/{number}/assign", {"person": "ann"})
    for before in BEFORE.get(action, []):
        body = {"solution": "restarted"} if before == "resolve" else BODIES.get(before, {})
        status, problem = await api.call("POST", f"{V1}/incidents/{number}/{before}", body, asker)
        assert status == 200, problem
    return f"{V1}/incidents/{number}/{action}", {"json": BODIES.get(action, {}), "scope": asker}


async def related(api: Api, action: str) -> Asked:
    number, master = [(await api.incident(title=title))["number"] for title in ("a", "b")]
    body = {"master": master}
    if action == "unlink":
        await api.call("POST", f"{V1}/incidents/{number}/link", body)
    if action == "refuse_link":
        await propose(api, number, master)
    return f"{V1}/incidents/{number}/{action}", {"json": {} if action == "unlink" else body}


async def reported(api: Api, then: str) -> Asked:
    number = (await api.incident(impact="business", urgency="urgent"))["number"]
    await api.call("POST", f"{V1}/incidents/{number}/resolve", {})
    if then:
        await api.person("bob", Role.INCIDENT_MANAGER)
        await api.call(
            "PUT", f"{V1}/incidents/{number}/report", {"text": "what happened"}, scope="bob"
        )
    return f"{V1}/incidents/{number}/report{then}", {} if then else {
        "json": {"text": "what happened"}
    }


async def by_link(api: Api, action: str) -> Asked:
    number = (await api.incident(contact="rep"))["number"]
    if action != "attachments":
        await api.call("POST", f"{V1}/incidents/{number}/resolve", {})
    link = (await api.call("POST", f"{V1}/incidents/{number}/invite"))[1]["path"]
    if action == "attachments":
        return f"{link}/attachments?name=a.txt", {"data": b"text"}
    return f"{link}/{action}", {"json": BODIES.get(action, {})}


async def thing(api: Api, name: str, *, change: bool) -> Asked:
    made, changes = MADE[name]
    if not change:
        return f"{V1}/{name}", {"json": made}
    status, problem = await api.call("POST", f"{V1}/{name}", made)
    assert status == 201, problem
    return f"{V1}/{name}/{made.get('login') or made.get('slug') or made['name']}", {"json": changes}


async def listed_shift(api: Api) -> dict[str, Any]:
    await api.person("ann", Role.TIER2)
    await api.call(
        "POST",
        f"{V1}/groups",
        {"slug": "dba", "name": "Databases", "tier": "tier2", "members": ["ann"]},
    )
    shift = {
        "from": NOON.isoformat(),
        "to": (NOON + timedelta(hours=8)).isoformat(),
        "people": ["ann"],
    }
    assert (await api.call("PUT", f"{V1}/groups/dba/roster", {"shifts": [shift]}))[0] == 204
    api.uow.clock.advance(timedelta(hours=7, minutes=45))  # type: ignore[attr-defined]
    await make_lists(api.uow)
    [listed] = (await api.call("GET", f"{V1}/handovers"))[1]["handovers"]
    return dict(listed)


async def handed_over(api: Api) -> Asked:
    return f"{V1}/handovers/{(await listed_shift(api))['id']}/accept", {}


async def looked_through(api: Api) -> Asked:
    return f"{V1}/handovers/{(await listed_shift(api))['id']}/looked-through", {}


def hours(since: int, until: int) -> dict[str, str]:
    begin, end = (NOON + timedelta(hours=count) for count in (since, until))
    return {"from": begin.isoformat(), "to": end.isoformat()}


async def schedule(api: Api, rest: str) -> Asked:
    for login in ("ann", "bob"):
        await api.person(login, Role.TIER2)
    if not rest:
        return f"{V1}/schedules", {"json": SCHEDULE}
    await api.call("POST", f"{V1}/schedules", SCHEDULE)
    one = f"{V1}/schedules/web"
    swap = {"asked": "bob", "gives": hours(2, 10), "takes": hours(26, 34)}
    if rest == "change":
        return one, {"json": {"name": "The web"}}
    if rest == "overrides":
        return f"{one}/overrides", {"json": {"people": ["bob"], **hours(2, 10)}}
    if rest == "swaps":
        return f"{one}/swaps", {"json": swap, "scope": "ann"}
    status, made = await api.call("POST", f"{one}/swaps", swap, "ann")
    assert status == 201, made
    asked = "ann" if rest == "withdraw" else "bob"
    return f"{one}/swaps/{made['id']}/{rest}", {"scope": asked}


async def one_record(api: Api, rest: str, **sent: Any) -> Asked:
    return f"{V1}/incidents/{(await api.incident())['number']}{rest}", sent


async def many(api: Api) -> Asked:
    numbers = [(await api.incident(title=title))["number"] for title in ("a", "b")]
    return f"{V1}/incidents/bulk", {
        "json": {"numbers": numbers, "action": "note", "body": {"note": "seen"}}
    }


async def fixed(path: str, **sent: Any) -> Asked:
    return V1 + path, sent


async def monitor(api: Api, *, change: bool) -> Asked:
    await api.call(
        "POST", f"{V1}/keys", {"name": "jobs", "scopes": ["ingest"], "integration": "jobs"}
    )
    new = {"integration": "jobs", "slug": "backup", "name": "Backup", "period_seconds": 600}
    if not change:
        return f"{V1}/monitors", {"json": new}
    _, made = await api.call("POST", f"{V1}/monitors", new)
    return f"{V1}/monitors/{made['id']}", {"json": {"name": "Nightly"}}


async def policy(api: Api, *, change: bool) -> Asked:
    path, steps = f"{V1}/policies", [{"targets": ["role:leader"]}]
    new = {"slug": "sre", "name": "SRE", "steps": steps}
    if not change:
        return path, {"json": new}
    await api.call("POST", path, new)
    return f"{path}/sre", {"json": {"rank": 5}}


async def mapping(api: Api) -> Asked:
    await api.call(
        "POST", f"{V1}/keys", {"name": "shop", "scopes": ["ingest"], "integration": "shop"}
    )
    steps = [{"do": "rename", "from": "/name", "to": "/title"}]
    return f"{V1}/mappings/shop/generic", {"json": {"steps": steps, "note": "they renamed it"}}


async def own_key(api: Api) -> Asked:
    await api.person("bob", Role.TIER2)
    return f"{V1}/me/keys", {"json": {"name": "script", "scopes": ["read"]}, "scope": "bob"}


async def chat(api: Api) -> Asked:
    await api.person("bob", Role.TIER2)
    return f"{V1}/people/bob/chats", {"json": {"provider": "slack", "tenant": "T1", "user": "U1"}}


async def contact_method(api: Api, *, own: bool) -> Asked:
    await api.person("bob", Role.TIER2)
    path = f"{V1}/me/contact-methods" if own else f"{V1}/people/bob/contact-methods"
    scope = {"scope": "bob"} if own else {}
    return path, {"json": {"channel": "mail", "address": "bob@home.example"}, **scope}


MORE = (
    "linked",
    "complaints",
    "publish",
    "follow_on",
    "convert",
    "leader_told",
    "acknowledge_escalation",
    "updates",
)


def calls_by_operation(api: Api) -> dict[str, Callable[[], Awaitable[Asked]]]:
    """Return, for each operation, a function that prepares a request that will succeed."""
    one, mine = f"{V1}/incidents/{{number}}", f"{V1}/mine/{{link}}"
    key = {"name": "k", "scopes": ["read"]}
    return {
        f"POST {V1}/incidents": partial(fixed, "/incidents", json={"title": "x"}),
        f"POST {V1}/incidents/bulk": partial(many, api),
        f"PATCH {one}": partial(one_record, api, "", json={"category": "network"}),
        f"POST {one}/attachments": partial(
            one_record, api, "/attachments?name=a.txt", data=b"text"
        ),
        f"PUT {one}/report": partial(reported, api, ""),
        f"POST {one}/report/approve": partial(reported, api, "/approve"),
        f"POST {V1}/keys": partial(fixed, "/keys", json=key),
        f"POST {V1}/me/keys": partial(own_key, api),
        f"POST {V1}/cis/import": partial(
            fixed, "/cis/import", json=[{"name": "db2", "kind": "host"}]
        ),
        f"POST {V1}/handovers/{{id}}/accept": partial(handed_over, api),
        f"POST {V1}/handovers/{{id}}/looked-through": partial(looked_through, api),
        f"POST {V1}/schedules": partial(schedule, api, ""),
        f"PATCH {V1}/schedules/{{slug}}": partial(schedule, api, "change"),
        f"POST {V1}/schedules/{{slug}}/overrides": partial(schedule, api, "overrides"),
        f"POST {V1}/schedules/{{slug}}/swaps": partial(schedule, api, "swaps"),
        **{
            f"POST {V1}/schedules/{{slug}}/swaps/{{id}}/{a}": partial(schedule, api, a)
            for a in ("accept", "refuse", "withdraw")
        },
        **{f"POST {one}/{a}": partial(related, api, a) for a in ("link", "unlink", "refuse_link")},
        **{f"POST {one}/{a}": partial(record, api, a) for a in (*ACTIONS, *MORE)},
        **{
            f"POST {mine}/{a}": partial(by_link, api, a)
            for a in ("confirm", "refuse", "rate", "note", "attachments")
        },
        **{f"POST {V1}/{n}": partial(thing, api, n, change=False) for n in MADE},
        f"PATCH {V1}/people/{{login}}": partial(thing, api, "people", change=True),
        f"PATCH {V1}/groups/{{slug}}": partial(thing, api, "groups", change=True),
        f"PATCH {V1}/services/{{slug}}": partial(thing, api, "services", change=True),
        f"PATCH {V1}/cis/{{name}}": partial(thing, api, "cis", change=True),
        f"POST {V1}/people/{{login}}/chats": partial(chat, api),
        f"POST {V1}/people/{{login}}/contact-methods": partial(contact_method, api, own=False),
        f"POST {V1}/me/contact-methods": partial(contact_method, api, own=True),
        f"PUT {V1}/mappings/{{integration}}/{{source}}": partial(mapping, api),
        f"POST {V1}/policies": partial(policy, api, change=False),
        f"PATCH {V1}/policies/{{slug}}": partial(policy, api, change=True),
        f"POST {V1}/monitors": partial(monitor, api, change=False),
        f"PATCH {V1}/monitors/{{id}}": partial(monitor, api, change=True),
    }


COUNTED = """
SELECT (SELECT count(*) FROM timeline), (SELECT count(*) FROM incident),
  (SELECT count(*) FROM attachment), (SELECT count(*) FROM api_key),
  (SELECT sum(version) FROM person), (SELECT sum(version) FROM staff_group),
  (SELECT sum(version) FROM service), (SELECT sum(version) FROM ci),
  (SELECT sum(version) FROM monitor), (SELECT sum(version) FROM escalation_policy),
  (SELECT count(*) FROM body_mapping),
  (SELECT count(*) FROM outbox), (SELECT count(*) FROM linked_record),
    (SELECT count(*) FROM complaint), (SELECT count(*) FROM article),
  (SELECT count(*) FROM contact_method), (SELECT sum(version) FROM schedule),
  (SELECT count(*) FROM schedule_override),
  (SELECT count(*) FROM schedule_swap WHERE state = 'proposed')
"""


async def told(answer: ClientResponse) -> tuple[int, str | None, str | None, Any]:
    body = await answer.json(content_type=None)
    return answer.status, answer.headers.get("ETag"), answer.headers.get("Location"), body


@pytest.mark.parametrize("operation", LISTED)
async def test_repeated_request_changes_nothing_and_gets_same_answer(
    api: Api, pool: Pool, clock: FakeClock, operation: str
) -> None:
    path, sent = await calls_by_operation(api)[operation]()
    sent |= {"headers": {"Idempotency-Key": "k"}}
    method = operation.partition(" ")[0]
    clock.advance(timedelta(seconds=1))
    first = await told(await api.raw(method, path, **sent))
    assert first[0] in {200, 201}, first
    counted = await pool.fetchrow(COUNTED)
    again = await told(await api.raw(method, path, **sent))
    assert await pool.fetchrow(COUNTED) == counted
    if operation in SECRET:
        assert (again[0], again[3]["type"]) == (409, "/problems/conflict")
    else:
        assert again == first
    other = sent | (
        {"json": {**sent["json"], "note": "x"}}
        if isinstance(sent.get("json"), dict)
        else {"params": {"other": "1"}}
    )
    assert (await api.raw(method, path, **other)).status in {400, 422}
    assert await pool.fetchrow(COUNTED) == counted


def test_every_operation_with_idempotency_key_has_a_test_call(api: Api) -> None:
    assert set(LISTED) == set(calls_by_operation(api))


async def test_repeated_bulk_request_returns_same_results(api: Api) -> None:
    numbers = [(await api.incident(title=title))["number"] for title in ("a", "b")]
    for action in ("resolve", "close"):
        await api.call("POST", f"{V1}/incidents/{numbers[1]}/{action}", {})
    body, once = {"numbers": numbers, "action": "resolve"}, {"Idempotency-Key": "k"}
    first = (await api.call("POST", f"{V1}/incidents/bulk", body, headers=once))[1]["results"]
    again = (await api.call("POST", f"{V1}/incidents/bulk", body, headers=once))[1]["results"]
    assert [one.get("problem") for one in first] == [None, "/problems/illegal_transition"]
    assert again == first


async def test_failed_request_is_retried_with_same_idempotency_key(api: Api) -> None:
    once = {"Idempotency-Key": "k"}
    new = {"slug": "shop", "name": "Shop", "owner_group": "dba"}
    assert (await api.call("POST", f"{V1}/services", new, headers=once))[0] == 422
    await api.call("POST", f"{V1}/groups", {"slug": "dba", "name": "Databases", "tier": "tier2"})
    assert (await api.call("POST", f"{V1}/services", new, headers=once))[0] == 201
