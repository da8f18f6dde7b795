"""A roster follows the shifts of a schedule."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.oncall.roster_changes import PlannedShift, RosterChanges, changes_of, roster_of
from gateway.oncall.shift import Shift
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def a_shift(since: float, until: float, *people: str) -> Shift:
    return Shift(starts_at=NOON + since * HOUR, ends_at=NOON + until * HOUR, people=people)


def planned(*shifts: Shift) -> list[PlannedShift]:
    return [PlannedShift(id=n, shift=one) for n, one in enumerate(shifts)]


def test_overlapping_shifts_are_handed_over_where_the_second_begins() -> None:
    assert roster_of(
        [a_shift(0, 9, "bob", "ann"), a_shift(8, 16, "cec"), a_shift(20, 24, "dan")]
    ) == [
        a_shift(0, 8, "ann", "bob"),
        a_shift(8, 16, "cec"),
        a_shift(20, 24, "dan"),
    ]
    assert roster_of([a_shift(0, 1, "ann"), a_shift(0, 8, "bob")]) == [a_shift(0, 8, "bob")]


def test_schedule_without_shifts_gives_an_empty_roster() -> None:
    assert roster_of([]) == []


def test_handed_over_shift_is_not_the_present_one() -> None:
    wanted = roster_of([a_shift(-9, 2, "ann"), a_shift(-1, 6, "bob")])
    assert changes_of([], wanted, NOON) == RosterChanges(added=(a_shift(0, 6, "bob"),))


def test_equal_roster_is_not_changed() -> None:
    shifts = [a_shift(-2, 6, "ann"), a_shift(6, 12, "bob")]
    assert changes_of(planned(*shifts), shifts, NOON) == RosterChanges()
    assert changes_of([], [], NOON) == RosterChanges()


def test_begun_shift_of_the_same_people_gets_the_new_end() -> None:
    found = changes_of(planned(a_shift(-2, 6, "ann")), [a_shift(-9, 4, "ann")], NOON)
    assert found == RosterChanges(ended=((0, NOON + 4 * HOUR),))


def test_begun_shift_of_other_people_ends_now_and_theirs_begins() -> None:
    found = changes_of(planned(a_shift(-2, 6, "ann")), [a_shift(-9, 6, "bob")], NOON)
    assert found == RosterChanges(ended=((0, NOON),), added=(a_shift(0, 6, "bob"),))


def test_begun_shift_ends_now_where_nobody_is_on_call() -> None:
    assert changes_of(planned(a_shift(-2, 6, "ann")), [], NOON) == RosterChanges(ended=((0, NOON),))


def test_shift_that_begins_now_is_no_begun_one() -> None:
    shifts = planned(a_shift(0, 6, "ann"))
    assert changes_of(shifts, [a_shift(-9, 6, "ann")], NOON) == RosterChanges()
    assert changes_of(shifts, [a_shift(-9, 6, "bob")], NOON) == RosterChanges(
        deleted=(0,), added=(a_shift(0, 6, "bob"),)
    )


def test_coming_shifts_are_replaced_where_they_differ() -> None:
    before = planned(a_shift(2, 4, "ann"), a_shift(4, 6, "bob"))
    wanted = [a_shift(2, 4, "ann"), a_shift(4, 7, "bob")]
    assert changes_of(before, wanted, NOON) == RosterChanges(
        deleted=(1,), added=(a_shift(4, 7, "bob"),)
    )


@st.composite
def rosters(draw: st.DrawFn) -> list[Shift]:
    edges = sorted(draw(st.sets(st.integers(-8, 24), min_size=2, max_size=8)))
    people = [draw(st.sampled_from(("ann", "bob", "cec", ""))) for _ in edges[1:]]
    return [
        a_shift(since, until, login)
        for since, until, login in zip(edges, edges[1:], people, strict=False)
        if login and until > 0
    ]


@given(rosters(), rosters())
def test_changed_roster_is_as_the_schedule_from_now_on(
    before: list[Shift], wanted: list[Shift]
) -> None:
    shifts = planned(*before)
    changes = changes_of(shifts, wanted, NOON)
    ends = dict(changes.ended)
    after = [
        Shift(
            starts_at=one.shift.starts_at,
            ends_at=ends.get(one.id, one.shift.ends_at),
            people=one.shift.people,
        )
        for one in shifts
        if one.id not in changes.deleted
    ]
    after += changes.added
    for minute in range(0, 24 * 60, 30):
        at = NOON + timedelta(minutes=minute)
        assert on_shift(after, at) == on_shift(wanted, at)


def on_shift(shifts: list[Shift], at: datetime) -> list[tuple[str, ...]]:
    return [one.people for one in shifts if one.starts_at <= at < one.ends_at]
