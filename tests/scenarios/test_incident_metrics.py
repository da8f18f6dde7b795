"""The metrics of incidents count exactly the committed changes, each once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.access.principal import MachineRole, Principal
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome
from tests.scenarios.conftest import Telling
from tests.support.intake import make_alert, make_submission
from tests.support.story import Story

Counts = Mapping[str, float]

COUNTED = ("gateway_incidents_", "gateway_sla_", "gateway_incident_re", "gateway_service_group_")
BY_GROUP = "service_group_"
SHOP = {"slug": "shop", "name": "Shop", "owner_group": "payments"}
HAND = Principal(name="hand", parts=frozenset({MachineRole.WRITER}))


async def scraped(story: Story) -> Counts:
    """Return every counter of incidents and the count of every histogram, by name and labels."""
    text = await (await story.client.get("/metrics")).text()
    return {
        " ".join(
            [sample.name.removeprefix("gateway_"), *sorted(sample.labels.values())]
        ): sample.value
        for family in text_string_to_metric_families(text)
        if family.type in {"counter", "histogram"} and family.name.startswith(COUNTED)
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_sum"))
    }


class Counting:
    """A view of the metrics that returns the increase since its last use."""

    def __init__(self, story: Story, seen: Counts) -> None:
        self._story, self._seen = story, seen

    async def added(self) -> dict[str, float]:
        """Return the increase by priority, and require the same increase in the series by group."""
        added = await self._look()
        by_group = {name: value for name, value in added.items() if name.startswith(BY_GROUP)}
        by_priority = {name: value for name, value in added.items() if name not in by_group}
        assert sum(by_group.values()) == sum(by_priority.values())
        return by_priority

    async def groups(self) -> dict[str, float]:
        """Return the increase by group."""
        added = (await self._look()).items()
        return {name.removeprefix(BY_GROUP): n for name, n in added if name.startswith(BY_GROUP)}

    async def _look(self) -> dict[str, float]:
        seen, self._seen = self._seen, await scraped(self._story)
        added = {name: n - seen.get(name, 0) for name, n in self._seen.items()}
        return {name: n for name, n in added.items() if n}


@pytest.fixture
async def counting(story: Story) -> Counting:
    seen = await scraped(story)
    assert set(seen.values()) == {0}
    return Counting(story, seen)


RESOLVED = {
    "incidents_resolved_total 4 incident": 1,
    "incident_resolution_seconds_count 4 incident": 1,
}


async def test_incident_lifecycle_is_counted_step_by_step(story: Story, counting: Counting) -> None:
    await story.hire("sre", "olga")
    number = (await story.alert(severity="info"))["incident"]
    assert await counting.added() == {"incidents_opened_total 4 incident": 1}
    await story.until(2)
    await story.act(number, "assign", group="sre")
    assert await counting.added() == {"sla_met_total 4 desk incident": 1}
    await story.act(number, "accept")
    assert await counting.added() == {"incident_response_seconds_count 4 incident": 1}
    await story.until(58)
    assert await counting.added() == {"sla_breached_total 4 incident tier2": 1}
    await story.act(number, "resolve", resolution="solved", solution="a restart")
    assert await counting.added() == RESOLVED | {"sla_met_total 4 incident overall": 1}
    await story.act(number, "refuse", note="it is still full")
    assert await counting.added() == {"incidents_reopened_total 4 incident": 1}
    await story.until(200)
    assert await counting.added() == {"sla_breached_total 4 incident overall": 1}
    await story.act(number, "resolve", resolution="solved", solution="a new disk")
    assert await counting.added() == RESOLVED
    await story.act(number, "confirm")
    assert await counting.added() == {"incidents_closed_total 4 incident": 1}


async def test_repeated_alert_is_not_counted_and_recurring_alert_is(
    story: Story, counting: Counting
) -> None:
    for _ in range(3):
        await story.alert()
    assert await counting.added() == {"incidents_opened_total 1 incident": 1}
    await story.until(3)
    await story.alert(status="resolved")
    assert await counting.added() == {
        "incidents_resolved_total 1 incident": 1,
        "incident_resolution_seconds_count 1 incident": 1,
        "sla_met_total 1 desk incident": 1,
        "sla_met_total 1 incident overall": 1,
    }
    await story.until(4)
    await story.alert()
    assert await counting.added() == {"incidents_reopened_total 1 incident": 1}
    await story.until(5)
    await story.alert(status="resolved")
    await counting.added()
    await story.until(3 * 24 * 60)
    assert await counting.added() == {"incidents_closed_total 1 incident": 1}


async def test_priority_raise_counts_resulting_breaches(story: Story, counting: Counting) -> None:
    number = await story.report(impact="individual", urgency="low")
    await story.until(40)
    assert await counting.added() == {
        "incidents_opened_total 4 incident": 1,
        "sla_breached_total 4 desk incident": 1,
    }
    await story.call("PATCH", f"incidents/{number}", {"priority": 1, "note": "the whole shop"})
    assert await counting.added() == {"sla_breached_total 1 incident overall": 1}
    await story.until(400)
    assert await counting.added() == {}


async def test_linked_incident_is_counted_without_sla_clocks(telling: Telling) -> None:
    rule = '[[dedup.relate]]\nname = "same service"\nby = ["service"]\nwithin = "5m"\n'
    async with telling(rule) as story:
        counting = Counting(story, await scraped(story))
        numbers = [(await story.alert(title, service="shop"))["incident"] for title in ("a", "b")]
        assert (await story.record(numbers[1]))["master"] == numbers[0]
        assert await counting.added() == {"incidents_opened_total 1 incident": 2}
        await story.until(1)
        await story.alert("b", "resolved", service="shop")
        assert await counting.added() == {"incidents_resolved_total 1 incident": 1}


async def test_incidents_are_counted_by_owner_group_of_service(
    story: Story, counting: Counting
) -> None:
    await story.hire("payments", "olga")
    await story.call("POST", "services", SHOP)
    await story.call("POST", "services", {"slug": "wiki", "name": "Wiki"})
    for n, service in enumerate(("shop", "shop", "wiki", "unheard-of", "")):
        await story.report(title=f"trouble {n} with {service}", service=service)
    assert await counting.groups() == {
        "incidents_opened_total incident payments": 2,
        "incidents_opened_total incident other": 3,
    }


async def test_security_incident_is_counted_under_restricted_group(
    story: Story, counting: Counting
) -> None:
    await story.hire("payments", "olga")
    await story.call("POST", "services", SHOP)
    number = await story.report(service="shop", security=True)
    await story.act(number, "resolve", resolution="solved", solution="blocked")
    assert await counting.groups() == {
        "incidents_opened_total incident restricted": 1,
        "incidents_resolved_total incident restricted": 1,
        "incident_resolution_seconds_count incident restricted": 1,
        "sla_met_total desk incident restricted": 1,
        "sla_met_total incident overall restricted": 1,
    }


async def test_rolled_back_alert_batch_counts_only_committed_incidents(
    story: Story, counting: Counting
) -> None:
    titles = {"a": "a", "b": "nul \0", "c": "c"}
    told = [make_submission(make_alert(key, title=title)) for key, title in titles.items()]
    receipts = await asyncio.gather(*(story.gateway.intake.submit(one) for one in told))
    outcomes = [receipt.results[0].outcome for receipt in receipts]
    assert outcomes == [Outcome.OPENED, Outcome.QUARANTINED, Outcome.OPENED]
    assert await counting.added() == {"incidents_opened_total 3 incident": 2}


@dataclass
class Clearing:
    """A change that ends a record, then fails once for each exception in `failures`."""

    number: str
    failures: list[Exception]

    async def __call__(self, tx: Transaction) -> Incident:
        incident = await tx.lock(self.number, HAND)
        gone = lifecycle.apply_command(incident, commands.Clear(reason="gone"), "hand", tx.now)
        (written,) = await tx.write([gone])
        if self.failures:
            raise self.failures.pop()
        return written


async def test_rolled_back_change_is_not_counted_and_retried_change_counts_once(
    story: Story, counting: Counting
) -> None:
    work, uow = (
        Clearing(await story.report(), [asyncpg.SerializationError(), ZeroDivisionError()]),
        story.gateway.uow,
    )
    await counting.added()
    with pytest.raises(ZeroDivisionError):
        await uow.within(work)
    assert await counting.added() == {}
    await uow.within(work)
    assert work.failures == []
    assert await counting.added() == {
        "incidents_resolved_total 3 incident": 1,
        "incident_resolution_seconds_count 3 incident": 1,
        "sla_met_total 3 desk incident": 1,
        "sla_met_total 3 incident overall": 1,
    }
