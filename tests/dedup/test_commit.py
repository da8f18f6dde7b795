"""The receipts of a sender and the rows in the database, story by story."""

from datetime import timedelta

import pytest

from gateway.receipts.submission import RefusedItem
from gateway.vocabulary import AlertStatus, Outcome
from tests.support.clock import NOON, FakeClock
from tests.support.intake import (
    FIRING,
    RESOLVED,
    IntakeHarness,
    intake_harness,
    make_alert,
    make_submission,
    settings,
)

MINUTE = timedelta(minutes=1)


async def test_new_key_opens_incident_and_same_key_repeats_it(intake: IntakeHarness) -> None:
    first, again = await intake.one(), await intake.one()
    assert (first.outcome, again.outcome) == (Outcome.OPENED, Outcome.REPEATED)
    assert first.incident == again.incident == "INC-20260302-000001"
    assert await intake.rows("SELECT occurrences FROM alert") == [{"occurrences": 2}]


async def test_batch_of_repeats_counts_every_item(intake: IntakeHarness) -> None:
    await intake.tell(make_alert("a"), make_alert("b"))
    results = await intake.tell(make_alert("a"), make_alert("b"), make_alert("a"))
    assert [r.outcome for r in results] == [Outcome.REPEATED] * 3
    counted = await intake.rows("SELECT dedup_key, occurrences FROM alert ORDER BY dedup_key")
    assert counted == [{"dedup_key": "a", "occurrences": 3}, {"dedup_key": "b", "occurrences": 2}]
    assert len(await intake.rows("SELECT 1 FROM alert_event")) == 5


async def test_repeat_reopens_incident_resolved_meanwhile(intake: IntakeHarness) -> None:
    await intake.one()
    await intake.one()
    await intake.conn.execute(
        "UPDATE incident SET state = 'resolved', resolved_at = $1", intake.clock.at
    )
    assert (await intake.one()).outcome is Outcome.REOPENED
    assert await intake.rows("SELECT state, reopened FROM incident") == [
        {"state": "logged", "reopened": 1}
    ]


async def test_recovery_resolves_incident_as_vanished(intake: IntakeHarness) -> None:
    await intake.one()
    assert (await intake.one(status=RESOLVED)).outcome is Outcome.CLEARED
    assert await intake.rows("SELECT state, resolution FROM incident") == [
        {"state": "resolved", "resolution": "vanished"}
    ]


@pytest.mark.parametrize(("minutes", "outcome"), [(10, Outcome.REOPENED), (11, Outcome.OPENED)])
async def test_alert_firing_again_reopens_only_within_ten_minutes(
    intake: IntakeHarness, minutes: int, outcome: Outcome
) -> None:
    await intake.one()
    await intake.one(status=RESOLVED)
    intake.clock.advance(minutes * MINUTE)
    assert (await intake.one()).outcome is outcome


async def test_alert_of_closed_incident_opens_new_one_for_same_handler(
    intake: IntakeHarness,
) -> None:
    first = await intake.one()
    await intake.one()
    await intake.conn.execute("UPDATE incident SET state = 'closed', handler = 'li.wei'")
    second = await intake.one()
    assert second.outcome is Outcome.OPENED
    rows = await intake.rows("SELECT number, handler, occurrences FROM incident ORDER BY id")
    assert rows[0] == {"number": first.incident, "handler": "li.wei", "occurrences": 2}
    assert rows[1] == {"number": second.incident, "handler": "li.wei", "occurrences": 0}


async def test_late_recovery_does_not_resolve_newer_firing(intake: IntakeHarness) -> None:
    await intake.one(at=NOON)
    assert (await intake.one(status=RESOLVED, at=NOON - MINUTE)).outcome is Outcome.STALE
    assert await intake.rows("SELECT state FROM incident") == [{"state": "logged"}]


async def test_late_firing_does_not_reopen_later_cleared_incident(intake: IntakeHarness) -> None:
    await intake.one(at=NOON - 5 * MINUTE)
    await intake.one(status=RESOLVED, at=NOON - MINUTE)
    assert (await intake.one(at=NOON - 2 * MINUTE)).outcome is Outcome.STALE


async def test_unstamped_firing_is_not_stale(intake: IntakeHarness) -> None:
    await intake.one(at=NOON)
    await intake.one(status=RESOLVED, at=NOON + 4 * MINUTE)
    assert (await intake.one(at=None)).outcome is Outcome.REOPENED


async def test_unmatched_recovery_is_ignored_and_remembered(intake: IntakeHarness) -> None:
    assert (await intake.one(status=RESOLVED, at=NOON)).outcome is Outcome.IGNORED
    assert (await intake.one(at=NOON - MINUTE)).outcome is Outcome.STALE


async def test_test_alert_opens_no_incident(intake: IntakeHarness) -> None:
    assert (await intake.one(test=True)).outcome is Outcome.IGNORED
    assert await intake.rows("SELECT 1 FROM incident") == []


async def test_acknowledgement_at_source_stops_response_clock(intake: IntakeHarness) -> None:
    await intake.one()
    assert (await intake.one(status=AlertStatus.ACKNOWLEDGED)).outcome is Outcome.ACKNOWLEDGED
    row = (await intake.rows("SELECT state, responded_at FROM incident"))[0]
    assert row == {"state": "in_progress", "responded_at": NOON}


async def test_flapping_alert_keeps_one_open_incident(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(3):
        await intake.one(status=RESOLVED)
        intake.clock.advance(MINUTE)
        await intake.one()
    held = await intake.one(status=RESOLVED)
    assert (held.outcome, held.reason) == (Outcome.CLEARED, "flapping")
    assert await intake.rows("SELECT state, reopened FROM incident") == [
        {"state": "logged", "reopened": 3}
    ]
    assert await intake.rows("SELECT due_at FROM timer WHERE kind = 5") == [
        {"due_at": intake.clock.at + 10 * MINUTE}
    ]


async def test_alerts_of_one_service_within_five_minutes_join_first(intake: IntakeHarness) -> None:
    master = await intake.one("web", service="shop")
    intake.clock.advance(5 * MINUTE)
    related = await intake.one("db", service="shop")
    intake.clock.advance(timedelta(microseconds=1))
    late = await intake.one("mail", service="shop")
    assert [r.outcome for r in (master, related, late)] == [
        Outcome.OPENED,
        Outcome.RELATED,
        Outcome.OPENED,
    ]
    rows = await intake.rows(
        "SELECT i.link_reason, m.number FROM incident i JOIN incident m ON m.id = i.master_id"
    )
    assert rows == [{"link_reason": "rule: same service", "number": master.incident}]


async def test_related_alerts_of_one_batch_share_master(intake: IntakeHarness) -> None:
    results = await intake.tell(make_alert("web", service="shop"), make_alert("db", service="shop"))
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.RELATED]


async def test_manually_removed_link_is_not_restored(intake: IntakeHarness) -> None:
    await intake.one("web", service="shop")
    await intake.one("db", service="shop")
    await intake.conn.execute(
        "INSERT INTO unlinked SELECT key_hash, group_hash, now(), 'li' FROM alert, relation_group "
        "WHERE dedup_key = 'db'"
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
async def test_alert_does_not_join_unfit_master_and_becomes_master(
    intake: IntakeHarness, change: str
) -> None:
    await intake.one("db", service="shop")
    await intake.conn.execute(change)
    assert [(await intake.one(key, service="shop")).outcome for key in ("web", "mail")] == [
        Outcome.OPENED,
        Outcome.RELATED,
    ]
    rows = await intake.rows(
        "SELECT m.dedup_key FROM incident i JOIN incident m ON m.id = i.master_id"
    )
    assert rows == [{"dedup_key": "web"}]
    assert await intake.rows("SELECT FROM proposed_link") == []


async def test_related_incident_has_no_timer(intake: IntakeHarness) -> None:
    await intake.tell(make_alert("web", service="shop"), make_alert("db", service="shop"))
    assert len(await intake.rows("SELECT 1 FROM timer WHERE armed")) == 1


async def test_new_keys_above_rate_fold_into_storm_master(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(
        database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})
    ) as intake:
        await intake.tell(*(make_alert(f"k{n}") for n in range(4)))
        folded = await intake.tell(*(make_alert(f"s{n}") for n in range(3)))
        assert {r.outcome for r in folded} == {Outcome.FOLDED}
        assert len({r.incident for r in folded}) == 1
        cleared = await intake.tell(*(make_alert(f"s{n}", RESOLVED) for n in range(3)))
        assert [r.reason for r in cleared] == [
            "others_still_firing",
            "others_still_firing",
            "cleared_at_source",
        ]
        assert await intake.rows("SELECT state FROM incident WHERE storm") == [
            {"state": "resolved"}
        ]


async def test_alert_with_end_time_arms_expiry_once(intake: IntakeHarness) -> None:
    for minute in range(3):
        await intake.one(ends_at=NOON + (5 + minute) * MINUTE)
    assert await intake.rows("SELECT due_at FROM timer WHERE kind = 4") == [
        {"due_at": NOON + 5 * MINUTE}
    ]
    assert await intake.rows("SELECT ends_at FROM alert") == [{"ends_at": NOON + 7 * MINUTE}]


async def test_repeated_delivery_is_counted_once(intake: IntakeHarness) -> None:
    first = (await intake.take(make_submission(make_alert(), delivery_id="d-1")))[0]
    again = (await intake.take(make_submission(make_alert(), delivery_id="d-1")))[0]
    assert [r.outcome for r in again.results] == [Outcome.DUPLICATE]
    assert again.results[0].incident == first.results[0].incident
    assert await intake.rows("SELECT occurrences FROM alert") == [{"occurrences": 1}]


async def test_delivery_id_reused_with_other_body_is_new_and_flagged(intake: IntakeHarness) -> None:
    await intake.take(make_submission(make_alert(), delivery_id="d-1"))
    other = make_submission(make_alert(), delivery_id="d-1")
    other.body = b"another"
    assert [r.outcome for r in (await intake.take(other))[0].results] == [Outcome.REPEATED]
    assert {"flag": "id_reused_with_other_body"} in await intake.rows("SELECT flag FROM receipt")


async def test_refused_item_is_quarantined_beside_valid_ones(intake: IntakeHarness) -> None:
    refused = (RefusedItem(1, "title is missing", "/1", b'{"x":1}'),)
    results = (await intake.take(make_submission(make_alert(), refused=refused)))[0].results
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.QUARANTINED]
    assert await intake.rows("SELECT item, problem, body FROM quarantine") == [
        {"item": 1, "problem": "title is missing", "body": b'{"x":1}'}
    ]


async def test_poisonous_item_is_quarantined_and_others_are_stored(intake: IntakeHarness) -> None:
    poisoned = make_submission(
        make_alert("a"), make_alert("b", title="nul \0 here"), make_alert("c")
    )
    committed = await intake.committer.commit_without_refused_items(intake.conn, poisoned)
    outcomes = [r.outcome for r in committed.receipts[0].results]
    assert outcomes == [Outcome.OPENED, Outcome.QUARANTINED, Outcome.OPENED]


async def test_dedup_keys_are_separate_per_integration(intake: IntakeHarness) -> None:
    ours, theirs = (
        await intake.take(
            make_submission(make_alert()), make_submission(make_alert(), integration=2)
        )
    )[:2]
    assert ours.results[0].outcome is theirs.results[0].outcome is Outcome.OPENED


async def test_open_clear_and_reopen_in_one_batch_yield_one_incident(intake: IntakeHarness) -> None:
    results = await intake.tell(
        make_alert(), make_alert(status=RESOLVED), make_alert(status=FIRING)
    )
    assert [r.outcome for r in results] == [Outcome.OPENED, Outcome.CLEARED, Outcome.REOPENED]
    assert await intake.rows("SELECT state, version, reopened FROM incident") == [
        {"state": "logged", "version": 3, "reopened": 1}
    ]


async def test_every_item_has_one_recorded_outcome(intake: IntakeHarness) -> None:
    receipt = (
        await intake.take(
            make_submission(make_alert("a"), make_alert("b"), make_alert("a", RESOLVED))
        )
    )[0]
    events = await intake.rows(
        "SELECT item, outcome FROM alert_event WHERE receipt_id = $1 ORDER BY item", receipt.id
    )
    assert (
        [e["outcome"] for e in events]
        == [r.outcome for r in receipt.results]
        == ["opened", "opened", "cleared"]
    )


async def test_repeat_bodies_are_thinned_but_items_are_kept(intake: IntakeHarness) -> None:
    await intake.one()
    for _ in range(102):
        await intake.one()
    kept = await intake.rows("SELECT count(body) AS kept, count(*) AS received FROM receipt")
    assert kept == [{"kept": 101, "received": 103}]
    assert await intake.rows("SELECT count(*) AS items FROM alert_event") == [{"items": 103}]
