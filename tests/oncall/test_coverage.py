"""Double bookings, shifts of people who are away, and gaps that nobody knows of are found."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.oncall.coverage import (
    AbsentShift,
    DoubleBooking,
    absent_shifts,
    double_bookings,
    find_coverage,
    new_gaps,
    remembered_gaps,
)
from gateway.oncall.expansion import Plan
from gateway.oncall.schedule import Absence, Layer, Schedule
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span
from tests.support.clock import NOON

HOUR = timedelta(hours=1)
WITHIN = (NOON, NOON + 1000 * HOUR)


def at(hours: float) -> datetime:
    return NOON + hours * HOUR


def shift(since: float, until: float, *people: str) -> Shift:
    return Shift(starts_at=at(since), ends_at=at(until), people=people)


def booked(person: str, since: float, until: float, *schedules: str) -> DoubleBooking:
    return DoubleBooking(person=person, schedules=schedules, starts_at=at(since), ends_at=at(until))


def gap(since: float, until: float) -> Span:
    return at(since), at(until)


def test_person_on_call_in_two_schedules_at_once_is_found() -> None:
    shifts = {
        "dba": [shift(0, 10, "ann"), shift(10, 20, "bob")],
        "net": [shift(5, 15, "ann", "bob"), shift(30, 40, "ann")],
    }
    assert double_bookings(shifts, WITHIN) == [
        booked("ann", 5, 10, "dba", "net"),
        booked("bob", 10, 15, "dba", "net"),
    ]


def test_double_booking_of_adjacent_shifts_is_one() -> None:
    shifts = {
        "dba": [shift(0, 10, "ann"), shift(10, 20, "ann")],
        "net": [shift(5, 12, "ann"), shift(12, 18, "ann")],
    }
    assert double_bookings(shifts, WITHIN) == [booked("ann", 5, 18, "dba", "net")]


def test_third_schedule_divides_double_booking() -> None:
    shifts = {
        "a": [shift(0, 9, "ann")],
        "b": [shift(0, 9, "ann")],
        "c": [shift(3, 6, "ann")],
    }
    assert double_bookings(shifts, WITHIN) == [
        booked("ann", 0, 3, "a", "b"),
        booked("ann", 3, 6, "a", "b", "c"),
        booked("ann", 6, 9, "a", "b"),
    ]


def test_same_person_twice_in_one_schedule_is_no_double_booking() -> None:
    shifts = {"dba": [shift(0, 10, "ann"), shift(5, 15, "ann")], "net": [shift(20, 30, "ann")]}
    assert double_bookings(shifts, WITHIN) == []


def test_double_booking_is_cut_to_the_time_asked_for() -> None:
    shifts = {"a": [shift(-5, 2, "ann")], "b": [shift(-9, 3, "ann")]}
    assert double_bookings(shifts, WITHIN) == [booked("ann", 0, 2, "a", "b")]


hours = st.integers(0, 30)
spans = st.tuples(hours, hours, st.sampled_from(["ann", "bob"])).filter(lambda s: s[0] < s[1])


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(spans, max_size=6)))
def test_double_bookings_are_those_counted_hour_by_hour(
    drawn: dict[str, list[tuple[int, int, str]]],
) -> None:
    shifts = {slug: [shift(a, b, who) for a, b, who in own] for slug, own in drawn.items()}
    found = {
        (one.person, hour, one.schedules)
        for one in double_bookings(shifts, WITHIN)
        for hour in range(30)
        if one.starts_at <= at(hour) < one.ends_at
    }
    expected = {
        (person, hour, slugs)
        for person in ("ann", "bob")
        for hour in range(30)
        if len(
            slugs := tuple(
                sorted(
                    slug
                    for slug, own in drawn.items()
                    if any(who == person and a <= hour < b for a, b, who in own)
                )
            )
        )
        > 1
    }
    assert found == expected


def test_turn_of_somebody_away_is_found() -> None:
    planned = [shift(-5, 10, "ann", "bob"), shift(10, 20, "ann"), shift(20, 30, "bob")]
    absences = [
        Absence(person="ann", starts_at=at(-9), ends_at=at(12)),
        Absence(person="ann", starts_at=at(11), ends_at=at(13)),
        Absence(person="eva", starts_at=at(0), ends_at=at(30)),
    ]
    assert absent_shifts(planned, absences, WITHIN) == [
        AbsentShift(person="ann", starts_at=at(0), ends_at=at(13))
    ]


END = at(720)


def unknown(found: list[Span], known: list[Span], zone: str = "UTC") -> list[Span]:
    return new_gaps(found, known, zone, END)


def test_gap_that_overlaps_known_one_is_not_new() -> None:
    assert unknown([gap(0, 5), gap(10, 12)], [gap(-3, 1)]) == [gap(10, 12)]
    assert unknown([gap(5, 6)], [gap(0, 5)]) == [gap(5, 6)]


def test_gap_of_every_week_is_told_once() -> None:
    week = 168
    assert unknown([gap(week, week + 5)], [gap(0, 5)]) == []
    assert unknown([gap(week, week + 6)], [gap(0, 5)]) == [gap(week, week + 6)]
    assert unknown([gap(week + 1, week + 5)], [gap(0, 5)]) == [gap(week + 1, week + 5)]


def test_weekly_gap_cut_off_by_end_of_search_is_not_new() -> None:
    assert unknown([gap(717, 720)], [gap(717 - 168, 722 - 168)]) == []
    assert unknown([gap(716, 720)], [gap(717 - 168, 722 - 168)]) == [gap(716, 720)]


def test_weekly_gap_is_compared_on_wall_clock() -> None:
    before = datetime(2026, 3, 25, 21, tzinfo=UTC), datetime(2026, 3, 26, 5, tzinfo=UTC)
    after = datetime(2026, 4, 1, 20, tzinfo=UTC), datetime(2026, 4, 2, 4, tzinfo=UTC)
    assert new_gaps([after], [before], "Europe/Berlin", END) == []
    assert new_gaps([after], [before], "UTC", END) == [after]


def test_known_gap_is_remembered_a_week_and_a_day_after_its_end() -> None:
    known = [gap(-9 * 24, -8 * 24), gap(-30, -20), gap(5, 6)]
    assert remembered_gaps([gap(40, 50)], known, NOON) == [gap(-30, -20), gap(40, 50)]


def test_gap_that_lasts_keeps_its_beginning() -> None:
    assert remembered_gaps([gap(0, 5), gap(9, 10)], [gap(-7, 5)], NOON) == [gap(-7, 5), gap(9, 10)]
    assert remembered_gaps([gap(0, 5)], [], NOON) == [gap(0, 5)]
    assert remembered_gaps([gap(0, 5)], [gap(-7, 0)], NOON) == [gap(-7, 0), gap(0, 5)]


def test_nightly_gap_is_told_once_in_a_month_of_looks() -> None:
    """Hours that are never covered come again each day, and nobody hears of them again."""
    nights = [gap(24 * day + 10, 24 * day + 20) for day in range(90)]
    known: list[Span] = []
    told: list[Span] = []
    for day in range(40):
        now, until = at(24 * day), at(24 * day + 720)
        found = [one for one in nights if now < one[1] and one[0] < until]
        told += new_gaps(found, known, "UTC", until)
        known = remembered_gaps(found, known, now)
    assert told == nights[:30]


def test_coverage_has_gaps_of_each_schedule_and_double_bookings() -> None:
    def plan(slug: str, *turn: str) -> Plan:
        layer = Layer(
            name="one", starts_on=date(2026, 3, 1), turns=(turn,), ends_on=date(2026, 3, 4)
        )
        return Plan(schedule=Schedule(slug=slug, name=slug, zone="UTC", layers=(layer,)))

    found = find_coverage({"a": plan("a", "ann"), "b": plan("b", "ann", "bob")}, (NOON, at(100)))
    end = datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert found.gaps == {"a": [(end, at(100))], "b": [(end, at(100))]}
    assert [(one.person, one.ends_at) for one in found.double_bookings] == [("ann", end)]
