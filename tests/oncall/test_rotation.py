"""Turns of a layer: by hours, days and weeks, within its restrictions and its term."""

from datetime import UTC, date, datetime, time, timedelta

from gateway.oncall.rotation import allowed_spans, longest_turn, turns_between
from gateway.oncall.schedule import Layer, Restriction, Unit

BERLIN = "Europe/Berlin"
OCTOBER = datetime(2026, 10, 19, tzinfo=UTC)
"""A Monday; on the Sunday after it clocks are set back at 03:00."""


def a_layer(
    unit: Unit = Unit.DAYS,
    length: int = 1,
    hand_over: time = time(9),
    weekday: int | None = None,
    starts_on: date = date(2026, 10, 19),
    counted_from: date | None = None,
    ends_on: date | None = None,
    restrictions: tuple[Restriction, ...] = (),
) -> Layer:
    return Layer(
        name="first",
        starts_on=starts_on,
        turns=(("ann",), ("bob",)),
        unit=unit,
        length=length,
        hand_over=hand_over,
        weekday=weekday,
        counted_from=counted_from,
        ends_on=ends_on,
        restrictions=restrictions,
    )


def begun(layer: Layer, days: int, since: datetime = OCTOBER) -> list[tuple[int, str]]:
    found = turns_between(layer, BERLIN, since, since + timedelta(days=days))
    return [(one.number, f"{one.starts_at:%d %H:%M}-{one.ends_at:%d %H:%M}") for one in found]


def test_days_are_counted_by_the_wall_clock() -> None:
    assert begun(a_layer(), 8)[5:] == [
        (5, "24 07:00-25 08:00"),
        (6, "25 08:00-26 08:00"),
        (7, "26 08:00-27 00:00"),
    ]


def test_hours_are_counted_as_they_pass() -> None:
    assert begun(a_layer(Unit.HOURS, 24), 8)[5:] == [
        (5, "24 07:00-25 07:00"),
        (6, "25 07:00-26 07:00"),
        (7, "26 07:00-27 00:00"),
    ]


def test_repeated_hand_over_overlaps() -> None:
    assert begun(a_layer(hand_over=time(2, 30)), 8)[5:7] == [
        (5, "24 00:30-25 01:30"),
        (6, "25 00:30-26 01:30"),
    ]


def test_skipped_hand_over_is_at_the_first_instant_after_the_gap() -> None:
    layer = a_layer(hand_over=time(2, 30), starts_on=date(2026, 3, 1))
    assert begun(layer, 3, datetime(2026, 3, 28, 12, tzinfo=UTC))[:2] == [
        (27, "28 12:00-29 01:00"),
        (28, "29 01:00-30 00:30"),
    ]


def test_weekly_turn_changes_on_its_weekday() -> None:
    weekly = a_layer(Unit.WEEKS, weekday=2, starts_on=date(2026, 10, 23))
    assert begun(weekly, 14) == [(0, "23 07:00-28 08:00"), (1, "28 08:00-02 00:00")]


def test_rotation_is_counted_from_the_given_week() -> None:
    two_weeks = a_layer(Unit.WEEKS, 2, weekday=0, counted_from=date(2026, 9, 30))
    assert begun(two_weeks, 10) == [(1, "19 07:00-26 08:00"), (2, "26 08:00-29 00:00")]


def test_turns_before_the_count_have_negative_numbers() -> None:
    early = a_layer(counted_from=date(2026, 10, 21))
    assert [number for number, _ in begun(early, 3)] == [-2, -1, 0]


def test_layer_is_in_force_from_its_start_until_its_end() -> None:
    assert begun(a_layer(ends_on=date(2026, 10, 20)), 8) == [(0, "19 07:00-20 07:00")]
    assert begun(a_layer(starts_on=date(2026, 12, 1)), 8) == []


def test_restriction_lasts_over_midnight_and_overlaps_a_repeated_hour() -> None:
    night = Restriction(weekdays=frozenset({5}), starts=time(22), ends=time(2, 15))
    until = OCTOBER + timedelta(days=8)
    assert allowed_spans(a_layer(restrictions=(night,)), BERLIN, OCTOBER, until) == [
        (
            datetime(2026, 10, 24, 20, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 15, tzinfo=UTC),
        )
    ]


def test_without_restriction_all_time_is_allowed() -> None:
    assert allowed_spans(a_layer(), BERLIN, OCTOBER, OCTOBER) == [(OCTOBER, OCTOBER)]


def test_no_turn_exceeds_the_longest() -> None:
    assert longest_turn(a_layer(Unit.HOURS, 12)) == timedelta(hours=12)
    assert longest_turn(a_layer(Unit.WEEKS, 2)) > timedelta(days=14)
