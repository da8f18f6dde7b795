"""The recipients of a step, and those who are called where it reaches nobody."""

from gateway.escalation.policies.recipients import step_recipients
from gateway.incidents.announcement import CallChoice, Recipient
from tests.escalation.policies.pages import rules, step
from tests.sla.stories import an_incident, ledger_of

RECORD = an_incident(ledger_of([(0, "record", 1)]), assignee_group="sre", assignee="olga")


def chain(recipient: Recipient | None) -> list[str]:
    """Return whom a recipient means, then each one that is called instead of the one before."""
    if recipient is None:
        return []
    return [*(recipient.listed or (recipient.role,)), *chain(recipient.instead)]


def test_next_steps_then_desk_and_manager_stand_in_for_a_step_that_reaches_nobody() -> None:
    steps = (step("schedule:one"), step("role:leader"), step("person:eve", "group:two"))
    [first] = step_recipients(rules(), RECORD, steps, 0)
    assert chain(first) == [
        "schedule:one",
        "person:eve",
        "group:two",
        "service_desk",
        "incident_manager",
    ]


def test_roles_of_a_step_are_recipients_of_their_own() -> None:
    steps = (step("role:handler", "role:leader", "person:eve", turn=CallChoice.NEXT),)
    found = step_recipients(rules(), RECORD, steps, 0)
    assert [(one.role, one.own, one.people) for one in found] == [
        ("on_call", False, ()),
        ("handler", True, ("olga",)),
        ("leader", False, ()),
    ]
    assert {one.turn for one in found} == {CallChoice.NEXT}


def test_step_of_roles_alone_calls_nobody_by_name() -> None:
    found = step_recipients(rules(), RECORD, (step("role:leader"),), 0)
    assert [(one.role, one.listed) for one in found] == [("leader", ())]
