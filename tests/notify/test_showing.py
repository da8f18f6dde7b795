"""How a record is shown in chats."""

from dataclasses import replace

from gateway.incidents.model import State
from gateway.notify.showing import mark
from tests.incidents.test_lifecycle import an_incident


def test_what_people_would_see_differently_has_another_mark_and_what_they_would_not_has_the_same() -> None:
    one = an_incident()
    changes = ({"state": State.RESOLVED}, {"priority": one.priority - 1}, {"reopened": 1}, {"handler": "ann"})
    assert len({mark(one), *(mark(replace(one, **change)) for change in changes)}) == 1 + len(changes)
    assert mark(replace(one, description="more", version=one.version + 1)) == mark(one)
