"""Actions are tried with the checks that refuse them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.access.principal import Principal, PrincipalRole
from gateway.directory.roles import Role
from gateway.incidents.custom_fields import CustomFieldDefinition, CustomFields
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.lifecycle import ACTIONS
from gateway.incidents.record import Incident
from gateway.incidents.releasing import Acceptance, Circumstances
from gateway.operations.actions.available_actions import AvailableAction, available_actions
from gateway.vocabulary import FieldType, Kind, State, Tier
from tests.access.situations import RECORD, SITUATIONS, who
from tests.support.clock import NOON

LATER = NOON + timedelta(minutes=5)
NO_FIELDS, ALONE = CustomFields(), Circumstances()


def person(*parts: PrincipalRole) -> Principal:
    return replace(who(*parts), contact="ann@example.com")


def listed(
    asking: Principal,
    incident: Incident,
    around: Circumstances = ALONE,
    fields: CustomFields = NO_FIELDS,
) -> dict[str, AvailableAction]:
    found = available_actions(asking, incident, around, fields, LATER)
    return {one.body.get("to", one.name): one for one in found}


def codes(asking: Principal, incident: Incident, around: Circumstances) -> dict[str, str]:
    return {
        name: one.refusal.code
        for name, one in listed(asking, incident, around).items()
        if one.refusal is not None
    }


def test_every_action_of_the_lifecycle_is_listed() -> None:
    found = available_actions(person(Role.TIER2), RECORD, Circumstances(), NO_FIELDS, LATER)
    assert {one.name for one in found} == set(ACTIONS)


def test_person_who_was_told_may_decline() -> None:
    engineer, record = person(Role.TIER2), SITUATIONS["second"]
    assert codes(engineer, record, Circumstances())["decline"] == "not_called"
    assert "decline" not in codes(engineer, record, Circumstances(told=True))
    assert "decline" not in codes(engineer, replace(record, handler="ann"), Circumstances())
    held = replace(record, state=State.ON_HOLD)
    assert codes(engineer, held, Circumstances(told=True))["decline"] == "state"


def test_only_the_handler_may_release() -> None:
    engineer, record = person(Role.TIER2), SITUATIONS["second"]
    ledger = (*RECORD.ledger, LedgerEntry(LATER, ClockEvent.ACCEPT, Tier.SECOND))
    mine = replace(record, handler="ann", responded_at=LATER, ledger=ledger)
    just = Circumstances(accepted=Acceptance(LATER, "ann", State.ASSIGNED))
    refused = listed(engineer, replace(record, handler="bob"))["release"].refusal
    assert refused is not None
    assert (refused.code, refused.limits) == ("not_taken", ("bob",))
    assert listed(engineer, mine, just)["release"].needs == ()
    assert listed(engineer, mine)["release"].needs == ("reason",)


def test_refusals_name_what_would_be_allowed() -> None:
    engineer = person(Role.TIER2)
    found = listed(engineer, SITUATIONS["desk"])
    resolve, resume, close = (found[name].refusal for name in ("resolve", "resume", "close"))
    assert resolve is not None
    assert (resolve.code, resolve.limits) == ("location", ("with tier 2, or with a vendor",))
    assert close is not None
    assert (close.code, close.limits) == ("roles", ("tier2",))
    assert resume is not None
    manager = listed(person(Role.INCIDENT_MANAGER), SITUATIONS["desk"])["resume"].refusal
    assert manager is not None
    assert (manager.code, manager.limits) == ("state", ("on_hold",))


def test_record_that_somebody_has_is_refused_as_taken() -> None:
    taken = replace(SITUATIONS["second"], handler="bob")
    found = listed(person(Role.TIER2), taken)["accept"].refusal
    assert found is not None
    assert (found.code, found.limits) == ("taken", ("bob",))
    own = replace(taken, handler="ann")
    assert listed(person(Role.TIER2), own)["accept"].allowed


def test_request_is_not_declared_major_and_no_claim_is_graded() -> None:
    request = replace(SITUATIONS["desk"], kind=Kind.SERVICE_REQUEST)
    found = codes(person(Role.INCIDENT_MANAGER), request, Circumstances())
    assert found["declare_major"] == "service_request"
    assert found["grade"] == "no_claim"


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("resolve", ("solution",)),
        ("vendor", ("note", "vendor")),
        ("tier3", ("note",)),
        ("hold", ("reason",)),
        ("declare_major", ("reason",)),
        ("assign", ("group",)),
        ("note", ("note",)),
        ("shelve", ("reason", "until_event")),
        ("accept", ()),
    ],
)
def test_needed_fields_are_those_whose_lack_is_refused(name: str, needs: tuple[str, ...]) -> None:
    assert listed(person(Role.INCIDENT_MANAGER), SITUATIONS["second"])[name].needs == needs


def test_tier_2_passes_on_with_a_reason() -> None:
    found = listed(person(Role.TIER2), SITUATIONS["second"])["assign"]
    assert (found.allowed, found.needs) == (True, ("group", "note"))


def test_custom_fields_that_an_action_requires_are_named() -> None:
    cause = CustomFieldDefinition(
        name="cause",
        type=FieldType.TEXT,
        labels={},
        kinds=frozenset({"incident"}),
        choices=(),
        required_on=("resolve",),
    )
    fields = CustomFields({"cause": cause})
    found = listed(person(Role.TIER2), SITUATIONS["second"], fields=fields)
    assert found["resolve"].fields_first == ("cause",)
    assert found["accept"].fields_first == ()


def test_shelving_is_refused_by_priority_and_unshelving_where_nothing_is_shelved() -> None:
    urgent = replace(SITUATIONS["second"], priority=1)
    found = listed(person(Role.TIER2), urgent)["shelve"].refusal
    assert found is not None
    assert (found.code, found.limits) == ("priorities", ("P3", "P4"))
    assert codes(person(Role.TIER2), urgent, ALONE)["unshelve"] == "not_shelved"
    assert listed(person(Role.TIER2), replace(urgent, shelved_until=LATER))["unshelve"].allowed
