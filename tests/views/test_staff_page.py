"""The page of a record tells the person who is called how it stands and what they may do."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.access.principal import Principal
from gateway.directory.roles import Role
from gateway.incidents.custom_fields import CustomFields
from gateway.incidents.labels import Locale
from gateway.incidents.record import Incident
from gateway.incidents.releasing import Acceptance, Circumstances
from gateway.incidents.timeline import PastEvent
from gateway.operations.actions.available_actions import available_actions
from gateway.sla.clocks import ClockReading, ClockState
from gateway.views.staff_page import StaffPageWriter, role_label
from gateway.views.staff_page_values import (
    CallMade,
    Pad,
    PageReader,
    StaffPage,
    Surroundings,
)
from gateway.vocabulary import ClockName, ShelvingEvent, State, Tier
from tests.access.situations import RECORD, SITUATIONS, who
from tests.support.clock import NOON

LATER = NOON + timedelta(minutes=4)
ANN = PageReader("ann", "Ann A.", "en", "Asia/Shanghai")
ENGINEER = replace(who(Role.TIER2), contact="ann@example.com")
GIVEN = replace(SITUATIONS["second"], state=State.ASSIGNED, assignee_group="dba")
TOLD = Circumstances(told=True)


def writer(reader: PageReader = ANN, now: datetime = LATER) -> StaffPageWriter:
    return StaffPageWriter(reader, now)


def page(
    incident: Incident,
    reader: PageReader = ANN,
    asking: Principal = ENGINEER,
    around: Circumstances = TOLD,
    **beside: Any,
) -> StaffPage:
    actions = available_actions(asking, incident, around, CustomFields(), LATER)
    return writer(reader).page(incident, (), actions, around, Surroundings(**beside))


def reading(**more: Any) -> ClockReading:
    values: dict[str, Any] = {
        "name": ClockName.RESPONSE,
        "target": timedelta(minutes=5),
        "elapsed": timedelta(minutes=2),
        "remaining": timedelta(minutes=3),
        "basis": NOON,
        "due_at": NOON + timedelta(minutes=5),
        "breached_at": None,
        "state": ClockState.RUNNING,
        "segments": (),
    }
    return ClockReading(**{**values, **more})


def test_clock_with_least_time_left_is_shown_with_its_name_and_target() -> None:
    overall = reading(name=ClockName.OVERALL, remaining=timedelta(hours=4))
    met = reading(state=ClockState.MET, remaining=timedelta(seconds=1))
    shown = writer().clock((overall, reading(), met))
    assert shown is not None
    assert (shown.text, shown.name, shown.mood, shown.share) == (
        "3:00",
        "left for response",
        "calm",
        40,
    )
    assert shown.due == "due 20:05, target 5:00"


@pytest.mark.parametrize(
    ("more", "text", "mood"),
    [
        ({"elapsed": timedelta(minutes=4), "remaining": timedelta(minutes=1)}, "1:00", "warn"),
        ({"elapsed": timedelta(minutes=6), "remaining": timedelta(minutes=-1)}, "+1:00", "danger"),
        ({"state": ClockState.PAUSED, "due_at": None}, "3:00", "hold"),
        ({"target": timedelta(), "elapsed": timedelta()}, "3:00", "warn"),
    ],
)
def test_clock_is_coloured_by_how_it_stands(more: dict[str, Any], text: str, mood: str) -> None:
    shown = writer().clock((reading(**more),))
    assert shown is not None
    assert (shown.text, shown.mood) == (text, mood)


def test_record_without_a_target_shows_no_clock() -> None:
    assert writer().clock((reading(remaining=None),)) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (65, "1:05"), (3_600, "1:00:00"), (86_400 * 2 + 3_600 * 4, "2 d 4 h")],
)
def test_lengths_are_written_as_people_read_them(seconds: int, text: str) -> None:
    assert writer().countdown(timedelta(seconds=seconds)) == text


def test_times_of_other_days_have_their_date() -> None:
    assert writer().moment(NOON) == "20:00"
    assert writer().moment(NOON - timedelta(days=1)) == "2026-03-01 20:00"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(minutes=4), "20:00, 4 min ago"),
        (timedelta(minutes=124), "18:00, 2 h 4 min ago"),
        (timedelta(days=2, hours=3), "2026-02-28 17:04, 2 d 3 h ago"),
    ],
)
def test_beginning_is_told_in_absolute_and_relative_time(ago: timedelta, text: str) -> None:
    assert page(replace(GIVEN, occurred_at=LATER - ago)).since == text


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "until 21:00, or when its reporter replies, by Bob B., waits for a part"),
        ("zh-CN", "至 21:00，或报障人回复时，由 Bob B. 搁置，waits for a part"),
    ],
)
def test_shelving_is_told_with_its_end_and_reason(locale: Locale, text: str) -> None:
    shelved = replace(
        GIVEN,
        shelved_until=NOON + timedelta(hours=1),
        shelved_event=ShelvingEvent.REPLY,
        shelved_by="bob",
        shelved_reason="waits for a part",
    )
    assert page(shelved, replace(ANN, locale=locale), names={"bob": "Bob B."}).shelved == text
    assert page(GIVEN).shelved == ""


def test_repeats_of_the_alert_are_counted() -> None:
    assert page(replace(GIVEN, occurrences=22)).since.endswith(", 23 alerts")


def test_called_person_may_take_or_decline_what_nobody_has() -> None:
    shown = page(GIVEN, group=["Bob", "Una", "Tom"])
    assert (shown.calling, shown.owner, shown.standing) == ("Ann A.", "", "")
    assert shown.pad == Pad(
        take=True, decline=True, resolve=True, tier3=True, vendor=True, note=True
    )
    assert shown.next == "Bob, Una +1"
    assert page(GIVEN).next == "the service desk"
    assert page(GIVEN, group=["Bob"]).next == "Bob"


def test_who_declined_is_not_asked_again() -> None:
    assert not page(replace(GIVEN, marks=("declined:3:ann",))).pad.decline


def test_own_record_offers_to_give_it_back() -> None:
    mine = replace(GIVEN, state=State.IN_PROGRESS, handler="ann")
    shown = page(mine, phones={"ann": "+49"}, names={"ann": "Ann A."})
    assert (shown.standing, shown.phone, shown.owner) == ("You have it.", "", "Ann A.")
    assert (shown.pad.take, shown.pad.decline, shown.pad.release) == (False, False, True)


def test_record_of_somebody_else_names_them_with_the_time() -> None:
    taken = replace(GIVEN, state=State.IN_PROGRESS, handler="bob")
    accepted = Circumstances(told=True, accepted=Acceptance(NOON, "bob", State.ASSIGNED))
    shown = page(taken, around=accepted, names={"bob": "Bob B."}, phones={"bob": "+49"})
    assert shown.standing == "Bob B. has it since 20:00."
    assert (shown.owner, shown.phone, shown.owner_name) == ("Bob B. since 20:00", "+49", "Bob B.")
    assert ("take it", "bob has it already. Assign it to take it over.") in shown.refused
    assert (shown.pad.take, shown.pad.decline) == (False, False)
    assert page(taken).standing == "bob has it."
    assert page(replace(GIVEN, tier=Tier.SECOND), around=accepted).owner == ""


def test_what_is_over_asks_for_nothing() -> None:
    shown = page(SITUATIONS["closed"])
    assert shown.standing == "Nothing is left to do here: it is closed."
    assert shown.calling == ""


def test_refusal_of_taking_is_said_where_nobody_has_it() -> None:
    shown = page(RECORD)
    assert shown.standing.startswith("Your roles allow this only for a record that is")


def test_link_of_a_role_offers_nothing() -> None:
    role = PageReader("", "", "zh-CN", "UTC")
    shown = page(GIVEN, role, replace(ENGINEER, name="tier2"))
    assert shown.pad == Pad()
    assert shown.standing.startswith("此链接发往公共地址")
    assert shown.refused == ()


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ("20:01 you, e-mail, delivered", "20:02 Bob, on the way")),
        ("zh-CN", ("20:01 你，邮件，已送达", "20:02 Bob，发送中")),
    ],
)
def test_calls_say_what_came_of_them(locale: Locale, expected: tuple[str, ...]) -> None:
    calls = (
        CallMade(NOON + timedelta(minutes=1), "Ann A.", "ann", "smtp", "sent"),
        CallMade(NOON + timedelta(minutes=2), "Bob", "bob", "person", "pending"),
    )
    shown = page(GIVEN, replace(ANN, locale=locale), calls=calls)
    assert shown.called == expected


def test_story_has_newest_known_entries_first() -> None:
    story = [
        PastEvent(NOON, "bob", "note", {"note": "x" * 500}),
        PastEvent(NOON, "bob", "moved_in_secret", {}),
        PastEvent(LATER, "ann", "declined", {"reason": "on a train"}),
    ]
    shown = page(GIVEN, story=story, names={"ann": "Ann A."})
    assert [(one.word, one.actor, one.text) for one in shown.story] == [
        ("declined", "Ann A.", "on a train"),
        ("note", "bob", "x" * 119 + "…"),
    ]
    assert not shown.earlier
    assert page(GIVEN, story=story * 20).earlier
    assert page(GIVEN, story=story, earlier=True).earlier


def test_links_and_labels_are_bounded_and_only_web_addresses_are_linked() -> None:
    links = ({"href": "javascript:x", "text": "x"}, {"href": "https://w.example", "text": ""})
    shown = page(replace(GIVEN, links=links, labels={"site": "a" * 200}, service="sso", ci="auth"))
    assert shown.links == (("https://w.example", "https://w.example"),)
    assert [len(one) for one in shown.labels] == [100]
    assert shown.where == "sso · auth"
    assert shown.effect == "a group, normal"


def test_roles_have_words_or_their_own_name() -> None:
    assert role_label("service_desk", "zh-CN") == "服务台/一线"
    assert role_label("duty_officer", "en") == "duty officer"
