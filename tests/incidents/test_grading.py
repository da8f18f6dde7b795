"""The most urgent priority that the senders of an incident have named."""

import pytest

from gateway.incidents.grading import with_worst, worst_known
from tests.incidents.test_lifecycle import an_incident


def test_without_a_persons_priority_the_worst_named_is_the_priority_itself() -> None:
    assert worst_known(an_incident(priority=3)) == 3
    assert with_worst(("desk@50",), 3, 3) == ("desk@50",)


@pytest.mark.parametrize("before", [(), ("worst:3", "desk@50")])
def test_the_worst_named_is_kept_beside_a_persons_priority(before: tuple[str, ...]) -> None:
    marks = with_worst(before, 1, 4)
    assert marks[-1] == "worst:1"
    assert worst_known(an_incident(priority=4, marks=marks)) == 1
    assert len([mark for mark in marks if mark.startswith("worst:")]) == 1
