"""Processes that were forked share the figures of the board."""

import os

from gateway.vocabulary import SelfCheck
from gateway.watch.board import CHECKS, OWED, PING, ROUND, STARTS, Board


def test_figures_of_a_forked_process_are_seen_by_its_parent() -> None:
    board = Board()
    assert board.read(ROUND) == 0.0
    pid = os.fork()
    if pid == 0:
        board.write(ROUND, 1_772_452_800.25)
        os._exit(0)
    os.waitpid(pid, 0)
    assert board.read(ROUND) == 1_772_452_800.25


def test_each_figure_has_a_place_of_its_own() -> None:
    places = [STARTS, ROUND, PING, OWED, *CHECKS.values()]
    board = Board()
    for place in places:
        board.write(place, float(place) + 1)
    assert [board.read(place) for place in places] == [place + 1 for place in places]
    assert CHECKS.keys() == set(SelfCheck)
