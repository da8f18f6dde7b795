"""The people on call: layers, overrides, absences, stand-ins and gaps."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from gateway.oncall.expansion import Plan, gaps, on_call, shifts
from gateway.oncall.schedule import Absence, Layer, Override, Restriction, Schedule, Unit
from gateway.oncall.shift import Shift

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERY_DAY = frozenset(range(7))


def a_layer(*turns: tuple[str, ...], name: str = "first", hours: str = "") -> Layer:
    since, _, until = hours.partition("-")
    restrictions = (
        (Restriction(weekdays=EVERY_DAY, starts=time(int(since)), ends=time(int(until))),)
        if hours
        else ()
    )
    return Layer(
        name=name,
        starts_on=date(2026, 3, 1),
        counted_from=date(2026, 3, 2),
        turns=turns,
        unit=Unit.DAYS,
        hand_over=time(0),
        restrictions=restrictions,
    )


def a_schedule(*layers: Layer) -> Schedule:
    return Schedule(slug="web", name="Web", zone="UTC", layers=layers)


def an_override(
    number: int, since: float, until: float, *people: str, replaces: str | None = None
) -> Override:
    return Override(
        id=number,
        starts_at=MONDAY + since * HOUR,
        ends_at=MONDAY + until * HOUR,
        people=people,
        replaces=replaces,
    )


def away(person: str, since: float, until: float) -> Absence:
    return Absence(person=person, starts_at=MONDAY + since * HOUR, ends_at=MONDAY + until * HOUR)


def told(found: Sequence[Shift]) -> list[tuple[float, float, str]]:
    return [
        ((one.starts_at - MONDAY) / HOUR, (one.ends_at - MONDAY) / HOUR, "+".join(one.people))
        for one in found
    ]


ALONE = a_schedule(a_layer(("ann",), ("bob",), ("cec",)))
PAIRS = a_schedule(a_layer(("ann", "bob"), ("cec", "dan")))


def monday(
    schedule: Schedule, overrides: Sequence[Override] = (), absences: Sequence[Absence] = ()
) -> list[Shift]:
    return shifts(schedule, overrides, absences, MONDAY, MONDAY + DAY)


def test_shifts_are_returned_whole_and_in_order() -> None:
    since = MONDAY + 30 * HOUR
    found = shifts(ALONE, (), (), since, since + DAY)
    assert told(found) == [(24, 48, "bob"), (48, 72, "cec")]
    assert found[0].layer == "first"


def test_topmost_layer_that_covers_an_instant_is_on_call() -> None:
    office = a_schedule(a_layer(("ann",), name="day", hours="9-17"), a_layer(("bob",)))
    assert told(monday(office)) == [(0, 9, "bob"), (9, 17, "ann"), (17, 24, "bob")]


def test_layer_below_one_that_covers_all_is_never_on_call() -> None:
    two = a_schedule(a_layer(("ann",), name="first"), a_layer(("bob",), name="second"))
    plan = Plan(schedule=two)
    assert told(plan.shifts(MONDAY, MONDAY + DAY)) == [(0, 24, "ann")]
    assert plan.on_call(MONDAY) == ("ann",)


def test_override_of_everybody_wins_over_all_layers() -> None:
    found = monday(PAIRS, [an_override(1, 6, 8, "eva")])
    assert told(found) == [(0, 6, "ann+bob"), (6, 8, "eva"), (8, 24, "ann+bob")]
    assert [(one.layer, one.overrides) for one in found] == [
        ("first", ()),
        ("", (1,)),
        ("first", ()),
    ]


def test_override_of_one_person_leaves_the_others() -> None:
    found = monday(PAIRS, [an_override(1, 6, 30, "eva", replaces="ann")])
    assert told(found) == [(0, 6, "ann+bob"), (6, 24, "eva+bob")]
    assert found[1].overrides == (1,)


def test_override_of_somebody_not_on_call_changes_nothing() -> None:
    assert told(monday(PAIRS, [an_override(1, 6, 8, "eva", replaces="cec")])) == [
        (0, 24, "ann+bob")
    ]


def test_later_override_wins() -> None:
    given = an_override(1, 0, 12, "eva", replaces="ann")
    back = an_override(2, 6, 12, "ann", replaces="eva")
    all_of_it = an_override(3, 8, 10, "fay")
    found = monday(ALONE, [all_of_it, back, given])
    assert told(found) == [
        (0, 6, "eva"),
        (6, 8, "ann"),
        (8, 10, "fay"),
        (10, 12, "ann"),
        (12, 24, "ann"),
    ]


def test_override_of_one_person_made_before_one_of_everybody_does_not_change_it() -> None:
    given = an_override(1, 0, 12, "eva", replaces="ann")
    all_of_it = an_override(2, 0, 6, "ann")
    assert told(monday(ALONE, [given, all_of_it]))[:2] == [(0, 6, "ann"), (6, 12, "eva")]


def test_override_of_one_person_made_after_one_of_everybody_changes_it() -> None:
    all_of_it = an_override(1, 0, 6, "eva")
    given = an_override(2, 0, 6, "fay", replaces="eva")
    assert told(monday(ALONE, [given, all_of_it]))[0] == (0, 6, "fay")


def test_person_away_drops_out_of_their_turn() -> None:
    assert told(monday(PAIRS, (), [away("ann", 3, 5)])) == [
        (0, 3, "ann+bob"),
        (3, 5, "bob"),
        (5, 24, "ann+bob"),
    ]


def test_next_turn_stands_in_where_everybody_is_away() -> None:
    found = monday(ALONE, (), [away("ann", 3, 9), away("bob", 5, 9)])
    assert told(found)[:3] == [(0, 3, "ann"), (3, 5, "bob"), (5, 9, "cec")]
    assert [one.stand_in for one in found] == [False, True, True, False]


def test_given_away_shift_stays_with_its_taker_when_the_giver_is_away() -> None:
    given = an_override(1, 0, 24, "eva", replaces="ann")
    assert told(monday(ALONE, [given], [away("ann", 0, 24)])) == [(0, 24, "eva")]


def test_override_by_people_who_are_away_does_not_count() -> None:
    assert told(monday(ALONE, [an_override(1, 6, 8, "eva")], [away("eva", 0, 24)])) == [
        (0, 24, "ann")
    ]


def test_layer_of_absent_people_lets_the_next_layer_be_on_call() -> None:
    two = a_schedule(a_layer(("ann",), name="first"), a_layer(("bob",), name="second"))
    assert told(monday(two, (), [away("ann", 3, 5)])) == [
        (0, 3, "ann"),
        (3, 5, "bob"),
        (5, 24, "ann"),
    ]


def test_time_in_which_all_are_away_is_a_gap() -> None:
    everybody = [away(login, 3, 5) for login in ("ann", "bob", "cec")]
    found = monday(ALONE, (), everybody)
    assert gaps(found, MONDAY, MONDAY + DAY) == [(MONDAY + 3 * HOUR, MONDAY + 5 * HOUR)]
    assert on_call(ALONE, (), everybody, MONDAY + 4 * HOUR) == ()


def test_absence_of_somebody_else_does_not_divide_a_shift() -> None:
    assert told(monday(ALONE, (), [away("cec", 3, 5), away("zoe", 4, 6)])) == [(0, 24, "ann")]


def test_nobody_is_on_call_twice_in_an_overlap() -> None:
    night = a_schedule(
        Layer(
            name="n",
            starts_on=date(2026, 10, 1),
            turns=(("ann", "bob"), ("bob", "cec")),
            unit=Unit.DAYS,
            hand_over=time(2, 30),
            zone="Europe/Berlin",
        )
    )
    at = datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert sorted(on_call(night, (), (), at)) == ["ann", "bob", "cec"]
    assert len(on_call(night, (), (), at + HOUR)) == 2


def test_schedule_without_layers_has_only_overrides() -> None:
    assert told(monday(a_schedule(), [an_override(1, 6, 8, "eva")])) == [(6, 8, "eva")]


def test_people_of_a_schedule_are_those_of_its_turns() -> None:
    assert PAIRS.people == {"ann", "bob", "cec", "dan"}


def test_people_of_plan_are_those_of_turns_and_overrides() -> None:
    overridden = Plan(schedule=ALONE, overrides=(an_override(1, 0, 1, "dan", replaces="eve"),))
    assert overridden.people == {"ann", "bob", "cec", "dan"}
