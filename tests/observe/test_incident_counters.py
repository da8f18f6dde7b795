"""Counters of incidents exist from the beginning and stay few, whatever the catalogue holds."""

from prometheus_client import CollectorRegistry, generate_latest

from gateway.observe.incident_counters import MOST_GROUPS, IncidentCounters
from gateway.sla.outcomes import CountedEvent
from gateway.vocabulary import ClockName

TIMES = {CountedEvent.RESPONSE, CountedEvent.RESOLUTION}
CLOCKED = {CountedEvent.MET, CountedEvent.BREACHED}


def series(registry: CollectorRegistry) -> int:
    return sum(len(family.samples) for family in registry.collect())


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"gateway_{name}", labels)


def count_everything(counters: IncidentCounters, group: str) -> None:
    """Count every event once, for both kinds and every priority."""
    for counted in CountedEvent:
        for kind in ("incident", "service_request"):
            for priority in (1, 2, 3, 4):
                if counted in TIMES:
                    counters.time(counted, kind, priority, group, 60.0)
                    continue
                for clock in ClockName if counted in CLOCKED else ("",):
                    counters.count(counted, kind, priority, group, clock=clock)


def test_every_counter_series_starts_at_zero() -> None:
    registry = CollectorRegistry()
    counters = IncidentCounters(registry)
    counters.create_series_of(["payments"])
    before = series(registry)
    assert value(registry, "incidents_opened_total", kind="incident", priority="1") == 0
    request = {"kind": "service_request", "priority": "4"}
    assert value(registry, "sla_met_total", clock="tier2", **request) == 0
    late = {"clock": "overall", "kind": "incident", "group": "payments"}
    assert value(registry, "service_group_sla_breached_total", **late) == 0
    count_everything(counters, "payments")
    assert series(registry) == before
    assert value(registry, "service_group_sla_breached_total", **late) == 4


def test_series_are_bounded_for_thousand_groups() -> None:
    registry = CollectorRegistry()
    counters = IncidentCounters(registry)
    counters.create_series_of(f"group-{n:04}" for n in range(1_000))
    for n in range(1_000):
        count_everything(counters, f"group-{n:04}")
    assert series(registry) == 4_704 == 336 + 84 * (MOST_GROUPS + 2)
    opened = "service_group_incidents_opened_total"
    assert value(registry, opened, kind="incident", group="group-0049") == 4
    assert value(registry, opened, kind="incident", group="group-0050") is None
    assert value(registry, opened, kind="incident", group="other") == 4 * (1_000 - MOST_GROUPS)
    assert b"group-0050" not in generate_latest(registry)


def test_group_gets_series_when_first_known_and_keeps_them() -> None:
    registry = CollectorRegistry()
    counters = IncidentCounters(registry)
    counters.count("opened", "incident", 1, "payments")
    counters.create_series_of(["payroll"])
    counters.create_series_of([])
    counters.count("opened", "incident", 1, "payments")
    counters.count("opened", "incident", 1, "", times=3)
    opened = "service_group_incidents_opened_total"
    groups = ("payments", "payroll", "other", "restricted")
    assert [value(registry, opened, kind="incident", group=one) for one in groups] == [2, 0, 3, 0]
    assert value(registry, "incidents_opened_total", kind="incident", priority="1") == 5


def test_durations_fall_into_minute_to_day_buckets() -> None:
    registry = CollectorRegistry()
    counters = IncidentCounters(registry)
    for seconds in (299.0, 300.0, 301.0, 2 * 86_400.0):
        counters.time("resolution", "incident", 2, "", seconds)
    labels = {"kind": "incident", "priority": "2"}
    name = "incident_resolution_seconds"
    assert value(registry, f"{name}_bucket", le="300.0", **labels) == 2
    assert value(registry, f"{name}_bucket", le="900.0", **labels) == 3
    assert value(registry, f"{name}_bucket", le="259200.0", **labels) == 4
    assert value(registry, f"{name}_sum", **labels) == 900 + 2 * 86_400
