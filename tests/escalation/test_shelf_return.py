"""Messages held while a record is shelved are owed again when it returns."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.escalation.change_announcements import announce_change
from gateway.escalation.due_times import next_ladder_step
from gateway.escalation.management import EscalationRules
from gateway.escalation.shelf_return import return_from_shelf, with_shelving_news
from gateway.escalation.sla_rules import read_limits
from gateway.escalation.timers import (
    FiringTimer,
    end_shelving,
    fire,
    notify_thresholds,
    refresh_timers,
)
from gateway.incidents.claims import OVERDUE
from gateway.incidents.commands import Shelve
from gateway.incidents.ledger import Ledger
from gateway.incidents.record import ACTOR, Incident, Revision
from gateway.incidents.shelving import ShelvingLimits, shelve, unshelve
from gateway.settings import ManagementRule, ShelvingSettings
from gateway.sla import thresholds
from gateway.timing.durations import Duration
from gateway.vocabulary import ClockName, State, TimerKind
from tests.escalation.fresh_record import CLAIMED, FRESH, RECORDED, RULES
from tests.sla.stories import an_incident, ledger_of, ledgers, minute

LATER = minute(600)


def shelved(incident: Incident, until: datetime = LATER) -> Incident:
    return shelve(incident, Shelve(reason="waits", until=until), "ann")


def fired(incident: Incident, kinds: set[TimerKind], until: datetime) -> list[tuple[str, str]]:
    """Fire the timers of these kinds as they fall due; return what was told, by cause."""
    told: list[tuple[str, str]] = []
    now = incident.ledger[-1].at
    for _ in range(200):
        fresh, armed = refresh_timers(RULES, incident, now)
        due = [
            (one.due_at, one.kind)
            for one in armed
            if one.kind in kinds and one.due_at is not None and one.due_at <= until
        ]
        if not due:
            return told
        at, kind = min(due)
        now = max(now, at)
        revision = fire(RULES, incident, FiringTimer(kind, at), now)
        revision = announce_change(RULES, replace(revision, before=incident), now)
        told += [(one.template, one.cause) for one in revision.announcements]
        assert fresh.ledger == incident.ledger
        incident = revision.after
    raise AssertionError("timers fire for ever")


@given(ledgers(), st.floats(0, 300))
def test_return_tells_every_breach_that_was_held_and_is_still_due(
    ledger: Ledger, minutes: float
) -> None:
    incident = an_incident(ledger)
    end = max(minute(400), ledger[-1].at)
    back = max(minute(minutes), ledger[-1].at)
    if incident.state is not State.LOGGED:
        return
    usual = fired(incident, {TimerKind.SLA}, end)
    put_off = fired(shelved(incident, back), {TimerKind.SLA, TimerKind.SHELF_END}, end)
    assert {cause for name, cause in usual if name == "sla_breached"} == {
        cause for name, cause in put_off if name == "sla_breached"
    }
    returned = [name for name, _ in put_off]
    first = returned.index("unshelved")
    assert "sla_breached" not in returned[:first]


def test_breach_of_shelved_record_is_entered_once_and_told_to_nobody() -> None:
    revision = notify_thresholds(RULES, shelved(FRESH), minute(5))
    assert [event for event, _ in revision.events] == ["breach_held"]
    assert (revision.announcements, revision.after.marks) == ((), ())
    assert (revision.after.breached, revision.after.next_due_at) == (True, minute(15))
    again = notify_thresholds(RULES, revision.after, minute(6))
    assert (again.events, again.announcements) == ((), ())


def test_breach_that_settings_name_is_told_of_shelved_record() -> None:
    rules = replace(RULES, shelving=ShelvingLimits(breaches=frozenset({ClockName.OVERALL})))
    held = notify_thresholds(rules, shelved(FRESH), minute(5))
    assert [event for event, _ in held.events] == ["breach_held"]
    told = notify_thresholds(rules, held.after, minute(30))
    assert [event for event, _ in told.events] == ["sla_breached"]
    assert [one.template for one in told.announcements] == ["sla_breached"]
    assert told.after.marks == ("overall@breach",)


def test_ungraded_claim_of_shelved_record_waits_for_its_return() -> None:
    held = notify_thresholds(RULES, shelved(CLAIMED), minute(9))
    assert OVERDUE not in held.after.marks
    assert refresh_timers(RULES, unshelve(held.after), minute(9))[1][0].due_at is not None
    assert OVERDUE in notify_thresholds(RULES, unshelve(held.after), minute(9)).after.marks


def test_ladder_stands_still_while_record_is_shelved() -> None:
    rule = ManagementRule((1,), ("boss",), after=Duration(minutes=20))
    rules = replace(RULES, escalation=EscalationRules((rule,), {"boss": ("smtp:b@example.com",)}))
    stand = thresholds.threshold_state(rules.policy(FRESH), FRESH.ledger, minute(30))
    assert next_ladder_step(rules, FRESH, stand) is not None
    assert next_ladder_step(rules, shelved(FRESH), stand) is None
    armed = {one.kind: one.due_at for one in refresh_timers(rules, shelved(FRESH), minute(1))[1]}
    assert (armed[TimerKind.LADDER], armed[TimerKind.SHELF_END]) == (None, minute(600))


def test_end_of_shelving_comes_not_before_its_time() -> None:
    incident = shelved(FRESH, minute(9))
    early = end_shelving(RULES, incident, minute(8))
    assert (early.events, early.timers[-1].due_at) == ((), minute(9))
    assert [event for event, _ in end_shelving(RULES, incident, minute(9)).events] == ["unshelved"]
    assert end_shelving(RULES, FRESH, minute(9)).events == ()


def test_finished_record_disarms_end_of_shelving() -> None:
    resolved = an_incident(
        ledger_of([*RECORDED, (60, "resolve", None)]), state=State.RESOLVED, resolved_at=minute(1)
    )
    kinds = {one.kind: one.due_at for one in refresh_timers(RULES, resolved, minute(2))[1]}
    assert kinds[TimerKind.SHELF_END] is None
    assert TimerKind.SHELF_END not in {
        one.kind for one in refresh_timers(RULES, FRESH, minute(2))[1]
    }


def raised(incident: Incident) -> Revision:
    after = replace(incident, priority=1)
    return Revision(after=after, actor=ACTOR, events=(("raised", {}),), before=incident)


def test_raise_to_first_priority_returns_record_and_makes_one_message_of_its_breach() -> None:
    minor = an_incident(ledger_of([(0, "record", 1)]), priority=3, handler="ben")
    revision = announce_change(RULES, raised(shelved(minor)), minute(6))
    assert [event for event, _ in revision.events] == ["raised", "unshelved", "sla_breached"]
    assert not revision.after.is_shelved
    assert {one.kind: one.due_at for one in revision.timers}[TimerKind.SHELF_END] is None
    templates = [one.template for one in revision.announcements]
    assert templates == ["opened", "raised", "unshelved", "unshelved"]
    assert revision.announcements[0].facts["clock"] == "desk"


def test_change_that_ends_no_shelving_is_left_as_it_is() -> None:
    change = Revision(after=FRESH, actor="ann", events=(("note", {}),), before=FRESH)
    assert return_from_shelf(RULES, change, minute(1)) is change
    assert with_shelving_news(RULES.escalation, change) is change


@pytest.mark.parametrize("handler", ["", "ben"])
def test_handler_or_else_desk_and_shelver_are_told_of_return(handler: str) -> None:
    incident = replace(shelved(FRESH, minute(9)), handler=handler)
    revision = replace(end_shelving(RULES, incident, minute(9)), before=incident)
    of_handler, of_shelver = announce_change(RULES, revision, minute(9)).announcements
    assert of_handler.recipients[0].people == ((handler,) if handler else ())
    assert of_handler.recipients[0].instead is not None
    assert (of_handler.optional, of_shelver.optional) == (False, True)
    assert of_shelver.recipients[0].people == ("ann",)
    assert of_handler.facts["returned_because"] == "time"


def test_handler_is_told_that_somebody_else_shelved_the_record() -> None:
    said = {"reason": "waits", "until": minute(9)}
    incident = replace(shelved(FRESH, minute(9)), handler="ben")
    change = Revision(after=incident, actor="ann", events=(("shelved", said),), before=FRESH)
    (told,) = with_shelving_news(RULES.escalation, change).announcements
    assert (told.template, told.recipients[0].people, told.optional) == ("shelved", ("ben",), True)
    assert told.facts["shelved_by"] == "ann"


def test_limits_are_read_from_settings() -> None:
    asked = ShelvingSettings(Duration(days=1), Duration(hours=1), ("overall",))
    limits = read_limits(asked)
    assert limits.longest_for(FRESH) == Duration(hours=1)
    assert limits.longest_for(replace(FRESH, priority=2)) == Duration(days=1)
    assert limits.breaches == {ClockName.OVERALL}
