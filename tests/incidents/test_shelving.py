"""Shelving of a record: its bounds, and the changes that end it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import Unprocessable
from gateway.incidents.commands import Resolve, Shelve, Unshelve
from gateway.incidents.lifecycle import apply_command
from gateway.incidents.record import Incident, Revision
from gateway.incidents.shelving import (
    NO_END,
    ShelvingLimits,
    ending_of,
    fired_again,
    returned_by_reply,
    shelve,
    unshelve,
    with_end,
)
from gateway.vocabulary import ShelvingEnd, ShelvingEvent
from tests.sla.stories import an_incident, ledger_of, minute

OPEN = an_incident(ledger_of([(0, "record", 3)]), priority=3, contact="rae@example.com")
LIMITS = ShelvingLimits()
NOW = minute(10)


def pointers(command: Shelve, incident: Incident = OPEN) -> list[str]:
    with pytest.raises(Unprocessable) as refused:
        with_end(command, incident, LIMITS, NOW)
    return [flaw.pointer for flaw in refused.value.flaws]


def test_shelving_without_reason_or_end_is_refused() -> None:
    assert pointers(Shelve(reason="  ")) == ["/reason", "/until"]


@pytest.mark.parametrize(("priority", "hours"), [(1, 4), (2, 168), (3, 168), (4, 168)])
def test_shelving_is_no_longer_than_allowed_for_priority(priority: int, hours: int) -> None:
    incident, latest = replace(OPEN, priority=priority), NOW + timedelta(hours=hours)
    ended = with_end(Shelve(reason="waits", until=latest), incident, LIMITS, NOW)
    assert ended.until == latest
    later = Shelve(reason="waits", until=latest + timedelta(microseconds=1))
    assert pointers(later, incident) == ["/until"]
    until_event = Shelve(reason="waits", until_event=ShelvingEvent.REPLY)
    assert with_end(until_event, incident, LIMITS, NOW).until == latest


def test_shelving_until_past_time_is_refused() -> None:
    assert pointers(Shelve(reason="waits", until=NOW)) == ["/until"]


def shelved(event: ShelvingEvent | None = None, **more: Any) -> Incident:
    command = Shelve(reason="waits", until=minute(60), until_event=event, tell_reporter=True)
    return replace(shelve(OPEN, command, "ann"), **more)


def test_unshelving_clears_every_trace_and_disarms_end() -> None:
    revision = apply_command(shelved(), Unshelve(note="now"), "bob", NOW)
    assert replace(revision.after, updated_at=OPEN.updated_at) == OPEN
    assert revision.timers == (NO_END,)
    ((event, facts),) = revision.events
    assert event == "unshelved"
    assert facts == {
        "note": "now",
        "cause": "person",
        "shelved_by": "ann",
        "until": minute(60),
        "reason": "waits",
        "tell_reporter": True,
    }


def test_unshelving_record_that_is_not_shelved_changes_nothing() -> None:
    assert apply_command(OPEN, Unshelve(), "bob", NOW).events == ()


def test_resolved_record_is_shelved_no_longer() -> None:
    assert not apply_command(shelved(), Resolve(solution="x"), "bob", NOW).after.is_shelved


def change(before: Incident, *events: str, **more: Any) -> Revision:
    return Revision(
        after=replace(before, **more),
        actor="gateway",
        events=tuple((event, {}) for event in events),
        before=before,
    )


MINOR = shelved(priority=4)


@pytest.mark.parametrize(
    ("revision", "end"),
    [
        (change(shelved(), "raised", priority=2), ShelvingEnd.PRIORITY_RAISED),
        (change(MINOR, "raised", priority=3), None),
        (
            change(shelved(ShelvingEvent.PRIORITY_RAISED, priority=4), "raised", priority=3),
            ShelvingEnd.PRIORITY_RAISED,
        ),
        (change(shelved(), "changed", priority=4), None),
        (change(shelved(), "declared_major"), ShelvingEnd.DECLARED_MAJOR),
        (change(shelved(), "fired_again"), None),
        (change(shelved(ShelvingEvent.FIRED_AGAIN), "fired_again"), ShelvingEnd.FIRED_AGAIN),
        (change(shelved(ShelvingEvent.REPLY), "fired_again"), None),
        (change(OPEN, "raised", priority=1), None),
        (change(shelved(), "unshelved", shelved_until=None), None),
        (replace(change(shelved(), "declared_major"), before=None), None),
    ],
)
def test_shelving_ends_by_what_was_awaited_or_is_worse(
    revision: Revision, end: ShelvingEnd | None
) -> None:
    assert ending_of(revision) is end


def test_firing_again_is_entered_only_where_it_was_awaited() -> None:
    assert fired_again(shelved(ShelvingEvent.REPLY)).events == ()
    assert fired_again(shelved(ShelvingEvent.FIRED_AGAIN)).events == (("fired_again", {}),)


def test_reply_returns_record_that_waits_for_it_alone() -> None:
    assert returned_by_reply(shelved(), "rae").events == ()
    revision = returned_by_reply(shelved(ShelvingEvent.REPLY), "rae")
    assert (revision.after, revision.timers) == (OPEN, (NO_END,))
    ((event, facts),) = revision.events
    assert (event, facts["cause"]) == ("unshelved", "reply")


def test_unshelved_record_is_as_before() -> None:
    assert unshelve(shelved()) == OPEN
