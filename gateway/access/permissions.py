"""The permission table: (principal, action, record) to a decision. Pure.

Whether the state of a record allows an action at all is decided by the lifecycle
(`incidents/lifecycle.py`); this table says who may request it. A row applies to a principal with
its role, an action among its actions, and a record of its location in one of its states. Without
a row there is no permission. Security incidents exist only for SECURITY_ROLES; to those the same
rows apply.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from gateway.access.denial import DenialCause
from gateway.access.principal import MachineRole, Principal, PrincipalRole
from gateway.access.record_locations import RecordLocation, is_at
from gateway.directory.roles import Role
from gateway.incidents.record import Incident
from gateway.incidents.visibility import Visibility, has_security_role
from gateway.vocabulary import LIVE, State


class Action(StrEnum):
    """An action on one record or, from FOLLOW on, on the gateway as a whole."""

    READ = "read"
    INSPECT = "inspect"
    ACKNOWLEDGE = "acknowledge"
    ACKNOWLEDGE_FOR = "acknowledge_for"
    ASSIGN = "assign"
    REASSIGN = "reassign"
    DECLINE = "decline"
    RELEASE = "release"
    RETURN = "return"
    HOLD = "hold"
    RESUME = "resume"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    ESCALATE = "escalate"
    ENGAGE = "engage"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    CLOSE = "close"
    REJECT = "reject"
    DECLARE_MAJOR = "declare_major"
    TELL_LEADER = "tell_leader"
    ACKNOWLEDGE_ESCALATION = "acknowledge_escalation"
    POST_UPDATE = "post_update"
    SUBSCRIBE = "subscribe"
    SUBSCRIBE_OTHERS = "subscribe_others"
    NOTE = "note"
    ATTACH = "attach"
    DETACH = "detach"
    RATE = "rate"
    CALL_BACK = "call_back"
    GRADE = "grade"
    LINK = "link"
    UNLINK = "unlink"
    REFER = "refer"
    INVITE = "invite"
    FOLLOW_ON = "follow_on"
    CONVERT = "convert"
    REPORT = "report"
    APPROVE_REPORT = "approve_report"
    COMPLAIN = "complain"
    FOLLOW = "follow"
    SUBMIT = "submit"
    ENTER_LATE = "enter_late"
    RECEIPTS = "receipts"
    MESSAGES = "messages"
    RESEND = "resend"
    QUARANTINE = "quarantine"
    REPLAY = "replay"
    SET_ASIDE = "set_aside"
    OPEN_SET_ASIDE = "open_set_aside"
    DIRECTORY = "directory"
    KNOWLEDGE = "knowledge"
    PUBLISH = "publish"
    HAND_OVER = "hand_over"
    ACCEPT_FOR = "accept_for"
    SILENCE = "silence"
    PLAN_SHIFTS = "plan_shifts"


ALL = frozenset(State)
OPEN = LIVE | {State.RESOLVED}
OVER = frozenset({State.RESOLVED, State.CLOSED})
PRIORITIES = frozenset({1, 2, 3, 4})
MINOR = frozenset({3, 4})


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: the role `part` may do each of `actions` to records `where` in one of `states`.

    The records have one of `priorities`.
    """

    part: PrincipalRole
    actions: frozenset[Action]
    where: RecordLocation = RecordLocation.ANY
    states: frozenset[State] = ALL
    priorities: frozenset[int] = PRIORITIES


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A row: the role `part` may change each of `fields` of records `where` in one of `states`."""

    part: PrincipalRole
    fields: frozenset[str]
    where: RecordLocation = RecordLocation.ANY
    states: frozenset[State] = ALL


_A = Action
_SEEING = frozenset({_A.READ, _A.INSPECT})
_CALLED = frozenset({_A.SUBSCRIBE, _A.ACKNOWLEDGE_ESCALATION, _A.DECLINE, _A.RELEASE})
_STAFF = frozenset({_A.SUBMIT, _A.FOLLOW, _A.DIRECTORY, _A.HAND_OVER, _A.KNOWLEDGE, _A.PUBLISH})
_EVIDENCE = frozenset({_A.RECEIPTS, _A.MESSAGES, _A.QUARANTINE, _A.SET_ASIDE})
_TAKING = frozenset({_A.ACKNOWLEDGE, _A.NOTE, _A.ATTACH})
_WORK = frozenset({_A.ACKNOWLEDGE, _A.HOLD, _A.RESUME, _A.RESOLVE, _A.UNSHELVE})
_SHELVING = frozenset({_A.SHELVE})
_PASSING_ON = frozenset(
    {_A.NOTE, _A.ATTACH, _A.REASSIGN, _A.ESCALATE, _A.ENGAGE, _A.REFER, _A.GRADE}
)
_OWNING = frozenset(
    {
        _A.NOTE,
        _A.ATTACH,
        _A.ACKNOWLEDGE_FOR,
        _A.ASSIGN,
        _A.CONFIRM,
        _A.REFUSE,
        _A.CLOSE,
        _A.REJECT,
        _A.RATE,
        _A.LINK,
        _A.UNLINK,
        _A.REFER,
        _A.INVITE,
        _A.FOLLOW_ON,
        _A.CONVERT,
        _A.CALL_BACK,
        _A.COMPLAIN,
        _A.GRADE,
    }
)

TABLE: tuple[Rule, ...] = (
    Rule(Role.REPORTER, frozenset({_A.SUBMIT})),
    Rule(
        Role.REPORTER,
        frozenset(
            {_A.READ, _A.CONFIRM, _A.REFUSE, _A.RATE, _A.FOLLOW_ON, _A.SUBSCRIBE, _A.COMPLAIN}
        ),
        RecordLocation.OWN,
    ),
    Rule(Role.REPORTER, frozenset({_A.NOTE, _A.ATTACH}), RecordLocation.OWN, OPEN),
    Rule(
        Role.SERVICE_DESK,
        _STAFF | _EVIDENCE | {_A.REPLAY, _A.RESEND, _A.OPEN_SET_ASIDE, _A.SILENCE},
    ),
    Rule(
        Role.SERVICE_DESK,
        _SEEING | _OWNING | _CALLED | {_A.SUBSCRIBE_OTHERS, _A.POST_UPDATE},
    ),
    Rule(Role.SERVICE_DESK, frozenset({_A.ESCALATE, _A.ENGAGE})),
    Rule(Role.SERVICE_DESK, _WORK, RecordLocation.DESK),
    Rule(Role.SERVICE_DESK, _TAKING, RecordLocation.PAGED),
    Rule(
        Role.SERVICE_DESK,
        frozenset({_A.HOLD, _A.RESUME, _A.RESOLVE, _A.UNSHELVE}),
        RecordLocation.SECOND,
    ),
    Rule(Role.SERVICE_DESK, _SHELVING, RecordLocation.DESK, priorities=MINOR),
    Rule(Role.SERVICE_DESK, _SHELVING, RecordLocation.SECOND, priorities=MINOR),
    Rule(Role.SERVICE_DESK, frozenset({_A.REPORT}), RecordLocation.ANY, OVER),
    Rule(Role.TIER2, _STAFF | _SEEING | _CALLED | {_A.RECEIPTS}),
    Rule(Role.TIER2, _TAKING, RecordLocation.PAGED),
    Rule(Role.TIER2, frozenset({_A.POST_UPDATE}), RecordLocation.HANDLED),
    Rule(Role.TIER2, _WORK | {_A.RETURN, _A.LINK, _A.UNLINK, _A.CONVERT}, RecordLocation.SECOND),
    Rule(Role.TIER2, _SHELVING, RecordLocation.SECOND, priorities=MINOR),
    Rule(Role.TIER2, _PASSING_ON | {_A.RESUME}, RecordLocation.BEYOND_DESK),
    Rule(Role.TIER2, frozenset({_A.REPORT}), RecordLocation.ANY, OVER),
    Rule(Role.TIER3, _STAFF | _SEEING | _CALLED | {_A.RECEIPTS}),
    Rule(Role.TIER3, _TAKING, RecordLocation.PAGED),
    Rule(
        Role.TIER3,
        frozenset({_A.POST_UPDATE, *_WORK, *_PASSING_ON}) - {_A.ESCALATE},
        RecordLocation.HANDLED,
    ),
    Rule(
        Role.TIER3, _WORK | {_A.LINK, _A.UNLINK, *_PASSING_ON} - {_A.ESCALATE}, RecordLocation.THIRD
    ),
    Rule(Role.TIER3, _SHELVING, RecordLocation.THIRD, priorities=MINOR),
    Rule(Role.TIER3, frozenset({_A.REPORT}), RecordLocation.ANY, OVER),
    Rule(Role.INCIDENT_MANAGER, frozenset(Action)),
    Rule(
        Role.LEADER,
        _SEEING | _CALLED | {_A.FOLLOW, _A.DIRECTORY, _A.KNOWLEDGE},
    ),
    Rule(Role.LEADER, frozenset({_A.APPROVE_REPORT}), RecordLocation.ANY, OVER),
    Rule(Role.ADMINISTRATOR, frozenset({_A.DIRECTORY, _A.PLAN_SHIFTS})),
    Rule(Role.SECURITY, frozenset({_A.SUBMIT, _A.DIRECTORY})),
    Rule(
        Role.SECURITY,
        _SEEING | _CALLED | {_A.NOTE, _A.ATTACH},
        RecordLocation.FLAGGED,
    ),
    Rule(MachineRole.READER, _SEEING | _EVIDENCE | {_A.FOLLOW, _A.DIRECTORY, _A.KNOWLEDGE}),
    Rule(
        MachineRole.WRITER,
        frozenset(Action)
        - {
            _A.ENTER_LATE,
            _A.DETACH,
            _A.APPROVE_REPORT,
            _A.ACKNOWLEDGE_ESCALATION,
            _A.PLAN_SHIFTS,
            _A.SHELVE,
        },
    ),
    Rule(MachineRole.WRITER, _SHELVING, priorities=MINOR),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The decision that permits."""


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """The decision that refuses.

    The reason is shown to people and never reveals a record that the principal may not see.
    `limits` are the principal's roles, or the locations or states for which it would be allowed.
    """

    reason: str
    cause: DenialCause = field(default=DenialCause.ROLES, compare=False)
    limits: tuple[str, ...] = field(default=(), compare=False)


ALLOWED = Allowed()


@lru_cache(maxsize=1_024)
def visibility_of(who: Principal, action: Action = Action.READ) -> Visibility:
    """Return the visibility of records for a principal, for READ or INSPECT.

    The state of a record plays no part in these two.
    """
    seeing = {rule.where for rule in TABLE if action in rule.actions and rule.part in who.parts}
    return Visibility(
        ordinary=RecordLocation.ANY in seeing,
        security=bool(seeing) and has_security_role(who.parts),
        names=tuple(sorted(who.identities)) if RecordLocation.OWN in seeing else (),
    )


def may(
    who: Principal, action: Action, incident: Incident | None = None
) -> Allowed | PermissionDenied:
    """Return whether the principal may do this to the record, or without one to any record."""
    if incident is not None and not visibility_of(who).sees(incident):
        return PermissionDenied("there is no such record", DenialCause.HIDDEN)
    rules = [rule for rule in TABLE if rule.part in who.parts and action in rule.actions]
    return judged(rules, who, incident, action)


def judged(
    rules: "list[Rule] | list[FieldRule]", who: Principal, incident: Incident | None, what: str
) -> Allowed | PermissionDenied:
    """Return the decision by the rules that cover the principal and what they ask for."""
    if not rules:
        parts = tuple(sorted(who.parts))
        return PermissionDenied(
            f"your roles ({', '.join(parts) or 'none'}) do not include: {what}", limits=parts
        )
    if incident is None or any(_covers(rule, who, incident) for rule in rules):
        return ALLOWED
    here = [rule for rule in rules if is_at(rule.where, who, incident)]
    if any(incident.state in rule.states for rule in here):
        found = {one for rule in here if isinstance(rule, Rule) for one in rule.priorities}
        ranks = tuple(f"P{one}" for one in sorted(found))
        limit = f"only for records of {', '.join(ranks)}; this one is P{incident.priority}"
        return PermissionDenied(f"your roles allow {what} {limit}", DenialCause.PRIORITIES, ranks)
    if here:
        states = tuple(state for state in State if any(state in rule.states for rule in here))
        limit = f"only while a record is {', '.join(states)}; this one is {incident.state}"
        return PermissionDenied(f"your roles allow {what} {limit}", DenialCause.ROLE_STATES, states)
    places = tuple(sorted({rule.where for rule in rules}))
    limit = f"only for records that are {' or '.join(places)}"
    return PermissionDenied(
        f"your roles allow {what} {limit}; this one is {incident.state}, tier {incident.tier}",
        DenialCause.LOCATION,
        places,
    )


def _covers(rule: "Rule | FieldRule", who: Principal, incident: Incident) -> bool:
    return (
        is_at(rule.where, who, incident)
        and incident.state in rule.states
        and (isinstance(rule, FieldRule) or incident.priority in rule.priorities)
    )
