"""A message to a person goes at once, with others, later, or not at all, and says why."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.quiet_hours import DoNotDisturb, Pauses, QuietSpan
from gateway.directory.reach import RuleStep
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.pacing import (
    Dispatch,
    HeldFor,
    PersonPace,
    decide_dispatch,
    pause_of,
    put_off,
    steps_now,
)
from gateway.notify.texts.templates import Template
from gateway.settings.pacing import PacingSettings
from gateway.timing.durations import Duration
from tests.directory.test_reach import method, person
from tests.support.clock import NOON

SETTINGS = PacingSettings(
    urgent=2, step_after=Duration(minutes=2), bundle_within=Duration(minutes=1), per_hour={}
)
ALL_DAY = (QuietSpan(frozenset(range(7)), 0, 13 * 60),)
QUIET = Pauses(quiet=ALL_DAY)
LATER = NOON + timedelta(days=2)
ANN = person(method(1, "sms"), method(2, "mail"))


def row(template: str = "opened", urgency: int = 3, **fields: Any) -> OutboxRow:
    given: dict[str, Any] = {
        "id": uuid4(),
        "incident_id": 7,
        "channel": "person",
        "recipient": "ann",
        "role": "handler",
        "template": template,
        "facts": {"number": "INC-1", "priority": urgency},
        "created_at": NOON,
        "attempts": 1,
        "claimed_at": NOON,
        "urgency": urgency,
    }
    return OutboxRow(**given | fields)


def dispatched(*rows: OutboxRow, pauses: Pauses | None = None, **pace: Any) -> Dispatch:
    ann = replace(ANN, pauses=pauses or Pauses())
    return decide_dispatch(rows, ann, PersonPace(**{"now": NOON, **pace}), SETTINGS)


def just_told(seconds: int = 10) -> datetime:
    return NOON - timedelta(seconds=seconds)


def test_first_message_goes_at_once_and_begins_a_minute() -> None:
    one = row()
    taken = dispatched(one)
    assert (list(taken.together), taken.paced) == ([one], True)
    assert (taken.waits, taken.given_up, taken.cancelled) == ([], [], [])


def test_what_follows_waits_for_the_end_of_the_minute() -> None:
    one = row()
    taken = dispatched(one, paced_at=just_told())
    assert [(w.row, w.until, w.reason) for w in taken.waits] == [
        (one, just_told() + timedelta(minutes=1), HeldFor.MINUTE)
    ]
    assert (taken.sent, taken.together, taken.paced) == ([], [], False)


def test_what_waited_goes_together_with_what_just_came() -> None:
    waited, new = row(held_for="minute", held_until=NOON), row()
    taken = dispatched(waited, new, paced_at=just_told(1))
    assert (list(taken.together), taken.waits) == ([waited, new], [])


@pytest.mark.parametrize("template", ["opened", "assigned", "raised", "escalated", "major"])
def test_call_to_act_on_an_urgent_record_is_never_held_back(template: str) -> None:
    rows = [row(template, urgency=2) for _ in range(20)]
    told = frozenset(one.id for one in rows)
    taken = dispatched(*rows, paced_at=just_told(), told=told)
    assert list(taken.sent) == rows
    assert (list(taken.together), taken.waits) == ([], [])


def test_first_message_about_an_urgent_record_is_never_held_back() -> None:
    one = row("sla_breached", urgency=1)
    assert list(dispatched(one, paced_at=just_told()).sent) == [one]
    assert len(dispatched(one, paced_at=just_told(), told={one.id}).waits) == 1


@pytest.mark.parametrize("urgency", [1, 2, 3, 4])
def test_raise_is_never_held_back(urgency: int) -> None:
    one = row("raised", urgency)
    assert list(dispatched(one, paced_at=just_told(), told={one.id}).sent) == [one]


@pytest.mark.parametrize("reason", ["quiet_hours", "do_not_disturb"])
def test_what_waited_for_a_pause_is_one_message_afterwards(reason: str) -> None:
    templates = ("opened", "unacknowledged", "raised", "resolved")
    rows = [row(one, held_for=reason, held_until=NOON) for one in templates]
    taken = dispatched(*rows)
    assert (list(taken.together), list(taken.sent)) == (rows, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"attempts": 2},
        {"method": 1},
        {"step": 1, "method": 1, "sequence": UUID(int=1)},
        {"security": True},
        {"role": "reporter"},
        {"incident_id": None},
        {"facts": {"withheld": True}},
        {"template": "withdrawn"},
    ],
)
def test_what_is_on_its_way_restricted_or_awaited_is_not_bundled(fields: dict[str, Any]) -> None:
    one = row(**fields)
    assert list(dispatched(one, paced_at=just_told()).sent) == [one]


def test_messages_to_machines_are_not_bundled() -> None:
    bot = person(method(1, "webhook", "https://a.example"))
    rows = [row(), row()]
    taken = decide_dispatch(rows, bot, PersonPace(now=NOON, paced_at=just_told()), SETTINGS)
    assert list(taken.sent) == rows


def test_nothing_is_bundled_where_the_setting_is_zero() -> None:
    settings = PacingSettings(
        urgent=2, step_after=Duration(minutes=2), bundle_within=Duration(), per_hour={}
    )
    rows = [row(), row()]
    taken = decide_dispatch(rows, ANN, PersonPace(now=NOON, paced_at=just_told()), settings)
    assert list(taken.sent) == rows


def test_limit_of_an_address_puts_off_what_may_wait_alone() -> None:
    mild, first, known = row(), row(urgency=1), row("sla_breached", urgency=2)
    late = put_off(dispatched(mild, first, known, told={known.id}), LATER, SETTINGS)
    assert [(w.row, w.until, w.reason) for w in late.waits] == [(mild, LATER, HeldFor.RATE)]
    assert (list(late.sent), list(late.together)) == ([first], [known])


def test_quiet_hours_let_a_priority_one_pass() -> None:
    assert pause_of(QUIET, "UTC", 1, NOON) is None
    assert pause_of(replace(QUIET, passes=2), "UTC", 2, NOON) is None
    found = pause_of(QUIET, "UTC", 2, NOON)
    assert found is not None
    assert (found.until, found.reason) == (NOON + timedelta(hours=1), HeldFor.QUIET_HOURS)
    assert pause_of(QUIET, "UTC", 4, NOON + timedelta(hours=1)) is None


def test_quiet_hours_hold_back_what_is_not_urgent_and_give_up_what_is() -> None:
    mild, urgent, worst = row(urgency=3), row(urgency=2), row(urgency=1)
    taken = dispatched(mild, urgent, worst, pauses=QUIET)
    assert [(w.row, w.reason) for w in taken.waits] == [(mild, HeldFor.QUIET_HOURS)]
    assert taken.given_up == [(urgent, "quiet hours until 2026-03-02T13:00Z")]
    assert list(taken.sent) == [worst]


def test_quiet_hours_use_the_silent_methods_if_there_are_some() -> None:
    silent = replace(ANN, pauses=replace(QUIET, silent_methods=frozenset({2})))
    one = row()
    assert [str(s.target) for s in steps_now(one, silent, SETTINGS, NOON)] == [
        "smtp:ann@example.com"
    ]
    taken = decide_dispatch([one], silent, PersonPace(now=NOON), SETTINGS)
    assert list(taken.together) == [one]
    further = row(step=1, method=1, sequence=UUID(int=1))
    taken = decide_dispatch([further], silent, PersonPace(now=NOON), SETTINGS)
    assert [w.row for w in taken.waits] == [further]


@pytest.mark.parametrize(
    ("disturb", "urgency", "held"),
    [
        (DoNotDisturb(LATER), 1, False),
        (DoNotDisturb(LATER), 2, True),
        (DoNotDisturb(LATER), 3, True),
        (DoNotDisturb(LATER, absolute=True), 1, True),
        (DoNotDisturb(NOON, absolute=True), 1, False),
    ],
)
def test_do_not_disturb_lets_a_priority_one_pass_unless_absolute(
    disturb: DoNotDisturb, urgency: int, *, held: bool
) -> None:
    found = pause_of(Pauses(disturb=disturb), "UTC", urgency, NOON)
    assert (found is not None) == held


def test_urgent_message_in_an_absolute_do_not_disturb_is_given_up_with_the_reason() -> None:
    one = row(urgency=1)
    taken = dispatched(one, pauses=Pauses(disturb=DoNotDisturb(LATER, "on holiday", absolute=True)))
    assert taken.given_up == [(one, "do not disturb until 2026-03-04T12:00Z")]
    assert steps_now(one, replace(ANN, pauses=Pauses(disturb=DoNotDisturb(LATER, absolute=True))),
                     SETTINGS, NOON) == ()  # fmt: skip


def test_pauses_do_not_hold_what_is_about_no_record_or_for_a_reporter() -> None:
    asleep = Pauses(disturb=DoNotDisturb(LATER, absolute=True))
    rows = [row("handover", 5, incident_id=None), row("resolved", 3, role="reporter")]
    assert list(dispatched(*rows, pauses=asleep).sent) == rows


def test_further_step_is_cancelled_when_over_or_without_a_method() -> None:
    over = row(urgency=1, step=1, method=1, sequence=UUID(int=1))
    assert dispatched(over, over={over.id}).cancelled == [over]
    beyond = row(urgency=1, step=2, method=2, sequence=UUID(int=1))
    assert dispatched(beyond).cancelled == [beyond]
    assert list(dispatched(over).sent) == [over]


def test_nobody_is_called_about_an_end() -> None:
    ann = person(method(1, "voice"), method(2, "mail"))
    found = steps_now(row("resolved"), ann, SETTINGS, NOON)
    assert [str(one.target) for one in found] == ["smtp:ann@example.com"]


def test_rule_of_the_urgency_is_followed() -> None:
    ann = replace(ANN, rules={True: (RuleStep(2, timedelta()),)})
    assert [s.method_id for s in steps_now(row(urgency=2), ann, SETTINGS, NOON)] == [2]
    assert [s.method_id for s in steps_now(row(urgency=3), ann, SETTINGS, NOON)] == [1, 2]


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(sorted(Template)),
        st.integers(1, 5),
        held_for=st.sampled_from(["", "minute", "rate", "quiet_hours"]),
        attempts=st.integers(1, 3),
    ),
    max_size=8,
)
PAUSES = st.builds(
    Pauses,
    quiet=st.sampled_from([(), ALL_DAY]),
    passes=st.integers(1, 2),
    silent_methods=st.frozensets(st.integers(1, 3)),
    disturb=st.none()
    | st.builds(DoNotDisturb, st.sampled_from([NOON, LATER]), absolute=st.booleans()),
)


@given(ROWS, PAUSES, st.none() | st.integers(0, 90))
def test_every_message_has_one_fate_and_nothing_urgent_waits(
    rows: list[OutboxRow], pauses: Pauses, told: int | None
) -> None:
    paced_at = None if told is None else just_told(told)
    taken = dispatched(*rows, pauses=pauses, paced_at=paced_at)
    fates = [
        *taken.sent,
        *taken.together,
        *(wait.row for wait in taken.waits),
        *(one for one, _ in taken.given_up),
        *taken.cancelled,
    ]
    assert sorted(one.id for one in fates) == sorted(one.id for one in rows)
    assert all(wait.until > NOON for wait in taken.waits)
    assert not any(wait.row.urgency <= SETTINGS.urgent for wait in taken.waits)
    assert all(one.urgency <= SETTINGS.urgent for one, _ in taken.given_up)
