"""The API follows the permission table for every role, on every route, in every state."""

from typing import Any

import msgspec
import pytest

from gateway.access.authorization import required_action
from gateway.access.field_permissions import may_edit
from gateway.access.keys import Scope
from gateway.access.permissions import Action, PermissionDenied, may, visibility_of
from gateway.access.principal import MachineRole, Principal, PrincipalRole
from gateway.api import wire
from gateway.api.description.paths import strip_patterns
from gateway.api.records.feed import ChangeFeed
from gateway.api.route import FILE, ONE_RECORD, REF, Route
from gateway.api.routes import list_routes
from gateway.db.pool import acquire
from gateway.directory.roles import Role
from gateway.incidents import store
from gateway.incidents.lifecycle import TRANSITIONS
from gateway.incidents.record import Incident
from gateway.vocabulary import State
from tests.support.api import Api
from tests.support.visibility import EVERYTHING

ROUTES = list_routes(ChangeFeed())
OF_RECORDS = [route for route in ROUTES if route.path.startswith(ONE_RECORD)]
MACHINES = {MachineRole.READER: "read", MachineRole.WRITER: "write"}
TIERS = {State.LOGGED: "1", State.REJECTED: "1", State.ESCALATED: "3"}
BODIES: dict[str, Any] = {
    "hold": {"reason": "awaiting_user"}, "escalate": {"to": "tier3", "note": "why"},
    "return": {"note": "why"}, "reject": {"note": "why"}, "resolve": {"solution": "s"},
    "note": {"note": "n"}, "rate": {"satisfaction": 3}, "link": {"master": "INC-20260302-000002"},
    "refuse_link": {"master": "INC-20260302-000002"}, "refs": {"id": "CHG1"},
    "assign": {"group": "dba", "note": "why"}, "": {"ci": "db1"},
    "convert": {"to": "incident", "note": "n"}, "report": {"text": "t"},
    "leader_told": {"recipient": "Li"}, "updates": {"text": "t"},
    "shelve": {"reason": "why", "until_event": "reply"},
    "subscribers": {"address": "smtp:a@example.com"}, "declare_major": {"reason": "why"},
    "complaints": {"text": "t"}, "linked": {"kind": "problem", "system": "itsm", "reference": "P1"},
}  # fmt: skip
"""The body of each action, just complete enough to be valid."""

FILES = ONE_RECORD + "/attachments"
REPORT = ONE_RECORD + "/report"
SUBSCRIBERS = ONE_RECORD + "/subscribers"
LINKED = ONE_RECORD + "/linked"
QUERIES = {("DELETE", LINKED): "?kind=problem&system=itsm&reference=P2"}
RIGHTS = {
    ("GET", REPORT): Action.INSPECT,
    ("PUT", REPORT): Action.REPORT,
    ("POST", REPORT + "/approve"): Action.APPROVE_REPORT,
    ("GET", ONE_RECORD): Action.READ,
    ("GET", ONE_RECORD + "/timeline"): Action.READ,
    ("GET", ONE_RECORD + "/actions"): Action.READ,
    ("GET", ONE_RECORD + "/sla"): Action.INSPECT,
    ("GET", ONE_RECORD + "/alerts"): Action.INSPECT,
    ("GET", ONE_RECORD + "/related"): Action.INSPECT,
    ("GET", REF): Action.INSPECT,
    ("PUT", REF): Action.REFER,
    ("DELETE", REF): Action.REFER,
    ("POST", ONE_RECORD + "/link"): Action.LINK,
    ("POST", ONE_RECORD + "/unlink"): Action.UNLINK,
    ("POST", ONE_RECORD + "/refuse_link"): Action.UNLINK,
    ("POST", ONE_RECORD + "/invite"): Action.INVITE,
    ("POST", ONE_RECORD + "/follow_on"): Action.FOLLOW_ON,
    ("POST", ONE_RECORD + "/convert"): Action.CONVERT,
    ("POST", ONE_RECORD + "/leader_told"): Action.TELL_LEADER,
    ("POST", ONE_RECORD + "/acknowledge_escalation"): Action.ACKNOWLEDGE_ESCALATION,
    ("GET", ONE_RECORD + "/notifications"): Action.INSPECT,
    ("POST", ONE_RECORD + "/updates"): Action.POST_UPDATE,
    ("GET", ONE_RECORD + "/updates"): Action.READ,
    ("POST", SUBSCRIBERS): Action.SUBSCRIBE_OTHERS,
    ("GET", SUBSCRIBERS): Action.READ,
    ("DELETE", SUBSCRIBERS + "/{id:[0-9]{1,18}}"): Action.SUBSCRIBE,
    ("POST", FILES): Action.ATTACH,
    ("GET", FILES): Action.READ,
    ("GET", ONE_RECORD + FILE): Action.READ,
    ("DELETE", ONE_RECORD + FILE): Action.DETACH,
    ("POST", LINKED): Action.REFER,
    ("GET", LINKED): Action.INSPECT,
    ("DELETE", LINKED): Action.REFER,
    ("POST", ONE_RECORD + "/complaints"): Action.COMPLAIN,
    ("GET", ONE_RECORD + "/complaints"): Action.INSPECT,
    ("GET", ONE_RECORD + "/similar"): Action.INSPECT,
    ("POST", ONE_RECORD + "/publish"): Action.PUBLISH,
}
"""The permission needed by each route whose action is no command; new routes are added here."""

NOTHING = {
    ("POST", FILES): 400,
    ("GET", ONE_RECORD + FILE): 404,
    ("DELETE", ONE_RECORD + FILE): 404,
    ("POST", ONE_RECORD + "/leader_told"): 409,
    ("POST", ONE_RECORD + "/acknowledge_escalation"): 409,
    ("DELETE", SUBSCRIBERS + "/{id:[0-9]{1,18}}"): 404,
    ("POST", ONE_RECORD + "/grade"): 409,
    ("GET", REPORT): 404,
    ("PUT", REPORT): 409,
    ("POST", REPORT + "/approve"): 409,
    ("DELETE", LINKED): 404,
    ("POST", ONE_RECORD + "/publish"): 409,
    ("POST", ONE_RECORD + "/refuse_link"): 409,
    ("POST", ONE_RECORD + "/unshelve"): 409,
}
"""Statuses returned to permitted callers when there is nothing to do.

There is no such file or link, no report due, no major incident, nobody notified, no solution, no
proposed link and no shelving.
"""

OF_THE_CALLED = frozenset({"decline", "release"})
"""The actions of those who were told of a record or have it, which nobody here was or does."""

RESET = """
UPDATE incident
SET state = $2, tier = $3, held_state = 'in_progress', hold_reason = 'awaiting_user',
  master_id = NULL, refs = '{"itsm": {"id": "CHG1"}}', ci = '', handler = '', assignee = '',
  assignee_group = '', ledger = $4, security = $5, owner = $6, major = false, priority = 4,
  suppressed = true, solution = '', shelved_until = NULL
WHERE number = $1
"""
SCOPES = {MachineRole.READER: {Scope.READ}, MachineRole.WRITER: {Scope.WRITE}}


def told(route: Route, who: Principal, scopes: set[Scope], incident: Incident) -> int:
    """Return the status that scope, permission table and transition table give together."""
    if route.scope not in scopes:
        return 403
    if not visibility_of(who).sees(incident):
        return 404
    name = strip_patterns(route.path).removeprefix(strip_patterns(ONE_RECORD)).strip("/")
    command = (
        wire.command_of(msgspec.convert(BODIES.get(name, {}), wire.ACTIONS[name]))
        if name in wire.ACTIONS
        else None
    )
    if route.method == "PATCH":
        decision = may_edit(who, "ci", incident)
    else:
        decision = may(
            who,
            required_action(command, who) if command else RIGHTS[route.method, route.path],
            incident,
        )
        if name == "assign" and isinstance(decision, PermissionDenied) and incident.tier != "1":
            decision = may(who, Action.REASSIGN, incident)
    if isinstance(decision, PermissionDenied) or name in OF_THE_CALLED:
        return 403
    ended = incident.state in {State.CLOSED, State.REJECTED}
    illegal = (
        incident.state not in TRANSITIONS[type(command)]
        if command
        else name in {"unlink", "convert"}
    )
    if name == "follow_on":
        illegal = not ended
    if (route.method, name) == ("POST", "updates"):
        illegal = ended
    return 409 if illegal else NOTHING.get((route.method, route.path), route.status)


async def answers(api: Api, route: Route, key: str, number: str) -> tuple[int, Any]:
    name = (
        strip_patterns(route.path)
        .removeprefix(strip_patterns(ONE_RECORD))
        .strip("/")
        .partition("/")[0]
    )
    path = strip_patterns(route.path).format(number=number, system="itsm", id=9) + QUERIES.get(
        (route.method, route.path), ""
    )
    body = None if route.request_body is None else BODIES.get(name, {})
    return await api.call(route.method, path, body, scope=key)


async def somebody(api: Api, part: PrincipalRole) -> tuple[str, Principal, set[Scope]]:
    if isinstance(part, MachineRole):
        return MACHINES[part], Principal(name=MACHINES[part], parts=frozenset({part})), SCOPES[part]
    await api.person("ann", part)
    scopes = {Scope.READ, Scope.WRITE} | ({Scope.ADMIN} if part is Role.ADMINISTRATOR else set())
    return (
        "ann",
        Principal(name="ann", parts=frozenset({part}), identities=frozenset({"ann"})),
        scopes,
    )


async def in_state(
    api: Api, base: Incident, state: State, *, security: bool = False, owner: str = "ann"
) -> Incident:
    async with acquire(api.uow.pool) as conn:
        ledger = await conn.fetchval(
            "SELECT ledger FROM incident WHERE number = 'INC-20260302-000002'"
        )
        await conn.execute(
            RESET, base.number, state, TIERS.get(state, "2"), ledger, security, owner
        )
        found = await store.by_number(conn, base.number, EVERYTHING)
    assert found is not None
    return found


async def record(api: Api) -> Incident:
    await api.hire("dba")
    first, _master = await api.incident(), await api.incident(contact="ann")
    async with acquire(api.uow.pool) as conn:
        found = await store.by_number(conn, first["number"], EVERYTHING)
    assert found is not None
    return found


@pytest.mark.parametrize("part", [*Role, *MachineRole])
async def test_every_route_in_every_state_matches_permission_tables(
    api: Api, part: PrincipalRole
) -> None:
    key, who, scopes = await somebody(api, part)
    base = await record(api)
    wrong = []
    for state in State:
        for route in OF_RECORDS:
            if route.method == "GET" and state not in {State.LOGGED, State.CLOSED}:
                continue
            incident = await in_state(api, base, state)
            wanted = told(route, who, scopes, incident)
            status, answer = await answers(api, route, key, base.number)
            if status != wanted:
                wrong.append((state, route.method, route.path, wanted, status, answer))
    assert wrong == []


@pytest.mark.parametrize("part", [*Role, *MachineRole])
async def test_invisible_incident_returns_same_answer_as_missing_incident(
    api: Api, part: PrincipalRole
) -> None:
    key, who, scopes = await somebody(api, part)
    base = await record(api)
    for security, owner in ((True, "ann"), (False, "bob")):
        incident = await in_state(api, base, State.IN_PROGRESS, security=security, owner=owner)
        if visibility_of(who).sees(incident):
            continue
        for route in OF_RECORDS:
            hidden = await answers(api, route, key, base.number)
            missing = await answers(api, route, key, "INC-20260302-000009")
            assert hidden[0] == (404 if route.scope in scopes else 403)
            assert without_the_number(hidden[1], base.number) == without_the_number(
                missing[1], "INC-20260302-000009"
            )


def without_the_number(problem: dict[str, Any], number: str) -> dict[str, Any]:
    return {
        name: str(value).replace(number, "N")
        for name, value in problem.items()
        if name != "instance"
    }


@pytest.mark.parametrize("part", [*Role, *MachineRole])
async def test_other_routes_match_permission_table(api: Api, part: PrincipalRole) -> None:
    key, who, scopes = await somebody(api, part)
    for route in ROUTES:
        if (
            route.scope is None
            or route in OF_RECORDS
            or "/me" in route.path
            or route.path.endswith("/logout")
        ):
            continue
        path = strip_patterns(route.path).format(
            id="1",
            login="ann",
            slug="dba",
            name="db1",
            integration="i",
            source="s",
            message="opened",
            channel="smtp",
            locale="en",
            role="leader",
        )
        status, _ = await api.call(
            route.method, path, None if route.request_body is None else {}, scope=key
        )
        refused = route.scope not in scopes or (
            route.needs is not None and isinstance(may(who, route.needs), PermissionDenied)
        )
        assert (status == 403) == refused, (route.method, path, status)


def test_every_route_about_incidents_requires_a_permission() -> None:
    named = {
        (route.method, route.path)
        for route in ROUTES
        if route.scope is not None and route.needs is not None
    }
    spared = {"/me", "/logout", "/keys", "/sla/simulate", "/incidents/bulk", "/people", "/groups"}
    bare = [
        (route.method, route.path)
        for route in ROUTES
        if route.scope not in {None, Scope.ADMIN}
        and route not in OF_RECORDS
        and (route.method, route.path) not in named
        and not any(word in route.path for word in spared)
    ]
    assert bare == []
