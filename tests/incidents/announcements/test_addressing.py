"""Announcements become messages to the addresses of people."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.directory.person import Reachable
from gateway.incidents.announcement import Announcement, CallChoice, Recipient
from gateway.incidents.announcements.addressing import RecipientDirectory, address_announcement
from gateway.incidents.announcements.addressing import addresses_of_recipient as addresses

MONA = Reachable(
    login="mona",
    email="mona@example.com",
    phone="+8613800138000",
    roles=frozenset({"incident_manager"}),
)
LEO = Reachable(login="leo", email="leo@example.com", roles=frozenset({"leader"}))
DORA = Reachable(login="dora", email="dora@example.com", roles=frozenset({"service_desk"}))
DAN = Reachable(
    login="dan",
    email="dan@example.com",
    roles=frozenset({"service_desk"}),
    shifts=frozenset({"desk"}),
    at_desk=True,
)
OLGA = Reachable(login="olga", email="olga@example.com", groups=frozenset({"sre"}))
TOM = Reachable(login="tom", email="tom@example.com", groups=frozenset({"sre"}))
PEOPLE = RecipientDirectory((DAN, DORA, LEO, MONA, OLGA, TOM))

HANDLER = Recipient(role="handler", own=True)


def an_announcement(*recipients: Recipient, **more: Any) -> Announcement:
    said = {"number": "INC-1", "title": "disk full"}
    return Announcement(
        cause="opened",
        template="opened",
        recipients=recipients,
        priority=1,
        facts=said,
        bare={"number": "INC-1"},
        **more,
    )


def targets(
    *recipients: Recipient,
    directory: RecipientDirectory = PEOPLE,
    actor: str = "gateway",
    **more: Any,
) -> list[str]:
    return [
        notice.target
        for notice in address_announcement(an_announcement(*recipients, **more), directory, actor)[
            0
        ]
    ]


def entry(
    *recipients: Recipient,
    directory: RecipientDirectory = PEOPLE,
    actor: str = "gateway",
    **more: Any,
) -> Any:
    told = address_announcement(an_announcement(*recipients, **more), directory, actor)[1]
    return dict(told[0][1]) if told else None


def test_people_with_role_are_notified_beside_listed_addresses() -> None:
    assert targets(Recipient(role="incident_manager")) == ["person:mona"]
    listed = ("webhook:https://hooks.example.com/a", "on-call@example.com")
    assert targets(Recipient(role="incident_manager", listed=listed)) == [
        "webhook:https://hooks.example.com/a",
        "smtp:on-call@example.com",
        "person:mona",
    ]


@pytest.mark.parametrize(
    "listed", ["smtp:Mona@example.com", "person:mona", "voice:mona", "sms:mona"]
)
def test_person_listed_by_own_address_is_notified_once(listed: str) -> None:
    assert targets(Recipient(role="incident_manager", listed=(listed,))) == [listed]


def test_person_with_several_roles_is_notified_once_for_all_roles() -> None:
    both = replace(MONA, roles=frozenset({"incident_manager", "leader"}))
    roles = (Recipient(role="incident_manager"), Recipient(role="leader"))
    assert targets(*roles, directory=RecipientDirectory((both,))) == ["person:mona"]
    assert entry(*roles, directory=RecipientDirectory((both,))) == {
        "cause": "opened",
        "template": "opened",
        "priority": 1,
        "roles": ("incident_manager", "leader"),
        "targets": ("person:mona",),
    }


def test_recipient_resolves_to_listed_and_role_addresses() -> None:
    assert addresses(
        Recipient(role="incident_manager", listed=("smtp:im@example.com",)), PEOPLE
    ) == [
        "smtp:im@example.com",
        "person:mona",
    ]


def test_role_without_people_is_unreachable() -> None:
    told = entry(Recipient(role="incident_manager"), Recipient(role="director"))
    assert (told["targets"], told["unreachable"]) == (("person:mona",), ("director",))


def test_stand_in_is_notified_only_where_nobody_is_reached() -> None:
    desk, director = Recipient(role="service_desk"), Recipient(role="director")
    manager = Recipient(role="incident_manager")
    assert targets(director, stand_in=desk) == ["person:dan"]
    told = entry(director, stand_in=desk)
    assert (told["roles"], told["unreachable"]) == (("director", "service_desk"), ("director",))
    assert targets(director, manager, stand_in=desk) == ["person:mona"]
    assert targets(replace(HANDLER, people=("dan",)), actor="dan", stand_in=desk) == []
    assert targets(director, stand_in=desk, silenced="maintenance") == []
    assert targets(director, stand_in=Recipient(role="leader", listed=("schedule:x",))) == [
        "person:leo"
    ]


def test_silenced_announcement_notifies_nobody() -> None:
    assert targets(Recipient(role="incident_manager"), silenced="maintenance") == []
    assert (
        entry(Recipient(role="incident_manager"), silenced="maintenance")["silenced"]
        == "maintenance"
    )


@pytest.mark.parametrize("name", ["olga", "Olga@example.com"])
def test_handler_is_found_by_login_or_email(name: str) -> None:
    assert targets(replace(HANDLER, people=(name,))) == ["person:olga"]


def test_handler_is_found_by_phone_number() -> None:
    assert targets(replace(HANDLER, people=("+8613800138000",))) == ["person:mona"]


def test_unreachable_handler_falls_back_to_next_recipient() -> None:
    ghost = replace(HANDLER, people=("ghost", "tom"), group="sre", listed=("smtp:h@example.com",))
    assert targets(ghost) == ["person:tom"]
    assert targets(replace(ghost, people=("ghost",))) == ["person:olga", "person:tom"]
    assert targets(replace(ghost, people=(), group="nobodys")) == ["smtp:h@example.com"]
    assert targets(replace(HANDLER, instead=Recipient(role="leader"))) == ["person:leo"]


def test_group_notifies_people_on_shift_or_all_members() -> None:
    sre = Recipient(role="group", own=True, group="sre")
    assert targets(sre) == ["person:olga", "person:tom"]
    serving = replace(TOM, shifts=frozenset({"sre"}))
    assert targets(sre, directory=RecipientDirectory((OLGA, serving))) == ["person:tom"]
    assert targets(Recipient(role="duty", listed=("group:sre",))) == ["person:olga", "person:tom"]


def test_schedule_notifies_whoever_is_on_call() -> None:
    duty = Recipient(role="duty", listed=("schedule:web", "smtp:wall@example.com"))
    on_call = replace(PEOPLE, on_call={"web": ("tom", "ghost")})
    assert targets(duty, directory=on_call) == ["person:tom", "smtp:wall@example.com"]
    assert entry(duty, directory=on_call, recorded=False) is None


@pytest.mark.parametrize("on_call", [{}, {"web": ()}, {"web": ("ghost",)}])
def test_schedule_without_anybody_on_call_is_named_and_the_stand_in_is_notified(
    on_call: dict[str, tuple[str, ...]],
) -> None:
    duty = Recipient(
        role="duty",
        listed=("schedule:web",),
        instead=Recipient(role="leader", listed=("schedule:boss",)),
    )
    empty = replace(PEOPLE, on_call=on_call)
    assert targets(duty, directory=empty) == ["person:leo"]
    told = entry(duty, directory=empty, recorded=False)
    assert told is not None
    assert told["nobody_on_call"] == ("web", "boss")
    assert "unreachable" not in told


def test_service_desk_notifies_people_on_shift() -> None:
    assert targets(Recipient(role="service_desk")) == ["person:dan"]
    assert targets(Recipient(role="service_desk"), directory=RecipientDirectory((DORA,))) == [
        "person:dora"
    ]


def test_role_in_group_prefers_group_members_with_role() -> None:
    tier3 = frozenset({"tier3"})
    near, far = (
        replace(OLGA, roles=tier3),
        Reachable(login="thea", email="thea@example.com", roles=tier3),
    )
    people = RecipientDirectory((near, far, TOM))
    assert targets(Recipient(role="tier3", group="sre"), directory=people) == ["person:olga"]
    assert targets(Recipient(role="tier3", group="dba"), directory=people) == [
        "person:olga",
        "person:thea",
    ]


def test_actor_is_not_notified_of_own_action() -> None:
    own = replace(HANDLER, people=("olga",), group="sre")
    assert targets(own, actor="olga") == []
    assert entry(own, actor="olga", recorded=False) is None
    assert targets(replace(own, people=("ghost", "olga"), group=""), actor="olga") == []
    group = Recipient(role="group", own=True, group="sre")
    assert targets(group, actor="olga") == ["person:tom"]
    assert entry(group, directory=RecipientDirectory((OLGA,)), actor="olga", recorded=False) is None


def test_unknown_reporter_is_notified_by_email() -> None:
    reporter = Recipient(role="reporter", own=True, people=("ann@example.com",))
    assert targets(reporter) == ["smtp:ann@example.com"]
    assert targets(replace(reporter, people=("+4912345",))) == []


def test_only_privileged_recipients_get_security_incident_details() -> None:
    roles = (
        Recipient(role="leader"),
        Recipient(role="incident_manager", listed=("smtp:im@example.com",)),
    )
    notices, _ = address_announcement(an_announcement(*roles, security=True), PEOPLE, "gateway")
    assert {notice.target: "title" in notice.facts for notice in notices} == {
        "person:leo": False,
        "smtp:im@example.com": True,
        "person:mona": True,
    }


def test_handler_hears_of_security_incident_only_with_permission() -> None:
    assert targets(replace(HANDLER, people=("mona",)), security=True) == ["person:mona"]
    own = replace(HANDLER, people=("olga",))
    assert targets(own, security=True, recorded=False) == []
    assert entry(own, security=True, recorded=False)["silenced"] == "security"


def test_security_officers_replace_recipients_without_permission() -> None:
    officers = Recipient(role="security", instead=Recipient(role="incident_manager"))
    told: dict[str, Any] = {"security": True, "officers": officers}
    own = replace(HANDLER, people=("olga",))
    assert targets(own, **told) == ["person:mona"]
    assert (entry(own, **told)["roles"], entry(own, **told)["silenced"]) == (
        ("handler", "security"),
        "security",
    )
    assert targets(
        replace(own, people=("mona",)), directory=RecipientDirectory((MONA, OLGA)), **told
    ) == ["person:mona"]
    assert targets(Recipient(role="reporter", own=True, people=("ann@example.com",)), **told) == []


def test_security_details_go_to_privileged_people_and_listed_addresses() -> None:
    listed = Recipient(
        role="security", listed=("voice:olga", "voice:mona", "smtp:soc@example.com", "group:sre")
    )
    notices, _ = address_announcement(an_announcement(listed, security=True), PEOPLE, "gateway")
    assert {notice.target for notice in notices if "title" in notice.facts} == {
        "voice:mona",
        "smtp:soc@example.com",
    }


def test_timeline_entry_is_omitted_when_notified_or_optional() -> None:
    assert entry(replace(HANDLER, people=("olga",)), recorded=False) is None
    assert entry(replace(HANDLER, people=("ghost",)), recorded=False)["unreachable"] == ("handler",)
    assert entry(replace(HANDLER, people=("ghost",)), recorded=False, optional=True) is None


def test_people_who_declined_are_passed_over_while_others_are_left() -> None:
    group = Recipient(role="group", own=True, group="sre", instead=Recipient(role="service_desk"))

    def reached(*declined: str, recipient: Recipient = group) -> list[str]:
        notices, _ = address_announcement(
            an_announcement(recipient), PEOPLE, "olga", frozenset(declined)
        )
        return [notice.target for notice in notices]

    assert reached("olga") == ["person:tom"]
    assert reached("olga", "tom") == ["person:dan"]
    assert reached("mona", recipient=Recipient(role="incident_manager")) == ["person:mona"]
    worker = Recipient(role="handler", own=True, people=("olga",), instead=group)
    assert reached("olga", recipient=worker) == ["person:tom"]


def test_people_who_take_turns_are_called_one_by_one_beside_programs() -> None:
    listed = ("person:olga", "person:tom", "webhook:https://hooks.example.com/a")
    person, program = targets(Recipient(role="on_call", listed=listed, turn=CallChoice.NEXT))
    assert person in {"person:olga", "person:tom"}
    assert program == "webhook:https://hooks.example.com/a"
