"""The run of an escalation policy after changes of its record, and when its timer fires."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.escalation.policies.following import call_after_unreached, follow_change
from gateway.escalation.policies.paging import next_call, step_cause
from gateway.escalation.policies.policy import Hours, PolicyUse
from gateway.incidents.record import Revision
from gateway.vocabulary import Kind, State
from tests.escalation.policies.pages import Page, policy, rules, step
from tests.sla.stories import an_incident, ledger_of, minute

TWO = policy(step("person:ann"), step("person:bob", after=5))
TAKEN = {"state": State.IN_PROGRESS, "handler": "ann"}


def test_steps_are_called_one_after_the_other_until_all_are_called() -> None:
    page = Page(rules(TWO)).open().until(60)
    assert page.calls == [(0, "opened", "person:ann"), (5, "unacknowledged", "person:bob")]
    assert page.due is None


def test_rounds_repeat_the_whole_policy() -> None:
    three = policy(
        step("person:ann", after=1),
        step("person:bob", after=5),
        repeat=2,
        repeat_after=timedelta(minutes=10),
    )
    assert [at for at, _, _ in Page(rules(three)).open().until(600).calls] == [
        1, 6, 17, 22, 33, 38,
    ]  # fmt: skip


def test_acknowledged_record_calls_nobody_any_more() -> None:
    page = Page(rules(TWO)).open().change("accepted", at=4, **TAKEN).until(600)
    assert len(page.calls) == 1


def test_policy_until_resolved_goes_on_after_acknowledgement() -> None:
    stubborn = policy(step("person:ann"), step("person:bob", after=5), until_resolved=True)
    page = Page(rules(stubborn)).open().change("accepted", at=4, **TAKEN).until(600)
    assert page.calls[-1] == (5, "unacknowledged", "person:bob")
    solved = Page(rules(stubborn)).open().change("resolved", at=4, state=State.RESOLVED).until(600)
    assert len(solved.calls) == 1


@pytest.mark.parametrize(
    "fields",
    [{"state": State.RESOLVED}, {"state": State.CLOSED}, {"master_id": 3}, {"suppressed": True}],
)
def test_record_that_is_over_or_covered_calls_nobody(fields: dict[str, Any]) -> None:
    page = Page(rules(TWO)).open().change("changed", at=1, **fields).until(600)
    assert len(page.calls) == 1
    assert page.due is None


def test_reopened_or_detached_record_begins_anew_with_new_causes() -> None:
    page = Page(rules(TWO)).open().change("resolved", at=1, state=State.RESOLVED)
    page.change("reopened", at=9, state=State.LOGGED).until(60)
    assert page.calls[1:] == [(9, "reopened", "person:ann"), (14, "unacknowledged", "person:bob")]
    assert page.record.escalation is not None
    assert page.record.escalation.number == 2
    covered = Page(rules(TWO), an_incident(ledger_of([(0, "record", 1)]), master_id=3)).open()
    assert covered.calls == []
    covered.change("unlinked", at=2, master_id=None)
    assert covered.calls == [(2, "opened", "person:ann")]


def test_raise_calls_the_first_step_again() -> None:
    page = Page(rules(TWO), an_incident(ledger_of([(0, "record", 4)]), priority=4)).open()
    page.change("raised", by="gateway", at=3, priority=1).until(60)
    assert page.calls[1:] == [(3, "raised", "person:ann"), (8, "unacknowledged", "person:bob")]


def test_given_back_record_begins_anew() -> None:
    page = Page(rules(TWO)).open().change("accepted", at=4, **TAKEN)
    page.change("returned", at=30, state=State.LOGGED, handler="").until(60)
    assert page.calls[1:] == [
        (30, "unacknowledged", "person:ann"),
        (35, "unacknowledged", "person:bob"),
    ]


def test_person_who_is_given_the_record_has_the_time_of_a_first_step() -> None:
    given = {"state": State.ASSIGNED, "assignee": "eve", "handler": "eve"}
    page = Page(rules(TWO)).open().change("assigned", at=3, **given).until(60)
    assert page.calls[1:] == [(8, "unacknowledged", "person:bob")]


def test_acknowledged_and_forgotten_record_comes_back() -> None:
    lasting = policy(
        step("person:ann"), step("person:bob", after=5), acknowledged_for=timedelta(minutes=30)
    )
    page = Page(rules(lasting)).open().change("accepted", at=2, **TAKEN)
    page.change("noted", at=20)
    page.change("repeated", by="gateway", at=40).until(49.9)
    assert len(page.calls) == 1
    page.until(60)
    assert page.events[-1] == "acknowledgement_expired"
    assert page.calls[1:] == [
        (50, "forgotten", "role:handler"),
        (50, "forgotten", "person:ann"),
        (55, "unacknowledged", "person:bob"),
    ]
    page.change("repeated", by="gateway", at=61)
    assert page.due is None
    page.change("noted", at=62).until(91.9)
    assert len(page.calls) == 4
    page.until(92)
    assert page.calls[-1] == (92, "forgotten", "person:ann")


def test_declining_calls_the_next_step_at_once_and_keeps_the_distances() -> None:
    three = policy(step("person:ann"), step("person:bob", after=5), step("person:eve", after=7))
    page = Page(rules(three)).open().change("declined", by="ann", at=2).until(60)
    assert page.calls[1:] == [
        (2, "unacknowledged", "person:bob"),
        (9, "unacknowledged", "person:eve"),
    ]


def test_declining_after_the_last_step_tells_desk_and_manager() -> None:
    page = Page(rules(policy(step("person:ann")))).open().change("declined", by="ann", at=2)
    assert page.calls[1:] == [(2, "unacknowledged", "role:service_desk")]


def test_late_steps_are_called_one_at_a_time_after_an_outage() -> None:
    four = policy(*(step(f"person:p{n}", after=5) for n in range(4)))
    page = Page(rules(four)).open()
    page.at = 60
    page.fire()
    assert page.calls == [(60, "unacknowledged", "person:p0")]
    page.until(120)
    assert [at for at, _, _ in page.calls] == [60, 65, 70, 75]


def test_record_keeps_the_version_it_opened_with() -> None:
    page = Page(rules(TWO)).open()
    newer = policy(step("person:eve"), step("person:eve", after=5), version=2)
    page.rules = rules(newer, versions={("sre", 1): TWO, ("sre", 2): newer})
    page.until(60)
    assert page.calls[-1] == (5, "unacknowledged", "person:bob")
    page.change("resolved", at=61, state=State.RESOLVED)
    page.change("reopened", at=62, state=State.LOGGED)
    assert page.calls[-1] == (62, "reopened", "person:ann")


def test_record_waits_for_a_version_that_is_not_read_yet() -> None:
    page = Page(rules(TWO)).open()
    page.rules = rules()
    page.at = 5
    assert page.due is not None
    assert 0 < page.due - page.at < 1
    page.fire()
    assert len(page.calls) == 1


def test_other_values_of_a_record_choose_another_policy_or_none() -> None:
    urgent = policy(step("person:ann"), uses=(PolicyUse(priorities=(1, 2)),))
    mild = policy(step("person:bob"), slug="mild", uses=(PolicyUse(priorities=(3,)),))
    page = Page(rules(urgent, mild)).open().change("changed", at=1, priority=3)
    assert page.calls[-1] == (1, "unacknowledged", "person:bob")
    page.change("changed", at=2, priority=4).until(50)
    assert page.due is None
    page.change("noted", at=51)
    assert len(page.calls) == 2
    page.change("raised", at=52, priority=1)
    assert page.calls[-1] == (52, "raised", "person:ann")


def test_acknowledged_record_takes_over_another_policy_silently() -> None:
    urgent = policy(
        step("person:ann"),
        uses=(PolicyUse(priorities=(1,)),),
        acknowledged_for=timedelta(minutes=5),
    )
    mild = policy(step("person:bob"), slug="mild", uses=(PolicyUse(priorities=(3,)),))
    page = Page(rules(urgent, mild), an_incident(ledger_of([(0, "record", 3)]), priority=3)).open()
    page.change("accepted", at=1, **TAKEN).change("raised", by="gateway", at=2, priority=1)
    assert len(page.calls) == 1
    page.until(7)
    assert page.calls[-1] == (7, "forgotten", "person:ann")


def test_request_and_record_without_policy_are_left_alone() -> None:
    request = an_incident(ledger_of([(0, "record", 1)]), kind=Kind.SERVICE_REQUEST)
    assert Page(rules(TWO), request).open().calls == []
    assert Page(rules()).open().record.escalation is None


class Never:
    """A calendar that never counts."""

    @property
    def version(self) -> str:
        return ""

    @property
    def day(self) -> timedelta:
        return timedelta(days=1)

    def between(self, *_: object) -> timedelta:
        return timedelta()

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        return start + length

    def unpublished(self, *_: object) -> tuple[int, ...]:
        return ()


def test_step_outside_its_hours_is_passed_over_and_recorded() -> None:
    hours = policy(
        step("person:ann", hours=Hours.WITHIN),
        step("person:bob", after=5, hours=Hours.OUTSIDE),
        step("person:eve", after=5),
        calendar="office",
    )
    within = Page(rules(hours)).open().until(60)
    assert [who for _, _, who in within.calls] == ["person:ann", "person:eve"]
    outside = Page(rules(hours, calendars={"office": Never()})).open().until(60)
    assert [(at, who) for at, _, who in outside.calls] == [(5, "person:bob"), (10, "person:eve")]
    assert outside.events == ["opened", "escalation_step_passed_over"]


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(0, 3),
    st.floats(0, 400),
    st.floats(0, 400),
)
def test_no_step_is_early_doubled_or_after_the_acknowledgement(
    delays: list[int], repeat: int, taken: float, outage: float
) -> None:
    made = policy(*(step(f"person:p{n}", after=d) for n, d in enumerate(delays)), repeat=repeat)
    page = Page(rules(made)).open().until(min(taken, outage))
    if outage < taken:
        page.at = taken  # nothing fired between the two
    page.change("accepted", at=taken, **TAKEN).until(1000)
    ats = [at for at, _, _ in page.calls]
    due = [one.after / timedelta(minutes=1) for one in made.run_steps]
    assert all(at <= round(taken, 3) for at in ats)
    assert len(ats) <= len(due)
    assert all(at >= round(planned, 3) for at, planned in zip(ats, due, strict=False))
    if outage >= taken:
        assert ats == [at for at in due if at <= taken]


def test_version_that_is_not_kept_any_more_is_followed_by_the_one_in_force() -> None:
    newer = policy(step("person:eve"), step("person:eve", after=5), version=9)
    assert rules(newer).book.kept("sre", 1) == newer
    assert rules(newer).book.kept("sre", 10) is None


@pytest.mark.parametrize(("lost", "calls"), [(True, 1), (False, 0)])
def test_step_that_reached_nobody_is_followed_by_the_next_at_once(
    lost: bool,
    calls: int,
) -> None:
    page = Page(rules(TWO)).open()
    run = page.record.escalation
    assert run is not None
    cause = step_cause(run, run.told[-1].step) if lost else "opened"
    noted = Revision(after=page.record, actor="gateway", events=(("undelivered", {}),))
    made = call_after_unreached(page.rules, noted, {cause}, minute(1))
    assert len(made.announcements) == calls
    over = replace(page.record, escalation=None)
    unpaged = Revision(after=over, actor="gateway", events=())
    assert call_after_unreached(page.rules, unpaged, {cause}, minute(1)) is unpaged
    assert next_call(TWO, replace(run, since=None)) is None


def test_record_that_returns_from_its_shelf_is_called_about_as_unacknowledged() -> None:
    page = Page(rules(TWO)).open().change("shelved", shelved_until=minute(60))
    page.change("unshelved", at=30, shelved_until=None).until(31)
    assert page.calls[-1] == (30, "unacknowledged", "person:ann")


def test_change_without_an_event_leaves_the_run_alone() -> None:
    page = Page(rules(TWO)).open()
    quiet = Revision(after=page.record, actor="ann", events=(), before=page.record)
    assert follow_change(page.rules, quiet, minute(1)) is quiet
