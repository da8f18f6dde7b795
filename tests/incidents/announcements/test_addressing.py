"""From announcements to messages."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.directory.person import Reachable
from gateway.incidents.announcement import Announcement, Recipient
from gateway.incidents.announcements.addressing import Directory, address
from gateway.incidents.announcements.addressing import targets as addresses

MONA = Reachable(login="mona", email="mona@example.com", phone="+8613800138000", roles=frozenset({"incident_manager"}))
LEO = Reachable(login="leo", email="leo@example.com", roles=frozenset({"leader"}))
DORA = Reachable(login="dora", email="dora@example.com", roles=frozenset({"service_desk"}))
DAN = Reachable(login="dan", email="dan@example.com", roles=frozenset({"service_desk"}), shifts=frozenset({"desk"}), at_desk=True)
OLGA = Reachable(login="olga", email="olga@example.com", groups=frozenset({"sre"}))
TOM = Reachable(login="tom", email="tom@example.com", groups=frozenset({"sre"}))
PEOPLE = Directory((DAN, DORA, LEO, MONA, OLGA, TOM))

HANDLER = Recipient(role="handler", own=True)


def an_announcement(*recipients: Recipient, **more: Any) -> Announcement:
    said = {"number": "INC-1", "title": "disk full"}
    return Announcement(
        cause="opened", template="opened", recipients=recipients, priority=1, facts=said, bare={"number": "INC-1"}, **more
    )


def targets(*recipients: Recipient, directory: Directory = PEOPLE, actor: str = "gateway", **more: Any) -> list[str]:
    return [notice.target for notice in address(an_announcement(*recipients, **more), directory, actor)[0]]


def entry(*recipients: Recipient, directory: Directory = PEOPLE, actor: str = "gateway", **more: Any) -> Any:
    told = address(an_announcement(*recipients, **more), directory, actor)[1]
    return dict(told[0][1]) if told else None


def test_who_has_the_role_is_told_beside_the_addresses_that_are_listed() -> None:
    assert targets(Recipient(role="incident_manager")) == ["person:mona"]
    listed = ("webhook:https://hooks.example.com/a", "on-call@example.com")
    assert targets(Recipient(role="incident_manager", listed=listed)) == [
        "webhook:https://hooks.example.com/a", "smtp:on-call@example.com", "person:mona",
    ]  # fmt: skip


@pytest.mark.parametrize("listed", ["smtp:Mona@example.com", "person:mona", "voice:mona", "sms:mona"])
def test_who_is_listed_by_an_address_of_their_own_is_told_once(listed: str) -> None:
    assert targets(Recipient(role="incident_manager", listed=(listed,))) == [listed]


def test_several_roles_of_one_person_are_told_once_and_all_stand_in_the_timeline() -> None:
    both = replace(MONA, roles=frozenset({"incident_manager", "leader"}))
    roles = (Recipient(role="incident_manager"), Recipient(role="leader"))
    assert targets(*roles, directory=Directory((both,))) == ["person:mona"]
    assert entry(*roles, directory=Directory((both,))) == {
        "cause": "opened", "template": "opened", "priority": 1, "roles": ("incident_manager", "leader"),
        "targets": ("person:mona",),
    }  # fmt: skip


def test_messages_about_no_incident_find_their_addresses_by_the_same_rules() -> None:
    assert addresses(Recipient(role="incident_manager", listed=("smtp:im@example.com",)), PEOPLE) == [
        "smtp:im@example.com",
        "person:mona",
    ]


def test_roles_that_nobody_has_are_unreachable() -> None:
    told = entry(Recipient(role="incident_manager"), Recipient(role="director"))
    assert (told["targets"], told["unreachable"]) == (("person:mona",), ("director",))


def test_nobody_is_told_of_what_is_silenced() -> None:
    assert targets(Recipient(role="incident_manager"), silenced="maintenance") == []
    assert entry(Recipient(role="incident_manager"), silenced="maintenance")["silenced"] == "maintenance"


@pytest.mark.parametrize("name", ["olga", "Olga@example.com"])
def test_the_incidents_own_person_is_found_by_any_of_their_names(name: str) -> None:
    assert targets(replace(HANDLER, people=(name,))) == ["person:olga"]


def test_a_handler_is_found_by_telephone_number() -> None:
    assert targets(replace(HANDLER, people=("+8613800138000",))) == ["person:mona"]


def test_where_the_handler_cannot_be_reached_the_next_of_the_incidents_own_is_told() -> None:
    ghost = replace(HANDLER, people=("ghost", "tom"), group="sre", listed=("smtp:h@example.com",))
    assert targets(ghost) == ["person:tom"]
    assert targets(replace(ghost, people=("ghost",))) == ["person:olga", "person:tom"]
    assert targets(replace(ghost, people=(), group="nobodys")) == ["smtp:h@example.com"]
    assert targets(replace(HANDLER, instead=Recipient(role="leader"))) == ["person:leo"]


def test_a_group_is_its_people_on_shift_and_without_a_shift_all_of_them() -> None:
    sre = Recipient(role="group", own=True, group="sre")
    assert targets(sre) == ["person:olga", "person:tom"]
    serving = replace(TOM, shifts=frozenset({"sre"}))
    assert targets(sre, directory=Directory((OLGA, serving))) == ["person:tom"]
    assert targets(Recipient(role="duty", listed=("group:sre",))) == ["person:olga", "person:tom"]


def test_of_the_desk_those_on_shift_are_told() -> None:
    assert targets(Recipient(role="service_desk")) == ["person:dan"]
    assert targets(Recipient(role="service_desk"), directory=Directory((DORA,))) == ["person:dora"]


def test_a_role_in_a_group_is_the_people_of_the_group_who_have_it_else_everybody() -> None:
    tier3 = frozenset({"tier3"})
    near, far = replace(OLGA, roles=tier3), Reachable(login="thea", email="thea@example.com", roles=tier3)
    people = Directory((near, far, TOM))
    assert targets(Recipient(role="tier3", group="sre"), directory=people) == ["person:olga"]
    assert targets(Recipient(role="tier3", group="dba"), directory=people) == ["person:olga", "person:thea"]


def test_people_are_not_told_of_what_they_did_themselves() -> None:
    own = replace(HANDLER, people=("olga",), group="sre")
    assert targets(own, actor="olga") == []
    assert entry(own, actor="olga", recorded=False) is None
    assert targets(replace(own, people=("ghost", "olga"), group=""), actor="olga") == []
    group = Recipient(role="group", own=True, group="sre")
    assert targets(group, actor="olga") == ["person:tom"]
    assert entry(group, directory=Directory((OLGA,)), actor="olga", recorded=False) is None


def test_a_reporter_is_told_by_mail_where_no_person_has_the_address() -> None:
    reporter = Recipient(role="reporter", own=True, people=("ann@example.com",))
    assert targets(reporter) == ["smtp:ann@example.com"]
    assert targets(replace(reporter, people=("+4912345",))) == []


def test_only_the_privy_are_told_what_a_security_incident_is_about() -> None:
    roles = (Recipient(role="leader"), Recipient(role="incident_manager", listed=("smtp:im@example.com",)))
    notices, _ = address(an_announcement(*roles, security=True), PEOPLE, "gateway")
    assert {notice.target: "title" in notice.facts for notice in notices} == {
        "person:leo": False, "smtp:im@example.com": True, "person:mona": True,
    }  # fmt: skip


def test_of_a_security_incident_its_own_people_hear_only_if_they_may_see_it() -> None:
    assert targets(replace(HANDLER, people=("mona",)), security=True) == ["person:mona"]
    own = replace(HANDLER, people=("olga",))
    assert targets(own, security=True, recorded=False) == []
    assert entry(own, security=True, recorded=False)["silenced"] == "security"


def test_security_is_told_in_place_of_those_who_may_not_see_it() -> None:
    officers = Recipient(role="security", instead=Recipient(role="incident_manager"))
    told: dict[str, Any] = {"security": True, "officers": officers}
    own = replace(HANDLER, people=("olga",))
    assert targets(own, **told) == ["person:mona"]
    assert (entry(own, **told)["roles"], entry(own, **told)["silenced"]) == (("handler", "security"), "security")
    assert targets(replace(own, people=("mona",)), directory=Directory((MONA, OLGA)), **told) == ["person:mona"]
    assert targets(Recipient(role="reporter", own=True, people=("ann@example.com",)), **told) == []


def test_a_listed_person_is_judged_by_their_roles_and_a_listed_address_by_its_role() -> None:
    listed = Recipient(role="security", listed=("voice:olga", "voice:mona", "smtp:soc@example.com", "group:sre"))
    notices, _ = address(an_announcement(listed, security=True), PEOPLE, "gateway")
    assert {notice.target for notice in notices if "title" in notice.facts} == {"voice:mona", "smtp:soc@example.com"}


def test_an_entry_is_left_out_where_somebody_was_told_or_nobody_must_be() -> None:
    assert entry(replace(HANDLER, people=("olga",)), recorded=False) is None
    assert entry(replace(HANDLER, people=("ghost",)), recorded=False)["unreachable"] == ("handler",)
    assert entry(replace(HANDLER, people=("ghost",)), recorded=False, optional=True) is None
