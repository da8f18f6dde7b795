"""Metrics of who will be on call: gaps and double bookings, and calendars that cannot be read."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

MOST_SCHEDULES = 200
"""The most schedules with a series of their own, by slug; the others have none."""


class OnCallMetrics:
    """The metrics of the schedules of the time ahead."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.gap_seconds = Gauge(
            "gateway_schedule_gap_seconds",
            "Seconds of the next 30 days in which nobody is on call in a schedule",
            ("schedule",),
            registry=registry,
        )
        self.double_bookings = Gauge(
            "gateway_schedule_double_bookings",
            "Times in the next 30 days in which a person is on call in several schedules",
            registry=registry,
        )
        self.calendars_failing = Gauge(
            "gateway_calendars_failing",
            "Calendars of people that could not be read for a day",
            registry=registry,
        )

    def found(self, gaps: Mapping[str, float], double_bookings: int, failing: int) -> None:
        """Set all of them; `gaps` are seconds by the slug of a schedule."""
        self.gap_seconds.clear()
        for slug in sorted(gaps)[:MOST_SCHEDULES]:
            self.gap_seconds.labels(slug).set(gaps[slug])
        self.double_bookings.set(double_bookings)
        self.calendars_failing.set(failing)
