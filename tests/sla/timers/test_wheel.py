"""The timer wheel, compared with a sorted list."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.sla.timers.wheel import FAR, NEAR, TICK_US, Wheel

HORIZON_US = NEAR * FAR * TICK_US
DELTAS = st.one_of(
    st.integers(-TICK_US * 3, TICK_US * NEAR * 2),
    st.integers(0, HORIZON_US * 3),
    st.sampled_from([0, 1, TICK_US, TICK_US - 1]),
)


class WheelAgainstSortedList(RuleBasedStateMachine):
    """A timer wheel and a sorted list that are advanced together, with insertions in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_772_452_800_000_000
        self.wheel = Wheel(self.now)
        self.listed: set[tuple[int, int]] = set()

    @rule(delta=DELTAS, member=st.integers(0, 20))
    def insert(self, delta: int, member: int) -> None:
        self.wheel.insert(self.now + delta, member)
        self.listed.add((self.now + delta, member))

    @rule(delta=DELTAS)
    def advance(self, delta: int) -> None:
        before = self.now // TICK_US
        target = self.now + delta
        taken = self.wheel.advance(target)
        if target // TICK_US < before:
            assert taken == []
            return
        self.now = target
        due = {(d, m) for d, m in self.listed if -(-d // TICK_US) <= target // TICK_US}
        assert {m for _, m in due} == set(taken)
        assert all(any(d <= target for d, m in due if m == member) for member in taken)
        self.listed -= due

    @invariant()
    def waits_for_what_is_listed(self) -> None:
        assert (len(self.wheel) == 0) == (not self.listed)


WheelAgainstSortedList.TestCase.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None
)
TestWheelAgainstSortedList = WheelAgainstSortedList.TestCase


@given(
    st.lists(st.integers(0, HORIZON_US * 2), min_size=1, max_size=50), st.integers(1, TICK_US * 40)
)
@settings(max_examples=60, deadline=None)
def test_member_leaves_after_due_time_within_one_tick(dues: list[int], pace: int) -> None:
    wheel = Wheel(0)
    for member, due in enumerate(dues):
        wheel.insert(due, member)
    left: dict[int, int] = {}
    now = 0
    while len(left) < len(dues):
        for member in wheel.advance(now):
            assert member not in left
            left[member] = now
        now += max(pace, HORIZON_US // 500)
    for member, due in enumerate(dues):
        assert due <= left[member] < due + TICK_US + max(pace, HORIZON_US // 500)


def test_members_leave_oldest_first_after_leap() -> None:
    wheel = Wheel(0)
    for due in (40, 10, 30, 20):
        wheel.insert(due * 1_000_000, due)
    assert wheel.advance(HORIZON_US * 2) == [10, 20, 30, 40]


def test_leap_keeps_later_members_in_wheel() -> None:
    wheel = Wheel(0)
    far = HORIZON_US * 3
    for due in (10, far):
        wheel.insert(due, due)
    assert wheel.advance(HORIZON_US * 2) == [10]
    assert wheel.advance(far + TICK_US) == [far]


def test_member_is_inserted_only_once() -> None:
    wheel = Wheel(0)
    assert (wheel.insert(10, 1), wheel.insert(20, 1), wheel.insert(10, 2)) == (True, False, True)
    assert wheel.advance(TICK_US) == [1, 2]
