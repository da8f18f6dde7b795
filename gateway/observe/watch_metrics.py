"""The metrics of the watch over the gateway itself, which a process beside this one keeps."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge

from gateway.vocabulary import SelfCheck

Reader = Callable[[], float]


class WatchMetrics:
    """The gauges of the watch; all are 0 without one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failing = Gauge(
            "gateway_watch_failing",
            "1 for a check of the gateway itself that failed in the last round",
            ("check",),
            registry=registry,
        )
        self.round = Gauge(
            "gateway_watch_round_timestamp_seconds",
            "When the watch last finished a round",
            registry=registry,
        )
        self.ping = Gauge(
            "gateway_watch_ping_timestamp_seconds",
            "When the outside address last accepted that all is well; before that, when the watch"
            " began; 0 without an address",
            registry=registry,
        )
        self.owed = Gauge(
            "gateway_watch_owed",
            "Targets that a message of the watch could not be delivered to yet",
            registry=registry,
        )
        for check in SelfCheck:
            self.failing.labels(check.value).set(0)

    def follow(
        self, finished: Reader, pinged: Reader, owed: Reader, failing: Mapping[SelfCheck, Reader]
    ) -> None:
        """Show what these functions return, from now on."""
        self.round.set_function(finished)
        self.ping.set_function(pinged)
        self.owed.set_function(owed)
        for check, read in failing.items():
            self.failing.labels(check.value).set_function(read)
