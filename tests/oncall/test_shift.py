"""The shifts of a roster are checked, and every flaw is reported."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.oncall.shift import LONGEST, Shift, flaws
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def a_shift(begins: float, ends: float, *people: str) -> Shift:
    return Shift(
        starts_at=NOON + begins * HOUR, ends_at=NOON + ends * HOUR, people=people or ("ann",)
    )


@given(st.lists(st.integers(1, 36), min_size=1, max_size=12), st.randoms())
def test_consecutive_shifts_have_no_flaws_in_any_order(lengths: list[int], chance: object) -> None:
    starts = [sum(lengths[:n]) for n in range(len(lengths))]
    shifts = [a_shift(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    chance.shuffle(shifts)  # type: ignore[attr-defined]
    assert flaws(shifts) == ()


def test_every_shift_flaw_is_reported_with_pointer() -> None:
    told = flaws(
        [
            a_shift(8, 8),
            a_shift(0, LONGEST / HOUR + 1),
            a_shift(40, 48),
            a_shift(47, 50),
            Shift(starts_at=NOON + 60 * HOUR, ends_at=NOON + 61 * HOUR, people=()),
        ]
    )
    assert [flaw.pointer for flaw in told] == [
        "/shifts/0/to",
        "/shifts/1/to",
        "/shifts/4/people",
        "/shifts/0/from",
        "/shifts/3/from",
    ]
