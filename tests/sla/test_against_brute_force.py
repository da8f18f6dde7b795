"""The clocks against a simulator that counts seconds."""

import random

import pytest

from gateway.sla.clocks import read_clocks
from tests.sla.brute_force import Happening, live_through
from tests.sla.stories import MOVES, SHORT, TARGETS, ledger_of
from tests.support.clock import NOON
from tests.support.process import choose_size

HISTORIES = choose_size(10_000, 100_000)


def random_history(dice: random.Random) -> tuple[list[Happening], int]:
    span = dice.randrange(20, 320)
    times = sorted(dice.randrange(0, span) for _ in range(dice.randrange(0, 12)))
    story: list[Happening] = [(0, "record", dice.randrange(1, 4))]
    return story + [(at, *dice.choice(MOVES)) for at in times], dice.choice(
        (span, dice.randrange(0, span))
    )


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_random_histories_match_brute_force_simulation() -> None:
    dice = random.Random(20_260_302)
    different = []
    for _ in range(HISTORIES):
        story, at = random_history(dice)
        counted = live_through(TARGETS, story, at)
        for clock in read_clocks(SHORT, ledger_of(story), ledger_of([(at, "return", None)])[0].at):
            instants = [
                None if t is None else (t - NOON).total_seconds()
                for t in (clock.breached_at, clock.due_at)
            ]
            if (clock.elapsed.total_seconds(), clock.state, *instants) != counted[clock.name]:
                different.append((story, at, clock, counted[clock.name]))
    assert different[:1] == []
