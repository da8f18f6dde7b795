"""The reachability of a person follows from methods, pauses, and channels that are on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.directory.quiet_hours import DoNotDisturb, Pauses
from gateway.directory.reach import PersonReach
from gateway.notify.reachability import Obstacle, Reachability, reachability_of
from tests.directory.test_reach import method, person
from tests.notify.test_pacing import ANN, LATER, QUIET, SETTINGS
from tests.support.clock import NOON


def found(reach: PersonReach, urgency: int = 3, off: str = "") -> Reachability:
    return reachability_of(
        reach, SETTINGS, NOON, urgency=urgency, is_on=lambda channel: channel != off
    )


def codes(one: Reachability) -> list[Obstacle]:
    return [obstacle.code for obstacle in one.obstacles]


@pytest.mark.parametrize("urgency", [1, 3])
def test_person_is_reached_by_what_is_on(urgency: int) -> None:
    one = found(ANN, urgency)
    assert (one.reached, [str(target) for target in one.by], codes(one)) == (
        True,
        ["sms:ann", "smtp:ann@example.com"],
        [],
    )
    one = found(ANN, urgency, off="sms")
    assert (one.reached, codes(one)) == (True, [Obstacle.CHANNEL_OFF])
    assert "sms" in one.obstacles[0].detail


def test_person_without_a_method_is_not_reached() -> None:
    one = found(person(method(1, "sms", verified=False), email=""))
    assert (one.reached, codes(one)) == (False, [Obstacle.NO_ADDRESS, Obstacle.NO_VERIFIED_METHOD])
    own = found(person(method(1, "sms", verified=False)))
    assert (own.reached, codes(own)) == (True, [Obstacle.NO_VERIFIED_METHOD])


def test_quiet_hours_leave_the_silent_methods() -> None:
    one = found(replace(ANN, pauses=QUIET))
    assert (one.reached, codes(one), one.until) == (
        False,
        [Obstacle.QUIET_HOURS],
        NOON + timedelta(hours=1),
    )
    silent = replace(ANN, pauses=replace(QUIET, silent_methods=frozenset({2})))
    assert [str(target) for target in found(silent).by] == ["smtp:ann@example.com"]
    assert found(silent, 1).by == found(ANN, 1).by
    urgent = found(silent, 2)
    assert (urgent.reached, "the next" in urgent.obstacles[0].detail) == (False, True)


def test_absolute_do_not_disturb_lets_nothing_through() -> None:
    asleep = replace(ANN, pauses=Pauses(disturb=DoNotDisturb(LATER, absolute=True)))
    for urgency in (1, 3):
        one = found(asleep, urgency)
        assert (one.reached, codes(one), one.until) == (False, [Obstacle.DO_NOT_DISTURB], LATER)
