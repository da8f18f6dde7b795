"""Alerts that are linked to an open master.

None is linked to a master that would keep it silent; the link is proposed instead.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.batch_items import BatchItem
from gateway.dedup.correlated_alerts import OpenMasters
from gateway.dedup.decide import DecisionRules
from gateway.dedup.groups import RelateGroup
from gateway.dedup.plan import BatchPlan
from gateway.dedup.verdicts import decide_all
from gateway.incidents.hierarchy import find_unfit_reason
from gateway.vocabulary import Outcome, State
from tests.correlation.corpus.world import topology
from tests.dedup.masters import linked
from tests.support.clock import NOON, FakeClock
from tests.support.intake import (
    FIRING,
    RESOLVED,
    IntakeHarness,
    intake_harness,
    make_alert,
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
            BatchItem(1, "generic", make_alert(key, status, severity=severity, ci=ci), key.encode())
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


async def events(intake: IntakeHarness, key: str) -> list[str]:
    asked = (
        "SELECT event FROM timeline t JOIN incident i ON i.id = t.incident_id "
        "WHERE dedup_key = $1 ORDER BY seq"
    )
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
        "SELECT i.dedup_key, p.reason, p.state FROM proposed_link p "
        "JOIN incident i ON i.id = p.incident_id"
    )
    assert proposed == [{"dedup_key": "down", "reason": "rule: same service", "state": "open"}]
    timers = await intake.rows(
        "SELECT i.dedup_key FROM timer t JOIN incident i ON i.id = t.incident_id "
        "WHERE t.kind = 1 AND armed"
    )
    assert sorted(row["dedup_key"] for row in timers) == ["cache", "down"]


async def test_later_alert_joins_more_urgent_master_of_earlier_request(
    intake: IntakeHarness,
) -> None:
    mild, grave = (
        make_alert("mild", service="pay", severity="info"),
        make_alert("grave", service="pay", severity="critical"),
    )
    await intake.tell(mild, grave)
    await intake.tell(make_alert("other", service="pay", severity="warning"))
    assert await linked(intake) == {"mild": None, "grave": None, "other": "grave"}


async def test_alert_stays_alone_when_master_ends_in_same_request(intake: IntakeHarness) -> None:
    await intake.one("master", service="pay")
    joined, _ = await intake.tell(
        make_alert("joined", service="pay"), make_alert("master", RESOLVED, service="pay")
    )
    assert (joined.outcome, joined.reason) == (Outcome.OPENED, "new_key")
    assert await linked(intake) == {"master": None, "joined": None}


async def test_alert_worsening_in_same_request_is_only_proposed_to_master(
    intake: IntakeHarness,
) -> None:
    await intake.one("master", service="pay", severity="warning")
    mild, grave = (
        make_alert("joined", service="pay", severity=severity)
        for severity in ("warning", "critical")
    )
    joined, _ = await intake.tell(mild, grave)
    assert joined.outcome is Outcome.OPENED
    assert await linked(intake) == {"master": None, "joined": None}
    assert "link_proposed" in await events(intake, "joined")


async def test_open_child_is_detached_when_master_clears(
    intake: IntakeHarness,
) -> None:
    await intake.tell(
        *(
            make_alert(key, service="pay", severity="critical")
            for key in ("master", "still", "gone")
        )
    )
    await intake.tell(*(make_alert(key, RESOLVED, service="pay") for key in ("master", "gone")))
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
        await intake.tell(*(make_alert(f"k{n}") for n in range(4)))
        await intake.tell(make_alert("s0", severity="info"))
        master = (await intake.rows("SELECT id, priority FROM incident WHERE storm"))[0]
        assert master["priority"] == 2
        await intake.tell(*(make_alert(f"c{n}", severity="critical") for n in range(3)))
        await intake.tell(make_alert("c9", severity="critical"))
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
        await intake.tell(*(make_alert(f"k{n}") for n in range(4)))
        await intake.tell(make_alert("c0", severity="critical"))
        assert await intake.rows("SELECT priority FROM incident WHERE storm") == [{"priority": 1}]


async def test_alert_does_not_fold_into_security_storm(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(
        database_url, clock, settings({"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "3"})
    ) as intake:
        await intake.tell(*(make_alert(f"k{n}") for n in range(4)))
        hidden = await intake.one("s0")
        await intake.conn.execute("UPDATE incident SET security = true WHERE storm")
        assert (await intake.one("s1")).incident != hidden.incident
