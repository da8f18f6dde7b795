"""Alerts that join an open master: nothing joins one that would keep it silent, and the link is proposed instead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.db.pool import Pool
from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.correlated_alerts import CorrelatedAlerts
from gateway.dedup.decide import Rules
from gateway.dedup.groups import Group
from gateway.dedup.plan import Item, Plan, decide_all
from gateway.incidents.hierarchy import unfit
from gateway.vocabulary import Outcome, State
from tests.correlation.corpus.world import topology
from tests.support.clock import NOON, FakeClock
from tests.support.gateway_harness import GatewayHarness, gateway_harness
from tests.support.intake import FIRING, RESOLVED, IntakeHarness, a_submission, an_alert, by_service, intake_harness, settings

MINUTE = timedelta(minutes=1)
RULES = Rules(10 * MINUTE, 3, timedelta(hours=1))
GRADES = {"critical": 1, "major": 2, "warning": 3, "info": 4}
ITEMS = ("", "san-1", "crm-db1", "crm-app1", "crm-web1", "erp-db1")

MASTERS = st.builds(
    IncidentRef,
    id=st.integers(1, 1_000_000),
    number=st.just("INC-9"),
    state=st.sampled_from([State.LOGGED, State.ON_HOLD, State.RESOLVED]),
    priority=st.integers(1, 4),
    security=st.booleans(),
    suppressed=st.booleans(),
    kind=st.sampled_from(["incident", "incident", "service_request"]),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "held"]),
        st.sampled_from([FIRING, FIRING, RESOLVED]),
        st.sampled_from(sorted(GRADES)),
        st.sampled_from(ITEMS),
        st.sampled_from(["", "one", "two"]),
    ),
    min_size=1,
    max_size=12,
)


def a_plan(groups: dict[str, IncidentRef | None], alerted: dict[str, list[IncidentRef]], held: IncidentRef) -> Plan:
    led = {
        name.encode(): Group(name.encode(), name, 5 * MINUTE, master, NOON if master else None) for name, master in groups.items()
    }
    plan = Plan(NOON, RULES, 10 * MINUTE, {}, groups=led, correlated=CorrelatedAlerts(topology(), alerted))
    plan.priority_of = lambda item: GRADES[item.alert.severity]
    plan.known = {key.encode(): AlertState(key.encode()) for key in "abcd"}
    plan.known[b"held"] = AlertState(b"held", is_new=False, status=FIRING, holder=held)
    return plan


@given(
    EVENTS,
    st.dictionaries(st.sampled_from(["one", "two"]), MASTERS),
    st.dictionaries(st.sampled_from(ITEMS[1:]), MASTERS),
    MASTERS,
)
def test_after_any_batch_no_open_record_is_below_a_milder_a_hidden_or_an_ended_master(
    events: list[tuple[str, Any, str, str, str]], led: dict[str, IncidentRef], alerted: dict[str, IncidentRef], held: IncidentRef
) -> None:
    groups: dict[str, IncidentRef | None] = {"one": None, "two": None, **led}
    plan = a_plan(groups, {ci: [master] for ci, master in alerted.items()} | {"erp-db1": [held]}, held)
    items = []
    for key, status, severity, ci, group in events:
        items.append(Item(1, "generic", an_alert(key, status, severity=severity, ci=ci), key.encode()))
        plan.memberships[key.encode()] = (group.encode(),) if group else ()
    verdicts = decide_all(plan, items)
    followers = [holder for holder in (*(draft.holder for draft in plan.drafts), *plan.moving) if holder.master is not None]
    assert [(one.top, one) for one in followers if unfit(one.top, one)] == []
    related = {verdict.holder for verdict in verdicts if verdict.outcome is Outcome.RELATED}
    assert all(holder is not None and (holder.master is not None or not holder.live) for holder in related)
    assert all(one.link_reason is None for one in plan.drafts if one.holder.master is None)
    assert not any(master.security or master.suppressed for draft in plan.drafts for master, _ in draft.proposed)


SILENCE = """
INSERT INTO silence (id, integration_id, matchers, starts_at, ends_at, created_by, comment, updated_at)
VALUES (gen_random_uuid(), NULL, '[]', $1, $1::timestamptz + interval '1 hour', 'ann', 'x', $1)
"""


async def linked(intake: IntakeHarness) -> dict[str, str | None]:
    rows = await intake.rows(
        "SELECT i.dedup_key, m.dedup_key AS master FROM incident i LEFT JOIN incident m ON m.id = i.master_id"
    )
    return {row["dedup_key"]: row["master"] for row in rows}


async def events(intake: IntakeHarness, key: str) -> list[str]:
    asked = "SELECT event FROM timeline t JOIN incident i ON i.id = t.incident_id WHERE dedup_key = $1 ORDER BY seq"
    return [row["event"] for row in await intake.rows(asked, key)]


@pytest.mark.parametrize(("first", "second"), [("info", "critical"), ("warning", "error"), ("info", "warning")])
async def test_an_alert_more_urgent_than_its_groups_master_stands_alone_and_is_proposed_and_leads(
    intake: IntakeHarness, first: str, second: str
) -> None:
    await intake.one("cache", service="pay", severity=first)
    worse = await intake.one("down", service="pay", severity=second)
    later = await intake.one("slow", service="pay", severity=second)
    assert (worse.outcome, later.outcome) == (Outcome.OPENED, Outcome.RELATED)
    assert await linked(intake) == {"cache": None, "down": None, "slow": "down"}
    assert "link_proposed" in await events(intake, "down")
    proposed = await intake.rows(
        "SELECT i.dedup_key, p.reason, p.state FROM proposed_link p JOIN incident i ON i.id = p.incident_id"
    )
    assert proposed == [{"dedup_key": "down", "reason": "rule: same service", "state": "open"}]
    timers = await intake.rows(
        "SELECT i.dedup_key FROM timer t JOIN incident i ON i.id = t.incident_id WHERE t.kind = 1 AND armed"
    )
    assert sorted(row["dedup_key"] for row in timers) == ["cache", "down"]


async def test_two_alerts_of_one_request_find_the_more_urgent_as_their_master_in_any_order(intake: IntakeHarness) -> None:
    mild, grave = an_alert("mild", service="pay", severity="info"), an_alert("grave", service="pay", severity="critical")
    await intake.tell(mild, grave)
    await intake.tell(an_alert("other", service="pay", severity="warning"))
    assert await linked(intake) == {"mild": None, "grave": None, "other": "grave"}


async def test_a_record_that_joins_a_master_which_the_same_request_ends_stands_alone(intake: IntakeHarness) -> None:
    await intake.one("master", service="pay")
    joined, _ = await intake.tell(an_alert("joined", service="pay"), an_alert("master", RESOLVED, service="pay"))
    assert (joined.outcome, joined.reason) == (Outcome.OPENED, "new_key")
    assert await linked(intake) == {"master": None, "joined": None}


async def test_a_record_that_joins_a_master_and_becomes_worse_in_one_request_stands_alone_and_is_proposed(
    intake: IntakeHarness,
) -> None:
    await intake.one("master", service="pay", severity="warning")
    mild, grave = (an_alert("joined", service="pay", severity=severity) for severity in ("warning", "critical"))
    joined, _ = await intake.tell(mild, grave)
    assert joined.outcome is Outcome.OPENED
    assert await linked(intake) == {"master": None, "joined": None}
    assert "link_proposed" in await events(intake, "joined")


async def test_what_follows_is_let_go_at_once_when_its_master_clears_and_what_clears_with_it_is_not(
    intake: IntakeHarness,
) -> None:
    await intake.tell(*(an_alert(key, service="pay", severity="critical") for key in ("master", "still", "gone")))
    await intake.tell(*(an_alert(key, RESOLVED, service="pay") for key in ("master", "gone")))
    assert await linked(intake) == {"master": None, "still": None, "gone": "master"}
    assert await events(intake, "still") == ["opened", "linked", "unlinked", "management_told"]
    assert "unlinked" not in await events(intake, "gone")
    still = await intake.rows("SELECT next_due_at FROM incident WHERE dedup_key = 'still'")
    assert still[0]["next_due_at"] is not None
    recorded = await intake.rows("SELECT facts::text AS facts FROM timeline WHERE event = 'unlinked'")
    assert len(recorded) == 1
    assert '"reason":"master_over"' in recorded[0]["facts"].replace(" ", "")


async def test_a_storms_master_is_as_urgent_as_the_worst_it_took_up_and_tells_once_a_raise(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        await intake.tell(an_alert("s0", severity="info"))
        master = (await intake.rows("SELECT id, priority FROM incident WHERE storm"))[0]
        assert master["priority"] == 2
        await intake.tell(*(an_alert(f"c{n}", severity="critical") for n in range(3)))
        await intake.tell(an_alert("c9", severity="critical"))
        told = await intake.rows("SELECT event FROM timeline WHERE incident_id = $1 AND event = 'raised'", master["id"])
        assert len(told) == 1
        assert await intake.rows("SELECT priority FROM incident WHERE storm") == [{"priority": 1}]


async def test_a_storm_that_begins_with_a_critical_alert_opens_at_its_priority(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        await intake.tell(an_alert("c0", severity="critical"))
        assert await intake.rows("SELECT priority FROM incident WHERE storm") == [{"priority": 1}]


async def test_nothing_folds_into_a_storm_that_few_may_see(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        hidden = await intake.one("s0")
        await intake.conn.execute("UPDATE incident SET security = true WHERE storm")
        assert (await intake.one("s1")).incident != hidden.incident


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, by_service(settings())) as furnished:
        yield furnished


PROPOSED = """
SELECT i.ci, m.ci AS master FROM proposed_link p
JOIN incident i ON i.id = p.incident_id JOIN incident m ON m.id = p.master_id
"""


async def proposals(harness: GatewayHarness) -> list[tuple[str, str]]:
    return [(row["ci"], row["master"]) for row in await harness.pool.fetch(PROPOSED)]


async def test_a_critical_effect_of_a_mild_cause_stands_alone_and_is_proposed(harness: GatewayHarness) -> None:
    await harness.alert("san-1", severity="info")
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] is None
    assert effect["next_due_at"] is not None
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_the_nearest_cause_that_is_urgent_enough_is_taken(harness: GatewayHarness) -> None:
    far, _ = await harness.alert("san-1", severity="critical"), await harness.alert("crm-db1", severity="info")
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] == far["id"]


async def test_a_mild_cause_that_comes_later_takes_over_only_what_is_no_more_urgent(harness: GatewayHarness) -> None:
    grave, mild = await harness.alert("crm-web1", severity="critical"), await harness.alert("erp-web1", severity="info")
    cause = await harness.alert("san-1", severity="warning")
    rows = [await harness.row(one["number"]) for one in (grave, mild)]
    assert [row["master_id"] for row in rows] == [None, cause["id"]]
    assert await proposals(harness) == [("crm-web1", "san-1")]
    assert [event for event, _ in await harness.facts(grave["number"])][-1] == "link_proposed"


async def test_symptom_and_mild_cause_of_one_request_stay_apart(harness: GatewayHarness) -> None:
    alerts = [an_alert("web", ci="crm-web1", severity="critical"), an_alert("san", ci="san-1", severity="info")]
    await harness.intake.take(a_submission(*alerts))
    assert await harness.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NOT NULL") == 0
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_an_alert_of_a_security_incident_that_comes_back_opens_one_that_neither_joins_nor_leads(
    intake: IntakeHarness,
) -> None:
    await intake.one("intruder", service="pay")
    await intake.conn.execute("UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at")
    await intake.one("ordinary", service="pay", severity="critical")
    await intake.one("intruder", service="pay")
    await intake.one("later", service="pay", severity="info")
    rows = await intake.rows("SELECT dedup_key, security FROM incident WHERE state = 'logged' ORDER BY id")
    assert [(row["dedup_key"], row["security"]) for row in rows] == [("ordinary", False), ("intruder", True), ("later", False)]
    assert await linked(intake) == {"intruder": None, "ordinary": None, "later": "ordinary"}


async def test_it_opens_one_after_a_silence_too(intake: IntakeHarness) -> None:
    await intake.one("intruder")
    await intake.conn.execute("UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at")
    await intake.conn.execute(SILENCE, intake.clock.at)
    assert [(await intake.one("intruder")).outcome for _ in range(3)] == [Outcome.SUPPRESSED] * 3
    await intake.conn.execute("DELETE FROM silence")
    assert (await intake.one("intruder")).outcome is Outcome.OPENED
    assert await intake.rows("SELECT security FROM incident WHERE state = 'logged'") == [{"security": True}]


async def test_a_cause_that_came_and_went_in_one_request_takes_nothing_over(harness: GatewayHarness) -> None:
    effect = await harness.alert("crm-web1")
    await harness.intake.take(a_submission(an_alert("san", ci="san-1"), an_alert("san", RESOLVED, ci="san-1")))
    assert (await harness.row(effect["number"]))["master_id"] is None
    assert [event for event, _ in await harness.facts(effect["number"])] == ["opened"]
    assert await proposals(harness) == []
