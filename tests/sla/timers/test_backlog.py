"""Due timers leave the backlog by severity, then by age, and once."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.sla.timers.backlog import Backlog

ENTRY = st.tuples(st.integers(1, 4), st.integers(0, 100), st.integers(0, 30))


@given(st.lists(ENTRY, max_size=40), st.integers(1, 7))
def test_backlog_members_leave_once_by_severity_then_age(
    entries: list[tuple[int, int, int]], limit: int
) -> None:
    backlog, first = Backlog(), dict[int, tuple[int, int, int]]()
    for entry in entries:
        backlog.push(*entry)
        first.setdefault(entry[2], entry)
    assert len(backlog) == len(first)
    left = []
    while taken := backlog.take(limit):
        assert not any(member in backlog for _, _, member in taken)
        left += taken
    assert left == sorted(first.values())


def test_waiting_member_keeps_its_place() -> None:
    backlog = Backlog()
    backlog.push(2, 10, 1)
    backlog.push(1, 5, 1)
    assert backlog.take(5) == [(2, 10, 1)]
