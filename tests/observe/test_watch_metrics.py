"""The metrics of the watch are 0 without one, and follow the process that keeps them."""

from prometheus_client import CollectorRegistry

from gateway.observe.watch_metrics import WatchMetrics
from gateway.vocabulary import SelfCheck


def test_gauges_follow_what_the_watch_found() -> None:
    registry = CollectorRegistry()
    metrics = WatchMetrics(registry)
    assert registry.get_sample_value("gateway_watch_round_timestamp_seconds") == 0
    assert registry.get_sample_value("gateway_watch_failing", {"check": "database"}) == 0
    failing = {check: (lambda: 1.0) for check in (SelfCheck.DATABASE,)}
    metrics.follow(lambda: 5.0, lambda: 6.0, lambda: 7.0, failing)
    found = [
        registry.get_sample_value(f"gateway_watch_{name}")
        for name in ("round_timestamp_seconds", "ping_timestamp_seconds", "owed")
    ]
    assert found == [5.0, 6.0, 7.0]
    assert registry.get_sample_value("gateway_watch_failing", {"check": "database"}) == 1
