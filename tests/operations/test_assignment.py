"""Assignment of a record to a group and tier, and refusals with the place of the flaw."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.directory.roles import GroupTier, Role
from gateway.errors import Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident
from gateway.operations.assignment import (
    AssignableStaff,
    StaffGroup,
    check_edit,
    fill_in_assignment,
)
from gateway.vocabulary import Impact, Tier, Urgency
from tests.support.clock import NOON

RECORD = Incident(
    id=1,
    number="INC-20260302-000001",
    title="x",
    source="web",
    priority=3,
    impact=Impact.GROUP,
    urgency=Urgency.NORMAL,
    occurred_at=NOON,
    recorded_at=NOON,
    updated_at=NOON,
    policy="p",
    ledger=(LedgerEntry(NOON, ClockEvent.RECORD, priority=3),),
    version=1,
    timeline_hash=b"",
)
GROUPS = {
    "desk": (GroupTier.DESK, "dora both"),
    "mail": (GroupTier.TIER2, "tom both twice"),
    "web": (GroupTier.TIER2, "ted twice"),
    "kernel": (GroupTier.TIER3, "tess"),
    "disks": (GroupTier.TIER3, "thea"),
}
LONERS = {
    "solo": Role.TIER3,
    "mona": Role.INCIDENT_MANAGER,
    "dan": Role.SERVICE_DESK,
    "rita": Role.REPORTER,
}
MEMBERS = {
    login: frozenset({Role.TIER2}) for _, members in GROUPS.values() for login in members.split()
}
STAFF = AssignableStaff(
    groups={
        slug: StaffGroup(slug, tier, frozenset(members.split()))
        for slug, (tier, members) in GROUPS.items()
    },
    people=MEMBERS | {login: frozenset({role}) for login, role in LONERS.items()},
    support={},
)
KERNEL = replace(STAFF, support={GroupTier.TIER3: "kernel", GroupTier.TIER2: "web"})


def given(command: c.Command, staff: AssignableStaff = STAFF, **record: Any) -> Any:
    return fill_in_assignment(command, replace(RECORD, **record), staff)


@pytest.mark.parametrize(
    ("asked", "group", "tier"),
    [
        ({"group": "mail"}, "mail", Tier.SECOND),
        ({"group": "kernel"}, "kernel", Tier.THIRD),
        ({"group": "desk"}, "desk", Tier.DESK),
        ({"group": "web", "person": "ted"}, "web", Tier.SECOND),
        ({"person": "tom"}, "mail", Tier.SECOND),
        ({"person": "both"}, "mail", Tier.SECOND),
        ({"person": "both", "tier": Tier.DESK}, "desk", Tier.DESK),
        ({"person": "dora"}, "desk", Tier.DESK),
        ({"person": "mona"}, "", Tier.SECOND),
        ({"person": "solo"}, "", Tier.THIRD),
        ({"person": "solo", "tier": Tier.SECOND}, "", Tier.SECOND),
        ({"tier": Tier.DESK}, "desk", Tier.DESK),
        ({"tier": Tier.THIRD}, "", Tier.THIRD),
    ],
)
def test_assignment_takes_tier_from_group_and_group_from_person(
    asked: dict[str, Any], group: str, tier: Tier
) -> None:
    command = given(c.Assign(**asked))
    assert (command.group, command.person, command.tier) == (group, asked.get("person", ""), tier)


def test_person_of_several_groups_gets_current_or_service_group() -> None:
    assert given(c.Assign(person="twice"), assignee_group="web", tier=Tier.SECOND).group == "web"
    assert given(c.Assign(person="twice"), KERNEL).group == "web"
    assert given(c.Assign(tier="2"), KERNEL).group == "web"
    assert given(c.Assign(tier="2"), assignee_group="mail").group == "mail"


@pytest.mark.parametrize(
    ("command", "pointer", "says"),
    [
        (c.Assign(), "/group", "name a group or a person"),
        (c.Assign(group="nope"), "/group", "'nope'"),
        (c.Assign(person="nobody"), "/person", "'nobody'"),
        (
            c.Assign(group="mail", person="tess"),
            "/person",
            "tess does not belong to mail; its members: both, tom, twice",
        ),
        (c.Assign(group="kernel", tier="2"), "/tier", "kernel works at tier3"),
        (
            c.Assign(person="tess", tier="2"),
            "/person",
            "tess works in kernel (tier3), not at tier2",
        ),
        (c.Assign(person="twice"), "/group", "mail (tier2), web (tier2): name one of them"),
        (c.Assign(tier="2"), "/group", "name a group of tier2"),
        (c.Assign(tier="vendor"), "/person", "name the vendor"),
        (c.Assign(tier="vendor", group="mail", person="HP"), "/group", "a vendor is no group"),
        (c.Escalate(to="tier3", group="mail"), "/group", "mail works at tier2"),
        (c.Escalate(to="tier3", person="nobody"), "/person", "'nobody'"),
        (c.Escalate(to="tier3", person="mona"), "/person", "mona does not work at tier 3"),
        (
            c.Escalate(to="tier3", person="tom"),
            "/person",
            "tom works in mail (tier2), not at tier3",
        ),
        (c.Acknowledge(person="nobody"), "/person", "'nobody'"),
        (c.Assign(person="rita"), "/person", "rita does not work on records"),
    ],
)
def test_impossible_assignment_is_refused_with_pointer(
    command: c.Command, pointer: str, says: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        given(command)
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]
    assert says in refused.value.detail


def test_assignment_to_vendor_becomes_escalation() -> None:
    asked = c.Assign(tier="vendor", person=" HP ", note="their disk")
    assert given(asked) == c.Escalate(to="vendor", vendor="HP", note="their disk")
    straight = c.Escalate(to="vendor", vendor="HP")
    assert given(straight) is straight


def test_escalation_goes_to_tier3_group_of_service_or_person() -> None:
    up = c.Escalate(to="tier3")
    assert given(up, KERNEL).group == "kernel"
    assert given(up).group == ""
    assert given(c.Escalate(to="tier3", person="thea"), KERNEL).group == "disks"
    assert given(c.Escalate(to="tier3", group="disks"), KERNEL).group == "disks"
    assert given(c.Escalate(to="tier3", person="solo"), KERNEL).group == "kernel"


def test_returned_incident_goes_to_service_desk() -> None:
    assert given(c.Return(note="no"), assignee_group="mail").group == "desk"
    no_desk = replace(STAFF, groups={"mail": STAFF.groups["mail"]})
    assert given(c.Return(note="no"), no_desk, assignee_group="mail").group == ""


def test_commands_without_assignment_are_unchanged() -> None:
    for command in (c.Acknowledge(), c.Acknowledge(person="tom"), c.Resume()):
        assert given(command) is command


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"owner": "nobody"}, "/owner"),
        ({"owner": "rita"}, "/owner"),
        ({"assignee": "rita"}, "/assignee"),
        ({"assignee_group": "nope"}, "/assignee_group"),
        ({"assignee_group": "kernel"}, "/assignee_group"),
        ({"assignee": "nobody"}, "/assignee"),
        ({"assignee": "tess"}, "/assignee"),
    ],
)
def test_correction_with_unsuitable_person_or_group_is_refused(
    changes: dict[str, str], pointer: str
) -> None:
    before = replace(RECORD, tier=Tier.SECOND, assignee_group="mail", assignee="tom")
    with pytest.raises(Unprocessable) as refused:
        check_edit(before, replace(before, **changes), STAFF)  # type: ignore[arg-type]
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "dora"},
        {"owner": ""},
        {"assignee": "twice"},
        {"assignee_group": "web", "assignee": "ted"},
        {"assignee_group": ""},
        {"assignee_group": "", "assignee": "mona"},
    ],
)
def test_fitting_correction_is_accepted(changes: dict[str, str]) -> None:
    before = replace(RECORD, tier=Tier.SECOND, assignee_group="mail", assignee="tom", owner="gone")
    check_edit(before, replace(before, **changes), STAFF)  # type: ignore[arg-type]
