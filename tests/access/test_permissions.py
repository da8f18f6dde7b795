"""The permission table matches a second one, written independently, cell by cell."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.action_meanings import MEANING
from gateway.access.authorization import (
    REQUIRED_ACTIONS,
)
from gateway.access.field_permissions import FIELD_TABLE, FIELDS, may_edit
from gateway.access.permissions import (
    PRIORITIES,
    TABLE,
    Action,
    Allowed,
    FieldRule,
    PermissionDenied,
    Rule,
    may,
    visibility_of,
)
from gateway.access.principal import MachineRole, PrincipalRole
from gateway.access.record_locations import RecordLocation
from gateway.directory.roles import Role
from gateway.incidents.escalation_run import EscalationRun
from gateway.incidents.lifecycle import ACTIONS
from gateway.incidents.visibility import Visibility
from gateway.vocabulary import State, Tier
from tests.access.situations import PARTS, RECORD, SITUATIONS, who
from tests.support.clock import NOON

GLOBAL = (
    "follow submit enter_late receipts quarantine replay set_aside open_set_aside directory "
    "hand_over accept_for knowledge publish silence plan_shifts messages resend"
)

RECORDS = " ".join(action for action in Action if action not in GLOBAL.split())

OWNING = (
    "read inspect note attach acknowledge_for assign confirm refuse close reject rate link unlink "
    "refer invite follow_on convert subscribe subscribe_others post_update acknowledge_escalation "
    "call_back complain escalate engage grade decline release"
)

WORK = "acknowledge hold resume resolve shelve unshelve"

ON = "note attach reassign escalate engage refer resume grade"

DESKS = f"{OWNING} hold resume resolve shelve unshelve"

CALLED = "subscribe acknowledge_escalation decline release"

SECOND = f"read inspect {CALLED} {WORK} return link unlink convert {ON}"

OVER = ("resolved", "closed")

CELLS: dict[PrincipalRole, dict[str, str]] = {
    Role.REPORTER: dict.fromkeys(SITUATIONS, "") | {"gateway": "submit"},
    Role.SERVICE_DESK: dict.fromkeys(SITUATIONS, OWNING)
    | dict.fromkeys(OVER, f"{DESKS} report")
    | {
        "desk": f"{OWNING} {WORK}",
        "second": DESKS,
        "vendor": DESKS,
        "gateway": "submit follow directory hand_over receipts quarantine replay set_aside "
        "messages resend open_set_aside knowledge publish silence",
    },
    Role.TIER2: dict.fromkeys(SITUATIONS, SECOND)
    | dict.fromkeys(OVER, f"{SECOND} report")
    | {
        "desk": "read inspect subscribe acknowledge_escalation decline release",
        "third": f"read inspect subscribe acknowledge_escalation decline release {ON}",
        "gateway": "submit follow directory hand_over receipts knowledge publish",
    },
    Role.TIER3: dict.fromkeys(
        SITUATIONS, "read inspect subscribe acknowledge_escalation decline release"
    )
    | dict.fromkeys(OVER, "read inspect subscribe acknowledge_escalation decline release report")
    | {
        "third": (
            f"read inspect {CALLED} {WORK} note attach reassign engage refer link unlink grade"
        ),
        "gateway": "submit follow directory hand_over receipts knowledge publish",
    },
    Role.INCIDENT_MANAGER: dict.fromkeys(SITUATIONS, RECORDS) | {"gateway": GLOBAL},
    Role.LEADER: dict.fromkeys(
        SITUATIONS, "read inspect subscribe acknowledge_escalation decline release"
    )
    | dict.fromkeys(
        OVER, "read inspect subscribe acknowledge_escalation decline release approve_report"
    )
    | {"gateway": "follow directory knowledge"},
    Role.ADMINISTRATOR: dict.fromkeys(SITUATIONS, "") | {"gateway": "directory plan_shifts"},
    Role.SECURITY: dict.fromkeys(SITUATIONS, "") | {"gateway": "submit directory"},
    MachineRole.READER: dict.fromkeys(SITUATIONS, "read inspect")
    | {"gateway": "follow directory receipts quarantine set_aside messages knowledge"},
    MachineRole.WRITER: dict.fromkeys(
        SITUATIONS,
        RECORDS.replace("detach ", "")
        .replace("approve_report", "")
        .replace("acknowledge_escalation", ""),
    )
    | {"gateway": GLOBAL.replace("enter_late ", "").replace("plan_shifts", "")},
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("situation", [*SITUATIONS, "gateway"])
def test_every_cell_of_permission_table_is_as_expected(part: PrincipalRole, situation: str) -> None:
    wanted = set(CELLS[part][situation].split())
    asked = GLOBAL.split() if situation == "gateway" else RECORDS.split()
    allowed = {
        a
        for a in asked
        if isinstance(may(who(part), Action(a), SITUATIONS.get(situation)), Allowed)
    }
    assert allowed == wanted


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("own", [{"contact": "Ann@Example.com"}, {"owner": "ann"}])
def test_reporter_has_permissions_on_own_incident(situation: str, own: dict[str, str]) -> None:
    record = replace(SITUATIONS[situation], **own)  # type: ignore[arg-type]
    allowed = {
        a
        for a in RECORDS.split()
        if isinstance(may(who(Role.REPORTER), Action(a), record), Allowed)
    }
    assert allowed == {
        "read",
        "confirm",
        "refuse",
        "rate",
        "follow_on",
        "subscribe",
        "complain",
    } | ({"note", "attach"} if situation != "closed" else set())


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"handler": "ann"}, True),
        ({"assignee": "ann"}, True),
        ({"assignee_group": "dba"}, True),
        ({"assignee_group": "x"}, False),
    ],
)
def test_tier_3_resolves_vendor_incident_only_if_assigned(
    given: dict[str, str],
    allowed: bool,
) -> None:
    record = replace(SITUATIONS["vendor"], **given)  # type: ignore[arg-type]
    asking = who(Role.TIER3, groups=frozenset({"dba"}))
    assert isinstance(may(asking, Action.RESOLVE, record), Allowed) == allowed


@pytest.mark.parametrize("part", [Role.TIER2, Role.TIER3])
def test_only_handler_posts_status_updates(part: PrincipalRole) -> None:
    for situation in SITUATIONS.values():
        assert isinstance(
            may(who(part), Action.POST_UPDATE, replace(situation, handler="ann")), Allowed
        )
        assert isinstance(
            may(who(part), Action.POST_UPDATE, replace(situation, handler="bob")), PermissionDenied
        )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_security_incident_is_accessible_only_to_permitted_roles(
    part: PrincipalRole, situation: str
) -> None:
    flagged = replace(SITUATIONS[situation], security=True, contact="ann")
    allowed = {action for action in Action if isinstance(may(who(part), action, flagged), Allowed)}
    changeable = {
        name for name in FIELDS if isinstance(may_edit(who(part), name, flagged), Allowed)
    }
    if part is Role.SECURITY:
        assert allowed - {"submit", "directory"} == {
            "read",
            "inspect",
            "note",
            "attach",
            "subscribe",
            "acknowledge_escalation",
            "decline",
            "release",
        }
        assert changeable == {"security"}
    elif part is Role.INCIDENT_MANAGER:
        assert allowed == set(Action)
    else:
        assert not allowed
        assert not changeable
        assert not visibility_of(who(part)).sees(flagged)


def test_role_with_security_works_on_security_incident_as_on_others() -> None:
    flagged = replace(SITUATIONS["second"], security=True)
    assert isinstance(may(who(Role.TIER2, Role.SECURITY), Action.RESOLVE, flagged), Allowed)
    assert isinstance(
        may(who(Role.LEADER, Role.SECURITY), Action.RESOLVE, flagged), PermissionDenied
    )


@pytest.mark.parametrize("action", [Action.READ, Action.INSPECT])
def test_visibility_agrees_with_read_and_inspect_permissions(action: Action) -> None:
    records = [
        replace(record, security=flag, contact=contact)
        for record in SITUATIONS.values()
        for flag in (False, True)
        for contact in ("", "ann", "bob")
    ]
    for one in PARTS:
        for other in PARTS:
            asking = who(one, other)
            for record in records:
                assert visibility_of(asking, action).sees(record) == isinstance(
                    may(asking, action, record), Allowed
                )


def test_principal_without_roles_may_do_and_see_nothing() -> None:
    assert visibility_of(who()) == Visibility()
    assert all(isinstance(may(who(), action), PermissionDenied) for action in Action)


def test_refusal_names_roles_and_where_they_apply() -> None:
    refused = may(who(Role.TIER2), Action.RESOLVE, SITUATIONS["desk"])
    assert isinstance(refused, PermissionDenied)
    assert "with tier 2" in refused.reason
    refused = may(who(Role.LEADER), Action.RESOLVE, SITUATIONS["desk"])
    assert refused == PermissionDenied("your roles (leader) do not include: resolve")


def test_refusal_names_permitted_tiers_or_states() -> None:
    third = replace(RECORD, state=State.ESCALATED, tier=Tier.THIRD)
    assert may(who(Role.SERVICE_DESK), Action.RESOLVE, third) == PermissionDenied(
        "your roles allow resolve only for records that are with the service desk"
        " or with tier 2, or with a vendor; this one is escalated, tier 3"
    )
    assert may(who(Role.SERVICE_DESK), Action.REPORT, third) == PermissionDenied(
        "your roles allow report only while a record is resolved, closed; this one is escalated"
    )


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_action_maps_to_a_permission(name: str) -> None:
    assert ACTIONS[name] in REQUIRED_ACTIONS


def line(rule: Rule | FieldRule) -> str:
    what = sorted(rule.actions if isinstance(rule, Rule) else rule.fields)
    everything = len(what) == len(Action if isinstance(rule, Rule) else FIELDS)
    states = (
        "all"
        if rule.states == frozenset(State)
        else ", ".join(state for state in State if state in rule.states)
    )
    ranked = isinstance(rule, Rule) and rule.priorities != PRIORITIES
    of = ", of P3 or P4" if ranked else ""
    return (
        f"| `{rule.part}` | {'everything' if everything else ', '.join(what)} | "
        f"{rule.where.value}{of} | {states} |"
    )


def test_permission_page_matches_permission_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text("utf-8").splitlines()
    shown = [text for text in page if text.startswith("| `") and text.count("|") == 5]
    rules: list[Rule | FieldRule] = [*TABLE, *FIELD_TABLE]
    assert shown == [line(rule) for rule in rules]
    assert [text for text in page if text.startswith("| `") and text.count("|") == 3] == [
        f"| `{action}` | {meaning} |" for action, meaning in MEANING.items()
    ]
    assert all(isinstance(rule.where, RecordLocation) for rule in TABLE)


TAKING = {Action.ACKNOWLEDGE, Action.NOTE, Action.ATTACH}


@pytest.mark.parametrize("part", PARTS)
def test_staff_whom_an_escalation_policy_calls_may_take_the_record(part: PrincipalRole) -> None:
    called = EscalationRun(policy="p", version=1, since=NOON, called=("ann",))
    for run, gains in (
        (called, part in {Role.SERVICE_DESK, Role.TIER2, Role.TIER3}),
        (replace(called, called=("eve",)), False),
        (replace(called, since=None), False),
    ):
        for name, record in SITUATIONS.items():
            paged = replace(record, escalation=run)
            gained = {
                action
                for action in map(Action, RECORDS.split())
                if isinstance(may(who(part), action, paged), Allowed)
            } - set(CELLS[part][name].split())
            assert gained == (TAKING - set(CELLS[part][name].split()) if gains else set())


def test_tier_3_works_on_what_it_handles_whatever_its_tier() -> None:
    taken = replace(SITUATIONS["second"], handler="ann")
    for action in (Action.RESOLVE, Action.HOLD, Action.REASSIGN):
        assert isinstance(may(who(Role.TIER3), action, taken), Allowed)
        assert isinstance(may(who(Role.TIER3), action, SITUATIONS["second"]), PermissionDenied)


@pytest.mark.parametrize("priority", [1, 2])
def test_urgent_record_is_shelved_by_incident_manager_alone(priority: int) -> None:
    urgent = replace(SITUATIONS["second"], priority=priority)
    refused = may(who(Role.TIER2), Action.SHELVE, urgent)
    assert refused == PermissionDenied(
        f"your roles allow shelve only for records of P3, P4; this one is P{priority}"
    )
    assert isinstance(may(who(MachineRole.WRITER), Action.SHELVE, urgent), PermissionDenied)
    assert may(who(Role.INCIDENT_MANAGER), Action.SHELVE, urgent) == Allowed()
    assert may(who(Role.TIER2), Action.UNSHELVE, urgent) == Allowed()
