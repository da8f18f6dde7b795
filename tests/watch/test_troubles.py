"""A trouble is told once, again after a while, and once when it is over."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.vocabulary import SelfCheck
from gateway.watch.checks import Verdict
from gateway.watch.troubles import Report, Told, Troubles, delivered, recent_starts, report_owed

AFTER, REPEAT = 60.0, 3600.0
DATABASE, TIMERS = SelfCheck.DATABASE, SelfCheck.TIMERS


def failing(*checks: SelfCheck) -> Verdict:
    return Verdict(dict.fromkeys(checks, "x"), frozenset(SelfCheck) - set(checks))


def told_over(rounds: list[tuple[float, Verdict]]) -> list[tuple[float, Report]]:
    troubles, told, heard = Troubles(), Told(), list[tuple[float, Report]]()
    for now, verdict in rounds:
        troubles = troubles.after(verdict, now, AFTER)
        report = report_owed(told, troubles, now, REPEAT)
        if report is not None:
            heard.append((now, report))
            told = delivered(told, report, now)
    return heard


def every_15_s(until: float, verdict: Verdict, since: float = 0.0) -> list[tuple[float, Verdict]]:
    return [(since + 15 * n, verdict) for n in range(int((until - since) / 15))]


def test_trouble_is_told_once_and_once_when_it_is_over() -> None:
    rounds = [*every_15_s(600, failing(DATABASE)), *every_15_s(1200, failing(), 600)]
    assert told_over(rounds) == [
        (60.0, Report((DATABASE,), (), ())),
        (660.0, Report((), (), (DATABASE,))),
    ]


def test_short_failure_is_told_to_nobody() -> None:
    rounds = [*every_15_s(60, failing(DATABASE)), *every_15_s(600, failing(), 60)]
    assert told_over(rounds) == []


def test_trouble_that_passes_for_a_moment_is_not_over() -> None:
    rounds = [
        *every_15_s(120, failing(DATABASE)),
        *every_15_s(150, failing(), 120),
        *every_15_s(300, failing(DATABASE), 150),
    ]
    assert told_over(rounds) == [(60.0, Report((DATABASE,), (), ()))]


def test_trouble_that_goes_on_is_told_again_every_hour() -> None:
    heard = told_over(every_15_s(8000, failing(DATABASE)))
    assert [(at, report.going_on) for at, report in heard] == [
        (60.0, ()),
        (3660.0, (DATABASE,)),
        (7260.0, (DATABASE,)),
    ]


def test_second_trouble_is_told_beside_the_first() -> None:
    rounds = [
        *every_15_s(120, failing(TIMERS)),
        *every_15_s(300, failing(DATABASE, TIMERS), 120),
        *every_15_s(500, failing(TIMERS), 300),
    ]
    assert [report for _, report in told_over(rounds)] == [
        Report((TIMERS,), (), ()),
        Report((DATABASE,), (TIMERS,), ()),
        Report((), (TIMERS,), (DATABASE,)),
    ]


def test_trouble_that_cannot_be_known_stays_as_it_was() -> None:
    unknown = Verdict({DATABASE: "x"}, frozenset({SelfCheck.SERVING}))
    rounds = [*every_15_s(120, failing(TIMERS)), *every_15_s(600, unknown, 120)]
    assert [report for _, report in told_over(rounds)] == [
        Report((TIMERS,), (), ()),
        Report((DATABASE,), (TIMERS,), ()),
    ]


def test_message_stays_owed_until_it_is_delivered() -> None:
    troubles = Troubles().after(failing(DATABASE), 0, 0)
    for now in (0.0, 15.0, 30.0):
        assert report_owed(Told(), troubles, now, REPEAT) == Report((DATABASE,), (), ())
    over = troubles.after(failing(), 45, 0)
    assert report_owed(Told(), over, 45, REPEAT) is None


@given(st.lists(st.sets(st.sampled_from(SelfCheck)), max_size=40))
def test_target_that_heard_all_reports_knows_the_present_troubles(
    rounds: list[set[SelfCheck]],
) -> None:
    troubles, told = Troubles(), Told()
    for number, checks in enumerate(rounds):
        troubles = troubles.after(failing(*checks), 15.0 * number, 30.0)
        report = report_owed(told, troubles, 15.0 * number, REPEAT)
        told = told if report is None else delivered(told, report, 15.0 * number)
        assert told.checks == frozenset(troubles.confirmed)


def test_starts_of_long_ago_do_not_count() -> None:
    assert recent_starts({1: 0.0, 2: 500.0, 3: 590.0, 4: 599.0}, 3, 600.0, 120.0) == 2
