"""Alerts that join an open master: nothing joins one that would keep it silent, and the link is proposed instead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.db.pool import Pool
from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.correlated_alerts import OpenMasters
from gateway.dedup.decide import DecisionRules
from gateway.dedup.groups import RelateGroup
from gateway.dedup.plan import BatchItem, BatchPlan, decide_all
from gateway.incidents.hierarchy import find_unfit_reason
from gateway.vocabulary import Outcome, State
from tests.correlation.corpus.world import topology
from tests.support.clock import NOON, FakeClock
from tests.support.gateway_harness import GatewayHarness, gateway_harness
from tests.support.intake import (
    FIRING,
    RESOLVED,
    IntakeHarness,
    a_submission,
    an_alert,
    by_service,
    intake_harness,
    settings,
)

MINUTE = timedelta(minutes=1)
RULES = DecisionRules(10 * MINUTE, 3, timedelta(hours=1))
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


def a_plan(
    groups: dict[str, IncidentRef | None], alerted: dict[str, list[IncidentRef]], held: IncidentRef
) -> BatchPlan:
    led = {
        name.encode(): RelateGroup(
            name.encode(), name, 5 * MINUTE, master, NOON if master else None
        )
        for name, master in groups.items()
    }
    plan = BatchPlan(
        NOON, RULES, 10 * MINUTE, {}, groups=led, correlated=OpenMasters(topology(), alerted)
    )
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
def test_no_open_incident_has_unfit_master_after_any_batch(
    events: list[tuple[str, Any, str, str, str]],
    led: dict[str, IncidentRef],
    alerted: dict[str, IncidentRef],
    held: IncidentRef,
) -> None:
    groups: dict[str, IncidentRef | None] = {"one": None, "two": None, **led}
    plan = a_plan(
        groups, {ci: [master] for ci, master in alerted.items()} | {"erp-db1": [held]}, held
    )
    items = []
    for key, status, severity, ci, group in events:
        items.append(
            BatchItem(1, "generic", an_alert(key, status, severity=severity, ci=ci), key.encode())
        )
        plan.memberships[key.encode()] = (group.encode(),) if group else ()
    verdicts = decide_all(plan, items)
    followers = [
        holder
        for holder in (*(draft.holder for draft in plan.drafts), *plan.moving)
        if holder.master is not None
    ]
    assert [(one.top, one) for one in followers if find_unfit_reason(one.top, one)] == []
    related = {verdict.holder for verdict in verdicts if verdict.outcome is Outcome.RELATED}
    assert all(
        holder is not None and (holder.master is not None or not holder.live) for holder in related
    )
    assert all(one.link_reason is None for one in plan.drafts if one.holder.master is None)
    assert not any(
        master.security or master.suppressed
        for draft in plan.drafts
        for master, _ in draft.proposed
    )


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


@pytest.mark.parametrize(
    ("first", "second"), [("info", "critical"), ("warning", "error"), ("info", "warning")]
)
async def test_more_urgent_alert_is_only_proposed_and_becomes_group_master(
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


async def test_later_alert_joins_more_urgent_master_of_earlier_request(
    intake: IntakeHarness,
) -> None:
    mild, grave = (
        an_alert("mild", service="pay", severity="info"),
        an_alert("grave", service="pay", severity="critical"),
    )
    await intake.tell(mild, grave)
    await intake.tell(an_alert("other", service="pay", severity="warning"))
    assert await linked(intake) == {"mild": None, "grave": None, "other": "grave"}


async def test_alert_stays_alone_when_master_ends_in_same_request(intake: IntakeHarness) -> None:
    await intake.one("master", service="pay")
    joined, _ = await intake.tell(
        an_alert("joined", service="pay"), an_alert("master", RESOLVED, service="pay")
    )
    assert (joined.outcome, joined.reason) == (Outcome.OPENED, "new_key")
    assert await linked(intake) == {"master": None, "joined": None}


async def test_alert_worsening_in_same_request_is_only_proposed_to_master(
    intake: IntakeHarness,
) -> None:
    await intake.one("master", service="pay", severity="warning")
    mild, grave = (
        an_alert("joined", service="pay", severity=severity) for severity in ("warning", "critical")
    )
    joined, _ = await intake.tell(mild, grave)
    assert joined.outcome is Outcome.OPENED
    assert await linked(intake) == {"master": None, "joined": None}
    assert "link_proposed" in await events(intake, "joined")


async def test_open_child_is_detached_when_master_clears(
    intake: IntakeHarness,
) -> None:
    await intake.tell(
        *(an_alert(key, service="pay", severity="critical") for key in ("master", "still", "gone"))
    )
    await intake.tell(*(an_alert(key, RESOLVED, service="pay") for key in ("master", "gone")))
    assert await linked(intake) == {"master": None, "still": None, "gone": "master"}
    assert await events(intake, "still") == ["opened", "linked", "unlinked", "management_told"]
    assert "unlinked" not in await events(intake, "gone")
    still = await intake.rows("SELECT next_due_at FROM incident WHERE dedup_key = 'still'")
    assert still[0]["next_due_at"] is not None
    recorded = await intake.rows(
        "SELECT facts::text AS facts FROM timeline WHERE event = 'unlinked'"
    )
    assert len(recorded) == 1
    assert '"reason":"master_over"' in recorded[0]["facts"].replace(" ", "")


async def test_storm_priority_follows_worst_alert_and_raise_is_recorded_once(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(
        database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})
    ) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        await intake.tell(an_alert("s0", severity="info"))
        master = (await intake.rows("SELECT id, priority FROM incident WHERE storm"))[0]
        assert master["priority"] == 2
        await intake.tell(*(an_alert(f"c{n}", severity="critical") for n in range(3)))
        await intake.tell(an_alert("c9", severity="critical"))
        told = await intake.rows(
            "SELECT event FROM timeline WHERE incident_id = $1 AND event = 'raised'", master["id"]
        )
        assert len(told) == 1
        assert await intake.rows("SELECT priority FROM incident WHERE storm") == [{"priority": 1}]


async def test_storm_opens_at_priority_of_critical_first_alert(
    database_url: str, clock: FakeClock
) -> None:
    async with intake_harness(
        database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})
    ) as intake:
        await intake.tell(*(an_alert(f"k{n}") for n in range(4)))
        await intake.tell(an_alert("c0", severity="critical"))
        assert await intake.rows("SELECT priority FROM incident WHERE storm") == [{"priority": 1}]


async def test_alert_does_not_fold_into_security_storm(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(
        database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})
    ) as intake:
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


async def test_critical_effect_of_mild_cause_is_only_proposed(harness: GatewayHarness) -> None:
    await harness.alert("san-1", severity="info")
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] is None
    assert effect["next_due_at"] is not None
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_effect_joins_nearest_cause_that_is_urgent_enough(harness: GatewayHarness) -> None:
    far, _ = (
        await harness.alert("san-1", severity="critical"),
        await harness.alert("crm-db1", severity="info"),
    )
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] == far["id"]


async def test_later_mild_cause_takes_over_only_milder_effects(harness: GatewayHarness) -> None:
    grave, mild = (
        await harness.alert("crm-web1", severity="critical"),
        await harness.alert("erp-web1", severity="info"),
    )
    cause = await harness.alert("san-1", severity="warning")
    rows = [await harness.row(one["number"]) for one in (grave, mild)]
    assert [row["master_id"] for row in rows] == [None, cause["id"]]
    assert await proposals(harness) == [("crm-web1", "san-1")]
    assert [event for event, _ in await harness.facts(grave["number"])][-1] == "link_proposed"


async def test_critical_symptom_and_mild_cause_of_one_request_are_not_linked(
    harness: GatewayHarness,
) -> None:
    alerts = [
        an_alert("web", ci="crm-web1", severity="critical"),
        an_alert("san", ci="san-1", severity="info"),
    ]
    await harness.intake.take(a_submission(*alerts))
    assert (
        await harness.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NOT NULL")
        == 0
    )
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_returning_security_alert_opens_unlinked_security_incident(
    intake: IntakeHarness,
) -> None:
    await intake.one("intruder", service="pay")
    await intake.conn.execute(
        "UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at"
    )
    await intake.one("ordinary", service="pay", severity="critical")
    await intake.one("intruder", service="pay")
    await intake.one("later", service="pay", severity="info")
    rows = await intake.rows(
        "SELECT dedup_key, security FROM incident WHERE state = 'logged' ORDER BY id"
    )
    assert [(row["dedup_key"], row["security"]) for row in rows] == [
        ("ordinary", False),
        ("intruder", True),
        ("later", False),
    ]
    assert await linked(intake) == {"intruder": None, "ordinary": None, "later": "ordinary"}


async def test_returning_security_alert_opens_security_incident_after_silence(
    intake: IntakeHarness,
) -> None:
    await intake.one("intruder")
    await intake.conn.execute(
        "UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at"
    )
    await intake.conn.execute(SILENCE, intake.clock.at)
    assert [(await intake.one("intruder")).outcome for _ in range(3)] == [Outcome.SUPPRESSED] * 3
    await intake.conn.execute("DELETE FROM silence")
    assert (await intake.one("intruder")).outcome is Outcome.OPENED
    assert await intake.rows("SELECT security FROM incident WHERE state = 'logged'") == [
        {"security": True}
    ]


async def test_cause_cleared_in_same_request_takes_over_nothing(harness: GatewayHarness) -> None:
    effect = await harness.alert("crm-web1")
    await harness.intake.take(
        a_submission(an_alert("san", ci="san-1"), an_alert("san", RESOLVED, ci="san-1"))
    )
    assert (await harness.row(effect["number"]))["master_id"] is None
    assert [event for event, _ in await harness.facts(effect["number"])] == ["opened"]
    assert await proposals(harness) == []
