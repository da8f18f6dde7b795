"""What a sender is told, and what stands in the database, story by story."""

from datetime import timedelta

import pytest

from gateway.receipts.submission import Refused
from gateway.vocabulary import AlertStatus, Outcome
from tests.support.clock import NOON, FakeClock
from tests.support.intake import FIRING, RESOLVED, IntakeHarness, a_submission, an_alert, intake_harness, settings

MINUTE = timedelta(minutes=1)


async def test_a_new_key_opens_a_record_and_the_same_key_repeats_it(intake: IntakeHarness) -> None:
    first, again = await intake.one(), await intake.one()
    assert (first.outcome, again.outcome) == (Outcome.OPENED, Outcome.REPEATED)
    assert first.incident == again.incident == "INC-20260302-000001"
    assert await intake.rows("SELECT occurrences FROM alert") == [{"occurrences": 2}]


async def test_a_batch_of_repeats_takes_the_short_way_and_counts_every_item(intake: IntakeHarness) -> None:
    await intake.tell(an_alert("a"), an_alert("b"))
    results = await intake.tell(an_alert("a"), an_alert("b"), an_alert("a"))
    assert [r.outcome for r in results] == [Outcome.REPEATED] * 3
    counted = await intake.rows("SELECT dedup_key, occurrences FROM alert ORDER BY dedup_key")
    assert counted == [{"dedup_key": "a", "occurrences": 3}, {"dedup_key": "b", "occurrences": 2}]
    assert len(await intake.rows("SELECT 1 FROM alert_event")) == 5


async def test_the_short_way_is_left_when_somebody_resolved_the_record_meanwhile(intake: IntakeHarness) -> None:
    await intake.one()
    await intake.one()
    await intake.conn.execute("UPDATE incident SET state = 'resolved', resolved_at = $1", intake.clock.at)
    assert (await intake.one()).outcome is Outcome.REOPENED
    assert await intake.rows("SELECT state, reopened FROM incident") == [{"state": "logged", "reopened": 1}]


async def test_a_recovery_resolves_the_record_as_vanished(intake: IntakeHarness) -> None:
    await intake.one()
    assert (await intake.one(status=RESOLVED)).outcome is Outcome.CLEARED
    assert await intake.rows("SELECT state, resolution FROM incident") == [{"state": "resolved", "resolution": "vanished"}]


@pytest.mark.parametrize(("minutes", "outcome"), [(10, Outcome.REOPENED), (11, Outcome.OPENED)])
async def test_firing_again_reopens_within_ten_minutes_and_opens_a_new_record_after(
    intake: IntakeHarness, minutes: int, outcome: Outcome
) -> None:
    await intake.one()
    await intake.one(status=RESOLVED)
    intake.clock.advance(minutes * MINUTE)
    assert (await intake.one()).outcome is outcome


async def test_a_closed_record_is_followed_by_a_new_one_for_the_same_handler_and_keeps_its_count(intake: IntakeHarness) -> None:
    first = await intake.one()
    await intake.one()
    await intake.conn.execute("UPDATE incident SET state = 'closed', handler = 'li.wei'")
    second = await intake.one()
    assert second.outcome is Outcome.OPENED
    rows = await intake.rows("SELECT number, handler, occurrences FROM incident ORDER BY id")
    assert rows[0] == {"number": first.incident, "handler": "li.wei", "occurrences": 2}
    assert rows[1] == {"number": second.incident, "handler": "li.wei", "occurrences": 0}


async def test_a_late_recovery_never_closes_a_newer_firing(intake: IntakeHarness) -> None:
    await intake.one(at=NOON)
    assert (await intake.one(status=RESOLVED, at=NOON - MINUTE)).outcome is Outcome.STALE
    assert await intake.rows("SELECT state FROM incident") == [{"state": "logged"}]


async def test_a_late_firing_does_not_reopen_what_cleared_after_it(intake: IntakeHarness) -> None:
    await intake.one(at=NOON - 5 * MINUTE)
    await intake.one(status=RESOLVED, at=NOON - MINUTE)
    assert (await intake.one(at=NOON - 2 * MINUTE)).outcome is Outcome.STALE


async def test_times_are_compared_only_where_the_sender_stamped_both(intake: IntakeHarness) -> None:
    await intake.one(at=NOON)
    await intake.one(status=RESOLVED, at=NOON + 4 * MINUTE)
    assert (await intake.one(at=None)).outcome is Outcome.REOPENED


async def test_a_recovery_of_nothing_is_ignored_and_remembered(intake: IntakeHarness) -> None:
    assert (await intake.one(status=RESOLVED, at=NOON)).outcome is Outcome.IGNORED
    assert (await intake.one(at=NOON - MINUTE)).outcome is Outcome.STALE


async def test_a_test_message_never_opens_a_record(intake: IntakeHarness) -> None:
    assert (await intake.one(test=True)).outcome is Outcome.IGNORED
    assert await intake.rows("SELECT 1 FROM incident") == []


async def test_an_acknowledgement_at_the_source_stops_the_response_clock(intake: IntakeHarness) -> None:
    await intake.one()
    assert (await intake.one(status=AlertStatus.ACKNOWLEDGED)).outcome is Outcome.ACKNOWLEDGED
    row = (await intake.rows("SELECT state, responded_at FROM incident"))[0]
    assert row == {"state": "in_progress", "responded_at": NOON}


async def test_a_flapping_alert_is_held_in_one_open_record(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(3):
        await intake.one(status=RESOLVED)
        intake.clock.advance(MINUTE)
        await intake.one()
    held = await intake.one(status=RESOLVED)
    assert (held.outcome, held.reason) == (Outcome.CLEARED, "flapping")
    assert await intake.rows("SELECT state, reopened FROM incident") == [{"state": "logged", "reopened": 3}]
    assert await intake.rows("SELECT due_at FROM timer WHERE kind = 5") == [{"due_at": intake.clock.at + 10 * MINUTE}]


async def test_alerts_of_one_service_within_five_minutes_follow_the_first(intake: IntakeHarness) -> None:
    master = await intake.one("web", service="shop")
    intake.clock.advance(5 * MINUTE)
    related = await intake.one("db", service="shop")
    intake.clock.advance(timedelta(microseconds=1))
    late = await intake.one("mail", service="shop")
    assert [r.outcome for r in (master, related, late)] == [Outcome.OPENED, Outcome.RELATED, Outcome.OPENED]
    rows = await intake.rows("SELECT i.link_reason, m.number FROM incident i JOIN incident m ON m.id = i.master_id")
    assert rows == [{"link_reason": "rule: same service", "number": master.incident}]


async def test_two_alerts_of_one_batch_find_one_master(intake: IntakeHarness) -> None:
    results = await intake.tell(an_alert("web", service="shop"), an_alert("db", service="shop"))
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.RELATED]


async def test_a_link_that_people_undid_is_not_made_again(intake: IntakeHarness) -> None:
    await intake.one("web", service="shop")
    await intake.one("db", service="shop")
    await intake.conn.execute(
        "INSERT INTO unlinked SELECT key_hash, group_hash, now(), 'li' FROM alert, relation_group WHERE dedup_key = 'db'"
    )
    await intake.conn.execute("UPDATE incident SET state = 'closed' WHERE dedup_key = 'db'")
    assert (await intake.one("db", service="shop")).outcome is Outcome.OPENED


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE incident SET security = true",
        "UPDATE incident SET suppressed = true",
        "UPDATE incident SET kind = 'service_request'",
    ],
)
async def test_nothing_joins_a_master_that_would_keep_it_silent_and_the_next_alert_leads_instead(
    intake: IntakeHarness, change: str
) -> None:
    await intake.one("db", service="shop")
    await intake.conn.execute(change)
    assert [(await intake.one(key, service="shop")).outcome for key in ("web", "mail")] == [Outcome.OPENED, Outcome.RELATED]
    rows = await intake.rows("SELECT m.dedup_key FROM incident i JOIN incident m ON m.id = i.master_id")
    assert rows == [{"dedup_key": "web"}]
    assert await intake.rows("SELECT FROM proposed_link") == []


async def test_related_records_have_no_timer_of_their_own(intake: IntakeHarness) -> None:
    await intake.tell(an_alert("web", service="shop"), an_alert("db", service="shop"))
    assert len(await intake.rows("SELECT 1 FROM timer WHERE armed")) == 1


async def test_above_the_rate_new_keys_fold_into_one_storm_master(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        folded = await intake.tell(*(an_alert(f"s{n}") for n in range(3)))
        assert {r.outcome for r in folded} == {Outcome.FOLDED}
        assert len({r.incident for r in folded}) == 1
        cleared = await intake.tell(*(an_alert(f"s{n}", RESOLVED) for n in range(3)))
        assert [r.reason for r in cleared] == ["others_still_firing", "others_still_firing", "cleared_at_source"]
        assert await intake.rows("SELECT state FROM incident WHERE storm") == [{"state": "resolved"}]


async def test_an_alert_with_an_end_arms_its_expiry_once(intake: IntakeHarness) -> None:
    for minute in range(3):
        await intake.one(ends_at=NOON + (5 + minute) * MINUTE)
    assert await intake.rows("SELECT due_at FROM timer WHERE kind = 4") == [{"due_at": NOON + 5 * MINUTE}]
    assert await intake.rows("SELECT ends_at FROM alert") == [{"ends_at": NOON + 7 * MINUTE}]


async def test_the_same_delivery_is_counted_once(intake: IntakeHarness) -> None:
    first = (await intake.take(a_submission(an_alert(), delivery_id="d-1")))[0]
    again = (await intake.take(a_submission(an_alert(), delivery_id="d-1")))[0]
    assert [r.outcome for r in again.results] == [Outcome.DUPLICATE]
    assert again.results[0].incident == first.results[0].incident
    assert await intake.rows("SELECT occurrences FROM alert") == [{"occurrences": 1}]


async def test_a_delivery_id_reused_for_another_body_is_taken_as_new_and_flagged(intake: IntakeHarness) -> None:
    await intake.take(a_submission(an_alert(), delivery_id="d-1"))
    other = a_submission(an_alert(), delivery_id="d-1")
    other.body = b"another"
    assert [r.outcome for r in (await intake.take(other))[0].results] == [Outcome.REPEATED]
    assert {"flag": "id_reused_with_other_body"} in await intake.rows("SELECT flag FROM receipt")


async def test_what_cannot_be_understood_is_kept_beside_what_can(intake: IntakeHarness) -> None:
    refused = (Refused(1, "title is missing", "/1", b'{"x":1}'),)
    results = (await intake.take(a_submission(an_alert(), refused=refused)))[0].results
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.QUARANTINED]
    assert await intake.rows("SELECT item, problem, body FROM quarantine") == [
        {"item": 1, "problem": "title is missing", "body": b'{"x":1}'}
    ]


async def test_a_poisonous_item_is_quarantined_and_its_neighbours_are_stored(intake: IntakeHarness) -> None:
    poisoned = a_submission(an_alert("a"), an_alert("b", title="nul \0 here"), an_alert("c"))
    committed = await intake.committer.commit_without_poison(intake.conn, poisoned)
    outcomes = [r.outcome for r in committed.receipts[0].results]
    assert outcomes == [Outcome.OPENED, Outcome.QUARANTINED, Outcome.OPENED]


async def test_integrations_do_not_share_keys(intake: IntakeHarness) -> None:
    ours, theirs = (await intake.take(a_submission(an_alert()), a_submission(an_alert(), integration=2)))[:2]
    assert ours.results[0].outcome is theirs.results[0].outcome is Outcome.OPENED


async def test_opening_and_clearing_in_one_batch_leaves_one_resolved_record(intake: IntakeHarness) -> None:
    results = await intake.tell(an_alert(), an_alert(status=RESOLVED), an_alert(status=FIRING))
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.CLEARED, Outcome.REOPENED]
    assert await intake.rows("SELECT state, version, reopened FROM incident") == [
        {"state": "logged", "version": 3, "reopened": 1}
    ]


async def test_every_item_ends_in_exactly_one_recorded_outcome(intake: IntakeHarness) -> None:
    receipt = (await intake.take(a_submission(an_alert("a"), an_alert("b"), an_alert("a", RESOLVED))))[0]
    events = await intake.rows("SELECT item, outcome FROM alert_event WHERE receipt_id = $1 ORDER BY item", receipt.id)
    assert [e["outcome"] for e in events] == [r.outcome for r in receipt.results] == ["opened", "opened", "cleared"]


async def test_bodies_of_nothing_but_repeats_thin_out_and_items_do_not(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(102):
        await intake.one()
    kept = await intake.rows("SELECT count(body) AS kept, count(*) AS received FROM receipt")
    assert kept == [{"kept": 101, "received": 103}]
    assert await intake.rows("SELECT count(*) AS items FROM alert_event") == [{"items": 103}]
