"""Tests of the ratio of two checkouts over paired rounds."""

import pytest

from tests.bench.against import Ratio, ratio_of


@pytest.mark.parametrize(
    ("rounds", "left_out"), [(2, 0), (6, 0), (8, 0), (9, 1), (10, 1), (12, 2), (20, 5)]
)
def test_ratio_interval_trims_rounds_by_sign_test(rounds: int, left_out: int) -> None:
    ours = [float(number) for number in range(1, rounds + 1)]
    found = ratio_of(ours, [2.0] * rounds)
    assert (found.lowest, found.highest) == ((left_out + 1) / 2, (rounds - left_out) / 2)


def test_ratio_compares_paired_rounds() -> None:
    assert ratio_of([10.0, 1.0, 100.0], [10.0, 1.0, 100.0]) == Ratio(1.0, 1.0, 1.0)
