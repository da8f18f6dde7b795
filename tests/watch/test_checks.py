"""What is observed of the gateway becomes checks that fail, pass, or cannot be known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.vocabulary import SelfCheck
from gateway.watch.checks import OF_DATABASE, OF_PROCESS, DatabaseFigures, Observation, judge
from tests.support.clock import NOON

LATE = timedelta(minutes=15)
WELL = DatabaseFigures(NOON)
READY = dict.fromkeys(("serving", "database", *map(str, OF_PROCESS)), True)
ALL_WELL = Observation(READY, 1, WELL)


def test_all_checks_pass_while_all_is_well() -> None:
    verdict = judge(ALL_WELL, LATE)
    assert (verdict.failing, verdict.passing) == ({}, frozenset(SelfCheck))


@pytest.mark.parametrize(
    ("figures", "failing"),
    [
        (replace(WELL, overdue=3), {SelfCheck.OVERDUE_TIMERS: "3"}),
        (replace(WELL, outbox_late=LATE), {}),
        (replace(WELL, outbox_late=timedelta(minutes=16)), {SelfCheck.STUCK_OUTBOX: "960 s"}),
        (replace(WELL, silent=2), {SelfCheck.SILENT_RECORDS: "2"}),
        (replace(WELL, unreachable=("ann", "li")), {SelfCheck.UNREACHABLE_PEOPLE: "ann, li"}),
    ],
)
def test_figures_of_database_fail_beyond_their_bounds(
    figures: DatabaseFigures, failing: dict[SelfCheck, str]
) -> None:
    assert judge(replace(ALL_WELL, figures=figures), LATE).failing == failing


def test_part_of_process_that_does_not_work_fails() -> None:
    verdict = judge(replace(ALL_WELL, probe={**READY, "timers": False}), LATE)
    assert verdict.failing == {SelfCheck.TIMERS: "not working"}


def test_database_that_is_away_fails_alone_and_leaves_the_rest_unknown() -> None:
    unready = {**READY, "database": False, "timers": False, "notifier": False}
    verdict = judge(Observation(unready, 1, None, "no answer in time"), LATE)
    assert verdict.failing == {SelfCheck.DATABASE: "no answer in time"}
    assert verdict.passing == {SelfCheck.SERVING}
    assert judge(Observation(unready), LATE).failing == {SelfCheck.DATABASE: "no answer"}


def test_process_that_does_not_answer_leaves_its_parts_unknown() -> None:
    verdict = judge(replace(ALL_WELL, probe=None), LATE)
    assert verdict.failing == {SelfCheck.SERVING: "no answer"}
    assert verdict.passing == {SelfCheck.DATABASE, *OF_DATABASE}


def test_process_that_is_started_again_and_again_does_not_serve() -> None:
    assert judge(replace(ALL_WELL, starts=2), LATE).failing == {}
    failing = judge(replace(ALL_WELL, starts=3), LATE).failing
    assert failing == {SelfCheck.SERVING: "started 3 times"}
